package detect

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"net/netip"
	"slices"
	"time"

	"uncloak/parse"
)

// LagKind is the kind of a target that answers late, or not at all, in spells.
const LagKind = "lag"

// The classes of LagKind.
const (
	FirstHop = "first hop" // the delay arises inside already
	Further  = "further"   // beyond the own router
)

const (
	maxPinged      = 64                    // targets of pings that are followed for a router and day
	maxShownSpells = 200                   // spells that a finding lists
	lagLeast       = 20                    // slots with an answer, to know what is usual
	lagMADs        = 8.0                   // robust standard deviations above the median
	lagTimes       = 2.0                   // … and times the median
	lagFloor       = 30 * time.Millisecond // … and above it by this
	lagLost        = 0.5                   // share of a slot's probes that must be lost
	// bad slots closer than this are one spell; with rare probes, three of their intervals
	lagGap   = 60 * time.Second
	lagSlots = 2 // bad slots that make a spell
	// of a target's spells that the first hop must share to be where the lag begins
	lagMostly = 0.5
	// share of the probes from which on a target that does not answer tells nothing
	lagUsualLoss = 0.25
	askedDue     = 0.95 // intervals after its last answer from which on a target's next one is due
	askedMissed  = 3    // intervals between two answers from which on some were missing
	askedMean    = 8    // intervals that the mean of late goes over
)

// Lag holds how late a target answers.
type Lag struct {
	RTTS      float64 `json:"rtt_s,omitempty"`       // the worst ten seconds' mean round trip
	UsualRTTS float64 `json:"usual_rtt_s,omitempty"` // median
	Unanswer  float64 `json:"unanswered,omitempty"`  // share of the probes in the spells that nothing answered
}

// Pings holds the round trips to one target in a day.
type Pings struct{ Slots []PingSlot }

// PingSlot sums up the probes of one slot.
type PingSlot struct {
	I       uint16
	N, Lost uint32
	Sum     uint64 // µs, of the N answers
	Max     uint32 // µs
}

func (p *Pings) clone() Pings { return Pings{slices.Clone(p.Slots)} }

func (p *Pings) slot(i uint16) *PingSlot {
	if n := len(p.Slots); n > 0 && p.Slots[n-1].I == i {
		return &p.Slots[n-1]
	}
	k, ok := slices.BinarySearchFunc(p.Slots, i, func(s PingSlot, i uint16) int { return int(s.I) - int(i) })
	if !ok {
		p.Slots = slices.Insert(p.Slots, k, PingSlot{I: i})
	}
	return &p.Slots[k]
}

func (p *Pings) merge(o *Pings) {
	p.Slots = slices.Clone(p.Slots)
	for _, x := range o.Slots {
		s := p.slot(x.I)
		s.N, s.Lost, s.Sum, s.Max = s.N+x.N, s.Lost+x.Lost, s.Sum+x.Sum, max(s.Max, x.Max)
	}
}

// timedOut is the Detail of a Latency event about a probe without an answer.
const timedOut = "timeout"

// latency counts an answer to a probe, or a probe that got none. A lost probe belongs to the target that its line
// names; where the line names none, or only the router that reports the failure, to the target whose answer is most
// overdue. A hop of a traceroute that keeps silent does not count: many routers always do.
func (t *Tracker) latency(e *parse.Event, rs *routerState) {
	rs.router.Other[e.Kind.String()]++
	if e.Spread > maxSpread {
		return // a ping without times: nothing says when it lagged
	}
	who, answered := e.Src, e.Count > 0 || e.Packets > 0 && e.Bytes > 0
	detail := e.Detail.String()
	switch {
	case answered && who.IsValid():
		rs.lastHop = e.Bytes == 0
		if !rs.lastHop {
			rs.asked.answered(who, e.Time)
		}
	case answered, e.Packets > 0: // a hop without an address; one that lost its probes
		return
	case e.Dst.IsValid():
		who = e.Dst
	case who.IsValid() && (detail == "" || detail == timedOut):
	case rs.lastHop: // "* * *" within a traceroute
		return
	default:
		if who = rs.asked.overdue(e.Time, who); !who.IsValid() {
			return
		}
	}
	p := rs.pings[who]
	if p == nil {
		if !t.more("ping targets", len(rs.pings), maxPinged) {
			return
		}
		if rs.pings == nil {
			rs.pings = map[netip.Addr]*Pings{}
		}
		p = &Pings{}
		rs.pings[who] = p
	}
	s := p.slot(uint16(t.slotOf(e.Time)))
	if !answered {
		s.Lost++
		return
	}
	s.N, s.Sum, s.Max = s.N+1, s.Sum+uint64(e.Count), max(s.Max, e.Count)
}

