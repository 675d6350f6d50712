package report

import (
	"context"
	"flag"
	"fmt"
	"iter"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"uncloak/detect"
	"uncloak/parse"
	"uncloak/store"
)

var update = flag.Bool("update", false, "write the golden files")

// golden compares got with testdata/name.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("%s differs (go test -update writes it anew); got:\n%s", name, got)
	}
}

// lines is a store that answers each question with the same line, and remembers the questions.
type lines struct {
	store.Store
	raw    string
	n      int
	health []store.Health
	odd    []string // answers to questions for unknown lines, which are not remembered
	asked  []store.Query
	passes int // calls of First
	err    error
}

func (s *lines) Events(_ context.Context, q store.Query) iter.Seq2[store.Entry, error] {
	if len(q.Kinds) == 1 && q.Kinds[0] == parse.Unknown {
		return s.unknown(q.Limit)
	}
	s.asked = append(s.asked, q)
	return func(yield func(store.Entry, error) bool) {
		buf := make([]byte, 0, 2048) // reused, as the contract allows
		for i := range s.n {
			if s.err != nil {
				yield(store.Entry{}, s.err)
				return
			}
			buf = append(buf[:0], fmt.Sprintf(s.raw, i)...)
			e := store.Entry{Raw: buf}
			if len(q.Kinds) > 0 {
				e.Kind = q.Kinds[0]
			}
			if !yield(e, nil) {
				return
			}
			for k := range buf {
				buf[k] = 'X'
			}
		}
	}
}

func (s *lines) First(ctx context.Context, qs []store.Query) (out [][]store.Entry, err error) {
	s.passes++
	for _, q := range qs {
		var es []store.Entry
		for e, err := range s.Events(ctx, q) {
			if err != nil {
				return nil, err
			}
			e.Raw = slices.Clone(e.Raw)
			if es = append(es, e); len(es) == q.Limit {
				break
			}
		}
		out = append(out, es)
	}
	return out, nil
}

func (s *lines) unknown(limit int) iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		for i, l := range s.odd {
			if limit > 0 && i >= limit ||
				!yield(store.Entry{Raw: []byte(l), Event: parse.Event{Router: parse.MakeName("gw")}}, nil) {
				return
			}
		}
		if s.err != nil {
			yield(store.Entry{}, s.err)
		}
	}
}

func (s *lines) Health(context.Context, store.Window) ([]store.Health, error) { return s.health, s.err }

func mustZone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

var (
	vmhost = netip.MustParseAddr("192.168.128.12")
	oldsrv = netip.MustParseAddr("192.168.128.11")
	tv     = netip.MustParseAddr("192.168.128.13")
	pc1    = netip.MustParseAddr("192.168.128.10")
)

