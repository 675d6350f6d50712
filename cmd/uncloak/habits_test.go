package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"
)

// TestHostsByName: a host is named as its lease names it, wherever an address may stand.
func TestHostsByName(t *testing.T) {
	data, read := importedReader(t)
	want := count(t, data, "--host", "192.168.128.12")
	if want < 1800 {
		t.Fatalf("%d events of the host", want)
	}
	for _, args := range [][]string{{"--host", "vmhost"}, {"--host", "VMHost.lan", "--kind", "session-new"},
		{"--peer", "vmhost"}} {
		r := uncloak(t, "", append([]string{"query", "--data", data, "--format", "ndjson"}, args...)...)
		switch n := strings.Count(r.out, "\n"); {
		case args[1] == "VMHost.lan" && r.code != 2: // it has no such name: a domain that is given must fit
			t.Errorf("%v: code %d", args, r.code)
		case args[1] != "VMHost.lan" && (r.code != 0 || n < 1800):
			t.Errorf("%v: code %d, %d events, want %d", args, r.code, n, want)
		}
	}
	r := uncloak(t, "", "query", "--data", data, "--host", "vmhots")
	if r.code != 2 || !strings.Contains(r.errOut, `is known by that name; did you mean vmhost?`) {
		t.Errorf("a name like it: %d %s", r.code, r.errOut)
	}
	got := read("query", "--host", "vmhost", "--from", "2026-11-20 14:00", "--limit", "1")
	if !strings.HasPrefix(got, "2026-11-20 14:00:02") {
		t.Errorf("with a window: %s; by address %s", got, read("query", "--host", "192.168.128.12", "--from",
			"2026-11-20 14:00", "--limit", "1"))
	}
}

// TestFormatsOfTheFlags: what a shell is offered for --format is what the command takes.
func TestFormatsOfTheFlags(t *testing.T) {
	root, n := newApp(strings.NewReader(""), io.Discard, io.Discard).root(), 0
	for _, c := range root.Commands() {
		if c.Flags().Lookup("format") == nil || c.Name() == "import" {
			continue
		}
		n++
		args := map[string][]string{"who": {"203.0.113.7:1", "--at", "now"}, "stat": {"io", os.DevNull}}[c.Name()]
		r := uncloak(t, "", append([]string{c.Name(), "--format", "zzzz"}, args...)...)
		_, list, _ := strings.Cut(strings.ReplaceAll(strings.TrimSpace(r.errOut), " or ", ", "), "zzzz\"")
		list = regexp.MustCompile(`^(?: is not known)?: (?:want )?`).ReplaceAllString(list, "")
		if want := strings.Join(formatsOf()[c.Name()], ", "); list != want {
			t.Errorf("%s takes %q, and a shell is offered %q", c.Name(), list, want)
		}
	}
	if n < 10 {
		t.Errorf("only %d commands have a format", n)
	}
}

func TestCompletion(t *testing.T) {
	data, _ := importedReader(t)
	words := func(args ...string) string {
		t.Helper()
		return ok(t, "", append([]string{cobra.ShellCompNoDescRequestCmd}, args...)...)
	}
	if got := words("report", "--format", ""); !strings.Contains(got, "text\njson\nhtml\nmd\n") {
		t.Errorf("formats: %s", got)
	}
	if got := words("query", "--kind", "table"); !strings.Contains(got, "table-full\n") {
		t.Errorf("kinds: %s", got)
	}
	if got := words("report", "--data", data, "--day", ""); !strings.Contains(got, "yesterday\ntoday\n2026-11-20\n") {
		t.Errorf("days without a process: %s", got)
	}
	for _, args := range [][]string{{"--config", "/nowhere"}, {"--data", "/nowhere"}, {"--timezone", "Mars/X"}} {
		args := append([]string{cobra.ShellCompNoDescRequestCmd, "query"}, args...)
		r := uncloak(t, "", append(args, "--host", "")...)
		if r.code != 0 || !strings.HasPrefix(r.out, ":4\n") {
			t.Errorf("with %v: code %d, %q, %q", args, r.code, r.out, r.errOut)
		}
	}
	serve(t, data)
	for _, c := range []struct{ args, want string }{
		{"query --data DATA --host ", "192.168.128.12\nvmhost\n"},
		{"query --data DATA --router ", "gw\n"},
		{"query --data DATA --from ", "yesterday\ntoday\n2026-11-20\n"},
	} {
		got := words(strings.Split(strings.ReplaceAll(c.args, "DATA", data), " ")...)
		if !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %s, want %s", c.args, got, c.want)
		}
	}
}

// TestOverriddenSettings: a setting that the running serve has otherwise is told, whichever way it came.
func TestOverriddenSettings(t *testing.T) {
	data := imported(t)
	file := writeConfig(t, "timeouts: {udp: 12s}\n")
	serve(t, data, "--table", "2048", "--lan", "192.168.128.0/24")
	same := uncloak(t, "", "findings", "--data", data, "--day", "2026-11-20", "--table", "2048")
	if same.code != 0 || strings.Contains(same.errOut, "its own") {
		t.Errorf("with the same setting: %s", same.errOut)
	}
	t.Setenv("UNCLOAK_LINK", "100")
	r := uncloak(t, "", "findings", "--data", data, "--day", "2026-11-20", "--config", file, "--table", "4096")
	for _, want := range []string{`key=table from=--table here=4096 there=2048`,
		`key=link from=UNCLOAK_LINK here=100 there="not set"`,
		`key=timeouts.udp from=.*uncloak.yaml:1 here=12s there="not set"`} {
		if !regexp.MustCompile(`running process has its own setting.*` + want).MatchString(r.errOut) {
			t.Errorf("no warning %s in\n%s", want, r.errOut)
		}
	}
	if n := strings.Count(r.errOut, "its own setting"); n != 3 {
		t.Errorf("%d warnings, want 3:\n%s", n, r.errOut)
	}
}

