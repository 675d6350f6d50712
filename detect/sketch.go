package detect

import (
	"encoding/binary"
	"net/netip"
	"slices"

	"github.com/axiomhq/hyperloglog"
	"github.com/cespare/xxhash/v2"
)

// newSketch counts distinct addresses in at most 2 KiB with a standard error of 1.04/sqrt(2048) = 2.3 %
// (Flajolet et al., HyperLogLog, 2007), exactly while they are few.
func newSketch() *hyperloglog.Sketch {
	s, err := hyperloglog.NewSketch(11, true)
	if err != nil { // only for a precision outside 4..18
		panic(err)
	}
	return s
}

func addPeer(s *hyperloglog.Sketch, a netip.Addr) { s.InsertHash(hashAddr(a)) }

func hashAddr(a netip.Addr) uint64 {
	b := a.As16()
	return xxhash.Sum64(b[:]) ^ binary.LittleEndian.Uint64(b[8:])
}

func (h *Host) mergePeers(o *Host) {
	if len(o.PeerHLL) == 0 {
		return
	}
	if len(h.PeerHLL) == 0 {
		h.PeerHLL, h.Peers = slices.Clone(o.PeerHLL), o.Peers
		return
	}
	var a, b hyperloglog.Sketch
	if a.UnmarshalBinary(h.PeerHLL) != nil || b.UnmarshalBinary(o.PeerHLL) != nil || a.Merge(&b) != nil {
		h.Peers = max(h.Peers, o.Peers) // a damaged sketch: the lower bound that is left
		return
	}
	h.Peers = a.Estimate()
	h.PeerHLL, _ = a.MarshalBinary()
}
