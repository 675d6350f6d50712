package parse

import "testing"

// Forms that cgn-ec-consumer matches; addresses are examples.
func TestA10(t *testing.T) {
	checkAll(t, []says{
		{"new", `NAT-TCP-N: 10.0.0.1:5000<-->203.0.113.1:6000 to 198.51.100.1:80`,
			`{"kind":"nat","event":"session-new","dialect":"a10","action":"nat-create","src":"10.0.0.1","sport":5000,"dst":"198.51.100.1","dport":80,"nat_src":"203.0.113.1","nat_sport":6000,"proto":"tcp"}`},
		{"full form", `Jun 14 12:17:35 thunder NAT-TCP-F: 10.0.0.1:5000<->198.51.100.1:80,203.0.113.1:6000<-->198.51.100.1:80`,
			`{"kind":"nat","event":"session-end","dialect":"a10","action":"nat-delete","stamp":"06-14T12:17:35","host":"thunder","src":"10.0.0.1","sport":5000,"dst":"198.51.100.1","dport":80,"nat_src":"203.0.113.1","nat_sport":6000,"proto":"tcp"}`},
		{"block", `NAT-TCP-B: 10.0.0.1 -> 203.0.113.1:1024-2047`,
			`{"kind":"nat-block","event":"system","dialect":"a10","action":"nat-create","src":"10.0.0.1","nat_src":"203.0.113.1","proto":"tcp","port_low":1024,"port_high":2047}`},
		{"icmp", `NAT-ICMP-C: 100.100.100.100:10 -> 150.150.150.150:10000`,
			`{"kind":"nat","event":"session-new","dialect":"a10","action":"nat-create","src":"100.100.100.100","sport":10,"nat_src":"150.150.150.150","nat_sport":10000,"proto":"icmp"}`},
		{"IPv6 subscriber", `NAT-TCP-N: [2001:db8::5]:5000<-->203.0.113.1:6000 to 198.51.100.1:80`,
			`{"event":"session-new","src":"2001:db8::5","sport":5000,"nat_src":"203.0.113.1","nat_sport":6000,"dst":"198.51.100.1","dport":80}`},
		{"mapping freed", `NAT-UDP-F: 10.0.0.1:5000 -> 203.0.113.1:6000`,
			`{"kind":"nat","event":"session-end","action":"nat-delete","proto":"udp","src":"10.0.0.1","sport":5000,"dst":null,"nat_src":"203.0.113.1","nat_sport":6000}`},
		{"fixed ports", `<134>Nov 21 10:19:02 thunder FIXED-NAT-PORTS 10.1.1.5->203.0.113.5:3000-4000`,
			`{"kind":"nat-block","event":"system","dialect":"a10","action":"nat-create","src":"10.1.1.5","nat_src":"203.0.113.5","port_low":3000,"port_high":4000}`},
		{"no outside address", `NAT-TCP-N: 10.0.0.1:5000<-->`, `{"event":"unknown","dialect":null,"src":null,"proto":null}`},
		{"a rule's prefix", `NAT-TCP-NEW: IN=br0 OUT=eth0 SRC=10.0.0.1 DST=198.51.100.1 PROTO=TCP SPT=5000 DPT=80 SYN`,
			`{"kind":"fw-packet","dialect":"netfilter","rule":"NAT-TCP-NEW","src":"10.0.0.1","nat_src":null}`},
	})
}
