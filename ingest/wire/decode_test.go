package wire

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

// inner is an IPv4 packet of UDP from laptop to server, without a link.
func inner(t *testing.T) []byte {
	t.Helper()
	return packet(t, ipv4(laptop, server, layers.IPProtocolUDP), &layers.UDP{SrcPort: 1000, DstPort: 2000},
		gopacket.Payload("hello"))
}

func outer(t *testing.T, proto layers.IPProtocol, rest ...[]byte) []byte {
	t.Helper()
	return packet(t, ether(layers.EthernetTypeIPv4), ipv4(phone, server, proto),
		gopacket.Payload(slices.Concat(rest...)))
}

func tunnel(t *testing.T, port layers.UDPPort, rest ...[]byte) []byte {
	t.Helper()
	return packet(t, ether(layers.EthernetTypeIPv4), ipv4(phone, server, layers.IPProtocolUDP),
		&layers.UDP{SrcPort: 5000, DstPort: port}, gopacket.Payload(slices.Concat(rest...)))
}

// found writes the packets of a frame: "192.168.1.20:1000>203.0.113.5:2000/17+5".
func found(p *Packet) string {
	var out []string
	for _, ip := range p.IPs {
		s := fmt.Sprintf("%v>%v/%d", ip.Src, ip.Final, ip.Proto)
		if ip.Whole && (ip.Proto == TCP || ip.Proto == UDP) {
			s = fmt.Sprintf("%v:%d>%v:%d/%d+%d", ip.Src, ip.SPort, ip.Final, ip.DPort, ip.Proto, ip.Length)
		}
		if ip.Quoted {
			s += " quoted"
		}
		if ip.Piece {
			s += " piece"
		}
		out = append(out, s)
	}
	return strings.Join(out, ", ")
}

