package bolt_test

import (
	"context"
	"fmt"
	"os"
	"time"

	"uncloak/store"
	"uncloak/store/bolt"
)

func ExampleOpen() {
	dir, err := os.MkdirTemp("", "uncloak")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	db, err := bolt.Open(dir, bolt.Options{})
	if err != nil {
		fmt.Println(err) // store.ErrLocked where another process has the directory
		return
	}
	e := store.Entry{Identity: 1, Raw: []byte("nf_conntrack: table full, dropping packet")}
	e.Time = time.Date(2026, 11, 21, 20, 30, 1, 0, time.UTC).UnixNano()
	for range 2 {
		done, err := db.Append(context.Background(), store.Batch{Entries: []store.Entry{e}, Dedupe: true})
		fmt.Println(done.Added, done.Duplicates, err)
	}
	for e, err := range db.Events(context.Background(), store.Query{Text: "table full"}) {
		fmt.Println(time.Unix(0, e.Time).UTC().Format(time.RFC3339), string(e.Raw), err)
	}
	fmt.Println(db.Close())
	// Output:
	// 1 0 <nil>
	// 0 1 <nil>
	// 2026-11-21T20:30:01Z nf_conntrack: table full, dropping packet <nil>
	// <nil>
}
