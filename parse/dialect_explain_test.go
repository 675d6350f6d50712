package parse

import (
	"strings"
	"testing"
)

func TestUnread(t *testing.T) {
	for name, c := range map[string]struct{ line, want string }{
		"fields that we do not keep": {lineNetfilter, "LEN=60"},
		"a port that is none":        {"Jan  1 00:00:02 gw kernel: IN=br0 OUT=eth0 SRC=10.0.0.1 DST=192.0.2.4 PROTO=TCP SPT=1 DPT=99999 SYN", "DPT=99999"},
		"an address with its ports":  {"TCP: Treason uncloaked! Peer 192.0.2.7:39660/80 shrinks window 1:2. Repaired.", "1:2"},
		"all of it":                  {"Out of Memory: Killed process 870 (httpd).", ""},
		"nobody's line":              {"hello, 1 2 3", ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := strings.Join(Unread(parseLine(c.line)), " "); !strings.Contains(got, c.want) || c.want == "" && got != "" || strings.Contains(got, "192.0.2.7") || strings.Contains(got, "SRC=") {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
	long := "IN=a OUT=b SRC=10.0.0.1 DST=10.0.0.2" + strings.Repeat(" LEN=7", 1000)
	if got := Unread(parseLine(long)); len(got) > maxUnread+1 {
		t.Errorf("%d words", len(got))
	}
}

func TestExplain(t *testing.T) {
	for line, want := range map[string]string{
		lineNetfilter: "dialect netfilter: IN=/OUT= followed by fields, SRC= and DST= are addresses; header: priority, stamp without a year, uptime, host, tag",
		lineDaemon:    "dialect daemon: the tag is a daemon's that speaks of no session; header: stamp without a year, host, tag",
		"x":           "dialect none: no dialect knows the message; header: none",
	} {
		if got := Explain([]byte(line), parseLine(line)); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}
