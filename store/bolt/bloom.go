package bolt

import (
	"encoding/binary"
	"net/netip"

	"github.com/cespare/xxhash/v2"

	"uncloak/parse"
	"uncloak/store"
)

// A block's bloom filter holds the addresses and the routers of its events, so that a query for one of them leaves
// most blocks of a big day alone. With 10 bits an address and 4 probes it is wrong in 1.2 % of the cases: (1 -
// e^(-4/10))^4.
const (
	bloomBits   = 10
	bloomProbes = 4
)

func makeBloom(addrs []netip.Addr, sorts []variety) []byte {
	b := make([]byte, ((len(addrs)+len(sorts))*bloomBits+7)/8)
	for i := range sorts {
		addBloom(b, hashRouter(sorts[i].router))
	}
	for _, a := range addrs {
		addBloom(b, hashAddr(a))
	}
	return b
}

func addBloom(b []byte, h uint64) {
	for range bloomProbes {
		i := h % uint64(8*len(b))
		b[i/8] |= 1 << (i % 8)
		h = h<<32 | h>>32 + h*0x9e3779b97f4a7c15
	}
}

func inBloom(b []byte, h uint64) bool {
	if len(b) == 0 {
		return false
	}
	for range bloomProbes {
		i := h % uint64(8*len(b))
		if b[i/8]&(1<<(i%8)) == 0 {
			return false
		}
		h = h<<32 | h>>32 + h*0x9e3779b97f4a7c15
	}
	return true
}

// hashRouter is the hash of a router's name.
func hashRouter(n parse.Name) uint64 { return xxhash.Sum64String("router " + n.String()) }

// hashAddr is the same for an IPv4 address and its 4in6 form, and for all zones: queries do not tell them apart.
func hashAddr(a netip.Addr) uint64 {
	b := a.As16()
	return xxhash.Sum64(b[:])
}

// The second filter indexes the public ends, which store.Holders looks for: of the translated source, or where an event
// has none, of the source's port alone, as many routers keep it; and of the destination of what is forwarded inwards.
// Blocks of ports that a NAT gives to a subscriber are found by the public address with port 0. 8 bits an end are
// wrong in 2.4 % of the cases; there are about as many ends as sessions, of which each has two or three events.
const endBits = 8

// ends collects the public ends of a block.
type ends struct {
	seen numbering
	list []uint64
}

// hashEnd hashes an address and port; without an address, the port alone.
func hashEnd(a netip.Addr, port uint16) uint64 { return hashKey(addrKey(a) | uint64(port)) }

func addrKey(a netip.Addr) uint64 {
	if !a.IsValid() {
		return 0
	}
	return hashAddr(a) &^ 0xffff
}

func hashKey(k uint64) uint64 {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], k)
	return xxhash.Sum64(b[:])
}

func (x *ends) filter(rows []*store.Entry) []byte {
	x.seen.reset()
	x.list = x.list[:0]
	var last netip.Addr
	var key uint64
	add := func(a netip.Addr, port uint16) {
		if a != last {
			last, key = a, addrKey(a)
		}
		k := key | uint64(port)
		if _, fresh := x.seen.number(k); fresh {
			x.list = append(x.list, k)
		}
	}
	for _, r := range rows {
		switch {
		case r.NATSrc.IsValid():
			add(r.NATSrc, r.NATSPort)
		case r.Src.IsValid() && r.SPort != 0:
			add(netip.Addr{}, r.SPort)
		}
		if r.NATDst.IsValid() && r.NATDst != r.Dst && r.Dst.IsValid() {
			add(r.Dst, r.DPort)
		}
	}
	b := make([]byte, (len(x.list)*endBits+7)/8)
	for _, k := range x.list {
		addBloom(b, hashKey(k))
	}
	return b
}
