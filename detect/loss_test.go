package detect

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"uncloak/parse"
)

// served makes a day of sessions whose ends are logged; lost says whether a line does not arrive.
func (s *stream) talk(from, to time.Duration, lost func(at time.Duration) bool) {
	rng := rand.New(rand.NewPCG(8, 8))
	for at := from; at < to; at += 2 * time.Second {
		n := len(s.events)
		e := s.session(t0.Add(at), lan(rng.IntN(20)), wan(rng.IntN(9000)), parse.TCP, 443)
		if lost(at) {
			s.events = s.events[:n]
		}
		end := at + time.Duration(1+rng.IntN(200))*time.Second
		e.Kind, e.Packets, e.Bytes = parse.SessionEnd, 20, 9000
		if !lost(end) {
			s.add(t0.Add(end), e)
		}
	}
}

func TestLoss(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	part := func(p float64) func(time.Duration) bool { return func(time.Duration) bool { return rng.Float64() < p } }
	for _, tc := range []struct {
		name  string
		class string
		share float64
		fill  func(*stream)
	}{
		{"nothing missing", "", 0, func(s *stream) { s.talk(0, 24*time.Hour, part(0)) }},
		{"one in a hundred", "", 0, func(s *stream) { s.talk(0, 24*time.Hour, part(0.01)) }},
		{"a third of two hours", LossEnds, 0.33, func(s *stream) {
			s.talk(0, 24*time.Hour, func(at time.Duration) bool {
				return at >= 12*time.Hour && at < 14*time.Hour && rng.Float64() < 0.33
			})
		}},
		{"across midnight", LossEnds, 0.33, func(s *stream) {
			s.talk(10*time.Hour, 40*time.Hour, func(at time.Duration) bool {
				return at >= 23*time.Hour && at < 25*time.Hour && rng.Float64() < 0.33
			})
		}},
		{"journald says so", LossSaid, 0.5, func(s *stream) {
			s.talk(0, 4*time.Hour, part(0))
			s.add(t0.Add(2*time.Hour+time.Minute), parse.Event{Kind: parse.Suppressed, Count: 3600,
				Detail: parse.MakeName("rsyslog.service")})
		}},
		{"the kernel's warnings", "", 0, func(s *stream) {
			s.talk(0, 4*time.Hour, part(0))
			s.add(t0.Add(2*time.Hour), parse.Event{Kind: parse.Suppressed, Count: 3600,
				Detail: parse.MakeName("net_ratelimit")})
		}},
		{"ends that some rule logs without beginnings", "", 0, func(s *stream) {
			s.talk(0, 24*time.Hour, part(0))
			for at := time.Duration(0); at < 24*time.Hour; at += 3 * time.Second {
				s.add(t0.Add(at), parse.Event{Kind: parse.SessionEnd, Proto: parse.TCP, Src: lan(1),
					Dst: wan(int(at / 1e9)), SPort: uint16(at/3e9%60000 + 1), DPort: 80, Packets: 9})
			}
		}},
		{"lookups of the router itself, in some hours", "", 0, func(s *stream) {
			s.talk(0, 24*time.Hour, part(0))
			for at := 14 * time.Hour; at < 17*time.Hour; at += time.Second {
				s.add(t0.Add(at), parse.Event{Kind: parse.SessionEnd, Proto: parse.UDP, Src: lan(99), Dst: wan(1),
					SPort: uint16(at/1e9%60000 + 1), DPort: 53, Packets: 1})
			}
		}},
		{"lookups at the router, in some hours", "", 0, func(s *stream) {
			s.talk(0, 24*time.Hour, part(0))
			for at := 14 * time.Hour; at < 17*time.Hour; at += time.Second {
				s.add(t0.Add(at), parse.Event{Kind: parse.SessionEnd, Proto: parse.UDP, Src: lan(int(at / 1e9 % 20)),
					Dst: lan(99), SPort: uint16(at/1e9%60000 + 1), DPort: 53, Packets: 1})
			}
		}},
		{"the log begins in the middle of long sessions", "", 0, func(s *stream) {
			for i := range 3000 {
				s.add(t0.Add(time.Duration(i)*2*time.Second), parse.Event{Kind: parse.SessionEnd, Proto: parse.TCP,
					Src: lan(1), Dst: wan(i), SPort: uint16(i + 1), DPort: 80, Packets: 9})
			}
			s.talk(0, 24*time.Hour, part(0))
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newStream()
			tc.fill(s)
			fs := s.findings(DefaultConfig())
			if tc.class == "" {
				none(t, fs, LossKind)
				return
			}
			f := only(t, fs, LossKind)
			if f.Class != tc.class || math.Abs(f.Loss-tc.share) > 0.07 {
				t.Errorf("%+v", f)
			}
		})
	}
}

