package detect

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// runsAt are bursts at those seconds after t0, in order.
func runsAt(sets ...[]float64) (out []run) {
	for _, x := range slices.Concat(sets...) {
		out = append(out, run{start: t0.UnixNano() + int64(x*1e9)})
	}
	slices.SortFunc(out, func(a, b run) int { return int(a.start/1e6 - b.start/1e6) })
	return out
}

func each(n int, period, phase, jitter float64, rng *rand.Rand) (out []float64) {
	for i := range n {
		out = append(out, phase+float64(i)*period+rng.NormFloat64()*jitter)
	}
	return out
}

func TestTwoProgramsOfOneHost(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 1))
	runs := runsAt(each(48, 1800, 10, 3, rng), each(39, 2210, 400, 1, rng)) // a day of each
	got := findRhythms(runs, 20, time.UTC, 0)
	if len(got) != 2 {
		t.Fatalf("%d rhythms", len(got))
	}
	for _, want := range []float64{1800, 2210} {
		if !slices.ContainsFunc(got, func(f found) bool {
			return math.Abs(f.period/want-1) < 0.001 && f.wall == (want == 1800)
		}) {
			t.Errorf("no period of %.0f s in %.1f and %.1f", want, got[0].period, got[1].period)
		}
	}
	if n := len(got[0].runs) + len(got[1].runs); n < 82 || n > 87 {
		t.Errorf("%d of 87 bursts have a rhythm", n)
	}
}

func TestRhythmHasNoShadow(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 2))
	wide := each(96, 1800, 60, 50, rng) // its stragglers are near its slots
	if got := findRhythms(runsAt(wide), 20, time.UTC, 0); len(got) != 1 || got[0].period != 1800 {
		t.Errorf("%d rhythms", len(got))
	}
}

func TestRhythmForAPartOfTheTime(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	strays := make([]float64, 16)
	for i := range strays {
		strays[i] = rng.Float64() * 2 * 86400
	}
	runs := runsAt(each(11, 4063, 30000, 8, rng), strays)
	r := findRhythm(framesOf(runs, time.UTC), 20)
	if r == nil || math.Abs(r.period/4063-1) > 0.01 || r.seen < 10 || r.slots > 17 {
		t.Errorf("%+v", r)
	}
}

func TestDriftOfTheClockIsNoPeriod(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	runs := runsAt(each(60, 21600*(1-37e-6), 2700, 0.5, rng))
	r := findRhythm(framesOf(runs, time.UTC), 20)
	if r == nil || !r.wall || r.period != 21600 {
		t.Fatalf("%+v", r)
	}
	if minutes, hours := r.minutes(); !slices.Equal(minutes, []int{45}) && !slices.Equal(minutes, []int{44}) ||
		len(hours) != 4 {
		t.Errorf("at %v of %v", minutes, hours)
	}
	slow := runsAt(each(60, 21600*(1-3e-3), 2700, 0.5, rng)) // a minute a day is no clock's
	if r := findRhythm(framesOf(slow, time.UTC), 20); r == nil || r.wall {
		t.Errorf("%+v", r)
	}
}

func TestLargestPageIsNoBurst(t *testing.T) {
	flagged := 0
	for seed := range uint64(200) { // forty pages of a heavy tail: one is often many times the next
		rng := rand.New(rand.NewPCG(seed, 5))
		l := &line{span: span{start: t0.UnixNano(), n: slotsPerDay}, slots: map[int]uint32{}, fine: map[int]*Fine{}}
		for range 40 {
			l.slots[rng.IntN(l.n)] = uint32(min(3*math.Pow(1-rng.Float64(), -1/1.2), 2000))
		}
		for i := range l.slots {
			l.hot = append(l.hot, i)
		}
		slices.Sort(l.hot)
		bursts, _ := l.bursts()
		if len(l.apart(bursts, 20)) > 0 {
			flagged++
		}
	}
	if flagged > 2 {
		t.Errorf("%d of 200 browsers have a burst", flagged)
	}
}

func TestSelectFirst(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 6))
	for range 200 {
		all := make([]*doorway, 1+rng.IntN(300))
		for i := range all {
			all[i] = &doorway{Target: Target{N: uint64(rng.IntN(4)), Last: int64(rng.IntN(5))},
				door: Door{Peer: wan(i)}}
		}
		n := rng.IntN(len(all) + 1)
		sorted := slices.SortedFunc(slices.Values(all), func(a, b *doorway) int {
			if a.before(b) {
				return -1
			}
			return 1
		})
		selectFirst(all, n)
		for _, x := range sorted[:n] {
			if !slices.Contains(all[:n], x) {
				t.Fatalf("%d of %d: %v is not among the first", n, len(all), x.door)
			}
		}
	}
}

func TestDoorsAreFoundAgain(t *testing.T) {
	var o outward
	for i := range 5000 {
		o.open(Door{wan(i), Port{6, 443}}, hashAddr(wan(i)), int64(i), 0)
		if i%7 == 0 {
			o.open(Door{wan(1 << 20), Port{6, 22}}, hashAddr(wan(1<<20)), int64(i), 0)
		}
		if x := o.at(Door{wan(i), Port{6, 443}}); x == nil || x.N != 1 {
			t.Fatalf("door %d is lost: %+v", i, x)
		}
	}
	if x := o.at(Door{wan(1 << 20), Port{6, 22}}); x == nil || x.N != 715 || len(o.doors) > maxTargets {
		t.Errorf("%+v, %d doors", x, len(o.doors))
	}
}
