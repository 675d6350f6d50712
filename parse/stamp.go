package parse

import (
	"bytes"
	"time"

	"uncloak/parse/scan"
)

// Resolve turns the stamp into a point in time. ref is when the line was received (or, for a file, when it was
// written), loc the sender's zone, used where the stamp gives none.
//
// A missing year is chosen so that the result is as late as possible but no more than a day after ref: logs speak of
// the past, and a clock may be a little fast. That holds across New Year both ways. A missing date is ref's date in
// loc.
//
// Where a clock is set back, a wall clock reading exists twice: the reading that is nearer to ref is taken. Where it is
// set forward, the reading does not exist: it is taken as that of a clock not yet set.
//
// ok is false for an empty stamp, for a date that does not exist (31 September), for a date without a clock, and for
// an uptime alone, which needs the time of the boot.
func (s Stamp) Resolve(ref time.Time, loc *time.Location) (t time.Time, ok bool) {
	if s.HasUnix {
		return time.Unix(0, s.Unix).UTC(), true
	}
	if !s.HasClock || s.Month > 12 || s.Hour > 23 || s.Minute > 59 || s.Second > 60 {
		return time.Time{}, false
	}
	year, month, day := int(s.Year), time.Month(s.Month), int(s.Day)
	if month == 0 {
		var d int
		year, month, d = ref.In(s.zone(loc)).Date()
		return s.at(year, month, d, ref, loc), true
	}
	if year != 0 {
		if !dateExists(year, month, day) {
			return time.Time{}, false
		}
		return s.at(year, month, day, ref, loc), true
	}
	limit := ref.Add(24 * time.Hour)
	last := limit.Year()
	if month == time.January {
		last++ // it may be the next year already where the sender is
	}
	// Nine years back, because 29 February may be eight years away (1896 to 1904).
	for y := last; y >= last-9; y-- {
		if !dateExists(y, month, day) {
			continue
		}
		if t = s.at(y, month, day, ref, loc); !t.After(limit) {
			return t, true
		}
	}
	return time.Time{}, false
}

// zone is the zone that the stamp's clock shows.
func (s Stamp) zone(loc *time.Location) *time.Location {
	if s.HasZone {
		return time.FixedZone("", int(s.Offset))
	}
	if loc == nil {
		return time.UTC
	}
	return loc
}

// at is the stamp's clock on a given day.
func (s Stamp) at(year int, month time.Month, day int, ref time.Time, loc *time.Location) time.Time {
	wall := time.Date(year, month, day, int(s.Hour), int(s.Minute), int(s.Second), int(s.Nanos), time.UTC)
	if s.HasZone {
		if t, ok := s.spoken(wall, loc); ok {
			return t
		}
		return wall.Add(-time.Duration(s.Offset) * time.Second)
	}
	if loc == nil || loc == time.UTC {
		return wall
	}
	if t, ok := s.spoken(wall, loc); ok {
		return t
	}
	return nearest(wall, ref, loc)
}

// spoken is the point in time at which clocks in loc show wall under the name that the stamp gives its zone. Many names
// mean hours apart in different parts of the world (CST, IST, PST); where the sender's zone goes by the name, its
// meaning is the right one.
func (s Stamp) spoken(wall time.Time, loc *time.Location) (t time.Time, ok bool) {
	if s.zoneWord == ([5]byte{}) || loc == nil {
		return t, false
	}
	word := string(bytes.TrimRight(s.zoneWord[:], "\x00"))
	guess := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(),
		wall.Nanosecond(),
		loc)
	for _, near := range [...]time.Duration{0, -3 * time.Hour, 3 * time.Hour} {
		if name, offset := guess.Add(near).Zone(); name == word {
			t = wall.Add(-time.Duration(offset) * time.Second)
			if name, _ = t.In(loc).Zone(); name == word {
				return t, true
			}
		}
	}
	return t, false
}

