package detect

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"uncloak/parse"
)

// weeks is n days in which people browse; each day gets what add gives it.
func weeks(n int, add func(s *stream, day int, midnight time.Time)) []*Day {
	rng := rand.New(rand.NewPCG(5, 6))
	s := newStream()
	for day := range n {
		midnight := t0.Add(time.Duration(day) * 24 * time.Hour)
		for d := time.Duration(0); d < 24*time.Hour; d += time.Duration(60+rng.IntN(900)) * time.Second {
			s.session(midnight.Add(d), lan(9), wan(rng.IntN(999)), parse.TCP, 443)
		}
		if add != nil {
			add(s, day, midnight)
		}
	}
	return s.days(DefaultConfig())
}

// halfHourly bursts with n sessions at :00 and :30.
func halfHourly(s *stream, midnight time.Time, host, n int) {
	for slot := range 48 {
		s.burst(midnight.Add(time.Duration(slot)*30*time.Minute), lan(host), n, 3*time.Second)
	}
}

func lastDay(days []*Day) (earlier, now []*Day, w Window) {
	last := days[len(days)-1]
	return days[:len(days)-1], days[len(days)-1:], Window{last.Date.Start(), last.Date.End()}
}

func TestJudge(t *testing.T) {
	for _, c := range []struct {
		name   string
		days   int
		add    func(s *stream, day int, midnight time.Time)
		status string // of the finding about host 11; "" = none
		since  int    // day
		change float64
		gone   int
	}{
		{"too few days to tell", 3, func(s *stream, day int, at time.Time) { halfHourly(s, at, 11, 100) }, "", -1, 0,
			0},
		{"as always", 6, func(s *stream, day int, at time.Time) { halfHourly(s, at, 11, 100) }, Same, 0, 1, 0},
		{"new", 6, func(s *stream, day int, at time.Time) {
			if day == 5 {
				halfHourly(s, at, 11, 100)
			}
		}, New, 5, 0, 0},
		{"worse", 6, func(s *stream, day int, at time.Time) { halfHourly(s, at, 11, 100+day/5*30) }, Worse, 0, 1.3, 0},
		{"a little more", 6, func(s *stream, day int, at time.Time) { halfHourly(s, at, 11, 100+day/5*5) }, Same, 0,
			1.05, 0},
		{"better", 6, func(s *stream, day int, at time.Time) { halfHourly(s, at, 11, 100-day/5*40) }, Better, 0, 0.6,
			0},
		{"within what is usual", 8, func(s *stream, day int, at time.Time) {
			halfHourly(s, at, 11, []int{60, 140, 80, 120, 100, 70, 130, 135}[day])
		}, Same, 0, 1.35, 0},
		{"since the day before yesterday", 8, func(s *stream, day int, at time.Time) {
			if day >= 5 {
				halfHourly(s, at, 11, 100)
			}
		}, Same, 5, 1, 0},
		{"gone", 6, func(s *stream, day int, at time.Time) {
			if day < 5 {
				halfHourly(s, at, 11, 100)
			}
		}, "", -1, 0, 1},
		{"gone long ago", 8, func(s *stream, day int, at time.Time) {
			if day < 5 {
				halfHourly(s, at, 11, 100)
			}
		}, "", -1, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			days := weeks(c.days, c.add)
			earlier, now, w := lastDay(days)
			fs, gone, _ := Judge(earlier, now, DefaultConfig(), w)
			var f Finding
			for _, x := range fs {
				if x.Host == lan(11).String() {
					f = x
				}
			}
			if f.Status != c.status || len(gone) != c.gone {
				t.Fatalf("status %q, %d gone, want %q and %d; %v", f.Status, len(gone), c.status, c.gone, kinds(fs))
			}
			if c.since >= 0 && (f.Since == nil || DateOf(*f.Since) != days[c.since].Date) {
				t.Errorf("since %v, want %v", f.Since, days[c.since].Date)
			}
			if f.Change < c.change-0.04 || f.Change > c.change+0.04 {
				t.Errorf("change %g, want %g", f.Change, c.change)
			}
			for _, g := range gone {
				if g.Status != Gone || g.Host != lan(11).String() {
					t.Errorf("gone: %+v", g)
				}
			}
		})
	}
}

