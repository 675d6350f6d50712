package main

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"uncloak/detect"
)

// incidentLog is docs/incidents.md, 1, with a log server that drowns: bursts each half hour, the table full, the storm
// of lookups, and out of memory after some of the bursts.
func incidentLog(kills []int) string {
	var lines []string
	say := func(at time.Time, host, text string, args ...any) {
		lines = append(lines, at.Format(time.Stamp)+" "+host+" kernel: "+fmt.Sprintf(text, args...))
	}
	const session = "[NEW] IN=br-lan OUT=eth1 SRC=%s DST=%s LEN=60 TOS=0x00 PREC=0x00 TTL=63 ID=1 DF PROTO=UDP " +
		"SPT=%d DPT=%d LEN=40"
	begin := time.Date(2026, 11, 20, 0, 0, 2, 0, time.UTC)
	for slot := range 24 {
		at := begin.Add(time.Duration(slot) * 30 * time.Minute)
		for i := range 300 {
			say(at.Add(time.Duration(i/100)*time.Second), "gw", session, "192.168.128.12",
				fmt.Sprintf("198.18.%d.%d", slot, i%250), 20000+i, 6881)
		}
		say(at.Add(2*time.Second), "gw", "nf_conntrack: nf_conntrack: table full, dropping packet")
		for i := range 150 {
			say(at.Add(5*time.Second+time.Duration(i/50)*time.Second), "gw", session, "192.168.128.11", "198.51.100.53",
				30000+i, 53)
		}
		if slices.Contains(kills, slot) {
			say(at.Add(20*time.Second), "logsrv",
				"Out of memory: Killed process %d (rsyslogd) total-vm:1000kB, anon-rss:900kB, file-rss:0kB, "+
					"shmem-rss:0kB, UID:0 pgtables:1kB oom_score_adj:0", 800+slot)
		}
	}
	slices.SortStableFunc(lines, func(a, b string) int { return strings.Compare(a[:15], b[:15]) })
	var b bytes.Buffer
	for _, l := range lines {
		b.WriteString(l + "\n")
	}
	return b.String()
}

func TestOneIncident(t *testing.T) {
	for _, c := range []struct {
		name      string
		kills     []int
		incidents int
		order     string
	}{
		{"out of memory again and again", []int{3, 8, 11, 19, 22}, 1,
			"out of memory on logsrv (all 5 times, 20 s after, p < 1e-"},
		{"out of memory once", []int{8}, 2, "there was also out of memory on logsrv: that happened too seldom"},
	} {
		t.Run(c.name, func(t *testing.T) {
			data := filepath.Join(t.TempDir(), "data")
			ok(t, incidentLog(c.kills), "import", "--data", data, "--timezone", "UTC", "--captured-at",
				"2026-11-20 13:00", "-")
			read := func(args ...string) string {
				return ok(t, "", append(args, "--data", data, "--timezone", "UTC", "--day", "2026-11-20")...)
			}
			groups := map[string]bool{}
			var root detect.Finding
			for _, f := range decoded(t, result{out: read("findings", "--format", "json")}) {
				groups[f.Group] = true
				if f.Kind == detect.PeriodicBurst {
					root = f
				}
			}
			if len(groups) != c.incidents || len(root.Chain) != 4 {
				t.Fatalf("%d incidents, want %d: %v; chain %+v", len(groups), c.incidents, groups, root.Chain)
			}
			for i := range root.Chain {
				if i > 0 && root.Chain[i].At.Before(root.Chain[i-1].At) {
					t.Errorf("step %d is not in order: %+v", i, root.Chain)
				}
			}
			for _, format := range []string{"text", "md", "html"} {
				text := strings.Join(strings.Fields(strings.ReplaceAll(read("report", "--format", format), "&lt;",
					"<")), " ")
				for _, want := range []string{"192.168.128.12 bursts (24 times) →",
					"session table full on gw (all 24 times", "192.168.128.11 looks up names (all 24 times", c.order} {
					if !strings.Contains(text, want) {
						t.Errorf("%s: no %q in %.2500s", format, want, text)
					}
				}
			}
		})
	}
}
