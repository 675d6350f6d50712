package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// isVersion reports whether b begins with a number and a blank, as an RFC 5424 header does behind its priority.
func isVersion(b []byte) bool {
	i := 0
	for i < len(b) && i < 4 && scan.IsDigit(b[i]) {
		i++
	}
	return i > 0 && i < 4 && (i == len(b) || b[i] == ' ')
}

// rfc5424Like reports whether b begins like an RFC 5424 header whose priority was cut off.
func rfc5424Like(b []byte) bool {
	var s Stamp
	if i := bytes.IndexByte(b, ' '); i > 0 && bytes.HasPrefix(b[i:], []byte(" - - - ")) {
		return true // all nil
	}
	if len(b) < 3 || b[0] != '1' || b[1] != ' ' {
		return false
	}
	_, ok := s.stampISO(b[2:])
	return ok && b[2+10] == 'T' // a packet list of tshark has a blank there
}

// header5424 reads "1 TIMESTAMP HOST APP PROCID MSGID SD MSG" (RFC 5424, 6). A header that breaks the grammar is
// malformed: Word says so, and the text behind the priority is the body, from which a dialect may still be read.
func header5424(b []byte, rec *Record) {
	rec.Word, rec.Body = "syslog", b[len(b):]
	version, rest := scan.Word(b)
	ok := string(version) == "1"
	var f [5][]byte // stamp, host, app, procid, msgid
	limits := [5]int{40, 255, 48, 128, 32}
	for i := range f {
		if len(rest) == 0 {
			break // cut short: what is there counts
		}
		f[i], rest = cutField(rest)
		// rsyslog writes an empty APP-NAME for a message that begins with a digit.
		ok = ok && (len(f[i]) > 0 || i == 2) && len(f[i]) <= limits[i]
	}
	msg, sdOK := skipData(rest, f[4])
	if !ok || !sdOK || !rec.Stamp.stamp5424(f[0]) {
		rec.Stamp, rec.Word, rec.Body = Stamp{}, "malformed", b
		return
	}
	rec.Host, rec.App, rec.PID = value(f[1]), value(f[2]), value(f[3])
	rec.msgID = value(f[4])
	switch {
	case isYear(rec.Host):
		rec.Host, rec.App = rec.App, nil // of "May 22 17:24:09 2026 gw …", the year has become the host
	case rec.App == nil && rec.PID != nil, bytes.Count(rec.App, []byte(`"`)) == 1, isTransport(rec.App),
		isTransport(rec.Host),
		len(rec.App) > 0 && scan.IsDigit(rec.App[0]) && isNumbers(rec.App):
		rec.cutUp = true
	}
	if len(rest) > 0 && rest[0] == '[' {
		rec.data = rest[:len(rest)-len(msg)]
	}
	msg = bytes.TrimPrefix(scan.TrimLeft(msg), scan.BOM)
	rec.Body = scan.TrimLeft(msg)
	if rec.App == nil && rec.PID == nil && len(rec.Body) > 8 && scan.IsDigit(rec.Body[0]) {
		rec.opened()
	} else if rec.App != nil && rec.PID == nil && scan.Has(rec.data, "[meta sequenceId=") {
		rec.numbered()
	}
	if len(rec.Body) == 0 && rec.data != nil {
		rec.Body = rec.data // what the line says stands in its structured data alone
	}
}

// cutField cuts one field off: fields are parted by one blank, so two blanks leave an empty one.
func cutField(b []byte) (f, rest []byte) {
	if i := bytes.IndexByte(b, ' '); i >= 0 {
		return b[:i], b[i+1:]
	}
	return b, nil
}

// value is nil for "-" and for an empty field.
func value(f []byte) []byte {
	if len(f) == 0 || isNil(f) {
		return nil
	}
	return f
}

// stamp5424 reads the stamp of the header: ISO with a T, at most six digits of fraction (nine are common and taken),
// and a zone; or "-".
func (s *Stamp) stamp5424(b []byte) bool {
	if len(b) == 0 || isNil(b) {
		return true
	}
	rest, ok := s.stampISO(b)
	return ok && len(rest) == 0 && s.HasZone && len(b) <= 35 && b[4] == '-' && b[10] == 'T'
}

