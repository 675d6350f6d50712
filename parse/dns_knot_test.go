package parse

import "testing"

func TestKnot(t *testing.T) {
	checkAll(t, []says{
		{"knot", `Nov 21 10:00:00 n knotd[99]: notice: [example.com.] ACL, denied, action transfer, remote 10.0.0.5@53412 TCP`,
			`{"kind":"syslog","event":"system","dialect":"knot","action":"deny","stamp":"11-21T10:00:00","host":"n","src":"10.0.0.5","sport":53412,"app":"knotd","procid":"99","nat_src":null,"nat_dst":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"knot lets a transfer begin", `Nov 21 10:00:03 n knotd[99]: info: [example.com.] AXFR, outgoing, remote 192.0.2.5@53412 TCP, started, serial 1`,
			`{"event":"system","dialect":"knot","action":null,"src":"192.0.2.5","sport":53412}`},
		{"another program's denial", `Nov 21 10:00:04 n app[99]: notice: [example.com.] ACL, denied, action transfer, remote 10.0.0.5@53412 TCP`,
			`{"event":"unknown","dialect":null,"src":null,"action":null}`},
	})
}
