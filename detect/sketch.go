package detect

import (
	"net/netip"
	"slices"

	"github.com/axiomhq/hyperloglog"
)

// peers counts distinct addresses in at most 2 KiB with a standard error of 1.04/sqrt(2048) = 2.3 %
// (Flajolet et al., HyperLogLog, 2007), exactly while they are few.
type peers struct {
	sketch *hyperloglog.Sketch
	n      int // additions while it is sparse
}

// sparsePeers is after how many additions the sketch is made dense. The library's sparse form merges a sorted list each twenty additions,
// which was an eighth of all the time.
const sparsePeers = 100

func newPeers() peers { return peers{sketch: newSketch(true)} }

func newSketch(sparse bool) *hyperloglog.Sketch {
	s, err := hyperloglog.NewSketch(11, sparse)
	if err != nil { // only for a precision outside 4..18
		panic(err)
	}
	return s
}

func (p *peers) add(hash uint64) {
	if p.n <= sparsePeers {
		if p.n++; p.n > sparsePeers {
			dense := newSketch(false)
			if dense.Merge(p.sketch) == nil { // they differ in nothing that it minds
				p.sketch = dense
			}
		}
	}
	p.sketch.InsertHash(hash)
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
