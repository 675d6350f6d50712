package parse

import (
	"net/netip"
	"testing"
)

// Lines of ipfw(8) and ip_fw_log.c. The sources of the lines are in testdata/servers-tools.md.
func TestIpfw(t *testing.T) {
	checkAll(t, []says{
		{"macOS", `Aug 29 10:36:44 Macintosh ipfw:  12190 Deny TCP 192.168.10.2:10000 192.168.11.122:139 in via en0`,
			`{"kind":"fw-packet","event":"session-denied","dialect":"ipfw","action":"deny","stamp":"08-29T10:36:44","host":"Macintosh","src":"192.168.10.2","sport":10000,"dst":"192.168.11.122","dport":139,"proto":"tcp","in_if":"en0","rule":"12190","app":"ipfw","nat_src":null,"nat_dst":null,"flags":null,"out_if":null,"detail":null}`},
		{"wipfw", `0000000061 2006.12.07 08:50:13.095  ipfw: 1000 Deny TCP 66.135.40.79:80 192.168.47.1:9866 in via eth2`,
			`{"kind":"fw-packet","event":"session-denied","dialect":"ipfw","action":"deny","stamp":"2006-12-07T08:50:13.095","src":"66.135.40.79","sport":80,"dst":"192.168.47.1","dport":9866,"proto":"tcp","in_if":"eth2","rule":"1000","nat_src":null,"nat_dst":null,"flags":null,"out_if":null,"detail":null}`},
		{"FreeBSD", `Nov 21 10:00:00 bsd kernel: ipfw: 65500 Deny UDP 10.0.0.1:137 10.0.0.255:137 in via em0`,
			`{"kind":"fw-packet","event":"session-denied","dialect":"ipfw","action":"deny","stamp":"11-21T10:00:00","host":"bsd","src":"10.0.0.1","sport":137,"dst":"10.0.0.255","dport":137,"proto":"udp","in_if":"em0","rule":"65500","app":"kernel","nat_src":null,"nat_dst":null,"flags":null,"out_if":null,"detail":null}`},
		{"old FreeBSD", `Sep 15 07:47:04 gate /kernel: ipfw: 65435 Deny UDP 80.133.123.52:1042 165.132.149.211:4665 out via tun0`,
			`{"kind":"fw-packet","event":"session-denied","dialect":"ipfw","action":"deny","stamp":"09-15T07:47:04","host":"gate","src":"80.133.123.52","sport":1042,"dst":"165.132.149.211","dport":4665,"proto":"udp","out_if":"tun0","rule":"65435","app":"/kernel","nat_src":null,"nat_dst":null,"flags":null,"in_if":null,"detail":null}`},
		{"icmpv6", `Nov 21 10:00:00 bsd kernel: ipfw: 200 Deny ICMPv6:135.0 [fe80::1] [ff02::1:ff00:2] in via em0`,
			`{"kind":"fw-packet","event":"session-denied","dialect":"ipfw","action":"deny","stamp":"11-21T10:00:00","host":"bsd","src":"fe80::1","dst":"ff02::1:ff00:2","proto":"icmpv6","in_if":"em0","rule":"200","app":"kernel","nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"out_if":null,"detail":null}`},
		{"icmp passes", `Nov 21 10:00:00 bsd kernel: ipfw: 300 Accept ICMP:8.0 10.0.0.1 8.8.8.8 out via em0`,
			`{"kind":"fw-packet","event":"session-new","dialect":"ipfw","action":"allow","stamp":"11-21T10:00:00","host":"bsd","src":"10.0.0.1","dst":"8.8.8.8","proto":"icmp","out_if":"em0","rule":"300","app":"kernel","nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"detail":null}`},
		{"gre", `Nov 21 10:00:00 bsd kernel: ipfw: 400 Deny P:47 10.0.0.1 8.8.8.8 out via em0`,
			`{"kind":"fw-packet","event":"session-denied","dialect":"ipfw","action":"deny","stamp":"11-21T10:00:00","host":"bsd","src":"10.0.0.1","dst":"8.8.8.8","proto":"gre","out_if":"em0","rule":"400","app":"kernel","nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"detail":null}`},
		{"divert", `Nov 21 10:00:00 bsd kernel: ipfw: 50 Divert 8668 TCP 10.0.0.1:1 8.8.8.8:2 out via em0`,
			`{"kind":"fw-packet","event":"system","dialect":"ipfw","stamp":"11-21T10:00:00","host":"bsd","src":"10.0.0.1","sport":1,"dst":"8.8.8.8","dport":2,"proto":"tcp","out_if":"em0","rule":"50","app":"kernel","action":null,"nat_src":null,"nat_dst":null,"flags":null,"in_if":null,"detail":null}`},
		{"ipv6", `Nov 21 10:00:00 bsd kernel: ipfw: 65000 Deny TCP [2001:db8::1]:4000 [2001:db8::2]:22 in via em0`,
			`{"kind":"fw-packet","event":"session-denied","dialect":"ipfw","action":"deny","stamp":"11-21T10:00:00","host":"bsd","src":"2001:db8::1","sport":4000,"dst":"2001:db8::2","dport":22,"proto":"tcp","in_if":"em0","rule":"65000","app":"kernel","nat_src":null,"nat_dst":null,"flags":null,"out_if":null,"detail":null}`},
		{"fragment", `Nov 21 10:00:00 bsd kernel: ipfw: 500 Deny UDP 10.0.0.1 8.8.8.8 in via em0 (frag 1234:100@1480)`,
			`{"kind":"fw-packet","event":"session-denied","dialect":"ipfw","action":"deny","stamp":"11-21T10:00:00","host":"bsd","src":"10.0.0.1","dst":"8.8.8.8","proto":"udp","in_if":"em0","rule":"500","app":"kernel","nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"out_if":null,"detail":null}`},
		{"log limit", `Nov 21 10:00:00 bsd kernel: ipfw: limit 100 reached on entry 500`,
			`{"kind":"other","event":"system","dialect":"ipfw","stamp":"11-21T10:00:00","host":"bsd","app":"kernel","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"dynamic rules", `Nov 21 10:00:00 bsd kernel: ipfw: install_state: Too many dynamic rules`,
			`{"kind":"fw-table-full","event":"table-full","dialect":"ipfw","stamp":"11-21T10:00:00","host":"bsd","detail":"ipfw dynamic rules","app":"kernel","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null}`},
		{"in vain", `Nov 21 10:00:00 bsd kernel: Connection attempt to TCP 10.0.0.1:80 from 10.0.0.9:4000 flags:0x02`,
			`{"kind":"fw-packet","event":"session-denied","dialect":"ipfw","action":"deny","stamp":"11-21T10:00:00","host":"bsd","src":"10.0.0.9","sport":4000,"dst":"10.0.0.1","dport":80,"proto":"tcp","app":"kernel","nat_src":null,"nat_dst":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"stealth mode", `Nov 21 10:00:00 mac kernel[0]: Stealth Mode connection attempt to UDP 10.0.0.1:1900 from 10.0.0.9:4000`,
			`{"kind":"fw-packet","event":"session-denied","dialect":"ipfw","action":"deny","stamp":"11-21T10:00:00","host":"mac","src":"10.0.0.9","sport":4000,"dst":"10.0.0.1","dport":1900,"proto":"udp","app":"kernel","procid":"0","nat_src":null,"nat_dst":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"absurd port", `Nov 21 10:00:00 bsd kernel: ipfw: 65500 Deny TCP 10.0.0.1:99999 10.0.0.2:22 in via em0`,
			`{"kind":"fw-packet","event":"session-denied","dialect":"ipfw","action":"deny","stamp":"11-21T10:00:00","host":"bsd","src":"10.0.0.1","dst":"10.0.0.2","dport":22,"proto":"tcp","in_if":"em0","rule":"65500","app":"kernel","nat_src":null,"nat_dst":null,"sport":null,"flags":null,"out_if":null,"detail":null}`},
		{"cut short", `Nov 21 10:00:00 bsd kernel: ipfw: 65500 Deny`, `{"kind":"syslog","event":"unknown","dialect":null,"action":null}`},
	})
}

func TestIpfwEvents(t *testing.T) {
	a := netip.MustParseAddr
	checkEvents(t, []stored{
		{"ipfw lets pass", "Nov 21 10:00:00 bsd kernel: ipfw: 300 Accept ICMP:8.0 10.0.0.1 8.8.8.8 out via em0", "300", Event{Kind: SessionNew, Src: a("10.0.0.1"), Dst: a("8.8.8.8"), Proto: ICMP}},
		{"ipfw without dynamic rules", "Nov 21 10:00:00 bsd kernel: ipfw: install_state: Too many dynamic rules", "ipfw dynamic rules", Event{Kind: TableFull}},
	})
}
