package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/miekg/dns"
)

var (
	laptop = netip.MustParseAddr("192.168.1.20")
	phone  = netip.MustParseAddr("192.168.1.30")
	server = netip.MustParseAddr("203.0.113.5")
	start  = time.Date(2026, 11, 28, 10, 0, 0, 0, time.UTC)
)

// packet serializes layers, with lengths and checksums.
func packet(t testing.TB, ls ...gopacket.SerializableLayer) []byte {
	t.Helper()
	b := gopacket.NewSerializeBuffer()
	if err := gopacket.SerializeLayers(b, gopacket.SerializeOptions{FixLengths: true}, ls...); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func ipv4(src, dst netip.Addr, proto layers.IPProtocol) *layers.IPv4 {
	return &layers.IPv4{Version: 4, IHL: 5, TTL: 64, Protocol: proto, SrcIP: src.AsSlice(), DstIP: dst.AsSlice()}
}

func ipv6(src, dst string, proto layers.IPProtocol) *layers.IPv6 {
	return &layers.IPv6{Version: 6, HopLimit: 64, NextHeader: proto, SrcIP: net.ParseIP(src), DstIP: net.ParseIP(dst)}
}

func ether(kind layers.EthernetType) *layers.Ethernet {
	return &layers.Ethernet{SrcMAC: net.HardwareAddr{2, 0, 0, 0, 0, 1}, DstMAC: net.HardwareAddr{2, 0, 0, 0, 0, 2},
		EthernetType: kind}
}

// segment is a TCP packet from laptop's port 40000 to the server's 443, or back.
func segment(t testing.TB, back bool, flags uint8, seq, ack uint32, window uint16, payload string) []byte {
	t.Helper()
	src, dst, sport, dport := laptop, server, 40000, 443
	if back {
		src, dst, sport, dport = dst, src, dport, sport
	}
	s := &layers.TCP{SrcPort: layers.TCPPort(sport), DstPort: layers.TCPPort(dport), Seq: seq, Ack: ack, Window: window,
		FIN: flags&FIN != 0, SYN: flags&SYN != 0, RST: flags&RST != 0, PSH: flags&PSH != 0, ACK: flags&ACK != 0}
	return packet(t, ether(layers.EthernetTypeIPv4), ipv4(src, dst, layers.IPProtocolTCP), s, gopacket.Payload(payload))
}

func datagram(t testing.TB, src, dst netip.Addr, sport, dport uint16, payload []byte) []byte {
	t.Helper()
	return packet(t, ether(layers.EthernetTypeIPv4), ipv4(src, dst, layers.IPProtocolUDP),
		&layers.UDP{SrcPort: layers.UDPPort(sport), DstPort: layers.UDPPort(dport)}, gopacket.Payload(payload))
}

// at is a frame some time after the start.
type at struct {
	after time.Duration
	data  []byte
}

// pcapHead is the head of a file with a magic number.
func pcapHead(order binary.ByteOrder, magic uint32, link int) []byte {
	b := make([]byte, 24)
	order.PutUint32(b, magic)
	order.PutUint16(b[4:], 2)
	order.PutUint16(b[6:], 4)
	order.PutUint32(b[16:], 262144)
	order.PutUint32(b[20:], uint32(link))
	return b
}

// pcapFile is a capture in little endian with nanoseconds.
func pcapFile(link int, frames ...at) []byte {
	b := pcapHead(binary.LittleEndian, 0xa1b23c4d, link)
	for _, f := range frames {
		when := start.Add(f.after)
		for _, n := range []uint32{uint32(when.Unix()), uint32(when.Nanosecond()), uint32(len(f.data)),
			uint32(len(f.data))} {
			b = binary.LittleEndian.AppendUint32(b, n)
		}
		b = append(b, f.data...)
	}
	return b
}

// block is one block of a pcapng file.
func block(order binary.AppendByteOrder, kind uint32, body []byte) []byte {
	for len(body)%4 != 0 {
		body = append(body, 0)
	}
	n := uint32(len(body) + 12)
	b := order.AppendUint32(order.AppendUint32(nil, kind), n)
	return order.AppendUint32(append(b, body...), n)
}

func section(order binary.AppendByteOrder) []byte {
	b := order.AppendUint32(nil, 0x1a2b3c4d)
	b = order.AppendUint16(order.AppendUint16(b, 1), 0)
	return block(order, 0x0a0d0d0a, order.AppendUint64(b, 1<<64-1))
}

func option(order binary.AppendByteOrder, code uint16, value []byte) []byte {
	b := order.AppendUint16(order.AppendUint16(nil, code), uint16(len(value)))
	b = append(b, value...)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

func interfaceOf(order binary.AppendByteOrder, link uint16, options ...[]byte) []byte {
	b := order.AppendUint32(order.AppendUint16(order.AppendUint16(nil, link), 0), 0)
	return block(order, interfaceBlock, append(b, bytes.Join(options, nil)...))
}

func enhanced(order binary.AppendByteOrder, on uint32, ticks uint64, data []byte, length int) []byte {
	b := order.AppendUint32(nil, on)
	b = order.AppendUint32(order.AppendUint32(b, uint32(ticks>>32)), uint32(ticks))
	b = order.AppendUint32(order.AppendUint32(b, uint32(len(data))), uint32(length))
	return block(order, packetBlock, append(b, data...))
}

func frames(t *testing.T, file []byte) (out []Frame, err error) {
	t.Helper()
	r, err := NewReader(bytes.NewReader(file))
	if err != nil {
		return nil, err
	}
	for {
		var f Frame
		if err := r.Next(&f); err != nil {
			return out, err
		}
		f.Data = bytes.Clone(f.Data)
		out = append(out, f)
	}
}

// Each form of file gives the same frame, to the precision that it has.
func TestFormsOfFiles(t *testing.T) {
	data := segment(t, false, SYN, 1, 0, 1000, "")
	const ns, second = 1795860000_123456789, 1_000_000_000
	le, be := binary.LittleEndian, binary.BigEndian
	old := func(order binary.ByteOrder, magic uint32, fraction uint32, more int) []byte {
		b := pcapHead(order, magic, linkEthernet)
		h := make([]byte, 16+more)
		order.PutUint32(h, ns/second)
		order.PutUint32(h[4:], fraction)
		order.PutUint32(h[8:], uint32(len(data)))
		order.PutUint32(h[12:], uint32(len(data)))
		return slices.Concat(b, h, data)
	}
	ng := func(order binary.AppendByteOrder, ticks uint64, options ...[]byte) []byte {
		return slices.Concat(section(order), interfaceOf(order, linkEthernet, options...),
			block(order, 4, []byte{0, 0, 0, 0}), enhanced(order, 0, ticks, data, len(data)))
	}
	resolution := func(order binary.AppendByteOrder, v byte) []byte {
		return option(order, optionResolution, []byte{v})
	}
	for _, c := range []struct {
		name string
		file []byte
		want int64
	}{
		{"microseconds, little", old(le, 0xa1b2c3d4, 123456, 0), ns / 1000 * 1000},
		{"microseconds, big", old(be, 0xa1b2c3d4, 123456, 0), ns / 1000 * 1000},
		{"nanoseconds, little", old(le, 0xa1b23c4d, 123456789, 0), ns},
		{"nanoseconds, big", old(be, 0xa1b23c4d, 123456789, 0), ns},
		{"patched", old(le, 0xa1b2cd34, 123456, 8), ns / 1000 * 1000},
		{"ng, default", ng(le, ns/1000), ns / 1000 * 1000},
		{"ng, big", ng(be, ns/1000), ns / 1000 * 1000},
		{"ng, nanoseconds", ng(le, ns, resolution(le, 9)), ns},
		{"ng, seconds", ng(le, ns/second, resolution(le, 0)), ns / second * second},
		{"ng, 10^-10", ng(le, ns*10, resolution(le, 10)), ns},
		{"ng, 2^-10", ng(le, 1795860000<<10|512, resolution(le, 0x8a)), 1795860000_500000000},
		{"ng, offset", ng(le, (ns-5*second)/1000, option(le, optionOffset, le.AppendUint64(nil, 5))), ns / 1000 * 1000},
	} {
		got, err := frames(t, c.file)
		if !errors.Is(err, io.EOF) || len(got) != 1 {
			t.Errorf("%s: %d frames, %v", c.name, len(got), err)
			continue
		}
		f := got[0]
		if f.Time != c.want || !f.HasTime || f.Link != linkEthernet || f.Length != len(data) ||
			!bytes.Equal(f.Data, data) {
			t.Errorf("%s: time %d, want %d; link %d, %d bytes", c.name, f.Time, c.want, f.Link, f.Length)
		}
	}
}

func TestBlocksOfOtherKinds(t *testing.T) {
	le := binary.LittleEndian
	data := segment(t, false, SYN, 1, 0, 1000, "")
	stats := le.AppendUint32(le.AppendUint64(nil, 0)[:4], 0)
	stats = append(stats, 0, 0, 0, 0)
	stats = append(stats, option(le, optionReceived, le.AppendUint64(nil, 100))...)
	stats = append(stats, option(le, optionDropped, le.AppendUint64(nil, 7))...)
	old := le.AppendUint16(le.AppendUint16(nil, 1), 0)
	old = le.AppendUint32(le.AppendUint32(old, 0), 2000000)
	old = le.AppendUint32(le.AppendUint32(old, uint32(len(data))), uint32(len(data)))
	file := slices.Concat(section(le),
		interfaceOf(le, linkEthernet, option(le, optionName, []byte("eth0"))), interfaceOf(le, linkIP),
		block(le, simpleBlock, append(le.AppendUint32(nil, uint32(len(data))), data...)),
		block(le, oldPacketBlock, append(old, data...)),
		block(le, statisticsBlock, stats), block(le, customBlock, []byte("1234abcd")),
		section(le), interfaceOf(le, linkNull), enhanced(le, 0, 1000000, data, len(data)))
	r, err := NewReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for {
		var f Frame
		if err = r.Next(&f); err != nil {
			break
		}
		got = append(got, fmt.Sprint(f.HasTime, f.Time, f.Link, f.Interface, len(f.Data)))
	}
	want := []string{"false 0 1 0 60", "true 2000000000 101 1 60", "false 0 -1 0 4", "true 1000000000 0 2 60"}
	if !slices.Equal(got, want) || !errors.Is(err, io.EOF) {
		t.Errorf("%q, %v; want %q", got, err, want)
	}
	if i := r.Interfaces(); len(i) != 3 || i[0].Name != "eth0" || i[0].Dropped != 7 || i[0].Received != 100 {
		t.Errorf("interfaces %+v", i)
	}
}

// The part of a file before its damage is read, and the error says what is wrong with the rest.
func TestDamage(t *testing.T) {
	le := binary.LittleEndian
	good := pcapFile(linkEthernet, at{0, segment(t, false, SYN, 1, 0, 9, "")},
		at{1, segment(t, true, SYN|ACK, 1, 2, 9, "")})
	ng := slices.Concat(section(le), interfaceOf(le, linkEthernet), enhanced(le, 0, 0, []byte("abcd"), 4))
	many := section(le)
	for range interfacesMax + 1 {
		many = append(many, interfaceOf(le, linkEthernet)...)
	}
	long := bytes.Clone(good)
	le.PutUint32(long[24+8:], frameMax+1)
	for _, c := range []struct {
		name string
		file []byte
		n    int
		want error
	}{
		{"whole", good, 2, io.EOF},
		{"head of a packet cut", good[:24+16+60+3], 1, ErrCut},
		{"packet cut", good[:len(good)-1], 1, ErrCut},
		{"too long", long, 0, ErrDamaged},
		{"head of a section cut", ng[:12], 0, ErrCut},
		{"block cut", ng[:len(ng)-1], 0, ErrCut},
		{"short block", append(bytes.Clone(ng), 6, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0), 1, ErrDamaged},
		{"no interface", slices.Concat(ng, enhanced(le, 1, 0, []byte("abcd"), 4)), 1, ErrDamaged},
		{"too many interfaces", many, 0, ErrDamaged},
		{"version 2", slices.Concat(ng, func() []byte { b := section(le); b[12] = 2; return b }()), 1, ErrDamaged},
	} {
		got, err := frames(t, c.file)
		if len(got) != c.n || !errors.Is(err, c.want) {
			t.Errorf("%s: %d frames, %v; want %d, %v", c.name, len(got), err, c.n, c.want)
		}
	}
	if _, err := NewReader(strings.NewReader("Nov 28 10:00:00 gw kernel: IN=eth0")); err == nil {
		t.Error("a log is taken for a capture")
	}
}

// Whatever is changed in a capture, reading it ends, and never panics.
func TestEveryByte(t *testing.T) {
	file := pcapFile(linkEthernet, at{0, segment(t, false, SYN, 1, 0, 9, "")},
		at{1, datagram(t, laptop, server, 5353, 53, question(t, "5.113.0.203.in-addr.arpa.", dns.TypePTR))})
	for i := range file {
		for _, x := range []byte{0, 1, 0x7f, 0x80, 0xff} {
			b := bytes.Clone(file)
			b[i] = x
			if text, err := NewText(bytes.NewReader(b)); err == nil {
				_, _ = io.Copy(io.Discard, text)
			}
		}
		if text, err := NewText(bytes.NewReader(file[:i])); err == nil {
			_, _ = io.Copy(io.Discard, text)
		}
	}
}

func question(t testing.TB, name string, kind uint16) []byte {
	t.Helper()
	b, err := new(dns.Msg).SetQuestion(name, kind).Pack()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func FuzzText(f *testing.F) {
	f.Add(pcapFile(linkEthernet, at{0, segment(f, false, SYN, 1, 0, 9, "")}))
	le := binary.LittleEndian
	f.Add(slices.Concat(section(le), interfaceOf(le, linkEthernet), enhanced(le, 0, 0,
		segment(f, true, RST, 0, 0, 9, ""), 60)))
	f.Fuzz(func(t *testing.T, file []byte) {
		text, err := NewText(bytes.NewReader(file))
		if err != nil {
			return
		}
		out, err := io.ReadAll(text)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range out {
			if c < ' ' && c != '\n' && c != '\t' {
				t.Fatalf("control character %#x in %q", c, out)
			}
		}
	})
}
