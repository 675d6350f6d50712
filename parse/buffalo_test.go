package parse

import "testing"

// Lines built from the form that owners of such devices quote.
func TestBuffalo(t *testing.T) {
	checkAll(t, []says{
		{"tagged", `Dec  1 10:00:00 WHR-G54S FIREWALL: TCP connection denied from 203.0.113.5:2345 to 192.0.2.1:135 (ppp0)`,
			`{"kind":"fw-packet","event":"session-denied","dialect":"buffalo","action":"deny","stamp":"12-01T10:00:00","host":"WHR-G54S","src":"203.0.113.5","sport":2345,"dst":"192.0.2.1","dport":135,"proto":"tcp","in_if":"ppp0","app":"FIREWALL"}`},
		{"bare", `FIREWALL: UDP connection denied from 203.0.113.5:2345 to 192.0.2.1:137`,
			`{"kind":"fw-packet","event":"session-denied","dialect":"buffalo","action":"deny","src":"203.0.113.5","sport":2345,"dst":"192.0.2.1","dport":137,"proto":"udp"}`},
	})
}
