package wire

import (
	"net/netip"
	"slices"
)

const (
	unfinishedMax = 256 // packets whose fragments are held; the one that waits longest gives way
	piecesMax     = 128 // fragments of one packet
	packetMax     = 1 << 16
)

type fragmentKey struct {
	src, dst netip.Addr
	id       uint32
	proto    uint8
}

// unfinished is a packet of which fragments are missing.
type unfinished struct {
	data  []byte
	have  []span // sorted, none touches the next
	total int    // 0: the last fragment is missing
	count int
}

type span struct{ from, to int }

// fragments puts packets together. It holds at most unfinishedMax of 64 KiB.
type fragments struct {
	open map[fragmentKey]*unfinished
	age  []fragmentKey // in order of arrival
	lost uint64        // packets given up
}

// add takes a fragment. It returns the payload of the packet and its length where that completes it, else nil.
// A fragment of which bytes were not captured cannot be used; the first of a packet is then taken for itself.
func (f *fragments) add(k fragmentKey, b []byte, wire, offset int, more bool) ([]byte, int) {
	if len(b) < wire {
		if offset == 0 {
			return b, wire
		}
		return nil, 0
	}
	if offset+len(b) > packetMax || len(b) == 0 {
		return nil, 0
	}
	u := f.open[k]
	if u == nil {
		u = f.begin(k)
	}
	u.count++
	if end := offset + len(b); end > len(u.data) {
		u.data = append(u.data, make([]byte, end-len(u.data))...)
	}
	copy(u.data[offset:], b)
	u.cover(offset, offset+len(b))
	if !more {
		u.total = offset + len(b)
	}
	switch {
	case u.total > 0 && len(u.have) == 1 && u.have[0] == (span{0, u.total}):
		f.remove(k)
		return u.data[:u.total], u.total
	case u.count >= piecesMax:
		f.remove(k)
		f.lost++
	}
	return nil, 0
}

func (f *fragments) begin(k fragmentKey) *unfinished {
	if f.open == nil {
		f.open = make(map[fragmentKey]*unfinished)
	}
	if len(f.open) >= unfinishedMax {
		f.remove(f.age[0])
		f.lost++
	}
	u := &unfinished{}
	f.open[k] = u
	f.age = append(f.age, k)
	return u
}

func (f *fragments) remove(k fragmentKey) {
	delete(f.open, k)
	if i := slices.Index(f.age, k); i >= 0 {
		f.age = slices.Delete(f.age, i, i+1)
	}
}

// cover notes that the bytes from a up to b are there.
func (u *unfinished) cover(a, b int) {
	i := 0
	for i < len(u.have) && u.have[i].to < a {
		i++
	}
	j := i
	for j < len(u.have) && u.have[j].from <= b {
		a, b = min(a, u.have[j].from), max(b, u.have[j].to)
		j++
	}
	u.have = slices.Replace(u.have, i, j, span{a, b})
}
