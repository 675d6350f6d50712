package detect

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"time"

	"uncloak/parse"
)

// ClockKind is the kind of a sender whose clock is wrong.
const ClockKind = "clock"

// The classes of ClockKind.
const (
	ClockZone   = "zone"  // off by whole quarters of an hour
	ClockOff    = "off"   // off by something else
	ClockJumps  = "jumps" // it jumps
	ClockDrifts = "drift" // it runs too fast or too slow
	ClockUnset  = "unset" // stamps that could not be believed
)

// NotBelieved is the Spread, in ms, of a live line whose stamp was replaced by the time of receipt: the time that the
// line may have been under way. Lines with a stamp that is believed have a spread of 0.
const NotBelieved = 1000

const (
	clockSlot   = 10 * time.Minute // resolution of Router.Clock
	clockLeast  = 5                // lines with a stamp in a slot to judge it by
	clockSteady = 30 * time.Second // within which a slot's offsets must lie: a backlog comes with all ages
	clockOff    = 10 * time.Second // from which on a clock is off, or has jumped
	clockBad    = 2 * time.Minute  // … badly
	clockSame   = 5.0              // s, within which two slots agree
	// share of the slots that must agree with the median: a backlog that is sent at once has another offset in each
	clockAgree = 0.6
	// s per s that a clock may drift without having jumped (quartz: some 20 ppm, more in the cold)
	clockDrift = 1e-4
	clockNever = 24 * time.Hour // from which on it is no zone and no wrong hour, but was never set
	// s per s: what grows faster is a log that is sent later than it was written, and faster
	clockFast  = 0.05
	clockFixed = 20               // stamps that were not believed, to be worth a word
	quarter    = 15 * time.Minute // zones differ by multiples of it
	maxTouches = 10
)

// Clock holds how a sender's clock is wrong.
type Clock struct {
	SkewS    float64  `json:"skew_s,omitempty"`   // the sender's clock minus that of this machine
	Jumps    int      `json:"jumps,omitempty"`    // how often it jumped
	JumpS    float64  `json:"jump_s,omitempty"`   // the largest jump, signed
	DriftS   float64  `json:"drift_s,omitempty"`  // what it gains in an hour; negative: loses
	Repaired int      `json:"repaired,omitempty"` // lines whose stamp was not believed
	Touches  []string `json:"touches,omitempty"`  // ids of findings that rest on that clock, the first few
}

// ClockSlot holds how far a sender's stamps were from the time of receipt within ten minutes.
type ClockSlot struct {
	I        uint8 // 0..143
	N        uint32
	Min, Max int32  // ms, stamp minus receipt; the way takes time, so Max is nearest to the clock's own error
	Fixed    uint32 // stamps that were not believed
}

// stamped counts a received line in the record of its sender's clock.
func (r *Router) stamped(d *Day, e *parse.Event) {
	off := (e.Time - e.Recv) / int64(time.Millisecond)
	if e.Time == e.Recv && e.Spread != NotBelieved { // no stamp
		return
	}
	s := r.clockSlot(uint8((e.Time - d.Date.Start().UnixNano()) / int64(clockSlot)))
	if e.Time == e.Recv {
		s.Fixed++
		return
	}
	ms := int32(max(min(off, math.MaxInt32), math.MinInt32))
	if s.N == 0 {
		s.Min, s.Max = ms, ms
	}
	s.N, s.Min, s.Max = s.N+1, min(s.Min, ms), max(s.Max, ms)
}

func (r *Router) clockSlot(i uint8) *ClockSlot {
	if n := len(r.Clock); n > 0 && r.Clock[n-1].I == i { // lines come nearly in order
		return &r.Clock[n-1]
	}
	k, ok := slices.BinarySearchFunc(r.Clock, i, func(s ClockSlot, i uint8) int { return int(s.I) - int(i) })
	if !ok {
		r.Clock = slices.Insert(r.Clock, k, ClockSlot{I: i})
	}
	return &r.Clock[k]
}

