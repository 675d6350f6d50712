package play

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"uncloak/ingest"
	"uncloak/ingest/certtest"
)

func lines(n int) (out [][]byte) {
	for i := range n {
		out = append(out, fmt.Appendf(nil, "<13>Nov 21 20:28:%02d gw app: line %d", i%60, i))
	}
	return out
}

func messages(n int) (out []ingest.Message) {
	for _, l := range lines(n) {
		out = append(out, ingest.Message{Text: l})
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
		{"octets, three senders", Config{Senders: 3, Octet: true},
			func(l string) string { return fmt.Sprintf("%d %s", len(l), l) }},
		{"at a rate", Config{Senders: 2, Rate: 5000}, func(l string) string { return l + "\n" }},
		{"recorded", Config{Senders: 1, Recorded: true, Speed: 1e6}, func(l string) string { return l + "\n" }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			addr, got := takes(t, "tcp", "127.0.0.1:0")
			tc.cfg.Network, tc.cfg.Address, tc.cfg.Count = "tcp", addr, 400
			s, err := Run(t.Context(), tc.cfg, messages(150))
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
	s, err := Run(t.Context(), Config{Network: "udp", Address: c.LocalAddr().String(), Senders: 5}, messages(100))
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
	s, err := Run(t.Context(), Config{Network: "udp", Address: addr, Senders: 1, Rate: 2000}, messages(300))
	if err != nil || s.Errors != 300 || s.Lines != 0 || s.Err == nil ||
		!strings.Contains(s.Err.Error(), "nothing listens there") {
		t.Errorf("%+v, %v", s, err)
	}
	if _, err := Run(t.Context(), Config{Network: "tcp", Address: addr, Senders: 1}, messages(3)); err == nil {
		t.Error("a connection that is refused is no error")
	}
}

func TestEnds(t *testing.T) {
	addr, got := takes(t, "tcp", "127.0.0.1:0")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if s, err := Run(ctx, Config{Network: "tcp", Address: addr, Senders: 1, Rate: 1}, messages(3)); err == nil ||
		s.Lines != 0 {
		t.Errorf("%+v, %v", s, err)
	}
	s, err := Run(t.Context(), Config{Network: "tcp", Address: addr, Senders: 1, For: time.Millisecond, Count: 1 << 40,
		Rate: 100}, messages(3))
	if err != nil || s.Lines > 100 {
		t.Errorf("%+v, %v", s, err)
	}
	<-got
}

// TestEndless: without a count every sender sends until time is over or its receiver has gone, and there is no rest to
// speak of.
func TestEndless(t *testing.T) {
	const senders = 5
	for name, goes := range map[string]bool{"stopped": false, "receiver goes": true} {
		t.Run(name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			go func() {
				var all []net.Conn
				for range senders {
					c, err := l.Accept()
					if err != nil {
						return
					}
					defer c.Close()
					all = append(all, c)
				}
				for _, c := range all { // each sends
					_, _ = c.Read(make([]byte, 1))
				}
				if !goes {
					cancel()
				}
			}()
			s, err := Run(ctx, Config{Network: "tcp", Address: l.Addr().String(), Senders: senders, For: time.Hour,
				Patience: time.Minute}, messages(2))
			if err != nil || s.Left != 0 || s.Lines+s.Errors < senders || s.Stopped == goes || goes && s.Errors == 0 {
				t.Errorf("%+v, %v", s, err)
			}
		})
	}
}

// TestBlockedReceiver: bytes that the receiver does not read are not reported as sent, and do not delay a stop.
func TestBlockedReceiver(t *testing.T) {
	big := []ingest.Message{{Text: bytes.Repeat([]byte("x"), 1<<20)}}
	for name, each := range map[string]func(ctx context.Context, c Config) (Summary, error){
		"load":   func(ctx context.Context, c Config) (Summary, error) { return Run(ctx, c, big) },
		"record": func(ctx context.Context, c Config) (Summary, error) { c.Recorded = true; return Run(ctx, c, big) },
		"stream": func(ctx context.Context, c Config) (Summary, error) {
			return Stream(ctx, c, func() ([]ingest.Message, error) { return big, nil })
		},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			conns := make(chan net.Conn, 1)
			go func() {
				if c, err := l.Accept(); err == nil {
					conns <- c
				}
			}()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			go func() { // stops when the way to the receiver is full, which one sees by it being given no more
				c := <-conns
				conns <- c
				for n, still := 0, 0; still < 15; time.Sleep(30 * time.Millisecond) {
					if now := readable(c); now > n {
						n, still = now, 0
					} else if n > 0 {
						still++
					}
				}
				cancel()
			}()
			s, err := each(ctx, Config{Network: "tcp", Address: l.Addr().String(), Senders: 1, Count: 1000,
				Patience: time.Hour})
			if err != nil || !s.Stopped || s.Unread == 0 || s.Errors != 0 || s.Lines >= 1000 ||
				name != "stream" && s.Left != 1000-s.Lines {
				t.Errorf("%+v, %v", s, err)
			}
			c := <-conns
			got, _ := io.ReadAll(c)
			if n := bytes.Count(got, []byte("\n")); uint64(n) > s.Lines+1 ||
				uint64(n) < s.Lines-min(s.Lines, s.Unread>>20+1) {
				t.Errorf("%d lines came, %+v", n, s)
			}
		})
	}
}

