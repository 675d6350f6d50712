package ingest

import (
	"time"

	"uncloak/parse"
	"uncloak/store"
)

// oldest is the first year that a line of a log can be of: earlier stamps are of clocks that were never set.
const oldest = 1990

// noTime is the spread of a line that nothing dates but the file that it is in: a day either way.
const noTime = uint32(24 * 60 * 60 * 1000)

// wallDumpSpread is how far `dmesg -T` is off: it adds the uptime to the boot time of now, which drifts (0.8 to 1.8 s
// were measured).
const wallDumpSpread = 2000

// fileClock gives the lines of one file their times, in the order of the file.
type fileClock struct {
	loc        *time.Location
	captured   int64 // when the log ended
	limit      int64 // no line is of later than this
	years      years
	year0      int // the year that relative year 0 is
	boot       int64
	bootSpread uint32
	hasBoot    bool
	boots      bootTimes // where the file has several
	ups        bootClock

	last     bound // the last line that had a time
	hasLast  bool
	own      bound // the last line that had one of its own
	hasOwn   bool
	untimed  int64 // lines in a row without a time, where nothing before has one
	repaired uint64
	stored   int // lines that had the time of a stored one
	walls    int // of dmesg -T

	minute parse.Stamp // the last one resolved: most lines share it
	base   int64
}

// bound is a time that others lie before or behind.
type bound struct {
	t      int64
	spread uint32
}

// assign sets Time and Spread of all entries of a chunk. The time that a line without a stamp can have is bounded by
// those of its neighbours within the chunk.
func (c *fileClock) assign(es []store.Entry, facts []fact) {
	pending := 0 // lines without a time just before i
	for i := range es {
		t, spread, ok := c.stamped(&facts[i])
		if !ok {
			pending++
			continue
		}
		if s := &facts[i].same; s.found { // dmesg -T, and the store knows better
			t, spread, es[i].Identity = s.time, s.spread, s.identity
			c.walls++
		}
		c.run(es[i-pending:i], facts[i-pending:i], bound{t, spread}, true)
		pending = 0
		es[i].Time, es[i].Spread = t, spread
		c.last, c.hasLast, c.untimed = bound{t, spread}, true, 0
		c.own, c.hasOwn = c.last, true
	}
	c.run(es[len(es)-pending:], facts[len(es)-pending:], bound{t: c.captured}, false)
}

// run gives times to lines without a usable stamp of their own. What the store has keeps the stored time and identity,
// by which the store finds that it has the line; but stamps of this file know better than an equal text. The others lie
// between those that are sure.
func (c *fileClock) run(es []store.Entry, facts []fact, next bound, known bool) {
	start := 0
	for i := range facts {
		s := &facts[i].same
		own := bound{s.time, s.spread}
		s.found = s.found && s.time <= c.limit && (!c.hasOwn || c.own.notAfter(own)) && (!known || own.notAfter(next))
		if s.found && s.sure {
			c.between(es[start:i], own, true)
			c.last, c.hasLast, c.untimed, start = own, true, 0, i+1
		}
	}
	c.between(es[start:], next, known)
	for i := range facts {
		if s := &facts[i].same; s.found {
			es[i].Time, es[i].Spread, es[i].Identity = s.time, s.spread, s.identity
			c.stored++
		}
	}
}

// notAfter says whether b can be before d: what the syslog daemon writes is up to two seconds late.
func (b bound) notAfter(d bound) bool {
	return b.t-b.before() <= d.t+d.before()+2*int64(time.Second)
}

// stamped is the time of a line by its own stamp.
func (c *fileClock) stamped(f *fact) (t int64, spread uint32, ok bool) {
	st := &f.stamp
	if st.HasUptime && len(c.boots) > 0 && c.ups.boot < maxBoots {
		c.ups.of(st.Uptime)
	}
	switch {
	case st.HasUnix || st.HasClock:
		t, ok = c.wall(st)
		if f.wallDump {
			spread = wallDumpSpread
		}
	case st.HasUptime && c.hasBoot:
		t, spread = c.uptime(st)
		ok = true
	}
	if !ok {
		return 0, 0, false
	}
	if t > c.limit || time.Unix(0, t).UTC().Year() < oldest {
		c.repaired++
		return 0, 0, false // its neighbours know better
	}
	return t, spread, true
}

func (c *fileClock) wall(st *parse.Stamp) (int64, bool) {
	if st.HasUnix {
		return st.Unix, true
	}
	s := *st
	if s.Year == 0 && s.Month != 0 {
		s.Year = int16(c.year0 + c.years.of(st))
	}
	if s.Second > 59 {
		t, ok := s.Resolve(c.ref(s.Month != 0), c.loc)
		return t.UnixNano(), ok
	}
	m := s
	m.Second, m.Nanos, m.HasUptime, m.Uptime = 0, 0, false, 0
	if m != c.minute {
		t, ok := m.Resolve(c.ref(s.Month != 0), c.loc)
		if !ok {
			return 0, false
		}
		c.minute, c.base = m, t.UnixNano()
	}
	return c.base + int64(s.Second)*int64(time.Second) + int64(s.Nanos), true
}

// ref tells the two readings of the hour that summer time repeats apart. A file goes forward: the earlier is right
// unless it lies more than a minute before the line before. (Resolve takes the one nearer to ref; they are an hour apart.)
func (c *fileClock) ref(dated bool) time.Time {
	switch {
	case c.hasLast:
		return time.Unix(0, c.last.t).Add(29 * time.Minute)
	case dated:
		return time.Time{}
	}
	return time.Unix(0, c.captured)
}

// between places lines without a time between the line before them and the one after, which are their bounds: in the
// middle, a microsecond each, to keep their order. Without a line after them they follow the line before and may be of
// any time up to the end of the log; without one before, they come before the line after and are no older than the boot,
// where it is known, or else a day; without either they may be of any time near the end.
func (c *fileClock) between(es []store.Entry, next bound, known bool) {
	n := int64(len(es))
	lo, hi := c.last.t, max(c.last.t, next.t)
	step := min(int64(time.Microsecond), (hi-lo)/(n+1))
	for i := range es {
		k := int64(i) + 1
		e := &es[i]
		switch {
		case c.hasLast && known:
			e.Time = lo + (hi-lo)/2 + (2*k-n-1)*step/2
			e.Spread = spreadOf(max(e.Time-lo+c.last.before(), hi+next.after()-e.Time))
		case c.hasLast:
			e.Time = lo + (c.untimed+1)*int64(time.Microsecond)
			e.Spread = spreadOf(next.t - lo + c.last.before())
			c.untimed++
		case known:
			e.Time, e.Spread = next.t-(n-k+1)*int64(time.Microsecond), noTime
			if c.hasBoot && c.boot < next.t {
				e.Spread = spreadOf(next.t - c.boot + next.after())
			}
		default:
			e.Time, e.Spread = next.t+c.untimed*int64(time.Microsecond), noTime
			c.untimed++
		}
	}
}

// before and after say how much earlier or later than its stamp a line can be, in ns.
func (b bound) before() int64 { return int64(b.spread) * int64(time.Millisecond) }

func (b bound) after() int64 {
	if b.t%int64(time.Second) == 0 { // cut to the second
		return max(b.before(), int64(time.Second))
	}
	return b.before()
}

// maxSpread is how far a time can be off at most, and be said so.
const maxSpread = 31 * noTime

// spreadOf is a span in ms, rounded up, at most maxSpread.
func spreadOf(ns int64) uint32 {
	return uint32(min(max(0, (ns+999_999)/1_000_000), int64(maxSpread)))
}
