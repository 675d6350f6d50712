package parse

import "testing"

// Sessions of SRX and MX that owners have published, with other addresses, their lines joined as an import does.
func TestJunosTable(t *testing.T) {
	checkAll(t, []says{
		{"source NAT", "Session ID: 2122, Policy name: nat/4, Timeout: 298, Session State: Valid In: 172.17.42.2/47612 --> 198.51.100.2/80;tcp, Conn Tag: 0x0, If: ge-0/0/1.0, Pkts: 7, Bytes: 1188,  Out: 198.51.100.2/80 --> 203.0.113.1/22745;tcp, Conn Tag: 0x0, If: ge-0/0/0.0, Pkts: 6, Bytes: 3881, ",
			`{"kind":"entry","event":"entry","dialect":"junos-table","src":"172.17.42.2","sport":47612,"dst":"198.51.100.2","dport":80,"nat_src":"203.0.113.1","nat_sport":22745,"nat_dst":null,"packets":13,"bytes":5069,"timeout_s":298,"state":null}`},
		{"destination NAT", "Session ID: 172220, Policy name: SERVER1-ACCESS/4, Timeout: 298, Valid In: 198.51.100.2/41954 --> 203.0.113.1/80;tcp, If: ge-0/0/1.0, Pkts: 6, Bytes: 1145 Out: 10.0.0.2/80 --> 198.51.100.2/41954;tcp, If: ge-0/0/0.0, Pkts: 6, Bytes: 3881", `{"src":"198.51.100.2","dst":"203.0.113.1","nat_dst":"10.0.0.2","nat_dport":80,"nat_src":null}`},
		{"not answered", "Session ID: 5, Policy name: p/4, Timeout: 20, Valid In: 10.0.0.9/5000 --> 198.51.100.2/6881;udp, If: a, Pkts: 2, Bytes: 200, Out: 198.51.100.2/6881 --> 203.0.113.1/5000;udp, If: b, Pkts: 0, Bytes: 0,", `{"proto":"udp","unreplied":true}`},
		{"icmp", "Session ID: 1671, Policy name: trust-untrust-1/4, Timeout: 2, Session State: Valid In: 10.0.10.10/3 --> 198.51.100.1/7;icmp, Conn Tag: 0x0, If: ge-0/0/0.0, Pkts: 1, Bytes: 84, Out: 198.51.100.1/7 --> 203.0.113.174/21178;icmp, Conn Tag: 0x0, If: ge-0/0/2.0, Pkts: 1, Bytes: 84,", `{"proto":"icmp","sport":3,"dport":null,"nat_src":"203.0.113.174"}`},
		{"an MX", "Session ID: 98784248804, Service-set: PIC2_0, Policy name: ACCEPT/131089, State: Stand-alone, Timeout: 286, Valid In: 172.17.13.13/2329 --> 192.0.2.13/80;tcp, Conn Tag: 0x0, If: vms-2/0/0.1, Pkts: 7, Bytes: 523, Out: 192.0.2.13/80 --> 203.0.113.107/48766;tcp, Conn Tag: 0x0, If: vms-2/0/0.2, Pkts: 54, Bytes: 78044,", `{"event":"entry","nat_src":"203.0.113.107","timeout_s":286}`},
		{"v6 to v4", "Session ID: 115964145637, Policy name: web/10, Timeout: 1778, Session State: Valid In: 2001:db8:97:8ab::f/51062 --> 64:ff9b::347b:800e/443;tcp, Conn Tag: 0x0, If: irb.197, Pkts: 29, Bytes: 11041, Out: 198.51.100.14/443 --> 192.0.2.229/18910;tcp, If: pp0.2, Pkts: 24, Bytes: 8486,", `{"src":"2001:db8:97:8ab::f","nat_src":"192.0.2.229","nat_dst":"198.51.100.14"}`},
		{"how many", "Total sessions: 1", `{"event":"system","dialect":"junos-table"}`},
		{"a torn session", "Session ID: 2122, Policy name: nat/4, Timeout: 298, Session State: Valid In: 172.17.42.2/47612 --> 198.51.100.2/80;tcp, Conn Tag: 0x0", `{"event":"unknown"}`},
	})
}
