package bolt

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"uncloak/detect"
	"uncloak/parse"
	"uncloak/store"
)

// dump is all that a store says, in words.
func dump(t *testing.T, db *DB) (out []string) {
	t.Helper()
	for e, err := range db.Events(t.Context(), store.Query{Identity: true}) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, fmt.Sprintf("%+v %x %q", e.Event, e.Identity, e.Raw))
	}
	days, err := db.Days(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range days {
		d.Bytes = 0
		out = append(out, fmt.Sprint(d))
	}
	health, err := db.Health(t.Context(), store.Window{})
	if err != nil {
		t.Fatal(err)
	}
	return append(out, fmt.Sprint(health))
}

func TestCompact(t *testing.T) {
	for _, quick := range []bool{false, true} {
		t.Run(fmt.Sprintf("quick=%t", quick), func(t *testing.T) {
			dir := t.TempDir()
			db := mustOpen(t, dir, Options{NoSync: true})
			date := detect.DateOf(noon())
			r := rand.New(rand.NewPCG(5, 6))
			for i := range uint64(300) { // overlapping, so that they are merged
				es := entries(noon().Add(time.Duration(i%7)*time.Second), i<<32, 100)
				for j := range es {
					es[j].Raw = fmt.Appendf(nil, "line %x %x", r.Uint64(), r.Uint64())
				}
				mustAppend(t, db, store.Batch{ID: fmt.Sprint(i), Entries: es,
					Health: []store.Health{{Date: date, Sender: "a", Received: 100}}})
			}
			want := dump(t, db)
			if err := db.Tidy(t.Context(), date, quick); err != nil {
				t.Fatal(err)
			}
			before := fileSize(db.dayPath(date))
			if err := db.Tidy(t.Context(), date+1, quick); err != nil {
				t.Fatal(err)
			}
			if after := fileSize(db.dayPath(date)); after > before*2/3 {
				t.Errorf("%d bytes before, %d after", before, after)
			}
			if loose, err := db.loose(t.Context(), date, quick); err != nil || loose {
				t.Errorf("loose %t afterwards, %v", loose, err)
			}
			if got := dump(t, db); !slices.Equal(got, want) {
				t.Error("another content afterwards")
			}
			if got := mustAppend(t, db, store.Batch{ID: "7", Entries: entries(noon(), 1, 1)}); got.Added != 0 {
				t.Error("a batch is stored again")
			}
			mustAppend(t, db, store.Batch{Entries: entries(noon(), 1, 1)})
			mustClose(t, db)
			db = mustOpen(t, dir, Options{NoSync: true})
			defer mustClose(t, db)
			if n := count(t, db, store.Query{}); n != 30001 || db.Damaged() != 0 {
				t.Errorf("%d events, %d damaged", n, db.Damaged())
			}
		})
	}
}

// TestCompactWhileRead: a running sequence goes on over the old file.
func TestCompactWhileRead(t *testing.T) {
	db := mustOpen(t, t.TempDir(), Options{NoSync: true})
	defer mustClose(t, db)
	mustAppend(t, db, store.Batch{Entries: entries(noon(), 0, 3*blockEvents)})
	n := 0
	for _, err := range db.Events(t.Context(), store.Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		if n == 10 {
			if _, err := db.Compact(t.Context(), detect.DateOf(noon()), false); err != nil {
				t.Fatal(err)
			}
		}
		n++
	}
	if n != 3*blockEvents || count(t, db, store.Query{}) != n {
		t.Errorf("%d events", n)
	}
}

func TestCompactLeavesDamageAlone(t *testing.T) {
	dir := t.TempDir()
	db := mustOpen(t, dir, Options{NoSync: true})
	mustAppend(t, db, store.Batch{Entries: entries(noon(), 0, 2*blockEvents)})
	mustClose(t, db)
	edit(t, dir, detect.DateOf(noon()), func(tx *bbolt.Tx) error {
		b := tx.Bucket([]byte("blocks"))
		k, v := b.Cursor().First()
		v = slices.Clone(v)
		v[len(v)/2] ^= 1
		return b.Put(k, v)
	})
	db = mustOpen(t, dir, Options{NoSync: true})
	defer mustClose(t, db)
	if _, err := db.Compact(t.Context(), detect.DateOf(noon()), false); !errors.Is(err, errDamaged) {
		t.Errorf("error %v", err)
	}
	if _, err := db.Compact(t.Context(), detect.DateOf(noon()), true); err != nil {
		t.Error(err)
	}
	if n := count(t, db, store.Query{}); n == 0 || n >= 2*blockEvents || db.Damaged() != 1 {
		t.Errorf("%d events, %d damaged", n, db.Damaged())
	}
}

