//go:build hard

package detect_test

import (
	"cmp"
	"slices"
	"testing"
	"time"

	"uncloak/detect"
)

// announced is a finding that a running daemon has told of.
type announced struct {
	detect.Finding
	at time.Time
}

// live plays the log step by step and returns all that a daemon would have announced, once by ID, and what it found
// last. At each step it judges the last 24 hours.
func (s *scene) live(l logged, step time.Duration) (out []announced, fs []detect.Finding) {
	cfg := s.config()
	var days []*detect.Day
	var tr *detect.Tracker
	seen := map[string]bool{}
	k := 0
	for now := s.from.Add(step); !now.After(s.to); now = now.Add(step) {
		for ; k < len(l.events) && l.events[k].Time < now.UnixNano(); k++ {
			e := &l.events[k]
			if d := detect.DateOf(time.Unix(0, e.Time)); tr == nil || tr.Date() != d {
				var prev *detect.Day
				if tr != nil {
					prev = tr.Day()
					days = append(days, prev)
				}
				tr = detect.NewTracker(cfg, prev, d)
			}
			tr.Observe(e)
		}
		if tr == nil {
			continue
		}
		from := now.Add(-24 * time.Hour)
		if from.Before(s.from) {
			from = s.from
		}
		fs = detect.Findings(append(slices.Clone(days), tr.Day()), cfg, detect.Window{From: from, To: now})
		for _, f := range fs {
			if !seen[f.ID] {
				seen[f.ID] = true
				out = append(out, announced{f, now})
			}
		}
	}
	return out, fs
}

// settled reports whether the morning's findings account for one that was announced: under its own ID, or as a part
// that a larger one names.
func settled(a *announced, morning []detect.Finding) bool {
	return slices.ContainsFunc(morning, func(f detect.Finding) bool {
		return f.ID == a.ID || slices.Contains(textOf(&f, "includes"), a.ID) ||
			slices.ContainsFunc(f.Chain, func(c detect.Step) bool { return c.ID == a.ID })
	})
}

// TestHardLiveIsMorning plays a day minute by minute: what was announced while it ran is in the next morning's
// report.
func TestHardLiveIsMorning(t *testing.T) {
	for seed := range uint64(2) {
		s := hardScene(*hardSeed+400+seed, 5)
		s.household(5)
		h := s.host()
		c := s.periodic(h, rhythm{minutes: []int{0, 30}, jitter: 2}, 1800, false)
		s.echo(c)
		s.steady(s.host(), 3, 2*time.Hour, time.Hour)
		s.knock(s.host(), refused)
		if seed == 1 {
			s.log.table = 600
		}
		l := s.run()
		told, last := s.live(l, time.Minute)
		morning := s.judge(l)
		lost := 0
		for i := range told {
			a := &told[i]
			if !settled(a, morning) {
				lost++
				t.Errorf("seed %d: %s (%s), announced at %v, is not in the report", s.seed, a.ID, a.Severity,
					a.at.Format("15:04"))
			}
		}
		t.Logf("seed %d: %d announced, %d of them lost; %d in the report", s.seed, len(told), lost, len(morning))
		byID := func(a, b detect.Finding) int { return cmp.Compare(a.ID, b.ID) }
		slices.SortFunc(last, byID)
		slices.SortFunc(morning, byID)
		same := func(a, b detect.Finding) bool { return a.ID == b.ID && a.Start.Equal(b.Start) && a.Score == b.Score }
		if !slices.EqualFunc(last, morning, same) {
			t.Errorf("seed %d: the last minute's %d findings are not the replay's %d", s.seed, len(last), len(morning))
		}
	}
}
