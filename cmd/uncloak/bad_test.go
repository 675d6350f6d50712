package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"uncloak/report"
)

// TestBadInput: one clear line that says what to do, and the right exit code.
func TestBadInput(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string, mode os.FileMode) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return name
	}
	busy, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	data := filepath.Join(dir, "data")
	good := file("good.log", line(1)+"\n", 0o644)
	emptyDir := filepath.Join(dir, "empty")
	if err := os.Mkdir(emptyDir, 0o755); err != nil {
		t.Fatal(err)
	}
	ok(t, "", "import", "--data", data, good)

	for _, c := range []struct {
		name string
		args []string
		code int
		want string // in the one line on stderr
	}{
		{"unknown command", []string{"reprot"}, 2, `unknown command "reprot"; did you mean report`},
		{"unknown command, nothing like it", []string{"xyzzy"}, 2, `unknown command "xyzzy"; see: uncloak --help`},
		{"unknown flag", []string{"report", "--dya", "x"}, 2,
			`unknown flag: --dya; did you mean --day\? see: uncloak report --help`},
		{"flag without value", []string{"report", "--day"}, 2, `flag needs an argument: --day`},
		{"number that is none", []string{"query", "--limit", "many"}, 2, `invalid argument "many"`},
		{"argument too many", []string{"report", "today"}, 2, `report takes no argument "today"`},
		{"unknown language", []string{"report", "--lang", "tlh"}, 2,
			`--lang: language "tlh" is not known: en or ja`},
		{"unknown format", []string{"report", "--format", "pdf"}, 2,
			`--format "pdf" is not known: text, json, html, md`},
		{"unknown format, and what is meant", []string{"table", "--format", "jsno"}, 2,
			`--format "jsno" is not known \(did you mean json\?\): text, json, csv, ndjson`},
		{"unknown flag, nothing like it", []string{"report", "--xyzzy"}, 2,
			`unknown flag: --xyzzy; see: uncloak report --help`},
		{"kind of event, and what is meant", []string{"query", "--data", data, "--kind", "tablefull"}, 2,
			`kind "tablefull" is not known \(did you mean table-full\?\); known are: `},
		{"kind of findings", []string{"query", "--data", data, "--kind", "Periodic-Burst"}, 2,
			`kind "periodic-burst" is one of findings \(uncloak findings\), not of events`},
		{"router twice",
			[]string{"check", "--config",
				file("twice.yaml", "routers: [{address: 10.0.0.1, name: a}, {address: 10.0.0.2}, {address: 10.0.0.1, "+
					"table: 9}]\n", 0o644)}, 2,
			`router 10.0.0.1 is there twice in routers: join the two entries`},
		{"unknown severity", []string{"findings", "--fail-on", "bad"}, 2,
			`--fail-on "bad" is not known: info, warning, critical`},
		{"unknown day", []string{"report", "--data", data, "--day", "someday"}, 2,
			`--day: time "someday" is not understood`},
		{"from after to", []string{"report", "--data", data, "--from", "2026-11-21", "--to", "2026-11-20"}, 2,
			`--to 2026-11-20 is not after --from`},
		{"day and from", []string{"report", "--data", data, "--day", "today", "--from", "today"}, 2,
			`--day and --from or --to exclude each other`},
		{"unknown kind", []string{"query", "--data", data, "--kind", "session"}, 2, `kind "session" is not known`},
		{"port out of range", []string{"query", "--data", data, "--port", "65536"}, 2, `--port "65536" is not a port`},
		{"host that is none", []string{"query", "--data", data, "--host", "vmhost"}, 2,
			`--host: "vmhost" is neither an address nor a network`},
		{"unknown zone", []string{"report", "--data", data, "--timezone", "Mars/Olympus"}, 2,
			`time zone "Mars/Olympus" is not known`},
		{"no data", []string{"report", "--data", filepath.Join(dir, "nowhere")}, 1,
			`no data in .*nowhere: import a log or start serve first`},
		{"unknown day, no data", []string{"report", "--data", filepath.Join(dir, "nowhere"), "--day", "foo"}, 2,
			`--day: time "foo" is not understood`},
		{"output into a directory", []string{"report", "--data", data, "-o", dir}, 2, `is a directory`},
		{"output below a file", []string{"report", "--data", data, "-o", good + "/x.html"}, 1,
			`write output: .*not a directory`},
		{"import without a file", []string{"import"}, 2, `requires at least 1 arg`},
		{"import of a file that is not there", []string{"import", "--data", data, filepath.Join(dir, "nope.log")}, 1,
			`nope.log: no such file`},
		{"import of a pattern that finds nothing", []string{"import", "--data", data, filepath.Join(dir, "*.nope")}, 1,
			`no file matches .*\*\.nope`},
		{"import of an empty directory", []string{"import", "--data", data, emptyDir}, 1, `no files in directory`},
		{"import in an unknown format", []string{"import", "--data", data, "--format", "evtx", good}, 2,
			`format "evtx"`},
		{"import in an unknown dialect", []string{"import", "--data", data, "--dialect", "mikrotk", good}, 2,
			`--dialect: dialect "mikrotk" is not known: is it mikrotik.*\? docs/formats.md names them all`},
		{"parse of an unknown dialect", []string{"parse", "--dialect", "zzz"}, 2,
			`--dialect: dialect "zzz" is not known: docs/formats.md names them all`},
		{"config with an unknown dialect",
			[]string{"report", "--config", file("dialect.yaml", "routers:\n  - {address: 10.0.0.1, dialect: ASA}\n",
				0o644)}, 2, `router 10.0.0.1: dialect "ASA" is not known: .*docs/formats.md`},
		{"import of an impossible year", []string{"import", "--data", data, "--year", "26", good}, 2,
			`--year 26 is not a year`},
		{"import of a strange time", []string{"import", "--data", data, "--captured-at", "noon", good}, 2,
			`--captured-at: time "noon" is not understood`},
		{"import of a binary",
			[]string{"import", "--data", data, file("x.bin", string(bytes.Repeat([]byte{0, 1, 2, 3, 0xff}, 10000)),
				0o644)}, 1, `x.bin: is binary, not a log`},
		{"data below a file", []string{"import", "--data", good + "/d", good}, 1, `not a directory`},
		{"config that is not there", []string{"report", "--config", filepath.Join(dir, "no.yaml")}, 2,
			`read config: .*no.yaml: no such file`},
		{"config with a syntax error",
			[]string{"report", "--config", file("syntax.yaml", "table: 1\nlan: [10.0.0.0/8\ntimezone: UTC\n", 0o644)},
			2, `syntax.yaml:\d: `},
		{"config with an unknown key",
			[]string{"report", "--config", file("key.yaml", "table: 1\n\nlisten:\n  udq: [\":514\"]\n", 0o644)}, 2,
			`key.yaml:4: unknown key "listen.udq"; did you mean listen.udp`},
		{"config with an unknown key of a router",
			[]string{"report", "--config", file("router.yaml", "routers:\n  - address: 10.0.0.1\n    nmae: gw\n",
				0o644)}, 2, `router.yaml:3: .*nmae`},
		{"config with a wrong value",
			[]string{"report", "--config", file("value.yaml", "timezone: UTC\ntable: many\n", 0o644)}, 2,
			`value.yaml:2: table: it is a number \(it is many\)`},
		{"config with a wrong network", []string{"report", "--config", file("lan.yaml", "lan: [192.168.1.0]\n", 0o644)},
			2, `lan.yaml:1: lan.*192.168.1.0`},
		{"config with a wrong duration",
			[]string{"report", "--config", file("dur.yaml", "timeouts:\n  udp: 10s\n  icmp: soon\n", 0o644)}, 2,
			`dur.yaml:3: timeouts.icmp: .*soon`},
		{"config with a duration below a second",
			[]string{"report", "--config", file("unit.yaml", "timeouts:\n  udp: 10ns\n", 0o644)}, 2,
			`timeouts.udp is 10ns: write it in seconds, or like 30s`},
		{"config with permissions that are not octal",
			[]string{"report", "--config", file("mode.yaml", "listen: {socket_mode: 660}\n", 0o644)}, 2,
			`mode.yaml:1: listen.socket_mode is 01224: write .* in octal, with a leading 0`},
		{"permissions that let everybody do all", []string{"serve", "--data", data, "--socket-mode", "0777"}, 2,
			`--socket-mode: listen.socket_mode is 0777: write`},
		{"config with a negative duration",
			[]string{"report", "--config", file("minus.yaml", "timeouts: {udp: -10}\n", 0o644)}, 2,
			`timeouts.udp is -10s: write it in seconds`},
		{"config: nothing known", []string{"report", "--config", file("known.yaml", "known:\n  - note: all\n", 0o644)},
			2, `known: number 1: it says of nothing that it is known`},
		{"config: known key", []string{"report", "--config", file("known2.yaml", "known:\n  - hots: pc\n", 0o644)}, 2,
			`known2.yaml:2: unknown key "hots" of what is known; did you mean host\?`},
		{"config: known kind", []string{"report", "--config", file("known3.yaml", "known:\n  - kind: brust\n", 0o644)},
			2, `known: number 1: kind "brust" is not known`},
		{"config: known until", []string{"report", "--config", file("known4.yaml", "known: [{host: pc, until: soon}]\n",
			0o644)}, 2, `known: number 1: until "soon" is not understood`},
		{"config: known until, without a day",
			[]string{"report", "--config", file("known5.yaml", "known: [{host: pc, until: now}]\n", 0o644)}, 2,
			`until "now" is not understood`},
		{"ack without an id", []string{"ack", "--data", data}, 2, `ack needs the id of a finding`},
		{"ack of nothing", []string{"ack", "--data", data, "burst-10.0.0.1"}, 2,
			`there is no finding "burst-10.0.0.1" in .*: nothing was found there`},
		{"ack taken back that is none", []string{"ack", "--data", data, "--remove", "burst-10.0.0.1"}, 2,
			`there is no ack "burst-10.0.0.1"`},
		{"config with a system that nobody knows",
			[]string{"report", "--config",
				file("sys.yaml", "routers:\n  - {address: 10.0.0.1, timeouts: {system: ios}}\n", 0o644)}, 2,
			`router 10.0.0.1: timeouts.system is "ios": it is one of linux, linux-4, openwrt`},
		{"log level", []string{"report", "--log-level", "loud"}, 2, `log level "loud" is none of`},
		{"port in use", []string{"serve", "--data", data, "--tcp", "", "--udp", busy.LocalAddr().String()}, 1,
			`address already in use: another syslog server has it`},
		{"path that is no socket", []string{"serve", "--data", data, "--tcp", "", "--udp", "", "--unix", good}, 1,
			`address already in use: another program listens there, or it is no socket`},
		{"nothing to receive from", []string{"serve", "--data", data, "--tcp", "", "--udp", ""}, 2,
			`nothing to receive from: give --udp or --tcp an address, or --follow`},
		{"config with a wrong flag", []string{"report", "--config", file("bool.yaml", "kmsg: maybe\n", 0o644)}, 2,
			`bool.yaml:1: kmsg: it is true or false \(it is maybe\)`},
		{"config with a list for a number",
			[]string{"report", "--config", file("list.yaml", "memory: [1, 2]\n", 0o644)}, 2,
			`list.yaml:1: memory: it is a number \(it is \[1 2\]\)`},
		{"name server with no such port", []string{"report", "--resolver", "192.0.2.1:99999"}, 2,
			`names.resolver is "192.0.2.1:99999": it is a DNS server, like 192.168.1.1`},
		{"address without a port", []string{"serve", "--data", data, "--udp", "127.0.0.1"}, 2,
			`listen address "127.0.0.1"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := uncloak(t, "", c.args...)
			if r.code != c.code || !regexp.MustCompile(c.want).MatchString(r.errOut) ||
				strings.Count(r.errOut, "\n") != 1 || r.out != "" {
				t.Errorf("uncloak %s:\ncode %d, want %d\nstdout %q\nstderr %q, want %q", strings.Join(c.args, " "),
					r.code, c.code, r.out, r.errOut, c.want)
			}
		})
	}
	if n := count(t, data); n != 1 {
		t.Errorf("%d events after all that, want the 1 from before", n)
	}
}

func TestOddInputIsTakenIn(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"empty.log": "",
		"long.log":  line(1) + "\n" + strings.Repeat("x", 10<<20) + "\n" + line(2) + "\n",
		"junk.log":  line(3) + "\n\xff\xfe\x00\x01 what is this\n" + line(4) + "\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	data := filepath.Join(dir, "data")
	out := ok(t, "", "import", "--data", data, filepath.Join(dir, "empty.log"), filepath.Join(dir, "long.log"),
		filepath.Join(dir, "junk.log"))
	if !strings.Contains(out, "took in 3 files: 6 lines, 6 new events, 0 stored before, 2 not understood") {
		t.Errorf("import: %s", out)
	}
	if n := count(t, data, "--kind", "session-new"); n != 4 {
		t.Errorf("%d sessions, want 4", n)
	}
}

// Import and report give the same number of lines that were not understood, whether lines were stored before or not.
func TestImportAndReportAgree(t *testing.T) {
	dir := t.TempDir()
	data, log := filepath.Join(dir, "data"), "Nov 20 12:00:00 gw frobd: frob\nNov 20 12:00:01 gw frobd: nicate\n"+
		"Nov 20 12:00:02 gw kernel: nf_conntrack: table full, dropping packet\n"
	args := []string{"--data", data, "--timezone", "UTC"}
	for _, tt := range []struct{ text, want string }{
		{log, "3 new events, 0 stored before, 2 not understood"},
		{log, "0 new events, 3 stored before, 0 of the new not understood"},
		{log + "Nov 20 12:00:03 gw frobd: frobnicate\n", "1 new events, 3 stored before, 1 of the new not understood"},
	} {
		if out := ok(t, tt.text, append([]string{"import", "--captured-at", "2026-11-20 16:00", "-"},
			args...)...); !strings.Contains(out, tt.want) {
			t.Errorf("no %q in %s", tt.want, out)
		}
	}
	var m report.Model
	if err := json.Unmarshal(
		[]byte(ok(t, "", append([]string{"report", "--format", "json", "--day", "2026-11-20"}, args...)...)),
		&m); err != nil {
		t.Fatal(err)
	}
	if m.Totals.Unparsed != 3 || len(m.Health) != 1 || m.Health[0].Unparsed != 3 || m.Unparsed.Lines != 3 {
		t.Errorf("the report says %+v, %+v", m.Totals, m.Health)
	}
}

// TestOneBadFileAmongGood imports good and bad files: the good ones are stored, the bad ones are reported.
func TestOneBadFileAmongGood(t *testing.T) {
	dir := t.TempDir()
	data, good := filepath.Join(dir, "data"), filepath.Join(dir, "good.log")
	if err := os.WriteFile(good, []byte(line(1)+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	r := uncloak(t, "", "import", "--data", data, filepath.Join(dir, "no.log"), good, filepath.Join(dir, "neither.log"))
	if r.code != 1 || strings.Count(r.errOut, "\n") != 2 ||
		!strings.Contains(r.out, "took in 1 file: 1 lines, 1 new events") {
		t.Errorf("code %d\nstdout %s\nstderr %s", r.code, r.out, r.errOut)
	}
}

// closing is a writer whose reader has closed the pipe.
type closing struct{}

func (closing) Write([]byte) (int, error) {
	return 0, &os.PathError{Op: "write", Path: "|1", Err: syscall.EPIPE}
}

func TestClosedPipeIsQuiet(t *testing.T) {
	data := t.TempDir()
	ok(t, strings.Repeat(line(1)+"\n", 3)+line(2)+"\n", "import", "--data", data, "-")
	for _, args := range [][]string{{"query", "--data", data}, {"report", "--data", data}, {"parse"}, {"version"}} {
		var errOut bytes.Buffer
		if code := run(t.Context(), args, strings.NewReader(line(1)), closing{}, &errOut); code != 0 ||
			errOut.Len() > 0 {
			t.Errorf("uncloak %v: code %d, stderr %q", args, code, errOut.String())
		}
	}
}

func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	pr, pw := io.Pipe()
	var errOut bytes.Buffer
	done := make(chan int)
	go func() {
		done <- run(ctx, []string{"import", "--data", t.TempDir(), "-"}, pr, io.Discard, &errOut)
	}()
	if _, err := pw.Write([]byte(line(1) + "\n")); err != nil && !errors.Is(err, io.ErrClosedPipe) {
		t.Fatal(err)
	}
	cancel()
	if code := <-done; code != 1 || errOut.String() != "uncloak: interrupted\n" {
		t.Errorf("code %d, stderr %q", code, errOut.String())
	}
	pw.Close()
}

// TestCutFile: a compressed file that was cut short gives its first lines, a line on stderr and the code 1.
// A second line says that none of them is understood.
func TestCutFile(t *testing.T) {
	whole, err := os.ReadFile("../../ingest/testdata/app.log.xz")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	name, data := filepath.Join(dir, "app.log.xz"), filepath.Join(dir, "data")
	for _, c := range []struct {
		size, code, lines int // lines on stderr
		out               string
	}{
		{len(whole) / 2, 1, 2, "took in 1 file: "},
		{len(whole), 0, 0, "took in 1 file: 6000 lines, "},
	} {
		if err := os.WriteFile(name, whole[:c.size], 0o644); err != nil {
			t.Fatal(err)
		}
		r := uncloak(t, "", "import", "--data", data, "--year", "2026", name)
		if r.code != c.code || !strings.Contains(r.out, c.out) || strings.Count(r.errOut, "\n") != c.lines ||
			c.code == 1 && !strings.Contains(r.errOut, "cut short") {
			t.Errorf("%d bytes: code %d\nstdout %s\nstderr %s", c.size, r.code, r.out, r.errOut)
		}
	}
	if n := count(t, data); n != 6000 {
		t.Errorf("%d events, want 6000", n)
	}
}
