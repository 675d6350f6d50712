package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"uncloak/report"
)

// crowd returns the log of a session table that overflows: 60 sessions of one host within 20 s, 10 of another, then the
// router's message.
func crowd() string {
	var b strings.Builder
	for i := range 70 {
		host := 10
		if i%7 == 6 {
			host = 11
		}
		fmt.Fprintf(&b, "<4>Nov 20 12:00:%02d gw kernel: NEW IN=br0 OUT=eth0 SRC=192.168.1.%d DST=203.0.113.%d "+
			"LEN=60 PROTO=UDP SPT=%d DPT=7000 LEN=40\n", i*20/70, host, 1+i, 2000+i)
	}
	b.WriteString("<4>Nov 20 12:00:20 gw kernel: nf_conntrack: table full, dropping packet\n" +
		"<4>Nov 20 12:00:21 gw kernel: nf_conntrack: table full, dropping packet\n")
	return b.String()
}

func TestTable(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	ok(t, crowd(), "import", "--data", data, "--year", "2026", "--timezone", "UTC", "--captured-at", "2026-11-20 13:00",
		"-")
	table := func(args ...string) string {
		return ok(t, "",
			append([]string{"table", "--data", data, "--timezone", "UTC", "--table", "64", "--day", "2026-11-20"},
				args...)...)
	}
	for _, c := range []struct {
		args []string
		want []string
	}{
		{nil, []string{"SESSION TABLE", "192.168.1.10", "! 1×", "FULL  once", "ENOUGH", "table=", "limit="}},
		{[]string{"--router", "gw"}, []string{"gw"}},
		{[]string{"--at", "2026-11-20 12:00:10"}, []string{"AT  Fri 2026-11-20 12:00:10 +00:00", "192.168.1.11",
			"udp"}},
		{[]string{"--at", "peak"}, []string{"AT  Fri 2026-11-20 12:00:"}},
		{[]string{"--what-if", "without=192.168.1.10"}, []string{"With this change nothing overflows any more",
			"taken away"}},
		{[]string{"--what-if", "limit=5", "--what-if", "udp=10"},
			[]string{"WHAT IF  limit=5,udp=10 on gw", "refused by a limit"}},
		{[]string{"--format", "csv"}, []string{"time,router,entries,host,host_entries\n", "2026-11-20T12:00:00Z,gw,",
			"192.168.1.10,"}},
		{[]string{"--format", "ndjson"}, []string{`{"time":"2026-11-20T12:00:00Z","router":"gw","entries":`}},
	} {
		got := table(c.args...)
		for _, w := range c.want {
			if !strings.Contains(got, w) {
				t.Errorf("%v: lacks %q:\n%s", c.args, w, got)
			}
		}
	}
	var v report.TableView
	if err := json.Unmarshal([]byte(table("--what-if", "auto", "--format", "json")), &v); err != nil ||
		v.WhatIf == nil || len(v.WhatIf.Proposals) == 0 || v.WhatIf.Reproduced != 1 {
		t.Errorf("%+v, %v", v.WhatIf, err)
	}
	for _, args := range [][]string{{"--what-if", "colour=red"}, {"--what-if", "limit=0"}, {"--router", "nobody"},
		{"--at", "never"}, {"--at", "peak", "--what-if", "limit=5"},
		{"--format", "csv", "--what-if", "auto"}, {"--format", "html"}} {
		if r := uncloak(t, "", append([]string{"table", "--data", data, "--day", "2026-11-20"},
			args...)...); r.code != 2 {
			t.Errorf("%v: exit %d, %s", args, r.code, r.errOut)
		}
	}
	if got := ok(t, "", "table", "--data", data, "--timezone", "UTC", "--day", "2026-11-10"); !strings.Contains(got,
		"No session in this window") {
		t.Error(got)
	}
}

