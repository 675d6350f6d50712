package ingest

import (
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestGathererEnds: a reader that waits is woken, and one that comes later gets nothing, whatever has arrived.
func TestGathererEnds(t *testing.T) {
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	g, err := newGatherer(c)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	to := dial(t, g.LocalAddr())
	fmt.Fprint(to, "first")
	from, ms := batches(g), newMessages(100)
	if n, err := from.ReadBatch(ms, 0); n != 1 || err != nil || string(ms[0].Buffers[0][:ms[0].N]) != "first" {
		t.Fatal(n, err)
	}
	done := make(chan error)
	go func() {
		_, err := from.ReadBatch(ms, 0)
		done <- err
	}()
	select {
	case err := <-done:
		t.Fatal("it did not wait: ", err)
	case <-time.After(20 * time.Millisecond):
	}
	g.end()
	if err := <-done; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error(err)
	}
	fmt.Fprint(to, "second")
	if n, err := from.ReadBatch(ms, 0); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error(n, err)
	}
}

// TestGathererClosed: ending the gatherer does not touch a new file with the descriptor of one that the reader closed.
func TestGathererClosed(t *testing.T) {
	eventfd := func() int {
		fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
		if err != nil {
			t.Fatal(err)
		}
		return fd
	}
	for range 20_000 { // the window is narrow
		g := &gatherer{wait: waiting{fd: eventfd(), wake: eventfd()}}
		ended := make(chan struct{})
		go func() { g.end(); close(ended) }()
		for !g.wait.ended.Load() {
			runtime.Gosched()
		}
		if err := g.Close(); err != nil {
			t.Fatal(err)
		}
		next := []int{eventfd(), eventfd()}
		<-ended
		for _, fd := range next {
			n, err := unix.Read(fd, make([]byte, 8))
			unix.Close(fd)
			if n > 0 || !errors.Is(err, unix.EAGAIN) {
				t.Fatal("it was written to another's file: ", n, err)
			}
		}
	}
}

// TestGathering: with a large buffer datagrams gather, with a small one they do not; both take in single ones, many,
// and what the kernel holds at the stop.
func TestGathering(t *testing.T) {
	for _, size := range []int{64 << 10, 32 << 20} {
		cfg, st := testConfig(), &memory{}
		cfg.UDP, cfg.ReadBuffer = []string{"127.0.0.1:0"}, size
		s, stop := start(t, cfg, st)
		c := dial(t, s.Addrs()[0])
		sent := uint64(0)
		for _, n := range []int{1, 50, packetBatch, 1, 2 * packetBatch, 3 * packetBatch * gatherReads} {
			for range n {
				fmt.Fprintf(c, "<4>Nov 21 20:28:21 gw app: line %d", sent)
				if sent++; sent%40 == 0 {
					waitFor(t, s, func(st Stats) bool { return st.Received+st.Kernel >= sent-30 })
				}
			}
			waitFor(t, s, func(st Stats) bool { return st.Stored == sent })
		}
		for range 20 {
			fmt.Fprint(c, "<4>Nov 21 20:28:21 gw app: the last")
			sent++
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
		if got := s.Stats(); got.Stored != sent || got.Received != sent {
			t.Errorf("buffer of %d: %d were sent, %+v", size, sent, got)
		}
	}
}

// TestGatheringOfFullReads: what fills the last read to the brim goes on all the same, though nothing comes after it.
func TestGatheringOfFullReads(t *testing.T) {
	cfg, st := testConfig(), &memory{}
	cfg.UDP = []string{"127.0.0.1:0"}
	s := listening(t, cfg, st)
	c := dial(t, s.Addrs()[0])
	for i := range packetBatch {
		fmt.Fprintf(c, "<4>Nov 21 20:28:21 gw app: line %d", i)
	}
	stop := serving(t, s)
	waitFor(t, s, func(st Stats) bool { return st.Stored == packetBatch })
	if err := stop(); err != nil {
		t.Error(err)
	}
}