func TestLinksAndTunnels(t *testing.T) {
	in := inner(t)
	const udp = "192.168.1.20:1000>203.0.113.5:2000/17+5"
	bridged := packet(t, ether(layers.EthernetTypeIPv4), gopacket.Payload(in))
	snap := append([]byte{0xaa, 0xaa, 3, 0, 0, 0, 8, 0}, in...)
	cat := func(head string, rest ...[]byte) []byte { return append([]byte(head), slices.Concat(rest...)...) }
	be16 := func(n int) []byte { return binary.BigEndian.AppendUint16(nil, uint16(n)) }
	zeros := func(n int) []byte { return make([]byte, n) }
	wlan := slices.Concat([]byte{0x08, 0x01}, zeros(22), snap)
	for _, c := range []struct {
		name string
		link int
		data []byte
		want string
	}{
		{"Ethernet", linkEthernet, bridged, udp},
		{"802.3 with SNAP", linkEthernet, slices.Concat(zeros(12), be16(len(snap)), snap), udp},
		{"two VLAN tags", linkEthernet, cat("", zeros(12), []byte("\x88\xa8\x00\x05\x81\x00\x00\x06\x08\x00"), in),
			udp},
		{"PPPoE", linkEthernet,
			cat("", zeros(12), []byte("\x88\x64\x11\x00\x00\x01"), be16(len(in)+2), []byte("\x00\x21"), in), udp},
		{"MPLS", linkEthernet, cat("", zeros(12), []byte("\x88\x47\x00\x01\x00\x40\x00\x02\x01\x40"), in), udp},
		{"MPLS with Ethernet behind a control word", linkEthernet,
			cat("", zeros(12), []byte("\x88\x47\x00\x02\x01\x40\x00\x00\x00\x00"), bridged), udp},
		{"VN-Tag", linkEthernet, cat("", zeros(12), []byte("\x89\x26\x00\x00\x00\x00\x08\x00"), in), udp},
		{"802.1ah", linkEthernet, cat("", zeros(12), []byte("\x88\xe7\x00\x00\x00\x01"), bridged), udp},
		{"NSH", linkEthernet, cat("", zeros(12), []byte("\x89\x4f\x00\x02\x02\x01\x00\x00\x00\x00"), in), udp},
		{"null, little", linkNull, cat("\x02\x00\x00\x00", in), udp},
		{"loop", linkLoop, cat("\x00\x00\x00\x02", in), udp},
		{"raw", linkIP, in, udp},
		{"cooked", linkSLL, cat("", zeros(14), []byte("\x08\x00"), in), udp},
		{"cooked 2", linkSLL2, cat("\x08\x00", zeros(18), in), udp},
		{"PPP", linkPPP, cat("\xff\x03\x00\x21", in), udp},
		{"PPP, short protocol", linkPPP, cat("\x21", in), udp},
		{"Cisco HDLC", linkCiscoHDLC, cat("\x0f\x00\x08\x00", in), udp},
		{"Token Ring with a route", linkTokenRing, cat("", zeros(8), []byte{0x80}, zeros(5), []byte{2, 0}, snap), udp},
		{"FDDI", linkFDDI, cat("", zeros(13), snap), udp},
		{"FireWire", linkFireWire, cat("", zeros(16), []byte("\x08\x00"), in), udp},
		{"802.11", link80211, wlan, udp},
		{"802.11, encrypted", link80211, slices.Concat([]byte{0x08, 0x41}, zeros(22), snap), ""},
		{"802.11, quality of service", link80211, slices.Concat([]byte{0x88, 0x01}, zeros(24), snap), udp},
		{"radiotap", linkRadiotap, cat("\x00\x00\x08\x00\x00\x00\x00\x00", wlan), udp},
		{"PPI", linkPPI, cat("\x00\x00\x08\x00\x69\x00\x00\x00", wlan), udp},
		{"AVS", linkAVS, cat("\x80\x21\x10\x01\x00\x00\x00\x0c\x00\x00\x00\x00", wlan), udp},
		{"Frame Relay", linkFrameRelay, cat("\x18\x41\x03\xcc", in), udp},
		{"ARCNET of Linux", linkARCNETGNU, cat("\x01\x02\x00\x00\xd4\x00\x00\x00", in), udp},
		{"PFLOG", linkPFLOG, slices.Concat([]byte{61}, zeros(63), in), udp},
		{"NFLOG", linkNFLOG, cat("\x02\x00\x00\x00\x08\x00\x01\x00\x08\x00\x01\x00",
			binary.LittleEndian.AppendUint16(nil, uint16(4+len(in))), []byte{9, 0}, in), udp},
		{"IP in IP", linkEthernet, outer(t, 4, in), "192.168.1.30>203.0.113.5/4, " + udp},
		{"6in4", linkEthernet, outer(t, 41, packet(t, ipv6("2001:db8::1", "2001:db8::2", 59))),
			"192.168.1.30>203.0.113.5/41, 2001:db8::1>2001:db8::2/59"},
		{"GRE", linkEthernet, outer(t, 47, []byte("\x00\x00\x08\x00"), in), "192.168.1.30>203.0.113.5/47, " + udp},
		{"GRE with key and number", linkEthernet, outer(t, 47, []byte("\x30\x00\x65\x58"), zeros(8), bridged),
			"192.168.1.30>203.0.113.5/47, " + udp},
		{"GRE of PPTP", linkEthernet, outer(t, 47, []byte("\x30\x81\x88\x0b"), zeros(12), []byte("\xff\x03\x00\x21"),
			in),
			"192.168.1.30>203.0.113.5/47, " + udp},
		{"ERSPAN I", linkEthernet, outer(t, 47, []byte("\x00\x00\x88\xbe"), bridged), "192.168.1.30>203.0.113.5/47, " +
			udp},
		{"ERSPAN II", linkEthernet, outer(t, 47, []byte("\x10\x00\x88\xbe"), zeros(12), bridged),
			"192.168.1.30>203.0.113.5/47, " + udp},
		{"EtherIP", linkEthernet, outer(t, 97, []byte{0x30, 0}, bridged), "192.168.1.30>203.0.113.5/97, " + udp},
		{"VXLAN", linkEthernet, tunnel(t, 4789, []byte("\x08\x00\x00\x00\x00\x00\x01\x00"), bridged),
			fmt.Sprintf("192.168.1.30:5000>203.0.113.5:4789/17+%d, ", 8+len(bridged)) + udp},
		{"GENEVE", linkEthernet, tunnel(t, 6081, []byte("\x01\x00\x65\x58\x00\x00\x01\x00\x00\x00\x00\x00"), bridged),
			fmt.Sprintf("192.168.1.30:5000>203.0.113.5:6081/17+%d, ", 12+len(bridged)) + udp},
		{"GTP", linkEthernet, tunnel(t, 2152, []byte("\x30\xff\x00\x00\x00\x00\x00\x01"), in),
			fmt.Sprintf("192.168.1.30:5000>203.0.113.5:2152/17+%d, ", 8+len(in)) + udp},
		{"L2TP", linkEthernet, tunnel(t, 1701, []byte("\x00\x02\x00\x01\x00\x01\xff\x03\x00\x21"), in),
			fmt.Sprintf("192.168.1.30:5000>203.0.113.5:1701/17+%d, ", 10+len(in)) + udp},
		{"Teredo", linkEthernet, tunnel(t, 3544, packet(t, ipv6("2001:0:1::1", "2001:db8::2", 59))),
			"192.168.1.30:5000>203.0.113.5:3544/17+40, 2001:0:1::1>2001:db8::2/59"},
		{"ICMP error", linkEthernet, outer(t, 1, []byte("\x03\x03\x00\x00\x00\x00\x00\x00"), in),
			"192.168.1.30>203.0.113.5/1, " + udp + " quoted"},
		{"a link of no IP", 249, in, ""},
	} {
		var d Decoder
		p := d.Decode(&Frame{Link: c.link, Data: c.data, Length: len(c.data)})
		if got := found(p); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		if c.link == 249 && d.Unknown != 1 {
			t.Errorf("%s is not counted", c.name)
		}
	}
}

