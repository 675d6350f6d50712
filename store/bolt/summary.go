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
	"time"

	"github.com/cespare/xxhash/v2"
	"go.etcd.io/bbolt"

	"uncloak/detect"
	"uncloak/store"
)

// A stored summary is a version byte, xxhash64 of the rest, the decoded length and a zstd frame.
const (
	summaryVersion = 1
	summaryHeader  = 1 + 8 + 4
	maxSummary     = 256 << 20
)

// read runs f in a short transaction on a day. A day without a file is no error; a damaged one is counted, and no
// error either.
func (db *DB) read(ctx context.Context, date detect.Date, f func(*bbolt.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	d, err := db.acquire(date, false)
	if err != nil || d == nil {
		return err
	}
	defer db.release(d)
	if err := view(d.b, f); errors.Is(err, errDamaged) {
		db.report("day file", date, 0, err)
	} else if err != nil {
		return fmt.Errorf("read %v: %w", date, err)
	}
	return nil
}

// Days lists the days that have events, in order.
func (db *DB) Days(ctx context.Context) ([]store.DayInfo, error) {
	if err := db.enter(); err != nil {
		return nil, err
	}
	defer db.leave()
	var out []store.DayInfo
	for _, date := range db.dates(store.Window{}) {
		db.mu.Lock()
		info, known := db.infos[date]
		edits := db.edits
		db.mu.Unlock()
		if known {
			out = append(out, info)
			continue
		}
		n := len(out)
		err := db.read(ctx, date, func(tx *bbolt.Tx) error {
			s := readStat(tx)
			if s.bad {
				db.report("day file", date, 0, fmt.Errorf("%w: what it says of its events", errDamaged))
			}
			if s.events > 0 {
				out = append(out, infoOf(tx, date, s))
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		db.mu.Lock()
		if db.edits == edits && len(out) > n {
			db.infos[date] = out[n]
		}
		db.mu.Unlock()
	}
	return out, nil
}

func infoOf(tx *bbolt.Tx, date detect.Date, s stat) store.DayInfo {
	return store.DayInfo{Date: date, Events: s.events, Bytes: tx.Size(), First: time.Unix(0, s.first).UTC(),
		Last: time.Unix(0, s.last).UTC()}
}

// learn notes what Days says of a day that was just written, so that it need not open the file again. The transaction
// that wrote does not know how large it leaves the file. What cannot be read is for Days to report.
func (db *DB) learn(d *day) {
	_ = view(d.b, func(tx *bbolt.Tx) error {
		info := infoOf(tx, d.date, readStat(tx))
		db.mu.Lock()
		defer db.mu.Unlock()
		if info.Events > 0 {
			db.infos[info.Date] = info
		}
		return nil
	})
}

// changed forgets what Days knows of a date.
func (db *DB) changed(date detect.Date) {
	db.mu.Lock()
	defer db.mu.Unlock()
	delete(db.infos, date)
	db.edits++
}

// Day is the stored summary of that date. One that is damaged counts as such and is not there: it can be made again.
func (db *DB) Day(ctx context.Context, date detect.Date) (*detect.Day, error) {
	if err := db.enter(); err != nil {
		return nil, err
	}
	defer db.leave()
	var data []byte
	err := db.read(ctx, date, func(tx *bbolt.Tx) error {
		data = append(data, tx.Bucket([]byte("day")).Get([]byte("day"))...)
		return nil
	})
	if err != nil || len(data) == 0 {
		return nil, err
	}
	day, err := db.decodeSummary(data)
	if errors.Is(err, store.ErrNewer) {
		return nil, fmt.Errorf("summary of %v: %w", date, err)
	}
	if err != nil {
		db.report("summary", date, 0, err)
		return nil, nil
	}
	return day, nil
}

func (db *DB) decodeSummary(b []byte) (*detect.Day, error) {
	if b[0] > summaryVersion {
		return nil, store.ErrNewer
	}
	if len(b) < summaryHeader || xxhash.Sum64(b[9:]) != binary.LittleEndian.Uint64(b[1:]) {
		return nil, errDamaged
	}
	size := binary.LittleEndian.Uint32(b[9:])
	if size > maxSummary {
		return nil, errDamaged
	}
	plain, err := db.z.decompress(b[summaryHeader:], nil, int(size))
	if err != nil {
		return nil, err
	}
	day := &detect.Day{}
	if err := day.UnmarshalBinary(plain); err != nil {
		return nil, fmt.Errorf("%w: %w", errDamaged, err)
	}
	return day, nil
}

// PutDays stores summaries, each in the file of its date and in place of the one before: many side by side.
func (db *DB) PutDays(ctx context.Context, days ...*detect.Day) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	var packed [][]byte
	for _, day := range days {
		b, err := db.encodeSummary(day)
		if err != nil {
			return err
		}
		packed = append(packed, b)
	}
	if err := db.enterWrite(); err != nil {
		return err
	}
	defer db.leaveWrite()
	return errors.Join(sideBySide(len(days), func(i int) error { return db.putSummary(days[i].Date, packed[i]) })...)
}

func (db *DB) encodeSummary(day *detect.Day) ([]byte, error) {
	plain, err := day.MarshalBinary()
	if err != nil {
		return nil, fmt.Errorf("put day: %w", err)
	}
	if len(plain) > maxSummary {
		return nil, fmt.Errorf("put day %v: summary of %d bytes, at most %d", day.Date, len(plain), maxSummary)
	}
	b := make([]byte, 9, summaryHeader+len(plain)/4)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(plain)))
	b = db.z.compress(plain, b, false)
	b[0] = summaryVersion
	binary.LittleEndian.PutUint64(b[1:], xxhash.Sum64(b[9:]))
	return b, nil
}

func (db *DB) putSummary(date detect.Date, b []byte) error {
	d, err := db.acquire(date, true)
	if err != nil {
		return fmt.Errorf("put day: %w", err)
	}
	defer db.release(d)
	err = update(d.b, func(tx *bbolt.Tx) error { return tx.Bucket([]byte("day")).Put([]byte("day"), b) })
	db.changed(date) // its size on the disk
	if err != nil {
		err = errors.Join(err, db.drop(date)) // as after a commit that failed
		return fmt.Errorf("put day %v: %w", date, err)
	}
	return nil
}

// Prune deletes the files of all days before that date and says which days are gone. Readers of such a day finish
// undisturbed.
func (db *DB) Prune(before detect.Date) (removed []detect.Date, err error) {
	if err := db.enterWrite(); err != nil {
		return nil, err
	}
	defer db.leaveWrite()
	for _, date := range db.dates(store.Window{To: before.Start()}) {
		if err := db.remove(date); err != nil {
			return removed, fmt.Errorf("prune %v: %w", date, err)
		}
		removed = append(removed, date)
	}
	if err := db.removeAside(before); err != nil {
		return removed, fmt.Errorf("prune: %w", err)
	}
	return removed, syncDir(filepath.Join(db.dir, "days"))
}

func (db *DB) remove(date detect.Date) error {
	if err := os.Remove(db.dayPath(date)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return db.forget(date)
}

// forget closes a file that has left its place, when its last reader has finished.
func (db *DB) forget(date detect.Date) error {
	db.mu.Lock()
	defer db.mu.Unlock()
	delete(db.known, date)
	db.brokenMu.Lock()
	delete(db.lacking, date)
	db.brokenMu.Unlock()
	return db.detach(date)
}

// drop makes the next use of a day open its file anew.
func (db *DB) drop(date detect.Date) error {
	db.mu.Lock()
	defer db.mu.Unlock()
	return db.detach(date)
}

// detach closes an open file when its last user has finished. The caller holds mu.
func (db *DB) detach(date detect.Date) error {
	delete(db.infos, date)
	db.edits++
	d := db.open[date]
	if d == nil {
		return nil
	}
	delete(db.open, date)
	d.gone = true
	if d.refs == 0 {
		return d.close()
	}
	return nil
}

// removeAside deletes damaged files of such days that were set aside.
func (db *DB) removeAside(before detect.Date) error {
	days := filepath.Join(db.dir, "days")
	files, err := os.ReadDir(days)
	if err != nil {
		return err
	}
	for _, f := range files {
		name, _, ok := strings.Cut(f.Name(), ".db.damaged-")
		t, bad := time.Parse(time.DateOnly, name)
		if ok && bad == nil && detect.DateOf(t) < before {
			if err := os.Remove(filepath.Join(days, f.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}
