//go:build unix

package main

import (
	"cmp"
	"io/fs"
	"syscall"

	"golang.org/x/sys/unix"
)

// mayWrite returns why this user may not make files in a directory.
func mayWrite(dir string) error { return unix.Access(dir, unix.W_OK|unix.X_OK) }

// freeIn returns the bytes that are free for this user where a directory is; 0 where that is not known.
func freeIn(dir string) uint64 {
	var st unix.Statfs_t
	if unix.Statfs(dir, &st) != nil {
		return 0
	}
	return uint64(max(st.Bavail, 0)) * uint64(st.Bsize)
}

// ownerOf returns the number of the user that owns a file.
func ownerOf(fi fs.FileInfo) (uid uint32, ok bool) {
	st, ok := fi.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return st.Uid, true
}

// becomeIDs gives up the rights of root, for good.
func becomeIDs(uid, gid int, groups []int) error {
	return cmp.Or(syscall.Setgroups(groups), syscall.Setgid(gid), syscall.Setuid(uid))
}
