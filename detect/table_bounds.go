package detect

import (
	"net/netip"
	"slices"
	"time"

	"uncloak/parse"
)

// This file says between which bounds the number of entries lies where the log tells of beginnings alone: whether an
// entry is over is a guess then, and when Linux's collector takes it away is nobody's to know.

// stay holds for how long an entry stays without a further line.
type stay struct {
	likely      time.Duration
	least, most time.Duration // bounds of likely
	guessed     bool          // no further line will come
}

// sure gives a stay whose end the log will tell.
func sure(d time.Duration) stay { return stay{likely: d, least: d, most: d} }

// boundSlots bounds how many slots ahead the bounds of an entry may lie: an hour.
const boundSlots = 360

// bounds counts the guessed entries of a router that are there at least, and at most.
type bounds struct {
	least, most int32
	low, high   int                // of the running slot: all entries, at least and at most, at its fullest
	slot        int32              // of the day, that is running
	leave       [boundSlots]leaves // by slot modulo boundSlots
	wait        [8]int32           // those that wait for the collector at most, by the slot in which it came, modulo 8
	walk        time.Duration      // between two walks of the collector; 0 = nothing waits for one
	walks       [6]time.Duration   // … of the last slots
}

// leaves counts the entries that go from the counts in a slot.
type leaves struct{ least, most int32 }

// guess begins to count an entry whose end is guessed.
func (h *holding) guess(e *entry, day int64) {
	slot := max(slotAt(day, e.heard), 0)
	if h.bounds == nil {
		h.bounds = &bounds{slot: slot, walk: time.Minute}
	}
	b := h.bounds
	h.pass(slot)
	e.leaves = b.slots(e, day)
	if e.leaves[0] > b.slot {
		b.least++
		b.leave[e.leaves[0]%boundSlots].least++
	}
	b.most++
	b.leave[e.leaves[1]%boundSlots].most++
}

// unguess takes an entry out of the counts: it is known that it is over, or when it will be.
func (h *holding) unguess(e *entry) {
	b := h.bounds
	if b == nil || e.leaves[1] == 0 {
		return
	}
	if e.leaves[0] > b.slot {
		b.least--
		b.leave[e.leaves[0]%boundSlots].least--
	}
	if e.leaves[1] > b.slot {
		b.most--
		b.leave[e.leaves[1]%boundSlots].most--
	}
	e.leaves = [2]int32{}
}

// slots gives the slots in which the entry is no longer there at least, and at most.
func (b *bounds) slots(e *entry, day int64) [2]int32 {
	last := b.slot + boundSlots - 1
	return [2]int32{min(slotAt(day, e.least), last), min(max(slotAt(day, e.most), b.slot)+1, last)}
}

func slotAt(day, ns int64) int32 { return int32(floorDiv(ns-day, int64(SlotLen))) }

// pass begins the slot, unless it is running.
func (h *holding) pass(slot int32) {
	b := h.bounds
	if b == nil || slot <= b.slot {
		return
	}
	for n := min(slot-b.slot, boundSlots); n > 0; n-- {
		x := &b.leave[(slot-n+1)%boundSlots]
		at := (slot - n + 1) % int32(len(b.wait))
		b.least, b.most = b.least-x.least, b.most-b.wait[at]
		b.wait[at] = 0
		if h.collector == CollectorNone {
			b.most -= x.most
		} else {
			b.wait[(at+1+int32((h.longestWalk()-1)/SlotLen))%int32(len(b.wait))] += x.most
		}
		*x = leaves{}
	}
	b.slot = slot
	b.low, b.high = 0, 0
	h.top()
}

// top notes the bounds of this moment.
func (h *holding) top() {
	b := h.bounds
	if b == nil {
		return
	}
	known := h.total - h.guessed
	b.low, b.high = max(b.low, known+int(b.least)), max(b.high, known+int(b.most))
}

// around gives by how much the peak may have been lower, and higher.
func (h *holding) around(peak int) (less, more uint32) {
	b := h.bounds
	if b == nil {
		return 0, 0
	}
	return uint32(max(peak-b.low, 0)), uint32(max(b.high-peak, 0))
}

// reckonWalk reckons anew how often the collector walks over a table like this one. Of the entries that are counted
// those wait for it whose time is over: half a pause on the mean.
func (h *holding) reckonWalk() {
	b := h.bounds
	if b == nil {
		return
	}
	copy(b.walks[1:], b.walks[:])
	b.walks[0] = b.walk
	if h.guessed == 0 {
		b.walk = time.Minute
		return
	}
	kept := time.Duration(int64(h.kept) / int64(h.guessed))
	live := float64(h.guessed)*kept.Seconds()/max((kept+b.walk/2).Seconds(), 1) + float64(h.total-h.guessed)
	b.walk = time.Duration(collectEvery(int(live), kept) * float64(time.Second))
}

// longestWalk gives the longest pause of the collector that may be going on.
func (h *holding) longestWalk() time.Duration {
	return max(h.bounds.walk, slices.Max(h.bounds.walks[:]))
}

// waits reports whether an entry whose time is over at ns stays until the collector comes by, and sets until when.
// Entries wait for different parts of a pause; which, depends on ports and addresses alone.
func (e *entry) waits(ns int64) bool {
	if !e.guessed || e.wait > 0 || e.in.collector == CollectorNone {
		return false
	}
	if e.most += int64(e.in.longestWalk()); e.in.collector != CollectorLinux {
		return false
	}
	k := &e.key
	part := (hashAddr(k.Dst) ^ uint64(k.SPort)<<16 ^ uint64(k.DPort)) * 0x9E3779B97F4A7C15 >> 40 & 0xffff
	e.wait = time.Duration(float64(e.in.bounds.walk)*(float64(part)+0.5)/(1<<16)) + 1
	e.expires += int64(e.wait)
	return e.expires > ns
}

// doorsWatched bounds the doors of a host that are counted at a time.
const doorsWatched = 4

// hammered counts a host's TCP sessions door by door, over the last half minute: those to one door may all be refused.
type hammered struct {
	now, before [doorsWatched]struct {
		door Door
		n    int32
	}
	since int64
}

const (
	hammerTime  = int64(30 * time.Second)
	hammerLeast = 8 // sessions in that time
)

// note counts a session, and reports whether so many go to its door that all of them may be refused.
func (x *hammered) note(e *parse.Event, peer netip.Addr) bool {
	if e.Time-x.since > hammerTime {
		x.before, x.since = x.now, e.Time
		clear(x.now[:])
	}
	d := Door{peer, Port{e.Proto, e.DPort}}
	n := int32(1)
	least := 0
	for i := range x.now {
		if c := &x.now[i]; c.door == d {
			c.n++
			n = c.n
			least = -1
			break
		} else if c.n < x.now[least].n {
			least = i
		}
	}
	if least >= 0 { // the door with fewest sessions makes room (space saving, Metwally et al. 2005)
		c := &x.now[least]
		c.door, c.n = d, c.n+1
	}
	for i := range x.before {
		if x.before[i].door == d {
			n = max(n, x.before[i].n)
		}
	}
	return n >= hammerLeast
}
