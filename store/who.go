package store

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"uncloak/parse"
)

// Who asks which machine inside had a public address and port at a time.
type Who struct {
	End   netip.AddrPort
	At    time.Time
	Slack time.Duration // how far off At may be; 0 = it is exact
	Proto uint8         // IANA number; 0 = any
	// Back bounds how far from At the lines of a session are looked for. 0 = ten minutes, and where that leaves doubts,
	// two hours, and a day. Blocks of ports have no such limit.
	Back time.Duration
}

// How names the way in which a machine had the public address and port, called the end here.
type How string

// The ways to have a public end, the surest first.
const (
	Translated How = "translated" // a session whose source was translated to it
	Own        How = "own"        // the address is the machine's own, nothing translates it
	PortBlock  How = "port-block" // a block of ports, the port among them, was given to the machine
	WholeAddr  How = "address"    // the whole public address was given to the machine
	Forwarded  How = "forwarded"  // a session from outside to it was handed on to the machine
	// a session from that port, without a logged translation: right if the router keeps ports
	KeptPort How = "kept-port"
)

// Standing relates the time of a holding to the time that is asked for.
type Standing string

// The standings. "Within" counts the slack and the error of the clocks.
const (
	Held   Standing = "held"   // begin and end are logged, the time is within
	Open   Standing = "open"   // begun before, no end is logged
	Unsure Standing = "unsure" // only a line of it was seen, or its end: when it began is not logged
	// it had ended before; To is zero where no end is logged, but the end was given to another one
	Ended Standing = "ended"
	Later Standing = "later" // it began after
)

// Holder is a machine that may have had the end, with the session or the block that gave it the end.
type Holder struct {
	Host     netip.AddrPort // inside; port 0 where a block or an address was given
	How      How
	Standing Standing
	From, To time.Time // as logged; zero = not known, or no end
	// Error bounds the error of From and To: the Spread of the lines, a second where they have whole seconds, and the
	// error of the sender's clock. Slack is not in it.
	Error      time.Duration
	Confidence float64 // 0..1; of the machines in one answer it is at most 1 in sum
	Router     string
	Proto      uint8
	Peer       netip.AddrPort // the other end of the session
	Ports      [2]uint16      // the block, first and last; 0 without
	First      Entry          // the line of the begin, or the earliest that was seen
	Last       Entry          // the line of the end; Kind is Unknown and Time 0 if it was not seen
}

// Finder returns the events that Holders asks for: the method Nearest of a backend.
type Finder func(context.Context, Nearest) (before, after []Entry, err error)

const (
	whoLines  = 256 // lines on each side of the time in one search; machines that these hide are searched for again
	whoRounds = 8
	whoNear   = 10 * time.Minute
	whoFar    = 2 * time.Hour
	whoBack   = 24 * time.Hour
	// sureEnough is the confidence of a session whose begin is logged, where no other machine competes: a NAT does not
	// give a port in use to another machine, save for another peer.
	sureEnough = 0.8
	// An answer is bounded: beyond, the least likely holdings of a machine, and the least likely machines, are left
	// out.
	maxOfHost  = 8
	maxBeside  = 6 // holdings that had ended before or began later
	maxHolders = 128
)

// Holders finds all machines that may have had the end of q, the most likely first. skew returns the known error of a
// router's clock; nil = the clocks are right.
func Holders(ctx context.Context, q Who, find Finder, skew func(router string) time.Duration) ([]Holder, error) {
	q.End = netip.AddrPortFrom(q.End.Addr().Unmap().WithZone(""), q.End.Port())
	if !q.End.IsValid() || q.End.Port() == 0 {
		return nil, fmt.Errorf("who: %v is no address with a port", q.End)
	}
	all := q.Back > 0
	if !all {
		q.Back = whoBack
	}
	if skew == nil {
		skew = func(string) time.Duration { return 0 }
	}
	s := seeker{q: q, parser: parse.NewParser()}
	if err := s.seek(ctx, find, Nearest{End: q.End, At: q.At, Blocks: true}, true); err != nil {
		return nil, err
	}
	given := len(s.lines)
	steps := []time.Duration{whoNear, whoFar, q.Back}
	if all {
		steps = steps[2:]
	}
	for _, back := range steps {
		s.lines = s.lines[:given]
		near := Nearest{Window: Window{From: q.At.Add(-back), To: q.At.Add(back)}, End: q.End, At: q.At}
		if err := s.seek(ctx, find, near, false); err != nil {
			return nil, err
		}
		hs := weigh(q, s.holders(), skew)
		if back == q.Back || len(hs) > 0 && hs[0].Confidence >= sureEnough {
			return hs, nil
		}
	}
	return nil, nil
}

