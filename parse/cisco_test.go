package parse

import "testing"

func TestCisco(t *testing.T) {
	checkAll(t, []says{
		{"built outbound", lineCisco, `{"kind":"session","event":"session-new","action":"session-create","host":"asa-fw","stamp":"2025-11-02T00:00:00","src":"10.0.0.67","sport":57244,"dst":"153.30.140.114","dport":22,
			"nat_src":"203.0.113.7","nat_sport":57244,"nat_dst":"153.30.140.114","nat_dport":22,"proto":"tcp","in_if":"inside","out_if":"outside"}`},
		{"built inbound", "%FTD-6-302013: Built inbound TCP connection 9 for outside:1.2.3.4/5555 (1.2.3.4/5555) to dmz:10.1.1.2/443 (203.0.113.9/443)", `{"src":"1.2.3.4","dst":"10.1.1.2","nat_dst":"203.0.113.9"}`},
		{"user names", `%ASA-6-302013: Built outbound TCP connection 9 for outside:1.2.3.4/443 (1.2.3.4/443)(LOCAL\x) to inside:10.1.1.2/999 (203.0.113.9/999) (LOCAL\y)`, `{"src":"10.1.1.2","dst":"1.2.3.4"}`},
		{"ipv6", "%ASA-6-302015: Built outbound UDP connection 9 for outside:2001:db8::1/53 (2001:db8::1/53) to inside:fd00::5/999 (fd00::5/999)", `{"src":"fd00::5","sport":999,"dst":"2001:db8::1","dport":53,"proto":"udp"}`},
		{"teardown", "%ASA-6-302014: Teardown TCP connection 1 for outside:153.30.140.114/22 to inside:10.0.0.67/57244 duration 0:00:30 bytes 1060 TCP FINs", `{"event":"session-end","src":"10.0.0.67","dport":22,"bytes":1060,"detail":"TCP FINs","flags":null}`},
		{"reset", "%ASA-6-302014: Teardown TCP connection 1 for outside:153.30.140.114/22 to inside:10.0.0.67/57244 duration 0:00:30 bytes 0 TCP Reset-O from outside", `{"event":"session-end","flags":"RST","bytes":null}`},
		{"syn timeout", "%ASA-6-302014: Teardown TCP connection 1 for outside:153.30.140.114/22 to inside:10.0.0.67/57244 duration 0:00:30 bytes 60 SYN Timeout", `{"event":"session-end","state":"SYN_SENT"}`},
		{"teardown of a forwarded port", "%ASA-6-302014: Teardown TCP connection 1 for outside:153.30.140.114/5022 to dmz:10.0.0.67/443 duration 0:00:30 bytes 60 TCP FINs", `{"src":"153.30.140.114","dst":"10.0.0.67","dport":443}`},
		{"icmp", "%ASA-6-302020: Built outbound ICMP connection for faddr 8.8.8.8/0 gaddr 203.0.113.7/4711 laddr 10.0.0.5/4711 type 8 code 0", `{"event":"session-new","proto":"icmp","src":"10.0.0.5","sport":4711,"dst":"8.8.8.8","nat_src":"203.0.113.7"}`},
		{"icmp inbound", "%ASA-6-302020: Built inbound ICMP connection for faddr 8.8.8.8/9(LOCAL\\a) gaddr 203.0.113.7/0 laddr 10.0.0.5/0", `{"src":"8.8.8.8","dst":"10.0.0.5","nat_dst":"203.0.113.7"}`},
		{"icmp end", "%ASA-6-302021: Teardown ICMP connection for faddr 8.8.8.8/0 gaddr 203.0.113.7/4711 laddr 10.0.0.5/4711 type 8 code 0", `{"event":"session-end","src":"10.0.0.5"}`},
		{"translation", "%ASA-6-305011: Built dynamic TCP translation from inside:10.0.0.67/57244 to outside:203.0.113.7/57244", `{"kind":"nat","event":"system","action":"nat-create","src":"10.0.0.67","nat_src":"203.0.113.7"}`},
		{"end of translation", "%ASA-6-305012: Teardown dynamic TCP translation from inside:10.0.0.67/57244 to outside:203.0.113.7/57244 duration 0:02:32", `{"action":"nat-delete","event":"system"}`},
		{"acl", `Sep  7 06:26:49 PIXName %PIX-4-106023: Deny udp src outside:204.16.208.49/58939 dst dmz:10.0.0.158/1026 by access-group "acl_outside" [0x0, 0x0]`,
			`{"kind":"fw-packet","event":"session-denied","action":"deny","host":"PIXName","proto":"udp","dport":1026,"detail":"acl_outside"}`},
		{"acl icmp", `%ASA-4-106023: Deny icmp src outside:128.9.160.165 dst inside:10.107.19.103 (type 8, code 0) by access-group "x"`, `{"event":"session-denied","proto":"icmp","src":"128.9.160.165","dst":"10.107.19.103"}`},
		{"inbound denied", "ASA-2-106001: Inbound TCP connection denied from 192.168.2.2/43803 to 10.10.10.10/14322 flags SYN  on interface out111", `{"event":"session-denied","proto":"tcp","flags":"SYN","dport":14322}`},
		{"udp denied", "%ASA-2-106006: Deny inbound UDP from 1.2.3.4/53 to 5.6.7.8/999 on interface outside", `{"event":"session-denied","proto":"udp"}`},
		{"no connection", "%ASA-6-106015: Deny TCP (no connection) from 1.2.3.4/80 to 5.6.7.8/999 flags RST ACK  on interface outside", `{"event":"session-denied","flags":"ACK RST","proto":"tcp"}`},
		{"service name", "%PIX-3-710003: TCP access denied by ACL from 216.39.220.130/54065 to outside:62.192.113.98/ssh", `{"event":"session-denied","dst":"62.192.113.98","dport":null}`},
		{"cut short", "%ASA-6-302014: Teardown TCP connection 2533 for outside:115.83.96.133/6881 to inside:192.", `{"event":"unknown","kind":"unknown","action":null}`},
		{"another number", "%ASA-6-999999: Something", `{"event":"unknown","dialect":null}`},
	})
}
