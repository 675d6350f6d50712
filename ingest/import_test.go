package ingest

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/klauspost/compress/zstd"

	"uncloak/parse"
	"uncloak/store"
	"uncloak/store/bolt"
)

var importNow = time.Date(2026, 11, 21, 21, 0, 0, 0, time.UTC)

func openStore(t testing.TB) *bolt.DB {
	t.Helper()
	db, err := bolt.Open(t.TempDir(), bolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func all(t testing.TB, db *bolt.DB, q store.Query) (es []store.Entry) {
	t.Helper()
	for e, err := range db.Events(t.Context(), q) {
		if err != nil {
			t.Fatal(err)
		}
		e.Raw = bytes.Clone(e.Raw)
		es = append(es, e)
	}
	return es
}

// importText imports text as a file that ended at importNow.
func importText(t testing.TB, db *bolt.DB, opt Options, text string) Summary {
	t.Helper()
	opt.Now = func() time.Time { return importNow }
	sum, err := ImportReader(t.Context(), db, opt, "test", strings.NewReader(text), importNow)
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

// Text of which nothing is understood is not stored unless that is asked for; where a line is, the others are kept,
// too.
func TestTextThatIsNoLog(t *testing.T) {
	const prose = "Dear reader,\nthis is no log.\n"
	db := openStore(t)
	_, err := ImportReader(t.Context(), db, Options{}, "letter", strings.NewReader(prose), importNow)
	if err == nil || !strings.Contains(err.Error(), "no line of it is understood") ||
		len(all(t, db, store.Query{})) > 0 {
		t.Errorf("%v, %d lines stored", err, len(all(t, db, store.Query{})))
	}
	if sum := importText(t, db, Options{Format: "log"}, prose); sum.Events != 2 || sum.Unparsed != 2 {
		t.Errorf("as a log: %+v", sum)
	}
	db = openStore(t)
	sum := importText(t, db, Options{}, prose+"nf_conntrack: table full, dropping packet\n")
	if sum.Events != 3 || sum.Unparsed != 2 || sum.Skipped != 0 {
		t.Errorf("with a line of a log: %+v", sum)
	}
}

func TestPastedDump(t *testing.T) {
	db := openStore(t)
	at := time.Date(2010, 12, 29, 20, 0, 0, 0, time.UTC)
	sum, err := Import(t.Context(), db, Options{CapturedAt: at, Router: "web2"}, "testdata/pasted.txt")
	if err != nil {
		t.Fatal(err)
	}
	if sum.Events != 10 || sum.Joined != 5 || sum.Skipped == 0 || sum.Unparsed != 0 {
		t.Errorf("%+v", sum)
	}
	var pids, ports []uint32
	for _, e := range all(t, db, store.Query{}) {
		switch e.Kind {
		case parse.OOMKill:
			pids = append(pids, e.Count)
			if e.Detail.String() != "httpd" {
				t.Errorf("killed %q", e.Detail)
			}
		case parse.WindowShrink:
			ports = append(ports, uint32(e.SPort))
			if e.DPort != 80 || e.Src.IsValid() {
				t.Errorf("shrink %+v", e.Event)
			}
		}
		if e.Spread != noTime || e.Router.String() != "web2" || time.Unix(0, e.Time).Sub(at).Abs() > time.Second {
			t.Errorf("%v ± %d ms of %s", time.Unix(0, e.Time), e.Spread, e.Router)
		}
	}
	if fmt.Sprint(pids) != "[870 888 884 895 2367]" || fmt.Sprint(ports) != "[39660 45465 45465 21267 56875]" {
		t.Errorf("pids %v, ports %v", pids, ports)
	}
	again, err := Import(t.Context(), db, Options{CapturedAt: at, Router: "web2"}, "testdata/pasted.txt")
	if err != nil || again.Events != 0 || again.Duplicates != 10 {
		t.Errorf("again: %+v, %v", again, err)
	}
}

func TestDumpAlignsWithSyslog(t *testing.T) {
	db := openStore(t)
	opt := Options{CapturedAt: importNow}
	first, err := Import(t.Context(), db, opt, "testdata/router.syslog")
	if err != nil {
		t.Fatal(err)
	}
	before := len(all(t, db, store.Query{}))
	dump, err := Import(t.Context(), db, opt, "testdata/dmesg.txt")
	if err != nil {
		t.Fatal(err)
	}
	// All but the dump's first line, which the syslog does not have, are in both.
	if first.Events != uint64(before) || dump.Events != 1 || dump.Duplicates != 119 {
		t.Errorf("syslog %+v\ndump %+v", first, dump)
	}
	if !strings.Contains(strings.Join(dump.Notes, "\n"), "the same lines") {
		t.Errorf("notes %q", dump.Notes)
	}
	if got := strings.Join(dump.Routers, " "); got != "router" {
		t.Errorf("router %q", got)
	}
	e := all(t, db, store.Query{Text: "promiscuous"})[0]
	want := time.Date(2026, 11, 21, 20, 27, 59, 515e6, time.UTC) // uptime 5610.679605, boot known from journalctl
	if d := time.Unix(0, e.Time).Sub(want).Abs(); d > time.Second {
		t.Errorf("the line is placed %v off", d)
	}
}

func TestBootTime(t *testing.T) {
	const dump = "[  100.000000] a: b\n[  160.500000] nf_conntrack: table full, dropping packet\n"
	boot := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		name   string
		before string // imported before
		opt    Options
		text   string
		want   time.Time // of the last line
		spread uint32
	}{
		{"told", "", Options{BootTime: boot}, dump, boot.Add(160500 * time.Millisecond), 1000},
		{"end of the dump", "", Options{CapturedAt: boot}, dump, boot, capturedSpread},
		{"modification time", "", Options{}, dump, importNow, modifiedSpread},
		{"same file", "", Options{}, "Nov 21 20:00:00 gw kernel: [   50.200000] x: y\n" + dump,
			time.Date(2026, 11, 21, 20, 1, 50, 800e6, time.UTC), 1000},
		{"other lines in the store", "<4>Nov 21 20:00:00 gw kernel: [   50.200000] x: y\n", Options{}, dump,
			time.Date(2026, 11, 21, 20, 1, 50, 800e6, time.UTC), 1000},
		{"a boot too late for the dump", "<4>Nov 21 20:59:00 gw kernel: [   50.200000] x: y\n",
			Options{CapturedAt: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)}, dump,
			time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC), capturedSpread},
		{"the last boot but one counts where it has the lines",
			"Nov 20 10:00:00 gw kernel: [  100.000000] a: b\nNov 21 20:00:00 gw kernel: [   50.200000] x: y\n",
			Options{}, dump,
			time.Date(2026, 11, 20, 10, 1, 1, 0, time.UTC), 1000},
	} {
		t.Run(tc.name, func(t *testing.T) {
			db := openStore(t)
			if tc.before != "" {
				importText(t, db, Options{}, tc.before)
			}
			importText(t, db, tc.opt, tc.text)
			for _, e := range all(t, db, store.Query{Text: "table full"}) {
				if got := time.Unix(0, e.Time).UTC(); !got.Equal(tc.want) || e.Spread != tc.spread {
					t.Errorf("%v ± %d ms, want %v ± %d ms", got, e.Spread, tc.want, tc.spread)
				}
			}
		})
	}
}

