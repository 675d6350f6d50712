package bolt

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/cespare/xxhash/v2"
	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"

	"uncloak/detect"
	"uncloak/store"
)

// dayVersion is the format of a day file. It grows when an older program would misread the file. Files down to
// oldestVersion are read as they are, and become files of dayVersion when the first event is added to them.
//
//	1  before the first release; refused
//	2  blocks of templates and columns
//	3  a second word of an event, alarms, entries of listings: programs for 2 take such blocks for damaged
const (
	dayVersion    = 3
	oldestVersion = 2
)

// Format is the number of the format of day files that this program writes; see docs/store.md.
const Format = dayVersion

func bucketNames() []string { return []string{"meta", "blocks", "batches", "health", "day"} }

// day is an open day file. DB.mu guards refs, used and gone.
type day struct {
	date detect.Date
	b    *bbolt.DB
	file os.FileInfo // when it was opened
	gen  uint64      // differs each time that a file is opened
	refs int
	used uint64
	gone bool // removed from its place: closed by its last user

	tail    []tailBlock  // belongs to the writer
	readers sync.RWMutex // held by readers from the listing of blocks to their end; a merge only tries to get it
}

// stat is the number of events of a day file, and the times of the first and the last.
type stat struct {
	events      uint64
	first, last int64 // ns
	bad         bool  // what is stored of it cannot be read
}

func (db *DB) dayPath(d detect.Date) string {
	return filepath.Join(db.dir, "days", d.String()+".db")
}

// acquire opens the file of a day. It returns nil without error where there is no such file and create is false. A
// file that cannot be read counts as damage and as missing; where create is set it is moved aside and a new one takes
// its place.
func (db *DB) acquire(date detect.Date, create bool) (*day, error) {
	db.mu.Lock() // held while a file is opened or closed: bbolt locks its files, even against ourselves
	defer db.mu.Unlock()
	d := db.open[date]
	if d != nil && !d.inPlace() && db.present() == nil {
		if err := db.lose(d); err != nil {
			return nil, err
		}
		d = nil
	}
	if d == nil {
		if !create && !db.known[date] {
			return nil, nil
		}
		var err error
		if d, err = db.openDay(date, create); err != nil || d == nil {
			return nil, err
		}
		db.open[date], db.known[date] = d, true
		db.clock++
		d.gen = db.clock
	}
	d.refs++
	db.clock++
	d.used = db.clock
	return d, db.closeSpare()
}

// inPlace reports whether the open file is still that of its name.
func (d *day) inPlace() bool {
	fi, err := os.Lstat(d.b.Path())
	return err == nil && os.SameFile(fi, d.file) || err != nil && !errors.Is(err, fs.ErrNotExist)
}

// release gives back what acquire returned.
func (db *DB) release(d *day) {
	db.mu.Lock()
	defer db.mu.Unlock()
	d.refs--
	err := db.closeSpare()
	if d.gone && d.refs == 0 {
		err = errors.Join(err, d.close())
	}
	if err != nil {
		db.opt.Logger.Error("cannot close day file", "err", err)
	}
}

// closeSpare closes the least recently used files until their number is within its bound, or all are in use.
func (db *DB) closeSpare() error {
	for len(db.open) > db.opt.MaxOpen {
		var oldest *day
		for _, d := range db.open {
			if d.refs == 0 && (oldest == nil || d.used < oldest.used) {
				oldest = d
			}
		}
		if oldest == nil {
			return nil
		}
		delete(db.open, oldest.date)
		if err := oldest.close(); err != nil {
			return fmt.Errorf("close day file: %w", err)
		}
	}
	return nil
}

func (d *day) close() error { return guard(d.b.Close) }

// openDay opens one file; it returns nil without error where there is nothing to read.
func (db *DB) openDay(date detect.Date, create bool) (*day, error) {
	name := db.dayPath(date)
	fi, err := os.Lstat(name)
	if db.opt.ReadOnly && err == nil && fi.Size() == 0 {
		return nil, nil // created by a writer that died at once
	}
	if !create && errors.Is(err, fs.ErrNotExist) { // readers never create
		delete(db.known, date)
		return nil, nil
	}
	ok, err := db.checked(date)
	if !create && errors.Is(err, store.ErrFull) { // it is for later
		db.opt.Logger.Error("day is left out", "day", date.String(), "err", err)
		return nil, nil
	}
	if err != nil || !ok && !create {
		return nil, err
	}
	var b *bbolt.DB
	if err = errDamaged; ok {
		b, err = db.openFile(name)
	}
	if err == nil {
		return newDay(date, b)
	}
	if !errors.Is(err, errDamaged) {
		return nil, fmt.Errorf("open day file of %v: %w", date, err)
	}
	db.report("day file", date, 0, err)
	if !create {
		return nil, nil
	}
	if err := setAside(name); err != nil {
		return nil, err
	}
	b, err = db.openFile(name)
	if err != nil {
		return nil, fmt.Errorf("open day file of %v: %w", date, err)
	}
	return newDay(date, b)
}

