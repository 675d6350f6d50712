//go:build hard

package detect_test

import (
	"math"
	"testing"
	"time"

	"uncloak/detect"
	"uncloak/parse"
)

// TestHardOnlyEnds plays logs that tell of sessions only when the kernel's collector has found them to be over.
func TestHardOnlyEnds(t *testing.T) {
	lookups := func(s *scene, perSecond float64) {
		h := s.host()
		s.each(perSecond*3600, false, func(at time.Time) {
			s.visit(at, visit{src: h, dst: s.resolver(), dport: 53, proto: parse.UDP, talk: 1e7})
		})
	}
	t.Run("batches", func(t *testing.T) {
		for i, hours := range []float64{0.1, 0.1, 0.1, 3} {
			for _, told := range []bool{false, true} {
				s := hardScene(*hardSeed+160+uint64(i), hours)
				s.household(4 * int(hours))
				lookups(s, 4.4)
				lookups(s, 0.6)
				for _, f := range s.judge(s.collected(s.run(), 30*time.Second, told)) {
					if f.Kind != "load" || hours < 1 {
						t.Errorf("%v h, durations told: %v: %s of %s, %d sessions: the collector's", hours, told,
							f.Kind, f.Host, f.Sessions)
					}
				}
			}
		}
	})
	t.Run("bursts with durations", func(t *testing.T) {
		s := hardScene(*hardSeed+161, 6)
		s.household(4)
		lookups(s, 2)
		h := s.host()
		s.pulses(h, 900, 0.5, 200, 7*time.Minute, 5*time.Hour)
		fs := s.judge(s.collected(s.run(), 30*time.Second, true))
		if !wholeRhythm(fs, h, 900) {
			t.Errorf("told %v", told(fs, h))
		}
		for _, f := range of(fs, h) {
			if f.Kind != "periodic-burst" {
				continue
			}
			for _, b := range f.Bursts {
				if x := math.Mod(b.Start.Sub(s.from.Add(7*time.Minute)).Seconds()+450, 900) - 450; math.Abs(x) > 10 {
					t.Errorf("a burst begins %.0f s off", x)
				}
			}
		}
		others(t, fs, detect.Warning, h)
	})
	t.Run("bursts without", func(t *testing.T) { // they are there, only not to the second
		s := hardScene(*hardSeed+162, 12)
		s.household(4)
		h := s.host()
		s.pulses(h, 3600, 0.5, 1500, 7*time.Minute, 11*time.Hour)
		fs := s.judge(s.collected(s.run(), 30*time.Second, false))
		if len(told(fs, h)) == 0 {
			t.Error("1,500 sessions an hour at one moment are not told")
		}
		others(t, fs, detect.Info, h)
	})
}
