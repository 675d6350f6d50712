package detect

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"uncloak/parse"
)

// packet adds a packet of a capture that has no SYN alone.
func (s *stream) packet(at time.Time, from, to netip.AddrPort, flags uint8, bytes uint64) {
	e := parse.Event{Kind: parse.Traffic, Src: from.Addr(), SPort: from.Port(), Dst: to.Addr(), DPort: to.Port(),
		Proto: parse.TCP, Flags: flags, Packets: 1, Bytes: bytes}
	if flags&parse.RST != 0 {
		e.Kind = parse.Reset
	}
	s.add(at, e)
}

// attempts adds 1,500 SYNs at an interval from one client to one service, and what answer adds to each.
func (s *stream) attempts(src, dst netip.Addr, every time.Duration,
	answer func(at time.Time, client, server netip.AddrPort)) {
	for i := range 1500 {
		at := t0.Add(10*time.Hour + time.Duration(i)*every)
		client, server := netip.AddrPortFrom(src, uint16(32768+i)), netip.AddrPortFrom(dst, 7211)
		s.add(at, parse.Event{Kind: parse.SessionNew, Src: src, SPort: client.Port(), Dst: dst, DPort: server.Port(),
			Proto: parse.TCP, Flags: parse.SYN, Packets: 1})
		if answer != nil {
			answer(at.Add(100*time.Microsecond), client, server)
		}
	}
}

// withoutSYNs leaves only what answered.
func (s *stream) withoutSYNs() *stream {
	out := newStream()
	for _, e := range s.events {
		if e.Kind != parse.SessionNew {
			out.events = append(out.events, e)
		}
	}
	return out
}

func refuse(s *stream) func(time.Time, netip.AddrPort, netip.AddrPort) {
	return func(at time.Time, client, server netip.AddrPort) {
		s.packet(at, server, client, parse.RST|parse.ACK, 0)
	}
}

func resetOf(t *testing.T, s *stream, host netip.Addr) Finding {
	t.Helper()
	for _, f := range s.findings(DefaultConfig()) {
		if f.Kind == ResetKind && f.Host == host.String() {
			return f
		}
	}
	t.Fatalf("%v has no finding", host)
	return Finding{}
}

func TestResetAgainstASYNRefuses(t *testing.T) {
	s := newStream()
	s.attempts(lan(1), lan(2), 500*time.Millisecond, refuse(s))
	f := resetOf(t, s, lan(1))
	if f.Class != Dead || f.Score < 0.9 || f.Failed != 1500 || f.Peer != lan(2).String()+":7211" {
		t.Errorf("%+v", f)
	}
	for _, l := range s.days(DefaultConfig())[0].Routers["gw"].Occupancy {
		if l.Total > 2 {
			t.Fatalf("%d entries at once of connections that were refused", l.Total)
		}
	}
	alone := resetOf(t, s.withoutSYNs(), lan(1))
	if alone.Class != Dead || alone.Failed != 1500 || alone.RateS < 1.99 || alone.RateS > 2.01 {
		t.Errorf("resets alone: %+v", alone)
	}
}

func TestCopiesOfResetsAreOneAttempt(t *testing.T) {
	s := newStream()
	s.attempts(lan(1), lan(2), 500*time.Millisecond, func(at time.Time, client, server netip.AddrPort) {
		refuse(s)(at, client, server)
		refuse(s)(at.Add(30*time.Microsecond), client, server)
	})
	for name, log := range map[string]*stream{"with SYNs": s, "alone": s.withoutSYNs()} {
		if f := resetOf(t, log, lan(1)); f.Failed != 1500 || f.Evidence.Events != 1500 {
			t.Errorf("%s: %d failed of %d", name, f.Failed, f.Evidence.Events)
		}
	}
}

func TestWhatIsAnsweredDoesNotFail(t *testing.T) {
	for name, answer := range map[string]func(s *stream, at time.Time, client, server netip.AddrPort){
		"SYN+ACK": func(s *stream, at time.Time, client, server netip.AddrPort) {
			s.packet(at, server, client, parse.SYN|parse.ACK, 0)
		},
		"data of the server": func(s *stream, at time.Time, client, server netip.AddrPort) {
			s.packet(at, server, client, parse.PSH|parse.ACK, 499)
		},
		"data of the client, one way": func(s *stream, at time.Time, client, server netip.AddrPort) {
			s.packet(at, client, server, parse.PSH|parse.ACK, 79)
		},
		"an answer and a reset in the end": func(s *stream, at time.Time, client, server netip.AddrPort) {
			s.packet(at, server, client, parse.SYN|parse.ACK, 0)
			s.packet(at.Add(time.Millisecond), server, client, parse.RST|parse.ACK, 0)
		},
	} {
		s := newStream()
		s.attempts(lan(1), lan(2), 450*time.Millisecond, func(at time.Time, client, server netip.AddrPort) {
			answer(s, at, client, server)
		})
		for _, f := range s.findings(DefaultConfig()) {
			t.Errorf("%s: %s, class %q, score %.2f", name, f.Kind, f.Class, f.Score)
		}
	}
}

