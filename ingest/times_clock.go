package ingest

import (
	"time"

	"uncloak/parse"
	"uncloak/store"
)

// oldest is the first year that is believed: earlier stamps come from clocks that were never set.
const oldest = 1990

// noTime is the spread of a line that only the time of its file dates: a day either way.
const noTime = uint32(24 * 60 * 60 * 1000)

// wallDumpSpread is the spread in ms of the times of `dmesg -T`: it adds uptimes to the boot time as computed when it
// runs, which drifts (0.8 to 1.8 s were measured).
const wallDumpSpread = 2000

// fileClock assigns times to the lines of one file, in the order of the file.
type fileClock struct {
	loc        *time.Location
	captured   int64 // when the log ended
	limit      int64 // the latest time that is believed
	years      years
	year0      int // the calendar year of relative year 0
	boot       int64
	bootSpread uint32
	hasBoot    bool
	boots      bootTimes // nil where the file covers one boot
	ups        bootClock

	last     bound // time of the last line that has one
	hasLast  bool
	own      bound // time of the last line that has a stamp of its own
	hasOwn   bool
	untimed  int64 // number of lines without a time since the last line with one
	repaired uint64
	stored   int // lines that got the time of a stored one
	walls    int // lines of dmesg -T that got the time of a stored one

	minute parse.Stamp // the last minute that was resolved, and its time: most lines share it
	base   int64
}

// bound is a time with its spread that bounds the times of neighbouring lines.
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
		if s := &facts[i].stored; s.found { // dmesg -T, and the store knows better
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

// run assigns times to consecutive lines without a usable stamp. A line that was found in the store gets the stored
// time and identity, by which the store recognizes it as a duplicate, unless that time contradicts the stamps of this
// file. The other lines are placed between those that were found for sure.
func (c *fileClock) run(es []store.Entry, facts []fact, next bound, known bool) {
	start := 0
	for i := range facts {
		s := &facts[i].stored
		own := bound{s.time, s.spread}
		s.found = s.found && s.time <= c.limit && (!c.hasOwn || c.own.notAfter(own)) && (!known || own.notAfter(next))
		if s.found && s.sure {
			c.between(es[start:i], own, true)
			c.last, c.hasLast, c.untimed, start = own, true, 0, i+1
		}
	}
	c.between(es[start:], next, known)
	for i := range facts {
		if s := &facts[i].stored; s.found {
			es[i].Time, es[i].Spread, es[i].Identity = s.time, s.spread, s.identity
			c.stored++
		}
	}
}

// notAfter reports whether b can lie before d, within both spreads and the two seconds by which a syslog daemon can be
// late.
func (b bound) notAfter(d bound) bool {
	return b.t-b.before() <= d.t+d.before()+2*int64(time.Second)
}

// stamped returns the time of a line by its own stamp; ok is false where there is none, or one that cannot be true.
func (c *fileClock) stamped(f *fact) (t int64, spread uint32, ok bool) {
	st := &f.stamp
	if st.HasUptime && len(c.boots) > 0 && c.ups.boot < maxBoots {
		c.ups.of(st.Uptime)
	}
	switch {
	case st.HasUnix || st.HasClock:
		t, ok = c.wall(st)
		switch {
		case st.Coarse:
			spread = 60_000
		case f.wallDump:
			spread = wallDumpSpread
		}
	case st.HasDelta && c.hasOwn && !f.stored.found: // dmesg -H: so long after the line before
		t, spread, ok = c.last.t+st.Uptime, c.last.spread, true
	case st.HasUptime && c.hasBoot:
		t, spread = c.uptime(st)
		ok = true
	}
	if !ok {
		return 0, 0, false
	}
	if t > c.limit || time.Unix(0, t).UTC().Year() < oldest {
		c.repaired++
		return 0, 0, false // to be dated by its neighbours
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

// ref returns the time near which a stamp is resolved. It tells the two readings of the hour that summer time repeats
// apart: a file goes forward, so the earlier reading is right unless it lies more than a minute before the line before.
// (Resolve takes the reading nearer to ref; the two are an hour apart.)
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
// any time up to the end of the log; without one before, they come before the line after and are no older than the
// boot, where it is known, or else a day; without either they may be of any time near the end.
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

// before returns the ns by which a line can be earlier than its time.
func (b bound) before() int64 { return int64(b.spread) * int64(time.Millisecond) }

// after returns the ns by which a line can be later than its time, which may be cut to the second.
func (b bound) after() int64 {
	if b.t%int64(time.Second) == 0 { // cut to the second
		return max(b.before(), int64(time.Second))
	}
	return b.before()
}

// maxSpread is the largest spread that is given to a line, in ms.
const maxSpread = 31 * noTime

// spreadOf converts ns to a spread in ms, rounded up, at most maxSpread.
func spreadOf(ns int64) uint32 {
	return uint32(min(max(0, (ns+999_999)/1_000_000), int64(maxSpread)))
}
