package detect

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"uncloak/parse"
)

// ping answers after rtt; 0 is a timeout without an address.
func (s *stream) ping(at time.Time, who netip.Addr, rtt time.Duration) {
	e := parse.Event{Kind: parse.Latency, Src: who, Count: uint32(rtt.Microseconds()), Packets: 1, Bytes: 64}
	if rtt == 0 {
		e = parse.Event{Kind: parse.Latency, Detail: parse.MakeName("timeout")}
	}
	s.add(at, e)
}

func TestLag(t *testing.T) {
	gw, game := addr("192.168.128.1"), addr("203.0.113.9")
	usual := func(rng *rand.Rand, base time.Duration) time.Duration {
		return base + time.Duration(rng.ExpFloat64()*float64(base)/4)
	}
	// day pings once in a second, and slow says how late the answer is.
	day := func(s *stream, who netip.Addr, base time.Duration, from, to time.Duration,
		slow func(at time.Duration) (time.Duration, bool)) {
		rng := rand.New(rand.NewPCG(1, 9))
		for at := from; at < to; at += time.Second {
			rtt := usual(rng, base)
			if v, is := slow(at); is {
				rtt = v
			}
			s.ping(t0.Add(at), who, rtt)
		}
	}
	halfHour := func(at time.Duration) (time.Duration, bool) {
		return 2 * time.Second, at%(30*time.Minute) < time.Minute && at >= time.Minute
	}
	never := func(time.Duration) (time.Duration, bool) { return 0, false }
	for _, tc := range []struct {
		name   string
		class  string
		spells int
		lost   bool
		fill   func(*stream)
	}{
		{"the game server each half hour", Further, 5, false, func(s *stream) {
			day(s, game, 20*time.Millisecond, 0, 3*time.Hour, halfHour)
		}},
		{"the own router each half hour", FirstHop, 5, false, func(s *stream) {
			day(s, gw, time.Millisecond, 0, 3*time.Hour, halfHour)
		}},
		{"over midnight", Further, 1, false, func(s *stream) {
			day(s, game, 20*time.Millisecond, 23*time.Hour, 25*time.Hour, func(at time.Duration) (time.Duration, bool) {
				return time.Second, at > 24*time.Hour-40*time.Second && at < 24*time.Hour+40*time.Second
			})
		}},
		{"no answer for a minute", Further, 1, true, func(s *stream) {
			day(s, game, 20*time.Millisecond, 0, time.Hour, func(at time.Duration) (time.Duration, bool) {
				return 0, at > 30*time.Minute && at < 31*time.Minute
			})
		}},
		{"as ever", "", 0, false, func(s *stream) { day(s, game, 20*time.Millisecond, 0, 3*time.Hour, never) }},
		{"one slow answer now and then", "", 0, false, func(s *stream) {
			day(s, game, 20*time.Millisecond, 0, 3*time.Hour, func(at time.Duration) (time.Duration, bool) {
				return 500 * time.Millisecond, at%(7*time.Minute) == time.Minute
			})
		}},
		{"a few milliseconds more", "", 0, false, func(s *stream) {
			day(s, gw, time.Millisecond, 0, 3*time.Hour, func(at time.Duration) (time.Duration, bool) {
				return 9 * time.Millisecond, at%time.Hour < 5*time.Minute
			})
		}},
		{"a target that mostly keeps silent", "", 0, false, func(s *stream) {
			day(s, game, 20*time.Millisecond, 0, 3*time.Hour, func(at time.Duration) (time.Duration, bool) {
				return 0, at%(4*time.Second) != 0
			})
		}},
		{"too few to know what is usual", "", 0, false, func(s *stream) {
			day(s, game, 20*time.Millisecond, 0, 100*time.Second, func(at time.Duration) (time.Duration, bool) {
				return time.Second, at > 70*time.Second
			})
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newStream()
			tc.fill(s)
			fs := s.findings(DefaultConfig())
			if tc.class == "" {
				none(t, fs, LagKind)
				return
			}
			f := only(t, fs, LagKind)
			if f.Class != tc.class || f.Seen != tc.spells || len(f.Spells) != tc.spells ||
				(f.Unanswer > 0.5) != tc.lost {
				t.Errorf("%+v", f)
			}
		})
	}
	s := newStream()
	day(s, game, 20*time.Millisecond, 0, 3*time.Hour, halfHour)
	day(s, gw, time.Millisecond, 0, 3*time.Hour, halfHour)
	for _, f := range s.findings(DefaultConfig()) {
		if f.Kind == LagKind && f.Class == Further && f.With != "lag-gw-192.168.128.1" {
			t.Errorf("the lag of the own router is not seen behind %+v", f)
		}
	}
}

func TestPingsAreBounded(t *testing.T) {
	s := newStream()
	for i := range maxPinged + 20 {
		s.ping(t0.Add(time.Duration(i)*time.Second), wan(i), time.Millisecond)
	}
	d := s.days(DefaultConfig())[0]
	if n := len(d.Routers["gw"].Pings); n != maxPinged || d.Dropped["ping targets"] != 20 {
		t.Errorf("%d targets, dropped %v", n, d.Dropped)
	}
}

