package wire

import (
	"encoding/binary"
	"net/netip"
)

const (
	ipsMax   = 8  // IP packets of one frame, one in the other
	depthMax = 24 // headers one in the other, tags of VLANs and MPLS included
)

// IANA protocol numbers that Decode goes on from.
const (
	ICMP   uint8 = 1
	TCP    uint8 = 6
	UDP    uint8 = 17
	ICMPv6 uint8 = 58
)

// TCP flags as they stand in the header (RFC 9293, 3.1).
const (
	FIN uint8 = 1 << iota
	SYN
	RST
	PSH
	ACK
)

// IP is one IP packet of a frame.
type IP struct {
	Src, Dst netip.Addr
	Final    netip.Addr // where a routing header of IPv6 leads to in the end; else Dst
	Proto    uint8      // behind the extension headers of IPv6
	TTL      uint8
	ID       uint16 // of an IPv4 packet
	Quoted   bool   // it is the packet that an ICMP error tells of, not one on the wire
	Piece    bool   // a fragment of a packet that is not complete: Proto is known, and no more

	// Begun says that at least a byte of the header behind IP was captured; Whole that all of it was, and that
	// the fields below are set: ports, flags, numbers and window of TCP and UDP, type and code of ICMP.
	Begun, Whole bool
	SPort, DPort uint16
	Flags        uint8
	Seq, Ack     uint32
	Window       uint16
	Scale        uint8 // of the windows that a SYN's sender will announce, where Scales (RFC 7323)
	Scales       bool
	Type, Code   uint8
	Payload      []byte // behind the header, as far as it was captured
	Length       int    // of the payload, on the wire
	unsized      bool   // UDP over IPv4 that says that its length is 0
}

// ARP is a question or an answer for the hardware address of an IPv4 address.
type ARP struct {
	Answer                bool
	SenderMAC, TargetMAC  [6]byte
	Sender, Target        netip.Addr
	HasSender, HasHeaders bool
}

// Packet holds the addresses, ports and payload that Decode finds in a frame. It is valid until the next frame is
// decoded.
type Packet struct {
	IPs    []IP // the packet on the wire first, then what it carries or quotes
	Begun4 bool // an IPv4 header begins, be it cut short; Begun6 one of IPv6
	Begun6 bool
	HasMAC bool
	SrcMAC [6]byte
	ARPs   int // frames of ARP; 0 or 1
	ARP    ARP
	VLAN   uint16 // number of the outermost 802.1Q tag, 0 if there is none

	Directed bool   // of a cooked capture: Out is known
	Out      bool   // the frame is sent, not received
	On       uint32 // of a cooked capture (2): number of the interface
}

// Decoder finds the IP packets of frames: behind Ethernet with VLAN tags, 802.11, PPP, PPPoE, Linux' cooked captures,
// NFLOG and others, in MPLS, GRE, ERSPAN, IP in IP, VXLAN, GENEVE, GTP, L2TP and Teredo, and those that ICMP errors
// quote. Fragments are put together; the frame that completes a packet has it.
type Decoder struct {
	p     Packet
	ips   [ipsMax]IP
	depth int
	quote bool
	frags fragments

	// Unknown counts frames of a kind of link that is not known.
	Unknown uint64
}

// Decode finds what a frame holds. Bytes that make no sense end what is found; they are no error.
func (d *Decoder) Decode(f *Frame) *Packet {
	d.p = Packet{IPs: d.ips[:0]}
	d.depth, d.quote = 0, false
	b := f.Data
	if len(b) > f.Length {
		b = b[:f.Length]
	}
	if !d.link(f.Link, b, f.Length) {
		d.Unknown++
	}
	return &d.p
}

// be16 and be32 read a number; the bytes must be there.
func be16(b []byte) uint16 { return binary.BigEndian.Uint16(b) }
func be32(b []byte) uint32 { return binary.BigEndian.Uint32(b) }

// enter counts a header. It is false where there are too many of them, one in the other.
func (d *Decoder) enter() bool {
	d.depth++
	return d.depth <= depthMax
}

// nibble reads an IP packet of either version, told by its first four bits.
func (d *Decoder) nibble(b []byte, wire int) {
	if len(b) == 0 {
		return
	}
	switch b[0] >> 4 {
	case 4:
		d.ipv4(b, wire)
	case 6:
		d.ipv6(b, wire)
	}
}

// add makes room for an IP packet.
func (d *Decoder) add() *IP {
	if len(d.p.IPs) == ipsMax {
		return nil
	}
	d.p.IPs = d.ips[:len(d.p.IPs)+1]
	ip := &d.p.IPs[len(d.p.IPs)-1]
	*ip = IP{Quoted: d.quote}
	return ip
}

