package parse

import "testing"

// Forms of F5's manual of carrier-grade NAT; addresses are examples.
func TestF5LSN(t *testing.T) {
	checkAll(t, []says{
		{"f5", `LSN_ADD 10.10.10.10%0:5000 6 203.0.113.1%0:6000 198.51.100.1 443`,
			`{"kind":"nat","event":"session-new","dialect":"f5-lsn","action":"nat-create","src":"10.10.10.10","sport":5000,"dst":"198.51.100.1","dport":443,"nat_src":"203.0.113.1","nat_sport":6000,"proto":"tcp"}`},
		{"pairs", `lsn_event="LSN_DELETE",start="1562092616047",cli="10.10.10.10:5000",nat="203.0.113.1:6000",duration="8080",pem_subscriber_id="No-lookup"`,
			`{"kind":"nat","event":"session-end","dialect":"f5-lsn","action":"nat-delete","src":"10.10.10.10","sport":5000,"nat_src":"203.0.113.1","nat_sport":6000}`},
		{"freed", `LSN_DELETE 10.10.10.10%0:5000 17 203.0.113.1%0:6000 198.51.100.53 53`,
			`{"event":"session-end","action":"nat-delete","src":"10.10.10.10","sport":5000,"nat_src":"203.0.113.1","nat_sport":6000,"dst":"198.51.100.53","dport":53,"proto":"udp"}`},
		{"from outside", `LSN_INBOUND_ADD 10.10.10.10%0:80 6 203.0.113.1%0:8080 198.51.100.1:5443`,
			`{"event":"session-new","src":"198.51.100.1","sport":5443,"dst":"203.0.113.1","dport":8080,"nat_dst":"10.10.10.10","nat_dport":80,"nat_src":null}`},
		{"block", `lsn_event="LSN_PB_ALLOCATED",cli="10.10.10.10",nat="203.0.113.1:1024-1087"`,
			`{"kind":"nat-block","event":"system","action":"nat-create","src":"10.10.10.10","nat_src":"203.0.113.1","port_low":1024,"port_high":1087}`},
		{"block in a route domain", `lsn_event="LSN_PB_ALLOCATED",cli="10.10.10.10%1",nat="203.0.113.1%1:1024-1087"`,
			`{"kind":"nat-block","event":"system","action":"nat-create","src":"10.10.10.10","nat_src":"203.0.113.1","nat_sport":null,"port_low":1024,"port_high":1087}`},
		{"session in a route domain", `lsn_event="LSN_ADD",cli="10.10.10.10%1:5000",nat="203.0.113.1%1:6000"`,
			`{"event":"session-new","src":"10.10.10.10","sport":5000,"nat_src":"203.0.113.1","nat_sport":6000}`},
		{"plain block", `LSN_PB_RELEASED 10.10.10.10%1 203.0.113.1%1:1024-1087`,
			`{"kind":"nat-block","event":"system","action":"nat-delete","src":"10.10.10.10","nat_src":"203.0.113.1","port_low":1024,"port_high":1087,"dst":null}`},
		{"quota", `lsn_event="LSN_QUOTA_EXCEEDED",cli="10.10.10.10:5000"`,
			`{"kind":"nat-exhausted","event":"table-full","dialect":"f5-lsn","action":null,"src":"10.10.10.10","detail":"LSN_QUOTA_EXCEEDED"}`},
		{"no client", `LSN_ADD is what an event is called`, `{"event":"unknown","dialect":null,"src":null}`},
		{"another event", `lsn_event="POOL_ADD",cli="10.10.10.10:5000",nat="203.0.113.1:6000"`, `{"event":"unknown","dialect":null,"src":null,"nat_src":null}`},
	})
}
