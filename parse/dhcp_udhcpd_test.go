package parse

import "testing"

// Messages of BusyBox, networking/udhcp.
func TestUdhcpd(t *testing.T) {
	checkAll(t, []says{
		{"udhcpd", `Nov 21 10:00:00 h udhcpd[9]: sending ACK to 192.168.1.100`,
			`{"kind":"dhcp","event":"dhcp-lease","dialect":"udhcpd","stamp":"11-21T10:00:00","host":"h","src":"192.168.1.100","app":"udhcpd","procid":"9","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"offer", `udhcpd: sending OFFER of 192.168.1.101`,
			`{"kind":"dhcp","event":"system","dialect":"udhcpd","src":"192.168.1.101","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"NAK", `Nov 21 10:00:01 h udhcpd[9]: sending NAK`, `{"kind":"dhcp","event":"system","dialect":"udhcpd","src":null}`},
		{"capital letter of BusyBox before 1.30", `Nov 21 10:00:02 h udhcpd[9]: Sending ACK to 192.0.2.100`, `{"event":"dhcp-lease","dialect":"udhcpd","src":"192.0.2.100"}`},
		{"an ACK to nobody", `Nov 21 10:00:03 h udhcpd[9]: sending ACK to someone`, `{"event":"system","dialect":"udhcpd","src":null}`},
		{"start", `Nov 21 10:00:04 h udhcpd[9]: started, v1.36.1`, `{"kind":"other","event":"system","dialect":"udhcpd"}`},
		{"another program's words", `Nov 21 10:00:05 h app[9]: sending ACK to 192.0.2.100`, `{"event":"unknown","dialect":null,"src":null}`},
	})
}
