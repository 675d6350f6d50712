package detect

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"uncloak/parse"
)

// LossKind is the kind of log lines that are missing.
const LossKind = "loss"

// The classes of LossKind.
const (
	LossSaid    = "suppressed"    // a logger says that it left lines out
	LossEnds    = "missing lines" // sessions end that never began
	LossOurs    = "ours"          // uncloak itself was too slow
	LossRate    = "rate limit"    // the sender was beyond the rate that the config allows it
	LossNumbers = "sequence gaps" // the sender's numbers have gaps
)

const (
	lossAlarm = 0.05  // share of an hour's log that must be missing for a finding of its own
	lossLeast = 20    // lines that must be missing in it
	lossShown = 0.001 // share from which on other findings carry it
	lossEnds  = 200   // ends in an hour to judge it by
	lossHours = 6     // such hours to know what is usual
	lossBegin = 6     // hours from the beginning of a log in which sessions may end that began before it
	// no chance takes all beginnings and leaves the ends: what is estimated from them stays within reason
	lossMost   = 0.9
	lossSigmas = 5.0 // how far above the usual, in standard errors
)

// HourLoss counts the lines of an hour's log, and those that are known to be missing.
type HourLoss struct {
	Lines   uint32
	LeftOut uint32 // lines that a logger says it left out
	Ends    uint32 // sessions that ended, of hosts whose beginnings are logged
	Orphans uint32 // … whose beginning is not in the log
	Unknown uint32 // lines that are not understood; 0 in days that were stored before this was counted
}

func (h *HourLoss) merge(o *HourLoss) {
	h.Lines, h.LeftOut, h.Ends, h.Orphans = h.Lines+o.Lines, h.LeftOut+o.LeftOut, h.Ends+o.Ends, h.Orphans+o.Orphans
	h.Unknown += o.Unknown
}

// Sender is the receiver's account of one sender on one day: counts that the lines themselves do not show.
type Sender struct {
	Name, Router string
	Received     uint64 // lines that reached us, those that we lost or refused among them
	Lost         uint64 // lines that we lost: a full queue, or a full socket buffer
	Limited      uint64 // lines beyond the rate that the owner allows the sender
	Missing      uint64 // lines that its sequence numbers show to be lost on the way: not among Received
	Repaired     uint64 // lines whose stamp was not believed
	SkewMS       int64  // sender's clock minus the receiver's, last estimate; 0 for imports
}

// hour gives the record of the hour of the day.
func (r *Router) hour(d *Day, ns int64) *HourLoss {
	return &r.Hours[(ns-d.Date.Start().UnixNano())/int64(time.Hour)%24]
}

// count counts the line in its hour and in the record of its sender's clock.
func (r *Router) count(d *Day, e *parse.Event) {
	h := r.hour(d, e.Time)
	h.Lines++
	if e.Kind == parse.Unknown {
		h.Unknown++
	}
	if e.Recv != 0 {
		r.stamped(d, e)
	}
}

// leftOut counts lines that a logger says it left out. The kernel's own rate limits hold back warnings of the kernel,
// never lines of a LOG rule, and findings that rest on those warnings add their number: nothing is missing.
func (r *Router) leftOut(d *Day, e *parse.Event) {
	if kernelFunction(e.Detail.String()) {
		return
	}
	h := r.hour(d, e.Time)
	h.LeftOut += min(e.Count, math.MaxUint32-h.LeftOut)
}

// kernelFunction reports whether the name is one that lib/ratelimit.c prints: printk, or a lower-case word with an
// underscore.
func kernelFunction(s string) bool {
	if s == "printk" {
		return true
	}
	return strings.Contains(s, "_") && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
}

// lossTable holds the missing share of each router's log, by the hour.
type lossTable []routerLoss // in order of name

type routerLoss struct {
	name  string
	hours []hourShare // in order
}

// hourShare holds the missing share of an hour's log, by how it is known.
type hourShare struct {
	hour       int64 // since 1970
	lines      float64
	said, ends float64
	received   receivedShare
}

// receivedShare holds the missing share of a day's log, by what the receiver knows.
type receivedShare struct{ ours, limited, missing float64 }

func (h *hourShare) share() float64 {
	r := &h.received
	return 1 - (1-h.said)*(1-h.ends)*(1-r.ours)*(1-r.limited)*(1-r.missing)
}

// of gives the share of one class.
func (h *hourShare) of(class string) float64 {
	switch class {
	case LossSaid:
		return h.said
	case LossEnds:
		return h.ends
	case LossOurs:
		return h.received.ours
	case LossRate:
		return h.received.limited
	}
	return h.received.missing
}

