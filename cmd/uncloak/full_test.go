package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestUnreadableFile reads a file that opens and then gives an error, for root too.
func TestUnreadableFile(t *testing.T) {
	r := uncloak(t, "", "import", "--data", filepath.Join(t.TempDir(), "data"), "/proc/self/mem")
	if lines := strings.Split(strings.TrimSpace(r.errOut), "\n"); r.code != 1 || len(lines) != 1 ||
		!strings.Contains(lines[0], "/proc/self/mem") {
		t.Errorf("exit %d\n%s%s", r.code, r.out, r.errOut)
	}
}

// small mounts a file system of the given size. Mounting needs root; CI runs as root.
func small(t *testing.T, size string) (dir string, grow func(string)) {
	t.Helper()
	dir = t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Skipf("cannot mount a small file system: %v", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) })
	return dir, func(size string) {
		if err := unix.Mount("tmpfs", dir, "tmpfs", unix.MS_REMOUNT, "size="+size); err != nil {
			t.Fatal(err)
		}
	}
}

func TestImportOnAFullDisk(t *testing.T) {
	dir, _ := small(t, "100k")
	var log strings.Builder
	for i := range 20000 {
		fmt.Fprintln(&log, line(i))
	}
	file := filepath.Join(t.TempDir(), "big.log")
	if err := os.WriteFile(file, []byte(log.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	r := uncloak(t, "", "import", "--data", filepath.Join(dir, "data"), "--year", "2026", file)
	if lines := strings.Split(strings.TrimSpace(r.errOut), "\n"); r.code != 1 || len(lines) != 1 ||
		!strings.Contains(lines[0], "no space left") {
		t.Errorf("exit %d\n%s%s", r.code, r.out, r.errOut)
	}
}

// TestServeGoesOnWhenThereIsRoom: a stream waits while the disk is full, and nothing of it is lost.
func TestServeGoesOnWhenThereIsRoom(t *testing.T) {
	dir, grow := small(t, "200k")
	data := filepath.Join(dir, "data")
	d := serve(t, data)
	const n = 30000
	sent := make(chan error, 1)
	go func() {
		conn, err := net.Dial("tcp", d.tcp)
		if err != nil {
			sent <- err
			return
		}
		defer conn.Close()
		for i := range n {
			if _, err := fmt.Fprintln(conn, line(i)); err != nil {
				sent <- err
				return
			}
		}
		sent <- nil
	}()
	d.log.wait(t, "store refuses events")
	for _, page := range []string{"text", "html"} {
		if r := uncloak(t, "", "report", "--data", data, "--day", "today", "--format", page); !strings.Contains(r.out,
			"Nothing is stored at the moment") {
			t.Errorf("%s: %.500s%s", page, r.out, r.errOut)
		}
	}
	if r := uncloak(t, "", "check", "--data", data); r.code != 1 ||
		!strings.Contains(r.out, "nothing is stored at the moment") {
		t.Errorf("exit %d: %.900s%s", r.code, r.out, r.errOut)
	}
	grow("100m")
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	d.log.wait(t, "store takes events again")
	stored(t, data, n)
	if code := d.stop(); code != 0 {
		t.Errorf("exit %d", code)
	}
}
