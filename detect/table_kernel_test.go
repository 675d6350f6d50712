package detect

import (
	"testing"
	"time"

	"uncloak/parse"
)

// changes writes the lines that a table itself tells of.
type changes struct {
	*stream
	t *testing.T
}

// say adds a line about a session of lan(1) with that port, in a state, with a timeout in seconds; 0 = it tells none.
func (c changes) say(at time.Duration, kind parse.Kind, proto uint8, port uint16, s parse.State, timeout uint32) {
	c.add(t0.Add(at), parse.Event{Kind: kind, Src: lan(1), Dst: wan(1), Proto: proto, SPort: port, DPort: 80, State: s,
		Count: timeout})
}

// entries gives the entries of the table at that time.
func (c changes) entries(at time.Duration) int {
	c.t.Helper()
	tr := NewTracker(DefaultConfig(), nil, DateOf(t0))
	for _, e := range c.sorted() {
		if e.Time <= t0.Add(at).UnixNano() {
			tr.Observe(&e)
		}
	}
	tr.advance(t0.Add(at).UnixNano())
	return tr.table.entries.n
}

func (c changes) want(at time.Duration, n int) {
	c.t.Helper()
	if got := c.entries(at); got != n {
		c.t.Errorf("%v: %d entries, want %d", at, got, n)
	}
}

func newChanges(t *testing.T) changes { return changes{newStream(), t} }

// TestPortUsedAgain reads what Linux tells when a client takes a port again: the end of the old entry, and within the
// same microsecond the beginning of the new one.
func TestPortUsedAgain(t *testing.T) {
	c := newChanges(t)
	for round := range 4 {
		for port := uint16(2000); port < 2100; port++ {
			at := time.Duration(round)*20*time.Second + time.Duration(port-2000)*time.Millisecond
			if round > 0 {
				c.say(at, parse.SessionEnd, parse.TCP, port, parse.NoState, 0)
			}
			c.say(at, parse.SessionNew, parse.TCP, port, parse.SynSent, 120)
			c.say(at+time.Millisecond/2, parse.SessionUpdate, parse.TCP, port, parse.Established, 432000)
			c.say(at+5*time.Second, parse.SessionUpdate, parse.TCP, port, parse.TimeWait, 120)
		}
	}
	for _, at := range []time.Duration{18 * time.Second, 38 * time.Second, 58 * time.Second, 78 * time.Second} {
		c.want(at, 100)
	}
	if n := c.days(DefaultConfig())[0].Routers["gw"].Sessions; n != 400 {
		t.Errorf("%d sessions, want 400", n)
	}
}

// TestPortUsedAgainWithoutStates is the same of a log that names no states; its beginnings stand where they happened,
// too.
func TestPortUsedAgainWithoutStates(t *testing.T) {
	c := newChanges(t)
	for i := range time.Duration(5) {
		c.say(i*10*time.Second, parse.SessionNew, parse.TCP, 2000, parse.NoState, 0)
		c.say((i+1)*10*time.Second, parse.SessionEnd, parse.TCP, 2000, parse.NoState, 0)
	}
	c.want(45*time.Second, 1)
	if n := c.days(DefaultConfig())[0].Routers["gw"].Sessions; n != 5 {
		t.Errorf("%d sessions, want 5", n)
	}
}

// TestNewBeforeALostEnd: the table tells of each entry once, so that a second beginning of one that is still there is
// another session.
func TestNewBeforeALostEnd(t *testing.T) {
	c := newChanges(t)
	for i := range time.Duration(3) {
		c.say(i*70*time.Second, parse.SessionNew, parse.TCP, 2000, parse.SynSent, 120)
		c.say(i*70*time.Second+1, parse.SessionUpdate, parse.TCP, 2000, parse.TimeWait, 120)
	}
	c.want(150*time.Second, 1)
	if n := c.days(DefaultConfig())[0].Routers["gw"].Sessions; n != 3 {
		t.Errorf("%d sessions, want 3", n)
	}
}

