package parse

import "testing"

// Built from the #Fields of pfirewall.log.
func TestWindowsFirewall(t *testing.T) {
	checkAll(t, []says{
		{"allow", `2023-05-01 10:00:00 ALLOW TCP 192.168.1.2 1.2.3.4 50000 443 0 - 0 0 0 - - - SEND`,
			`{"kind":"fw-packet","event":"session-new","dialect":"windows-fw","action":"allow","stamp":"2023-05-01T10:00:00","src":"192.168.1.2","sport":50000,"dst":"1.2.3.4","dport":443,"proto":"tcp"}`},
		{"icmp", `2023-05-01 10:00:01 DROP ICMP 192.168.1.9 192.168.1.2 - - 60 - - - - 8 0 - RECEIVE`,
			`{"kind":"fw-packet","event":"session-denied","dialect":"windows-fw","action":"deny","stamp":"2023-05-01T10:00:01","src":"192.168.1.9","dst":"192.168.1.2","proto":"icmp","bytes":60}`},
		{"close", `2023-05-01 10:00:02 CLOSE TCP 192.168.1.2 1.2.3.4 50000 443 - - - - - - - - -`,
			`{"kind":"fw-packet","event":"session-end","dialect":"windows-fw","action":"session-delete","stamp":"2023-05-01T10:00:02","src":"192.168.1.2","sport":50000,"dst":"1.2.3.4","dport":443,"proto":"tcp"}`},
		{"igmp", `2023-05-01 10:00:03 DROP 2 192.168.1.1 224.0.0.22 - - 36 - - - - - - - RECEIVE`,
			`{"kind":"fw-packet","event":"session-denied","dialect":"windows-fw","action":"deny","stamp":"2023-05-01T10:00:03","src":"192.168.1.1","dst":"224.0.0.22","proto":"igmp","bytes":36}`},
		{"ipv6", `2023-05-01 10:00:03 DROP TCP fe80::1 ff02::1 5000 80 60 S 1 0 64240 - - - RECEIVE`,
			`{"kind":"fw-packet","event":"session-denied","dialect":"windows-fw","action":"deny","stamp":"2023-05-01T10:00:03","src":"fe80::1","sport":5000,"dst":"ff02::1","dport":80,"proto":"tcp","flags":"SYN","bytes":60}`},
		{"lost", `2023-05-01 10:00:04 INFO-EVENTS-LOST - - - - - - - - - - - - 3 -`,
			`{"kind":"suppressed","event":"suppressed","dialect":"windows-fw","stamp":"2023-05-01T10:00:04","count":3}`},
		{"fields", `#Fields: date time action protocol src-ip dst-ip src-port dst-port size tcpflags tcpsyn tcpack tcpwin icmptype icmpcode info path`,
			`{"kind":"other","event":"system","dialect":"windows-fw"}`},
		{"relayed", `<14>May  1 10:00:00 PC7 2023-05-01 10:00:00 DROP UDP 192.168.1.9 192.168.1.255 137 137 78 - - - - - - - RECEIVE`,
			`{"kind":"fw-packet","event":"session-denied","dialect":"windows-fw","action":"deny","stamp":"2023-05-01T10:00:00","host":"PC7","src":"192.168.1.9","sport":137,"dst":"192.168.1.255","dport":137,"proto":"udp","bytes":78,"pri":14}`},
	})
}
