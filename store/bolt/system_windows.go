package bolt

import (
	"errors"
	"io"
	"os"

	"golang.org/x/sys/windows"
)

// noFollow does nothing: only an administrator makes symbolic links.
const noFollow = 0

// lockAt is a byte of the lock file far behind its text, which others read.
const lockAt = 1 << 30

// lock locks a file for this process, alone or with other readers, without waiting.
func lock(f *os.File, shared bool) error {
	flags := uint32(windows.LOCKFILE_FAIL_IMMEDIATELY)
	if !shared {
		flags |= windows.LOCKFILE_EXCLUSIVE_LOCK
	}
	err := windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, &windows.Overlapped{Offset: lockAt})
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return errHeld
	}
	return err
}

// unlock leaves bbolt's own lock alone, which goes with the file.
func unlock(*os.File) error { return nil }

// mapFile reads the first bytes of a file: one that is mapped could not be replaced.
func mapFile(f *os.File, size int) ([]byte, error) {
	b := make([]byte, size)
	_, err := io.ReadFull(f, b)
	return b, err
}

func unmap([]byte) {}
