package parse

import "testing"

// Lines from fluent-plugin-with-extra-fields-parser and from public catalogues of RTX logs; addresses are examples.
func TestYamaha(t *testing.T) {
	checkAll(t, []says{
		{"inspect", `<134>[INSPECT] PP[01][out][101] TCP 192.168.0.2:51234 > 203.0.113.10:80 (2016/02/23 10:59:24)`,
			`{"kind":"session","event":"session-new","dialect":"yamaha","stamp":"2016-02-23T10:59:24","src":"192.168.0.2","sport":51234,"dst":"203.0.113.10","dport":80,"proto":"tcp","out_if":"PP[01]","rule":"101","pri":134}`},
		{"rejected", `PP[01] Rejected at IN(2000) filter: TCP 203.0.113.9:40000 > 192.0.2.1:23`,
			`{"kind":"fw-packet","event":"session-denied","dialect":"yamaha","action":"deny","src":"203.0.113.9","sport":40000,"dst":"192.0.2.1","dport":23,"proto":"tcp","in_if":"PP[01]","rule":"2000"}`},
		{"rejected by default", `2026/10/06 12:00:00: PP[01] Rejected at IN(default) filter: UDP 198.51.100.7:10003 > 203.0.113.1:500`,
			`{"kind":"fw-packet","event":"session-denied","dialect":"yamaha","action":"deny","stamp":"2026-10-06T12:00:00","src":"198.51.100.7","sport":10003,"dst":"203.0.113.1","dport":500,"proto":"udp","in_if":"PP[01]","rule":"default"}`},
		{"rejected behind a header", `Oct  6 12:00:00 192.168.1.254 TUNNEL[1] Rejected at IN(300) filter: UDP 192.0.2.1:67 > 192.0.2.2:68`,
			`{"kind":"fw-packet","event":"session-denied","dialect":"yamaha","action":"deny","stamp":"10-06T12:00:00","host":"192.168.1.254","src":"192.0.2.1","sport":67,"dst":"192.0.2.2","dport":68,"proto":"udp","in_if":"TUNNEL[1]","rule":"300"}`},
		{"mac filter", `LAN1(port1) Rejected at IN(3) filter: 00:a0:de:00:00:01 > ff:ff:ff:ff:ff:ff IP`,
			`{"kind":"fw-packet","event":"system","dialect":"yamaha","action":"deny","in_if":"LAN1(port1)","rule":"3"}`},
		{"ipv6", `<134>LAN2 Rejected at IN(11) filter: TCP 2001:db8::5.443 > 2001:db8:1:2:3:4:5:6.56609`,
			`{"kind":"fw-packet","event":"session-denied","dialect":"yamaha","action":"deny","src":"2001:db8::5","sport":443,"dst":"2001:db8:1:2:3:4:5:6","dport":56609,"proto":"tcp","in_if":"LAN2","rule":"11","pri":134}`},
		{"lease", `[DHCPD] LAN1(port2) Extends 192.168.1.155: ac:44:f2:5a:d7:20`,
			`{"kind":"dhcp","event":"dhcp-lease","dialect":"yamaha","src":"192.168.1.155","mac":"ac:44:f2:5a:d7:20"}`},
		{"switch link", `[SWCTL] lan1:6(XX): lan1:2 link up (100-fdx)`,
			`{"kind":"link-up","event":"link","dialect":"yamaha","detail":"lan1:2"}`},
		{"tunnel up", `2026/10/06 12:00:00: IP Tunnel[1] Up`,
			`{"kind":"link-up","event":"link","dialect":"yamaha","stamp":"2026-10-06T12:00:00","detail":"Tunnel[1]"}`},
		{"link up", `LAN1: link up (1000BASE-T Full Duplex)`,
			`{"kind":"link-up","event":"link","dialect":"yamaha","detail":"LAN1"}`},
		{"port down", `<134>Oct  6 12:00:00 rtx LAN2: PORT1 link down`,
			`{"kind":"link-down","event":"link","dialect":"yamaha","stamp":"10-06T12:00:00","host":"rtx","detail":"LAN2","pri":134}`},
		{"nat bound", `[NAT] Bound TCP 192.168.0.2.1234 <-> 203.0.113.5.60000 ==> 198.51.100.1.80`,
			`{"kind":"nat","event":"session-new","dialect":"yamaha","action":"nat-create","src":"192.168.0.2","sport":1234,"dst":"198.51.100.1","dport":80,"nat_src":"203.0.113.5","nat_sport":60000,"proto":"tcp"}`},
		{"ike", `[IKE] respond ISAKMP phase to 203.0.113.2`,
			`{"kind":"other","event":"system","dialect":"yamaha","detail":"IKE"}`},
	})
}