// TestReaderThatGoes: a receiver that closes before it has read all is an error, and what could not be written is not
// sent.
func TestReaderThatGoes(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			io.ReadFull(c, make([]byte, 1000))
			c.Close()
		}
	}()
	for _, c := range []Config{{Senders: 1, Count: 1 << 20}, {Senders: 3, Count: 1 << 20},
		{Senders: 2, Count: 1 << 20, Recorded: true, Speed: 1e6}} {
		c.Network, c.Address = "tcp", l.Addr().String()
		s, err := Run(t.Context(), c, messages(1000))
		if err != nil || s.Err == nil || s.Left == 0 || s.Lines+s.Errors+s.Left != 1<<20 || s.Stopped {
			t.Errorf("%+v, %v", s, err)
		}
	}
}

// readable returns how many bytes of a connection wait to be read.
func readable(c net.Conn) (n int) {
	control(c, func(fd int) { n, _ = unix.IoctlGetInt(fd, unix.SIOCINQ) })
	return n
}

// TestLowRate: at a low rate each line goes when it is due, not when a buffer is full.
func TestLowRate(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for _, recorded := range []bool{false, true} {
		done := make(chan Summary, 1)
		go func() {
			c := Config{Network: "tcp", Address: l.Addr().String(), Senders: 1, Rate: 1e-3}
			if recorded {
				c.Rate, c.Recorded, c.Speed = 0, true, 1e-3
			}
			s, _ := Run(ctx, c, messages(3))
			done <- s
		}()
		c, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := bufio.NewReader(c).ReadString('\n'); err != nil || got != string(lines(1)[0])+"\n" {
			t.Errorf("%q, %v", got, err)
		}
		if recorded {
			cancel()
			if s := <-done; s.Lines != 1 || s.Left != 2 || !s.Stopped {
				t.Errorf("%+v", s)
			}
		}
		c.Close()
	}
}

// TestSendersOfACapture: each keeps to one socket, whatever the pace.
func TestSendersOfACapture(t *testing.T) {
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var all []ingest.Message
	for i := range 60 {
		all = append(all, ingest.Message{Text: fmt.Appendf(nil, "%d", i%3+1), From: i%3 + 1,
			At: time.Unix(int64(i), 0)})
	}
	for _, cfg := range []Config{{}, {Rate: 1e5}, {Recorded: true, Speed: 1e5}} {
		cfg.Network, cfg.Address, cfg.Senders = "udp", c.LocalAddr().String(), 3
		if s, err := Run(t.Context(), cfg, all); err != nil || s.Lines != 60 || s.Left != 0 {
			t.Fatalf("%+v, %v", s, err)
		}
		buf := make([]byte, 100)
		for range 60 {
			n, a, err := c.ReadFrom(buf)
			if want := "127.1.0." + string(buf[:n]); err != nil || a.(*net.UDPAddr).IP.String() != want {
				t.Fatalf("%q from %v, %v", buf[:n], a, err)
			}
		}
	}
}