func TestSilentHopsAndPingsWithoutTimes(t *testing.T) {
	s := newStream()
	for i := range 600 {
		at := t0.Add(time.Duration(i) * 10 * time.Second)
		s.add(at, parse.Event{Kind: parse.Latency, Src: addr("203.0.113.1"), Count: 900, Packets: 3})
		s.add(at, parse.Event{Kind: parse.Latency, Detail: parse.MakeName("timeout")}) // "* * *"
		s.add(at, parse.Event{Kind: parse.Latency, Src: addr("203.0.113.2"), Count: 900, Packets: 1, Bytes: 64,
			Spread: 3_600_000})
	}
	d := s.days(DefaultConfig())[0]
	p := d.Routers["gw"].Pings
	if len(p) != 1 {
		t.Errorf("targets %v", p)
	}
	for _, x := range p[addr("203.0.113.1")].Slots {
		if x.Lost > 0 {
			t.Errorf("a silent hop is taken for loss: %+v", x)
		}
	}
}

// fping names the target of each lost probe: the loss is that target's, however well the one asked before it answers.
func TestLostProbeBelongsToItsTarget(t *testing.T) {
	var s stream
	gw, far := addr("192.168.1.1"), addr("198.51.100.9")
	for at := time.Duration(0); at < time.Hour; at += 10 * time.Second {
		s.ping(t0.Add(at), gw, 400*time.Microsecond)
		if at >= 20*time.Minute && at < 25*time.Minute {
			s.add(t0.Add(at+time.Millisecond), parse.Event{Kind: parse.Latency, Src: far,
				Detail: parse.MakeName("timeout")})
			continue
		}
		s.ping(t0.Add(at+time.Millisecond), far, 14*time.Millisecond)
	}
	fs := Findings(s.days(DefaultConfig()), DefaultConfig(), Window{t0, t0.Add(24 * time.Hour)})
	var lag []Finding
	for _, f := range fs {
		if f.Kind == LagKind {
			lag = append(lag, f)
		}
	}
	if len(lag) != 1 || lag[0].Host != far.String() || len(lag[0].Spells) != 1 || lag[0].Spells[0].Lost != 30 {
		t.Errorf("want the 30 lost probes of %v alone, got %+v", far, lag)
	}
}

// A lost probe belongs to the target that was asked, whatever its line tells: a gateway whose answers all come in time
// is not accused, and one that does not answer is.
func TestLostProbes(t *testing.T) {
	gw, far := addr("192.168.1.1"), addr("198.51.100.9")
	for _, c := range []struct {
		name   string
		gwEach time.Duration
		lost   parse.Event
		gone   netip.Addr
	}{
		{"the target and no reason", 10 * time.Second, parse.Event{Src: far}, far},
		{"the target and a timeout", 10 * time.Second, parse.Event{Src: far, Detail: parse.MakeName("timeout")}, far},
		{"a timeout alone", 10 * time.Second, parse.Event{Detail: parse.MakeName("timeout")}, far},
		{"a timeout alone, the gateway asked rarely", time.Minute, parse.Event{Detail: parse.MakeName("timeout")}, far},
		{"a timeout alone, the gateway asked often", time.Second, parse.Event{Detail: parse.MakeName("timeout")}, far},
		{"the gateway's report", 10 * time.Second, parse.Event{Src: gw,
			Detail: parse.MakeName("Destination Host Unreachable")}, far},
		{"a report that names both", 10 * time.Second, parse.Event{Src: gw, Dst: far,
			Detail: parse.MakeName("Host Unreachable")}, far},
		{"another router's report", 10 * time.Second, parse.Event{Src: addr("203.0.113.1"),
			Detail: parse.MakeName("Time to live exceeded")}, far},
		{"of the gateway itself", 10 * time.Second, parse.Event{Detail: parse.MakeName("timeout")}, gw},
		{"of one who never answered", 10 * time.Second, parse.Event{Detail: parse.MakeName("timeout")},
			addr("203.0.113.77")},
	} {
		s := newStream()
		for at := time.Duration(0); at < time.Hour; at += time.Second {
			gone := at >= 20*time.Minute && at < 25*time.Minute
			probe := func(who netip.Addr, each, after, rtt time.Duration) {
				switch {
				case at%each != 0:
				case !gone || who != c.gone:
					s.ping(t0.Add(at+after+rtt), who, rtt)
				default:
					e := c.lost
					e.Kind = parse.Latency
					s.add(t0.Add(at+after+400*time.Millisecond), e)
				}
			}
			probe(gw, c.gwEach, 0, 400*time.Microsecond)
			probe(far, 10*time.Second, time.Millisecond, 14*time.Millisecond)
			if c.gone != gw && c.gone != far && gone { // the loss of a third one
				s.add(t0.Add(at+500*time.Millisecond),
					parse.Event{Kind: parse.Latency, Detail: parse.MakeName("timeout")})
			}
		}
		var told []string
		for _, f := range s.findings(DefaultConfig()) {
			if f.Kind == LagKind {
				told = append(told, fmt.Sprintf("%s %d of %d", f.Host, f.Spells[0].Lost, f.Spells[0].Sent))
			}
		}
		want := []string{c.gone.String() + " 30 of 30"}
		if c.gone != gw && c.gone != far {
			want = nil
		}
		if !slices.Equal(told, want) {
			t.Errorf("%s: want %v, got %v", c.name, want, told)
		}
	}
}

// Targets whose answers are followed are bounded, and a clock that goes back makes none overdue.
func TestAskedIsBounded(t *testing.T) {
	var a asked
	for i := range maxPinged + 5 {
		a.answered(wan(i), 100)
	}
	a.answered(wan(0), 50)
	if len(a) != maxPinged || a[0].last != 100 || a[0].gap != 0 {
		t.Errorf("%d targets, the first %+v", len(a), a[0])
	}
	if who := a.overdue(99, netip.Addr{}); who.IsValid() {
		t.Errorf("%v is overdue before its answer", who)
	}
}
