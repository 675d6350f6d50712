package detect

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// lineOf lays counts of single seconds out as a day's series does: seconds of slots with few events are not known.
func lineOf(sec []int) *line {
	l := &line{span: span{start: t0.UnixNano(), n: (len(sec) + 9) / 10}, slots: map[int]uint32{}, fine: map[int]*Fine{}}
	for i := range l.n {
		f := &Fine{I: uint16(i % slotsPerDay)}
		n := 0
		for s := i * 10; s < min(i*10+10, len(sec)); s++ {
			f.Sec[s-i*10] = uint16(sec[s])
			n += sec[s]
		}
		if n == 0 {
			continue
		}
		l.slots[i] = uint32(n)
		l.hot = append(l.hot, i)
		if f.Peers = uint16(n); n >= fineFloor {
			l.fine[i] = f
		}
	}
	return l
}

// poisson draws how many events a second of that rate has.
func poisson(rng *rand.Rand, rate float64) (n int) {
	for t := rng.ExpFloat64(); t < rate; t += rng.ExpFloat64() {
		n++
	}
	return n
}

func fastOf(l *line) []found {
	_, long := l.bursts()
	if out := fastRhythms(l.pulses(burstFloor, pulseWide), long, 20, time.UTC); len(out) > 0 {
		return out
	}
	return fastRhythms(l.pulses(burstFloor, pulseSlow), long, 20, time.UTC)
}

func TestFastRhythms(t *testing.T) {
	for i, period := range []float64{15, 20, 33, 45, 60, 75, 90, 95, 120, 300, 1234} {
		for _, load := range []float64{0, 1, 5, 50} {
			for _, wide := range []float64{1, 4} {
				name := fmt.Sprintf("%.0f s, load %.0f/s, pulses of %.0f s", period, load, wide)
				rng := rand.New(rand.NewPCG(uint64(i), 7))
				sec := make([]int, int(max(7200, 30*period)))
				for s := range sec {
					sec[s] = poisson(rng, load)
				}
				size := 60 + int(6*load)
				for at := 5.0; at < float64(len(sec))-10; at += period {
					from := at + 0.3*rng.NormFloat64()
					for range size {
						sec[int(from+wide*rng.Float64())]++
					}
				}
				got := fastOf(lineOf(sec))
				if len(got) != 1 || math.Abs(got[0].period/period-1) > 0.005 {
					t.Errorf("%s: %d rhythms %v", name, len(got), periodsOf(got))
					continue
				}
				r := got[0]
				if want := float64(len(sec)) / period; float64(r.seen) < 0.95*want || len(r.runs) != r.seen {
					t.Errorf("%s: %d of %.0f pulses", name, r.seen, want)
				}
				if n := middleOf(r.runs); math.Abs(float64(n)/(float64(size)+load*wide)-1) > 0.15 {
					t.Errorf("%s: %d sessions, want %d", name, n, size)
				}
			}
		}
	}
}

func periodsOf(x []found) (out []float64) {
	for _, r := range x {
		out = append(out, r.period)
	}
	return out
}

func middleOf(runs []run) int {
	n := make([]float64, len(runs))
	for i, r := range runs {
		n[i] = float64(r.events)
	}
	return int(middle(n))
}

// Pulses that take half of the time, or fade out, are told apart by longer sums.
func TestFastRhythmOfSpreadPulses(t *testing.T) {
	for i, period := range []float64{20, 45, 90} {
		for name, spread := range map[string]func(*rand.Rand) float64{
			"even":   func(rng *rand.Rand) float64 { return period / 2 * rng.Float64() },
			"fading": func(rng *rand.Rand) float64 { return period / 8 * rng.ExpFloat64() },
		} {
			rng := rand.New(rand.NewPCG(uint64(i), 11))
			sec := make([]int, 3600)
			for at := 5.0; at < 3500; at += period {
				for range int(6 * period) {
					sec[min(int(at+0.3*rng.NormFloat64()+spread(rng)), 3599)]++
				}
			}
			if got := fastOf(lineOf(sec)); len(got) != 1 || math.Abs(got[0].period/period-1) > 0.005 {
				t.Errorf("%.0f s, %s: %v", period, name, periodsOf(got))
			}
		}
	}
}

// What comes at random has no rhythm: single pulses, busy quarters of an hour, and a load whose rate wanders.
func TestNoFastRhythmByChance(t *testing.T) {
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 8))
		sec := make([]int, 6*3600)
		switch seed % 3 {
		case 0:
			for at := 0.0; at < float64(len(sec)-10); at += rng.ExpFloat64() * 10 * math.Pow(10, rng.Float64()) {
				for range 30 + rng.IntN(100) {
					sec[int(at+2*rng.Float64())]++
				}
			}
		case 1: // a person clicks on from page to page, and comes back later
			for at := 100.0; at < float64(len(sec)-300); at += rng.ExpFloat64() * 3000 {
				for range 3 + rng.IntN(20) {
					at += 8 + 40*rng.Float64()
					for range 20 + rng.IntN(100) {
						sec[min(int(at+3*rng.Float64()), len(sec)-1)]++
					}
				}
			}
		case 2:
			rate := 8.0
			for s := range sec {
				rate = min(max(rate*math.Exp(0.25*rng.NormFloat64()), 0.5), 60)
				sec[s] = poisson(rng, rate)
			}
		}
		if got := fastOf(lineOf(sec)); len(got) > 0 {
			t.Errorf("seed %d: periods %v, seen %d of %d, gain %.1f", seed, periodsOf(got), got[0].seen,
				got[0].slots, got[0].gain)
		}
	}
}

