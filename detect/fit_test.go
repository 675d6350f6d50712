package detect

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestNth(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	for n := 1; n < 70; n++ {
		x := make([]float64, n)
		for i := range x {
			x[i] = float64(rng.IntN(1 + n/2)) // many are equal
		}
		if n%10 == 3 {
			x[rng.IntN(n)] = math.Inf(1)
		}
		want := slices.Sorted(slices.Values(x))
		for k := range n {
			if got := nth(slices.Clone(x), k); got != want[k] {
				t.Fatalf("%d of %v: %v, want %v", k, x, got, want[k])
			}
		}
	}
}
