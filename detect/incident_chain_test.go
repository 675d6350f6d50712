package detect

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"uncloak/parse"
)

// incident is a host that bursts each half hour over a day and fills the table, and a server whose lookups follow.
func incident() (s *stream, starts []time.Time) {
	rng := rand.New(rand.NewPCG(11, 12))
	s = newStream()
	for slot := range 48 {
		at := t0.Add(time.Duration(slot)*30*time.Minute + time.Duration(rng.IntN(3000))*time.Millisecond)
		starts = append(starts, at)
		s.burst(at, lan(11), 400, 4*time.Second)
		s.lookups(at.Add(5*time.Second), lan(10), 200, 4*time.Second)
		s.full(at.Add(3*time.Second), 0)
	}
	return s, starts
}

// kill adds what a log server says that is out of memory; the spread is in seconds.
func (s *stream) kill(at time.Time, spread uint32) {
	gw := s.router
	s.router = parse.MakeName("logsrv")
	s.add(at, parse.Event{Kind: parse.OOMKill, Count: uint32(len(s.events)), Spread: spread * 1000,
		Detail: parse.MakeName("rsyslogd")})
	s.router = gw
}

// pings adds a probe each five seconds of a day to a host outside, slow for twenty seconds from twelve seconds after
// the given times on.
func (s *stream) pings(slow []time.Time) {
	for at := t0; at.Before(t0.Add(24 * time.Hour)); at = at.Add(5 * time.Second) {
		rtt := uint32(20_000)
		if slices.ContainsFunc(slow, func(b time.Time) bool {
			return at.After(b.Add(12*time.Second)) && at.Before(b.Add(32*time.Second))
		}) {
			rtt = 4_200_000
		}
		s.add(at, parse.Event{Kind: parse.Latency, Src: addr("203.0.113.80"), Count: rtt, Packets: 1, Bytes: 64})
	}
}

// overflow adds what a kernel says whose neighbour table is full.
func (s *stream) overflow(at time.Time) { s.add(at, parse.Event{Kind: parse.NeighbourOverflow}) }

func why(root Finding) (out []string) {
	for _, s := range root.Chain {
		out = append(out, s.Kind+" "+s.Why)
	}
	return out
}

func TestChain(t *testing.T) {
	whole := []string{"periodic-burst root", "table-full holds", "ptr-storm answers"}
	rng := rand.New(rand.NewPCG(13, 14))
	for _, c := range []struct {
		name  string
		kills func(s *stream, starts []time.Time)
		want  []string // what is added to the chain
		joins bool     // the kills are of the incident
	}{
		{"nothing else", func(*stream, []time.Time) {}, nil, false},
		{"out of memory after many", func(s *stream, starts []time.Time) {
			for _, i := range []int{3, 7, 20, 31, 40} {
				s.kill(starts[i].Add(40*time.Second), 0)
				s.kill(starts[i].Add(42*time.Second), 0) // the same spell
			}
		}, []string{"oom follows"}, true},
		{"out of memory once", func(s *stream, starts []time.Time) { s.kill(starts[9].Add(40*time.Second), 0) },
			[]string{"oom coincides"}, false},
		{"twice is not often enough", func(s *stream, starts []time.Time) {
			s.kill(starts[9].Add(40*time.Second), 0)
			s.kill(starts[19].Add(40*time.Second), 0)
		}, []string{"oom coincides"}, false},
		{"a time that is not known", func(s *stream, starts []time.Time) {
			for _, i := range []int{3, 7, 20, 31} {
				s.kill(starts[i].Add(40*time.Second), 90)
			}
		}, nil, false},
		{"out of memory at any time", func(s *stream, starts []time.Time) {
			for range 12 {
				s.kill(starts[rng.IntN(48)].Add(130*time.Second+time.Duration(rng.IntN(1600))*time.Second), 0)
			}
		}, nil, false},
		{"half of them are after bursts", func(s *stream, starts []time.Time) {
			for i := range 6 {
				s.kill(starts[i*3].Add(40*time.Second), 0)
				s.kill(starts[i*3].Add(20*time.Minute), 0)
			}
		}, []string{"oom coincides"}, false},
		{"a neighbour table that overflows each time", func(s *stream, starts []time.Time) {
			for _, at := range starts {
				s.overflow(at.Add(7 * time.Second))
				s.overflow(at.Add(9 * time.Second)) // the same spell
			}
		}, []string{"alarm follows"}, true},
		{"a neighbour table that overflows once", func(s *stream, starts []time.Time) {
			s.overflow(starts[9].Add(7 * time.Second))
		}, []string{"alarm coincides"}, false},
		{"a neighbour table that overflows at any time", func(s *stream, starts []time.Time) {
			for i := range 12 {
				s.overflow(starts[4*i].Add(19 * time.Minute))
			}
		}, nil, false},
		{"pings that are late each time", func(s *stream, starts []time.Time) { s.pings(starts) },
			[]string{"lag follows"}, true},
		{"pings that are late at any time", func(s *stream, _ []time.Time) {
			var at []time.Time
			for i := range 12 {
				at = append(at, t0.Add(time.Duration(i)*2*time.Hour+19*time.Minute))
			}
			s.pings(at)
		}, nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, starts := incident()
			c.kills(s, starts)
			fs := s.findings(DefaultConfig())
			root := only(t, fs, PeriodicBurst)
			if want := slices.Concat(whole, c.want); !slices.Equal(why(root), want) {
				t.Fatalf("chain %v, want %v", why(root), want)
			}
			for i, step := range root.Chain[1:] {
				if d := step.At.Sub(root.Chain[0].At).Seconds(); d < 0 || d > 120 || step.LagS < root.Chain[i].LagS {
					t.Errorf("step %d at %v, lag %v: not in order after %v", i+1, step.At, step.LagS, root.Chain[0].At)
				}
			}
			for _, f := range fs {
				own := f.Kind == OOM || f.Kind == LagKind || f.Kind == AlarmKind
				if in := f.Group == root.ID; in != (!own || c.joins) {
					t.Errorf("%s is in group %q", f.ID, f.Group)
				}
			}
		})
	}
}

