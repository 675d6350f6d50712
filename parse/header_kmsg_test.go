package parse

import "testing"

// Records of Documentation/ABI/testing/dev-kmsg.
func TestKmsg(t *testing.T) {
	checkAll(t, []says{
		{"record", "4,37812,5632359712,-;" + fullText, `{"pri":4,"uptime":5632.359712,"event":"table-full"}`},
		{"with more fields", "6,1,0,c,caller=T1;" + fullText, `{"pri":6,"uptime":0,"event":"table-full"}`},
		{"continuation", " SUBSYSTEM=net", `{"kind":"other","event":"system","dialect":"kernel"}`},
	})
}
