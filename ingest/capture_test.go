package ingest

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

var be, le = binary.BigEndian, binary.LittleEndian

const (
	etherIPv4 = "\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x02\x08\x00"
	rawLink   = 101

	protoTCP, protoUDP = 6, 17

	magicMicro   = 0xa1b2c3d4
	magicNano    = 0xa1b23c4d
	sectionBlock = 0x0a0d0d0a
	sectionOrder = 0x1a2b3c4d
)

// udpTo is a datagram from a port to another.
func udpTo(port uint16, text string) []byte {
	b := be.AppendUint16(nil, 40000)
	b = be.AppendUint16(b, port)
	b = be.AppendUint16(b, uint16(8+len(text)))
	return append(append(b, 0, 0), text...)
}

// tcpTo is a segment to port 514.
func tcpTo(seq uint32, flags byte, text string) []byte {
	b := be.AppendUint16(nil, 40000)
	b = be.AppendUint16(b, 514)
	b = be.AppendUint32(b, seq)
	b = append(b, 0, 0, 0, 0, 5<<4, flags, 0, 0, 0, 0, 0, 0)
	return append(b, text...)
}

// ip4 is an IPv4 packet from 192.0.2.host; frag is the flags and offset field.
func ip4(host byte, proto byte, id, frag uint16, data []byte) []byte {
	b := []byte{0x45, 0}
	b = be.AppendUint16(b, uint16(20+len(data)))
	b = be.AppendUint16(b, id)
	b = be.AppendUint16(b, frag)
	b = append(b, 64, proto, 0, 0, 192, 0, 2, host, 192, 0, 2, 1)
	return append(b, data...)
}

func ip6(next byte, data []byte) []byte {
	b := []byte{0x60, 0, 0, 0}
	b = be.AppendUint16(b, uint16(len(data)))
	b = append(b, next, 64)
	src, dst := netip.MustParseAddr("2001:db8::2").As16(), netip.MustParseAddr("2001:db8::1").As16()
	return append(append(append(b, src[:]...), dst[:]...), data...)
}

var begun = time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)

// pcapFile is a capture of packets a millisecond apart.
func pcapFile(order binary.AppendByteOrder, magic, link uint32, packets ...[]byte) []byte {
	b := order.AppendUint32(nil, magic)
	b = order.AppendUint16(b, 2)
	b = order.AppendUint16(b, 4)
	b = append(b, make([]byte, 8)...)
	b = order.AppendUint32(b, 262144)
	b = order.AppendUint32(b, link)
	for i, p := range packets {
		frac := uint32(i) * 1000
		if magic == magicNano {
			frac *= 1000
		}
		b = order.AppendUint32(b, uint32(begun.Unix()))
		b = order.AppendUint32(b, frac)
		b = order.AppendUint32(b, uint32(len(p)))
		b = order.AppendUint32(b, uint32(len(p)))
		b = append(b, p...)
	}
	return b
}

func block(order binary.AppendByteOrder, kind uint32, body []byte) []byte {
	for len(body)%4 != 0 {
		body = append(body, 0)
	}
	n := uint32(12 + len(body))
	b := order.AppendUint32(nil, kind)
	b = order.AppendUint32(b, n)
	return order.AppendUint32(append(b, body...), n)
}

// pcapngFile is the same as pcapng, with times in nanoseconds that begin ten seconds late, which the interface makes
// good.
func pcapngFile(order binary.AppendByteOrder, link uint16, packets ...[]byte) []byte {
	section := order.AppendUint32(nil, sectionOrder)
	section = order.AppendUint16(order.AppendUint16(section, 1), 0)
	section = append(section, 255, 255, 255, 255, 255, 255, 255, 255)
	b := block(order, sectionBlock, section)
	on := order.AppendUint16(nil, link)
	on = order.AppendUint32(append(on, 0, 0), 0)
	on = order.AppendUint16(on, 9)
	on = order.AppendUint16(on, 1)
	on = append(on, 9, 0, 0, 0)
	on = order.AppendUint16(on, 14)
	on = order.AppendUint16(on, 8)
	on = order.AppendUint64(on, 10)
	b = append(b, block(order, 1, on)...)
	b = append(b, block(order, 5, make([]byte, 12))...) // statistics, of no interest
	for i, p := range packets {
		at := uint64(begun.Add(time.Duration(i)*time.Millisecond - 10*time.Second).UnixNano())
		e := order.AppendUint32(nil, 0)
		e = order.AppendUint32(e, uint32(at>>32))
		e = order.AppendUint32(e, uint32(at))
		e = order.AppendUint32(e, uint32(len(p)))
		e = order.AppendUint32(e, uint32(len(p)))
		b = append(b, block(order, 6, append(e, p...))...)
	}
	return b
}

