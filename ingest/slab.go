package ingest

import (
	"math/bits"
	"sync"
)

// The memory of a busy sender's lines is used again once they are stored: allocating it anew for each read took a fifth
// of the time of receiving, for page faults, clearing and the collector. There are four sizes in each doubling: a slab
// is at most a fourth larger than was asked for, so that the memory of the queue stays in proportion to its lines.
const (
	slabMin   = 4 << 10 // smaller pieces are left to the collector
	slabMax   = 128 << 10
	slabSizes = 4 * 5
)

// slab is memory that some lines lie in; b is empty.
type slab struct{ b []byte }

var slabs [slabSizes]sync.Pool // free ones, by size

// newSlab returns an empty slice with room for n bytes, and the slab that it is part of: nil for a size that is not
// kept.
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

// slabSize returns the size of the slab for n bytes, and its index among all sizes.
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

// newLines returns an empty slice for n lines. For few lines it has just their size, as the lines in the queue may all
// have come one by one.
func newLines(n int) []line {
	if n < packetBatch*3/4 || n > packetBatch {
		return make([]line, 0, n)
	}
	if p, ok := freeLines.Get().(*[]line); ok {
		return (*p)[:0]
	}
	return make([]line, 0, packetBatch)
}

// freeOf keeps a slice of newLines for later, cleared. Slices of other sizes, and parts of slices, are left to the
// collector.
func freeOf(lines []line) {
	if cap(lines) != packetBatch {
		return
	}
	clear(lines)
	freeLines.Put(&lines)
}