// nearest is the point in time at which clocks in loc show wall. No zone changes twice within six hours, so the offsets
// three hours either side are the only candidates.
func nearest(wall, ref time.Time, loc *time.Location) time.Time {
	guess := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(),
		wall.Nanosecond(),
		loc)
	_, before := guess.Add(-3 * time.Hour).Zone()
	_, after := guess.Add(3 * time.Hour).Zone()
	early := wall.Add(-time.Duration(before) * time.Second)
	if before == after {
		return early
	}
	late := wall.Add(-time.Duration(after) * time.Second)
	isEarly, isLate := shows(early, before, loc), shows(late, after, loc)
	switch {
	case isEarly && isLate && ref.Sub(late).Abs() < ref.Sub(early).Abs():
		return late
	case isLate && !isEarly:
		return late
	}
	return early
}

// shows reports whether loc has that offset at t.
func shows(t time.Time, offset int, loc *time.Location) bool {
	_, o := t.In(loc).Zone()
	return o == offset
}

func dateExists(year int, month time.Month, day int) bool {
	if day <= 30 && month != time.February {
		return day >= 1
	}
	return day >= 1 && day <= 28 || day >= 1 && time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Day() == day
}

// dateMayBe reports whether the calendar has the date, in some year where the stamp has none.
func (s *Stamp) dateMayBe() bool {
	year := int(s.Year)
	if year == 0 {
		year = 2000 // it has a 29 February
	}
	return dateExists(year, time.Month(s.Month), int(s.Day))
}

// month is 1..12 for the English three-letter names, 0 otherwise.
func month(b []byte) uint8 {
	if len(b) < 3 {
		return 0
	}
	switch uint32(b[0])<<16 | uint32(b[1]|0x20)<<8 | uint32(b[2]|0x20) {
	case 'J'<<16 | 'a'<<8 | 'n':
		return 1
	case 'F'<<16 | 'e'<<8 | 'b':
		return 2
	case 'M'<<16 | 'a'<<8 | 'r':
		return 3
	case 'A'<<16 | 'p'<<8 | 'r':
		return 4
	case 'M'<<16 | 'a'<<8 | 'y':
		return 5
	case 'J'<<16 | 'u'<<8 | 'n':
		return 6
	case 'J'<<16 | 'u'<<8 | 'l':
		return 7
	case 'A'<<16 | 'u'<<8 | 'g':
		return 8
	case 'S'<<16 | 'e'<<8 | 'p':
		return 9
	case 'O'<<16 | 'c'<<8 | 't':
		return 10
	case 'N'<<16 | 'o'<<8 | 'v':
		return 11
	case 'D'<<16 | 'e'<<8 | 'c':
		return 12
	}
	return 0
}

// two reads exactly two digits; the first may be a blank where the number is padded with one.
func two(b []byte) (n uint8, ok bool) {
	if !scan.IsDigit(b[1]) || !scan.IsDigit(b[0]) && b[0] != ' ' {
		return 0, false
	}
	if b[0] != ' ' {
		n = (b[0] - '0') * 10
	}
	return n + b[1] - '0', true
}

// clock reads hh:mm:ss with an optional fraction and returns what follows.
func (s *Stamp) clock(b []byte) (rest []byte, ok bool) {
	if len(b) < 8 || b[2] != ':' || b[5] != ':' || b[3] == ' ' || b[6] == ' ' {
		return b, false
	}
	h, ok1 := two(b)
	m, ok2 := two(b[3:])
	sec, ok3 := two(b[6:])
	if !ok1 || !ok2 || !ok3 || h > 23 || m > 59 || sec > 60 {
		return b, false
	}
	s.Hour, s.Minute, s.Second, s.HasClock = h, m, sec, true
	b = b[8:]
	if len(b) > 1 && (b[0] == '.' || b[0] == ',') && scan.IsDigit(b[1]) {
		s.Nanos, b = scan.Fraction(b[1:])
	}
	return b, true
}

