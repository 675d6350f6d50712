package ingest

import (
	"fmt"
	"net"
	"net/netip"
	"testing"
	"time"

	"uncloak/detect"
	"uncloak/parse"
	"uncloak/store"
)

func fromAddr(s string) source { return source{addr: netip.MustParseAddr(s)} }

func TestAllows(t *testing.T) {
	g := newGate(4)
	g.set(PrivateNetworks(), Rate{}, map[netip.Addr]Router{netip.MustParseAddr("2001:db8::1"): {}})
	for addr, want := range map[string]bool{"192.168.1.1": true, "10.9.8.7": true, "172.31.0.1": true,
		"172.32.0.1": false, "127.0.0.1": true,
		"100.64.1.1": true, "169.254.3.3": true, "8.8.8.8": false, "::1": true, "fe80::1": true, "fd00::5": true,
		"2001:db8::1": true, "2001:db8::2": false} {
		if got := g.allows(fromAddr(addr)); got != want {
			t.Errorf("%s: %v", addr, got)
		}
	}
	if !g.allows(source{name: "unix"}) {
		t.Error("a local socket is refused")
	}
	g.set(nil, Rate{}, nil)
	if !g.allows(fromAddr("8.8.8.8")) {
		t.Error("all are allowed, and one is refused")
	}
}