// ipv4 reads a packet of RFC 791. A total length of 0 is that of a frame whose segments the network card makes.
func (d *Decoder) ipv4(b []byte, wire int) {
	d.p.Begun4 = d.p.Begun4 || len(b) > 0
	if len(b) < 20 || b[0]>>4 != 4 || !d.enter() {
		return
	}
	head, total := int(b[0]&15)*4, int(be16(b[2:]))
	if head < 20 {
		return
	}
	if total == 0 || total > wire {
		total = wire
	}
	if total < head {
		return
	}
	ip := d.add()
	if ip == nil {
		return
	}
	ip.Src, ip.Dst = netip.AddrFrom4([4]byte(b[12:16])), netip.AddrFrom4([4]byte(b[16:20]))
	ip.Final, ip.Proto, ip.TTL, ip.ID = ip.Dst, b[9], b[8], be16(b[4:])
	if head > len(b) {
		return
	}
	rest, wire := b[head:min(len(b), total)], total-head
	if at := be16(b[6:]) & 0x3fff; at != 0 && !ip.Quoted {
		offset, more := int(at&0x1fff)*8, at&0x2000 != 0
		key := fragmentKey{src: ip.Src, dst: ip.Dst, id: uint32(be16(b[4:])), proto: ip.Proto}
		if rest, wire = d.frags.add(key, rest, wire, offset, more); rest == nil {
			ip.Piece = true
			return
		}
	} else if at&0x1fff != 0 {
		ip.Piece = true
		return
	}
	d.transport(ip, ip.Proto, rest, wire)
}

// Headers that may stand between an IPv6 header and what it carries (RFC 8200, 4).
const (
	hopByHop    = 0
	routing     = 43
	fragment    = 44
	authHeader  = 51
	noNext      = 59
	destination = 60
	mobility    = 135
	hostID      = 139
	shim        = 140
)

// ipv6 reads a packet of RFC 8200. A payload length of 0 is that of a jumbogram (RFC 2675).
func (d *Decoder) ipv6(b []byte, wire int) {
	d.p.Begun6 = d.p.Begun6 || len(b) > 0
	if len(b) < 40 || b[0]>>4 != 6 || !d.enter() {
		return
	}
	ip := d.add()
	if ip == nil {
		return
	}
	ip.Src, ip.Dst = netip.AddrFrom16([16]byte(b[8:24])), netip.AddrFrom16([16]byte(b[24:40]))
	ip.Final, ip.Proto, ip.TTL = ip.Dst, b[6], b[7]
	length := int(be16(b[4:]))
	if length == 0 || length > wire-40 {
		length = wire - 40
	}
	rest, wire := b[40:min(len(b), 40+length)], length
	for range depthMax {
		switch ip.Proto {
		case hopByHop, routing, destination, hostID, shim, authHeader, fragment, mobility:
		default:
			d.transport(ip, ip.Proto, rest, wire)
			return
		}
		if len(rest) < 8 || ip.Proto == mobility {
			return
		}
		kind, size := ip.Proto, (int(rest[1])+1)*8
		if kind == authHeader {
			size = (int(rest[1]) + 2) * 4
		}
		if kind == fragment {
			size = 8
		}
		if size > len(rest) {
			return
		}
		head := rest[:size]
		ip.Proto, rest, wire = rest[0], rest[size:], wire-size
		if kind == routing {
			ip.route(head)
		}
		if kind != fragment || ip.Quoted {
			continue
		}
		at := be16(head[2:])
		if at&^6 == 0 { // the only fragment of its packet (RFC 6946)
			continue
		}
		key := fragmentKey{src: ip.Src, dst: ip.Dst, id: be32(head[4:]), proto: ip.Proto}
		if rest, wire = d.frags.add(key, rest, wire, int(at&^7), at&1 != 0); rest == nil {
			ip.Piece = true
			return
		}
	}
}

// route takes the last stop of a routing header: of the list of type 0 (RFC 2460, 4.4) and 2 (RFC 6275) the last
// address, of a segment list (RFC 8754) the first.
func (ip *IP) route(head []byte) {
	if left := head[3]; left == 0 || len(head) < 24 {
		return
	}
	switch head[2] {
	case 0, 2:
		ip.Final = netip.AddrFrom16([16]byte(head[len(head)-16:]))
	case 4:
		ip.Final = netip.AddrFrom16([16]byte(head[8:24]))
	}
}

