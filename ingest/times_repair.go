package ingest

import (
	"slices"
	"time"

	"uncloak/detect"
	"uncloak/parse"
)

// time returns the time of a line: its stamp, where that can be believed, else the time of receipt, with a spread that
// says so. A line with an uptime alone gets the time of receipt, too: the boot time of a live sender is not known, and
// the line has just been written.
func (sn *sender) time(a *account, st *parse.Stamp, recv int64) (t int64, spread uint32) {
	if !st.HasUnix && !st.HasClock {
		return recv, 0
	}
	t, ok := sn.resolve(st, recv)
	if !ok {
		a.health.Repaired++
		return recv, detect.NotBelieved
	}
	off := t - recv
	if sn.feed != nil && off <= int64(aheadLimit) && off >= -int64(backlog) {
		return t, 0 // a delay of reading says nothing about the clock
	}
	a.skews[a.nskew%skewLines] = off
	a.nskew++
	if off > int64(aheadLimit) || off < -int64(clockLimit) || a.steady.behind(off, recv) {
		a.health.Repaired++
		return recv, detect.NotBelieved
	}
	return t, 0
}

// A clock counts as behind, rather than its lines as late, when the lines of some minutes have one and the same offset:
// a backlog that is sent after the fact arrives faster than it was written, and its offsets shrink.
const (
	steadyLines  = 16
	steadyFor    = 2 * time.Minute
	steadyWithin = 15 * time.Second
	steadyLeast  = 5 * time.Minute // a smaller offset is only reported, and the stamps are kept
)

// steady tells whether the offset of a clock stays the same.
type steady struct {
	off   int64 // the first one, ns
	since int64 // time of receipt of the first line with it
	n     int
}

// behind takes the next offset and reports whether the clock has been behind by it for long enough.
func (s *steady) behind(off, recv int64) bool {
	if off > -int64(steadyLeast) {
		s.n = 0
		return false
	}
	if d := off - s.off; s.n == 0 || max(d, -d) > int64(steadyWithin) {
		s.off, s.since, s.n = off, recv, 0
	}
	s.n++
	return s.n >= steadyLines && recv-s.since >= int64(steadyFor)
}

// resolve does what Stamp.Resolve does, but remembers the minute of the line before, which saves the calendar for all
// but the first line of a minute. The repeated hour at the end of summer time depends on recv, but not within a minute.
func (sn *sender) resolve(st *parse.Stamp, recv int64) (int64, bool) {
	if st.HasUnix || st.Second > 59 {
		t, ok := st.Resolve(time.Unix(0, recv), sn.loc)
		return t.UnixNano(), ok
	}
	minute := *st
	minute.Second, minute.Nanos, minute.HasUptime, minute.Uptime = 0, 0, false, 0
	if minute != sn.lastMin {
		t, ok := minute.Resolve(time.Unix(0, recv), sn.loc)
		if !ok {
			return 0, false
		}
		sn.lastMin, sn.lastBase = minute, t.UnixNano()
	}
	return sn.lastBase + int64(st.Second)*int64(time.Second) + int64(st.Nanos), true
}

// skew returns the median of the router's last stamps minus their times of receipt, in ms.
func (a *account) skew() int64 {
	n := min(a.nskew, skewLines)
	if n == 0 {
		return 0
	}
	s := a.skews
	slices.Sort(s[:n])
	return s[n/2] / int64(time.Millisecond)
}
