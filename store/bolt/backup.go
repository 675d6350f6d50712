package bolt

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"uncloak/detect"
	"uncloak/store"
)

// Backup writes the data directory as a tar; see store.Maintainer. Unpacked, it is a data directory. A day is copied in
// short transactions to a file beside it, which needs room for the largest day, and goes on growing meanwhile: what
// comes after the moment at which its copy began is not in the copy. A batch that touches two days may be in the
// later one alone, as after a crash: appended again, it adds what is missing.
func (db *DB) Backup(ctx context.Context, w io.Writer) error {
	if db.opt.ReadOnly {
		return errors.New("backup: a store that is open for reading only can be copied as it is")
	}
	if err := db.enter(); err != nil {
		return err
	}
	defer db.leave()
	out := tar.NewWriter(w)
	for _, dir := range []string{"", "days"} {
		if err := db.backupFiles(ctx, out, dir); err != nil {
			return fmt.Errorf("backup: %w", err)
		}
	}
	for _, date := range db.dates(store.Window{}) {
		if err := db.backupDay(ctx, out, date); err != nil {
			return fmt.Errorf("backup of %v: %w", date, diskError(err))
		}
	}
	return out.Close()
}

// backupFiles copies the files of a directory that are no days: acks and the like, and damaged files that were set
// aside.
func (db *DB) backupFiles(ctx context.Context, out *tar.Writer, dir string) error {
	files, err := os.ReadDir(filepath.Join(db.dir, dir))
	if err != nil {
		return err
	}
	if dir != "" {
		h := &tar.Header{Typeflag: tar.TypeDir, Name: dir + "/", Mode: 0o700, ModTime: time.Now(),
			Format: tar.FormatPAX}
		if err := out.WriteHeader(h); err != nil {
			return err
		}
	}
	for _, f := range files {
		name := f.Name()
		if !f.Type().IsRegular() || strings.HasPrefix(name, ".") || dir == "" && name == "lock" ||
			dir != "" && !strings.Contains(name, ".db.damaged-") {
			continue
		}
		if err := backupFile(ctx, out, filepath.Join(db.dir, dir, name), filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	return nil
}

func backupFile(ctx context.Context, out *tar.Writer, path, name string) error {
	f, err := os.OpenFile(path, os.O_RDONLY|noFollow, 0)
	if errors.Is(err, os.ErrNotExist) {
		return nil // gone meanwhile
	}
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // only read
	return copyToTar(ctx, out, f, name)
}

// copyToTar copies as much of f as there is now.
func copyToTar(ctx context.Context, out *tar.Writer, f *os.File, name string) error {
	fi, err := f.Stat()
	if err != nil {
		return err
	}
	h := &tar.Header{Typeflag: tar.TypeReg, Name: filepath.ToSlash(name), Size: fi.Size(), Mode: 0o600,
		ModTime: fi.ModTime(), Format: tar.FormatPAX}
	if err := out.WriteHeader(h); err != nil {
		return err
	}
	r := io.LimitReader(f, fi.Size())
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		if _, err := io.CopyN(out, r, 1<<20); errors.Is(err, io.EOF) {
			return nil // Close of out says where something is missing
		} else if err != nil {
			return err
		}
	}
}

// backupDay copies one day as it is now; what cannot be read is copied as it lies there.
func (db *DB) backupDay(ctx context.Context, out *tar.Writer, date detect.Date) error {
	name := filepath.Join("days", date.String()+".db")
	f, err := db.copyDay(ctx, date)
	if errors.Is(err, errDamaged) {
		db.report("day file", date, 0, err)
		return backupFile(ctx, out, db.dayPath(date), name)
	}
	if err != nil || f == nil {
		return err
	}
	defer func() { _ = f.Close() }() // only read
	return copyToTar(ctx, out, f, name)
}

// copyDay is a file without a name that has what the day has now; nil where the day is gone.
func (db *DB) copyDay(ctx context.Context, date detect.Date) (*os.File, error) {
	db.compactMu.Lock() // the name is Compact's
	defer db.compactMu.Unlock()
	if err := db.present(); err != nil {
		return nil, err
	}
	d, err := db.acquire(date, false)
	if err != nil {
		return nil, err
	}
	if d == nil {
		if _, err := os.Lstat(db.dayPath(date)); err == nil {
			return nil, errDamaged
		}
		return nil, nil
	}
	defer db.release(d)
	name := db.dayPath(date) + compactSuffix
	if err := removeIfThere(name); err != nil {
		return nil, err
	}
	defer func() { _ = os.Remove(name) }()
	d.readers.RLock() // no merging of blocks that are listed
	_, err = db.writeAnew(ctx, d, name, rewriting{still: true})
	d.readers.RUnlock()
	if err != nil {
		return nil, err
	}
	return os.OpenFile(name, os.O_RDONLY|noFollow, 0)
}
