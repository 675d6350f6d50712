package parse

import "testing"

// Forms of F5's manual of carrier-grade NAT; addresses are examples.
func TestF5LSN(t *testing.T) {
	checkAll(t, []says{
		{"f5", `LSN_ADD 10.10.10.10%0:5000 6 203.0.113.1%0:6000 198.51.100.1 443`,
			`{"kind":"nat","event":"session-new","dialect":"f5-lsn","action":"nat-create","src":"10.10.10.10","sport":5000,"dst":"198.51.100.1","dport":443,"nat_src":"203.0.113.1","nat_sport":6000,"proto":"tcp"}`},
		{"pairs", `lsn_event="LSN_DELETE",start="1562092616047",cli="10.10.10.10:5000",nat="203.0.113.1:6000",duration="8080",pem_subscriber_id="No-lookup"`,
			`{"kind":"nat","event":"session-end","dialect":"f5-lsn","action":"nat-delete","src":"10.10.10.10","sport":5000,"nat_src":"203.0.113.1","nat_sport":6000}`},
	})
}
