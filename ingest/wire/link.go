package wire

import (
	"encoding/binary"
	"net/netip"
)

// LINKTYPE_ numbers (https://www.tcpdump.org/linktypes.html).
const (
	linkNull       = 0
	linkEthernet   = 1
	linkTokenRing  = 6
	linkARCNET     = 7
	linkPPP        = 9
	linkFDDI       = 10
	linkRaw        = 12 // as DLT_RAW on most systems; 14 on OpenBSD, 101 in files
	linkRawOpenBSD = 14
	linkPPPHDLC    = 50
	linkPPPoE      = 51
	linkIP         = 101
	linkCiscoHDLC  = 104
	link80211      = 105
	linkFrameRelay = 107
	linkLoop       = 108
	linkSLL        = 113
	linkPFLOG      = 117
	linkPrism      = 119
	linkFC         = 122
	linkRadiotap   = 127
	linkARCNETGNU  = 129
	linkFireWire   = 138
	linkAVS        = 163
	linkPPPD       = 166
	linkPPI        = 192
	linkPPPDir     = 204
	linkIPv4       = 228
	linkIPv6       = 229
	linkNFLOG      = 239
	linkSLL2       = 276
)

// link reads a frame of a kind of link. It is false for a kind that is not known.
func (d *Decoder) link(kind int, b []byte, wire int) bool {
	skip := func(n int, next func([]byte, int)) {
		if len(b) > n {
			next(b[n:], wire-n)
		}
	}
	switch kind {
	case linkEthernet:
		d.ethernet(b, wire)
	case linkRaw, linkRawOpenBSD, linkIP, linkIPv4, linkIPv6:
		d.nibble(b, wire)
	case linkNull, linkLoop:
		skip(4, d.nibble)
	case linkSLL:
		if len(b) >= 16 { // the packet's type: 4 is sent by this machine
			d.p.Directed, d.p.Out = true, be16(b) == 4
		}
		d.cooked(b, 14, 16, wire)
	case linkSLL2:
		if len(b) >= 20 {
			d.p.Directed, d.p.Out, d.p.On = true, b[10] == 4, be32(b[4:])
		}
		d.cooked(b, 0, 20, wire)
	case linkPPP, linkPPPHDLC:
		d.hdlc(b, wire)
	case linkPPPDir, linkPPPD:
		skip(1, d.hdlc)
	case linkPPPoE:
		d.pppoe(b, wire)
	case linkCiscoHDLC:
		d.hdlc(b, wire)
	case linkTokenRing:
		if n := 14; len(b) > n {
			if b[8]&0x80 != 0 { // a route is behind the addresses
				n += int(b[14] & 31)
			}
			skip(n, d.llc)
		}
	case linkFDDI:
		skip(13, d.llc)
	case linkFC:
		skip(16, d.llc)
	case linkFireWire:
		d.typed(b, 16, 18, wire)
	default:
		return d.rareLink(kind, b, wire, skip)
	}
	return true
}

// rareLink reads frames of radio, of filters, and of links that few have.
func (d *Decoder) rareLink(kind int, b []byte, wire int, skip func(int, func([]byte, int))) bool {
	switch kind {
	case link80211:
		d.wlan(b, wire)
	case linkRadiotap:
		if len(b) > 4 {
			skip(int(binary.LittleEndian.Uint16(b[2:])), d.wlan)
		}
	case linkPrism:
		if len(b) > 8 && be32(b)>>16 == 0x8021 { // AVS behind the number of Prism
			skip(int(be32(b[4:])&0xffff), d.wlan)
		} else {
			skip(144, d.wlan)
		}
	case linkAVS:
		if len(b) > 8 {
			skip(int(be32(b[4:])&0xffff), d.wlan)
		}
	case linkPPI:
		if len(b) > 8 {
			n, inner := int(binary.LittleEndian.Uint16(b[2:])), int(binary.LittleEndian.Uint32(b[4:]))
			if len(b) > n && inner != linkPPI {
				return d.link(inner, b[n:], wire-n)
			}
		}
	case linkFrameRelay:
		d.frameRelay(b, wire)
	case linkARCNET:
		d.arcnet(b, 2, wire)
	case linkARCNETGNU:
		d.arcnet(b, 4, wire)
	case linkPFLOG:
		if len(b) > 0 {
			skip(int(b[0]+3)&^3, d.nibble)
		}
	case linkNFLOG:
		d.nflog(b, wire)
	default:
		return false
	}
	return true
}

