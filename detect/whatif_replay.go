package detect

import (
	"cmp"
	"iter"
	"math"
	"net/netip"
	"slices"
	"sort"
	"time"

	"uncloak/parse"
)

// Replay plays the recorded sessions of a window again, with other settings. It reads the events once for each call of
// run and holds only the sessions that are in flight and those of the last seconds or minutes (see lookBack).
type Replay struct {
	Config Config
	Router string // whose table
	All    bool   // the sessions of all routers are taken for its own, because its own log lacks them
	From   time.Time
	To     time.Time
	Ahead  time.Time // to where Events reads on beyond To
	Days   []*Day    // of the window: what the router refused
	Echoes []EchoOf  // whose lookups go when a host goes
	Events func() iter.Seq2[*parse.Event, error]
	Prev   func(Date) *Day // the summary of a day before the window, whose open sessions go on; may give nil

	spans     []*stint // sessions of which only the end is logged, by their beginning
	spansRead bool     // … that is, spans holds them
	waiting   int      // sessions that may wait for the look back; 0 = maxLine
}

// EchoOf holds the times at which a host's lookups were set off by another host.
type EchoOf struct {
	Cause, Effect netip.Addr
	Bursts        []Burst
}

// ghosts says which of the refused sessions are played; the log does not hold those.
type ghosts uint8

const (
	noGhosts     ghosts = iota
	likelyGhosts        // refused packets, without those that are repetitions of others by TCP's timers
	allGhosts           // each refused packet a session of its own
	numGhosts
)

// Bounds of a replay.
const (
	maxSims      = 64      // simulations in one pass: a stint has a bit for each
	maxLine      = 1 << 19 // sessions that wait for the look back
	maxGhosts    = 200_000 // refusals played of one spell; a count in a log may be anything
	twinReach    = 10 * time.Second
	enoughTwins  = 16
	maxSimSpells = 4096
)

// Outcome is the result of a simulation.
type Outcome struct {
	Peak      int // most entries
	PeakAt    time.Time
	Overflows int           // spells in which sessions were refused because the table was full
	Full      time.Duration // from the first to the last refusal of each, summed
	Spells    []Stretch     // of them, the first 4096
	Refused   map[netip.Addr]uint64
	Limited   map[netip.Addr]uint64 // refused by a limit per host
	Sessions  uint64                // that got an entry
	Reused    uint64                // that were served on an open one
	Removed   uint64                // of hosts that were taken away
	most      []int32               // by holder
}

// Stretch is a time from the first to the last refusal.
type Stretch struct{ Start, End time.Time }

// plan is one simulation.
type plan struct {
	change *Change
	level  ghosts
	table  int     // entries, as they are rebuilt; 0 = without bound
	scale  float64 // entries as rebuilt for each real one; a limit is of real ones
	once   bool    // it is asked whether it overflows, no more: the first overflow ends it
}

// pass is one reading of the events, with all the simulations that it feeds.
type pass struct {
	r       *Replay
	sims    []*sim
	back    int64 // by how much the simulations lag behind the log
	line    []*stint
	head    int // the first that is kept
	next    int // the first that has not been released
	ghosts  ghostline
	hosts   []netip.Addr // by index; 0 = the router and others
	byHost  map[netip.Addr]int32
	router  parse.Name
	used    [numClasses]uint64 // sessions by class
	early   uint64             // released too early, because too many waited
	dropped uint64             // beyond the bound of the rebuilt table
	total   uint64             // recorded sessions of the window
}

// run plays the plans, at most maxSims.
func (r *Replay) run(plans []plan) (*pass, error) {
	p := &pass{r: r, byHost: map[netip.Addr]int32{{}: 0}, hosts: []netip.Addr{{}}, router: parse.MakeName(r.Router),
		back: int64(twinReach)}
	p.ghosts = newGhostline(r)
	for i, x := range plans[:min(len(plans), maxSims)] {
		p.sims = append(p.sims, newSim(uint64(1)<<i, x, r.From.UnixNano()))
		p.back = max(p.back, int64(x.change.lookBack(r.Config.timeouts(r.Router))))
	}
	in := newStints(r.Config, p.opened, p.closed)
	var told []*stint // sessions of which only the end is logged, with the time that they lasted
	if !r.spansRead {
		in.spanned = func(s *stint) {
			if p.mine(s) && len(told) < maxSpans {
				told = append(told, s)
			}
		}
	}
	spans := r.spans
	last := r.From.UnixNano()
	for e, err := range r.Events() {
		if err != nil {
			return nil, err
		}
		if e.Time >= r.To.UnixNano() {
			break
		}
		for ; len(spans) > 0 && spans[0].start <= e.Time; spans = spans[1:] {
			p.began(spans[0])
		}
		in.observe(e, r.Prev)
		last = e.Time
		p.release(last - p.back)
	}
	in.finish()
	if len(told) > 0 { // now it is known when they began: once more, with them
		slices.SortStableFunc(told, func(a, b *stint) int { return cmp.Compare(a.start, b.start) })
		r.spans, r.spansRead = told, true
		return r.run(plans)
	}
	p.release(max(last, r.To.UnixNano()))
	p.dropped = in.dropped
	return p, nil
}