// losses measures the missing shares of the days, which are in order. The share of ends without a beginning is judged
// against what is usual for the router, because a rule that logs some sessions only at their end makes such ends all
// the time. When lines are lost at random, the same share of the beginnings behind the ends is missing.
func losses(days []*Day) (lt lossTable) {
	for _, name := range RoutersOf(days) {
		usual := usualOrphans(days, name)
		rl := routerLoss{name: name}
		for _, d := range days {
			r := d.Routers[name]
			if r == nil {
				continue
			}
			received := d.receivedShare(name)
			for i := range r.Hours {
				h := &r.Hours[i]
				if h.Lines == 0 {
					continue
				}
				x := hourShare{hour: int64(d.Date)*24 + int64(i), lines: float64(h.Lines), received: received}
				x.said = float64(h.LeftOut) / (float64(h.LeftOut) + float64(h.Lines))
				first := d.Began == 0 && i <= int(d.First/int64(time.Hour)%24)+lossBegin
				if !first && usual >= 0 && d.Dropped["sessions"] == 0 {
					x.ends = h.missing(usual)
				}
				rl.hours = append(rl.hours, x)
			}
		}
		lt = append(lt, rl)
	}
	return lt
}

// missing gives the share of beginnings that must be missing, beyond what is usual and beyond chance.
func (h *HourLoss) missing(usual float64) float64 {
	n := float64(h.Ends)
	if n < lossEnds {
		return 0
	}
	o := float64(h.Orphans) / n
	if o-usual < lossSigmas*math.Sqrt(max(usual, 0.01)*(1-usual)/n) {
		return 0
	}
	return min(max((o-usual)/max(1-usual, 0.01), 0), lossMost)
}

// usualOrphans gives the median share of ends without a beginning over the hours; negative when there are too few
// hours.
func usualOrphans(days []*Day, router string) float64 {
	var shares []float64
	for _, d := range days {
		if r := d.Routers[router]; r != nil {
			for i := range r.Hours {
				if h := &r.Hours[i]; h.Ends >= lossEnds {
					shares = append(shares, float64(h.Orphans)/float64(h.Ends))
				}
			}
		}
	}
	if len(shares) < lossHours {
		return -1
	}
	return middle(shares)
}

// receivedShare gives the missing share of the router's lines on the day, as its receiver knows.
func (d *Day) receivedShare(router string) receivedShare {
	var sum Sender
	for _, s := range d.Senders {
		if s.Router == router {
			sum.Received, sum.Lost, sum.Limited, sum.Missing = sum.Received+s.Received, sum.Lost+s.Lost,
				sum.Limited+s.Limited, sum.Missing+s.Missing
		}
	}
	part := func(n, of uint64) float64 {
		if n >= of && n > 0 {
			return lossMost // all of it, and yet there are lines: the counts are not of the same time
		}
		return float64(n) / float64(max(of, 1))
	}
	return receivedShare{part(sum.Lost, sum.Received), part(sum.Limited, sum.Received),
		part(sum.Missing, sum.Received+sum.Missing)}
}

// MissingLines estimates, for each router, how many lines of its log are missing: sessions end whose beginning is not
// in it, more than usual and more than chance explains. Routers of which nothing is missing are left out.
func MissingLines(days []*Day) map[string]uint64 {
	out := map[string]uint64{}
	for _, r := range losses(days) {
		lost := 0.0
		for _, x := range r.hours {
			lost += sent(x.lines, x.ends) * x.ends
		}
		if lost >= 1 {
			out[r.name] = uint64(math.Round(lost))
		}
	}
	return out
}

// sent returns how many lines were sent where so many came and that share of them, less than one, is missing. A share
// that comes from counts gives these counts again, however near to one it is: kernels that swallow hundreds of
// thousands of lines print a handful.
func sent(lines, share float64) float64 { return lines / max(1-share, 1e-12) }

// of gives the missing share of the log that a finding rests on: of its router, or of all of them, in its hours.
func (lt lossTable) of(f *Finding) float64 {
	from, to := f.Start.Unix()/3600, f.End.Unix()/3600
	var lines, lost float64
	for i := range lt {
		if f.Router != "" && f.Router != lt[i].name {
			continue
		}
		hours := lt[i].hours
		k, _ := slices.BinarySearchFunc(hours, from, func(x hourShare, h int64) int { return cmp.Compare(x.hour, h) })
		for ; k < len(hours) && hours[k].hour <= to; k++ {
			x := &hours[k]
			all := sent(x.lines, x.share())
			lines, lost = lines+all, lost+all*x.share()
		}
	}
	if lines == 0 || lost/lines < lossShown {
		return 0
	}
	return lost / lines
}

