package detect

import (
	"cmp"
	"math"
	"math/bits"
	"net/netip"
	"slices"

	"github.com/cespare/xxhash/v2"

	"uncloak/parse"
)

const (
	maxTargets = 256 // destinations counted per host and day; the rarest half makes room
	maxFans    = 32  // ports whose fan-out is counted per host and day
	fanFloor   = 20  // sessions to a port from which on its fan-out is counted
	maxWalls   = 32  // peers whose ports are counted per host and day
	wallFloor  = 20  // doors of a peer that are new to the record, from which on its ports are counted
)

// Door is a service that a host goes to: an address and a port there.
type Door struct {
	Peer netip.Addr
	Port Port
}

// Target is what became of a host's sessions to one door in a day.
type Target struct {
	N           uint64
	Done        uint64    // that were answered, where the log tells
	Refused     uint64    // answered by RST, where the log tells
	Silent      uint64    // never answered, where the log tells
	First, Last int64     // ns
	Active      [3]uint64 // when it was gone to: bit i is the i-th ten minutes of the day
}

// Fan counts the distinct hosts that were spoken to on one port, by linear counting (Whang et al., 1990): 2048 bits
// estimate up to about 10,000 within 3 %.
type Fan struct {
	N    uint64
	Bits [32]uint64
}

func (f *Fan) add(a netip.Addr) { f.addHash(hashAddr(a)) }

func (f *Fan) addHash(h uint64) {
	f.N++
	f.Bits[h>>6&31] |= 1 << (h & 63)
}

// Peers is the estimate; a full sketch gives its upper end.
func (f *Fan) Peers() float64 {
	const m = 2048
	used := 0
	for _, w := range f.Bits {
		used += bits.OnesCount64(w)
	}
	zero := max(m-used, 1)
	return m * math.Log(float64(m)/float64(zero))
}

func (f *Fan) merge(o *Fan) {
	f.N += o.N
	for i := range f.Bits {
		f.Bits[i] |= o.Bits[i]
	}
}

func (t *Target) merge(o *Target) {
	t.N += o.N
	t.Done += o.Done
	t.Refused += o.Refused
	t.Silent += o.Silent
	if t.First == 0 || o.First != 0 && o.First < t.First {
		t.First = o.First
	}
	t.Last = max(t.Last, o.Last)
	for i := range t.Active {
		t.Active[i] |= o.Active[i]
	}
}

// target is the record of that door, and whether it is a new one; when there are too many, the rarest half goes.
func (h *Host) target(d Door) (t *Target, isNew bool) {
	if t = h.Targets[d]; t != nil {
		return t, false
	}
	if len(h.Targets) >= maxTargets {
		h.trimTargets(maxTargets / 2)
	}
	t = &Target{}
	h.Targets[d] = t
	return t, true
}

// wall counts the ports of a peer whose doors are new again and again: there are many of them, or the record has let go of one in between,
// which the count of distinct ports tells apart. When there are too many such peers, the one with the fewest ports makes room.
func (hs *hostState) wall(d Door) {
	if hs.freshDoors == nil {
		hs.freshDoors = map[netip.Addr]uint64{}
	}
	bump(hs.freshDoors, d.Peer)
	walls := hs.host.Walls
	f := walls[d.Peer]
	if f == nil {
		if hs.freshDoors[d.Peer] < wallFloor {
			return
		}
		if len(walls) >= maxWalls {
			var least netip.Addr
			for p, f := range walls {
				if !least.IsValid() || f.Peers() < walls[least].Peers() || f.Peers() == walls[least].Peers() && p.Less(least) {
					least = p
				}
			}
			delete(walls, least)
			hs.freshDoors[least] = 0 // it may come again, in its turn
		}
		f = &Fan{}
		walls[d.Peer] = f
	}
	f.addHash(xxhash.Sum64([]byte{d.Port.Proto, byte(d.Port.Port >> 8), byte(d.Port.Port)}))
}

func (h *Host) trimTargets(keep int) {
	doors := make([]Door, 0, len(h.Targets))
	for d := range h.Targets {
		doors = append(doors, d)
	}
	slices.SortFunc(doors, func(a, b Door) int { // equal ones in one order, whatever the map says
		return cmp.Or(cmp.Compare(h.Targets[b].N, h.Targets[a].N), cmp.Compare(h.Targets[b].Last, h.Targets[a].Last), a.Peer.Compare(b.Peer),
			cmp.Compare(a.Port.Proto, b.Port.Proto), cmp.Compare(a.Port.Port, b.Port.Port))
	})
	for _, d := range doors[min(keep, len(doors)):] {
		delete(h.Targets, d)
	}
}

// approach counts a session that the host opens to a door.
func (t *Tracker) approach(hs *hostState, e *parse.Event, peer netip.Addr) {
	h, door := hs.host, Door{peer, Port{e.Proto, e.DPort}}
	x, isNew := h.target(door)
	if isNew {
		hs.wall(door)
	}
	x.N++
	if x.First == 0 {
		x.First = e.Time
	}
	x.Last = max(x.Last, e.Time)
	i := t.slotOf(e.Time) / 60
	x.Active[i/64] |= 1 << (i % 64)
	p := Port{e.Proto, e.DPort}
	fan := h.Fans[p]
	if fan == nil {
		if h.Ports[p] < fanFloor || len(h.Fans) >= maxFans {
			return
		}
		fan = &Fan{N: h.Ports[p] - 1}
		h.Fans[p] = fan
	}
	fan.add(peer)
}

// outcome is what the end of a session, or a change of its state, says of it.
type outcome uint8

const (
	unknown outcome = iota
	done
	refused
	silent
)

// outcomeOf reads it from an end: the device's own word where it gives one, else the packets, of which a TCP session that came about has
// at least five in both directions (handshake and FINs).
func outcomeOf(e *parse.Event) outcome {
	switch {
	case e.Proto == parse.UDP && e.DPort == 53: // a lookup: one packet each way
		switch {
		case e.State == parse.Unreplied || e.Packets == 1:
			return silent
		case e.State == parse.Replied || e.Packets >= 2:
			return done
		}
		return unknown
	case e.Proto != parse.TCP:
		return unknown
	case e.State == parse.Unreplied || e.State == parse.SynSent:
		return silent
	case e.Flags&parse.RST != 0 && e.Bytes == 0:
		return refused
	case e.Packets == 1:
		return silent
	case e.Packets == 2:
		return refused
	case e.Packets >= 5 || e.Bytes > 0:
		return done
	}
	return unknown
}

// judged notes the outcome of a session that a host opened; each session has one.
func (t *Tracker) judged(e *parse.Event, host, peer netip.Addr, o outcome) {
	if o == unknown || e.Src != host {
		return
	}
	hs := t.hosts[host]
	if hs == nil {
		return
	}
	x := hs.host.Targets[Door{peer, Port{e.Proto, e.DPort}}]
	if x == nil {
		return
	}
	switch o {
	case done:
		x.Done++
	case refused:
		x.Refused++
	case silent:
		x.Silent++
	}
}
