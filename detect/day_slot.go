package detect

import (
	"net/netip"
	"slices"
)

// busy counts the events of the running slot of a Series.
type busy struct {
	slot  int
	fine  Fine
	n     uint32
	few   [fineFloor]netip.Addr // the peers, while there are few: hardly any slot has more
	nFew  int
	peers map[netip.Addr]struct{} // all of them, once there are more
	late  map[uint16]*lateSlot    // slots of events that were told of later
}

// add counts one event in the running slot; a late event goes to its own slot, without its peer.
func (b *busy) add(s *Series, slot, sec int, peer netip.Addr) {
	if slot != b.slot || b.n == 0 {
		if slot < b.slot {
			s.slot(uint16(slot)).N++
			return
		}
		b.close(s)
		b.slot = slot
	}
	b.n++
	s.slot(uint16(slot)).N++
	if b.fine.Sec[sec] < 65535 {
		b.fine.Sec[sec]++
	}
	b.spoke(peer)
}

// spoke adds a peer to those of the slot.
func (b *busy) spoke(peer netip.Addr) {
	if b.peers == nil {
		if slices.Contains(b.few[:b.nFew], peer) {
			return
		}
		if b.nFew < len(b.few) {
			b.few[b.nFew] = peer
			b.nFew++
			return
		}
		b.peers = make(map[netip.Addr]struct{}, 4*fineFloor)
		for _, p := range b.few {
			b.peers[p] = struct{}{}
		}
	}
	if len(b.peers) < 65535 {
		b.peers[peer] = struct{}{}
	}
}

// distinct gives the number of peers of the slot.
func (b *busy) distinct() uint16 {
	if b.peers == nil {
		return uint16(b.nFew)
	}
	return uint16(len(b.peers))
}

// close keeps the seconds of a busy slot.
func (b *busy) close(s *Series) {
	if b.n >= fineFloor {
		b.fine.I, b.fine.Peers = uint16(b.slot), b.distinct()
		s.Fine = append(s.Fine, b.fine)
	}
	b.n, b.fine = 0, Fine{}
	b.nFew, b.peers = 0, nil // clearing it would cost what the largest burst of the day needed, in each slot to come
}

func (b *busy) snapshot(s *Series) Series {
	out := Series{Slots: slices.Clone(s.Slots), Fine: slices.Clone(s.Fine)}
	if b.n >= fineFloor {
		f := b.fine
		f.I, f.Peers = uint16(b.slot), b.distinct()
		out.Fine = append(out.Fine, f)
	}
	if len(b.late) > 0 {
		out.Merge(&Series{Fine: b.lateFine()})
	}
	return out
}
