package ingest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"uncloak/store"
)

func TestKernelLossIsCounted(t *testing.T) {
	cfg, st := testConfig(), &memory{}
	cfg.UDP, cfg.ReadBuffer = []string{"127.0.0.1:0"}, 4<<10
	s := listening(t, cfg, st)
	c := dial(t, s.Addrs()[0])
	for range 500 { // no reader yet
		fmt.Fprint(c, "<13>Nov 21 20:28:01 gw app: x")
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx) }()
	waitFor(t, s, func(st Stats) bool { return st.Stored > 0 })
	fmt.Fprint(c, "<13>Nov 21 20:28:01 gw app: x") // it carries the kernel's count
	waitFor(t, s, func(st Stats) bool { return st.Stored+st.Kernel == 501 && st.Kernel > 0 })
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestLossesAreBounded(t *testing.T) {
	q := newQueue(1, 2, 1)
	for i := range 10 {
		q.give(q.admit([]line{{from: source{addr: netip.AddrFrom4([4]byte{10, 0, 0, byte(i)})}, raw: []byte("x")}}))
	}
	losses, sum := q.takeLosses(), uint64(0)
	for _, l := range losses {
		sum += l.dropped
	}
	if len(losses) != 3 || sum != 9 {
		t.Errorf("%d losses of %d sources", sum, len(losses))
	}
	if len(q.takeLosses()) != 0 {
		t.Error("losses are told twice")
	}
}

func TestQueueCountsBytes(t *testing.T) {
	q := newQueue(40, 2, 1)
	for range 10 {
		q.give(q.admit([]line{{raw: make([]byte, 4096)}})) // 16 units each
	}
	if got := len(q.lines); got != 2 {
		t.Errorf("%d lines of 4 KiB wait", got)
	}
	q.done(<-q.lines)
	q.put([]line{{raw: make([]byte, 4096)}})
	if got := len(q.lines); got != 2 {
		t.Errorf("%d lines wait after one was taken", got)
	}
}

// A stream that waits for room takes none from datagrams, and datagrams without room take none from streams.
func TestStreamsAndDatagramsHaveTheirShares(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(40, 2, 1)
		q.split()
		ctx, cancel := context.WithCancel(t.Context())
		q.stop = ctx
		stream, datagram := make([]line, 25), make([]line, 35)
		for i := range datagram {
			datagram[i].datagram = true
		}
		rest := make(chan []line)
		go func() { rest <- q.put(stream) }()
		synctest.Wait() // the stream has its 10 places, and waits for more
		kept := q.admit(datagram)
		q.give(kept)
		if len(kept) != 30 || q.takeLosses()[source{}].dropped != 5 {
			t.Errorf("beside a stream that waits, %d datagrams have room, want 30 of 35", len(kept))
		}
		for range 10 { // the queue is full of datagrams, and the stream goes on as its own lines are taken
			lines := <-q.lines
			q.done(lines)
		}
		synctest.Wait()
		if q.datagrams.TryAcquire(1) || len(q.lines) != 11 {
			t.Errorf("%d pieces wait, want 10 lines of the stream and the datagrams", len(q.lines))
		}
		cancel()
		if left := <-rest; len(left) != 5 {
			t.Errorf("the stream has %d lines without room, want 5", len(left))
		}
	})
}

// Datagrams that are fewer than their share are all stored, though a stream sends more than the queue holds and the
// store takes nothing for a while.
func TestFastStreamDropsNoDatagrams(t *testing.T) {
	cfg, st := testConfig(), &memory{hold: make(chan struct{})}
	cfg.UDP, cfg.TCP = []string{"127.0.0.1:0"}, []string{"127.0.0.1:0"}
	cfg.Queue, cfg.BatchEvents = 400, 50
	s, stop := start(t, cfg, st)
	stream, datagrams := dial(t, s.Addrs()[1]), dial(t, s.Addrs()[0])
	const lines, packets = 500_000, 200
	text := bytes.Repeat([]byte("<13>Nov 21 20:28:01 gw app: a line of a stream\n"), lines)
	sent, err := 0, error(nil)
	for err == nil { // until the stream is held back
		stream.SetWriteDeadline(time.Now().Add(200 * time.Millisecond))
		var n int
		n, err = stream.Write(text[sent:min(sent+1<<20, len(text))])
		sent += n
	}
	if !errors.Is(err, os.ErrDeadlineExceeded) || sent == len(text) {
		t.Fatal("the stream is not held back", err)
	}
	for i := range packets {
		fmt.Fprintf(datagrams, "<13>Nov 21 20:28:01 gw app: datagram %d", i)
	}
	close(st.hold)
	stream.SetWriteDeadline(time.Time{})
	if _, err := stream.Write(text[sent:]); err != nil {
		t.Fatal(err)
	}
	waitFor(t, s, func(x Stats) bool { return x.Stored+x.Dropped >= lines+packets })
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if x := s.Stats(); x.Dropped != 0 || x.Stored != lines+packets {
		t.Errorf("stats %+v", x)
	}
}

