package parse

import "testing"

// Carrier-grade NATs write an endpoint with a port, with a range of ports, in brackets, or with a blank in front of the
// port.
func TestNATEndpoints(t *testing.T) {
	checkAll(t, []says{
		{"port", `NAT-UDP-C: 10.0.0.1:5000 -> 203.0.113.1:6000`, `{"src":"10.0.0.1","sport":5000,"nat_src":"203.0.113.1","nat_sport":6000,"port_low":null}`},
		{"blank in front of the port", `NAT-UDP-C: 10.0.0.1: 5000 -> 203.0.113.1: 6000`, `{"src":"10.0.0.1","sport":5000,"nat_src":"203.0.113.1","nat_sport":6000}`},
		{"brackets", `NAT-UDP-C: [2001:db8::5]:5000 -> 203.0.113.1:6000`, `{"src":"2001:db8::5","sport":5000}`},
		{"range", `NAT-UDP-B: 10.0.0.1 -> 203.0.113.1:1024-2047`, `{"sport":null,"nat_sport":null,"port_low":1024,"port_high":2047}`},
		{"address alone", `A VRF 0 INT 10.0.0.1 EXT 203.0.113.1`, `{"src":"10.0.0.1","sport":null,"nat_src":"203.0.113.1","nat_sport":null,"port_low":null}`},
		{"a port that is none", `NAT-UDP-C: 10.0.0.1:5000 -> 203.0.113.1:70000`, `{"src":"10.0.0.1","nat_sport":null}`},
		{"an address that is none", `NAT-UDP-C: 10.0.0.1:5000 -> 203.0.113.256:6000`, `{"event":"unknown","src":null}`},
	})
}

// What a translation means for a session depends on how much of it the line gives.
func TestNATMark(t *testing.T) {
	checkAll(t, []says{
		{"a port for a subscriber opens a session", `NAT-UDP-C: 10.0.0.1:5000 -> 203.0.113.1:6000`, `{"kind":"nat","event":"session-new","action":"nat-create"}`},
		{"an address does not", `A VRF 0 INT 10.0.0.1 EXT 203.0.113.1`, `{"kind":"nat","event":"system","action":"nat-create"}`},
		{"nor does a block", `A VRF 0 INT 10.0.0.1 EXT 203.0.113.1:1024-2047`, `{"kind":"nat-block","event":"system","action":"nat-create"}`},
		{"a block that is given back ends none", `D VRF 0 INT 10.0.0.1 EXT 203.0.113.1:1024-2047`, `{"kind":"nat-block","event":"system","action":"nat-delete"}`},
		{"a freed port ends one", `NAT-UDP-F: 10.0.0.1:5000 -> 203.0.113.1:6000`, `{"kind":"nat","event":"session-end","action":"nat-delete"}`},
	})
}
