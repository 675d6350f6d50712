package bolt

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"uncloak/detect"
	"uncloak/parse"
	"uncloak/store"
)

// threeDays has 3000 events on each of the three days from noon() on.
func threeDays(t *testing.T, db *DB) {
	for n := range 3 {
		mustAppend(t, db, store.Batch{ID: fmt.Sprint("day ", n),
			Entries: entries(noon().AddDate(0, 0, n), uint64(n)*10_000, 3000),
			Health:  []store.Health{{Date: detect.DateOf(noon()) + detect.Date(n), Sender: "gw", Received: 3000}}})
	}
}

func TestRetain(t *testing.T) {
	today := detect.DateOf(noon()) + 2
	size := func(db *DB, days ...detect.Date) (n int64) {
		for _, d := range days {
			n += fileSize(db.dayPath(d))
		}
		return n
	}
	tests := map[string]struct {
		keep  func(*DB) store.Retain
		today detect.Date
		want  string
		left  int
	}{
		"no limit": {func(*DB) store.Retain { return store.Retain{} }, today, "[]", 9000},
		"two days": {func(*DB) store.Retain { return store.Retain{Days: 2} }, today, "[2026-11-21 days 3000]",
			6000},
		"one day": {func(*DB) store.Retain { return store.Retain{Days: 1} }, today,
			"[2026-11-21 days 3000 2026-11-22 days 3000]", 3000},
		"years later": {func(*DB) store.Retain { return store.Retain{Days: 1} }, today + 1000,
			"[2026-11-21 days 3000 2026-11-22 days 3000 2026-11-23 days 3000]", 0},
		"a clock of 1970": {func(*DB) store.Retain { return store.Retain{Days: 1, Bytes: 1} }, 0, "[]", 9000},
		"bytes of two": {func(db *DB) store.Retain { return store.Retain{Bytes: size(db, today-1, today)} },
			today, "[2026-11-21 bytes 3000]", 6000},
		"one byte": {func(*DB) store.Retain { return store.Retain{Bytes: 1} }, today,
			"[2026-11-21 bytes 3000 2026-11-22 bytes 3000]", 3000},
		"whichever first": {func(db *DB) store.Retain { return store.Retain{Days: 2, Bytes: size(db, today)} },
			today, "[2026-11-21 days 3000 2026-11-22 bytes 3000]", 3000},
		"lines": {func(*DB) store.Retain { return store.Retain{RawDays: 1} }, today,
			"[2026-11-21 raw 3000 2026-11-22 raw 3000]", 9000},
		"days, then lines": {func(*DB) store.Retain { return store.Retain{Days: 2, RawDays: 1} }, today,
			"[2026-11-21 days 3000 2026-11-22 raw 3000]", 6000},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			db := mustOpen(t, t.TempDir(), Options{NoSync: true})
			defer mustClose(t, db)
			threeDays(t, db)
			keep := tt.keep(db)
			for _, dry := range []bool{true, false} {
				before := count(t, db, store.Query{Text: "line"})
				got, err := db.Retain(t.Context(), keep, tt.today, dry)
				if err != nil {
					t.Fatal(err)
				}
				words := []string{}
				for _, p := range got {
					words = append(words, fmt.Sprint(p.Date, " ", p.Why, " ", p.Events))
				}
				if fmt.Sprint(words) != tt.want {
					t.Errorf("dry %v: %v, want %s", dry, words, tt.want)
				}
				if after := count(t, db, store.Query{Text: "line"}); dry && before != after {
					t.Errorf("a dry run has left %d of %d", after, before)
				}
			}
			if n := count(t, db, store.Query{}); n != tt.left {
				t.Errorf("%d events are left, want %d", n, tt.left)
			}
			if got, err := db.Retain(t.Context(), keep, tt.today, false); err != nil || len(got) != 0 {
				t.Errorf("again: %v, %v", got, err)
			}
			sound, problems := verified(t, db)
			if len(problems) > 0 {
				t.Errorf("%d sound: %q", sound, problems)
			}
		})
	}
}

