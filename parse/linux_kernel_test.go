package parse

import "testing"

func TestKernel(t *testing.T) {
	checkAll(t, []says{
		{"2.4", "Jun 18 12:49:51 red-hat kernel: ip_conntrack: table full, dropping packet. ", `{"kind":"conntrack-full","event":"table-full","host":"red-hat","count":null}`},
		{"2.2", "ip_conntrack: maximum limit of 2048 entries exceeded", `{"event":"table-full"}`},
		{"2.6", "[475756.276021] nf_conntrack: table full, dropping packet.", `{"event":"table-full","uptime":475756.276021}`},
		{"4", "kernel: [1694413.644132] nf_conntrack: nf_conntrack: table full, dropping packet", `{"event":"table-full","uptime":1694413.644132}`},
		{"6", lineFull, `{"event":"table-full"}`},
		{"without the tag kernel", "<4>Jan  1 00:00:05 nf_conntrack: table full, dropping packet", `{"event":"table-full","app":null,"stamp":"01-01T00:00:05"}`},
		{"a daemon cannot say so", "Jan  1 00:00:05 gw sshd[12]: nf_conntrack: table full, dropping packet", `{"event":"system","kind":"syslog"}`},
		{"expectations", "nf_conntrack: expectation table full", `{"kind":"expect-full","event":"table-full","detail":"expectations"}`},
		{"callbacks", "[104243.800401] net_ratelimit: 3939 callbacks suppressed", `{"event":"suppressed","count":3939,"detail":"net_ratelimit"}`},
		{"older callbacks", "__ratelimit: 12 callbacks suppressed", `{"event":"suppressed","count":12,"detail":"__ratelimit"}`},
		{"printk", "Sep  8 22:18:06 hostname kernel: printk: 347 messages suppressed.", `{"event":"suppressed","count":347,"detail":"printk"}`},
		{"too many callbacks", "foo: 99999999999 callbacks suppressed", `{"event":"suppressed","count":4294967295}`},
		{"treason", "Aug 28 14:26:22 lotus kernel: [65427.139346] TCP: Treason uncloaked! Peer 80.128.87.225:21/2087 shrinks window 2372454999:2372459944. Repaired.",
			`{"kind":"tcp-window-shrunk","event":"window-shrink","src":"80.128.87.225","sport":21,"port":2087,"proto":"tcp"}`},
		{"masked peer", "TCP: Treason uncloaked! Peer ***.***.***.***:39660/80 shrinks window 3584164780:3584164970. Repaired.", `{"event":"window-shrink","src":null,"sport":39660,"port":80}`},
		{"newer wording", "[32033.784106] TCP: Peer 212.54.220.125:16428/33121 unexpectedly shrunk window 1592622660:1592629860 (repaired)", `{"event":"window-shrink","src":"212.54.220.125","sport":16428,"port":33121}`},
		{"peer with IPv6", "TCP: Peer 2001:0db8:0000:0000:0000:0000:0000:0001:39660/80 unexpectedly shrunk window 1:2 (repaired)", `{"src":"2001:db8::1","sport":39660,"port":80}`},
		{"absurd peer port", "TCP: Peer 1.2.3.4:396600/80 unexpectedly shrunk window 1:2 (repaired)", `{"src":"1.2.3.4","sport":null,"port":80}`},
		{"syn flood", "TCP: request_sock_TCP: Possible SYN flooding on port 80. Sending cookies.  Check SNMP counters.", `{"event":"syn-flood","port":80}`},
		{"syn flood with address", "TCP: request_sock_TCP: Possible SYN flooding on port 192.0.2.1:8080. Sending cookies.", `{"event":"syn-flood","port":8080,"dst":"192.0.2.1"}`},
		{"syn flood on any address", "TCP: request_sock_TCPv6: Possible SYN flooding on port [::]:8080. Dropping request.", `{"port":8080,"dst":null}`},
		{"older syn flood", "Feb 16 00:17:17 web03 kernel: [4327681.075428] possible SYN flooding on port 80. Sending cookies.", `{"event":"syn-flood","port":80}`},
		{"orphans", "TCP: too many orphaned sockets", `{"event":"orphans","kind":"tcp-orphans"}`},
		{"tcp memory", "TCP: out of memory -- consider tuning tcp_mem", `{"kind":"tcp-mem","event":"alarm","alarm":"tcp-mem"}`},
		{"neighbours", "neighbour: arp_cache: neighbor table overflow!", `{"event":"neighbour-overflow","kind":"neigh-overflow"}`},
		{"neighbours without the module", "[   81.123456] arp_cache: neighbor table overflow!", `{"event":"neighbour-overflow","kind":"neigh-overflow"}`},
		{"older neighbours", "Jul 12 13:15:56 ltg01 kernel: Neighbour table overflow.", `{"event":"neighbour-overflow"}`},
		{"martian", "[ 4904.644938] IPv4: martian source 100.64.71.10 from 229.124.201.54, on dev ppp0", `{"event":"martian","dst":"100.64.71.10","src":"229.124.201.54","in_if":"ppp0"}`},
		{"link up", "[   12.3] e1000e 0000:00:19.0 eth0: NIC Link is Up 1000 Mbps Full Duplex, Flow Control: Rx/Tx", `{"event":"link","kind":"link-up","detail":"eth0"}`},
		{"link down", "<6>Mar  1 00:00:01 gw kernel: eth1: link down", `{"event":"link","kind":"link-down","detail":"eth1"}`},
		{"link ready", "IPv6: ADDRCONF(NETDEV_CHANGE): wlan0: link becomes ready", `{"kind":"link-up","detail":"wlan0"}`},
		{"udp checksum", "[71023.260323] UDP: bad checksum. From 60.191.19.46:54901 to 70.82.96.212:4672 ulen 46", `{"kind":"udp-badcsum","event":"system","src":"60.191.19.46","dport":4672}`},
		{"heat", "6,2651,106819644585,-;CPU1: Package temperature/speed normal", `{"kind":"other","event":"system","dialect":"kernel","uptime":106819.644585}`},
	})
}
