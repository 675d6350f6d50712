package parse

import "testing"

// Lines from the tests of elastic/integrations (packages/watchguard_firebox) and watchguard.com, "Read a Log Message".
func TestWatchguard(t *testing.T) {
	checkAll(t, []says{
		{"allow", `<142>May 10 15:19:06 WatchGuard-Firebox FVE6035FD3AE3 (2024-01-10T09:49:05) firewall[10]: msg_id="3000-0148" Allow Firebox 0-External 52 tcp 20 127 10.0.1.2 81.2.69.192 62443 80 offset 8 S 832026162 win 8192 (HTTP-00)`,
			`{"kind":"session","event":"session-new","dialect":"watchguard","action":"allow","stamp":"2024-01-10T09:49:05","time":"2024-01-10T09:49:05Z","host":"WatchGuard-Firebox","src":"10.0.1.2","sport":62443,"dst":"81.2.69.192","dport":80,"proto":"tcp","flags":"SYN","in_if":"Firebox","out_if":"0-External","rule":"HTTP-00","pri":142}`},
		{"closed", `<142>May 20 15:19:05 WatchGuard-Firebox FVE6035FD3AE3 (2024-01-10T09:49:17) firewall: msg_id="3000-0151" Allow 1-Trusted 0-External tcp 10.0.1.2 81.2.69.192 53018 80 app_id="63" app_cat_id="18" app_ctl_disp="2" duration="80" sent_bytes="652" rcvd_bytes="423" (HTTP-00)`,
			`{"kind":"session","event":"session-end","dialect":"watchguard","action":"allow","stamp":"2024-01-10T09:49:17","time":"2024-01-10T09:49:17Z","host":"WatchGuard-Firebox","src":"10.0.1.2","sport":53018,"dst":"81.2.69.192","dport":80,"proto":"tcp","bytes":1075,"in_if":"1-Trusted","out_if":"0-External","rule":"HTTP-00","pri":142}`},
		{"deny", `<142>May 20 15:19:05 WatchGuard-Firebox FVE6035FD3AE3 (2024-01-10T09:49:17) firewall: msg_id="3000-0173" Deny 0-External Firebox 52 tcp 20 127 81.2.69.192 10.0.0.1 62443 80 offset 8 S 832026162 win 8192 blocked sites (Internal Policy)`,
			`{"kind":"session","event":"session-denied","dialect":"watchguard","action":"deny","stamp":"2024-01-10T09:49:17","time":"2024-01-10T09:49:17Z","host":"WatchGuard-Firebox","src":"81.2.69.192","sport":62443,"dst":"10.0.0.1","dport":80,"proto":"tcp","flags":"SYN","in_if":"0-External","out_if":"Firebox","rule":"Internal Policy","pri":142}`},
		{"established", `<142>May 20 15:19:05 WatchGuard-Firebox FVE6035FD3AE3 (2024-01-10T09:49:17) firewall[10]: msg_id="3000-0149" Allow 1-Trusted 0-External 40 tcp 20 127 10.0.1.2 81.2.69.192 53008 80 offset 5 AF 3212213617 win 257 app_name="World WideWeb HTTP" cat_name="NetworkProtocols" app_beh_name="connect" msg="Application identified" (HTTP00)`,
			`{"kind":"session","event":"system","dialect":"watchguard","action":"allow","stamp":"2024-01-10T09:49:17","time":"2024-01-10T09:49:17Z","host":"WatchGuard-Firebox","src":"10.0.1.2","sport":53008,"dst":"81.2.69.192","dport":80,"proto":"tcp","flags":"ACK FIN","in_if":"1-Trusted","out_if":"0-External","rule":"HTTP00","pri":142}`},
		{"traffic monitor cluster", `2014-07-02 17:38:43 Member2 Allow 192.168.228.202 10.0.1.1 webcache/tcp 42973 8080 3-Trusted 1-WCI Allowed 60 63 (Outgoing-proxy-00) proc_id="firewall" rc="100" src_ip_nat="69.164.168.163" tcp_info="offset 10 S 2982213793 win 2105" msg_id="3000-0148"`,
			`{"kind":"session","event":"session-new","dialect":"watchguard","action":"allow","stamp":"2014-07-02T17:38:43","host":"Member2","src":"192.168.228.202","sport":42973,"dst":"10.0.1.1","dport":8080,"nat_src":"69.164.168.163","proto":"tcp","rule":"Outgoing-proxy-00"}`},
		{"traffic monitor", `2024-03-29 18:00:54 Allow 10.0.1.2 100.100.100.11 http/tcp 42017 80 Trusted External Allowed (HTTP-proxy.1-00) proc_id="firewall" rc="406" msg_id="3000-0176" src_ip_nat="100.100.100.10" flags="SDdF" duration="14" sent_pkts="10" rcvd_pkts="5" sent_bytes="564" rcvd_bytes="785"`,
			`{"kind":"session","event":"session-end","dialect":"watchguard","action":"allow","stamp":"2024-03-29T18:00:54","src":"10.0.1.2","sport":42017,"dst":"100.100.100.11","dport":80,"nat_src":"100.100.100.10","proto":"tcp","bytes":1349,"packets":15,"rule":"HTTP-proxy.1-00"}`},
		{"traffic monitor ping", `2024-04-01 23:39:46 Deny 10.0.1.131 10.0.1.1 echo-request/icmp Trusted Firebox Denied 84 64 (Ping-00) proc_id="firewall" rc="101" msg_id="3000-0148" type="8" duration="0" sent_pkts="1" rcvd_pkts="0" sent_bytes="84" rcvd_bytes="0"`,
			`{"kind":"session","event":"session-denied","dialect":"watchguard","action":"deny","stamp":"2024-04-01T23:39:46","src":"10.0.1.131","dst":"10.0.1.1","proto":"icmp","bytes":84,"packets":1,"rule":"Ping-00"}`},
		{"interface down", `<142>May 10 15:19:05 WatchGuard-Firebox FVE6035FD3AE3 (2024-05-10T09:49:05) firewall[10]: msg_id="3100-000D" [eth1 (Trusted)] Interface is deactivated as link state becomes DOWN.`,
			`{"kind":"link-down","event":"link","dialect":"watchguard","stamp":"2024-05-10T09:49:05","time":"2024-05-10T09:49:05Z","host":"WatchGuard-Firebox","detail":"eth1","pri":142}`},
		{"interface up", `<142>May 10 15:19:05 WatchGuard-Firebox FVE6035FD3AE3 (2024-05-10T09:49:05) firewall[10]: msg_id="3100-002C" [eth1 (Trusted)] Interface link status changed to UP`,
			`{"kind":"link-up","event":"link","dialect":"watchguard","stamp":"2024-05-10T09:49:05","time":"2024-05-10T09:49:05Z","host":"WatchGuard-Firebox","detail":"eth1","pri":142}`},
		{"dhcp discover", `<142>May 10 15:19:05 WatchGuard-Firebox FVE6035FD3AE3 (2024-05-10T09:49:05) firewall[10]: msg_id="1600-0001" DHCPDISCOVER from 00:50:04:ce:c6:3d via eth1: network 192.168.111.0/24: no free leases`,
			`{"kind":"dhcp","event":"table-full","dialect":"watchguard","stamp":"2024-05-10T09:49:05","time":"2024-05-10T09:49:05Z","host":"WatchGuard-Firebox","detail":"dhcp leases","pri":142}`},
		{"lease", `<142>May 10 15:19:05 FBX 80DA02B41D509 (2024-05-10T09:49:05) dhcpd[10]: msg_id="1600-0066" DHCPACK on 192.168.111.20 to 00:00:5e:00:53:3f (client) via eth1`,
			`{"kind":"dhcp","event":"dhcp-lease","stamp":"2024-05-10T09:49:05","host":"FBX","src":"192.168.111.20","mac":"00:00:5e:00:53:3f"}`},
		{"without a stamp", `Mar 21 23:01:42 fw1 FVE1032175935 firewall: msg_id="3000-0148" Allow Trusted Firebox 60 icmp 20 128 192.168.100.99 192.168.100.254 8 0 id=1 seq=2  (Ping-00)`,
			`{"event":"session-new","host":"fw1","src":"192.168.100.99","dst":"192.168.100.254","proto":"icmp","in_if":"Trusted","out_if":"Firebox"}`},
		{"serial number of digits, cluster", `2025-11-21T00:28:01.556528+00:00 fw-a 80D802B41D509 fw firewall: msg_id="3000-0148" Deny WAN - Site 2 Firebox 40 tcp 20 239 198.51.100.3 203.0.113.3 41277 591 offset 5 S 1497867397 win 1024  (Unhandled External Packet-00)`,
			`{"event":"session-denied","host":"fw-a","src":"198.51.100.3","sport":41277,"dst":"203.0.113.3","dport":591,"proto":"tcp","out_if":"Firebox"}`},
		{"PPPoE", `<142>May 10 15:19:05 fw1 FVE6035FD3AE3 (2024-05-10T09:49:05) firewall[10]: msg_id="0900-000A" [eth0 (External)] PPPoE session[11] is disconnected.`,
			`{"kind":"link-down","event":"link","host":"fw1","detail":"eth0"}`},
	})
}
