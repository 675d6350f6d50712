package parse

import "testing"

func TestNSD(t *testing.T) {
	checkAll(t, []says{
		{"nsd", `Nov 21 10:00:00 n nsd[99]: axfr for example.com. from 10.0.0.5 refused, no acl matches.`,
			`{"kind":"syslog","event":"system","dialect":"nsd","action":"deny","stamp":"11-21T10:00:00","host":"n","src":"10.0.0.5","app":"nsd","procid":"99","nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"nsd refuses an update", `Nov 21 10:00:01 n nsd[99]: notify for example.com. from 2001:db8::5 refused, no acl matches.`,
			`{"event":"system","dialect":"nsd","action":"deny","src":"2001:db8::5"}`},
		{"nsd otherwise", `Nov 21 10:00:02 n nsd[99]: zone example.com serial 2026112101 is updated to 2026112102`,
			`{"event":"system","dialect":"nsd","action":null,"src":null}`},
		{"another program's refusal", `Nov 21 10:00:04 n app[99]: axfr for example.com. from 192.0.2.5 refused, no acl matches.`,
			`{"event":"unknown","dialect":null,"src":null,"action":null}`},
	})
}
