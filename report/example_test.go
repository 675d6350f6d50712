package report_test

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"uncloak/detect"
	"uncloak/parse"
	"uncloak/report"
)

// busyHour makes the summary of a day: at 20:00 a host opens 300 sessions each five minutes, until the table is full.
func busyHour() (*detect.Day, detect.Config, report.Options) {
	start := time.Date(2026, 11, 21, 20, 0, 0, 0, time.UTC)
	cfg := detect.DefaultConfig()
	cfg.Table = 300
	tracker := detect.NewTracker(cfg, nil, detect.DateOf(start))
	for burst := range 12 {
		at := start.Add(time.Duration(burst) * 5 * time.Minute)
		for i := range 300 {
			tracker.Observe(&parse.Event{
				Time: at.Add(time.Duration(i) * time.Millisecond).UnixNano(), Router: parse.MakeName("gw"),
				Kind: parse.SessionNew, Proto: parse.UDP,
				Src: netip.MustParseAddr("192.168.1.10"), SPort: uint16(1024 + 300*burst + i),
				Dst: netip.AddrFrom4([4]byte{203, 0, 113, byte(i)}), DPort: 6881,
			})
		}
		tracker.Observe(&parse.Event{
			Time: at.Add(time.Second).UnixNano(), Router: parse.MakeName("gw"), Kind: parse.TableFull, Count: 5,
		})
	}
	names := func(a netip.Addr) string { return map[string]string{"192.168.1.10": "nas"}[a.String()] }
	opt := report.Options{From: start.Truncate(24 * time.Hour), To: start.Truncate(24*time.Hour).AddDate(0, 0, 1),
		Config: cfg, Names: names}
	return tracker.Day(), cfg, opt
}

// A model is built once and rendered in any format. Without a store it has no lines as evidence.
func ExampleBuild() {
	day, cfg, opt := busyHour()
	days := []*detect.Day{day}
	fs := detect.Findings(days, cfg, detect.Window{From: opt.From, To: opt.To})
	m, err := report.Build(context.Background(), nil, days, fs, opt)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m.Verdict.Text)
	for _, in := range m.Incidents {
		fmt.Println(in.Severity, in.Title)
	}
	// Output:
	// nas (192.168.1.10) filled the session table on gw 12 times, every 5 min by the clock.
	// critical session table full 12 times on gw
}

func ExampleTables() {
	day, _, opt := busyHour()
	v := report.Tables([]*detect.Day{day}, "gw", opt)
	for _, r := range v.Routers {
		fmt.Println(r.Router, r.Peak, "of", r.Capacity, "entries; most by", r.Hosts[0].Name)
	}
	// Output:
	// gw 300 of 300 entries; most by nas
}

// A finding alone gets its sentences without a model.
func ExampleDescribe() {
	f := detect.Finding{Kind: detect.ScanKind, Class: detect.Horizontal, Host: "192.168.1.20", Port: 23,
		Peers: 5520, Sessions: 5588, Score: 0.9,
		Start: time.Date(2026, 11, 21, 20, 0, 0, 0, time.UTC), End: time.Date(2026, 11, 21, 20, 10, 0, 0, time.UTC)}
	report.Describe(&f, report.Options{})
	fmt.Println(f.Title)
	// Output:
	// 192.168.1.20 scans port 23 of about 5,520 hosts
}

func ExampleIncidents() {
	full := func(id string) detect.Finding {
		return detect.Finding{ID: id, Kind: detect.TableFullKind, Router: "gw", Severity: detect.Critical}
	}
	for _, in := range report.Incidents([]detect.Finding{full("table-full-gw-1"), full("table-full-gw-2")}) {
		fmt.Println(in.ID, in.Severity, in.Findings)
	}
	// Output:
	// table-full-gw critical [table-full-gw-1 table-full-gw-2]
}

func ExampleExplain() {
	for _, e := range report.Explain("gw kernel: nf_conntrack: table full, dropping packet") {
		fmt.Println(e.ID + ": " + e.Title)
	}
	// Output:
	// conntrack-full: The session table is full
}

func ExampleCapacity() {
	d := detect.Demand{Table: 4096, Sessions: 60, Hold: 2 * time.Minute}
	fmt.Println(report.Capacity(d, 0).AtOnce, "clients at once")
	// Output:
	// 68 clients at once
}

// Text of the network cannot move the cursor of a terminal.
func ExampleClean() {
	fmt.Println(report.Clean("nas\x1b[2J\nrouter"))
	// Output:
	// nas\x1b[2J\x0arouter
}

func ExampleTemplate() {
	fmt.Println(report.Template(`link eth0 of 192.168.1.1 down after 49.5 s, reason "no carrier"`))
	// Output:
	// link eth<n> of <ip> down after <n>.<n> s, reason <text>
}

func ExampleNear() {
	fmt.Println(report.Near("tabel-full", detect.Kinds(), 1))
	// Output:
	// [table-full]
}
