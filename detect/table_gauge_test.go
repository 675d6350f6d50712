package detect

import (
	"math/rand/v2"
	"testing"
	"time"

	"uncloak/parse"
)

// crowded is a router of that size whose sessions last hold, not as long as its timeouts say, for some hours: each ten
// minutes more come at once than it takes. Only beginnings are logged.
func crowded(size int, hold time.Duration, hours int) *stream {
	rng := rand.New(rand.NewPCG(5, uint64(size)))
	s := newStream()
	var gone []time.Time // when entries go, in order
	refused := time.Time{}
	at := t0
	for at.Before(t0.Add(time.Duration(hours) * time.Hour)) {
		full, turn := float64(size)/hold.Seconds(), at.Sub(t0)/(10*time.Minute)
		rate := []float64{0.05, 0.8}[turn%2] * full // the table is hardly used, then four fifths full
		if at.Sub(t0)%(10*time.Minute) > 10*time.Minute-20*time.Second {
			rate = 3 * full
		}
		at = at.Add(time.Duration(rng.ExpFloat64() / rate * 1e9))
		for len(gone) > 0 && !gone[0].After(at) {
			gone = gone[1:]
		}
		if len(gone) >= size {
			if at.Sub(refused) > time.Second {
				s.full(at, 0)
				refused = at
			}
			continue
		}
		gone = append(gone, at.Add(hold))
		s.session(at, lan(rng.IntN(30)), wan(rng.IntN(1<<20)), parse.UDP, 9)
	}
	return s
}

func TestGauge(t *testing.T) {
	for _, c := range []struct {
		name  string
		hold  time.Duration
		table int // as configured
	}{
		{"shorter timeouts than Linux's, size known", 10 * time.Second, 200},
		{"shorter timeouts, size unknown", 10 * time.Second, 0},
		{"Linux's timeouts, size known", 30 * time.Second, 200},
		{"Linux's timeouts, size unknown", 30 * time.Second, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			const size = 200
			cfg := DefaultConfig()
			cfg.Table = c.table
			s := crowded(size, c.hold, 4)
			days := s.days(cfg)
			r := days[0].Routers["gw"]
			off, n := 0.0, 0
			for _, o := range r.Overflows[len(r.Overflows)/2:] {
				off += float64(o.Total) / size
				n++
			}
			if n < 5 || off/float64(n) < 0.75 || off/float64(n) > 1.5 {
				t.Errorf("%d overflows with %.2f of the table on average, gauge %+v", n, off/float64(n), r.Gauge)
			}
			if was := cfg.Timeouts.UDP.Seconds(); c.hold.Seconds() == was && r.Gauge.scale() < 0.8 {
				t.Errorf("right timeouts were changed: %+v", r.Gauge)
			}
		})
	}
}

func TestGaugeGoesOnNextDay(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Table = 300
	prev := NewDay(DateOf(t0) - 1)
	prev.router("gw").Gauge = Gauge{Scale: 0.5, Spells: 3}
	tr := NewTracker(cfg, prev, DateOf(t0))
	s := newStream()
	s.session(t0.Add(time.Minute), lan(1), wan(1), parse.UDP, 9)
	s.session(t0.Add(2*time.Minute), lan(1), wan(2), parse.UDP, 9)
	for _, e := range s.events {
		tr.Observe(&e)
	}
	d := tr.Day()
	if n := len(d.Routers["gw"].Occupancy); n > 5 { // 15 s, twice
		t.Errorf("held for %d slots", n)
	}
	if d.Routers["gw"].Gauge.Scale != 0.5 || d.Began == 0 || d.Began == NewDay(1).OpenPrint() {
		t.Errorf("gauge %+v, began %d", d.Routers["gw"].Gauge, d.Began)
	}
}

func TestGaugeIsBounded(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 7))
	var g Gauge
	for i := range 10_000 {
		total := rng.IntN(5000)
		sure := rng.IntN(total + 1)
		at := int64(i) * int64(time.Minute)
		if i%2 == 0 {
			g.full(at, total, sure, rng.IntN(2)*1000, time.Minute)
		} else {
			g.over(at, total, sure, 1000, time.Minute)
		}
		if s := g.scale(); s < gaugeLeast || s > 1 {
			t.Fatalf("step %d: %+v", i, g)
		}
	}
}
