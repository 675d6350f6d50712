package detect

import (
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"uncloak/parse"
)

// truths counts entries by definition, each second: an entry is there from its beginning to the first walk of the
// collector after its time is over.
func truths(from time.Time, n int, lives [][2]int64, walks []int64) []int {
	out := make([]int, n)
	for _, l := range lives {
		gone := l[1]
		for _, w := range walks {
			if w >= l[1] {
				gone = w
				break
			}
		}
		for s := max(0, (l[0]-from.UnixNano()+1e9-1)/1e9); s < int64(n) && from.UnixNano()+s*1e9 < gone; s++ {
			out[s]++
		}
	}
	return out
}

// Of a log of beginnings alone the true number of entries lies within the bounds, wherever the walks of the collector
// lie, and the likely number is not far from their mean.
func TestBoundsOfBeginnings(t *testing.T) {
	for _, kernel := range []Collector{CollectorLinux, CollectorUnknown} {
		cfg := DefaultConfig()
		cfg.Timeouts.Collector = kernel
		rng := rand.New(rand.NewPCG(21, uint64(kernel)))
		s := newStream()
		var lives [][2]int64
		at := t0
		for range 6000 {
			at = at.Add(time.Duration(rng.ExpFloat64() * 0.3 * float64(time.Second)))
			s.session(at, lan(rng.IntN(4)), wan(rng.IntN(1<<20)), parse.UDP, 53)
			lives = append(lives, [2]int64{at.UnixNano(), at.Add(cfg.Timeouts.UDP).UnixNano()})
		}
		seconds := int(at.Sub(t0).Seconds())
		// about 100 live ones, each with 15 s left on the mean: a walk every (6000 + 2·100·15) / (100 + 2·100) = 30 s
		var mean []float64
		var truth [][]int
		for phase := range 5 {
			var walks []int64
			for w := time.Duration(phase) * 6 * time.Second; w < at.Sub(t0)+2*time.Minute; w += 30 * time.Second {
				walks = append(walks, t0.Add(w).UnixNano())
			}
			truth = append(truth, truths(t0, seconds, lives, walks))
		}
		for i := range seconds {
			sum := 0
			for _, x := range truth {
				sum += x[i]
			}
			mean = append(mean, float64(sum)/float64(len(truth)))
		}
		slots, outside, off := 0, 0, 0.0
		for _, l := range s.days(cfg)[0].Routers["gw"].Occupancy {
			first := int(l.I)*10 - int(t0.Sub(dateOf(t0.UnixNano()).Start()).Seconds())
			if first < 120 || first+10 > seconds {
				continue
			}
			slots++
			low, high := int(l.Total)-int(l.Less), int(l.Total)+int(l.More)
			for _, x := range truth {
				most, ever := 0, 0.0
				for i := first; i < first+10; i++ {
					most, ever = max(most, x[i]), max(ever, mean[i])
				}
				if most < low || most > high {
					outside++
				}
				off += (float64(l.Total) - ever) / ever / float64(len(truth))
			}
		}
		off /= float64(slots)
		t.Logf("collector %d: %d slots, %d outside, the mean off by %.1f %%", kernel, slots, outside, 100*off)
		if slots < 100 || outside > slots*len(truth)/20 {
			t.Errorf("collector %d: of %d slots %d are outside of the bounds", kernel, slots*len(truth), outside)
		}
		if kernel == CollectorLinux && (off < -0.1 || off > 0.15) {
			t.Errorf("the likely number is off by %.2f on the mean", off)
		}
	}
}

// Where the kernel is known not to have a collector, the bounds of plain sessions are the number itself.
func TestNoCollectorNoBounds(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Timeouts = TimeoutsOf("linux-4")
	s := newStream()
	for i := range 200 {
		s.session(t0.Add(time.Duration(i)*time.Second), lan(1), wan(i), parse.ICMP, 0)
	}
	for _, l := range s.days(cfg)[0].Routers["gw"].Occupancy {
		if l.More > 20 || l.Less > 20 { // entries leave the bounds slot by slot
			t.Errorf("slot %d: %d, %d less, %d more", l.I, l.Total, l.Less, l.More)
		}
	}
}

// TCP sessions of a host to one door may all be refused; those to many doors are not.
func TestBoundsOfOneDoor(t *testing.T) {
	for _, one := range []bool{true, false} {
		s := newStream()
		for i := range 300 {
			door := wan(7)
			if !one {
				door = wan(i)
			}
			s.session(t0.Add(time.Duration(i)*time.Second), lan(1), door, parse.TCP, 9999)
			s.session(t0.Add(time.Duration(i)*time.Second), lan(1), wan(1000+i), parse.TCP, 443)
		}
		l := s.days(DefaultConfig())[0].Routers["gw"].Occupancy[20]
		if low := int(l.Total) - int(l.Less); one && low > int(l.Total)*2/3 || !one && low < int(l.Total)*9/10 {
			t.Errorf("one door %v: %d entries, at least %d", one, l.Total, low)
		}
	}
}

// A session with the ports of an entry that only waits for the collector is another one.
func TestPortsOfAWaitingEntry(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Timeouts.Collector = CollectorLinux
	s := newStream()
	e := s.session(t0, lan(1), wan(1), parse.UDP, 123)
	for i := 1; i < 60; i++ { // every 40 s, timeout 30 s, walks every minute
		s.add(t0.Add(time.Duration(i)*40*time.Second), e)
	}
	d := s.days(cfg)[0]
	if n := d.Hosts[lan(1)].Sessions.Total(); n != 60 {
		t.Errorf("%d sessions, want 60", n)
	}
	for _, l := range d.Routers["gw"].Occupancy {
		if l.Total != 1 {
			t.Errorf("slot %d: %d entries", l.I, l.Total)
		}
	}
}

func TestHammeredIsBounded(t *testing.T) {
	var x hammered
	busy := 0
	for i := range 5000 {
		to := wan(i)
		if i%3 == 0 {
			to = netip.MustParseAddr("203.0.113.99")
		}
		at := t0.Add(time.Duration(i) * 100 * time.Millisecond)
		e := parse.Event{Time: at.UnixNano(), Proto: parse.TCP, DPort: 25}
		if x.note(&e, to) && i%3 == 0 {
			busy++
		}
	}
	if busy < 1600 {
		t.Errorf("the door is busy in %d of 1667 sessions", busy)
	}
}
