package ingest

import (
	"encoding/binary"
	"maps"
	"net/netip"
	"slices"
	"time"
)

const (
	protoTCP = 6
	protoUDP = 17
)

const (
	linkIP      = iota // what follows is an IP packet, or nothing that we read
	linkUnknown        // the kind of link is not known
)

// network takes away the head of the link layer. The kinds are the numbers that tcpdump.org/linktypes.html lists.
func network(link uint32, b []byte) (ip []byte, kind int) {
	const null, ethernet, ppp, rawBSD, rawOpenBSD, raw, loop, cooked, ipv4, ipv6, cooked2 = 0, 1, 9, 12, 14, 101, 108, 113, 228, 229, 276
	switch link {
	case ethernet:
		return ethertype(b, 12), linkIP
	case cooked:
		return ethertype(b, 14), linkIP
	case cooked2:
		if len(b) < 20 {
			return nil, linkIP
		}
		return behind(binary.BigEndian.Uint16(b), b[20:]), linkIP
	case null, loop: // the family, whose numbers and byte order are the system's: parseIP looks at the packet itself
		return b[min(4, len(b)):], linkIP
	case ppp:
		if len(b) >= 2 && b[0] == 0xff && b[1] == 3 { // HDLC-like framing
			b = b[2:]
		}
		return pointToPoint(b), linkIP
	case raw, rawBSD, rawOpenBSD, ipv4, ipv6:
		return b, linkIP
	}
	return nil, linkUnknown
}

// ethertype reads the type at that place, and what is behind it.
func ethertype(b []byte, at int) []byte {
	if len(b) < at+2 {
		return nil
	}
	return behind(binary.BigEndian.Uint16(b[at:]), b[at+2:])
}

// behind takes away VLAN tags and a PPPoE session's head.
func behind(kind uint16, b []byte) []byte {
	for {
		switch kind {
		case 0x0800, 0x86dd:
			return b
		case 0x8100, 0x88a8, 0x9100:
			if len(b) < 4 {
				return nil
			}
			kind, b = binary.BigEndian.Uint16(b[2:]), b[4:]
		case 0x8864:
			if len(b) < 6 {
				return nil
			}
			return pointToPoint(b[6:])
		default:
			return nil
		}
	}
}

func pointToPoint(b []byte) []byte {
	if len(b) < 2 {
		return nil
	}
	switch binary.BigEndian.Uint16(b) {
	case 0x0021, 0x0057:
		return b[2:]
	}
	return nil
}

// ipPacket is what an IP packet carries.
type ipPacket struct {
	src, dst netip.Addr
	proto    byte
	data     []byte
	missing  int // bytes that the capture did not keep

	fragment bool
	more     bool // fragments follow
	offset   int
	id       uint32
}

func parseIP(b []byte) (ipPacket, bool) {
	if len(b) == 0 {
		return ipPacket{}, false
	}
	switch b[0] >> 4 {
	case 4:
		return parseIPv4(b)
	case 6:
		return parseIPv6(b)
	}
	return ipPacket{}, false
}

func parseIPv4(b []byte) (p ipPacket, ok bool) {
	if len(b) < 20 {
		return p, false
	}
	head, total := int(b[0]&15)*4, int(binary.BigEndian.Uint16(b[2:]))
	if total == 0 { // left to the network card, which makes smaller packets of it
		total = len(b)
	}
	if head < 20 || head > len(b) || total < head {
		return p, false
	}
	p = ipPacket{src: netip.AddrFrom4([4]byte(b[12:16])), dst: netip.AddrFrom4([4]byte(b[16:20])), proto: b[9], id: uint32(binary.BigEndian.Uint16(b[4:]))}
	p.data, p.missing = b[head:min(total, len(b))], max(0, total-len(b))
	flags := binary.BigEndian.Uint16(b[6:])
	p.more, p.offset = flags&0x2000 != 0, int(flags&0x1fff)*8
	p.fragment = p.more || p.offset > 0
	return p, true
}