// mine reports whether the session is in the table that is asked about.
func (p *pass) mine(s *stint) bool { return p.r.All || s.router == p.router }

func (p *pass) opened(s *stint) {
	if !p.mine(s) {
		return
	}
	s.host = p.index(s.holder)
	s.cause = p.r.causeOf(s)
	if s.start >= p.r.From.UnixNano() {
		p.total++
	}
	p.line = append(p.line, s)
	if len(p.line)-p.next > cmp.Or(p.r.waiting, maxLine) {
		p.early++
		p.release(p.line[p.next].start)
	}
}

// began plays a session of which only the end is logged.
func (p *pass) began(s *stint) {
	again := *s
	again.in, again.out = 0, 0
	p.opened(&again)
	if again.class < numClasses {
		p.used[again.class]++
	}
}

func (p *pass) closed(s *stint) {
	if !p.mine(s) {
		return
	}
	if s.class < numClasses {
		p.used[s.class]++
	}
	for _, m := range p.sims {
		if !m.ended {
			m.closed(s)
		}
	}
}

// index numbers the holders. Holders beyond the limit share a number.
func (p *pass) index(a netip.Addr) int32 {
	i, ok := p.byHost[a]
	if !ok && len(p.hosts) < p.r.Config.Limits.Hosts {
		i = int32(len(p.hosts))
		p.byHost[a] = i
		p.hosts = append(p.hosts, a)
	}
	return i
}

// causeOf gives the host that set the lookup off.
func (r *Replay) causeOf(s *stint) netip.Addr {
	if s.key.DPort != 53 {
		return netip.Addr{}
	}
	for i := range r.Echoes {
		e := &r.Echoes[i]
		if e.Effect != s.holder {
			continue
		}
		k := sort.Search(len(e.Bursts),
			func(k int) bool { return e.Bursts[k].Start.UnixNano()-echoBefore > s.start }) - 1
		if k >= 0 && s.start <= e.Bursts[k].Start.UnixNano()+int64(e.Bursts[k].LengthS*1e9)+echoAfter {
			return e.Cause
		}
	}
	return netip.Addr{}
}

// The busy slots of a storm are known; its first and last lookups lie around them.
const (
	echoBefore = int64(5 * time.Second)
	echoAfter  = int64(30 * time.Second)
)

// release plays the sessions that began until then, refused ones among them.
func (p *pass) release(until int64) {
	for {
		at, isGhost := int64(0), false
		if p.next < len(p.line) {
			at = p.line[p.next].start
		}
		if g, ok := p.ghosts.peek(); ok && (p.next == len(p.line) || g < at) {
			at, isGhost = g, true
		} else if p.next == len(p.line) {
			break
		}
		if at > until {
			break
		}
		s := (*stint)(nil)
		if isGhost {
			s = p.ghosts.take(p.near(at))
		} else {
			s = p.line[p.next]
			p.next++
		}
		for _, m := range p.sims {
			if !m.ended {
				m.open(s)
			}
		}
	}
	for p.head < p.next && p.line[p.head].start < until-int64(twinReach) {
		p.line[p.head] = nil
		p.head++
	}
	if p.head > 4096 && p.head > len(p.line)/2 {
		p.line = slices.Clone(p.line[p.head:])
		p.next, p.head = p.next-p.head, 0
	}
}

// near gives the recorded sessions that began at about that time.
func (p *pass) near(at int64) []*stint {
	l := p.line[p.head:]
	lo := sort.Search(len(l), func(i int) bool { return l[i].start >= at-int64(twinReach) })
	hi := sort.Search(len(l), func(i int) bool { return l[i].start > at+int64(twinReach) })
	return l[lo:hi]
}

