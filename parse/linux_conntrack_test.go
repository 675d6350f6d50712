package parse

import "testing"

func TestConntrack(t *testing.T) {
	checkAll(t, []says{
		{"lost events", "Nov 21 20:28:21 gw conntrack: WARNING: We have hit ENOBUFS! We are losing events.", `{"event":"suppressed","dialect":"conntrack","count":1,"detail":"conntrack events"}`},
		{"lost events on a terminal", "WARNING: We have hit ENOBUFS! We are losing events.", `{"event":"suppressed","dialect":"conntrack"}`},
		{"counters", "cpu=0   \tfound=0 invalid=130 insert=0 insert_failed=0 drop=0 early_drop=0 error=0 search_restart=0 ", `{"event":"system","dialect":"conntrack","detail":"conntrack -S"}`},
		{"new udp", lineConntrack, `{"kind":"conntrack","event":"session-new","action":"session-create","proto":"udp","src":"192.168.128.1","sport":54345,"dst":"192.168.128.14","dport":514,
			"unreplied":true,"time":"2026-11-21T20:27:59.516758Z","nat_src":null,"nat_dst":null}`},
		{"source nat", "    [NEW] tcp      6 120 SYN_SENT src=192.168.7.100 dst=17.248.209.132 sport=54774 dport=443 [UNREPLIED] src=17.248.209.132 dst=87.138.198.79 sport=443 dport=30121 mark=25165825",
			`{"state":"SYN_SENT","nat_src":"87.138.198.79","nat_sport":30121,"nat_dst":null,"unreplied":true}`},
		{"both translated", "[DESTROY] tcp      6 src=10.0.0.1 dst=127.0.0.1 sport=36826 dport=28106 src=10.0.0.2 dst=127.0.0.2 sport=28107 dport=36826 [ASSURED] id=347275904",
			`{"event":"session-end","nat_src":"127.0.0.2","nat_sport":36826,"nat_dst":"10.0.0.2","nat_dport":28107,"assured":true,"state":null}`},
		{"update", " [UPDATE] tcp      6 86400 ESTABLISHED src=192.168.7.100 dst=17.248.209.132 sport=54774 dport=443 src=17.248.209.132 dst=87.138.198.79 sport=443 dport=30121 [OFFLOAD] mark=1",
			`{"event":"session-update","state":"ESTABLISHED","action":"session-update","timeout_s":86400}`},
		{"accounting", "[DESTROY] ipv4     2 tcp      6 TIME_WAIT src=192.168.128.10 dst=198.18.39.10 sport=57426 dport=80 packets=6 bytes=338 src=198.18.39.10 dst=100.64.7.2 sport=80 dport=57426 packets=5 bytes=1187 [ASSURED] delta-time=16",
			`{"bytes":1525,"packets":11,"state":"TIME_WAIT","timeout_s":null,"lasted_ms":16500}`},
		{"an end with a time", "[DESTROY] udp      17 0 src=192.0.2.1 dst=192.0.2.2 sport=1 dport=2 src=192.0.2.2 dst=192.0.2.1 sport=2 dport=1", `{"event":"session-end","timeout_s":null,"lasted_ms":null}`},
		{"icmp", "    [NEW] icmp     1 30 src=10.0.0.5 dst=8.8.8.8 type=8 code=0 id=4711 [UNREPLIED] src=8.8.8.8 dst=203.0.113.7 type=0 code=0 id=4711", `{"proto":"icmp","sport":4711,"dport":null,"nat_src":"203.0.113.7","nat_sport":4711,"nat_dst":null}`},
		{"ipv6", "[NEW] ipv6     10 tcp      6 96 SYN_SENT src=2409:8d3c:0310:0222:18cc:3a91:0399:6b42 dst=2606:4700:0000:0000:0000:0000:6811:d005 sport=42362 dport=443 [UNREPLIED] src=2606:4700::6811:d005 dst=2409:8d3c:310:222:18cc:3a91:399:6b42 sport=443 dport=42362",
			`{"src":"2409:8d3c:310:222:18cc:3a91:399:6b42","dst":"2606:4700::6811:d005","nat_src":null}`},
		{"unknown protocol", "    [NEW] unknown  2 600 src=192.168.1.2 dst=224.0.0.22 [UNREPLIED] src=224.0.0.22 dst=192.168.1.2", `{"proto":"igmp","event":"session-new"}`},
		{"GRE in /proc", "ipv4     2 gre      47 29 timeout=30, stream_timeout=180 src=10.9.0.2 dst=203.0.113.5 srckey=0x0 dstkey=0x0 [UNREPLIED] src=203.0.113.5 dst=198.51.100.1 srckey=0x0 dstkey=0x0 mark=0 zone=0 use=2",
			`{"event":"entry","src":"10.9.0.2","dst":"203.0.113.5","nat_src":"198.51.100.1","unreplied":true}`},
		{"snapshot", "tcp      6 431998 ESTABLISHED src=10.0.2.2 dst=10.0.2.15 sport=49911 dport=22 src=10.0.2.15 dst=10.0.2.2 sport=22 dport=49911 [ASSURED] mark=0 use=1 id=2993966208",
			`{"kind":"conntrack","event":"entry","action":null,"state":"ESTABLISHED"}`},
		{"absurd counters", "[DESTROY] udp 17 src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2 packets=9000000000 bytes=99999999999999999999 src=10.0.0.2 dst=10.0.0.1 sport=2 dport=1 packets=1 bytes=7", `{"packets":4294967295,"bytes":7}`},
		{"cut short", "[1795292879.516758]\t[DESTROY] tc", `{"kind":"unknown","event":"unknown"}`},
		{"another product's src=", `id=firewall msg="x" src=10.0.0.1:5:X0 dst=10.0.0.2:80:X1`, `{"event":"unknown","src":null}`},
		{"another event word", "[EXPIRED] tcp 6 src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2", `{"event":"unknown"}`},
	})
	if s := parseLine(" [UPDATE] udp      17 29 src=10.0.0.1 dst=9.9.9.9 sport=1 dport=53 src=9.9.9.9 dst=10.0.0.1 sport=53 dport=1").State; s != Replied {
		t.Errorf("an answered UDP session is %v", s)
	}
}

// conntrack -E -o timestamp | logger: the way by which a router without ulogd sends its session ends.
func TestConntrackThroughLogger(t *testing.T) {
	for _, header := range []string{
		"<13>Nov 21 21:57:54 gw conntrack: ",
		"<13>1 2026-11-21T21:57:54.600062+00:00 gw conntrack - - [timeQuality tzKnown=\"1\"] ",
	} {
		var rec Record
		NewParser().Line([]byte(header+"[1795292905.023943]\t    [NEW] ipv4     2 tcp      6 20 SYN_SENT src=192.168.128.14 dst=203.0.113.10 sport=40526 dport=443 [UNREPLIED] src=203.0.113.10 dst=100.64.7.2 sport=443 dport=40526"), &rec)
		if rec.Kind != SessionNew || rec.DPort != 443 || !rec.Stamp.HasUnix || rec.Stamp.Unix != 1795292905023943000 || string(rec.Host) != "gw" {
			t.Errorf("%s: %v %+v", header, rec.Kind, rec.Stamp)
		}
	}
	var rec Record
	NewParser().Line([]byte("<13>Nov 21 21:57:54 gw prog: [1795292905.023943] hello"), &rec)
	if rec.Stamp.HasUnix {
		t.Error("any number in brackets is taken for the time")
	}
}
