package parse

import "testing"

func TestCiscoCGN(t *testing.T) {
	checkAll(t, []says{
		{"port block of XR", `<134>1 2011 May 31 10:30:45 192.168.2.3 - - NAT44 - [UserbasedA - 10.1.32.45 INVRFA - 100.1.1.28 - 12544 12671 - -]`,
			`{"kind":"nat-block","event":"system","dialect":"cisco-cgn","action":"nat-create","host":"192.168.2.3","src":"10.1.32.45","nat_src":"100.1.1.28","port_low":12544,"port_high":12671}`},
		{"port block taken back", `<134>1 2011 May 31 10:35:45 192.168.2.3 - - NAT44 - [UserbasedW - 10.1.32.45 INVRFA - 100.1.1.28 - 12544 12671 - -]`,
			`{"kind":"nat-block","event":"system","dialect":"cisco-cgn","action":"nat-delete","src":"10.1.32.45","nat_src":"100.1.1.28","port_low":12544,"port_high":12671}`},
		{"session", `<134>1 2011 May 31 10:35:46 192.168.2.3 - - NAT44 - [SessionbasedA 6 10.1.32.45 INVRFA - 100.1.1.28 4000 12600 - - -]`,
			`{"kind":"nat","event":"session-new","action":"nat-create","src":"10.1.32.45","sport":4000,"nat_src":"100.1.1.28","nat_sport":12600,"dst":null,"proto":"tcp","port_low":null}`},
		{"session with its destination", `<134>1 2011 May 31 10:35:47 192.168.2.3 - - NAT44 - [SessionbasedAD 17 10.1.32.45 INVRFA - 100.1.1.28 4000 12600 - 198.51.100.53 53]`,
			`{"event":"session-new","src":"10.1.32.45","dst":"198.51.100.53","dport":53,"proto":"udp"}`},
		{"session ends", `<134>1 2011 May 31 10:35:48 192.168.2.3 - - NAT44 - [SessionbasedWD 17 10.1.32.45 INVRFA - 100.1.1.28 4000 12600 - 198.51.100.53 53]`,
			`{"event":"session-end","action":"nat-delete","dst":"198.51.100.53"}`},
		{"DS-Lite", `<134>1 2011 Jun 7 12:38:54 192.168.2.3 - - DSLite - [UserbasedA - - INVRFA 2001:db8::1 100.1.1.28 - 12544 12671 - -]`,
			`{"kind":"nat-block","action":"nat-create","src":"2001:db8::1","nat_src":"100.1.1.28","port_low":12544,"port_high":12671}`},
		{"blocks run out", `<134>1 2011 May 31 10:35:49 192.168.2.3 - - NAT44 - [Portblockrunout 6 10.1.32.45 INVRFA - - - - - - -]`,
			`{"kind":"nat-exhausted","event":"table-full","dialect":"cisco-cgn","src":"10.1.32.45","nat_src":null,"action":null}`},
		{"no addresses", `<134>1 2011 May 31 10:35:50 192.168.2.3 - - NAT44 - [UserbasedA - - - - - - - - - -]`, `{"event":"unknown","dialect":null}`},
		{"a sentence", `<134>1 2011 May 31 10:35:51 192.168.2.3 - - NAT44 - is restarted`, `{"event":"unknown","dialect":null}`},
	})
}