// ghostline makes the sessions that the router refused, as far as its lines tell: each is a twin of a recorded session
// that began at about the same time. A full table lets any session in that comes when an entry is free, so that those
// that got in are a sample of those that came.
type ghostline struct {
	spells []Overflow
	i      int
	k, n   uint64 // the next refusal of spell i, of how many
	rate   float64
	sample []*stint // the spell's twins; those of before stay where hardly a session began
	cut    uint64   // refusals that are not played
	to     *Timeouts
}

func newGhostline(r *Replay) ghostline {
	g := ghostline{to: r.Config.timeouts(r.Router), spells: r.spells()}
	g.begin()
	return g
}

// spells lists the overflows of the router within the window, in order of time. Of one that crosses an edge it gives
// the part inside, with its part of the refusals, as they are taken to be spread evenly.
func (r *Replay) spells() (out []Overflow) {
	w := Window{r.From, r.To}
	for _, d := range r.Days {
		if x := d.Routers[r.Router]; x != nil {
			for _, o := range x.Overflows {
				if w.overlaps(o.Start, o.End) {
					out = append(out, o.within(w))
				}
			}
		}
	}
	slices.SortFunc(out, func(a, b Overflow) int { return int(min(max(a.Start-b.Start, -1), 1)) })
	return out
}

// within cuts the overflow to the window, which it has a part in.
func (o Overflow) within(w Window) Overflow {
	start, end := max(o.Start, w.From.UnixNano()), min(o.End, w.To.UnixNano()-1)
	if o.End > o.Start && end-start < o.End-o.Start {
		part := float64(end-start) / float64(o.End-o.Start)
		o.Lines, o.Hidden = uint32(max(math.Round(part*float64(o.Lines)), 1)), uint64(part*float64(o.Hidden)+0.5)
	}
	o.Start, o.End = start, end
	return o
}

func (g *ghostline) begin() {
	if g.i < len(g.spells) {
		drops := g.spells[g.i].Drops()
		g.k, g.n, g.rate, g.sample = 0, min(drops, maxGhosts), 0, nil
		g.cut += drops - g.n
	}
}

// peek gives the time of the next refusal: the refusals of a spell are spread evenly.
func (g *ghostline) peek() (at int64, ok bool) {
	if g.i >= len(g.spells) {
		return 0, false
	}
	o := &g.spells[g.i]
	return o.Start + int64(float64(o.End-o.Start)*(float64(g.k)+0.5)/float64(max(g.n, 1))), true
}

func (g *ghostline) take(near []*stint) *stint {
	at, _ := g.peek()
	if len(near) >= min(enoughTwins, max(len(g.sample), 1)) {
		g.sample = append(g.sample[:0], near...)
	}
	near = g.sample
	if g.rate == 0 {
		g.rate = distinct(time.Duration(g.spells[g.i].End-g.spells[g.i].Start), near)
	}
	s := &stint{start: at, last: at, end: at + int64(g.to.TypicalTCP), class: classTypicalTCP, over: true, to: g.to,
		scale: 1}
	if len(near) > 0 {
		const stride = 0x9e3779b1 // 2³²/φ: spreads evenly over any number of twins
		*s = *near[uint32(g.k*stride)%uint32(len(near))]
		life, last := s.end-s.start, s.last-s.start
		if !s.over {
			life, s.class = int64(g.to.TypicalTCP), classTypicalTCP
		}
		s.start, s.end, s.last, s.over = at, at+life, at+min(last, life), true
	}
	s.ghost, s.in, s.out = true, 0, 0
	s.likely = uint64(float64(g.k+1)*g.rate) > uint64(float64(g.k)*g.rate)
	if g.k++; g.k >= g.n {
		g.i++
		g.begin()
	}
	return s
}

// distinct gives the part of the refused packets that are not TCP's repetitions of a refused SYN, which come 1, 3, 7 …
// s after it (RFC 6298: one second, doubled each time) as long as the table is full. UDP has no such rule: programs
// repeat as they like, and their repetitions are not estimated.
func distinct(length time.Duration, near []*stint) float64 {
	tcp := 0
	for _, s := range near {
		if s.key.Proto == parse.TCP {
			tcp++
		}
	}
	again, l := 0.0, length.Seconds()
	for after := 1.0; after < l && after < 64; after = 2*after + 1 {
		again += (l - after) / l
	}
	return 1 / (1 + again*float64(tcp)/float64(max(len(near), 1)))
}
