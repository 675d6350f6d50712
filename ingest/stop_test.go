package ingest

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"uncloak/store"
)

// TestSet: new names and zones hold for senders that are known, too.
func TestSet(t *testing.T) {
	cfg, st := testConfig(), &memory{}
	cfg.TCP = []string{"127.0.0.1:0"}
	at := time.Date(2026, 11, 21, 20, 28, 1, 0, time.UTC)
	cfg.Now = func() time.Time { return at }
	s, stop := start(t, cfg, st)
	c := dial(t, s.Addrs()[0])
	home := netip.MustParseAddr("127.0.0.1")
	zone := func(h int) *time.Location { return time.FixedZone("", h*3600) }
	for i, tc := range []struct {
		set    Settings
		stamp  string
		router string
	}{
		{Settings{}, "Nov 21 20:28:00", "gw"},
		{Settings{Location: zone(9)}, "Nov 22 05:28:00", "gw"},
		{Settings{Location: zone(9), Routers: map[netip.Addr]Router{home: {Name: "home", Location: zone(-5)}}},
			"Nov 21 15:28:00", "home"},
		{Settings{}, "Nov 21 20:28:00", "gw"},
	} {
		s.Set(tc.set)
		fmt.Fprintf(c, "<13>%s gw app: x\n", tc.stamp)
		waitFor(t, s, func(st Stats) bool { return st.Stored == uint64(i+1) })
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	for i, e := range st.events {
		if want := []string{"gw", "gw", "home", "gw"}[i]; e.Time != at.Add(-time.Second).UnixNano() ||
			e.Router.String() != want {
			t.Errorf("event %d: %v of %q", i, time.Unix(0, e.Time).UTC(), e.Router.String())
		}
	}
}

// TestStopWithBusySenders: senders that go on sending do not delay a stop.
func TestStopWithBusySenders(t *testing.T) {
	cfg, st := testConfig(), &memory{}
	cfg.UDP, cfg.TCP = []string{"127.0.0.1:0"}, []string{"127.0.0.1:0"}
	cfg.MaxConns, cfg.MaxConnsPerSender, cfg.Queue, cfg.Drain = 500, 500, 1000, 50*time.Millisecond
	s, stop := start(t, cfg, st)
	text := []byte(strings.Repeat("<13>Nov 21 20:28:01 gw app: a line of a sender who does not listen\n", 100))
	var senders sync.WaitGroup
	ctx, cancel := context.WithCancel(t.Context())
	defer senders.Wait()
	defer cancel()
	for i := range 501 {
		c := dial(t, s.Addrs()[min(1, i)])
		senders.Go(func() {
			for ctx.Err() == nil {
				if _, err := c.Write(text); err != nil && c.LocalAddr().Network() == "tcp" {
					return
				}
			}
		})
		context.AfterFunc(ctx, func() { c.Close() })
	}
	waitFor(t, s, func(st Stats) bool { return st.Stored > 10000 })
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if got := s.Stats(); got.Stored+got.Dropped != got.Received {
		t.Errorf("stats %+v", got)
	}
}

// TestStopCountsWhatItLeaves: what a stop has no time to store is read all the same, and counted by sender.
func TestStopCountsWhatItLeaves(t *testing.T) {
	cfg, st := testConfig(), &memory{hold: make(chan struct{})}
	cfg.TCP, cfg.Queue, cfg.BatchBytes, cfg.Drain = []string{"127.0.0.1:0"}, 100, 3000, 400*time.Millisecond
	s, stop := start(t, cfg, st)
	c := dial(t, s.Addrs()[0])
	const n = 1500 // far more than the queue and the buffer hold, less than a first window of 64 KiB
	for i := range n {
		fmt.Fprintf(c, "<13>Nov 21 20:28:01 gw app: line %d\n", i)
	}
	done := make(chan error, 1)
	go func() { done <- stop() }()
	_, _ = c.Read(make([]byte, 1)) // closed: all is read
	close(st.hold)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	got := s.Stats()
	if got.Stored+got.Dropped != n || got.Stored == 0 || got.Dropped == 0 || got.LeftLines != got.Dropped {
		t.Errorf("stats %+v", got)
	}
	if h := st.health["127.0.0.1"]; h.Received != n || h.Dropped != got.Dropped {
		t.Errorf("health %+v", st.health)
	}
}

// slow is a store that takes its time, and keeps nothing.
type slow struct{ time.Duration }

func (s slow) Append(ctx context.Context, b store.Batch) (store.Appended, error) {
	sleep(ctx, s.Duration)
	return store.Appended{Added: len(b.Entries)}, nil
}

// TestStopWithSlowDisk: a stop does not wait for all that the queue holds; what is given up is counted.
func TestStopWithSlowDisk(t *testing.T) {
	cfg := testConfig()
	cfg.TCP, cfg.BatchBytes, cfg.Drain = []string{"127.0.0.1:0"}, 1, 200*time.Millisecond
	s, stop := start(t, cfg, slow{time.Second})
	c := dial(t, s.Addrs()[0]).(*net.TCPConn)
	const n = 10_000 // all have room in the queue; 64 at a time: 156 s of them
	if _, err := c.Write(bytes.Repeat([]byte("<13>Nov 21 20:28:01 gw app: x\n"), n)); err != nil {
		t.Fatal(err)
	}
	c.CloseWrite()
	_, _ = c.Read(make([]byte, 1)) // closed: all are read
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if got := s.Stats(); got.Stored+got.Dropped != n || got.Dropped < n/2 || got.LeftLines != got.Dropped {
		t.Errorf("stats %+v", got)
	}
}

// TestDrainedConnection: it gives what the kernel holds, says how much that is, and then ends, whoever goes on writing.
func TestDrainedConnection(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	c := dial(t, ln.Addr())
	conn, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	d := &drainConn{Conn: conn}
	fmt.Fprint(c, "0123456789")
	buf := make([]byte, 4)
	if n, err := d.Read(buf); n != 4 || err != nil {
		t.Fatal(n, err)
	}
	d.drain()
	if n := d.unread(); n != 6 {
		t.Errorf("%d bytes are unread", n)
	}
	for _, want := range []string{"4567", "89", ""} {
		n, err := d.Read(buf)
		if string(buf[:n]) != want || (err == nil) != (want != "") {
			t.Errorf("%q, %v; want %q", buf[:n], err, want)
		}
	}
	c.SetWriteDeadline(time.Now().Add(100 * time.Millisecond))
	taken := 0
	for b := make([]byte, 1<<20); err == nil; { // no reader
		var n int
		n, err = c.Write(b)
		taken += n
	}
	if n := d.unread(); n > 256<<10 {
		t.Errorf("%d bytes came after the stop, of %d that the sender wrote", n, taken)
	}
}

// TestStopTakesWaitingConnections: a sender that connected, wrote and left before the server accepted it is still read.
func TestStopTakesWaitingConnections(t *testing.T) {
	cfg, st := testConfig(), &memory{}
	cfg.TCP = []string{"127.0.0.1:0"}
	s := listening(t, cfg, st)
	const n = 20
	for i := range n {
		c, err := net.Dial("tcp", s.Addrs()[0].String())
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(c, "line %d\n", i)
		c.Close()
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Serve(ctx); err != nil {
		t.Fatal(err)
	}
	if len(st.lines) != n {
		t.Errorf("%d of %d lines", len(st.lines), n)
	}
	if h := st.health["127.0.0.1"]; h.Received != n {
		t.Errorf("health %v", st.health)
	}
}

// TestStopTakesLongLines: a line that is longer than the buffer of an idle stream does not end what a stop takes in.
func TestStopTakesLongLines(t *testing.T) {
	cfg, st := testConfig(), &memory{}
	cfg.TCP = []string{"127.0.0.1:0"}
	s := listening(t, cfg, st)
	fmt.Fprint(dial(t, s.Addrs()[0]), strings.Repeat("x", streamFirst+1), strings.Repeat("\nline", 100))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Serve(ctx); err != nil {
		t.Fatal(err)
	}
	if len(st.lines) != 101 || len(st.lines[0]) != streamFirst+1 || s.Stats().LeftBytes != 0 {
		t.Errorf("%d lines, %+v", len(st.lines), s.Stats())
	}
}

// TestStopCountsKernelDrops: what the kernel's buffer had no room for is known, also where no datagram came after it to
// tell.
func TestStopCountsKernelDrops(t *testing.T) {
	cfg, st := testConfig(), &memory{}
	cfg.UDP, cfg.ReadBuffer = []string{"127.0.0.1:0"}, 4<<10
	s := listening(t, cfg, st)
	c := dial(t, s.Addrs()[0])
	const n = 300
	for i := range n {
		fmt.Fprintf(c, "line %d", i)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Serve(ctx); err != nil {
		t.Fatal(err)
	}
	if x := s.Stats(); x.Stored == 0 || x.Kernel == 0 || x.Stored+x.Kernel != n {
		t.Errorf("%+v", x)
	}
}

// TestInheritedDrops: datagrams that an inherited socket lost before this process started are not counted again.
func TestInheritedDrops(t *testing.T) {
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	to := dial(t, c.LocalAddr())
	const n = 300
	for i, sent := range []uint64{n, 1} {
		f, err := c.(*net.UDPConn).File()
		if err != nil {
			t.Fatal(err)
		}
		cfg := testConfig()
		cfg.Sockets, cfg.ReadBuffer = []Socket{{File: f}}, 4<<10
		if err := c.(*net.UDPConn).SetReadBuffer(cfg.ReadBuffer); err != nil {
			t.Fatal(err)
		}
		s := listening(t, cfg, &memory{})
		for range sent {
			fmt.Fprint(to, "line")
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := s.Serve(ctx); err != nil {
			t.Fatal(err)
		}
		if x := s.Stats(); x.Stored+x.Kernel != sent || (x.Kernel > 0) != (i == 0) {
			t.Errorf("start %d: %+v", i, x)
		}
	}
}

// TestInheritedSockets: sockets from systemd work like the server's own, and stay open when it ends.
func TestInheritedSockets(t *testing.T) {
	dir, cfg, st := t.TempDir(), testConfig(), &memory{}
	for _, network := range []string{"udp", "tcp", "unix", "unixgram"} {
		address := "127.0.0.1:0"
		if strings.HasPrefix(network, "unix") {
			address = dir + "/" + network
		}
		var from interface {
			File() (*os.File, error)
			Close() error
		}
		var err error
		switch network {
		case "udp":
			var c net.PacketConn
			c, err = net.ListenPacket(network, address)
			from = c.(*net.UDPConn)
		case "unixgram":
			from, err = net.ListenUnixgram(network, &net.UnixAddr{Name: address, Net: network})
		case "tcp":
			var l net.Listener
			l, err = net.Listen(network, address)
			from = l.(*net.TCPListener)
		default:
			from, err = net.ListenUnix(network, &net.UnixAddr{Name: address, Net: network})
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { from.Close() })
		f, err := from.File()
		if err != nil {
			t.Fatal(err)
		}
		cfg.Sockets = append(cfg.Sockets, Socket{File: f})
	}
	s, stop := start(t, cfg, st)
	for i, a := range s.Addrs() {
		c := dial(t, a)
		fmt.Fprintf(c, "line %d\n", i)
		c.Close()
	}
	waitFor(t, s, func(st Stats) bool { return st.Stored == 4 })
	if s.Beats() == 0 {
		t.Error("no beat")
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/unix", "/unixgram"} {
		if _, err := os.Stat(dir + path); err != nil {
			t.Errorf("it is gone: %v", err)
		}
	}
	file, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Sockets = []Socket{{File: file}}
	if s, err = New(cfg, st); err != nil {
		t.Fatal(err)
	}
	if err := s.Listen(); err == nil {
		t.Error("/dev/null is taken for a socket")
	}
}

// TestBeatsWhileStoring: a store that takes its time is no reason for a watchdog to bark.
func TestBeatsWhileStoring(t *testing.T) {
	cfg, st := testConfig(), &memory{hold: make(chan struct{})}
	cfg.TCP, cfg.BatchEvery = []string{"127.0.0.1:0"}, time.Millisecond
	s, stop := start(t, cfg, st)
	c := dial(t, s.Addrs()[0])
	for range 3 { // the writer holds one, the parser waits with another
		fmt.Fprint(c, "x\n")
	}
	st.hold <- struct{}{} // it was asked to store, and is asked again
	fmt.Fprint(c, "x\n")
	for !s.storing.Load() {
		runtime.Gosched()
	}
	if before := s.Beats(); s.Beats() == before {
		t.Error("no beat while the store is busy")
	}
	close(st.hold)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
}
