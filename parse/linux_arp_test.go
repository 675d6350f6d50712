package parse

import "testing"

func TestARPLog(t *testing.T) {
	checkAll(t, []says{
		{"arptables", `Nov 21 10:00:00 fw kernel: ARP IN=eth0 OUT= MAC=ff:ff ARP HTYPE=1 PTYPE=0x0800 OPCODE=1 MACSRC=00:11:22:33:44:55 IPSRC=10.0.0.1 MACDST=00:00:00:00:00:00 IPDST=10.0.0.2`,
			`{"kind":"fw-packet","event":"system","dialect":"netfilter","stamp":"11-21T10:00:00","host":"fw","src":"10.0.0.1","dst":"10.0.0.2","in_if":"eth0","rule":"ARP","app":"kernel","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"out_if":null,"detail":null}`},
		{"refused", `Nov 21 10:00:00 fw kernel: DROP IN=eth0 OUT= MAC=ff:ff ARP HTYPE=1 PTYPE=0x0800 OPCODE=1 MACSRC=00:00:5e:00:53:01 IPSRC=10.0.0.1 MACDST=00:00:00:00:00:00 IPDST=10.0.0.2`,
			`{"kind":"fw-packet","event":"session-denied","dialect":"netfilter","action":"deny","src":"10.0.0.1","dst":"10.0.0.2","in_if":"eth0","rule":"DROP","proto":null}`},
		{"no operation", `Nov 21 10:00:00 fw kernel: DROP IN=eth0 OUT= ARP IPSRC=10.0.0.1 IPDST=10.0.0.2`, `{"event":"unknown","dialect":null,"src":null,"in_if":null}`},
		{"no destination", `Nov 21 10:00:00 fw kernel: DROP IN=eth0 OUT= ARP HTYPE=1 PTYPE=0x0800 OPCODE=1 IPSRC=10.0.0.1 IPDST=10.0.0`,
			`{"event":"unknown","dialect":null,"src":null,"rule":null}`},
		{"an IPv4 packet", `Nov 21 10:00:00 fw kernel: ARP IN=eth0 OUT= SRC=10.0.0.1 DST=10.0.0.2 PROTO=UDP SPT=1 DPT=2`,
			`{"event":"session-new","proto":"udp","rule":"ARP","sport":1}`},
	})
}
