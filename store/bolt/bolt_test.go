package bolt

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"uncloak/detect"
	"uncloak/store"
	"uncloak/store/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T, dir string) store.Store { return mustOpen(t, dir, Options{NoSync: true}) })
}

func TestStoreWithFewOpenFiles(t *testing.T) {
	storetest.Run(t, func(t *testing.T, dir string) store.Store {
		return mustOpen(t, dir, Options{NoSync: true, MaxOpen: 1})
	})
}

func mustOpen(t testing.TB, dir string, opt Options) *DB {
	t.Helper()
	db, err := Open(dir, opt)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func mustClose(t testing.TB, db *DB) {
	t.Helper()
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func noon() time.Time { return time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC) }

// entries are n events, a millisecond apart, whose identities go from first on.
func entries(at time.Time, first uint64, n int) []store.Entry {
	out := make([]store.Entry, n)
	for i := range out {
		id := first + uint64(i)
		out[i] = store.Entry{Identity: id, Raw: fmt.Appendf(nil, "line %d", id)}
		out[i].Time = at.Add(time.Duration(i) * time.Millisecond).UnixNano()
	}
	return out
}

func mustAppend(t testing.TB, db *DB, b store.Batch) store.Appended {
	t.Helper()
	got, err := db.Append(context.Background(), b)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func count(t testing.TB, db *DB, q store.Query) (n int) {
	t.Helper()
	for _, err := range db.Events(t.Context(), q) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	return n
}

// edit changes a day file behind the back of a closed store.
func edit(t *testing.T, dir string, d detect.Date, f func(tx *bbolt.Tx) error) {
	t.Helper()
	b, err := bbolt.Open(filepath.Join(dir, "days", d.String()+".db"), 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(b.Update(f), b.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestOtherVersion(t *testing.T) {
	t.Run("newer", func(t *testing.T) { otherVersion(t, dayVersion+1, store.ErrNewer) })
	t.Run("older", func(t *testing.T) { otherVersion(t, oldestVersion-1, store.ErrOlder) })
}

func otherVersion(t *testing.T, version uint32, want error) {
	dir := t.TempDir()
	db := mustOpen(t, dir, Options{NoSync: true})
	mustAppend(t, db, store.Batch{Entries: entries(noon(), 0, 1)})
	mustClose(t, db)
	edit(t, dir, detect.DateOf(noon()), func(tx *bbolt.Tx) error {
		return tx.Bucket([]byte("meta")).Put([]byte("version"), binary.BigEndian.AppendUint32(nil, version))
	})
	db = mustOpen(t, dir, Options{NoSync: true})
	defer mustClose(t, db)
	if _, err := db.Append(t.Context(), store.Batch{Entries: entries(noon(), 0, 1)}); !errors.Is(err, want) {
		t.Errorf("append: %v", err)
	}
	if _, err := db.Days(t.Context()); !errors.Is(err, want) {
		t.Errorf("days: %v", err)
	}
	for _, err := range db.Events(t.Context(), store.Query{}) {
		if !errors.Is(err, want) {
			t.Errorf("events: %v", err)
		}
	}
	if db.Damaged() != 0 {
		t.Error("a file of another version counts as damaged")
	}
}

func TestLocked(t *testing.T) {
	dir := t.TempDir()
	db := mustOpen(t, dir, Options{})
	for _, opt := range []Options{{}, {ReadOnly: true}} {
		_, err := Open(dir, opt)
		if !errors.Is(err, store.ErrLocked) || !strings.Contains(err.Error(), fmt.Sprintf("process %d:", os.Getpid())) {
			t.Errorf("second opener: %v", err)
		}
	}
	mustClose(t, db)
	a := mustOpen(t, dir, Options{ReadOnly: true})
	b := mustOpen(t, dir, Options{ReadOnly: true})
	if _, err := Open(dir, Options{}); !errors.Is(err, store.ErrLocked) {
		t.Errorf("writer beside readers: %v", err)
	}
	mustClose(t, a)
	mustClose(t, b)
	mustClose(t, mustOpen(t, dir, Options{}))
}

func TestClosed(t *testing.T) {
	db := mustOpen(t, t.TempDir(), Options{})
	mustClose(t, db)
	mustClose(t, db)
	if _, err := db.Append(t.Context(), store.Batch{}); !errors.Is(err, ErrClosed) {
		t.Errorf("append: %v", err)
	}
	for _, err := range db.Events(t.Context(), store.Query{}) {
		if !errors.Is(err, ErrClosed) {
			t.Errorf("events: %v", err)
		}
	}
}

func TestReadOnly(t *testing.T) {
	dir := t.TempDir()
	db := mustOpen(t, dir, Options{})
	mustAppend(t, db, store.Batch{Entries: entries(noon(), 0, 10)})
	mustClose(t, db)
	empty := filepath.Join(dir, "days", "2026-11-22.db")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	db = mustOpen(t, dir, Options{ReadOnly: true})
	defer mustClose(t, db)
	if n := count(t, db, store.Query{}); n != 10 || db.Damaged() != 0 {
		t.Errorf("%d events, %d damaged", n, db.Damaged())
	}
	if _, err := db.Append(t.Context(), store.Batch{}); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("append: %v", err)
	}
	if fi, err := os.Stat(empty); err != nil || fi.Size() != 0 {
		t.Errorf("a read-only store wrote: %v, %v", fi, err)
	}
}

func TestModes(t *testing.T) {
	old := syscall.Umask(0)
	defer syscall.Umask(old)
	dir := filepath.Join(t.TempDir(), "a", "data")
	db := mustOpen(t, dir, Options{})
	mustAppend(t, db, store.Batch{Entries: entries(noon(), 0, 1)})
	mustClose(t, db)
	for name, want := range map[string]fs.FileMode{"": 0o700, "days": 0o700, "lock": 0o600,
		"days/2026-11-21.db": 0o600} {
		fi, err := os.Stat(filepath.Join(dir, name))
		if err != nil || fi.Mode().Perm() != want {
			t.Errorf("%q: %v, %v; want %v", name, fi.Mode().Perm(), err, want)
		}
	}
}

func TestSymlinksAreRefused(t *testing.T) {
	for _, name := range []string{"lock", "days", "days/2026-11-21.db"} {
		dir, elsewhere := t.TempDir(), t.TempDir()
		mustClose(t, mustOpen(t, dir, Options{}))
		victim := filepath.Join(elsewhere, "victim")
		err := errors.Join(os.WriteFile(victim, []byte("precious"), 0o600), os.RemoveAll(filepath.Join(dir, name)))
		if name == "days" {
			victim = elsewhere
		}
		if err = errors.Join(err, os.Symlink(victim, filepath.Join(dir, name))); err != nil {
			t.Fatal(err)
		}
		db, err := Open(dir, Options{})
		if err == nil {
			_, err = db.Append(t.Context(), store.Batch{Entries: entries(noon(), 0, 1)})
			mustClose(t, db)
		}
		got, rerr := os.ReadFile(filepath.Join(elsewhere, "victim"))
		if err == nil || rerr != nil || string(got) != "precious" {
			t.Errorf("%s as a symbolic link: error %v, target %q", name, err, got)
		}
	}
}

// TestHalfBatch: the process died between the transactions of two days.
func TestHalfBatch(t *testing.T) {
	dir := t.TempDir()
	db := mustOpen(t, dir, Options{NoSync: true})
	b := store.Batch{ID: "b", Entries: append(entries(noon(), 0, 10), entries(noon().AddDate(0, 0, 1), 10, 5)...)}
	parts, err := db.split(&b)
	if err != nil || len(parts) != 2 {
		t.Fatal(len(parts), err)
	}
	db.encodePart(parts[0], false)
	if _, err := db.commit(parts[0], b.ID, true); err != nil {
		t.Fatal(err)
	}
	mustClose(t, db)
	db = mustOpen(t, dir, Options{NoSync: true})
	defer mustClose(t, db)
	if got := mustAppend(t, db, b); got.Added != 5 || got.Duplicates != 10 || len(got.Days) != 1 {
		t.Errorf("repair: %+v", got)
	}
	if n := count(t, db, store.Query{}); n != 15 {
		t.Errorf("%d events, want 15", n)
	}
}

func TestPrune(t *testing.T) {
	db := mustOpen(t, t.TempDir(), Options{NoSync: true})
	defer mustClose(t, db)
	for i := range 4 {
		mustAppend(t, db, store.Batch{ID: "same", Entries: entries(noon().AddDate(0, 0, i), 0, 3*blockEvents)})
	}
	n := 0
	for _, err := range db.Events(t.Context(), store.Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n == 10 { // a reader of the first day is under way
			removed, err := db.Prune(detect.DateOf(noon()) + 2)
			if err != nil || len(removed) != 2 || removed[0] != detect.DateOf(noon()) {
				t.Fatalf("removed %v, %v", removed, err)
			}
		}
	}
	if n != 9*blockEvents { // the day it was in, and the two that stay
		t.Errorf("%d events", n)
	}
	if days, err := db.Days(t.Context()); err != nil || len(days) != 2 {
		t.Errorf("days %v, %v", days, err)
	}
	got := mustAppend(t, db, store.Batch{ID: "same", Entries: entries(noon(), 0, 7)})
	if n := count(t, db, store.Query{Window: store.Window{To: noon().AddDate(0, 0, 1)}}); got.Added != 7 || n != 7 {
		t.Errorf("a day that was pruned begins with %+v, %d events", got, n)
	}
}

// What Days says of a day that was just written is what it says once the store has been opened again.
func TestDaysAfterAppend(t *testing.T) {
	dir := t.TempDir()
	var said [2][]store.DayInfo
	for i := range said {
		db := mustOpen(t, dir, Options{})
		if i == 0 {
			mustAppend(t, db, store.Batch{Entries: entries(noon(), 0, 3*blockEvents)})
		}
		var err error
		if said[i], err = db.Days(t.Context()); err != nil || len(said[i]) != 1 {
			t.Fatalf("%v, %v", said[i], err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if said[0][0] != said[1][0] || said[0][0].Events != 3*blockEvents {
		t.Errorf("%+v, opened again %+v", said[0][0], said[1][0])
	}
}

func TestOpenFilesAreBounded(t *testing.T) {
	db := mustOpen(t, t.TempDir(), Options{NoSync: true, MaxOpen: 3})
	defer mustClose(t, db)
	for i := range 20 {
		mustAppend(t, db, store.Batch{Entries: entries(noon().AddDate(0, 0, i), 0, 2)})
		if n := len(db.open); n > 3 {
			t.Fatalf("%d open files", n)
		}
	}
	if n := count(t, db, store.Query{}); n != 40 || len(db.open) > 3 {
		t.Errorf("%d events, %d open files", n, len(db.open))
	}
}

// TestOverlap: more blocks at one time than fit in memory.
func TestOverlap(t *testing.T) {
	t.Run("alone", func(t *testing.T) { testOverlap(t, 20, 0) })
	t.Run("beside others", func(t *testing.T) { testOverlap(t, 5, 1) })
}

func testOverlap(t *testing.T, batches int, memory int64) {
	db := mustOpen(t, t.TempDir(), Options{NoSync: true, ReadMemory: memory})
	defer mustClose(t, db)
	for i := range batches {
		mustAppend(t, db, store.Batch{Entries: entries(noon(), uint64(i)<<32, blockEvents)})
	}
	n, most := 0, 0
	var last uint64
	r := reader{db: db, identity: true, ctx: t.Context(), filter: newFilter(&store.Query{}), dec: newDecoder(db.z)}
	r.yield = func(e store.Entry, err error) bool {
		if n%100 == 0 {
			most = max(most, r.resident())
		}
		if want := uint64(n%batches)<<32 | uint64(n/batches); err != nil || e.Identity != want ||
			string(e.Raw) != fmt.Sprintf("line %d", want) {
			t.Errorf("event %d: %x %q, %v; want %x", n, e.Identity, e.Raw, err, want)
			return false
		}
		last = e.Identity
		n++
		return true
	}
	if _, err := r.day(detect.DateOf(noon())); err != nil || n != batches*blockEvents {
		t.Errorf("%d events to %x, %v", n, last, err)
	}
	limit := blocksOf(t, db) * sliceEvents
	if memory == 0 {
		limit += int(sequenceBytes / entryBytes)
	}
	if limit += blockEvents; most > limit || memory == 0 && most < limit/2 {
		t.Errorf("%d events in memory, limit %d", most, limit)
	}
	if got := db.reading.Load(); got != 0 || r.held != 0 {
		t.Errorf("%d bytes of the store and %d of the sequence are not given back", got, r.held)
	}
}

// resident is the number of decoded events that a sequence holds.
func (r *reader) resident() (n int) {
	for _, c := range r.heap {
		n += len(c.rows)
	}
	return n
}

// TestMerge: small batches become large blocks, unless a reader is open.
func TestMerge(t *testing.T) {
	db := mustOpen(t, t.TempDir(), Options{NoSync: true})
	defer mustClose(t, db)
	next := uint64(0)
	small := func(n int) {
		for range n {
			mustAppend(t, db, store.Batch{Entries: entries(noon().Add(time.Duration(next%7)*time.Second), next, 5)})
			next += 5
		}
	}
	small(1000)
	few := blocksOf(t, db)
	if few > 20 {
		t.Errorf("%d blocks of 5000 events", few)
	}
	for range db.Events(t.Context(), store.Query{}) {
		small(500)
		if n := blocksOf(t, db); n != few+500 {
			t.Errorf("%d blocks while somebody reads, want %d", n, few+500)
		}
		break
	}
	small(100)
	if n := blocksOf(t, db); n > few+500-maxTail+50 {
		t.Errorf("%d blocks afterwards", n)
	}
	seen := map[uint64]bool{}
	for e, err := range db.Events(t.Context(), store.Query{Identity: true}) {
		if err != nil || seen[e.Identity] || string(e.Raw) != fmt.Sprintf("line %d", e.Identity) {
			t.Fatalf("event %d %q twice or changed, or %v", e.Identity, e.Raw, err)
		}
		seen[e.Identity] = true
	}
	if len(seen) != int(next) {
		t.Errorf("%d events, want %d", len(seen), next)
	}
}

func blocksOf(t *testing.T, db *DB) (n int) {
	err := db.read(t.Context(), detect.DateOf(noon()), func(tx *bbolt.Tx) error {
		return tx.Bucket([]byte("blocks")).ForEach(func(k, v []byte) error { n++; return nil })
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestExtremes(t *testing.T) {
	db := mustOpen(t, t.TempDir(), Options{NoSync: true})
	defer mustClose(t, db)
	var b store.Batch
	times := []int64{-1 << 63, -1, 0, 1, 1<<63 - 1}
	for i, at := range times {
		e := store.Entry{Identity: uint64(i), Raw: make([]byte, i*3<<20)}
		e.Time, e.Recv = at, -at
		b.Entries = append(b.Entries, e)
	}
	mustAppend(t, db, b)
	i := 0
	for e, err := range db.Events(t.Context(), store.Query{}) {
		if err != nil || e.Time != times[i] || e.Recv != -times[i] || len(e.Raw) != i*3<<20 {
			t.Errorf("event %d: %d, %d bytes, %v", i, e.Time, len(e.Raw), err)
		}
		i++
	}
	if i != len(times) {
		t.Errorf("%d events", i)
	}
	b.Entries[0].Raw = make([]byte, maxLine+1)
	if _, err := db.Append(t.Context(), b); err == nil {
		t.Error("a line beyond the limit is stored")
	}
}

func TestDiskFull(t *testing.T) {
	for _, errno := range []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT} {
		err := diskError(&os.PathError{Op: "write", Path: "x", Err: errno})
		if !errors.Is(err, store.ErrFull) || !errors.Is(err, errno) {
			t.Errorf("%v becomes %v", errno, err)
		}
	}
	if err := diskError(os.ErrPermission); errors.Is(err, store.ErrFull) {
		t.Error("a permission counts as a full disk")
	}
}

func TestDamagedSummary(t *testing.T) {
	dir := t.TempDir()
	d := detect.DateOf(noon())
	for _, v := range []string{"x", "\x01", "\x01 and then something else"} {
		db := mustOpen(t, dir, Options{NoSync: true})
		if err := db.PutDays(t.Context(), detect.NewDay(d)); err != nil {
			t.Fatal(err)
		}
		mustClose(t, db)
		edit(t, dir, d, func(tx *bbolt.Tx) error { return tx.Bucket([]byte("day")).Put([]byte("day"), []byte(v)) })
		db = mustOpen(t, dir, Options{NoSync: true})
		day, err := db.Day(t.Context(), d)
		newer := v[0] > summaryVersion
		if day != nil || newer != errors.Is(err, store.ErrNewer) || newer == (db.Damaged() == 1) {
			t.Errorf("%q: %v, %v, %d damaged", v, day, err, db.Damaged())
		}
		mustClose(t, db)
	}
}
