package detect_test

import (
	"flag"
	"slices"
	"testing"
	"time"

	"uncloak/detect"
	"uncloak/parse"
)

var liveStep = flag.Duration("live-step", 10*time.Minute, "interval at which a day that is played is judged")

// live plays the log through one tracker and judges the last 24 hours at each step, as serve does. It returns what
// would have been announced.
func (s *scene) live(l logged, step time.Duration) (told []detect.Told) {
	cfg := s.config()
	var days []*detect.Day
	var tr *detect.Tracker
	known := map[string]detect.Severity{}
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
		all := append(slices.Clone(days), tr.Day())
		fs := detect.Findings(all, cfg, detect.Window{From: now.Add(-24 * time.Hour), To: now})
		current := map[string]detect.Severity{}
		for i := range fs {
			id := fs[i].Group
			first := slices.IndexFunc(fs, func(f detect.Finding) bool { return f.ID == id })
			if first < 0 {
				first = slices.IndexFunc(fs, func(f detect.Finding) bool { return f.Group == id })
			}
			if fs[i].Severity.Rank() > current[id].Rank() || current[id] == "" {
				current[id] = fs[i].Severity
			}
			if was, ok := known[id]; !ok || current[id].Rank() > was.Rank() {
				told = append(told, cfg.Tell(id, current[id], &fs[first], now, all))
				known[id] = current[id]
			}
		}
		known = current
	}
	return told
}

// midnight judges the whole log in its days.
func (s *scene) midnight(l logged) (fs []detect.Finding, j detect.Judged) {
	cfg := s.config()
	j = detect.Judged{Days: l.days(cfg), Config: &cfg, Window: detect.Window{From: s.from, To: s.to}}
	return detect.Findings(j.Days, cfg, j.Window), j
}

// A day is played step by step: what is announced while it runs is in the report of the day, as itself or as a part of
// something larger, or it is withdrawn with a reason.
func TestLiveIsMorning(t *testing.T) {
	kinds := map[string]int{}
	for name, make := range map[string]func(s *scene) []parse.Event{ // gives what a router's kernel adds
		"a rhythm with an echo, and spells of a full table": func(s *scene) []parse.Event {
			s.log.table = 700
			c := s.periodic(s.host(), rhythm{minutes: []int{0, 30}, jitter: 2}, 1800, false)
			s.echo(c)
			return nil
		},
		"bursts that go on as a load, a scan, a dead service": func(s *scene) []parse.Event {
			h := s.host()
			for i := range 3 {
				s.burst(s.from.Add(time.Duration(7+i*2)*time.Hour/2), h, 300, 20, 0, 6881)
			}
			s.steady(h, 2, 6*time.Hour, 15*time.Hour)
			s.scan(s.host(), "horizontal", 5)
			s.knock(s.host(), refused)
			return nil
		},
		"a burst that is ordinary by night": func(s *scene) []parse.Event {
			h := s.host()
			s.burst(s.from.Add(2*time.Hour), h, 60, 10, 0, 443)
			for i := range 400 {
				s.burst(s.from.Add(8*time.Hour+time.Duration(i)*97*time.Second), h, 20+s.rng.IntN(90), 10, 0, 443)
			}
			return nil
		},
		"a machine that is out of memory and tells of it": func(s *scene) []parse.Event {
			var out []parse.Event
			for i := range 3 {
				at := s.from.Add(time.Duration(5+i*4) * time.Hour).UnixNano()
				out = append(out, parse.Event{Time: at, Kind: parse.Alarm, Aside: parse.MakeName("oom-invoked")},
					parse.Event{Time: at + 1e9, Kind: parse.OOMKill, Count: uint32(100 + i),
						Detail: parse.MakeName("rsyslogd")},
					parse.Event{Time: at + 9e11, Kind: parse.Alarm, Aside: parse.MakeName("neighbour-overflow")})
			}
			return out
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := hardScene(*hardSeed+400, 24)
			s.household(4)
			more := make(s)
			l := s.run().with(more...)
			told := s.live(l, *liveStep)
			fs, j := s.midnight(l)
			withdrawn := detect.Settle(told, fs, j)
			accounted := map[string]bool{}
			for i := range fs {
				for _, a := range fs[i].Announced {
					accounted[a.ID] = true
				}
			}
			for _, w := range withdrawn {
				accounted[w.ID] = w.Reason != ""
				t.Logf("%s, announced at %s, is withdrawn: %s; %d sessions then, %d in the rest", w.ID,
					w.At.Format("15:04"), w.Reason, w.SessionsNow, w.SessionsRest)
			}
			for i := range told {
				if x := &told[i]; !accounted[x.ID] {
					t.Errorf("%s, announced at %s, is neither in the report nor withdrawn", x.ID, x.At.Format("15:04"))
				}
				kinds[told[i].Kind]++
			}
			if len(told) == 0 || len(withdrawn) > len(told)/2 {
				t.Errorf("%d announced, %d of them withdrawn", len(told), len(withdrawn))
			}
			t.Logf("%d announced, %d withdrawn, %d in the report", len(told), len(withdrawn), len(fs))
		})
	}
	t.Log(kinds)
}