func TestFindingsCarryTheLoss(t *testing.T) {
	s := newStream()
	for h := range 12 {
		s.burst(t0.Add(time.Duration(h)*time.Hour), lan(1), 100, 3*time.Second)
	}
	days := s.days(DefaultConfig())
	w := Window{t0, t0.Add(24 * time.Hour)}
	if f := only(t, Findings(days, DefaultConfig(), w), PeriodicBurst); f.Loss != 0 {
		t.Errorf("loss %v of nothing", f.Loss)
	}
	days[0].Senders = []Sender{{Name: "192.0.2.1", Router: "gw", Received: 1500, Lost: 300}}
	fs := Findings(days, DefaultConfig(), w)
	if f := only(t, fs, PeriodicBurst); math.Abs(f.Loss-0.2) > 0.01 {
		t.Errorf("loss %v", f.Loss)
	}
	if f := only(t, fs, LossKind); f.Class != LossOurs || math.Abs(f.Loss-0.2) > 0.01 {
		t.Errorf("%+v", f)
	}
	for class, s := range map[string]Sender{LossRate: {Received: 1500, Limited: 300},
		LossNumbers: {Received: 1200, Missing: 300}} {
		s.Router = "gw"
		days[0].Senders = []Sender{s}
		fs := Findings(days, DefaultConfig(), w)
		if f := only(t, fs, PeriodicBurst); math.Abs(f.Loss-0.2) > 0.01 {
			t.Errorf("%s: loss %v", class, f.Loss)
		}
		if f := only(t, fs, LossKind); f.Class != class || f.ID != "loss-"+strings.ReplaceAll(class, " ", "-")+"-gw" ||
			math.Abs(f.Loss-0.2) > 0.01 {
			t.Errorf("%s: %+v", class, f)
		}
	}
	days[0].Senders = []Sender{{Router: "gw", Received: 1000, Lost: 200, Limited: 300, Missing: 100}}
	if f := only(t, Findings(days, DefaultConfig(), w), PeriodicBurst); math.Abs(f.Loss-(1-0.8*0.7*10/11)) > 0.01 {
		t.Errorf("all three: loss %v", f.Loss)
	}
}

// Of a log that is a few minutes old the loss is told, too.
func TestLossWithinAnHour(t *testing.T) {
	s := newStream()
	s.burst(t0.Add(20*time.Minute), lan(1), 200, time.Minute)
	days := s.days(DefaultConfig())
	days[0].Senders = []Sender{{Router: "gw", Received: 400, Lost: 200}}
	for _, w := range []Window{{t0, t0.Add(time.Hour)}, {t0.Add(20 * time.Minute), t0.Add(22 * time.Minute)}} {
		if f := only(t, Findings(days, DefaultConfig(), w), LossKind); math.Abs(f.Loss-0.5) > 0.01 {
			t.Errorf("%+v", f)
		}
	}
}

func TestFadingIsBounded(t *testing.T) {
	const maxEnded = 1 << 12
	f := fading{on: true, limit: maxEnded}
	tb := newTable(NewDay(DateOf(t0)), nil, 1)
	k := func(i int) spot { return tb.spot(Key{Src: lan(1), Dst: wan(i), SPort: uint16(i), Proto: parse.TCP}) }
	knows := func(k spot) bool { _, ok := f.take(k); return ok }
	now := t0.UnixNano()
	for i := range 3*maxEnded + 5 {
		f.add(k(i), givenUp{}, now)
	}
	if f.keys[0].n > maxEnded || f.keys[1].n > maxEnded || !f.blind || !knows(k(1)) {
		t.Errorf("%d and %d sessions, blind %v", f.keys[0].n, f.keys[1].n, f.blind)
	}
	for i := range 3 {
		f.add(k(i), givenUp{}, now+int64(fadeMemory)*int64(i+2))
	}
	if f.blind || knows(k(3*maxEnded)) || !knows(k(2)) {
		t.Error("does not see again")
	}
}

// TestLossIsOneNumber adds up hours whose shares are fractions: their order must not depend on a map's.
func TestLossIsOneNumber(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	var days []*Day
	for k := range 4 {
		d := NewDay(DateOf(t0) + Date(k))
		for name := range 3 {
			r := d.router(string(rune('a' + name)))
			for i := range r.Hours {
				r.Hours[i] = HourLoss{Lines: 1 + rng.Uint32N(10_000), LeftOut: rng.Uint32N(1000)}
			}
		}
		days = append(days, d)
	}
	f := &Finding{Start: t0, End: t0.Add(4 * 24 * time.Hour)}
	want := losses(days).of(f)
	for range 50 {
		if got := losses(days).of(f); got != want {
			t.Fatalf("%v, then %v", want, got)
		}
	}
	if want < 0.02 || want > 0.5 {
		t.Errorf("%v", want)
	}
}

// A kernel that swallows nearly all of its messages says how many: the finding gives that number, not one worked out
// from a share that was cut off at 99 %.
func TestLossKeepsCountsOfNearlyAll(t *testing.T) {
	var s stream
	for i := range 3 {
		s.add(t0.Add(time.Duration(i)*time.Second), parse.Event{Kind: parse.Suppressed, Count: 83204,
			Detail: parse.MakeName("imjournal")})
	}
	for _, f := range Findings(s.days(DefaultConfig()), DefaultConfig(), Window{t0, t0.Add(24 * time.Hour)}) {
		if f.Kind != LossKind {
			continue
		}
		if f.Drops != 3*83204 || f.Lines != 3 || f.Evidence.Events != 3 {
			t.Errorf("%d lost and %d received, evidence of %d; want %d, 3, 3", f.Drops, f.Lines, f.Evidence.Events,
				3*83204)
		}
		return
	}
	t.Error("no finding about the loss")
}