// TestTableOfRefused has a host that is refused three times a second: no entry stays, and that is said.
func TestTableOfRefused(t *testing.T) {
	var log strings.Builder
	for i := range 300 {
		fmt.Fprintf(&log, "<4>2026-11-21T20:%02d:%02d+00:00 gw kernel: NEW IN=lan OUT=wan SRC=192.168.1.7 "+
			"DST=203.0.113.9 LEN=60 TTL=63 PROTO=TCP SPT=%d DPT=9999 WINDOW=64240 SYN URGP=0\n", i/180, i/3%60, 40000+i)
	}
	data, file := t.TempDir(), filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(file, []byte(log.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	ok(t, "", "import", "--data", data, "--timezone", "UTC", file)
	got := ok(t, "", "table", "--data", data, "--timezone", "UTC", "--day", "2026-11-21")
	if !strings.Contains(got, "300 sessions are known") || !strings.Contains(got, "no entry that stays") {
		t.Error(got)
	}
}

// TestCapacity computes the numbers of incident 3 of docs/incidents.md.
func TestCapacity(t *testing.T) {
	got := ok(t, "", "capacity", "--table", "1024", "--sessions", "8", "--hold", "5s", "--linger", "120s")
	for _, w := range []string{"about 3,686 an", "1,024 entries / 8 sessions = 128 clients at once",
		"5 s + 120 s = 125 s", "3600 s · 128 / 125 s = 3,686.4 clients an hour"} {
		if !strings.Contains(got, w) {
			t.Errorf("lacks %q:\n%s", w, got)
		}
	}
	got = ok(t, "", "capacity", "--table", "1024", "--keepalive", "60s", "--pages-per-minute", "5", "--accepted", "2",
		"--clients", "3413", "--format", "json")
	var m report.CapacityModel
	if err := json.Unmarshal([]byte(got), &m); err != nil || m.PerHour != 3686.4 || m.Kept == nil ||
		m.Kept.SessionMinutes != 24 || m.Kept.AcceptedMinutes != 18 || m.For == nil || m.For.KeptTable != 1024 {
		t.Errorf("%v: %s", err, got)
	}
	file := filepath.Join(t.TempDir(), "c.txt")
	for _, c := range []struct {
		name, args, want, not string
	}{
		{"too small for one client", "--table 5 --sessions 8",
			"A table of 5 entries is too small for one client, who opens 8 sessions at once.", "takes"},
		{"a table that nobody named", "--clients 20000 --keepalive 60s --pages-per-minute 5",
			"20,000 clients an hour need 5,560 entries", "1,024"},
		{"a table that was named", "--clients 20000 --table 1024", "A table of 1,024 entries takes 128 clients",
			"too small"},
	} {
		got := ok(t, "", append([]string{"capacity"}, strings.Fields(c.args)...)...)
		if !strings.Contains(got, c.want) || strings.Contains(got, c.not) {
			t.Errorf("%s: want %q, not %q:\n%s", c.name, c.want, c.not, got)
		}
	}
	ok(t, "", "capacity", "-o", file)
	if b, err := os.ReadFile(file); err != nil || !strings.Contains(string(b), "CAPACITY") {
		t.Errorf("%s, %v", b, err)
	}
	for _, args := range [][]string{{"--sessions", "0"}, {"--accepted", "2"}, {"--clients", "-1"}, {"--format", "csv"},
		{"extra"}} {
		if r := uncloak(t, "", append([]string{"capacity"}, args...)...); r.code != 2 {
			t.Errorf("%v: exit %d, %s", args, r.code, r.errOut)
		}
	}
}

// TestImportedSettings imports what a router prints of its settings, beside its log.
func TestImportedSettings(t *testing.T) {
	var log strings.Builder
	for i := range 300 {
		fmt.Fprintf(&log, "<4>2026-11-21T20:%02d:%02d+00:00 gw kernel: NEW IN=lan OUT=wan SRC=192.168.1.7 "+
			"DST=203.0.113.%d LEN=60 TTL=63 PROTO=UDP SPT=%d DPT=9999 LEN=40\n", i/60, i%60, 1+i%200, 40000+i)
	}
	for name, settings := range map[string]string{
		"sysctl -a": "kernel.hostname = gw\nkernel.osrelease = 3.10.0\nnet.netfilter.nf_conntrack_max = 4096\n" +
			"net.netfilter.nf_conntrack_udp_timeout = 10\nvm.swappiness = 60\n",
		"grep": "/proc/sys/net/netfilter/nf_conntrack_max:4096\n/proc/sys/net/netfilter/nf_conntrack_udp_timeout:10\n",
		"RouterOS": "                   enabled: auto\n      tcp-syn-sent-timeout: 5s\n" +
			"               udp-timeout: 10s\n               max-entries: 4096\n             total-entries: 12\n",
	} {
		dir, data := t.TempDir(), t.TempDir()
		for file, text := range map[string]string{"log": log.String(), "settings": settings} {
			if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		ok(t, "", "import", "--data", data, "--timezone", "UTC", "--router", "gw", "--captured-at",
			"2026-11-21 19:00:00", filepath.Join(dir, "settings"))
		ok(t, "", "import", "--data", data, "--timezone", "UTC", filepath.Join(dir, "log"))
		var v report.TableView
		got := ok(t, "", "table", "--data", data, "--timezone", "UTC", "--day", "2026-11-21", "--format", "json")
		if err := json.Unmarshal([]byte(got), &v); err != nil || len(v.Routers) != 1 {
			t.Fatalf("%s: %v %s", name, err, got)
		}
		r := v.Routers[0]
		if r.Peak < 9 || r.Peak > 13 || r.Capacity != 4096 || len(r.Settings) < 2 {
			t.Errorf("%s: %d entries of %d, %+v", name, r.Peak, r.Capacity, r.Settings)
		}
		text := ok(t, "", "table", "--data", data, "--timezone", "UTC", "--day", "2026-11-21")
		if words := strings.Join(strings.Fields(text), " "); !strings.Contains(words, "table 4,096, udp 10 s") {
			t.Errorf("%s:\n%s", name, text)
		}
	}
}

// TestLimitedLogIsSaid has the log of a rule that lets ten lines a second through, of four hosts that open more.
func TestLimitedLogIsSaid(t *testing.T) {
	var log strings.Builder
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 1500 {
		fmt.Fprintf(&log, "<4>2026-11-21T20:%02d:%02d+00:00 gw kernel: NEW IN=lan OUT=wan SRC=192.168.1.%d "+
			"DST=203.0.113.%d LEN=60 TTL=63 PROTO=UDP SPT=%d DPT=9999 LEN=40\n", i/600, i/10%60, 2+rng.IntN(4),
			1+i%200, 30000+i)
	}
	data, file := t.TempDir(), filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(file, []byte(log.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	ok(t, "", "import", "--data", data, "--timezone", "UTC", file)
	for _, command := range []string{"table", "report"} {
		got := ok(t, "", command, "--data", data, "--timezone", "UTC", "--day", "2026-11-21")
		words := strings.Join(strings.Fields(got), " ")
		if !strings.Contains(words, "cut off at 10 new sessions a second") || strings.Contains(words, "A quiet time") {
			t.Errorf("%s:\n%s", command, got)
		}
	}
}
