package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"uncloak/detect"
)

// habits returns a router's log of six days in which a host opens n(day) sessions at :00 and :30 of each hour.
func habits(n func(day int) int) string {
	var b bytes.Buffer
	port := 20000
	for day := range 6 {
		for slot := range 48 {
			at := time.Date(2026, 11, 15+day, 0, 30*slot, 2, 0, time.UTC)
			for i := range n(day) {
				port = 20000 + (port+1)%40000
				b.WriteString(at.Add(time.Duration(i/30) * time.Second).Format(time.Stamp))
				b.WriteString(" gw kernel: [NEW] IN=br-lan OUT=eth1 SRC=192.168.128.12 DST=198.18." + itoa(slot) + "." +
					itoa(i%250) +
					" LEN=60 TOS=0x00 PREC=0x00 TTL=63 ID=1 DF PROTO=TCP SPT=" + itoa(port) +
					" DPT=6881 WINDOW=64240 RES=0x00 SYN URGP=0 \n")
			}
		}
	}
	return b.String()
}

// lived returns a data directory into which habits was imported.
func lived(t *testing.T, n func(day int) int) (data string, read func(args ...string) result) {
	t.Helper()
	data = filepath.Join(t.TempDir(), "data")
	ok(t, habits(n), "import", "--data", data, "--timezone", "UTC", "--captured-at", "2026-11-21 00:00", "-")
	return data, func(args ...string) result {
		return uncloak(t, "", append(args, "--data", data, "--timezone", "UTC")...)
	}
}

func decoded(t *testing.T, r result) (fs []detect.Finding) {
	t.Helper()
	if err := json.Unmarshal([]byte(r.out), &fs); err != nil {
		t.Fatalf("%v in %s, %s", err, r.out, r.errOut)
	}
	return fs
}

