package ingest

import (
	"math/bits"
	"sync"
)

// What a busy sender's lines lie in is used again once they are stored: new memory for each read was a fifth of the time that receiving
// took, for the page faults, the clearing and the collector. Sizes are those of four steps in each doubling: a slab is at most a fourth
// larger than what it was asked for, so that what waits in the queue stays in proportion to its lines.
const (
	slabMin   = 4 << 10 // what needs no more is left to the collector
	slabMax   = 128 << 10
	slabSizes = 4 * 5
)

// slab is memory that some lines lie in; b is empty.
type slab struct{ b []byte }

var slabs [slabSizes]sync.Pool // free ones, by size

// newSlab is room for n bytes, empty, and the slab that it is of: nil where such a size is not kept.
func newSlab(n int) (*slab, []byte) {
	if n <= slabMin || n > slabMax {
		return nil, make([]byte, 0, n)
	}
	i, size := slabSize(n)
	s, ok := slabs[i].Get().(*slab)
	if !ok {
		s = &slab{make([]byte, 0, size)}
	}
	return s, s.b
}

// slabSize is the size of the slab for n bytes, and which it is of all sizes.
func slabSize(n int) (i, size int) {
	step := bits.Len(uint(n-1)) - 3
	quarters := (n - 1) >> step // 4 to 7
	return 4*(step+3-bits.Len(slabMin)) + quarters - 4, (quarters + 1) << step
}

// free gives a slab back. Nothing may point into it any more.
func (s *slab) free() {
	i, _ := slabSize(cap(s.b))
	slabs[i].Put(s)
}

var freeLines sync.Pool // of *[]line, each of packetBatch

// newLines is an empty slice for n lines. Few lines have one of their own size: what waits in the queue may all have come one by one.
func newLines(n int) []line {
	if n < packetBatch*3/4 || n > packetBatch {
		return make([]line, 0, n)
	}
	if p, ok := freeLines.Get().(*[]line); ok {
		return (*p)[:0]
	}
	return make([]line, 0, packetBatch)
}

// freeOf gives a slice of newLines back, with nothing in it. Those of other sizes, and pieces of one that was cut up, are let go.
func freeOf(lines []line) {
	if cap(lines) != packetBatch {
		return
	}
	clear(lines)
	freeLines.Put(&lines)
}