// messagesOf are the texts of a capture's messages, and what it says of the packets.
func messagesOf(t testing.TB, file []byte, ports ...uint16) (texts []string, all []Message, s CaptureStats) {
	t.Helper()
	if len(ports) == 0 {
		ports = []uint16{514}
	}
	m, err := NewMessages(bytes.NewReader(file), ports...)
	if err != nil {
		t.Fatal(err)
	}
	all, err = m.All(1 << 30)
	s, ok := m.Capture()
	if err != nil && !strings.Contains(err.Error(), "no whole message") || !ok {
		t.Fatalf("%v, %v", err, ok)
	}
	for _, one := range all {
		texts = append(texts, string(one.Text))
	}
	return texts, all, s
}

// TestRealCapture reads what tcpdump -i any wrote of datagrams over IPv4 and IPv6, whole and in fragments, and of two
// connections.
func TestRealCapture(t *testing.T) {
	file, err := os.ReadFile("testdata/syslog.pcap.gz")
	if err != nil {
		t.Fatal(err)
	}
	texts, all, s := messagesOf(t, file)
	want := []string{"<13>Nov 22 03:00:00 gw app: datagram 0 of 127.0.0.1\n",
		"<13>Nov 22 03:00:01 gw app: datagram 1 of 127.0.0.1\n",
		"<13>Nov 22 03:00:00 gw app: datagram 0 of 127.0.0.2\n", "<13>Nov 22 03:00:03 gw6 app: over IPv6",
		"<13>Nov 22 03:00:04 gw6 app: in fragments " + strings.Repeat("6", 2000),
		"<13>Nov 22 03:00:04 gw app: in fragments " + strings.Repeat("4", 3000),
		"<13>Nov 22 03:00:05 gw app: a line", "<13>Nov 22 03:00:05 gw app: half a line",
		"<13>1 2026-11-22T03:00:06Z gw app - - - counted", "<13>1 2026-11-22T03:00:06Z gw app - - - two\nlines"}
	if !slices.Equal(texts, want) {
		t.Errorf("got %q", texts)
	}
	if s != (CaptureStats{Packets: 30, Messages: 10, Other: 1}) {
		t.Errorf("%+v", s)
	}
	if all[0].From != 1 || all[2].From != 2 || all[3].From != 3 || all[6].From != 1 {
		t.Errorf("senders %+v", all)
	}
	if d := all[1].At.Sub(all[0].At); d != 50200*time.Microsecond {
		t.Errorf("%v between the first two", d)
	}
	if texts, _, s := messagesOf(t, file, 53); !slices.Equal(texts, []string{"no syslog"}) || s.Other != 29 {
		t.Errorf("port 53: %q, %+v", texts, s)
	}
}

func TestCaptureFiles(t *testing.T) {
	a, b := ip4(7, protoUDP, 1, 0, udpTo(514, "<13>a")), ip4(8, protoUDP, 2, 0, udpTo(514, "<13>b\n"))
	var gz bytes.Buffer
	w := gzip.NewWriter(&gz)
	w.Write(pcapFile(le, magicMicro, rawLink, a, b))
	w.Close()
	simple := func(p []byte) []byte { return block(le, 3, append(le.AppendUint32(nil, uint32(len(p))), p...)) }
	for name, file := range map[string][]byte{
		"pcap":              pcapFile(le, magicMicro, rawLink, a, b),
		"big-endian":        pcapFile(be, magicMicro, rawLink, a, b),
		"nanoseconds":       pcapFile(le, magicNano, rawLink, a, b),
		"big nanoseconds":   pcapFile(be, magicNano, rawLink, a, b),
		"pcapng":            pcapngFile(le, rawLink, a, b),
		"big-endian pcapng": pcapngFile(be, rawLink, a, b),
		"two sections":      append(pcapngFile(le, rawLink, a), pcapngFile(be, rawLink, b, b)[:]...),
		"without times":     append(pcapngFile(le, rawLink), append(simple(a), simple(b)...)...),
		"gzip":              gz.Bytes(),
	} {
		t.Run(name, func(t *testing.T) {
			texts, all, s := messagesOf(t, file)
			if len(texts) < 2 || texts[0] != "<13>a" || texts[1] != "<13>b\n" || s.Other+s.Link+s.Short > 0 {
				t.Fatalf("%q, %+v", texts, s)
			}
			if name == "without times" {
				if !all[0].At.IsZero() {
					t.Errorf("at %v", all[0].At)
				}
				return
			}
			second := begun.Add(time.Millisecond)
			if name == "two sections" {
				second = begun
			}
			if !all[0].At.Equal(begun) || !all[1].At.Equal(second) || all[0].From != 1 || all[1].From != 2 {
				t.Errorf("%+v", all)
			}
		})
	}
}