func TestAck(t *testing.T) {
	data, read := lived(t, func(day int) int { return 40 + day/4*50 }) // 40 a burst, from the fifth day on 90
	const id = "periodic-burst-192.168.128.12-1800s"
	on := func(day string, args ...string) result { return read(append(args, "--day", day)...) }
	const monday, tuesday, friday = "2026-11-16", "2026-11-17", "2026-11-20"
	if r := on(tuesday, "findings", "--fail-on", "info"); r.code != 3 || !strings.Contains(r.out, id) {
		t.Fatalf("before: %d %s", r.code, r.out)
	}
	if r := on(monday, "ack", "periodic-burst-192.168.128.21-1800s"); r.code != 2 ||
		!strings.Contains(r.errOut, "there is "+id) {
		t.Errorf("another id: %d %s", r.code, r.errOut)
	}
	if r := on(monday, "ack", id, "--until", "2020-01-01"); r.code != 2 ||
		!strings.Contains(r.errOut, "is over already") {
		t.Errorf("over: %d %s", r.code, r.errOut)
	}
	if r := on(monday, "ack", id, "--note", "backup \x1b[31m"); r.code != 0 ||
		!strings.HasPrefix(r.out, "acknowledged: ") {
		t.Fatalf("ack: %d %s %s", r.code, r.out, r.errOut)
	}
	if info, err := os.Stat(filepath.Join(data, "acks.json")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file: %v %v", info, err)
	}
	if r := read("ack", "--list"); r.code != 0 || !strings.Contains(r.out, id) ||
		!strings.Contains(r.out, `backup \x1b[31m`) {
		t.Errorf("list: %d %q", r.code, r.out)
	}
	acknowledged(t, func(args ...string) result { return on(tuesday, args...) })
	r := on(friday, "findings", "--fail-on", "info")
	if r.code != 3 || !strings.Contains(r.out, id) {
		t.Errorf("more than twice as much is news: %d %s", r.code, r.out)
	}
	if r := on(friday, "report"); !strings.Contains(r.out, "It was acknowledged") ||
		!strings.Contains(r.out, "it is shown again") {
		t.Errorf("why it is shown again: %s", r.out)
	}
	if r := read("ack", "--remove", id); r.code != 0 {
		t.Errorf("remove: %s", r.errOut)
	}
	if r := on(tuesday, "findings", "--fail-on", "info"); r.code != 3 {
		t.Errorf("after that: %d %s", r.code, r.out)
	}
	if r := read("ack", "--list"); r.out != "nothing is acknowledged\n" {
		t.Errorf("list: %s", r.out)
	}
	if err := os.WriteFile(filepath.Join(data, "acks.json"), []byte("[{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := on(tuesday, "findings", "--fail-on", "info"); r.code != 3 || !strings.Contains(r.out, id) ||
		!strings.Contains(r.errOut, "acks.json is damaged") {
		t.Errorf("a damaged file: %d %s %s", r.code, r.out, r.errOut)
	}
}

// acknowledged checks that read leaves the only finding of its day out of the text, and keeps it with --all and in
// JSON.
func acknowledged(t *testing.T, read func(args ...string) result) {
	t.Helper()
	for _, args := range [][]string{{"findings"}, {"report"}, {"report", "--format", "md"},
		{"report", "--format", "html"}} {
		r := read(append(args, "--fail-on", "info")...)
		if r.code != 0 || strings.Contains(r.out, "opens 40 sessions") ||
			!strings.Contains(r.out, "1 known finding not shown; --all shows them.") {
			t.Errorf("%v: %d %s", args, r.code, r.out)
		}
		if r := read(append(args, "--all")...); !strings.Contains(r.out, "opens 40 sessions") ||
			strings.Contains(r.out, "not shown") {
			t.Errorf("%v --all: %s", args, r.out)
		}
	}
	fs := decoded(t, read("findings", "--format", "json"))
	if len(fs) != 1 || !fs[0].Silent() || fs[0].Known.By != "ack" {
		t.Errorf("json: %+v", fs)
	}
}

func TestAckWhileServeRuns(t *testing.T) {
	data, read := lived(t, func(int) int { return 40 })
	const id = "burst-192.168.128.12" // its key
	d := serve(t, data)
	if r := read("ack", id, "--day", "2026-11-17", "--until", "2999-12-31"); r.code != 0 ||
		!strings.Contains(r.out, "until Wed 3000-01-01 00:00") {
		t.Fatalf("%d %s %s", r.code, r.out, r.errOut)
	}
	if r := read("findings", "--day", "2026-11-18", "--fail-on", "info"); r.code != 0 {
		t.Errorf("through the socket: %s", r.out)
	}
	if code := d.stop(); code != 0 {
		t.Fatalf("serve: %d", code)
	}
	serve(t, data)
	if r := read("findings", "--day", "2026-11-18", "--fail-on", "info"); r.code != 0 {
		t.Errorf("after a restart: %s", r.out)
	}
}

// TestKnownInTheConfig changes the key known of the config over the same stored data.
func TestKnownInTheConfig(t *testing.T) {
	data, read := lived(t, func(int) int { return 40 })
	ok(t, "", "report", "--data", data, "--timezone", "UTC", "--day", "2026-11-18")
	stamps := func() (out string) {
		files, err := filepath.Glob(filepath.Join(data, "days", "*.db"))
		if err != nil || len(files) != 6 {
			t.Fatalf("%v %v", files, err)
		}
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			out += string(b)
		}
		return out
	}
	before := stamps()
	for _, c := range []struct {
		name, text string
		code       int
	}{
		{"of that host and kind", "known: [{host: 192.168.128.12, kind: periodic-burst, note: backup}]", 0},
		{"of another host", "known: [{host: 192.168.128.13}]", 3},
		{"over", "known: [{host: 192.168.128.12, until: 2020-12-31}]", 3},
	} {
		file := filepath.Join(t.TempDir(), "uncloak.yaml")
		if err := os.WriteFile(file, []byte(c.text), 0o644); err != nil {
			t.Fatal(err)
		}
		if r := read("findings", "--day", "2026-11-18", "--fail-on", "info", "--config", file); r.code != c.code {
			t.Errorf("%s: %d %s%s", c.name, r.code, r.out, r.errOut)
		}
	}
	if stamps() != before {
		t.Error("the stored days have changed")
	}
}

func TestStatusInTheReport(t *testing.T) {
	_, read := lived(t, func(day int) int {
		if day == 5 {
			return 0
		}
		return 100 + day/4*30
	})
	if r := read("report", "--day", "2026-11-19"); !strings.Contains(r.out, "since Sun 2026-11-15 · worse (+30 %)") {
		t.Errorf("worse: %s", r.out)
	}
	if r := read("report", "--day", "2026-11-16"); strings.Contains(r.out, "since Sun") {
		t.Errorf("one day before tells nothing: %s", r.out)
	}
	_, read = lived(t, func(day int) int { // the last day has hardly anything
		if day == 5 {
			return 1
		}
		return 100
	})
	if r := read("report", "--day", "2026-11-20"); !strings.Contains(r.out,
		"Gone since Thu 2026-11-19: 192.168.128.12 opens 100 sessions at :00 and :30 of every hour.") {
		t.Errorf("gone: %s", r.out)
	}
	var m struct{ Gone []detect.Finding }
	if err := json.Unmarshal([]byte(read("report", "--day", "2026-11-20", "--format", "json").out), &m); err != nil ||
		len(m.Gone) != 1 || m.Gone[0].Status != detect.Gone {
		t.Errorf("gone in the JSON: %v %+v", err, m.Gone)
	}
}

// TestCronLine runs the crontab line of the README: it reports yesterday, with or without data.
func TestCronLine(t *testing.T) {
	data, _ := lived(t, func(int) int { return 40 })
	for _, c := range []struct {
		now  time.Time
		want string
	}{
		{time.Date(2026, 11, 21, 7, 0, 0, 0, time.UTC), "Fri 2026-11-20"},
		{time.Date(2027, 3, 2, 7, 0, 0, 0, time.UTC), "Mon 2027-03-01"},
	} {
		var out, errOut bytes.Buffer
		a := newApp(strings.NewReader(""), &out, &errOut)
		a.now = func() time.Time { return c.now }
		if code := a.run(t.Context(), []string{"report", "--day", "yesterday", "--data", data, "--timezone",
			"UTC"}); code != 0 || !strings.Contains(out.String(), c.want) {
			t.Errorf("%v: exit code %d, %s%s", c.now, code, out.String(), errOut.String())
		}
	}
}

func TestUnknownRouter(t *testing.T) {
	_, read := lived(t, func(int) int { return 2 })
	r := read("query", "--router", "nosuch")
	if r.code != 0 || r.out != "" || r.errOut != "uncloak: no router is called \"nosuch\"; there is gw\n" {
		t.Errorf("%d %q %q", r.code, r.out, r.errOut)
	}
	if r := read("query", "--router", "gw", "--day", "2027-01-01"); r.code != 0 || r.out != "" || r.errOut != "" {
		t.Errorf("a router with nothing on that day: %d %q %q", r.code, r.out, r.errOut)
	}
}
