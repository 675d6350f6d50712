package detect_test

import (
	"fmt"
	"iter"
	"net/netip"
	"time"

	"uncloak/detect"
	"uncloak/parse"
)

// anHour makes the log lines of one hour as events: each five minutes a host opens 300 sessions, and the table is full.
func anHour() (events []parse.Event) {
	start := time.Date(2026, 11, 21, 20, 0, 0, 0, time.UTC)
	add := func(at time.Time, e parse.Event) {
		e.Time, e.Router = at.UnixNano(), parse.MakeName("gw")
		events = append(events, e)
	}
	for burst := range 12 {
		at := start.Add(time.Duration(burst) * 5 * time.Minute)
		for i := range 300 {
			add(at.Add(time.Duration(i)*time.Millisecond), parse.Event{
				Kind: parse.SessionNew, Proto: parse.UDP,
				Src: netip.MustParseAddr("192.168.1.10"), SPort: uint16(1024 + 300*burst + i),
				Dst: netip.AddrFrom4([4]byte{203, 0, 113, byte(i)}), DPort: 6881,
			})
		}
		add(at.Add(time.Second), parse.Event{Kind: parse.TableFull, Count: 5})
	}
	return events
}

func ExampleFindings() {
	cfg := detect.DefaultConfig()
	date := detect.DateOf(time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC))
	tracker := detect.NewTracker(cfg, nil, date)
	for _, e := range anHour() {
		tracker.Observe(&e)
	}
	days := []*detect.Day{tracker.Day()}
	fs := detect.Findings(days, cfg, detect.Window{From: date.Start(), To: date.End()})
	for _, f := range fs[:2] {
		fmt.Println(f.Severity, f.Kind, f.Host, f.PeriodS, f.Sessions, f.TableShare)
	}
	// Output:
	// critical periodic-burst 192.168.1.10 300 300 0
	// critical table-full 192.168.1.10 0 0 1
}

func ExampleReplay_WhatIf() {
	cfg := detect.DefaultConfig()
	cfg.Table = 300
	date := detect.DateOf(time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC))
	events := anHour()
	tracker := detect.NewTracker(cfg, nil, date)
	for i := range events {
		tracker.Observe(&events[i])
	}
	days, window := []*detect.Day{tracker.Day()}, detect.Window{From: date.Start(), To: date.End()}
	replay := detect.NewReplay(days, detect.Findings(days, cfg, window), cfg, window, "")
	replay.Prev = func(detect.Date) *detect.Day { return nil }
	replay.Events = func() iter.Seq2[*parse.Event, error] {
		return func(yield func(*parse.Event, error) bool) {
			for i := range events {
				if !yield(&events[i], nil) {
					return
				}
			}
		}
	}
	var change detect.Change
	if err := change.Add("limit=100", nil); err != nil {
		panic(err)
	}
	got, err := replay.WhatIf(&change, false)
	if err != nil {
		panic(err)
	}
	fmt.Println(got.Router, got.Recorded.Overflows, got.Before.Likely.Overflows, got.After.Likely.Overflows,
		got.After.Likely.Peak)
	// Output: gw 12 12 0 100
}

// A finding that its owner expects is marked as known. It stays in the list.
func ExampleMarkKnown() {
	fs := []detect.Finding{{ID: "scan-192.168.1.20", Kind: detect.ScanKind, Host: "192.168.1.20"}}
	rule := detect.Rule{By: "config", Kind: detect.ScanKind, Host: "192.168.1.20", Note: "our own scanner"}
	detect.MarkKnown(fs, []detect.Rule{rule}, time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC), 1)
	fmt.Println(fs[0].Silent())
	// Output: true
}

func ExampleDemand_Capacity() {
	d := detect.Demand{Table: 4096, Sessions: 60, Hold: 2 * time.Minute}
	fmt.Println(d.Capacity().AtOnce, "clients at once")
	// Output: 68 clients at once
}
