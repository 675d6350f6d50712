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

// Slices of few lines have just their size, as the queue counts lines; others are used again, but for pieces of them.
func TestFreeLines(t *testing.T) {
	for _, n := range []int{0, 1, packetBatch - 1, packetBatch, packetBatch + 1} {
		freeOf(make([]line, n))
	}
	for _, tc := range []struct{ n, room int }{{0, 0}, {1, 1}, {packetBatch / 2, packetBatch / 2},
		{packetBatch - 1, packetBatch}, {packetBatch, packetBatch}, {packetBatch + 1, packetBatch + 1}} {
		for range 3 {
			if l := newLines(tc.n); len(l) != 0 || cap(l) != tc.room {
				t.Errorf("for %d lines: %d, room for %d", tc.n, len(l), cap(l))
			}
		}
	}
}
