package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"uncloak/detect"
)

// history returns the log of a DHCP lease and of four bursts of its host, half an hour apart.
func history() string {
	var b bytes.Buffer
	b.WriteString("Nov 20 11:00:00 gw dnsmasq-dhcp[412]: DHCPACK(br-lan) 192.168.128.12 52:54:00:4a:80:0c vmhost\n")
	for burst := range 6 {
		at := time.Date(2026, 11, 20, 12, 30*burst, 2, 0, time.UTC)
		for i := range 300 {
			if i == 150 {
				at = at.Add(time.Second)
			}
			b.WriteString(at.Format(time.Stamp))
			b.WriteString(" gw kernel: [NEW] IN=br-lan OUT=eth1 SRC=192.168.128.12 DST=" + "198.18." + itoa(burst) +
				"." + itoa(i%250) +
				" LEN=60 TOS=0x00 PREC=0x00 TTL=63 ID=1 DF PROTO=TCP SPT=" + itoa(20000+burst*300+i) +
				" DPT=6881 WINDOW=64240 RES=0x00 SYN URGP=0 \n")
		}
	}
	b.WriteString("Nov 20 15:00:30 gw kernel: nf_conntrack: table full, dropping packet.\n")
	return b.String()
}

func itoa(n int) string { b, _ := json.Marshal(n); return string(b) }

func imported(t *testing.T) (data string) {
	t.Helper()
	data = filepath.Join(t.TempDir(), "data")
	out := ok(t, history(), "import", "--data", data, "--timezone", "UTC", "--captured-at", "2026-11-20 16:00", "-")
	want := "took in 1 file: 1802 lines, 1802 new events, 0 stored before, 0 not understood; day 2026-11-20\n" +
		"now: uncloak report --data " + data + " --timezone UTC --day 2026-11-20\n"
	if out != want {
		t.Fatalf("import says %q, want %q", out, want)
	}
	return data
}

// importedReader returns the directory of imported and a function that runs a reading command on it.
func importedReader(t *testing.T) (data string, read func(args ...string) string) {
	t.Helper()
	data = imported(t)
	return data, func(args ...string) string {
		return ok(t, "", append(args, "--data", data, "--timezone", "UTC")...)
	}
}

func TestImportThenRead(t *testing.T) {
	data, read := importedReader(t)
	t.Run("the same again", func(t *testing.T) {
		before := read("report", "--day", "2026-11-20", "--format", "json")
		out := ok(t, history(), "import", "--data", data, "--timezone", "UTC", "--year", "2026", "-")
		if !strings.Contains(out, "0 new events, 1802 stored before") {
			t.Errorf("import: %s", out)
		}
		after := read("report", "--day", "2026-11-20", "--format", "json")
		now := regexp.MustCompile(`"now": "[^"]*"|"duplicates": \d+|"received": \d+|"bytes": \d+`)
		if now.ReplaceAllString(after, "") != now.ReplaceAllString(before, "") {
			t.Error("the report of the day has changed")
		}
	})
	t.Run("findings", func(t *testing.T) {
		var fs []detect.Finding
		if err := json.Unmarshal([]byte(read("findings", "--day", "2026-11-20", "--format", "json")), &fs); err != nil {
			t.Fatal(err)
		}
		if f := of(fs, detect.PeriodicBurst); f.Host != "192.168.128.12" || f.Name != "vmhost" || f.PeriodS != 1800 {
			t.Errorf("%+v", f)
		}
		if got := read("findings", "--day", "2026-11-10", "--format", "json"); strings.TrimSpace(got) != "[]" {
			t.Errorf("of an empty day: %s", got)
		}
		if text := read("findings", "--day", "2026-11-20"); !strings.Contains(text, "vmhost") {
			t.Errorf("text: %s", text)
		}
	})
	t.Run("fail-on", func(t *testing.T) {
		for _, c := range []struct {
			day, on string
			code    int
		}{{"2026-11-20", "info", 3}, {"2026-11-20", "warning", 3}, {"2026-11-10", "info", 0}} {
			for _, cmd := range []string{"findings", "report"} {
				r := uncloak(t, "", cmd, "--data", data, "--timezone", "UTC", "--day", c.day, "--fail-on", c.on)
				note := ""
				if c.day == "2026-11-10" {
					note = "uncloak: nothing is stored of 2026-11-10; there is one day: 2026-11-20\n"
				}
				if r.code != c.code || r.errOut != note || r.out == "" {
					t.Errorf("%s of %s --fail-on %s: code %d, want %d; %s", cmd, c.day, c.on, r.code, c.code, r.errOut)
				}
			}
		}
	})
	t.Run("a part of a day", func(t *testing.T) {
		for _, c := range []struct{ from, to, want, not string }{
			// between two bursts
			{"2026-11-20 13:10", "2026-11-20 13:20", "at :00 and :30 of every hour", "quiet"},
			// the second of the line
			{"2026-11-20 15:00:30", "2026-11-20 15:00:31", "session table on gw was full", "quiet"},
			{"2026-11-20 10:00", "2026-11-20 10:30", "No line was received", "kept and understood"}, // before the first
		} {
			r := uncloak(t, "", "report", "--data", data, "--timezone", "UTC", "--from", c.from, "--to", c.to)
			if r.code != 0 || !strings.Contains(r.out, c.want) || strings.Contains(strings.ToLower(r.out), c.not) {
				t.Errorf("from %s: no %q, or %q, in\n%s%s", c.from, c.want, c.not, r.out, r.errOut)
			}
		}
	})
	t.Run("a day to come", func(t *testing.T) {
		r := uncloak(t, "", "report", "--data", data, "--timezone", "UTC", "--day", "2099-01-01")
		if r.code != 0 || !strings.Contains(r.out, "has not come yet: nothing can be said") ||
			!strings.Contains(r.errOut, "2099-01-01 has not come yet; there is one day: 2026-11-20") {
			t.Errorf("code %d\n%s%s", r.code, r.out, r.errOut)
		}
	})
	t.Run("report to a file", func(t *testing.T) {
		for name, want := range map[string]string{"r.html": "<svg", "r.json": `"findings"`, "r.md": "# ",
			"r.txt": "VERDICT"} {
			file := filepath.Join(t.TempDir(), name)
			if out := read("report", "--day", "2026-11-20", "-o", file); out != "" {
				t.Errorf("%s: stdout %q", name, out)
			}
			if text, err := os.ReadFile(file); err != nil || !strings.Contains(string(text), want) {
				t.Errorf("%s: %v, no %q in it", name, err, want)
			}
		}
	})
}

