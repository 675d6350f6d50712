package parse

import "testing"

func TestNetfilter(t *testing.T) {
	const tail = " LEN=60 TOS=0x00 PREC=0x00 TTL=63 ID=1 DF "
	checkAll(t, []says{
		{"tcp", lineNetfilter, `{"kind":"fw-packet","event":"session-new","src":"192.168.128.10","sport":56256,"dst":"198.18.62.16","dport":443,
			"proto":"tcp","flags":"SYN","in_if":"br-lan","out_if":"wan0","rule":"[NEW]","host":"router","pri":4,"uptime":5632.359712,"stamp":"11-21T20:28:21","action":null}`},
		{"no header at all", "IN=a OUT=b SRC=10.0.0.1 DST=9.9.9.9" + tail + "PROTO=UDP SPT=5 DPT=53 LEN=40", `{"event":"session-new","proto":"udp","sport":5,"dport":53,"rule":null,"stamp":null}`},
		{"prefix without a blank", "Nov 18 13:39:49 OpenWRT kernel: [1.5] DROP(src wan)IN=eth0 OUT= MAC= SRC=205.205.205.205 DST=192.168.8.100" + tail + "PROTO=TCP SPT=40952 DPT=23 SYN URGP=0 MARK=0xff00",
			`{"event":"session-denied","action":"deny","rule":"DROP(src wan)","in_if":"eth0","out_if":null}`},
		{"colon prefix", "Nov 18 13:39:49 gw kernel: NAT-NEW: IN=eth0 OUT=x SRC=10.0.0.1 DST=9.9.9.9 PROTO=UDP SPT=1 DPT=2", `{"rule":"NAT-NEW","event":"session-new"}`},
		{"prefix that looks like a field", "IN=bound DOMAIN=x IN=eth0 OUT= SRC=10.0.0.1 DST=9.9.9.9 PROTO=UDP SPT=1 DPT=2", `{"rule":"IN=bound DOMAIN=x","in_if":"eth0"}`},
		{"ufw", "Oct 30 10:09:23 vm-1 kernel: [UFW BLOCK] IN=lo OUT= SRC=127.0.0.2 DST=127.0.0.53 PROTO=TCP SPT=50616 DPT=54 LEN=84", `{"action":"deny","event":"session-denied"}`},
		{"accept", "Jun 10 12:05:43 kernel: ACCEPT IN=br0 OUT=eth0 SRC=192.0.2.196 DST=150.171.23.11 PROTO=TCP SPT=1 DPT=443 SYN", `{"action":"allow","event":"session-new","host":null,"app":"kernel"}`},
		{"edgeos drop", "kernel: [WAN_LOCAL-default-D]IN=eth0 OUT= SRC=192.0.2.196 DST=150.171.23.11 PROTO=TCP SPT=1 DPT=443 SYN", `{"action":"deny"}`},
		{"edgeos accept", "kernel: [LAN_LOCAL-default-A]IN=eth0 OUT= SRC=192.0.2.196 DST=150.171.23.11 PROTO=TCP SPT=1 DPT=443 SYN", `{"action":"allow"}`},
		{"no IN=", "0 1 PVEFW-HOST-OUT policy REJECT: OUT=vmbr0 SRC=10.3.94.12 DST=10.3.94.10 PROTO=TCP SPT=1 DPT=22 SYN", `{"out_if":"vmbr0","in_if":null,"action":"deny"}`},
		{"bridge", "IN=br0 OUT=br0 PHYSIN=a PHYSOUT=b MAC=x SRC=10.3.94.12 DST=10.3.94.10 PROTO=TCP SPT=1 DPT=22 SYN", `{"in_if":"br0","out_if":"br0","event":"session-new"}`},
		{"reset", "IN= OUT=eth0 SRC=10.3.94.12 DST=10.3.94.10 PROTO=TCP SPT=80 DPT=2200 ACK RST URGP=0", `{"event":"reset","flags":"ACK RST","src":"10.3.94.12"}`},
		{"answer to a SYN", "IN=a OUT=b SRC=10.3.94.12 DST=10.3.94.10 PROTO=TCP SPT=80 DPT=2200 WINDOW=1 RES=0x00 ACK SYN URGP=0", `{"event":"system","flags":"ACK SYN"}`},
		{"middle of a session", "IN=a OUT=b SRC=10.3.94.12 DST=10.3.94.10 PROTO=TCP SPT=80 DPT=2200 ACK PSH URGP=0", `{"event":"system"}`},
		{"explicit congestion", "IN=a OUT=b SRC=10.3.94.12 DST=10.3.94.10 PROTO=TCP SPT=80 DPT=2200 CWR ECE SYN URGP=0", `{"event":"session-new","flags":"CWR ECE SYN"}`},
		{"invalid packet", "nf_ct_proto_6: packet (index 0) in dir 0 ignored, state SYN_RECV IN=wan0 OUT= SRC=198.18.66.43 DST=100.64.7.2 PROTO=TCP SPT=1 DPT=2 SYN", `{"event":"system"}`},
		{"ping", "IN=a OUT=b SRC=10.0.0.1 DST=9.9.9.9 PROTO=ICMP TYPE=8 CODE=0 ID=10466 SEQ=21229", `{"event":"session-new","proto":"icmp","sport":null}`},
		{"ping answer", "IN=a OUT=b SRC=10.0.0.1 DST=9.9.9.9 PROTO=ICMP TYPE=0 CODE=0 ID=10466 SEQ=21229", `{"event":"system"}`},
		{"error quoting a packet", "IN=eth0 OUT= SRC=1.2.3.4 DST=5.6.7.8 LEN=84 PROTO=ICMP TYPE=3 CODE=3 [SRC=5.6.7.8 DST=9.9.9.9 PROTO=UDP SPT=1 DPT=53 ] ",
			`{"src":"1.2.3.4","dst":"5.6.7.8","proto":"icmp","event":"system","sport":null,"dport":null}`},
		{"ipv6", "IN=a OUT=b SRC=fe80:0000:0000:0000:0202:b3ff:fe1e:8329 DST=2001:0db8::1 LEN=80 TC=0 HOPLIMIT=64 FLOWLBL=1 PROTO=TCP SPT=1 DPT=443 SYN",
			`{"src":"fe80::202:b3ff:fe1e:8329","dst":"2001:db8::1","event":"session-new"}`},
		{"neighbour discovery", "IN=a OUT= SRC=fe80::1 DST=ff02::1 PROTO=ICMPv6 TYPE=135 CODE=0", `{"proto":"icmpv6","event":"system"}`},
		{"other protocol", "IN=a OUT= SRC=10.0.0.1 DST=224.0.0.1 LEN=32 PROTO=2", `{"proto":"igmp","event":"session-new"}`},
		{"absurd ports", "IN=a OUT= SRC=10.0.0.1 DST=9.9.9.9 PROTO=TCP SPT=65536 DPT=18446744073709551695 SYN", `{"sport":null,"dport":null,"event":"session-new"}`},
		{"absurd protocol", "IN=a OUT= SRC=10.0.0.1 DST=9.9.9.9 PROTO=262 SPT=1", `{"proto":null}`},
		{"no address", "IN=a OUT= SRC=10.0.0.256 DST=9.9.9.9 PROTO=TCP SPT=1 DPT=2 SYN", `{"kind":"unknown","event":"unknown","dialect":null,"in_if":null}`},
		{"ulogd NFLOG", "<149>Nov 21 20:28:22 router ulogd[6017]: [NEW-NFLOG]  IN=br-lan OUT=wan0 MAC=x SRC=192.168.128.10 DST=198.18.62.16 LEN=60 TOS=00 PREC=0x00 TTL=63 ID=48109 DF PROTO=TCP SPT=56256 DPT=443 SEQ=1044132432 ACK=0 WINDOW=64240 SYN URGP=0 MARK=0x0 ",
			`{"event":"session-new","flags":"SYN","rule":"[NEW-NFLOG]","app":"ulogd"}`},
		{"shorewall", `Nov 21 10:00:00 fw kernel: Shorewall:net-fw:DROP:IN=eth0 OUT= MAC=x SRC=10.0.0.1 DST=10.0.0.2 LEN=60 TTL=64 PROTO=TCP SPT=40000 DPT=22 SYN`,
			`{"kind":"fw-packet","event":"session-denied","dialect":"netfilter","action":"deny","stamp":"11-21T10:00:00","host":"fw","src":"10.0.0.1","sport":40000,"dst":"10.0.0.2","dport":22,"proto":"tcp","flags":"SYN","in_if":"eth0","rule":"Shorewall:net-fw:DROP","app":"kernel","nat_src":null,"nat_dst":null,"out_if":null,"detail":null}`},
		{"vuurmuur", `Nov 21 10:00:00 fw kernel: vrmr: DROP no match IN=eth0 OUT= MAC=x SRC=10.0.0.1 DST=10.0.0.2 LEN=60 TTL=64 PROTO=TCP SPT=40000 DPT=22 SYN`,
			`{"kind":"fw-packet","event":"session-denied","dialect":"netfilter","action":"deny","stamp":"11-21T10:00:00","host":"fw","src":"10.0.0.1","sport":40000,"dst":"10.0.0.2","dport":22,"proto":"tcp","flags":"SYN","in_if":"eth0","rule":"vrmr: DROP no match","app":"kernel","nat_src":null,"nat_dst":null,"out_if":null,"detail":null}`},
		{"a program that quotes a rule", "Nov 21 10:00:00 gw app[7]: the line IN=a OUT=b was seen", `{"event":"unknown","dialect":null,"in_if":null}`},
	})
}

// A MAC address that the end of the line cuts off is not looked for in what lies behind the line.
func TestMACWithinItsLine(t *testing.T) {
	const line = "IN=br0 OUT=eth0 PHYSIN=lan1 MAC=00:00:5e:00:53:01:00:00:"
	buffer := []byte(line + "5e:00:53:02:08:00 SRC=192.168.1.20")
	rec := Record{mem: &NewParser().mem}
	if interfaces(buffer[:len(line)], &rec); rec.Aside != (Name{}) {
		t.Errorf("%v of a line that has half of it", rec.Aside)
	}
}
