package parse

import (
	"bytes"
	"time"

	"uncloak/parse/scan"
)

// stampAny reads the stamps that are neither of RFC 3164 nor ISO:
//
//	2018 Apr 20 13:15:07            NX-OS
//	Sat Nov 21 20:27:58 2026        ctime, with the weekday and the month in any language that we know
//	Sat 2026-11-21 20:28:21 UTC     journalctl short-full
//	Mär 05 07:08:09                 journalctl short in German
//	mar/05/2024 07:08:09            RouterOS 6
//	2018-7-23 01:00:34.270.1        Huawei
//	2018-Nov-12 10:47:29.515        Opengear
//	1795292901.195360               journalctl short-unix, Meraki
func (s *Stamp) stampAny(b []byte) (rest []byte, ok bool) {
	if len(b) < 12 {
		return b, false
	}
	if rest, ok = s.stamp3164(b); ok {
		return rest, true
	}
	if scan.IsDigit(b[0]) {
		if rest, ok = s.stampISO(b); ok {
			return rest, true
		}
		if rest, ok = s.yearFirst(b); ok {
			return rest, true
		}
		if b[1] >= 0x80 || b[2] >= 0x80 {
			return s.stampForeign(b) // "3月 05 07:08:09"
		}
		return s.unixSeconds(b)
	}
	if !clockAhead(b) {
		return b, false
	}
	if b[3] == '/' {
		return s.stampRouterOS(b)
	}
	if rest, ok = s.stampCtime(b); ok {
		return rest, true
	}
	if i := bytes.IndexByte(b[:min(len(b), 14)], ' '); i > 1 && i+1 < len(b) && scan.IsDigit(b[i+1]) &&
		isWeekday(b[:i]) {
		if rest, ok = s.stampISO(b[i+1:]); ok {
			return s.anyZone(rest), true
		}
	}
	return s.stampForeign(b)
}

// clockAhead looks for "00:00:" where a stamp's clock can be: behind a weekday, a month and a day. Most lines without a
// stamp have none, and need not be looked at in every language.
func clockAhead(b []byte) bool {
	b = b[:min(len(b), 96)]
	for from := 2; from < len(b); from++ {
		i := bytes.IndexByte(b[from:], ':')
		if i < 0 {
			return false
		}
		if from += i; from+3 < len(b) && b[from+3] == ':' && scan.IsDigit(b[from-1]) && scan.IsDigit(b[from+1]) {
			return true
		}
	}
	return false
}

// yearFirst reads a date with the year in front and a month of one digit, two digits or three letters.
func (s *Stamp) yearFirst(b []byte) (rest []byte, ok bool) {
	y, r, ok := year(b)
	if !ok || len(r) < 12 {
		return b, false
	}
	if r[0] == ' ' {
		if rest, ok = s.stamp3164(scan.TrimLeft(r)); ok {
			s.Year = y
		}
		return rest, ok
	}
	sep := r[0]
	if sep != '-' && sep != '/' && sep != '.' {
		return b, false
	}
	t := Stamp{Year: y}
	if t.Month = month(r[1:]); t.Month != 0 {
		r = r[4:]
	} else if t.Month, r, ok = oneOrTwo(r[1:]); !ok || t.Month > 12 {
		return b, false
	}
	if len(r) == 0 || r[0] != sep {
		return b, false
	}
	t.Day, r, ok = oneOrTwo(r[1:])
	if !ok || len(r) < 9 || r[0] != ' ' && r[0] != 'T' || !dateExists(int(y), time.Month(t.Month), int(t.Day)) {
		return b, false
	}
	if r, ok = t.clock(r[1:]); !ok {
		return b, false
	}
	// Huawei counts the lines of a millisecond behind a second point
	if len(r) > 1 && r[0] == '.' && scan.IsDigit(r[1]) {
		_, r, _ = scan.Leading(r[1:])
	}
	if r, ok = t.offset(t.zoneName(r)); !ok {
		return b, false
	}
	*s = t
	return r, true
}

// oneOrTwo reads a number of one or two digits that is not zero.
func oneOrTwo(b []byte) (n uint8, rest []byte, ok bool) {
	i := 0
	for i < len(b) && i < 2 && scan.IsDigit(b[i]) {
		n = n*10 + b[i] - '0'
		i++
	}
	return n, b[i:], n > 0
}

