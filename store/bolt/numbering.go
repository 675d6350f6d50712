package bolt

import (
	"math/bits"
	"math/rand/v2"
)

// numbering gives keys the numbers 0, 1, 2 … in the order in which they first come. The encoder numbers the address
// and the session of each row; with a Go map that took a third of the time of a block written in a hurry. Open
// addressing with linear steps; a slot counts only in the round that wrote it, so that a new block costs no clearing.
// Senders choose the keys, but do not know the seed.
type numbering struct {
	slots []numberSlot // a power of two, never more than half full
	n     uint32
	round uint32
}

type numberSlot struct {
	key       uint64
	id, round uint32
}

const numberingMin = 1 << 10

var numberingSeed = rand.Uint64()

func (t *numbering) reset() {
	t.n = 0
	if t.round++; t.round == 0 || t.slots == nil { // once in 2³² blocks
		t.slots = make([]numberSlot, max(numberingMin, len(t.slots)))
		t.round = 1
	}
}

// number returns the number of key; fresh reports whether the key is a new one.
func (t *numbering) number(key uint64) (id uint32, fresh bool) {
	s := t.slot(key)
	if s.round == t.round {
		return s.id, false
	}
	if int(t.n) >= len(t.slots)/2 {
		t.grow()
		s = t.slot(key)
	}
	*s = numberSlot{key, t.n, t.round}
	t.n++
	return s.id, true
}

// find returns the number of a key that has one. There was a reset before.
func (t *numbering) find(key uint64) (id uint32, ok bool) {
	s := t.slot(key)
	return s.id, s.round == t.round
}

// slot returns the slot that has the key, or the free one where the key belongs.
func (t *numbering) slot(key uint64) *numberSlot {
	mask := uint64(len(t.slots) - 1)
	hi, lo := bits.Mul64(key^numberingSeed, 0xd6e8feb86659fd93)
	for i := (hi ^ lo) & mask; ; i = (i + 1) & mask {
		if s := &t.slots[i]; s.round != t.round || s.key == key {
			return s
		}
	}
}

func (t *numbering) grow() {
	old := t.slots
	t.slots = make([]numberSlot, 2*len(old))
	for i := range old {
		if old[i].round == t.round {
			*t.slot(old[i].key) = old[i]
		}
	}
}
