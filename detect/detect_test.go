package detect

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"uncloak/parse"
)

var t0 = time.Date(2026, 11, 17, 0, 0, 0, 0, time.UTC)

func addr(s string) netip.Addr { return netip.MustParseAddr(s) }

func lan(n int) netip.Addr {
	return netip.AddrFrom4([4]byte{192, 168, byte(128 + n/250), byte(n%250 + 1)})
}

func wan(n int) netip.Addr {
	return netip.AddrFrom4([4]byte{byte(20 + n>>16%100), byte(n >> 8), byte(n), 9})
}

// stream collects events; its methods add what a router would log.
type stream struct {
	events []parse.Event
	port   uint16
	router parse.Name
}

func newStream() *stream { return &stream{router: parse.MakeName("gw")} }

func (s *stream) add(at time.Time, e parse.Event) {
	e.Time, e.Router = at.UnixNano(), s.router
	s.events = append(s.events, e)
}

func (s *stream) session(at time.Time, src, dst netip.Addr, proto uint8, dport uint16) parse.Event {
	s.port = max(s.port+1, 1024)
	e := parse.Event{Kind: parse.SessionNew, Src: src, Dst: dst, Proto: proto, SPort: s.port, DPort: dport}
	s.add(at, e)
	return e
}

// burst opens n sessions to n hosts within d.
func (s *stream) burst(at time.Time, src netip.Addr, n int, d time.Duration) {
	for i := range n {
		s.session(at.Add(d*time.Duration(i)/time.Duration(n)), src, wan(rand.IntN(1<<20)), parse.UDP, 6881)
	}
}

// lookups asks one resolver for n names within d.
func (s *stream) lookups(at time.Time, src netip.Addr, n int, d time.Duration) {
	for i := range n {
		s.session(at.Add(d*time.Duration(i)/time.Duration(n)), src, addr("198.51.100.53"), parse.UDP, 53)
	}
}

func (s *stream) full(at time.Time, n uint32) {
	s.add(at, parse.Event{Kind: parse.TableFull, Count: n})
}

func (s *stream) sorted() []parse.Event {
	slices.SortStableFunc(s.events, func(a, b parse.Event) int { return int(a.Time/1e3 - b.Time/1e3) })
	return s.events
}

// days runs the events through one tracker after the other, as a daemon would.
func (s *stream) days(cfg Config) []*Day {
	var out []*Day
	var tr *Tracker
	for _, e := range s.sorted() {
		d := dateOf(e.Time)
		if tr == nil || tr.Date() != d {
			var prev *Day
			if tr != nil {
				prev = tr.Day()
				out = append(out, prev)
			}
			tr = NewTracker(cfg, prev, d)
		}
		tr.Observe(&e)
	}
	if tr != nil {
		out = append(out, tr.Day())
	}
	return out
}

func (s *stream) findings(cfg Config) []Finding {
	days := s.days(cfg)
	fs := Findings(days, cfg, Window{days[0].Date.Start(), days[len(days)-1].Date.End()})
	if wrong := notInTable(fs); wrong != "" {
		panic(wrong)
	}
	return fs
}

func only(t *testing.T, fs []Finding, kind string) Finding {
	t.Helper()
	var out []Finding
	for _, f := range fs {
		if f.Kind == kind {
			out = append(out, f)
		}
	}
	if len(out) != 1 {
		t.Fatalf("want one %s, got %d in %v", kind, len(out), kinds(fs))
	}
	return out[0]
}

func kinds(fs []Finding) (out []string) {
	for _, f := range fs {
		out = append(out, f.Kind+" "+f.Host)
	}
	return out
}

