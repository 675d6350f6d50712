package detect

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// starts makes burst starts: every period at each phase, with jitter and missing ones, and strays besides.
func starts(rng *rand.Rand, from time.Time, n int, period time.Duration, phases []time.Duration, jitter,
	missing float64, strays int) []run {
	var out []run
	add := func(t time.Time) { out = append(out, run{start: t.UnixNano() / 1e9 * 1e9}) }
	for k := range n {
		for _, ph := range phases {
			if rng.Float64() >= missing {
				add(from.Add(time.Duration(k)*period + ph + time.Duration(rng.NormFloat64()*jitter*1e9)))
			}
		}
	}
	for range strays {
		add(from.Add(time.Duration(rng.Float64() * float64(n) * float64(period))))
	}
	slices.SortFunc(out, func(a, b run) int { return int((a.start - b.start) / 1e9) })
	return out
}

func TestRhythm(t *testing.T) {
	tokyo, err := time.LoadLocation("Asia/Kolkata") // UTC+5:30: minutes of the hour differ from UTC's
	if err != nil {
		t.Fatal(err)
	}
	local := time.Date(2026, 11, 17, 0, 0, 0, 0, tokyo)
	m := time.Minute
	cases := []struct {
		name    string
		runs    func(*rand.Rand) []run
		period  float64 // 0: none may be found
		minutes []int
		hours   []int
	}{
		{"half-hourly", func(r *rand.Rand) []run { return starts(r, local, 48, 30*m, []time.Duration{0}, 8, .08, 2) },
			1800, []int{0, 30}, nil},
		{"hourly at 17, wide jitter, 40 % missing",
			func(r *rand.Rand) []run { return starts(r, local, 48, 60*m, []time.Duration{17 * m}, 45, .4, 1) }, 3600,
			[]int{17}, nil},
		{"uneven 5 and 20", func(r *rand.Rand) []run {
			return starts(r, local, 48, 60*m, []time.Duration{5 * m, 20 * m}, 40, .12, 0)
		}, 3600, []int{5, 20}, nil},
		{"every 6 hours, two days", func(r *rand.Rand) []run {
			return starts(r, local, 8, 360*m, []time.Duration{151 * m}, 10, .1, 0)
		}, 21600, []int{31}, []int{2, 8, 14, 20}},
		{"daily at three, three weeks", func(r *rand.Rand) []run {
			return starts(r, local, 21, 1440*m, []time.Duration{180 * m}, 12, .2, 2)
		}, 86400, []int{0}, []int{3}},
		{"free-running 25 minutes", func(r *rand.Rand) []run {
			return starts(r, local, 115, 25*m, []time.Duration{5 * m}, 1, .13, 0)
		}, 1500, nil, nil},
		{"free-running 3339.5 s", func(r *rand.Rand) []run {
			return starts(r, local, 50, 3339500*time.Millisecond, []time.Duration{m}, 14, .1, 1)
		}, 3339.5, nil, nil},
		{"six bursts 150 s apart", func(r *rand.Rand) []run {
			return starts(r, local, 6, 150*time.Second, []time.Duration{0}, .1, 0, 0)
		}, 150, nil, nil},
		{"three bursts", func(r *rand.Rand) []run { return starts(r, local, 3, 30*m, []time.Duration{0}, 1, 0, 0) }, 0,
			nil, nil},
		{"random", func(r *rand.Rand) []run { return starts(r, local, 48, 30*m, nil, 0, 0, 24) }, 0, nil, nil},
		{"many random", func(r *rand.Rand) []run { return starts(r, local, 48, 30*m, nil, 0, 0, 150) }, 0, nil, nil},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			good := 0
			for seed := range uint64(20) {
				r := findRhythm(framesOf(tc.runs(rand.New(rand.NewPCG(seed, 99))), tokyo), 20)
				if tc.period == 0 {
					if r != nil {
						t.Errorf("seed %d: found %.1f s (gain %.1f)", seed, r.period, r.gain)
					}
					continue
				}
				if r == nil {
					continue
				}
				minutes, hours := r.minutes()
				if math.Abs(r.period-tc.period) <= tc.period/100 && (tc.minutes == nil ||
					slices.Equal(minutes, tc.minutes)) && (tc.hours == nil || slices.Equal(hours, tc.hours)) {
					good++
					continue
				}
				t.Logf("seed %d: %.1f s, minutes %v, hours %v, gain %.1f", seed, r.period, minutes, hours, r.gain)
			}
			if tc.period > 0 && good < 19 {
				t.Errorf("right in %d of 20", good)
			}
		})
	}
}

