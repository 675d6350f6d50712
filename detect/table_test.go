package detect

import (
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"uncloak/parse"
)

// TestTableAgainstModel compares the rebuilt table with a count by definition: at each second, the sessions that have
// begun, have not ended, and have not timed out.
func TestTableAgainstModel(t *testing.T) {
	cfg := DefaultConfig()
	rng := rand.New(rand.NewPCG(11, 12))
	type life struct {
		host     netip.Addr
		from, to int64
	}
	var lives []life
	s := newStream()
	for i := range 3000 {
		at := t0.Add(time.Duration(i) * 1300 * time.Millisecond)
		src := lan(rng.IntN(4))
		s.session(at, src, wan(rng.IntN(1<<20)), parse.UDP, 9)
		lives = append(lives, life{src, at.UnixNano(), at.Add(cfg.Timeouts.UDP).UnixNano()})
	}
	d := s.days(cfg)[0]
	for _, l := range d.Routers["gw"].Occupancy {
		start := t0.Add(time.Duration(l.I) * SlotLen).UnixNano()
		most := 0
		for sec := range int64(10) {
			n := 0
			for _, x := range lives {
				if at := start + sec*1e9; x.from <= at && at < x.to {
					n++
				}
			}
			most = max(most, n)
		}
		if diff := int(l.Total) - most; diff < -2 || diff > 3 { // entries go within two seconds of their timeout
			t.Errorf("slot %d: %d entries, want %d", l.I, l.Total, most)
		}
	}
}

func TestSessionIsCountedOnce(t *testing.T) {
	s := newStream()
	e := s.session(t0, lan(1), wan(1), parse.TCP, 443)
	for _, after := range []time.Duration{time.Second, 3 * time.Second, 7 * time.Second} { // SYN again
		s.add(t0.Add(after), e)
	}
	end := e
	end.Kind, end.Bytes = parse.SessionEnd, 1234
	end.Src, end.Dst, end.SPort, end.DPort = e.Dst, e.Src, e.DPort, e.SPort // the device names the sides by interface
	s.add(t0.Add(20*time.Second), end)
	s.add(t0.Add(30*time.Second), e) // the same ports, a new session
	d := s.days(DefaultConfig())[0]
	h := d.Hosts[lan(1)]
	if n := h.Sessions.Total(); n != 2 {
		t.Errorf("%d sessions, want 2", n)
	}
	if h.Bytes != 1234 || d.Routers["gw"].Ends != 1 {
		t.Errorf("bytes %d, ends %d", h.Bytes, d.Routers["gw"].Ends)
	}
}

func TestInboundSessionBelongsToWhomItReaches(t *testing.T) {
	s := newStream()
	s.add(t0, parse.Event{Kind: parse.SessionNew, Proto: parse.TCP, Src: wan(1), SPort: 5000, Dst: addr("203.0.113.7"),
		DPort: 51413, NATDst: lan(12), NATDPort: 51413})
	s.add(t0, parse.Event{Kind: parse.SessionNew, Proto: parse.TCP, Src: wan(2), SPort: 5000, Dst: lan(12),
		DPort: 51413})
	// the router's own
	s.add(t0, parse.Event{Kind: parse.SessionNew, Proto: parse.TCP, Src: addr("203.0.113.7"), SPort: 5000, Dst: wan(3),
		DPort: 53})
	d := s.days(DefaultConfig())[0]
	if n := d.Hosts[lan(12)].Inbound.Total(); n != 2 {
		t.Errorf("%d inbound sessions, want 2", n)
	}
	if len(d.Hosts) != 1 {
		t.Errorf("hosts: %v", d.HostList())
	}
	if l := d.Routers["gw"].Occupancy[0]; l.Total != 3 {
		t.Errorf("table holds %d, want 3", l.Total)
	}
}