// stamp3164 reads "Nov 21 20:28:01", also with a fraction, with the year behind the date ("Nov 02 2025 00:00:00") or
// behind the clock ("Mar  5 07:08:09 2024"), and with the colon that Cisco puts behind it.
func (s *Stamp) stamp3164(b []byte) (rest []byte, ok bool) {
	mon := month(b)
	if mon == 0 || len(b) < 14 || b[3] != ' ' {
		return b, false
	}
	day, rest, ok := dayOfMonth(b[4:])
	if !ok {
		return b, false
	}
	t := Stamp{Month: mon, Day: day}
	if y, r, ok := year(rest); ok && len(r) > 0 && r[0] == ' ' {
		t.Year, rest = y, r[1:]
	}
	if day > 28 && !t.dateMayBe() {
		return b, false
	}
	if rest, ok = t.clock(rest); !ok {
		return b, false
	}
	rest = t.trailer(rest)
	*s = t
	return rest, true
}

// dayOfMonth reads " 5 ", "5 " or "05 ".
func dayOfMonth(b []byte) (day uint8, rest []byte, ok bool) {
	if len(b) > 2 && scan.IsDigit(b[0]) && b[1] == ' ' {
		return b[0] - '0', b[2:], b[0] != '0'
	}
	if len(b) < 3 || b[2] != ' ' {
		return 0, b, false
	}
	day, ok = two(b)
	return day, b[3:], ok && day >= 1 && day <= 31
}

// year reads four digits of 1970..2199.
func year(b []byte) (y int16, rest []byte, ok bool) {
	if len(b) < 4 || !scan.IsDigit(b[0]) || !scan.IsDigit(b[1]) || !scan.IsDigit(b[2]) || !scan.IsDigit(b[3]) {
		return 0, b, false
	}
	y = int16(b[0]-'0')*1000 + int16(b[1]-'0')*100 + int16(b[2]-'0')*10 + int16(b[3]-'0')
	return y, b[4:], y >= 1970 && y < 2200
}

// stampCtime reads "Sat Nov 21 20:27:58 2026". The weekday says nothing and may be in any language.
func (s *Stamp) stampCtime(b []byte) (rest []byte, ok bool) {
	i := bytes.IndexByte(b, ' ')
	if i < 2 || i > 12 || scan.IsDigit(b[0]) || month(b[i+1:]) == 0 || !isWeekday(b[:i]) {
		return b, false
	}
	return s.stamp3164(b[i+1:])
}

// stampISO reads 2026-11-21T20:28:20.123456+00:00 and its kin: blank instead of T, slashes instead of dashes, comma
// instead of the point, zone as Z, +00:00, +0000, +00, a name behind a blank, or missing.
func (s *Stamp) stampISO(b []byte) (rest []byte, ok bool) {
	y, r, ok := year(b)
	if !ok || len(r) < 15 || r[0] != '-' && r[0] != '/' || r[3] != r[0] || r[6] != 'T' && r[6] != ' ' || r[1] == ' ' ||
		r[4] == ' ' {
		return b, false
	}
	mon, ok1 := two(r[1:])
	day, ok2 := two(r[4:])
	if !ok1 || !ok2 || mon < 1 || mon > 12 || !dateExists(int(y), time.Month(mon), int(day)) {
		return b, false
	}
	t := Stamp{Year: y, Month: mon, Day: day}
	if rest, ok = t.clock(r[7:]); !ok {
		return b, false
	}
	if len(rest) > 0 && rest[0] == ' ' {
		rest = t.zoneName(rest)
	} else if rest, ok = t.offset(rest); !ok {
		return b, false
	}
	*s = t
	return rest, true
}

