package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"uncloak/detect"
	"uncloak/parse"
	"uncloak/store"
)

// memory is a store that keeps what it gets, and can be told to refuse.
type memory struct {
	mu      sync.Mutex
	lines   []string
	events  []parse.Event
	health  map[string]store.Health
	err     error
	refused chan struct{} // told each refusal
	hold    chan struct{} // when set, Append waits for it
}

func (m *memory) Append(ctx context.Context, b store.Batch) (store.Appended, error) {
	if m.hold != nil {
		<-m.hold
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		select {
		case m.refused <- struct{}{}:
		default:
		}
		return store.Appended{}, m.err
	}
	for _, e := range b.Entries {
		m.lines = append(m.lines, string(e.Raw))
		m.events = append(m.events, e.Event)
	}
	if m.health == nil {
		m.health = make(map[string]store.Health)
	}
	for _, h := range b.Health {
		s := m.health[h.Sender]
		s.Add(&h)
		s.Router, s.SkewMS = h.Router, h.SkewMS
		m.health[h.Sender] = s
	}
	return store.Appended{Added: len(b.Entries)}, nil
}

func (m *memory) setErr(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.err = err
}

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

func testConfig() Config {
	cfg := DefaultConfig()
	cfg.Log, cfg.BatchEvery = quiet(), 10*time.Millisecond
	return cfg
}

// start serves until the test ends; stop ends it before and waits.
func start(t *testing.T, cfg Config, st Appender) (s *Server, stop func() error) {
	t.Helper()
	s = listening(t, cfg, st)
	return s, serving(t, s)
}

// listening has its sockets open, and does not serve yet.
func listening(t *testing.T, cfg Config, st Appender) *Server {
	t.Helper()
	s, err := New(cfg, st)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Listen(); err != nil {
		t.Fatal(err)
	}
	return s
}

// serving serves until the test ends; what it returns ends it before and waits.
func serving(t *testing.T, s *Server) (stop func() error) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx) }()
	stop = sync.OnceValue(func() error { cancel(); return <-done })
	t.Cleanup(func() { stop() })
	return stop
}