// ethernet reads a frame of Ethernet II or 802.3.
func (d *Decoder) ethernet(b []byte, wire int) {
	if len(b) < 14 {
		return
	}
	if !d.p.HasMAC && len(d.p.IPs) == 0 {
		d.p.HasMAC, d.p.SrcMAC = true, [6]byte(b[6:12])
	}
	d.typed(b, 12, 14, wire)
}

// typed goes on behind a header of n bytes that has an EtherType, or a length of 802.3, at a place.
func (d *Decoder) typed(b []byte, at, n, wire int) {
	if len(b) < n {
		return
	}
	t := be16(b[at:])
	if t > 1500 {
		d.etherType(t, b[n:], wire-n)
		return
	}
	rest, left := b[n:], wire-n
	if t > 0 && int(t) < left {
		left = int(t)
		rest = rest[:min(len(rest), left)]
	}
	d.llc(rest, left)
}

// etherType goes on by the number that says what follows
// (https://www.iana.org/assignments/ieee-802-numbers/ieee-802-numbers.xhtml).
func (d *Decoder) etherType(t uint16, b []byte, wire int) {
	if !d.enter() {
		return
	}
	switch t {
	case 0x0800:
		d.ipv4(b, wire)
	case 0x86dd:
		d.ipv6(b, wire)
	case 0x0806:
		d.arp(b)
	case 0x8100, 0x88a8, 0x9100, 0x9200:
		if len(b) >= 4 {
			if d.p.VLAN == 0 {
				d.p.VLAN = be16(b) & 0xfff
			}
			d.typed(b, 2, 4, wire)
		}
	case 0x8864:
		d.pppoe(b, wire)
	case 0x880b:
		d.ppp(b, wire)
	case 0x8847, 0x8848:
		d.mpls(b, wire)
	case 0x6558:
		d.ethernet(b, wire)
	case 0x8926: // VN-Tag (Cisco; 802.1Qbh draft)
		d.typed(b, 4, 6, wire)
	case 0x893f: // E-Tag (802.1BR)
		d.typed(b, 6, 8, wire)
	case 0x88e7: // the tag of 802.1ah, the customer's frame behind it
		if len(b) > 4 {
			d.ethernet(b[4:], wire-4)
		}
	case 0x894f:
		d.nsh(b, wire)
	}
}

// nsh goes on behind a network service header (RFC 8300).
func (d *Decoder) nsh(b []byte, wire int) {
	if len(b) < 8 {
		return
	}
	n := int(be16(b)&0x3f) * 4
	if n < 8 || n >= len(b) {
		return
	}
	d.nextProtocol(b[3], b[n:], wire-n)
}

// nextProtocol goes on by a number of the service header's and VXLAN-GPE's list.
func (d *Decoder) nextProtocol(kind byte, b []byte, wire int) {
	switch kind {
	case 1, 2:
		d.nibble(b, wire)
	case 3:
		d.ethernet(b, wire)
	case 4:
		d.etherType(0x894f, b, wire)
	case 5:
		d.mpls(b, wire)
	}
}

// llc reads a header of 802.2, and SNAP behind it.
func (d *Decoder) llc(b []byte, wire int) {
	if len(b) < 3 || !d.enter() {
		return
	}
	switch {
	case b[0] == 0xaa && b[1] == 0xaa && b[2] == 3 && len(b) >= 8:
		d.snap(b[3:], wire-3)
	case b[0] == 6 && b[1] == 6 && b[2] == 3:
		d.ipv4(b[3:], wire-3)
	}
}

