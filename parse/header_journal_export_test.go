package parse

import "testing"

func TestJournalExport(t *testing.T) {
	checkAll(t, []says{
		{"message", "MESSAGE=" + fullText, `{"event":"table-full"}`},
		{"time", "__REALTIME_TIMESTAMP=1795292901195360", `{"event":"system","time":"2026-11-21T20:28:21.19536Z"}`},
		{"host", "_HOSTNAME=gw", `{"event":"system","host":"gw"}`},
		{"priority", "PRIORITY=4", `{"event":"system","dialect":"journal","pri":4}`},
		{"identifier", "SYSLOG_IDENTIFIER=crond", `{"event":"system","dialect":"journal","app":"crond"}`},
		{"a field that says nothing", "_BOOT_ID=0123456789abcdef0123456789abcdef", `{"event":"system","dialect":"journal","host":null}`},
		{"a variable of the shell", "HOME=/root", `{"event":"unknown","dialect":null}`},
		{"a field in small letters", "message=" + fullText, `{"dialect":null}`},
	})
}
