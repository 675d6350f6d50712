package parse

import "testing"

// Forms that cgn-ec-consumer matches, doc.6wind.com and F5's and Nokia's manuals; addresses are examples.
func TestCarrierGradeNAT(t *testing.T) {
	checkAll(t, []says{
		{"a10 new", `NAT-TCP-N: 10.0.0.1:5000<-->203.0.113.1:6000 to 198.51.100.1:80`,
			`{"kind":"nat","event":"session-new","dialect":"a10","action":"nat-create","src":"10.0.0.1","sport":5000,"dst":"198.51.100.1","dport":80,"nat_src":"203.0.113.1","nat_sport":6000,"proto":"tcp"}`},
		{"a10 full form", `Jun 14 12:17:35 thunder NAT-TCP-F: 10.0.0.1:5000<->198.51.100.1:80,203.0.113.1:6000<-->198.51.100.1:80`,
			`{"kind":"nat","event":"session-end","dialect":"a10","action":"nat-delete","stamp":"06-14T12:17:35","host":"thunder","src":"10.0.0.1","sport":5000,"dst":"198.51.100.1","dport":80,"nat_src":"203.0.113.1","nat_sport":6000,"proto":"tcp"}`},
		{"a10 block", `NAT-TCP-B: 10.0.0.1 -> 203.0.113.1:1024-2047`,
			`{"kind":"nat-block","event":"system","dialect":"a10","action":"nat-create","src":"10.0.0.1","nat_src":"203.0.113.1","proto":"tcp","port_low":1024,"port_high":2047}`},
		{"a10 icmp", `NAT-ICMP-C: 100.100.100.100:10 -> 150.150.150.150:10000`,
			`{"kind":"nat","event":"session-new","dialect":"a10","action":"nat-create","src":"100.100.100.100","sport":10,"nat_src":"150.150.150.150","nat_sport":10000,"proto":"icmp"}`},
		{"6wind block without address", `Jun 11 08:03:09 vrouter fp-cgnat-logd@main[4269]: USER 2001:db8:200::1 (matching rule 1): NEW BLOCK (ip public, proto 6, port 1024 - 1536) at Tue Jun 11 08:03:09 2020`,
			`{"kind":"nat-block","event":"system","dialect":"6wind","action":"nat-create","stamp":"06-11T08:03:09","host":"vrouter","src":"2001:db8:200::1","proto":"tcp","port_low":1024,"port_high":1536,"app":"fp-cgnat-logd@main","procid":"4269"}`},
		{"6wind destroyed", `Jun 14 12:17:35 dut-vm fp-cgnat[2484]: DESTROY CONN: fwd proto 17 10.100.0.1:4241 -> 10.200.0.1:53, back proto 17 10.200.0.1:53 --> 10.175.0.3:10752`,
			`{"kind":"nat","event":"session-end","dialect":"6wind","action":"nat-delete","stamp":"06-14T12:17:35","host":"dut-vm","src":"10.100.0.1","sport":4241,"dst":"10.200.0.1","dport":53,"nat_src":"10.175.0.3","nat_sport":10752,"proto":"udp","app":"fp-cgnat","procid":"2484"}`},
		{"nfware address", `A VRF 0 INT 10.0.0.1 EXT 100.64.0.1`,
			`{"kind":"nat","event":"system","dialect":"nfware","action":"nat-create","src":"10.0.0.1","nat_src":"100.64.0.1"}`},
		{"nfware port", `D VRF 0 17 INT 10.0.0.1:5000 EXT 100.64.0.1:6000`,
			`{"kind":"nat","event":"session-end","dialect":"nfware","action":"nat-delete","src":"10.0.0.1","sport":5000,"nat_src":"100.64.0.1","nat_sport":6000,"proto":"udp"}`},
		{"nfware block", `<134>1 2024-01-01T00:00:00Z nfw nat - - - A VRF 3 INT 10.0.0.1 EXT 100.64.0.1:1024-2047`,
			`{"kind":"nat-block","event":"system","dialect":"nfware","action":"nat-create","stamp":"2024-01-01T00:00:00","time":"2024-01-01T00:00:00Z","host":"nfw","src":"10.0.0.1","nat_src":"100.64.0.1","port_low":1024,"port_high":2047,"pri":134,"app":"nat"}`},
		{"nfware inbound", `A VRF 0 6 INT 10.0.0.1:80 EXT 100.64.0.1:8080 DST 185.165.123.206:5443 DIR IN`,
			`{"kind":"nat","event":"session-new","dialect":"nfware","action":"nat-create","src":"185.165.123.206","sport":5443,"dst":"100.64.0.1","dport":8080,"nat_dst":"10.0.0.1","nat_dport":80,"proto":"tcp"}`},
		{"f5", `LSN_ADD 10.10.10.10%0:5000 6 203.0.113.1%0:6000 198.51.100.1 443`,
			`{"kind":"nat","event":"session-new","dialect":"f5-lsn","action":"nat-create","src":"10.10.10.10","sport":5000,"dst":"198.51.100.1","dport":443,"nat_src":"203.0.113.1","nat_sport":6000,"proto":"tcp"}`},
		{"f5 pairs", `lsn_event="LSN_DELETE",start="1562092616047",cli="10.10.10.10:5000",nat="203.0.113.1:6000",duration="8080",pem_subscriber_id="No-lookup"`,
			`{"kind":"nat","event":"session-end","dialect":"f5-lsn","action":"nat-delete","src":"10.10.10.10","sport":5000,"nat_src":"203.0.113.1","nat_sport":6000}`},
		{"nokia", `<187>Aug 17 15:31:39 sr7750 TMNX: 19 Base NAT-MINOR-tmnxNatPlBlockAllocationLsn-2012 [NAT]:  {1} Map  192.0.2.28 [2001-2005] MDA 1/2 -- 276824064 classic-lsn-sub %3 vprn101 10.0.1.2 at 2012/08/17 15:31:39`,
			`{"kind":"nat-block","event":"system","dialect":"nokia-isa","action":"nat-create","stamp":"08-17T15:31:39","host":"sr7750","src":"10.0.1.2","nat_src":"192.0.2.28","port_low":2001,"port_high":2005,"pri":187,"app":"TMNX"}`},
	})
}
