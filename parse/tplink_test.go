package parse

import "testing"

func TestTPLink(t *testing.T) {
	checkAll(t, []says{
		{"saved", "2\tNov 21 10:00:00\tDHCP\tINFO\tDHCPS:Send ACK to 192.168.0.100",
			`{"kind":"dhcp","event":"dhcp-lease","dialect":"tp-link","src":"192.168.0.100","stamp":"11-21T10:00:00"}`},
		{"in quotes", `"1596857513","Aug  7 21:31:54","DHCP","INFO","DHCPS:Send ACK to 192.168.0.100"`,
			`{"event":"dhcp-lease","src":"192.168.0.100","stamp":"08-07T21:31:54"}`},
		{"a question", "3\tNov 21 10:00:00\tDHCP\tINFO\tDHCPS:Recv REQUEST from 00:00:5E:00:53:01", `{"event":"system","dialect":"tp-link"}`},
		{"in columns", "Feb 18 15:23:58  DHCP           NOTICE  DHCPS:Recv REQUEST from 00:00:5E:00:53:01",
			`{"event":"system","dialect":"tp-link","stamp":"02-18T15:23:58","host":null}`},
		{"a lease in columns", "Feb 18 15:23:58  DHCP           NOTICE  DHCPS:Send ACK to 192.168.0.101",
			`{"event":"dhcp-lease","src":"192.168.0.101","host":null}`},
		{"sent", "<14>Nov 21 10:00:00 gw DHCPS: Send ACK to 192.168.0.101", `{"event":"dhcp-lease","src":"192.168.0.101"}`},
	})
}
