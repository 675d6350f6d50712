package parse

import "testing"

// Messages of BusyBox, networking/udhcp.
func TestUdhcpd(t *testing.T) {
	checkAll(t, []says{
		{"udhcpd", `Nov 21 10:00:00 h udhcpd[9]: sending ACK to 192.168.1.100`,
			`{"kind":"dhcp","event":"dhcp-lease","dialect":"udhcpd","stamp":"11-21T10:00:00","host":"h","src":"192.168.1.100","app":"udhcpd","procid":"9","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"offer", `udhcpd: sending OFFER of 192.168.1.101`,
			`{"kind":"dhcp","event":"system","dialect":"udhcpd","src":"192.168.1.101","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
	})
}