// What waits in the queue has no more room than it counts for, though it came alone or most of what came with it had no
// place.
func TestWaitingLinesAreSmall(t *testing.T) {
	cfg := testConfig()
	cfg.fill()
	from := &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}
	ms := newMessages(100)
	for i := range ms {
		ms[i].N, ms[i].Addr = copy(ms[i].Buffers[0], "<13>x"), from
	}
	p := &packetSocket{cfg: &cfg}
	s := &stream{cfg: &cfg, cut: newStreamSplitter(cfg.MaxLine)}
	some, _ := s.lines([]byte("<13>x\n<13>y\n"), 1, false)
	for name, tc := range map[string]struct {
		lines []line
		want  int
	}{
		"a datagram alone":         {p.lines(ms[:1], newQueue(100, 1, 1)), 1},
		"datagrams without place":  {p.lines(ms, newQueue(3, 1, 1)), 3},
		"datagrams that have none": {p.lines(ms[:10], newQueue(100, 1, 1)), 10},
		"of a stream":              {some, 2},
	} {
		if len(tc.lines) != tc.want || cap(tc.lines) != tc.want {
			t.Errorf("%s: %d lines with room for %d, want %d", name, len(tc.lines), cap(tc.lines), tc.want)
		}
	}
}

// Host names longer than maxHost are not remembered.
func TestHostNamesAreBounded(t *testing.T) {
	cfg := testConfig()
	cfg.fill()
	s := newSenders(&cfg)
	sn := s.of(source{name: "sender"}, 0)
	for _, n := range []int{maxHost + 1, cfg.MaxLine} {
		if got := s.router(sn, bytes.Repeat([]byte("h"), n)); got != sn.fallback || len(s.hosts) > 0 ||
			len(sn.lastHost) > 0 {
			t.Errorf("a host of %d bytes is a name of %d", n, len(got.name.String()))
		}
	}
	if got := s.router(sn, bytes.Repeat([]byte("h"), maxHost)); len(got.name.String()) != maxHost {
		t.Errorf("a long host is a name of %d bytes", len(got.name.String()))
	}
}

// A sender that was counted among the others, as there are too many, has its own account once the config names it.
func TestOthersThatAreNamed(t *testing.T) {
	cfg := testConfig()
	cfg.Senders = 1
	cfg.fill()
	s := newSenders(&cfg)
	gw := source{addr: netip.MustParseAddr("192.0.2.1")}
	s.of(source{name: "first"}, 0)
	if sn := s.of(gw, 0); sn != s.byID[others] {
		t.Fatalf("it is %+v", sn)
	}
	s.use(&Settings{Location: time.UTC, Routers: map[netip.Addr]Router{gw.addr: {Name: "gw"}}})
	if sn := s.of(gw, 0); sn.named == nil || sn.named.name.String() != "gw" {
		t.Error("it is still one of the others")
	}
}

func TestRouterNamesAreBounded(t *testing.T) {
	cfg := testConfig()
	cfg.fill()
	s := newSenders(&cfg)
	sn, names := s.of(source{name: "relay"}, 0), map[routerName]bool{}
	for i := range 3 * maxHosts {
		n := s.router(sn, fmt.Appendf(nil, "host%d", i))
		s.account(sn, n.name)
		names[n] = true
	}
	if len(names) != maxRouters+1 || len(s.hosts) > maxHosts {
		t.Errorf("%d names, %d remembered", len(names), len(s.hosts))
	}
}

func TestIdleStreamIsClosed(t *testing.T) {
	cfg := testConfig()
	cfg.TCP, cfg.Idle = []string{"127.0.0.1:0"}, 200*time.Millisecond
	s := listening(t, cfg, &memory{})
	c := dial(t, s.Addrs()[0])
	fmt.Fprint(c, "half a li") // before its time begins
	serving(t, s)
	if _, err := c.Read(make([]byte, 1)); err == nil {
		t.Error("the connection is not closed")
	}
	waitFor(t, s, func(st Stats) bool { return st.Stored == 1 }) // what came is a line
}

