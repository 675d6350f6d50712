package parse

import (
	"bytes"
	"net/netip"
	"os"
	"testing"
)

func TestFamilyCGolden(t *testing.T) {
	p := NewParser()
	var rec Record
	var got []byte
	for _, l := range readLines(t, "family-c.log") {
		p.Line(l, &rec)
		got = append(AppendJSON(got, &rec), '\n')
	}
	const file = "testdata/family-c.golden"
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; look at the difference, then run with -update:\n%s", file, firstDifference(got, want))
	}
}

// TestFamilyCTruncated cuts every line short everywhere: nothing may break, and no port or count may appear that the
// whole line does not have.
func TestFamilyCTruncated(t *testing.T) {
	p := NewParser()
	var rec Record
	for _, l := range readLines(t, "family-c.log") {
		for i := range l {
			p.Line(l[:i], &rec)
			AppendJSON(nil, &rec)
			if (rec.Kind == Unknown) != (rec.Dialect == "") {
				t.Fatalf("kind %v of dialect %q: %q", rec.Kind, rec.Dialect, l[:i])
			}
		}
	}
}

func TestFamilyCHugeLines(t *testing.T) {
	p := NewParser()
	var rec Record
	for _, s := range []string{"1,", "<flow ", "<src>", " > ", "1 ms ", " * ", "a=1ms ", "= 1", "{\"_ip\":{", "\"QH\"", "::", "a ", "  1", "rule /", "| 1 <> 2 ", " <-> ", "[", "1.1.1.1 ", "\"\\"} {
		line := bytes.Repeat([]byte(s), 1<<18/len(s))
		for _, head := range []string{"", " 1  ", "<flow type=\"new\">", "{\"src_ip\":", "Nov 21 20:28:21 gw filterlog: ", "Nov 21 20:28:21 gw named: client ", "Nov 21 20:28:21 gw unbound: info: ",
			"10:00:00.123456 IP ", "Nov 21 20:28:21 gw pf: rule ", "Nov 21 20:28:21 gw kea-dhcp4: ", "64 bytes from ", "| ", "Nov 21 20:28:21 gw ipfw: 1 Deny "} {
			p.Line(append([]byte(head), line...), &rec)
			AppendJSON(nil, &rec)
		}
	}
}

