package detect

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"uncloak/parse"
)

func TestDeadServiceAndBlocked(t *testing.T) {
	s := newStream()
	for i := range 4000 { // two a second for half an hour
		at := t0.Add(10*time.Hour + time.Duration(i)*500*time.Millisecond)
		for _, c := range []struct {
			host int
			end  parse.Event
		}{
			{1, parse.Event{Packets: 2, Bytes: 100}},                    // SYN, RST
			{2, parse.Event{State: parse.Unreplied, Packets: 1}},        // SYN
			{3, parse.Event{Packets: 12, Bytes: 4000}},                  // a busy client that is served
			{4, parse.Event{Flags: parse.RST, Proto: parse.TCP}},        // ASA: TCP Reset-O, 0 bytes
			{5, parse.Event{Flags: parse.RST, Packets: 9, Bytes: 7000}}, // served, closed by RST
		} {
			e := s.session(at, lan(c.host), wan(1), parse.TCP, 7211)
			end := c.end
			end.Kind, end.Src, end.Dst, end.SPort, end.DPort, end.Proto = parse.SessionEnd, e.Src, e.Dst, e.SPort,
				e.DPort, e.Proto
			s.add(at.Add(100*time.Millisecond), end)
		}
	}
	got := map[string]string{}
	for _, f := range s.findings(DefaultConfig()) {
		if f.Kind == ResetKind {
			got[f.Host] = f.Class
			if f.RateS < 1.9 || f.RateS > 2.1 || f.Failed != 4000 || !f.Start.Equal(t0.Add(10*time.Hour)) {
				t.Errorf("%+v", f)
			}
		}
	}
	want := map[string]string{lan(1).String(): Dead, lan(2).String(): Blocked, lan(4).String(): Dead}
	if len(got) != len(want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for h, c := range want {
		if got[h] != c {
			t.Errorf("%s: %q, want %q", h, got[h], c)
		}
	}
}

func TestConntrackStatesTellFailures(t *testing.T) {
	s := newStream()
	for i := range 2000 {
		at := t0.Add(time.Duration(i) * time.Second)
		e := s.session(at, lan(1), wan(1), parse.TCP, 25)
		e.Kind, e.State = parse.SessionUpdate, parse.Close
		s.add(at.Add(50*time.Millisecond), e)
		ok := s.session(at, lan(2), wan(2), parse.TCP, 25)
		ok.Kind, ok.State = parse.SessionUpdate, parse.Established
		s.add(at.Add(50*time.Millisecond), ok)
		ok.State = parse.Close // reset after it was open
		s.add(at.Add(900*time.Millisecond), ok)
	}
	f := only(t, s.findings(DefaultConfig()), ResetKind)
	if f.Host != lan(1).String() || f.Class != Dead {
		t.Errorf("%+v", f)
	}
}

func TestBackgroundResetsAreNotAlarmed(t *testing.T) {
	s := newStream()
	for i := range 200 { // 2 in 30 s, as on every network
		at := t0.Add(time.Duration(i) * 15 * time.Second)
		e := s.session(at, lan(1), wan(1), parse.TCP, 443)
		e.Kind, e.Packets = parse.SessionEnd, 2
		s.add(at.Add(time.Second), e)
	}
	for _, f := range s.findings(DefaultConfig()) {
		t.Errorf("%s %s", f.Kind, f.Host)
	}
}

func TestScans(t *testing.T) {
	rng := rand.New(rand.NewPCG(31, 32))
	s := newStream()
	for i := range 20000 { // a steady scanner that also browses
		s.session(t0.Add(time.Duration(i)*4*time.Second), lan(1), wan(rng.IntN(1<<22)), parse.TCP, 23)
		if i%10 == 0 {
			s.session(t0.Add(time.Duration(i)*4*time.Second), lan(1), wan(rng.IntN(300)), parse.TCP, 443)
		}
	}
	for p := range uint16(200) {
		s.session(t0.Add(time.Duration(p)*20*time.Second), lan(2), wan(9), parse.TCP, 1000+p)
	}
	for i := range 8000 { // NTP, a messenger with 40 servers, a browser
		at := t0.Add(time.Duration(i) * 10 * time.Second)
		s.session(at, lan(3), wan(rng.IntN(4)), parse.UDP, 123)
		s.session(at, lan(4), wan(rng.IntN(40)), parse.TCP, 5223)
		s.session(at, lan(5), wan(rng.IntN(5000)), parse.TCP, 443)
	}
	got := map[string]Finding{}
	for _, f := range s.findings(DefaultConfig()) {
		got[f.Host] = f
	}
	h, v := got[lan(1).String()], got[lan(2).String()]
	if h.Kind != ScanKind || h.Class != Horizontal || h.Port != 23 || math.Abs(float64(h.Peers)-20000) > 2000 {
		t.Errorf("horizontal: %+v", h)
	}
	if v.Kind != ScanKind || v.Class != Vertical || v.Peer != wan(9).String() {
		t.Errorf("vertical: %+v", v)
	}
	if len(got) != 2 {
		t.Errorf("accused: %v", got)
	}
}

func TestGrowth(t *testing.T) {
	rng := rand.New(rand.NewPCG(41, 42))
	s := newStream()
	for day := range 21 {
		base := t0.Add(time.Duration(day) * 24 * time.Hour)
		weekend := 1.0
		if wd := base.Weekday(); wd == time.Saturday || wd == time.Sunday {
			weekend = 0.7
		}
		put := func(host int, n float64) {
			for i := range int(n) {
				s.session(base.Add(time.Duration(float64(i)/n*float64(23*time.Hour+50*time.Minute))), lan(host),
					wan(rng.IntN(50)), parse.TCP, 443)
			}
		}
		put(1, 200*math.Pow(1.03, float64(day))*(0.95+0.1*rng.Float64()))
		put(2, 200*weekend*(0.8+0.4*rng.Float64()))
		put(3, 150+100*rng.Float64())
	}
	f := only(t, s.findings(DefaultConfig()), GrowthKind)
	if f.Host != lan(1).String() || f.GrowthDay < 0.025 || f.GrowthDay > 0.035 || f.DoublesDays < 19 ||
		f.DoublesDays > 28 {
		t.Errorf("%+v", f)
	}
}

func TestTrend(t *testing.T) {
	rng := rand.New(rand.NewPCG(51, 52))
	x := make([]float64, 28)
	flat := make([]float64, 28)
	grow := make([]float64, 28)
	for i := range x {
		x[i] = float64(i)
		flat[i] = 100 + 10*math.Sin(float64(i))
		grow[i] = 100 * math.Exp(0.02*float64(i)) * (0.99 + 0.02*rng.Float64())
	}
	if g := trendOf(x, grow); math.Abs(g.slope-0.02) > 1e-3 || g.p > 1e-6 || g.low > g.slope || g.high < g.slope ||
		g.high-g.low > 0.01 {
		t.Errorf("grows: slope %v, p %v", g.slope, g.p)
	}
	if p := trendOf(x, flat).p; p < 0.05 {
		t.Errorf("flat: p %v", p)
	}
	if p := trendOf(x, make([]float64, 28)).p; p != 1 {
		t.Errorf("zeros: p %v", p)
	}
}

func TestTargetsAreBounded(t *testing.T) {
	s := newStream()
	for i := range 5000 {
		s.session(t0.Add(time.Duration(i)*time.Second), lan(1), wan(i), parse.TCP, uint16(i%200))
		s.session(t0.Add(time.Duration(i)*time.Second), lan(1), wan(1<<20), parse.TCP, 9999)
	}
	h := s.days(DefaultConfig())[0].Hosts[lan(1)]
	if len(h.Targets) > maxTargets || len(h.Fans) > maxFans {
		t.Errorf("%d targets, %d fans", len(h.Targets), len(h.Fans))
	}
	if x := h.Targets[Door{wan(1 << 20), Port{parse.TCP, 9999}}]; x == nil || x.N != 5000 {
		t.Errorf("the most used door is lost: %+v", x)
	}
}

// The bugs below were found by review, each with the test that shows it.

func TestScanOutsideTheWindow(t *testing.T) {
	s := newStream()
	for i := range 400 {
		s.session(t0.Add(time.Hour+time.Duration(i)*5*time.Second), lan(9), wan(i), parse.TCP, 23)
	}
	s.session(t0.Add(20*time.Hour), lan(8), wan(1), parse.TCP, 443)
	// panicked
	Findings(s.days(DefaultConfig()), DefaultConfig(), Window{t0.Add(12 * time.Hour), t0.Add(36 * time.Hour)})
}

// A local day touches two UTC days, and what is counted by the day is told whole: hosts and sessions of the same time.
// A window within the scan has the same finding, not one with numbers cut down to it.
func TestScanIsToldWhole(t *testing.T) {
	s := newStream()
	for i := range 48000 { // 1000 an hour over two days, nobody twice
		s.session(t0.Add(time.Duration(i)*3600*time.Millisecond), lan(1), wan(i), parse.TCP, 22)
	}
	days := s.days(DefaultConfig())
	for _, c := range []struct {
		name     string
		from, to time.Duration
		want     int
	}{
		{"half of each", 12 * time.Hour, 36 * time.Hour, 48000},
		{"ten minutes of the first day", 12 * time.Hour, 12*time.Hour + 10*time.Minute, 24000},
		{"before noon of the second", 24 * time.Hour, 36 * time.Hour, 24000},
		{"more than the sketch of a port holds", 0, 48 * time.Hour, 48000},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := only(t, Findings(days, DefaultConfig(), Window{t0.Add(c.from), t0.Add(c.to)}), ScanKind)
			if f.Peers > f.Sessions || math.Abs(float64(f.Peers-c.want)) > 0.07*float64(c.want) ||
				math.Abs(float64(f.Sessions-c.want)) > 0.01*float64(c.want) {
				t.Errorf("%d hosts with %d sessions, want about %d", f.Peers, f.Sessions, c.want)
			}
		})
	}
}