// transport reads the header behind IP, and goes on into tunnels. wire counts the bytes from b on that were on the
// wire, captured or not.
func (d *Decoder) transport(ip *IP, proto uint8, b []byte, wire int) {
	ip.Begun = len(b) > 0
	switch proto {
	case TCP:
		d.tcp(ip, b, wire)
	case UDP:
		d.udp(ip, b, wire)
	case ICMP:
		d.icmp(ip, b, wire, len(b) > 0 && icmpError(b[0]))
	case ICMPv6:
		d.icmp(ip, b, wire, len(b) > 0 && b[0] >= 1 && b[0] <= 4)
	case 4, 41:
		d.nibble(b, wire)
	case 47:
		d.gre(b, wire)
	case 51:
		if len(b) >= 12 {
			if n := (int(b[1]) + 2) * 4; n <= len(b) {
				ip.Proto = b[0]
				d.transport(ip, b[0], b[n:], wire-n)
			}
		}
	case 97: // EtherIP (RFC 3378)
		if len(b) > 2 {
			d.ethernet(b[2:], wire-2)
		}
	case 137:
		d.mpls(b, wire)
	}
}

// icmpError reports whether an ICMP message of a type quotes the packet that it answers.
func icmpError(t byte) bool { return t == 3 || t == 4 || t == 5 || t == 11 || t == 12 }

func (d *Decoder) tcp(ip *IP, b []byte, wire int) {
	if len(b) >= 4 {
		ip.SPort, ip.DPort = be16(b), be16(b[2:])
	}
	if len(b) >= 14 {
		ip.Flags = b[13]
	}
	if len(b) < 20 {
		return
	}
	head := int(b[12]>>4) * 4
	if head < 20 || head > len(b) || head > wire {
		return
	}
	ip.Whole, ip.Seq, ip.Ack, ip.Window = true, be32(b[4:]), be32(b[8:]), be16(b[14:])
	ip.Payload, ip.Length = b[head:], wire-head
	if ip.Flags&SYN != 0 {
		ip.scale(b[20:head])
	}
}

// scale reads the window scale among the options of a SYN (RFC 7323, 2.2).
func (ip *IP) scale(b []byte) {
	for len(b) >= 2 && b[0] != 0 {
		if b[0] == 1 {
			b = b[1:]
			continue
		}
		if b[0] == 3 && b[1] == 3 && len(b) >= 3 {
			ip.Scale, ip.Scales = min(b[2], 14), true
			return
		}
		b = b[min(len(b), max(int(b[1]), 2)):]
	}
}

// Ports of tunnels over UDP.
const (
	portL2TP     = 1701
	portGTP      = 2152
	portTeredo   = 3544
	portVXLAN    = 4789
	portVXLANGPE = 4790
	portGENEVE   = 6081
	portMPLS     = 6635
)

func (d *Decoder) udp(ip *IP, b []byte, wire int) {
	if len(b) >= 4 {
		ip.SPort, ip.DPort = be16(b), be16(b[2:])
	}
	if len(b) < 8 {
		return
	}
	length := int(be16(b[4:]))
	if length != 0 && length < 8 {
		return
	}
	if length == 0 || length > wire {
		ip.unsized = length == 0 && ip.Src.Is4()
		length = wire
	}
	ip.Whole, ip.Payload, ip.Length = true, b[8:min(len(b), length)], length-8
	if ip.Quoted || !d.enter() {
		return
	}
	in, left := ip.Payload, ip.Length
	for _, port := range [2]uint16{min(ip.SPort, ip.DPort), max(ip.SPort, ip.DPort)} {
		switch port {
		case portVXLAN:
			if len(in) > 8 && in[0]&8 != 0 {
				d.ethernet(in[8:], left-8)
			}
		case portVXLANGPE:
			d.vxlanGPE(in, left)
		case portGENEVE:
			d.geneve(in, left)
		case portGTP:
			d.gtp(in, left)
		case portL2TP:
			d.l2tp(in, left)
		case portTeredo:
			d.teredo(in, left)
		case portMPLS:
			d.mpls(in, left)
		default:
			continue
		}
		return
	}
}

func (d *Decoder) icmp(ip *IP, b []byte, wire int, quotes bool) {
	if len(b) < 4 {
		return
	}
	ip.Whole, ip.Type, ip.Code = true, b[0], b[1]
	ip.Payload, ip.Length = b[4:], wire-4
	if len(b) >= 8 && (b[0] == 0 || b[0] == 8 || b[0] == 128 || b[0] == 129) {
		ip.SPort = be16(b[4:]) // the identifier tells pings apart, as ports do connections
	}
	if quotes && len(b) > 8 && !d.quote {
		d.quote = true
		d.nibble(b[8:], wire-8)
		d.quote = false
	}
}
