package main

import (
	"time"

	"uncloak/detect"
)

// Whoever may send to serve may also make up routers and hosts that something happens to: the log names each finding,
// but no more of them than a person reads.
const (
	tellAtOnce = 60          // findings that are logged one by one at once
	tellEvery  = time.Minute // in which one more may be
)

// teller knows which findings the log has told, and how many more it may tell now.
type teller struct {
	known map[string]detect.Severity // of the last look, by ID
	free  int
	since time.Time // when free was counted
}

// newTeller knows of the findings that were told before.
func newTeller(known map[string]detect.Severity) *teller {
	return &teller{known: known, free: tellAtOnce}
}

// may reports whether one more finding may be logged.
func (t *teller) may(now time.Time) bool {
	if t.since.IsZero() {
		t.since = now
	}
	if n := int(now.Sub(t.since) / tellEvery); n > 0 {
		t.free, t.since = min(t.free+n, tellAtOnce), t.since.Add(time.Duration(n)*tellEvery)
	}
	if t.free == 0 {
		return false
	}
	t.free--
	return true
}
