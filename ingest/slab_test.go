package ingest

import "testing"

// Every size has its place among the slabs, wastes at most a fourth, and is found again where it was put.
func TestSlabSizes(t *testing.T) {
	before := -1
	for n := slabMin + 1; n <= slabMax; n++ {
		i, size := slabSize(n)
		if size < n || size-n > n/4 || i < before || i >= slabSizes {
			t.Fatalf("%d bytes: slab %d of %d bytes", n, i, size)
		}
		if j, again := slabSize(size); j != i || again != size {
			t.Fatalf("a slab of %d bytes of size %d goes back to %d", size, i, j)
		}
		before = i
	}
	if before != slabSizes-1 {
		t.Errorf("the largest is %d", before)
	}
	for _, n := range []int{0, 1, slabMin, slabMax + 1} {
		if s, b := newSlab(n); s != nil || cap(b) < n {
			t.Errorf("%d bytes: %v, room for %d", n, s, cap(b))
		}
	}
}

// Lines that were cut out of others, and very many, are not used again.
func TestFreeLines(t *testing.T) {
	for _, n := range []int{0, 1, packetBatch - 1, packetBatch, linesKept + 1} {
		freeOf(make([]line, n))
	}
	for range 8 {
		if l := newLines(); len(l) != 0 || cap(l) < packetBatch || cap(l) > linesKept {
			t.Errorf("%d lines, room for %d", len(l), cap(l))
		}
	}
}
