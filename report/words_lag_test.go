package report

import (
	"strings"
	"testing"
	"time"

	"uncloak/detect"
)

// A target that answers in time or not at all is not said to answer late.
func TestLagWords(t *testing.T) {
	at := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		lag         detect.Lag
		title, text string
	}{
		"late": {detect.Lag{RTTS: 2, UsualRTTS: 0.02}, "answers late: up to 2000 ms instead of 20 ms",
			"answered late in 1 spell"},
		"late and lost": {detect.Lag{RTTS: 2, UsualRTTS: 0.02, Unanswer: 0.3}, "answers late",
			"30 % of the probes in them got no answer."},
		"silent": {detect.Lag{UsualRTTS: 0.02, Unanswer: 1}, "gives no answer to 100 % of the probes in 1 spell",
			"what it answers comes in the usual 20 ms."},
	} {
		f := detect.Finding{Kind: detect.LagKind, Class: detect.Further, Host: "198.51.100.9", Seen: 1, Start: at,
			End: at.Add(time.Minute), Lag: c.lag, Score: 0.9}
		Describe(&f, Options{})
		if !strings.Contains(f.Title, c.title) || !strings.Contains(f.Detail, c.text) ||
			strings.Contains(f.Title+f.Detail, " 0.0 ms") {
			t.Errorf("%s: %s: %s", name, f.Title, f.Detail)
		}
	}
}
