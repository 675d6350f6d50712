package parse

import "testing"

// The form of Nokia's log events guide; addresses are examples.
func TestNokiaISA(t *testing.T) {
	checkAll(t, []says{
		{"nokia", `<187>Aug 17 15:31:39 sr7750 TMNX: 19 Base NAT-MINOR-tmnxNatPlBlockAllocationLsn-2012 [NAT]:  {1} Map  192.0.2.28 [2001-2005] MDA 1/2 -- 276824064 classic-lsn-sub %3 vprn101 10.0.1.2 at 2012/08/17 15:31:39`,
			`{"kind":"nat-block","event":"system","dialect":"nokia-isa","action":"nat-create","stamp":"08-17T15:31:39","host":"sr7750","src":"10.0.1.2","nat_src":"192.0.2.28","port_low":2001,"port_high":2005,"pri":187,"app":"TMNX"}`},
		{"freed", `<187>Aug 17 15:35:39 sr7750 TMNX: 20 Base NAT-MINOR-tmnxNatPlBlockAllocationLsn-2012 [NAT]:  {2} Free 192.0.2.28 [2001-2005] MDA 1/2 -- 276824064 classic-lsn-sub %3 vprn101 10.0.1.2 at 2012/08/17 15:35:39`,
			`{"kind":"nat-block","event":"system","dialect":"nokia-isa","action":"nat-delete","src":"10.0.1.2","nat_src":"192.0.2.28","port_low":2001,"port_high":2005}`},
		{"neither mapped nor freed", `<187>Aug 17 15:35:39 sr7750 TMNX: 21 Base NAT-MINOR-tmnxNatPlBlockAllocationLsn-2012 [NAT]:  {3} Keep 192.0.2.28 [2001-2005] MDA 1/2 -- 276824064 classic-lsn-sub %3 vprn101 10.0.1.2 at 2012/08/17 15:35:39`,
			`{"action":null,"src":null,"nat_src":null,"port_low":null}`},
		{"another event", `<187>Aug 17 15:36:39 sr7750 TMNX: 22 Base NTP-WARNING-tmnxNtpServerChange-2001 [NTP]:  Server 192.0.2.123 is used at 2012/08/17`,
			`{"action":null,"nat_src":null,"port_low":null}`},
	})
}
