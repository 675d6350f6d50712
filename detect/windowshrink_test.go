package detect

import (
	"net/netip"
	"testing"
	"time"

	"uncloak/parse"
)

func (s *stream) shrink(at time.Time, peer netip.Addr, port uint16) {
	s.add(at, parse.Event{Kind: parse.WindowShrink, Src: peer, SPort: port, DPort: 80, Proto: parse.TCP})
}

func TestShrinkSuspects(t *testing.T) {
	noon := t0.Add(12 * time.Hour)
	for _, tc := range []struct {
		name, first string
		peers       int
		fill        func(*stream)
	}{
		{"many peers and a SYN flood", "denial of service", 12, func(s *stream) {
			for i := range 12 {
				s.shrink(noon.Add(time.Duration(i)*time.Second), wan(i), 40000)
			}
			s.add(noon, parse.Event{Kind: parse.SYNFlood, DPort: 80})
		}},
		{"one peer that hosts inside go to, for hours", "bad TCP stack", 1, func(s *stream) {
			s.session(t0.Add(time.Hour), lan(3), wan(7), parse.TCP, 443)
			for i := range 4 {
				s.shrink(noon.Add(time.Duration(i)*time.Hour), wan(7), uint16(40000+i))
			}
		}},
		{"one inner peer over midnight", "bad TCP stack", 1, func(s *stream) {
			s.session(t0.Add(time.Hour), lan(3), wan(7), parse.TCP, 443)
			for i := range 4 {
				s.shrink(t0.Add(22*time.Hour+time.Duration(i)*time.Hour), lan(3), uint16(40000+i))
			}
		}},
		{"a refused peer that holds one connection", "tarpit", 1, func(s *stream) {
			s.add(noon, parse.Event{Kind: parse.SessionDenied, Src: lan(7), Dst: wan(1), Proto: parse.TCP, DPort: 22})
			for i := range 9 {
				s.shrink(noon.Add(time.Duration(i)*time.Minute), lan(7), 40000)
			}
		}},
		{"the web server that hung", "denial of service", 1, func(s *stream) { // masked: one group of four connections
			for i := range 5 {
				s.add(noon.Add(time.Duration(i)*time.Second), parse.Event{Kind: parse.OOMKill, Count: uint32(870 + i),
					Detail: parse.MakeName("httpd")})
				s.shrink(noon.Add(time.Duration(i)*time.Second+time.Millisecond), netip.Addr{}, uint16(39660+min(i, 3)))
			}
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newStream()
			tc.fill(s)
			f := only(t, s.findings(DefaultConfig()), ShrinkKind)
			sum := 0.0
			for _, x := range f.Suspects {
				sum += x.Confidence
				if x.Why == "" {
					t.Errorf("no reason: %+v", x)
				}
			}
			if f.Suspects[0].What != tc.first || len(f.ShrinkPeers) != tc.peers || sum < 0.99 || sum > 1.01 {
				t.Errorf("%+v\n%+v", f.Suspects, f.ShrinkPeers)
			}
		})
	}
}

func TestMaskedAndNamedAreOne(t *testing.T) {
	s := newStream()
	noon := t0.Add(12 * time.Hour)
	s.shrink(noon, wan(1), 39660)
	s.shrink(noon.Add(time.Minute), wan(1), 39660)
	masked := parse.Event{Kind: parse.WindowShrink, SPort: 39660, DPort: 80, Proto: parse.TCP, Spread: 3_600_000}
	for range 3 { // a dump of the same day: three lines of that connection, one of which syslog lost
		s.add(noon.Add(20*time.Minute), masked)
	}
	masked.Spread = 0
	s.add(noon.Add(5*time.Hour), masked) // at a time that is known, and another one
	f := only(t, s.findings(DefaultConfig()), ShrinkKind)
	if f.Shrinks != 4 || len(f.ShrinkPeers) != 2 {
		t.Errorf("%d shrinks by %+v", f.Shrinks, f.ShrinkPeers)
	}
}

// TestManyShrinks is a flood of forged lines: neither the peers nor the twins of masked lines may be looked for one by
// one.
func TestManyShrinks(t *testing.T) {
	const n = 60_000
	var ss []Shrink
	for i := range n {
		s := Shrink{Time: int64(i) * 1e9, Peer: wan(i), PeerPort: 77, Port: 80, Count: 1}
		ss = append(ss, s)
		s.Peer, s.Time = netip.Addr{}, s.Time-1e15 // another day's
		ss = append(ss, s)
	}
	if f := shrinkFinding("gw", unmasked(ss)); f.Shrinks != 2*n || len(f.PeerPorts) != n+1 {
		t.Errorf("%d shrinks by %d peer ports", f.Shrinks, len(f.PeerPorts))
	}
}