// TestDueTimes: messages are due at the distances at which they were captured, whatever their stamps say.
func TestDueTimes(t *testing.T) {
	r := &run{Config: Config{Speed: 10}}
	c := r.newClock()
	at := time.Unix(1e9, 0)
	first := c.due(&ingest.Message{Text: lines(1)[0], At: at, From: 1})
	for _, tc := range []struct {
		m    ingest.Message
		want time.Duration
	}{
		{ingest.Message{At: at.Add(20 * time.Second), From: 1, Text: lines(9)[8]}, 2 * time.Second},
		{ingest.Message{At: at.Add(10 * time.Second), From: 2}, 2 * time.Second},
		{ingest.Message{From: 2, Text: lines(9)[8]}, 2 * time.Second},
		{ingest.Message{At: at.Add(30 * time.Second), From: 1}, 3 * time.Second},
	} {
		if got := c.due(&tc.m).Sub(first); got != tc.want {
			t.Errorf("%+v: %v, want %v", tc.m, got, tc.want)
		}
	}
}

// TestNewlinesWithin: a datagram's own line end is not doubled, and one with lines in it is told of.
func TestNewlinesWithin(t *testing.T) {
	addr, got := takes(t, "tcp", "127.0.0.1:0")
	in := []ingest.Message{{Text: []byte("<13>a\n")}, {Text: []byte("<13>b\nb")}, {Text: []byte("<13>c")}}
	s, err := Run(t.Context(), Config{Network: "tcp", Address: addr, Senders: 1}, in)
	if text := <-got; err != nil || text != "<13>a\n<13>b\nb\n<13>c\n" || s.Broken != 1 {
		t.Errorf("%q, %+v, %v", text, s, err)
	}
	s, err = Run(t.Context(), Config{Network: "tcp", Address: addr, Senders: 1, Octet: true}, in)
	if text := <-got; err != nil || text != "6 <13>a\n7 <13>b\nb5 <13>c" || s.Broken != 0 {
		t.Errorf("%q, %+v, %v", text, s, err)
	}
}

// TestRefusedByTLS: a receiver that wants another certificate has taken nothing, even where TLS says so only
// afterwards.
func TestRefusedByTLS(t *testing.T) {
	ours, theirs := certtest.New(t, "ours"), certtest.New(t, "theirs")
	pair, err := tls.LoadX509KeyPair(theirs.Files(t, "logs"))
	if err != nil {
		t.Fatal(err)
	}
	pool := theirs.Client(t, nil, "").RootCAs
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{pair},
		ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { io.Copy(io.Discard, c); c.Close() }()
		}
	}()
	for _, own := range []bool{false, true} {
		secure := theirs.Client(t, nil, "")
		if own {
			secure = theirs.Client(t, ours, "router")
		}
		s, err := Run(t.Context(), Config{Network: "tls", Address: l.Addr().String(), Senders: 1, Octet: true,
			Secure: secure}, messages(3))
		if err != nil || s.Lines != 0 || s.Errors != 3 || s.Err == nil ||
			!strings.Contains(s.Err.Error(), "refused the connection") {
			t.Errorf("%+v, %v", s, err)
		}
		if !own && !strings.Contains(s.Err.Error(), "--cert") {
			t.Errorf("%v", s.Err)
		}
	}
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
		"<4>x":                                       "<4>x",
		"2026-13-21T20:28:21Z gw app: x":             "2026-13-21T20:28:21Z gw app: x",
	} {
		if got := string(s.all([][]byte{[]byte(line)}, now)[0]); got != want {
			t.Errorf("%q:\n got %q\nwant %q", line, got, want)
		}
	}
	got := s.all([][]byte{[]byte("<4>Nov 21 20:28:21 gw app: a"), []byte("b")}, now)
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
	go Run(t.Context(), Config{Network: "unix", Address: path, Senders: 1}, messages(3))
	buf := make([]byte, 100)
	for i := range 3 {
		if n, err := bufio.NewReader(c).Read(buf); err != nil || string(buf[:n]) != string(lines(3)[i]) {
			t.Fatalf("%q, %v", buf[:n], err)
		}
	}
}

// TestSilentTLS: what a port does that knows no TLS and waits for a line.
func TestSilentTLS(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	cfg := Config{Network: "tls", Address: l.Addr().String(), Senders: 1, Secure: &tls.Config{ServerName: "logs"},
		Patience: 100 * time.Millisecond}
	for range 5 { // on a busy machine, even the connection may take longer
		_, err = Run(t.Context(), cfg, messages(1))
		if err != nil && strings.Contains(err.Error(), "perhaps it speaks no TLS there") {
			return
		}
		cfg.Patience *= 4
	}
	t.Error(err)
}
