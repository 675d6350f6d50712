package parse

import "testing"

// TestTorn reads the pieces of lines that were sent as two datagrams (elastic/beats issue 25615: about one netfilter line of
// 50 of a UniFi Dream Machine).
func TestTorn(t *testing.T) {
	const head = "May  5 20:46:45 gw user.info kernel: [LAN_IN-2000-A]IN=br0 OUT=eth8 MAC=00:00:5e:00:53:01:00:00:5e:00:53:02:08:00 SRC=192.168.1.20 "
	checkAll(t, []says{
		{"before the protocol", head + "DST=198.51.100.7 LEN=52 TOS=0x00 PREC=0x0", `{"event":"torn","dialect":"netfilter","src":"192.168.1.20","dst":"198.51.100.7","proto":null,"action":null}`},
		{"within the destination", head + "DST=198.51.10", `{"event":"torn","src":"192.168.1.20","dst":null}`},
		{"before the source", head[:len(head)-len("SRC=192.168.1.20 ")], `{"event":"torn","dialect":"netfilter","src":null}`},
		{"within the interfaces", "<4>Nov 21 20:38:33 router kernel: [ 6244.310753] [NEW] IN=br-lan OUT=wa", `{"event":"torn","uptime":6244.310753}`},
		{"a frame of a bridge", "<4>Nov 21 20:38:33 router kernel: IN=eth0 OUT=eth1 MAC source = 00:00:5e:00:53:01 MAC dest = 01:80:c2:00:00:0e proto = 0x88cc", `{"event":"system"}`},
		{"behind the source", head, `{"event":"torn","src":"192.168.1.20"}`},
		{"before the ports", head + "DST=198.51.100.7 LEN=52 PROTO=TCP SPT=59344 D", `{"event":"torn","proto":"tcp"}`},
		{"whole", head + "DST=198.51.100.7 LEN=52 PROTO=TCP SPT=59344 DPT=443", `{"event":"session-new","dport":443}`},
		{"fragment", head + "DST=198.51.100.7 LEN=52 FRAG:185 PROTO=UDP", `{"event":"session-new","proto":"udp"}`},
		{"second piece", "May  5 20:46:45 gw user.info kernel: 0 TTL=126 ID=15317 DF PROTO=TCP SPT=59344 DPT=443 WINDOW=8212 RES=0x00 SYN URGP=0", `{"event":"torn","dialect":"netfilter","src":null,"sport":null,"host":"gw"}`},
		{"second piece of the destination", "May  5 20:46:46 gw user.info kernel: 0.8 LEN=52 TOS=0x00 PREC=0x00 TTL=126 ID=51392 DF PROTO=TCP SPT=51653 DPT=7914 WINDOW=1024 RES=0x00 ACK PSH URGP=0", `{"event":"torn"}`},
		{"second piece of RouterOS", "May  5 20:46:46 gw 14:443, NAT (192.168.1.2:5->203.0.113.5:5)->198.51.100.14:443, len 52", `{"event":"torn","dialect":"mikrotik"}`},
		{"words with a number", "May  5 20:46:46 gw app: table of 3 rows, len 52", `{"event":"unknown"}`},
	})
	var first, second, whole Record
	NewParser().Line([]byte(head+"DST=198.51.100.7 LEN=52 TOS=0x00 PREC=0x0"), &first)
	p := NewParser()
	p.Line([]byte("May  5 20:46:45 gw user.info kernel: 0 TTL=126 DF PROTO=TCP SPT=59344 DPT=443 WINDOW=8212 RES=0x00 SYN URGP=0"), &second)
	if first.Piece != Head || second.Piece != Tail {
		t.Fatalf("pieces are %d and %d", first.Piece, second.Piece)
	}
	line := Join([]byte(head+"DST=198.51.100.7 LEN=52 TOS=0x00 PREC=0x0\n"), &second, false)
	if p.Line(line, &whole); whole.Kind != SessionNew || whole.DPort != 443 || whole.SPort != 59344 || whole.Piece != 0 {
		t.Errorf("%s is %v", line, whole.Event)
	}
}