func TestJudgeComparesARunningDayWithAsMuchOfTheOthers(t *testing.T) {
	s := newStream()
	for day := range 5 {
		halfHourly(s, t0.Add(time.Duration(day)*24*time.Hour), 11, 100)
	}
	noon := t0.Add(4*24*time.Hour + 12*time.Hour)
	kept := s.events[:0]
	for _, e := range s.events {
		if e.Time < noon.UnixNano() {
			kept = append(kept, e)
		}
	}
	s.events = kept
	earlier, now, w := lastDay(s.days(DefaultConfig()))
	fs, gone, _ := Judge(earlier, now, DefaultConfig(), w)
	if f := only(t, fs, PeriodicBurst); f.Status != Same || f.Change < 0.95 || f.Change > 1.05 || len(gone) != 0 {
		t.Errorf("%s, %g times as much, %d gone", f.Status, f.Change, len(gone))
	}
}

// TestJudgeSeesWhatIsSlow is a job at three each night, of which a day alone shows a single burst.
func TestJudgeSeesWhatIsSlow(t *testing.T) {
	days := weeks(8, func(s *stream, day int, at time.Time) {
		s.burst(at.Add(3*time.Hour), lan(11), 300, 5*time.Second)
	})
	earlier, now, w := lastDay(days)
	only(t, Findings(now, DefaultConfig(), w), BurstKind)
	fs, _, _ := Judge(earlier, now, DefaultConfig(), w)
	f := only(t, fs, PeriodicBurst)
	if f.PeriodS != 86400 || len(f.Bursts) != 1 || f.Start.Before(w.From) || f.Status != Same || f.Seen != 8 ||
		f.Group != f.ID {
		t.Errorf("%+v", f)
	}
}

func TestJudgeIsFindingsWithoutEarlierDays(t *testing.T) {
	days := weeks(2, func(s *stream, day int, at time.Time) { halfHourly(s, at, 11, 100) })
	w := Window{days[0].Date.Start(), days[1].Date.End()}
	for name, earlier := range map[string][]*Day{"none": nil, "the same": days, "of another year": {NewDay(1)}} {
		fs, gone, _ := Judge(earlier, days, DefaultConfig(), w)
		if f := only(t, fs, PeriodicBurst); f.Status != "" || f.Since != nil || gone != nil {
			t.Errorf("%s: %s since %v", name, f.Status, f.Since)
		}
	}
	if fs, gone, _ := Judge(days, nil, DefaultConfig(), w); len(fs) != 0 || gone != nil {
		t.Errorf("no days: %v", kinds(fs))
	}
}

func TestKeysAreStable(t *testing.T) {
	keys := func(day int) map[string]bool {
		s := newStream()
		at := t0.Add(time.Duration(day) * 24 * time.Hour)
		for i := range 30 {
			start := at.Add(time.Duration(i) * time.Duration(2711+day) * time.Second) // drifts from day to day
			s.burst(start, lan(11), 400, 4*time.Second)
			s.lookups(start.Add(5*time.Second), lan(10), 200, 4*time.Second)
			s.full(start.Add(3*time.Second), 0)
		}
		s.kill(at.Add(time.Hour), 0)
		out := map[string]bool{}
		for _, f := range s.findings(DefaultConfig()) {
			out[f.Key] = true
		}
		return out
	}
	a, b := keys(0), keys(1)
	if len(a) != 4 || len(b) != 4 {
		t.Fatalf("%v and %v", a, b)
	}
	for k := range a {
		if !b[k] {
			t.Errorf("%s is not there the next day: %v", k, b)
		}
	}
}