// seeker collects the events that concern an end.
type seeker struct {
	q      Who
	parser *parse.Parser
	rec    parse.Record
	lines  []sighting
}

// sighting holds what one event says about the end.
type sighting struct {
	key   holderKey
	begin bool
	end   bool
	ports [2]uint16
	entry Entry
}

// holderKey tells holdings apart that exist at the same time.
type holderKey struct {
	how        How
	router     parse.Name
	proto      uint8
	host, peer netip.AddrPort
	low        uint16
}

// seek collects sightings. As long as the events of some machines may hide those of others (a public port may have
// thousands of peers) it searches again without the machines that it has found.
func (s *seeker) seek(ctx context.Context, find Finder, n Nearest, blocks bool) error {
	seen := map[netip.Addr]bool{}
	n.Limit = whoLines
	n.Match = func(e *Entry) bool {
		g, ok := s.sight(e, blocks)
		return ok && !seen[g.key.host.Addr()]
	}
	for range whoRounds {
		before, after, err := find(ctx, n)
		if err != nil {
			return err
		}
		found := map[netip.Addr]bool{}
		for _, es := range [][]Entry{before, after} {
			for i := range es {
				if g, ok := s.sight(&es[i], blocks); ok {
					s.lines = append(s.lines, g)
					found[g.key.host.Addr()] = true
				}
			}
		}
		if len(before) < n.Limit && len(after) < n.Limit {
			return nil
		}
		for a := range found {
			seen[a] = true
		}
	}
	return nil
}

// sight returns what an event says about the end; ok is false if that is nothing.
func (s *seeker) sight(e *Entry, blocks bool) (g sighting, ok bool) {
	given := e.Kind == parse.System && e.NATSPort == 0 && e.NATSrc.IsValid() && e.Src.IsValid()
	if given != blocks || s.q.Proto != 0 && e.Proto != 0 && e.Proto != s.q.Proto {
		return g, false
	}
	g = sighting{key: holderKey{router: e.Router, proto: e.Proto}, entry: *e}
	if given {
		return s.block(g)
	}
	how, host, peer := roleOf(e, s.q.End)
	if how == "" || e.Kind == parse.SessionDenied {
		return g, false
	}
	g.key.how, g.key.host, g.key.peer = how, host, peer
	g.begin, g.end = e.Kind == parse.SessionNew, e.Kind == parse.SessionEnd
	return g, true
}

// block parses the raw line of an allocation again, as an event has no field for a block of ports.
func (s *seeker) block(g sighting) (sighting, bool) {
	e := &g.entry
	if e.NATSrc.Unmap() != s.q.End.Addr() {
		return g, false
	}
	g.key.how, g.key.host = WholeAddr, netip.AddrPortFrom(e.Src, 0)
	g.begin = true
	if len(e.Raw) == 0 { // the line is not kept: only the address is known
		return g, true
	}
	s.parser.Line(e.Raw, &s.rec)
	g.end = s.rec.Action == "nat-delete"
	g.begin = !g.end
	if s.rec.PortHigh != 0 {
		if p := s.q.End.Port(); p < s.rec.PortLow || p > s.rec.PortHigh {
			return g, false
		}
		g.key.how, g.key.low, g.ports = PortBlock, s.rec.PortLow, [2]uint16{s.rec.PortLow, s.rec.PortHigh}
	}
	return g, true
}

// roleOf returns the way in which the session of e has the end, the machine inside and its peer; how is "" if the
// session does not have it.
func roleOf(e *Entry, end netip.AddrPort) (how How, host, peer netip.AddrPort) {
	is := func(a netip.Addr, port uint16) bool {
		return port == end.Port() && a.IsValid() && a.Unmap().WithZone("") == end.Addr()
	}
	src, dst := e.SrcPort(), e.DstPort()
	switch {
	case is(e.NATSrc, e.NATSPort) && e.Src.IsValid():
		return Translated, src, dst
	case is(e.Dst, e.DPort) && e.NATDst.IsValid() && e.NATDst != e.Dst:
		inner := netip.AddrPortFrom(e.NATDst, e.NATDPort)
		if e.NATDPort == 0 {
			inner = netip.AddrPortFrom(e.NATDst, e.DPort)
		}
		return Forwarded, inner, src
	case e.NATSrc.IsValid():
	case is(e.Src, e.SPort):
		return Own, src, dst
	case e.SPort == end.Port() && inside(e.Src) && e.Dst.IsValid() && !inside(e.Dst) && !inside(end.Addr()):
		return KeptPort, src, dst
	}
	return "", host, peer
}

