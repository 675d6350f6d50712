package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"uncloak/store"
)

// TestReadOnly: with --read-only the commands that read answer as without it and leave the directory as it is, also one
// without a lock file, and those that write say that they do.
func TestReadOnly(t *testing.T) {
	var data string
	for name, removed := range map[string]string{"as it is": "", "a copy without the lock": "lock"} {
		data = filepath.Join(t.TempDir(), "data")
		if r := uncloak(t, line(1)+"\n"+line(2)+"\n", "import", "--data", data, "-"); r.code != 0 {
			t.Fatal(r)
		}
		asked := [][]string{{"query", "--format", "raw"}, {"report"}, {"findings"}, {"table"}, {"verify"}}
		var want []result
		for _, args := range asked {
			want = append(want, uncloak(t, "", append(args, "--data", data)...))
		}
		if strings.Count(want[0].out, "198.18.0.") != 2 {
			t.Errorf("%s: %+v", name, want[0])
		}
		os.Remove(filepath.Join(data, removed))
		before := listing(t, data)
		for i, args := range asked {
			if got := uncloak(t, "", append(args, "--data", data, "--read-only")...); got != want[i] {
				t.Errorf("%s: %q: %+v, want %+v", name, args, got, want[i])
			}
		}
		if after := listing(t, data); after != before {
			t.Errorf("%s: the directory was\n%s\nand is\n%s", name, before, after)
		}
	}
	for _, args := range [][]string{{"serve"}, {"import", "-"}, {"upgrade"}} {
		r := uncloak(t, "", append(args, "--data", data, "--read-only")...)
		if r.code != 2 || !strings.Contains(r.errOut, "leave out --read-only") {
			t.Errorf("%q: %+v", args, r)
		}
	}
}

func TestUnwritable(t *testing.T) {
	for err, want := range map[error]bool{
		&fs.PathError{Op: "open", Err: syscall.EROFS}: true, &fs.PathError{Op: "open", Err: syscall.EACCES}: true,
		store.ErrLocked: false, syscall.ENOSPC: false,
	} {
		if unwritable(err) != want {
			t.Errorf("%v: %v", err, !want)
		}
	}
}

// TestMappedNetworks: a network that is written as IPv4 within IPv6 lets in the senders that are known by IPv4.
func TestMappedNetworks(t *testing.T) {
	got, err := networks([]string{"::ffff:192.0.2.0/120", "::ffff:198.51.100.7", "::ffff:0:0/96", "2001:db8::/32"}, nil)
	want := "[192.0.2.0/24 198.51.100.7/32 0.0.0.0/0 2001:db8::/32]"
	if err != nil || fmt.Sprint(got) != want {
		t.Errorf("%v, %v; want %s", got, err, want)
	}
}

// listing names all files below dir, with the times of their last change.
func listing(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		fi, err := d.Info()
		if err == nil {
			b.WriteString(path + " " + fi.ModTime().String() + "\n")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestReadOnlyMount: the commands that read answer from a mount that cannot be written, without being told.
func TestReadOnlyMount(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	if r := uncloak(t, line(1)+"\n"+line(2)+"\n", "import", "--data", data, "-"); r.code != 0 {
		t.Fatal(r)
	}
	asked := [][]string{{"query", "--format", "raw"}, {"report"}, {"findings"}, {"table"}, {"verify"},
		{"who", "192.168.1.2:1024", "--at", "2026-11-21T12:00:00Z"}}
	var want []result
	for _, args := range asked {
		want = append(want, uncloak(t, "", append(args, "--data", data)...))
	}
	if err := unix.Mount(data, data, "", unix.MS_BIND, ""); err != nil {
		t.Skipf("mounting takes root, and is not permitted everywhere: %v", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(data, unix.MNT_DETACH) })
	if err := unix.Mount("", data, "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY, ""); err != nil {
		t.Skip(err)
	}
	if err := os.WriteFile(filepath.Join(data, "new"), nil, 0o600); !errors.Is(err, syscall.EROFS) {
		t.Fatalf("the mount can be written: %v", err)
	}
	for i, args := range asked {
		if got := uncloak(t, "", append(args, "--data", data)...); got != want[i] {
			t.Errorf("%q: %+v, want %+v", args, got, want[i])
		}
	}
}
