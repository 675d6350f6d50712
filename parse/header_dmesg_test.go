package parse

import "testing"

func TestDmesgAndJournalctl(t *testing.T) {
	checkAll(t, []says{
		{"journal note", "-- Boot 3fa8c5 --", `{"kind":"other","event":"system","dialect":"journal"}`},
		{"decoded", "kern  :warn  : [ 5632.359712] " + fullText, `{"uptime":5632.359712,"event":"table-full"}`},
		{"dmesg -x -e", "daemon:info  : [Nov21 20:28] " + fullText, `{"stamp":"11-21T20:28:00"}`},
		{"no facility", "mern  :warn  : [ 5632.359712] " + fullText, `{"uptime":null}`},
		{"no level", "kern  :loud  : [ 5632.359712] " + fullText, `{"uptime":null}`},
		{"begin of the logs", "-- Logs begin at Sat 2026-11-21 09:00:00 UTC, end at Sat 2026-11-21 10:00:00 UTC. --", `{"event":"system","dialect":"journal"}`},
		{"no entries", "-- No entries --", `{"event":"system","dialect":"journal"}`},
		{"a comment of SQL", "-- drop the table", `{"event":"unknown","dialect":null}`},
	})
}