// skipData skips the structured data and returns the message. SRX sends nothing but data, 800 bytes of it, and not
// always within the grammar (curly quotes): it is read once, by its own dialect.
func skipData(b, msgID []byte) (msg []byte, ok bool) {
	if n := len(b); n > 1 && b[0] == '[' && b[n-1] == ']' && isJunosTag(msgID) {
		return b[n:], true
	}
	if len(b) == 0 {
		return b, true
	}
	if b[0] == '-' && (len(b) == 1 || b[1] == ' ') {
		return b[1:], true
	}
	if b[0] != '[' {
		return b, false
	}
	for len(b) > 0 && b[0] == '[' {
		if b, ok = skipElement(b[1:]); !ok {
			return b, false
		}
	}
	return b, len(b) == 0 || b[0] == ' '
}

// skipElement skips `id name="value" …]`; inside a value a backslash protects the next byte.
func skipElement(b []byte) (rest []byte, ok bool) {
	n := dataName(b)
	if n == 0 {
		return b, false
	}
	b = b[n:]
	for len(b) > 0 && b[0] == ' ' {
		n = dataName(b[1:])
		b = b[1+n:]
		if n == 0 || len(b) < 2 || b[0] != '=' || b[1] != '"' {
			return b, false
		}
		if b, ok = scan.SkipValue(b[2:]); !ok {
			return b, false
		}
	}
	if len(b) == 0 || b[0] != ']' {
		return b, false
	}
	return b[1:], true
}

// dataName is the length of a name of 1..32 bytes, or 0.
func dataName(b []byte) int {
	for i, c := range b {
		if c == ' ' || c == '=' || c == ']' || c == '"' || c < 33 || c > 126 {
			if i > 32 {
				return 0
			}
			return i
		}
	}
	return 0
}

// isTransport reports whether w is a protocol as firewalls and the kernel write it, which is the name of no program.
func isTransport(w []byte) bool {
	switch string(w) {
	case "TCP", "UDP", "ICMP", "ICMP6", "ICMPv6", "GRE", "ESP", "tcp", "udp", "icmp", "icmpv6", "gre", "sctp":
		return true
	}
	return false
}

// isNumbers reports whether w is a number, a date or a clock.
func isNumbers(w []byte) bool {
	for _, c := range w {
		if !scan.IsDigit(c) && c != '-' && c != '/' && c != '.' && c != ':' {
			return false
		}
	}
	return true
}

// opened puts back the bracket in front of the kernel's time since boot, which syslog-ng's syslog() takes for the begin
// of a tag and leaves out: of "[ 5632.359712] TCP: …" it sends "5632.359712] TCP: …".
func (rec *Record) opened() {
	_, rest, _ := scan.Leading(rec.Body)
	if len(rest) < 2 || rest[0] != '.' {
		return
	}
	_, rest, ok := scan.Leading(rest[1:])
	if ok && len(rest) > 1 && rest[0] == ']' {
		rec.Body = rec.glued([]byte("["), rec.Body)
	}
}

// numbered takes what syslog-ng makes of Cisco's "117: gw-03: May  9 12:49:27.098: %LINK-5-CHANGED: …": the number has
// become structured data, and the name of the device that of a program.
func (rec *Record) numbered() {
	b := rec.Body
	if bytes.IndexByte(b[:min(len(b), 100)], '%') < 0 {
		return
	}
	if w, _ := scan.Word(b); bytes.IndexByte(w, '/') > 0 { // the node of IOS XR
		if i := bytes.IndexByte(w, ':'); i > 0 {
			b = b[i+1:]
		}
	}
	var s Stamp
	if len(b) < 16 || !scan.IsUpper(b[0]) && b[0] != '*' && b[0] != '.' {
		return
	}
	if _, _, ok := s.marked(b); ok {
		rec.Host, rec.App, rec.Body = rec.App, nil, b
	}
}
