package detect

import (
	"net/netip"
	"testing"
	"time"

	"uncloak/parse"
)

// hoarded is a day of a table of 600: a hoarder holds 350 entries all day, and a burst of another host fills the rest
// at :30 of each hour for half a minute, while a third one, who opens two sessions a second otherwise, gets nothing.
func hoarded() *stream {
	s := newStream()
	for sec := range 6 * 3600 {
		at := t0.Add(time.Duration(sec) * time.Second)
		in := sec % 3600
		if sec%2 == 0 { // 30 s each: 15 at a time, opened 23 times at once
			for i := range 23 {
				s.session(at, lan(1), wan(sec*100+i), parse.UDP, 9)
			}
		}
		full := in >= 1800 && in < 1830
		if !full {
			s.session(at, lan(3), wan(2*sec), parse.UDP, 4)
			s.session(at.Add(time.Second/2), lan(3), wan(2*sec+1), parse.UDP, 4)
		}
		if in == 1799 {
			s.burst(at, lan(2), 220, time.Second)
		}
		if full && in%5 == 0 {
			s.full(at, 0)
			s.add(at, parse.Event{Kind: parse.Suppressed, Count: 20, Detail: parse.MakeName("net_ratelimit")})
		}
	}
	return s
}

func TestTriggerIsNotHolder(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Table = 600
	n := 0
	for _, f := range hoarded().findings(cfg) {
		if f.Kind != TableFullKind {
			continue
		}
		n++
		if f.Host != lan(1).String() || f.Trigger == "" {
			t.Errorf("holder %s, trigger %s", f.Host, f.Trigger)
		}
		if f.FitsWithout == nil || !*f.FitsWithout || f.Without < 150 || f.Without > 599 {
			t.Errorf("without its holder: %d entries", f.Without)
		}
		if len(f.Victims) != 1 || f.Victims[0].Host != lan(3).String() || f.Victims[0].Count < 35 ||
			f.Victims[0].Count > 62 {
			t.Errorf("victims %+v, want about 52 sessions of %v", f.Victims, lan(3))
		}
	}
	if n != 6 {
		t.Errorf("%d spells", n)
	}
}

func TestNobodySuffers(t *testing.T) {
	s := newStream()
	for sec := range 6 * 3600 {
		at := t0.Add(time.Duration(sec) * time.Second)
		s.session(at, lan(3), wan(sec), parse.UDP, 4)
		if sec%3600 == 1800 {
			s.burst(at, lan(2), 400, 4*time.Second)
			s.full(at.Add(3*time.Second), 0)
		}
	}
	for _, f := range s.findings(DefaultConfig()) {
		if f.Kind == TableFullKind && (len(f.Victims) > 0 || f.Trigger != lan(2).String()) {
			t.Errorf("victims %+v, trigger %s", f.Victims, f.Trigger)
		}
	}
}

func TestInlets(t *testing.T) {
	s := newStream()
	conntrack := func(at time.Time, kind parse.Kind, state parse.State, peer int, port uint16) {
		s.add(at, parse.Event{Kind: kind, State: state, Proto: parse.TCP, Src: wan(peer), SPort: uint16(1024 + peer),
			Dst: addr("203.0.113.7"), DPort: port, NATDst: lan(4), NATDPort: port})
	}
	for i := range 60 { // a forwarded port behind which nobody answers
		conntrack(t0.Add(time.Duration(i)*200*time.Millisecond), parse.SessionNew, parse.SynSent, i, 51413)
	}
	for i := range 40 { // a web server that closes first
		at := t0.Add(time.Duration(i) * 200 * time.Millisecond)
		conntrack(at, parse.SessionNew, parse.SynSent, 100+i, 80)
		conntrack(at.Add(50*time.Millisecond), parse.SessionUpdate, parse.SynRecv, 100+i, 80)
		conntrack(at.Add(60*time.Millisecond), parse.SessionUpdate, parse.Established, 100+i, 80)
		conntrack(at.Add(90*time.Millisecond), parse.SessionUpdate, parse.TimeWait, 100+i, 80)
	}
	for i := range 30 { // only beginnings are logged, and each SYN comes three times
		at := t0.Add(time.Duration(i) * 200 * time.Millisecond)
		e := s.session(at, wan(500+i), lan(5), parse.TCP, 22)
		s.add(at.Add(time.Second), e)
		s.add(at.Add(3*time.Second), e)
	}
	s.full(t0.Add(14*time.Second), 0)
	f := only(t, s.findings(DefaultConfig()), TableFullKind)
	want := []Service{{Host: lan(4).String(), Port: "tcp/51413", Entries: 60, HalfOpen: 60},
		{Host: lan(4).String(), Port: "tcp/80", Entries: 40, TimeWait: 40},
		{Host: lan(5).String(), Port: "tcp/22", Entries: 30, HalfOpen: 30}}
	if len(f.Inlets) != len(want) {
		t.Fatalf("%+v", f.Inlets)
	}
	for i := range want {
		if f.Inlets[i] != want[i] {
			t.Errorf("%+v, want %+v", f.Inlets[i], want[i])
		}
	}
	if f.States["SYN_SENT"] != 90 || f.States["TIME_WAIT"] != 40 {
		t.Errorf("states %v", f.States)
	}
}

func TestInletsAreBounded(t *testing.T) {
	tr := NewTracker(DefaultConfig(), nil, DateOf(t0))
	s := newStream()
	for i := range 3 * maxInlets {
		s.session(t0.Add(time.Duration(i)*time.Millisecond), wan(1), lan(i%200), parse.TCP, uint16(i))
	}
	s.full(t0.Add(time.Second), 0)
	for _, e := range s.events {
		tr.Observe(&e)
	}
	for _, h := range tr.table.routers {
		if len(h.inlets) > maxInlets {
			t.Errorf("%d inlets", len(h.inlets))
		}
	}
	if o := tr.Day().Routers["gw"].Overflows[0]; len(o.Inlets) > topInlets || o.Weight != 1 {
		t.Errorf("%d inlets, weight %d", len(o.Inlets), o.Weight)
	}
}

// TestCulpritIsNoVictim: a host that fills the table is refused most of all, and yet no victim.
func TestCulpritIsNoVictim(t *testing.T) {
	l := map[netip.Addr]loss{lan(1): {100, 120}, lan(2): {100, 120}}
	v := collateral{}
	v.add(l)
	if got := v.victims(l, lan(1).String(), ""); len(got) != 1 || got[0].Host != lan(2).String() {
		t.Errorf("%+v", got)
	}
}
