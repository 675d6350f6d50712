package parse

import "testing"

func TestJournalExport(t *testing.T) {
	checkAll(t, []says{
		{"message", "MESSAGE=" + fullText, `{"event":"table-full"}`},
		{"time", "__REALTIME_TIMESTAMP=1795292901195360", `{"event":"system","time":"2026-11-21T20:28:21.19536Z"}`},
		{"host", "_HOSTNAME=gw", `{"event":"system","host":"gw"}`},
	})
}
