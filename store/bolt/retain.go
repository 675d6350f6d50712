package bolt

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"go.etcd.io/bbolt"

	"uncloak/detect"
	"uncloak/store"
)

var _ store.Maintainer = (*DB)(nil)

// Retain deletes days and drops lines; see store.Maintainer. The bytes of a day count its file and the damaged
// files of that day that were set aside. Dropping the lines of a day rewrites its file, at the price of compacting
// it.
func (db *DB) Retain(ctx context.Context, r store.Retain, today detect.Date, dryRun bool) ([]store.Pruned, error) {
	out, err := db.doomed(ctx, r, today)
	if err != nil {
		return nil, err
	}
	if n := len(out); n > 0 && !dryRun {
		if _, err := db.Prune(out[n-1].Date + 1); err != nil {
			return nil, err
		}
	}
	if r.RawDays <= 0 {
		return out, nil
	}
	gone := len(out)
	for _, date := range db.dates(store.Window{To: (today - detect.Date(r.RawDays) + 1).Start()}) {
		if gone > 0 && date <= out[gone-1].Date {
			continue // of a dry run
		}
		p, thinned, err := db.thinOld(ctx, date, dryRun)
		if ctx.Err() != nil || errors.Is(err, store.ErrFull) {
			return out, err
		}
		if err != nil { // it got events meanwhile, or has damaged blocks: another time
			db.opt.Logger.Warn("lines of an old day are not dropped", "day", date.String(), "err", err)
		} else if thinned {
			out = append(out, p)
		}
	}
	return out, nil
}

// doomed lists the days that are to be deleted, the oldest first.
func (db *DB) doomed(ctx context.Context, r store.Retain, today detect.Date) (out []store.Pruned, err error) {
	if err := db.enter(); err != nil {
		return nil, err
	}
	defer db.leave()
	sizes, total, err := db.sizes()
	if err != nil {
		return nil, err
	}
	for _, date := range slices.Sorted(keys(sizes)) {
		why := ""
		switch {
		case date >= today:
		case r.Days > 0 && date <= today-detect.Date(r.Days):
			why = "days"
		case r.Bytes > 0 && total > r.Bytes:
			why = "bytes"
		}
		if why == "" {
			break
		}
		p := store.Pruned{Date: date, Bytes: sizes[date], Why: why}
		err := db.read(ctx, date, func(tx *bbolt.Tx) error { p.Events = readStat(tx).events; return nil })
		if ctx.Err() != nil {
			return nil, err
		} // else it cannot be read, and is old
		total -= p.Bytes
		out = append(out, p)
	}
	return out, nil
}

func keys(m map[detect.Date]int64) func(func(detect.Date) bool) {
	return func(yield func(detect.Date) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// sizes returns the bytes of all files of each day.
func (db *DB) sizes() (of map[detect.Date]int64, total int64, err error) {
	files, err := os.ReadDir(filepath.Join(db.dir, "days"))
	if err != nil {
		return nil, 0, fmt.Errorf("read data directory: %w", err)
	}
	of = map[detect.Date]int64{}
	for _, f := range files {
		name, _, ok := strings.Cut(f.Name(), ".db")
		t, bad := time.Parse(time.DateOnly, name)
		fi, gone := f.Info()
		if ok && bad == nil && gone == nil && fi.Mode().IsRegular() {
			of[detect.DateOf(t)] += fi.Size()
			total += fi.Size()
		}
	}
	return of, total, nil
}

// thinOld drops the lines of a day, unless that was done and no events came since.
func (db *DB) thinOld(ctx context.Context, date detect.Date, dryRun bool) (p store.Pruned, thinned bool, err error) {
	var s stat
	done := false
	err = db.read(ctx, date, func(tx *bbolt.Tx) error {
		s = readStat(tx)
		v := tx.Bucket([]byte("meta")).Get([]byte("thinned"))
		done = len(v) == 8 && binary.BigEndian.Uint64(v) == s.events
		return nil
	})
	if err != nil || done || s.events == 0 {
		return p, false, err
	}
	p = store.Pruned{Date: date, Events: s.events, Why: "raw"}
	if dryRun {
		return p, true, nil
	}
	c, err := db.rewrite(ctx, date, rewriting{thin: true})
	p.Bytes = c.Before - c.After
	return p, err == nil, err
}

// CompactAll writes days anew that would become smaller; see store.Maintainer.
func (db *DB) CompactAll(ctx context.Context, before detect.Date) (out []store.Compacted, err error) {
	for _, date := range db.dates(store.Window{To: before.Start()}) {
		loose, err := db.loose(ctx, date, false)
		if err != nil || !loose {
			if err != nil {
				return out, err
			}
			continue
		}
		c, err := db.Compact(ctx, date, false)
		switch {
		case ctx.Err() != nil, errors.Is(err, store.ErrFull):
			return out, err
		case err != nil:
			db.opt.Logger.Warn("day is not compacted", "day", date.String(), "err", err)
		default:
			out = append(out, store.Compacted{Date: date, Before: c.Before, After: c.After})
		}
	}
	return out, nil
}

// removeIfThere removes a file that may be missing.
func removeIfThere(name string) error {
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
