package parse

import "testing"

// Forms of doc.6wind.com; addresses are examples.
func Test6WIND(t *testing.T) {
	checkAll(t, []says{
		{"block without address", `Jun 11 08:03:09 vrouter fp-cgnat-logd@main[4269]: USER 2001:db8:200::1 (matching rule 1): NEW BLOCK (ip public, proto 6, port 1024 - 1536) at Tue Jun 11 08:03:09 2020`,
			`{"kind":"nat-block","event":"system","dialect":"6wind","action":"nat-create","stamp":"06-11T08:03:09","host":"vrouter","src":"2001:db8:200::1","proto":"tcp","port_low":1024,"port_high":1536,"app":"fp-cgnat-logd@main","procid":"4269"}`},
		{"destroyed", `Jun 14 12:17:35 dut-vm fp-cgnat[2484]: DESTROY CONN: fwd proto 17 10.100.0.1:4241 -> 10.200.0.1:53, back proto 17 10.200.0.1:53 --> 10.175.0.3:10752`,
			`{"kind":"nat","event":"session-end","dialect":"6wind","action":"nat-delete","stamp":"06-14T12:17:35","host":"dut-vm","src":"10.100.0.1","sport":4241,"dst":"10.200.0.1","dport":53,"nat_src":"10.175.0.3","nat_sport":10752,"proto":"udp","app":"fp-cgnat","procid":"2484"}`},
	})
}