func TestForgottenBitTorrentClient(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	s := newStream()
	vmhost, oldsrv, pc := lan(11), lan(10), lan(9)
	for slot := range 48 {
		if slot%13 == 5 { // missed
			continue
		}
		at := t0.Add(time.Duration(slot)*30*time.Minute + time.Duration(rng.NormFloat64()*4*1e9))
		s.burst(at, vmhost, 600, 4*time.Second)
		s.lookups(at.Add(time.Second), oldsrv, 300, 4*time.Second)
		s.full(at.Add(3*time.Second), 0)
		s.add(at.Add(8*time.Second), parse.Event{Kind: parse.Suppressed, Count: 90,
			Detail: parse.MakeName("net_ratelimit")})
		s.full(at.Add(8*time.Second), 0)
	}
	for at := t0; at.Before(t0.Add(24 * time.Hour)); at = at.Add(time.Duration(20+rng.IntN(400)) * time.Second) {
		for range 1 + rng.IntN(12) {
			s.session(at.Add(time.Duration(rng.IntN(3000))*time.Millisecond), pc, wan(rng.IntN(1<<20)), parse.TCP, 443)
		}
	}
	cfg := DefaultConfig()
	fs := s.findings(cfg)
	p := only(t, fs, PeriodicBurst)
	if p.Host != vmhost.String() || p.PeriodS != 1800 || !slices.Equal(p.Minutes, []int{0, 30}) || p.Missed < 2 ||
		p.Causes != oldsrv.String() {
		t.Errorf("periodic burst: %+v", p)
	}
	if p.PValue > 1e-20 || p.Severity != Critical {
		t.Errorf("p = %g, severity %s", p.PValue, p.Severity)
	}
	e := only(t, fs, PTRStorm)
	if e.Host != oldsrv.String() || e.Causes != vmhost.String() || e.LagS < 0 || e.LagS > 3 ||
		e.Resolver != "198.51.100.53" {
		t.Errorf("echo: %+v", e)
	}
	n := 0
	for _, f := range fs {
		if f.Kind == TableFullKind {
			n++
			if f.Host != vmhost.String() || f.TableShare < 0.5 || f.Group != p.ID || f.Drops != 92 {
				t.Errorf("table full: %+v", f)
			}
		} else if f.Host == pc.String() {
			t.Errorf("accuses the browser: %+v", f)
		}
	}
	if n != p.Seen {
		t.Errorf("%d spells, %d bursts", n, p.Seen)
	}
}

func TestLiveIsReplay(t *testing.T) {
	s := newStream()
	rng := rand.New(rand.NewPCG(3, 4))
	for i := range 20000 {
		at := t0.Add(22*time.Hour + time.Duration(i)*700*time.Millisecond)
		e := s.session(at, lan(rng.IntN(30)), wan(rng.IntN(5000)), parse.TCP, 443)
		if i%3 == 0 {
			e.Kind = parse.SessionEnd
			s.add(at.Add(time.Duration(rng.IntN(300))*time.Second), e)
		}
	}
	cfg := DefaultConfig()
	live := s.days(cfg)
	var prev *Day
	for _, want := range live {
		stored := &Day{}
		if prev != nil { // through the store
			b, err := prev.MarshalBinary()
			if err != nil {
				t.Fatal(err)
			}
			if err := stored.UnmarshalBinary(b); err != nil {
				t.Fatal(err)
			}
			prev = stored
		}
		replay := NewTracker(cfg, prev, want.Date)
		for _, e := range s.events {
			replay.Observe(&e)
		}
		got := replay.Day()
		differ(t, "live and replay", encoded(t, want), encoded(t, got))
		prev = want
	}
	if len(live) != 2 || len(live[0].Open) == 0 {
		t.Fatalf("%d days, %d sessions over midnight", len(live), len(live[0].Open))
	}
}

// encoded prints a day in one order.
func encoded(t *testing.T, d *Day) string {
	t.Helper()
	out := fmt.Sprintln(d.Date, d.Events, d.First, d.Last, d.Open, d.Echoes, d.Dropped)
	for _, a := range d.HostList() {
		h := *d.Hosts[a]
		targets, fans := map[Door]Target{}, map[Port]Fan{}
		for k, x := range h.Targets {
			targets[k] = *x
		}
		for k, x := range h.Fans {
			fans[k] = *x
		}
		h.PeerHLL, h.Targets, h.Fans = nil, nil, nil
		out += fmt.Sprintf("%v %+v %v %v\n", a, h, targets, fans)
	}
	for n, r := range d.Routers {
		out += fmt.Sprintf("%s %+v\n", n, *r)
	}
	return out
}

// differ reports the first line in which two days differ, not megabytes.
func differ(t *testing.T, what, a, b string) {
	t.Helper()
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			t.Errorf("%s:\n%.300s\n%.300s", what, x[i], y[i])
			return
		}
	}
	if len(x) != len(y) {
		t.Errorf("%s: %d and %d lines", what, len(x), len(y))
	}
}

