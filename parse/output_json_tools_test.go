package parse

import "testing"

// What tools say beyond an Event, as whole objects: their keys and their order are what scripts rely on.
func TestToolJSON(t *testing.T) {
	for _, c := range []struct{ name, line, want string }{
		{"reply", "64 bytes from 192.0.2.1: icmp_seq=7 ttl=59 time=29.6 ms",
			`{"kind":"ping-reply","event":"latency","dialect":"ping","src":"192.0.2.1","bytes":64,"packets":1,"seq":7,"ttl":59,"rtt_ms":29.6}`},
		{"reply below a millisecond, with a zone", "Reply from fe80::1%4: time<1ms",
			`{"kind":"ping-reply","event":"latency","dialect":"ping","src":"fe80::1%4","packets":1,"rtt_ms":1,"lt":true}`},
		{"duplicate", "64 bytes from 192.0.2.1: icmp_seq=7 ttl=59 time=29 ms (DUP!)",
			`{"kind":"ping-reply","event":"latency","dialect":"ping","src":"192.0.2.1","bytes":64,"packets":1,"seq":7,"ttl":59,"rtt_ms":29,"dup":true}`},
		{"summary", "4 packets transmitted, 3 received, 25% packet loss, time 3005ms",
			`{"kind":"ping-summary","event":"system","dialect":"ping","sent":4,"recv":3,"loss_pct":25}`},
		{"times", "rtt min/avg/max/mdev = 27.656/33.717/36.758/2.814 ms",
			`{"kind":"ping-rtt","event":"system","dialect":"ping","min":27.656,"avg":33.717,"max":36.758}`},
		{"hop", " 5  host.example.net (192.0.2.220) [AS64500]  3.810 ms  3.845 ms *",
			`{"kind":"trace-hop","event":"latency","dialect":"traceroute","src":"192.0.2.220","packets":2,"detail":"host.example.net","hop":5,"ips":["192.0.2.220"],"rtts":[3.81,3.845]}`},
		{"hop of two routers", " 4  192.0.2.1  1.000 ms 192.0.2.2  2.500 ms  3.000 ms",
			`{"kind":"trace-hop","event":"latency","dialect":"traceroute","src":"192.0.2.1","packets":3,"hop":4,"ips":["192.0.2.1","192.0.2.2"],"rtts":[1,2.5,3]}`},
		{"hop without an answer", " 3  * * *",
			`{"kind":"trace-hop","event":"latency","dialect":"traceroute","detail":"timeout","hop":3,"ips":[],"rtts":[],"timeout":true}`},
		{"report of mtr", "  3.|-- 192.0.2.13   10.5%    20    9.8  12.2   8.7  18.2   3.0",
			`{"kind":"mtr-hop","event":"latency","dialect":"mtr","src":"192.0.2.13","packets":20,"detail":"192.0.2.13","hop":3,"host":"192.0.2.13","loss_pct":10.5,"snt":20,"last":9.8,"avg":12.2,"best":8.7,"wrst":18.2,"stdev":3}`},
		{"raw answer of mtr", "p 2 1234 33000", `{"kind":"mtr-hop","event":"latency","dialect":"mtr","packets":1,"hop":3,"rtt_ms":1.234}`},
		{"raw host of mtr", "h 2 192.0.2.13", `{"kind":"mtr-hop","event":"system","dialect":"mtr","src":"192.0.2.13","hop":3}`},
		{"interval of tshark", "| 40 <> Dur|      5 |     393 |",
			`{"kind":"tshark-iostat","event":"traffic","dialect":"tshark","bytes":393,"packets":5,"frm":40,"to":"Dur","frames":5}`},
		{"count of tshark", "| 10.5 <> 20 |     12 |",
			`{"kind":"tshark-iostat-count","event":"system","dialect":"tshark","count":12,"frm":10.5,"to":20}`},
		{"tree of tshark", "  www.example.jp                        1       0.000112          50.00%",
			`{"kind":"tshark-http-req","event":"system","dialect":"tshark","count":1,"detail":"www.example.jp","depth":2,"item":"www.example.jp"}`},
		{"conversation of tshark", "10.0.0.1:5000 <-> 192.0.2.2:443   10 1 kB   20 2 kB  30 3 kB    0.43   3.4",
			`{"kind":"tshark-conv","event":"traffic","dialect":"tshark","src":"10.0.0.1","sport":5000,"dst":"192.0.2.2","dport":443,"bytes":3000,"packets":30,"a":"10.0.0.1","aport":5000,"b":"192.0.2.2","bport":443,"frames_ba":10,"frames_ab":20,"frames":30,"bytes_text":"3 kB","start":"0.43","duration":"3.4"}`},
		{"no tool", "Nov 21 10:00:00 gw kernel: 64 bytes from nowhere",
			`{"kind":"syslog","event":"system","dialect":"kernel","stamp":"11-21T10:00:00","host":"gw","detail":"chatter","app":"kernel","msg":"64 bytes from nowhere"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := string(AppendJSON(nil, parseLine(c.line))); got != c.want {
				t.Errorf("\ngot  %s\nwant %s", got, c.want)
			}
		})
	}
}
