package parse

import (
	"net/netip"
	"testing"
)

// Rows of FreeBSD, OpenBSD and pfSense that owners have published, with other addresses.
func TestPFTable(t *testing.T) {
	checkAll(t, []says{
		{"out, translated", "all udp 203.0.113.52:17449 (192.168.1.178:56094) -> 198.51.100.160:51820       MULTIPLE:MULTIPLE",
			`{"kind":"entry","event":"entry","dialect":"pf-table","proto":"udp","src":"192.168.1.178","sport":56094,"dst":"198.51.100.160","dport":51820,"nat_src":"203.0.113.52","nat_sport":17449,"nat_dst":null,"unreplied":null}`},
		{"in, forwarded, -v", "all tcp 192.168.1.105:32400 (203.0.113.52:41952) <- 198.51.100.167:36068       ESTABLISHED:ESTABLISHED [3165868840 + 44372] wscale 10  [2555950065 + 65536] wscale 7 age 10:34:23, expires in 15:52:01, 796:814 pkts, 42419:83330 bytes, rule 3",
			`{"event":"entry","src":"198.51.100.167","sport":36068,"dst":"203.0.113.52","dport":41952,"nat_dst":"192.168.1.105","nat_dport":32400,"state":"ESTABLISHED","packets":1610,"bytes":125749,"timeout_s":57121}`},
		{"in", "igb1 tcp 198.51.100.4:443 <- 192.168.1.178:56094       SYN_SENT:CLOSED", `{"event":"entry","src":"192.168.1.178","dst":"198.51.100.4","nat_src":null}`},
		{"not answered", "all tcp 203.0.113.52:1025 (192.168.1.9:5000) -> 198.51.100.4:443       SYN_SENT:CLOSED", `{"state":"SYN_SENT"}`},
		{"not answered, in", "all tcp 198.51.100.4:443 <- 192.168.1.9:5000       CLOSED:SYN_SENT", `{"src":"192.168.1.9","state":"SYN_SENT"}`},
		{"not answered, udp", "all udp 198.51.100.4:53 <- 192.168.1.9:5000       NO_TRAFFIC:SINGLE", `{"src":"192.168.1.9","unreplied":true}`},
		{"over", "all tcp 127.0.0.1:3129 (198.51.100.3:443) <- 10.99.0.162:59216       FIN_WAIT_2:FIN_WAIT_2", `{"src":"10.99.0.162","dst":"198.51.100.3","nat_dst":"127.0.0.1","nat_dport":3129,"state":"TIME_WAIT"}`},
		{"one end is done", "all tcp 192.168.1.9:5000 -> 198.51.100.4:443       FIN_WAIT_2:ESTABLISHED", `{"state":"FIN_WAIT"}`},
		{"icmp", "all icmp 192.168.1.9:11 -> 198.51.100.1:11       0:0", `{"event":"entry","proto":"icmp","sport":11,"dport":null,"state":null}`},
		{"v6", "all tcp 2001:db8:1::1111[443] <- 2001:db8:2::8888[51234] ESTABLISHED:ESTABLISHED", `{"event":"entry","src":"2001:db8:2::8888","sport":51234,"dst":"2001:db8:1::1111","dport":443}`},
		{"with the router between, out", "self tcp 192.168.1.5:51234 -> 203.0.113.1:61234 -> 198.51.100.4:443       ESTABLISHED:ESTABLISHED", `{"src":"192.168.1.5","nat_src":"203.0.113.1","nat_sport":61234,"dst":"198.51.100.4","nat_dst":null}`},
		{"with the router between, in", "self tcp 192.168.1.5:80 <- 203.0.113.1:8080 <- 198.51.100.4:44300       ESTABLISHED:ESTABLISHED", `{"src":"198.51.100.4","dst":"203.0.113.1","dport":8080,"nat_dst":"192.168.1.5","nat_dport":80}`},
		{"cut", "all tcp 203.0.113.52:17449 (192.168.1.178:56094) -> 198.51", `{"event":"unknown"}`},
	})
	checkEvents(t, []stored{{"an answered session of udp", "all udp 198.51.100.4:53 <- 192.168.1.9:5000       MULTIPLE:SINGLE", "",
		Event{Kind: Entry, Proto: UDP, State: Replied, Src: netip.MustParseAddr("192.168.1.9"), SPort: 5000, Dst: netip.MustParseAddr("198.51.100.4"), DPort: 53}}})
}
