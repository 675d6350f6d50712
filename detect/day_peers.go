package detect

import (
	"net/netip"
	"slices"

	"github.com/axiomhq/hyperloglog"
)

// peers counts distinct addresses: exactly up to exactPeers, then in 2 KiB with a standard error of 1.04/sqrt(2048) =
// 2.3 % (Flajolet et al., HyperLogLog, 2007).
type peers struct {
	few    []uint64 // hashes
	sketch *hyperloglog.Sketch
	full   bool // there is no room for a sketch
}

// exactPeers bounds the addresses that are kept themselves: most hosts of a household have fewer peers, and of three
// peers two may share a register.
const exactPeers = 32

func newSketch(sparse bool) *hyperloglog.Sketch {
	s, err := hyperloglog.NewSketch(11, sparse)
	if err != nil { // only for a precision outside 4..18
		panic(err)
	}
	return s
}

func (p *peers) add(hash uint64) {
	switch {
	case p.sketch != nil:
		p.sketch.InsertHash(hash)
	case slices.Contains(p.few, hash):
	case len(p.few) < exactPeers:
		p.few = append(p.few, hash)
	case p.full:
	default:
		p.sketch, p.few = sketchOf(append(p.few, hash), false), nil
	}
}

func sketchOf(hashes []uint64, sparse bool) *hyperloglog.Sketch {
	s := newSketch(sparse)
	for _, h := range hashes {
		s.InsertHash(h)
	}
	return s
}

// estimate gives the number of addresses, and the sketch that merges with others.
func (p *peers) estimate() (n uint64, sketch []byte) {
	if p.sketch != nil {
		sketch, _ = p.sketch.MarshalBinary()
		return p.sketch.Estimate(), sketch
	}
	sketch, _ = sketchOf(p.few, true).MarshalBinary()
	return uint64(len(p.few)), sketch
}

// hashAddr mixes the address's 128 bits with the finalizer of MurmurHash3. The zone is left out.
func hashAddr(a netip.Addr) uint64 {
	hi, lo := plain(a)
	return mix(mix(hi) ^ lo)
}

func mix(x uint64) uint64 {
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	x *= 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}

// DistinctPeers estimates to how many outside addresses one host spoke, from what several days have of it.
func DistinctPeers(days ...*Host) uint64 {
	var sum Host
	for _, h := range days {
		sum.mergePeers(h)
		sum.Peers = max(sum.Peers, h.Peers)
	}
	return sum.Peers
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