// home is the network of docs/incidents.md, 1, over n local days from 2026-11-16 in Tokyo: bursts at :00 and :30, of
// which one is missed a day, an old server that looks up the same addresses, a table of 4096, and hosts others that
// browse.
func home(t testing.TB, n, others int) (days []*detect.Day, fs []detect.Finding, opt Options) {
	loc := mustZone(t, "Asia/Tokyo")
	from := time.Date(2026, 11, 16, 0, 0, 0, 0, loc)
	opt = Options{From: from, To: from.AddDate(0, 0, n), Location: loc, Now: from.AddDate(0, 0, n).Add(3 * time.Hour),
		Config: detect.DefaultConfig(), Version: "v0.1.0", Data: "/var/lib/uncloak"}
	opt.Config.Location, opt.Config.Table = loc, 4096
	b := builder{days: map[detect.Date]*detect.Day{}}
	for a, name := range map[netip.Addr]string{vmhost: "vmhost", oldsrv: "oldsrv", tv: "tv", pc1: "pc1"} {
		b.names(from, opt.To, a, name)
	}
	group := "periodic-burst-192.168.128.12-1800s"
	var fulls []detect.Finding
	burst := detect.Finding{ID: group, Group: group, Kind: detect.PeriodicBurst, Severity: detect.Critical,
		Router: "gw", Host: "192.168.128.12",
		Score: 0.99, Rhythm: detect.Rhythm{PeriodS: 1800, Minutes: []int{0, 30}, JitterS: 2.1}, PValue: 3e-41,
		Sessions: 2140, Peers: 2031, LengthS: 4.2, Ports: []string{"udp/6881", "tcp/51413", "tcp/6882"},
		Echo: detect.Echo{Causes: "192.168.128.11"},
		Application: &detect.Application{Guess: detect.AppBitTorrent, Reasons: []string{"many different peers (2031 " +
			"for 2140 sessions)", "ports that BitTorrent clients have as defaults (udp/6881 and tcp/51413)"},
			Confidence: 0.85}}
	for i := 0; i < 48*n; i++ {
		at := from.Add(time.Duration(i)*30*time.Minute + time.Duration(i*7%5)*time.Second)
		b.quiet(at, others)
		if i%48 == 17 {
			burst.Missed++
			continue
		}
		b.burst(at, i)
		burst.Seen++
		burst.Bursts = append(burst.Bursts, detect.Burst{Start: at, LengthS: 4, Sessions: 2100 + i%80,
			Peers: 2000 + i%60})
		fulls = append(fulls, spell(at.Add(2*time.Second).UTC(), group))
	}
	burst.Start, burst.End = burst.Bursts[0].Start, burst.Bursts[len(burst.Bursts)-1].Start.Add(4*time.Second)
	next := opt.To.UTC()
	burst.Next = &next
	for i := range fulls {
		fulls[i].Episodes = len(fulls)
	}
	echo := detect.Finding{ID: "ptr-storm-192.168.128.11", Group: group, Kind: detect.PTRStorm,
		Severity: detect.Warning, Router: "gw", Host: "192.168.128.11",
		Start: burst.Start, End: burst.End, Score: 0.95, Seen: burst.Seen,
		Echo: detect.Echo{Causes: "192.168.128.12", LagS: 0.4, Lookups: 1990, Shared: 0.97, Resolver: "198.51.100.53"}}
	ask := detect.Ask{From: burst.Start, To: burst.End, Router: "gw", Host: vmhost, Kind: "session-new"}
	burst.Evidence = detect.Evidence{Events: uint64(2140 * burst.Seen), Ask: ask}
	ask.Host, ask.Port = oldsrv, 53
	echo.Evidence = detect.Evidence{Events: uint64(1990 * echo.Seen), Ask: ask}
	for _, d := range b.order() {
		days = append(days, b.days[d])
	}
	return days, append([]detect.Finding{echo, burst}, fulls...), opt
}

// spell is 39 s in which the table was full.
func spell(at time.Time, group string) detect.Finding {
	end := at.Add(39 * time.Second)
	return detect.Finding{ID: fmt.Sprintf("table-full-gw-%d", at.Unix()), Group: group, Kind: detect.TableFullKind,
		Severity: detect.Critical, Router: "gw", Host: "192.168.128.12",
		Start: at, End: end, Score: 0.86, TableFull: detect.TableFull{TableShare: 0.83,
			Holders: []detect.Share{{Host: "192.168.128.12", Share: 0.83}, {Host: "192.168.128.11", Share: 0.11},
				{Host: "192.168.128.10", Share: 0.03}, {Host: "router and others", Share: 0.01}}, Entries: 4096,
			Capacity: 4096}, Lines: 10, Drops: 70, Evidence: detect.Evidence{Events: 10,
			Ask: detect.Ask{From: at, To: end.Add(1), Router: "gw", Kind: "table-full"}}}
}