func TestLinks(t *testing.T) {
	v4, v6 := ip4(7, protoUDP, 1, 0, udpTo(514, "<13>a")), ip6(protoUDP, udpTo(514, "<13>a"))
	ether := etherIPv4[:12]
	options := ip4(7, protoUDP, 1, 0, append([]byte{1, 1, 1, 1}, udpTo(514, "<13>a")...))
	options[0] = 0x46
	large := slices.Clone(v6) // left to the network card, which makes smaller packets of it
	be.PutUint16(large[4:], 0)
	large4 := slices.Clone(v4)
	be.PutUint16(large4[2:], 0)
	for _, tc := range []struct {
		name   string
		link   uint32
		packet string
	}{
		{"ethernet", 1, etherIPv4 + string(v4)},
		{"ethernet with its padding", 1, etherIPv4 + string(v4) + "\x00\x00\x00\x00\x00\x00"},
		{"ethernet, flags above the number", 1 | 1<<26, etherIPv4 + string(v4)},
		{"IPv6", 1, ether + "\x86\xdd" + string(v6)},
		{"VLAN", 1, ether + "\x81\x00\x00\x05\x08\x00" + string(v4)},
		{"VLAN in VLAN", 1, ether + "\x88\xa8\x00\x05\x81\x00\x00\x07\x86\xdd" + string(v6)},
		{"PPPoE", 1, ether + "\x88\x64\x11\x00\x00\x01\x00\x23\x00\x21" + string(v4)},
		{"PPP", 9, "\xff\x03\x00\x57" + string(v6)},
		{"cooked", 113, "\x00\x00\x00\x01\x00\x06\x02\x00\x00\x00\x00\x01\x00\x00\x08\x00" + string(v4)},
		{"cooked, VLAN", 113, "\x00\x00\x00\x01\x00\x06\x02\x00\x00\x00\x00\x01\x00\x00\x81\x00\x00\x05\x08\x00" +
			string(v4)},
		{"cooked 2", 276, "\x08\x00\x00\x00\x00\x00\x00\x01\x00\x01\x00\x06\x02\x00\x00\x00\x00\x01\x00\x00" +
			string(v4)},
		{"loopback", 0, "\x02\x00\x00\x00" + string(v4)},
		{"loopback, IPv6 of a Mac", 0, "\x1e\x00\x00\x00" + string(v6)},
		{"raw", 101, string(v6)},
		{"IPv4 without a length", 101, string(large4)},
		{"IPv6 without a length", 101, string(large)},
		{"IP options", 101, string(options)},
		{"IPv6 options", 101, string(ip6(0, append([]byte{60, 0, 0, 0, 0, 0, 0, 0, protoUDP, 1, 0, 0, 0, 0, 0, 0, 0, 0,
			0, 0, 0, 0, 0, 0}, udpTo(514, "<13>a")...)))},
	} {
		if texts, _, s := messagesOf(t, pcapFile(le, magicMicro, tc.link, []byte(tc.packet))); !slices.Equal(texts,
			[]string{"<13>a"}) {
			t.Errorf("%s: %q, %+v", tc.name, texts, s)
		}
		for n := range tc.packet { // cut anywhere: counted once, never sent
			_, all, s := messagesOf(t, pcapFile(le, magicMicro, tc.link, []byte(tc.packet[:n])))
			if len(all) == 1 && strings.HasSuffix(tc.name, "padding") {
				continue
			}
			if len(all) != 0 || s.Other+s.Short != 1 {
				t.Fatalf("%s, cut to %d bytes: %v, %+v", tc.name, n, all, s)
			}
		}
	}
	_, _, s := messagesOf(t, pcapFile(le, magicMicro, 189, v4)) // USB
	if s != (CaptureStats{Packets: 1, Link: 1}) {
		t.Errorf("%+v", s)
	}
}

// TestTunnels: messages inside a tunnel are not read, as their sender is hidden.
func TestTunnels(t *testing.T) {
	v4, v6 := ip4(7, protoUDP, 1, 0, udpTo(514, "<13>a")), ip6(protoUDP, udpTo(514, "<13>a"))
	for name, packet := range map[string][]byte{
		"IPv4 in IPv4":                ip4(7, 4, 1, 0, v4),
		"IPv6 in IPv4":                ip4(7, 41, 1, 0, v6),
		"IPv4 in IPv6":                ip6(4, v4),
		"IPv6 in IPv6 behind options": ip6(60, append([]byte{41, 0, 1, 4, 0, 0, 0, 0}, v6...)),
		"IPv4 in a fragment":          ip6(44, append([]byte{4, 0, 0, 0, 0, 0, 0, 1}, v4...)),
		"GRE in IPv6":                 ip6(47, append([]byte{0, 0, 8, 0}, v4...)),
		"Ethernet in IPv6":            ip6(97, append([]byte("\x30\x00"+etherIPv4), v4...)),
		"MPLS in IPv6":                ip6(137, append([]byte{0, 1, 1, 64}, v4...)),
	} {
		if texts, _, s := messagesOf(t, pcapFile(le, magicMicro, rawLink, packet)); len(texts) > 0 ||
			s != (CaptureStats{Packets: 1, Other: 1}) {
			t.Errorf("%s: %q, %+v", name, texts, s)
		}
	}
}

