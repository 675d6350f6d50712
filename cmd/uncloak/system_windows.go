package main

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/windows"
)

// mayWrite returns why this user may not make files in a directory.
func mayWrite(dir string) error {
	f, err := os.CreateTemp(dir, ".uncloak-*")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// freeIn returns the bytes that are free for this user where a directory is; 0 where that is not known.
func freeIn(dir string) (free uint64) {
	name, err := windows.UTF16PtrFromString(dir)
	if err != nil || windows.GetDiskFreeSpaceEx(name, &free, nil, nil) != nil {
		return 0
	}
	return free
}

// ownerOf returns false: files have no owner with a number here.
func ownerOf(fs.FileInfo) (uid uint32, ok bool) { return 0, false }

func becomeIDs(int, int, []int) error { return errors.ErrUnsupported }
