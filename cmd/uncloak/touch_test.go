package main

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"testing"
	"time"

	"uncloak/detect"
	"uncloak/ingest"
	"uncloak/parse"
	"uncloak/report"
	"uncloak/store"
	"uncloak/store/bolt"
)

// denseDay stores a day of n events behind two routers, the second of which logs one line in 5,000, with bursts, full
// tables, and every thousandth line with a stamp of hours ago.
func denseDay(t *testing.T, db *bolt.DB, n int) detect.Date {
	t.Helper()
	begin := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	parser := parse.NewParser()
	var rec parse.Record
	var rows []store.Entry
	step := 24 * time.Hour / time.Duration(n)
	for i := range n {
		at, router, host, kind := begin.Add(time.Duration(i)*step), "gw", i%40, "[NEW]"
		if at.Unix()%1800 < 60 {
			host = 7
		}
		if i%5000 == 4999 {
			router = "attic"
		}
		text := fmt.Sprintf("%s IN=br-lan OUT=wan0 SRC=192.168.128.%d DST=198.18.%d.%d LEN=60 TTL=63 ID=%d DF "+
			"PROTO=TCP "+
			"SPT=%d DPT=443 WINDOW=64240 RES=0x00 SYN URGP=0", kind, host+10, i/250%250, i%250, i%65536, 32768+i%28000)
		if s := at.Unix() % 1800; s >= 30 && s < 60 && i%4 == 0 {
			text = "nf_conntrack: table full, dropping packet"
		}
		if i%1000 == 500 {
			at = at.Add(-time.Duration(1+i%5) * time.Hour)
		}
		raw := fmt.Appendf(nil, "<4>%s %s kernel: %s", at.Format(time.Stamp), router, text)
		parser.Line(raw, &rec)
		e := store.Entry{Event: rec.Event, Identity: rec.Identity, Raw: raw}
		e.Time, e.Recv, e.Router = at.UnixNano(), at.UnixNano(), parse.MakeName(router)
		if detect.DateOf(at) == detect.DateOf(begin) {
			rows = append(rows, e)
		}
		if len(rows) >= 2000 || i == n-1 {
			slices.SortStableFunc(rows, func(a, b store.Entry) int { return cmp.Compare(a.Time, b.Time) })
			if _, err := db.Append(context.Background(), store.Batch{Entries: rows}); err != nil {
				t.Fatal(err)
			}
			rows = rows[:0]
		}
	}
	return detect.DateOf(begin)
}

// What a report, a query with a limit and a question of who it was decode of a dense day with strays: each block once
// at most, and few lines.
func TestReadersTouchFewBlocks(t *testing.T) {
	const n = 150_000
	db, err := bolt.Open(t.TempDir(), bolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	date := denseDay(t, db, n)
	ctx, cfg := t.Context(), detect.DefaultConfig()
	w := store.Window{From: date.Start(), To: date.End()}
	days, err := ingest.NewDays(db, cfg, slog.New(slog.DiscardHandler)).Load(ctx, w)
	if err != nil {
		t.Fatal(err)
	}
	fs := detect.Findings(days, cfg, detect.Window{From: w.From, To: w.To})
	if len(fs) < 40 {
		t.Fatalf("%d findings: the day has a burst and a full table each half hour", len(fs))
	}
	touched := func(f func()) (blocks, rows, lines uint64) {
		b, r, l := db.Touched()
		f()
		blocks, rows, lines = db.Touched()
		return blocks - b, rows - r, lines - l
	}
	all, _, _ := touched(func() {
		for _, err := range db.Events(ctx, store.Query{Window: w, NoRaw: true}) {
			if err != nil {
				t.Fatal(err)
			}
		}
	})
	for _, step := range []struct {
		name         string
		blocks, rows uint64 // at most
		lines        uint64
		f            func() error
	}{
		{"report", all, 2 * n, 1000, func() error {
			_, err := report.Build(ctx, db, days, fs, report.Options{From: w.From, To: w.To, Now: w.To, Config: cfg})
			return err
		}},
		{"query --router attic --limit 3", 6, n / 4, 16, func() error {
			got := 0
			for _, err := range db.Events(ctx, store.Query{Window: w, Router: "attic", Limit: 3}) {
				if err != nil {
					return err
				}
				got++
			}
			if got != 3 {
				return fmt.Errorf("%d events", got)
			}
			return nil
		}},
		{"who", 40, n / 2, 5000, func() error {
			_, err := db.Who(ctx, store.Who{End: netip.MustParseAddrPort("203.0.113.7:33000"),
				At: w.From.Add(12 * time.Hour)})
			return err
		}},
	} {
		var err error
		blocks, rows, lines := touched(func() { err = step.f() })
		t.Logf("%s: %d blocks of %d, %d rows, %d lines", step.name, blocks, all, rows, lines)
		if err != nil || blocks > step.blocks || rows > step.rows || lines > step.lines {
			t.Errorf("%s: %d blocks, %d rows, %d lines (%v)", step.name, blocks, rows, lines, err)
		}
	}
}
