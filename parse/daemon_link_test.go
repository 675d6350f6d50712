package parse

import "testing"

func TestLinkDaemon(t *testing.T) {
	checkAll(t, []says{
		{"pppd", "Feb 12 14:10:21 gw pppd[99]: Connect: ppp0 <--> eth1", `{"kind":"link-up","event":"link","detail":"ppp0"}`},
		{"ASUS, in its own file", "Nov 21 20:28:01 WAN Connection: ISP's DHCP did not function properly.",
			`{"kind":"link-down","event":"link","dialect":"link","host":null,"detail":"WAN"}`},
		{"ASUS, sent", "<13>Nov 21 20:28:01 RT-AX88U WAN Connection: WAN was restored.",
			`{"kind":"link-up","event":"link","dialect":"link","host":"RT-AX88U","detail":"WAN"}`},
		{"ASUS, two providers", "<13>Nov 21 20:28:01 RT-AX88U WAN(1) Connection: WAN(1) link down.",
			`{"kind":"link-down","event":"link","dialect":"link","host":"RT-AX88U","detail":"WAN(1)"}`},
		{"ASUS, two providers, in its own file", "Nov 21 20:28:01 WAN(0) Connection: Fail to connect with some issues.",
			`{"kind":"link-down","event":"link","dialect":"link","host":null,"detail":"WAN(0)"}`},
		{"a tag of somebody else", "Nov 21 20:28:01 gw Connection: WAN was restored.", `{"host":"gw","event":"unknown"}`},
		{"ASUS, the network inside", "Nov 21 20:28:01 WAN Connection: The LAN's subnet may be the same with the WAN's subnet.",
			`{"kind":"syslog","event":"system","dialect":"link","host":null,"detail":"WAN"}`},
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