func BenchmarkJudge(b *testing.B) {
	days := weeks(28, func(s *stream, day int, at time.Time) {
		halfHourly(s, at, 1, 100)
		for i := range 3000 {
			s.session(at.Add(time.Duration(i)*28*time.Second), lan(2+i%20), wan(i), parse.TCP, 443)
		}
	})
	earlier, now, w := lastDay(days)
	b.ReportAllocs()
	for b.Loop() {
		Judge(earlier, now, DefaultConfig(), w)
	}
}

// TestJudgeLeavesHabitsOut is a host that does on one day what it does a little less of on the next: a day alone makes
// a burst of it.
func TestJudgeLeavesHabitsOut(t *testing.T) {
	for _, c := range []struct {
		name string
		last int // sessions of the spell on the last day
		want int
	}{
		{"as on other days", 60, 0},
		{"far more than ever", 600, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			days := weeks(9, func(s *stream, day int, at time.Time) {
				switch {
				case day == 8:
					s.burst(at.Add(11*time.Hour), lan(11), c.last, 5*time.Second)
				case day%2 == 0:
					s.burst(at.Add(8*time.Hour+time.Duration(day*day*1237%38011)*time.Second), lan(11), 60,
						5*time.Second)
				default:
					for i := range 20 {
						s.burst(at.Add(time.Duration(i)*47*time.Minute), lan(11), 16+i%8, 5*time.Second)
					}
				}
			})
			earlier, now, w := lastDay(days)
			only(t, Findings(now, DefaultConfig(), w), BurstKind)
			fs, _, _ := Judge(earlier, now, DefaultConfig(), w)
			if len(fs) != c.want {
				t.Errorf("%v, want %d", kinds(fs), c.want)
			}
		})
	}
}

// TestJudgeNamesTheDailyRhythm has a backup at three each night on hosts that are used by day: the day alone has one
// burst of it, and larger page loads.
func TestJudgeNamesTheDailyRhythm(t *testing.T) {
	for _, c := range []struct {
		name  string
		size  int // sessions of the backup
		pages int // page loads a day
		last  int // size on the last day; 0 = it does not come
		want  []string
		is    string
	}{
		{"nothing else", 60, 0, 60, []string{PeriodicBurst}, Same},
		{"small beside page loads", 60, 60, 60, []string{PeriodicBurst}, Same},
		{"large beside page loads", 400, 60, 400, []string{PeriodicBurst}, Same},
		{"three times as large", 100, 60, 300, []string{PeriodicBurst}, Worse},
		{"not today", 60, 60, 0, nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			days := weeks(15, func(s *stream, day int, at time.Time) {
				n := c.size
				if day == 14 {
					n = c.last
				}
				for i := range n { // to one server
					after := time.Duration(day%3)*time.Second + time.Duration(i)*5*time.Second/time.Duration(n)
					s.session(at.Add(3*time.Hour+after), lan(11), wan(i%40), parse.TCP, 443)
				}
				rng := rand.New(rand.NewPCG(uint64(day), 3))
				for range c.pages {
					load := at.Add(8*time.Hour + time.Duration(rng.IntN(36000))*time.Second)
					for range int(3 / (0.02 + rng.Float64())) {
						s.session(load.Add(time.Duration(rng.IntN(4000))*time.Millisecond), lan(11),
							wan(rng.IntN(3000)), parse.TCP, 443)
					}
				}
			})
			earlier, now, w := lastDay(days)
			fs, _, _ := Judge(earlier, now, DefaultConfig(), w)
			var got []string
			for _, f := range fs {
				got = append(got, f.Kind)
			}
			if !slices.Equal(got, c.want) {
				t.Fatalf("%v, want %v", kinds(fs), c.want)
			}
			if len(fs) > 0 && (fs[0].Status != c.is || !slices.Equal(fs[0].Hours, []int{3}) ||
				fs[0].Start.Before(w.From) || fs[0].Since == nil || !fs[0].Since.Before(w.From.Add(-13*24*time.Hour))) {
				t.Errorf("%s since %v, at %v, from %v", fs[0].Status, fs[0].Since, fs[0].Hours, fs[0].Start)
			}
		})
	}
}
