package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// mnemonic is the part of a message between % and the colon: "%SEC-6-IPACCESSLOGP:".
type mnemonic struct {
	at             int // where the % stands
	facility, name []byte
	whole          []byte // "SEC-6-IPACCESSLOGP"
	text           []byte
}

// findMnemonic looks for "%FACILITY-6-NAME" (IOS, NX-OS, EOS, ASA), "%ACL-IPV4_ACL-6-NAME" (XR) or, at the front only,
// "%NAME:" (SONiC). It is looked for in the first 256 bytes: what stands in front are clocks, numbers and names.
func findMnemonic(b []byte) (m mnemonic, ok bool) {
	head := b[:min(len(b), 256)]
	for i := bytes.IndexByte(head, '%'); i >= 0 && i+4 < len(head); {
		if i == 0 || head[i-1] == ' ' || head[i-1] == ':' {
			if m, ok = cutMnemonic(b, i); ok {
				return m, true
			}
		}
		next := bytes.IndexByte(head[i+1:], '%')
		if next < 0 {
			break
		}
		i += 1 + next
	}
	return m, false
}

// cutMnemonic reads the mnemonic whose % stands at b[at].
func cutMnemonic(b []byte, at int) (m mnemonic, ok bool) {
	if !scan.IsUpper(b[at+1]) {
		return m, false
	}
	sev, i := 0, at+1
	for ; i < len(b) && i < at+100; i++ {
		c := b[i]
		if c == '-' && i+2 < len(b) && b[i+2] == '-' && (scan.IsDigit(b[i+1]) || scan.IsUpper(b[i+1]) && sev == 0) {
			sev = i
			i += 2
			continue
		}
		if !scan.IsUpper(c) && !scan.IsDigit(c) && c != '_' && c != '-' && !scan.IsLetter(c) {
			break
		}
	}
	if i == len(b) || b[i] != ':' && b[i] != ' ' {
		return m, false
	}
	m.at, m.whole, m.text = at, b[at+1:i], b[i:]
	if sev > 0 {
		m.facility, m.name = b[at+1:sev], b[sev+3:i]
	} else if at == 0 && b[i] == ':' {
		m.name = b[at+1 : i]
	}
	if len(m.name) == 0 {
		return m, false
	}
	m.text = scan.TrimLeft(m.text)
	if len(m.text) > 0 && m.text[0] == ':' {
		m.text = scan.TrimLeft(m.text[1:])
	}
	return m, true
}

// ciscoHeader reads what a device puts between the syslog header and the mnemonic, each part optional: sequence
// numbers, its name, "RP/0/RSP0/CPU0:", the clock with its * or . mark, the zone, the process. What the line's own
// header gave stays.
func ciscoHeader(b []byte, rec *Record) {
	if rec.App != nil {
		ciscoTag(rec)
	}
	afterClock := false
	for len(b) > 0 {
		b = scan.TrimLeft(b)
		if len(b) > 0 && b[0] == ':' {
			b = b[1:] // EMBLEM: "<166>:Jul 10 15:00:00 UTC: %ASA-…"
			continue
		}
		if s, rest, ok := ciscoClock(b); ok {
			if !rec.Stamp.HasClock && !rec.Stamp.HasUptime {
				rec.Stamp = s
			}
			afterClock = b[len(b)-len(rest)-1] != ':'
			b = rest
			continue
		}
		if len(b) > 0 && b[0] == '[' {
			if rest, ok := ciscoData(b, rec); ok {
				b = rest
				continue
			}
		}
		w, rest := scan.Word(b)
		name := bytes.TrimRight(w, ":")
		switch {
		case len(name) == 0 || scan.AllDigits(name):
		case bytes.Contains(name, []byte("/CPU")): // "RP/0/RSP0/CPU0:Oct"
			if i := bytes.IndexByte(w, ':'); i >= 0 && i+1 < len(w) {
				rest = b[i+1:]
			}
		case afterClock && isZone(name):
			rec.Stamp.setZone(name)
		case name[len(name)-1] == ']' && rec.PID == nil:
			if i := bytes.IndexByte(name, '['); i > 0 {
				rec.App, rec.PID = name[:i], name[i+1:len(name)-1]
			}
		case rec.Host == nil && isHost(name):
			rec.Host = name
		}
		b, afterClock = rest, false
	}
}

