package parse

import (
	"strings"
	"testing"
	"time"

	"gopkg.in/mcuadros/go-syslog.v2/format"
)

// The receiver's library has an RFC 5424 parser of its own: on proper lines the two must agree.
func TestAgreesWithGoSyslog(t *testing.T) {
	lines := []string{
		"<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su 77 ID47 - 'su root' failed for lonvick",
		"<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% It's time to make the do-nuts.",
		`<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 [exampleSDID@32473 iut="3" eventSource="Application"] An application event`,
	}
	for _, l := range readLines(t, "nat-burst.log") {
		if strings.HasPrefix(string(l), "<4>1 ") || strings.HasPrefix(string(l), "<30>1 ") || strings.HasPrefix(string(l), "<141>1 ") {
			lines = append(lines, string(l))
		}
	}
	if len(lines) < 6 {
		t.Fatalf("testdata has only %d lines of RFC 5424", len(lines)-3)
	}
	for _, l := range lines {
		theirs := (&format.RFC5424{}).GetParser([]byte(l))
		if err := theirs.Parse(); err != nil {
			t.Fatalf("%s: %v", l, err)
		}
		their, rec := theirs.Dump(), parseLine(l)
		at, _ := rec.Stamp.Resolve(time.Time{}, nil)
		if !at.Equal(their["timestamp"].(time.Time)) || rec.Pri != their["priority"].(int) {
			t.Errorf("%s: %v %d, they say %v %v", l, at, rec.Pri, their["timestamp"], their["priority"])
		}
		for key, our := range map[string][]byte{"hostname": rec.Host, "app_name": rec.App, "proc_id": rec.PID} {
			if their := their[key].(string); their != string(our) && (their != "-" || our != nil) {
				t.Errorf("%s: %s is %q, they say %q", l, key, our, their)
			}
		}
		if msg := their["message"].(string); !strings.Contains(msg, string(rec.Body)) {
			t.Errorf("body %q is not in their message %q", rec.Body, msg)
		}
	}
}

func TestHeader5424(t *testing.T) {
	checkAll(t, []says{
		{"full", `<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su 77 ID47 - 'su root' failed`, `{"kind":"syslog","pri":34,"time":"2003-10-11T22:14:15.003Z","host":"mymachine.example.com","app":"su","procid":"77","msg":"'su root' failed"}`},
		{"nil values", "<1>1 - - - - - - x", `{"host":null,"app":null,"procid":null,"time":null,"msg":"x"}`},
		{"structured data", `<165>1 2003-10-11T22:14:15.003Z h a - ID47 [e@1 i="3" x="10\] \"11"][y] msg`, `{"msg":"msg","kind":"syslog"}`},
		{"byte order mark", "<165>1 2003-10-11T22:14:15.003Z h a - - - \xef\xbb\xbfmsg", `{"msg":"msg"}`},
		{"kernel", "<4>1 2026-11-21T20:28:49.003853+00:00 router kernel - - - [ 5660.166851] nf_conntrack: table full, dropping packet", `{"event":"table-full","uptime":5660.166851,"host":"router"}`},
		{"without pri", "1 2023-06-03T17:42:32.123456789Z h a 12345 ID47 - This", `{"host":"h","time":"2023-06-03T17:42:32.123456789Z","msg":"This"}`},
		{"cut short", "<165>1 2023-06-03T17:42:32Z h a", `{"kind":"syslog","app":"a"}`},
		{"bad stamp", "<34>1 203-10-11T22:14:15.003Z h su - ID47 - x", `{"kind":"malformed","event":"unknown","host":null,"time":null,"pri":34}`},
		{"bad version", "<29>2 2006-01-02T15:04:05Z - - - - -", `{"kind":"malformed"}`},
		{"bad data", `<29>1 2016-01-15T01:00:43Z hn S - - [meta escape="a\"] x`, `{"kind":"malformed"}`},
		{"long name", "<1>1 - host " + strings.Repeat("x", 49) + " - - -", `{"kind":"malformed"}`},
		{"malformed, but the message speaks", "<4>3 - router kernel - - - IN=a OUT= SRC=1.2.3.4 DST=5.6.7.8 PROTO=UDP SPT=1 DPT=2", `{"kind":"fw-packet","event":"session-new"}`},
	})
}
