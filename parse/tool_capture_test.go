package parse

import "testing"

// Lines that ingest/wire makes of packet captures.
func TestCapture(t *testing.T) {
	checkAll(t, []says{
		{"begin", `2026-11-28T10:00:00.000501Z capture: begin tcp 192.168.1.20:40312 > 203.0.113.5:443`,
			`{"kind":"capture-begin","event":"session-new","dialect":"capture","src":"192.168.1.20","sport":40312,"dst":"203.0.113.5","dport":443,"proto":"tcp"}`},
		{"begin, translated", `2026-11-28T10:00:00.000501Z capture: begin tcp 192.168.1.20:40312 > 203.0.113.5:443 nat-src=198.51.100.1:1024`,
			`{"kind":"capture-begin","event":"session-new","src":"192.168.1.20","sport":40312,"dst":"203.0.113.5","dport":443,"nat_src":"198.51.100.1","nat_sport":1024,"proto":"tcp"}`},
		{"end, translated", `2026-11-28T10:00:04.100000Z capture: end tcp 203.0.113.5:40312 > 198.51.100.1:8080 closed by=203.0.113.5 packets=5/4 bytes=6/120 lasted=0.044 nat-dst=192.168.1.20:80`,
			`{"kind":"capture-end","event":"session-end","src":"203.0.113.5","sport":40312,"dst":"198.51.100.1","dport":8080,"nat_dst":"192.168.1.20","nat_dport":80,"proto":"tcp","bytes":126,"packets":9,"lasted_ms":44}`},
		{"end", `2026-11-28T10:00:04.100000Z capture: end tcp 192.168.1.20:40312 > 203.0.113.5:443 closed by=192.168.1.20 packets=9/8 bytes=700/5200 lasted=4.099 again=1/0`,
			`{"kind":"capture-end","event":"session-end","dialect":"capture","src":"192.168.1.20","sport":40312,"dst":"203.0.113.5","dport":443,"proto":"tcp","bytes":5900,"packets":17,"lasted_ms":4099}`},
		{"refused", `2026-11-28T10:00:04.100000Z capture: end tcp 192.168.1.20:40312 > 203.0.113.5:443 refused by=203.0.113.5 packets=1/1 bytes=0/0 lasted=0.001`,
			`{"kind":"capture-end","event":"session-end","dialect":"capture","src":"192.168.1.20","sport":40312,"dst":"203.0.113.5","dport":443,"proto":"tcp","flags":"RST","packets":2,"lasted_ms":1}`},
		{"unanswered", `2026-11-28T10:00:04.100000Z capture: end tcp [2001:db8::1]:40312 > [2001:db8::5]:443 unanswered packets=3/0 bytes=0/0 lasted=3.000`,
			`{"kind":"capture-end","event":"session-end","dialect":"capture","src":"2001:db8::1","sport":40312,"dst":"2001:db8::5","dport":443,"proto":"tcp","state":"SYN_SENT","packets":3,"lasted_ms":3000}`},
		{"ping", `2026-11-28T10:00:04.100000Z capture: end icmp [2001:db8::1]:77 > [2001:db8::5]:77 idle packets=3/3 bytes=192/192 lasted=3.000`,
			`{"kind":"capture-end","event":"session-end","dialect":"capture","src":"2001:db8::1","sport":77,"dst":"2001:db8::5","dport":77,"proto":"icmpv6","bytes":384,"packets":6,"lasted_ms":3000}`},
		{"still open", `2026-11-28T10:00:04.100000Z capture: open udp 192.168.1.20:40312 > 203.0.113.5:443 packets=9/8 bytes=700/5200 lasted=4.099`,
			`{"kind":"capture-open","event":"traffic","dialect":"capture","src":"192.168.1.20","sport":40312,"dst":"203.0.113.5","dport":443,"proto":"udp","bytes":5900,"packets":17}`},
		{"reset of nothing", `2026-11-28T10:00:05.000000Z capture: reset tcp 127.0.0.1:7211 > 127.0.0.1:56440`,
			`{"kind":"capture-reset","event":"reset","dialect":"capture","src":"127.0.0.1","sport":7211,"dst":"127.0.0.1","dport":56440,"proto":"tcp","flags":"RST","packets":1}`},
		{"reset that answers a SYN", `2026-11-28T10:00:05.000000Z capture: reset tcp 127.0.0.1:7211 > 127.0.0.1:56440 ack`,
			`{"kind":"capture-reset","event":"reset","dialect":"capture","src":"127.0.0.1","sport":7211,"dst":"127.0.0.1","dport":56440,"proto":"tcp","flags":"ACK RST","packets":1}`},
		{"window taken back", `2026-11-28T10:00:06.000000Z capture: window tcp 203.0.113.5:443 > 192.168.1.20:40312 shrunk`,
			`{"kind":"capture-window","event":"window-shrink","dialect":"capture","src":"203.0.113.5","sport":443,"dst":"192.168.1.20","dport":40312,"proto":"tcp"}`},
		{"question", `2026-11-28T10:00:06.000000Z capture: dns udp 192.168.1.20:5555 > 192.168.1.1:53 PTR 5.113.0.203.in-addr.arpa.`,
			`{"kind":"dns-query","event":"dns-query","dialect":"capture","src":"192.168.1.20","sport":5555,"dst":"192.168.1.1","dport":53,"nat_dst":"203.0.113.5","proto":"udp","qname":"5.113.0.203.in-addr.arpa","qtype":"PTR"}`},
		{"http", `2026-11-28T10:00:07.000000Z capture: http tcp 192.168.1.20:40312 > 203.0.113.5:80 GET example.net/list`,
			`{"kind":"capture-http","event":"traffic","dialect":"capture","src":"192.168.1.20","sport":40312,"dst":"203.0.113.5","dport":80,"proto":"tcp","packets":1,"detail":"GET example.net/list"}`},
		{"tls", `2026-11-28T10:00:07.000000Z capture: tls tcp 192.168.1.20:40312 > 203.0.113.5:443 example.net`,
			`{"kind":"capture-tls","event":"traffic","dialect":"capture","src":"192.168.1.20","sport":40312,"dst":"203.0.113.5","dport":443,"proto":"tcp","packets":1,"detail":"example.net"}`},
		{"lease", `2026-11-28T10:00:08.000000Z capture: lease 192.168.1.20 52:54:00:12:34:56 laptop`,
			`{"kind":"capture-lease","event":"dhcp-lease","dialect":"capture","src":"192.168.1.20","mac":"52:54:00:12:34:56","detail":"laptop"}`},
		{"neighbour", `2026-11-28T10:00:08.000000Z capture: neighbour 2001:db8::20 52:54:00:12:34:56`,
			`{"kind":"capture-neighbour","event":"neighbour","dialect":"capture","src":"2001:db8::20","mac":"52:54:00:12:34:56"}`},
		{"drops", `2026-11-28T10:00:09.000000Z capture: 12 packets dropped by kernel`,
			`{"kind":"capture-drops","event":"system","dialect":"capture","count":12}`},
		{"without a time", `capture: begin udp 192.168.1.20:1 > 192.168.1.30:2`,
			`{"kind":"capture-begin","event":"session-new","dialect":"capture","src":"192.168.1.20","sport":1,"dst":"192.168.1.30","dport":2,"proto":"udp"}`},
		{"no arrow", `2026-11-28T10:00:09.000000Z capture: end tcp 192.168.1.20 of 192.168.1.30`,
			`{"kind":"syslog","event":"unknown","msg":"end tcp 192.168.1.20 of 192.168.1.30"}`},
		{"no question", `2026-11-28T10:00:09.000000Z capture: dns udp 192.168.1.20:5555 > 192.168.1.1:53 PTR`,
			`{"kind":"syslog","event":"unknown","msg":"dns udp 192.168.1.20:5555 > 192.168.1.1:53 PTR"}`},
	})
}