// TestOnlyEndsTakeEntriesAway: Linux collects expired entries up to a minute late, and packets prolong what no line
// tells of.
func TestOnlyEndsTakeEntriesAway(t *testing.T) {
	c := newChanges(t)
	for i := range 60 {
		at := time.Duration(i) * time.Second
		c.say(at, parse.SessionNew, parse.UDP, uint16(2000+i), parse.Unreplied, 30)
		c.say(at+1, parse.SessionUpdate, parse.UDP, uint16(2000+i), parse.Replied, 30)
		if i == 0 {
			c.say(at+3*time.Second, parse.SessionUpdate, parse.UDP, uint16(2000+i), parse.Replied, 120)
		} else {
			c.say(95*time.Second, parse.SessionEnd, parse.UDP, uint16(2000+i), parse.NoState, 0)
		}
	}
	for i := range 200 { // lines that let time pass
		at := 100*time.Second + time.Duration(i)*10*time.Second
		c.say(at, parse.SessionNew, parse.UDP, 9999, parse.Unreplied, 30)
		c.say(at+5*time.Second, parse.SessionEnd, parse.UDP, 9999, parse.NoState, 0)
	}
	c.want(94*time.Second, 60)
	c.want(98*time.Second, 1)
	c.want(2000*time.Second, 2) // the first one, which still talks, and the last
}

// TestFirstEndsAreFew: what is refused ends at once, what expires up to a minute late, so that the first ends say
// nothing of how many are told.
func TestFirstEndsAreFew(t *testing.T) {
	c := newChanges(t)
	for i := range 200 {
		at := time.Duration(i) * 30 * time.Millisecond
		c.say(at, parse.SessionNew, parse.UDP, uint16(2000+i), parse.Unreplied, 6)
		c.say(at+1, parse.SessionUpdate, parse.UDP, uint16(2000+i), parse.Replied, 6)
		c.say(60*time.Second, parse.SessionEnd, parse.UDP, uint16(2000+i), parse.NoState, 0)
		if i%50 == 0 {
			c.say(at+2, parse.SessionNew, parse.TCP, uint16(9000+i), parse.SynSent, 12)
			c.say(at+3, parse.SessionEnd, parse.TCP, uint16(9000+i), parse.NoState, 0)
		}
	}
	for at := 10 * time.Second; at < 60*time.Second; at += 2 * time.Second {
		c.say(at, parse.SessionNew, parse.TCP, uint16(at/time.Second), parse.SynSent, 12)
		c.say(at+1, parse.SessionEnd, parse.TCP, uint16(at/time.Second), parse.NoState, 0)
	}
	c.want(59*time.Second, 200)
	c.want(62*time.Second, 0)
}

// TestLostEndsDoNotHold: where ends fail to come, what the last line promised is believed.
func TestLostEndsDoNotHold(t *testing.T) {
	c := newChanges(t)
	for i := range 1000 {
		at := time.Duration(i) * time.Second
		c.say(at, parse.SessionNew, parse.UDP, uint16(2000+i), parse.Unreplied, 30)
		c.say(at+1, parse.SessionUpdate, parse.UDP, uint16(2000+i), parse.Replied, 30)
		if i%10 != 0 {
			c.say(at+40*time.Second, parse.SessionEnd, parse.UDP, uint16(2000+i), parse.NoState, 0)
		}
	}
	if n := c.entries(999 * time.Second); n < 38 || n > 38+25 {
		t.Errorf("%d entries, want 40 and those of the last minutes whose end is lost", n)
	}
}

// TestLogWithoutEnds: beginnings and changes alone are no promise of ends for ever.
func TestLogWithoutEnds(t *testing.T) {
	c := newChanges(t)
	for i := range 1000 {
		at := time.Duration(i) * time.Second
		c.say(at, parse.SessionNew, parse.UDP, uint16(2000+i), parse.Unreplied, 30)
		c.say(at+1, parse.SessionUpdate, parse.UDP, uint16(2000+i), parse.Replied, 30)
	}
	if n := c.entries(999 * time.Second); n < 28 || n > 64 {
		t.Errorf("%d entries, want 30 and those that wait for the collector", n)
	}
}