func newDay(date detect.Date, b *bbolt.DB) (*day, error) {
	fi, err := os.Lstat(b.Path())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open day file of %v: %w", date, err), guard(b.Close))
	}
	return &day{date: date, b: b, file: fi}, nil
}

// setAside renames a file that cannot be read, so that new events of its day have a place.
func setAside(name string) error {
	for i := 1; ; i++ {
		to := fmt.Sprintf("%s.damaged-%d", name, i)
		if _, err := os.Lstat(to); errors.Is(err, fs.ErrNotExist) {
			if err := os.Rename(name, to); err != nil {
				return fmt.Errorf("set damaged day file aside: %w", err)
			}
			return nil
		}
	}
}

// openFile opens a bbolt file, creates it and its buckets where they are missing, and looks at its version.
func (db *DB) openFile(name string) (b *bbolt.DB, err error) {
	fi, statErr := os.Lstat(name)
	isNew := statErr != nil || fi.Size() == 0
	if isNew && !db.opt.ReadOnly {
		if !strings.HasSuffix(name, freshSuffix) {
			if err := db.makeDay(name); err != nil {
				return nil, err
			}
		}
		defer func() { // half of an empty file would be taken for a damaged one
			if err == nil {
				return
			}
			if bad := os.Remove(name); bad != nil && !errors.Is(bad, fs.ErrNotExist) {
				err = errors.Join(err, bad)
			}
		}()
	}
	var file *os.File
	err = guard(func() error {
		b, err = bbolt.Open(name, 0o600, &bbolt.Options{
			Timeout: 5 * time.Second, ReadOnly: db.opt.ReadOnly, NoSync: db.opt.NoSync, NoGrowSync: db.opt.NoSync,
			FreelistType: bbolt.FreelistMapType, NoStatistics: true,
			OpenFile: func(n string, flag int, mode os.FileMode) (*os.File, error) {
				file, err = os.OpenFile(n, flag|noFollow, mode)
				return file, err
			},
		})
		return err
	})
	if err != nil {
		if file != nil {
			// after a panic it is open still, and mapped, so that closing it alone would not release bbolt's lock
			_ = unlock(file)
			_ = file.Close()
		}
		if err = classify(err); errors.Is(err, errDamaged) && checkPages(name) == nil {
			// the pages on the disk are in order: the file is not set aside
			err = fmt.Errorf("the disk gives something else than what is on it: %v", err)
		}
		return nil, err
	}
	_, fresh := db.fresh.LoadAndDelete(name)
	if !fresh && !db.opt.NoSync && !db.opt.ReadOnly {
		// what a killed writer wrote last may be in memory alone: bbolt would write over what the disk has instead
		err = b.Sync()
	}
	if err == nil {
		err = db.prepare(b)
	}
	if err != nil {
		return nil, errors.Join(err, guard(b.Close))
	}
	return b, nil
}

// prepare checks that all of the file is there and of a known version, and makes the buckets of a new one.
func (db *DB) prepare(b *bbolt.DB) error {
	fresh := false
	err := view(b, func(tx *bbolt.Tx) error {
		fi, err := os.Stat(b.Path())
		if err != nil {
			return err
		}
		if fi.Size() < tx.Size() { // its pages are mapped: to touch one that is missing is a fault
			return fmt.Errorf("%w: file has %d bytes of %d", errDamaged, fi.Size(), tx.Size())
		}
		meta := tx.Bucket([]byte("meta"))
		if first, _ := tx.Cursor().First(); first == nil {
			fresh = true
			return nil
		}
		if meta == nil { // a file with other buckets was in use
			return fmt.Errorf("%w: no bucket \"meta\"", errDamaged)
		}
		v := meta.Get([]byte("version"))
		if len(v) != 4 {
			return fmt.Errorf("%w: no version", errDamaged)
		}
		if n := binary.BigEndian.Uint32(v); n > dayVersion {
			return fmt.Errorf("%w: format %d, this one knows %d", store.ErrNewer, n, dayVersion)
		}
		if n := binary.BigEndian.Uint32(v); n < oldestVersion {
			return fmt.Errorf("%w (%s, format %d)", store.ErrOlder, b.Path(), n)
		}
		for _, name := range bucketNames() {
			if tx.Bucket([]byte(name)) == nil {
				return fmt.Errorf("%w: no bucket %q", errDamaged, name)
			}
		}
		return nil
	})
	if err != nil || !fresh {
		return err
	}
	if db.opt.ReadOnly {
		return fmt.Errorf("%w: empty file", errDamaged)
	}
	return update(b, func(tx *bbolt.Tx) error {
		for _, name := range bucketNames() {
			if _, err := tx.CreateBucketIfNotExists([]byte(name)); err != nil {
				return err
			}
		}
		return putVersion(tx)
	})
}

