package bolt

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"uncloak/detect"
)

const (
	// freshSuffix is that of a day file that is not in its place yet.
	freshSuffix = ".new"
	// sideBySideLeast is the number of days from which on their files are written together.
	sideBySideLeast = 4
	// sideBySideMost bounds the files that are written to the disk at a time.
	sideBySideMost = 16
)

// Expect makes the files of new days, without events; see store.Store. One by one, each would wait for the disk nine
// times; together they are copies of one empty file, which wait for it side by side, and the directory waits once. A
// file comes into its place when all of it is on the disk.
func (db *DB) Expect(dates []detect.Date) error {
	if len(dates) < sideBySideLeast {
		return nil
	}
	if err := db.enterWrite(); err != nil {
		return err
	}
	defer db.leaveWrite()
	var names []string
	db.mu.Lock()
	for _, date := range dates {
		if !db.known[date] && db.open[date] == nil {
			names = append(names, db.dayPath(date))
		}
	}
	db.mu.Unlock()
	if len(names) < sideBySideLeast {
		return nil
	}
	empty, err := db.emptyDay()
	if err != nil {
		return err
	}
	err = cmp.Or(sideBySide(len(names), func(i int) error {
		name := names[i]
		if _, err := os.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
			return nil // it is for openDay to look at
		}
		return db.putFresh(name, empty)
	})...)
	if err != nil {
		return fmt.Errorf("make day files: %w", diskError(err))
	}
	if db.opt.NoSync {
		return nil
	}
	return syncDir(filepath.Join(db.dir, "days"))
}

// makeDay makes the file of one day, without events. The caller holds appendMu.
func (db *DB) makeDay(name string) error {
	empty, err := db.emptyDay()
	if err == nil {
		err = db.putFresh(name, empty)
	}
	if err == nil && !db.opt.NoSync {
		err = syncDir(filepath.Dir(name))
	}
	if err != nil {
		return fmt.Errorf("make day file: %w", diskError(err))
	}
	return nil
}

// putFresh makes a file that comes into its place when all of it is on the disk: after a power cut half of an empty
// file would be taken for a damaged one.
func (db *DB) putFresh(name string, content []byte) error {
	if err := writeFresh(name+freshSuffix, content, db.opt.NoSync); err != nil {
		return err
	}
	if err := os.Rename(name+freshSuffix, name); err != nil {
		return err
	}
	db.fresh.Store(name, nil)
	return nil
}

// sideBySide calls f for 0 to n-1, of several files at a time, and gives the error of each: each waits for the disk,
// which takes them together.
func sideBySide(n int, f func(i int) error) []error {
	var all errgroup.Group
	all.SetLimit(sideBySideMost)
	errs := make([]error, n)
	for i := range n {
		all.Go(func() error { errs[i] = f(i); return nil })
	}
	_ = all.Wait() // errs has them
	return errs
}

// emptyDay returns the content of a day file without events.
func (db *DB) emptyDay() (content []byte, err error) {
	if db.empty != nil {
		return db.empty, nil
	}
	name := db.dayPath(detect.Date(0)) + freshSuffix
	if err := removeIfThere(name); err != nil {
		return nil, fmt.Errorf("make day files: %w", err)
	}
	defer func() { err = errors.Join(err, removeIfThere(name)) }()
	b, err := db.openFile(name)
	if err != nil {
		return nil, err
	}
	if err := guard(b.Close); err != nil {
		return nil, err
	}
	if db.empty, err = os.ReadFile(name); err != nil {
		return nil, fmt.Errorf("make day files: %w", err)
	}
	return db.empty, nil
}

// writeFresh writes a file and waits until it is on the disk.
func writeFresh(name string, content []byte, noSync bool) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC|noFollow, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil && !noSync {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		err = errors.Join(err, os.Remove(name))
	}
	return err
}