// ciscoData skips the structured data that IOS writes into its header with "logging host … sequence-num-session
// session-id hostname" ([syslog@9 s_sn="51" s_id="sw1:666"]:), and takes the device's name from s_id, which ends at the
// colon of the session. Some releases leave a blank in front of the equals sign.
func ciscoData(b []byte, rec *Record) (rest []byte, ok bool) {
	end := bytes.IndexByte(b[:min(len(b), 256)], ']')
	if end < 0 || bytes.IndexByte(b[:end], '"') < 0 {
		return b, false
	}
	if id := scan.TrimLeft(scan.After(b[:end], " s_id")); len(id) > 2 && id[0] == '=' {
		name := scan.Until(bytes.Trim(id[1:], ` "`), `:"`)
		if isHost(name) {
			rec.device(name)
		}
	}
	return bytes.TrimPrefix(b[end+1:], []byte(":")), true
}

// ciscoTag takes back what is no tag: a sequence number, or the zone behind a clock.
func ciscoTag(rec *Record) {
	switch z := rec.App; {
	case scan.AllDigits(z):
		rec.App, rec.PID = nil, nil
	case rec.PID == nil && isZone(z) && rec.Stamp.HasClock:
		rec.Stamp.setZone(z)
		rec.App = nil
	}
}

// ciscoClock reads the clock at the front of b: "*Nov 21 20:28:01.123", "2018 Apr 20 13:15:07", "2018-7-23
// 01:00:34.270.1", ISO, or the uptime "00:01:13:" of a device that has no clock.
func ciscoClock(b []byte) (s Stamp, rest []byte, ok bool) {
	if len(b) > 1 && (b[0] == '*' || b[0] == '.') {
		b = b[1:]
	}
	if len(b) < 5 {
		return s, b, false
	}
	if scan.IsLetter(b[0]) {
		rest, ok = s.stamp3164(b)
		return s, rest, ok
	}
	if !scan.IsDigit(b[0]) {
		return s, b, false
	}
	if y, r, ok := year(b); ok && len(r) > 1 && r[0] == ' ' {
		if rest, ok = s.stamp3164(r[1:]); ok {
			s.Year = y
			return s, rest, true
		}
	}
	if rest, ok = s.stampISO(b); ok {
		return s, rest, true
	}
	if rest, ok = s.looseDate(b); ok {
		return s, rest, true
	}
	if len(b) > 8 && b[2] == ':' && b[8] == '.' { // a clock without its date
		if rest, ok = s.clock(b); ok && len(rest) > 0 && rest[0] == ':' {
			return s, rest[1:], true
		}
		return Stamp{}, b, false
	}
	rest, ok = s.ciscoUptime(b)
	return s, rest, ok
}

// ciscoUptime reads "00:01:13:" and, from a day on, "1d02h:", "3w4d:", "1y5w:".
func (s *Stamp) ciscoUptime(b []byte) (rest []byte, ok bool) {
	const hour, day = 3600, 24 * 3600
	var t Stamp
	if r, ok := t.clock(b); ok && len(r) > 0 && r[0] == ':' {
		s.HasUptime, s.Uptime = true, (int64(t.Hour)*hour+int64(t.Minute)*60+int64(t.Second))*1e9
		return r[1:], true
	}
	seconds, r := uint64(0), b
	for range 2 {
		n, unit, ok := scan.Leading(r)
		if !ok || n > 999 || len(unit) < 2 {
			return b, false
		}
		switch unit[0] {
		case 'y':
			n *= 365 * day
		case 'w':
			n *= 7 * day
		case 'd':
			n *= day
		case 'h':
			n *= hour
		default:
			return b, false
		}
		seconds, r = seconds+n, unit[1:]
	}
	if r[0] != ':' {
		return b, false
	}
	s.HasUptime, s.Uptime = true, int64(seconds)*1e9
	return r[1:], true
}

