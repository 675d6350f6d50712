package parse

import "testing"

func TestListedTimes(t *testing.T) {
	for text, want := range map[string]uint32{"00:00:24": 24, "10:34:23": 38063, "277:05:26": 997526, "24": 0, "": 0, "1:2": 0} {
		if got := clockSeconds([]byte(text)); got != want {
			t.Errorf("%s is %d s, want %d", text, got, want)
		}
	}
	for text, want := range map[string]uint32{"23h59m47s": 86387, "4w2d": 2592000, "58s": 58, "1s500ms": 1, "1D19h": 154800, "": 0, "5x": 0, "7": 0} {
		if got := unitSeconds([]byte(text)); got != want {
			t.Errorf("%s is %d s, want %d", text, got, want)
		}
	}
}