// TestThinned: the columns stay, lines that come late are dropped in their turn, and an import of the old file adds
// nothing.
func TestThinned(t *testing.T) {
	db := mustOpen(t, t.TempDir(), Options{NoSync: true})
	defer mustClose(t, db)
	e := entries(noon(), 0, 500)
	for i := range e {
		e[i].Kind, e[i].SPort = parse.SessionNew, uint16(i)
		e[i].Src, e[i].Dst = netipAddr(i%200), netipAddr(i%7)
	}
	mustAppend(t, db, store.Batch{Entries: e})
	keep, today := store.Retain{RawDays: 7}, detect.DateOf(noon())+7
	for _, late := range []bool{false, true} {
		if late {
			x := e[3]
			x.Time, x.Identity, x.Raw = x.Time+3600e9, 1<<60, []byte("late")
			mustAppend(t, db, store.Batch{Entries: []store.Entry{x}})
		}
		if got, err := db.Retain(t.Context(), keep, today, false); err != nil || len(got) != 1 {
			t.Fatalf("late %v: %v, %v", late, got, err)
		}
		n := 0
		for got, err := range db.Events(t.Context(), store.Query{}) {
			if err != nil || got.Raw != nil || n < 500 && got.Event != e[n].Event {
				t.Fatalf("event %d: %+v, %v", n, got, err)
			}
			n++
		}
		if want := 500; n != want && !late || late && n != want+1 {
			t.Errorf("late %v: %d events", late, n)
		}
	}
	if got := mustAppend(t, db, store.Batch{Entries: e, Dedupe: true, Source: "again"}); got.Added != 0 {
		t.Errorf("the old file was added again: %+v", got)
	}
}

