package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"uncloak/report/notify"
)

// TestAlerts: serve tells of a finding under the id of the report, once, also over a restart, and closes it.
func TestAlerts(t *testing.T) {
	got := make(chan notify.Alert, 100)
	var refuse atomic.Bool
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if refuse.Load() {
			http.Error(w, "come back later", http.StatusServiceUnavailable)
			return
		}
		var a notify.Alert
		if err := json.NewDecoder(r.Body).Decode(&a); err != nil {
			t.Error(err)
		}
		got <- a
	}))
	defer hook.Close()
	t.Setenv("HOOK", hook.URL)
	file := writeConfig(t, "alerts:\n  - {name: ops, type: JSON, url: $HOOK, severity: info}\n")
	data := filepath.Join(t.TempDir(), "data")
	noon := time.Date(2026, 11, 21, 12, 3, 0, 0, time.UTC)
	var ahead atomic.Int64
	began := time.Now()
	quick := func(a *app) {
		a.now = func() time.Time { return noon.Add(time.Since(began) + time.Duration(ahead.Load())) }
		a.judgeEvery = 50 * time.Millisecond
	}
	var log strings.Builder
	for i := range 400 {
		fmt.Fprintf(&log, "<4>%s gw kernel: [NEW] IN=br0 OUT=eth0 SRC=192.168.1.9 DST=198.18.%d.%d LEN=60 TOS=0x00 "+
			"PREC=0x00 TTL=63 ID=%d DF PROTO=TCP SPT=%d DPT=6881 WINDOW=64240 RES=0x00 SYN URGP=0\n",
			noon.Add(time.Duration(i-500)*20*time.Millisecond).Format(time.RFC3339Nano), i/250, i%250, i, 1024+i)
	}
	// before serve runs, which on a busy machine could announce what the first of the lines tell
	ok(t, log.String(), "import", "--data", data, "--timezone", "UTC", "-")
	d := serveWith(t, quick, data, "--config", file)
	var said struct{ ID, Title string }
	if err := json.Unmarshal([]byte(d.log.wait(t, `"msg":"finding"`)), &said); err != nil {
		t.Fatal(err)
	}
	next := func() notify.Alert {
		t.Helper()
		select {
		case a := <-got:
			return a
		case <-time.After(10 * time.Minute):
			t.Fatal("no alert")
		}
		return notify.Alert{}
	}
	if a := next(); a.ID != said.ID || a.Title != said.Title || a.State != notify.Firing || a.Host != "192.168.1.9" ||
		a.Start.IsZero() {
		t.Errorf("told %+v, logged %+v", a, said)
	}
	d.log.wait(t, "alert sent")
	d.stop()
	refuse.Store(true)
	d = serveWith(t, quick, data, "--config", file)
	ahead.Store(int64(2 * time.Hour)) // it is over
	d.log.wait(t, "alert not sent")
	r := uncloak(t, "", "check", "--data", data, "--config", file, "--udp", "127.0.0.1:0", "--tcp", "")
	words := strings.Join(strings.Fields(r.out), " ")
	if r.code != 1 || !strings.Contains(words, "alerts through ops are not taken") ||
		!strings.Contains(words, "503 Service Unavailable: come back later") || strings.Contains(r.out, hook.URL) {
		t.Errorf("check: code %d\n%s%s", r.code, r.out, r.errOut)
	}
	if out := ok(t, "", "notify", "--data", data, "--config", file); !strings.Contains(out, "1 waiting, 0 lost") {
		t.Errorf("notify: %s", out)
	}
	refuse.Store(false)
	ahead.Store(int64(3 * time.Hour))
	if a := next(); a.ID != said.ID || a.State != notify.Resolved {
		t.Errorf("over: %+v", a)
	}
	d.log.wait(t, "alert sent")
	d.stop()
	if len(got) > 0 {
		t.Errorf("told again: %+v", <-got)
	}
}

func TestNotifyTest(t *testing.T) {
	var asked atomic.Int32
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if strings.HasSuffix(r.URL.Path, "/no") {
			http.Error(w, "invalid_token", http.StatusForbidden)
		}
	}))
	defer hook.Close()
	file := writeConfig(t, "alerts:\n  - {name: ops, type: slack, url: '"+hook.URL+"/yes'}\n"+
		"  - {name: boss, type: discord, url: '"+hook.URL+"/no'}\n")
	if out := ok(t, "", "notify", "test", "ops", "--config", file); out != "ops: sent\n" || asked.Load() != 1 {
		t.Errorf("%q, %d requests", out, asked.Load())
	}
	r := uncloak(t, "", "notify", "test", "--config", file)
	if r.code != 1 || !strings.HasPrefix(r.out, "ops: sent\nboss: discord at 127.0.0.1") ||
		!strings.Contains(r.out, "403 Forbidden: invalid_token") || strings.Contains(r.out, "/no") {
		t.Errorf("code %d, %s%s", r.code, r.out, r.errOut)
	}
	for _, c := range []struct {
		config, want string
		args         []string
	}{
		{"table: 1\n", "no alerts are configured", nil},
		{"alerts: [{type: slack, url: 'https://x'}]\n",
			`alerts in the config has no "slak" (did you mean slack?): slack`,
			[]string{"slak"}},
		{"alerts: [{type: slak, url: 'https://x'}]\n", `yaml:1: alerts: number 1 (slak): type "slak" is not known: ` +
			`it is one of mail, json, slack, discord, mattermost, ntfy, gotify, telegram, alertmanager, pagerduty, ` +
			`command, syslog (did you mean slack?)`, nil},
		{"alerts: [{type: json, url: $NOT_SET_AT_ALL}]\n", "the variable NOT_SET_AT_ALL is not set", nil},
		{"alerts: [{type: json, url: 'https://x'}, {type: json, url: 'https://y'}]\n", "the name is there twice", nil},
		{"alerts: [{tpye: json}]\n", `unknown key "tpye" of an alert; did you mean type?`, nil},
	} {
		r := uncloak(t, "", append([]string{"notify", "test", "--config", writeConfig(t, c.config)}, c.args...)...)
		if r.code != 2 || !strings.Contains(r.errOut, c.want) {
			t.Errorf("%s: code %d, %s", c.config, r.code, r.errOut)
		}
	}
	out := ok(t, "", "config", "--config", file)
	if !strings.Contains(out, "ops, boss") || strings.Contains(out, hook.URL) {
		t.Errorf("config: %s", out)
	}
}
