package parse

import "testing"

// The lines are those of testdata/vendors-a.log, whose sources vendors-a.md names.
func TestJunosServices(t *testing.T) {
	checkAll(t, []says{
		{"flow", `Nov 10 01:07:27 testname1 (FPC Slot 8, PIC Slot 2) 2012-11-10 01:07:27 NAT444{nat444}[FWNAT]: ASP_SFW_DELETE_FLOW: proto 17 (UDP) application: any, ge-1/0/0.120:192.168.0.130:17700 -> 66.129.224.36:55261, deleting  forward or watch flow ; source address and port translate to 192.168.0.230:19700`,
			`{"kind":"session","event":"session-end","dialect":"junos-services","action":"session-delete","host":"testname1","src":"192.168.0.130","sport":17700,"dst":"66.129.224.36","dport":55261,"nat_src":"192.168.0.230","nat_sport":19700,"proto":"udp","in_if":"ge-1/0/0.120"}`},
		{"rule match", `2026-07-19T16:13:02.123456+00:00 <158>2026-07-19 16:13:02: CGN-ABC{CGN_VRF0_LOG}[jservices-nat]: JSERVICES_NAT_RULE_MATCH: proto 17 (UDP) application: any, xe-2/0/0.32767:10.20.0.5:28760 -> 162.4.32.33:53, Match NAT rule-set: (null), rule: CGN_PLUS_0, term: 1`,
			`{"kind":"nat","event":"session-new","dialect":"junos-services","action":"nat-create","src":"10.20.0.5","sport":28760,"dst":"162.4.32.33","dport":53,"proto":"udp","detail":"CGN_PLUS_0","in_if":"xe-2/0/0.32767"}`},
		{"port block", `Oct 15 13:38:20 mx1 2013-10-15 20:38:20: {NAT-1-SS}[FWNAT]: ASP_NAT_PORT_BLOCK_ALLOC: 5.5.5.5 -> 33.33.33.1:1216-1279 0x525da76b`,
			`{"kind":"nat-block","event":"system","dialect":"junos-services","action":"nat-create","host":"mx1","src":"5.5.5.5","nat_src":"33.33.33.1","port_low":1216,"port_high":1279}`},
		{"session", `Oct 15 13:38:20 mx1 JSERVICES_SESSION_OPEN: application:icmpv6, ge-2/1/4.0 2001::2:54045 [80.0.0.8:1024] -> [100.1.1.2] 64:ff9b::6401:102:32768 (ICMPV6 ECHO REQUEST)`,
			`{"kind":"session","event":"session-new","dialect":"junos-services","action":"session-create","host":"mx1","src":"2001::2","sport":54045,"dst":"64:ff9b::6401:102","dport":32768,"nat_src":"80.0.0.8","nat_sport":1024,"nat_dst":"100.1.1.2","proto":"icmpv6","in_if":"ge-2/1/4.0"}`},
		{"out of ports", `Oct 15 13:38:20 mx1 {sset1}[jservices-nat]: JSERVICES_NAT_OUTOF_PORTS_APP: natpool pool-1 is out of ports`,
			`{"kind":"nat-exhausted","event":"table-full","dialect":"junos-services","host":"mx1","detail":"pool-1"}`},
		{"discarded", `Nov 21 11:01:04 mx1 (FPC Slot 2, PIC Slot 0) 2026-11-21 11:01:04: {SFW}[FWNAT]: ASP_SFW_RULE_DISCARD: proto 6 (TCP) application: any, ge-1/0/0.0:198.51.100.7:4444 -> 192.0.2.1:22, Match SFW discard rule-set: (null), rule: in, term: 1`,
			`{"kind":"session","event":"session-denied","dialect":"junos-services","action":"deny","src":"198.51.100.7","sport":4444,"dst":"192.0.2.1","dport":22,"proto":"tcp","in_if":"ge-1/0/0.0","detail":"in"}`},
		{"block given back", `Nov 21 11:01:05 mx1 2026-11-21 11:01:05: {NAT-1-SS}[FWNAT]: ASP_NAT_PORT_BLOCK_RELEASE: 100.64.1.5 -> 203.0.113.100:1216-1279 0x525da76b`,
			`{"kind":"nat-block","event":"system","action":"nat-delete","src":"100.64.1.5","nat_src":"203.0.113.100","port_low":1216,"port_high":1279}`},
		{"destination translated", `Nov 21 11:01:06 mx1 JSERVICES_SESSION_CLOSE: application:none, ae1.0 100.64.1.5:50000 [203.0.113.100:1024] -> [198.51.100.10:8443] 198.51.100.9:443 (TCP)`,
			`{"event":"session-end","nat_src":"203.0.113.100","nat_sport":1024,"nat_dst":"198.51.100.10","nat_dport":8443,"dst":"198.51.100.9","dport":443,"proto":"tcp"}`},
		{"no arrow", `Nov 21 11:01:07 mx1 JSERVICES_SESSION_OPEN: application:none, ae1.0 100.64.1.5:50000`, `{"event":"unknown","dialect":null,"src":null}`},
	})
}