// snap reads an organisation and its type.
func (d *Decoder) snap(b []byte, wire int) {
	if len(b) < 5 {
		return
	}
	switch org := uint32(b[0])<<16 | uint32(be16(b[1:])); {
	case org == 0, org == 0x0000f8:
		d.etherType(be16(b[3:]), b[5:], wire-5)
	case org == 0x0080c2 && be16(b[3:])&^8 == 1 && len(b) > 5: // a bridged frame (RFC 2684)
		d.ethernet(b[5:], wire-5)
	}
}

// cooked reads Linux' captures of any interface; the EtherType is at a place in a head of n bytes.
func (d *Decoder) cooked(b []byte, at, n, wire int) {
	if len(b) < n {
		return
	}
	switch t := be16(b[at:]); {
	case t == 4:
		d.llc(b[n:], wire-n)
	case t > 1500:
		d.etherType(t, b[n:], wire-n)
	}
}

// hdlc reads PPP with or without its framing, and Cisco's HDLC.
func (d *Decoder) hdlc(b []byte, wire int) {
	switch {
	case len(b) < 4:
	case (b[0] == 0x0f || b[0] == 0x8f) && b[1] == 0:
		d.etherType(be16(b[2:]), b[4:], wire-4)
	default:
		d.ppp(b, wire)
	}
}

// ppp reads a packet of RFC 1661: an optional address and control (RFC 1662), the protocol in one or two bytes.
func (d *Decoder) ppp(b []byte, wire int) {
	if !d.enter() {
		return
	}
	if len(b) > 2 && b[0] == 0xff && b[1] == 3 {
		b, wire = b[2:], wire-2
	}
	if len(b) < 2 {
		return
	}
	proto, n := be16(b), 2
	if b[0]&1 != 0 {
		proto, n = uint16(b[0]), 1
	}
	b, wire = b[n:], wire-n
	switch proto {
	case 0x21:
		d.ipv4(b, wire)
	case 0x57:
		d.ipv6(b, wire)
	case 0x281:
		d.mpls(b, wire)
	case 0x31: // bridged (RFC 3518)
		if len(b) > 2 && b[1] == 1 {
			d.ethernet(b[2:], wire-2)
		}
	}
}

// pppoe reads a packet of RFC 2516.
func (d *Decoder) pppoe(b []byte, wire int) {
	if len(b) < 8 || b[1] != 0 {
		return
	}
	n := int(be16(b[4:]))
	d.ppp(b[6:min(len(b), 6+n)], min(wire-6, n))
}

// mpls reads a stack of labels (RFC 3032). What is behind them is told by its first bits: an IP packet, or an Ethernet
// frame with or without a control word (RFC 4385).
func (d *Decoder) mpls(b []byte, wire int) {
	if !d.enter() {
		return
	}
	for range depthMax {
		if len(b) < 5 {
			return
		}
		bottom := b[2]&1 != 0
		b, wire = b[4:], wire-4
		if !bottom {
			continue
		}
		switch b[0] >> 4 {
		case 4, 6:
			d.nibble(b, wire)
		case 0:
			if len(b) > 18 {
				d.ethernet(b[4:], wire-4)
			}
		}
		return
	}
}

// frameRelay reads Q.922 with RFC 2427 behind it.
func (d *Decoder) frameRelay(b []byte, wire int) {
	n := 0
	for n < len(b) && n < 4 && b[n]&1 == 0 {
		n++
	}
	n++
	if len(b) < n+3 {
		return
	}
	if b[n] != 3 { // Cisco's: an EtherType
		d.etherType(be16(b[n:]), b[n+2:], wire-n-2)
		return
	}
	n++
	for n < len(b) && b[n] == 0 { // padding
		n++
	}
	switch {
	case n >= len(b):
	case b[n] == 0xcc, b[n] == 0x8e:
		d.nibble(b[n+1:], wire-n-1)
	case b[n] == 0x80:
		d.snap(b[n+1:], wire-n-1)
	}
}

