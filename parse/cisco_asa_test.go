package parse

import "testing"

func TestCisco(t *testing.T) {
	checkAll(t, []says{
		{"shut by its owner", `%ASA-4-411004: Interface outside, changed state to administratively down`, `{"kind":"link-down","event":"link","in_if":"outside"}`},
		{"built outbound", lineCisco, `{"kind":"session","event":"session-new","action":"session-create","host":"asa-fw","stamp":"2025-11-02T00:00:00","src":"10.0.0.67","sport":57244,"dst":"153.30.140.114","dport":22,
			"nat_src":"203.0.113.7","nat_sport":57244,"nat_dst":"153.30.140.114","nat_dport":22,"proto":"tcp","in_if":"inside","out_if":"outside"}`},
		{"built inbound", "%FTD-6-302013: Built inbound TCP connection 9 for outside:1.2.3.4/5555 (1.2.3.4/5555) to dmz:10.1.1.2/443 (203.0.113.9/443)", `{"src":"1.2.3.4","dst":"10.1.1.2","nat_dst":"203.0.113.9"}`},
		{"user names", `%ASA-6-302013: Built outbound TCP connection 9 for outside:1.2.3.4/443 (1.2.3.4/443)(LOCAL\x) to inside:10.1.1.2/999 (203.0.113.9/999) (LOCAL\y)`, `{"src":"10.1.1.2","dst":"1.2.3.4"}`},
		{"ipv6", "%ASA-6-302015: Built outbound UDP connection 9 for outside:2001:db8::1/53 (2001:db8::1/53) to inside:fd00::5/999 (fd00::5/999)", `{"src":"fd00::5","sport":999,"dst":"2001:db8::1","dport":53,"proto":"udp"}`},
		{"teardown", "%ASA-6-302014: Teardown TCP connection 1 for outside:153.30.140.114/22 to inside:10.0.0.67/57244 duration 0:00:30 bytes 1060 TCP FINs", `{"event":"session-end","src":"153.30.140.114","sport":22,"dport":57244,"in_if":"outside","bytes":1060,"detail":"TCP FINs","flags":null,"unordered":true}`},
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
		{"service name", "%PIX-3-710003: TCP access denied by ACL from 216.39.220.130/54065 to outside:62.192.113.98/ssh", `{"event":"session-denied","dst":"62.192.113.98","dport":22}`},
		{"the device itself", "Sep  7 06:25:28 PIXName %PIX-6-302013: Built inbound TCP connection 141968 for db:10.0.0.1/60749 (10.0.0.1/60749) to NP Identity Ifc: 10.0.0.2/22 (10.0.0.2/22)", `{"src":"10.0.0.1","dst":"10.0.0.2","dport":22,"nat_dst":"10.0.0.2","out_if":"NP Identity Ifc"}`},
		{"two headers", "Sep 25 01:08:29 host1.example.com : Sep 25 05:08:29 UTC: %ASA-ip-4-313005: No matching connection for ICMP error message: icmp src inside:10.11.15.31 dst GWAN:10.11.40.51 (type 3, code 2) on inside interface.", `{"event":"session-denied","host":"host1.example.com","src":"10.11.15.31"}`},
		{"denied for", "%ASA-4-313009: Denied invalid ICMP code 9, for Inside:10.255.0.206/8795 (10.255.0.206/8795) to identity:10.12.31.51/0 (10.12.31.51/0), ICMP id 295, ICMP type 8", `{"event":"session-denied","src":"10.255.0.206","dst":"10.12.31.51","proto":"icmp"}`},
		{"port with a semicolon", "%ASA-4-410001: Dropped UDP DNS request from inside:10.1.1.1/1234 to outside:198.51.100.1/53; label length 164 bytes exceeds protocol limit of 63 bytes", `{"dst":"198.51.100.1","dport":53,"proto":"udp"}`},
		{"shunned", "%ASA-4-401004: Shunned packet: 10.1.1.27 ==> 10.1.1.28 on interface inside", `{"event":"session-denied","src":"10.1.1.27","dst":"10.1.1.28","in_if":"inside"}`},
		{"resource limit", "%ASA-5-321001: Resource 'conns' limit of 1000 reached for system", `{"event":"table-full","detail":"conns"}`},
		{"user of an access list", "%ASA-4-106103: access-list TEST denied tcp for user 'username' outside/81.2.69.142(51950) -> inside/89.160.20.112(443) hit-cnt 1 first hit [0xd3e666fa, 0x0]", `{"event":"session-denied","src":"81.2.69.142","sport":51950,"dst":"89.160.20.112","detail":"TEST"}`},
		{"icmp end, asked from outside", "%ASA-6-302021: Teardown ICMP connection for faddr 203.0.113.20/28416 gaddr 198.51.100.10/0 laddr 192.0.2.30/0 type 8 code 0", `{"src":"203.0.113.20","sport":28416,"dst":"192.0.2.30","nat_dst":"198.51.100.10","unordered":null}`},
		{"icmp end without a number", "%ASA-6-302021: Teardown ICMP connection for faddr 203.0.113.20/0 gaddr 198.51.100.10/0 laddr 192.0.2.30/0", `{"src":"192.0.2.30","unordered":true}`},
		{"emblem", "<166>:Jul 10 2024 15:00:00 UTC: %ASA-session-6-302010: 3 in use, 7 most used", `{"event":"system","count":3,"time":"2024-07-10T15:00:00Z","host":null}`},
		{"emblem with ISO", "<166>:2018-06-27T12:17:46Z: %ASA-6-302010: 3 in use, 7 most used", `{"count":3,"time":"2018-06-27T12:17:46Z","host":null}`},
		{"broken address", "%ASA-2-302016: Teardown UDP connection 1 for a:10.10.10.10/161 to net:1192.168.2.2/53356 duration 0:02:04 bytes 64585", `{"event":"session-end","src":"10.10.10.10","dst":null,"dport":53356,"bytes":64585}`},
		{"port out of range", "%ASA-4-106023: Deny tcp src a:10.1.1.1/99999 dst b:10.1.1.2/65536 by access-group \"x\"", `{"event":"session-denied","sport":null,"dport":null}`},
		{"connections in use", "%ASA-6-302010: 2014 in use, 5000 most used", `{"event":"system","count":2014}`},
		{"old connection", "%PIX-6-302009: Rebuilt TCP connection 5 for foreign_address 198.51.100.1/80 global_address 192.0.2.1/5000 local_address 10.0.0.5/4000", `{"src":"10.0.0.5","sport":4000,"dst":"198.51.100.1","nat_src":"192.0.2.1","nat_sport":5000}`},
		{"embryonic limit", "%ASA-6-201010: Embryonic connection limit exceeded 5/5 for input packet from 10.0.0.5/40000 to 198.51.100.9/443 on interface inside", `{"event":"table-full","kind":"session-limit","src":"10.0.0.5","detail":"Embryonic connection limit exceeded"}`},
		{"licence limit", "%ASA-4-450001: Deny traffic for protocol 6 src inside:10.0.0.5/40000 dst outside:198.51.100.9/443, licensed host limit of 50 exceeded.", `{"event":"table-full","proto":"tcp"}`},
		{"land attack", "%ASA-2-106017: Deny IP due to Land Attack from 10.1.1.1 to 10.1.1.1", `{"event":"session-denied","src":"10.1.1.1","dst":"10.1.1.1"}`},
		{"static translation", "%ASA-6-305009: Built static translation from inside:10.0.0.5 to outside:192.0.2.5", `{"kind":"nat","action":"nat-create","src":"10.0.0.5","nat_src":"192.0.2.5"}`},
		{"state bypass", "%ASA-6-302303: Built TCP state-bypass connection 12 from inside:10.0.0.5/4000(192.0.2.5/4000) to outside:198.51.100.1/80 (198.51.100.1/80)", `{"event":"session-new","src":"10.0.0.5","nat_src":"192.0.2.5","dst":"198.51.100.1"}`},
		{"sctp", "%ASA-6-302017: Built inbound SCTP connection 7 for outside:198.51.100.1/2905 (198.51.100.1/2905) to inside:10.0.0.5/2905 (192.0.2.5/2905)", `{"proto":"sctp","src":"198.51.100.1","nat_dst":"192.0.2.5"}`},
		{"cut short", "%ASA-6-302014: Teardown TCP connection 2533 for outside:115.83.96.133/6881 to inside:192.", `{"event":"unknown","kind":"unknown","action":null}`},
		{"another number", "%ASA-6-999999: Something", `{"event":"unknown","dialect":null}`},
	})
}

// The stored event of a teardown has the side that opened the connection as its source, although the line does not say
// which one did.
func TestCiscoOpener(t *testing.T) {
	for _, c := range []struct{ name, ends, opener string }{
		{"service outside", "outside:192.168.1.9/443 to inside:10.0.0.67/57244", "10.0.0.67"},
		{"service inside", "outside:10.9.9.9/57244 to inside:10.0.0.67/22", "10.9.9.9"},
		{"high port outside", "outside:192.168.1.9/8443 to inside:10.0.0.67/57244", "10.0.0.67"},
		{"no telling ports", "outside:198.51.100.1/6881 to inside:10.0.0.67/7000", "10.0.0.67"},
		{"both inside, no telling", "a:10.0.0.1/500 to b:10.0.0.67/500", "10.0.0.1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			rec := parseLine("%ASA-6-302014: Teardown TCP connection 1 for " + c.ends + " duration 0:00:30 bytes 1060 TCP FINs")
			if rec.Src.String() != c.opener || !rec.Unordered {
				t.Errorf("opened by %v, want %s", rec.Src, c.opener)
			}
		})
	}
}
