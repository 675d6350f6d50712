package parse

import "testing"

// TestDHCPServers: ISC dhcpd, Kea, udhcpd, Windows. Sources of the lines: testdata/family-c.md and shared corpus.
func TestDHCPServers(t *testing.T) {
	checkAll(t, []says{
		{"lease", `Dec 11 18:08:44 study dhcpd: DHCPACK on 192.168.0.2 to 00:0c:6e:b1:56:9d (abbie-desktop) via eth0`,
			`{"kind":"dhcp","event":"dhcp-lease","dialect":"dhcpd","stamp":"12-11T18:08:44","host":"study","src":"192.168.0.2","detail":"abbie-desktop","in_if":"eth0","app":"dhcpd","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"out_if":null}`},
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
		{"kea file", `2026-11-21 10:00:00.123 INFO  [kea-dhcp4.leases/1234.140123] DHCP4_LEASE_ALLOC [hwtype=1 52:54:00:12:34:56], cid=[no info], tid=0x1: lease 10.0.0.5 has been allocated for 3600 seconds`,
			`{"kind":"dhcp","event":"dhcp-lease","dialect":"kea","stamp":"2026-11-21T10:00:00.123","src":"10.0.0.5","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"kea syslog", `Apr 24 10:00:01 opnsense kea-dhcp4: INFO  [kea-dhcp4.leases] DHCP4_LEASE_ALLOC [hwtype=1 aa:bb:cc:dd:ee:ff], cid=[no info], tid=0x1: lease 192.168.1.60 has been allocated`,
			`{"kind":"dhcp","event":"dhcp-lease","dialect":"kea","stamp":"04-24T10:00:01","host":"opnsense","src":"192.168.1.60","app":"kea-dhcp4","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"kea advertises", `Nov 21 10:00:00 h kea-dhcp4[99]: INFO  [kea-dhcp4.leases.0x7f] DHCP4_LEASE_ADVERT [hwtype=1 52:54:00:12:34:56], cid=[no info], tid=0x1: lease 10.0.0.5 will be advertised`,
			`{"kind":"dhcp","event":"system","dialect":"kea","stamp":"11-21T10:00:00","host":"h","src":"10.0.0.5","app":"kea-dhcp4","procid":"99","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"kea ipv6", `2026-11-21 10:00:00.123 INFO  [kea-dhcp6.leases/12] DHCP6_LEASE_ALLOC duid=[00:01], tid=0x1: lease for address 2001:db8::5 and iaid=1 has been allocated`,
			`{"kind":"dhcp","event":"dhcp-lease","dialect":"kea","stamp":"2026-11-21T10:00:00.123","src":"2001:db8::5","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"kea starts", `2026-11-21 10:00:00.123 INFO  [kea-dhcp4.dhcp4/12.1] DHCP4_STARTED Kea DHCPv4 server version 2.4.1 started`,
			`{"kind":"dhcp","event":"system","dialect":"kea","stamp":"2026-11-21T10:00:00.123","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"windows renew", `11,11/01/25,04:05:32,Renew,10.250.71.22,PC-SSD-4632,CC28AA86C37F,,274190949,0,,,,0x4D53465420352E30,MSFT 5.0,,,,0`,
			`{"kind":"dhcp","event":"dhcp-lease","dialect":"windows-dhcp","stamp":"2025-11-01T04:05:32","src":"10.250.71.22","detail":"PC-SSD-4632","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null}`},
		{"windows four-digit year", `10,04/04/2026,10:15:22,Assign,192.168.1.105,PC-COMPTA01,AA-BB-CC-DD-EE-01,,0,6,,,,,,,,,0`,
			`{"kind":"dhcp","event":"dhcp-lease","dialect":"windows-dhcp","stamp":"2026-04-04T10:15:22","src":"192.168.1.105","detail":"PC-COMPTA01","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null}`},
		{"windows conflict", `13,11/22/19,09:30:43,Conflict,10.2.29.108,BAD_ADDRESS,,,0,6,,,,,,,,,0`,
			`{"kind":"dhcp","event":"system","dialect":"windows-dhcp","stamp":"2019-11-22T09:30:43","src":"10.2.29.108","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"windows full", `14,11/21/26,10:00:00,A lease request could not be satisfied,10.0.0.0,,525400123456,,0,6,,,`,
			`{"kind":"dhcp","event":"table-full","dialect":"windows-dhcp","stamp":"2026-11-21T10:00:00","src":null,"detail":"dhcp leases","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null}`},
		{"windows bad date", `10,99/99/26,10:00:00,Assign,10.0.0.5,h,m,,1,0`,
			`{"kind":"unknown","event":"unknown","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"udhcpd", `Nov 21 10:00:00 h udhcpd[9]: sending ACK to 192.168.1.100`,
			`{"kind":"dhcp","event":"dhcp-lease","dialect":"udhcpd","stamp":"11-21T10:00:00","host":"h","src":"192.168.1.100","app":"udhcpd","procid":"9","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"udhcpd offer", `udhcpd: sending OFFER of 192.168.1.101`,
			`{"kind":"dhcp","event":"system","dialect":"udhcpd","src":"192.168.1.101","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
	})
}
