package bolt

import (
	"os"
	"path/filepath"
	"testing"

	"uncloak/detect"
	"uncloak/store"
)

// The files of many new days are made together; what a crash left half made is removed, and a day that has events keeps
// them.
func TestManyNewDays(t *testing.T) {
	for _, noSync := range []bool{false, true} {
		dir := t.TempDir()
		db := mustOpen(t, dir, Options{NoSync: noSync})
		mustAppend(t, db, store.Batch{Entries: entries(noon().AddDate(0, 0, 3), 1000, 5)})
		var b store.Batch
		for day := range 20 {
			b.Entries = append(b.Entries, entries(noon().AddDate(0, 0, day), uint64(day*10), 2)...)
		}
		var dates []detect.Date
		for day := range 20 {
			dates = append(dates, detect.DateOf(noon())+detect.Date(day))
		}
		if err := db.Expect(dates); err != nil {
			t.Fatal(err)
		}
		if days, err := db.Days(t.Context()); err != nil || len(days) != 1 {
			t.Errorf("%d days have events, %v", len(days), err)
		}
		if got := mustAppend(t, db, b); got.Added != 40 || len(got.Days) != 20 {
			t.Errorf("%+v", got)
		}
		days, err := db.Days(t.Context())
		if err != nil || len(days) != 20 {
			t.Fatalf("%d days, %v", len(days), err)
		}
		for i, d := range days {
			want := uint64(2)
			if i == 3 {
				want = 7
			}
			if d.Events != want || d.Date != detect.DateOf(noon())+detect.Date(i) {
				t.Errorf("%+v, want %d events", d, want)
			}
		}
		mustClose(t, db)
		half := filepath.Join(dir, "days", "2026-12-24.db"+freshSuffix)
		if err := os.WriteFile(half, make([]byte, 100), 0o600); err != nil {
			t.Fatal(err)
		}
		db = mustOpen(t, dir, Options{NoSync: noSync})
		if n := count(t, db, store.Query{}); n != 45 || db.Damaged() != 0 {
			t.Errorf("%d events, %d damaged", n, db.Damaged())
		}
		files, err := filepath.Glob(filepath.Join(dir, "days", "*"+freshSuffix))
		if err != nil || len(files) != 0 {
			t.Errorf("left over: %v, %v", files, err)
		}
		if err := db.Verify(t.Context(), func(store.Verified) error { return nil }); err != nil {
			t.Error(err)
		}
		mustClose(t, db)
	}
}
