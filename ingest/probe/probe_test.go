package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

var target = netip.MustParseAddr("198.51.100.7")

// way is a network of hops, each with a delay; one without an address keeps silent.
type way struct {
	hops  []netip.Addr
	delay []time.Duration
	lost  func(hop int, sent time.Time) bool
	in    chan Reply
	ended chan struct{}
	sent  int
}

func newWay(addrs ...string) *way {
	w := &way{in: make(chan Reply), ended: make(chan struct{}), lost: func(int, time.Time) bool { return false }}
	for i, a := range addrs {
		addr, _ := netip.ParseAddr(a)
		w.hops = append(w.hops, addr)
		w.delay = append(w.delay, time.Duration(i+1)*10*time.Millisecond)
	}
	return w
}

func (w *way) Send(hop int, seq uint16) error {
	w.sent++
	i := min(hop, len(w.hops)) - 1
	if !w.hops[i].IsValid() || w.lost(i+1, time.Now()) {
		return nil
	}
	from := w.hops[i] // the way may change until the answer comes
	time.AfterFunc(w.delay[i], func() {
		select {
		case w.in <- Reply{Seq: seq, From: from, At: time.Now(), End: from == target}:
		case <-w.ended:
		}
	})
	return nil
}

func (w *way) Receive() (Reply, error) {
	select {
	case r := <-w.in:
		return r, nil
	case <-w.ended:
		return Reply{}, net.ErrClosed
	}
}

// measure runs a Path for so long, and returns what it told.
func measure(t *testing.T, w *way, every, long time.Duration) (hops []Hop, told []Result, err error) {
	t.Helper()
	p := New(w, target, every)
	p.Traced = func(h []Hop) { hops = h }
	p.Told = func(r Result) { told = append(told, r) }
	ctx, cancel := context.WithTimeout(t.Context(), long)
	defer cancel()
	err = p.Run(ctx)
	close(w.ended)
	p.Finish()
	return hops, told, err
}

func TestPath(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWay("192.168.1.1", "", "203.0.113.1", target.String())
		begin := time.Now()
		// the third hop loses all from the 20th to the 25th second: what goes beyond it is lost, too
		w.lost = func(hop int, at time.Time) bool {
			s := at.Sub(begin).Seconds()
			return hop >= 3 && s >= 20 && s < 25
		}
		hops, told, err := measure(t, w, time.Second, 40*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		want := []Hop{{1, w.hops[0], false}, {3, w.hops[2], false}, {4, target, true}}
		if !slices.Equal(hops, want) {
			t.Errorf("the way is %v", hops)
		}
		n, lost := map[int]int{}, map[int]int{}
		for i, r := range told {
			if n[r.Hop]++; r.RTT == 0 {
				lost[r.Hop]++
			} else if r.RTT != w.delay[r.Hop-1] {
				t.Errorf("hop %d took %v", r.Hop, r.RTT)
			}
			if i > 0 && r.At.Before(told[i-1].At) {
				t.Errorf("the probe of %v is told after that of %v", r.At, told[i-1].At)
			}
		}
		if n[1] < 30 || n[1] != n[3] || n[3] != n[4] || lost[1] != 0 || lost[3] != 5 || lost[4] != 5 {
			t.Errorf("probes %v, lost %v", n, lost)
		}
		if w.sent > 40*3+traceRounds*HopsMax {
			t.Errorf("%d probes were sent", w.sent)
		}
	})
}

// A target that never answers is asked all the same, beyond the last hop that does.
func TestPathToSilentTarget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hops, told, err := measure(t, newWay("192.168.1.1", "203.0.113.1", ""), time.Second, 30*time.Second)
		if err != nil || len(hops) != 3 || !hops[2].Target || hops[2].Addr != target {
			t.Fatalf("the way is %v: %v", hops, err)
		}
		for _, r := range told {
			if (r.RTT == 0) != (r.Addr == target) {
				t.Errorf("told %+v", r)
			}
		}
	})
}

// Another router in the place of one becomes the hop.
func TestPathThatChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWay("192.168.1.1", "203.0.113.1", target.String())
		begin, other := time.Now(), netip.MustParseAddr("203.0.113.9")
		w.lost = func(hop int, at time.Time) bool {
			if at.Sub(begin) > 20*time.Second {
				w.hops[1] = other
			}
			return hop == 2 && at.Sub(begin) > 30*time.Second
		}
		_, told, err := measure(t, w, time.Second, 45*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]int{}
		for _, r := range told {
			if r.Hop == 2 && r.RTT == 0 {
				got["lost by "+r.Addr.String()]++
			} else if r.Hop == 2 {
				got[r.Addr.String()]++
			}
		}
		if got["203.0.113.1"] == 0 || got[other.String()] == 0 || got["lost by "+other.String()] == 0 ||
			got["lost by 203.0.113.1"] != 0 {
			t.Errorf("hop 2: %v", got)
		}
	})
}

func TestPathWithoutAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWay("")
		if _, told, err := measure(t, w, time.Second, time.Minute); err == nil || len(told) > 0 {
			t.Errorf("%v, told %v", err, told)
		}
		if w.sent != traceRounds*HopsMax {
			t.Errorf("%d probes were sent", w.sent)
		}
	})
}

// Numbers of probes begin again behind 65535.
func TestPathForDays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWay("192.168.1.1", target.String())
		_, told, err := measure(t, w, time.Second, 10*time.Hour)
		if err != nil || len(told) < 2*35000 {
			t.Fatalf("%d told: %v", len(told), err)
		}
		for _, r := range told {
			if r.RTT != w.delay[r.Hop-1] {
				t.Fatalf("told %+v", r)
			}
		}
	})
}

func TestResultLine(t *testing.T) {
	r := Result{At: time.Unix(1795292879, 516758123), Hop: 2, Addr: netip.MustParseAddr("203.0.113.1"), Seq: 7,
		RTT: 12345 * time.Microsecond}
	if got := string(r.AppendLine(nil, target)); got !=
		"[1795292879.516758] 203.0.113.1 : [7], 64 bytes, 12.345 ms (hop 2 to 198.51.100.7)\n" {
		t.Error(got)
	}
	r.RTT = 0
	if got := string(r.AppendLine(nil, target)); got !=
		"[1795292879.516758] 203.0.113.1 : [7], timed out (hop 2 to 198.51.100.7)\n" {
		t.Error(got)
	}
}

// This machine answers itself, where it lets this user ask.
func TestLoopback(t *testing.T) {
	for _, addr := range []string{"127.0.0.1", "::1"} {
		link, end, err := Open(netip.MustParseAddr(addr))
		if errors.Is(err, ErrRights) || errors.Is(err, ErrUnsupported) || errors.Is(err, os.ErrNotExist) {
			t.Skip(err)
		}
		if err != nil {
			t.Logf("%s: %v", addr, err) // a machine without IPv6
			continue
		}
		if err := link.Send(1, 4711); err != nil {
			t.Logf("%s: %v", addr, err)
			_ = end()
			continue
		}
		if r, err := link.Receive(); err != nil || r.Seq != 4711 || !r.End || fmt.Sprint(r.From) != addr {
			t.Errorf("%s: got %+v: %v", addr, r, err)
		}
		if err := end(); err != nil {
			t.Error(err)
		}
		if _, err := link.Receive(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("%s: closed: %v", addr, err)
		}
	}
}
