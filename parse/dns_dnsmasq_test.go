package parse

import (
	"net/netip"
	"testing"
)

func TestDnsmasq(t *testing.T) {
	checkAll(t, []says{
		{"query", "<30>Nov 21 20:28:21 router dnsmasq[6022]: query[A] site53.example from 192.168.128.10", `{"kind":"dns-query","event":"dns-query","qname":"site53.example","qtype":"A","src":"192.168.128.10","sport":null}`},
		{"blanks in the name", "dnsmasq[12]: query[A] a from 192.168.1.66 .example.com from 192.168.1.10", `{"qname":"a from 192.168.1.66 .example.com","src":"192.168.1.10"}`},
		{"blanks in the name, extra", "dnsmasq[12]: 7 192.168.1.10/34667 query[A] a from 192.168.1.66 from 192.168.1.10", `{"qname":"a from 192.168.1.66","src":"192.168.1.10","sport":34667}`},
		{"lost", "dnsmasq[123]: overflow: 12 log entries lost", `{"event":"suppressed","count":12}`},
		{"case of letters", "dnsmasq[12]: query[A] WwW.ExAmple.com from 192.168.1.10", `{"qname":"WwW.ExAmple.com"}`},
		{"cut short", "dnsmasq[12]: query[A] www.example", `{"event":"dns-query","qname":"www.example","src":null}`},
		{"extra", lineQuery, `{"event":"dns-query","qtype":"PTR","src":"192.168.128.10","sport":40123,"nat_dst":"192.0.2.9"}`},
		{"bare", "dnsmasq: query[PTR] 128.152.16.172.in-addr.arpa from 172.16.152.129", `{"app":"dnsmasq","nat_dst":"172.16.152.128"}`},
		{"ipv6 pointer", "dnsmasq: query[PTR] 1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa from fd00::2", `{"src":"fd00::2","nat_dst":"2001:db8::1"}`},
		{"part of a zone", "dnsmasq: query[PTR] 16.172.in-addr.arpa from 172.16.152.129", `{"event":"dns-query","nat_dst":null}`},
		{"other type", "dnsmasq[1]: query[type=65] a.example from 10.0.0.1", `{"qtype":"type=65","qname":"a.example"}`},
		{"reply", "dnsmasq[1]: 3 10.0.0.1/5 reply a.example is 192.0.2.1", `{"kind":"dns-reply","event":"system"}`},
		{"forwarded", "dnsmasq[1]: forwarded a.example to 9.9.9.9", `{"kind":"dns-forward","event":"dns-forward","dst":"9.9.9.9","qname":"a.example"}`},
		{"forwarded for a client", "dnsmasq[1]: 12 192.168.1.9/40123 forwarded a.example to 192.168.1.1#5353", `{"event":"dns-forward","dst":"192.168.1.1","src":null}`},
		{"forwarded nowhere", "dnsmasq[1]: forwarded a.example to nobody", `{"event":"system"}`},
		{"lease", "Nov 21 20:28:01 router dnsmasq-dhcp[6022]: DHCPACK(br-lan) 192.168.128.12 52:54:00:00:00:01 vmhost", `{"kind":"dhcp","event":"dhcp-lease","src":"192.168.128.12","detail":"vmhost","in_if":"br-lan"}`},
		{"lease without a name", "dnsmasq-dhcp[6022]: DHCPACK(br-lan) 192.168.128.12 52:54:00:00:00:01 ", `{"event":"dhcp-lease","detail":null}`},
		{"offer", "dnsmasq-dhcp[6022]: DHCPOFFER(br-lan) 192.168.128.12 52:54:00:00:00:01", `{"event":"system","kind":"dhcp"}`},
		{"start", "dnsmasq[6022]: started, version 2.90 cachesize 150", `{"event":"system","kind":"other","dialect":"dnsmasq"}`},
	})
	if n := parseLine(lineQuery).Detail.String(); n != "9.2.0.192.in-addr.arpa" {
		t.Errorf("Detail of a query is %q", n)
	}
}

func TestReverseName(t *testing.T) {
	for name, want := range map[string]string{"4.3.2.1.in-addr.arpa": "1.2.3.4", "4.3.2.1.IN-ADDR.ARPA.": "1.2.3.4", "256.3.2.1.in-addr.arpa": "", "in-addr.arpa": "", ".in-addr.arpa": "", "x.ip6.arpa": "", "": ""} {
		a, _ := netip.ParseAddr(want)
		if got := reverseName([]byte(name)); got != a {
			t.Errorf("%q: %v, want %v", name, got, a)
		}
	}
}

// Names are the same in any case: what is counted by name is folded to small letters.
func TestNamesAreFolded(t *testing.T) {
	p, a, b := NewParser(), Record{}, Record{}
	p.Line([]byte("dnsmasq[12]: query[A] WwW.ExAmple.com from 192.168.1.10"), &a)
	p.Line([]byte("dnsmasq[12]: query[A] www.example.com from 192.168.1.10"), &b)
	if a.Detail != b.Detail || a.Detail.String() != "www.example.com" {
		t.Errorf("%q, %q", a.Detail, b.Detail)
	}
}
