package wire

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/miekg/dns"
)

// lines is a capture as text, without "2026-11-28T" in front and " capture:" in each line.
func lines(t *testing.T, file []byte) ([]string, Stats) {
	t.Helper()
	text, err := NewText(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(text)
	if err != nil {
		t.Fatal(err)
	}
	s := strings.NewReplacer("2026-11-28T", "", " capture:", "", "000000Z", "Z").Replace(string(b))
	return strings.Split(strings.TrimSuffix(s, "\n"), "\n"), text.Stats()
}

func TestSessions(t *testing.T) {
	const ends = "tcp 192.168.1.20:40000 > 203.0.113.5:443 "
	syn, synack := segment(t, false, SYN, 100, 0, 1000, ""), segment(t, true, SYN|ACK, 500, 101, 1000, "")
	ack := segment(t, false, ACK, 101, 501, 1000, "")
	ask := segment(t, false, ACK|PSH, 101, 501, 1000, "question")
	answer := segment(t, true, ACK|PSH, 501, 109, 1000, "answer!")
	fin, finack := segment(t, false, FIN|ACK, 109, 508, 1000, ""), segment(t, true, FIN|ACK, 508, 110, 1000, "")
	last := segment(t, false, ACK, 110, 509, 1000, "")
	rst, rstack := segment(t, true, RST, 501, 0, 0, ""), segment(t, true, RST|ACK, 0, 101, 0, "")
	const ms = time.Millisecond
	unreachable := packet(t, ether(layers.EthernetTypeIPv4), ipv4(server, laptop, layers.IPProtocolICMPv4),
		gopacket.Payload(append([]byte{3, 1, 0, 0, 0, 0, 0, 0}, syn[14:]...)))
	for _, c := range []struct {
		name   string
		frames []at
		want   []string
	}{
		{"closed", []at{{0, syn}, {ms, synack}, {2 * ms, ack}, {3 * ms, ask}, {4 * ms, answer}, {5 * ms, fin},
			{6 * ms, finack}, {7 * ms, last}},
			[]string{"10:00:00.000Z begin " + ends,
				"10:00:00.006Z end " + ends + "closed by=203.0.113.5 packets=4/3 bytes=8/7 lasted=0.006"}},
		{"refused", []at{{0, syn}, {ms, rstack}},
			[]string{"10:00:00.000Z begin " + ends,
				"10:00:00.001Z end " + ends + "refused by=203.0.113.5 packets=1/1 bytes=0/0 lasted=0.001"}},
		{"unreachable", []at{{0, syn}, {ms, unreachable}},
			[]string{"10:00:00.000Z begin " + ends,
				"10:00:00.001Z end " + ends + "refused by=203.0.113.5 packets=1/0 bytes=0/0 lasted=0.000"}},
		{"reset", []at{{0, syn}, {ms, synack}, {2 * ms, ack}, {3 * ms, ask}, {4 * ms, rst}},
			[]string{"10:00:00.000Z begin " + ends,
				"10:00:00.004Z end " + ends + "reset by=203.0.113.5 packets=3/2 bytes=8/0 lasted=0.004"}},
		{"unanswered, the SYN sent again", []at{{0, syn}, {time.Second, syn}, {200 * time.Second, rst}},
			[]string{"10:00:00.000Z begin " + ends,
				"10:02:01.000Z end " + ends + "unanswered packets=2/0 bytes=0/0 lasted=1.000 again=1/0",
				"10:03:20.000Z reset tcp 203.0.113.5:443 > 192.168.1.20:40000"}},
		{"the port used again", []at{{0, syn}, {ms, rstack}, {time.Second, segment(t, false, SYN, 900, 0, 1000, "")}},
			[]string{"10:00:00.000Z begin " + ends,
				"10:00:00.001Z end " + ends + "refused by=203.0.113.5 packets=1/1 bytes=0/0 lasted=0.001",
				"10:00:01.000Z begin " + ends, "10:00:01.000Z open " + ends + "packets=1/0 bytes=0/0 lasted=0.000"}},
		{"from the middle", []at{{0, answer}, {ms, fin}, {2 * ms, finack}},
			[]string{"10:00:00.002Z end " + ends +
				"closed by=203.0.113.5 packets=1/2 bytes=0/7 lasted=0.002 begun=earlier"}},
		{"a reset of nothing", []at{{0, rst}},
			[]string{"10:00:00.000Z reset tcp 203.0.113.5:443 > 192.168.1.20:40000"}},
		{"the answer to a SYN that is not in the capture", []at{{0, rstack}},
			[]string{"10:00:00.000Z reset tcp 203.0.113.5:443 > 192.168.1.20:40000 ack"}},
		{"a window taken back", []at{{0, syn}, {ms, synack}, {2 * ms, ack}, {3 * ms, ask},
			{4 * ms, segment(t, true, ACK, 501, 101, 0, "")}},
			[]string{"10:00:00.000Z begin " + ends,
				"10:00:00.004Z window tcp 203.0.113.5:443 > 192.168.1.20:40000 shrunk",
				"10:00:00.004Z open " + ends + "packets=3/2 bytes=8/0 lasted=0.004 zero-window=0/1"}},
		{"a full receiver", []at{{0, syn}, {ms, synack}, {2 * ms, ack}, {3 * ms, ask},
			{4 * ms, segment(t, true, ACK, 501, 109, 0, "")}},
			[]string{"10:00:00.000Z begin " + ends,
				"10:00:00.004Z open " + ends + "packets=3/2 bytes=8/0 lasted=0.004 zero-window=0/1"}},
	} {
		got, _ := lines(t, pcapFile(linkEthernet, c.frames...))
		for i := range c.want {
			c.want[i] = strings.TrimSuffix(c.want[i], " ")
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, strings.Join(got, "\n"), strings.Join(c.want, "\n"))
		}
	}
}

