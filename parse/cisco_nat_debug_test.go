package parse

import "testing"

// Lines of "debug ip nat" from public notes of labs, with other addresses.
func TestCiscoDebugNAT(t *testing.T) {
	checkAll(t, []says{
		{"out", "*Oct 20 19:23:03.263: NAT*: s=10.1.1.1->203.0.113.2, d=198.51.100.1 [348]",
			`{"kind":"nat","event":"system","dialect":"cisco-ios","stamp":"10-20T19:23:03.263","src":"10.1.1.1","nat_src":"203.0.113.2","dst":"198.51.100.1","nat_dst":null}`},
		{"in", "Oct 20 19:23:03.267: NAT*: s=198.51.100.1, d=203.0.113.2->10.1.1.1 [348]",
			`{"kind":"nat","event":"system","src":"198.51.100.1","dst":"203.0.113.2","nat_dst":"10.1.1.1","nat_src":null}`},
		{"slow path, no stamp", "NAT: s=10.1.1.1->203.0.113.2, d=198.51.100.1 [5]",
			`{"kind":"nat","src":"10.1.1.1","nat_src":"203.0.113.2"}`},
		{"inside", "*Oct  6 03:16:24.018: NAT: i: tcp (10.1.1.1, 52710) -> (198.51.100.1, 443) [0]",
			`{"kind":"nat","proto":"tcp","src":"10.1.1.1","sport":52710,"dst":"198.51.100.1","dport":443}`},
		{"outside, ICMP", "*Oct  6 03:16:24.018: NAT*: o: icmp (198.51.100.4, 3) -> (203.0.113.2, 3) [0]",
			`{"kind":"nat","proto":"icmp","src":"198.51.100.4","sport":null,"dst":"203.0.113.2","dport":null}`},
		{"over", "*Sep  1 00:58:35.307: NAT: expiring 203.0.113.2 (10.1.1.1) icmp 822 (822)",
			`{"kind":"nat","event":"system","action":"nat-delete","src":"10.1.1.1","nat_src":"203.0.113.2","proto":"icmp"}`},
		{"no address left", "*Mar  1 00:12:35.307: NAT: failed to allocate address for 10.1.1.3, list/map 1",
			`{"kind":"nat-exhausted","event":"table-full","src":"10.1.1.3"}`},
		{"no address in it", "*Sep  1 00:58:37.811: NAT: Entry assigned id 594", `{"event":"unknown","dialect":null}`},
		{"something else", "Sep  1 00:58:37 gw NATS[5]: s=1, d=2", `{"event":"unknown","dialect":null}`},
	})
}