func TestVerticalScanOfAnySize(t *testing.T) {
	for _, n := range []int{120, 250, 300, 600, 1000, 1100} {
		s := newStream()
		for p := range n {
			s.session(t0.Add(time.Duration(p)*20*time.Second), lan(2), wan(9), parse.TCP, uint16(1+p))
			if p < 120 {
				s.session(t0.Add(time.Duration(p)*20*time.Second), lan(2), wan(1000+p), parse.TCP, 443)
			}
		}
		f := only(t, s.findings(DefaultConfig()), ScanKind)
		if f.Class != Vertical || f.Peer != wan(9).String() || f.Sessions > n || f.Sessions < scanPorts {
			t.Errorf("%d ports: %+v", n, f)
		}
	}
}

func TestScanOfTwoPortsHasOneName(t *testing.T) {
	s := newStream()
	for i := range 400 {
		at := t0.Add(time.Duration(i) * 30 * time.Second)
		s.session(at, lan(1), wan(i), parse.TCP, 22)
		s.session(at, lan(1), wan(i), parse.TCP, 23)
	}
	days := s.days(DefaultConfig())
	for range 20 {
		if f := only(t, Findings(days, DefaultConfig(), Window{t0, t0.Add(24 * time.Hour)}), ScanKind); f.Port != 22 {
			t.Fatalf("port %d", f.Port)
		}
	}
}