func TestDatagrams(t *testing.T) {
	lease := make([]byte, 240)
	lease[0], lease[2] = 2, 6
	copy(lease[16:], laptop.AsSlice())
	copy(lease[28:], []byte{2, 0, 0, 0, 0, 1})
	copy(lease[236:], []byte{0x63, 0x82, 0x53, 0x63})
	lease = append(lease, 53, 1, 5, 12, 7, 'm', 'y', ' ', 'b', 'o', '\n', 'x', 255)
	group := netip.MustParseAddr("224.0.0.251")
	got, stats := lines(t, pcapFile(linkEthernet,
		at{0, datagram(t, laptop, phone, 5555, 53, question(t, "5.113.0.203.in-addr.arpa.", dns.TypePTR))},
		at{1e6, datagram(t, phone, laptop, 53, 5555, []byte("answer"))},
		at{2e6, datagram(t, phone, laptop, 67, 68, lease)},
		at{3e6, datagram(t, laptop, phone, 514, 514, []byte("<6>Nov 28 10:00:00 gw kernel: two\nlines\n"))},
		at{4e6, datagram(t, laptop, group, 5353, 5353, question(t, "a.local.", dns.TypeA))},
		at{40e9, datagram(t, laptop, server, 123, 123, []byte("time"))}))
	want := []string{
		"10:00:00.000Z begin udp 192.168.1.20:5555 > 192.168.1.30:53",
		"10:00:00.000Z dns udp 192.168.1.20:5555 > 192.168.1.30:53 PTR 5.113.0.203.in-addr.arpa.",
		`10:00:00.002Z lease 192.168.1.20 02:00:00:00:00:01 my\x20bo\x0ax`,
		"10:00:00.002Z begin udp 192.168.1.30:67 > 192.168.1.20:68",
		"<6>Nov 28 10:00:00 gw kernel: two#012lines",
		"10:00:30.002Z end udp 192.168.1.30:67 > 192.168.1.20:68 unanswered packets=1/0 bytes=253/0 lasted=0.000",
		"10:00:40.000Z begin udp 192.168.1.20:123 > 203.0.113.5:123",
		"10:00:00.001Z open udp 192.168.1.20:5555 > 192.168.1.30:53 packets=1/1 bytes=43/6 lasted=0.001",
		"10:00:40.000Z open udp 192.168.1.20:123 > 203.0.113.5:123 packets=1/0 bytes=4/0 lasted=0.000",
	}
	want[len(want)-2] = strings.Replace(want[len(want)-2], "bytes=43", fmt.Sprint("bytes=",
		len(question(t, "5.113.0.203.in-addr.arpa.", dns.TypePTR))), 1)
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if stats.Spread != 1 || stats.Sessions != 3 || stats.Frames != 6 {
		t.Errorf("%+v", stats)
	}
}

