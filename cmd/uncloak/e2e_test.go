//go:build e2e

package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"uncloak/ingest/certtest"
)

// These tests send with the usual syslog senders. make e2e installs them (.ci/peers lists them); without one of them
// the tests fail. Each line that a sender was given must be stored, once.

// sender is a program that sends the lines of a file, or is given them, to a daemon.
type sender struct {
	name string
	args []string                                      // flags of serve, besides
	run  func(t *testing.T, d *daemon, in, dir string) // starts it, or runs it to its end
}

const sentLines = 500

// saying returns the text of line n: a message of the kernel's firewall with that number.
func saying(i int) string {
	return fmt.Sprintf("[NEW] IN=br0 OUT=eth0 SRC=192.168.1.9 DST=198.18.0.1 LEN=60 TTL=63 ID=%d DF PROTO=TCP SPT=%d "+
		"DPT=443 SYN", i, 1024+i)
}

// program finds a program, also where only root's PATH has it.
func program(t *testing.T, name string) string {
	t.Helper()
	for _, p := range []string{name, "/usr/sbin/" + name, "/lib/systemd/" + name} {
		if path, err := exec.LookPath(p); err == nil {
			return path
		}
	}
	t.Fatalf("%s is missing: make e2e installs it", name)
	return ""
}

// background runs a program until the test ends.
func background(t *testing.T, name string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 5 * time.Second
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		cancel()
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("%s said: %s", name, said.String())
		}
	})
}