func TestMerge(t *testing.T) {
	cfg := DefaultConfig()
	shards := make([]*stream, 3)
	whole := newStream()
	rng := rand.New(rand.NewPCG(5, 6))
	for i := range shards {
		shards[i] = newStream()
	}
	for i := range 6000 {
		k := rng.IntN(3)
		e := whole.session(t0.Add(time.Duration(i)*time.Second), lan(k*40+rng.IntN(5)), wan(rng.IntN(3000)), parse.UDP,
			uint16(rng.IntN(20)))
		shards[k].add(t0.Add(time.Duration(i)*time.Second), e)
	}
	day := func(s *stream) *Day { return s.days(cfg)[0] }
	merge := func(order ...int) *Day {
		d := NewDay(DateOf(t0))
		for _, k := range order {
			if err := d.Merge(day(shards[k])); err != nil {
				t.Fatal(err)
			}
		}
		return d
	}
	differ(t, "order of merging", encoded(t, merge(0, 1, 2)), encoded(t, merge(2, 0, 1)))
	got, want := merge(0, 1, 2), day(whole)
	for _, h := range want.HostList() {
		if x, y := fmt.Sprint(got.Hosts[h].Sessions), fmt.Sprint(want.Hosts[h].Sessions); x != y {
			t.Errorf("%v: merged %s, whole %s", h, x, y)
		}
	}
	if err := got.Merge(NewDay(1)); err == nil {
		t.Error("merged days of different dates")
	}
	self := day(shards[0])
	if err := self.Merge(day(shards[0])); err != nil {
		t.Fatal(err)
	}
	for a, h := range self.Hosts {
		if h.Peers != day(shards[0]).Hosts[a].Peers {
			t.Errorf("%v: peers counted twice", a)
		}
	}
}

func TestBounds(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Limits = Limits{Hosts: 10, Sessions: 100, Spells: 3}
	tr := NewTracker(cfg, nil, DateOf(t0))
	s := newStream()
	for i := range 400 {
		s.session(t0.Add(time.Duration(i)*time.Millisecond), lan(i%50), wan(i), parse.TCP, uint16(i))
	}
	for i := range 8 {
		at := t0.Add(time.Duration(i+1) * 10 * time.Minute)
		s.full(at, 0)
		s.add(at, parse.Event{Kind: parse.OOMKill, Count: uint32(i), Detail: parse.MakeName("httpd")})
		s.add(at, parse.Event{Kind: parse.WindowShrink, DPort: 80})
	}
	for i := range maxPorts * 3 {
		s.session(t0.Add(2*time.Hour), lan(0), wan(i), parse.TCP, uint16(i))
	}
	for _, e := range s.events {
		tr.Observe(&e)
	}
	d := tr.Day()
	r := d.Routers["gw"]
	if len(d.Hosts) > 11 || tr.table.entries.n > 100 || len(r.Overflows) > 4 || len(r.Kills) > 3 || len(r.Shrinks) > 3 {
		t.Errorf("hosts %d, entries %d, overflows %d, kills %d, shrinks %d", len(d.Hosts), tr.table.entries.n,
			len(r.Overflows), len(r.Kills), len(r.Shrinks))
	}
	for _, what := range []string{"hosts", "sessions", "kills", "shrinks"} {
		if d.Dropped[what] == 0 {
			t.Errorf("%s were left out and not counted: %v", what, d.Dropped)
		}
	}
	if n := len(d.Hosts[lan(0)].Ports); n > maxPorts {
		t.Errorf("%d ports", n)
	}
	total := uint64(0)
	for _, h := range d.Hosts {
		total += h.Sessions.Total()
	}
	if want := uint64(400 + 3*maxPorts); total != want {
		t.Errorf("%d sessions counted, want %d: the bounds must not lose any", total, want)
	}
}

func TestRecentPeersAreBounded(t *testing.T) {
	tr := NewTracker(DefaultConfig(), nil, DateOf(t0))
	maxRecent := tr.table.maxEnded()
	for i := range maxRecent + 50 {
		tr.remember(wan(i), lan(1), hashAddr(wan(i)), t0.UnixNano())
	}
	if n := tr.recent[0].n + tr.recent[1].n; n > maxRecent || tr.day.Dropped["recent peers"] == 0 {
		t.Errorf("%d peers remembered, dropped %v", n, tr.day.Dropped)
	}
	if _, ok := tr.spokeTo(wan(maxRecent+49), t0.UnixNano()); !ok {
		t.Error("the last peer is forgotten")
	}
	later := t0.Add(time.Hour).UnixNano()
	tr.remember(wan(maxRecent+99), lan(1), hashAddr(wan(maxRecent+99)), later)
	if _, ok := tr.spokeTo(wan(maxRecent+49), later); ok {
		t.Error("an old peer is remembered")
	}
}

