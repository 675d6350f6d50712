package detect

import (
	"math"
	"math/bits"
	"net/netip"

	"uncloak/parse"
)

const (
	maxTargets = 256 // destinations counted per host and day; the rarest half makes room
	maxFans    = 32  // ports whose fan-out is counted per host and day
	fanFloor   = 20  // sessions to a port from which on its fan-out is counted
	maxWalls   = 32  // peers whose ports are counted per host and day
	// new doors in a cell of peers, of 128 that are halved each 512 doors, from which on its peers are looked at
	wallCell  = 8
	wallFloor = 3 // … and of one of those peers, from which on its ports are counted
)

// Door is a service that a host connects to: an address and a port there.
type Door struct {
	Peer netip.Addr
	Port Port
}

// Target counts a host's sessions to one door in a day by their outcome.
type Target struct {
	N           uint64
	Bytes       uint64    // both ways, of the sessions whose ends tell them
	Done        uint64    // that were answered, where the log tells
	Refused     uint64    // answered by RST, where the log tells
	Silent      uint64    // never answered, where the log tells
	First, Last int64     // ns
	Active      [3]uint64 // when it was gone to: bit i is the i-th ten minutes of the day
}

// Fan counts the distinct hosts that are reached on one port, by linear counting (Whang et al., 1990): 2048 bits
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

// Peers gives the estimate; a full sketch gives its upper end.
func (f *Fan) Peers() float64 {
	return linearEstimate(f.Bits[:])
}

func linearEstimate(set []uint64) float64 {
	m, used := 64*len(set), 0
	for _, w := range set {
		used += bits.OnesCount64(w)
	}
	return float64(m) * math.Log(float64(m)/float64(max(m-used, 1)))
}

func (f *Fan) merge(o *Fan) {
	f.N += o.N
	for i := range f.Bits {
		f.Bits[i] |= o.Bits[i]
	}
}

func (t *Target) merge(o *Target) {
	t.N += o.N
	t.Bytes += o.Bytes
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

// outcome says whether a session came about, by its end or a change of its state.
type outcome uint8

const (
	unknown outcome = iota
	done
	refused
	silent
)

// outcomeOf reads the outcome from an end: from the reason where the device names one, else from the packets. A TCP
// session that came about has at least five in both directions (handshake and FINs).
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