// hello is a ClientHello that asks for a name.
func hello(name string) string {
	be := binary.BigEndian
	sni := be.AppendUint16(nil, uint16(len(name)+3))
	sni = append(sni, 0)
	sni = append(be.AppendUint16(sni, uint16(len(name))), name...)
	body := append([]byte{3, 3}, make([]byte, 32)...)
	body = append(body, 0, 0, 2, 0x13, 1, 1, 0)
	body = be.AppendUint16(body, uint16(len(sni)+4))
	body = append(be.AppendUint16(append(body, 0, 0), uint16(len(sni))), sni...)
	shake := append([]byte{1, 0}, be.AppendUint16(nil, uint16(len(body)))...)
	record := append([]byte{22, 3, 1}, be.AppendUint16(nil, uint16(len(shake)+len(body)))...)
	return string(slices.Concat(record, shake, body))
}

// What a client asks for is read also where it comes in several packets, or twice.
func TestRequests(t *testing.T) {
	const get = "GET /list?a=b HTTP/1.1\r\nHost: example.net\r\n\r\n"
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"http", get, []string{"http GET example.net/list?a=b"}},
		{"two", get + get, []string{"http GET example.net/list?a=b", "http GET example.net/list?a=b"}},
		{"hostile", "GET /\x1b[2J\\ HTTP/1.1\nhOST:x\n\n", []string{`http GET x/\x1b[2J\x5c`}},
		{"tls", hello("example.net"), []string{"tls example.net"}},
		{"neither", "GET no http\r\n\r\n", nil},
		{"tls cut", hello("example.net")[:20], nil},
	} {
		for _, size := range []int{len(c.text), 7} {
			fs := []at{{0, segment(t, false, SYN, 100, 0, 1000, "")}}
			for i := 0; i < len(c.text); i += size {
				part := segment(t, false, ACK, uint32(101+i), 1, 1000, c.text[i:min(len(c.text), i+size)])
				fs = append(fs, at{time.Duration(i+1) * time.Millisecond, part},
					at{time.Duration(i+2) * time.Millisecond, part})
			}
			got, _ := lines(t, pcapFile(linkEthernet, fs...))
			var asked []string
			for _, l := range got {
				if f := strings.Fields(l); f[1] == "http" || f[1] == "tls" {
					asked = append(asked, strings.Join(append(f[1:2], f[6:]...), " "))
				}
			}
			if !slices.Equal(asked, c.want) {
				t.Errorf("%s in pieces of %d: %q, want %q", c.name, size, asked, c.want)
			}
		}
	}
}

// What is beyond the bounds is counted.
func TestBounds(t *testing.T) {
	var fs []at
	for i := range 20 {
		fs = append(fs, at{0, datagram(t, laptop, server, uint16(2000+i), 99, []byte("x"))})
	}
	text, err := NewText(bytes.NewReader(pcapFile(linkEthernet, fs...)))
	if err != nil {
		t.Fatal(err)
	}
	text.s.most = 8
	if _, err := io.Copy(io.Discard, text); err != nil {
		t.Fatal(err)
	}
	if s := text.Stats(); s.Sessions != 8 || s.Beyond != 12 {
		t.Errorf("%d sessions, %d beyond", s.Sessions, s.Beyond)
	}
	tables := NewTables(time.Second)
	tables.most = 8
	var d Decoder
	for _, f := range fs {
		fr := Frame{HasTime: true, Link: linkEthernet, Data: f.data, Length: len(f.data)}
		tables.Add(&fr, d.Decode(&fr))
	}
	if n := len(tables.Conversations(ByUDP)); n != 8 || tables.Counts.OtherConversations.Frames != 12 {
		t.Errorf("%d conversations, %d beyond", n, tables.Counts.OtherConversations.Frames)
	}
	s := &requests{found: func(*session, string, []byte, []byte) {}}
	for range headsMax + 10 {
		s.packet(&session{}, &IP{Payload: []byte("GET /a HTTP/1.1\r\n"), Length: 17})
	}
	if len(s.heads) != headsMax {
		t.Errorf("%d heads", len(s.heads))
	}
	for range greetedMax + 10 {
		s.greet(&session{}, &greeted{}, []byte{6, 0, 1, 1})
	}
	if len(s.greetings) != greetedMax {
		t.Errorf("%d greetings", len(s.greetings))
	}
}

func BenchmarkText(b *testing.B) {
	var fs []at
	for i := range 1000 {
		after := time.Duration(i) * time.Millisecond
		s := segment(b, i%2 == 1, ACK, uint32(i*1000), 1, 1000, strings.Repeat("x", 1000))
		fs = append(fs, at{after, s})
	}
	file := pcapFile(linkEthernet, fs...)
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	for b.Loop() {
		text, err := NewText(bytes.NewReader(file))
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, text); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/packet")
}
