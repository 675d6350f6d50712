package play

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

func lines(n int) (out [][]byte) {
	for i := range n {
		out = append(out, fmt.Appendf(nil, "<13>Nov 21 20:28:%02d gw app: line %d", i%60, i))
	}
	return out
}

// takes accepts connections and gives what each of them sent.
func takes(t *testing.T, network, address string) (addr string, got chan string) {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	got = make(chan string, 100)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				text, _ := io.ReadAll(c)
				got <- string(text)
			}()
		}
	}()
	return l.Addr().String(), got
}

func TestStreams(t *testing.T) {
	for _, tc := range []struct {
		name string
		cfg  Config
		want func(line string) string
	}{
		{"newlines", Config{Senders: 1}, func(l string) string { return l + "\n" }},
		{"octets, three senders", Config{Senders: 3, Octet: true}, func(l string) string { return fmt.Sprintf("%d %s", len(l), l) }},
		{"at a rate", Config{Senders: 2, Rate: 5000}, func(l string) string { return l + "\n" }},
		{"recorded", Config{Senders: 1, Recorded: true, Speed: 1e6}, func(l string) string { return l + "\n" }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			addr, got := takes(t, "tcp", "127.0.0.1:0")
			tc.cfg.Network, tc.cfg.Address, tc.cfg.Count = "tcp", addr, 400
			s, err := Run(t.Context(), tc.cfg, lines(150))
			if err != nil || s.Lines != 400 || s.Errors != 0 {
				t.Fatalf("%+v, %v", s, err)
			}
			var all strings.Builder
			for range tc.cfg.Senders {
				all.WriteString(<-got)
			}
			for i, l := range lines(150) {
				want := 2
				if i < 100 {
					want = 3
				}
				if n := strings.Count(all.String(), tc.want(string(l))); n < want {
					t.Fatalf("%q came %d times", l, n)
				}
			}
		})
	}
}

func TestDatagrams(t *testing.T) {
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	s, err := Run(t.Context(), Config{Network: "udp", Address: c.LocalAddr().String(), Senders: 5}, lines(100))
	if err != nil || s.Lines != 100 {
		t.Fatalf("%+v, %v", s, err)
	}
	from, buf := map[string]int{}, make([]byte, 1500)
	for range 100 {
		if _, a, err := c.ReadFrom(buf); err == nil {
			from[a.(*net.UDPAddr).IP.String()]++
		}
	}
	if len(from) != 5 || from["127.1.0.1"] != 20 {
		t.Errorf("%v", from)
	}
}

// TestNobodyListens: what is not taken is counted, and said.
func TestNobodyListens(t *testing.T) {
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := c.LocalAddr().String()
	c.Close()
	s, err := Run(t.Context(), Config{Network: "udp", Address: addr, Senders: 1, Rate: 2000}, lines(300))
	if err != nil || s.Errors == 0 || s.Err == nil || s.Lines+s.Errors != 300 {
		t.Errorf("%+v, %v", s, err)
	}
	if _, err := Run(t.Context(), Config{Network: "tcp", Address: addr, Senders: 1}, lines(3)); err == nil {
		t.Error("a connection that is refused is no error")
	}
}

func TestEnds(t *testing.T) {
	addr, got := takes(t, "tcp", "127.0.0.1:0")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if s, err := Run(ctx, Config{Network: "tcp", Address: addr, Senders: 1, Rate: 1}, lines(3)); err == nil || s.Lines != 0 {
		t.Errorf("%+v, %v", s, err)
	}
	s, err := Run(t.Context(), Config{Network: "tcp", Address: addr, Senders: 1, For: time.Millisecond, Count: 1 << 40, Rate: 100}, lines(3))
	if err != nil || s.Lines > 100 {
		t.Errorf("%+v, %v", s, err)
	}
	<-got
}

func TestRestamp(t *testing.T) {
	now := time.Date(2026, 12, 1, 9, 8, 7, 5000, time.UTC)
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	s := stamper{loc: berlin}
	for line, want := range map[string]string{
		"<4>Nov 21 20:28:21 gw kernel: x":            "<4>Dec  1 10:08:07 gw kernel: x",
		"Nov 21 20:28:21 gw kernel: x":               "Dec  1 10:08:07 gw kernel: x",
		"<4>1 2026-11-21T20:28:21.5Z gw app - - - x": "<4>1 2026-12-01T10:08:07.000005+01:00 gw app - - - x",
		"2026-11-21T20:28:21+09:00 gw app: x":        "2026-12-01T10:08:07.000005+01:00 gw app: x",
		"<4>kernel: [ 5632.1] x":                     "<4>kernel: [ 5632.1] x",
		"<4>Nov 21":                                  "<4>Nov 21",
		"":                                           "",
		"<":                                          "<",
		"<4>":                                        "<4>",
		"2026-13-21T20:28:21Z gw app: x":             "2026-13-21T20:28:21Z gw app: x",
	} {
		if got := string(s.all([][]byte{[]byte(line)}, now)[0]); got != want {
			t.Errorf("%q:\n got %q\nwant %q", line, got, want)
		}
	}
	got := s.all([][]byte{[]byte("<4>Nov 21 20:28:21 a"), []byte("b")}, now)
	if len(got) != 2 || string(got[1]) != "b" {
		t.Errorf("%q", got)
	}
}

func TestValidate(t *testing.T) {
	good := Config{Network: "udp", Address: "127.0.0.1:514", Senders: 1}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*Config){
		"network": func(c *Config) { c.Network = "smoke" },
		"address": func(c *Config) { c.Address = "gw" },
		"path":    func(c *Config) { c.Network, c.Address = "unix", "" },
		"senders": func(c *Config) { c.Senders = 0 },
		"rate":    func(c *Config) { c.Rate = -1 },
		"speed":   func(c *Config) { c.Speed = -1 },
		"both":    func(c *Config) { c.Rate, c.Recorded = 1, true },
		"count":   func(c *Config) { c.Count = -1 },
	} {
		c := good
		change(&c)
		if c.Validate() == nil {
			t.Errorf("%s is taken", name)
		}
	}
	if _, err := Run(t.Context(), good, nil); err == nil {
		t.Error("no lines are no error")
	}
}

func TestUnix(t *testing.T) {
	path := t.TempDir() + "/log"
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	go Run(t.Context(), Config{Network: "unix", Address: path, Senders: 1}, lines(3))
	buf := make([]byte, 100)
	for i := range 3 {
		if n, err := bufio.NewReader(c).Read(buf); err != nil || string(buf[:n]) != string(lines(3)[i]) {
			t.Fatalf("%q, %v", buf[:n], err)
		}
	}
}
