package parse

import "testing"

func TestLinkDaemon(t *testing.T) {
	checkAll(t, []says{
		{"pppd", "Feb 12 14:10:21 gw pppd[99]: Connect: ppp0 <--> eth1", `{"kind":"link-up","event":"link","detail":"ppp0"}`},
		{"pppd down", "Feb 12 14:10:21 gw pppd[99]: Connection terminated.", `{"kind":"link-down"}`},
		{"netifd", "Feb 12 14:10:21 gw netifd: Interface 'wan' is now down", `{"kind":"link-down","detail":"wan"}`},
		{"networkd", "Feb 12 14:10:21 gw systemd-networkd[5]: eth0: Gained carrier", `{"kind":"link-up","detail":"eth0"}`},
		{"NetworkManager", "Feb 12 14:10:21 gw NetworkManager[5]: <info>  [1700000000.1] device (eth0): carrier: link connected", `{"kind":"link-up","detail":"eth0"}`},
	})
}
