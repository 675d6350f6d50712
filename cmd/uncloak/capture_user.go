package main

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"strconv"
)

// captureUser returns the user that a capture by root becomes: the named one, else the owner of the data directory,
// else who called sudo. It is nil where the process stays what it is.
func (a *app) captureUser(name string) (*user.User, error) {
	root := os.Geteuid() == 0
	if name != "" {
		if !root {
			return nil, usagef("--user %s: only root can become another user", name)
		}
		u, err := user.Lookup(name)
		if err != nil {
			return nil, usagef("--user %q: there is no such user", name)
		}
		return u, nil
	}
	if !root {
		return nil, nil
	}
	uid := os.Getenv("SUDO_UID")
	if fi, err := os.Stat(a.cfg.Data); err == nil {
		if owner, ok := ownerOf(fi); ok {
			uid = strconv.FormatUint(uint64(owner), 10)
		}
	}
	if uid == "" || uid == "0" {
		return nil, nil
	}
	u, err := user.LookupId(uid)
	if err != nil {
		return nil, usagef("the user %s has no name here: say with --user whom to become, root to stay root", uid)
	}
	return u, nil
}

// nameOf returns the name of the user that a capture runs as.
func nameOf(u *user.User) string {
	if u == nil {
		if os.Geteuid() == 0 {
			return "root"
		}
		return "uid " + strconv.Itoa(os.Geteuid())
	}
	return u.Username
}

// become gives up root for a user, for good.
func become(u *user.User) error {
	if u == nil || u.Uid == "0" {
		return nil
	}
	uid, err1 := strconv.Atoi(u.Uid)
	gid, err2 := strconv.Atoi(u.Gid)
	if err := errors.Join(err1, err2); err != nil {
		return fmt.Errorf("become %s: %w", u.Username, err)
	}
	groups := []int{gid}
	if ids, err := u.GroupIds(); err == nil {
		for _, id := range ids {
			if n, err := strconv.Atoi(id); err == nil && n != gid {
				groups = append(groups, n)
			}
		}
	}
	if err := becomeIDs(uid, gid, groups); err != nil {
		return fmt.Errorf("become %s: %w", u.Username, err)
	}
	return nil
}

// dataFor makes the data directory, and finds out now whether the user of the capture may write there.
func (a *app) dataFor(u *user.User) error {
	err := os.MkdirAll(a.cfg.Data, 0o700)
	if err == nil {
		if err = mayWrite(a.cfg.Data); err != nil {
			err = fmt.Errorf("%s: %w", a.cfg.Data, err)
		}
	}
	if err != nil {
		return fmt.Errorf("the data directory is not for %s: %w; --data names another, --user another user", nameOf(u),
			err)
	}
	return nil
}
