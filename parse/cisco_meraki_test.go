package parse

import "testing"

// Lines from the tests of elastic/integrations (packages/cisco_meraki) and documentation.meraki.com.
func TestMeraki(t *testing.T) {
	checkAll(t, []says{
		{"allow", `<134>1 1647478988.289402144 MX84_4 flows allow src=10.0.2.170 dst=10.0.0.34 mac=00:7C:2D:BD:76:F2 protocol=udp sport=54841 dport=15600`,
			`{"kind":"session","event":"session-new","dialect":"meraki","action":"allow","time":"2022-03-17T01:03:08.289402144Z","host":"MX84_4","src":"10.0.2.170","sport":54841,"dst":"10.0.0.34","dport":15600,"proto":"udp","pri":134}`},
		{"inbound deny", `<134>1 1647478988.476061795 MX84 flows src=216.160.83.57 dst=216.160.83.61 protocol=tcp sport=54445 dport=44210 pattern: 1 all`,
			`{"kind":"session","event":"session-denied","dialect":"meraki","action":"deny","time":"2022-03-17T01:03:08.476061795Z","host":"MX84","src":"216.160.83.57","sport":54445,"dst":"216.160.83.61","dport":44210,"proto":"tcp","pri":134}`},
		{"pattern deny", `<134>1 1674604848.429996761 MX84 flows src=10.10.10.11 dst=172.16.12.23 mac=9C:7B:EF:A9:6C:D8 protocol=udp sport=64138 dport=3289 pattern: deny (src 10.10.0.0/16)`,
			`{"kind":"session","event":"session-denied","dialect":"meraki","action":"deny","time":"2023-01-25T00:00:48.429996761Z","host":"MX84","src":"10.10.10.11","sport":64138,"dst":"172.16.12.23","dport":3289,"proto":"udp","pri":134}`},
		{"pattern allow", `<134>1 1674604848.429996761 MX84 flows src=10.241.77.11 dst=10.241.77.255 mac=00:24:FA:1E:B7:E6 protocol=udp sport=138 dport=138 pattern: allow (dst 10.0.0.0/8) && (src 10.241.0.0/16)`,
			`{"kind":"session","event":"session-new","dialect":"meraki","action":"allow","time":"2023-01-25T00:00:48.429996761Z","host":"MX84","src":"10.241.77.11","sport":138,"dst":"10.241.77.255","dport":138,"proto":"udp","pri":134}`},
		{"icmpv6", `<134>1 1664382879.496990921 AP_XXXX flows allow src=fe80::1021:83ca:b68:4cd8 dst=ff02::1:ffb6:a227 mac=28:FF:3C:AB:DB:AA protocol=icmp6 type=135`,
			`{"kind":"session","event":"session-new","dialect":"meraki","action":"allow","time":"2022-09-28T16:34:39.496990921Z","host":"AP_XXXX","src":"fe80::1021:83ca:b68:4cd8","dst":"ff02::1:ffb6:a227","proto":"icmpv6","pri":134}`},
		{"cellular", `<134>1 948136486.721741837 MX60 cellular_firewall src=10.10.10.11 dst=10.241.77.255 mac=00:18:0A:XX:XX:XX protocol=udp sport=9562 dport=53 pattern: allow all`,
			`{"kind":"session","event":"session-new","dialect":"meraki","action":"allow","time":"2000-01-17T19:14:46.721741837Z","host":"MX60","src":"10.10.10.11","sport":9562,"dst":"10.241.77.255","dport":53,"proto":"udp","pri":134}`},
		{"flow start", `<134>1 1647479278.997155282 Somewhere_MX100 ip_flow_start src=10.0.0.234 dst=81.2.69.145 protocol=tcp sport=34294 dport=80 translated_src_ip=1.128.3.4 translated_port=34294`,
			`{"kind":"session","event":"session-new","dialect":"meraki","action":"session-create","time":"2022-03-17T01:07:58.997155282Z","host":"Somewhere_MX100","src":"10.0.0.234","sport":34294,"dst":"81.2.69.145","dport":80,"nat_src":"1.128.3.4","nat_sport":34294,"proto":"tcp","pri":134}`},
		{"flow end", `<134>1 1647479325.891451682 ISP_Primary ip_flow_end src=10.0.2.249 dst=10.0.0.1 protocol=udp sport=7421 dport=53 translated_dst_ip=89.160.20.112 translated_port=53`,
			`{"kind":"session","event":"session-end","dialect":"meraki","action":"session-delete","time":"2022-03-17T01:08:45.891451682Z","host":"ISP_Primary","src":"10.0.2.249","sport":7421,"dst":"10.0.0.1","dport":53,"nat_dst":"89.160.20.112","nat_dport":53,"proto":"udp","pri":134}`},
		{"lease", `<134>1 1647479420.148681168 MX84 events dhcp lease of ip 10.0.2.213 from mx mac 68:3A:1E:42:60:59 for client mac E0:CB:BC:02:4F:80 from router 10.0.0.1 on subnet 255.255.252.0 with dns 10.0.0.1`,
			`{"kind":"dhcp","event":"dhcp-lease","dialect":"meraki","time":"2022-03-17T01:10:20.148681168Z","host":"MX84","src":"10.0.2.213","mac":"e0:cb:bc:02:4f:80","pri":134}`},
		{"port down", `<134>1 1694519069.912939179 TCP9001 events port 4 status changed from 100fdx to down`,
			`{"kind":"link-down","event":"link","dialect":"meraki","time":"2023-09-12T11:44:29.912939179Z","host":"TCP9001","detail":"port 4","pri":134}`},
		{"carrier", `<134>1 1700036621.820196636 AB_1234_Somewhere_MX01 events carrier_change device port1 up true`,
			`{"kind":"link-up","event":"link","dialect":"meraki","time":"2023-11-15T08:23:41.820196636Z","host":"AB_1234_Somewhere_MX01","detail":"port1","pri":134}`},
		{"without version", `948077334.886213117 MX60 flows src=39.41.0.1 dst=114.18.0.1 protocol=udp sport=13943 dport=16329 pattern: 1 all`,
			`{"kind":"session","event":"session-denied","dialect":"meraki","action":"deny","time":"2000-01-17T02:48:54.886213117Z","host":"MX60","src":"39.41.0.1","sport":13943,"dst":"114.18.0.1","dport":16329,"proto":"udp"}`},
		{"urls behind a header", `Apr 20 14:36:35 192.168.0.1 1 948077314.907556162 MX60 urls src=192.168.1.5:63735 dst=54.241.7.1:80 mac=00:1A:A0:11:22:33 request: GET http://example.com/`,
			`{"kind":"session","event":"system","dialect":"meraki","time":"2000-01-17T02:48:34.907556162Z","host":"MX60","src":"192.168.1.5","sport":63735,"dst":"54.241.7.1","dport":80}`},
		{"bare", `1380664994.337961231 MX84 flows allow src=192.168.0.2 dst=8.8.8.8 mac=00:18:0A:80:43:6A protocol=icmp type=8`,
			`{"kind":"session","event":"session-new","dialect":"meraki","action":"allow","time":"2013-10-01T22:03:14.337961231Z","host":"MX84","src":"192.168.0.2","dst":"8.8.8.8","proto":"icmp"}`},
		{"ids alert", `<134>1 1563249630.774247467 devicename security_event ids_alerted signature=1:28423:1 priority=1 timestamp=1468531589.810079 dhost=98:5A:EB:E1:81:2F direction=ingress protocol=tcp/ip src=151.101.52.238:80 dst=192.168.128.2:53023 message: EXPLOIT-KIT Multiple exploit kit single digit exe detection`,
			`{"kind":"session","event":"system","dialect":"meraki","time":"2019-07-16T04:00:30.774247467Z","host":"devicename","src":"151.101.52.238","sport":80,"dst":"192.168.128.2","dport":53023,"proto":"tcp","detail":"ids_alerted","pri":134}`},
		{"version and an old stamp", `<134>1 Dec 6 08:41:44 192.168.1.1 1 1386337316.207232138 MX84 events Cellular connection up`,
			`{"kind":"other","event":"system","dialect":"meraki","time":"2013-12-06T13:41:56.207232138Z","host":"MX84","detail":"Cellular","pri":134}`},
	})
}
