package parse

import "testing"

// TestResolvers: Technitium, AdGuard Home, PowerDNS, NSD, Knot, Pi-hole. Sources of the lines: testdata/family-c.md and shared corpus.
func TestResolvers(t *testing.T) {
	checkAll(t, []says{
		{"technitium query", `[2026-06-29 18:49:35 UTC] [127.0.0.1:12345] [UDP] QNAME: example.com; QTYPE: A; QCLASS: IN; RCODE: NoError; ANSWER: [1.2.3.4]`,
			`{"kind":"dns-query","event":"dns-query","dialect":"technitium","stamp":"2026-06-29T18:49:35","time":"2026-06-29T18:49:35Z","src":"127.0.0.1","sport":12345,"proto":"udp","qname":"example.com","qtype":"A","action":null,"nat_src":null,"nat_dst":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"technitium web", `[2025-07-28 05:34:01 UTC] [169.254.44.3:50051] DnsServerCore.DnsWebServiceException: Invalid username or password for user: admin`,
			`{"kind":"other","event":"system","dialect":"technitium","stamp":"2025-07-28T05:34:01","time":"2025-07-28T05:34:01Z","src":"169.254.44.3","sport":50051,"action":null,"nat_src":null,"nat_dst":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"adguard login", `2024/01/26 06:43:57.223387 [error] POST 192.168.1.1 /control/login: from ip 192.168.1.3: invalid username or password`,
			`{"kind":"other","event":"system","dialect":"adguard","stamp":"2024-01-26T06:43:57.223387","src":"192.168.1.3","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"powerdns recursor", `Nov 21 10:00:00 r pdns_recursor[99]: 3 [24/1] question for 'www.example.com|A' from 192.168.1.5`,
			`{"kind":"dns-query","event":"dns-query","dialect":"powerdns","stamp":"11-21T10:00:00","host":"r","src":"192.168.1.5","qname":"www.example.com","qtype":"A","app":"pdns_recursor","procid":"99","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"powerdns authoritative", `Nov 21 10:00:00 r pdns_server[99]: Remote 192.168.1.5 wants 'example.com|SOA', do = 0, bufsize = 512: packetcache MISS`,
			`{"kind":"dns-query","event":"dns-query","dialect":"powerdns","stamp":"11-21T10:00:00","host":"r","src":"192.168.1.5","qname":"example.com","qtype":"SOA","app":"pdns_server","procid":"99","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"dnsdist", `Nov 21 10:00:00 r dnsdist[99]: Got query for example.com.|A from 192.168.1.5:12345 (UDP, 54 bytes), relayed to 8.8.8.8:53`,
			`{"kind":"dns-query","event":"dns-query","dialect":"powerdns","stamp":"11-21T10:00:00","host":"r","src":"192.168.1.5","sport":12345,"qname":"example.com","qtype":"A","app":"dnsdist","procid":"99","action":null,"nat_src":null,"nat_dst":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"nsd", `Nov 21 10:00:00 n nsd[99]: axfr for example.com. from 10.0.0.5 refused, no acl matches.`,
			`{"kind":"syslog","event":"system","dialect":"nsd","action":"deny","stamp":"11-21T10:00:00","host":"n","src":"10.0.0.5","app":"nsd","procid":"99","nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"knot", `Nov 21 10:00:00 n knotd[99]: notice: [example.com.] ACL, denied, action transfer, remote 10.0.0.5@53412 TCP`,
			`{"kind":"syslog","event":"system","dialect":"knot","action":"deny","stamp":"11-21T10:00:00","host":"n","src":"10.0.0.5","sport":53412,"app":"knotd","procid":"99","nat_src":null,"nat_dst":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"ftl", `[2026-11-21 10:00:00.123 1234M] INFO: PID of FTL process: 1234`,
			`{"kind":"other","event":"system","dialect":"pihole","stamp":"2026-11-21T10:00:00.123","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"ftl with zone", `[2026-11-21 10:00:00.123 CET 1234/T1235] WARNING: Long-term load exceeds`,
			`{"kind":"other","event":"system","dialect":"pihole","stamp":"2026-11-21T10:00:00.123","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
	})
}
