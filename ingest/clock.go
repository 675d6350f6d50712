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

	last     int64 // time of the last line that had one
	hasLast  bool
	untimed  int64 // lines in a row without a time, where nothing before has one
	repaired uint64

	minute parse.Stamp // the last one resolved: most lines share it
	base   int64
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
		c.between(es[i-pending:i], t, true)
		pending = 0
		es[i].Time, es[i].Spread = t, spread
		c.last, c.hasLast, c.untimed = t, true, 0
	}
	c.between(es[len(es)-pending:], c.captured, false)
}

// stamped is the time of a line by its own stamp.
func (c *fileClock) stamped(f *fact) (t int64, spread uint32, ok bool) {
	st := &f.stamp
	switch {
	case st.HasUnix || st.HasClock:
		t, ok = c.wall(st)
		if f.wallDump {
			spread = wallDumpSpread
		}
	case st.HasUptime && c.hasBoot:
		t, spread, ok = c.boot+st.Uptime, c.bootSpread, true
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
		return time.Unix(0, c.last).Add(29 * time.Minute)
	case dated:
		return time.Time{}
	}
	return time.Unix(0, c.captured)
}

// between spreads lines without a time evenly between the line before them and the one after, which are their bounds,
// and keeps their order. Without a line after them they follow the line before, a microsecond each, and may be of any
// time up to the end of the log; without either they may be of any time near it.
func (c *fileClock) between(es []store.Entry, next int64, known bool) {
	n := int64(len(es))
	for i := range es {
		k := int64(i) + 1
		e := &es[i]
		switch {
		case c.hasLast && known && next > c.last:
			e.Time = c.last + (next-c.last)/(n+1)*k
			e.Spread = spreadOf(max(e.Time-c.last, next-e.Time))
		case c.hasLast:
			e.Time = c.last + c.untimed*1000 + 1000
			c.untimed++
			if !known {
				e.Spread = spreadOf(c.captured - c.last)
			}
		case known:
			e.Time, e.Spread = next-(n-k+1)*1000, noTime
		default:
			e.Time, e.Spread = c.captured+c.untimed*1000, noTime
			c.untimed++
		}
	}
}

// spreadOf is a span in ms, rounded up, at most noTime.
func spreadOf(ns int64) uint32 {
	return uint32(min(max(0, (ns+999_999)/1_000_000), int64(noTime)))
}
