package parse

import "testing"

// Lines of DhcpSrvLog-*.log; testdata/servers-tools.md says where they come from.
func TestWindowsDHCP(t *testing.T) {
	checkAll(t, []says{
		{"renew", `11,11/01/25,04:05:32,Renew,10.250.71.22,PC-SSD-4632,CC28AA86C37F,,274190949,0,,,,0x4D53465420352E30,MSFT 5.0,,,,0`,
			`{"kind":"dhcp","event":"dhcp-lease","dialect":"windows-dhcp","stamp":"2025-11-01T04:05:32","src":"10.250.71.22","detail":"PC-SSD-4632","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null}`},
		{"four-digit year", `10,04/04/2026,10:15:22,Assign,192.168.1.105,PC-COMPTA01,AA-BB-CC-DD-EE-01,,0,6,,,,,,,,,0`,
			`{"kind":"dhcp","event":"dhcp-lease","dialect":"windows-dhcp","stamp":"2026-04-04T10:15:22","src":"192.168.1.105","detail":"PC-COMPTA01","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null}`},
		{"conflict", `13,11/22/19,09:30:43,Conflict,10.2.29.108,BAD_ADDRESS,,,0,6,,,,,,,,,0`,
			`{"kind":"dhcp","event":"system","dialect":"windows-dhcp","stamp":"2019-11-22T09:30:43","src":"10.2.29.108","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"full", `14,11/21/26,10:00:00,A lease request could not be satisfied,10.0.0.0,,525400123456,,0,6,,,`,
			`{"kind":"dhcp","event":"table-full","dialect":"windows-dhcp","stamp":"2026-11-21T10:00:00","src":null,"detail":"dhcp leases","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null}`},
		{"dynamic BOOTP", `21,11/21/26,10:00:00,BOOTP Assign,10.0.0.6,h,52540012,,1,0`, `{"event":"dhcp-lease","src":"10.0.0.6"}`},
		{"DHCPv6 advertise", `11001,11/21/26,10:00:00,DHCPV6 Advertise,2001:db8::6,h,,14,0001,,,,,`, `{"event":"system","kind":"dhcp"}`},
		{"DHCPv6 renew", `11004,11/21/26,10:00:00,DHCPV6 Renew,2001:db8::6,h,,14,0001,,,,,`, `{"event":"dhcp-lease","src":"2001:db8::6","detail":"h"}`},
		{"DHCPv6 rebind", `11005,11/21/26,10:00:00,DHCPV6 Rebind,2001:db8::6,h,,14,0001,,,,,`, `{"event":"dhcp-lease"}`},
		{"DHCPv6 full", `11009,11/21/26,10:00:00,DHCPV6 Scope Full,2001:db8::,,,14,,,,,,`, `{"event":"table-full","src":null}`},
		{"DHCPv6 started", `11010,11/21/26,10:00:00,DHCPV6 Started,,,,,,,,,,`, `{"event":"system"}`},
		{"DHCPv6 paused", `11012,11/21/26,10:00:00,DHCPV6 Audit log paused,,,,,,,,,,`, `{"event":"system"}`},
		{"DHCPv6 cleaned", `11021,11/21/26,10:00:00,DHCPV6 Database cleanup end,,,,,,,,,,`, `{"event":"system"}`},
		{"bad date", `10,99/99/26,10:00:00,Assign,10.0.0.5,h,m,,1,0`,
			`{"kind":"unknown","event":"unknown","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
	})
}

func TestWindowsDHCPHardware(t *testing.T) {
	checkAll(t, []says{
		{"as one word", "11,11/01/25,04:05:32,Renew,10.250.71.22,PC-1,00005E005301,,274190949,0,,,,0x4D53465420352E30,MSFT 5.0,,,,0",
			`{"event":"dhcp-lease","src":"10.250.71.22","mac":"00:00:5e:00:53:01"}`},
	})
}
