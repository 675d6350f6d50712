package parse

import (
	"net/netip"
	"testing"
)

// Lines of unbound.conf(5). The sources of the lines are in testdata/servers-tools.md.
func TestUnbound(t *testing.T) {
	checkAll(t, []says{
		{"query", `Oct  5 15:16:46 fw1 unbound[96103]: [96103:0] info: 192.168.1.100 host.example.com. A IN`,
			`{"kind":"dns-query","event":"dns-query","dialect":"unbound","stamp":"10-05T15:16:46","host":"fw1","src":"192.168.1.100","qname":"host.example.com","qtype":"A","app":"unbound","procid":"96103","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"answer", `May 20 16:29:19 black unbound: [79652:0] info: 192.168.10.8 asset.example.net. A IN NOERROR 0.095659 0 134`,
			`{"kind":"dns-reply","event":"system","dialect":"unbound","stamp":"05-20T16:29:19","host":"black","src":"192.168.10.8","qname":"asset.example.net","qtype":"A","app":"unbound","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"file with a Unix stamp", `[1790604001] unbound[1234:0] info: 192.168.1.5 www.example.com. A IN`,
			`{"kind":"dns-query","event":"dns-query","dialect":"unbound","time":"2026-09-28T14:00:01Z","src":"192.168.1.5","qname":"www.example.com","qtype":"A","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"ISO stamp", `2025-04-06T15:33:28.423362+00:00 ubuntu unbound: [2930:0] info: 192.168.122.83 www.google.com. AAAA IN`,
			`{"kind":"dns-query","event":"dns-query","dialect":"unbound","stamp":"2025-04-06T15:33:28.423362","time":"2025-04-06T15:33:28.423362Z","host":"ubuntu","src":"192.168.122.83","qname":"www.google.com","qtype":"AAAA","app":"unbound","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"reverse, file", `[1700000000] unbound[1234:0] info: 192.168.1.5 9.2.0.192.in-addr.arpa. PTR IN`,
			`{"kind":"dns-query","event":"dns-query","dialect":"unbound","time":"2023-11-14T22:13:20Z","src":"192.168.1.5","nat_dst":"192.0.2.9","qname":"9.2.0.192.in-addr.arpa","qtype":"PTR","action":null,"nat_src":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"local zone", `Nov 21 10:00:00 gw unbound[1]: [1:0] info: ads.example. always_nxdomain 192.168.1.5@53412 ads.example. A IN`,
			`{"kind":"dns-reply","event":"system","dialect":"unbound","stamp":"11-21T10:00:00","host":"gw","src":"192.168.1.5","sport":53412,"qname":"ads.example","qtype":"A","app":"unbound","procid":"1","action":null,"nat_src":null,"nat_dst":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"policy zone", `Nov 21 10:00:00 fw unbound[12]: [12:0] info: rpz: applied [block] ads.example. rpz-nxdomain 192.168.1.5@53412 ads.example. A IN`,
			`{"kind":"dns-reply","event":"system","dialect":"unbound","stamp":"11-21T10:00:00","host":"fw","src":"192.168.1.5","sport":53412,"qname":"ads.example","qtype":"A","app":"unbound","procid":"12","action":null,"nat_src":null,"nat_dst":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"tagged query", `Nov 21 10:00:00 gw unbound[1]: [1:0] query: fe80::1 example.com. AAAA IN`,
			`{"kind":"dns-query","event":"dns-query","dialect":"unbound","stamp":"11-21T10:00:00","host":"gw","src":"fe80::1","qname":"example.com","qtype":"AAAA","app":"unbound","procid":"1","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"notice", `Nov 21 10:00:00 fw unbound[12]: [12:0] notice: init module 0: validator`,
			`{"kind":"syslog","event":"system","dialect":"unbound","stamp":"11-21T10:00:00","host":"fw","app":"unbound","procid":"12","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
	})
}

func TestUnboundEvents(t *testing.T) {
	a := netip.MustParseAddr
	checkEvents(t, []stored{
		{"reverse question", "Nov 21 10:00:00 gw unbound[1234]: [1234:0] info: 192.168.1.5 9.2.0.192.in-addr.arpa. PTR IN", "9.2.0.192.in-addr.arpa",
			Event{Kind: DNSQuery, Src: a("192.168.1.5"), NATDst: a("192.0.2.9")}},
	})
}