// TestReportWithoutADay reports yesterday, or the last day with events, and says which.
func TestReportWithoutADay(t *testing.T) {
	data := imported(t)
	for today, note := range map[string]string{
		"2026-11-21": "",
		"2026-12-24": "uncloak: nothing is stored of yesterday (2026-12-23): this is 2026-11-20, the last day " +
			"that has events\n",
	} {
		var out, errOut bytes.Buffer
		a := newApp(strings.NewReader(""), &out, &errOut)
		a.now = func() time.Time { now, _ := time.Parse(time.DateOnly, today); return now.Add(7 * time.Hour) }
		code := a.run(t.Context(), []string{"report", "--data", data, "--timezone", "UTC"})
		if code != 0 || errOut.String() != note || !strings.Contains(out.String(), "Fri 2026-11-20") {
			t.Errorf("on %s: code %d\n%s\n%s", today, code, errOut.String(), out.String())
		}
		if note != "" && !strings.Contains(out.String(), "nothing is stored of yesterday") {
			t.Errorf("the head of the report does not say that it is not yesterday:\n%.300s", out.String())
		}
	}
}

func TestQuery(t *testing.T) {
	data, read := importedReader(t)
	t.Run("query raw", func(t *testing.T) {
		if got := read("query", "--format", "raw"); got != history() {
			t.Errorf("the lines do not come back as they were: %d bytes, want %d", len(got), len(history()))
		}
	})
	t.Run("query filters", func(t *testing.T) {
		for _, c := range []struct {
			args []string
			n    int
		}{
			{[]string{"--kind", "table-full"}, 1},
			{[]string{"--kind", "table-full,dhcp-lease"}, 2},
			{[]string{"--host", "192.168.128.12"}, 1801},
			{[]string{"--host", "192.168.128.0/24", "--kind", "session-new", "--from", "2026-11-20 13:00", "--to",
				"2026-11-20 13:30"}, 300},
			{[]string{"--peer", "198.18.3.7"}, 2},
			{[]string{"--port", "6881", "--limit", "5"}, 5},
			{[]string{"--router", "nobody"}, 0},
			{[]string{"--text", "DHCPACK"}, 1},
			{[]string{"--day", "2026-11-19"}, 0},
		} {
			if got := strings.Count(read(append([]string{"query"}, c.args...)...), "\n"); got != c.n {
				t.Errorf("query %v: %d lines, want %d", c.args, got, c.n)
			}
		}
	})
	t.Run("query formats", func(t *testing.T) {
		var e struct {
			Time       time.Time
			Kind, Src  string
			Sport      int
			Raw, Proto string
		}
		if err := json.Unmarshal([]byte(read("query", "--format", "ndjson", "--kind", "session-new", "--limit", "1")),
			&e); err != nil {
			t.Fatal(err)
		}
		if e.Kind != "session-new" || e.Src != "192.168.128.12" || e.Sport != 20000 || e.Proto != "tcp" ||
			!e.Time.Equal(time.Date(2026, 11, 20, 12, 0, 2, 0, time.UTC)) {
			t.Errorf("ndjson: %+v", e)
		}
		rows, err := csv.NewReader(strings.NewReader(read("query", "--format", "csv", "--limit", "3"))).ReadAll()
		if err != nil || len(rows) != 4 || rows[0][0] != "time" {
			t.Errorf("csv: %v, %v", rows, err)
		}
		nothing := read("query", "--format", "csv", "--router", "nobody")
		if rows, err := csv.NewReader(strings.NewReader(nothing)).ReadAll(); err != nil || len(rows) != 1 {
			t.Errorf("csv of nothing: %v, %v; want the head", rows, err)
		}
		want := "2026-11-20 12:00:02.000 gw session-new   tcp 192.168.128.12:20000 > 198.18.0.0:6881 [NEW]\n"
		if got := read("query", "--kind", "session-new", "--limit", "1"); got != want {
			t.Errorf("text: %q, want %q", got, want)
		}
	})
	t.Run("another zone", func(t *testing.T) {
		got := ok(t, "", "query", "--data", data, "--timezone", "Asia/Tokyo", "--kind", "table-full")
		if !strings.HasPrefix(got, "2026-11-21 00:00:30.000 gw table-full") {
			t.Errorf("%q", got)
		}
	})
}