func TestKillsWithoutAPID(t *testing.T) {
	s := newStream()
	for i, proc := range []string{"httpd", "mysqld", "named"} {
		s.add(t0.Add(time.Duration(i)*5*time.Second), parse.Event{Kind: parse.OOMKill, Detail: parse.MakeName(proc)})
	}
	if n := len(s.days(DefaultConfig())[0].Routers["gw"].Kills); n != 3 {
		t.Errorf("%d kills, want 3", n)
	}
}

func TestBurstBesideALoad(t *testing.T) {
	s := newStream()
	for i := range 360 { // all of the hour from three: 120 sessions in one second of each slot
		for k := range 120 {
			s.session(t0.Add(3*time.Hour+time.Duration(i)*10*time.Second), lan(1), wan(k), parse.TCP, 80)
		}
	}
	for i := range 30 {
		s.session(t0.Add(4*time.Hour+time.Duration(i%10)*time.Second), lan(1), wan(500+i), parse.TCP, 80)
	}
	days := s.days(DefaultConfig())
	for _, a := range activities(days, nil, Window{t0, t0.Add(24 * time.Hour)}) {
		for _, r := range a.bursts {
			if at := time.Unix(0, r.start).UTC(); at.Before(t0.Add(3*time.Hour)) || at.After(t0.Add(5*time.Hour)) {
				t.Errorf("a burst at %v", at)
			}
		}
	}
}

func TestSpellsOfTwoRoutersOverMidnight(t *testing.T) {
	s := newStream()
	mid := t0.Add(24 * time.Hour)
	for _, x := range []struct {
		router string
		at     time.Duration
	}{{"a", -5 * time.Second}, {"b", -4 * time.Second}, {"a", 5 * time.Second}} {
		s.router = parse.MakeName(x.router)
		s.full(mid.Add(x.at), 0)
	}
	fs := s.findings(DefaultConfig())
	if len(fs) != 2 {
		t.Errorf("%d findings, want one a router: %v", len(fs), kinds(fs))
	}
}

func TestOverflowOfAnUnknownMachine(t *testing.T) {
	s := newStream()
	s.burst(t0, lan(5), 700, 5*time.Second)
	s.session(t0.Add(2*time.Hour), lan(6), wan(1), parse.TCP, 443)
	s.router = parse.MakeName("nas2") // logs no sessions, and fills its table while the network is quiet
	s.full(t0.Add(2*time.Hour+time.Second), 0)
	f := only(t, s.findings(DefaultConfig()), TableFullKind)
	if f.Host != "" || len(f.Holders) != 0 || f.Entries != 0 {
		t.Errorf("blames the sessions of another router: %+v", f)
	}
}
