package parse

import "testing"

func TestULOGD(t *testing.T) {
	checkAll(t, []says{
		{"end", lineULOGD, `{"kind":"conntrack","event":"session-end","dialect":"ulogd","src":"192.168.128.10","sport":55866,"dst":"198.18.26.19","dport":80,"proto":"tcp",
			"nat_src":"100.64.7.2","nat_sport":55866,"nat_dst":null,"bytes":1525,"packets":11,"action":"session-delete"}`},
		{"new", "Oct 16 14:15:54 collector1 [NEW] ORIG: SRC=192.168.0.170 DST=9.9.9.9 PROTO=UDP SPT=17500 DPT=53 PKTS=0 BYTES=0 , REPLY: SRC=9.9.9.9 DST=1.2.3.4 PROTO=UDP SPT=53 DPT=1024 PKTS=0 BYTES=0",
			`{"event":"session-new","host":"collector1","nat_src":"1.2.3.4","nat_sport":1024,"app":null}`},
		{"without ports", "ulogd[1]: [DESTROY] ORIG: SRC=192.168.0.1 DST=224.0.0.1 PROTO=2 PKTS=1 BYTES=32 , REPLY: SRC=224.0.0.1 DST=192.168.0.1 PROTO=2 PKTS=0 BYTES=0", `{"proto":"igmp","event":"session-end"}`},
		{"cut short", "ulogd[1]: [DESTROY] ORIG: SRC=192.168.0.1 DST", `{"event":"unknown","src":null,"kind":"unknown"}`},
	})
	if s := parseLine("[DESTROY] ORIG: SRC=10.0.0.1 DST=9.9.9.9 PROTO=UDP SPT=1 DPT=2 PKTS=3 BYTES=9 , REPLY: SRC=9.9.9.9 DST=10.0.0.1 PROTO=UDP SPT=2 DPT=1 PKTS=0 BYTES=0").State; s != Unreplied {
		t.Errorf("an unanswered session is %v", s)
	}
}
