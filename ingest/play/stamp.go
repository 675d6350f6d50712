package play

import (
	"bytes"
	"time"

	"uncloak/ingest"
	"uncloak/parse"
)

// stamper writes a new time into the headers of lines. Its memory is used again by the next call.
type stamper struct {
	loc   *time.Location
	buf   []byte
	out   [][]byte
	ends  []int
	sec   int64 // the second that short is of
	short []byte
}

func (s *stamper) all(lines [][]byte, now time.Time) [][]byte {
	s.buf, s.out, s.ends = s.buf[:0], s.out[:0], s.ends[:0]
	for _, l := range lines {
		s.buf = s.restamp(s.buf, l, now)
		s.ends = append(s.ends, len(s.buf))
	}
	from := 0
	for _, end := range s.ends {
		s.out = append(s.out, s.buf[from:end])
		from = end
	}
	return s.out
}

// restamp appends the line with the time of its header replaced: that of RFC 3164 (no year) in the location's time, one
// of RFC 3339 with its offset. A line without either is left as it is.
func (s *stamper) restamp(b, line []byte, now time.Time) []byte {
	at := 0
	if i := bytes.IndexByte(line[:min(len(line), 5)], '>'); i > 0 && line[0] == '<' {
		at = i + 1
	}
	if bytes.HasPrefix(line[at:], []byte("1 ")) {
		at += 2
	}
	rest := line[at:]
	if len(rest) >= len(time.Stamp) {
		if _, err := time.Parse(time.Stamp, string(rest[:len(time.Stamp)])); err == nil {
			if sec := now.Unix(); sec != s.sec || s.short == nil {
				s.sec, s.short = sec, now.In(s.location()).AppendFormat(s.short[:0], time.Stamp)
			}
			b = append(append(b, line[:at]...), s.short...)
			return append(b, rest[len(time.Stamp):]...)
		}
	}
	if i := bytes.IndexByte(rest, ' '); i >= len("2026-11-22T01:02:03") && i < 40 && rest[10] == 'T' {
		if _, err := time.Parse(time.RFC3339Nano, string(rest[:i])); err == nil {
			b = now.In(s.location()).AppendFormat(append(b, line[:at]...), "2006-01-02T15:04:05.000000Z07:00")
			return append(b, rest[i:]...)
		}
	}
	return append(b, line...)
}

func (s *stamper) location() *time.Location {
	if s.loc == nil {
		return time.UTC
	}
	return s.loc
}

// clock computes when recorded messages are due.
type clock struct {
	speed       float64
	loc         *time.Location
	p           *parse.Parser
	rec         parse.Record
	start       time.Time // when the first message was due
	first, last time.Time // times of the first and the latest message in the record
}

func (r *run) newClock() clock {
	c := clock{speed: r.Speed, loc: r.Location, p: parse.NewParser()}
	if c.speed == 0 {
		c.speed = 1
	}
	c.reset(r.began)
	return c
}

func (c *clock) reset(start time.Time) { c.start, c.first, c.last = start, time.Time{}, time.Time{} }

// due returns when to send a message: as long after the first one as it was recorded, at the clock's speed.
func (c *clock) due(m *ingest.Message) time.Time {
	at, ok := m.At, !m.At.IsZero()
	if !ok && m.From == 0 {
		c.p.Line(m.Text, &c.rec)
		at, ok = moment(&c.rec.Stamp, c.start, c.loc)
	}
	if ok && c.first.IsZero() {
		c.first, c.last = at, at
		c.start = time.Now() // while recording goes on the first message may come late
	}
	if ok && at.After(c.last) {
		c.last = at
	}
	return c.start.Add(time.Duration(float64(c.last.Sub(c.first)) / c.speed))
}

// moment returns the time of a stamp: by the clock, or else by the uptime.
func moment(st *parse.Stamp, ref time.Time, loc *time.Location) (time.Time, bool) {
	if loc == nil {
		loc = time.UTC
	}
	if st.HasUptime && !st.HasClock && !st.HasUnix {
		return time.Unix(0, st.Uptime), true
	}
	return st.Resolve(ref, loc)
}