// looseDate reads Huawei's dates without padding, "2018-7-23 01:00:34.270.1", and those with the month's name,
// "2018-Nov-12 10:47:29.515".
func (s *Stamp) looseDate(b []byte) (rest []byte, ok bool) {
	y, r, ok := year(b)
	if !ok || len(r) < 12 || r[0] != '-' {
		return b, false
	}
	mon, r := monthNumber(r[1:])
	if mon == 0 || len(r) < 4 || r[0] != '-' {
		return b, false
	}
	day, r, ok := scan.Leading(r[1:])
	if !ok || day < 1 || day > 31 || len(r) < 9 || r[0] != ' ' {
		return b, false
	}
	t := Stamp{Year: y, Month: mon, Day: uint8(day)}
	if rest, ok = t.clock(r[1:]); !ok {
		return b, false
	}
	for len(rest) > 0 && (rest[0] == '.' || scan.IsDigit(rest[0])) {
		rest = rest[1:] // Huawei counts the messages of one millisecond
	}
	*s = t
	return rest, true
}

// monthNumber reads "7", "07" or "Nov".
func monthNumber(b []byte) (mon uint8, rest []byte) {
	if m := month(b); m != 0 {
		return m, b[3:]
	}
	n, rest, ok := scan.Leading(b)
	if !ok || n < 1 || n > 12 {
		return 0, b
	}
	return uint8(n), rest
}

// isZone reports whether w may be a zone's name behind a clock: "UTC", "METDST", "mdt", "UTC+1", "UTC+07:30".
func isZone(w []byte) bool {
	letters := 0
	for letters < len(w) && scan.IsLetter(w[letters]) {
		letters++
	}
	if letters < 3 || letters > 6 {
		return false
	}
	w = w[letters:]
	return len(w) == 0 ||
		(w[0] == '+' || w[0] == '-') && scan.IsDigit(w[len(w)-1]) && (len(w) < 4 || w[len(w)-3] == ':' && len(w) < 7)
}

// setZone sets the offset of the zones whose name means one offset only. What EST or IST is depends on the country.
func (s *Stamp) setZone(w []byte) {
	if s.HasZone || !s.HasClock {
		return
	}
	hours := 0
	switch string(w) {
	case "UTC", "GMT", "Z":
	case "CET", "MET":
		hours = 1
	case "CEST", "MEST", "EET":
		hours = 2
	case "EEST":
		hours = 3
	case "JST":
		hours = 9
	case "EDT":
		hours = -4
	case "CDT":
		hours = -5
	case "MDT":
		hours = -6
	case "PDT":
		hours = -7
	default:
		return
	}
	s.HasZone, s.Offset = true, int32(hours)*3600
}

