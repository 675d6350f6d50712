package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"uncloak/ingest/certtest"
)

// TestUnderSystemd runs serve as systemd does: with open sockets, a socket for notifications, and a watchdog.
func TestUnderSystemd(t *testing.T) {
	dir, data := t.TempDir(), t.TempDir()
	notify, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(dir, "notify"), Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer notify.Close()
	udp, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer udp.Close()
	streams, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer streams.Close()
	files := make([]*os.File, 2)
	for i, s := range []interface{ File() (*os.File, error) }{udp, streams} {
		if files[i], err = s.File(); err != nil {
			t.Fatal(err)
		}
		defer files[i].Close()
	}
	a := certtest.New(t, "ours")
	cert, key := a.Files(t, "logs")
	cmd := exec.Command("sh", "-c", `LISTEN_PID=$$ exec "$0" "$@"`, os.Args[0], "serve", "--data", data, "--log-format",
		"json", "--timezone", "UTC", "--tls-cert", cert, "--tls-key", key)
	cmd.Env = append(os.Environ(), "UNCLOAK_TEST_MAIN=1", "LISTEN_FDS=2", "LISTEN_FDNAMES=syslog:tls",
		"NOTIFY_SOCKET="+filepath.Join(dir, "notify"), "WATCHDOG_USEC=100000")
	cmd.ExtraFiles = files
	pr, pw := io.Pipe()
	cmd.Stderr = pw
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	log := watch(pr)
	says := func(want string) string {
		t.Helper()
		for b := make([]byte, 1000); ; {
			n, err := notify.Read(b)
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(string(b[:n]), want) {
				return string(b[:n])
			}
		}
	}
	says("READY=1")
	if l := log.wait(t, `"listening"`); strings.Contains(l, ":514") ||
		!strings.Contains(l, "tls "+streams.Addr().String()) || !strings.Contains(l, "udp "+udp.LocalAddr().String()) {
		t.Errorf("it listens at %s", l)
	}
	says("WATCHDOG=1")
	says("WATCHDOG=1")
	c, err := net.Dial("udp", udp.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprint(c, line(1))
	s, err := tls.Dial("tcp", streams.Addr().String(), a.Client(t, nil, ""))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	fmt.Fprintln(s, line(2))
	stored(t, data, 2)
	if err := cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	if l := says("RELOADING=1"); !strings.Contains(l, "MONOTONIC_USEC=") {
		t.Errorf("it says %q", l)
	}
	says("READY=1")
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	says("STOPPING=1")
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

// TestTLSSocketWithoutCertificate starts serve with a socket named tls and without a certificate: serve refuses to
// start.
func TestTLSSocketWithoutCertificate(t *testing.T) {
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	f, err := l.File()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	cmd := exec.Command("sh", "-c", `LISTEN_PID=$$ exec "$0" "$@"`, os.Args[0], "serve", "--data", t.TempDir())
	cmd.Env = append(os.Environ(), "UNCLOAK_TEST_MAIN=1", "LISTEN_FDS=1", "LISTEN_FDNAMES=tls")
	cmd.ExtraFiles = []*os.File{f}
	out, err := cmd.CombinedOutput()
	if exit := new(exec.ExitError); !errors.As(err, &exit) || exit.ExitCode() != 2 ||
		!strings.Contains(string(out), "see --tls-cert and --tls-key, or tls in the config") {
		t.Errorf("%v: %s", err, out)
	}
}

// TestServeReads: files and standard input through the command, and where it left off kept in the data directory.
func TestServeReads(t *testing.T) {
	dir := t.TempDir()
	data, file := filepath.Join(dir, "data"), filepath.Join(dir, "router.log")
	d := serve(t, data, "--follow", file)
	write := func(i int) {
		f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		fmt.Fprintln(f, line(i))
	}
	write(1)
	stored(t, data, 1)
	if code := d.stop(); code != 0 {
		t.Fatalf("exit %d", code)
	}
	write(2)
	d = serve(t, data, "--follow", file)
	stored(t, data, 2)
	if code := d.stop(); code != 0 {
		t.Fatalf("exit %d", code)
	}
	r := uncloak(t, line(3)+"\n"+line(4)+"\n", "serve", "--data", data, "--udp", "", "--tcp", "", "--stdin",
		"--timezone", "UTC")
	if n := count(t, data); r.code != 0 || n != 4 {
		t.Errorf("exit %d, %d lines: %s", r.code, n, r.errOut)
	}
}
