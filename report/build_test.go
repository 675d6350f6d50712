package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"uncloak/detect"
	"uncloak/parse"
)

func TestBuildGroups(t *testing.T) {
	m := homeModel(t, 1, 4)
	if len(m.Incidents) != 2 {
		t.Fatalf("%d incidents, want 2", len(m.Incidents))
	}
	in := m.Incidents[0]
	if in.ID != in.Findings[0] || m.Findings[0].ID != in.ID || len(in.Findings) != 49 || len(in.parts) != 3 {
		t.Errorf("root %q first of %d findings in %d parts; want the group's id, 49, 3", in.Findings[0],
			len(in.Findings), len(in.parts))
	}
	full := in.find(detect.TableFullKind)
	if full.Episodes != 47 || full.Drops != 47*70 || full.TableShare < 0.829 || full.TableShare > 0.831 ||
		full.Name != "vmhost" {
		t.Errorf("spells are summed wrongly: %+v", full)
	}
	if one := m.Findings[1]; !strings.Contains(one.Detail, "one of 47 such spells") ||
		strings.Contains(one.Title, "47") {
		t.Errorf("one spell reads like all of them: %s / %s", one.Title, one.Detail)
	}
	stops := 0
	for _, a := range in.Advice {
		if strings.Contains(a, "ct count over") {
			stops++
		}
	}
	if stops != 1 {
		t.Errorf("the limit is advised %d times", stops)
	}
}

func TestBuildAsks(t *testing.T) {
	days, fs, opt := home(t, 1, 0)
	st := homeStore(&opt)
	fs[1].Evidence.Ask.Host = netip.MustParseAddr("192.168.128.12")
	m, err := Build(t.Context(), st, days, fs, opt)
	if err != nil {
		t.Fatal(err)
	}
	root := m.Findings[0]
	if want := "uncloak query --from 2026-11-16T00:00:00+09:00 --to 2026-11-16T23:30:08+09:00 --host 192.168.128.12 " +
		"--kind session-new --data /var/lib/uncloak"; root.Evidence.Query != want {
		t.Errorf("query\n%s, want\n%s", root.Evidence.Query, want)
	}
	if len(root.Evidence.Lines) != 3 || !strings.HasSuffix(root.Evidence.Lines[2], "LEN=40") ||
		strings.Contains(root.Evidence.Lines[0], "XXX") {
		t.Errorf("lines %q: want 3 copies without line ends", root.Evidence.Lines)
	}
	q := st.asked[1]
	if q.Host != netip.MustParsePrefix("192.168.128.12/32") || len(q.Kinds) != 1 || q.Kinds[0] != parse.SessionNew ||
		q.Limit != 3 || q.From.Before(root.Start) {
		t.Errorf("asked %+v", q)
	}
	if len(st.asked) > maxAsked+len(m.Incidents) {
		t.Errorf("%d questions to the store", len(st.asked))
	}
}

func TestBuildManySpells(t *testing.T) {
	days, fs, opt := home(t, 28, 0)
	st := homeStore(&opt)
	m, err := Build(t.Context(), st, days, fs, opt)
	if err != nil {
		t.Fatal(err)
	}
	if st.passes != 1 || len(st.asked) > maxAsked+1 || len(m.Findings) != len(fs) {
		t.Errorf("%d questions in %d passes for %d findings", len(st.asked), st.passes, len(fs))
	}
	if p := m.Incidents[0].find(detect.TableFullKind); p.Episodes != 28*47 || len(p.Evidence.Lines) == 0 {
		t.Errorf("%d spells with %d lines of proof", p.Episodes, len(p.Evidence.Lines))
	}
}

func TestBuildPassesErrors(t *testing.T) {
	days, fs, opt := home(t, 1, 0)
	st := homeStore(&opt)
	st.err = errors.New("disk on fire")
	if _, err := Build(t.Context(), st, days, fs, opt); !errors.Is(err, st.err) {
		t.Errorf("got %v", err)
	}
}

func TestBuildLeavesInputAlone(t *testing.T) {
	days, fs, opt := home(t, 1, 0)
	before, _ := json.Marshal(fs)
	if _, err := Build(t.Context(), homeStore(&opt), days, fs, opt); err != nil {
		t.Fatal(err)
	}
	if after, _ := json.Marshal(fs); !bytes.Equal(before, after) {
		t.Error("Build changed the findings that it was given")
	}
}

