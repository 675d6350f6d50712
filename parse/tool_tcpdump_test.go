package parse

import (
	"net/netip"
	"testing"
)

// Output of tcpdump(1). The sources of the lines are in testdata/servers-tools.md.
func TestTcpdump(t *testing.T) {
	checkAll(t, []says{
		{"SYN", `11:31:20.553633 IP 4.3.2.1.21803 > 172.1.2.3.22: Flags [S], seq 3756801163, win 29200, options [mss 1460,sackOK,TS val 9368516 ecr 0,nop,wscale 7], length 0`,
			`{"kind":"packet","event":"session-new","dialect":"tcpdump","stamp":"11:31:20.553633","src":"4.3.2.1","sport":21803,"dst":"172.1.2.3","dport":22,"proto":"tcp","flags":"SYN","packets":1,"action":null,"nat_src":null,"nat_dst":null,"in_if":null,"out_if":null,"detail":null}`},
		{"second line of -v", `    172.16.1.51.6633 > 172.16.1.101.62216: Flags [R.], cksum 0x5d6c (correct), seq 0, ack 2928426029, win 0, length 0`,
			`{"kind":"packet","event":"reset","dialect":"tcpdump","src":"172.16.1.51","sport":6633,"dst":"172.16.1.101","dport":62216,"proto":"tcp","flags":"ACK RST","packets":1,"action":null,"nat_src":null,"nat_dst":null,"in_if":null,"out_if":null,"detail":null}`},
		{"reset, full stamp", `2013-10-22 07:06:11.997117 IP 127.0.0.1.56440 > 127.0.0.1.6633: Flags [R], seq 2428319660, win 0, length 0`,
			`{"kind":"packet","event":"reset","dialect":"tcpdump","stamp":"2013-10-22T07:06:11.997117","src":"127.0.0.1","sport":56440,"dst":"127.0.0.1","dport":6633,"proto":"tcp","flags":"RST","packets":1,"action":null,"nat_src":null,"nat_dst":null,"in_if":null,"out_if":null,"detail":null}`},
		{"icmp", `1999-11-11 21:47:06.559143 IP 131.151.32.21 > 131.151.1.59: ICMP 131.151.32.21 udp port 1792 unreachable, length 448`,
			`{"kind":"packet","event":"traffic","dialect":"tcpdump","stamp":"1999-11-11T21:47:06.559143","src":"131.151.32.21","dst":"131.151.1.59","proto":"icmp","bytes":448,"packets":1,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"question", `2020-02-26 18:44:15.949675 IP 192.168.125.165.43428 > 192.168.125.1.53: 30665+ AAAA? proxy-chain.example.com.network2. (48)`,
			`{"kind":"dns-query","event":"dns-query","dialect":"tcpdump","stamp":"2020-02-26T18:44:15.949675","src":"192.168.125.165","sport":43428,"dst":"192.168.125.1","dport":53,"proto":"udp","packets":1,"qname":"proxy-chain.example.com.network2","qtype":"AAAA","action":null,"nat_src":null,"nat_dst":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"root question", `2019-02-13 01:26:02.059301 IP 172.30.42.67.64888 > 192.5.5.241.53: 36787+ [1au] TXT? . (40)`,
			`{"kind":"dns-query","event":"dns-query","dialect":"tcpdump","stamp":"2019-02-13T01:26:02.059301","src":"172.30.42.67","sport":64888,"dst":"192.5.5.241","dport":53,"proto":"udp","packets":1,"qname":".","qtype":"TXT","action":null,"nat_src":null,"nat_dst":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"odd icmp", `    22.3.2.0 > 54.209.0.0: ICMP type-#49, length 3 [|icmp]`,
			`{"kind":"packet","event":"traffic","dialect":"tcpdump","src":"22.3.2.0","dst":"54.209.0.0","proto":"icmp","bytes":3,"packets":1,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"unix stamp", `1373024731.123456 IP 10.0.0.1.40000 > 10.0.0.2.80: Flags [S], seq 1, win 1, length 0`,
			`{"kind":"packet","event":"session-new","dialect":"tcpdump","time":"2013-07-05T11:45:31.123456Z","src":"10.0.0.1","sport":40000,"dst":"10.0.0.2","dport":80,"proto":"tcp","flags":"SYN","packets":1,"action":null,"nat_src":null,"nat_dst":null,"in_if":null,"out_if":null,"detail":null}`},
		{"delta stamp", ` 00:00:00.000123 IP 10.0.0.1.40000 > 10.0.0.2.80: Flags [.], ack 1, win 1, length 0`,
			`{"kind":"packet","event":"traffic","dialect":"tcpdump","src":"10.0.0.1","sport":40000,"dst":"10.0.0.2","dport":80,"proto":"tcp","flags":"ACK","packets":1,"action":null,"nat_src":null,"nat_dst":null,"in_if":null,"out_if":null,"detail":null}`},
		{"ipv6", `10:00:00.123456 IP6 2001:db8::1.40000 > 2001:db8::2.443: Flags [P.], seq 1:518, ack 1, win 502, length 517`,
			`{"kind":"packet","event":"traffic","dialect":"tcpdump","stamp":"10:00:00.123456","src":"2001:db8::1","sport":40000,"dst":"2001:db8::2","dport":443,"proto":"tcp","flags":"ACK PSH","bytes":517,"packets":1,"action":null,"nat_src":null,"nat_dst":null,"in_if":null,"out_if":null,"detail":null}`},
		{"arp request", `10:00:00.123456 ARP, Request who-has 10.0.0.1 tell 10.0.0.2, length 28`,
			`{"kind":"packet","event":"traffic","dialect":"tcpdump","stamp":"10:00:00.123456","src":"10.0.0.2","dst":"10.0.0.1","packets":1,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"arp reply", `10:00:00.123456 ARP, Reply 10.0.0.1 is-at 00:11:22:33:44:55, length 46`,
			`{"kind":"packet","event":"neighbour","dialect":"tcpdump","stamp":"10:00:00.123456","src":"10.0.0.1","packets":1,"mac":"00:11:22:33:44:55","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"ethernet", `10:00:00.123456 00:11:22:33:44:55 > 66:77:88:99:aa:bb, ethertype IPv4 (0x0800), length 74: 10.0.0.1.40000 > 10.0.0.2.443: Flags [S], seq 1, win 1, length 0`,
			`{"kind":"packet","event":"session-new","dialect":"tcpdump","stamp":"10:00:00.123456","src":"10.0.0.1","sport":40000,"dst":"10.0.0.2","dport":443,"proto":"tcp","flags":"SYN","packets":1,"action":null,"nat_src":null,"nat_dst":null,"in_if":null,"out_if":null,"detail":null}`},
		{"vlan", `10:00:00.123456 00:11:22:33:44:55 > 66:77:88:99:aa:bb, ethertype 802.1Q (0x8100), length 78: vlan 10, p 0, ethertype IPv4 (0x0800), 10.0.0.1.40000 > 10.0.0.2.443: Flags [S], seq 1, win 1, length 0`,
			`{"kind":"packet","event":"session-new","dialect":"tcpdump","stamp":"10:00:00.123456","src":"10.0.0.1","sport":40000,"dst":"10.0.0.2","dport":443,"proto":"tcp","flags":"SYN","packets":1,"action":null,"nat_src":null,"nat_dst":null,"in_if":null,"out_if":null,"detail":null}`},
		{"ethernet arp", `10:00:00.123456 00:11:22:33:44:55 > ff:ff:ff:ff:ff:ff, ethertype ARP (0x0806), length 42: Request who-has 10.0.0.1 tell 10.0.0.2, length 28`,
			`{"kind":"packet","event":"traffic","dialect":"tcpdump","stamp":"10:00:00.123456","src":"10.0.0.2","dst":"10.0.0.1","packets":1,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"any interface", `10:00:00.123456 eth0  Out IP 10.0.0.1.40000 > 10.0.0.2.443: Flags [S], seq 1, win 1, length 0`,
			`{"kind":"packet","event":"session-new","dialect":"tcpdump","stamp":"10:00:00.123456","src":"10.0.0.1","sport":40000,"dst":"10.0.0.2","dport":443,"proto":"tcp","flags":"SYN","packets":1,"action":null,"nat_src":null,"nat_dst":null,"in_if":null,"out_if":null,"detail":null}`},
		{"any interface, full stamp", `2026-11-21 10:00:00.123456 eth0  In  IP 10.0.0.1.40000 > 10.0.0.2.443: Flags [R.], seq 1, ack 2, win 1, length 0`,
			`{"kind":"packet","event":"reset","dialect":"tcpdump","stamp":"2026-11-21T10:00:00.123456","src":"10.0.0.1","sport":40000,"dst":"10.0.0.2","dport":443,"proto":"tcp","flags":"ACK RST","packets":1,"action":null,"nat_src":null,"nat_dst":null,"in_if":null,"out_if":null,"detail":null}`},
		{"ethernet, full stamp", `2026-11-21 10:00:00.123456 00:11:22:33:44:55 > 66:77:88:99:aa:bb, ethertype IPv4 (0x0800), length 74: 10.0.0.1.40000 > 10.0.0.2.443: UDP, length 57`,
			`{"kind":"packet","event":"traffic","dialect":"tcpdump","stamp":"2026-11-21T10:00:00.123456","src":"10.0.0.1","sport":40000,"dst":"10.0.0.2","dport":443,"proto":"udp","bytes":57,"packets":1,"action":null,"nat_src":null,"nat_dst":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"first line of -v", `10:00:00.123456 IP (tos 0x0, ttl 64, id 1234, offset 0, flags [DF], proto TCP (6), length 60)`,
			`{"kind":"packet-header","event":"system","dialect":"tcpdump","stamp":"10:00:00.123456","proto":"tcp","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"one line of -v", `10:00:00.123456 IP (tos 0x0, ttl 64, id 1234, offset 0, flags [DF], proto UDP (17), length 60) 10.0.0.1.5000 > 10.0.0.2.53: [udp sum ok] 1+ A? example.com. (29)`,
			`{"kind":"dns-query","event":"dns-query","dialect":"tcpdump","stamp":"10:00:00.123456","src":"10.0.0.1","sport":5000,"dst":"10.0.0.2","dport":53,"proto":"udp","packets":1,"qname":"example.com","qtype":"A","action":null,"nat_src":null,"nat_dst":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"service name", `10:00:00.123456 IP 10.0.0.1.ssh > 10.0.0.2.40000: Flags [F.], seq 1, ack 1, win 1, length 0`,
			`{"kind":"packet","event":"traffic","dialect":"tcpdump","stamp":"10:00:00.123456","src":"10.0.0.1","sport":22,"dst":"10.0.0.2","dport":40000,"proto":"tcp","flags":"ACK FIN","packets":1,"action":null,"nat_src":null,"nat_dst":null,"in_if":null,"out_if":null,"detail":null}`},
		{"esp", `10:00:00.123456 IP 10.0.0.1 > 10.0.0.2: ESP(spi=0x1,seq=0x1), length 100`,
			`{"kind":"packet","event":"traffic","dialect":"tcpdump","stamp":"10:00:00.123456","src":"10.0.0.1","dst":"10.0.0.2","proto":"esp","bytes":100,"packets":1,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"gre", `10:00:00.123456 IP 10.0.0.1 > 10.0.0.2: GREv0, length 100: IP 1.1.1.1 > 2.2.2.2: ICMP echo request, id 1, seq 1, length 64`,
			`{"kind":"packet","event":"traffic","dialect":"tcpdump","stamp":"10:00:00.123456","src":"10.0.0.1","dst":"10.0.0.2","proto":"gre","bytes":100,"packets":1,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"multicast DNS", `10:00:00.123456 IP 10.0.0.1.5353 > 224.0.0.251.5353: 0 PTR (QM)? _airplay._tcp.local. (39)`,
			`{"kind":"dns-query","event":"dns-query","dialect":"tcpdump","stamp":"10:00:00.123456","src":"10.0.0.1","sport":5353,"dst":"224.0.0.251","dport":5353,"proto":"udp","packets":1,"qname":"_airplay._tcp.local","qtype":"PTR","action":null,"nat_src":null,"nat_dst":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"answer", `10:00:00.123456 IP 8.8.8.8.53 > 10.0.0.1.5000: 1 1/0/0 A 93.184.216.34 (45)`,
			`{"kind":"dns-reply","event":"system","dialect":"tcpdump","stamp":"10:00:00.123456","src":"8.8.8.8","sport":53,"dst":"10.0.0.1","dport":5000,"proto":"udp","packets":1,"action":null,"nat_src":null,"nat_dst":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"openbsd", `10:00:00.123456 192.168.2.10.22 > 205.174.165.231.56038: P 1:41(40) ack 53376 win 16416 (DF)`,
			`{"kind":"packet","event":"traffic","dialect":"tcpdump","stamp":"10:00:00.123456","src":"192.168.2.10","sport":22,"dst":"205.174.165.231","dport":56038,"proto":"tcp","flags":"ACK PSH","packets":1,"action":null,"nat_src":null,"nat_dst":null,"in_if":null,"out_if":null,"detail":null}`},
		{"quiet", `10:00:00.123456 IP 10.0.0.1.5000 > 10.0.0.2.5001: tcp 1448`,
			`{"kind":"packet","event":"traffic","dialect":"tcpdump","stamp":"10:00:00.123456","src":"10.0.0.1","sport":5000,"dst":"10.0.0.2","dport":5001,"proto":"tcp","bytes":1448,"packets":1,"action":null,"nat_src":null,"nat_dst":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"host names", `11:31:20.553633 IP host1.example.net.51234 > host2.example.net.https: Flags [S], seq 1, win 3, length 0`,
			`{"kind":"packet","event":"traffic","dialect":"tcpdump","stamp":"11:31:20.553633","sport":51234,"dport":443,"proto":"tcp","flags":"SYN","packets":1,"action":null,"nat_src":null,"nat_dst":null,"in_if":null,"out_if":null,"detail":null}`},
		{"another protocol", `11:31:20.553633 LLDP, length 60`,
			`{"kind":"packet","event":"system","dialect":"tcpdump","stamp":"11:31:20.553633","packets":1,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"sum of icmpv6", `11:31:20.553633 IP6 (hlim 255, next-header ICMPv6 (58) payload length: 32) fe80::1 > ff02::1:ff00:2: [icmp6 sum ok] ICMP6, neighbor solicitation, length 32, who has fe80::2`,
			`{"kind":"packet","event":"traffic","dialect":"tcpdump","stamp":"11:31:20.553633","src":"fe80::1","dst":"ff02::1:ff00:2","proto":"icmpv6","bytes":32,"packets":1,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"note", `12 packets captured`,
			`{"kind":"other","event":"system","dialect":"tcpdump","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"absurd ports", `10.0.0.1.99999 > 10.0.0.2.70000: UDP, length 99999999999999999999`,
			`{"kind":"packet","event":"traffic","dialect":"tcpdump","src":"10.0.0.1","dst":"10.0.0.2","proto":"udp","packets":1,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
	})
}

func TestTcpdumpEvents(t *testing.T) {
	a := netip.MustParseAddr
	checkEvents(t, []stored{
		{"captured SYN", "    10.0.2.2.59576 > 10.0.2.15.25: Flags [S], seq 17536001, win 65535, length 0", "",
			Event{Kind: SessionNew, Src: a("10.0.2.2"), SPort: 59576, Dst: a("10.0.2.15"), DPort: 25, Proto: TCP, Flags: SYN, Packets: 1}},
		{"captured reset", "    10.0.2.2.59576 > 10.0.2.15.25: Flags [R.], seq 17536001, win 65535, length 0", "",
			Event{Kind: Reset, Src: a("10.0.2.2"), SPort: 59576, Dst: a("10.0.2.15"), DPort: 25, Proto: TCP, Flags: RST | ACK, Packets: 1}},
		{"captured data", "    10.0.2.2.59576 > 10.0.2.15.25: Flags [P.], seq 1:3, ack 1, win 65535, length 2", "",
			Event{Kind: Traffic, Src: a("10.0.2.2"), SPort: 59576, Dst: a("10.0.2.15"), DPort: 25, Proto: TCP, Flags: PSH | ACK, Packets: 1, Bytes: 2}},
		{"captured question", "    192.0.0.1.46225 > 192.0.0.2.53: 8476+ [1au] A? example.com. (44)", "example.com",
			Event{Kind: DNSQuery, Src: a("192.0.0.1"), SPort: 46225, Dst: a("192.0.0.2"), DPort: 53, Proto: UDP, Packets: 1}},
	})
}
