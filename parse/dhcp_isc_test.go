package parse

import (
	"net/netip"
	"testing"
)

// Messages of dhcpd(8); testdata/servers-tools.md says where the lines come from.
func TestISCDHCP(t *testing.T) {
	checkAll(t, []says{
		{"lease", `Dec 11 18:08:44 study dhcpd: DHCPACK on 192.168.0.2 to 00:0c:6e:b1:56:9d (alice-desktop) via eth0`,
			`{"kind":"dhcp","event":"dhcp-lease","dialect":"dhcpd","stamp":"12-11T18:08:44","host":"study","src":"192.168.0.2","detail":"alice-desktop","in_if":"eth0","app":"dhcpd","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"out_if":null}`},
		{"relay", `2013-10-21T17:26:00.113239+02:00 dhcp-1 dhcpd: DHCPACK on 192.168.32.43 to cc:fe:3c:26:5c:3f via 192.168.35.253`,
			`{"kind":"dhcp","event":"dhcp-lease","dialect":"dhcpd","stamp":"2013-10-21T17:26:00.113239","time":"2013-10-21T17:26:00.113239+02:00","host":"dhcp-1","src":"192.168.32.43","app":"dhcpd","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"request", `Nov 21 10:00:00 h dhcpd: DHCPREQUEST for 10.0.0.5 (10.0.0.1) from 52:54:00:12:34:56 (laptop) via eth0`,
			`{"kind":"dhcp","event":"system","dialect":"dhcpd","stamp":"11-21T10:00:00","host":"h","src":"10.0.0.5","in_if":"eth0","app":"dhcpd","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"out_if":null,"detail":null}`},
		{"no address left", `Nov 21 10:00:00 h dhcpd: DHCPDISCOVER from 52:54:00:12:34:56 via eth0: network 10.0.0.0/24: no free leases`,
			`{"kind":"dhcp","event":"table-full","dialect":"dhcpd","stamp":"11-21T10:00:00","host":"h","detail":"dhcp leases","in_if":"eth0","app":"dhcpd","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"out_if":null}`},
		{"inform", `Nov 21 10:00:00 h dhcpd: DHCPACK to 10.0.0.5 (52:54:00:12:34:56) via eth0`,
			`{"kind":"dhcp","event":"system","dialect":"dhcpd","stamp":"11-21T10:00:00","host":"h","src":"10.0.0.5","in_if":"eth0","app":"dhcpd","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"out_if":null,"detail":null}`},
		{"ipv6 lease", `Nov 21 10:00:00 h dhcpd: Reply NA: address 2001:db8::5 to client with duid 00:01 iaid = 5 valid for 3600 seconds`,
			`{"kind":"dhcp","event":"dhcp-lease","dialect":"dhcpd","stamp":"11-21T10:00:00","host":"h","src":"2001:db8::5","app":"dhcpd","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"ipv6 solicit", `Nov 21 10:00:00 gw dhcpd[1]: Solicit message from fe80::1 port 546, transaction ID 0x1`,
			`{"kind":"dhcp","event":"system","dialect":"dhcpd","stamp":"11-21T10:00:00","host":"gw","src":"fe80::1","app":"dhcpd","procid":"1","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"no header", `DHCPREQUEST for 192.168.1.11 from 00:0e:0c:64:c7:29 via eth1: unknown lease 192.168.1.11.`,
			`{"kind":"dhcp","event":"system","dialect":"dhcpd","src":"192.168.1.11","in_if":"eth1","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"out_if":null,"detail":null}`},
	})
}

func TestISCDHCPEvents(t *testing.T) {
	a := netip.MustParseAddr
	checkEvents(t, []stored{
		{"lease", "Nov 21 10:00:00 h dhcpd[12]: DHCPACK on 10.0.0.5 to 52:54:00:12:34:56 (laptop) via eth0", "laptop", Event{Kind: DHCPLease, Src: a("10.0.0.5"), Aside: MakeName("52:54:00:12:34:56")}},
	})
}