// asked holds when the targets of pings answered, in order of the first answer, at most maxPinged.
type asked []target

type target struct {
	addr netip.Addr
	last int64   // ns, its last answer
	gap  float64 // ns between its answers, the mean of late; 0: not known
	lost int     // probes without an answer since then
}

// answered notes an answer of the target.
func (a *asked) answered(who netip.Addr, at int64) {
	i := slices.IndexFunc(*a, func(x target) bool { return x.addr == who })
	if i < 0 {
		if len(*a) < maxPinged {
			*a = append(*a, target{addr: who, last: at})
		}
		return
	}
	x := &(*a)[i]
	gap := float64(at - x.last)
	switch {
	case gap <= 0:
		return
	case x.gap == 0:
		x.gap = gap
	case gap < askedMissed*x.gap: // else answers were missing
		x.gap += (gap - x.gap) / askedMean
	}
	x.last, x.lost = at, 0
}

// overdue gives the target that a lost probe belongs to whose line names none: of those but the reporter the one whose
// answer is most overdue by the interval of its answers. A target that has lost as many as it can have been asked since
// its last answer, or that is not due yet, is none; the zero address where all are well.
func (a asked) overdue(at int64, reporter netip.Addr) netip.Addr {
	best, most := -1, askedDue
	for i := range a {
		x := &a[i]
		if x.addr == reporter || at < x.last {
			continue
		}
		late := math.Inf(1)
		if x.gap > 0 {
			late = float64(at-x.last) / x.gap
		}
		if late >= most && float64(x.lost) < late+0.5 {
			best, most = i, late
		}
	}
	if best < 0 {
		return netip.Addr{}
	}
	a[best].lost++
	return a[best].addr
}

// pinged holds one target's round trips over the window.
type pinged struct {
	router string
	target netip.Addr
	at     []int64 // ns, begin of the slot
	slots  []PingSlot
	w      Window // that is judged; the slots go beyond it
}

// lagFindings reports targets that answer late, or not at all, in spells.
func lagFindings(q *inquiry) []Finding {
	var out []Finding
	for _, p := range pingedTargets(q.beside, q.w) {
		if f, ok := p.finding(q.cfg); ok {
			out = append(out, f)
		}
	}
	for i := range out {
		if out[i].Class == Further {
			out[i].With = firstHop(out, &out[i])
		}
	}
	return out
}

func pingedTargets(days []*Day, w Window) []*pinged {
	type key struct {
		router string
		target netip.Addr
	}
	all := map[key]*pinged{}
	for _, d := range days {
		for router, r := range d.Routers {
			for target, p := range r.Pings {
				k := key{router, target}
				if all[k] == nil {
					all[k] = &pinged{router: router, target: target, w: w}
				}
				for _, s := range p.Slots {
					at := d.Date.Start().UnixNano() + int64(s.I)*int64(SlotLen)
					all[k].at, all[k].slots = append(all[k].at, at), append(all[k].slots, s)
				}
			}
		}
	}
	keys := slices.SortedFunc(maps.Keys(all), func(a, b key) int {
		return cmp.Or(
			cmp.Compare(a.router, b.router),
			a.target.Compare(b.target),
		)
	})
	out := make([]*pinged, 0, len(keys))
	for _, k := range keys {
		out = append(out, all[k])
	}
	return out
}

func (s *PingSlot) mean() float64 { return float64(s.Sum) / float64(max(s.N, 1)) }

