package bolt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
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

// spoilings are ways to make nonsense of the pages of a file, of 4096 bytes.
func spoilings() map[string]func(b []byte, r *rand.Rand) {
	const page = 4096
	return map[string]func(b []byte, r *rand.Rand){
		"pages over others": func(b []byte, r *rand.Rand) {
			n := len(b) / page
			copy(b[page*(2+r.IntN(n-2)):], b[page*(2+r.IntN(n-5)):][:page*4])
		},
		"random bytes": func(b []byte, r *rand.Rand) {
			for range 1 + r.IntN(200) {
				b[r.IntN(len(b))] = byte(r.Uint32())
			}
		},
		"page headers": func(b []byte, r *rand.Rand) {
			at := page * (2 + r.IntN(len(b)/page-2))
			for range 4 {
				b[at+r.IntN(64)] = byte(r.Uint32())
			}
		},
		"page numbers": func(b []byte, r *rand.Rand) { // circles and pages used twice
			at := page * (2 + r.IntN(len(b)/page-2))
			for i := range 1 + r.IntN(4) {
				binary.NativeEndian.PutUint64(b[at+16+16*i+8:], r.Uint64N(uint64(len(b)/page)))
			}
		},
		"free list": func(b []byte, r *rand.Rand) {
			for at := 2 * page; at < len(b); at += page {
				if b[at+8] == flagFree {
					binary.NativeEndian.PutUint16(b[at+10:], uint16(r.IntN(6)))
					for i := range 4 {
						binary.NativeEndian.PutUint64(b[at+16+8*i:], r.Uint64N(uint64(len(b)/page)))
					}
				}
			}
		},
	}
}

