package ingest_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"uncloak/detect"
	"uncloak/ingest"
	"uncloak/store"
	"uncloak/store/bolt"
)

func temporary() (*bolt.DB, func()) {
	dir, err := os.MkdirTemp("", "uncloak-example")
	if err != nil {
		panic(err)
	}
	db, err := bolt.Open(dir, bolt.Options{})
	if err != nil {
		panic(err)
	}
	return db, func() { db.Close(); os.RemoveAll(dir) }
}

func ExampleImport() {
	db, done := temporary()
	defer done()
	dir, err := os.MkdirTemp("", "uncloak-example")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "router.log")
	text := "<4>2026-11-21T20:28:01Z gw kernel: nf_conntrack: table full, dropping packet\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		panic(err)
	}
	for range 2 {
		sum, err := ingest.Import(context.Background(), db, ingest.Options{}, file)
		fmt.Println(sum.Events, "new,", sum.Duplicates, "stored before", err)
	}
	// Output:
	// 1 new, 0 stored before <nil>
	// 0 new, 1 stored before <nil>
}

func ExampleImportReader() {
	db, done := temporary()
	defer done()
	log := strings.NewReader("Dec 31 23:59:59 gw kernel: nf_conntrack: table full, dropping packet\n" +
		"Jan  1 00:00:00 gw kernel: nf_conntrack: table full, dropping packet\n")
	year := ingest.Options{Year: 2025}
	sum, err := ingest.ImportReader(context.Background(), db, year, "router.log", log, time.Time{})
	fmt.Println(sum.Events, sum.Routers, sum.Days[0].Date, sum.Days[1].Date, err)
	// Output: 2 [gw] 2024-12-31 2025-01-01 <nil>
}

func ExampleDays() {
	db, done := temporary()
	defer done()
	days := ingest.NewDays(db, detect.DefaultConfig(), slog.Default())
	log := strings.NewReader("<4>2026-11-21T20:28:01Z gw kernel: nf_conntrack: table full, dropping packet\n")
	if _, err := ingest.ImportReader(context.Background(), days, ingest.Options{}, "router.log", log,
		time.Time{}); err != nil {
		panic(err)
	}
	summaries, err := days.Load(context.Background(), store.Window{})
	for _, day := range summaries {
		fmt.Println(day.Date, day.Events, err)
	}
	// Output: 2026-11-21 1 <nil>
}

func ExampleMessages() {
	log := strings.NewReader("<13>Nov 21 20:28:01 gw app: one\n<13>Nov 21 20:28:02 gw app: two\n")
	m, err := ingest.NewMessages(log) // of a packet capture: with the ports that syslog went to
	if err != nil {
		panic(err)
	}
	all, err := m.All(1 << 20)
	for _, one := range all {
		fmt.Println(string(one.Text))
	}
	fmt.Println(err)
	// Output:
	// <13>Nov 21 20:28:01 gw app: one
	// <13>Nov 21 20:28:02 gw app: two
	// <nil>
}

func ExampleServer() {
	db, done := temporary()
	defer done()
	cfg := ingest.DefaultConfig()
	cfg.UDP, cfg.BatchEvery = []string{"127.0.0.1:0"}, 10*time.Millisecond
	s, err := ingest.New(cfg, db)
	if err != nil {
		panic(err)
	}
	if err := s.Listen(); err != nil {
		panic(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error)
	go func() { served <- s.Serve(ctx) }()
	c, err := net.Dial("udp", s.Addrs()[0].String())
	if err != nil {
		panic(err)
	}
	fmt.Fprint(c, "<4>Nov 21 20:28:01 gw kernel: nf_conntrack: table full, dropping packet")
	if err := s.Wait(ctx, func(st ingest.Stats) bool { return st.Stored == 1 }); err != nil {
		panic(err)
	}
	stop()
	fmt.Println(<-served)
	// Output:
	// <nil>
}
