package parse

import "testing"

func TestNfdump(t *testing.T) {
	checkAll(t, []says{
		{"line", "2026-11-21 20:28:02.001     00:00:00.005 TCP       198.51.100.9:9999  ->    192.168.50.10:40001        4    63160     1",
			`{"event":"traffic","dialect":"nfdump","stamp":"2026-11-21T20:28:02.001","host":null,"proto":"tcp","src":"198.51.100.9","sport":9999,"dst":"192.168.50.10","dport":40001,"packets":4,"bytes":63160}`},
		{"seconds, scaled", "2013-10-22 07:06:11.997     0.024 UDP      192.168.1.10:5000  ->    203.0.113.9:53        1.5 K    1.2 M     1",
			`{"event":"traffic","proto":"udp","host":null,"packets":1500,"bytes":1200000}`},
		{"long", "2026-11-21 20:28:04.000     00:00:03.006 TCP      192.168.50.10:40401 ->     198.51.100.9:9999  ...AP.SF   0       12      680     1",
			`{"event":"traffic","packets":12,"bytes":680}`},
		{"icmp", "2026-11-21 20:28:04.000     00:00:03.006 ICMP     192.168.50.10:0     ->     198.51.100.9:8.0         3      252     1",
			`{"event":"traffic","proto":"icmp","dst":"198.51.100.9","packets":3,"bytes":252}`},
		{"IPv6", "2026-11-21 20:28:04.000     00:00:03.006 TCP      2001:db8::10.40312  ->     2001:db8:99::9.443         8      652     1",
			`{"event":"traffic","src":"2001:db8::10","sport":40312,"dport":443}`},
		{"heading", "Date first seen             Duration     Proto      Src IP Addr:Port          Dst IP Addr:Port   Packets    Bytes Flows", `{"event":"system","dialect":"nfdump","host":null}`},
		{"summary", "Summary: total flows: 8, total bytes: 64218, total packets: 36", `{"event":"system","dialect":"nfdump"}`},
	})
}