// TestFamilyCEvents checks what is stored, which JSON shows in other words.
func TestFamilyCEvents(t *testing.T) {
	a := netip.MustParseAddr
	for _, c := range []struct {
		name, line, detail string
		want               Event
	}{
		{"ping", "64 bytes from 1.1.1.1: icmp_seq=0 ttl=57 time=4.321 ms", "", Event{Kind: Latency, Src: a("1.1.1.1"), Count: 4321, Packets: 1, Bytes: 64}},
		{"ping with a zone", "16 bytes from fe80::1%en0, icmp_seq=0 hlim=64 time=2.677 ms", "", Event{Kind: Latency, Src: a("fe80::1"), Count: 2677, Packets: 1, Bytes: 16}},
		{"ping timeout", "Request timeout for icmp_seq 0", "timeout", Event{Kind: Latency}},
		{"ping unreachable", "From 192.168.1.1 icmp_seq=1 Destination Host Unreachable", "host unreachable", Event{Kind: Latency, Src: a("192.168.1.1")}},
		{"ping below a millisecond", "Reply from 192.168.1.1: bytes=32 time<1ms TTL=64", "", Event{Kind: Latency, Src: a("192.168.1.1"), Count: 1000, Packets: 1, Bytes: 32}},
		{"ping summary", "4 packets transmitted, 3 received, +1 errors, 25% packet loss, time 3005ms", "", Event{Kind: System}},
		{"hop", " 5  h.example  (86.50.255.220) [AS1741]  3.845 ms  3.810 ms  3.820 ms", "h.example", Event{Kind: Latency, Src: a("86.50.255.220"), Count: 3810, Packets: 3}},
		{"hop without an answer", " 3  * * *", "timeout", Event{Kind: Latency}},
		{"mtr", "  3. 68.85.118.13                  0.0%    10    9.8  12.2   8.7  18.2   3.0", "68.85.118.13", Event{Kind: Latency, Src: a("68.85.118.13"), Count: 12200, Packets: 10}},
		{"mtr raw", "p 0 1234 33000", "", Event{Kind: Latency, Count: 1234, Packets: 1}},
		{"conversation", "10.0.0.1:5000 <-> 10.0.0.2:443   10 1 kB   20 2 kB  30 3 kB    0.43   3.4", "",
			Event{Kind: Traffic, Src: a("10.0.0.1"), SPort: 5000, Dst: a("10.0.0.2"), DPort: 443, Packets: 30, Bytes: 3000}},
		{"captured SYN", "    10.0.2.2.59576 > 10.0.2.15.25: Flags [S], seq 17536001, win 65535, length 0", "",
			Event{Kind: SessionNew, Src: a("10.0.2.2"), SPort: 59576, Dst: a("10.0.2.15"), DPort: 25, Proto: TCP, Flags: SYN, Packets: 1}},
		{"captured reset", "    10.0.2.2.59576 > 10.0.2.15.25: Flags [R.], seq 17536001, win 65535, length 0", "",
			Event{Kind: Reset, Src: a("10.0.2.2"), SPort: 59576, Dst: a("10.0.2.15"), DPort: 25, Proto: TCP, Flags: RST | ACK, Packets: 1}},
		{"captured data", "    10.0.2.2.59576 > 10.0.2.15.25: Flags [P.], seq 1:3, ack 1, win 65535, length 2", "",
			Event{Kind: Traffic, Src: a("10.0.2.2"), SPort: 59576, Dst: a("10.0.2.15"), DPort: 25, Proto: TCP, Flags: PSH | ACK, Packets: 1, Bytes: 2}},
		{"captured question", "    192.0.0.1.46225 > 192.0.0.2.53: 8476+ [1au] A? example.com. (44)", "example.com",
			Event{Kind: DNSQuery, Src: a("192.0.0.1"), SPort: 46225, Dst: a("192.0.0.2"), DPort: 53, Proto: UDP, Packets: 1}},
		{"pf refuses", "Nov 21 10:00:00 gw filterlog: 76,,,1424720618,em1,match,block,in,4,0x0,,63,43195,0,none,6,tcp,84,10.0.0.2,8.8.8.8,5353,53,64,S,1,,2,,", "1424720618",
			Event{Kind: SessionDenied, Src: a("10.0.0.2"), SPort: 5353, Dst: a("8.8.8.8"), DPort: 53, Proto: TCP, Flags: SYN}},
		{"pf has no state left", "Nov 21 10:00:00 gw filterlog: 76,,,1424720618,em1,state-limit,block,in,4,0x0,,63,43195,0,none,17,udp,84,10.0.0.2,8.8.8.8,5353,53,64", "state-limit",
			Event{Kind: TableFull, Src: a("10.0.0.2"), SPort: 5353, Dst: a("8.8.8.8"), DPort: 53, Proto: UDP}},
		{"pf limit", "Nov 21 10:00:00 bsd kernel: [zone: pf states] PF states limit reached", "pf states", Event{Kind: TableFull}},
		{"ipfw lets pass", "Nov 21 10:00:00 bsd kernel: ipfw: 300 Accept ICMP:8.0 10.0.0.1 8.8.8.8 out via em0", "300", Event{Kind: SessionNew, Src: a("10.0.0.1"), Dst: a("8.8.8.8"), Proto: ICMP}},
		{"ipfw without dynamic rules", "Nov 21 10:00:00 bsd kernel: ipfw: install_state: Too many dynamic rules", "ipfw dynamic rules", Event{Kind: TableFull}},
		{"lease", "Nov 21 10:00:00 h dhcpd[12]: DHCPACK on 10.0.0.5 to 52:54:00:12:34:56 (laptop) via eth0", "laptop", Event{Kind: DHCPLease, Src: a("10.0.0.5")}},
		{"reverse question", "Nov 21 10:00:00 gw unbound[1234]: [1234:0] info: 192.168.1.5 9.2.0.192.in-addr.arpa. PTR IN", "9.2.0.192.in-addr.arpa",
			Event{Kind: DNSQuery, Src: a("192.168.1.5"), NATDst: a("192.0.2.9")}},
		{"unanswered flow", `<flow type="destroy"><meta direction="original"><layer3 protonum="2"><src>10.10.0.7</src><dst>9.9.9.9</dst></layer3><layer4 protonum="17"><sport>41276</sport><dport>53</dport></layer4></meta><meta direction="reply"><layer3><src>9.9.9.9</src><dst>203.0.113.1</dst></layer3><layer4 protonum="17"><sport>53</sport><dport>1024</dport></layer4></meta><meta direction="independent"><unreplied/></meta></flow>`, "",
			Event{Kind: SessionEnd, Src: a("10.10.0.7"), SPort: 41276, Dst: a("9.9.9.9"), DPort: 53, NATSrc: a("203.0.113.1"), NATSPort: 1024, Proto: UDP, State: Unreplied}},
	} {
		t.Run(c.name, func(t *testing.T) {
			rec := parseLine(c.line)
			if got := rec.Detail.String(); got != c.detail {
				t.Errorf("detail is %q, want %q", got, c.detail)
			}
			got := rec.Event
			got.Detail = Name{}
			if got != c.want {
				t.Errorf("\ngot  %+v\nwant %+v", got, c.want)
			}
		})
	}
}

// TestFamilyCLeavesOthersAlone holds lines that look a little like ours.
func TestFamilyCLeavesOthersAlone(t *testing.T) {
	for _, line := range []string{
		"2 dogs and 3 cats", "10 packets", "1. first item of a list", "From here to there", "12:30:00 lunch", "2026-11-21 10:00:00 app started > ready: yes",
		"a  1  2", "| table | row |", "[error] something failed", "<html>", "{\"level\":\"info\",\"msg\":\"started\"}", "client connected", "a = 1, b = 2, c = 3",
		"Nov 21 10:00:00 host app: 64 bytes from nowhere", "eth0      Link encap:Ethernet  HWaddr 00:11:22:33:44:55",
	} {
		if rec := parseLine(line); rec.Kind != Unknown {
			t.Errorf("%q is taken for %s %s", line, rec.Dialect, rec.Word)
		}
	}
}