// One rhythm of two evenings is one, and a rhythm of bursts of which each has pulses in it stays that of the bursts.
func TestFastRhythmsAreJoined(t *testing.T) {
	sec := make([]int, 12*3600)
	for _, from := range []int{3600, 8 * 3600} {
		for at := from; at < from+1800; at += 20 {
			sec[at] += 80
		}
	}
	got := fastOf(lineOf(sec))
	if len(got) != 1 || got[0].seen != 180 || len(got[0].runs) != 180 {
		t.Fatalf("want one rhythm seen 180 times, got %d", len(got))
	}
	if !slices.IsSortedFunc(got[0].runs, func(a, b run) int { return int((a.start - b.start) / 1e9) }) {
		t.Error("its pulses are out of order")
	}
	sec = make([]int, 24*3600)
	for from := 100; from < len(sec)-300; from += 1800 {
		for at := from; at < from+120; at += 20 {
			sec[at] += 80
		}
	}
	l := lineOf(sec)
	a := &activity{sessions: l}
	a.bursts, a.long = l.bursts()
	a.pulses = l.pulses(burstFloor, pulseWide)
	a.findPattern(&Config{Location: time.UTC}, 20, 1)
	if len(a.rhythms) != 1 || a.rhythms[0].period != 1800 {
		t.Errorf("want the half hour alone, got %v", periodsOf(a.rhythms))
	}
}

// A host that looks up names after each pulse of a fast rhythm is its echo; one that looks names up at random is not,
// and neither is the other way round.
func TestEchoOfAFastRhythm(t *testing.T) {
	for _, period := range []time.Duration{20 * time.Second, 45 * time.Second, 90 * time.Second} {
		var s stream
		rng := rand.New(rand.NewPCG(uint64(period), 9))
		cause, effect, other := lan(9), lan(20), lan(30)
		for at := time.Hour; at < 3*time.Hour; at += period {
			s.burst(t0.Add(at), cause, 150, 2*time.Second)
			s.lookups(t0.Add(at+1500*time.Millisecond), effect, 60, 3*time.Second)
			s.lookups(t0.Add(at+time.Duration(rng.Float64()*float64(period))), other, 40, 2*time.Second)
		}
		for at := time.Duration(0); at < 12*time.Hour; at += time.Minute {
			s.session(t0.Add(at), lan(40), wan(1), 6, 443)
		}
		fs := s.findings(DefaultConfig())
		f := only(t, fs, PTRStorm)
		if f.Host != effect.String() || f.Causes != cause.String() || f.LagS < 0 || f.LagS > 3 || f.Lookups < 50 {
			t.Errorf("%v: %s of %s after %.1f s, %d lookups", period, f.Host, f.Causes, f.LagS, f.Lookups)
		}
		if p := only(t, fs, PeriodicBurst); p.Host != cause.String() || p.PeriodS != period.Seconds() {
			t.Errorf("%v: rhythm of %s, %v s", period, p.Host, p.PeriodS)
		}
	}
}

// A job of every second, third or seventh day keeps to the clock on the wall, also where that is set forward.
func TestRhythmsOfDays(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, days := range []int{2, 3, 7} {
		var runs []run
		for k := range 28 / days {
			at := time.Date(2025, 3, 16+k*days, 3, 15, 0, 0, berlin) // summer time begins on the 30th
			runs = append(runs, run{start: at.UnixNano()})
		}
		got := findRhythms(runs, 20, berlin, 0)
		if len(got) != 1 || !got[0].wall || got[0].period != float64(days)*86400 {
			t.Errorf("every %d days: %v", days, periodsOf(got))
			continue
		}
		if m, h := got[0].minutes(); !slices.Equal(m, []int{15}) || !slices.Equal(h, []int{3}) {
			t.Errorf("every %d days: at %v of %v", days, m, h)
		}
		if next := time.Date(2025, 3, 16+28/days*days, 3, 15, 0, 0, berlin); !got[0].next.Equal(next) {
			t.Errorf("every %d days: next %v, want %v", days, got[0].next, next)
		}
	}
}

// Of very many bursts an even part is listed.
func TestBurstsAreListedInBounds(t *testing.T) {
	for _, n := range []int{1, listedBursts, listedBursts + 1, 5*listedBursts + 3} {
		all := make([]Burst, n)
		for i := range all {
			all[i].Sessions = i
		}
		got := thinned(all)
		if len(got) > listedBursts || len(got) < min(n, listedBursts/2) || got[0].Sessions != 0 {
			t.Errorf("%d of %d", len(got), n)
		}
		if last := got[len(got)-1].Sessions; n-last > 6 {
			t.Errorf("the last of %d is %d", n, last)
		}
	}
}
