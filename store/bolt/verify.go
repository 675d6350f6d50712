package bolt

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"go.etcd.io/bbolt"

	"uncloak/detect"
	"uncloak/store"
)

// maxProblems bounds what is said of one file.
const maxProblems = 20

// Verify reads all of each day: its pages, every block with its lines, the summary and the accounting, and compares
// them with what the file says of itself. It also names files that were set aside, and modes that let others read.
// See store.Maintainer.
func (db *DB) Verify(ctx context.Context, f func(store.Verified) error) error {
	if err := db.enter(); err != nil {
		return err
	}
	defer db.leave()
	for _, date := range db.dates(store.Window{}) {
		v, err := db.verifyDay(ctx, date)
		if err == nil {
			err = f(v)
		}
		if err != nil {
			return err
		}
	}
	return db.verifyOthers(f)
}

// verifyOthers looks at what is no day.
func (db *DB) verifyOthers(f func(store.Verified) error) error {
	files, err := os.ReadDir(filepath.Join(db.dir, "days"))
	if err != nil {
		return fmt.Errorf("read data directory: %w", err)
	}
	dir := store.Verified{File: "days"}
	if modeOf(&dir, db, fs.ModeDir); len(dir.Problems) > 0 {
		if err := f(dir); err != nil {
			return err
		}
	}
	for _, e := range files {
		name := e.Name()
		t, err := time.Parse(time.DateOnly, strings.TrimSuffix(name, ".db"))
		v := store.Verified{File: filepath.Join("days", name)}
		switch {
		case strings.HasSuffix(name, compactSuffix), strings.HasSuffix(name, salvageSuffix):
			continue
		case strings.Contains(name, ".db.damaged-"):
			v.Problems = []string{"was damaged and has been set aside; " +
				"what could be read of it is in the file of the day. Delete it when you do not need it"}
		case err == nil && db.isKnown(detect.DateOf(t)):
			continue
		default:
			v.Problems = []string{"is no file of this store"}
		}
		if err := f(v); err != nil {
			return err
		}
	}
	return nil
}

func (db *DB) isKnown(date detect.Date) bool {
	db.mu.Lock()
	defer db.mu.Unlock()
	return db.known[date]
}

// verification is one that is going on.
type verification struct {
	store.Verified
	db   *DB
	date detect.Date
	more int
}

func (v *verification) problem(format string, args ...any) {
	if len(v.Problems) == maxProblems {
		v.more++
		return
	}
	v.Problems = append(v.Problems, fmt.Sprintf(format, args...))
}

// verifyDay reads one day.
func (db *DB) verifyDay(ctx context.Context, date detect.Date) (store.Verified, error) {
	v := verification{db: db, date: date, Verified: store.Verified{File: filepath.Join("days", date.String()+".db")}}
	modeOf(&v.Verified, db, 0)
	db.appendMu.Lock() // pages that are being written make no sense yet
	err := checkPages(db.dayPath(date))
	db.appendMu.Unlock()
	if err != nil && !errors.Is(err, errDamaged) {
		return v.Verified, fmt.Errorf("verify %v: %w", date, err)
	}
	if err != nil {
		v.problem("%v", err)
	}
	d, err := db.acquire(date, false)
	switch {
	case errors.Is(err, store.ErrNewer), errors.Is(err, store.ErrOlder), errors.Is(err, fs.ErrPermission):
		v.problem("%v", err)
	case err != nil:
		return v.Verified, err
	case d == nil:
		if _, err := os.Lstat(db.dayPath(date)); err == nil {
			v.problem("cannot be opened")
		}
	default:
		err = v.day(ctx, d)
		db.release(d)
		if err != nil {
			return v.Verified, err
		}
	}
	if v.more > 0 {
		v.Problems = append(v.Problems, fmt.Sprintf("and %d more", v.more))
	}
	if ctx.Err() != nil {
		return v.Verified, ctx.Err()
	}
	return v.Verified, nil
}

// modeOf adds a problem where the file or directory is of the wrong type, or open to other users.
func modeOf(v *store.Verified, db *DB, sort fs.FileMode) {
	fi, err := os.Lstat(filepath.Join(db.dir, v.File))
	switch {
	case err != nil:
	case fi.Mode().Type() != sort:
		v.Problems = append(v.Problems, fmt.Sprintf("is of mode %v", fi.Mode()))
	case fi.Mode().Perm()&0o077 != 0:
		v.Problems = append(v.Problems, fmt.Sprintf("others may use it: mode %#o", fi.Mode().Perm()))
	}
	if err == nil && sort == 0 {
		v.Bytes = fi.Size()
	}
}

