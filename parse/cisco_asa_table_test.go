package parse

import "testing"

// Rows of Cisco's command reference, of Cisco document 115993 and of ntc-templates, with other addresses.
func TestASATable(t *testing.T) {
	checkAll(t, []says{
		{"show conn", "TCP outside 198.51.100.210:443 dmz 10.36.103.86:53613, idle 0:00:30, bytes 18155, flags UxIO ",
			`{"kind":"entry","event":"entry","dialect":"cisco-table","src":"10.36.103.86","sport":53613,"dst":"198.51.100.210","dport":443,"bytes":18155,"state":"ESTABLISHED","unordered":null}`},
		{"from outside", "TCP outside  198.51.100.9:51234 inside  10.1.1.5:443, idle 0:00:04, bytes 2345, flags UIOB",
			`{"event":"entry","src":"198.51.100.9","sport":51234,"dst":"10.1.1.5","dport":443}`},
		{"long, from outside, translated", "TCP outside:198.51.100.9/51234 (198.51.100.9/51234) inside:10.1.1.5/443 (203.0.113.5/8443), flags UIOB, idle 4s, uptime 5s, timeout 1h0m, bytes 123",
			`{"event":"entry","src":"198.51.100.9","dst":"203.0.113.5","dport":8443,"nat_dst":"10.1.1.5","nat_dport":443,"bytes":123}`},
		{"long, translated", "TCP outside:198.51.100.9/443 (198.51.100.9/443) inside:10.1.1.15/1026 (203.0.113.5/40000), flags UIO, idle 39s, uptime 1D19h, timeout 1h0m, bytes 1940435",
			`{"event":"entry","src":"10.1.1.15","nat_src":"203.0.113.5","nat_sport":40000,"nat_dst":null,"bytes":1940435}`},
		{"detail, joined", "TCP outside: 198.51.100.9/443 inside: 10.1.1.15/1026, flags fFrR , idle 39s, uptime 1D19h, timeout 1h0m, bytes 1", `{"event":"entry","src":"10.1.1.15","sport":1026,"state":"FIN_WAIT"}`},
		{"no answer yet", "TCP outside 198.51.100.9:443 inside 10.1.1.15:1026, idle 0:00:01, bytes 0, flags saA", `{"state":"SYN_SENT"}`},
		{"udp", "UDP outside 198.51.100.53:53 inside 10.1.1.15:1026, idle 0:00:01, bytes 60, flags -", `{"event":"entry","proto":"udp","src":"10.1.1.15","dport":53,"state":null,"unordered":true}`},
		{"icmp", "ICMP outside 198.51.100.53:0 inside 10.1.1.15:512, idle 0:00:00, bytes 32, flags ", `{"event":"entry","proto":"icmp","sport":512,"dport":null}`},
		{"PIX", "TCP out 198.51.100.10:23 in 10.1.1.15:1026 idle 0:00:22 Bytes 1774 flags UIO", `{"event":"entry","src":"10.1.1.15","dport":23,"state":"ESTABLISHED"}`},
		{"how many", "55 in use, 108 most used", `{"event":"system","dialect":"cisco-table"}`},
		{"PAT", "TCP PAT from inside:192.168.1.5/51234 to outside:203.0.113.1/1024 flags ri idle 0:00:04 timeout 0:00:30",
			`{"event":"entry","proto":"tcp","src":"192.168.1.5","sport":51234,"dst":null,"nat_src":"203.0.113.1","nat_sport":1024,"timeout_s":30}`},
		{"PAT of 7", "PAT Global 203.0.113.1(1025) Local 10.1.1.5(4096)", `{"event":"entry","src":"10.1.1.5","sport":4096,"nat_src":"203.0.113.1","nat_sport":1025}`},
		{"dynamic NAT", "NAT from inside:10.1.1.7 to outside:203.0.113.9 flags i idle 0:00:10 timeout 3:00:00", `{"event":"entry","src":"10.1.1.7","nat_src":"203.0.113.9","timeout_s":10800}`},
		{"static", "NAT from inside:192.168.1.150 to outside:203.0.113.252 flags s idle 0:01:37 timeout 0:00:00", `{"event":"system","src":null}`},
		{"flags", "Flags: D - DNS, i - dynamic, r - portmap, s - static, I - identity, T - twice", `{"event":"system"}`},
		{"cut", "TCP outside 198.51.100.210:443 dmz 10.36.10", `{"event":"unknown"}`},
		{"cut behind an address", "NAT from inside:192.168.1.150 to", `{"event":"unknown"}`},
	})
}