func TestAllConnections(t *testing.T) {
	l := newConnLimits(&Config{MaxConns: 16, MaxConnsPerSender: 10, ConnBytes: 64}, 1024)
	a, b, gw := source{name: "a"}, source{name: "b"}, source{name: "gw"}
	for i, tc := range []struct {
		from  source
		n     int // so often
		bytes int
		spare bool // others than the routers that are named
		limit string
	}{
		{a, 10, 2, true, ""},
		{a, 1, 2, true, "limits.per_sender"},
		{b, 4, 2, true, ""},
		{b, 1, 2, true, "limits.connections"}, // two places are left to routers
		{gw, 1, 37, false, "memory"},
		{gw, 1, 30, false, ""},
		{gw, 1, 6, false, ""},
		{gw, 1, 0, false, "limits.connections"},
	} {
		for range tc.n {
			if got := l.take(tc.from, tc.bytes, tc.spare); got != tc.limit {
				t.Fatalf("%d: limit %q, want %q", i, got, tc.limit)
			}
		}
	}
	l.give(gw, 30)
	for range 10 {
		l.give(a, 2)
	}
	if l.take(b, 43, true) != "memory" || l.take(b, 42, true) != "" || len(l.by) != 2 || l.all != 6 ||
		l.bytes != 8+42+6 {
		t.Errorf("places that were given back: %+v", l)
	}
}

// TestPeerThatNeverReads: what is written to it ends in an error, not never.
func TestPeerThatNeverReads(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	dial(t, ln.Addr())
	conn, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	d := &drainConn{Conn: conn, patience: 20 * time.Millisecond}
	for b := make([]byte, 1<<20); err == nil; {
		_, err = d.Write(b)
	}
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error(err)
	}
}

// noFiles is a listener in a process that has no file descriptors left.
type noFiles struct {
	net.Listener
	closed chan struct{}
}

func (noFiles) Accept() (net.Conn, error) { return nil, syscall.EMFILE }
func (noFiles) Addr() net.Addr            { return &net.TCPAddr{} }
func (n noFiles) Close() error            { close(n.closed); return nil }

func TestAcceptDoesNotSpin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := testConfig()
		stats := newCounters()
		l := &streamSocket{cfg: &cfg, ln: noFiles{closed: make(chan struct{})}}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if err := l.accept(ctx, newQueue(1, 1, 1), newConnLimits(&cfg, 1024), stats); err != nil {
			t.Error(err)
		}
		if s, _ := stats.now(); s.AcceptFails < 10 || s.AcceptFails > 20 { // 5 ms, doubled up to 1 s
			t.Errorf("%d attempts in 10 s", s.AcceptFails)
		}
	})
}

// Connections leave file descriptors to the store.
func TestConnectionsLeaveFiles(t *testing.T) {
	for _, tc := range []struct {
		limit      uint64
		want, most int
		name       string
	}{
		{1024, 1024, 768, "the limit of file descriptors (LimitNOFILE, ulimit -n)"},
		{1024, 700, 700, "limits.connections"},
		{64, 1024, 32, "the limit of file descriptors (LimitNOFILE, ulimit -n)"},
		{65536, 1024, 1024, "limits.connections"},
		{1<<64 - 1, 1024, 1024, "limits.connections"},
	} {
		l := newConnLimits(&Config{MaxConns: tc.want, MaxConnsPerSender: 1 << 20, ConnBytes: 1}, tc.limit)
		open, limit := 0, ""
		for limit == "" {
			if limit = l.take(source{}, 0, false); limit == "" {
				open++
			}
		}
		if open != tc.most || limit != tc.name {
			t.Errorf("of %d connections with %d files %d are open, then %q; want %d, then %q", tc.want, tc.limit, open,
				limit, tc.most, tc.name)
		}
	}
}

// scarce is a store that refuses as many batches as it has errors.
type scarce struct{ errs []error }

func (s *scarce) Append(_ context.Context, b store.Batch) (store.Appended, error) {
	if len(s.errs) > 0 {
		err := s.errs[0]
		s.errs = s.errs[1:]
		return store.Appended{}, err
	}
	return store.Appended{Added: len(b.Entries)}, nil
}