func TestCommand(t *testing.T) {
	m := &Model{Routers: []string{"a", "b"}, clock: clock{loc: time.UTC}}
	from := time.Date(2026, 11, 21, 20, 28, 33, 31_000_400, time.UTC)
	got := command(&detect.Ask{From: from, To: from.Add(time.Nanosecond), Router: "b b",
		Host: netip.MustParseAddr("fd00::1"), Port: 53, Kind: "dns-query"}, &Options{Data: "it's"}, m)
	want := `uncloak query --from 2026-11-21T20:28:33.031Z --to 2026-11-21T20:28:33.032Z --router 'b b' --host ` +
		`fd00::1 --port 53 --kind dns-query --data 'it'\''s'`
	if got != want {
		t.Errorf("got\n%s, want\n%s", got, want)
	}
}

func TestHostsWithinWindow(t *testing.T) {
	days, fs, opt := home(t, 2, 0)
	opt.From, opt.To = opt.From.Add(time.Hour), opt.From.Add(time.Hour+time.Minute)
	m, err := Build(t.Context(), nil, days, fs, opt)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range m.Hosts {
		if h.Host == oldsrv.String() && h.Lookups != 1990 {
			t.Errorf("%d lookups in one minute, want those of one burst", h.Lookups)
		}
	}
	if m.Totals.Sessions == 0 || m.Totals.Sessions > 5000 {
		t.Errorf("%d sessions in one minute", m.Totals.Sessions)
	}
}

