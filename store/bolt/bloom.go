package bolt

import (
	"net/netip"

	"github.com/cespare/xxhash/v2"
)

// A block's bloom filter holds the addresses of its events, so that a query for one host leaves most blocks of a big
// day alone. With 10 bits an address and 4 probes it is wrong in 1.2 % of the cases: (1 - e^(-4/10))^4.
const (
	bloomBits   = 10
	bloomProbes = 4
)

func makeBloom(addrs []netip.Addr) []byte {
	b := make([]byte, (len(addrs)*bloomBits+7)/8)
	for _, a := range addrs {
		h := hashAddr(a)
		for range bloomProbes {
			i := h % uint64(8*len(b))
			b[i/8] |= 1 << (i % 8)
			h = h<<32 | h>>32 + h*0x9e3779b97f4a7c15
		}
	}
	return b
}

func inBloom(b []byte, a netip.Addr) bool {
	if len(b) == 0 {
		return false
	}
	h := hashAddr(a)
	for range bloomProbes {
		i := h % uint64(8*len(b))
		if b[i/8]&(1<<(i%8)) == 0 {
			return false
		}
		h = h<<32 | h>>32 + h*0x9e3779b97f4a7c15
	}
	return true
}

// hashAddr is the same for an IPv4 address and its 4in6 form, and for all zones: queries do not tell them apart.
func hashAddr(a netip.Addr) uint64 {
	b := a.As16()
	return xxhash.Sum64(b[:])
}
