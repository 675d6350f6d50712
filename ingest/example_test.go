package ingest_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"uncloak/ingest"
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

func ExampleImportReader() {
	db, done := temporary()
	defer done()
	log := strings.NewReader("Dec 31 23:59:59 gw kernel: nf_conntrack: table full, dropping packet\nJan  1 00:00:00 gw kernel: nf_conntrack: table full, dropping packet\n")
	sum, err := ingest.ImportReader(context.Background(), db, ingest.Options{Year: 2025}, "router.log", log, time.Time{})
	fmt.Println(sum.Events, sum.Routers, sum.Days[0].Date, sum.Days[1].Date, err)
	// Output: 2 [gw] 2024-12-31 2025-01-01 <nil>
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
