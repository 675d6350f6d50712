package parse

import "testing"

func TestPiHole(t *testing.T) {
	checkAll(t, []says{
		{"ftl", `[2026-11-21 10:00:00.123 1234M] INFO: PID of FTL process: 1234`,
			`{"kind":"other","event":"system","dialect":"pihole","stamp":"2026-11-21T10:00:00.123","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"ftl with zone", `[2026-11-21 10:00:00.123 CET 1234/T1235] WARNING: Long-term load exceeds`,
			`{"kind":"other","event":"system","dialect":"pihole","stamp":"2026-11-21T10:00:00.123","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"ftl of a thread", `[2026-11-21 10:00:00.123 1234/T1235] ERR: Cannot open database`, `{"kind":"other","event":"system","dialect":"pihole","stamp":"2026-11-21T10:00:00.123"}`},
		{"no level", `[2026-11-21 10:00:00.123 1234M] Listening: yes`, `{"event":"unknown","dialect":null}`},
		{"no stamp", `[1234M] INFO: PID of FTL process: 1234`, `{"event":"unknown","dialect":null,"stamp":null}`},
		{"its queries are dnsmasq's", `Nov 21 10:00:00 dnsmasq[1234]: query[A] example.org from 192.0.2.5`,
			`{"event":"dns-query","dialect":"dnsmasq","src":"192.0.2.5","qname":"example.org","qtype":"A"}`},
	})
}
