package bolt

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"uncloak/store"
)

// lockDir locks the directory for this process until the returned file is closed: alone, or together with other
// readers. The kernel lets go of it when the process dies, so no stale lock is ever left behind. The file stays, for
// removing it would race with the next process that opens it.
func lockDir(dir string, readOnly bool) (*os.File, error) {
	name := filepath.Join(dir, "lock")
	flags := os.O_RDWR | os.O_CREATE
	if readOnly {
		flags = os.O_RDONLY
	}
	f, err := os.OpenFile(name, flags|noFollow, 0o600)
	if readOnly && (errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission)) {
		return nil, nil // a copy, perhaps on a read-only disk or of another user: no writer to keep out
	}
	if err != nil {
		return nil, fmt.Errorf("open lock file: %w", err)
	}
	err = lock(f, readOnly)
	if errors.Is(err, errHeld) {
		pid := readPID(f)
		_ = f.Close()
		return nil, fmt.Errorf("%w by process %s: %s", store.ErrLocked, pid, dir)
	}
	if err == nil && !readOnly {
		err = writePID(f)
	}
	if err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("lock data directory: %w", err)
	}
	return f, nil
}

// errHeld says that another process holds a lock.
var errHeld = errors.New("another process has it")

func writePID(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := f.WriteAt(strconv.AppendInt(nil, int64(os.Getpid()), 10), 0)
	return err
}

func readPID(f *os.File) string {
	b, err := io.ReadAll(io.NewSectionReader(f, 0, 20))
	pid := strings.TrimSpace(string(b))
	if _, bad := strconv.Atoi(pid); err != nil || bad != nil { // the holder is about to write it
		return "unknown"
	}
	return pid
}