func foreground(t *testing.T, stdin, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Stdin = strings.NewReader(stdin)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", name, err, out)
	}
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func port(t *testing.T, address string) string {
	t.Helper()
	_, p, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// rsyslog forwards the lines of a file; action says where to and how.
func rsyslog(global, action string, at func(d *daemon) string) func(*testing.T, *daemon, string, string) {
	return func(t *testing.T, d *daemon, in, dir string) {
		conf := fmt.Sprintf(`global(workDirectory="%s" %s)
module(load="imfile" mode="polling" pollingInterval="1")
input(type="imfile" file="%s" tag="kernel:" facility="kern" ruleset="out")
ruleset(name="out") { action(type="omfwd" target="127.0.0.1" port="%s" %s) }
`, dir, strings.ReplaceAll(global, "DIR", dir), in, port(t, at(d)), action)
		background(t, program(t, "rsyslogd"), "-n", "-f", write(t, filepath.Join(dir, "rsyslog.conf"), conf), "-i",
			filepath.Join(dir, "rsyslog.pid"))
	}
}

// syslogNG forwards the lines of a file with syslog-ng; destination says where to and how.
func syslogNG(destination string, at func(d *daemon) string) func(*testing.T, *daemon, string, string) {
	return func(t *testing.T, d *daemon, in, dir string) {
		bin := filepath.Join(os.Getenv("UNCLOAK_PEERS"), "syslog-ng")
		if _, err := os.Stat(bin); err != nil {
			t.Fatalf("%v: make e2e unpacks it", err)
		}
		conf := fmt.Sprintf("@version: 3.35\noptions { keep-hostname(yes); stats-freq(0); };\n"+
			"source s { file(\"%s\" follow-freq(1) flags(no-parse)); };\n"+
			"destination d { %s };\nlog { source(s); destination(d); };\n", in,
			strings.NewReplacer("PORT", port(t, at(d)), "DIR", dir).Replace(destination))
		background(t, bin, "--no-caps", "-F", "-f", write(t, filepath.Join(dir, "syslog-ng.conf"), conf),
			"-R", filepath.Join(dir, "persist"), "-c", filepath.Join(dir, "ctl"), "-p", filepath.Join(dir, "pid"))
	}
}

// logger sends the lines of its standard input.
func logger(args ...string) func(*testing.T, *daemon, string, string) {
	return func(t *testing.T, d *daemon, in, dir string) {
		text, err := os.ReadFile(in)
		if err != nil {
			t.Fatal(err)
		}
		words := []string{"-p", "kern.warning", "-t", "kernel"}
		for _, a := range args {
			words = append(words, strings.NewReplacer("UDP", port(t, d.udp), "TCP", port(t, d.tcp), "DIR",
				dir).Replace(a))
		}
		foreground(t, string(text), program(t, "logger"), words...)
	}
}

// busybox runs BusyBox's syslogd and logger in a namespace with a /dev/log of its own.
func busybox(t *testing.T, d *daemon, in, dir string) {
	script := `mount -t tmpfs none /dev && mknod -m 666 /dev/null c 1 3 && mknod -m 666 /dev/urandom c 1 9 || exit 1
"$1" syslogd -n -R "$2" & pid=$!
n=0; until [ -S /dev/log ]; do n=$((n + 1)); [ $n -lt 1000000 ] || exit 1; done
while read -r l; do "$1" logger -p kern.warning -t kernel "$l" || exit 1; done <"$3"
read -r _ <"$4"; kill $pid`
	done := filepath.Join(dir, "done")
	if out, err := exec.Command("mkfifo", done).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	background(t, program(t, "unshare"), "-m", "sh", "-c", script, "sh", program(t, "busybox"), d.udp, in, done)
	t.Cleanup(func() { // before that of background: its syslogd ends with it
		if f, err := os.OpenFile(done, os.O_RDWR, 0); err == nil {
			fmt.Fprintln(f)
			t.Cleanup(func() { f.Close() })
		}
	})
}

func TestRealSenders(t *testing.T) {
	t.Parallel()
	udp := func(d *daemon) string { return d.udp }
	tcp := func(d *daemon) string { return d.tcp }
	tls := func(d *daemon) string { return d.tls }
	ours := certtest.New(t, "ours")
	cert, key := ours.Files(t, "logs")
	secured := []string{"--tls", "127.0.0.1:0", "--tls-cert", cert, "--tls-key", key, "--tls-client-ca", ours.CA,
		"--tls-allow", "gw.example.net"}
	clientCert, clientKey := ours.Files(t, "gw.example.net")
	rsyslogTLS := fmt.Sprintf(
		`defaultNetstreamDriverCAFile="%s" defaultNetstreamDriverCertFile="%s" defaultNetstreamDriverKeyFile="%s"`,
		ours.CA, clientCert, clientKey)
	local := filepath.Join(t.TempDir(), "log")
	for _, s := range []sender{
		{"rsyslog udp", nil, rsyslog("", `protocol="udp"`, udp)},
		{"rsyslog tcp", nil, rsyslog("", `protocol="tcp"`, tcp)},
		{"rsyslog tcp octet-counted", nil,
			rsyslog("", `protocol="tcp" TCP_Framing="octet-counted" template="RSYSLOG_SyslogProtocol23Format"`, tcp)},
		{"rsyslog tls", secured,
			rsyslog(rsyslogTLS, `protocol="tcp" StreamDriver="gtls" StreamDriverMode="1" `+
				`StreamDriverAuthMode="x509/name" StreamDriverPermittedPeers="logs"`, tls)},
		{"syslog-ng udp", nil, syslogNG(`network("127.0.0.1" port(PORT) transport("udp"));`, udp)},
		{"syslog-ng tcp", nil, syslogNG(`network("127.0.0.1" port(PORT) transport("tcp"));`, tcp)},
		{"syslog-ng syslog", nil, syslogNG(`syslog("127.0.0.1" port(PORT) transport("tcp"));`, tcp)},
		{"syslog-ng tls", secured,
			syslogNG(fmt.Sprintf(`syslog("127.0.0.1" port(PORT) transport("tls") tls(ca-file("%s") `+
				`cert-file("%s") key-file("%s") peer-verify(required-trusted)));`,
				ours.CA, clientCert, clientKey), tls)},
		{"logger udp", nil, logger("-n", "127.0.0.1", "-P", "UDP", "-d")},
		{"logger udp rfc3164", nil, logger("-n", "127.0.0.1", "-P", "UDP", "-d", "--rfc3164")},
		{"logger tcp", nil, logger("-n", "127.0.0.1", "-P", "TCP", "-T")},
		{"logger tcp octet-counted", nil, logger("-n", "127.0.0.1", "-P", "TCP", "-T", "--octet-count")},
		{"logger unix", []string{"--unix", local}, logger("-u", local)},
		{"busybox", nil, busybox},
	} {
		t.Run(s.name, func(t *testing.T) {
			dir := t.TempDir()
			data, in := filepath.Join(dir, "data"), filepath.Join(dir, "in.log")
			var text strings.Builder
			for i := range sentLines {
				fmt.Fprintln(&text, saying(i))
			}
			write(t, in, text.String())
			d := serve(t, data, s.args...)
			s.run(t, d, in, dir)
			stored(t, data, sentLines)
			if code := d.stop(); code != 0 {
				t.Errorf("exit %d", code)
			}
			complete(t, data)
		})
	}
}

// complete reports whether each line is stored once, and understood.
func complete(t *testing.T, data string) {
	t.Helper()
	raw := ok(t, "", "query", "--data", data, "--format", "raw")
	lines := strings.Split(strings.TrimSpace(raw), "\n")
	if len(lines) != sentLines {
		t.Errorf("%d lines are stored of %d", len(lines), sentLines)
	}
	for i := range sentLines {
		if n := strings.Count(raw, fmt.Sprintf("ID=%d DF", i)); n != 1 {
			t.Fatalf("line %d is stored %d times:\n%s", i, n, lines[0])
		}
	}
	if n := count(t, data, "--kind", "session-new"); n != sentLines {
		t.Errorf("%d of %d lines are understood: %s", n, sentLines, lines[0])
	}
}

// TestRealJournal follows a journal that systemd's own program writes, through a restart.
func TestRealJournal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	data, at := filepath.Join(dir, "data"), filepath.Join(dir, "journal")
	if err := os.Mkdir(at, 0o755); err != nil {
		t.Fatal(err)
	}
	n := 0
	add := func(records int) {
		t.Helper()
		var b strings.Builder
		for range records {
			stamp := time.Now().UnixMicro() + int64(n)
			fmt.Fprintf(&b, "__REALTIME_TIMESTAMP=%d\n__MONOTONIC_TIMESTAMP=%d\n"+
				"_BOOT_ID=0123456789abcdef0123456789abcdef\n_TRANSPORT=kernel\n_HOSTNAME=vm\n"+
				"SYSLOG_IDENTIFIER=kernel\nPRIORITY=4\nMESSAGE=%s\n\n",
				stamp, 1_000_000+n, saying(n))
			n++
		}
		foreground(t, b.String(), program(t, "systemd-journal-remote"), "--output="+filepath.Join(at, "remote.journal"),
			"-")
	}
	add(1)
	d := serve(t, data, "--journal="+at)
	stored(t, data, 1)
	add(sentLines / 2)
	stored(t, data, n)
	if code := d.stop(); code != 0 {
		t.Fatalf("exit %d", code)
	}
	add(10) // while serve is stopped
	d = serve(t, data, "--journal="+at)
	add(sentLines - n)
	stored(t, data, sentLines)
	if code := d.stop(); code != 0 {
		t.Fatalf("exit %d", code)
	}
	complete(t, data)
}

