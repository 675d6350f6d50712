package parse

import "testing"

// Output of ping on RouterOS, IOS and VPCS, and what Windows prints when it cannot send.
func TestPingOfRouters(t *testing.T) {
	checkAll(t, []says{
		{"RouterOS", "    0 198.51.100.8                               56 117 9ms123us",
			`{"kind":"ping-reply","event":"latency","dialect":"ping","src":"198.51.100.8","bytes":56,"seq":0,"ttl":117,"rtt_ms":9.123}`},
		{"RouterOS, a slow one", "   12 198.51.100.8                               56 117 1s20ms",
			`{"kind":"ping-reply","seq":12,"rtt_ms":1020}`},
		{"RouterOS, no answer", "    1 198.51.100.8                                            timeout",
			`{"kind":"ping-timeout","event":"latency","src":"198.51.100.8","seq":1}`},
		{"RouterOS, refused", "    2 192.168.88.1                               84  64 13ms     host unreachable",
			`{"kind":"ping-unreachable","src":"192.168.88.1","detail":"host unreachable"}`},
		{"RouterOS, total", "    sent=10 received=8 packet-loss=20% min-rtt=9ms avg-rtt=10ms max-rtt=12ms",
			`{"kind":"ping-summary","sent":10,"recv":8,"loss_pct":20}`},
		{"RouterOS, its traceroute", "1 192.168.88.1                     0%    3   0.5ms     0.5     0.5     0.6       0", `{"dialect":"mtr"}`},
		{"IOS", "Success rate is 80 percent (4/5), round-trip min/avg/max = 1/2/4 ms",
			`{"kind":"ping-summary","sent":5,"recv":4,"loss_pct":20}`},
		{"IOS, nothing", "Success rate is 0 percent (0/5)", `{"kind":"ping-summary","sent":5,"recv":0,"loss_pct":100}`},
		{"IOS, heading", "Sending 5, 100-byte ICMP Echos to 198.51.100.1, timeout is 2 seconds:", `{"kind":"other","dialect":"ping"}`},
		{"VPCS", "10.0.0.1 icmp_seq=2 timeout", `{"kind":"ping-timeout","event":"latency","src":"10.0.0.1","seq":2}`},
		{"Windows", "General failure.", `{"kind":"ping-unreachable","event":"latency","detail":"not sent"}`},
		{"words alike", "Success rate is high", `{"event":"unknown"}`},
		{"more answers than questions", "sent=1 received=2", `{"event":"unknown"}`},
		{"none sent", "sent=0 received=0 packet-loss=0%", `{"event":"unknown"}`},
	})
}
