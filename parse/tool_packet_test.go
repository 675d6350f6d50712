package parse

import "testing"

// What tcpdump prints behind the addresses of a packet, by protocol.
func TestPacketText(t *testing.T) {
	const two, four = "10:00:00.123456 IP 10.1.1.5 > 198.51.100.9: ", "10:00:00.123456 IP 10.1.1.5.50000 > 198.51.100.9.443: "
	checkAll(t, []says{
		{"SYN", four + "Flags [S], seq 1, win 64240, options [mss 1460], length 0",
			`{"kind":"packet","event":"session-new","dialect":"tcpdump","src":"10.1.1.5","sport":50000,"dst":"198.51.100.9","dport":443,"proto":"tcp","flags":"SYN","bytes":null}`},
		{"SYN that offers congestion notification", four + "Flags [SEW], seq 1, win 64240, length 0", `{"event":"session-new","flags":"CWR ECE SYN"}`},
		{"answer to a SYN", four + "Flags [S.E], seq 1, ack 2, win 64240, length 0", `{"event":"traffic","flags":"ACK ECE SYN"}`},
		{"data", four + "Flags [P.], seq 1:518, ack 1, win 502, length 517", `{"event":"traffic","flags":"ACK PSH","bytes":517}`},
		{"reset", four + "Flags [R], seq 1, win 0, length 0", `{"event":"reset","flags":"RST"}`},
		{"tcpdump before 4.0", four + "S 1:1(0) win 65535 <mss 1460>", `{"event":"session-new","proto":"tcp","flags":"SYN"}`},
		{"answer of tcpdump before 4.0", four + "S 9:9(0) ack 2 win 65535 <mss 1460>", `{"event":"traffic","proto":"tcp","flags":"ACK SYN"}`},
		{"tcpdump -q", four + "tcp 20", `{"proto":"tcp","bytes":20,"flags":null}`},
		{"UDP", four + "UDP, length 58", `{"event":"traffic","proto":"udp","sport":50000,"dport":443,"bytes":58}`},
		{"SCTP", four + "sctp (1) [INIT] [init tag: 1] [rwnd: 106496]", `{"proto":"sctp","sport":50000}`},
		{"error of ICMP", two + "ICMP host 198.51.100.7 unreachable, length 68", `{"event":"traffic","proto":"icmp","bytes":68,"sport":null}`},
		{"ESP", two + "ESP(spi=0x00000001,seq=0x1), length 100", `{"proto":"esp","bytes":100,"sport":null,"dport":null}`},
		{"AH", two + "AH(spi=0x00000001,seq=0x1): ESP(spi=0x2,seq=0x1), length 100", `{"proto":"ah"}`},
		{"GRE", two + "GREv0, length 88: IP 192.0.2.1 > 192.0.2.2: ICMP echo request, id 1, seq 1, length 64", `{"proto":"gre","src":"10.1.1.5","dst":"198.51.100.9","bytes":88}`},
		{"IGMP", two + "igmp v2 report 224.0.0.251", `{"proto":"igmp"}`},
		{"OSPF", two + "OSPFv2, Hello, length 44", `{"proto":"89","bytes":44}`},
		{"VRRP", two + "VRRPv2, Advertisement, vrid 1, prio 100, length 20", `{"proto":"112"}`},
		{"PIM", two + "PIMv2, Hello, length 30", `{"proto":"103"}`},
		{"a protocol by its number", two + " ip-proto-97 20", `{"proto":"97"}`},
		{"IPv6", "10:00:00.123456 IP6 2001:db8::5.50000 > 2001:db8:1::9.53: UDP, length 33", `{"src":"2001:db8::5","sport":50000,"dst":"2001:db8:1::9","dport":53,"proto":"udp"}`},
		{"neighbour discovery", "10:00:00.123456 IP6 fe80::1 > ff02::1:ff00:2: ICMP6, neighbor solicitation, who has 2001:db8::2, length 32", `{"event":"traffic","proto":"icmpv6","bytes":32}`},
		{"no address", "10:00:00.123456 IP 10.1.1.256.50000 > 198.51.100.9.443: UDP, length 58", `{"event":"system","src":null,"dst":null,"dport":null}`},
		{"no colon behind the destination", "10:00:00.123456 IP 10.1.1.5 > 198.51.100.9 UDP", `{"event":"unknown","dialect":null,"src":null}`},
	})
}
