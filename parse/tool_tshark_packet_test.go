package parse

import "testing"

func TestTsharkPacket(t *testing.T) {
	checkAll(t, []says{
		{"SYN", "    1 2026-11-21 20:27:59.000000 192.168.50.10 → 198.51.100.9 TCP 54 40400 → 9999 [SYN] Seq=0 Win=8192 Len=0",
			`{"event":"session-new","dialect":"tshark","stamp":"2026-11-21T20:27:59","host":null,"proto":"tcp","src":"192.168.50.10","sport":40400,"dst":"198.51.100.9","dport":9999,"flags":"SYN","packets":1}`},
		{"SYN again", "    2 2026-11-21 20:28:00.000000 192.168.50.10 → 198.51.100.9 TCP 54 [TCP Retransmission] 40400 → 9999 [SYN] Seq=0 Win=8192 Len=0", `{"event":"traffic","sport":40400,"stamp":"2026-11-21T20:28:00"}`},
		{"ports used again", "   12 2026-11-21 20:28:07.000000 192.168.50.10 → 198.51.100.9 TCP 54 [TCP Port numbers reused] 40401 → 9999 [SYN] Seq=0 Win=8192 Len=0", `{"event":"session-new","sport":40401}`},
		{"RST", "    3 2026-11-21 20:28:00.001000 198.51.100.9 → 192.168.50.10 TCP 54 9999 → 40400 [RST, ACK] Seq=1 Ack=1 Win=8192 Len=0", `{"event":"reset","src":"198.51.100.9","sport":9999,"flags":"ACK RST"}`},
		{"old arrows, seconds", "  7   0.004000 192.168.50.10 -> 198.51.100.9 TCP 74 40401 > 443 [SYN] Seq=0 Win=8192 Len=0", `{"event":"session-new","stamp":null,"dport":443}`},
		{"a question", "    9 20:28:00.001000 192.168.50.10 → 192.168.50.1 DNS 75 Standard query 0x77c9 HTTPS www.example.org", `{"event":"dns-query","src":"192.168.50.10","qname":"www.example.org","qtype":"HTTPS"}`},
		{"an answer", "   10 20:28:00.002000 192.168.50.1 → 192.168.50.10 DNS 91 Standard query response 0x77c9 A www.example.org A 203.0.113.7", `{"event":"system","src":"192.168.50.1"}`},
		{"TLS", "   11 20:28:00.003000 2001:db8::10 → 2001:db8::9 TLSv1.2 583 Client Hello", `{"event":"traffic","proto":"tcp","src":"2001:db8::10"}`},
		{"number of tcpdump", "    1  2026-11-21 20:27:59.000000 IP 192.168.50.10.40400 > 198.51.100.9.9999: Flags [S], seq 1000, win 8192, length 0", `{"event":"session-new","dialect":"tcpdump","stamp":"2026-11-21T20:27:59","host":null}`},
		{"number of tcpdump, clock", "   17  20:27:59.000000 IP 192.168.50.10.40400 > 198.51.100.9.9999: Flags [S], seq 1000, win 8192, length 0", `{"event":"session-new","stamp":"20:27:59"}`},
	})
}

func TestTsharkTables(t *testing.T) {
	checkAll(t, []says{
		{"IPv6 conversation", "2001:db8:50::10:40312      <-> 2001:db8:99::9:443               2 148 bytes       6 504 bytes       8 652 bytes     0.000000000         0.0070",
			`{"event":"traffic","src":"2001:db8:50::10","sport":40312,"dst":"2001:db8:99::9","dport":443,"bytes":652,"packets":8}`},
		{"IPv6 without ports", "2001:db8::1      <-> 2001:db8::2               2 148 bytes       6 504 bytes       8 652 bytes     0.000000000         0.0070", `{"src":"2001:db8::1","sport":null,"dst":"2001:db8::2"}`},
		{"end", "198.51.100.77             40002        341      20018414          5             270         336        20018144   ",
			`{"event":"system","kind":"tshark-endpoint","src":"198.51.100.77","sport":40002,"bytes":20018414,"packets":341}`},
		{"end of IPv6", "fe80::2                     443          8           652          2             148           6             504   ", `{"src":"fe80::2","sport":443,"bytes":652,"packets":8}`},
		{"end without a port, units", "192.168.50.10       341 20 MB       336 20 MB      5 270 bytes ", `{"src":"192.168.50.10","packets":341,"bytes":20000000}`},
		{"two filters", "|  0 <> 10 |      9 |  5986 |      1 |   742 |", `{"event":"traffic","packets":10,"bytes":6728}`},
		{"bytes in front", "|  0 <> 10 |  6728 |    10 |", `{"event":"traffic","packets":10,"bytes":6728}`},
		{"dates", "| 2026-11-21 20:28:19 |      9 |   686 |", `{"event":"traffic","stamp":"2026-11-21T20:28:19","packets":9,"bytes":686}`},
		{"heading of ends", "TCP Endpoints", `{"event":"system","dialect":"tshark"}`},
	})
}
