package detect

import (
	"math"
	"testing"
	"time"

	"uncloak/parse"
)

// said is a live line that was received at, with a stamp that is off by that much.
func (s *stream) said(at time.Time, off time.Duration) {
	s.add(at.Add(off), parse.Event{Kind: parse.System, Recv: at.UnixNano()})
}

func TestClock(t *testing.T) {
	each := func(s *stream, from, to time.Duration, off func(at time.Duration) time.Duration) {
		for at := from; at < to; at += 20 * time.Second {
			s.said(t0.Add(at), off(at))
		}
	}
	steady := func(off time.Duration) func(time.Duration) time.Duration {
		return func(at time.Duration) time.Duration { return off - time.Duration(at%(900*time.Millisecond)) }
	}
	for _, tc := range []struct {
		name  string
		class string
		skew  float64
		jump  float64
		fill  func(*stream)
	}{
		{"right, stamps cut to the second", "", 0, 0, func(s *stream) { each(s, time.Hour, 4*time.Hour, steady(0)) }},
		{"two seconds off", "", 0, 0, func(s *stream) { each(s, time.Hour, 4*time.Hour, steady(2*time.Second)) }},
		{"a minute ahead", ClockOff, 60, 0, func(s *stream) { each(s, time.Hour, 4*time.Hour, steady(time.Minute)) }},
		{"nine hours behind", ClockZone, -9 * 3600, 0, func(s *stream) {
			each(s, 12*time.Hour, 30*time.Hour, steady(-9*time.Hour))
		}},
		{"set by NTP at noon", ClockJumps, -600, 600, func(s *stream) {
			each(s, 8*time.Hour, 12*time.Hour, steady(-10*time.Minute))
			each(s, 12*time.Hour, 15*time.Hour, steady(0))
		}},
		{"an hour back", ClockJumps, 0, -3600, func(s *stream) {
			each(s, 8*time.Hour, 12*time.Hour, steady(0))
			each(s, 12*time.Hour, 15*time.Hour, steady(-time.Hour))
		}},
		{"jumps at midnight", ClockJumps, 0, -60, func(s *stream) {
			each(s, 22*time.Hour, 24*time.Hour, steady(0))
			each(s, 24*time.Hour, 25*time.Hour, steady(-time.Minute))
		}},
		{"gains a minute an hour", ClockDrifts, 180, 0, func(s *stream) {
			each(s, time.Hour, 4*time.Hour, func(at time.Duration) time.Duration { return (at - time.Hour) / 60 })
		}},
		{"loses two minutes an hour", ClockDrifts, -228, 0, func(s *stream) {
			each(s, time.Hour, 3*time.Hour, func(at time.Duration) time.Duration { return -(at - time.Hour) / 30 })
		}},
		{"a backlog of bursts that is sent within minutes", "", 0, 0, func(s *stream) {
			for i := range 600 {
				at := time.Duration(i/100) * 30 * time.Minute
				s.said(t0.Add(6*time.Hour+time.Duration(i)*time.Second), at-6*time.Hour)
			}
		}},
		{"a common quartz", "", 0, 0, func(s *stream) {
			each(s, 0, 24*time.Hour, func(at time.Duration) time.Duration { return at / 20_000 })
		}},
		{"a backlog that is sent at once", "", 0, 0, func(s *stream) {
			for i := range 3600 {
				s.said(t0.Add(5*time.Hour+time.Duration(i)*time.Millisecond), time.Duration(i-3600)*time.Second)
			}
			each(s, 5*time.Hour+time.Minute, 12*time.Hour, steady(0))
		}},
		{"single lines are late", "", 0, 0, func(s *stream) {
			each(s, time.Hour, 5*time.Hour, func(at time.Duration) time.Duration {
				if at%(10*time.Minute) == 0 {
					return -40 * time.Second
				}
				return 0
			})
		}},
		{"a boot without a clock", ClockUnset, 0, 0, func(s *stream) {
			each(s, time.Hour, 4*time.Hour, steady(0))
			for i := range 40 {
				at := t0.Add(2 * time.Hour).Add(time.Duration(i) * time.Second)
				s.add(at, parse.Event{Kind: parse.System, Recv: at.UnixNano(), Spread: NotBelieved})
			}
		}},
		{"lines without stamps", "", 0, 0, func(s *stream) {
			each(s, time.Hour, 4*time.Hour, func(time.Duration) time.Duration { return 0 })
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newStream()
			tc.fill(s)
			fs := s.findings(DefaultConfig())
			if tc.class == "" {
				none(t, fs, ClockKind)
				return
			}
			f := only(t, fs, ClockKind)
			if f.Class != tc.class || math.Abs(f.SkewS-tc.skew) > 2 && tc.class != ClockJumps ||
				math.Abs(f.JumpS-tc.jump) > 2 {
				t.Errorf("%+v", f)
			}
		})
	}
}

func TestClockOfAnImport(t *testing.T) {
	s := newStream()
	s.burst(t0.Add(time.Hour), lan(1), 500, 5*time.Second)
	days := s.days(DefaultConfig())
	days[0].Senders = []Sender{{Name: "router.log", Router: "gw", Received: 500, Repaired: 30}}
	fs := Findings(days, DefaultConfig(), Window{t0, t0.Add(24 * time.Hour)})
	f := only(t, fs, ClockKind)
	if f.Class != ClockUnset || f.Repaired != 30 || len(f.Touches) == 0 {
		t.Errorf("%+v", f)
	}
	days[0].Senders[0].Repaired = 3
	none(t, Findings(days, DefaultConfig(), Window{t0, t0.Add(24 * time.Hour)}), ClockKind)
}
