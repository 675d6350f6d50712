package parse

import "testing"

// Lines of the BIND 9 Administrator Reference Manual. The sources of the lines are in testdata/servers-tools.md.
func TestBind(t *testing.T) {
	checkAll(t, []says{
		{"query with category", `21-Nov-2026 10:00:00.123 queries: info: client @0x7f88 10.0.0.1#53412 (example.com): query: example.com IN A +E(0)K (10.0.0.53)`,
			`{"kind":"dns-query","event":"dns-query","dialect":"bind","stamp":"2026-11-21T10:00:00.123","src":"10.0.0.1","sport":53412,"qname":"example.com","qtype":"A","action":null,"nat_src":null,"nat_dst":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"view", `22-Dec-2017 21:09:28.799 client 127.0.0.1#55983 (shavar.prod.example.net): view internal: query: shavar.prod.example.net IN A +ED (127.0.0.1)`,
			`{"kind":"dns-query","event":"dns-query","dialect":"bind","stamp":"2017-12-22T21:09:28.799","src":"127.0.0.1","sport":55983,"qname":"shavar.prod.example.net","qtype":"A","action":null,"nat_src":null,"nat_dst":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"ipv6 in syslog", `Nov 21 10:00:00 ns named[12]: client @0x7f88 2001:db8::1#53412 (example.com): query: example.com IN HTTPS +E(0)DK (2001:db8::53)`,
			`{"kind":"dns-query","event":"dns-query","dialect":"bind","stamp":"11-21T10:00:00","host":"ns","src":"2001:db8::1","sport":53412,"qname":"example.com","qtype":"HTTPS","app":"named","procid":"12","action":null,"nat_src":null,"nat_dst":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"cache denied", `21-Oct-2022 05:34:05.425 client @0x7f65100ee4d8 104.219.136.32#3076 (example.com): query (cache) 'example.com/ANY/IN' denied`,
			`{"kind":"dns-query","event":"dns-query","dialect":"bind","action":"deny","stamp":"2022-10-21T05:34:05.425","src":"104.219.136.32","sport":3076,"qname":"example.com","qtype":"ANY","nat_src":null,"nat_dst":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"transfer denied", `20-Oct-2022 05:34:03.685 client @0x7f6520147ae8 104.219.136.31#55590 (example.com): zone transfer 'example.com/AXFR/IN' denied`,
			`{"kind":"dns-query","event":"dns-query","dialect":"bind","action":"deny","stamp":"2022-10-20T05:34:03.685","src":"104.219.136.31","sport":55590,"qname":"example.com","qtype":"AXFR","nat_src":null,"nat_dst":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"two stamps", `Nov 13 10:59:46 nameserver named[2075772]: 19-Oct-2022 05:34:03.425 client 3.135.188.55#52617 (sl): query (cache) 'sl/ANY/IN' denied`,
			`{"kind":"dns-query","event":"dns-query","dialect":"bind","action":"deny","stamp":"11-13T10:59:46","host":"nameserver","src":"3.135.188.55","sport":52617,"qname":"sl","qtype":"ANY","app":"named","procid":"2075772","nat_src":null,"nat_dst":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"no stamp", `security: client @0x7f37ac012d98 ::1#62518 (example.com): zone transfer 'example.com/AXFR/IN' denied`,
			`{"kind":"dns-query","event":"dns-query","dialect":"bind","action":"deny","src":"::1","sport":62518,"qname":"example.com","qtype":"AXFR","nat_src":null,"nat_dst":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"category and severity", `06-Feb-2025 10:32:43.896 security: info: client 192.168.1.1#44717 (wr_test): query (cache) 'wr_test/A/IN' denied (allow-query-cache did not match)`,
			`{"kind":"dns-query","event":"dns-query","dialect":"bind","action":"deny","stamp":"2025-02-06T10:32:43.896","src":"192.168.1.1","sport":44717,"qname":"wr_test","qtype":"A","nat_src":null,"nat_dst":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"bad transfer", `Nov 13 10:59:46 nameserver named[2075772]: 03-Nov-2022 13:38:37.525 client @0x7fa0a4137838 2003:f8:733:b600:2c44:fab4:5e6e:d791#61738 (example.com): bad zone transfer request: 'example.com/IN': non-authoritative zone (NOTAUTH)`,
			`{"kind":"other","event":"system","dialect":"bind","stamp":"11-13T10:59:46","host":"nameserver","src":"2003:f8:733:b600:2c44:fab4:5e6e:d791","sport":61738,"app":"named","procid":"2075772","action":null,"nat_src":null,"nat_dst":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"key", `Nov 21 10:00:00 fw named[1]: client @0x7f 10.0.0.1#53/key mykey (example.com): transfer of 'example.com/IN': AXFR started`,
			`{"kind":"other","event":"system","dialect":"bind","stamp":"11-21T10:00:00","host":"fw","src":"10.0.0.1","sport":53,"app":"named","procid":"1","action":null,"nat_src":null,"nat_dst":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"ISO stamp", `2026-11-21T10:00:00.123Z client @0x7f 10.0.0.1#4000 (example.com): query: example.com IN A + (10.0.0.53)`,
			`{"kind":"dns-query","event":"dns-query","dialect":"bind","stamp":"2026-11-21T10:00:00.123","time":"2026-11-21T10:00:00.123Z","src":"10.0.0.1","sport":4000,"qname":"example.com","qtype":"A","action":null,"nat_src":null,"nat_dst":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"ISO stamp with category", `2026-11-21T10:00:00.123+01:00 queries: info: client @0x7f 10.0.0.1#4000 (example.com): query: example.com IN A + (10.0.0.53)`,
			`{"kind":"dns-query","event":"dns-query","dialect":"bind","stamp":"2026-11-21T10:00:00.123","time":"2026-11-21T10:00:00.123+01:00","src":"10.0.0.1","sport":4000,"qname":"example.com","qtype":"A","action":null,"nat_src":null,"nat_dst":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"failure", `Nov 21 10:00:00 ns named[12]: client @0x7f88 10.0.0.1#5 (x.example): query failed (SERVFAIL) for x.example/IN/A at query.c:7000`,
			`{"kind":"dns-reply","event":"system","dialect":"bind","stamp":"11-21T10:00:00","host":"ns","src":"10.0.0.1","sport":5,"qname":"x.example","qtype":"A","app":"named","procid":"12","action":null,"nat_src":null,"nat_dst":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"resolver", `Nov 21 10:00:00 ns named[12]: error (network unreachable) resolving 'example.com/A/IN': 2001:500::1#53`,
			`{"kind":"syslog","event":"system","dialect":"bind","stamp":"11-21T10:00:00","host":"ns","qname":"example.com","qtype":"A","app":"named","procid":"12","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"update denied", `Nov 21 10:00:00 ns named[12]: client 10.0.0.1#5: update 'example.com/IN' denied`,
			`{"kind":"other","event":"system","dialect":"bind","action":"deny","stamp":"11-21T10:00:00","host":"ns","src":"10.0.0.1","sport":5,"qname":"example.com","app":"named","procid":"12","nat_src":null,"nat_dst":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"policy zone", `Nov 21 10:00:00 fw named[1]: client @0x7f 10.0.0.1#53 (example.com): rpz QNAME NXDOMAIN rewrite example.com/A/IN via example.com.rpz`,
			`{"kind":"dns-reply","event":"system","dialect":"bind","stamp":"11-21T10:00:00","host":"fw","src":"10.0.0.1","sport":53,"qname":"example.com","qtype":"A","app":"named","procid":"1","action":null,"nat_src":null,"nat_dst":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"journal", `{"MESSAGE":"client @0x1 fd00::5#53 (x.home.arpa): view internal: query: x.home.arpa IN AAAA - (fd00::1)","__REALTIME_TIMESTAMP":"1700000000000000","SYSLOG_IDENTIFIER":"named"}`,
			`{"kind":"dns-query","event":"dns-query","dialect":"bind","time":"2023-11-14T22:13:20Z","src":"fd00::5","sport":53,"qname":"x.home.arpa","qtype":"AAAA","app":"named","action":null,"nat_src":null,"nat_dst":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"about a zone", `Nov 21 10:00:00 fw named[1]: zone example.com/IN: loaded serial 2026112100`,
			`{"kind":"syslog","event":"system","dialect":"bind","stamp":"11-21T10:00:00","host":"fw","app":"named","procid":"1","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
	})
}
