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

// What is called hopeless is left untried: no fit that would have been taken may be.
func TestHopelessIsNeverTaken(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	left := 0
	for range 300 {
		period := 300 + rng.Float64()*7200
		n := 8 + rng.IntN(80)
		x := each(n, period, 0, rng.Float64()*20, rng)
		for range rng.IntN(n) {
			x = append(x, rng.Float64()*period*float64(n))
		}
		slices.Sort(x)
		f := newFitter(5, len(x), freeLeast)
		f.x = x
		for _, p := range []float64{period / 2, period, 2 * period, 3 * period, 60 + rng.Float64()*7200} {
			phases := densePhases(x, p)
			for k := 1; k <= len(phases); k++ {
				r := f.fit(p, phases[:k], true)
				if r == nil {
					continue
				}
				if f.need = r.gain + r.prior(); f.hopeless(p, k, wallPrior) || f.hopeless(0.9*p, maxPhases, wallPrior) {
					t.Fatalf("%d starts each %.0f s: the fit of %.0f s with %d phases, gain %.1f, is called hopeless",
						len(x), period, p, k, r.gain)
				}
			}
			if f.need = acceptGain + 500; f.hopeless(p, maxPhases, wallPrior) {
				left++
			}
		}
	}
	if left == 0 {
		t.Error("nothing is hopeless")
	}
}
