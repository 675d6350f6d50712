package parse

import "testing"

// The denied line is of the form that IBM's guide to QRadar shows.
func TestBluecoat(t *testing.T) {
	checkAll(t, []says{
		{"denied", `2016-11-07 13:13:54 44 172.28.51.1 407 TCP_DENIED 2251 492 GET http clients5.example.com 80 /complete/search ?hl=de-DE&q=t - - - - - "Mozilla/5.0 (Windows NT 6.1; Trident/7.0; rv:11.0) like Gecko" DENIED "Search Engines/Portals" - 192.168.165.34`,
			`{"event":"session-denied","dialect":"bluecoat","action":"deny","stamp":"2016-11-07T13:13:54","host":null,"src":"172.28.51.1","dst":null,"dport":80,"proto":"tcp","bytes":2743,"detail":"clients5.example.com"}`},
		{"main, by syslog", `<14>Nov 21 10:00:07 sg1 ProxySG: 2026-11-21 10:00:05 182 192.168.1.30 anna staff - OBSERVED "Web Ads/Analytics;Technology" http://a.example/ 200 TCP_TUNNELED CONNECT - tcp www.example.com 443 / - - "Mozilla/5.0 (X11)" 10.1.1.2 4512 512 -`,
			`{"event":"session-end","dialect":"bluecoat","host":"sg1","src":"192.168.1.30","dport":443,"bytes":5024,"lasted_ms":182,"detail":"www.example.com"}`},
		{"no result", `2016-11-07 13:13:54 44 172.28.51.1 407 DENIED 2251 492 GET http clients5.example.com 80 /`, `{"event":"unknown"}`},
	})
}