func TestIPv6Headers(t *testing.T) {
	udp := packet(t, &layers.UDP{SrcPort: 1000, DstPort: 2000}, gopacket.Payload("hello"))
	head := ipv6("2001:db8::1", "2001:db8::2", 0)
	hop := append([]byte{43, 0}, make([]byte, 6)...)
	route := append([]byte{17, 2, 0, 1, 0, 0, 0, 0}, head.SrcIP.To16()...)
	route[len(route)-1] = 9
	data := packet(t, ether(layers.EthernetTypeIPv6), head, gopacket.Payload(slices.Concat(hop, route, udp)))
	var d Decoder
	if got := found(d.Decode(&Frame{Link: linkEthernet, Data: data, Length: len(data)})); got !=
		"2001:db8::1:1000>2001:db8::9:2000/17+5" {
		t.Errorf("got %q", got)
	}
}

// A packet in fragments is there where its last fragment comes, in whatever order.
func TestFragments(t *testing.T) {
	whole := packet(t, &layers.UDP{SrcPort: 1000, DstPort: 2000}, gopacket.Payload(strings.Repeat("x", 40)))
	piece := func(id uint16, from, to int, more bool) []byte {
		h := ipv4(laptop, server, layers.IPProtocolUDP)
		h.Id, h.FragOffset = id, uint16(from/8)
		if more {
			h.Flags = layers.IPv4MoreFragments
		}
		return packet(t, h, gopacket.Payload(whole[from:to]))
	}
	var d Decoder
	decode := func(b []byte, length int) string {
		return found(d.Decode(&Frame{Link: linkIP, Data: b, Length: length}))
	}
	const part, all = "192.168.1.20>203.0.113.5/17 piece", "192.168.1.20:1000>203.0.113.5:2000/17+40"
	a, b, c := piece(1, 0, 16, true), piece(1, 16, 32, true), piece(1, 32, len(whole), false)
	for i, order := range [][][]byte{{a, b, c}, {c, a, b}, {b, c, b, a}} {
		for j, f := range order {
			want := part
			if j == len(order)-1 {
				want = all
			}
			if got := decode(f, len(f)); got != want {
				t.Errorf("order %d, fragment %d: %q, want %q", i, j, got, want)
			}
		}
	}
	// the bytes of a fragment that were not captured cannot be put together; the first says its ports all the same
	if got := decode(a[:30], len(a)); got != "192.168.1.20:1000>203.0.113.5:2000/17+8" {
		t.Errorf("cut first fragment: %q", got)
	}
	for id := range unfinishedMax + 10 {
		f := piece(uint16(100+id), 0, 16, true)
		decode(f, len(f))
	}
	if len(d.frags.open) != unfinishedMax || len(d.frags.age) != unfinishedMax || d.frags.lost != 10 {
		t.Errorf("%d open, %d in order, %d lost", len(d.frags.open), len(d.frags.age), d.frags.lost)
	}
}