func TestRhythmOverDaylightSaving(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	var wall, free []run
	for d := range 14 { // the change is on 25 October 2026
		wall = append(wall, run{start: time.Date(2026, 10, 18+d, 4, 15, 0, 0, berlin).UnixNano()})
	}
	for k := range 100 {
		free = append(free, run{start: time.Date(2026, 10, 24, 12, 0, 0, 0, time.UTC).
			Add(time.Duration(k) * 25 * time.Minute).UnixNano()})
	}
	var hourly []run
	for k := range 48 { // the hour from two to three comes twice
		hourly = append(hourly, run{start: time.Date(2026, 10, 24, 10, 17, 0, 0, time.UTC).
			Add(time.Duration(k) * time.Hour).UnixNano()})
	}
	h := framesOf(hourly, berlin)
	if r := findRhythm(h, 1); r == nil || !r.wall || r.period != 3600 || r.seen != 48 {
		t.Errorf("hourly at :17: %+v", r)
	} else if next := h.when(r, r.next, berlin); !next.Equal(time.Date(2026, 10, 26, 10, 17, 0, 0, time.UTC)) {
		t.Errorf("next is at %v", next)
	}
	f := framesOf(wall, berlin)
	r := findRhythm(f, 1)
	if next := f.when(r, r.next, berlin); !next.Equal(time.Date(2026, 11, 1, 4, 15, 0, 0, berlin)) {
		t.Errorf("next is at %v", next.In(berlin))
	}
	if r == nil || !r.wall || r.period != 86400 || r.seen != 14 {
		t.Errorf("daily at 04:15 local: %+v", r)
	}
	if r = findRhythm(framesOf(free, berlin), 1); r == nil || r.wall || math.Abs(r.period-1500) > 1 || r.seen != 100 {
		t.Errorf("every 25 minutes of real time: %+v", r)
	}
}

func TestApart(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	browse := &line{span: span{start: t0.UnixNano(), n: 2 * slotsPerDay}, slots: map[int]uint32{},
		fine: map[int]*Fine{}}
	for range 900 { // page loads: Pareto with index 1.2, at most 100
		i := rng.IntN(browse.n)
		browse.slots[i] = uint32(min(3*math.Pow(rng.Float64(), -1/1.2), 100))
	}
	fill := func(l *line) []run {
		l.hot = nil
		for i := range l.slots {
			l.hot = append(l.hot, i)
		}
		slices.Sort(l.hot)
		bursts, _ := l.bursts()
		return bursts
	}
	runs := fill(browse)
	if len(runs) == 0 {
		t.Fatal("no page load is large: the test tests nothing")
	}
	if got := browse.apart(runs, 1); len(got) > 0 {
		t.Errorf("page loads stand apart: %+v", got)
	}
	for i := range 3 { // the same host, and three real bursts
		browse.slots[1000+i*500] = 700
	}
	if got := browse.apart(fill(browse), 1); len(got) != 3 {
		t.Errorf("%d bursts stand apart, want 3", len(got))
	}
}

func TestSteadyLoadIsNoBurst(t *testing.T) {
	s := newStream()
	for i := range 4 * 3600 * 6 { // four refused connections a second for six hours
		s.session(t0.Add(6*time.Hour+time.Duration(i)*250*time.Millisecond), lan(3), wan(7), 6, 3389)
	}
	f := only(t, s.findings(DefaultConfig()), ResetKind)
	if f.Host != lan(3).String() || f.RateS < 3.9 || f.RateS > 4.1 || f.Port != 3389 || f.Class != "" {
		t.Errorf("%+v", f)
	}
	for _, k := range kinds(s.findings(DefaultConfig())) {
		if strings.Contains(k, "burst") {
			t.Error(k)
		}
	}
}

func FuzzRhythm(f *testing.F) {
	f.Add([]byte{1, 2, 3, 4, 5, 6, 7, 8})
	f.Add([]byte{30, 30, 30, 30, 30, 30, 30, 30, 30, 30})
	f.Fuzz(func(t *testing.T, gaps []byte) {
		var runs []run
		at := t0.UnixNano()
		for _, g := range gaps[:min(len(gaps), 200)] {
			at += int64(g) * int64(g) * 1e9
			runs = append(runs, run{start: at})
		}
		if r := findRhythm(framesOf(runs, time.UTC), 3); r != nil {
			if math.IsNaN(r.gain) || r.period <= 0 || r.seen < minBursts || r.slots < r.seen {
				t.Errorf("%+v", r)
			}
			r.minutes()
		}
	})
}