// unixSeconds reads seconds since 1970 with a fraction in front of a blank.
func (s *Stamp) unixSeconds(b []byte) (rest []byte, ok bool) {
	sec, r, ok := scan.Leading(b)
	if !ok || sec < unixFrom || sec > 9_000_000_000 || len(r) < 3 || r[0] != '.' || !scan.IsDigit(r[1]) {
		return b, false
	}
	nanos, r := scan.Fraction(r[1:])
	if len(r) == 0 || r[0] != ' ' {
		return b, false
	}
	*s = Stamp{HasUnix: true, Unix: int64(sec)*int64(time.Second) + int64(nanos)}
	return r, true
}

// stampRouterOS reads "mar/05/2024 07:08:09" and "mar/05 07:08:09".
func (s *Stamp) stampRouterOS(b []byte) (rest []byte, ok bool) {
	var name [3]byte
	copy(name[:], b)
	name[0] &^= 0x20
	t := Stamp{Month: month(name[:])}
	d, ok := two(b[4:])
	if !ok || t.Month == 0 || d == 0 || d > 31 || b[4] == ' ' {
		return b, false
	}
	t.Day, rest = d, b[6:]
	if rest[0] == '/' {
		if t.Year, rest, ok = year(rest[1:]); !ok {
			return b, false
		}
	}
	if len(rest) == 0 || rest[0] != ' ' {
		return b, false
	}
	if rest, ok = t.clock(rest[1:]); !ok {
		return b, false
	}
	*s = t
	return rest, true
}

// stampForeign reads "Mär 05 07:08:09", "[weekday] Mär  5 07:08:09 2024" and "土 11月 21 20:27:58 2026".
func (s *Stamp) stampForeign(b []byte) (rest []byte, ok bool) {
	w, r := scan.Word(b)
	if len(w) > 24 || len(r) < 10 || len(w) > 8 && w[0] < 0x80 { // no month and no weekday in our alphabet is as long
		return b, false
	}
	if rest, ok = s.foreignDate(w, r); ok {
		return rest, true
	}
	if !isWeekday(w) {
		return b, false
	}
	w, r = scan.Word(r)
	return s.foreignDate(w, r)
}

// foreignDate reads the day and the clock behind the name of a month.
func (s *Stamp) foreignDate(name, b []byte) (rest []byte, ok bool) {
	t := Stamp{Month: foreignMonth(name)}
	if t.Month == 0 {
		return b, false
	}
	if t.Day, b, ok = dayOfMonth(b); !ok || t.Day > 28 && !t.dateMayBe() {
		return b, false
	}
	if b, ok = t.clock(b); !ok {
		return b, false
	}
	*s = t
	return s.trailer(b), true
}

// isWeekday reports whether w may be a weekday's short name in some language: a few letters, perhaps with a point.
func isWeekday(w []byte) bool {
	if len(w) < 2 || len(w) > 12 || w[0] < 0x80 && len(w) > 5 {
		return false
	}
	for i, c := range w {
		if !scan.IsLetter(c) && c < 0x80 && (c != '.' || i < len(w)-1) {
			return false
		}
	}
	return true
}

// trailer reads what may follow the clock of RFC 3164: a zone, a year, a colon.
func (s *Stamp) trailer(rest []byte) []byte {
	if len(rest) > 2 && rest[0] == ' ' && !scan.IsLower(rest[1]) && !scan.IsLower(rest[2]) {
		rest = s.zoneName(rest)
		if len(rest) > 4 && rest[0] == ' ' && s.Year == 0 {
			if y, r, ok := year(rest[1:]); ok && (len(r) == 0 || r[0] == ' ' || r[0] == ']' || r[0] == ':') {
				s.Year, rest = y, r
			}
		}
	}
	if len(rest) > 0 && rest[0] == ':' {
		rest = rest[1:]
	}
	return rest
}