// TestUnfinished: a store that is opened for writing removes what a crash leaves of a compaction; a read-only one does
// not.
func TestUnfinished(t *testing.T) {
	dir := t.TempDir()
	mustClose(t, mustOpen(t, dir, Options{}))
	name := filepath.Join(dir, "days", "2026-11-21.db"+compactSuffix)
	if err := os.WriteFile(name, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	mustClose(t, mustOpen(t, dir, Options{ReadOnly: true}))
	if _, err := os.Stat(name); err != nil {
		t.Error(err)
	}
	mustClose(t, mustOpen(t, dir, Options{}))
	if _, err := os.Stat(name); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("still there: %v", err)
	}
}

func TestKeepRaw(t *testing.T) {
	var batch []store.Entry
	for i := range 1000 {
		e := store.Entry{Identity: 0x123456789abc0000 + uint64(i), Raw: fmt.Appendf(nil, "line %d", i)}
		e.Time, e.Kind = noon().Add(time.Duration(i)*time.Second).UnixNano(), parse.SessionNew
		e.Src, e.SPort = netip.AddrFrom4([4]byte{192, 168, 128, byte(i)}), uint16(i)
		if i%10 == 0 {
			e.Kind, e.Src = parse.OOMKill, netip.Addr{}
		}
		batch = append(batch, e)
	}
	tests := map[string]int{"all": 1000, "": 1000, "findings": 100, "none": 0}
	for word, lines := range tests {
		t.Run(word, func(t *testing.T) {
			keep, err := ParseKeepRaw(word)
			if err != nil {
				t.Fatal(err)
			}
			db := mustOpen(t, t.TempDir(), Options{NoSync: true, KeepRaw: keep})
			defer mustClose(t, db)
			mustAppend(t, db, store.Batch{Entries: batch[:990], Dedupe: true, Source: "first"})
			if batch[1].Raw == nil || batch[1].Identity < 1<<32 {
				t.Error("the caller's entries are changed")
			}
			for round := range 2 { // as stored, and as compacted
				i, n := 0, 0
				for e, err := range db.Events(t.Context(), store.Query{Identity: true}) {
					if err != nil || e.Event != batch[i].Event ||
						e.Raw != nil && string(e.Raw) != string(batch[i].Raw) {
						t.Fatalf("event %d: %+v, %v", i, e, err)
					}
					if e.Raw != nil || e.Kind == parse.OOMKill {
						if e.Identity != batch[i].Identity {
							t.Errorf("event %d has identity %x", i, e.Identity)
						}
					}
					if e.Raw != nil {
						n++
					}
					i++
				}
				if i != 990+10*round || n != (lines*i+999)/1000 {
					t.Errorf("%d events, %d lines", i, n)
				}
				if got := mustAppend(t, db, store.Batch{Entries: batch, Dedupe: true,
					Source: fmt.Sprint(round)}); got.Added != 10-10*round {
					t.Errorf("round %d: %d added", round, got.Added)
				}
				if _, err := db.Compact(t.Context(), detect.DateOf(noon()), false); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
	if _, err := ParseKeepRaw("some"); err == nil {
		t.Error("any word is taken")
	}
}

// TestHurry: what came too fast to be written small is written small when the day is written anew.
func TestHurry(t *testing.T) {
	entries := benchEntries(t, benchBatch)
	size := map[bool]int64{}
	for _, live := range []bool{false, true} {
		db := mustOpen(t, t.TempDir(), Options{})
		mustAppend(t, db, store.Batch{Entries: entries, Dedupe: !live})
		c, err := db.Compact(t.Context(), dateOf(entries[0].Time), false)
		if err != nil {
			t.Fatal(err)
		}
		if size[live] = c.After; live && c.Before < 2*c.After {
			t.Errorf("%d bytes before, %d after: it was written small at once", c.Before, c.After)
		}
		i := 0
		for e, err := range db.Events(t.Context(), store.Query{Identity: true}) {
			if err != nil || e.Event != entries[i].Event || e.Identity != entries[i].Identity ||
				!bytes.Equal(e.Raw, entries[i].Raw) {
				t.Fatalf("live %v, event %d: %+v, %v", live, i, e, err)
			}
			i++
		}
		if i != len(entries) {
			t.Errorf("live %v: %d events of %d", live, i, len(entries))
		}
	}
	if size[true] != size[false] {
		t.Errorf("%d bytes of a day that came fast, %d of an import", size[true], size[false])
	}
}