// hangup is the dump of docs/incidents.md, 2, with masked peers.
func hangup(from time.Time) []detect.Finding {
	oom := detect.Finding{ID: "oom-web2-httpd", Kind: detect.OOM, Severity: detect.Critical, Router: "web2",
		Start: from.Add(9 * time.Hour), End: from.Add(9*time.Hour + 8*time.Minute), Score: 1,
		Memory: detect.Memory{Proc: "httpd", Kills: 5, PIDs: []uint32{870, 888, 884, 895, 902}}, SpreadS: 260,
		With: "window-shrink-web2-80"}
	shrink := detect.Finding{ID: "window-shrink-web2-80", Group: "oom-web2-httpd", Kind: detect.ShrinkKind,
		Severity: detect.Warning, Router: "web2", Start: oom.Start, End: oom.End, Score: 1,
		Shrinks: 5, Port: 80, PeerPorts: []string{"***.***.***.***:39660", "***.***.***.***:45465",
			"***.***.***.***:51022", "***.***.***.***:60001"}, SpreadS: 260, With: oom.ID}
	oom.Group = oom.ID
	oom.Evidence.Ask = detect.Ask{From: oom.Start.Add(-260 * time.Second), To: oom.End.Add(260 * time.Second),
		Kind: "oom-kill"}
	shrink.Evidence.Ask = detect.Ask{From: oom.Start.Add(-260 * time.Second), To: oom.End.Add(260 * time.Second),
		Port: 80, Kind: "window-shrink"}
	return []detect.Finding{oom, shrink}
}

// builder puts events into days by hand, in order of time.
type builder struct{ days map[detect.Date]*detect.Day }

func (b builder) order() (out []detect.Date) {
	lo, hi := detect.Date(1<<30), detect.Date(0)
	for d := range b.days {
		lo, hi = min(lo, d), max(hi, d)
	}
	for d := lo; d <= hi; d++ {
		if b.days[d] != nil {
			out = append(out, d)
		}
	}
	return out
}

func (b builder) day(at time.Time) (*detect.Day, uint16) {
	d := detect.DateOf(at)
	if b.days[d] == nil {
		b.days[d] = detect.NewDay(d)
		b.days[d].Routers["gw"] = &detect.Router{Other: map[string]uint64{}, Unparsed: 12}
	}
	return b.days[d], uint16(at.Sub(d.Start()) / detect.SlotLen)
}

func (b builder) host(d *detect.Day, a netip.Addr) *detect.Host {
	if d.Hosts[a] == nil {
		d.Hosts[a] = &detect.Host{Ports: map[detect.Port]uint64{}, Resolvers: map[netip.Addr]uint64{}}
	}
	return d.Hosts[a]
}

func (b builder) names(from, to time.Time, a netip.Addr, name string) {
	for at := from; at.Before(to); at = at.Add(12 * time.Hour) {
		d, _ := b.day(at)
		b.host(d, a).Name = name
	}
}

func (b builder) sessions(at time.Time, a netip.Addr, n uint32, p detect.Port) {
	d, i := b.day(at)
	h := b.host(d, a)
	h.Sessions.Merge(&detect.Series{Slots: []detect.Slot{{I: i, N: n}}})
	h.Ports[p] += uint64(n)
	h.Peers = max(h.Peers, uint64(n))
	d.Routers["gw"].Lines += uint64(n)
	d.Events += uint64(n)
}

func (b builder) level(at time.Time, hs ...detect.Holder) {
	d, i := b.day(at)
	l := detect.Level{I: i, Holders: hs}
	for _, h := range hs {
		l.Total += uint32(h.N)
	}
	d.Routers["gw"].Occupancy = append(d.Routers["gw"].Occupancy, l)
}

// quiet is half an hour of others.
func (b builder) quiet(at time.Time, others int) {
	for m := range 30 {
		t := at.Add(time.Duration(m)*time.Minute + 20*time.Second)
		b.sessions(t, pc1, uint32(8+m%5), detect.Port{Proto: parse.TCP, Port: 443})
		b.sessions(t, vmhost, 2, detect.Port{Proto: parse.TCP, Port: 443})
		b.sessions(t, tv, 3, detect.Port{Proto: parse.TCP, Port: 443})
		if m > 3 {
			b.level(t, detect.Holder{Host: pc1, N: uint64(240 + m*7%60)}, detect.Holder{Host: tv, N: 80},
				detect.Holder{Host: vmhost, N: 20})
		}
	}
	for k := range others {
		a := netip.AddrFrom4([4]byte{192, 168, 129, byte(k + 1)})
		for m := range 6 {
			b.sessions(at.Add(time.Duration(m)*5*time.Minute), a, uint32(1+k%4),
				detect.Port{Proto: parse.TCP, Port: 443})
		}
	}
}

