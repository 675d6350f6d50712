package detect

import (
	"net/netip"
	"testing"
	"time"

	"uncloak/parse"
)

// visit is a session from outside to a port inside, and what conntrack says of it later; a missing state is not logged.
func (s *stream) visit(at time.Time, src, dst netip.Addr, port uint16, states ...parse.State) {
	e := s.session(at, src, dst, parse.TCP, port)
	for i, st := range states {
		u := e
		u.Kind, u.State = parse.SessionUpdate, st
		s.add(at.Add(time.Duration(i+1)*20*time.Millisecond), u)
	}
}

// close adds the end of the last session.
func (s *stream) done(at time.Time, src, dst netip.Addr, port uint16, packets uint32, state parse.State) {
	e := s.session(at, src, dst, parse.TCP, port)
	e.Kind, e.Packets, e.State = parse.SessionEnd, packets, state
	s.add(at.Add(90*time.Second), e)
}

func TestSYNFlood(t *testing.T) {
	web := lan(1)
	busy := func(s *stream) { // a server that is visited all day
		for at := t0; at.Before(t0.Add(24 * time.Hour)); at = at.Add(20 * time.Second) {
			s.visit(at, wan(int(at.Unix()%5000)), web, 443, parse.SynRecv, parse.Established)
		}
	}
	for _, tc := range []struct {
		name  string
		class string // "" = no finding
		fill  func(*stream)
	}{
		{"half-open from everywhere", HalfOpen, func(s *stream) {
			busy(s)
			for i := range 6000 {
				s.visit(t0.Add(10*time.Hour+time.Duration(i)*10*time.Millisecond), wan(i*37), web, 443, parse.SynRecv)
			}
		}},
		{"over midnight", HalfOpen, func(s *stream) {
			busy(s)
			for i := range 6000 {
				s.visit(t0.Add(24*time.Hour-30*time.Second+time.Duration(i)*10*time.Millisecond), wan(i*37), web, 443,
					parse.SynRecv)
			}
		}},
		{"half-open, and the answers sent again are among the packets of the end", HalfOpen, func(s *stream) {
			for i := range 6000 {
				at := t0.Add(10*time.Hour + time.Duration(i)*10*time.Millisecond)
				s.visit(at, wan(i*37), web, 443, parse.SynRecv)
				e := s.events[len(s.events)-1]
				e.Kind, e.Packets, e.State = parse.SessionEnd, 6, parse.NoState
				s.add(at.Add(time.Minute), e)
			}
		}},
		{"ends only, nothing answered", Unanswered, func(s *stream) {
			for i := range 3000 {
				s.done(t0.Add(time.Hour+time.Duration(i)*10*time.Millisecond), wan(i*37), web, 6881, 1, parse.NoState)
			}
		}},
		{"many visitors who are served", "", func(s *stream) {
			busy(s)
			for i := range 6000 {
				s.visit(t0.Add(10*time.Hour+time.Duration(i)*10*time.Millisecond), wan(i*37), web, 443, parse.SynRecv,
					parse.Established)
			}
		}},
		{"a forward that nothing answers", "", func(s *stream) {
			for i := range 20000 {
				s.done(t0.Add(time.Duration(i)*time.Second), wan(i), web, 6881, 1, parse.Unreplied)
			}
		}},
		{"beginnings only: nothing tells", "", func(s *stream) {
			for i := range 6000 {
				s.visit(t0.Add(time.Hour+time.Duration(i)*10*time.Millisecond), wan(i*37), web, 443)
			}
		}},
		{"a closed port that is scanned", "", func(s *stream) {
			for i := range 6000 {
				s.done(t0.Add(time.Hour+time.Duration(i)*10*time.Millisecond), wan(1), web, 443, 2, parse.NoState)
			}
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newStream()
			tc.fill(s)
			fs := s.findings(DefaultConfig())
			if tc.class == "" {
				none(t, fs, SYNFloodKind)
				return
			}
			f := only(t, fs, SYNFloodKind)
			if f.Class != tc.class || f.Host != web.String() || f.Sources < 2000 || f.HalfOpen < 0.8 || f.Seen != 1 {
				t.Errorf("%+v", f)
			}
		})
	}
}

func none(t *testing.T, fs []Finding, kind string) {
	t.Helper()
	for _, f := range fs {
		if f.Kind == kind {
			t.Errorf("false %s: %+v", kind, f)
		}
	}
}

func TestSYNFloodThatTheKernelReports(t *testing.T) {
	s := newStream()
	line := parse.Event{Kind: parse.SYNFlood, DPort: 80, Proto: parse.TCP}
	s.add(t0.Add(23*time.Hour+59*time.Minute), line)
	s.add(t0.Add(23*time.Hour+59*time.Minute+30*time.Second), line)
	s.add(t0.Add(23*time.Hour+59*time.Minute+31*time.Second), parse.Event{Kind: parse.Suppressed,
		Detail: parse.MakeName("net_ratelimit"), Count: 40})
	s.add(t0.Add(24*time.Hour+time.Minute), line)
	f := only(t, s.findings(DefaultConfig()), SYNFloodKind)
	if f.Class != KernelSays || f.Router != "gw" || f.Port != 80 || f.Lines != 3 || f.Drops != 40 {
		t.Errorf("%+v", f)
	}
}

func TestFloodLinesBelongToTheSessions(t *testing.T) {
	s := newStream()
	for i := range 3000 {
		s.visit(t0.Add(time.Hour+time.Duration(i)*10*time.Millisecond), wan(i*37), lan(1), 80, parse.SynRecv)
	}
	s.add(t0.Add(time.Hour+10*time.Second), parse.Event{Kind: parse.SYNFlood, DPort: 80})
	f := only(t, s.findings(DefaultConfig()), SYNFloodKind)
	if f.Host != lan(1).String() || f.Lines != 1 || f.Score < 0.95 {
		t.Errorf("%+v", f)
	}
}

func TestFloodStateIsBounded(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Limits.Spells = 3
	s := newStream()
	for i := range 40 {
		s.visit(t0.Add(time.Duration(i)*time.Second), wan(i), lan(1), uint16(1000+i))
		s.add(t0.Add(time.Duration(i)*time.Second), parse.Event{Kind: parse.SYNFlood, DPort: uint16(i)})
	}
	d := s.days(cfg)[0]
	if n := len(d.Hosts[lan(1)].Served); n != maxServed || d.Dropped["ports reached from outside"] != 40-maxServed {
		t.Errorf("%d ports, dropped %v", n, d.Dropped)
	}
	if n := len(d.Routers["gw"].Floods); n != 3 || d.Dropped["SYN floods"] != 37 {
		t.Errorf("%d floods, dropped %v", n, d.Dropped)
	}
}
