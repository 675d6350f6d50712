package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden files")

// TestMain runs the program itself, instead of the tests, in the child processes that tests start.
func TestMain(m *testing.M) {
	if os.Getenv("UNCLOAK_TEST_MAIN") == "1" {
		main()
	}
	os.Exit(m.Run())
}

// result holds the exit code and the output of one run of the program.
type result struct {
	code        int
	out, errOut string
}

func uncloak(t *testing.T, stdin string, args ...string) result {
	t.Helper()
	var out, errOut bytes.Buffer
	code := run(t.Context(), args, strings.NewReader(stdin), &out, &errOut)
	return result{code, out.String(), errOut.String()}
}

// ok runs the program and fails the test unless it ends with 0.
func ok(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	r := uncloak(t, stdin, args...)
	if r.code != 0 {
		t.Fatalf("uncloak %s: exit code %d: %s", strings.Join(args, " "), r.code, r.errOut)
	}
	return r.out
}

// count returns the number of events stored in data.
func count(t *testing.T, data string, more ...string) int {
	t.Helper()
	return strings.Count(ok(t, "", append([]string{"query", "--data", data, "--format", "ndjson"}, more...)...), "\n")
}

// line returns a netfilter line with the current time, as a router sends it.
func line(i int) string {
	return fmt.Sprintf("<4>%s gw kernel: [NEW] IN=br0 OUT=eth0 SRC=192.168.%d.9 DST=198.18.%d.%d LEN=60 TOS=0x00 "+
		"PREC=0x00 TTL=63 ID=%d DF PROTO=TCP SPT=%d DPT=443 WINDOW=64240 RES=0x00 SYN URGP=0",
		time.Now().UTC().Format(time.RFC3339Nano), i%100, i/250%250, i%250, i%65536, 1024+i%60000)
}

// daemon is a running serve.
type daemon struct {
	udp, tcp, tls string
	log           *watcher
	stop          func() int // and wait for the exit code
}

// watcher lets tests wait for a line of the log.
type watcher struct {
	mu    sync.Mutex
	lines []string
	more  chan struct{}
}

func watch(r io.Reader) *watcher {
	w := &watcher{more: make(chan struct{})}
	go func() {
		for in := bufio.NewScanner(r); in.Scan(); {
			w.mu.Lock()
			w.lines = append(w.lines, in.Text())
			close(w.more)
			w.more = make(chan struct{})
			w.mu.Unlock()
		}
	}()
	return w
}

// wait returns the first line that contains text.
func (w *watcher) wait(t *testing.T, text string) string {
	t.Helper()
	deadline := time.After(10 * time.Minute)
	for seen := 0; ; {
		w.mu.Lock()
		lines, more := w.lines, w.more
		w.mu.Unlock()
		for ; seen < len(lines); seen++ {
			if strings.Contains(lines[seen], text) {
				return lines[seen]
			}
		}
		select {
		case <-more:
		case <-deadline:
			t.Fatalf("no line with %q in the log:\n%s", text, strings.Join(lines, "\n"))
		}
	}
}

// serve runs the daemon within this process until the test ends or stop is called.
func serve(t *testing.T, data string, more ...string) *daemon {
	t.Helper()
	return serveAt(t, time.Now, data, more...)
}

// serveAt is serve with a clock.
func serveAt(t *testing.T, now func() time.Time, data string, more ...string) *daemon {
	t.Helper()
	return serveWith(t, func(a *app) { a.now = now }, data, more...)
}

// serveWith is serve with changes to the program's state before it begins.
func serveWith(t *testing.T, change func(a *app), data string, more ...string) *daemon {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	pr, pw := io.Pipe()
	code := make(chan int, 1)
	args := append([]string{"serve", "--data", data, "--udp", "127.0.0.1:0", "--tcp", "127.0.0.1:0", "--log-format",
		"json", "--timezone", "UTC"}, more...)
	go func() {
		a := newApp(strings.NewReader(""), io.Discard, pw)
		change(a)
		code <- a.run(ctx, args)
		pw.Close()
	}()
	d := &daemon{log: watch(pr)}
	d.stop = sync.OnceValue(func() int { cancel(); return <-code })
	t.Cleanup(func() { d.stop() })
	d.addresses(t)
	return d
}

// at waits until the daemon has logged the message, and returns the address that goes with it.
func (d *daemon) at(t *testing.T, message string) string {
	t.Helper()
	var said struct{ At string }
	if err := json.Unmarshal([]byte(d.log.wait(t, `"msg":"`+message+`"`)), &said); err != nil {
		t.Fatal(err)
	}
	return said.At
}

// addresses waits until the daemon listens.
func (d *daemon) addresses(t *testing.T) {
	t.Helper()
	for part := range strings.SplitSeq(d.at(t, "listening"), ", ") {
		network, addr, _ := strings.Cut(part, " ")
		switch network {
		case "udp":
			d.udp = addr
		case "tcp":
			d.tcp = addr
		case "tls":
			d.tls = addr
		}
	}
}

