package parse

import (
	"net/netip"
	"testing"
)

// Output of mtr --report, --csv and --raw. The sources of the lines are in testdata/servers-tools.md.
func TestMtr(t *testing.T) {
	checkAll(t, []says{
		{"WinMTR", "|                            198.51.100.1 -    1 |  522 |  521 |   37 |   39 |   50 |   38 |",
			`{"kind":"mtr-hop","event":"latency","dialect":"mtr","src":"198.51.100.1","packets":522,"hop":null,"loss_pct":1,"snt":522,"last":38,"avg":39,"best":37,"wrst":50}`},
		{"WinMTR, nobody", "|                   No response from host -  100 |  106 |    0 |    0 |    0 |    0 |    0 |",
			`{"kind":"mtr-hop","src":null,"loss_pct":100,"snt":106,"host":"No response from host"}`},
		{"WinMTR, title", "|                                      WinMTR statistics                                   |", `{"kind":"other","dialect":"mtr"}`},
		{"WinMTR, heading", "|                       Host              -   %  | Sent | Recv | Best | Avrg | Wrst | Last |", `{"event":"unknown"}`},
		{"another table", "|   name - a |  1 |  2 |", `{"event":"unknown"}`},
		{"RouterOS", "  2 198.51.100.1                    20%   10   9.1ms     9.5     9.0    12.6     0.9 <MPLS:L=24001,E=0>",
			`{"kind":"mtr-hop","src":"198.51.100.1","hop":2,"loss_pct":20,"snt":10,"last":9.1,"avg":9.5,"best":9,"wrst":12.6,"stdev":0.9}`},
		{"RouterOS, nobody", "  3                                100%   10 timeout", `{"kind":"mtr-hop","src":null,"hop":3,"loss_pct":100,"snt":10}`},
		{"RouterOS, heading", "# ADDRESS                          LOSS SENT    LAST     AVG    BEST   WORST STD-DEV STATUS", `{"kind":"other","dialect":"mtr"}`},
		{"old report", `  1. inner-cake                    0.0%    10    2.8   2.1   1.9   2.8   0.3`,
			`{"kind":"mtr-hop","event":"latency","dialect":"mtr","packets":10,"detail":"inner-cake","hop":1,"host":"inner-cake","loss_pct":0,"snt":10,"last":2.8,"avg":2.1,"best":1.9,"wrst":2.8,"stdev":0.3,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null}`},
		{"report", `  1.|-- 192.168.1.1                0.0%    10    0.5   0.5   0.4   0.6   0.1`,
			`{"kind":"mtr-hop","event":"latency","dialect":"mtr","src":"192.168.1.1","packets":10,"detail":"192.168.1.1","hop":1,"host":"192.168.1.1","loss_pct":0,"snt":10,"last":0.5,"avg":0.5,"best":0.4,"wrst":0.6,"stdev":0.1,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null}`},
		{"nobody", `  2.|-- ???                       100.0    10    0.0   0.0   0.0   0.0   0.0`,
			`{"kind":"mtr-hop","event":"latency","dialect":"mtr","packets":10,"detail":"???","hop":2,"host":"???","loss_pct":100,"snt":10,"last":0,"avg":0,"best":0,"wrst":0,"stdev":0,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null}`},
		{"as", `  3. AS3356   ae-1.example.net (4.69.1.1)   0.0%    10    0.5   0.5   0.4   0.6   0.1`,
			`{"kind":"mtr-hop","event":"latency","dialect":"mtr","src":"4.69.1.1","packets":10,"detail":"ae-1.example.net","hop":3,"host":"ae-1.example.net","loss_pct":0,"snt":10,"last":0.5,"avg":0.5,"best":0.4,"wrst":0.6,"stdev":0.1,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null}`},
		{"name and address", `  4.|-- _gateway (192.168.1.1)     0.0%    10    0.5   0.5   0.4   0.6   0.1`,
			`{"kind":"mtr-hop","event":"latency","dialect":"mtr","src":"192.168.1.1","packets":10,"detail":"_gateway","hop":4,"host":"_gateway","loss_pct":0,"snt":10,"last":0.5,"avg":0.5,"best":0.4,"wrst":0.6,"stdev":0.1,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null}`},
		{"csv", `MTR.0.95,1755251707,OK,192.168.1.50,1,192.168.0.1,0.00,60,0,0.22,0.26,0.22,0.56,0.05`,
			`{"kind":"mtr-hop","event":"latency","dialect":"mtr","src":"192.168.0.1","packets":60,"detail":"192.168.0.1","hop":1,"host":"192.168.0.1","loss_pct":0,"snt":60,"last":0.22,"avg":0.26,"best":0.22,"wrst":0.56,"stdev":0.05,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null}`},
		{"csv with as", `MTR.0.94,1640866550,OK,8.8.8.8,2,77.154.43.45,AS15557,0.00,1,0,10.85,10.85,10.85,10.85,0.00`,
			`{"kind":"mtr-hop","event":"latency","dialect":"mtr","src":"77.154.43.45","packets":1,"detail":"77.154.43.45","hop":2,"host":"77.154.43.45","loss_pct":0,"snt":1,"last":10.85,"avg":10.85,"best":10.85,"wrst":10.85,"stdev":0,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null}`},
		{"old csv", `MTR.0.85;1396000000;OK;8.8.8.8;1;192.168.1.1;452`,
			`{"kind":"mtr-hop","event":"latency","dialect":"mtr","src":"192.168.1.1","detail":"192.168.1.1","hop":1,"host":"192.168.1.1","loss_pct":0,"snt":0,"last":0,"avg":0.452,"best":0,"wrst":0,"stdev":0,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null}`},
		{"raw hop", `h 0 192.168.1.1`,
			`{"kind":"mtr-hop","event":"system","dialect":"mtr","src":"192.168.1.1","hop":1,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"raw answer", `p 0 1234 33000`,
			`{"kind":"mtr-hop","event":"latency","dialect":"mtr","packets":1,"hop":1,"rtt_ms":1.234,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"raw name", `d 0 gw.lan`,
			`{"kind":"mtr-hop","event":"system","dialect":"mtr","detail":"gw.lan","hop":1,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null}`},
		{"raw probe", `x 0 33000`,
			`{"kind":"mtr-hop","event":"system","dialect":"mtr","hop":1,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"no raw probe", `x 1 2 3`,
			`{"kind":"unknown","event":"unknown","dialect":null,"hop":null}`},
		{"heading", `HOST: foo                         Loss%   Snt   Last   Avg  Best  Wrst StDev`,
			`{"kind":"other","event":"system","dialect":"mtr","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"no numbers", `1. a b c d e f g`,
			`{"kind":"unknown","event":"unknown","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
	})
}

func TestMtrEvents(t *testing.T) {
	a := netip.MustParseAddr
	checkEvents(t, []stored{
		{"mtr", "  3. 68.85.118.13                  0.0%    10    9.8  12.2   8.7  18.2   3.0", "68.85.118.13", Event{Kind: Latency, Src: a("68.85.118.13"), Count: 12200, Packets: 10}},
		{"mtr raw", "p 0 1234 33000", "", Event{Kind: Latency, Count: 1234, Packets: 1}},
	})
}