// zoneName reads the name of a zone behind a blank, where its offset is beyond doubt, or "+0900". A name with several
// meanings (CST, IST, BST) is kept for Resolve, which knows the sender's zone.
func (s *Stamp) zoneName(b []byte) []byte {
	if len(b) < 4 || b[0] != ' ' {
		return b
	}
	if b[1] == '+' || b[1] == '-' && scan.IsDigit(b[2]) {
		t := *s
		if rest, ok := t.offset(b[1:]); ok && t.HasZone && (len(rest) == 0 || rest[0] == ' ' || rest[0] == ':') {
			*s = t
			return rest
		}
		return b
	}
	if !scan.IsUpper(b[1]) || !scan.IsUpper(b[2]) {
		return b
	}
	n := 1
	for n < len(b) && n < 6 && scan.IsUpper(b[n]) {
		n++
	}
	if n < len(b) && b[n] != ' ' && b[n] != ':' && b[n] != ']' {
		return b
	}
	quarters, ok := zoneQuarters(b[1:n])
	switch {
	case ok:
		s.HasZone, s.Offset = true, int32(quarters)*900
	case isAmbiguous(b[1:n]) && n < len(b):
	default:
		return b
	}
	s.zoneWord = [5]byte{}
	copy(s.zoneWord[:], b[1:n])
	return b[n:]
}

// anyZone reads the zone behind a stamp that always has one, as journalctl -o short-full writes it: a word that is no
// known zone is one where the host follows, and not the colon of a tag.
func (s *Stamp) anyZone(b []byte) []byte {
	w, rest := scan.Word(b)
	if s.HasZone || len(w) < 2 || len(w) > 5 || len(rest) < 2 {
		return b
	}
	for _, c := range w {
		if !scan.IsUpper(c) {
			return b
		}
	}
	if next, _ := scan.Word(rest); next[len(next)-1] == ':' {
		return b
	}
	copy(s.zoneWord[:], w)
	return rest
}

// isAmbiguous reports whether a zone's name means times hours apart in different parts of the world.
func isAmbiguous(name []byte) bool {
	switch string(name) {
	case "CST", "IST", "BST", "AST", "ADT", "SST", "GST", "WST", "AMT", "ECT":
		return true
	}
	return false
}

// zoneQuarters is the offset of a zone in quarters of an hour.
func zoneQuarters(name []byte) (q int8, ok bool) {
	switch string(name) {
	case "UTC", "GMT", "WET":
		return 0, true
	case "CET", "MET", "WAT", "WEST":
		return 4, true
	case "CAT", "CEST", "MEST", "EET", "SAST":
		return 8, true
	case "EEST", "MSK", "TRT", "EAT":
		return 12, true
	case "PKT":
		return 20, true
	case "WIB", "ICT":
		return 28, true
	case "WITA", "HKT", "SGT", "AWST", "PHT", "MYT":
		return 32, true
	case "WIT", "JST", "KST":
		return 36, true
	case "ACST":
		return 38, true
	case "AEST":
		return 40, true
	case "ACDT":
		return 42, true
	case "AEDT":
		return 44, true
	case "NZST":
		return 48, true
	case "NZDT":
		return 52, true
	case "BRT", "ART":
		return -12, true
	case "NST":
		return -14, true
	case "NDT":
		return -10, true
	case "EDT":
		return -16, true
	case "EST", "CDT":
		return -20, true
	case "MDT":
		return -24, true
	case "MST", "PDT":
		return -28, true
	case "PST", "AKDT":
		return -32, true
	case "AKST":
		return -36, true
	case "HST":
		return -40, true
	}
	return 0, false
}