// lossFindings reports hours of which more than a twentieth of the log is missing.
func lossFindings(q *inquiry) []Finding {
	lt, w := q.lost, q.w
	var out []Finding
	for k := range lt {
		name, hours := lt[k].name, lt[k].hours
		for _, class := range []string{LossSaid, LossEnds, LossOurs, LossRate, LossNumbers} {
			f := Finding{ID: "loss-" + strings.ReplaceAll(class, " ", "-") + "-" + name, Kind: LossKind, Class: class,
				Router: name, Score: 0.95}
			var lines, lost float64
			for i := range hours {
				x, h := &hours[i], hours[i].hour
				share := x.of(class)
				all := sent(x.lines, share)
				if w.To.UnixNano() <= h*int64(time.Hour) || w.From.UnixNano() >= (h+1)*int64(time.Hour) ||
					share <= lossAlarm || all*share < lossLeast {
					continue
				}
				start := time.Unix(h*3600, 0).UTC()
				if lines == 0 {
					f.Start = start
				}
				f.End = start.Add(time.Hour)
				lines, lost = lines+all, lost+all*share
				f.addHour(start, all, share)
			}
			if lines == 0 {
				continue
			}
			if class == LossEnds {
				f.Score = 0.8
			}
			f.Loss, f.Lines, f.Drops = lost/lines, int(math.Round(lines-lost)), int(math.Round(lost))
			f.Evidence = Evidence{Events: uint64(f.Lines), Ask: Ask{From: f.Start, To: f.End, Router: name}}
			if class == LossSaid {
				f.Evidence.Ask.Kind = "suppressed"
			}
			out = append(out, f)
		}
	}
	slices.SortFunc(out, func(a, b Finding) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// LastHour gives the latest hour of the router that has at least so many lines: when it begins, its lines, and how many
// of them are not understood. ok is false where there is none, or where a day of it was stored before that was counted.
func LastHour(days []*Day, router string, least uint32) (from time.Time, lines, unknown uint32, ok bool) {
	for _, d := range days {
		r := d.Routers[router]
		if r == nil {
			continue
		}
		var counted uint64
		for i := range r.Hours {
			counted += uint64(r.Hours[i].Unknown)
		}
		for i := range r.Hours {
			h := &r.Hours[i]
			if at := d.Date.Start().Add(time.Duration(i) * time.Hour); h.Lines >= least && !at.Before(from) {
				from, lines, unknown, ok = at, h.Lines, h.Unknown, counted == r.Unparsed
			}
		}
	}
	return from, lines, unknown, ok
}

// addHour joins hours in a row to one spell.
func (f *Finding) addHour(start time.Time, all, share float64) {
	sent, lost := int(math.Round(all)), int(math.Round(all*share))
	if n := len(f.Spells); n > 0 {
		if x := &f.Spells[n-1]; x.Start.Add(time.Duration(x.LengthS * 1e9)).Equal(start) {
			x.LengthS, x.Sent, x.Lost = x.LengthS+3600, x.Sent+sent, x.Lost+lost
			return
		}
	}
	if len(f.Spells) < maxShownSpells {
		f.Spells = append(f.Spells, Spell{Start: start, LengthS: 3600, Sent: sent, Lost: lost})
	}
}

// carry sets, on each finding, the missing share of the log behind it.
func (lt lossTable) carry(fs []Finding) {
	worst := false
	for i := range lt {
		for k := range lt[i].hours {
			worst = worst || lt[i].hours[k].share() >= lossShown
		}
	}
	if !worst { // as a rule: nothing to look up for hundreds of findings
		return
	}
	for i := range fs {
		if fs[i].Loss == 0 {
			fs[i].Loss = lt.of(&fs[i])
		}
	}
}

// fading remembers sessions that were given up after their timeout, where ends are logged. The kernel's own clean-up is
// up to minutes later, and such an end does not show that a beginning is missing. There are two generations; when one
// is full before its time, all unknown ends are let pass until the next.
type fading struct {
	on     bool // ends are logged
	keys   [2]flat[plainKey, givenUp]
	turned int64
	blind  bool
	limit  int // sessions in a generation
}

const fadeMemory = 10 * time.Minute

func (f *fading) add(s spot, x givenUp, now int64) {
	if !f.on {
		return
	}
	full := f.keys[0].n >= f.limit
	if full || now-f.turned > int64(fadeMemory) {
		f.blind = full && now-f.turned <= int64(fadeMemory)
		f.keys[1], f.keys[0], f.turned = f.keys[0], f.keys[1], now
		f.keys[0].reset()
	}
	*f.keys[0].put(s.hash, s.key) = x
}

// take forgets the session, if it was given up.
func (f *fading) take(s spot) (x givenUp, ok bool) {
	for _, k := range [2]plainKey{s.key, s.key.back()} {
		for i := range f.keys {
			if v := f.keys[i].find(s.hash, k); v != nil {
				x = *v
				f.keys[i].drop(s.hash, k)
				return x, true
			}
		}
	}
	return givenUp{}, f.blind // it may be one
}