func TestSuppressedBelongsToTheSpellBefore(t *testing.T) {
	s := newStream()
	quiet := func(at time.Time, n uint32) {
		s.add(at, parse.Event{Kind: parse.Suppressed, Count: n, Detail: parse.MakeName("net_ratelimit")})
	}
	quiet(t0, 138) // of something before the log began
	s.full(t0, 0)
	quiet(t0.Add(5*time.Second), 199)
	s.full(t0.Add(5*time.Second), 0)
	s.add(t0.Add(6*time.Second), parse.Event{Kind: parse.Repeated, Count: 9}) // last message repeated 9 times
	quiet(t0.Add(3*time.Hour), 10)                                            // printed with the next one, hours later
	s.full(t0.Add(3*time.Hour), 7)                                            // message repeated 7 times: [ … ]
	d := s.days(DefaultConfig())[0]
	o := d.Routers["gw"].Overflows
	if len(o) != 2 || o[0].Lines != 11 || o[0].Hidden != 209 || o[1].Lines != 7 || o[1].Hidden != 0 {
		t.Errorf("spells: %+v", o)
	}
	if d.Routers["gw"].Other["suppressed"] != 138 {
		t.Errorf("other suppressed: %v", d.Routers["gw"].Other)
	}
}

func TestOneKillIsCountedOnce(t *testing.T) {
	s := newStream()
	for _, k := range []struct {
		at  time.Duration
		pid uint32
	}{{0, 870}, {time.Millisecond, 870}, {time.Second, 888}, {2 * time.Hour, 870}} {
		s.add(t0.Add(k.at), parse.Event{Kind: parse.OOMKill, Count: k.pid, Detail: parse.MakeName("httpd")})
	}
	if n := len(s.days(DefaultConfig())[0].Routers["gw"].Kills); n != 3 {
		t.Errorf("%d kills, want 3", n)
	}
}

func TestWebServerThatHung(t *testing.T) {
	s := newStream()
	kill := func(i int, pid uint32) {
		s.add(t0.Add(time.Duration(i)*time.Microsecond), parse.Event{Kind: parse.OOMKill, Count: pid,
			Detail: parse.MakeName("httpd"), Spread: 60000})
	}
	shrink := func(i int, port uint16) {
		s.add(t0.Add(time.Duration(i)*time.Microsecond), parse.Event{Kind: parse.WindowShrink, SPort: port, DPort: 80,
			Spread: 3600000})
	}
	kill(0, 870)
	kill(1, 888)
	kill(2, 884)
	shrink(3, 39660)
	kill(4, 895)
	shrink(5, 45465)
	shrink(6, 45465)
	kill(7, 2367)
	shrink(8, 21267)
	shrink(9, 56875)
	fs := s.findings(DefaultConfig())
	o, w := only(t, fs, OOM), only(t, fs, ShrinkKind)
	if o.Kills != 5 || o.Proc != "httpd" || o.Severity != Critical || o.With != w.ID || o.SpreadS != 60 {
		t.Errorf("oom: %+v", o)
	}
	if w.Shrinks != 5 || len(w.PeerPorts) != 4 || w.Port != 80 || w.Group != o.Group || w.PeerPorts[0] != "***:39660" {
		t.Errorf("window shrink: %+v", w)
	}
}

func TestTableOfAnotherName(t *testing.T) {
	// The sessions are logged under one name (a firewall, a switch), the overflow under the router's.
	s := newStream()
	s.router = parse.MakeName("asa")
	s.burst(t0, lan(5), 500, 5*time.Second)
	s.router = parse.MakeName("gw")
	s.session(t0, lan(6), wan(1), parse.TCP, 443)
	s.full(t0.Add(5*time.Second), 0)
	cfg := DefaultConfig()
	cfg.Tables = map[string]int{"gw": 512}
	f := only(t, s.findings(cfg), TableFullKind)
	if f.Host != lan(5).String() || f.TableShare < 0.9 || f.Capacity != 512 || f.Router != "gw" {
		t.Errorf("%+v", f)
	}
}

func TestEchoNeedsMoreThanTheSameMinute(t *testing.T) {
	rng := rand.New(rand.NewPCG(21, 22))
	s := newStream()
	for h := range 24 {
		at := t0.Add(time.Duration(h) * time.Hour)
		s.burst(at, lan(1), 300, 3*time.Second)
		// its own business
		s.lookups(t0.Add(time.Duration(rng.Int64N(int64(24*time.Hour)))), lan(2), 200, 5*time.Second)
	}
	for _, f := range s.findings(DefaultConfig()) {
		if f.Kind == PTRStorm {
			t.Errorf("random storms called an echo: %+v", f)
		}
	}
}