// offset reads the zone, if one follows; ok is false where one begins and is none.
func (s *Stamp) offset(b []byte) (rest []byte, ok bool) {
	if len(b) == 0 || b[0] == ' ' || b[0] == ':' || b[0] == ']' {
		return b, true
	}
	if b[0] == 'Z' {
		s.HasZone = true
		return b[1:], true
	}
	if b[0] != '+' && b[0] != '-' || len(b) < 3 {
		return b, false
	}
	if len(b) == 3 || b[3] == ' ' { // "+09"
		h, ok := two(b[1:])
		if !ok || h > 18 || b[1] == ' ' {
			return b, false
		}
		if s.HasZone, s.Offset = true, int32(h)*3600; b[0] == '-' {
			s.Offset = -s.Offset
		}
		return b[3:], true
	}
	minutes := b[3:]
	if minutes[0] == ':' {
		minutes = minutes[1:]
	}
	if len(minutes) < 2 || b[1] == ' ' || minutes[0] == ' ' {
		return b, false
	}
	h, ok1 := two(b[1:])
	m, ok2 := two(minutes)
	if !ok1 || !ok2 || h > 18 || m > 59 {
		return b, false
	}
	s.HasZone, s.Offset = true, int32(h)*3600+int32(m)*60
	if b[0] == '-' {
		s.Offset = -s.Offset
	}
	return minutes[2:], true
}

// bracketed reads what stands in brackets at the front of a line: [uptime], [unix stamp], [Sat Nov 21 20:27:58 2026],
// [2017/02/21 09:08:42]. ok is false where the brackets hold anything else, a rule's name for instance.
func (s *Stamp) bracketed(b []byte) (rest []byte, ok bool) {
	if len(b) < 3 || b[0] != '[' {
		return b, false
	}
	in := b[1:]
	if scan.IsDigit(in[0]) || in[0] == ' ' {
		if rest, ok = s.seconds(in); ok {
			return scan.TrimLeft(rest), true
		}
	}
	var t Stamp
	if rest, ok = t.stampISO(in); !ok {
		rest, ok = t.stampCtime(in)
	} else if i := len(in) - len(rest); scan.IsLetter(in[i-1]) && in[i-1] != 'Z' {
		return b, false // "[2025-07-28 05:34:01 UTC] [192.0.2.1:50051]": no kernel's, but a DNS server's own
	}
	if !ok {
		if rest, ok = s.relative(b); ok {
			return rest, true
		}
		rest, ok = t.stampForeign(in)
	}
	if !ok || len(rest) == 0 || rest[0] != ']' {
		return b, false
	}
	*s = t
	return scan.TrimLeft(rest[1:]), true
}

// unixFrom parts uptimes from Unix times: no machine runs for 31 years, and no log is older than September 2001.
const unixFrom = 1_000_000_000

// seconds reads "  5632.359712]" and sets Unix or Uptime.
func (s *Stamp) seconds(b []byte) (rest []byte, ok bool) {
	sec, r, ok := scan.Leading(scan.TrimLeft(b))
	if !ok || sec > 9_000_000_000 || len(r) < 3 || r[0] != '.' || !scan.IsDigit(r[1]) {
		return b, false
	}
	nanos, r := scan.Fraction(r[1:])
	if r = afterSeconds(r); len(r) == 0 || r[0] != ']' {
		return b, false
	}
	ns := int64(sec)*int64(time.Second) + int64(nanos)
	if sec >= unixFrom {
		s.HasUnix, s.Unix = true, ns
	} else {
		s.HasUptime, s.Uptime = true, ns
	}
	return r[1:], true
}

// afterSeconds skips what `dmesg --show-delta` ("[ 5632.359712 <    0.000001>]"), journalctl -o short-delta and kernels
// of Amlogic ("[    0.5@0]") put between the uptime and its bracket; journalctl -o short-delta writes blanks in the
// first line.
func afterSeconds(b []byte) []byte {
	if len(b) > 0 && b[0] == ']' || len(b) < 3 || b[0] != '@' && string(b[:2]) != " <" && string(b[:2]) != "  " {
		return b
	}
	if i := bytes.IndexByte(b[:min(len(b), 32)], ']'); i > 0 &&
		(b[0] == '@' || b[i-1] == '>' || len(scan.TrimLeft(b[:i])) == 0) {
		return b[i:]
	}
	return b
}
