package detect

import (
	"math"
	"reflect"
	"testing"
)

// TestPeers counts hosts that a host goes to again and again: how often must not matter.
func TestPeers(t *testing.T) {
	for _, c := range []struct {
		distinct, times int
		within          float64 // of the number
	}{
		{1, 1, 0}, {3, 500, 0}, {exactPeers, 1, 0}, {exactPeers, 50, 0}, {exactPeers + 1, 3, 0.1}, {200, 3, 0.08},
		{20_000, 1, 0.1},
	} {
		for seed := range 50 {
			var p peers
			for range c.times {
				for i := range c.distinct {
					p.add(hashAddr(wan(seed*100_000 + i)))
				}
			}
			n, sketch := p.estimate()
			if off := math.Abs(float64(n)/float64(c.distinct) - 1); off > c.within {
				t.Errorf("%d addresses %d times: %d", c.distinct, c.times, n)
			}
			if again, same := p.estimate(); again != n || !reflect.DeepEqual(same, sketch) {
				t.Errorf("%d, then %d", n, again)
			}
		}
	}
}

func TestPeersMerge(t *testing.T) {
	host := func(from, n int) *Host {
		var p peers
		for i := range n {
			p.add(hashAddr(wan(from + i)))
		}
		h := &Host{}
		h.Peers, h.PeerHLL = p.estimate()
		return h
	}
	for _, c := range []struct {
		name   string
		a, b   *Host
		n, off float64
	}{
		{"few and few", host(0, 10), host(5, 10), 15, 1},
		{"few and many", host(0, 10), host(5, 1000), 1005, 80},
		{"many and few", host(5, 1000), host(0, 10), 1005, 80},
		{"none and few", &Host{}, host(0, 7), 7, 0},
	} {
		if c.a.mergePeers(c.b); math.Abs(float64(c.a.Peers)-c.n) > c.off {
			t.Errorf("%s: %d, want %v", c.name, c.a.Peers, c.n)
		}
	}
}

// TestMergeOfTies merges what happened in the same instant, in both orders.
func TestMergeOfTies(t *testing.T) {
	day := func(k int) *Day {
		d := NewDay(7)
		r := d.router("gw")
		for i := range 20 {
			n := uint32(k*20 + i)
			r.Overflows = append(r.Overflows, Overflow{Start: 5, End: 6, Lines: n})
			r.Kills = append(r.Kills, Kill{Time: 5, PID: n})
			r.Shrinks = append(r.Shrinks, Shrink{Time: 5, PeerPort: uint16(n)})
			r.Floods = append(r.Floods, Flood{Start: 5, Lines: n})
			d.Open = append(d.Open, Open{Key: Key{Src: lan(1), Dst: wan(1)}, Router: "gw", Expires: int64(n)})
		}
		return d
	}
	a, b := day(0), day(1)
	if a.Merge(day(1)) != nil || b.Merge(day(0)) != nil {
		t.Fatal("days of one date do not merge")
	}
	if !reflect.DeepEqual(a, b) {
		t.Error("the order of merging makes a difference")
	}
}
