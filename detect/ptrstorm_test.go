package detect

import (
	"math/rand/v2"
	"testing"
	"time"

	"uncloak/parse"
)

func TestSoleEcho(t *testing.T) {
	at := t0.Add(9 * time.Hour)
	for _, c := range []struct {
		name string
		add  func(s *stream)
		want bool
	}{
		{"burst and storm", func(s *stream) {
			s.burst(at, lan(11), 300, 4*time.Second)
			s.lookups(at.Add(2*time.Second), lan(10), 200, 5*time.Second)
			s.full(at.Add(4*time.Second), 0)
		}, true},
		{"two of each", func(s *stream) {
			for _, d := range []time.Duration{0, 5 * time.Hour} {
				s.burst(at.Add(d), lan(11), 300, 4*time.Second)
				s.lookups(at.Add(d+20*time.Second), lan(10), 200, 5*time.Second)
			}
		}, true},
		{"storm before the burst", func(s *stream) {
			s.burst(at, lan(11), 300, 4*time.Second)
			s.lookups(at.Add(-40*time.Second), lan(10), 200, 5*time.Second)
		}, false},
		{"storm much later", func(s *stream) {
			s.burst(at, lan(11), 300, 4*time.Second)
			s.lookups(at.Add(3*time.Minute), lan(10), 200, 5*time.Second)
		}, false},
		{"a page and its names", func(s *stream) {
			s.burst(at, lan(11), 300, 4*time.Second)
			s.lookups(at.Add(2*time.Second), lan(10), 60, 5*time.Second)
			for i := range 120 {
				s.session(at.Add(2*time.Second+time.Duration(i)*40*time.Millisecond), lan(10), wan(i), parse.TCP, 443)
			}
		}, false},
		{"names of many resolvers", func(s *stream) { // a resolver of its own: that is not an echo
			s.burst(at, lan(11), 300, 4*time.Second)
			for i := range 200 {
				s.session(at.Add(2*time.Second+time.Duration(i)*20*time.Millisecond), lan(10), wan(i), parse.UDP, 53)
			}
		}, false},
		{"a small burst", func(s *stream) {
			s.burst(at, lan(11), 60, 4*time.Second)
			s.lookups(at.Add(2*time.Second), lan(10), 200, 5*time.Second)
		}, false},
		{"more storms than bursts", func(s *stream) {
			s.burst(at, lan(11), 300, 4*time.Second)
			s.lookups(at.Add(2*time.Second), lan(10), 200, 5*time.Second)
			s.lookups(at.Add(3*time.Hour), lan(10), 200, 5*time.Second)
		}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(3, 4))
			s := newStream()
			// people browse
			for d := time.Duration(0); d < 24*time.Hour; d += time.Duration(60+rng.IntN(600)) * time.Second {
				for i := range 1 + rng.IntN(6) {
					s.session(t0.Add(d), lan(9), addr("198.51.100.53"), parse.UDP, 53)
					s.session(t0.Add(d+time.Duration(i)*time.Second), lan(9), wan(rng.IntN(999)), parse.TCP, 443)
				}
			}
			c.add(s)
			fs := s.findings(DefaultConfig())
			got := false
			for _, f := range fs {
				if f.Kind == PTRStorm {
					got = true
					if f.Host != lan(10).String() || f.Causes != lan(11).String() || f.Score < 0.5 || f.Score >= 0.8 {
						t.Errorf("%s follows %s, %g sure", f.Host, f.Causes, f.Score)
					}
				}
				if c.want && f.Kind == TableFullKind && f.Group != "burst-"+lan(11).String() {
					t.Errorf("the full table is of group %s", f.Group)
				}
			}
			if got != c.want {
				t.Errorf("storm found: %v, want %v, in %v", got, c.want, kinds(fs))
			}
		})
	}
}
