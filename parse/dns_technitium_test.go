package parse

import "testing"

func TestTechnitium(t *testing.T) {
	checkAll(t, []says{
		{"query", `[2026-06-29 18:49:35 UTC] [127.0.0.1:12345] [UDP] QNAME: example.com; QTYPE: A; QCLASS: IN; RCODE: NoError; ANSWER: [1.2.3.4]`,
			`{"kind":"dns-query","event":"dns-query","dialect":"technitium","stamp":"2026-06-29T18:49:35","time":"2026-06-29T18:49:35Z","src":"127.0.0.1","sport":12345,"proto":"udp","qname":"example.com","qtype":"A","action":null,"nat_src":null,"nat_dst":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"web", `[2025-07-28 05:34:01 UTC] [169.254.44.3:50051] DnsServerCore.DnsWebServiceException: Invalid username or password for user: admin`,
			`{"kind":"other","event":"system","dialect":"technitium","stamp":"2025-07-28T05:34:01","time":"2025-07-28T05:34:01Z","src":"169.254.44.3","sport":50051,"action":null,"nat_src":null,"nat_dst":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"over HTTPS", `[2026-06-29 18:49:36 UTC] [192.0.2.5:12345] [HTTPS] QNAME: example.org; QTYPE: AAAA; QCLASS: IN; RCODE: NxDomain; ANSWER: []`,
			`{"event":"dns-query","src":"192.0.2.5","sport":12345,"proto":null,"qname":"example.org","qtype":"AAAA"}`},
		{"local time", `[2026-06-29 18:49:36 Local] [192.0.2.5:12345] [TCP] QNAME: example.org; QTYPE: A; QCLASS: IN; RCODE: NoError; ANSWER: []`,
			`{"event":"dns-query","stamp":"2026-06-29T18:49:36","time":null,"src":"192.0.2.5","sport":12345,"proto":"tcp","qname":"example.org"}`},
		{"IPv6", `[2026-06-29 18:49:36 UTC] [[2001:db8::5]:12345] [UDP] QNAME: example.org; QTYPE: AAAA; QCLASS: IN; RCODE: NoError; ANSWER: []`,
			`{"event":"dns-query","src":"2001:db8::5","sport":12345,"proto":"udp","qname":"example.org"}`},
		{"no client", `[2026-06-29 18:49:38 UTC] [server] started`, `{"event":"unknown","dialect":null,"src":null}`},
		{"a log in brackets of another program", `[2026-06-29 18:49:38 UTC] worker started`, `{"event":"unknown","dialect":null}`},
	})
}
