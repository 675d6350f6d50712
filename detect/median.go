package detect

import (
	"cmp"
	"slices"
)

// median gives the mean of the two middle values where their number is even, 0 of none.
func median(x []float64) float64 {
	if len(x) == 0 {
		return 0
	}
	s := slices.Clone(x)
	slices.Sort(s)
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}

// middle gives the upper one of the two middle values where their number is even: a value that was really there, as
// counts of sessions must be. It sorts x, which must not be empty.
func middle[T cmp.Ordered](x []T) T {
	slices.Sort(x)
	return x[len(x)/2]
}

func sum(x []float64) (s float64) {
	for _, v := range x {
		s += v
	}
	return s
}