func TestWithoutRights(t *testing.T) {
	a := newApp(nil, io.Discard, io.Discard)
	a.args, a.cfg = []string{"report", "--day", "last monday"}, config{Data: t.TempDir()}
	owner := "sudo"
	if os.Geteuid() == 0 {
		owner = "sudo -u '#54321'"
		if err := os.Chown(a.cfg.Data, 54321, -1); err != nil {
			t.Fatal(err)
		}
	} else {
		t.Skip("only root can give a directory away")
	}
	err := a.denied(fmt.Errorf("open: %w", &fs.PathError{Op: "open", Path: a.cfg.Data, Err: syscall.EACCES}))
	want := owner + " uncloak report --day 'last monday' --data " + a.cfg.Data
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
	if err := a.denied(io.EOF); err != io.EOF {
		t.Errorf("another error: %v", err)
	}
}

// TestNothingUnderstood: a file of which no line is understood is stored, and named with what to do.
func TestNothingUnderstood(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"good.log": line(1) + "\n",
		"odd.log": "Nov 29 10:00:00 gw zorg: what\nNov 29 10:00:01 gw zorg: that\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r := uncloak(t, "", "import", "--data", filepath.Join(dir, "data"), filepath.Join(dir, "good.log"),
		filepath.Join(dir, "odd.log"))
	if r.code != 1 || !strings.Contains(r.out, "took in 2 files: 3 lines") ||
		!strings.Contains(r.errOut, "odd.log: none of its 2 lines is understood: uncloak parse --explain < ") {
		t.Errorf("code %d\n%s%s", r.code, r.out, r.errOut)
	}
}

// TestFollow prints each event once, those from before --from's mark too, until it is stopped.
func TestFollow(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	d := serve(t, data)
	conn, err := net.Dial("udp", d.udp)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	stored := func(n int) {
		t.Helper()
		for deadline := time.Now().Add(10 * time.Minute); count(t, data) < n; {
			if time.Now().After(deadline) {
				t.Fatalf("%d events are not stored", n)
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	fmt.Fprint(conn, line(1))
	stored(1)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	pr, pw := io.Pipe()
	code := make(chan int, 1)
	go func() {
		a := newApp(strings.NewReader(""), pw, io.Discard)
		a.followEvery = 10 * time.Millisecond
		code <- a.run(ctx, []string{"query", "--data", data, "-f", "--from", "-1h", "--format", "raw"})
		pw.Close()
	}()
	lines := watch(pr)
	lines.wait(t, "ID=1 ")
	for i := 2; i < 5; i++ {
		fmt.Fprint(conn, line(i))
		lines.wait(t, fmt.Sprintf("ID=%d ", i))
	}
	stop()
	if c := <-code; c != 0 {
		t.Errorf("code %d", c)
	}
	lines.mu.Lock()
	defer lines.mu.Unlock()
	if len(lines.lines) != 4 {
		t.Errorf("%d lines, want each of 4 once:\n%s", len(lines.lines), strings.Join(lines.lines, "\n"))
	}
	for _, args := range [][]string{{"--day", "today"}, {"--limit", "3"}, {"-o", "x"}} {
		if r := uncloak(t, "", append([]string{"query", "--data", data, "-f"}, args...)...); r.code != 2 {
			t.Errorf("%v: code %d", args, r.code)
		}
	}
}

// terminal opens a pseudo-terminal and returns its two ends.
func terminal(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { master.Close() })
	if err := unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Skip(err)
	}
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Skip(err)
	}
	slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { slave.Close() })
	return master, slave
}

// TestPager: on a terminal the output goes through $PAGER; --no-pager, another stdout and PAGER=cat pass it by.
func TestPager(t *testing.T) {
	t.Setenv("TERM", "xterm")
	for _, c := range []struct {
		pager string
		args  []string
		want  string // in front of each line
	}{
		{"sed s/^/PAGED/", nil, "PAGED"}, {"sed s/^/PAGED/", []string{"--no-pager"}, ""},
		{"cat", nil, ""}, {"", nil, ""},
	} {
		t.Setenv("PAGER", c.pager)
		master, slave := terminal(t)
		got := make(chan string, 1)
		go func() {
			var b bytes.Buffer
			_, _ = io.Copy(&b, master) // ends with an error when the other end is closed
			got <- b.String()
		}()
		var errOut bytes.Buffer
		a := newApp(strings.NewReader(""), slave, &errOut)
		code := a.run(t.Context(), append([]string{"explain", "conntrack-full"}, c.args...))
		slave.Close()
		out := <-got
		first, _, _ := strings.Cut(out, "\r\n")
		if code != 0 || first == "" || strings.HasPrefix(first, "PAGED") != (c.want != "") {
			t.Errorf("PAGER=%q %v: code %d, %q, %s", c.pager, c.args, code, first, errOut.String())
		}
	}
	t.Setenv("PAGER", "sed s/^/PAGED/")
	if out := ok(t, "", "explain", "conntrack-full"); strings.HasPrefix(out, "PAGED") {
		t.Error("a pipe is paged, too")
	}
}