func parseIPv6(b []byte) (p ipPacket, ok bool) {
	const hopByHop, routing, fragment, authentication, destination = 0, 43, 44, 51, 60
	if len(b) < 40 {
		return p, false
	}
	n := int(binary.BigEndian.Uint16(b[4:]))
	if n == 0 {
		n = len(b) - 40
	}
	p = ipPacket{src: netip.AddrFrom16([16]byte(b[8:24])), dst: netip.AddrFrom16([16]byte(b[24:40])), proto: b[6]}
	p.data, p.missing = b[40:min(40+n, len(b))], max(0, 40+n-len(b))
	for {
		size := 8
		switch p.proto {
		case hopByHop, routing, destination:
			if len(p.data) > 1 {
				size = (int(p.data[1]) + 1) * 8
			}
		case authentication:
			if len(p.data) > 1 {
				size = (int(p.data[1]) + 2) * 4
			}
		case fragment:
		default:
			return p, true
		}
		if len(p.data) < size {
			return p, false
		}
		h := p.data[:size]
		if p.proto == fragment {
			where := binary.BigEndian.Uint16(h[2:])
			p.more, p.offset, p.id = where&1 != 0, int(where&^7), binary.BigEndian.Uint32(h[4:])
			p.fragment = p.more || p.offset > 0
		}
		p.proto, p.data = h[0], p.data[size:]
		if p.offset > 0 { // what follows is the middle of something
			return p, true
		}
	}
}

// fragments puts datagrams together again. Their number is bounded: when there are too many, the older half is given up.
type fragments struct {
	open map[fragmentKey]*datagramParts
	seen uint64
	lost func(first []byte, proto byte, packets uint64)
}

const (
	fragmentsMax = 1024             // datagrams that wait for fragments
	datagramMax  = 64<<10 - 1       // bytes of one
	fragmentWait = 30 * time.Second // Linux's: later ones with the same number are of another datagram
)

type fragmentKey struct {
	src, dst netip.Addr
	id       uint32
	proto    byte
}

type datagramParts struct {
	data    []byte
	have    []stretch // disjoint, sorted
	total   int       // bytes; 0: the last fragment did not come
	packets uint64
	seen    uint64
	at      time.Time // of the first packet
}

type stretch struct{ from, to int }

// add takes a fragment that was seen at a time. With the last one that was missing it gives the whole, and of how many packets it is; otherwise 0.
func (f *fragments) add(p ipPacket, at time.Time) (whole ipPacket, packets uint64) {
	if f.open == nil {
		f.open = make(map[fragmentKey]*datagramParts)
	}
	k := fragmentKey{p.src, p.dst, p.id, p.proto}
	d := f.open[k]
	if d != nil && at.Sub(d.at) > fragmentWait {
		f.give(k, d)
		delete(f.open, k)
		d = nil
	}
	if d == nil {
		if len(f.open) >= fragmentsMax {
			f.forget()
		}
		d = &datagramParts{at: at}
		f.open[k] = d
	}
	f.seen++
	d.packets++
	d.seen = f.seen
	end := p.offset + len(p.data)
	if end > datagramMax || len(p.data) == 0 {
		return p, 0
	}
	if end > len(d.data) {
		d.data = slices.Grow(d.data, end-len(d.data))[:end]
	}
	copy(d.data[p.offset:], p.data)
	d.note(stretch{p.offset, end})
	if !p.more && p.missing == 0 {
		d.total = end
	}
	if d.total == 0 || len(d.have) != 1 || d.have[0] != (stretch{0, d.total}) {
		return p, 0
	}
	delete(f.open, k)
	p.data, p.missing, p.fragment = d.data[:d.total], 0, false
	return p, d.packets
}

// note adds what is there now. Fragments come in order or nearly so: there are few stretches.
func (d *datagramParts) note(s stretch) {
	kept := d.have[:0]
	for _, h := range d.have {
		if h.to < s.from || h.from > s.to {
			kept = append(kept, h)
			continue
		}
		s.from, s.to = min(s.from, h.from), max(s.to, h.to)
	}
	i, _ := slices.BinarySearchFunc(kept, s, func(a, b stretch) int { return a.from - b.from })
	d.have = slices.Insert(kept, i, s)
}

func (f *fragments) forget() {
	times := make([]uint64, 0, len(f.open))
	for _, d := range f.open {
		times = append(times, d.seen)
	}
	slices.Sort(times)
	middle := times[len(times)/2]
	maps.DeleteFunc(f.open, func(k fragmentKey, d *datagramParts) bool {
		if d.seen < middle {
			f.give(k, d)
		}
		return d.seen < middle
	})
}

func (f *fragments) end() {
	for k, d := range f.open {
		f.give(k, d)
	}
	clear(f.open)
}

func (f *fragments) give(k fragmentKey, d *datagramParts) {
	var first []byte
	if len(d.have) > 0 && d.have[0].from == 0 {
		first = d.data[:d.have[0].to]
	}
	f.lost(first, k.proto, d.packets)
}
