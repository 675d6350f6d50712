package bolt

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"uncloak/detect"
	"uncloak/store"
)

func TestDamagedBlock(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 15 {
		dir := t.TempDir()
		db := mustOpen(t, dir, Options{NoSync: true})
		mustAppend(t, db, store.Batch{Entries: entries(noon(), 0, 5*blockEvents)})
		mustClose(t, db)
		var place string
		edit(t, dir, detect.DateOf(noon()), func(tx *bbolt.Tx) error {
			b := tx.Bucket([]byte("blocks"))
			c := b.Cursor()
			k, v := c.First()
			for range r.IntN(5) {
				k, v = c.Next()
			}
			v = append([]byte(nil), v...)
			if i := r.IntN(3 * len(v) / 2); i < len(v) { // sometimes cut instead
				v[i] ^= 1 << r.IntN(8)
				place = fmt.Sprintf("byte %d of %d", i, len(v))
			} else {
				v = v[:r.IntN(len(v))]
				place = fmt.Sprintf("cut to %d", len(v))
			}
			return b.Put(k, v)
		})
		db = mustOpen(t, dir, Options{NoSync: true})
		for range 2 {
			if n := count(t, db, store.Query{}); n != 4*blockEvents || db.Damaged() != 1 {
				t.Errorf("%s: %d events, %d damaged blocks", place, n, db.Damaged())
			}
		}
		got := mustAppend(t, db, store.Batch{Dedupe: true, Source: "again", Entries: entries(noon(), 0, 5*blockEvents)})
		if got.Added != blockEvents && got.Added != 0 { // 0: only the raw section is damaged
			t.Errorf("%s: import added %d events", place, got.Added)
		}
		mustClose(t, db)
	}
}

// TestDamagedFile: whatever happens to a file, nothing crashes, and new events of that day find a place.
func TestDamagedFile(t *testing.T) {
	whole := wholeFile(t)
	tests := map[string]func(b []byte) []byte{
		"empty":      func([]byte) []byte { return nil },
		"one byte":   func(b []byte) []byte { return b[:1] },
		"one page":   func(b []byte) []byte { return b[:4096] },
		"four pages": func(b []byte) []byte { return b[:4*4096] },
		"last cut":   func(b []byte) []byte { return b[:len(b)/2] },
		"zeros":      func(b []byte) []byte { clear(b); return b },
		"text":       func([]byte) []byte { return []byte(strings.Repeat("not a database\n", 1000)) },
	}
	for what, spoil := range tests {
		t.Run(what, func(t *testing.T) { surviveDamage(t, spoil(slices.Clone(whole))) })
	}
}

// surviveDamage opens a store whose one day file has this content, reads all of it and appends.
func surviveDamage(t *testing.T, content []byte) {
	dir := t.TempDir()
	name := filepath.Join(dir, "days", detect.DateOf(noon()).String()+".db")
	err := errors.Join(os.Mkdir(filepath.Dir(name), 0o700), os.WriteFile(name, content, 0o600))
	if err != nil {
		t.Fatal(err)
	}
	db := mustOpen(t, dir, Options{NoSync: true})
	defer mustClose(t, db)
	for _, err := range db.Events(t.Context(), store.Query{}) {
		if errors.Is(err, store.ErrNewer) {
			return // the very bytes of the version
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.Days(t.Context()); err != nil {
		t.Fatal(err)
	}
	fresh := entries(noon().Add(time.Hour), 1<<40, 10)
	if _, err := db.Append(t.Context(), store.Batch{Entries: fresh}); err != nil {
		t.Fatal(err)
	}
	q := store.Query{Window: store.Window{From: noon().Add(time.Hour)}}
	if n := count(t, db, q); n < 10 && db.Damaged() == 0 {
		t.Errorf("%d of 10 new events", n)
	}
}

// wholeFile is a day file of three blocks.
func wholeFile(t *testing.T) []byte {
	db := mustOpen(t, t.TempDir(), Options{NoSync: true})
	mustAppend(t, db, store.Batch{Entries: entries(noon(), 0, 3*blockEvents)})
	mustClose(t, db)
	b, err := os.ReadFile(db.dayPath(detect.DateOf(noon())))
	if err != nil {
		t.Fatal(err)
	}
	return b
}
