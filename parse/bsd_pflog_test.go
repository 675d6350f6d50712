package parse

import "testing"

// Lines of OpenBSD and FreeBSD, through tcpdump. The sources of the lines are in testdata/servers-tools.md.
func TestPflog(t *testing.T) {
	checkAll(t, []says{
		{"syslog with a stamp of its own", `Mar 30 15:55:20 enigma pf: Mar 30 15:53:25.867973 rule 2/(match) pass in on xl0: 205.174.165.231.50425 > 192.168.2.10.22: . ack 2450721 win 73 <nop,nop,timestamp 1815380026 17589621,[|tcp]> (DF) [tos 0x10]`,
			`{"kind":"fw-packet","event":"system","dialect":"pf","action":"allow","stamp":"03-30T15:55:20","host":"enigma","src":"205.174.165.231","sport":50425,"dst":"192.168.2.10","dport":22,"proto":"tcp","flags":"ACK","in_if":"xl0","rule":"2","app":"pf","nat_src":null,"nat_dst":null,"out_if":null,"detail":null}`},
		{"udp", `Mar 30 15:55:20 enigma pf: Mar 30 15:55:14.265470 rule 3/(match) pass out on xl0: 192.168.2.10.1514 > 192.168.2.26.3875:  udp 57`,
			`{"kind":"fw-packet","event":"session-new","dialect":"pf","action":"allow","stamp":"03-30T15:55:20","host":"enigma","src":"192.168.2.10","sport":1514,"dst":"192.168.2.26","dport":3875,"proto":"udp","out_if":"xl0","rule":"3","app":"pf","nat_src":null,"nat_dst":null,"flags":null,"in_if":null,"detail":null}`},
		{"icmp", `Mar 30 15:55:19 enigma pf: Mar 30 15:48:02.810188 rule 2/(match) pass in on lo0: 127.0.0.1 > 127.0.0.1: icmp: echo reply`,
			`{"kind":"fw-packet","event":"system","dialect":"pf","action":"allow","stamp":"03-30T15:55:19","host":"enigma","src":"127.0.0.1","dst":"127.0.0.1","proto":"icmp","in_if":"lo0","rule":"2","app":"pf","nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"out_if":null,"detail":null}`},
		{"dated file", `Mar 30 15:53:25.867973 rule 2/(match) block in on xl0: 205.174.165.231.50425 > 192.168.2.10.22: S 2450721:2450721(0) win 65535 <mss 1460>`,
			`{"kind":"fw-packet","event":"session-denied","dialect":"pf","action":"deny","stamp":"03-30T15:53:25.867973","src":"205.174.165.231","sport":50425,"dst":"192.168.2.10","dport":22,"proto":"tcp","flags":"SYN","in_if":"xl0","rule":"2","nat_src":null,"nat_dst":null,"out_if":null,"detail":null}`},
		{"first line of -v", `Mar 30 15:53:25.867973 rule 53/0(match): block in on em0: (tos 0x0, ttl 64, id 892, offset 0, flags [none], proto TCP (6), length 44)`,
			`{"kind":"fw-packet","event":"system","dialect":"pf","action":"deny","stamp":"03-30T15:53:25.867973","proto":"tcp","in_if":"em0","rule":"53","nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"out_if":null,"detail":null}`},
		{"clock and uid", `15:53:25.867973 rule 4/(match) [uid 0, pid 512] block out on ix0: fe80::1.546 > ff02::1:2.547: dhcp6 solicit`,
			`{"kind":"fw-packet","event":"session-denied","dialect":"pf","action":"deny","stamp":"15:53:25.867973","src":"fe80::1","sport":546,"dst":"ff02::1:2","dport":547,"proto":"udp","out_if":"ix0","rule":"4","nat_src":null,"nat_dst":null,"flags":null,"in_if":null,"detail":null}`},
		{"microseconds since the line before", `Jan 11 07:28:30 141.102.4.254 pf: 000145 rule 141/0(match): block in on bge0: (tos 0x0, ttl 128, id 58078, offset 0, flags [none], proto UDP (17), length 1052) 141.102.12.99.1137 > 188.40.123.111.24460: UDP, length 1024`,
			`{"kind":"fw-packet","event":"session-denied","dialect":"pf","action":"deny","stamp":"01-11T07:28:30","host":"141.102.4.254","src":"141.102.12.99","sport":1137,"dst":"188.40.123.111","dport":24460,"proto":"udp","in_if":"bge0","rule":"141","app":"pf","nat_src":null,"nat_dst":null,"flags":null,"out_if":null,"detail":null}`},
		{"delta stamp", ` 00:00:00.000185 rule 0/0(match): block in on em0: fe80::c4f:2e96:d24e:5364 > ff02::16: HBH ICMP6, multicast listener report v2[|icmp6], length 28`,
			`{"kind":"fw-packet","event":"session-denied","dialect":"pf","action":"deny","src":"fe80::c4f:2e96:d24e:5364","dst":"ff02::16","proto":"icmpv6","in_if":"em0","rule":"0","nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"out_if":null,"detail":null}`},
		{"clock", `01:48:13.748353 rule 1/0(match): block in on vtnet0: 121.224.77.46.41854 > 46.38.233.77.6379: Flags [S], seq 1929621329, win 29200, options [mss 1460,sackOK,TS val 840989709 ecr 0,nop,wscale 7], length 0`,
			`{"kind":"fw-packet","event":"session-denied","dialect":"pf","action":"deny","stamp":"01:48:13.748353","src":"121.224.77.46","sport":41854,"dst":"46.38.233.77","dport":6379,"proto":"tcp","flags":"SYN","in_if":"vtnet0","rule":"1","nat_src":null,"nat_dst":null,"out_if":null,"detail":null}`},
		{"ISO stamp", `2026-05-04 12:00:00.000000 rule 12/0(match): block in on em0: 172.18.0.101.53168 > 198.51.100.10.443: Flags [S], length 0`,
			`{"kind":"fw-packet","event":"session-denied","dialect":"pf","action":"deny","stamp":"2026-05-04T12:00:00","src":"172.18.0.101","sport":53168,"dst":"198.51.100.10","dport":443,"proto":"tcp","flags":"SYN","in_if":"em0","rule":"12","nat_src":null,"nat_dst":null,"out_if":null,"detail":null}`},
		{"nothing in front", `rule 12/(match) block in on em0: 10.0.0.1.4000 > 10.0.0.2.22: S 1:1(0) win 65535`,
			`{"kind":"fw-packet","event":"session-denied","dialect":"pf","action":"deny","src":"10.0.0.1","sport":4000,"dst":"10.0.0.2","dport":22,"proto":"tcp","flags":"SYN","in_if":"em0","rule":"12","nat_src":null,"nat_dst":null,"out_if":null,"detail":null}`},
	})
}