func TestTimes(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	utc := func(s string) time.Time {
		at, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	for _, tc := range []struct {
		name string
		opt  Options
		text string
		want []string
	}{
		{"New Year in the file", Options{CapturedAt: utc("2024-01-02T00:00:00Z")},
			"Dec 31 23:59:59 gw a: 1\nJan  1 00:00:01 gw a: 2\n",
			[]string{"2023-12-31T23:59:59Z", "2024-01-01T00:00:01Z"}},
		{"the year is that of the last line", Options{Year: 2024}, "Dec 31 23:59:59 gw a: 1\nJan  1 00:00:01 gw a: 2\n",
			[]string{"2023-12-31T23:59:59Z", "2024-01-01T00:00:01Z"}},
		{"a straggler of the old year", Options{Year: 2024},
			"Dec 31 23:59:58 gw a: 1\nJan  1 00:00:01 gw a: 2\nDec 31 23:59:59 gw a: 3\nJan  1 00:00:02 gw a: 4\n",
			[]string{"2023-12-31T23:59:58Z", "2023-12-31T23:59:59Z", "2024-01-01T00:00:01Z", "2024-01-01T00:00:02Z"}},
		{"two turns of the year", Options{Year: 2024},
			"Nov 30 00:00:00 gw a: 1\nFeb  1 00:00:00 gw a: 2\nAug  1 00:00:00 gw a: 3\nJan  1 00:00:00 gw a: 4\n",
			[]string{"2022-11-30T00:00:00Z", "2023-02-01T00:00:00Z", "2023-08-01T00:00:00Z", "2024-01-01T00:00:00Z"}},
		{"captured just before New Year", Options{CapturedAt: utc("2023-12-31T23:59:59Z")},
			"Dec 31 23:59:58 gw a: 1\nJan  1 00:00:01 gw a: 2\n",
			[]string{"2023-12-31T23:59:58Z", "2024-01-01T00:00:01Z"}},
		{"a whole year ago", Options{CapturedAt: utc("2026-11-21T00:00:00Z")},
			"Jan  5 00:00:00 gw a: 1\nDec  3 00:00:00 gw a: 2\n",
			[]string{"2025-01-05T00:00:00Z", "2025-12-03T00:00:00Z"}},
		{"leap day", Options{Year: 2024}, "Feb 29 12:00:00 gw a: 1\n", []string{"2024-02-29T12:00:00Z"}},
		{"other lines know the year", Options{},
			"Jul 28 00:00:02 gw a: 1\n[1722139205.000000] [NEW] tcp 6 120 SYN_SENT src=10.0.0.1 dst=1.2.3.4 sport=1 " +
				"dport=2\n",
			[]string{"2024-07-28T00:00:02Z", "2024-07-28T04:00:05Z"}},
		{"a clock that was reset", Options{Year: 2025},
			"Nov 20 10:00:00 gw a: 1\nJan  1 00:00:09 gw a: 2\nNov 20 10:01:00 gw a: 3\nNov 20 10:02:00 gw a: 4\n",
			[]string{"2025-11-20T10:00:00Z", "2025-11-20T10:01:00Z", "2025-11-20T10:02:00Z", "2026-01-01T00:00:09Z"}},
		{"zone", Options{Location: berlin, Year: 2026}, "Jul  1 12:00:00 gw a: 1\n", []string{"2026-07-01T10:00:00Z"}},
		{"end of summer time", Options{Location: berlin, Year: 2026},
			"Oct 25 01:30:00 gw a: 1\nOct 25 02:30:00 gw a: 2\nOct 25 02:59:59 gw a: 3\nOct 25 02:00:00 gw a: 4\n" +
				"Oct 25 02:30:00 gw a: 5\nOct 25 03:00:00 gw a: 6\n",
			[]string{"2026-10-24T23:30:00Z", "2026-10-25T00:30:00Z", "2026-10-25T00:59:59Z", "2026-10-25T01:00:00Z",
				"2026-10-25T01:30:00Z", "2026-10-25T02:00:00Z"}},
		{"start of summer time", Options{Location: berlin, Year: 2026},
			"Mar 29 01:59:59 gw a: 1\nMar 29 03:00:00 gw a: 2\n",
			[]string{"2026-03-29T00:59:59Z", "2026-03-29T01:00:00Z"}},
		{"between neighbours", Options{Year: 2026},
			"Nov  1 12:00:00 gw a: 1\nCall Trace\nmore\nNov  1 12:00:03 gw a: 2\n",
			[]string{"2026-11-01T12:00:00Z", "2026-11-01T12:00:01.4999995Z", "2026-11-01T12:00:01.5000005Z",
				"2026-11-01T12:00:03Z"}},
		{"before the first stamp", Options{Year: 2026}, "x: 1\ny: 2\nNov  1 12:00:00 gw a: 1\n",
			[]string{"2026-11-01T11:59:59.999998Z", "2026-11-01T11:59:59.999999Z", "2026-11-01T12:00:00Z"}},
		{"behind the last stamp", Options{Year: 2026}, "Nov  1 12:00:00 gw a: 1\nx: 1\ny: 2\n",
			[]string{"2026-11-01T12:00:00Z", "2026-11-01T12:00:00.000001Z", "2026-11-01T12:00:00.000002Z"}},
		{"a clock never set", Options{}, "2026-11-01T12:00:00Z gw a: 1\n1970-01-01T00:00:09Z gw a: 2\n" +
			"2026-11-01T12:00:02Z gw a: 3\n",
			[]string{"2026-11-01T12:00:00Z", "2026-11-01T12:00:01Z", "2026-11-01T12:00:02Z"}},
		{"dmesg -T", Options{}, "[Sat Nov 21 20:27:58 2026] x: y\n", []string{"2026-11-21T20:27:58Z"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			db := openStore(t)
			sum := importText(t, db, tc.opt, tc.text)
			var got []string
			for _, e := range all(t, db, store.Query{}) {
				got = append(got, time.Unix(0, e.Time).UTC().Format(time.RFC3339Nano))
			}
			if strings.Join(got, " ") != strings.Join(tc.want, " ") {
				t.Errorf("times %v\nwant  %v\n%+v", got, tc.want, sum)
			}
			if again := importText(t, db, tc.opt, tc.text); again.Events != 0 {
				t.Errorf("a second import stores %d", again.Events)
			}
		})
	}
}

func TestSpread(t *testing.T) {
	db := openStore(t)
	importText(t, db, Options{Year: 2026}, "Nov  1 12:00:00 gw a: 1\nx: 2\nNov  1 12:00:10 gw a: 3\n"+
		"[Sun Nov  1 12:00:20 2026] y: z\n")
	var got []uint32
	for _, e := range all(t, db, store.Query{}) {
		got = append(got, e.Spread)
	}
	if fmt.Sprint(got) != "[0 6000 0 2000]" {
		t.Errorf("spreads %v", got)
	}
}

func TestRouterOfFile(t *testing.T) {
	for _, tc := range []struct{ name, before, router, text, want string }{
		{"own", "", "", "Nov  1 12:00:00 gw a: 1\nNov  1 12:00:01 fw a: 2\n", "fw gw"},
		{"told", "", "me", "Nov  1 12:00:00 gw a: 1\n", "me"},
		{"first of the file", "", "", "[1793534400.000000] [NEW] udp 17 src=10.0.0.1 dst=1.2.3.4 sport=1 dport=2\n" +
			"Nov  1 12:00:00 gw a: 1\n", "gw"},
		{"only one known", "Nov  1 12:00:00 home a: 1\n", "", "[ 12.345678] x: y\n", "home"},
		{"several known", "Nov  1 12:00:00 home a: 1\nNov  1 12:00:00 work a: 1\n", "", "[ 12.345678] x: y\n",
			"router"},
		{"none known", "", "", "[ 12.345678] x: y\n", "router"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			db := openStore(t)
			if tc.before != "" {
				importText(t, db, Options{}, tc.before)
			}
			if sum := importText(t, db, Options{Router: tc.router}, tc.text); strings.Join(sum.Routers,
				" ") != tc.want {
				t.Errorf("routers %v, want %s", sum.Routers, tc.want)
			}
		})
	}
}

