package detect_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"uncloak/detect"
	"uncloak/parse"
)

// TestRhythmOfAMinute plays 400 sessions at :00 of every minute for six hours, which are nearly all that there is.
func TestRhythmOfAMinute(t *testing.T) {
	s := hardScene(*hardSeed, 8)
	s.household(4)
	h := s.host()
	s.pulses(h, 60, 0.3, 400, time.Hour, 6*time.Hour)
	fs := s.judge(s.run())
	if !wholeRhythm(fs, h, 60) {
		t.Errorf("no rhythm of a minute; told %v", told(fs, h))
	}
	others(t, fs, detect.Info, h)
}

// TestSteadyLoads plays one host that opens sessions without a pause to addresses that nobody else goes to.
func TestSteadyLoads(t *testing.T) {
	for i, rate := range []float64{1, 5, 10, 50} {
		t.Run(fmt.Sprint(rate), func(t *testing.T) {
			s := hardScene(*hardSeed+10+uint64(i), 4)
			s.household(8)
			h := s.host()
			length := min(3*time.Hour, seconds(60000/rate))
			s.steady(h, rate, 30*time.Minute, length)
			fs := s.judge(s.run())
			at := slices.IndexFunc(fs, func(f detect.Finding) bool { return f.Kind == "load" && f.Host == h.String() })
			if at < 0 {
				t.Fatalf("no load; told %v", told(fs, h))
			}
			f := &fs[at]
			begin := s.from.Add(30 * time.Minute)
			if d := f.Start.Sub(begin); d < -2*time.Minute || d > 2*time.Minute {
				t.Errorf("it begins %v, not %v", f.Start, begin)
			}
			if math.Abs(f.RateS/rate-1) > 0.1 {
				t.Errorf("%.2f sessions a second, not %.0f", f.RateS, rate)
			}
			others(t, fs, detect.Info, h)
		})
	}
}

// TestFourBursts plays four bursts of 300 sessions within two minutes.
func TestFourBursts(t *testing.T) {
	for seed := range uint64(3) {
		s := hardScene(*hardSeed+20+seed, 12)
		s.household(8)
		h := s.host()
		if seed == 2 { // somebody works at it, too
			s.browse(h, 4)
		}
		at := s.from.Add(seconds(3600 * s.between(2, 10)))
		for _, x := range []float64{0, 31, 74, 113} {
			s.burst(at.Add(seconds(x)), h, 300, 3, 1, 0)
		}
		fs := s.judge(s.run())
		if len(told(fs, h)) == 0 {
			t.Errorf("seed %d: 1,200 sessions in two minutes are not told", s.seed)
		}
		others(t, fs, detect.Info, h)
	}
}

// TestQuietNetworks plays networks in which much is regular and nothing is wrong.
func TestQuietNetworks(t *testing.T) {
	for seed := range uint64(4) {
		s := hardScene(*hardSeed+40+seed, 12)
		s.heartbeats(40, 4)
		s.household(10)
		for range 4 {
			often := [...]float64{15, 20, 30, 60}[s.rng.IntN(4)]
			s.poll(s.host(), often, s.between(0, 0.5), 1+s.rng.IntN(3), parse.TCP, 443)
			s.poll(s.host(), [...]float64{16, 32, 64, 1024}[s.rng.IntN(4)], s.between(0, 1), 1, parse.UDP, 123)
		}
		s.watch(s.host())
		s.backup(s.host())
		s.share(s.host(), 0.1)
		s.namesFor(s.host(), 60)
		fs := s.judge(s.run())
		for _, f := range fs {
			t.Errorf("seed %d: %s of %s, period %.1f s, %d sessions, from %v to %v", s.seed, f.Kind, f.Host, f.PeriodS,
				f.Sessions, f.Start, f.End)
		}
	}
}

// mustTell is the floor of the walk: what is less than all of that cannot be told from a large page, a film or a
// game.
func mustTell(rate float64, length time.Duration, share float64) bool {
	n := rate * length.Seconds()
	switch sec := length.Seconds(); {
	case sec <= 10 && n >= 400, n >= 1000 && sec <= 600, sec <= 120 && n >= 600:
		return true
	case sec > 600 && rate >= 1:
		return true
	}
	return n >= 300 && share > 0.5
}

