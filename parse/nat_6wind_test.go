package parse

import "testing"

// Forms of doc.6wind.com; addresses are examples.
func Test6WIND(t *testing.T) {
	checkAll(t, []says{
		{"block without address", `Jun 11 08:03:09 vrouter fp-cgnat-logd@main[4269]: USER 2001:db8:200::1 (matching rule 1): NEW BLOCK (ip public, proto 6, port 1024 - 1536) at Tue Jun 11 08:03:09 2020`,
			`{"kind":"nat-block","event":"system","dialect":"6wind","action":"nat-create","stamp":"06-11T08:03:09","host":"vrouter","src":"2001:db8:200::1","proto":"tcp","port_low":1024,"port_high":1536,"app":"fp-cgnat-logd@main","procid":"4269"}`},
		{"destroyed", `Jun 14 12:17:35 dut-vm fp-cgnat[2484]: DESTROY CONN: fwd proto 17 10.100.0.1:4241 -> 10.200.0.1:53, back proto 17 10.200.0.1:53 --> 10.175.0.3:10752`,
			`{"kind":"nat","event":"session-end","dialect":"6wind","action":"nat-delete","stamp":"06-14T12:17:35","host":"dut-vm","src":"10.100.0.1","sport":4241,"dst":"10.200.0.1","dport":53,"nat_src":"10.175.0.3","nat_sport":10752,"proto":"udp","app":"fp-cgnat","procid":"2484"}`},
		{"block", `Jun 11 08:03:09 vrouter fp-cgnat-logd@main[4269]: USER 100.64.0.1 (matching rule 1): NEW BLOCK (pool "mypool", ip public 192.0.2.33, proto 6, port 1 - 512)`,
			`{"kind":"nat-block","event":"system","action":"nat-create","src":"100.64.0.1","nat_src":"192.0.2.33","proto":"tcp","port_low":1,"port_high":512,"detail":"mypool"}`},
		{"block given back", `Jun 11 08:05:09 vrouter fp-cgnat-logd@main[4269]: USER 100.64.0.1 (matching rule 1): DESTROY BLOCK (pool "mypool", ip public 192.0.2.33, proto 17, port 513 - 1024)`,
			`{"kind":"nat-block","event":"system","action":"nat-delete","src":"100.64.0.1","nat_src":"192.0.2.33","proto":"udp","port_low":513,"port_high":1024}`},
		{"connection", `Jun 14 12:17:35 dut-vm fp-cgnat[2484]: NEW CONN: fwd proto 6 10.100.0.1:4241 -> 10.200.0.1:33815, back proto 6 10.200.0.1:33815 --> 10.175.0.3:10752`,
			`{"kind":"nat","event":"session-new","action":"nat-create","src":"10.100.0.1","sport":4241,"dst":"10.200.0.1","dport":33815,"nat_src":"10.175.0.3","nat_sport":10752,"nat_dst":null,"proto":"tcp"}`},
		{"no block left", `Jun 11 08:03:09 vrouter fp-cgnat-logd@main[4269]: USER 100.64.0.1 (matching rule 1): block allocation failed`,
			`{"kind":"nat-exhausted","event":"table-full","dialect":"6wind","src":"100.64.0.1"}`},
		{"something else", `Jun 11 08:03:09 vrouter fp-cgnat-logd@main[4269]: reading configuration`, `{"kind":"other","event":"system","dialect":"6wind","src":null}`},
		{"connection cut short", `Jun 14 12:17:35 dut-vm fp-cgnat[2484]: NEW CONN: fwd proto 6 10.100.0.1:4241 -> 10.2`, `{"event":"unknown","dialect":null,"src":null}`},
		{"another program's words", `Jun 14 12:17:35 dut-vm app[2484]: USER 100.64.0.1 (matching rule 1): NEW BLOCK`, `{"event":"unknown","dialect":null}`},
	})
}