// inside reports whether an address is of RFC 1918, RFC 4193 or RFC 6598.
func inside(a netip.Addr) bool {
	a = a.Unmap()
	return a.IsPrivate() || netip.PrefixFrom(netip.AddrFrom4([4]byte{100, 64}), 10).Contains(a)
}

// holders makes one Holder of all sightings of a session: from a begin, or the first line, to its end, or to the next
// begin after a silence in which any router would have forgotten the session.
func (s *seeker) holders() (out []Holder) {
	slices.SortStableFunc(s.lines, func(a, b sighting) int { return cmp.Compare(a.entry.Time, b.entry.Time) })
	open := map[holderKey]int{} // index in out
	seen := map[holderKey]int64{}
	for i := range s.lines {
		g := &s.lines[i]
		at := time.Unix(0, g.entry.Time).UTC()
		k, ok := open[g.key]
		if ok && g.begin && g.key.low == 0 && time.Duration(g.entry.Time-seen[g.key]) > lifetime(g.key.proto) {
			ok = false
		}
		seen[g.key] = g.entry.Time
		if !ok {
			k = len(out)
			out = append(out, Holder{Host: g.key.host, How: g.key.how, Router: g.key.router.String(),
				Proto: g.key.proto, Peer: g.key.peer,
				Ports: g.ports, First: g.entry})
			open[g.key] = k
			if g.begin {
				out[k].From = at
			}
		}
		if g.end {
			out[k].To, out[k].Last = at, g.entry
			delete(open, g.key)
		}
	}
	return out
}

// lifetime returns the least time that a NAT keeps a mapping without traffic: RFC 5382 REQ-5 (TCP 2 h 4 min), RFC 4787
// REQ-5 (UDP 5 min recommended), RFC 5508 REQ-2 (ICMP 60 s).
func lifetime(proto uint8) time.Duration {
	switch proto {
	case parse.UDP:
		return 5 * time.Minute
	case parse.ICMP, parse.ICMPv6:
		return time.Minute
	}
	return 124 * time.Minute
}

// trust returns the confidence of a holding of this kind when all else fits.
func (h How) trust() float64 {
	switch h {
	case Translated, Own:
		return 0.99
	case PortBlock, Forwarded:
		return 0.97
	case WholeAddr:
		return 0.9
	}
	return 0.5
}

// weigh sets standing and confidence, and sorts. The confidence is the trust in the kind of holding, times how well its
// times fit; where several machines could have been it, all are divided by the sum of the best of each.
func weigh(q Who, hs []Holder, skew func(string) time.Duration) []Holder {
	best := map[netip.Addr]float64{}
	for i := range hs {
		h := &hs[i]
		h.Error = max(lineError(&h.First), lineError(&h.Last)) + skew(h.Router).Abs()
		var fits float64
		h.Standing, fits = h.stand(q.At, q.Slack+h.Error)
		h.Confidence = h.How.trust() * fits
	}
	for i := range hs {
		h := &hs[i]
		if h.superseded(hs, q.At) {
			h.Standing, h.Confidence = Ended, h.How.trust()*0.1
		}
		best[h.Host.Addr()] = max(best[h.Host.Addr()], h.Confidence)
	}
	var all float64
	for _, b := range best {
		all += b
	}
	if all > 1 {
		for i := range hs {
			hs[i].Confidence /= all
		}
	}
	if len(best) == 1 {
		for i := range hs {
			if h := &hs[i]; h.entirely(q.At, q.Slack+h.Error) {
				h.Confidence = max(h.Confidence, aloneLeast)
			}
		}
	}
	distance := func(h *Holder) time.Duration { return q.At.Sub(time.Unix(0, h.First.Time)).Abs() }
	slices.SortStableFunc(hs, func(a, b Holder) int {
		return cmp.Or(cmp.Compare(b.Confidence, a.Confidence), cmp.Compare(distance(&a), distance(&b)),
			a.Host.Compare(b.Host))
	})
	count, beside := map[netip.Addr]int{}, 0
	hs = slices.DeleteFunc(hs, func(h Holder) bool {
		if h.Standing == Ended || h.Standing == Later {
			beside++
		}
		count[h.Host.Addr()]++
		return count[h.Host.Addr()] > maxOfHost || beside > maxBeside && (h.Standing == Ended || h.Standing == Later)
	})
	return hs[:min(len(hs), maxHolders)]
}