// smallFile is a day file with branches: many small blocks, batches and senders.
func smallFile(t *testing.T) []byte {
	dir := t.TempDir()
	db := mustOpen(t, dir, Options{NoSync: true})
	for n := range 400 {
		es := entries(noon().Add(time.Duration(n)*time.Second), uint64(n)*1000, 60-n/8)
		mustAppend(t, db, store.Batch{ID: fmt.Sprintf("%0*d", 20+n/4, n), Entries: es,
			Health: []store.Health{{Date: detect.DateOf(noon()), Sender: fmt.Sprint("sender ", n), Received: 7}}})
		db.mustForgetTail(t)
	}
	mustClose(t, db)
	b, err := os.ReadFile(db.dayPath(detect.DateOf(noon())))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// largeFile is a day file of a few blocks of many pages each.
func largeFile(t *testing.T) []byte {
	db := mustOpen(t, t.TempDir(), Options{NoSync: true})
	r := rand.New(rand.NewPCG(2, 2))
	for n := range 6 {
		es := entries(noon().Add(time.Duration(n)*time.Minute), uint64(n)*10000, 3000-400*n)
		for i := range es {
			es[i].Raw = fmt.Appendf(nil, "line %x", r.Uint64())
		}
		mustAppend(t, db, store.Batch{Entries: es})
	}
	mustClose(t, db)
	b, err := os.ReadFile(db.dayPath(detect.DateOf(noon())))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// mustForgetTail keeps the next batch from being merged with what is there.
func (db *DB) mustForgetTail(t *testing.T) {
	d, err := db.acquire(detect.DateOf(noon()), false)
	if err != nil {
		t.Fatal(err)
	}
	d.tail = nil
	db.release(d)
}

// spoilPages spoils each sort of file in each way, that often.
func spoilPages(t *testing.T, times int) {
	for which, whole := range map[string][]byte{"large": largeFile(t), "small": smallFile(t)} {
		for what, spoil := range spoilings() {
			t.Run(which+" "+what, func(t *testing.T) {
				for seed := range uint64(times) {
					b := slices.Clone(whole)
					spoil(b, rand.New(rand.NewPCG(seed, 5)))
					surviveDamage(t, b)
				}
			})
		}
	}
}

func TestSpoiledPages(t *testing.T) { spoilPages(t, 15) }

// TestWholePagesAreWhole: nothing that bbolt writes is taken for damage.
func TestWholePagesAreWhole(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 9))
	name := filepath.Join(t.TempDir(), "file")
	b, err := bbolt.Open(name, 0o600, &bbolt.Options{NoSync: true, FreelistType: bbolt.FreelistMapType})
	if err != nil {
		t.Fatal(err)
	}
	for range 150 {
		err := b.Update(func(tx *bbolt.Tx) error {
			x, err := tx.CreateBucketIfNotExists(fmt.Append(nil, "bucket ", r.IntN(6)))
			for range r.IntN(60) {
				k := make([]byte, 1+r.IntN(300))
				k[0] = byte(r.IntN(200))
				if r.IntN(3) == 0 {
					err = errors.Join(err, x.Delete(k[:1]))
				} else {
					err = errors.Join(err, x.Put(k, make([]byte, r.IntN(1<<r.IntN(17)))))
				}
			}
			return err
		})
		if err == nil {
			err = checkPages(name)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestRescue: what lies beside the damage is still there afterwards, the old file too, and it is said once.
func TestRescue(t *testing.T) {
	dir, date := t.TempDir(), detect.DateOf(noon())
	name := filepath.Join(dir, "days", date.String()+".db")
	b := smallFile(t)
	if err := errors.Join(os.Mkdir(filepath.Dir(name), 0o700), os.WriteFile(name, spoilLeaf(t, b), 0o600)); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	db := mustOpen(t, dir, Options{NoSync: true, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	days, err := db.Days(t.Context())
	if err != nil || len(days) != 1 {
		t.Fatalf("%v, %v", days, err)
	}
	all := 0
	for n := range 400 {
		all += 60 - n/8
	}
	n := count(t, db, store.Query{})
	if n != int(days[0].Events) || n >= all || n < all*3/4 {
		t.Errorf("%d events of %d, the file says %d", n, all, days[0].Events)
	}
	if db.Damaged() != 1 || strings.Count(log.String(), "written anew") != 1 ||
		!strings.Contains(log.String(), date.String()+".db.damaged-1") {
		t.Errorf("%d damaged:\n%s", db.Damaged(), log.String())
	}
	hs, err := db.Health(t.Context(), store.Window{})
	if err != nil || len(hs) != 400 {
		t.Errorf("%d senders, %v", len(hs), err)
	}
	again := store.Batch{ID: fmt.Sprintf("%0*d", 20+399/4, 399), Entries: entries(noon(), 1<<40, 5)}
	if got := mustAppend(t, db, again); got.Added != 0 {
		t.Errorf("a batch that is known was added: %+v", got)
	}
	mustAppend(t, db, store.Batch{Entries: entries(noon(), 1<<40, 5)})
	mustClose(t, db)
	old, err := os.ReadFile(name + ".damaged-1")
	if err != nil || len(old) != len(b) {
		t.Errorf("the old file: %d bytes, %v", len(old), err)
	}
	if err := checkPages(name); err != nil {
		t.Error(err)
	}
	db = mustOpen(t, dir, Options{NoSync: true})
	if m := count(t, db, store.Query{}); m != n+5 || db.Damaged() != 0 {
		t.Errorf("%d events, want %d; %d damaged", m, n+5, db.Damaged())
	}
	mustClose(t, db)
}

// spoilLeaf makes a leaf with some of the blocks say that it is page 1.
func spoilLeaf(t *testing.T, whole []byte) []byte {
	blocks := func(b []byte) (n int) {
		p, err := newPages(b)
		if err != nil {
			t.Fatal(err)
		}
		w := walk{pages: p, bad: func(error) {}, pair: func(bucket string, _, _ []byte) error {
			if bucket == "blocks" {
				n++
			}
			return nil
		}}
		if err := w.all(); err != nil {
			t.Fatal(err)
		}
		return n
	}
	all := blocks(whole)
	for at := 2 * 4096; at < len(whole); at += 4096 {
		if whole[at+8] == flagLeaf && binary.NativeEndian.Uint64(whole[at:]) == uint64(at/4096) {
			b := slices.Clone(whole)
			binary.NativeEndian.PutUint64(b[at:], 1)
			if n := blocks(b); n < all && n > all*3/4 {
				return b
			}
		}
	}
	t.Fatal("no leaf")
	return nil
}

// TestRescueReadOnly opens a damaged store read-only, which changes no file.
func TestRescueReadOnly(t *testing.T) {
	dir := t.TempDir()
	mustClose(t, mustOpen(t, dir, Options{}))
	name := filepath.Join(dir, "days", "2026-11-21.db")
	if err := os.WriteFile(name, spoilLeaf(t, smallFile(t)), 0o600); err != nil {
		t.Fatal(err)
	}
	db := mustOpen(t, dir, Options{ReadOnly: true})
	defer mustClose(t, db)
	if n := count(t, db, store.Query{}); n != 0 || db.Damaged() != 1 {
		t.Errorf("%d events, %d damaged", n, db.Damaged())
	}
	if files, err := os.ReadDir(filepath.Dir(name)); err != nil || len(files) != 1 {
		t.Errorf("%v, %v", files, err)
	}
}
