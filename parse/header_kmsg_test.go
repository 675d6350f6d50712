package parse

import "testing"

// Records of Documentation/ABI/testing/dev-kmsg.
func TestKmsg(t *testing.T) {
	checkAll(t, []says{
		{"record", "4,37812,5632359712,-;" + fullText, `{"pri":4,"uptime":5632.359712,"event":"table-full"}`},
		{"with more fields", "6,1,0,c,caller=T1;" + fullText, `{"pri":6,"uptime":0,"event":"table-full"}`},
		{"continuation", " SUBSYSTEM=net", `{"kind":"other","event":"system","dialect":"kernel"}`},
		{"facility of a daemon", "30,1,1000000,-;systemd[1]: Started cron.", `{"pri":30,"uptime":1}`},
		{"no flags", "4,37812,5632359712;" + fullText, `{"uptime":null,"pri":null}`},
		{"no time", "4,37812,x,-;" + fullText, `{"uptime":null}`},
		{"a row of a table", "1,2,3,4;5,6", `{"event":"unknown"}`},
	})
}
