package parse

import "testing"

func TestStrongswan(t *testing.T) {
	checkAll(t, []says{
		{"address given", "Nov 21 10:00:00 gw charon: 05[IKE] assigning virtual IP 10.3.0.1 to peer 'carol@example.org'",
			`{"event":"dhcp-lease","dialect":"strongswan","src":"10.3.0.1","detail":"carol@example.org"}`},
		{"connection", "Nov 21 10:00:00 gw charon[12]: 06[IKE] IKE_SA rw[1] established between 203.0.113.1[gw]...192.0.2.100[carol@example.org]",
			`{"event":"system","src":"192.0.2.100","detail":"carol@example.org"}`},
		{"packet", "Nov 21 10:00:00 gw charon: 07[NET] received packet: from 192.0.2.100[500] to 203.0.113.1[4500] (336 bytes)",
			`{"event":"system","src":"192.0.2.100","sport":500,"dst":"203.0.113.1","dport":4500,"proto":"udp"}`},
		{"anything else", "Nov 21 10:00:00 gw charon: 00[DMN] signal of type SIGINT received", `{"event":"system","dialect":"strongswan","src":null}`},
		{"not of charon", "Nov 21 10:00:00 gw charon: hello", `{"dialect":null}`},
	})
}
