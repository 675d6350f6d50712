package parse

import "testing"

// What the two tuples of a session say together: the translation is what the reply differs in.
func TestConntrackTuples(t *testing.T) {
	checkAll(t, []says{
		{"no translation", "[NEW] tcp 6 120 SYN_SENT src=10.0.0.1 dst=198.51.100.9 sport=5000 dport=443 [UNREPLIED] src=198.51.100.9 dst=10.0.0.1 sport=443 dport=5000",
			`{"src":"10.0.0.1","sport":5000,"dst":"198.51.100.9","dport":443,"nat_src":null,"nat_sport":null,"nat_dst":null,"nat_dport":null}`},
		{"the source's port alone", "[NEW] udp 17 30 src=203.0.113.5 dst=198.51.100.53 sport=5000 dport=53 [UNREPLIED] src=198.51.100.53 dst=203.0.113.5 sport=53 dport=1024",
			`{"src":"203.0.113.5","sport":5000,"nat_src":"203.0.113.5","nat_sport":1024,"nat_dst":null}`},
		{"forwarded port", "[NEW] tcp 6 120 SYN_SENT src=198.51.100.7 dst=203.0.113.5 sport=4000 dport=8080 [UNREPLIED] src=10.0.0.80 dst=198.51.100.7 sport=80 dport=4000",
			`{"dst":"203.0.113.5","dport":8080,"nat_src":null,"nat_dst":"10.0.0.80","nat_dport":80}`},
		{"both sides", "[NEW] tcp 6 120 SYN_SENT src=10.0.0.1 dst=203.0.113.5 sport=4000 dport=8080 [UNREPLIED] src=10.0.0.80 dst=10.0.0.254 sport=80 dport=1024",
			`{"nat_src":"10.0.0.254","nat_sport":1024,"nat_dst":"10.0.0.80","nat_dport":80}`},
		{"the number of an echo stands for its port", "[NEW] icmpv6 58 30 src=2001:db8::5 dst=2001:db8:1::9 type=128 code=0 id=7 [UNREPLIED] src=2001:db8:1::9 dst=2001:db8::5 type=129 code=0 id=7",
			`{"proto":"icmpv6","sport":7,"dport":null,"nat_src":null,"nat_dst":null}`},
		{"counters of both ways", "[DESTROY] udp 17 src=10.0.0.1 dst=198.51.100.53 sport=5000 dport=53 packets=2 bytes=120 src=198.51.100.53 dst=10.0.0.1 sport=53 dport=5000 packets=3 bytes=480",
			`{"event":"session-end","packets":5,"bytes":600}`},
		{"in ulogd's spelling", "Nov 21 20:43:16 gw ulogd[6017]: [DESTROY] ORIG: SRC=10.0.0.1 DST=198.51.100.9 PROTO=TCP SPT=5000 DPT=80 PKTS=6 BYTES=338 , REPLY: SRC=198.51.100.9 DST=203.0.113.5 PROTO=TCP SPT=80 DPT=1024 PKTS=5 BYTES=1187",
			`{"event":"session-end","src":"10.0.0.1","sport":5000,"dst":"198.51.100.9","dport":80,"nat_src":"203.0.113.5","nat_sport":1024,"nat_dst":null,"packets":11,"bytes":1525}`},
		{"a port that is none", "[NEW] tcp 6 120 SYN_SENT src=10.0.0.1 dst=198.51.100.9 sport=65536 dport=443 [UNREPLIED] src=198.51.100.9 dst=10.0.0.1 sport=443 dport=65536",
			`{"sport":null,"dport":443,"nat_src":null}`},
	})
}