func TestHangupTitle(t *testing.T) {
	m := homeModel(t, 1, 0)
	if got, want := m.Incidents[1].Title,
		"out of memory on web2: httpd killed 5 times, among 5 window shrinks by 4 peer ports"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestDescribeHangup(t *testing.T) {
	opt := Options{From: time.Unix(0, 0), To: time.Unix(86400, 0), Config: detect.DefaultConfig()}
	fs := hangup(time.Unix(0, 0))
	for i, want := range [][]string{
		{"out of memory on web2: httpd killed 5 times", "870, 888, 884, 895 and 902",
			"some time between Thu 1970-01-01 08:55:40 and Thu 1970-01-01 09:12:20 (± 4 min 20 s", "does not prove"},
		{"4 peer ports", "5 times", "on port 80 here", "masked", "39660", "tarpit"},
	} {
		f := fs[i]
		Describe(&f, opt)
		for _, w := range want {
			if !strings.Contains(f.Title+" "+f.Detail, w) {
				t.Errorf("%s: %q lacks %q", f.Kind, f.Title+" "+f.Detail, w)
			}
		}
		if len(f.Advice) < 3 {
			t.Errorf("%s: advice %q", f.Kind, f.Advice)
		}
	}
	known := detect.Finding{Kind: detect.ShrinkKind, Shrinks: 1, PeerPorts: []string{"203.0.113.7:1234"}}
	Describe(&known, opt)
	if strings.Contains(known.Detail, "masked") || !strings.Contains(known.Detail, "203.0.113.7:1234") {
		t.Error(known.Detail)
	}
}

func TestGuess(t *testing.T) {
	f := detect.Finding{Kind: detect.PeriodicBurst, Host: "10.0.0.1", Sessions: 340, Peers: 330,
		Ports: []string{"udp/6881", "tcp/51413"}, Rhythm: detect.Rhythm{PeriodS: 150}}
	if Describe(&f, Options{}); strings.Contains(f.Detail, "looks like") {
		t.Errorf("detect guessed nothing: %s", f.Detail)
	}
	f.Application = &detect.Application{Guess: detect.AppBitTorrent, Reasons: []string{"many different peers",
		"a port\x1b of trackers"}, Confidence: 0.85}
	Describe(&f, Options{})
	if !strings.Contains(Clean(f.Detail), "It looks like BitTorrent (a guess, 85 %): many different peers and a "+
		"port") || strings.Contains(Clean(f.Detail), "\x1b") {
		t.Error(f.Detail)
	}
	if !strings.Contains(strings.Join(f.Advice, " "), "file-sharing client") {
		t.Error(f.Advice)
	}
}

func TestDescribeTraffic(t *testing.T) {
	opt := Options{From: time.Unix(0, 0), To: time.Unix(86400, 0)}
	for _, c := range []struct {
		f    detect.Finding
		want []string
	}{
		{detect.Finding{Kind: detect.ResetKind, Class: detect.Dead, Host: "10.0.0.1", Peer: "10.0.0.7:7211", Port: 7211,
			RateS: 2.01, Failed: 900, Score: 0.99}, []string{"10.0.0.1", "10.0.0.7:7211", "2.01 times a second",
			"nothing listens on that port"}},
		{detect.Finding{Kind: detect.ResetKind, Class: detect.Blocked, Host: "10.0.0.1", Peer: "10.0.0.9:22", Port: 22,
			RateS: 0.02, Score: 0.6}, []string{"gets no answer", "1.2 times a minute", "How sure: 60 %"}},
		{detect.Finding{Kind: detect.ResetKind, Host: "10.0.0.1", Peer: "10.0.0.9:22"},
			[]string{"keeps connecting to 10.0.0.9:22", "the log does not tell how that ends"}},
		{detect.Finding{Kind: detect.ScanKind, Class: detect.Horizontal, Host: "10.0.0.1", Port: 8080,
			Ports: []string{"tcp/8080"}, Peers: 5520, Sessions: 5588},
			[]string{"port 8080 of about 5,520 hosts", "5,588 sessions"}},
		{detect.Finding{Kind: detect.ScanKind, Class: detect.Vertical, Host: "10.0.0.1", Peer: "10.0.0.7"},
			[]string{"many ports of 10.0.0.7"}},
		{detect.Finding{Kind: detect.GrowthKind, Class: "bytes", Host: "10.0.0.1",
			Growth: detect.Growth{GrowthDay: 0.03, PerDay: 2.5e9, DoublesDays: 23.4}},
			[]string{"3.0 % a day", "23 % a week", "2.5 GB", "double every 23 days"}},
		{detect.Finding{Kind: detect.SYNFloodKind, Class: detect.KernelSays, Router: "web", Port: 80, Lines: 3,
			Drops: 40, Score: 0.7}, []string{"SYN flood on web: port 80 probably", "40 further ones",
			"too short for its visitors"}},
		{detect.Finding{Kind: detect.SYNFloodKind, Class: detect.HalfOpen, Host: "10.0.0.1", Port: 443, Sessions: 6000,
			RateS: 100, SYNFlood: detect.SYNFlood{HalfOpen: 0.97, Sources: 5800, Networks: []string{"203.0.113.0/24"}},
			Score: 0.9}, []string{"port 443 of 10.0.0.1 is flooded", "97 %", "5,800 addresses", "203.0.113.0/24"}},
		{detect.Finding{Kind: detect.DNSStorm, Class: detect.OneName, Host: "10.0.0.1",
			Echo: detect.Echo{Lookups: 9000}, RateS: 1,
			Storm: detect.Storm{Names: []detect.Count{{What: "time.example.org", N: 8999}}}, Score: 0.85},
			[]string{"same name over and over", "9,000 lookups", "time.example.org (8,999 times)"}},
		{detect.Finding{Kind: detect.DNSStorm, Class: detect.Unanswered, Host: "10.0.0.1",
			Echo: detect.Echo{Resolver: "10.0.0.53", Lookups: 9000}, Score: 0.85},
			[]string{"a resolver that does not answer", "10.0.0.53"}},
		{detect.Finding{Kind: detect.LinkFlap, Router: "sw1", Flap: detect.Flap{Interface: "Gi0/1", Downs: 7},
			Score: 0.9}, []string{"Gi0/1 on sw1 went down 7 times"}},
		{detect.Finding{Kind: detect.LagKind, Class: detect.FirstHop, Host: "192.168.128.1",
			Lag: detect.Lag{RTTS: 4.2, UsualRTTS: 0.0008}, Seen: 3, Score: 0.9},
			[]string{"4200 ms instead of 0.8 ms", "3 spells", "begins on the first hop"}},
		{detect.Finding{Kind: detect.LagKind, Class: detect.Further, Host: "203.0.113.9", With: "lag-gw",
			Lag: detect.Lag{RTTS: 1, UsualRTTS: 0.02, Unanswer: 0.4}, Score: 0.9},
			[]string{"it begins inside", "40 % of the probes"}},
		{detect.Finding{Kind: detect.ClockKind, Class: detect.ClockZone, Router: "gw",
			Clock: detect.Clock{SkewS: -32400, Touches: []string{"oom-gw-httpd"}}, Score: 0.95},
			[]string{"9 h behind: it looks like another time zone", "oom-gw-httpd", "One finding rests"}},
		{detect.Finding{Kind: detect.ClockKind, Class: detect.ClockJumps, Router: "gw",
			Clock: detect.Clock{Jumps: 2, JumpS: -3600}, Score: 0.95}, []string{"jumped twice", "1 h back"}},
		{detect.Finding{Kind: detect.ClockKind, Class: detect.ClockUnset, Router: "gw",
			Clock: detect.Clock{Repaired: 40}, Score: 0.95}, []string{"40 lines with a time that cannot be"}},
		{detect.Finding{Kind: detect.LossKind, Class: detect.LossEnds, Router: "gw", Loss: 0.33, Lines: 6700,
			Drops: 3300, Score: 0.8}, []string{"33 % of the log of gw", "3,300 of 10,000 lines"}},
		{detect.Finding{Kind: detect.NewHost, Host: "10.0.0.9", Name: "camera", Sessions: 60, Peers: 3,
			Arrival: detect.Arrival{DaysBefore: 14}, Score: 0.9}, []string{"new host camera (10.0.0.9)",
			"none of the 14 days"}},
		{detect.Finding{Kind: detect.NewHost, Seen: 30,
			Arrival: detect.Arrival{Hosts: []detect.Share{{Host: "10.0.0.9"}}, DaysBefore: 14}, Score: 0.9},
			[]string{"30 new hosts", "10.0.0.9 and 29 more"}},
		{detect.Finding{Kind: detect.ScanKind, Class: detect.Vertical, Host: "10.0.0.1", Peer: "10.0.0.7", Loss: 0.2},
			[]string{"20 % of the log behind this is known to be missing"}},
	} {
		Describe(&c.f, opt)
		for _, w := range c.want {
			if !strings.Contains(c.f.Title+" "+c.f.Detail, w) {
				t.Errorf("%s %s: %q lacks %q", c.f.Kind, c.f.Class, c.f.Title+" "+c.f.Detail, w)
			}
		}
		if len(c.f.Advice) == 0 {
			t.Errorf("%s: no advice", c.f.Kind)
		}
	}
}

// TestPortsOfManySpells is a host with thousands of ports that fills the table all day for four weeks.
func TestPortsOfManySpells(t *testing.T) {
	var days []*detect.Day
	for k := range 28 {
		d := detect.NewDay(detect.Date(20000 + k))
		h := &detect.Host{Ports: map[detect.Port]uint64{}}
		for p := range 256 {
			h.Ports[detect.Port{Proto: 17, Port: uint16(k*256 + p)}] = uint64(1 + p)
		}
		d.Hosts[netip.MustParseAddr("192.168.1.2")] = h
		days = append(days, d)
	}
	var fs []detect.Finding
	for i := range 10_000 {
		at := days[0].Date.Start().Add(time.Duration(i) * 4 * time.Minute)
		fs = append(fs, detect.Finding{ID: strconv.Itoa(i), Kind: detect.TableFullKind, Group: "g", Router: "gw",
			Host: "192.168.1.2", TableFull: detect.TableFull{TableShare: 0.9}, Start: at, End: at, Lines: 1})
	}
	m, err := Build(t.Context(), nil, days, fs, Options{From: days[0].Date.Start(), To: days[27].Date.End()})
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Findings) != len(fs) || len(m.Findings[9_999].Ports) != 8 || len(m.Incidents) != 1 {
		t.Errorf("%d findings in %d incidents, ports %q", len(m.Findings), len(m.Incidents), m.Findings[9_999].Ports)
	}
}

// TestPlaceOfPeer: a finding has the place of its peer, an address or the address of a service; what is neither has
// none.
func TestPlaceOfPeer(t *testing.T) {
	opt := Options{Place: func(a netip.Addr) string { return "at " + a.String() }}
	for peer, want := range map[string]string{"203.0.113.5": "at 203.0.113.5", "203.0.113.5:443": "at 203.0.113.5",
		"[2001:db8::1]:443": "at 2001:db8::1", "***": "", "": ""} {
		m, err := Build(t.Context(), nil, nil, []detect.Finding{{ID: "x", Kind: detect.ResetKind, Peer: peer,
			Shrinking: detect.Shrinking{ShrinkPeers: []detect.ShrinkPeer{{Peer: peer}}}}}, opt)
		if err != nil {
			t.Fatal(err)
		}
		if f := m.Findings[0]; f.PeerPlace != want || f.ShrinkPeers[0].Place != want {
			t.Errorf("%q: %q, %q, want %q", peer, f.PeerPlace, f.ShrinkPeers[0].Place, want)
		}
	}
}
