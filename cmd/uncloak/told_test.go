package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"uncloak/detect"
)

// What serve announces is in the report under the same id with the time of the announcement, also after a restart,
// which does not announce it again; and when its lines are deleted the report says that it is withdrawn, and why.
func TestReportKnowsWhatWasAnnounced(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	noon := time.Date(2026, 11, 21, 12, 3, 0, 0, time.UTC)
	began := time.Now()
	quick := func(a *app) {
		a.now, a.judgeEvery = func() time.Time { return noon.Add(time.Since(began)) }, 50*time.Millisecond
	}
	var log strings.Builder
	for i := range 400 {
		fmt.Fprintf(&log, "<4>%s gw kernel: [NEW] IN=br0 OUT=eth0 SRC=192.168.1.9 DST=198.18.%d.%d LEN=60 TOS=0x00 "+
			"PREC=0x00 "+
			"TTL=63 ID=%d DF PROTO=TCP SPT=%d DPT=6881 WINDOW=64240 RES=0x00 SYN URGP=0\n",
			noon.Add(time.Duration(i-500)*20*time.Millisecond).Format(time.RFC3339Nano), i/250, i%250, i, 1024+i)
	}
	// before serve runs, which on a busy machine could announce what the first of the lines tell
	ok(t, log.String(), "import", "--data", data, "--timezone", "UTC", "-")
	d := serveWith(t, quick, data)
	var said struct{ ID, Title string }
	if err := json.Unmarshal([]byte(d.log.wait(t, `"msg":"finding"`)), &said); err != nil || said.ID == "" {
		t.Fatal(said, err)
	}
	today := []string{"--data", data, "--day", "2026-11-21", "--timezone", "UTC"}
	announced := regexp.MustCompile(`Announced at 12:\d\d:`)
	for range 2 {
		told := func() (fs []detect.Finding, i int) {
			fs = decoded(t, uncloak(t, "", append([]string{"findings", "--format", "json"}, today...)...))
			return fs, slices.IndexFunc(fs, func(f detect.Finding) bool { return f.ID == said.ID })
		}
		fs, i := told()
		for end := time.Now().Add(10 * time.Minute); i >= 0 && len(fs[i].Announced) == 0 && time.Now().Before(end); {
			time.Sleep(10 * time.Millisecond) // it is logged before it is kept
			fs, i = told()
		}
		if i < 0 || len(fs[i].Announced) != 1 || fs[i].Announced[0].Title != said.Title {
			t.Fatalf("%s is not in %+v", said.ID, fs)
		}
		if text := ok(t, "", append([]string{"report"}, today...)...); !announced.MatchString(text) {
			t.Errorf("the report does not say that it was announced:\n%s", text)
		}
		if code := d.stop(); code != 0 {
			t.Fatal(code)
		}
		d = serveWith(t, quick, data)
	}
	time.Sleep(200 * time.Millisecond)
	d.stop()
	d.log.mu.Lock()
	defer d.log.mu.Unlock()
	for _, l := range d.log.lines {
		if strings.Contains(l, `"msg":"finding"`) {
			t.Errorf("announced again: %s", l)
		}
	}
	later := func(a *app) { a.now = func() time.Time { return noon.AddDate(0, 0, 3) } }
	serveWith(t, later, data)
	ok(t, "", "prune", "--data", data, "--days", "2")
	text := ok(t, "", append([]string{"report"}, today...)...)
	withdrawn := "and withdrawn: “" + said.Title + "” (" + said.ID + "): of the 400 lines that this rested on none " +
		"is stored any more."
	if !strings.Contains(strings.Join(strings.Fields(text), " "), withdrawn) {
		t.Errorf("the report does not withdraw it:\n%s", text)
	}
}
