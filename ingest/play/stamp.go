package play

import (
	"bytes"
	"context"
	"time"

	"uncloak/parse"
)

// stamper writes a new time into the headers of lines. Its memory is used again by the next call.
type stamper struct {
	loc   *time.Location
	buf   []byte
	out   [][]byte
	ends  []int
	sec   int64 // of short
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

// restamp appends the line with the time of its header replaced: that of RFC 3164 (no year) in the location's time, one of
// RFC 3339 with its offset. A line without either is left as it is.
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

// replay sends the lines when their stamps say, counted from the first; a line without a stamp goes with the one before it,
// and one that goes back in time at once. From the beginning again, the clock begins anew.
func (r *run) replay(ctx context.Context, began time.Time) {
	speed := r.Speed
	if speed == 0 {
		speed = 1
	}
	p, rec, ref := parse.NewParser(), parse.Record{}, began
	var first, last time.Time
	start := began
	for i := 0; i < r.total && ctx.Err() == nil; i++ {
		if i%len(r.lines) == 0 {
			first, last, start = time.Time{}, time.Time{}, time.Now()
		}
		line := r.lines[i%len(r.lines)]
		p.Line(line, &rec)
		if at, ok := moment(&rec.Stamp, ref, r.Location); ok {
			if first.IsZero() {
				first, last = at, at
			}
			if at.After(last) {
				last = at
			}
			pause(ctx, time.Until(start.Add(time.Duration(float64(last.Sub(first))/speed))))
		}
		if ctx.Err() != nil {
			break
		}
		to := r.ports[i%len(r.ports)]
		if !r.write(to, [][]byte{line}) {
			break
		}
		r.flush(to)
	}
}

// moment is the time of a stamp: by the clock, or else by the uptime.
func moment(st *parse.Stamp, ref time.Time, loc *time.Location) (time.Time, bool) {
	if loc == nil {
		loc = time.UTC
	}
	if st.HasUptime && !st.HasClock && !st.HasUnix {
		return time.Unix(0, st.Uptime), true
	}
	return st.Resolve(ref, loc)
}