// TestWalkOfLoads walks over rates and lengths of one host's steady sessions: each that is large enough is told by
// some kind, and what is told stays told when there is more of it.
func TestWalkOfLoads(t *testing.T) {
	rates := []float64{0.1, 0.3, 1, 2, 5, 10, 30, 100}
	var lengths []time.Duration
	for _, sec := range []float64{10, 60, 120, 300, 540, 630, 900, 3600, 6 * 3600, 23 * 3600} {
		lengths = append(lengths, seconds(sec))
	}
	most := 60_000.0
	if testing.Short() || raceEnabled {
		rates, most = []float64{0.3, 2, 30}, 10_000
	}
	if *hardAll {
		rates = []float64{0.1, 0.15, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 2.5, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100}
		most = 1e6
	}
	back := hardScene(*hardSeed+60, 24)
	back.household(10)
	quiet := back.run()
	h := back.host()
	var grid strings.Builder
	seen := map[[2]int]bool{}
	for r, rate := range rates {
		fmt.Fprintf(&grid, "%6.4g/s", rate)
		for k, length := range lengths {
			n := rate * length.Seconds()
			if n > most {
				grid.WriteString("  .")
				continue
			}
			s := hardScene(*hardSeed+60, 24)
			s.visits, s.hosts = nil, back.hosts
			s.steady(h, rate, time.Duration(s.rng.Int64N(int64(24*time.Hour-length))), length)
			l := quiet.with(s.run().events...)
			words := told(s.judge(l), h)
			seen[[2]int{r, k}] = len(words) > 0
			share := n / (n + float64(len(quiet.events)))
			mark := "  -"
			if len(words) > 0 {
				mark = "  " + strings.ToUpper(words[0][:1])
			}
			if mustTell(rate, length, share) && len(words) == 0 {
				mark = "  !"
				t.Errorf("%.0f sessions, %.4g/s for %v (%.0f %% of all), are not told", n, rate, length, 100*share)
			}
			grid.WriteString(mark)
		}
		grid.WriteString("\n")
	}
	for at, ok := range seen {
		for _, more := range [][2]int{{at[0] + 1, at[1]}, {at[0], at[1] + 1}} {
			if also, walked := seen[more]; ok && walked && !also {
				t.Errorf("told at %.4g/s for %v, and not at %.4g/s for %v", rates[at[0]], lengths[at[1]],
					rates[more[0]], lengths[more[1]])
			}
		}
	}
	t.Logf("%v\n%s", lengths, grid.String())
}

// TestWalkOfPeriods walks over the periods of a rhythm, from 15 s to 8 days.
func TestWalkOfPeriods(t *testing.T) {
	const day = 86400
	periods := []float64{15, 20, 30, 45, 60, 80, 90, 95, 110, 130, 180, 299, 420, 601, 1800, 3600, 7200, 6 * 3600,
		day, 2 * day, 5 * day, 8 * day}
	if testing.Short() || raceEnabled {
		periods = []float64{15, 45, 90, 130, 601, 7200}
	}
	if *hardAll {
		periods = nil
		for p := 15.0; p < 8*day; p *= 1.07 {
			periods = append(periods, math.Round(p))
		}
	}
	for i, p := range periods {
		hours := min(max(24*p/3600, 2), 28*24)
		s := hardScene(*hardSeed+100+uint64(i), hours)
		if hours <= 24 {
			s.household(6)
		} else {
			s.poll(s.host(), 1024, 1, 1, parse.UDP, 123)
			s.browse(s.host(), 1)
		}
		h := s.host()
		s.pulses(h, p, min(0.5, p/60), 60, seconds(min(p, 600)*0.4), s.to.Sub(s.from)-time.Minute)
		fs := s.judge(s.run())
		fires := (hours*3600 - 60) / p
		switch words := told(fs, h); {
		case len(words) == 0 && fires >= 3:
			t.Errorf("period %.0f s, %.0f times: not told", p, fires)
		case fires >= 5 && !wholeRhythm(fs, h, p):
			t.Errorf("period %.0f s, %.0f times: told as %v", p, fires, words)
		}
	}
}

// TestRhythmInALoad plays rhythms inside a steady load of the same host.
func TestRhythmInALoad(t *testing.T) {
	for i, p := range []float64{20, 45, 60, 90} {
		s := hardScene(*hardSeed+140+uint64(i), 4)
		s.household(6)
		h, decoy := s.host(), s.host()
		s.steady(h, 5, time.Hour, 2*time.Hour)
		s.pulses(h, p, 0.4, 120, time.Hour, 2*time.Hour)
		s.steady(decoy, 0.8, 0, 4*time.Hour)
		fs := s.judge(s.run())
		if !wholeRhythm(fs, h, p) {
			t.Errorf("period %.0f s in a load: told %v", p, told(fs, h))
		}
		others(t, fs, detect.Warning, h)
		if r := rhythmOf(fs, decoy, p); r != 0 {
			t.Errorf("the steady decoy has a rhythm of %.1f s", r)
		}
	}
}
