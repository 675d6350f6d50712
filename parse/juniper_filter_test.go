package parse

import "testing"

// Lines of the filter actions "log" and "syslog" as the Junos OS firewall filters guide prints them.
func TestJunosFilter(t *testing.T) {
	checkAll(t, []says{
		{"discarded", `Nov 21 10:02:08 mx1 fpc0 PFE_FW_SYSLOG_IP: FW: ge-0/0/0.0 D tcp 198.51.100.7 192.0.2.1 4444 22 (1 packets)`,
			`{"kind":"fw-packet","event":"session-denied","dialect":"junos","action":"deny","stamp":"11-21T10:02:08","host":"mx1","src":"198.51.100.7","sport":4444,"dst":"192.0.2.1","dport":22,"proto":"tcp","packets":1,"in_if":"ge-0/0/0.0","out_if":null,"detail":null}`},
		{"rejected", `Nov 21 10:02:08 mx1 fpc0 PFE_FW_SYSLOG_IP: FW: xe-1/0/0.100 R udp 198.51.100.7 192.0.2.1 137 137 (12 packets)`,
			`{"event":"session-denied","action":"deny","proto":"udp","dport":137,"packets":12,"in_if":"xe-1/0/0.100"}`},
		{"accepted", `Nov 21 10:02:09 mx1 /kernel: FW: fxp0.0 A udp 198.51.100.7 192.0.2.1 123 123 (1 packets)`,
			`{"kind":"fw-packet","event":"session-new","dialect":"junos","action":"allow","src":"198.51.100.7","sport":123,"dst":"192.0.2.1","dport":123,"proto":"udp","in_if":"fxp0.0"}`},
		{"many accepted packets open no session", `Nov 21 10:02:09 mx1 fpc0 PFE_FW_SYSLOG_IP: FW: ge-0/0/0.0 A tcp 198.51.100.7 192.0.2.1 4444 22 (30 packets)`,
			`{"event":"session-update","action":"allow","packets":30}`},
		{"type and code of ICMP are no ports", `Nov 21 10:02:10 mx1 fpc0 PFE_FW_SYSLOG_IP: FW: so-0/1/0.0     A icmp 192.0.2.71 192.0.2.70     8     0 (3 packets)`,
			`{"event":"session-update","proto":"icmp","src":"192.0.2.71","dst":"192.0.2.70","sport":null,"dport":null,"packets":3}`},
		{"IPv6", `Nov 21 10:02:11 mx1 fpc0 PFE_FW_SYSLOG_IP6_GEN: FW: ge-0/0/0.0 D tcp 2001:db8::7 2001:db8:1::1 4444 22 (1 packets)`,
			`{"event":"session-denied","src":"2001:db8::7","sport":4444,"dst":"2001:db8:1::1","dport":22,"proto":"tcp"}`},
		{"no verdict", `Nov 21 10:02:12 mx1 fpc0 PFE_FW_SYSLOG_IP: FW: ge-0/0/0.0 tcp 198.51.100.7 192.0.2.1 4444 22 (1 packets)`,
			`{"event":"unknown","dialect":null,"src":null,"in_if":null}`},
		{"no addresses", `Nov 21 10:02:13 mx1 fpc0 PFE_FW_SYSLOG_IP: FW: ge-0/0/0.0 D tcp 198.51.100 192.0.2.1 4444 22 (1 packets)`,
			`{"event":"unknown","dialect":null,"dst":null,"proto":null}`},
	})
}
