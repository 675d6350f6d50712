package parse

import "testing"

func TestDigest(t *testing.T) {
	checkAll(t, []says{
		{"octet count", "83 <34>1 2003-10-11T22:14:15.003Z my.example.com su - ID47 - x", `{"pri":34,"host":"my.example.com","kind":"syslog"}`},
		{"logwatch", " 5 Time(s): [32267283.448000] TCP: Treason uncloaked! Peer 192.0.2.1:6595/80 shrinks window 1:2. Repaired.", `{"event":"window-shrink","src":"192.0.2.1","uptime":32267283.448,"count":5}`},
		{"logwatch, number behind", fullText + " ...:  12 Time(s)", `{"event":"table-full","count":12}`},
		{"octet count of the documented form", "59 <4>Nov 21 20:28:21 router kernel: " + fullText, `{"pri":4,"host":"router","event":"table-full"}`},
		{"octet count with a zero in front", "059 <4>Nov 21 20:28:21 router kernel: " + fullText, `{"pri":null}`},
		{"a number and no priority", "59 bottles of beer", `{"event":"unknown","pri":null}`},
		{"times of nothing", " 0 Time(s): " + fullText, `{"count":null}`},
	})
}
