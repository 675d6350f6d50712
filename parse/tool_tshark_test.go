package parse

import (
	"net/netip"
	"testing"
)

// Output of tshark -z. The sources of the lines are in testdata/servers-tools.md.
func TestTshark(t *testing.T) {
	checkAll(t, []says{
		{"old interval", `000.000-001.000     535     78577`,
			`{"kind":"tshark-iostat","event":"traffic","dialect":"tshark","bytes":78577,"packets":535,"frm":0,"to":1,"frames":535,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"interval", `| 10 <> 20 |   2696 | 3307638 |`,
			`{"kind":"tshark-iostat","event":"traffic","dialect":"tshark","bytes":3307638,"packets":2696,"frm":10,"to":20,"frames":2696,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"last interval", `| 40 <> Dur|      5 |     393 |`,
			`{"kind":"tshark-iostat","event":"traffic","dialect":"tshark","bytes":393,"packets":5,"frm":40,"to":"Dur","frames":5,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"count", `| 10 <> 20 |     12 |`,
			`{"kind":"tshark-iostat-count","event":"system","dialect":"tshark","count":12,"frm":10,"to":20,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"filters", `|  0.0 <> 50.0 |   4687 | 3565194 |     11 |  1964 |     11 |  1965 |     11 |  1949 |`,
			`{"kind":"tshark-iostat","event":"traffic","dialect":"tshark","bytes":3571072,"packets":4720,"frm":0,"to":50,"frames":4720,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"old count", `000.000-010.000        12`,
			`{"kind":"tshark-iostat-count","event":"system","dialect":"tshark","count":12,"frm":0,"to":10,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"conversation", `10.240.42.159:57628        <-> 172.29.59.138:8002            1592 300 kB       1874 342 kB       3466 643 kB        0.430842000       345.4340`,
			`{"kind":"tshark-conv","event":"traffic","dialect":"tshark","src":"10.240.42.159","sport":57628,"dst":"172.29.59.138","dport":8002,"bytes":643000,"packets":3466,"a":"10.240.42.159","aport":57628,"b":"172.29.59.138","bport":8002,"frames_ba":1592,"frames_ab":1874,"frames":3466,"bytes_text":"643 kB","start":"0.430842000","duration":"345.4340","action":null,"nat_src":null,"nat_dst":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"plain bytes", `10.0.0.1             <-> 10.0.0.2                  10      1000      20      2000      30      3000     0.430842000         3.4340`,
			`{"kind":"tshark-conv","event":"traffic","dialect":"tshark","src":"10.0.0.1","dst":"10.0.0.2","bytes":3000,"packets":30,"a":"10.0.0.1","b":"10.0.0.2","frames_ba":10,"frames_ab":20,"frames":30,"bytes_text":"3000","start":"0.430842000","duration":"3.4340","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"bars", `192.168.1.42:51234   <-> 142.251.179.139:443   |     12  9,847 | |     11  1,623 | |     23 11,470 |      0.001234  |       0.4123 |`,
			`{"kind":"tshark-conv","event":"traffic","dialect":"tshark","src":"192.168.1.42","sport":51234,"dst":"142.251.179.139","dport":443,"bytes":11470,"packets":23,"a":"192.168.1.42","aport":51234,"b":"142.251.179.139","bport":443,"frames_ba":12,"frames_ab":11,"frames":23,"bytes_text":"11,470","start":"0.001234","duration":"0.4123","action":null,"nat_src":null,"nat_dst":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"old tree", `  www.example.jp                        1       0.000112          50.00%`,
			`{"kind":"tshark-http-req","event":"system","dialect":"tshark","count":1,"detail":"www.example.jp","depth":2,"item":"www.example.jp","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null}`},
		{"new tree", ` www.example.jp                  1                                                     0.0001       50.00%       0.0100       0.000`,
			`{"kind":"tshark-http-req","event":"system","dialect":"tshark","count":1,"detail":"www.example.jp","depth":2,"item":"www.example.jp","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null}`},
		{"no rate", `Total HTTP Packets      1                                                                     100%          0.0100        2.255        `,
			`{"kind":"tshark-http-req","event":"system","dialect":"tshark","count":1,"detail":"Total HTTP Packets","depth":1,"item":"Total HTTP Packets","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null}`},
		{"heading", `TCP Conversations`,
			`{"kind":"other","event":"system","dialect":"tshark","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"no number", `| x <> y | 1 |`,
			`{"kind":"unknown","event":"unknown","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
	})
}

func TestTsharkEvents(t *testing.T) {
	a := netip.MustParseAddr
	checkEvents(t, []stored{
		{"conversation", "10.0.0.1:5000 <-> 10.0.0.2:443   10 1 kB   20 2 kB  30 3 kB    0.43   3.4", "",
			Event{Kind: Traffic, Src: a("10.0.0.1"), SPort: 5000, Dst: a("10.0.0.2"), DPort: 443, Packets: 30, Bytes: 3000}},
	})
}