func TestOtherDateIsRefused(t *testing.T) {
	tr := NewTracker(DefaultConfig(), nil, DateOf(t0))
	e := parse.Event{Time: t0.Add(25 * time.Hour).UnixNano(), Kind: parse.TableFull}
	if tr.Observe(&e) || tr.Day().Events != 0 {
		t.Error("took an event of another day")
	}
}

func TestDateBeforeEpoch(t *testing.T) {
	for _, tc := range []struct {
		at   time.Time
		want string
	}{
		{time.Date(1969, 12, 31, 23, 59, 59, 0, time.UTC), "1969-12-31"},
		{time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC), "1970-01-01"},
		{time.Date(2026, 11, 21, 23, 59, 59, 999999999, time.UTC), "2026-11-21"},
	} {
		if got := DateOf(tc.at).String(); got != tc.want {
			t.Errorf("%v: %s, want %s", tc.at, got, tc.want)
		}
	}
}

func TestWindowIsWhatWasSeen(t *testing.T) {
	s := newStream()
	for h := range 40 {
		s.burst(t0.Add(time.Duration(h)*time.Hour+17*time.Minute), lan(1), 100, 3*time.Second)
	}
	days := s.days(DefaultConfig())
	narrow := Findings(days, DefaultConfig(), Window{t0, t0.Add(48 * time.Hour)})
	wide := Findings(days, DefaultConfig(), Window{t0.AddDate(-90, 0, 0), t0.AddDate(90, 0, 0)})
	if len(narrow) != 1 || !reflect.DeepEqual(narrow, wide) {
		t.Errorf("%v in two days, %v in 180 years", kinds(narrow), kinds(wide))
	}
	if fs := Findings(nil, DefaultConfig(), Window{t0, t0.Add(time.Hour)}); len(fs) != 0 {
		t.Errorf("%v in nothing", kinds(fs))
	}
	if fs := Findings(days, DefaultConfig(), Window{t0.AddDate(1, 0, 0), t0.AddDate(2, 0, 0)}); len(fs) != 0 {
		t.Errorf("%v in another year", kinds(fs))
	}
}

func BenchmarkObserve(b *testing.B) {
	s := newStream()
	rng := rand.New(rand.NewPCG(7, 8))
	for i := range 200000 {
		s.session(t0.Add(time.Duration(i)*400*time.Millisecond), lan(rng.IntN(200)), wan(rng.IntN(1<<18)), parse.TCP,
			443)
	}
	cfg := DefaultConfig()
	b.ReportAllocs()
	n, before := 0, cpu(b)
	for b.Loop() {
		tr := NewTracker(cfg, nil, DateOf(t0))
		for i := range s.events {
			tr.Observe(&s.events[i])
		}
		n += len(s.events)
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "events/s")
	b.ReportMetric(float64(n)/(cpu(b)-before), "events/cpu-s")
}

// cpu is the processor time that the process has used, in seconds: what a benchmark can go by where other jobs run.
func cpu(tb testing.TB) float64 {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		tb.Fatal(err)
	}
	return float64(r.Utime.Nano()+r.Stime.Nano()) / 1e9
}

func BenchmarkFindings(b *testing.B) {
	s := newStream()
	for day := range 28 {
		for slot := range 48 {
			s.burst(t0.Add(time.Duration(day)*24*time.Hour+time.Duration(slot)*30*time.Minute), lan(1), 100,
				3*time.Second)
		}
		for i := range 3000 {
			s.session(t0.Add(time.Duration(day)*24*time.Hour+time.Duration(i)*28*time.Second), lan(2+i%20), wan(i),
				parse.TCP, 443)
		}
	}
	cfg := DefaultConfig()
	days := s.days(cfg)
	b.ReportAllocs()
	for b.Loop() {
		Findings(days, cfg, Window{t0, t0.Add(28 * 24 * time.Hour)})
	}
}
