//go:build hard

package detect_test

import (
	"slices"
	"testing"
	"time"

	"uncloak/detect"
	"uncloak/parse"
)

// TestHardAlarms plays messages of a kernel in trouble: each is told, with its time and how often it came, the
// swallowed ones counted where they are of that message.
func TestHardAlarms(t *testing.T) {
	for _, kind := range []parse.Kind{parse.NeighbourOverflow, parse.Orphans, parse.OOMInvoked} {
		s := hardScene(*hardSeed+500, 6)
		s.household(4)
		at := s.from.Add(3 * time.Hour)
		var events []parse.Event
		for i := range 60 {
			now := at.Add(time.Duration(i) * time.Second).UnixNano()
			events = append(events, parse.Event{Time: now, Kind: kind})
			if i%5 == 4 {
				events = append(events, parse.Event{Time: now, Kind: parse.Suppressed, Count: 241,
					Detail: parse.MakeName("net_ratelimit")})
			}
		}
		fs := s.judge(s.run().with(events...))
		i := slices.IndexFunc(fs, func(f detect.Finding) bool { return f.Kind == "alarm" })
		if i < 0 {
			t.Errorf("%v: not told", kind)
			continue
		}
		f, hidden := &fs[i], 12*241
		if kind == parse.OOMInvoked { // it has a limit of its own: what the network code left out is not of it
			hidden = 0
		}
		if f.Lines != 60 || f.Drops != 60+hidden || !f.Start.Equal(at) || !f.End.Equal(at.Add(59*time.Second)) {
			t.Errorf("%v: %d lines, %d with the swallowed ones, from %v to %v", kind, f.Lines, f.Drops, f.Start, f.End)
		}
	}
}