func TestSharedNames(t *testing.T) {
	s := newStream()
	for h := range 8 {
		at := t0.Add(time.Duration(h) * time.Hour)
		for i := range 100 {
			peer := wan(rand.IntN(1 << 20))
			s.session(at.Add(time.Duration(i)*20*time.Millisecond), lan(1), peer, parse.UDP, 6881)
			looked := peer
			if i%4 == 0 {
				looked = wan(1<<21 + i)
			}
			s.add(at.Add(time.Second+time.Duration(i)*20*time.Millisecond),
				parse.Event{Kind: parse.DNSQuery, Src: lan(2), NATDst: looked, Detail: parse.MakeName("x")})
		}
	}
	f := only(t, s.findings(DefaultConfig()), PTRStorm)
	if f.Host != lan(2).String() || f.Causes != lan(1).String() || f.Shared < 0.7 || f.Shared > 0.8 {
		t.Errorf("%+v", f)
	}
}

// In the capture of a 6.18 router with ulogd a refused connection's [DESTROY] stands before the kernel's line about its
// SYN, and the NFLOG copy of that SYN follows 50 s later: it was counted twice, and its entry stayed for the full
// timeout.
func TestEndOvertakesBeginning(t *testing.T) {
	s := newStream()
	for i := range 100 {
		at := t0.Add(time.Duration(i) * time.Second)
		s.port++
		e := parse.Event{Kind: parse.SessionNew, Src: lan(1), Dst: wan(1), Proto: parse.TCP, SPort: 2000 + s.port,
			DPort: 9999}
		end := e
		end.Kind = parse.SessionEnd
		s.add(at, end)
		s.add(at, e)
		s.add(at.Add(50*time.Second), e)
	}
	d := s.days(DefaultConfig())[0]
	if n := d.Hosts[lan(1)].Sessions.Total(); n != 100 {
		t.Errorf("%d sessions, want 100", n)
	}
	if occ := d.Routers["gw"].Occupancy; len(occ) > 0 {
		t.Errorf("ended sessions hold entries: %+v", occ)
	}
}

// TestSessionsOfOnlyEnds counts sessions whose beginnings are not logged, and none of those whose beginnings are.
func TestSessionsOfOnlyEnds(t *testing.T) {
	s := newStream()
	for i := range 30 {
		at := t0.Add(time.Duration(i) * time.Second)
		end := parse.Event{Kind: parse.SessionEnd, Src: lan(1), Dst: wan(1), Proto: parse.TCP, SPort: uint16(2000 + i),
			DPort: 80}
		s.add(at, end)
		begin := end
		begin.Kind, begin.Src = parse.SessionNew, lan(2)
		s.add(at, begin)
		end.Src = lan(2)
		s.add(at.Add(time.Second/2), end)
	}
	if r := s.days(DefaultConfig())[0].Routers["gw"]; r.EndsOnly != 30 || r.Sessions != 60 {
		t.Errorf("%d sessions of %d with only an end, want 30 of 60", r.EndsOnly, r.Sessions)
	}
}

func TestUDPPortIsUsedAgain(t *testing.T) {
	s := newStream()
	e := parse.Event{Kind: parse.SessionNew, Src: lan(1), Dst: wan(1), Proto: parse.UDP, SPort: 51413, DPort: 6881}
	end := e
	end.Kind = parse.SessionEnd
	s.add(t0, e)
	s.add(t0.Add(30*time.Second), end)
	s.add(t0.Add(40*time.Second), e)
	if n := s.days(DefaultConfig())[0].Hosts[lan(1)].Sessions.Total(); n != 2 {
		t.Errorf("%d sessions, want 2", n)
	}
}

func TestEndsAreBounded(t *testing.T) {
	tb := newTable(NewDay(DateOf(t0)), nil, 1<<14)
	maxEnded := tb.maxEnded()
	for i := range 3 * maxEnded {
		tb.end(tb.spot(Key{Src: lan(1), Dst: wan(i), DPort: 1}), t0.UnixNano(), true, true)
	}
	if n := tb.ends[0].n + tb.ends[1].n; n > 2*maxEnded {
		t.Errorf("%d ends remembered", n)
	}
}

