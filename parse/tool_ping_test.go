package parse

import (
	"net/netip"
	"testing"
)

// Output of ping of iputils, BSD and BusyBox, and of fping. The sources of the lines are in testdata/servers-tools.md.
func TestPing(t *testing.T) {
	checkAll(t, []says{
		{"linux", `64 bytes from 151.101.189.67 (151.101.189.67): icmp_seq=1 ttl=59 time=29.6 ms`,
			`{"kind":"ping-reply","event":"latency","dialect":"ping","src":"151.101.189.67","bytes":64,"packets":1,"seq":1,"ttl":59,"rtt_ms":29.6,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"unix stamp", `[1594978467.010196] 1408 bytes from 151.101.189.67 (151.101.189.67): icmp_seq=3 ttl=59 time=32.0 ms`,
			`{"kind":"ping-reply","event":"latency","dialect":"ping","time":"2020-07-17T09:34:27.010196Z","src":"151.101.189.67","bytes":1408,"packets":1,"seq":3,"ttl":59,"rtt_ms":32,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"duplicate", `64 bytes from 192.168.1.88: icmp_seq=1 ttl=64 time=382 ms (DUP!)`,
			`{"kind":"ping-reply","event":"latency","dialect":"ping","src":"192.168.1.88","bytes":64,"packets":1,"seq":1,"ttl":64,"rtt_ms":382,"dup":true,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"zone", `64 bytes from fe80::c48:5896:526d:81ba%ens33: icmp_seq=2 ttl=64 time=0.329 ms`,
			`{"kind":"ping-reply","event":"latency","dialect":"ping","src":"fe80::c48:5896:526d:81ba%ens33","bytes":64,"packets":1,"seq":2,"ttl":64,"rtt_ms":0.329,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"bsd ipv6", `16 bytes from ::1, icmp_seq=2 hlim=64 time=0.048 ms`,
			`{"kind":"ping-reply","event":"latency","dialect":"ping","src":"::1","bytes":16,"packets":1,"seq":2,"ttl":64,"rtt_ms":0.048,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"busybox", `64 bytes from 1.1.1.1: seq=0 ttl=57 time=4.321 ms`,
			`{"kind":"ping-reply","event":"latency","dialect":"ping","src":"1.1.1.1","bytes":64,"packets":1,"seq":0,"ttl":57,"rtt_ms":4.321,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"comma", `64 bytes from 8.8.8.8: icmp_seq=1 ttl=117 time=0,048 ms`,
			`{"kind":"ping-reply","event":"latency","dialect":"ping","src":"8.8.8.8","bytes":64,"packets":1,"seq":1,"ttl":117,"rtt_ms":0.048,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"no answer yet", `no answer yet for icmp_seq=11`,
			`{"kind":"ping-timeout","event":"latency","dialect":"ping","detail":"timeout","seq":11,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null}`},
		{"timeout", `Request timeout for icmp_seq 0`,
			`{"kind":"ping-timeout","event":"latency","dialect":"ping","detail":"timeout","seq":0,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null}`},
		{"host unreachable", `From 192.168.1.1 icmp_seq=1 Destination Host Unreachable`,
			`{"kind":"ping-unreachable","event":"latency","dialect":"ping","src":"192.168.1.1","detail":"host unreachable","seq":1,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null}`},
		{"ttl exceeded", `92 bytes from gw (10.0.0.1): Time to live exceeded`,
			`{"kind":"ping-unreachable","event":"latency","dialect":"ping","src":"10.0.0.1","detail":"ttl exceeded","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null}`},
		{"filtered", `From gw.example.net (10.0.0.1) icmp_seq=3 Packet filtered`,
			`{"kind":"ping-unreachable","event":"latency","dialect":"ping","src":"10.0.0.1","detail":"prohibited","seq":3,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null}`},
		{"fragmentation", `From 10.0.0.1 icmp_seq=1 Frag needed and DF set (mtu = 1400)`,
			`{"kind":"ping-unreachable","event":"latency","dialect":"ping","src":"10.0.0.1","detail":"fragmentation needed","seq":1,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null}`},
		{"no route", `ping: sendto: No route to host`,
			`{"kind":"ping-unreachable","event":"latency","dialect":"ping","detail":"net unreachable","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null}`},
		{"summary", `4 packets transmitted, 3 received, +1 errors, 25% packet loss, time 3005ms`,
			`{"kind":"ping-summary","event":"system","dialect":"ping","sent":4,"recv":3,"loss_pct":25,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"duplicates", `2 packets transmitted, 2 packets received, +13 duplicates, 0.0% packet loss`,
			`{"kind":"ping-summary","event":"system","dialect":"ping","sent":2,"recv":2,"loss_pct":0,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"times", `rtt min/avg/max/mdev = 27.656/33.717/36.758/2.814 ms`,
			`{"kind":"ping-rtt","event":"system","dialect":"ping","min":27.656,"avg":33.717,"max":36.758,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"times of busybox", `round-trip min/avg/max = 1.281/1.345/1.408 ms`,
			`{"kind":"ping-rtt","event":"system","dialect":"ping","min":1.281,"avg":1.345,"max":1.408,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"fping", `1.1.1.1 : [0], 84 bytes, 1.23 ms (1.23 avg, 0% loss)`,
			`{"kind":"ping-reply","event":"latency","dialect":"ping","src":"1.1.1.1","bytes":84,"packets":1,"seq":0,"rtt_ms":1.23,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"fping timeout", `1.1.1.1 : [1], timed out (NaN avg, 100% loss)`,
			`{"kind":"ping-timeout","event":"latency","dialect":"ping","src":"1.1.1.1","detail":"timeout","seq":1,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null}`},
		{"alive", `8.8.8.8 is alive`,
			`{"kind":"ping-reply","event":"latency","dialect":"ping","src":"8.8.8.8","packets":1,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"absurd numbers", `64 bytes from 10.0.0.1: icmp_seq=99999999999999999999 ttl=999999 time=99999999999999 ms`,
			`{"kind":"ping-reply","event":"latency","dialect":"ping","src":"10.0.0.1","bytes":64,"packets":1,"action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
	})
}

func TestPingEvents(t *testing.T) {
	a := netip.MustParseAddr
	checkEvents(t, []stored{
		{"ping", "64 bytes from 1.1.1.1: icmp_seq=0 ttl=57 time=4.321 ms", "", Event{Kind: Latency, Src: a("1.1.1.1"), Count: 4321, Packets: 1, Bytes: 64}},
		{"ping with a zone", "16 bytes from fe80::1%en0, icmp_seq=0 hlim=64 time=2.677 ms", "", Event{Kind: Latency, Src: a("fe80::1"), Count: 2677, Packets: 1, Bytes: 16}},
		{"ping timeout", "Request timeout for icmp_seq 0", "timeout", Event{Kind: Latency}},
		{"ping unreachable", "From 192.168.1.1 icmp_seq=1 Destination Host Unreachable", "host unreachable", Event{Kind: Latency, Src: a("192.168.1.1")}},
		{"ping below a millisecond", "Reply from 192.168.1.1: bytes=32 time<1ms TTL=64", "", Event{Kind: Latency, Src: a("192.168.1.1"), Count: 1000, Packets: 1, Bytes: 32}},
		{"ping summary", "4 packets transmitted, 3 received, +1 errors, 25% packet loss, time 3005ms", "", Event{Kind: System}},
	})
}