func dial(t *testing.T, a net.Addr) net.Conn {
	t.Helper()
	c, err := net.Dial(a.Network(), a.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func waitFor(t *testing.T, s *Server, f func(Stats) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	if err := s.Wait(ctx, f); err != nil {
		t.Fatalf("%v; stats %+v", err, s.Stats())
	}
}

// holds returns how many small datagrams, up to want, the socket buffer surely holds: fewer if the system's limit is
// low and the test does not run as root.
func holds(s *Server, want int) int { return min(want, s.packets[0].buffer/1024) }

func TestUDPBurstIsLossless(t *testing.T) {
	cfg, st := testConfig(), &memory{}
	cfg.UDP = []string{"127.0.0.1:0"}
	s, stop := start(t, cfg, st)
	c := dial(t, s.Addrs()[0])
	const n = 20000
	atOnce := n
	if holds(s, 8000) < 8000 {
		atOnce = holds(s, n)
	}
	for i := range n {
		if i > 0 && i%atOnce == 0 {
			waitFor(t, s, func(st Stats) bool { return st.Stored == uint64(i) })
		}
		fmt.Fprintf(c, "<4>Nov 21 20:28:21 gw kernel: [ 5632.%06d] [NEW] IN=br-lan OUT=wan0 SRC=192.168.128.10 "+
			"DST=198.18.62.16 LEN=60 PROTO=TCP SPT=%d DPT=443 SYN", i, 1024+i)
	}
	waitFor(t, s, func(st Stats) bool { return st.Stored+st.Kernel >= n })
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if got := s.Stats(); got.Stored != n || got.Received != n || got.Dropped != 0 || got.Kernel != 0 ||
		got.Unparsed != 0 {
		t.Errorf("stats %+v", got)
	}
	if h := st.health["127.0.0.1"]; h.Received != n || h.Router != "gw" {
		t.Errorf("health %+v", h)
	}
}

func TestStopDrainsTheKernel(t *testing.T) {
	cfg, st := testConfig(), &memory{hold: make(chan struct{})}
	cfg.UDP, cfg.TCP, cfg.Queue = []string{"[::]:0"}, []string{"127.0.0.1:0"}, 1<<16
	s := listening(t, cfg, st)
	_, port, _ := net.SplitHostPort(s.Addrs()[0].String())
	c, err := net.Dial("udp", "127.0.0.1:"+port)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	n := holds(s, 3000)
	for i := range n { // no reader yet: the kernel holds them all
		fmt.Fprintf(c, "<13>Nov 21 20:28:01 gw app: line %d", i)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	close(st.hold)
	if err := s.Serve(ctx); err != nil {
		t.Fatal(err)
	}
	if len(st.lines) != n {
		t.Errorf("%d of %d lines were stored after a stop", len(st.lines), n)
	}
	if h := st.health["127.0.0.1"]; h.Received != uint64(n) {
		t.Errorf("the sender of a dual-stack socket is accounted as %v", st.health)
	}
}

func TestStreams(t *testing.T) {
	line := func(i int) string { return fmt.Sprintf("<13>Nov 21 20:28:01 gw app[1]: line %d", i) }
	for _, tc := range []struct {
		name, network string
		write         func(w io.Writer, i int)
	}{
		{"newline", "tcp", func(w io.Writer, i int) { fmt.Fprintf(w, "%s\n", line(i)) }},
		{"crlf and nul", "tcp", func(w io.Writer, i int) { fmt.Fprintf(w, "%s\r\n", line(i)+"\x00") }},
		{"nul", "tcp", func(w io.Writer, i int) { fmt.Fprintf(w, "%s\x00", line(i)) }},
		{"octet counted", "tcp", func(w io.Writer, i int) { fmt.Fprintf(w, "%d %s", len(line(i)), line(i)) }},
		{"both by turns", "tcp", func(w io.Writer, i int) {
			if i%2 == 0 {
				fmt.Fprintf(w, "%s\n", line(i))
			} else {
				fmt.Fprintf(w, "%d %s", len(line(i)), line(i))
			}
		}},
		{"unix", "unix", func(w io.Writer, i int) { fmt.Fprintf(w, "%s\n", line(i)) }},
		{"unixgram", "unixgram", func(w io.Writer, i int) { fmt.Fprintf(w, "%s\n", line(i)) }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			cfg, st := testConfig(), &memory{}
			path := filepath.Join(t.TempDir(), "log")
			switch tc.network {
			case "tcp":
				cfg.TCP = []string{"127.0.0.1:0"}
			case "unix":
				cfg.UnixStream = []string{path}
			default:
				cfg.Unixgram = []string{path}
			}
			s, stop := start(t, cfg, st)
			c := dial(t, s.Addrs()[0])
			const n = 20000
			for i := range n {
				tc.write(c, i)
			}
			waitFor(t, s, func(st Stats) bool { return st.Stored >= n })
			if err := stop(); err != nil {
				t.Fatal(err)
			}
			if got := s.Stats(); got.Stored != n || got.Malformed+got.Oversize+got.Dropped != 0 {
				t.Fatalf("stats %+v", got)
			}
			for i, l := range st.lines {
				if l != line(i) {
					t.Fatalf("line %d is %q", i, l)
				}
			}
		})
	}
}

func TestQueueOverflowIsCounted(t *testing.T) {
	cfg, st := testConfig(), &memory{hold: make(chan struct{})}
	cfg.UDP, cfg.Queue, cfg.BatchEvents = []string{"127.0.0.1:0"}, 100, 10
	s, stop := start(t, cfg, st)
	c := dial(t, s.Addrs()[0])
	n := uint64(holds(s, 5000))
	for range n {
		fmt.Fprint(c, "<13>Nov 21 20:28:01 gw app: x")
	}
	close(st.hold)
	waitFor(t, s, func(st Stats) bool { return st.Stored+st.Dropped+st.Kernel >= n })
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	got := s.Stats()
	if got.Kernel != 0 || got.Stored+got.Dropped != n || got.Dropped == 0 || got.Received != n {
		t.Errorf("stats %+v", got)
	}
	if h := st.health["127.0.0.1"]; h.Dropped != got.Dropped || h.Received != n {
		t.Errorf("health %+v", h)
	}
}

// Whatever a sender writes is stored as it came: text without a header, impossible stamps, control characters, broken
// UTF-8, and of a line beyond the limit its beginning.
func TestOddInput(t *testing.T) {
	long := strings.Repeat("x", 200_000)
	for _, network := range []string{"udp", "tcp"} {
		t.Run(network, func(t *testing.T) {
			cfg, st := testConfig(), &memory{}
			cfg.UDP, cfg.TCP = []string{"127.0.0.1:0"}, []string{"127.0.0.1:0"}
			s, stop := start(t, cfg, st)
			addr := s.Addrs()[0]
			if network == "tcp" {
				addr = s.Addrs()[1]
			}
			c := dial(t, addr)
			end := ""
			if network == "tcp" {
				end = "\n"
			}
			sent := []string{"no header", "<13>no time", "0 x", "1x y", "<", ">", " ", "<999>1 - - - - - -",
				"\x01\x02\xff\xfe\x80", "<13>1 2026-13-45T99:99:99Z h a p m [x", "{", "[", "[]", "4,",
				"\xef\xbb\xbf<13>x"}
			for _, l := range sent {
				fmt.Fprint(c, l+end)
			}
			n, want := len(sent), cfg.MaxLine
			if network == "tcp" {
				fmt.Fprint(c, long+end)
			} else {
				fmt.Fprint(c, long[:60_000])
			}
			n++
			waitFor(t, s, func(st Stats) bool { return st.Stored >= uint64(n) })
			if err := stop(); err != nil {
				t.Fatal(err)
			}
			if got := s.Stats(); got.Stored != uint64(n) || got.Oversize != 1 || got.Malformed != 1 {
				t.Errorf("stats %+v", got)
			}
			for i, l := range sent {
				if st.lines[i] != l && !contains(st.lines, l) {
					t.Errorf("%q is not stored as it came", l)
				}
			}
			if !contains(st.lines, long[:want]) {
				t.Error("the long line is not kept up to the limit")
			}
		})
	}
}

func contains(all []string, one string) bool {
	for _, s := range all {
		if s == one {
			return true
		}
	}
	return false
}

func TestConnectionLimits(t *testing.T) {
	cfg, st := testConfig(), &memory{}
	cfg.TCP, cfg.MaxConnsPerSender = []string{"127.0.0.1:0"}, 2
	s, _ := start(t, cfg, st)
	a, b := dial(t, s.Addrs()[0]), dial(t, s.Addrs()[0])
	fmt.Fprint(a, "one\n")
	fmt.Fprint(b, "two\n")
	waitFor(t, s, func(st Stats) bool { return st.Stored == 2 })
	c := dial(t, s.Addrs()[0])
	if _, err := c.Read(make([]byte, 1)); err == nil {
		t.Error("a third connection is not closed")
	}
	waitFor(t, s, func(st Stats) bool { return st.Refused == 1 })
	a.Close()
	waitFor(t, s, func(Stats) bool { // its place is free again
		d := dial(t, s.Addrs()[0])
		fmt.Fprint(d, "three\n")
		d.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
		_, err := d.Read(make([]byte, 1))
		return errors.Is(err, os.ErrDeadlineExceeded)
	})
}

func TestFullStoreIsWaitedFor(t *testing.T) {
	cfg, st := testConfig(), &memory{err: store.ErrFull, refused: make(chan struct{}, 1)}
	cfg.TCP = []string{"127.0.0.1:0"}
	s, stop := start(t, cfg, st)
	c := dial(t, s.Addrs()[0])
	fmt.Fprint(c, "<13>Nov 21 20:28:01 gw app: x\n")
	<-st.refused
	st.setErr(nil)
	waitFor(t, s, func(st Stats) bool { return st.Stored == 1 })
	if got := s.Stats(); got.StoreErrors == 0 || got.Lost != 0 {
		t.Errorf("stats %+v", got)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

func TestStopWithBrokenStore(t *testing.T) {
	broken := errors.New("broken")
	cfg, st := testConfig(), &memory{err: broken, refused: make(chan struct{}, 1)}
	cfg.TCP = []string{"127.0.0.1:0"}
	s, stop := start(t, cfg, st)
	fmt.Fprint(dial(t, s.Addrs()[0]), "x\n")
	<-st.refused
	if err := stop(); !errors.Is(err, broken) {
		t.Errorf("stop says %v", err)
	}
	if got := s.Stats(); got.Lost != 1 {
		t.Errorf("stats %+v", got)
	}
}

func TestPortInUse(t *testing.T) {
	for _, network := range []string{"udp", "tcp"} {
		cfg := testConfig()
		cfg.UDP, cfg.TCP = []string{"127.0.0.1:0"}, []string{"127.0.0.1:0"}
		first, _ := start(t, cfg, &memory{})
		if network == "udp" {
			cfg.UDP = []string{first.Addrs()[0].String()}
		} else {
			cfg.TCP = []string{first.Addrs()[1].String()}
		}
		second, err := New(cfg, &memory{})
		if err != nil {
			t.Fatal(err)
		}
		if err := second.Serve(t.Context()); err == nil || !strings.Contains(err.Error(), "in use") {
			t.Errorf("%s: %v", network, err)
		}
	}
}

func TestSenders(t *testing.T) {
	tokyo := time.FixedZone("", 9*3600)
	at := time.Date(2026, 11, 21, 20, 28, 1, 0, time.UTC)
	gw := netip.MustParseAddr("192.168.128.1")
	cfg := testConfig()
	cfg.Routers = map[netip.Addr]Router{gw: {Name: "home", Location: tokyo}}
	cfg.Senders = 2
	cfg.fill()
	p := newParser(&cfg, newQueue(10, 10, 1))
	other := netip.MustParseAddr("10.0.0.1")
	for _, tc := range []struct {
		name, raw string
		from      netip.Addr
		router    string
		time      time.Time
		repaired  uint64
	}{
		{"configured", "<13>Nov 22 05:28:00 gw app: x", gw, "home", at.Add(-time.Second), 0},
		{"unconfigured", "<13>Nov 21 20:28:00 gw app: x", other, "gw", at.Add(-time.Second), 0},
		{"no host", "<13>Nov 21 20:28:00 app: x", other, "10.0.0.1", at.Add(-time.Second), 0},
		{"own zone", "<13>1 2026-11-21T22:28:00+02:00 gw app - - - x", gw, "home", at.Add(-time.Second), 0},
		{"1970", "<13>1 1970-01-01T00:00:10Z gw app - - - x", other, "gw", at, 1},
		{"two days off", "<13>Nov 19 20:28:00 gw app: x", other, "gw", at, 1},
		{"uptime only", "<4>[ 12.345678] x", other, "10.0.0.1", at, 0},
		{"nothing", "x", other, "10.0.0.1", at, 0},
		{"one sender too many", "<13>Nov 21 20:28:00 app: x", netip.MustParseAddr("10.0.0.9"), "others",
			at.Add(-time.Second), 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p.entries = nil
			p.take(&line{from: source{addr: tc.from}, raw: []byte(tc.raw), recv: at.UnixNano()})
			e := p.entries[0]
			if got := time.Unix(0, e.Time).UTC(); !got.Equal(tc.time) || e.Router.String() != tc.router ||
				e.Recv != at.UnixNano() {
				t.Errorf("time %v, router %q", got, e.Router)
			}
			var repaired uint64
			for _, h := range p.senders.take(detect.DateOf(at)) {
				repaired += h.Repaired
			}
			if repaired != tc.repaired {
				t.Errorf("repaired %d", repaired)
			}
		})
	}
	if n := len(p.senders.byID); n != 3 { // two and the common one
		t.Errorf("%d senders", n)
	}
	p.senders.take(detect.DateOf(at) + 2)
	if n := len(p.senders.byID); n != 0 {
		t.Errorf("%d senders two days later", n)
	}
}

func TestSkew(t *testing.T) {
	cfg := testConfig()
	cfg.fill()
	p := newParser(&cfg, newQueue(10, 10, 1))
	at := time.Date(2026, 11, 21, 20, 28, 1, 0, time.UTC)
	for range 100 {
		p.take(&line{raw: []byte("<13>1 2026-11-21T20:27:58.500Z gw app - - - x"), recv: at.UnixNano()})
	}
	if h := p.senders.take(0); len(h) != 1 || h[0].SkewMS != -2500 {
		t.Errorf("health %+v", h)
	}
}

func TestNewYearLive(t *testing.T) {
	cfg := testConfig()
	cfg.fill()
	for _, tc := range []struct{ raw, recv, want string }{
		{"<13>Dec 31 23:59:59 gw a: x", "2027-01-01T00:00:01Z", "2026-12-31T23:59:59Z"},
		{"<13>Jan  1 00:00:01 gw a: x", "2026-12-31T23:59:59Z", "2027-01-01T00:00:01Z"},
	} {
		recv, _ := time.Parse(time.RFC3339, tc.recv)
		p := newParser(&cfg, newQueue(10, 10, 1))
		p.take(&line{raw: []byte(tc.raw), recv: recv.UnixNano()})
		if got := time.Unix(0, p.entries[0].Time).UTC().Format(time.RFC3339); got != tc.want {
			t.Errorf("%s received at %s is of %s", tc.raw, tc.recv, got)
		}
	}
}

func TestJunk(t *testing.T) {
	for i := range 0x100 {
		want := i < 0x20 && i != '\t' && i != '\n' && i != '\r' && i != 0x1b
		for at := range 20 {
			b := []byte("a line \xff\x80 of\t\x1b[1m")
			b[at%len(b)] = byte(i)
			if got := junk(b); got != want {
				t.Fatalf("byte %#x at %d: %v", i, at, got)
			}
		}
	}
}