// Heard returns when the newest line with a stamp was received, to ten minutes: zero where none is known. Such a time
// is never too early, for lines that a clock in another zone dates hours back, too.
func (r *Router) Heard(d *Day) (at time.Time) {
	for _, s := range r.Clock {
		if s.N == 0 {
			continue
		}
		end := d.Date.Start().Add(time.Duration(s.I)*clockSlot + clockSlot).UnixNano()
		if t := time.Unix(0, min(end, d.Last)).Add(-time.Duration(s.Max) * time.Millisecond); t.After(at) {
			at = t
		}
	}
	return at
}

func (r *Router) mergeClock(o *Router) {
	for _, x := range o.Clock {
		s := r.clockSlot(x.I)
		switch {
		case x.N == 0:
		case s.N == 0:
			s.N, s.Min, s.Max = x.N, x.Min, x.Max
		default:
			s.N, s.Min, s.Max = s.N+x.N, min(s.Min, x.Min), max(s.Max, x.Max)
		}
		s.Fixed += x.Fixed
	}
}

// reading holds a router's clock error at one time.
type reading struct {
	at  int64 // ns, begin of the slot
	off float64
}

// clockFindings reports routers whose clocks are off, jump, or were not set. The times of other findings come from
// those clocks.
func clockFindings(q *inquiry) []Finding {
	var out []Finding
	for _, name := range RoutersOf(q.days) {
		if f, ok := clockFinding(q.days, q.w, name); ok {
			out = append(out, f)
		}
	}
	return out
}

func clockFinding(days []*Day, w Window, router string) (Finding, bool) {
	f := Finding{ID: "clock-" + router, Kind: ClockKind, Router: router, Score: 0.95}
	var rs []reading
	var lines, fixed, believed, imported uint64
	skew := 0.0
	for _, d := range days {
		r := d.Routers[router]
		if r == nil || !w.touches(d) {
			continue
		}
		lines += r.Lines
		for _, s := range r.Clock {
			at := d.Date.Start().UnixNano() + int64(s.I)*int64(clockSlot)
			fixed, believed = fixed+uint64(s.Fixed), believed+uint64(s.N)
			if s.Fixed > 0 {
				f.cover(at)
			}
			if s.N >= clockLeast && int64(s.Max)-int64(s.Min) <= clockSteady.Milliseconds() {
				rs = append(rs, reading{at, float64(s.Max) / 1000})
			}
		}
		for _, s := range d.Senders {
			if s.Router != router {
				continue
			}
			imported += s.Repaired
			if s.SkewMS != 0 {
				skew = float64(s.SkewMS) / 1000
			}
			if s.Repaired > 0 && f.Start.IsZero() {
				f.cover(max(d.First, w.From.UnixNano()))
				f.cover(min(d.Last, w.To.UnixNano()))
			}
		}
	}
	f.Repaired, f.Lines = int(max(fixed, imported)), int(believed)
	usual, agreed := consensus(rs)
	f.jumps(rs)
	switch {
	case f.Jumps > 0:
		f.Class, f.Severity, f.SkewS = ClockJumps, Warning, usual
	case agreed && math.Abs(usual) >= clockOff.Seconds():
		f.SkewS = usual
		f.Class = classOfSkew(usual)
		if math.Abs(usual) >= clockBad.Seconds() {
			f.Severity = Warning
		}
		f.Start, f.End = time.Unix(0, rs[0].at).UTC(), time.Unix(0, rs[len(rs)-1].at).Add(clockSlot).UTC()
	case f.drifts(rs):
		f.Class, f.Severity, f.SkewS = ClockDrifts, Warning, rs[len(rs)-1].off
	case f.Repaired >= clockFixed:
		f.Class = ClockUnset
		// it has a time, and that is wrong all day
		if math.Abs(skew) >= clockBad.Seconds() && 2*uint64(f.Repaired) > lines {
			f.SkewS, f.Severity = skew, Warning
			if math.Abs(skew) < clockNever.Seconds() {
				f.Class = classOfSkew(skew)
			}
		}
	default:
		return f, false
	}
	f.Evidence = Evidence{Events: uint64(f.Repaired), Ask: Ask{From: f.Start, To: f.End, Router: router}}
	return f, true
}