// burst is one burst of vmhost with its echo and the overflow, and what stays in the table for three minutes.
func (b builder) burst(at time.Time, i int) {
	b.sessions(at, vmhost, uint32(2100+i%80), detect.Port{Proto: parse.UDP, Port: 6881})
	b.sessions(at.Add(time.Second), oldsrv, 1990, detect.Port{Proto: parse.UDP, Port: 53})
	d, _ := b.day(at)
	d.Hosts[oldsrv].Lookups.Merge(
		&detect.Series{Slots: []detect.Slot{{I: uint16(at.Sub(d.Date.Start()) / detect.SlotLen), N: 1990}}})
	for m := range 18 {
		f := 1 - float64(m)/22
		b.level(at.Add(time.Duration(m)*10*time.Second), detect.Holder{Host: vmhost, N: uint64(3400 * f)},
			detect.Holder{Host: oldsrv, N: uint64(450 * f)}, detect.Holder{Host: pc1, N: 246})
	}
	r := d.Routers["gw"]
	r.Overflows = append(r.Overflows, detect.Overflow{Start: at.Add(2 * time.Second).UnixNano(),
		End: at.Add(41 * time.Second).UnixNano(), Lines: 10, Hidden: 60, Total: 4096, All: 4096,
		Holders: []detect.Holder{{Host: vmhost, N: 3400}, {Host: oldsrv, N: 450}, {Host: pc1, N: 246}}, Weight: 1})
}

const newLine = "<4>Nov 17 12:00:0%d gw kernel: [NEW] IN=br-lan OUT=wan0 " +
	"MAC=16:a8:1b:53:dd:8f:3c:52:82:4a:10:03:08:00 SRC=192.168.128.12 DST=203.0.113.7 LEN=60 TOS=0x00 PREC=0x00 " +
	"TTL=63 ID=48109 DF PROTO=UDP SPT=6881 DPT=6881 LEN=40\r\n"

func homeStore(opt *Options) *lines {
	var odd []string
	for i := range 9 {
		odd = append(odd, fmt.Sprintf("<28>Nov 17 12:%02d:00 gw relayd[%d]: route 10.0.%d.0/24 gone after %d.5 s, "+
			"\"ifname%d\"", i, 100+i, i, i*7, i),
			fmt.Sprintf("<28>Nov 17 12:%02d:00 gw relayd[%d]: back", i, 100+i))
	}
	return &lines{raw: newLine, n: 9, odd: odd, health: []store.Health{
		{Date: detect.DateOf(opt.From), Sender: "192.168.128.1", Router: "gw", Received: 1204331, Bytes: 250_000_000,
			Unparsed: 12, SkewMS: 300},
		{Date: detect.DateOf(opt.From) + 1, Sender: "192.168.128.1", Router: "gw", Received: 4000, Dropped: 3,
			Kernel: 2, SkewMS: 280},
		{Date: detect.DateOf(opt.From), Sender: "dmesg-web2.txt", Router: "web2", Received: 10, Malformed: 1,
			Repaired: 10},
	}}
}

func homeModel(t testing.TB, n, others int) *Model {
	t.Helper()
	days, fs, opt := home(t, n, others)
	fs = append(fs, hangup(opt.From)...)
	m, err := Build(t.Context(), homeStore(&opt), days, fs, opt)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// findingsOnly gives a model that has nothing but findings, which need their words (Build or Describe).
func findingsOnly(c clock, fs []detect.Finding) *Model {
	in := Incident{}
	for i := range fs {
		in.findings = append(in.findings, &fs[i])
	}
	return &Model{clock: c, shown: []Incident{in}}
}
