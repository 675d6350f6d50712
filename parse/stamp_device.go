package parse

import (
	"bytes"
	"time"

	"uncloak/parse/scan"
)

// ownStamp sets the time that the device itself gives in its message. It is nearer to the event than the header's,
// which a relay may have written; only a header with year and zone is kept where the message has no zone, unless they
// are further apart than any zone explains: then the relay read a file, or held the line back.
func ownStamp(rec *Record, s *Stamp) {
	if s.beats(&rec.Stamp) {
		*s, rec.Stamp = rec.Stamp, *s
	}
}

// beats reports whether s, of a message, is the event's time, and not that of the header.
func (s *Stamp) beats(header *Stamp) bool {
	return s.HasClock && s.Month != 0 && !header.HasUnix &&
		(s.HasZone || !header.HasZone || header.Year == 0 || s.Year != 0 && !s.near(header))
}

// near reports whether two dates are the same or of neighbouring days.
func (s *Stamp) near(t *Stamp) bool {
	at := func(s *Stamp) time.Time {
		return time.Date(int(s.Year), time.Month(s.Month), int(s.Day), 0, 0, 0, 0, time.UTC)
	}
	const day = 24 * time.Hour
	apart := at(s).Sub(at(t))
	return -day <= apart && apart <= day
}

// epochStamp reads Unix seconds, milliseconds, microseconds or nanoseconds, told apart by their size, or seconds with
// a fraction.
func epochStamp(b []byte) (s Stamp, ok bool) {
	n, rest, ok := scan.Leading(b)
	if !ok || n < 100_000_000 {
		return s, false
	}
	switch {
	case n < 1e11:
		if n > 9_000_000_000 {
			return s, false
		}
		n *= 1e9
		if len(rest) > 1 && rest[0] == '.' && scan.IsDigit(rest[1]) {
			f, r := scan.Fraction(rest[1:])
			n, rest = n+uint64(f), r
		}
	case n < 1e14:
		n *= 1e6
	case n < 1e17:
		n *= 1e3
	}
	if len(rest) > 0 || n > 9e18 {
		return s, false
	}
	return Stamp{HasUnix: true, Unix: int64(n)}, true
}

// zoneOffset reads "-0500", "+01:00", "UTC", "UTC+2:00", "(GMT-5:00)" or "Z".
func (s *Stamp) zoneOffset(b []byte) {
	if b = bytes.Trim(b, "()"); len(b) == 0 {
		return
	}
	t := *s
	if rest, ok := t.offset(b); ok && len(rest) == 0 {
		*s = t
		return
	}
	b = scan.TrimLeft(bytes.TrimPrefix(bytes.TrimPrefix(b, []byte("UTC")), []byte("GMT")))
	if len(b) == 0 {
		s.HasZone = true
		return
	}
	hours, rest, ok := scan.Leading(b[1:])
	minutes := uint64(0)
	if len(rest) == 3 && rest[0] == ':' {
		minutes, ok = scan.Number(rest[1:])
		rest = nil
	}
	if !ok || len(rest) > 0 || hours > 18 || minutes > 59 || b[0] != '+' && b[0] != '-' {
		return
	}
	s.HasZone, s.Offset = true, int32(hours)*3600+int32(minutes)*60
	if b[0] == '-' {
		s.Offset = -s.Offset
	}
}

// zoneByEpoch finds the zone of a wall clock that the device gives along with ns since 1970 UTC of the same event:
// the two are whole quarters of an hour apart, save for the second or two between the event and its line.
func (s *Stamp) zoneByEpoch(ns int64) {
	const quarter, late = 900, 60
	if s.HasZone || s.Year == 0 || s.Month == 0 {
		return
	}
	wall := s.at(int(s.Year), time.Month(s.Month), int(s.Day), time.Time{}, nil).Unix()
	apart := wall - floorDiv(ns, int64(time.Second))
	offset := floorDiv(apart+late, quarter) * quarter
	if apart-offset > late || offset < -12*3600 || offset > 14*3600 {
		return
	}
	s.HasZone, s.Offset = true, int32(offset)
}

// floorDiv is a/b rounded down.
func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// wallStamp reads "2007-01-03 14:48:07 UTC" and the like.
func wallStamp(b []byte) (s Stamp, ok bool) {
	rest, ok := s.stampISO(b)
	if !ok {
		return Stamp{}, false
	}
	s.zoneOffset(scan.TrimLeft(rest))
	return s, true
}
