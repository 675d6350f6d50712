package parse

import "uncloak/parse/scan"

// ownStamp sets the time that the device itself gives in its message. It is nearer to the event than the header's,
// which a relay may have written; only a header with year and zone is kept where the message has no zone.
func ownStamp(rec *Record, s *Stamp) {
	if s.HasClock && s.Month != 0 && (s.HasZone || !rec.Stamp.HasZone || rec.Stamp.Year == 0) {
		*s, rec.Stamp = rec.Stamp, *s
	}
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

// zoneOffset reads "-0500", "+01:00", "UTC" or "Z".
func (s *Stamp) zoneOffset(b []byte) {
	if string(b) == "UTC" || string(b) == "GMT" {
		s.HasZone = true
		return
	}
	t := *s
	if rest, ok := t.offset(b); ok && len(rest) == 0 {
		*s = t
	}
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