// verified counts the days without problems, and lists the problems of the others.
func verified(t *testing.T, db *DB) (sound int, problems []string) {
	t.Helper()
	err := db.Verify(t.Context(), func(v store.Verified) error {
		if len(v.Problems) == 0 {
			sound++
		}
		for _, p := range v.Problems {
			problems = append(problems, v.File+": "+p)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return sound, problems
}

func TestVerify(t *testing.T) {
	date := detect.DateOf(noon())
	tests := map[string]struct {
		spoil func(t *testing.T, dir, file string)
		want  []string // parts of the problems, in order; none = all is well
	}{
		"sound": {func(*testing.T, string, string) {}, nil},
		"a block's lines": {func(t *testing.T, dir, _ string) {
			edit(t, dir, date, func(tx *bbolt.Tx) error {
				k, v := tx.Bucket([]byte("blocks")).Cursor().First()
				v = bytes.Clone(v)
				v[len(v)-1] ^= 1
				return tx.Bucket([]byte("blocks")).Put(k, v)
			})
		}, []string{"block 1 (3000 events of 2026-11-21 12:00:00)", "0 events can be read, 3000 were stored"}},
		"a block's head": {func(t *testing.T, dir, _ string) {
			edit(t, dir, date, func(tx *bbolt.Tx) error {
				k, v := tx.Bucket([]byte("blocks")).Cursor().First()
				v = bytes.Clone(v)
				v[30] ^= 1
				return tx.Bucket([]byte("blocks")).Put(k, v)
			})
		}, []string{"block 1: head is damaged", "0 events can be read"}},
		"a block is gone": {func(t *testing.T, dir, _ string) {
			edit(t, dir, date, func(tx *bbolt.Tx) error {
				k, _ := tx.Bucket([]byte("blocks")).Cursor().First()
				return tx.Bucket([]byte("blocks")).Delete(k)
			})
		}, []string{"0 events can be read, 3000 were stored"}},
		"the times of the day": {func(t *testing.T, dir, _ string) {
			edit(t, dir, date, func(tx *bbolt.Tx) error {
				return tx.Bucket([]byte("meta")).Put([]byte("stat"), stat{events: 3000, first: 1, last: 2}.marshal())
			})
		}, []string{"events are from 2026-11-21 12:00:00"}},
		"the accounting": {func(t *testing.T, dir, _ string) {
			edit(t, dir, date, func(tx *bbolt.Tx) error {
				return tx.Bucket([]byte("health")).Put([]byte("x"), []byte("{"))
			})
		}, []string{`accounting of "x"`}},
		"the summary": {func(t *testing.T, dir, _ string) {
			edit(t, dir, date, func(tx *bbolt.Tx) error {
				return tx.Bucket([]byte("day")).Put([]byte("day"), []byte("no summary at all"))
			})
		}, []string{"summary: "}},
		"a newer format": {func(t *testing.T, dir, _ string) {
			edit(t, dir, date, func(tx *bbolt.Tx) error {
				return tx.Bucket([]byte("meta")).Put([]byte("version"), []byte{0, 0, 0, 99})
			})
		}, []string{"newer version"}},
		"a page": {func(t *testing.T, _, file string) {
			b, err := os.ReadFile(file)
			for at := 2 * 4096; at < len(b); at += 4096 {
				if b[at+8] == flagLeaf && b[at] == byte(at/4096) {
					b[at] = 0
				}
			}
			if err := errors.Join(err, os.WriteFile(file, b, 0o600)); err != nil {
				t.Fatal(err)
			}
		}, []string{"says it is 0", "damaged-1: was damaged"}},
		"nothing but zeros": {func(t *testing.T, _, file string) {
			if err := os.WriteFile(file, make([]byte, 1<<16), 0o600); err != nil {
				t.Fatal(err)
			}
		}, []string{"no valid meta page", "damaged-1: was damaged"}},
		"open to all": {func(t *testing.T, dir, file string) {
			if err := errors.Join(os.Chmod(file, 0o644), os.Chmod(filepath.Dir(file), 0o755)); err != nil {
				t.Fatal(err)
			}
		}, []string{"others may use it: mode 0644", "others may use it: mode 0755"}},
		"a strange file": {func(t *testing.T, dir, _ string) {
			if err := os.WriteFile(filepath.Join(dir, "days", "notes.txt"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}, []string{"notes.txt: is no file of this store"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			db := mustOpen(t, dir, Options{NoSync: true})
			threeDays(t, db)
			if err := db.PutDays(t.Context(), detect.NewDay(date)); err != nil {
				t.Fatal(err)
			}
			mustClose(t, db)
			tt.spoil(t, dir, db.dayPath(date))
			db = mustOpen(t, dir, Options{NoSync: true})
			defer mustClose(t, db)
			sound, got := verified(t, db)
			for i, w := range tt.want {
				if i >= len(got) || !strings.Contains(got[i], w) {
					t.Fatalf("%q, want %q", got, tt.want)
				}
			}
			if len(tt.want) == 0 && len(got) != 0 || sound < 2 {
				t.Errorf("%d sound, %q", sound, got)
			}
		})
	}
}

// unpack extracts a tar archive.
func unpack(t *testing.T, r io.Reader) (dir string) {
	t.Helper()
	dir = t.TempDir()
	in := tar.NewReader(r)
	for {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			return dir
		}
		if err == nil && h.Typeflag == tar.TypeDir {
			if err := os.Mkdir(filepath.Join(dir, h.Name), os.FileMode(h.Mode)); err != nil {
				t.Fatal(err)
			}
			continue
		}
		var b []byte
		if err == nil {
			b, err = io.ReadAll(in)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, filepath.FromSlash(h.Name)), b, os.FileMode(h.Mode))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// slowly makes the copy last as long as the writer needs: each write lets it store a batch.
type slowly struct {
	io.Writer
	step func()
}

func (s slowly) Write(b []byte) (int, error) {
	s.step()
	return s.Writer.Write(b)
}

// TestBackup: a backup that is made while batches come is whole, has all that was there when it began, and whole
// batches of what came since.
func TestBackup(t *testing.T) {
	dir := t.TempDir()
	db := mustOpen(t, dir, Options{NoSync: true})
	defer mustClose(t, db)
	threeDays(t, db)
	for name, text := range map[string]string{"acks.json": "[]", ".hidden": "x",
		"days/2026-11-20.db.damaged-1": "old"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var file bytes.Buffer
	n := uint64(0)
	w := slowly{&file, func() {
		n++
		mustAppend(t, db, store.Batch{ID: fmt.Sprint("meanwhile ", n),
			Entries: entries(noon().AddDate(0, 0, 2).Add(time.Hour), 1<<40+n*1000, 100)})
	}}
	if err := db.Backup(t.Context(), w); err != nil {
		t.Fatal(err)
	}
	back := unpack(t, &file)
	copied := mustOpen(t, back, Options{})
	defer mustClose(t, copied)
	got := count(t, copied, store.Query{})
	if got < 9000 || got%100 != 0 || got > count(t, db, store.Query{}) || n < 5 {
		t.Errorf("%d events, after %d writes", got, n)
	}
	if sound, problems := verified(t, copied); sound != 3 || len(problems) != 1 ||
		!strings.Contains(problems[0], "damaged-1") {
		t.Errorf("%d sound, %q", sound, problems)
	}
	if hs, err := copied.Health(t.Context(), store.Window{}); err != nil || len(hs) != 1 || hs[0].Received != 9000 {
		t.Errorf("%v, %v", hs, err)
	}
	for i := range n { // what is missing can be added, and nothing twice
		mustAppend(t, copied, store.Batch{ID: fmt.Sprint("meanwhile ", i+1),
			Entries: entries(noon().AddDate(0, 0, 2).Add(time.Hour), 1<<40+(i+1)*1000, 100)})
	}
	if a, b := count(t, copied, store.Query{}), count(t, db, store.Query{}); a != b {
		t.Errorf("%d events, the original has %d", a, b)
	}
	if b, err := os.ReadFile(filepath.Join(back, "acks.json")); err != nil || string(b) != "[]" {
		t.Errorf("%q, %v", b, err)
	}
	for _, name := range []string{".hidden", "days/2026-11-21.db" + compactSuffix} {
		if _, err := os.Lstat(filepath.Join(back, name)); err == nil {
			t.Errorf("%s is in the backup", name)
		}
	}
	for name, want := range map[string]os.FileMode{"days": 0o700, "acks.json": 0o600, "days/2026-11-21.db": 0o600} {
		if fi, err := os.Stat(filepath.Join(back, name)); err != nil || fi.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", name, fi, err)
		}
	}
}

func TestBackupStops(t *testing.T) {
	db := mustOpen(t, t.TempDir(), Options{NoSync: true})
	defer mustClose(t, db)
	threeDays(t, db)
	ctx, cancel := context.WithCancel(t.Context())
	if err := db.Backup(ctx, slowly{io.Discard, cancel}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if err := db.Backup(t.Context(), failing{}); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("full disk: %v", err)
	}
	if _, problems := verified(t, db); len(problems) > 0 {
		t.Errorf("left behind: %q", problems)
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func TestCompactAll(t *testing.T) {
	db := mustOpen(t, t.TempDir(), Options{NoSync: true})
	defer mustClose(t, db)
	for n := range 60 {
		mustAppend(t, db, store.Batch{Entries: entries(noon().Add(time.Duration(n)*time.Minute), uint64(n)*1000, 900)})
		db.mustForgetTail(t)
	}
	today := detect.DateOf(noon())
	if got, err := db.CompactAll(t.Context(), today); err != nil || len(got) != 0 {
		t.Errorf("today: %v, %v", got, err)
	}
	got, err := db.CompactAll(t.Context(), today+1)
	if err != nil || len(got) != 1 || got[0].After >= got[0].Before || got[0].Date != today {
		t.Errorf("%v, %v", got, err)
	}
	if n := count(t, db, store.Query{}); n != 54_000 {
		t.Errorf("%d events", n)
	}
}

func netipAddr(n int) netip.Addr { return netip.AddrFrom4([4]byte{192, 0, 2, byte(n)}) }
