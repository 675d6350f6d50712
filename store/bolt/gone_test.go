package bolt

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"uncloak/detect"
	"uncloak/store"
)

// TestDayFileLost: that the file of a day was removed or replaced while it was open is told from then on; new events of
// the day are stored.
func TestDayFileLost(t *testing.T) {
	for name, replace := range map[string]func(file string) error{
		"removed": os.Remove,
		"replaced": func(file string) error {
			b, err := os.ReadFile(file)
			return errors.Join(err, os.Remove(file), os.WriteFile(file, b, 0o600))
		},
	} {
		t.Run(name, func(t *testing.T) {
			db := mustOpen(t, t.TempDir(), Options{NoSync: true})
			defer mustClose(t, db)
			mustAppend(t, db, store.Batch{Entries: entries(noon(), 0, 10)})
			if err := db.Present(); err != nil {
				t.Errorf("present: %v", err)
			}
			date := detect.DateOf(noon())
			if err := replace(db.dayPath(date)); err != nil {
				t.Fatal(err)
			}
			if err := db.Present(); !errors.Is(err, store.ErrLost) {
				t.Errorf("present: %v", err)
			}
			mustAppend(t, db, store.Batch{Entries: entries(noon(), 100, 5)})
			if n, want := count(t, db, store.Query{}), map[string]int{"removed": 5, "replaced": 15}[name]; n != want {
				t.Errorf("%d events, want %d", n, want)
			}
			if err := db.Present(); !errors.Is(err, store.ErrLost) {
				t.Errorf("present, later: %v", err)
			}
			if !slices.Contains(db.Lacking(store.Window{}), date) {
				t.Error("nothing is said to be missing")
			}
		})
	}
}

// TestDirectoryGone: what is appended to a directory that is not there any more is an error, and is stored when it is
// back; a directory that took its place stays as it is.
func TestDirectoryGone(t *testing.T) {
	for name, replace := range map[string]func(t *testing.T, dir string){
		"moved away": func(*testing.T, string) {},
		"replaced":   func(t *testing.T, dir string) { mustClose(t, mustOpen(t, dir, Options{NoSync: true})) },
		"emptied": func(t *testing.T, dir string) {
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "data")
			db := mustOpen(t, dir, Options{NoSync: true})
			defer mustClose(t, db)
			mustAppend(t, db, store.Batch{Entries: entries(noon(), 0, 10)})
			if err := os.Rename(dir, dir+".old"); err != nil {
				t.Fatal(err)
			}
			replace(t, dir)
			if err := db.Present(); !errors.Is(err, store.ErrGone) {
				t.Errorf("present: %v", err)
			}
			b := store.Batch{Entries: entries(noon(), 100, 10)}
			if _, err := db.Append(t.Context(), b); !errors.Is(err, store.ErrGone) {
				t.Errorf("append: %v", err)
			}
			day := &detect.Day{Date: detect.DateOf(noon())}
			if err := db.PutDays(t.Context(), day); !errors.Is(err, store.ErrGone) {
				t.Errorf("put day: %v", err)
			}
			if _, err := db.Compact(t.Context(), detect.DateOf(noon()), false); !errors.Is(err, store.ErrGone) {
				t.Errorf("compact: %v", err)
			}
			if files, _ := filepath.Glob(filepath.Join(dir, "days", "*")); len(files) != 0 {
				t.Errorf("written: %v", files)
			}
			if err := errors.Join(os.RemoveAll(dir), os.Rename(dir+".old", dir)); err != nil {
				t.Fatal(err)
			}
			if err := db.Present(); err != nil {
				t.Errorf("present again: %v", err)
			}
			mustAppend(t, db, b)
			if n := count(t, db, store.Query{}); n != 20 || db.Damaged() != 0 {
				t.Errorf("%d events, %d damaged", n, db.Damaged())
			}
		})
	}
}

// TestLockGone: a data directory that another process can lock is not written to.
func TestLockGone(t *testing.T) {
	dir := t.TempDir()
	db := mustOpen(t, dir, Options{NoSync: true})
	defer mustClose(t, db)
	if err := os.Remove(filepath.Join(dir, "lock")); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Append(t.Context(), store.Batch{Entries: entries(noon(), 0, 1)}); !errors.Is(err, store.ErrGone) {
		t.Error(err)
	}
}

// TestDayFileGone: a day file that is removed while it is open is told, and new events get a new one.
func TestDayFileGone(t *testing.T) {
	dir, date := t.TempDir(), detect.DateOf(noon())
	db := mustOpen(t, dir, Options{NoSync: true})
	defer mustClose(t, db)
	mustAppend(t, db, store.Batch{Entries: entries(noon(), 0, 10)})
	if err := os.Remove(db.dayPath(date)); err != nil {
		t.Fatal(err)
	}
	if n := count(t, db, store.Query{}); n != 0 || db.Damaged() != 1 || len(db.Lacking(store.Window{})) != 1 {
		t.Errorf("%d events, %d damaged, lacking %v", n, db.Damaged(), db.Lacking(store.Window{}))
	}
	if _, err := os.Lstat(db.dayPath(date)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a reader has created the file: %v", err)
	}
	mustAppend(t, db, store.Batch{Entries: entries(noon(), 100, 7)})
	if n := count(t, db, store.Query{}); n != 7 || db.Damaged() != 1 {
		t.Errorf("%d events, %d damaged", n, db.Damaged())
	}
}
