package parse

import "testing"

// Lines from help.mikrotik.com (Log) and from public parsers of RouterOS.
func TestMikrotikLog(t *testing.T) {
	checkAll(t, []says{
		{"assigned to", `dhcp,info defconf assigned 192.168.88.243 to 4C:D5:77:7D:94:47`,
			`{"kind":"dhcp","event":"dhcp-lease","dialect":"mikrotik","src":"192.168.88.243"}`},
		{"no address left", "dhcp,error defconf: failed to give out IP address: pool <dhcp> is empty",
			`{"event":"table-full","detail":"dhcp leases"}`},
		{"login over bsd syslog", `<30>Oct  2 17:36:35 MikroTik login failure for user guest from 192.168.88.17 via ssh`,
			`{"kind":"fw-packet","event":"system","dialect":"mikrotik","action":"deny","stamp":"10-02T17:36:35","host":"MikroTik","src":"192.168.88.17","detail":"guest","pri":30}`},
		{"assigned without topics", `2019-03-02T22:17:36+01:00 MT_SomeStreetName defconf assigned 192.168.2.17 to 9C:F4:8E:76:83:DB`,
			`{"kind":"dhcp","event":"dhcp-lease","dialect":"mikrotik","stamp":"2019-03-02T22:17:36","time":"2019-03-02T22:17:36+01:00","host":"MT_SomeStreetName","src":"192.168.2.17"}`},
		{"deassigned", `2019-03-02T22:12:15+01:00 MT_SomeStreetName defconf deassigned 192.168.2.17 from 9C:F4:8E:76:83:DB`,
			`{"kind":"dhcp","event":"system","dialect":"mikrotik","stamp":"2019-03-02T22:12:15","time":"2019-03-02T22:12:15+01:00","host":"MT_SomeStreetName","src":"192.168.2.17"}`},
		{"dns with topic", `dns dns query from 192.168.1.100: #12345 google.com. A`,
			`{"kind":"dns-query","event":"dns-query","dialect":"mikrotik","src":"192.168.1.100","qname":"google.com","qtype":"A"}`},
		{"dns on the console", `2025-01-15 14:23:45 dns query from 192.168.1.100: #12346 www.example.com. AAAA`,
			`{"kind":"dns-query","event":"dns-query","dialect":"mikrotik","stamp":"2025-01-15T14:23:45","src":"192.168.1.100","qname":"www.example.com","qtype":"AAAA"}`},
		{"link up", `interface,info ether1 link up (speed 1G, full duplex)`,
			`{"kind":"link-up","event":"link","dialect":"mikrotik","detail":"ether1"}`},
		{"PPPoE up", `<30>Nov 21 20:28:01 MikroTik pppoe,ppp,info pppoe-out1: connected`,
			`{"kind":"link-up","event":"link","dialect":"mikrotik","host":"MikroTik","detail":"pppoe-out1"}`},
		{"PPPoE down", `<30>Nov 21 20:28:01 MikroTik pppoe,ppp,info pppoe-out1: disconnected`,
			`{"kind":"link-down","event":"link","detail":"pppoe-out1"}`},
		{"PPPoE ends", `<30>Nov 21 20:28:01 MikroTik pppoe,ppp,info pppoe-out1: terminating... - peer is not responding`,
			`{"kind":"other","event":"system","dialect":"mikrotik","detail":"pppoe,ppp,info"}`},
		{"a subscriber", `<30>Nov 21 20:28:01 MikroTik pppoe,ppp,info <pppoe-user1>: connected`, `{"event":"system"}`},
		{"link down", `Oct  2 17:36:35 MikroTik ether5 link down`,
			`{"kind":"link-down","event":"link","dialect":"mikrotik","stamp":"10-02T17:36:35","host":"MikroTik","detail":"ether5"}`},
		{"login", `system,info,account user admin logged in from 10.0.0.1 via winbox`,
			`{"kind":"other","event":"system","dialect":"mikrotik","src":"10.0.0.1","detail":"admin"}`},
		{"lease with a name", `dhcp,info defconf assigned 192.168.88.10 for AA:BB:CC:DD:EE:FF laptop`,
			`{"kind":"dhcp","event":"dhcp-lease","dialect":"mikrotik","src":"192.168.88.10","detail":"laptop"}`},
		{"icmp error", `firewall,info forward: in:bridge out:ether1, src-mac 00:19:e7:90:d4:45, proto ICMP (type 3, code 1), 10.0.10.76->40.127.110.237, len 52`,
			`{"kind":"fw-packet","event":"system","dialect":"mikrotik","src":"10.0.10.76","dst":"40.127.110.237","proto":"icmp","in_if":"bridge","out_if":"ether1"}`},
		{"console", `11:42:32 dhcp,info defconf assigned 192.168.88.37 for B0:E4:5C:27:EF:F2 Samsung`,
			`{"kind":"dhcp","event":"dhcp-lease","dialect":"mikrotik","stamp":"11:42:32","src":"192.168.88.37","detail":"Samsung"}`},
		{"console firewall", `01:01:58 firewall,info input: in:ether1 out:(none), src-mac 00:21:29:6d:82:07, proto UDP, 10.1.101.1:520->10.1.101.255:520, len 452`,
			`{"kind":"fw-packet","event":"session-new","dialect":"mikrotik","stamp":"01:01:58","src":"10.1.101.1","sport":520,"dst":"10.1.101.255","dport":520,"proto":"udp","in_if":"ether1"}`},
		{"console with a date", `sep/15/2023 12:00:00 system,error,critical login failure for user root from 10.1.101.212 via telnet`,
			`{"kind":"fw-packet","event":"system","dialect":"mikrotik","action":"deny","stamp":"2023-09-15T12:00:00","src":"10.1.101.212","detail":"root"}`},
	})
}