// TestUnits verifies the units of docs with systemd-analyze: each line must be understood.
func TestUnits(t *testing.T) {
	dir := t.TempDir()
	units, err := filepath.Glob("../../docs/systemd/*")
	if err != nil || len(units) != 3 {
		t.Fatalf("%v, %v", units, err)
	}
	args := []string{"verify", "--man=no"}
	for _, unit := range units {
		text, err := os.ReadFile(unit)
		if err != nil {
			t.Fatal(err)
		}
		args = append(args, write(t, filepath.Join(dir, filepath.Base(unit)),
			strings.ReplaceAll(string(text), "/usr/local/bin/uncloak", os.Args[0])))
	}
	cmd := exec.Command(program(t, "systemd-analyze"), args...)
	cmd.Env = append(os.Environ(), "SYSTEMD_LOG_LEVEL=warning")
	if out, err := cmd.CombinedOutput(); err != nil || strings.Contains(string(out), dir) {
		t.Errorf("%v\n%s", err, out)
	}
}

// The configuration of docs/rsyslog, with other names: the lines that rsyslog takes while uncloak is stopped arrive
// when uncloak is started again.
func TestRsyslogWaitsForUs(t *testing.T) {
	ours, dir := certtest.New(t, "ours"), t.TempDir()
	cert, key := ours.Files(t, "logs.example.net")
	clientCert, clientKey := ours.Files(t, "gw.example.net")
	text, err := os.ReadFile("../../docs/rsyslog/50-uncloak.conf")
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := l.Addr().String()
	away := func() { // until rsyslog has knocked in vain
		if c, err := l.Accept(); err != nil {
			t.Error(err)
		} else {
			c.Close()
		}
		l.Close()
	}
	conf := strings.NewReplacer("/var/spool/rsyslog", dir, "/etc/uncloak/ca.crt", ours.CA, "/etc/uncloak/gw.crt",
		clientCert, "/etc/uncloak/gw.key", clientKey,
		`target="logs.example.net" port="6514"`, `target="127.0.0.1" port="`+port(t, at)+`"`, `resumeInterval="5"`,
		`resumeInterval="1"`).Replace(string(text))
	in := filepath.Join(dir, "in.log")
	written := 0
	more := func(n int) {
		f, err := os.OpenFile(in, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for range n {
			fmt.Fprintf(f, "IN=br0 OUT=eth0 SRC=192.168.1.5 DST=198.18.0.1 LEN=60 TTL=63 ID=%d DF PROTO=TCP SPT=2000 "+
				"DPT=443 SYN\n", written)
			written++
		}
	}
	more(2000)
	conf = `module(load="imfile" mode="polling" pollingInterval="1")` + "\n" + `input(type="imfile" file="` + in +
		`" tag="kernel:" facility="kern")` + "\n" + conf
	background(t, program(t, "rsyslogd"), "-n", "-f", write(t, filepath.Join(dir, "rsyslog.conf"), conf), "-i",
		filepath.Join(dir, "rsyslog.pid"))
	away()
	data := t.TempDir()
	args := []string{"--tls", at, "--tls-cert", cert, "--tls-key", key, "--tls-client-ca", ours.CA, "--tls-allow",
		"gw.example.net"}
	d := serve(t, data, args...)
	sessions := func(n int) { // each of them, and the one at which the connection broke perhaps twice
		for end := time.Now().Add(5 * time.Minute); ; time.Sleep(20 * time.Millisecond) {
			lines := strings.Fields(ok(t, "", "query", "--data", data, "--kind", "session-new", "--format", "raw"))
			ids := slices.DeleteFunc(lines, func(w string) bool { return !strings.HasPrefix(w, "ID=") })
			sent := len(ids)
			slices.Sort(ids)
			if ids = slices.Compact(ids); len(ids) == n && sent <= n+2 {
				return
			} else if time.Now().After(end) {
				t.Fatalf("%d sessions are stored, %d different ones, want %d", sent, len(ids), n)
			}
		}
	}
	sessions(2000)
	if code := d.stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if l, err = net.Listen("tcp", at); err != nil {
		t.Fatal(err)
	}
	more(2000)
	away()
	serve(t, data, args...)
	sessions(4000)
}
