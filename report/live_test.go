package report

import (
	"net/netip"
	"testing"
	"time"

	"uncloak/detect"
)

// TestLive looks at a table that fills: what its gauge says, who holds it, and what is said of silence.
func TestLive(t *testing.T) {
	d := detect.NewDay(20785)
	from := d.Date.Start()
	a, b := netip.MustParseAddr("192.168.1.2"), netip.MustParseAddr("192.168.1.3")
	slot := uint16(360) // 01:00
	last := from.Add(time.Hour + 5*time.Second)
	d.First, d.Last = from.UnixNano(), last.UnixNano()
	for _, tc := range []struct {
		entries            uint32
		silent             time.Duration
		level, share, text string
		percent            int
	}{
		{100, time.Second, "quiet", "10 %", "", 10},
		{800, time.Second, "warning", "80 %", "", 80},
		{960, time.Second, "critical", "96 %", "", 96},
		{1200, 5 * time.Minute, "critical", "120 %", "Nothing was received for 5 min.", 100},
	} {
		d.Routers["gw"] = &detect.Router{Lines: 1, Occupancy: []detect.Level{{I: slot, Total: tc.entries,
			Holders: []detect.Holder{{Host: a, N: uint64(tc.entries) - 1}, {Host: b, N: 1}}}}}
		d.Hosts[a] = &detect.Host{Name: "tv", Sessions: detect.Series{Slots: []detect.Slot{{I: slot - 1, N: 90}}}}
		cfg := detect.DefaultConfig()
		cfg.Table = 1000
		v := NewLive([]*detect.Day{d}, Options{From: from, To: from.Add(24 * time.Hour), Now: last.Add(tc.silent),
			Location: time.UTC, Config: cfg})
		if len(v.Tables) != 1 || len(v.Hosts.Rows) != 2 {
			t.Fatalf("%+v", v)
		}
		g := v.Tables[0]
		if g.Level != tc.level || g.Share != tc.share || g.Percent != tc.percent || g.Size != "1,000" ||
			v.Stale != tc.text {
			t.Errorf("%d entries: %+v, %q", tc.entries, g, v.Stale)
		}
		if v.Rate != "1.5" || v.Sessions != "90" || v.Hosts.Rows[0][1] != "tv" || v.Hosts.Rows[0][4] != "1.5" {
			t.Errorf("%d entries: %s a second, %s, %q", tc.entries, v.Rate, v.Sessions, v.Hosts.Rows)
		}
	}
	// a router whose stamps are read in a wrong zone, at noon and when that is yesterday
	d.Routers["gw"].Clock = []detect.ClockSlot{{I: 6, N: 9, Min: -9*3600e3 - 500, Max: -9 * 3600e3}}
	for _, midnight := range []time.Time{from, last.Add(8 * time.Hour)} {
		v := NewLive([]*detect.Day{d}, Options{From: midnight, To: from.Add(24 * time.Hour),
			Now: last.Add(9*time.Hour + time.Second), Location: time.UTC, Config: detect.DefaultConfig()})
		if v.Stale != "The clock of gw is 9 h behind." || v.Rate != "1.5" || v.Sessions != "90" {
			t.Errorf("a clock that is behind: %q, %s a second, %s", v.Stale, v.Rate, v.Sessions)
		}
	}
	if v := NewLive(nil, Options{From: from, Now: last}); v.Stale == "" || v.At != "never" {
		t.Errorf("without a day: %+v", v)
	}
}

// TestLiveIsBounded: a network of many machines and routers makes no long page.
func TestLiveIsBounded(t *testing.T) {
	d := detect.NewDay(20785)
	last := d.Date.Start().Add(time.Hour)
	d.First, d.Last = d.Date.Start().UnixNano(), last.UnixNano()
	const many = maxLiveRows + 100
	for i := range many {
		d.Hosts[netip.AddrFrom4([4]byte{10, 0, byte(i / 250), byte(i % 250)})] = &detect.Host{
			Sessions: detect.Series{Slots: []detect.Slot{{I: 359, N: uint32(i + 1)}}}}
		d.Routers["gw"+num(i)] = &detect.Router{Lines: 1, Occupancy: []detect.Level{{I: 359, Total: 1}}}
	}
	v := NewLive([]*detect.Day{d}, Options{From: d.Date.Start(), Now: last, Location: time.UTC,
		Config: detect.DefaultConfig()})
	if len(v.Hosts.Rows) != maxLiveHosts || v.Hosts.More == "" || len(v.Tables) != maxLiveRouters {
		t.Errorf("%d hosts, %d tables, %q", len(v.Hosts.Rows), len(v.Tables), v.Hosts.More)
	}
	if len(v.Rows) != maxLiveRows || v.More != many-maxLiveRows || v.Rows[0].Today != many {
		t.Errorf("%d hosts to sort and filter, %d more; first %+v", len(v.Rows), v.More, v.Rows[0])
	}
}