func TestParseCommand(t *testing.T) {
	in := "<4>Nov 20 12:00:02 gw kernel: nf_conntrack: table full, dropping packet.\nwhat is this\n" +
		strings.Repeat("y", 2<<20) + "\nlast without newline"
	out := ok(t, in, "parse")
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	if len(lines) != 4 {
		t.Fatalf("%d lines, want 4", len(lines))
	}
	for i, want := range []string{"table-full", "unknown", "unknown", "unknown"} {
		var got struct{ Kind, Event string }
		if err := json.Unmarshal([]byte(lines[i]), &got); err != nil || got.Event != want {
			t.Errorf("line %d: %+v, %v; want %s", i, got, err, want)
		}
	}
	if out := ok(t, in, "parse", "--explain"); !strings.Contains(out, "dialect kernel") ||
		strings.Count(out, "\n") != 4 {
		t.Errorf("explain: %.300s", out)
	}
	const two = "<134>Nov 20 12:00:02 gw LAN2 link down\n" // a Yamaha's, or a MikroTik's whose port is called so
	for _, c := range [][]string{{"yamaha"}, {"mikrotik", "--dialect", "mikrotik"}} {
		if out := ok(t, two, append([]string{"parse", "--explain"}, c[1:]...)...); !strings.Contains(out,
			"dialect "+c[0]+":") {
			t.Errorf("%v: %s", c, out)
		}
	}
	if out := ok(t, "", "parse"); out != "" {
		t.Errorf("nothing: %q", out)
	}
}

// The dialect of a router holds for its files, too; --dialect goes before it.
func TestImportInADialect(t *testing.T) {
	file := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(file, []byte("routers:\n  - {address: 10.0.0.1, name: mt, dialect: mikrotik}\n"),
		0o644); err != nil {
		t.Fatal(err)
	}
	const text = "<134>Nov 20 12:00:02 gw DHCP-Guest assigned 192.168.88.10 for AA:BB:CC:DD:EE:FF laptop\n"
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "1 not understood"}, {[]string{"--config", file, "--router", "gw"}, "1 not understood"},
		{[]string{"--config", file, "--router", "mt"}, "0 not understood"},
		{[]string{"--dialect", "mikrotik"}, "0 not understood"},
		{[]string{"--config", file, "--router", "mt", "--dialect", "yamaha"}, "1 not understood"},
	} {
		r := uncloak(t, text, append([]string{"import", "--data", t.TempDir(), "-"}, c.args...)...)
		if !strings.Contains(r.out, c.want) || r.code != int(c.want[0]-'0') {
			t.Errorf("%v: code %d, %s", c.args, r.code, r.out)
		}
	}
}

func TestSmallCommands(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "uncloak demo"},
		{[]string{"--help"}, "Exit codes"},
		{[]string{"version"}, "uncloak "},
		{[]string{"completion", "bash"}, "__start_uncloak"},
		{[]string{"completion", "zsh"}, "#compdef uncloak"},
		{[]string{"man"}, ".TH"},
		{[]string{"man"}, ".EX\nSee it work on a real capture: "}, // line by line
		{[]string{"import", "--help"}, "--captured-at"},
	} {
		if out := ok(t, "", c.args...); !strings.Contains(out, c.want) {
			t.Errorf("uncloak %v: no %q in %.200q", c.args, c.want, out)
		}
	}
	dir := t.TempDir()
	ok(t, "", "man", "--dir", dir)
	if pages, _ := filepath.Glob(filepath.Join(dir, "uncloak-*.1")); len(pages) < 8 {
		t.Errorf("manual pages: %v", pages)
	}
	if page, err := os.ReadFile(filepath.Join(dir, "uncloak-send.1")); err != nil ||
		!strings.Contains(string(page), "a priority, like <13>.") {
		t.Errorf("uncloak-send.1: %v, %.400s", err, page)
	}
}
