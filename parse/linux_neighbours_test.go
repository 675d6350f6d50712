package parse

import "testing"

func TestNeighbours(t *testing.T) {
	checkAll(t, []says{
		{"ip neigh", "192.168.1.10 dev br-lan lladdr 00:00:5e:00:53:01 REACHABLE",
			`{"event":"neighbour","dialect":"neighbours","src":"192.168.1.10","mac":"00:00:5e:00:53:01","in_if":"br-lan"}`},
		{"IPv6", "fe80::200:5eff:fe00:5301 dev br-lan lladdr 00:00:5e:00:53:01 router STALE", `{"event":"neighbour","src":"fe80::200:5eff:fe00:5301"}`},
		{"nobody there", "192.168.1.11 dev br-lan  FAILED", `{"event":"system","mac":null}`},
		{"/proc/net/arp", "192.168.1.10     0x1         0x2         00:00:5e:00:53:01     *        br-lan",
			`{"event":"neighbour","src":"192.168.1.10","mac":"00:00:5e:00:53:01","in_if":"br-lan"}`},
		{"and an entry without", "192.168.1.12     0x1         0x0         00:00:00:00:00:00     *        br-lan", `{"event":"system","mac":null}`},
		{"arp -a", "? (192.168.1.10) at 00:00:5e:00:53:01 [ether] on br-lan", `{"event":"neighbour","src":"192.168.1.10","in_if":"br-lan"}`},
		{"a route", "192.168.1.0/24 dev br-lan proto kernel scope link src 192.168.1.1", `{"event":"unknown"}`},
	})
}