// child runs the daemon as a process of its own, with more flags.
func child(t *testing.T, data string, more ...string) (*daemon, *exec.Cmd) {
	t.Helper()
	args := append([]string{"serve", "--data", data, "--udp", "127.0.0.1:0", "--tcp", "127.0.0.1:0",
		"--log-format", "json", "--timezone", "UTC"}, more...)
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), "UNCLOAK_TEST_MAIN=1")
	pr, pw := io.Pipe()
	cmd.Stderr = pw
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	d := &daemon{log: watch(pr)}
	d.stop = sync.OnceValue(func() int { _ = cmd.Wait(); pw.Close(); return cmd.ProcessState.ExitCode() })
	t.Cleanup(func() { _ = cmd.Process.Kill(); d.stop() })
	d.addresses(t)
	return d, cmd
}

// send sends lines over UDP; so few fit into any socket buffer.
func send(t *testing.T, addr string, from, to int) {
	t.Helper()
	conn, err := net.Dial("udp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for i := from; i < to; i++ {
		if _, err := conn.Write([]byte(line(i))); err != nil {
			t.Fatal(err)
		}
	}
}

// stored asks the daemon until it has stored n events.
func stored(t *testing.T, data string, n int) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(10 * time.Minute); ; <-tick.C {
		if have := count(t, data); have == n {
			return
		} else if time.Now().After(end) {
			t.Fatalf("%d events are stored, want %d", have, n)
		}
	}
}