// from dials with a source address of its own: the whole of 127/8 is ours.
func from(t *testing.T, addr string, to net.Addr) net.Conn {
	t.Helper()
	d := net.Dialer{}
	if to.Network() == "udp" {
		d.LocalAddr = &net.UDPAddr{IP: net.ParseIP(addr)}
	} else {
		d.LocalAddr = &net.TCPAddr{IP: net.ParseIP(addr)}
	}
	c, err := d.Dial(to.Network(), to.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// What a sender that is not allowed sends is counted by its address, and neither stored nor in the way of others.
func TestStrangersAreCounted(t *testing.T) {
	cfg, st := testConfig(), &memory{}
	cfg.UDP, cfg.TCP, cfg.Allow = []string{"127.0.0.1:0"}, []string{"127.0.0.1:0"},
		[]netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
	s, stop := start(t, cfg, st)
	const n = 50
	for i := range n {
		fmt.Fprintf(from(t, "127.0.0.9", s.Addrs()[0]), "<13>stranger %d", i)
	}
	stream := from(t, "127.0.0.9", s.Addrs()[1])
	if _, err := stream.Read(make([]byte, 1)); err == nil {
		t.Error("the connection of a stranger is not closed")
	}
	good := dial(t, s.Addrs()[0])
	for i := range n {
		fmt.Fprintf(good, "<13>good %d", i)
	}
	waitFor(t, s, func(x Stats) bool { return x.Stored == n && x.NotAllowed == n+1 })
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if h := st.health["127.0.0.9"]; h.NotAllowed != n+1 || h.Received != 0 || len(st.lines) != n {
		t.Errorf("%d lines, %+v", len(st.lines), h)
	}
}

// Addresses that are made up fill neither the table of senders nor the accounts.
func TestStrangersAreBounded(t *testing.T) {
	cfg := testConfig()
	cfg.fill()
	s, rows := newSenders(&cfg), map[string]bool{}
	for i := range 1000 {
		for _, h := range s.lost(source{addr: netip.AddrFrom4([4]byte{8, 8, byte(i >> 8), byte(i)})},
			loss{notAllowed: 1}, 5) {
			rows[h.Sender] = true
		}
	}
	if len(rows) != maxStrangers+1 || !rows["others"] || len(s.byID) != 0 {
		t.Errorf("%d rows, %d senders", len(rows), len(s.byID))
	}
	s.take(7)
	if len(s.strangers) != 0 {
		t.Error("they are remembered for ever")
	}
}

func TestRateOfDatagrams(t *testing.T) {
	g := newGate(3)
	gw := fromAddr("192.168.1.1")
	g.set(nil, Rate{Lines: 10, Burst: 5}, map[netip.Addr]Router{gw.addr: {Rate: Rate{Lines: 1000, Burst: 100}}})
	at := time.Unix(1_700_000_000, 0)
	passed := func(from source, n int) (k int) {
		for range n {
			if g.take(from, at.UnixNano()) {
				k++
			}
		}
		return k
	}
	for _, tc := range []struct {
		from      source
		sent, got int
	}{{fromAddr("10.0.0.1"), 20, 5}, {fromAddr("10.0.0.2"), 3, 3}, {fromAddr("10.0.0.2"), 20, 2}, {gw, 150, 100}} {
		if got := passed(tc.from, tc.sent); got != tc.got {
			t.Errorf("%v: %d of %d passed, want %d", tc.from, got, tc.sent, tc.got)
		}
	}
	at = at.Add(200 * time.Millisecond)
	if got := passed(fromAddr("10.0.0.1"), 20); got != 2 {
		t.Errorf("%d passed after 0.2 s at 10 a second", got)
	}
	for i := range 100 { // further senders share one limit
		g.take(source{addr: netip.AddrFrom4([4]byte{10, 1, 0, byte(i)})}, at.UnixNano())
	}
	if len(g.limiters) > 4 {
		t.Errorf("%d limiters", len(g.limiters))
	}
	at = at.Add(time.Hour) // the old ones make room
	if got := passed(fromAddr("10.0.0.7"), 20); got != 5 || len(g.limiters) > 4 {
		t.Errorf("%d passed, %d limiters", got, len(g.limiters))
	}
}

// Beyond its rate a sender's datagrams are counted; a stream is held back and loses nothing; their neighbour notices
// nothing.
func TestRateIsPerSender(t *testing.T) {
	cfg, st := testConfig(), &memory{}
	cfg.UDP, cfg.TCP = []string{"127.0.0.1:0"}, []string{"127.0.0.1:0"}
	cfg.Rate = Rate{Lines: 500, Burst: 100}
	cfg.Routers = map[netip.Addr]Router{netip.MustParseAddr("127.0.0.3"): {Rate: Rate{Lines: 1e6}}}
	s, stop := start(t, cfg, st)
	noisy, stream, healthy := from(t, "127.0.0.2", s.Addrs()[0]), from(t, "127.0.0.4", s.Addrs()[1]),
		from(t, "127.0.0.3", s.Addrs()[0])
	const n = 400
	for i := range n {
		fmt.Fprintf(noisy, "<13>noisy %d", i)
		fmt.Fprintf(stream, "<13>stream %d\n", i)
		fmt.Fprintf(healthy, "<13>healthy %d", i)
	}
	waitFor(t, s, func(x Stats) bool { return x.Received == 3*n })
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if h := st.health["127.0.0.2"]; h.Limited == 0 || h.Received != n {
		t.Errorf("noisy: %+v", h)
	}
	for _, who := range []string{"127.0.0.3", "127.0.0.4"} {
		if h := st.health[who]; h.Limited != 0 || h.Dropped != 0 || h.Received != n {
			t.Errorf("%s: %+v", who, h)
		}
	}
	if got := uint64(len(st.lines)) + st.health["127.0.0.2"].Limited; got != 3*n {
		t.Errorf("%d lines are accounted for", got)
	}
}

func TestSequence(t *testing.T) {
	for _, tc := range []struct {
		name string
		nums []uint32
		want uint64
	}{
		{"without a gap", []uint32{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, 0},
		{"three missing", []uint32{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 14, 15}, 3},
		{"every third missing", []uint32{1, 2, 4, 5, 7, 8, 10, 11, 13, 14, 16, 17}, 2},
		{"numbers of something else", []uint32{500, 80, 7000, 81, 333, 82, 9000, 83, 1, 84, 600, 85}, 0},
		{"one comes late", []uint32{1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 10, 12}, 0},
		{"not yet believed", []uint32{1, 2, 9, 10, 17}, 0},
		{"begins anew", []uint32{1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009, 1010, 1, 2, 3}, 0},
		{"over the end", []uint32{1<<32 - 10, 1<<32 - 9, 1<<32 - 8, 1<<32 - 7, 1<<32 - 6, 1<<32 - 5, 1<<32 - 4,
			1<<32 - 3, 1<<32 - 2, 1<<32 - 1, 2}, 2},
		{"far ahead", []uint32{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1 << 20, 1<<20 + 1}, 0},
	} {
		var s sequence
		for _, n := range tc.nums {
			s.saw(n)
		}
		if got := s.take(1, 0); got != tc.want {
			t.Errorf("%s: %d missing, want %d", tc.name, got, tc.want)
		}
	}
	s := sequence{missing: 5, run: seqTrust}
	if got := s.take(1, 3); got != 2 || s.take(0, 0) != 0 {
		t.Errorf("%d missing beside 3 of our own", got)
	}
	if got := s.take(0, 3); got != 0 {
		t.Errorf("%d missing", got)
	}
	if s.missing = 5; s.take(0, 0) != 2 || s.ours != 0 {
		t.Errorf("the gap of 3 of our own that were told before is told again: %+v", s)
	}
	s = sequence{}
	if s.take(0, 0); s.take(1, 3) != 0 || s.ours != 0 {
		t.Error("lines without numbers leave no gaps")
	}
	s = sequence{}
	for n := range uint32(4) {
		s.saw(100 + n)
	}
	s.take(4, 30) // dropped while its numbers were not believed yet: ten behind 103, and twenty that still wait
	s.saw(114)
	s.take(1, 0)
	for n := range uint32(9) {
		s.saw(115 + n)
	}
	if s.saw(144); s.take(10, 0) != 0 || s.ours != 0 {
		t.Errorf("drops from before the numbers were believed are told as missing: %+v", s)
	}
}

func TestNumberOf(t *testing.T) {
	for line, want := range map[string]int{
		"<189>117: *May  9 12:49:27: %SYS-5-RESTART: x":                             117,
		`<34>1 2026-11-22T01:00:00Z h a - - [meta sequenceId="29" sysUpTime="5"] x`: 29,
		`<34>1 2026-11-22T01:00:00Z h a - - [meta isequenceId="29"] x`:              -1,
		"<13>Nov 22 01:00:00 gw kernel: x":                                          -1,
		"<13>10:00:01 gw x":                                                         -1, "": -1, "117: x": -1,
	} {
		if n, ok := numberOf([]byte(line)); ok != (want >= 0) || ok && int(n) != want {
			t.Errorf("%q: %d %v", line, n, ok)
		}
		for end := range len(line) { // a line that is cut has its whole number or none
			if n, ok := numberOf([]byte(line[:end])); ok && int(n) != want {
				t.Errorf("%q: %d", line[:end], n)
			}
		}
	}
}

// What a sender lost on the way shows in its numbers, is accounted to it, and is not counted twice.
func TestMissingIsCounted(t *testing.T) {
	cfg, st := testConfig(), &memory{}
	cfg.UDP = []string{"127.0.0.1:0"}
	s, _ := start(t, cfg, st)
	c := dial(t, s.Addrs()[0])
	sent := uint64(0)
	for i := range 100 {
		if i%20 == 19 {
			continue
		}
		sent++
		fmt.Fprintf(c, "<189>%d: *Nov 22 01:00:00.000: %%SYS-5-CONFIG_I: Configured from console", 1000+i)
	}
	fmt.Fprint(c, "<5>Nov 22 01:00:00 gw kernel: net_ratelimit: 37 callbacks suppressed")
	waitFor(t, s, func(x Stats) bool { return x.Stored == sent+1 && x.Missing == 4 && x.Suppressed == 37 })
}

// Dropped lines leave gaps in the sequence numbers, which show only when the waiting lines are parsed. The lines are
// counted as dropped already, so they do not count as missing, too.
func TestDroppedLinesAreNotMissing(t *testing.T) {
	cfg, st := testConfig(), &memory{hold: make(chan struct{})}
	cfg.Unixgram = []string{t.TempDir() + "/log"}
	cfg.Queue, cfg.BatchEvents = 100, 10
	s, stop := start(t, cfg, st)
	c := dial(t, s.Addrs()[0])
	const n = 2000
	for i := range n {
		if i == n-1 { // it has a place
			close(st.hold)
			waitFor(t, s, func(x Stats) bool { return x.Received == n-2 })
		}
		if i != 10 {
			fmt.Fprintf(c, "<189>%d: *Nov 22 01:00:00.000: %%SYS-5-CONFIG_I: Configured from console", i)
		}
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if x := s.Stats(); x.Dropped < n/2 || x.Missing != 1 || x.Stored+x.Dropped != n-1 {
		t.Errorf("%+v", x)
	}
}

// Behind a relay each router has an account and a clock of its own.
func TestAccountsBehindRelay(t *testing.T) {
	cfg := testConfig()
	cfg.UDP = []string{"127.0.0.1:0"}
	st := &memory{}
	s, _ := start(t, cfg, st)
	c := dial(t, s.Addrs()[0])
	for range 10 {
		fmt.Fprint(c, "<13>"+time.Now().UTC().Format(time.RFC3339)+" one app: x")
		fmt.Fprint(c, "<13>"+time.Now().UTC().Add(-time.Hour).Format(time.RFC3339)+" two app: x")
	}
	waitFor(t, s, func(x Stats) bool { return x.Stored == 20 })
	got := map[string]store.Health{}
	for _, h := range s.Accounts() {
		got[h.Router] = h
	}
	if len(got) != 2 || got["one"].Received != 10 || got["two"].Received != 10 || got["one"].SkewMS < -5000 ||
		got["two"].SkewMS > -3_500_000 {
		t.Errorf("%+v", got)
	}
}

func TestLossesAreSharedOut(t *testing.T) {
	got := shareOut([]store.Health{
		{Sender: "udp :514", Kernel: 30},
		{Sender: "10.0.0.1", Router: "one", Received: 300, Dropped: 40, Missing: 18},
		{Sender: "10.0.0.1", Router: "two", Received: 100, Missing: 4},
		{Sender: "10.0.0.2", Router: "ap", Received: 200},
		{Sender: "old.log", Router: "gw", Received: 1000},
		{Sender: "10.0.0.9", NotAllowed: 5},
	})
	want := []detect.Sender{
		{Name: "10.0.0.1", Router: "one", Received: 315, Lost: 45, Missing: 3},
		{Name: "10.0.0.1", Router: "two", Received: 105, Lost: 15},
		{Name: "10.0.0.2", Router: "ap", Received: 210, Lost: 10}, {Name: "old.log", Router: "gw", Received: 1000},
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("\n got %+v\nwant %+v", got, want)
	}
}

// Lines with a clock that stays behind by hours get the receiver's time; a backlog, and a clock that is right, keep
// theirs.
func TestSteadilyBehind(t *testing.T) {
	for _, tc := range []struct {
		name     string
		off      func(i int) time.Duration
		repaired bool
	}{
		{"right", func(int) time.Duration { return 0 }, false},
		{"another zone", func(int) time.Duration { return -9 * time.Hour }, true},
		{"a minute behind", func(int) time.Duration { return -time.Minute }, false},
		{"a backlog sent at once", func(i int) time.Duration { return time.Duration(i-1000) * time.Minute }, false},
		{"a relay that sends each hour", func(i int) time.Duration { return -time.Duration(i%10) * 6 * time.Minute },
			false},
	} {
		var s steady
		n := 0
		for i := range 200 {
			if s.behind(int64(tc.off(i)), int64(i)*int64(10*time.Second)) {
				n++
			}
		}
		if (n > 150) != tc.repaired || !tc.repaired && n > 0 {
			t.Errorf("%s: %d of 200 repaired", tc.name, n)
		}
	}
}

// A live sender whose clock is another zone's: after some minutes its lines have the receiver's time, and the account
// says how far it is off.
func TestWrongZoneIsRepaired(t *testing.T) {
	cfg := testConfig()
	cfg.fill()
	s := newSenders(&cfg)
	sn := s.of(fromAddr("192.168.1.1"), 5)
	a := s.account(sn, sn.fallback.name)
	begin := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	believed := 0
	for i := range 100 {
		recv := begin.Add(time.Duration(i) * 10 * time.Second)
		st := parse.Stamp{HasUnix: true, Unix: recv.Add(-9 * time.Hour).UnixNano()}
		if at, spread := sn.time(a, &st, recv.UnixNano()); at != recv.UnixNano() {
			believed++
		} else if spread != detect.NotBelieved {
			t.Errorf("line %d: spread %d", i, spread)
		}
	}
	if believed > steadyLines || a.skew() != -9*3600*1000 || a.health.Repaired != uint64(100-believed) {
		t.Errorf("%d lines have the sender's time; %d ms off; %+v", believed, a.skew(), a.health)
	}
}

// Routers that the configuration names have an account of their own, however many addresses are made up.
func TestConfiguredRoutersKeepTheirAccount(t *testing.T) {
	cfg := testConfig()
	cfg.Senders, cfg.Routers = 2, map[netip.Addr]Router{netip.MustParseAddr("192.168.1.1"): {Name: "gw"}}
	cfg.fill()
	s := newSenders(&cfg)
	for i := range 10 {
		s.of(source{addr: netip.AddrFrom4([4]byte{10, 0, 0, byte(i)})}, 5)
	}
	if sn := s.of(fromAddr("192.168.1.1"), 5); sn.named == nil || len(s.byID) != 4 {
		t.Errorf("%+v, %d senders", sn, len(s.byID))
	}
}
