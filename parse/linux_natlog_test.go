package parse

import "testing"

func TestNatlog(t *testing.T) {
	checkAll(t, []says{
		{"with its protocol", "Nov 21 10:00:00 gw natlog[812]: NATLOG: (UDP) From 1795292879:55588 until 1795292909:807100: 192.168.19.72:4467 (via: 203.0.113.132:4467) to 198.51.100.180:443",
			`{"kind":"nat","event":"session-end","dialect":"natlog","action":"nat-delete","src":"192.168.19.72","sport":4467,"nat_src":"203.0.113.132","nat_sport":4467,"dst":"198.51.100.180","dport":443,"proto":"udp","time":"2026-11-21T20:28:29.8071Z","lasted_ms":30751}`},
		{"with bytes", "Nov 21 10:00:00 gw natlog[812]: From 1795292879:55588 until 1795292909:807100: 192.168.19.72:4467 (via: 203.0.113.132:4467) to 198.51.100.180:443; sent: 100, received: 50",
			`{"event":"session-end","proto":"tcp","bytes":150,"dport":443}`},
	})
}
