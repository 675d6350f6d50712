package detect

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"
)

// The kinds of bursts.
const (
	PeriodicBurst = "periodic-burst" // a host opens many sessions at once, in a rhythm
	BurstKind     = "burst"          // … without one
)

// Rhythm holds when a periodic burst comes back.
type Rhythm struct {
	PeriodS float64 `json:"period_s,omitempty"`
	Minutes []int   `json:"minutes,omitempty"` // of the local hour; wall-clock patterns only
	Hours   []int   `json:"hours,omitempty"`   // local hours, when the pattern does not fire in each
	JitterS float64 `json:"jitter_s,omitempty"`
}

// Burst is one burst of sessions.
type Burst struct {
	Start    time.Time `json:"start"` // the first second at a tenth of its peak rate
	LengthS  float64   `json:"length_s"`
	Sessions int       `json:"sessions"`
	Peers    int       `json:"peers"`
}

// periodicFindings reports the rhythms of each host's bursts.
func periodicFindings(q *inquiry) []Finding {
	return q.ofHosts(func(a *activity) (out []Finding) {
		for i, r := range a.rhythms {
			f := rhythmFinding(a, r, i)
			f.Ports = topPorts(q.days, a.host, 3)
			out = append(out, f)
		}
		return out
	})
}

// burstFindings reports the bursts of each host without a rhythm, where they stand apart from the rest of what it does,
// and the spells of much more than any ordinary host opens in such a time.
func burstFindings(q *inquiry) []Finding {
	return append(heapFindings(q), q.ofHosts(func(a *activity) []Finding {
		runs := a.lone()
		if len(runs) == 0 {
			return nil
		}
		f := burstFinding(a, runs)
		f.Ports = topPorts(q.days, a.host, 3)
		return []Finding{f}
	})...)
}

// lone lists the bursts that stand apart and the heavy spells that hold none of them, in order; of a host with a rhythm
// only the spells that are far more than its bursts.
func (a *activity) lone() []run {
	if len(a.rhythms) > 0 {
		return slices.DeleteFunc(slices.Clone(a.heavy), a.ofRhythm)
	}
	out := slices.DeleteFunc(slices.Clone(a.apart), a.pages)
	for _, h := range a.heavy {
		if !slices.ContainsFunc(a.apart, func(r run) bool { return r.start < h.end && r.end > h.start }) {
			out = append(out, h)
		}
	}
	slices.SortFunc(out, func(a, b run) int { return cmp.Compare(a.start, b.start) })
	return out
}

// heavyAbove: a spell this many times the median burst of its host's rhythm is told of besides the rhythm.
const heavyAbove = 4

// ofRhythm reports whether a heavy spell belongs to a rhythm of the host, or is not far more than its bursts.
func (a *activity) ofRhythm(h run) bool {
	for _, r := range a.rhythms {
		var sizes []int
		within := 0
		for _, b := range r.runs {
			sizes = append(sizes, b.events)
			if b.start >= h.start && b.start < h.end {
				within += b.events
			}
		}
		if 2*within >= h.events || h.events < heavyAbove*middle(sizes) {
			return true
		}
	}
	return false
}

// rhythmFinding makes a finding of the host's nth rhythm; number 0 is the surest.
func rhythmFinding(a *activity, r found, nth int) Finding {
	out := Finding{
		ID: fmt.Sprintf("periodic-burst-%v-%.0fs", a.host, r.period), Kind: PeriodicBurst,
		Rhythm: Rhythm{PeriodS: r.period, JitterS: r.jitter}, Seen: r.seen, Missed: r.slots - r.seen,
		PValue: math.Exp(-r.gain), Next: new(r.next),
	}
	out.Score = (1 - math.Exp(-(r.gain-acceptGain+8)/4)) * (1 - 0.01*float64(nth))
	out.Minutes, out.Hours = r.minutes()
	fillBursts(&out, a, r.runs)
	return out
}

func burstFinding(a *activity, runs []run) Finding {
	f := Finding{ID: fmt.Sprintf("burst-%v", a.host), Kind: BurstKind, Seen: len(runs)}
	fillBursts(&f, a, runs)
	f.Score = 1 - math.Exp(-float64(f.Sessions)/(2*burstFloor))
	return f
}

// fillBursts sets the finding's times, its median burst and its evidence.
func fillBursts(f *Finding, a *activity, runs []run) {
	f.Host, f.Name = a.host.String(), a.name
	var sessions, peers, lengths []float64
	for _, r := range runs {
		b := Burst{Start: time.Unix(0, r.start).UTC(), LengthS: float64(r.end-r.start) / 1e9, Sessions: r.events,
			Peers: r.peers}
		if a.peerMax > 0 { // each slot counted its own
			b.Peers = min(b.Peers, a.peerMax)
		}
		f.Bursts = append(f.Bursts, b)
		f.Evidence.Events += uint64(r.events)
		sessions, peers, lengths = append(sessions, float64(b.Sessions)), append(peers, float64(b.Peers)),
			append(lengths, b.LengthS)
	}
	f.Bursts = thinned(f.Bursts)
	f.Start, f.End = f.Bursts[0].Start, time.Unix(0, runs[len(runs)-1].end).UTC()
	f.Sessions, f.Peers, f.LengthS = int(middle(sessions)), int(middle(peers)), middle(lengths)
	f.Evidence.Ask = Ask{From: f.Start, To: f.End, Host: a.host, Kind: "session-new"}
}

// listedBursts bounds the bursts that are listed with a finding: a day of a rhythm of 15 s.
const listedBursts = 5760

// thinned leaves every second burst, or third, or nth, where there are too many to list.
func thinned(bursts []Burst) []Burst {
	step := (len(bursts) + listedBursts - 1) / listedBursts
	if step <= 1 {
		return bursts
	}
	out := make([]Burst, 0, len(bursts)/step+1)
	for i := 0; i < len(bursts); i += step {
		out = append(out, bursts[i])
	}
	return out
}