// putVersion notes that the file has what this program writes.
func putVersion(tx *bbolt.Tx) error {
	return tx.Bucket([]byte("meta")).Put([]byte("version"), binary.BigEndian.AppendUint32(nil, dayVersion))
}

// classify tells a broken file from one that cannot be opened now. bbolt has no error of its own for a file that was
// cut short, so every error that does not come from the operating system is taken for damage.
func classify(err error) error {
	var path *fs.PathError
	var errno syscall.Errno
	switch {
	case errors.Is(err, bbolterrors.ErrVersionMismatch):
		return fmt.Errorf("%w: %w", store.ErrNewer, err)
	case errors.As(err, &path), errors.As(err, &errno), errors.Is(err, bbolterrors.ErrTimeout):
		return diskError(err)
	}
	return fmt.Errorf("%w: %w", errDamaged, err)
}

// diskError adds store.ErrFull to the kernel's errors for a full disk or quota.
func diskError(err error) error {
	for _, e := range []error{syscall.ENOSPC, syscall.EDQUOT} {
		if errors.Is(err, e) {
			return fmt.Errorf("%w: %w", store.ErrFull, err)
		}
	}
	return err
}

func view(b *bbolt.DB, f func(*bbolt.Tx) error) error {
	return guard(func() error { return b.View(f) })
}

func update(b *bbolt.DB, f func(*bbolt.Tx) error) error {
	err := guard(func() error { return b.Update(f) })
	if errors.Is(err, syscall.EFBIG) && checkPages(b.Path()) == nil { // ulimit -f, or what the file system takes
		return fmt.Errorf("%w: %w", store.ErrFull, err)
	}
	// what bbolt says when its pages make no sense; a damaged page number asks for a file larger than any can be
	for _, e := range []error{bbolterrors.ErrIncompatibleValue, bbolterrors.ErrBucketNotFound,
		bbolterrors.ErrKeyRequired, syscall.EFBIG} {
		if errors.Is(err, e) {
			return fmt.Errorf("%w: %w", errDamaged, err)
		}
	}
	var path *fs.PathError
	var errno syscall.Errno
	// bbolt was led to a page number so large that its offset is negative
	if errors.As(err, &path) && path.Op == "writeat" && !errors.As(err, &errno) {
		return fmt.Errorf("%w: %w", errDamaged, err)
	}
	return diskError(err)
}

// guard calls f and turns a panic or a fault into an error: bbolt panics, or follows a reference out of the mapped
// file, when it meets a page that makes no sense.
func guard(f func() error) (err error) {
	old := debug.SetPanicOnFault(true)
	defer debug.SetPanicOnFault(old)
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", errDamaged, p)
		}
	}()
	return f()
}

func (s stat) marshal() []byte {
	b := binary.BigEndian.AppendUint64(nil, s.events)
	b = binary.BigEndian.AppendUint64(b, uint64(s.first))
	b = binary.BigEndian.AppendUint64(b, uint64(s.last))
	return binary.BigEndian.AppendUint64(b, xxhash.Sum64(b))
}

// readStat reads what the file says of its events, with a checksum behind it (files of older programs have none). Where
// that cannot be read, it is made anew from the heads of the blocks.
func readStat(tx *bbolt.Tx) (s stat) {
	b := tx.Bucket([]byte("meta")).Get([]byte("stat"))
	switch {
	case len(b) == 32 && binary.BigEndian.Uint64(b[24:]) == xxhash.Sum64(b[:24]), len(b) == 24:
		s.events = binary.BigEndian.Uint64(b)
		s.first, s.last = int64(binary.BigEndian.Uint64(b[8:])), int64(binary.BigEndian.Uint64(b[16:]))
		return s
	}
	c := tx.Bucket([]byte("blocks")).Cursor()
	for k, v := c.First(); k != nil; k, v = c.Next() {
		s.bad = true
		h, _, err := parseHeader(v)
		if err != nil {
			continue
		}
		if s.events == 0 {
			s.first, s.last = h.min, h.max
		}
		s.events, s.first, s.last = s.events+uint64(h.count), min(s.first, h.min), max(s.last, h.max)
	}
	return s
}
