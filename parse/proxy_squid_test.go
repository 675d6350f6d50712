package parse

import "testing"

func TestSquid(t *testing.T) {
	const head = "1795255200.123     48 192.168.1.20 "
	checkAll(t, []says{
		{"a page", head + "TCP_MISS/200 2052 GET http://www.example.com/a?b=c - HIER_DIRECT/198.51.100.4 text/html",
			`{"kind":"session","event":"session-end","dialect":"squid","action":"session-delete","time":"2026-11-21T10:00:00.123Z","host":null,"src":"192.168.1.20","dst":"198.51.100.4","dport":80,"proto":"tcp","bytes":2052,"lasted_ms":48,"detail":"www.example.com"}`},
		{"a tunnel", head + "TCP_TUNNEL/200 9000 CONNECT mail.example.com:993 anna HIER_DIRECT/2001:db8::4 -",
			`{"event":"session-end","dst":"2001:db8::4","dport":993,"detail":"mail.example.com"}`},
		{"from memory", head + "TCP_MEM_HIT/200 2052 GET https://www.example.com:8443/ - HIER_NONE/- text/html",
			`{"event":"session-end","dst":null,"dport":8443,"detail":"www.example.com"}`},
		{"through another proxy", head + "TCP_MISS/200 2052 GET http://www.example.com/ - FIRSTUP_PARENT/10.0.0.9 text/html",
			`{"dst":null,"dport":80}`},
		{"an address in the URL", head + "TCP_MISS/503 0 GET http://u:p@[2001:db8::7]:81/ - HIER_NONE/- text/html",
			`{"dst":"2001:db8::7","dport":81,"detail":"[2001:db8::7]"}`},
		{"refused", head + "TCP_DENIED/407 3805 CONNECT www.example.com:443 - HIER_NONE/- text/html",
			`{"event":"session-denied","action":"deny","dport":443}`},
		{"no request", head + "NONE_NONE/400 0 - error:invalid-request - HIER_NONE/- text/html",
			`{"event":"session-end","dport":80,"detail":null}`},
		{"another proxy's question", head + "UDP_MISS/000 52 ICP_QUERY http://www.example.com/ - HIER_NONE/- -",
			`{"event":"system","dialect":"squid"}`},
		{"by syslog", "<166>Nov 21 10:00:00 proxy1 squid[12]: " + head + "TCP_MISS/200 2052 GET http://www.example.com/ - HIER_DIRECT/198.51.100.4 text/html",
			`{"dialect":"squid","host":"proxy1","time":"2026-11-21T10:00:00.123Z","src":"192.168.1.20","lasted_ms":48}`},
		{"by syslog, of a worker", "<166>Nov 21 10:00:00 proxy1 (squid-1)[12]: " + head + "TCP_MISS/200 2052 GET http://www.example.com/ - HIER_DIRECT/198.51.100.4 text/html",
			`{"dialect":"squid","host":"proxy1","src":"192.168.1.20"}`},
		{"a client with IPv6", "1795255200.123     48 fd00::20 TCP_MISS/200 2052 GET http://www.example.com/ - HIER_DIRECT/198.51.100.4 text/html",
			`{"dialect":"squid","src":"fd00::20","lasted_ms":48}`},
		{"no result", head + "GET/200 2052 GET http://www.example.com/ - HIER_DIRECT/198.51.100.4 text/html", `{"event":"unknown"}`},
		{"cut", head + "TCP_MISS/200 2052 GET http://www", `{"event":"unknown"}`},
	})
}