// foreignMonth is 1..12 for the short month names of the C library's locales (%b), 0 otherwise. A point behind the
// name and capitals do not matter.
func foreignMonth(w []byte) uint8 {
	if n, r, ok := scan.Leading(w); ok && n >= 1 && n <= 12 && (string(r) == "月" || string(r) == "월") {
		return uint8(n)
	}
	var buf [24]byte
	n := copy(buf[:], w)
	name := bytes.TrimRight(buf[:n], ".")
	for i, c := range name {
		if scan.IsUpper(c) {
			name[i] = c | 0x20
		}
	}
	switch string(name) {
	case "jan", "janv", "jän", "ene", "gen", "sty", "led", "tammi", "янв", "oca", "ian", "sij", "ιαν", "jaan":
		return 1
	case "feb", "févr", "fév", "fev", "febr", "lut", "úno", "helmi", "фев", "şub", "Şub", "velj", "φεβ", "veebr":
		return 2
	case "mar", "mär", "märz", "mars", "mrt", "maa", "bře", "maalis", "мар", "márc", "mart", "μαρ":
		return 3
	case "apr", "avril", "avr", "abr", "kwi", "dub", "huhti", "апр", "ápr", "nis", "april", "απρ":
		return 4
	case "may", "mai", "maj", "mei", "mag", "kvě", "touko", "мая", "май", "máj", "maí", "μαΐ":
		return 5
	case "jun", "juni", "juin", "giu", "cze", "čen", "čer", "kesä", "июн", "jún", "haz", "iun", "ιουν", "juuni":
		return 6
	case "jul", "juli", "juil", "lug", "lip", "čec", "heinä", "июл", "júl", "tem", "iul", "ιουλ", "juuli":
		return 7
	case "aug", "août", "aou", "ago", "sie", "srp", "elo", "авг", "ağu", "αυγ":
		return 8
	case "sep", "sept", "set", "wrz", "zář", "syys", "сен", "szept", "eyl", "σεπ":
		return 9
	case "oct", "okt", "ott", "out", "paź", "říj", "loka", "окт", "eki", "οκτ":
		return 10
	case "nov", "lis", "marras", "ноя", "kas", "noi", "νοε":
		return 11
	case "dec", "dez", "déc", "dic", "gru", "pro", "joulu", "дек", "ara", "des", "δεκ", "dets":
		return 12
	}
	return 0
}

// relative reads the brackets of `dmesg --reltime` and `--show-delta`: [Nov21 20:28], [  +0.000012], [<    0.000012>].
// The first says when, to the minute; the others, how long after the line before.
func (s *Stamp) relative(b []byte) (rest []byte, ok bool) {
	end := bytes.IndexByte(b[:min(len(b), 24)], ']')
	if end < 3 {
		return b, false
	}
	in, rest := scan.TrimLeft(b[1:end]), scan.TrimLeft(b[end+1:])
	if len(in) < 3 {
		return b, false
	}
	if mon := month(in); mon != 0 && len(in) == 11 && in[5] == ' ' && in[8] == ':' {
		d, ok1 := two(in[3:])
		h, ok2 := two(in[6:])
		m, ok3 := two(in[9:])
		if !ok1 || !ok2 || !ok3 || d < 1 || d > 31 || h > 23 || m > 59 {
			return b, false
		}
		*s = Stamp{Month: mon, Day: d, Hour: h, Minute: m, HasClock: true, Coarse: true}
		return rest, true
	}
	if in[0] == '<' && in[len(in)-1] == '>' {
		in = scan.TrimLeft(in[1 : len(in)-1])
	} else if in[0] == '+' {
		in = in[1:]
	} else {
		return b, false
	}
	sec, r, ok := scan.Leading(in)
	if !ok || len(r) < 2 || r[0] != '.' || sec >= unixFrom {
		return b, false
	}
	nanos, r := scan.Fraction(r[1:])
	if len(r) > 0 {
		return b, false
	}
	*s = Stamp{HasDelta: true, Uptime: int64(sec)*1e9 + int64(nanos)}
	return rest, true
}

// dateAhead takes b, which begins with the word w, for a message with a date of its own in front: 21-Nov-2026 (BIND),
// 11/21/2026 (Windows), and 2026-11-21 or 21.11.26 where rsyslog has taken the hour for a tag and put a blank behind
// its colon ("2026-11-21 20: 28:04.000").
func dateAhead(b, w []byte, rec *Record) bool {
	if len(w) == 10 && w[2] == '/' && w[5] == '/' {
		rec.Body = b
		return true
	}
	german := w[2] == '.' && w[5] == '.' && len(w) <= 10 && scan.AllDigits(w[6:])
	if len(w) > 11 || w[4] != '-' && w[2] != '-' && !german || len(b) < len(w)+12 {
		return false
	}
	rest := b[len(w):]
	if rest[0] != ' ' || !scan.IsDigit(rest[1]) || rest[3] != ':' || !scan.IsDigit(rest[5]) {
		return false
	}
	if rest[4] == ' ' && rest[7] == ':' {
		b = rec.glued(b[:len(w)+4], rest[5:])
	}
	rec.Body = b
	return true
}
