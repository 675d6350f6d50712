package detect

import (
	"slices"
	"testing"
)

// The smallest change comes first, sure or likely; taking a host away is the last resort.
func TestProposalsBySize(t *testing.T) {
	ps := []Proposal{{Change: "without=10.0.0.1", Sure: true, Removed: 10},
		{Change: "table=4096", Factor: 4, Sure: true}, {Change: "limit=100", Factor: 1.5, Limited: 900, Sure: true},
		{Change: "udp=20", Factor: 1.5}, {Change: "table=1100", Factor: 1.1}}
	slices.SortStableFunc(ps, bySize)
	var got []string
	for _, p := range ps {
		got = append(got, p.Change)
	}
	want := []string{"table=1100", "udp=20", "limit=100", "table=4096", "without=10.0.0.1"}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestThousands(t *testing.T) {
	for x, want := range map[float64]string{0: "0", 999: "999", 1000: "1,000", 2031.4: "2,031", 1234567: "1,234,567"} {
		if got := thousands(x); got != want {
			t.Errorf("%v: %s, want %s", x, got, want)
		}
	}
}
