package report

import (
	"testing"

	"uncloak/detect"
)

func TestStepProof(t *testing.T) {
	for want, s := range map[string]detect.Step{
		"":                           {Seen: 1, Of: 1},
		" (2 s after)":               {Seen: 1, Of: 1, LagS: 2},
		" (all 7 times)":             {Seen: 7, Of: 7},
		" (5 of 7 times, 2 s after)": {Seen: 5, Of: 7, LagS: 2},
		" (5 of 7 times, p < 1e-4)":  {Seen: 5, Of: 7, PValue: 3e-5},
	} {
		if got := English.stepProof(&s); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
