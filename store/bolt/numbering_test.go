package bolt

import (
	"math/rand/v2"
	"testing"
)

// Numbers come in order of first appearance, as a map would give them, in each of several rounds and beyond several
// growths.
func TestNumberingIsThatOfAMap(t *testing.T) {
	var n numbering
	rnd := rand.New(rand.NewPCG(1, 2))
	for round := range 5 {
		n.reset()
		want := map[uint64]uint32{}
		for range 3 * numberingMin {
			key := rnd.Uint64N(2 * numberingMin)
			if key%3 == 0 {
				key <<= 48 // keys that differ in their high bits only
			}
			id, fresh := n.number(key)
			have, known := want[key]
			if !known {
				have = uint32(len(want))
				want[key] = have
			}
			if id != have || fresh == known {
				t.Fatalf("round %d, key %x: number %d, fresh %v, want %d, %v", round, key, id, fresh, have, !known)
			}
		}
		if len(n.slots) > 8*numberingMin {
			t.Fatalf("%d slots for %d keys", len(n.slots), len(want))
		}
	}
}

// A new round knows nothing of the one before, also when their count wraps.
func TestNumberingForgets(t *testing.T) {
	var n numbering
	n.reset()
	n.number(7)
	n.round = 1<<32 - 1
	n.number(8)
	n.reset()
	for i, key := range []uint64{8, 7} {
		if id, fresh := n.number(key); !fresh || id != uint32(i) {
			t.Errorf("key %d is number %d, fresh %v, in a new round", key, id, fresh)
		}
	}
}
