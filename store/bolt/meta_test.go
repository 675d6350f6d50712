package bolt

import (
	"errors"
	"os"
	"testing"

	"go.etcd.io/bbolt"

	"uncloak/detect"
	"uncloak/store"
)

// TestDamagedMeta: whichever byte of the two meta pages of a day is changed, all events are read or the day is known to
// lack some; a day that was written anew always gives all.
func TestDamagedMeta(t *testing.T) {
	date, want := detect.DateOf(noon()), 3000
	for _, anew := range []bool{false, true} {
		dir := t.TempDir()
		db := mustOpen(t, dir, Options{NoSync: true})
		mustAppend(t, db, store.Batch{Entries: entries(noon(), 0, want)})
		if anew {
			if _, err := db.Compact(t.Context(), date, false); err != nil {
				t.Fatal(err)
			}
		}
		name := db.dayPath(date)
		mustClose(t, db)
		sound, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		page := os.Getpagesize()
		for _, at := range []int{0, 8, pageHead, pageHead + 8, pageHead + 16, pageHead + 48, pageHead + 56} {
			for _, meta := range []int{0, page} {
				for _, readOnly := range []bool{true, false} {
					b := append([]byte(nil), sound...)
					b[meta+at] ^= 4
					if err := os.WriteFile(name, b, 0o600); err != nil {
						t.Fatal(err)
					}
					db := mustOpen(t, dir, Options{NoSync: true, ReadOnly: readOnly})
					n := count(t, db, store.Query{})
					lacking := db.Lacking(store.Window{From: date.Start(), To: date.End()})
					if n != want && (anew || len(lacking) != 1) {
						t.Errorf("written anew %t, byte %d, read only %t: %d events, lacking %v", anew, meta+at,
							readOnly, n, lacking)
					}
					if at >= pageHead && (len(lacking) != 1 || db.Damaged() == 0) {
						t.Errorf("written anew %t, byte %d, read only %t: not told", anew, meta+at, readOnly)
					}
					mustClose(t, db)
					if err := os.Remove(name + ".damaged-1"); err != nil && !errors.Is(err, os.ErrNotExist) {
						t.Fatal(err)
					}
				}
			}
		}
	}
}

// TestFewerBlocks: a file whose blocks hold fewer events than it says is not taken for whole.
func TestFewerBlocks(t *testing.T) {
	dir, date := t.TempDir(), detect.DateOf(noon())
	db := mustOpen(t, dir, Options{NoSync: true})
	for i := range 2 {
		mustAppend(t, db, store.Batch{Entries: entries(noon(), uint64(i)<<32, 1000)})
		db.mustForgetTail(t)
	}
	mustClose(t, db)
	edit(t, dir, date, func(tx *bbolt.Tx) error {
		c := tx.Bucket([]byte("blocks")).Cursor()
		c.First()
		return c.Delete()
	})
	db = mustOpen(t, dir, Options{NoSync: true})
	defer mustClose(t, db)
	if n := count(t, db, store.Query{}); n != 1000 || db.Damaged() != 1 || len(db.Lacking(store.Window{})) != 1 {
		t.Errorf("%d events, %d damaged, lacking %v", n, db.Damaged(), db.Lacking(store.Window{}))
	}
	if days := db.Lacking(store.Window{From: date.End()}); len(days) != 0 {
		t.Errorf("of the days after it, lacking %v", days)
	}
}
