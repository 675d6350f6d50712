package parse

import "testing"

func TestCiscoCGN(t *testing.T) {
	checkAll(t, []says{
		{"port block of XR", `<134>1 2011 May 31 10:30:45 192.168.2.3 - - NAT44 - [UserbasedA - 10.1.32.45 INVRFA - 100.1.1.28 - 12544 12671 - -]`,
			`{"kind":"nat-block","event":"system","dialect":"cisco-cgn","action":"nat-create","host":"192.168.2.3","src":"10.1.32.45","nat_src":"100.1.1.28","port_low":12544,"port_high":12671}`},
	})
}
