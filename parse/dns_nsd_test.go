package parse

import "testing"

func TestNSDAndKnot(t *testing.T) {
	checkAll(t, []says{
		{"nsd", `Nov 21 10:00:00 n nsd[99]: axfr for example.com. from 10.0.0.5 refused, no acl matches.`,
			`{"kind":"syslog","event":"system","dialect":"nsd","action":"deny","stamp":"11-21T10:00:00","host":"n","src":"10.0.0.5","app":"nsd","procid":"99","nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"knot", `Nov 21 10:00:00 n knotd[99]: notice: [example.com.] ACL, denied, action transfer, remote 10.0.0.5@53412 TCP`,
			`{"kind":"syslog","event":"system","dialect":"knot","action":"deny","stamp":"11-21T10:00:00","host":"n","src":"10.0.0.5","sport":53412,"app":"knotd","procid":"99","nat_src":null,"nat_dst":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
	})
}
