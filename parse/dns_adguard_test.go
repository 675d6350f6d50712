package parse

import "testing"

func TestAdGuard(t *testing.T) {
	checkAll(t, []says{
		{"login", `2024/01/26 06:43:57.223387 [error] POST 192.168.1.1 /control/login: from ip 192.168.1.3: invalid username or password`,
			`{"kind":"other","event":"system","dialect":"adguard","stamp":"2024-01-26T06:43:57.223387","src":"192.168.1.3","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"query log", `{"T":"2026-11-21T20:28:21.5+01:00","QH":"example.org","QT":"AAAA","QC":"IN","CP":"","Upstream":"https://dns10.quad9.net:443/dns-query","Answer":"abc==","IP":"192.168.1.5","Result":{"Rules":[{"Text":"||x^\"","FilterListID":1}],"Reason":3,"IsFiltered":true},"Elapsed":1234}`,
			`{"kind":"dns-query","event":"dns-query","dialect":"adguard","stamp":"2026-11-21T20:28:21.5","time":"2026-11-21T20:28:21.5+01:00","src":"192.168.1.5","qname":"example.org","qtype":"AAAA","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
	})
}
