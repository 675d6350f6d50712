package detect

import (
	"math"
	"testing"
	"time"

	"uncloak/parse"
)

func TestTypicalHoldHasItsMean(t *testing.T) {
	to := DefaultConfig().Timeouts
	const n = 100_000
	sum := 0.0
	for i := range n {
		d := to.typical(Key{Src: lan(1), Dst: wan(i), SPort: uint16(i * 7), DPort: 443, Proto: parse.TCP})
		if d < to.TimeWait {
			t.Fatalf("%v is shorter than TIME_WAIT", d)
		}
		sum += d.Seconds()
	}
	if mean := sum / n; math.Abs(mean-to.TypicalTCP.Seconds()) > 0.02*to.TypicalTCP.Seconds() {
		t.Errorf("mean %.1f s, want %v", mean, to.TypicalTCP)
	}
	to.TypicalTCP = 40 * time.Second
	if d := to.typical(Key{}); d != to.TypicalTCP {
		t.Errorf("%v, but the owner says 40s", d)
	}
}

func TestKnocking(t *testing.T) {
	const minute = 60
	for _, c := range []struct {
		name string
		add  func(s *stream, sec int)
		want bool // few entries: the door is closed
	}{
		{"four a second to one door", func(s *stream, sec int) {
			for i := range 4 {
				s.session(t0.Add(time.Duration(sec)*time.Second+time.Duration(i)*250*time.Millisecond), lan(1), wan(1),
					parse.TCP, 3389)
			}
		}, true},
		{"one a second to one door", func(s *stream, sec int) {
			s.session(t0.Add(time.Duration(sec)*time.Second), lan(1), wan(1), parse.TCP, 3389)
		}, false},
		{"four a second to four doors", func(s *stream, sec int) {
			for i := range 4 {
				s.session(t0.Add(time.Duration(sec)*time.Second), lan(1), wan(i), parse.TCP, 443)
			}
		}, false},
		{"a burst each minute", func(s *stream, sec int) {
			if sec%minute == 0 {
				for range 100 {
					s.session(t0.Add(time.Duration(sec)*time.Second), lan(1), wan(1), parse.TCP, 443)
				}
			}
		}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStream()
			for sec := range 6 * minute {
				c.add(s, sec)
			}
			cfg := DefaultConfig()
			r := s.days(cfg)[0].Routers["gw"]
			rate := float64(r.Sessions) / (6 * minute)
			last := r.Occupancy[len(r.Occupancy)-1].Total
			few := float64(last) < rate*cfg.Timeouts.TimeWait.Seconds()/2 // a few of the first half minute still talk
			if few != c.want {
				t.Errorf("%d entries at %.2f sessions a second", last, rate)
			}
		})
	}
}

// The rule that logs the beginning of a forwarded session stands behind the translation, the end names the router's
// address.
func TestForwardedSessionEnds(t *testing.T) {
	s := newStream()
	e := s.session(t0, wan(1), lan(3), parse.TCP, 51413)
	e.Kind, e.Dst, e.DPort, e.NATDst, e.NATDPort = parse.SessionEnd, addr("203.0.113.7"), 51413, lan(3), 51413
	s.add(t0.Add(15*time.Second), e)
	s.session(t0.Add(60*time.Second), lan(9), wan(9), parse.UDP, 9)
	occ := s.days(DefaultConfig())[0].Routers["gw"].Occupancy
	if last := occ[len(occ)-1]; last.Total != 1 {
		t.Errorf("%+v", last)
	}
}

func TestStateChangesDoNotPileUp(t *testing.T) {
	tr := NewTracker(DefaultConfig(), nil, DateOf(t0))
	s := newStream()
	e := s.session(t0, lan(1), wan(1), parse.TCP, 443)
	e.Kind = parse.SessionUpdate
	for i := range 5000 {
		e.State = []parse.State{parse.TimeWait, parse.Established, parse.Close}[i%3]
		s.add(t0.Add(time.Duration(i)*10*time.Millisecond), e)
	}
	for _, e := range s.events {
		tr.Observe(&e)
	}
	n := 0
	for _, first := range tr.table.due {
		for e := first; e != nil; e = e.behind {
			if n++; e.behind == first {
				break
			}
		}
	}
	if n != 1 {
		t.Errorf("one entry stands %d times in the lists", n)
	}
}