// TestDecodedMax: a message behind heads is found, and one that begins beyond decodedMax is not looked for.
func TestDecodedMax(t *testing.T) {
	v4 := ip4(7, protoUDP, 1, 0, udpTo(514, "<13>a"))
	for heads, want := range map[int]CaptureStats{
		10:             {Packets: 1, Messages: 1},
		decodedMax / 4: {Packets: 1, Other: 1},
	} {
		tags := append([]byte(etherIPv4[:12]), bytes.Repeat([]byte{0x81, 0, 0, 5}, heads)...)
		file := pcapFile(le, magicMicro, 1, append(append(tags, 8, 0), v4...))
		le.PutUint32(file[16:], packetMax)
		if _, _, s := messagesOf(t, file); s != want {
			t.Errorf("%d heads: %+v, want %+v", heads, s, want)
		}
	}
}

func TestNotSent(t *testing.T) {
	packet := func(p []byte) []byte { return pcapFile(le, magicMicro, rawLink, p) }
	whole := ip4(7, protoUDP, 1, 0, udpTo(514, "<13>a message"))
	lies := slices.Clone(whole)
	be.PutUint16(lies[24:], 9000) // more than the packet has
	for _, tc := range []struct {
		name string
		file []byte
		want CaptureStats
	}{
		{"another port", packet(ip4(7, protoUDP, 1, 0, udpTo(53, "<13>a"))), CaptureStats{Packets: 1, Other: 1}},
		{"another protocol", packet(ip4(7, 1, 1, 0, udpTo(514, "<13>a"))), CaptureStats{Packets: 1, Other: 1}},
		{"no IP", pcapFile(le, magicMicro, 1, []byte(etherIPv4[:12]+"\x08\x06aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")),
			CaptureStats{Packets: 1, Other: 1}},
		{"empty", packet(ip4(7, protoUDP, 1, 0, udpTo(514, ""))), CaptureStats{Packets: 1, Other: 1}},
		{"snapped", packet(whole[:40]), CaptureStats{Packets: 1, Short: 1}},
		{"a length that lies", packet(lies), CaptureStats{Packets: 1, Short: 1}},
		{"an answer in a connection", packet(ip4(7, protoTCP, 1, 0,
			append([]byte{2, 2, 0, 99}, tcpTo(1, 16, "hello")[4:]...))), CaptureStats{Packets: 1}},
		{"a first fragment", packet(ip4(7, protoUDP, 1, 0x2000, udpTo(514, "<13>a234"))),
			CaptureStats{Packets: 1, Fragments: 1}},
		{"a first fragment to another port", packet(ip4(7, protoUDP, 1, 0x2000, udpTo(53, "<13>a234"))),
			CaptureStats{Packets: 1, Other: 1}},
		{"a last fragment", packet(ip4(7, protoUDP, 1, 2, []byte("of it"))), CaptureStats{Packets: 1, Other: 1}},
		{"a file cut in a packet", packet(whole)[:60], CaptureStats{Truncated: true}},
		{"a file cut in the head of a packet", packet(whole)[:30], CaptureStats{Truncated: true}},
		{"a pcapng file cut in a block", pcapngFile(le, rawLink, whole)[:150], CaptureStats{Truncated: true}},
	} {
		if texts, _, s := messagesOf(t, tc.file); len(texts) != 0 || s != tc.want {
			t.Errorf("%s: %q, %+v", tc.name, texts, s)
		}
	}
	s := CaptureStats{Packets: 9, Other: 1, Link: 2, Short: 3, Fragments: 4, Gaps: 5, Truncated: true}
	if got := s.String(); got != "9 packets, 1 not syslog, 2 of an unknown kind of link, 3 cut short, 4 fragments "+
		"without the rest, 5 gaps in TCP streams, cut off within a packet" {
		t.Error(got)
	}
}