func TestNoAnswerInACapture(t *testing.T) {
	s := newStream()
	s.attempts(lan(1), lan(2), 500*time.Millisecond, nil)
	for i := range 20 { // the capture has answers
		client, server := netip.AddrPortFrom(lan(3), uint16(40000+i)), netip.AddrPortFrom(wan(1), 443)
		at := t0.Add(10*time.Hour + time.Duration(i)*time.Second)
		s.add(at, parse.Event{Kind: parse.SessionNew, Src: lan(3), SPort: client.Port(), Dst: wan(1), DPort: 443,
			Proto: parse.TCP, Flags: parse.SYN, Packets: 1})
		s.packet(at.Add(time.Millisecond), server, client, parse.SYN|parse.ACK, 0)
	}
	s.add(t0.Add(12*time.Hour), parse.Event{Kind: parse.System})
	if f := resetOf(t, s, lan(1)); f.Class != Blocked || f.Failed < 1400 {
		t.Errorf("%+v", f)
	}
}

func TestSYNsThatComeAgainAreNotAnswered(t *testing.T) {
	s := newStream()
	s.attempts(lan(1), lan(2), 500*time.Millisecond, func(at time.Time, client, server netip.AddrPort) {
		for _, after := range []time.Duration{time.Second, 3 * time.Second} {
			s.add(at.Add(after), parse.Event{Kind: parse.SessionNew, Src: client.Addr(), SPort: client.Port(),
				Dst: server.Addr(), DPort: server.Port(), Proto: parse.TCP, Flags: parse.SYN})
		}
	})
	s.add(t0.Add(12*time.Hour), parse.Event{Kind: parse.System})
	if f := resetOf(t, s, lan(1)); f.Class != Blocked || f.Failed < 1400 {
		t.Errorf("%+v", f)
	}
}

// TestEvenAttemptsHaveNoCliff walks over intervals about half a second, by stamps of any precision, where the log tells
// of beginnings alone.
func TestEvenAttemptsHaveNoCliff(t *testing.T) {
	for _, ms := range []time.Duration{420, 480, 497, 499, 500, 501, 503, 520, 550, 600, 640} {
		for _, stamp := range []time.Duration{time.Microsecond, time.Second} {
			s := newStream()
			s.attempts(lan(1), lan(2), ms*time.Millisecond, nil)
			for i := range s.events {
				s.events[i].Time -= s.events[i].Time % int64(stamp)
			}
			if f := resetOf(t, s, lan(1)); f.Class != "" || f.Score < 0.5 || f.Score > 0.8 || f.Failed != 0 {
				t.Errorf("every %d ms, stamps of %v: class %q, score %.2f", ms, stamp, f.Class, f.Score)
			}
		}
	}
}

func TestWhoSpeaksToItselfIsInside(t *testing.T) {
	for _, own := range []string{"127.0.0.1", "::1", "203.0.113.5"} {
		s := newStream()
		s.attempts(addr(own), addr(own), 500*time.Millisecond, refuse(s))
		if f := resetOf(t, s, addr(own)); f.Class != Dead || f.Score < 0.9 {
			t.Errorf("%s: %+v", own, f)
		}
	}
	s := newStream()
	s.attempts(addr("203.0.113.5"), addr("203.0.113.5"), 500*time.Millisecond, refuse(s))
	s.session(t0.Add(11*time.Hour), addr("203.0.113.5"), addr("198.51.100.7"), parse.TCP, 443)
	d := s.days(DefaultConfig())[0]
	if n := d.Routers["gw"].Outside; n != 1 {
		t.Errorf("%d sessions between outside addresses, not 1", n)
	}
}

// A capture of a minute and a half shows what fails as well as one of a day: nobody captures for longer to find out.
func TestShortLogOfFailures(t *testing.T) {
	host := netip.MustParseAddr("127.0.0.1")
	log := func(length time.Duration, more time.Duration) []Finding {
		s := newStream()
		at := t0.Add(10 * time.Hour)
		for i := range int(length / (500 * time.Millisecond)) {
			s.packet(at.Add(time.Duration(i)*500*time.Millisecond), netip.AddrPortFrom(host, 7211),
				netip.AddrPortFrom(host, uint16(37044+i)), parse.RST|parse.ACK, 0)
		}
		if more > 0 {
			s.add(at.Add(more), parse.Event{Kind: parse.System})
		}
		return slices.DeleteFunc(s.findings(DefaultConfig()), func(f Finding) bool { return f.Kind != ResetKind })
	}
	for _, c := range []struct {
		length, more time.Duration
		told         bool
	}{
		{95 * time.Second, 0, true},
		{95 * time.Second, 3 * time.Minute, true},
		{95 * time.Second, 4 * time.Minute, false}, // less than half of what the log covers
		{95 * time.Second, time.Hour, false},
		{20 * time.Second, 0, false},
		{11 * time.Minute, time.Hour, true},
	} {
		if got := log(c.length, c.more); len(got) == 1 != c.told {
			t.Errorf("%v of failures in a log of %v: %d findings", c.length, max(c.length, c.more), len(got))
		} else if c.told && got[0].Class != Dead {
			t.Errorf("class %q", got[0].Class)
		}
	}
}