// A batch waits for a system that lacks something for as long as it takes; one that is itself at fault is given up.
func TestBatchWaitsForTheSystem(t *testing.T) {
	lasting := errors.New("broken")
	for _, tc := range []struct {
		err  error
		lost bool
	}{
		{syscall.EMFILE, false}, {syscall.ENFILE, false}, {syscall.ENOMEM, false}, {syscall.ESTALE, false},
		{syscall.EAGAIN, false}, {syscall.EDQUOT, false}, {store.ErrFull, false}, {lasting, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			cfg := testConfig()
			st := &scarce{errs: slices.Repeat([]error{fmt.Errorf("store: %w",
				&os.PathError{Op: "open", Path: "day.db", Err: tc.err})}, 100)}
			w := &writer{cfg: &cfg, to: st, stats: newCounters(), beats: new(atomic.Uint64), storing: new(atomic.Bool)}
			in := make(chan batch, 1)
			in <- batch{Batch: store.Batch{Entries: make([]store.Entry, 3)}}
			close(in)
			err := w.run(t.Context(), in, make(chan []store.Entry, 1))
			got, _ := w.stats.now()
			switch {
			case tc.lost && (!errors.Is(err, tc.err) || got.Lost != 3 || got.StoreErrors < storeTries ||
				got.StoreErrors > storeTries+splitHopeless):
				t.Errorf("%v: %v, %+v, want it given up", tc.err, err, got)
			case !tc.lost && (err != nil || got.Stored != 3 || got.StoreErrors != 100 || w.stats.refused != nil):
				t.Errorf("%v: %v, %+v, want it stored", tc.err, err, got)
			}
		})
	}
}

func TestConfigValidate(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"queue":   func(c *Config) { c.Queue = 0 },
		"line":    func(c *Config) { c.MaxLine = 10 },
		"idle":    func(c *Config) { c.Idle = 0 },
		"address": func(c *Config) { c.UDP = []string{"514"} },
	} {
		cfg := DefaultConfig()
		change(&cfg)
		if _, err := New(cfg, &memory{}); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	if err := DefaultConfig().Validate(); err != nil {
		t.Error(err)
	}
}

// Programs of this machine write its own zone, whatever that of the routers is.
func TestZoneOfUnixSockets(t *testing.T) {
	at := time.Date(2026, 11, 21, 20, 28, 1, 0, time.UTC)
	cfg, st := testConfig(), &memory{}
	cfg.UDP, cfg.Unixgram = []string{"127.0.0.1:0"}, []string{filepath.Join(t.TempDir(), "log")}
	cfg.Now = func() time.Time { return at }
	cfg.Location, cfg.Here = time.FixedZone("", 9*3600), time.FixedZone("", -5*3600)
	s, stop := start(t, cfg, st)
	for _, a := range s.Addrs() {
		stamp := "Nov 22 05:28:00"
		if a.Network() == "unixgram" {
			stamp = "Nov 21 15:28:00"
		}
		fmt.Fprintf(dial(t, a), "<13>%s app: x", stamp)
	}
	waitFor(t, s, func(st Stats) bool { return st.Stored == 2 })
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	for _, e := range st.events {
		if want := at.Add(-time.Second).UnixNano(); e.Time != want {
			t.Errorf("%s: %v", e.Router.String(), time.Unix(0, e.Time).UTC())
		}
	}
}

func TestSocketMode(t *testing.T) {
	dir := t.TempDir()
	cfg := testConfig()
	cfg.Unixgram, cfg.UnixStream = []string{dir + "/log"}, []string{dir + "/stream"}
	cfg.SocketMode = 0o660
	_, stop := start(t, cfg, &memory{})
	for _, path := range []string{dir + "/log", dir + "/stream"} {
		if fi, err := os.Stat(path); err != nil || fi.Mode().Perm() != 0o660 {
			t.Errorf("%v, %v", fi, err)
		}
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

// Without sockets a server serves until it is stopped; a second stale unix socket file does not keep it from listening.
func TestStaleUnixSocket(t *testing.T) {
	path := t.TempDir() + "/log"
	stale, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	stale.Close() // leaves the file
	cfg := testConfig()
	cfg.Unixgram = []string{path}
	s, stop := start(t, cfg, &memory{})
	fmt.Fprint(dial(t, s.Addrs()[0]), "<13>x")
	waitFor(t, s, func(st Stats) bool { return st.Stored == 1 })
	if err := stop(); err != nil {
		t.Error(err)
	}
	if _, err := net.Dial("unixgram", path); err == nil || errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("the socket file is left behind: %v", err)
	}
}
