package parse

import "testing"

func TestAdGuard(t *testing.T) {
	checkAll(t, []says{
		{"login", `2024/01/26 06:43:57.223387 [error] POST 192.168.1.1 /control/login: from ip 192.168.1.3: invalid username or password`,
			`{"kind":"other","event":"system","dialect":"adguard","stamp":"2024-01-26T06:43:57.223387","src":"192.168.1.3","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"query log", `{"T":"2026-11-21T20:28:21.5+01:00","QH":"example.org","QT":"AAAA","QC":"IN","CP":"","Upstream":"https://dns10.quad9.net:443/dns-query","Answer":"abc==","IP":"192.168.1.5","Result":{"Rules":[{"Text":"||x^\"","FilterListID":1}],"Reason":3,"IsFiltered":true},"Elapsed":1234}`,
			`{"kind":"dns-query","event":"dns-query","dialect":"adguard","stamp":"2026-11-21T20:28:21.5","time":"2026-11-21T20:28:21.5+01:00","src":"192.168.1.5","qname":"example.org","qtype":"AAAA","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"query log, IPv6 client", `{"T":"2026-11-21T10:00:00.25Z","QH":"example.net","QT":"PTR","QC":"IN","CP":"doh","IP":"2001:db8::5","Elapsed":1234}`,
			`{"event":"dns-query","dialect":"adguard","time":"2026-11-21T10:00:00.25Z","src":"2001:db8::5","qname":"example.net","qtype":"PTR"}`},
		{"login behind a tag", `Nov 21 10:00:00 ns AdGuardHome[77]: POST 192.0.2.1 /control/login: from ip 192.0.2.3: invalid username or password`,
			`{"kind":"other","event":"system","dialect":"adguard","src":"192.0.2.3"}`},
		{"no address", `2024/01/26 06:43:57.223387 [error] POST 192.168.1.1 /control/login: from ip nowhere: invalid username or password`,
			`{"event":"unknown","dialect":null,"src":null}`},
		{"JSON of another program", `{"T":"2026-11-21T10:00:00.25Z","IP":"192.0.2.5","Elapsed":1234}`, `{"event":"unknown","dialect":null,"src":null}`},
	})
}