func classOfSkew(s float64) string {
	q := quarter.Seconds()
	if math.Abs(s) >= q-60 && math.Abs(s-q*math.Round(s/q)) <= 60 {
		return ClockZone
	}
	return ClockOff
}

// cover widens the finding to the slot that begins at the time.
func (f *Finding) cover(at int64) {
	t := time.Unix(0, at).UTC()
	if f.Start.IsZero() || t.Before(f.Start) {
		f.Start = t
	}
	if end := t.Add(clockSlot); end.After(f.End) {
		f.End = end
	}
}

// consensus gives the median of the readings, and whether most of them agree with it.
func consensus(rs []reading) (median float64, ok bool) {
	if len(rs) < 2 {
		return 0, false
	}
	var offs []float64
	for _, x := range rs {
		offs = append(offs, x.off)
	}
	median = middle(offs)
	n := 0
	for _, x := range offs {
		if math.Abs(x-median) <= clockSame {
			n++
		}
	}
	return median, float64(n) >= clockAgree*float64(len(offs))
}

// jumps finds the slots at which the error changes; two slots on either side must agree.
func (f *Finding) jumps(rs []reading) {
	for i := 2; i+1 < len(rs); i++ {
		d := rs[i].off - rs[i-1].off
		span := time.Duration(rs[i].at - rs[i-1].at).Seconds()
		if math.Abs(d) < clockOff.Seconds()+clockDrift*span || math.Abs(rs[i-1].off-rs[i-2].off) > clockSame ||
			math.Abs(rs[i+1].off-rs[i].off) > clockSame {
			continue
		}
		if f.Jumps == 0 {
			f.Start, f.End = time.Time{}, time.Time{}
		}
		f.Jumps++
		f.cover(rs[i].at)
		if math.Abs(d) > math.Abs(f.JumpS) {
			f.JumpS = d
		}
	}
}

// drifts reports whether the error grows along the line through the first and the last slot. No reading may lie far
// from the line, so that a jump or a backlog is not taken for a drift.
func (f *Finding) drifts(rs []reading) bool {
	if len(rs) < 4 {
		return false
	}
	a, b := rs[0], rs[len(rs)-2] // the last slot may be cut short: by now, or by the limit of what is believed
	grown := b.off - a.off
	if math.Abs(grown) < clockOff.Seconds() || math.Abs(grown) > clockFast*time.Duration(b.at-a.at).Seconds() {
		return false
	}
	slot := math.Abs(grown) * float64(clockSlot) / float64(b.at-a.at) // a reading is of any time in its slot
	for _, x := range rs {
		if want := a.off + grown*float64(x.at-a.at)/float64(b.at-a.at); math.Abs(x.off-want) > clockSame+slot {
			return false
		}
	}
	f.DriftS = grown / time.Duration(b.at-a.at).Hours()
	f.Start, f.End = time.Unix(0, a.at).UTC(), time.Unix(0, rs[len(rs)-1].at).Add(clockSlot).UTC()
	return true
}

// skew is the size of the finding.
func skew(f *Finding) float64 { return math.Abs(f.SkewS) }

// touch lists, on the finding of a wrong clock, the findings that rest on lines of that clock.
func touch(fs []Finding, routers int) {
	for i := range fs {
		c := &fs[i]
		if c.Kind != ClockKind {
			continue
		}
		ids := map[string]bool{}
		for j := range fs {
			f := &fs[j]
			if f.Kind == ClockKind || f.Router != c.Router && (f.Router != "" || routers > 1) || f.Start.After(c.End) ||
				f.End.Before(c.Start) {
				continue
			}
			ids[f.ID] = true
		}
		all := slices.SortedFunc(maps.Keys(ids), cmp.Compare[string])
		c.Touches = all[:min(len(all), maxTouches)]
	}
}