func TestReadWhileServeRuns(t *testing.T) {
	data := t.TempDir()
	d := serve(t, data)
	send(t, d.udp, 0, 100)
	conn, err := net.Dial("tcp", d.tcp)
	if err != nil {
		t.Fatal(err)
	}
	for i := 100; i < 150; i++ {
		fmt.Fprintf(conn, "%s\n", line(i))
	}
	for i := 150; i < 200; i++ { // octet-counted
		text := line(i)
		fmt.Fprintf(conn, "%d %s", len(text), text)
	}
	conn.Close()
	stored(t, data, 200)
	if text := ok(t, "", "report", "--data", data, "--day", "today", "--timezone", "UTC"); !strings.Contains(text,
		"gw") {
		t.Errorf("the report does not name the router:\n%s", text)
	}
	if got := strings.TrimSpace(ok(t, "", "findings", "--data", data, "--from", "-1h", "--format",
		"json")); got != "[]" {
		t.Errorf("findings of a quiet hour: %s, want []", got)
	}
	file := filepath.Join(t.TempDir(), "more.log")
	if err := os.WriteFile(file, []byte(line(200)+"\n"+line(201)+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if out := ok(t, "", "import", "--data", data, file); !strings.Contains(out, "2 new events") {
		t.Errorf("import through the daemon: %s", out)
	}
	stored(t, data, 202)
	if code := d.stop(); code != 0 {
		t.Errorf("serve ended with %d", code)
	}
	if n := count(t, data); n != 202 {
		t.Errorf("%d events after the stop, want 202", n)
	}
}

// TestLiveIsReplay: the same lines give the same findings, whether they come through a socket and are judged as they
// come, are read back after a stop, or are imported from a file.
func TestLiveIsReplay(t *testing.T) {
	data := t.TempDir()
	ask := func(data string) string {
		text := ok(t, "", "findings", "--data", data, "--timezone", "UTC", "--day", "2026-11-20", "--format", "json")
		return strings.ReplaceAll(text, data, "DATA")
	}
	d := serveAt(t, func() time.Time { return time.Date(2026, 11, 20, 16, 0, 0, 0, time.UTC) }, data)
	conn, err := net.Dial("tcp", d.tcp)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, history()); err != nil {
		t.Fatal(err)
	}
	conn.Close()
	stored(t, data, strings.Count(history(), "\n"))
	live := ask(data)
	if !strings.Contains(live, "periodic-burst-192.168.128.12") {
		t.Errorf("the running day has no finding: %s", live)
	}
	if code := d.stop(); code != 0 {
		t.Fatalf("serve ended with %d", code)
	}
	if saved := ask(data); saved != live {
		t.Errorf("saved:\n%s\nlive:\n%s", saved, live)
	}
	if replay := ask(imported(t)); replay != live {
		t.Errorf("imported:\n%s\nlive:\n%s", replay, live)
	}
}

func TestTermStoresWhatHasArrived(t *testing.T) {
	data := t.TempDir()
	d, cmd := child(t, data)
	send(t, d.udp, 0, 100)
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if code := d.stop(); code != 0 {
		t.Errorf("exit code %d after TERM", code)
	}
	if n := count(t, data); n != 100 {
		t.Errorf("%d events are stored, want 100", n)
	}
	if left, _ := filepath.Glob(filepath.Join(data, "*.sock")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestKillLosesNothingCommitted(t *testing.T) {
	data := t.TempDir()
	d, cmd := child(t, data)
	send(t, d.udp, 0, 100)
	stored(t, data, 100) // an answered query shows only committed events
	send(t, d.udp, 100, 200)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	d.stop()
	if n := count(t, data); n < 100 || n > 200 {
		t.Errorf("%d events after kill -9, want 100 to 200", n)
	}
	ok(t, "", "report", "--data", data, "--day", "today", "--timezone", "UTC")
	again := serve(t, data) // over the stale socket
	before := count(t, data)
	send(t, again.udp, 200, 210)
	stored(t, data, before+10)
}

func TestSecondDaemonIsRefused(t *testing.T) {
	data := t.TempDir()
	serve(t, data)
	r := uncloak(t, "", "serve", "--data", data, "--udp", "127.0.0.1:0", "--tcp", "")
	if r.code != 1 || !strings.Contains(r.errOut, fmt.Sprint(os.Getpid())) || strings.Count(r.errOut, "\n") != 1 {
		t.Errorf("code %d: %s", r.code, r.errOut)
	}
}

func TestHangup(t *testing.T) {
	data := t.TempDir()
	file := filepath.Join(t.TempDir(), "uncloak.yaml")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("table: 100\n")
	d := serve(t, data, "--config", file)
	hup := func() {
		if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
	}
	write("table: 200\nlan: [10.9.0.0/16]\nrouters: [{address: 127.0.0.1, name: home, timezone: Asia/Tokyo}]\n")
	hup()
	d.log.wait(t, "config reread")
	conn, err := net.Dial("tcp", d.tcp)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	at := time.Now().Add(-time.Hour).Truncate(time.Second)
	fmt.Fprintf(conn, "<4>%s gw kernel: a line of the new zone\n", at.In(time.FixedZone("", 9*3600)).Format(time.Stamp))
	stored(t, data, 1)
	if n := count(t, data, "--router", "home", "--from", at.UTC().Format(time.RFC3339), "--to",
		at.Add(time.Second).UTC().Format(time.RFC3339)); n != 1 {
		t.Errorf("the receiver keeps the old name or zone:\n%s", ok(t, "", "query", "--data", data))
	}
	if l := d.log.wait(t, "only with a restart"); !strings.Contains(l, `"lan"`) {
		t.Errorf("what needs a restart: %s", l)
	}
	write("tabel: 200\n")
	hup()
	if l := d.log.wait(t, "the old one stays in force"); !strings.Contains(l, file+":1") {
		t.Errorf("a bad config: %s", l)
	}
}

// TestManyAtOnce runs commands on one directory without a daemon: each waits for the other or asks it.
func TestManyAtOnce(t *testing.T) {
	data, dir := t.TempDir(), t.TempDir()
	const files, lines = 4, 500
	for f := range files {
		var b strings.Builder
		for i := range lines {
			fmt.Fprintln(&b, line(f*lines+i))
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d.log", f)), []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var all sync.WaitGroup
	for f := range files {
		all.Go(func() {
			if r := uncloak(t, "", "import", "--data", data,
				filepath.Join(dir, fmt.Sprintf("%d.log", f))); r.code != 0 {
				t.Errorf("import %d: code %d: %s", f, r.code, r.errOut)
			}
		})
		all.Go(func() {
			if r := uncloak(t, "", "report", "--data", data, "--day", "today"); r.code != 0 {
				t.Errorf("report %d: code %d: %s", f, r.code, r.errOut)
			}
		})
	}
	all.Wait()
	if n := count(t, data); n != files*lines {
		t.Errorf("%d events, want %d", n, files*lines)
	}
	out := ok(t, "", "import", "--data", data, dir)
	if !strings.Contains(out, "4 files") || !strings.Contains(out, "0 new events, 2000 stored before") {
		t.Errorf("the same again: %s", out)
	}
	if n := count(t, data); n != files*lines {
		t.Errorf("%d events after importing the same again, want %d", n, files*lines)
	}
}

// A dump without stamps that is named before the syslog with the same lines must not be stored at another time, and its
// lines twice.
func TestImportOrderOfArguments(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return p
	}
	var syslog, dump strings.Builder
	for i := range 20 {
		line := fmt.Sprintf("Out of memory: Killed process %d (httpd) total-vm:1kB, anon-rss:1kB, file-rss:0kB", 100+i)
		fmt.Fprintf(&syslog, "Nov 21 20:%02d:00 gw kernel: [ %d.000000] %s\n", i, 1000+60*i, line)
		fmt.Fprintln(&dump, line)
	}
	out := ok(t, "", "import", "--data", filepath.Join(dir, "data"), "--timezone", "UTC", "--year", "2026", "--router",
		"gw", write("a-dump.txt", dump.String()), write("b-syslog.log", syslog.String()))
	if !strings.Contains(out, "20 new events, 20 stored before") {
		t.Error(out)
	}
}

func TestCheckSeesDamage(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	if err := os.MkdirAll(filepath.Join(data, "days"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(data, "days", "2026-11-20.db"), bytes.Repeat([]byte("junk"), 10000),
		0o600); err != nil {
		t.Fatal(err)
	}
	r := uncloak(t, "", "check", "--data", data, "--udp", "127.0.0.1:0", "--tcp", "")
	if r.code != 1 || !strings.Contains(r.out, "could not be read") {
		t.Errorf("exit %d\n%s", r.code, r.out)
	}
}

// content reads a whole file.
func content(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