// TestClosedDoorHoldsNothing: a host that knocks twice a second at one door, and at no other, is refused each time, and
// Linux forgets what is answered by a reset at once.
func TestClosedDoorHoldsNothing(t *testing.T) {
	for _, silent := range []bool{false, true} {
		c := newChanges(t)
		for i := range 200 {
			at := time.Duration(i) * 400 * time.Millisecond
			c.say(at, parse.SessionNew, parse.TCP, uint16(2000+i), parse.NoState, 0)
			for _, again := range []time.Duration{1, 3, 7} {
				if silent { // the client repeats its SYN
					c.say(at+again*time.Second, parse.SessionNew, parse.TCP, uint16(2000+i), parse.NoState, 0)
				}
			}
		}
		peak := uint32(0)
		for _, l := range c.days(DefaultConfig())[0].Routers["gw"].Occupancy {
			peak = max(peak, l.Total)
		}
		if !silent && peak > 0 || silent && peak < 190 {
			t.Errorf("repeated SYNs %v: %d entries at once", silent, peak)
		}
		if n := c.days(DefaultConfig())[0].Routers["gw"].Sessions; n != 200 {
			t.Errorf("%d sessions, want 200", n)
		}
	}
}

// TestTimeoutsAreTheRouters: its lines tell them, and the replay changes those.
func TestTimeoutsAreTheRouters(t *testing.T) {
	c := newChanges(t)
	for i := range 300 {
		at := time.Duration(i) * 200 * time.Millisecond
		c.say(at, parse.SessionNew, parse.UDP, uint16(2000+i), parse.Unreplied, 12)
		c.say(at+1, parse.SessionUpdate, parse.UDP, uint16(2000+i), parse.Replied, 12)
		c.say(at+15*time.Second, parse.SessionEnd, parse.UDP, uint16(2000+i), parse.NoState, 0)
	}
	for _, x := range []struct {
		change      string
		least, most int
	}{{"udp=12", 74, 76}, {"udp=6", 30, 45}, {"udp_stream=6", 74, 76}, {"udp=24", 125, 140}} {
		var ch Change
		if err := ch.Add(x.change, nil); err != nil {
			t.Fatal(err)
		}
		w, err := c.replay(t0, t0.Add(time.Hour)).WhatIf(&ch, false)
		if err != nil {
			t.Fatal(err)
		}
		if n := w.After.Likely.Peak; n < x.least || n > x.most {
			t.Errorf("%s: %d entries at most, want %d to %d", x.change, n, x.least, x.most)
		}
	}
}

// TestResetLeavesNoEntry: a refused session of a capture is over for the replay, too.
func TestResetLeavesNoEntry(t *testing.T) {
	c := newChanges(t)
	for i := range 100 {
		at := t0.Add(time.Duration(i) * 100 * time.Millisecond)
		c.add(at, parse.Event{Kind: parse.SessionNew, Src: lan(1), Dst: wan(1), Proto: parse.TCP,
			SPort: uint16(2000 + i), DPort: 80, Flags: parse.SYN, Packets: 1})
		c.add(at.Add(time.Millisecond), parse.Event{Kind: parse.Reset, Src: wan(1), Dst: lan(1), Proto: parse.TCP,
			SPort: 80, DPort: uint16(2000 + i), Flags: parse.RST | parse.ACK, Packets: 1})
	}
	var closed []*stint
	in := newStints(DefaultConfig(), func(*stint) {}, func(s *stint) { closed = append(closed, s) })
	for _, e := range c.sorted() {
		in.observe(&e, func(Date) *Day { return nil })
	}
	if len(closed) != 100 {
		t.Fatalf("%d sessions are over, want 100", len(closed))
	}
	for _, s := range closed {
		if s.end-s.start > int64(time.Second) {
			t.Fatalf("held for %v", time.Duration(s.end-s.start))
		}
	}
}
