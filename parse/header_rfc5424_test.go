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
