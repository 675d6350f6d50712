package parse

import "testing"

// Lines of nft(8), monitor trace.
func TestNftTrace(t *testing.T) {
	checkAll(t, []says{
		{"packet", `trace id a95ea7ef inet filter forward packet: iif "br0" oif "ppp0" ether saddr 00:00:5e:00:53:01 ip saddr 10.1.1.5 ip daddr 198.51.100.9 ip dscp cs0 ip ttl 63 ip id 1 ip protocol tcp ip length 60 tcp sport 50000 tcp dport 443 tcp flags == syn`,
			`{"kind":"fw-packet","event":"system","dialect":"nft-trace","action":null,"src":"10.1.1.5","sport":50000,"dst":"198.51.100.9","dport":443,"proto":"tcp","in_if":"br0","out_if":"ppp0","rule":"filter forward"}`},
		{"IPv6", `trace id a95ea7f0 ip6 filter input packet: iifname "eth0" ip6 saddr 2001:db8::7 ip6 daddr 2001:db8:1::1 ip6 nexthdr udp ip6 length 20 udp sport 53 udp dport 1024`,
			`{"src":"2001:db8::7","sport":53,"dst":"2001:db8:1::1","dport":1024,"proto":"udp","in_if":"eth0","out_if":null,"rule":"filter input"}`},
		{"dropped", `trace id a95ea7ef inet filter forward rule tcp dport 443 drop (verdict drop)`,
			`{"kind":"other","event":"system","dialect":"nft-trace","action":"deny","rule":"filter forward","src":null,"dport":null}`},
		{"accepted", `trace id a95ea7ef inet filter forward rule ct state established accept (verdict accept)`, `{"event":"system","action":"allow"}`},
		{"goes on", `trace id a95ea7ef inet filter forward rule jump lan_out (verdict jump lan_out)`, `{"event":"system","dialect":"nft-trace","action":null}`},
		{"policy", `trace id a95ea7f0 ip6 filter input policy accept`, `{"event":"system","action":"allow","rule":"filter input"}`},
		{"end of a chain", `trace id a95ea7f0 inet filter lan_out verdict continue`, `{"event":"system","dialect":"nft-trace","action":null}`},
		{"another word", `trace id a95ea7f0 inet filter lan_out frobs the packet`, `{"event":"unknown","dialect":null}`},
		{"a trace of another program", `trace id a95ea7f0`, `{"event":"unknown","dialect":null,"rule":null}`},
	})
}