// anyFront reads what Cisco and others put around a stamp:
//
//	94: *Mar  1 18:46:11.123: …          sequence number, clock mark
//	117: gw-03: May  9 12:49:27.098: …   origin-id
//	40: xrv RP/0/RP0/CPU0:Oct  4 22:52:47.441 : …   IOS XR
//	: 2018 Apr 20 13:15:07 …             NX-OS
//	Sat 2026-11-21 20:28:21 UTC …        journalctl short-full
//	gw port02 2018-Nov-12 10:47:29 …     host in front, only behind a priority
//
// mark says that the sender's clock is not set by NTP.
func (s *Stamp) anyFront(b []byte, hasPri bool) (rest, host []byte, mark, ok bool) {
	if len(b) > 2 && b[0] == ':' {
		b = scan.TrimLeft(b[1:])
	}
	numbered := false
	for range 2 {
		_, r, ok := scan.Leading(b)
		if !ok || len(r) < 2 || r[0] != ':' || r[1] != ' ' {
			break
		}
		b, numbered = scan.TrimLeft(r[1:]), true
	}
	if rest, mark, ok = s.marked(b); ok || !hasPri && !numbered {
		return rest, nil, mark, ok
	}
	w, r := scan.Word(b)
	host = bytes.TrimSuffix(w, []byte(":"))
	if r == nil || len(host) == 0 || !isHost(host) {
		return b, nil, false, false
	}
	r = scan.TrimLeft(r)
	if n, r2, ok := scan.Leading(r); ok && n > 0 && len(r2) > 1 && r2[0] == ':' && r2[1] == ' ' {
		r = scan.TrimLeft(r2[1:]) // "gw-03: 000456: *Mar …"
	}
	if rest, mark, ok = s.marked(r); ok {
		return rest, host, mark, true
	}
	w, r2 := scan.Word(r)
	if i := bytes.IndexByte(w, ':'); i > 0 && bytes.IndexByte(w[:i], '/') > 0 {
		if rest, mark, ok = s.marked(r[i+1:]); ok {
			return rest, host, mark, true
		}
	}
	if rest, mark, ok = s.marked(scan.TrimLeft(r2)); ok {
		return rest, host, mark, true
	}
	return b, nil, false, false
}

// marked reads a stamp of any kind behind the clock mark of Cisco: * not set by NTP, . set once and lost since.
func (s *Stamp) marked(b []byte) (rest []byte, mark, ok bool) {
	if len(b) < 12 {
		return b, false, false
	}
	if b[0] == '*' || b[0] == '.' {
		mark, b = b[0] == '*', b[1:]
	}
	if rest, ok = s.stampAny(b); ok && len(rest) > 1 && rest[0] == ' ' && rest[1] == ':' {
		rest = rest[2:] // IOS XR without a zone: "22:52:47.441 : …"
	}
	return rest, mark, ok
}

// percent reads a message whose first % stands at b[i].
func percent(b []byte, i int, rec *Record) bool {
	if i+1 < len(b) && b[i+1] == '%' {
		if !huawei(b[i:], rec) {
			return false
		}
		ciscoHeader(b[:i], rec)
		return true
	}
	if i+1 < len(b) && b[i+1] == '@' {
		return bytes.Contains(b[:min(len(b), 160)], []byte("USERLOG/")) && h3cUserLog(b, rec)
	}
	m, ok := findMnemonic(b)
	if !ok {
		return false
	}
	switch string(m.facility[:min(len(m.facility), 3)]) {
	case "ASA", "PIX", "FTD", "NGI":
		if !cisco(b[m.at+1:], rec) {
			return false
		}
		if rec.Host == nil && rec.App != nil && rec.PID == nil && m.at == 0 && !isZone(rec.App) &&
			!scan.AllDigits(rec.App) {
			rec.Host, rec.App = rec.App, nil // "dev01: %ASA-…": the device's name, not a tag
		}
	default:
		if isJunosTag(m.name) {
			return junos(b[m.at:], rec)
		}
		if !ios(m, rec) {
			return false
		}
	}
	ciscoHeader(b[:m.at], rec)
	return true
}

// withMnemonic reads a message with a mnemonic behind a %: those of Cisco, Huawei and H3C, and of whoever took over the
// form.
func withMnemonic(b []byte, rec *Record) bool {
	i := bytes.IndexByte(b[:min(len(b), 256)], '%')
	return i >= 0 && len(b) >= 8 && !isJunosFirst(b, rec) && percent(b, i, rec)
}

// hasPercent reports whether a % stands where a mnemonic may begin, behind the bytes that choose looks at.
func hasPercent(b []byte, _ *Record) bool {
	return len(b) > 48 && bytes.IndexByte(b[48:min(len(b), 256)], '%') >= 0
}