// day reads an open file.
func (v *verification) day(ctx context.Context, d *day) error {
	d.readers.RLock()
	defer d.readers.RUnlock()
	var refs []blockRef
	var s stat
	var summary []byte
	err := view(d.b, func(tx *bbolt.Tx) error {
		if s = readStat(tx); s.bad {
			v.problem("what the day says of its events is damaged")
		}
		span := readSpan(tx)
		if _, ok := storedSpan(tx); !ok && tx.Bucket([]byte("meta")).Get([]byte("span")) != nil {
			v.problem("what the day says of its longest block is damaged")
		}
		c := tx.Bucket([]byte("blocks")).Cursor()
		for k, b := c.First(); k != nil; k, b = c.Next() {
			seq, h, _, err := readHead(k, b)
			switch {
			case err != nil:
				v.problem("block %d: head is damaged: %v", seq, err)
				continue
			case uint64(h.max)-uint64(h.min) > span:
				v.problem("block %d covers more time than the day says", seq)
			case dateOf(h.min) != v.date || dateOf(h.max) != v.date:
				v.problem("block %d is of another day", seq)
			}
			refs = append(refs, refOf(&h, seq))
		}
		err := tx.Bucket([]byte("health")).ForEach(func(k, b []byte) error {
			var h store.Health
			if err := readAccount(k, b, &h); err != nil {
				v.problem("accounting of %q: %v", k, err)
			}
			return nil
		})
		summary = append(summary, tx.Bucket([]byte("day")).Get([]byte("day"))...)
		return err
	})
	if err != nil {
		v.problem("%v", err)
	}
	if len(summary) > 0 {
		if sum, err := v.db.decodeSummary(summary); err != nil {
			v.problem("summary: %v; it will be made anew", err)
		} else if sum.Date != v.date {
			v.problem("summary is of %v; it will be made anew", sum.Date)
		}
	}
	if err := v.blocks(ctx, d, refs); err != nil {
		return err
	}
	if v.Events != s.events {
		v.problem("%d events can be read, %d were stored", v.Events, s.events)
	} else if s.events > 0 && (v.First.UnixNano() != s.first || v.Last.UnixNano() != s.last) {
		v.problem("events are from %v to %v, not from %v to %v as the file says", v.First, v.Last,
			time.Unix(0, s.first).UTC(), time.Unix(0, s.last).UTC())
	}
	return nil
}

// blocks decodes every block, with its lines and their identities.
func (v *verification) blocks(ctx context.Context, d *day, refs []blockRef) error {
	dec := v.db.decoders.Get().(*decoder)
	defer v.db.decoders.Put(dec)
	all := newFilter(&store.Query{})
	var c cursor
	var buf []byte
	for _, ref := range refs {
		if err := ctx.Err(); err != nil {
			return err
		}
		var err error
		if buf, err = v.db.copyBlock(d, ref, buf, true); err == nil {
			err = guard(func() error { return c.decode(dec, buf, &all, want{identity: true}) })
		}
		if err == nil {
			err = sound(c.rows, ref)
		}
		if err != nil {
			v.problem("block %d (%d events of %s): %v", ref.seq, ref.count,
				time.Unix(0, ref.min).UTC().Format(time.DateTime), err)
			continue
		}
		if first, last := time.Unix(0, ref.min).UTC(), time.Unix(0, ref.max).UTC(); v.Events == 0 {
			v.First, v.Last = first, last
		} else if last.After(v.Last) {
			v.Last = last
		}
		v.Events += uint64(len(c.rows))
	}
	return nil
}

// sound checks that the events are as many, and of the times, as the header of their block says.
func sound(rows []store.Entry, ref blockRef) error {
	if len(rows) != int(ref.count) {
		return fmt.Errorf("%w: %d events of %d", errDamaged, len(rows), ref.count)
	}
	for i := range rows {
		if t := rows[i].Time; t < ref.min || t > ref.max || i > 0 && t < rows[i-1].Time {
			return fmt.Errorf("%w: event %d is out of order", errDamaged, i)
		}
	}
	return nil
}
