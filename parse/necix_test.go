package parse

import "testing"

// Built from the form that NEC's documents show.
func TestNECIX(t *testing.T) {
	checkAll(t, []says{
		{"block", `2023/01/01 00:00:00 FLT.054: BLOCK tcp 203.0.113.5:1234 > 192.0.2.1:23, match deny-all, GigaEthernet0.0 in`,
			`{"kind":"fw-packet","event":"session-denied","dialect":"nec-ix","action":"deny","stamp":"2023-01-01T00:00:00","src":"203.0.113.5","sport":1234,"dst":"192.0.2.1","dport":23,"proto":"tcp","in_if":"GigaEthernet0.0","rule":"deny-all"}`},
		{"block behind a header", `<134>Jan  1 00:00:00 ix FLT.062: BLOCK udp 203.0.113.5:1234 > 192.0.2.1:53, match deny-all, GigaEthernet0.0 in`,
			`{"kind":"fw-packet","event":"session-denied","dialect":"nec-ix","action":"deny","stamp":"01-01T00:00:00","host":"ix","src":"203.0.113.5","sport":1234,"dst":"192.0.2.1","dport":53,"proto":"udp","in_if":"GigaEthernet0.0","rule":"deny-all","pri":134}`},
	})
}