// usual gives the median of the slots' mean round trips, the limit beyond which they are late, in µs, and the interval
// of the probes in ns.
func (p *pinged) usual() (median, limit float64, interval int64, ok bool) {
	var means []float64
	var sent, lost uint64
	for i := range p.slots {
		if !p.w.has(p.at[i]) {
			continue
		}
		s := &p.slots[i]
		sent, lost = sent+uint64(s.N+s.Lost), lost+uint64(s.Lost)
		if s.N > 0 {
			means = append(means, s.mean())
		}
	}
	if len(means) < lagLeast || float64(lost) > lagUsualLoss*float64(sent) {
		return 0, 0, 0, false
	}
	median = middle(means)
	dev := make([]float64, 0, len(means))
	for _, m := range means {
		dev = append(dev, math.Abs(m-median))
	}
	limit = max(median+lagMADs*1.4826*middle(dev), lagTimes*median, median+float64(lagFloor.Microseconds()))
	gaps := make([]float64, 0, len(p.at))
	for i := 1; i < len(p.at); i++ {
		gaps = append(gaps, float64(p.at[i]-p.at[i-1]))
	}
	return median, limit, int64(middle(gaps)), true
}

func (p *pinged) finding(cfg *Config) (Finding, bool) {
	f := Finding{ID: fmt.Sprintf("lag-%s-%v", p.router, p.target), Kind: LagKind, Router: p.router,
		Host: p.target.String(), Class: Further}
	if cfg.Internal(p.target) {
		f.Class = FirstHop
	}
	median, limit, interval, ok := p.usual()
	if !ok {
		return f, false
	}
	gap := max(int64(lagGap), 3*interval)
	var run []int // bad slots of the running spell
	for i := range p.slots {
		if s := &p.slots[i]; s.mean() <= limit && float64(s.Lost) < lagLost*float64(s.N+s.Lost) {
			continue
		}
		if len(run) > 0 && p.at[i]-p.at[run[len(run)-1]] > gap {
			p.close(&f, run)
			run = run[:0]
		}
		run = append(run, i)
	}
	p.close(&f, run)
	if f.Seen == 0 {
		return f, false
	}
	sent, lost := 0, 0
	for _, s := range f.Spells {
		sent, lost = sent+s.Sent, lost+s.Lost
	}
	f.UsualRTTS, f.Unanswer = median/1e6, float64(lost)/float64(max(sent, 1))
	f.Score = 1 - math.Exp(-float64(f.Seen)-max(f.RTTS/(limit/1e6), 1))
	f.Evidence = Evidence{Events: uint64(sent), Ask: Ask{From: f.Spells[0].Start, To: f.End, Router: p.router,
		Kind: "latency"}}
	if f.RTTS > 0 { // a timeout may not name its target: where there are only those, all lines are shown
		f.Evidence.Ask.Host = p.target
	}
	return f, true
}

// spells gives the size of the finding.
func spells(f *Finding) float64 { return float64(max(f.Seen, 1)) }

// close adds the spell that the bad slots make, if there are enough.
func (p *pinged) close(f *Finding, run []int) {
	if len(run) < lagSlots || !p.w.overlaps(p.at[run[0]], p.at[run[len(run)-1]]+int64(SlotLen)-1) {
		return
	}
	s := Spell{Start: time.Unix(0, p.at[run[0]]).UTC()}
	end := time.Unix(0, p.at[run[len(run)-1]]).Add(SlotLen).UTC()
	s.LengthS = end.Sub(s.Start).Seconds()
	for i := run[0]; i <= run[len(run)-1]; i++ {
		x := &p.slots[i]
		s.Sent, s.Lost = s.Sent+int(x.N+x.Lost), s.Lost+int(x.Lost)
		s.RTTS = max(s.RTTS, x.mean()/1e6)
	}
	if f.Seen == 0 {
		f.Start = s.Start
	}
	f.Seen, f.End, f.RTTS = f.Seen+1, end, max(f.RTTS, s.RTTS)
	if len(f.Spells) < maxShownSpells {
		f.Spells = append(f.Spells, s)
	}
}

// firstHop gives the id of the finding of an inner target that lags in the same spells: the delay begins there, not
// beyond it.
func firstHop(fs []Finding, far *Finding) string {
	best, most := "", 0
	for i := range fs {
		if fs[i].Class != FirstHop {
			continue
		}
		n := 0
		for _, s := range far.Spells {
			if slices.ContainsFunc(fs[i].Spells, func(x Spell) bool { return overlap(s, x) }) {
				n++
			}
		}
		if n > most && float64(n) >= lagMostly*float64(len(far.Spells)) {
			best, most = fs[i].ID, n
		}
	}
	return best
}

func overlap(a, b Spell) bool {
	end := func(s Spell) time.Time { return s.Start.Add(time.Duration(s.LengthS*1e9) + SlotLen) }
	return a.Start.Before(end(b)) && b.Start.Before(end(a))
}
