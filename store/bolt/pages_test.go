//go:build damage && !race

package bolt

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestDamagedPages is not part of the ordinary tests: about one spoiling in a thousand makes bbolt itself stop the process, or run in a
// circle of pages, which nothing here can catch.
//
// TestDamagedPages spoils the pages of a file at random. The race detector comes with checks of unsafe pointers, which
// end the program in bbolt where a real run meets a bounds check or a fault and goes on; hence not with -race.
func TestDamagedPages(t *testing.T) {
	const page = 4096
	whole := wholeFile(t)
	tests := map[string]func(b []byte, r *rand.Rand){
		"pages over others": func(b []byte, r *rand.Rand) {
			copy(b[page*(2+r.IntN(4)):], b[page*(2+r.IntN(8)):][:page*4])
		},
		"random bytes": func(b []byte, r *rand.Rand) {
			for range 1 + r.IntN(200) {
				b[r.IntN(len(b))] = byte(r.Uint32())
			}
		},
		"page headers": func(b []byte, r *rand.Rand) {
			at := page * (2 + r.IntN(len(b)/page-2))
			for range 4 {
				b[at+r.IntN(64)] = byte(r.Uint32())
			}
		},
	}
	for what, spoil := range tests {
		for seed := range uint64(60) {
			t.Run(fmt.Sprint(what, " ", seed), func(t *testing.T) {
				b := slices.Clone(whole)
				spoil(b, rand.New(rand.NewPCG(seed, 5)))
				surviveDamage(t, b)
			})
		}
	}
}