// lineError returns how far the time of a line may be off.
func lineError(e *Entry) time.Duration {
	d := time.Duration(e.Spread) * time.Millisecond
	if e.Spread == 0 && e.Time != 0 && e.Time%int64(time.Second) == 0 {
		d = time.Second
	}
	return d
}

// stand returns how the holding lies to the time, and the part of its trust that is left: all of it where the time lies
// within by more than the error; 0.9 nearer to a logged begin or end, 0.5 beyond that by no more than the error, and
// from 0.1 on less and less farther away. Where no begin or no end is logged, it is 0.8 or 0.9 of that for as long as a
// router keeps a silent session, and less with the time beyond.
func (h *Holder) stand(at time.Time, err time.Duration) (Standing, float64) {
	begin, end := time.Unix(0, h.First.Time), h.To
	known := !h.From.IsZero()
	switch {
	case !end.IsZero() && at.After(end.Add(err)):
		return Ended, beyond(at.Sub(end), err)
	case known && at.Before(begin.Add(-err)):
		return Later, beyond(begin.Sub(at), err)
	case !known && at.Before(begin):
		return Unsure, 0.8 * decay(begin.Sub(at), lifetime(h.Proto))
	}
	fits := 1.0
	switch {
	case known && at.Before(begin), !end.IsZero() && at.After(end):
		fits = 0.5
	case known && at.Before(begin.Add(err)), !end.IsZero() && at.After(end.Add(-err)):
		fits = 0.9
	}
	switch {
	case !end.IsZero() && known:
		return Held, fits
	case !end.IsZero():
		return Unsure, 0.9 * fits
	case h.exclusive(): // given until it is taken back
		return Open, fits
	case known:
		return Open, 0.9 * fits * decay(at.Sub(begin), lifetime(h.Proto))
	}
	return Unsure, 0.8 * decay(at.Sub(begin), lifetime(h.Proto))
}

// aloneLeast is the least confidence of a holding that fits entirely, where no other machine is known to have had the
// end at any time near: a NAT does not give a port in use away.
const aloneLeast = 0.95

// entirely reports whether the begin is logged, the time lies behind it by more than the error, and before the end or,
// where none is logged, within the time that a router keeps a silent session.
func (h *Holder) entirely(at time.Time, err time.Duration) bool {
	begin := time.Unix(0, h.First.Time)
	switch {
	case h.How == KeptPort || h.How == WholeAddr || h.From.IsZero() || at.Before(begin.Add(err)):
		return false
	case h.Standing == Held:
		return !at.After(h.To.Add(-err))
	}
	return h.Standing == Open && (h.exclusive() || at.Sub(begin) <= lifetime(h.Proto))
}

// exclusive reports whether no other machine of the router can have the end at the same time: it was not given for one
// peer alone.
func (h *Holder) exclusive() bool { return h.How == PortBlock || h.How == WholeAddr }

// superseded reports whether the end was given to another machine after it was given to this one, and before at.
func (h *Holder) superseded(hs []Holder, at time.Time) bool {
	return h.exclusive() && h.Standing == Open && slices.ContainsFunc(hs, func(o Holder) bool {
		return o.How == h.How && o.Router == h.Router && o.Proto == h.Proto && o.Host != h.Host &&
			o.From.After(h.From) && !o.From.After(at)
	})
}

// beyond returns 0.1 just outside the error, and less with the distance.
func beyond(d, err time.Duration) float64 {
	return 0.1 * float64(max(err, time.Second)) / float64(max(d, err, time.Second))
}

// decay returns 1 up to the lifetime, and less with the time beyond.
func decay(d, life time.Duration) float64 {
	if d <= life {
		return 1
	}
	return max(0.1, float64(life)/float64(d))
}

// Same reports whether First and Last are the same line.
func (h *Holder) Same() bool {
	return h.First.Time == h.Last.Time && bytes.Equal(h.First.Raw, h.Last.Raw)
}