// TestDamagedCapture: what stands before the damage is given, and the damage is an error.
func TestDamagedCapture(t *testing.T) {
	good := ip4(7, protoUDP, 1, 0, udpTo(514, "<13>a"))
	ng, huge := pcapngFile(le, rawLink, good), pcapFile(le, magicMicro, rawLink, good)
	le.PutUint32(huge[16:], 2*packetMax) // the snap length
	tooLong := "\x00\x00\x10\x01"        // 17 MiB, just beyond packetMax
	for name, file := range map[string][]byte{
		"beyond the snap": append(pcapFile(le, magicMicro, rawLink, good),
			"\x00\x00\x00\x00\x00\x00\x00\x00"+tooLong+tooLong...),
		"beyond our bound": append(huge, "\x00\x00\x00\x00\x00\x00\x00\x00"+tooLong+tooLong...),
		"more than its block": slices.Concat(ng,
			block(le, 6, append(make([]byte, 12), "\x00\x10\x00\x00\x00\x10\x00\x00"...)), ng),
		"options without end": slices.Concat(ng, block(le, 6, append(make([]byte, 20), "\x01\x00\xff\x00"...)), ng,
			ng),
		"a block of 4 bytes":   append(slices.Clone(ng), "\x06\x00\x00\x00\x04\x00\x00\x00"...),
		"a block of 17 MB":     append(slices.Clone(ng), "\x06\x00\x00\x00"+tooLong...),
		"no such interface":    append(slices.Clone(ng), block(le, 6, append([]byte{1}, make([]byte, 40)...))...),
		"no byte order":        append(slices.Clone(ng), block(le, sectionBlock, make([]byte, 16))...),
		"too many interfaces":  append(slices.Clone(ng), bytes.Repeat(block(le, 1, make([]byte, 8)), interfacesMax)...),
		"an interface too old": append(slices.Clone(ng), block(le, 2, append([]byte{9, 9}, make([]byte, 40)...))...),
	} {
		m, err := NewMessages(bytes.NewReader(file), 514)
		if err != nil {
			t.Fatal(err)
		}
		got, err := m.Next()
		if err != nil || len(got) != 1 {
			t.Fatalf("%s: %v, %v", name, got, err)
		}
		if _, err = m.Next(); err == nil || errors.Is(err, io.EOF) || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, file := range map[string][]byte{
		"a header that is cut":  []byte("\xd4\xc3\xb2\xa1\x02\x00"),
		"a section that is cut": ng[:20],
		"a patched capture":     pcapFile(le, 0xa1b2cd34, rawLink, good),
	} {
		if _, err := NewMessages(bytes.NewReader(file), 514); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

func TestFragments(t *testing.T) {
	text := "<13>" + strings.Repeat("0123456789abcdef", 300)
	d := udpTo(514, text)
	frag := func(id uint16, from, to int) []byte {
		where := uint16(from / 8)
		if to < len(d) {
			where |= 0x2000
		}
		return ip4(7, protoUDP, id, where, d[from:to])
	}
	one, two, three := frag(1, 0, 1480), frag(1, 1480, 2960), frag(1, 2960, len(d))
	for name, packets := range map[string][][]byte{
		"in order":           {one, two, three},
		"the last one first": {three, two, one},
		"mixed, twice":       {two, one, two, three},
		"two datagrams":      {frag(2, 0, 1480), one, two, three},
	} {
		texts, _, s := messagesOf(t, pcapFile(le, magicMicro, rawLink, packets...))
		if !slices.Equal(texts, []string{text}) || s.Other > 0 {
			t.Errorf("%s: %d messages, %+v", name, len(texts), s)
		}
		if lost := s.Fragments; lost > 0 != (name == "two datagrams") {
			t.Errorf("%s: %+v", name, s)
		}
	}
	if texts, _, s := messagesOf(t, pcapFile(le, magicMicro, rawLink, one, three, two[:100])); len(texts) != 0 ||
		s.Fragments != 3 {
		t.Errorf("a piece is missing: %q, %+v", texts, s)
	}
	// Linux drops a datagram whose fragments overlap: so does the library, and they are counted
	if texts, _, s := messagesOf(t, pcapFile(le, magicMicro, rawLink, one, frag(1, 1000, 2000), frag(1, 1600, 3000),
		three)); len(texts) != 0 || s.Fragments+s.Other != 4 {
		t.Errorf("overlapping: %q, %+v", texts, s)
	}
	// the number comes again later: a new datagram, not the rest of the old one
	late := func(packets ...[]byte) []byte {
		b := pcapFile(le, magicMicro, rawLink, packets...)
		last := b[len(b)-len(packets[len(packets)-1])-16:]
		le.PutUint32(last, le.Uint32(last)+60)
		return b
	}
	if texts, _, s := messagesOf(t, late(one, two, three, one, two, three)); len(texts) != 1 || s.Fragments != 2 ||
		s.Other != 1 {
		t.Errorf("a number that comes again: %q, %+v", texts, s)
	}
}

// TestFragments6 reads IPv6 fragments: in any order, behind other heads, alone, and within themselves.
func TestFragments6(t *testing.T) {
	text := "<13>" + strings.Repeat("0123456789abcdef", 300)
	d := udpTo(514, text)
	frag := func(next byte, data []byte, from, to int) []byte {
		where := uint16(from)
		if to < len(data) {
			where |= 1
		}
		h := be.AppendUint16([]byte{next, 0}, where)
		return append(append(h, 0, 0, 0, 9), data[from:to]...)
	}
	options := []byte{44, 0, 1, 4, 0, 0, 0, 0}
	behind := append([]byte{protoUDP, 0, 1, 4, 0, 0, 0, 0}, d...) // destination options within what is in fragments
	for name, tc := range map[string]struct {
		packets [][]byte
		want    int
		stats   CaptureStats
	}{
		"in order": {[][]byte{ip6(44, frag(protoUDP, d, 0, 1480)), ip6(44, frag(protoUDP, d, 1480, 2960)),
			ip6(44, frag(protoUDP, d, 2960, len(d)))}, 1, CaptureStats{}},
		"the last one first": {[][]byte{ip6(44, frag(protoUDP, d, 1480, len(d))), ip6(44, frag(protoUDP, d, 0, 1480))},
			1, CaptureStats{}},
		"behind options": {[][]byte{ip6(0, append(options, frag(protoUDP, d, 0, 1480)...)),
			ip6(60, append(options, frag(protoUDP, d, 1480, len(d))...))}, 1, CaptureStats{}},
		"options in them": {[][]byte{ip6(44, frag(60, behind, 0, 1480)),
			ip6(44, frag(60, behind, 1480, len(behind)))}, 1, CaptureStats{}},
		"the only one": {[][]byte{ip6(44, frag(protoUDP, d, 0, len(d)))}, 1, CaptureStats{}},
		"cut": {[][]byte{ip6(44, frag(protoUDP, d, 0, 1480)),
			ip6(44, frag(protoUDP, d, 1480, len(d)))[:900]}, 0, CaptureStats{Fragments: 2}},
		"of a fragment": {[][]byte{ip6(44, frag(44, frag(protoUDP, d, 0, len(d)), 0, len(d)+8))}, 0,
			CaptureStats{Other: 1}},
		"overlapping": {[][]byte{ip6(44, frag(protoUDP, d, 0, 1480)), ip6(44, frag(protoUDP, d, 1000, len(d)))},
			0, CaptureStats{Fragments: 2}},
	} {
		texts, _, s := messagesOf(t, pcapFile(le, magicMicro, rawLink, tc.packets...))
		tc.stats.Packets, tc.stats.Messages = uint64(len(tc.packets)), uint64(tc.want)
		if len(texts) != tc.want || tc.want > 0 && texts[0] != text || s != tc.stats {
			t.Errorf("%s: %.50q, %+v", name, texts, s)
		}
	}
}

// TestFragmentBounds: neither datagrams nor fragments wait without end, and each packet is counted.
func TestFragmentBounds(t *testing.T) {
	for name, packet := range map[string]func(i int) []byte{
		"many datagrams": func(i int) []byte { return ip4(7, protoUDP, uint16(i), 0x2000, udpTo(514, "12345678")) },
		"many datagrams, IPv6": func(i int) []byte {
			return ip6(44, append(be.AppendUint32([]byte{protoUDP, 0, 0, 1}, uint32(i)), udpTo(514, "12345678")...))
		},
		"many fragments": func(i int) []byte {
			return ip4(byte(i%7), protoUDP, 1, 0x2000|uint16(i/7*2%8192), udpTo(514, ""))
		},
		"many times the same": func(i int) []byte { return ip4(7, protoUDP, 1, 0x2000, udpTo(514, "12345678")) },
	} {
		c := newCapture([]uint16{514})
		n := 2*fragmentsMax + 99
		for i := range n {
			if c.take(rawLink, packet(i)); i%32 > 0 {
				continue
			}
			held := 0
			for _, d := range c.frags.open {
				held += d.held
			}
			if len(c.frags.open) > datagramsMax || held > fragmentsMax || held != c.frags.held {
				t.Fatalf("%s: %d fragments of %d datagrams wait, counted %d", name, held, len(c.frags.open),
					c.frags.held)
			}
		}
		if c.frags.end(); c.stats.Fragments+c.stats.Other != uint64(n) || c.frags.held != 0 {
			t.Errorf("%s: %+v, %d held", name, c.stats, c.frags.held)
		}
	}
}

func TestTCPStreams(t *testing.T) {
	const fin, syn, rst, ack = 1, 2, 4, 16
	seg := func(seq uint32, flags byte, text string) []byte {
		return ip4(7, protoTCP, 1, 0, tcpTo(seq, flags|ack, text))
	}
	open := seg(99, syn, "")
	for _, tc := range []struct {
		name    string
		packets [][]byte
		want    []string
		stats   CaptureStats
	}{
		{"lines in pieces", [][]byte{open, seg(100, 0, "<13>one\n<1"), seg(110, 0, "3>two\r\n")},
			[]string{"<13>one", "<13>two"}, CaptureStats{}},
		{"octets", [][]byte{open, seg(100, 0, "7 <13>one8 <13>t\n"), seg(117, 0, "wo")},
			[]string{"<13>one", "<13>t\nwo"}, CaptureStats{}},
		{"out of order, repeated, overlapping", [][]byte{open, seg(108, 0, "<13>two\n"), seg(116, 0, "<13>three\n"),
			seg(100, 0, "<13>one\n"), seg(100, 0, "<13>one\n"), seg(120, 0, "three\n<13>four\n")},
			[]string{"<13>one", "<13>two", "<13>three", "<13>four"}, CaptureStats{}},
		{"numbers that wrap", [][]byte{seg(0xfffffffd, syn, ""), seg(0xfffffffe, 0, "<13>one\n"),
			seg(6, 0, "<13>two\n")}, []string{"<13>one", "<13>two"}, CaptureStats{}},
		{"the last line has no end", [][]byte{open, seg(100, fin, "<13>one\n<13>two")}, []string{"<13>one", "<13>two"},
			CaptureStats{}},
		{"and the end comes early", [][]byte{open, seg(108, fin, "<13>two"), seg(100, 0, "<13>one\n")},
			[]string{"<13>one", "<13>two"}, CaptureStats{}},
		{"a reset", [][]byte{open, seg(100, 0, "<13>one\n<13>two"), seg(115, rst, "")}, []string{"<13>one", "<13>two"},
			CaptureStats{}},
		{"the capture ends first", [][]byte{open, seg(100, 0, "<13>one\n<13>tw")}, []string{"<13>one"},
			CaptureStats{Short: 1}},
		{"the beginning is missing", [][]byte{seg(500, 0, "of one\n<13>two\n"), seg(515, 0, "<13>three\n")},
			[]string{"<13>two", "<13>three"}, CaptureStats{}},
		{"the beginning is missing, no end in sight", [][]byte{seg(500, 0, "of one"), seg(506, 0, "or so\n"),
			seg(512, 0, "<13>two\n")}, []string{"<13>two"}, CaptureStats{}},
		{"a gap", [][]byte{open, seg(100, 0, "<13>one\n<13>tw"), seg(200, 0, "ee\n<13>four\n")},
			[]string{"<13>one", "<13>four"}, CaptureStats{Gaps: 1}},
		{"snapped", [][]byte{open, seg(100, 0, "<13>one\n<13>two\n")[:52], seg(116, 0, "<13>three\n")},
			[]string{"<13>one", "<13>three"}, CaptureStats{Short: 1}},
		{"the same ports again", [][]byte{open, seg(100, 0, "<13>one\n<13>tw"), seg(0x50000000, syn, ""),
			seg(0x50000001, 0, "<13>two\n")}, []string{"<13>one", "<13>two"}, CaptureStats{Short: 1}},
		{"and the beginning is missing", [][]byte{open, seg(100, 0, "<13>one\n"), seg(0x50000001, 0, "<13>two\n")},
			[]string{"<13>one", "<13>two"}, CaptureStats{}},
		{"a message of 300 KB", [][]byte{open, seg(100, 0, "<13>"+strings.Repeat("x", 60000)),
			seg(60104, 0, strings.Repeat("x", 60000)), seg(120104, 0, strings.Repeat("x", 60000)),
			seg(180104, 0, strings.Repeat("x", 60000)), seg(240104, 0, strings.Repeat("x", 60000)),
			seg(300104, 0, "\n<13>two\n")}, []string{"<13>two"}, CaptureStats{Short: 1}},
	} {
		texts, _, s := messagesOf(t, pcapFile(le, magicMicro, rawLink, tc.packets...))
		tc.stats.Packets, tc.stats.Messages = uint64(len(tc.packets)), uint64(len(tc.want))
		if !slices.Equal(texts, tc.want) || s != tc.stats {
			t.Errorf("%s: %.200q, %+v", tc.name, texts, s)
		}
	}
}

// TestTCPBounds: neither what waits for a missing segment nor the number of connections grows without end.
func TestTCPBounds(t *testing.T) {
	c := newCapture([]uint16{514})
	big := strings.Repeat("<13>"+strings.Repeat("x", 995)+"\n", 60)
	for i := range uint32(20000) {
		segment := tcpTo(100+i/256*uint32(len(big)), 16, big)
		if i < 256 { // connections whose second segment is missing
			segment = tcpTo(99, 2, "")
		}
		if i/256 == 1 {
			continue
		}
		c.take(rawLink, ip4(byte(i), protoTCP, 1, 0, segment))
		if c.streams.held > tcpHeldAll+256*len(big) {
			t.Fatalf("%d bytes wait", c.streams.held)
		}
		for _, s := range c.streams.open {
			if s.held > tcpHeldMax+len(big) || len(s.wait) > tcpParts+1 {
				t.Fatalf("%d bytes in %d segments wait", s.held, len(s.wait))
			}
			break
		}
		c.out = nil
	}
	if c.stats.Gaps != 256 {
		t.Errorf("%+v", c.stats)
	}
	for i := range 5 * tcpStreamsMax {
		c.take(rawLink, ip4(7, protoTCP, 1, 0, append(be.AppendUint16(nil, uint16(1000+i)),
			tcpTo(1, 16, "<13>")[2:]...)))
		if len(c.streams.open) > tcpStreamsMax {
			t.Fatalf("%d connections", len(c.streams.open))
		}
	}
}

func TestManySenders(t *testing.T) {
	c := &capture{senders: map[netip.Addr]int{}}
	for i := range sendersMax + 5 {
		if got := c.sender(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})); got != i+1 &&
			(i < sendersMax || got != 0) {
			t.Fatalf("sender %d is %d", i, got)
		}
	}
	if got := c.sender(netip.AddrFrom4([4]byte{10, 0, 0, 0})); got != 1 || len(c.senders) != sendersMax {
		t.Errorf("the first is %d now, of %d", got, len(c.senders))
	}
}

// TestNames: what a capture says of addresses is passed over, however much it is.
func TestNames(t *testing.T) {
	file := pcapngFile(le, rawLink, ip4(7, protoUDP, 1, 0, udpTo(514, "<13>a")))
	names := block(le, 4, []byte("\x01\x00\x09\x00\xc0\x00\x02\x01name\x00\x00\x00\x00\x00\x00\x00\x00"))
	f, err := openCaptureFile(bufio.NewReader(bytes.NewReader(slices.Concat(file, bytes.Repeat(names, 1000),
		file[len(file)-68:]))))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, data, _, err := f.next(); err != nil || len(data) == 0 || f.ng.NNames() > 0 {
			t.Errorf("%d bytes, %v, %d names", len(data), err, f.ng.NNames())
		}
	}
}