func TestOddFiles(t *testing.T) {
	const log = "Nov  1 12:00:00 gw kernel: nf_conntrack: table full, dropping packet\nNov  1 12:00:01 gw app: x\n"
	gz := func(s string) string {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		w.Write([]byte(s))
		w.Close()
		return b.String()
	}
	zst := func(s string) string {
		w, _ := zstd.NewWriter(nil)
		return string(w.EncodeAll([]byte(s), nil))
	}
	wide := func(s string) string {
		b := []byte("\xff\xfe")
		for _, u := range utf16.Encode([]rune(s)) {
			b = append(b, byte(u), byte(u>>8))
		}
		return string(b)
	}
	for _, tc := range []struct {
		name, content string
		events        uint64
		err           string
	}{
		{"plain", log, 2, ""},
		{"gzip", gz(log), 2, ""},
		{"zstd", zst(log), 2, ""},
		{"truncated gzip", gz(strings.Repeat(log, 100))[:40], 0, "cut short"},
		{"bad xz", "\xfd7zXZ\x00zzzzzzzzzz", 0, "xz"},
		{"UTF-16", wide(log), 2, ""},
		{"Latin-1", "Nov  1 12:00:00 gw app: M\xfcller\n", 1, ""},
		{"CRLF", strings.ReplaceAll(log, "\n", "\r\n"), 2, ""},
		{"no newline at the end", strings.TrimSuffix(log, "\n"), 2, ""},
		{"blank lines", "\n\n" + log + "\n\n", 2, ""},
		{"empty", "", 0, ""},
		{"binary", strings.Repeat("\x00\x01\x02\x03ELF", 1000), 0, "binary"},
		{"capture without its head", "\xd4\xc3\xb2\xa1\x02\x00\x04\x00", 0, "the capture is damaged"},
		{"10 MB line", log + strings.Repeat("x", 10<<20) + "\n" + strings.ReplaceAll(log, "12:", "13:"), 5, ""},
		{"prose", "Dear all,\nthe table was full again.\n", 0, "no line of it is understood"},
		{"junk within", log + "\x00\x01\x02\n", 3, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			db := openStore(t)
			path := filepath.Join(t.TempDir(), "router.log")
			if err := os.WriteFile(path, []byte(tc.content), 0o600); err != nil {
				t.Fatal(err)
			}
			sum, err := Import(t.Context(), db, Options{Year: 2026}, path)
			if tc.err != "" {
				if err == nil || !strings.Contains(err.Error(), tc.err) || !strings.Contains(err.Error(), path) ||
					strings.Contains(err.Error(), "\n") {
					t.Errorf("error %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if sum.Events != tc.events {
				t.Errorf("%+v", sum)
			}
			if tc.name == "10 MB line" && sum.Oversize != 1 {
				t.Errorf("%d lines were cut", sum.Oversize)
			}
		})
	}
}

func TestPaths(t *testing.T) {
	dir := t.TempDir()
	for _, n := range []string{"a.log", "b.log", "c[1].txt", ".hidden"} {
		if err := os.WriteFile(filepath.Join(dir, n), []byte("Nov  1 12:00:00 gw app: "+n+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "empty"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name   string
		paths  []string
		events uint64
		err    string
	}{
		{"directory", []string{dir}, 3, ""},
		{"pattern", []string{filepath.Join(dir, "*.log")}, 2, ""},
		{"a name with brackets", []string{filepath.Join(dir, "c[1].txt")}, 1, ""},
		{"no match", []string{filepath.Join(dir, "*.gz")}, 0, "no file matches"},
		{"missing, and one that is there", []string{filepath.Join(dir, "x"), filepath.Join(dir, "a.log")}, 1,
			"no such file"},
		{"empty directory", []string{filepath.Join(dir, "empty")}, 0, "no files"},
		{"standard input", []string{"-"}, 1, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var done, total int64
			opt := Options{Year: 2026, Stdin: strings.NewReader("Nov  1 12:00:00 gw a: x\n"),
				Progress: func(d, n int64) { done, total = d, n }}
			sum, err := Import(t.Context(), openStore(t), opt, tc.paths...)
			if (err == nil) != (tc.err == "") || err != nil && !strings.Contains(err.Error(), tc.err) {
				t.Errorf("error %v", err)
			}
			if sum.Events != tc.events {
				t.Errorf("%+v", sum)
			}
			if tc.name == "directory" && (done != total || done == 0) {
				t.Errorf("progress ended at %d of %d", done, total)
			}
		})
	}
}

// A file that is larger than what is held in memory goes the other way: twice through the file, chunk by chunk.
func TestLargeFile(t *testing.T) {
	var b strings.Builder
	const n = 40_000
	at := time.Date(2023, 12, 31, 12, 0, 0, 0, time.UTC)
	for i := range n {
		fmt.Fprintf(&b, "%s gw kernel: [%12.6f] [NEW] IN=br-lan OUT=wan0 SRC=192.168.128.10 DST=198.18.62.16 LEN=60 "+
			"TTL=63 ID=%d DF PROTO=TCP SPT=37296 DPT=80 WINDOW=64240 RES=0x00 SYN URGP=0\n",
			at.Add(time.Duration(i)*2*time.Second).Format(time.Stamp), 1000+float64(i)*2, i)
	}
	for _, way := range []string{"file", "reader"} {
		t.Run(way, func(t *testing.T) {
			db := openStore(t)
			opt := Options{Year: 2024}
			run := func() (Summary, error) {
				if way == "reader" {
					return ImportReader(t.Context(), db, opt, "x", strings.NewReader(b.String()), importNow)
				}
				path := filepath.Join(t.TempDir(), "x.log")
				os.WriteFile(path, []byte(b.String()), 0o600)
				return Import(t.Context(), db, opt, path)
			}
			sum, err := run()
			if err != nil || sum.Events != n || sum.Unparsed != 0 || len(sum.Days) != 2 || sum.Days[0].Added == 0 ||
				sum.Days[1].Added == 0 {
				t.Fatalf("%+v, %v", sum, err)
			}
			if first := sum.Days[0].First; !first.Equal(at) {
				t.Errorf("the file begins at %v", first)
			}
			es := all(t, db, store.Query{})
			lines := strings.Split(b.String(), "\n")
			for i := range es {
				if string(es[i].Raw) != lines[i] {
					t.Fatalf("line %d is %q", i, es[i].Raw)
				}
			}
			hs, err := db.Health(t.Context(), store.Window{})
			if err != nil || len(hs) == 0 || hs[0].Received != n || hs[0].Router != "gw" {
				t.Errorf("health %+v, %v", hs, err)
			}
			if again, err := run(); err != nil || again.Events != 0 || again.Duplicates != n ||
				slices.ContainsFunc(again.Days, func(d DayCount) bool { return d.Added > 0 }) {
				t.Errorf("again %+v, %v", again, err)
			}
			after, err := db.Health(t.Context(), store.Window{})
			if err != nil || fmt.Sprint(after) != fmt.Sprint(hs) {
				t.Errorf("a second import changes the accounting: %+v", after)
			}
		})
	}
}

// Equal lines on both sides of a cut between batches are not duplicates of each other.
func TestEqualLinesStay(t *testing.T) {
	db := openStore(t)
	var b strings.Builder
	for i := range chunkLines - 50 {
		fmt.Fprintf(&b, "Nov  1 12:00:%02d gw app: %d\n", i/1000, i)
	}
	b.WriteString(strings.Repeat("Nov  1 12:00:17 gw kernel: nf_conntrack: table full, dropping packet\n", 100))
	if sum := importText(t, db, Options{Year: 2026}, b.String()); sum.Events != chunkLines+50 {
		t.Errorf("%+v", sum)
	}
	if sum := importText(t, db, Options{Year: 2026}, b.String()); sum.Events != 0 {
		t.Errorf("again %+v", sum)
	}
}

// Two routers may say the same in one second; an uptime is one machine's own.
func TestIdentityHoldsTheRouter(t *testing.T) {
	db := openStore(t)
	const full, up = "Nov  1 12:00:00 %s kernel: nf_conntrack: table full, dropping packet\n",
		"Nov  1 12:00:00 %s kernel: [ 12.345678] x: y\n"
	for _, host := range []string{"gw", "fw"} {
		importText(t, db, Options{}, fmt.Sprintf(full+up, host, host))
	}
	if got := len(all(t, db, store.Query{})); got != 3 {
		t.Errorf("%d lines are stored", got)
	}
}

// failing is a store that fails after some batches.
type failing struct {
	*bolt.DB
	left int
	err  error
}

func (f *failing) Append(ctx context.Context, b store.Batch) (store.Appended, error) {
	if f.left--; f.left < 0 {
		return store.Appended{}, f.err
	}
	return f.DB.Append(ctx, b)
}

func TestStoreErrorEndsImport(t *testing.T) {
	db := &failing{DB: openStore(t), left: 1, err: store.ErrFull}
	dir := t.TempDir()
	line := "Nov  1 12:00:00 gw kernel: nf_conntrack: table full, dropping packet\n"
	for _, n := range []string{"a", "b"} {
		os.WriteFile(filepath.Join(dir, n), []byte(strings.Repeat(line, 50_000)), 0o600)
	}
	sum, err := Import(t.Context(), db, Options{Year: 2026}, dir)
	if !errors.Is(err, store.ErrFull) || sum.Files != 1 || sum.Events != chunkLines {
		t.Errorf("%+v, %v", sum, err)
	}
}

func TestCancelEndsImport(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := ImportReader(ctx, openStore(t), Options{}, "x", strings.NewReader("Nov  1 12:00:00 gw a: x\n"), importNow)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestOptionsValidate(t *testing.T) {
	for _, o := range []Options{{Format: "xml"}, {Year: 24}, {MaxLine: 1}} {
		if _, err := Import(t.Context(), nil, o); err == nil {
			t.Errorf("%+v is taken", o)
		}
	}
}
