package parse

import "testing"

func TestLinkDaemon(t *testing.T) {
	checkAll(t, []says{
		{"pppd", "Feb 12 14:10:21 gw pppd[99]: Connect: ppp0 <--> eth1", `{"kind":"link-up","event":"link","detail":"ppp0"}`},
		{"pppd down", "Feb 12 14:10:21 gw pppd[99]: Connection terminated.", `{"kind":"link-down"}`},
		{"netifd", "Feb 12 14:10:21 gw netifd: Interface 'wan' is now down", `{"kind":"link-down","detail":"wan"}`},
		{"netifd, of a protocol", "Feb 12 14:10:21 gw netifd: Interface 'wan' has lost the connection", `{"kind":"link-down","detail":"wan"}`},
		{"networkd", "Feb 12 14:10:21 gw systemd-networkd[5]: eth0: Gained carrier", `{"kind":"link-up","detail":"eth0"}`},
		{"NetworkManager", "Feb 12 14:10:21 gw NetworkManager[5]: <info>  [1700000000.1] device (eth0): carrier: link connected", `{"kind":"link-up","detail":"eth0"}`},
		{"netifd, device", "Feb 12 14:10:22 gw netifd: Network device 'eth0' link is up", `{"kind":"link-up","event":"link","dialect":"link","detail":"eth0"}`},
		{"networkd loses it", "Feb 12 14:10:23 gw systemd-networkd[5]: eth0: Lost carrier", `{"kind":"link-down","event":"link","detail":"eth0"}`},
		{"dhcpcd", "Feb 12 14:10:24 gw dhcpcd[5]: wlan0: carrier lost", `{"kind":"link-down","event":"link","detail":"wlan0"}`},
		{"the peer hangs up", "Feb 12 14:10:25 gw pppd[99]: LCP terminated by peer", `{"kind":"link-down","event":"link"}`},
		{"no link", "Feb 12 14:10:26 gw netifd: Interface 'wan' is setting up now", `{"kind":"syslog","event":"system","dialect":"daemon"}`},
		{"another program's words", "Feb 12 14:10:27 gw app: Interface 'wan' is now down", `{"event":"unknown","dialect":null,"detail":null}`},
	})
}
