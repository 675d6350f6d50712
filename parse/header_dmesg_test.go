package parse

import "testing"

func TestDmesgAndJournalctl(t *testing.T) {
	checkAll(t, []says{
		{"journal note", "-- Boot 3fa8c5 --", `{"kind":"other","event":"system","dialect":"journal"}`},
		{"decoded", "kern  :warn  : [ 5632.359712] " + fullText, `{"uptime":5632.359712,"event":"table-full"}`},
	})
}
