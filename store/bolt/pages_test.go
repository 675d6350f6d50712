//go:build damage && !race

package bolt

import "testing"

// TestDamagedPages spoils the pages of a file at random, in 6000 ways: no spoiling may stop the process, or send it
// round in a circle. It takes minutes, hence the tag; TestSpoiledPages in salvage_test.go does the same with fewer.
// Not with -race: the race detector comes with checks of unsafe pointers, which end the program in bbolt where a real
// run meets a bounds check or a fault and goes on.
func TestDamagedPages(t *testing.T) {
	spoilPages(t, 600)
}