func TestBurstAcrossSlots(t *testing.T) {
	s := newStream()
	s.burst(t0.Add(time.Hour+6*time.Second), lan(1), 40, 8*time.Second) // 20 sessions in each of two slots
	for i := range 300 {                                                // one a second is no burst
		s.session(t0.Add(2*time.Hour+time.Duration(i)*time.Second), lan(2), wan(i), parse.TCP, 80)
	}
	f := only(t, s.findings(DefaultConfig()), BurstKind)
	if f.Host != lan(1).String() || f.Sessions != 40 || !f.Start.Equal(t0.Add(time.Hour+6*time.Second)) {
		t.Errorf("%+v", f)
	}
}

func TestOtherFullTablesBlameNobody(t *testing.T) {
	s := newStream()
	s.burst(t0, lan(1), 50, time.Second)
	for _, which := range []string{"dst cache", "expectations", "open files"} {
		s.add(t0.Add(time.Second), parse.Event{Kind: parse.TableFull, Detail: parse.MakeName(which)})
	}
	s.add(t0.Add(2*time.Hour), parse.Event{Kind: parse.TableFull, Detail: parse.MakeName("pf states")})
	d := s.days(DefaultConfig())[0]
	r := d.Routers["gw"]
	if len(r.Overflows) != 1 || r.Other["dst cache full"] != 1 || r.Other["open files full"] != 1 {
		t.Errorf("overflows %+v, other %v", r.Overflows, r.Other)
	}
}

func TestSessionsWithoutATimeAreNoBurst(t *testing.T) {
	s := newStream()
	for i := range 200 { // untimed lines of a dump, all put in the middle of what they lie between
		s.add(t0.Add(time.Hour), parse.Event{Kind: parse.SessionNew, Src: lan(1), Dst: wan(i), Proto: parse.TCP,
			SPort: uint16(i), DPort: 80, Spread: 3600000})
	}
	d := s.days(DefaultConfig())[0]
	if len(d.Hosts) != 0 || d.Routers["gw"].Other["session-new without a time"] != 200 || d.Events != 200 {
		t.Errorf("hosts %v, other %v", d.HostList(), d.Routers["gw"].Other)
	}
}

// brief is a host that asks once a second; the end of each session is logged after half a minute.
func (s *stream) brief(host netip.Addr, length time.Duration) {
	for at := time.Duration(0); at < length; at += time.Second {
		e := s.session(t0.Add(at), host, wan(int(at/time.Second)), parse.UDP, 53)
		e.Kind = parse.SessionEnd
		s.add(t0.Add(at+30*time.Second), e)
	}
}

// TestLongSessionsHoldTheirEntries has a host that keeps 600 long sessions, none of which is over yet, beside one that
// opens more, short ones, in a log of beginnings and ends. The first holds the table that is full.
func TestLongSessionsHoldTheirEntries(t *testing.T) {
	s := newStream()
	s.brief(lan(2), 5*time.Hour)
	for i := range 600 {
		s.session(t0.Add(2*time.Hour+time.Duration(i)*5*time.Second), lan(1), wan(1), parse.TCP, 5432)
	}
	s.full(t0.Add(3*time.Hour), 9)
	f := only(t, s.findings(DefaultConfig()), TableFullKind)
	if f.Host != lan(1).String() || f.TableShare < 0.9 || f.Entries < 600 {
		t.Errorf("%s held %.2f of %d entries", f.Host, f.TableShare, f.Entries)
	}
}

// TestHostWhoseEndsAreNotLogged has a host of whose sessions only the beginnings are logged, beside others that are
// told whole: its short sessions show that, and so its long ones hold no entry for ever.
func TestHostWhoseEndsAreNotLogged(t *testing.T) {
	s := newStream()
	s.brief(lan(2), 5*time.Hour)
	for i := range 600 {
		at := t0.Add(time.Hour + time.Duration(i)*10*time.Second)
		s.session(at, lan(1), wan(1), parse.UDP, 53)
		s.session(at, lan(1), wan(i), parse.TCP, 443)
	}
	for _, l := range s.days(DefaultConfig())[0].Routers["gw"].Occupancy {
		if l.Total > 200 {
			t.Fatalf("%d entries in slot %d", l.Total, l.I)
		}
	}
}
