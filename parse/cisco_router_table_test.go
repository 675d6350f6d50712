package parse

import "testing"

// Rows of ntc-templates, genieparser and the configuration guides, with other addresses.
func TestIOSTable(t *testing.T) {
	checkAll(t, []says{
		{"plain", "tcp 203.0.113.1:41776     10.1.0.2:51776     198.51.100.2:21        198.51.100.2:21",
			`{"kind":"entry","event":"entry","dialect":"cisco-ios-table","src":"10.1.0.2","sport":51776,"dst":"198.51.100.2","dport":21,"nat_src":"203.0.113.1","nat_sport":41776,"nat_dst":null,"timeout_s":null}`},
		{"icmp", "icmp 203.0.113.1:513     10.1.0.2:512     198.51.100.2:512        198.51.100.2:513", `{"event":"entry","proto":"icmp","sport":512,"dport":null,"nat_src":"203.0.113.1","nat_sport":513,"nat_dst":null}`},
		{"verbose of IOS, joined", "udp 203.0.113.1:1220  192.168.1.95:1220  198.51.100.132:53    198.51.100.132:53 create 00:00:02, use 00:00:00 timeout:300000, left 00:04:59, Map-Id(In): 1, flags: extended, use_count: 0",
			`{"event":"entry","proto":"udp","src":"192.168.1.95","dport":53,"timeout_s":299}`},
		{"verbose of IOS XE, joined", "tcp 203.0.113.1:514 192.168.2.3:53 198.51.100.22:256 198.51.100.22:256 create 04/09/11 10:51:48, use 04/09/11 10:52:31, timeout: 00:01:00 Map-Id(In):1, Mac-Address: 0000.0000.0000", `{"event":"entry","timeout_s":60}`},
		{"both translated", "tcp 133.3.3.1:1098 10.1.0.1:1098 173.4.5.6:23 10.1.0.23:23", `{"event":"entry","dst":"173.4.5.6","nat_dst":"10.1.0.23","nat_dport":23}`},
		{"an address that a pool keeps", "--- 203.0.113.226    192.168.10.10      ---                ---", `{"event":"system","dialect":"cisco-ios-table"}`},
		{"a forwarded port", "tcp 203.0.113.1:443   192.168.1.10:443   ---                ---", `{"event":"system"}`},
		{"above the rows", "Pro Inside global      Inside local       Outside local      Outside global", `{"event":"system"}`},
		{"below them", "Total number of translations: 3", `{"event":"system"}`},
		{"cut", "tcp 203.0.113.1:41776     10.1.0.2:51776     198.51", `{"event":"unknown"}`},
	})
}
