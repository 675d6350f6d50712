package parse

import "testing"

// Forms of SEKOIA.IO's test lines of EfficientIP SOLIDserver; addresses and names are examples.
func TestEfficientIP(t *testing.T) {
	checkAll(t, []says{
		{"list", `Nov 21 10:40:03 ddi named[74943]: List Matched 10.1.1.226#32622: query: example.com IN A (10.1.1.209) {DTP} [phishing,active30]`,
			`{"kind":"other","event":"system","dialect":"efficientip","stamp":"11-21T10:40:03","host":"ddi","app":"named","procid":"74943","src":"10.1.1.226","sport":32622,"qname":"example.com","qtype":"A","action":null}`},
		{"list, IPv6 client", `Nov 21 10:40:03 ddi named[74943]: List Matched 2001:db8::5#32623: query: example.org IN AAAA (2001:db8::53) {RPZ} [ads]`,
			`{"event":"system","dialect":"efficientip","src":"2001:db8::5","sport":32623,"qname":"example.org","qtype":"AAAA"}`},
		{"quarantine", `Nov 21 10:40:04 ddi named[74943]: ARMING trigger on 192.0.2.147.00:00:5e:00:53:01.x (action:QUARANTINE) (Suspicious Behavior)`,
			`{"kind":"other","event":"system","dialect":"efficientip","action":"deny","src":"192.0.2.147","sport":null,"detail":"Suspicious Behavior"}`},
		{"block", `Nov 21 10:40:04 ddi named[74943]: ARMING trigger on 192.0.2.148 (action:BLOCK) (Tunnel)`,
			`{"event":"system","action":"deny","src":"192.0.2.148","detail":"Tunnel"}`},
		{"a trigger that only logs", `Nov 21 10:40:04 ddi named[74943]: ARMING trigger on 192.0.2.149 (action:LOG) (Tunnel)`,
			`{"event":"system","dialect":"efficientip","action":null,"src":"192.0.2.149"}`},
		{"disarmed", `Nov 21 10:40:05 ddi named[74943]: DISARMING trigger on 192.0.2.147 (action:QUARANTINE) (Suspicious Behavior)`,
			`{"event":"system","dialect":"efficientip","action":null,"src":"192.0.2.147","detail":"Suspicious Behavior"}`},
		{"list without a query", `Nov 21 10:40:06 ddi named[74943]: List Matched 10.1.1.226#32622: nothing`, `{"event":"system","dialect":"bind","qname":null}`},
		{"its queries are BIND's", `Nov 21 10:40:00 ddi named[74943]: client @0x7ee2b158 10.1.1.4#39897 (example.com): query: example.com IN A +E(0)K (10.1.1.2)`,
			`{"event":"dns-query","dialect":"bind","src":"10.1.1.4","sport":39897,"qname":"example.com","qtype":"A"}`},
	})
}
