package parse

import "testing"

// Lines of owners of NETGEAR routers, with other addresses.
func TestNetgear(t *testing.T) {
	checkAll(t, []says{
		{"lease", "[DHCP IP: (10.100.0.3)] to MAC address 00:00:5E:00:53:12, Friday, May 07,2021 00:21:49",
			`{"event":"dhcp-lease","dialect":"netgear","src":"10.100.0.3","mac":"00:00:5e:00:53:12","stamp":"2021-05-07T00:21:49","detail":null}`},
		{"lease, older", "[DHCP IP: 192.168.1.6] to MAC address 00:00:5e:00:53:12, Thursday, September 23,2010 14:03:59",
			`{"event":"dhcp-lease","src":"192.168.1.6","stamp":"2010-09-23T14:03:59"}`},
		{"forwarded port", "[LAN access from remote] from 198.51.100.123:40216 to 10.100.0.100:59018, Friday, May 07,2021 00:37:22",
			`{"event":"session-new","src":"198.51.100.123","sport":40216,"dst":"10.100.0.100","dport":59018}`},
		{"forwarded port, no comma", "[LAN access from remote] from 198.51.100.164:38234 to 192.168.0.112:445 Friday, Jan 27,2012 12:57:46",
			`{"event":"session-new","dst":"192.168.0.112","dport":445,"stamp":"2012-01-27T12:57:46"}`},
		{"scan", "[DoS Attack: SYN/ACK Scan] from source: 198.51.100.9, port 443, Friday, May 07,2021 00:37:25",
			`{"event":"session-denied","src":"198.51.100.9","sport":443,"detail":"SYN/ACK Scan"}`},
		{"scan, port behind a colon", "[DoS attack: TCP Port Scan] from source: 198.51.100.16:65533, Tuesday, February 02,2021 11:50:59      ",
			`{"event":"session-denied","src":"198.51.100.16","sport":65533}`},
		{"scan, number of packets", "[DoS attack: FIN Scan] (1) attack packets in last 20 sec from ip [198.51.100.133], Monday, Apr 26,2021 11:20:24",
			`{"event":"session-denied","src":"198.51.100.133","sport":null}`},
		{"connected", "[Internet connected] IP address: 203.0.113.123, Friday, May 07,2021 17:04:30",
			`{"event":"link","kind":"link-up","src":"203.0.113.123","detail":"Internet"}`},
		{"disconnected", "[Internet disconnected] Wednesday, Jan 01,2003 00:00:03", `{"kind":"link-down"}`},
		{"site", "[site allowed: www.example.com] from source 10.0.0.5, Wednesday, October 02, 2019 19:59:39",
			`{"event":"system","src":"10.0.0.5","detail":"www.example.com","stamp":"2019-10-02T19:59:39"}`},
		{"blocked", "[service blocked: Block-DoT-853] from source 192.168.1.42, Friday, May 07,2021 00:37:25",
			`{"event":"session-denied","src":"192.168.1.42","detail":"Block-DoT-853"}`},
		{"login", "[admin login] from source 192.168.1.22, Wednesday, February 03,2021 15:01:09", `{"event":"system","src":"192.168.1.22"}`},
		{"behind a header", "<13>May  7 00:37:25 R7000 [UPnP set event: del_nat_rule] from source 192.168.1.8, Friday, May 07,2021 00:37:25",
			`{"event":"system","host":"R7000","src":"192.168.1.8","stamp":"2021-05-07T00:37:25"}`},
		{"no stamp", "[Internet connected] IP address: 203.0.113.123", `{"event":"unknown"}`},
		{"no addresses", "[LAN access from remote] from here to there, Friday, May 07,2021 00:37:22", `{"event":"unknown"}`},
		{"no such day", "[admin login] from source 192.168.1.22, Wednesday, February 33,2021 15:01:09", `{"event":"unknown"}`},
	})
}

// Lines of owners of the DG834 and the FVS, with other addresses.
func TestNetgearOld(t *testing.T) {
	checkAll(t, []says{
		{"a rule met", "Wed, 2008-06-18 20:31:10 - TCP Packet - Source:198.51.100.17,1953 Destination:203.0.113.55,80 - [HTTP rule match]",
			`{"event":"session-new","dialect":"netgear","action":null,"stamp":"2008-06-18T20:31:10","src":"198.51.100.17","sport":1953,"dst":"203.0.113.55","dport":80,"proto":"tcp","detail":"HTTP rule match"}`},
		{"protection", "Sun, 2008-06-22 04:21:23 - TCP Packet - Source:198.51.100.184,2998 Destination:203.0.113.55,23 - [DOS]",
			`{"event":"session-denied","src":"198.51.100.184","dport":23}`},
		{"dropped", "Sun, 2004-05-09 10:11:12 - UDP packet dropped - Source:198.51.100.4,52710,WAN - Destination:203.0.113.6,1026,LAN - [Drop]",
			`{"event":"session-denied","src":"198.51.100.4","sport":52710,"dst":"203.0.113.6","dport":1026,"proto":"udp"}`},
		{"ports in the note", "Mon, 2006-07-10 02:39:30 - TCP packet - Source: 192.168.0.4 - Destination: 198.51.100.151 - [Service access request successful Src 41789 Dst 80 from CORP n/w]",
			`{"event":"session-new","action":"allow","src":"192.168.0.4","sport":41789,"dst":"198.51.100.151","dport":80}`},
		{"behind a header", "May  5 17:34:24 UDP Packet - Source:198.51.100.226,21145 Destination: 203.0.113.106,28776 - [INBLOCK rule match]",
			`{"event":"session-new","stamp":"05-05T17:34:24","host":null,"src":"198.51.100.226","sport":21145,"dst":"203.0.113.106","dport":28776}`},
		{"line down", "Sat, 2007-03-17 08:24:32 - LCP down.", `{"kind":"link-down","stamp":"2007-03-17T08:24:32"}`},
		{"login", "Sat, 2008-06-21 17:15:32 - Administrator login successful - IP:192.168.0.2", `{"event":"system","dialect":"netgear","stamp":"2008-06-21T17:15:32"}`},
		{"addresses hidden", "Mon, 2010-09-20 02:18:22 - TCP Packet - Source: (from far away),9477 Destination:(mine),22 - [Any(ALL) rule not match]",
			`{"event":"system","src":null,"dst":null}`},
		{"no such day", "Sat, 2008-06-41 17:15:32 - Initialize LCP.", `{"event":"unknown"}`},
	})
}