// TestLive: what is there is given before more comes.
func TestLive(t *testing.T) {
	log := "<13>a line that is longer than what is looked at first\n"
	for name, tc := range map[string]struct{ one, two string }{
		"log": {log, log},
		"pcap": {string(pcapFile(le, magicMicro, rawLink, ip4(7, protoUDP, 1, 0, udpTo(514, log)))),
			string(pcapFile(le, magicMicro, rawLink, ip4(7, protoUDP, 1, 0, udpTo(514, log)))[24:])},
		"pcapng": {string(pcapngFile(le, rawLink, ip4(7, protoUDP, 1, 0, udpTo(514, log)))),
			string(pcapngFile(le, rawLink, ip4(7, protoUDP, 1, 0, udpTo(514, log))))},
	} {
		r, w := io.Pipe()
		next := make(chan struct{})
		go func() {
			io.WriteString(w, tc.one)
			<-next
			io.WriteString(w, tc.two)
			w.Close()
		}()
		m, err := NewMessages(r, 514)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := m.Next(); err != nil || len(got) != 1 {
			t.Fatalf("%s: %v, %v", name, got, err)
		}
		m.Capture()
		close(next)
		if got, err := m.Next(); err != nil || len(got) != 1 {
			t.Fatalf("%s: %v, %v", name, got, err)
		}
		if _, err := m.Next(); !errors.Is(err, io.EOF) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLogMessages(t *testing.T) {
	for _, tc := range []struct {
		name, in string
		want     int
		err      string
	}{
		{"lines", "<13>a\n\n<13>b\r\n<13>c", 3, ""},
		{"nothing", "\n\n", 0, "no lines"},
		{"too much", strings.Repeat("0123456789\n", 200), 0, "more than 0 MB"},
		{"a line too long", strings.Repeat("x", messageMax+1), 0, "more than 16 MB"},
		{"longer than the buffer", strings.Repeat("x", 300<<10) + "\ny\n", 2, ""},
	} {
		m, err := NewMessages(strings.NewReader(tc.in), 514)
		if err != nil {
			t.Fatal(err)
		}
		limit := 1000
		if tc.name != "too much" {
			limit = 1 << 30
		}
		all, err := m.All(limit)
		if len(all) != tc.want || fmt.Sprint(err) == "<nil>" != (tc.err == "") ||
			err != nil && !strings.Contains(err.Error(), tc.err) {
			t.Errorf("%s: %d lines, %v", tc.name, len(all), err)
		}
	}
}

// FuzzCapture: nothing in a capture makes the reader fail in another way than by an error, and no message is from
// nowhere.
func FuzzCapture(f *testing.F) {
	packed, err := os.Open("testdata/syslog.pcap.gz")
	if err != nil {
		f.Fatal(err)
	}
	r, err := gzip.NewReader(packed)
	if err != nil {
		f.Fatal(err)
	}
	file, err := io.ReadAll(r)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(file)
	v4 := ip4(7, protoUDP, 1, 0, udpTo(514, "<13>a"))
	f.Add(pcapngFile(be, rawLink, v4, ip6(44, append([]byte{17, 0, 0, 1, 0, 0, 0, 1}, udpTo(514, "<13>a")...))))
	f.Add(pcapFile(le, magicNano, 1, []byte(etherIPv4+string(v4))))
	f.Fuzz(func(t *testing.T, file []byte) {
		m, err := NewMessages(bytes.NewReader(file), 514)
		if err != nil {
			return
		}
		all, _ := m.All(1 << 24)
		s, ok := m.Capture()
		for _, one := range all {
			if ok && len(one.Text) == 0 {
				t.Fatal("an empty message")
			}
		}
		if ok && s.Messages < uint64(len(all)) {
			t.Fatalf("%d messages, %+v", len(all), s)
		}
	})
}
