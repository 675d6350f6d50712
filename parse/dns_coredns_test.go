package parse

import "testing"

// Lines in the common and combined format of coredns.io/plugins/log.
func TestCoreDNS(t *testing.T) {
	checkAll(t, []says{
		{"a web server's line", `[INFO] 192.0.2.5:50126 - 4242 "GET / HTTP/1.1" 200 - 106 0.000123s`, `{"event":"unknown","dialect":null,"src":null}`},
		{"common", `[INFO] 10.1.1.5:50126 - 4242 "A IN www.example.com. udp 45 false 1232" NOERROR qr,rd,ra 106 0.000123s`,
			`{"kind":"dns-query","event":"dns-query","dialect":"coredns","src":"10.1.1.5","sport":50126,"proto":"udp","qname":"www.example.com","qtype":"A","dst":null,"nat_dst":null}`},
		{"behind a tag, over TCP", `Nov 21 10:44:01 ns coredns[77]: [INFO] [2001:db8::5]:50127 - 4243 "AAAA IN www.example.org. tcp 45 true 1232" NXDOMAIN qr,rd 106 0.001s`,
			`{"event":"dns-query","dialect":"coredns","stamp":"11-21T10:44:01","host":"ns","app":"coredns","procid":"77","src":"2001:db8::5","sport":50127,"proto":"tcp","qname":"www.example.org","qtype":"AAAA"}`},
		{"reverse", `[INFO] 10.1.1.5:50128 - 4244 "PTR IN 9.2.0.192.in-addr.arpa. udp 45 false 512" NXDOMAIN qr,aa,rd 106 0.001s`,
			`{"event":"dns-query","qtype":"PTR","qname":"9.2.0.192.in-addr.arpa","nat_dst":"192.0.2.9"}`},
		{"without its level", `Nov 21 10:44:02 ns coredns[77]: 10.1.1.5:50129 - 4245 "HTTPS IN example.net. udp 40 false 512" NOERROR qr,rd,ra 80 0.002s`,
			`{"event":"dns-query","dialect":"coredns","sport":50129,"qname":"example.net","qtype":"HTTPS"}`},
		{"a web server's line", `[INFO] 10.1.1.5 - - [21/Nov/2026:10:44:02 +0000] "GET / HTTP/1.1" 200 512`, `{"event":"unknown","dialect":null,"src":null,"qname":null}`},
		{"no id", `[INFO] 10.1.1.5:50130 - - "A IN www.example.com. udp 45 false 1232" NOERROR`, `{"event":"unknown","dialect":null,"src":null}`},
		{"cut in the name", `[INFO] 10.1.1.5:50131 - 4247 "A IN`, `{"event":"unknown","dialect":null,"src":null,"qtype":null}`},
		{"another plugin", `[INFO] plugin/reload: Running configuration SHA512 = 0123456789abcdef`, `{"event":"unknown","dialect":null}`},
	})
}
