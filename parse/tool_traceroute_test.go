package parse

import (
	"net/netip"
	"testing"
)

// Output of traceroute, tracepath and tracert. The sources of the lines are in testdata/servers-tools.md.
func TestTraceroute(t *testing.T) {
	checkAll(t, []says{
		{"IOS", "  1 10.0.0.1 4 msec 4 msec 8 msec", `{"kind":"trace-hop","dialect":"traceroute","src":"10.0.0.1","hop":1}`},
		{"IOS, with AS", "  2 198.51.100.1 [AS 65000] 12 msec *  16 msec", `{"kind":"trace-hop","src":"198.51.100.1","hop":2}`},
		{"linux", ` 2  76-220-24-1.dsl-customers.citya.example.net (76.220.24.1)  24.038 ms  23.911 ms  23.724 ms`,
			`{"kind":"trace-hop","event":"latency","dialect":"traceroute","src":"76.220.24.1","packets":3,"detail":"76-220-24-1.dsl-customers.citya.example.net","hop":2,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null}`},
		{"nothing", `10  * * *`,
			`{"kind":"trace-hop","event":"latency","dialect":"traceroute","detail":"timeout","hop":10,"timeout":true,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null}`},
		{"as in front", ` 1  [AS128742] 192.168.0.1 (192.168.0.1)  9.173 ms  5.490 ms  5.197 ms`,
			`{"kind":"trace-hop","event":"latency","dialect":"traceroute","src":"192.168.0.1","packets":3,"hop":1,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"as behind", `12  http://as64500-10g-sk1.example.net  (192.121.80.47) [*]  10.010 ms 72.14.196.42 (72.14.196.42) [AS15169]  9.182 ms  44.983 ms`,
			`{"kind":"trace-hop","event":"latency","dialect":"traceroute","src":"192.121.80.47","packets":3,"detail":"http://as64500-10g-sk1.example.net","hop":12,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null}`},
		{"star between", ` 1  216-230-231-141.static.example.net (216.230.231.141)  198.574 ms  *  198.650 ms`,
			`{"kind":"trace-hop","event":"latency","dialect":"traceroute","src":"216.230.231.141","packets":2,"detail":"216-230-231-141.static.example.net","hop":1,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null}`},
		{"annotations", ` 7  10.0.0.1 (10.0.0.1)  3.1 ms !X  3.2 ms !X *`,
			`{"kind":"trace-hop","event":"latency","dialect":"traceroute","src":"10.0.0.1","packets":2,"hop":7,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"goes on", `    72.14.196.42 (72.14.196.42)  9.182 ms  44.983 ms`,
			`{"kind":"trace-hop","event":"latency","dialect":"traceroute","src":"72.14.196.42","packets":2,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"tcptraceroute", ` 8  10.0.0.1 (10.0.0.1) <syn,ack>  3.1 ms  3.2 ms`,
			`{"kind":"trace-hop","event":"latency","dialect":"traceroute","src":"10.0.0.1","packets":2,"hop":8,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"tracepath", ` 1:  192.168.1.1                                           0.532ms`,
			`{"kind":"trace-hop","event":"latency","dialect":"traceroute","src":"192.168.1.1","packets":1,"hop":1,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"tracepath, nothing", ` 3:  no reply`,
			`{"kind":"trace-hop","event":"latency","dialect":"traceroute","detail":"timeout","hop":3,"timeout":true,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null}`},
		{"tracepath, itself", ` 1?: [LOCALHOST]                      pmtu 1500`,
			`{"kind":"other","event":"system","dialect":"traceroute","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"tracert", `  3     1 ms    <1 ms    <1 ms  apache-svr [10.0.3.6]`,
			`{"kind":"trace-hop","event":"latency","dialect":"traceroute","src":"10.0.3.6","packets":3,"detail":"apache-svr","hop":3,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null}`},
		{"tracert russian", `  4    12 мс    13 мс    12 мс  10.0.0.1`,
			`{"kind":"trace-hop","event":"latency","dialect":"traceroute","src":"10.0.0.1","packets":3,"hop":4,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"tracert, nothing", `  3     *        *        *     Request timed out.`,
			`{"kind":"trace-hop","event":"latency","dialect":"traceroute","detail":"timeout","hop":3,"timeout":true,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null}`},
		{"tracert, reports", `  6  10.0.0.1  reports: Destination host unreachable.`,
			`{"kind":"trace-hop","event":"latency","dialect":"traceroute","src":"10.0.0.1","detail":"host unreachable","hop":6,"timeout":true,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null}`},
		{"heading", `traceroute to 8.8.8.8 (8.8.8.8), 30 hops max, 60 byte packets`,
			`{"kind":"other","event":"system","dialect":"traceroute","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"no hop", `999 10.0.0.1 1 ms`,
			`{"kind":"unknown","event":"unknown","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
	})
}

func TestTracerouteEvents(t *testing.T) {
	a := netip.MustParseAddr
	checkEvents(t, []stored{
		{"hop", " 5  h.example  (86.50.255.220) [AS1741]  3.845 ms  3.810 ms  3.820 ms", "h.example", Event{Kind: Latency, Src: a("86.50.255.220"), Count: 3810, Packets: 3}},
		{"hop without an answer", " 3  * * *", "timeout", Event{Kind: Latency}},
	})
}
