package detect

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"uncloak/parse"
)

// neighbours are hosts that look up a few names each minute.
func (s *stream) neighbours(days int) {
	for h := range 5 {
		for at := t0; at.Before(t0.Add(time.Duration(days) * 24 * time.Hour)); at = at.Add(2 * time.Minute) {
			s.lookups(at.Add(time.Duration(h)*7*time.Second), lan(20+h), 3, 2*time.Second)
		}
	}
}

func TestDNSStorm(t *testing.T) {
	old := lan(1)
	for _, tc := range []struct {
		name  string
		class string
		fill  func(*stream)
	}{
		{"one storm", Sudden, func(s *stream) {
			s.neighbours(1)
			s.lookups(t0.Add(10*time.Hour), old, 900, 20*time.Second)
		}},
		{"over midnight", Sudden, func(s *stream) {
			s.neighbours(2)
			s.lookups(t0.Add(24*time.Hour-10*time.Second), old, 900, 20*time.Second)
		}},
		{"suddenly for hours", Steady, func(s *stream) {
			s.neighbours(1)
			for at := t0.Add(5 * time.Hour); at.Before(t0.Add(9 * time.Hour)); at = at.Add(time.Second) {
				s.lookups(at, old, 1, time.Second)
			}
		}},
		{"a resolver that is dead", Unanswered, func(s *stream) {
			for at := t0; at.Before(t0.Add(3 * time.Hour)); at = at.Add(time.Second) {
				e := s.session(at, old, addr("198.51.100.53"), parse.UDP, 53)
				e.Kind, e.State, e.Packets = parse.SessionEnd, parse.Unreplied, 1
				s.add(at.Add(30*time.Second), e)
			}
		}},
		{"one name", OneName, func(s *stream) {
			for at := t0; at.Before(t0.Add(3 * time.Hour)); at = at.Add(time.Second) {
				s.add(at, parse.Event{Kind: parse.DNSQuery, Src: old, Detail: parse.MakeName("time.example.org")})
			}
		}},
		{"a resolver for the house, all day", "", func(s *stream) {
			s.neighbours(1)
			for at := t0; at.Before(t0.Add(24 * time.Hour)); at = at.Add(time.Second) {
				e := s.session(at, old, addr("198.51.100.53"), parse.UDP, 53)
				e.Kind, e.Packets = parse.SessionEnd, 2
				s.add(at.Add(30*time.Second), e)
			}
		}},
		{"everybody does it", "", func(s *stream) {
			for h := range 6 {
				s.lookups(t0.Add(time.Duration(h)*time.Hour), lan(h), 900, 20*time.Second)
			}
		}},
		{"pages full of names", "", func(s *stream) {
			s.neighbours(1)
			for i := range 60 {
				s.lookups(t0.Add(time.Duration(i)*11*time.Minute), old, 20+i, 4*time.Second)
			}
		}},
		{"lookups that serve a burst of its own", "", func(s *stream) {
			s.neighbours(1)
			s.burst(t0.Add(10*time.Hour), old, 3000, 20*time.Second)
			s.lookups(t0.Add(10*time.Hour), old, 900, 20*time.Second)
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newStream()
			tc.fill(s)
			fs := s.findings(DefaultConfig())
			if tc.class == "" {
				none(t, fs, DNSStorm)
				return
			}
			if f := only(t, fs, DNSStorm); f.Class != tc.class || f.Host != old.String() || f.Lookups < 800 ||
				f.End.Before(f.Start) {
				t.Errorf("%+v", f)
			}
		})
	}
}

func TestNamesAreBounded(t *testing.T) {
	s := newStream()
	for i := range 10000 {
		name := "always.example.org"
		if i%2 == 0 {
			name = fmt.Sprint(i, ".example.org")
		}
		s.add(t0.Add(time.Duration(i)*time.Second), parse.Event{Kind: parse.DNSQuery, Src: lan(1),
			Detail: parse.MakeName(name)})
	}
	h := s.days(DefaultConfig())[0].Hosts[lan(1)]
	if len(h.Names) > maxAsked || h.Asks.Total() != 10000 || h.Names["always.example.org"] < 4000 {
		t.Errorf("%d names, %d lookups, %d of the one", len(h.Names), h.Asks.Total(), h.Names["always.example.org"])
	}
}

func TestAnEchoIsNoDNSStorm(t *testing.T) {
	s := newStream()
	s.neighbours(1)
	for i := range 40 {
		at := t0.Add(time.Duration(i)*30*time.Minute + time.Duration(i%7)*11*time.Second)
		s.burst(at, lan(1), 600, 4*time.Second)
		s.lookups(at.Add(2*time.Second), lan(2), 400, 4*time.Second)
	}
	fs := s.findings(DefaultConfig())
	only(t, fs, PTRStorm)
	none(t, fs, DNSStorm)
}

// TestLookupsThatServeSessions is a day in an office: browsers that load page after page ask for a name with each of
// them, and so does a resolver for all.
func TestLookupsThatServeSessions(t *testing.T) {
	for _, c := range []struct {
		name     string
		resolver bool // the hosts ask it, and it alone asks outside
		storm    int  // lookups a minute of one more host, from ten to twelve
		want     int
	}{
		{"each asks for itself", false, 0, 0},
		{"one asks for all", true, 0, 0},
		{"and one that only asks", false, 90, 1},
		{"and one that only asks, more than all others do", true, 1500, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, rng := newStream(), rand.New(rand.NewPCG(3, 4))
			for at := t0; at.Before(t0.Add(24 * time.Hour)); at = at.Add(5 * time.Minute) {
				s.lookups(at, lan(2), 2, time.Second)
			}
			for h := range 8 {
				asks := lan(20 + h)
				if c.resolver {
					asks = lan(2)
				}
				end := t0.Add(time.Duration(16+h%2) * time.Hour)
				think := func() time.Duration { return time.Duration(25*(0.3+1.4*rng.Float64())) * time.Second }
				for at := t0.Add(time.Duration(8+h%3) * time.Hour); at.Before(end); at = at.Add(think()) {
					for i := range 3 + rng.IntN(40) {
						s.lookups(at.Add(time.Duration(i*60)*time.Millisecond), asks, 1, 0)
						for range 2 {
							s.session(at.Add(time.Duration(i*60+20)*time.Millisecond), lan(20+h), wan(rng.IntN(3000)),
								parse.TCP, 443)
						}
					}
				}
			}
			for m := range 120 {
				s.lookups(t0.Add(10*time.Hour+time.Duration(m)*time.Minute), lan(9), c.storm, 50*time.Second)
			}
			var got []string
			for _, f := range s.findings(DefaultConfig()) {
				if f.Kind == DNSStorm {
					got = append(got, f.Class+" "+f.Host)
				}
			}
			if len(got) != c.want || c.want == 1 && got[0] != Steady+" "+lan(9).String() {
				t.Errorf("%q", got)
			}
		})
	}
}