// TestTrigger is a table that one host holds day in, day out, and that overflows whenever another one bursts.
func TestTrigger(t *testing.T) {
	s := newStream()
	for slot := range 24 {
		at := t0.Add(time.Duration(slot) * time.Hour)
		for i := range 1200 {
			s.session(at.Add(time.Duration(i)*3*time.Second), lan(30), wan(1), parse.TCP, 443)
		}
		s.burst(at.Add(17*time.Minute), lan(11), 40, 4*time.Second)
		s.full(at.Add(17*time.Minute+3*time.Second), 0)
	}
	cfg := DefaultConfig()
	cfg.Timeouts.TypicalTCP = 10 * time.Minute
	fs := s.findings(cfg)
	root := only(t, fs, PeriodicBurst)
	if root.Host != lan(11).String() || len(root.Chain) != 2 || root.Chain[1].Why != WhyFollows ||
		root.Chain[1].Seen != 24 || root.Severity != Critical {
		t.Errorf("the root is %s, %s, its chain %+v", root.Host, root.Severity, root.Chain)
	}
	for _, f := range fs {
		if f.Kind == TableFullKind && (f.Host != lan(30).String() || f.Group != root.ID || f.Key != "table-full-gw") {
			t.Errorf("held by %s, group %s, key %s", f.Host, f.Group, f.Key)
		}
	}
}

// TestChainOfTwoRhythms is a host with two programs: each spell of the full table belongs to the one that had just
// begun.
func TestChainOfTwoRhythms(t *testing.T) {
	s := newStream()
	for slot := range 48 {
		at := t0.Add(time.Duration(slot) * 30 * time.Minute)
		s.burst(at, lan(11), 400, 4*time.Second)
		s.full(at.Add(3*time.Second), 0)
		if slot%2 == 0 {
			s.burst(at.Add(17*time.Minute), lan(11), 150, 4*time.Second)
			s.full(at.Add(17*time.Minute+4*time.Second), 0)
		}
	}
	spells := map[string]int{}
	var roots []Finding
	for _, f := range s.findings(DefaultConfig()) {
		switch f.Kind {
		case TableFullKind:
			spells[f.Group]++
		case PeriodicBurst:
			roots = append(roots, f)
		}
	}
	for _, r := range roots {
		if spells[r.ID] != r.Seen || len(r.Chain) != 2 || r.Chain[1].Seen != r.Seen || r.Chain[1].Of != r.Seen {
			t.Errorf("%s: %d bursts, %d spells, chain %+v", r.ID, r.Seen, spells[r.ID], r.Chain)
		}
	}
	if len(roots) == 0 {
		t.Error("no rhythm")
	}
}

// TestChainOfALoad is a host that opens sessions without a pause for hours, and a table that it fills again and again:
// the load is the root, and the spells of the table are of its incident. What happens once in the minute in which it
// begins only coincides.
func TestChainOfALoad(t *testing.T) {
	for _, c := range []struct {
		name  string
		fill  func(s *stream)
		want  []string // the chain of the load
		joins bool     // the full table is of its incident
	}{
		{"a table that it fills", func(s *stream) {
			for i := range 5 {
				s.full(t0.Add(10*time.Hour+time.Duration(20+i*25)*time.Minute), 0)
			}
		}, []string{"load root", "table-full holds"}, true},
		{"and an alarm as it begins", func(s *stream) {
			s.full(t0.Add(11*time.Hour), 0)
			s.overflow(t0.Add(10*time.Hour + 50*time.Second))
		}, []string{"load root", "alarm coincides", "table-full holds"}, true},
		{"a table that was full before", func(s *stream) { s.full(t0.Add(9*time.Hour), 0) }, nil, false},
		{"nothing", func(*stream) {}, nil, false},
	} {
		s := newStream()
		s.talk(0, 24*time.Hour, func(time.Duration) bool { return false })
		s.steady(lan(11), 240, 10*time.Hour, 15*time.Hour)
		c.fill(s)
		fs := s.findings(DefaultConfig())
		root := only(t, fs, LoadKind)
		if !slices.Equal(why(root), c.want) {
			t.Errorf("%s: chain %v, want %v", c.name, why(root), c.want)
		}
		for _, f := range fs {
			if in := f.Group == root.ID; f.Kind == TableFullKind && in != c.joins {
				t.Errorf("%s: %s is in group %s", c.name, f.ID, f.Group)
			}
		}
		if c.joins && (root.Severity != Critical || root.Chain[0].At != root.Start ||
			root.Chain[len(root.Chain)-1].LagS < 1000) {
			t.Errorf("%s: %s, %+v", c.name, root.Severity, root.Chain)
		}
	}
}