// arcnet reads RFC 1201 and RFC 1051; at is the place of the protocol, behind the addresses (and, on Linux, an offset).
func (d *Decoder) arcnet(b []byte, at, wire int) {
	if len(b) < at+4 {
		return
	}
	n := at + 1
	switch b[at] {
	case 212, 213, 214, 196: // with fragments
		if b[n] == 0xff {
			n += 4
		}
		n += 3
	}
	if len(b) < n {
		return
	}
	switch b[at] {
	case 212, 240:
		d.ipv4(b[n:], wire-n)
	case 196:
		d.ipv6(b[n:], wire-n)
	case 213, 241:
		d.arp(b[n:])
	}
}

// nflog reads what Linux' netfilter log gives: a head of four bytes, and values with their length and kind in the byte
// order of the machine that captured; the packet is value 9.
func (d *Decoder) nflog(b []byte, wire int) {
	if len(b) < 8 {
		return
	}
	var order binary.ByteOrder = binary.LittleEndian
	if n := int(order.Uint16(b[4:])); n < 4 || n > len(b) && order.Uint16(b[6:]) > 255 {
		order = binary.BigEndian
	}
	b, wire = b[4:], wire-4
	for len(b) >= 4 {
		n, kind := int(order.Uint16(b)), order.Uint16(b[2:])&0x7fff
		if n < 4 {
			return
		}
		if kind == 9 {
			d.nibble(b[4:min(len(b), n)], min(n, wire)-4)
			return
		}
		n = (n + 3) &^ 3
		if n > len(b) {
			return
		}
		b, wire = b[n:], wire-n
	}
}

// wlan reads a data frame of 802.11 that is not encrypted; of aggregates (A-MSDU) each packet.
func (d *Decoder) wlan(b []byte, wire int) {
	if len(b) < 24 || !d.enter() {
		return
	}
	control := binary.LittleEndian.Uint16(b)
	n := 24
	if control>>2&3 != 2 || control>>4&4 != 0 || control&0x4000 != 0 { // no data, or encrypted
		return
	}
	if control&0x300 == 0x300 {
		n += 6
	}
	aggregate := false
	if control>>4&8 != 0 { // quality of service
		if len(b) < n+2 {
			return
		}
		aggregate = b[n]&0x80 != 0
		n += 2
		if control&0x8000 != 0 {
			n += 4
		}
	}
	if len(b) <= n {
		return
	}
	b, wire = b[n:], wire-n
	if !aggregate {
		d.llc(b, wire)
		return
	}
	for len(b) > 14 {
		size := int(be16(b[12:]))
		d.llc(b[14:min(len(b), 14+size)], min(wire-14, size))
		next := (14 + size + 3) &^ 3
		if size == 0 || next >= len(b) {
			return
		}
		b, wire = b[next:], wire-next
	}
}

// arp reads RFC 826 for IPv4.
func (d *Decoder) arp(b []byte) {
	d.p.ARPs++
	d.p.ARP = ARP{}
	if len(b) < 8 || be16(b[2:]) != 0x0800 || b[5] != 4 {
		return
	}
	n := int(b[4])
	if len(b) < 8+2*(n+4) {
		return
	}
	a := &d.p.ARP
	a.HasSender, a.Answer = true, be16(b[6:]) == 2
	a.Sender, a.Target = netip.AddrFrom4([4]byte(b[8+n:])), netip.AddrFrom4([4]byte(b[12+2*n:]))
	if n == 6 {
		a.HasHeaders, a.SenderMAC, a.TargetMAC = true, [6]byte(b[8:]), [6]byte(b[18:])
	}
}
