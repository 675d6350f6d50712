package parse

import "bytes"

// octetCount takes off the length that RFC 6587 (3.4.1) puts in front of a message and that a receiver without
// octet counting leaves in its file: "83 <34>1 2003-…".
func octetCount(b []byte) []byte {
	if len(b) < 5 || !isDigit(b[0]) || b[0] == '0' {
		return b
	}
	i := 1
	for i < 6 && i < len(b) && isDigit(b[i]) {
		i++
	}
	if i+3 < len(b) && b[i] == ' ' && b[i+1] == '<' && isDigit(b[i+2]) {
		return b[i+1:]
	}
	return b
}

// digest takes the " 3 Time(s): " of logwatch off the front, or the "…: 3 Time(s)" off the end.
func digest(b []byte) (rest []byte, times uint32) {
	const front, back = " Time(s): ", " Time(s)"
	if len(b) > 0 && (b[0] == ' ' || isDigit(b[0])) {
		if n, r, ok := leading(trimLeft(b)); ok && n > 0 && bytes.HasPrefix(r, []byte(front)) {
			return trimLeft(r[len(front):]), saturate(n)
		}
	}
	if len(b) > len(back) && b[len(b)-1] == ')' && bytes.HasSuffix(b, []byte(back)) {
		r := b[:len(b)-len(back)]
		if i := bytes.LastIndex(r, []byte(":")); i > 0 {
			if n, ok := number(trimLeft(r[i+1:])); ok && n > 0 {
				return trimBody(trimLeft(r[:i])), saturate(n)
			}
		}
	}
	return b, 0
}

// brokenPriority knows what is meant as <PRI> and is none: <>, <192>, <19000021>, <aaa>122, (190>122.
func brokenPriority(b []byte) bool {
	if len(b) < 2 || b[0] != '<' && b[0] != '(' {
		return false
	}
	end := bytes.IndexByte(b[:min(len(b), 16)], '>')
	if end < 1 {
		return false
	}
	in := b[1:end]
	n, ok := number(in)
	switch {
	case b[0] == '(':
		return ok
	case len(in) == 0:
		return true
	case ok:
		return n > 191 || len(in) > 3
	}
	for _, c := range in {
		if !isLetter(c) && !isDigit(c) {
			return false
		}
	}
	return end+1 < len(b) && isDigit(b[end+1]) // letters, then a version: not a tag of XML
}

// oddHeader reads the headers in which something stands where RFC 3164 has the stamp: a sequence number, the host, a
// clock mark, a weekday, the year, a month in another language.
func oddHeader(b []byte, hasPri bool, rec *Record) {
	if decoded(b, rec) || journalNote(b, rec) {
		return
	}
	if r, host, mark, ok := rec.Stamp.anyFront(b, hasPri); ok {
		rec.Word, rec.unsynced = "syslog", mark
		if host == nil {
			hostAndTag(r, rec)
			return
		}
		rec.Host, rec.Body = host, trimLeft(r)
		if w, rest := word(rec.Body); len(w) > 1 && w[len(w)-1] == ':' {
			tag(rec.Body, w, rest, rec)
		}
		return
	}
	if noMonth(b) {
		rec.Word, rec.Body = "malformed", b
		return
	}
	bareTag(b, rec)
	if !hasPri || rec.App != nil {
		return
	}
	if rec.Pri >= 8 { // not the kernel: a first word with a colon is a tag
		if w, rest := word(b); tag(b, w, rest, rec) {
			rec.Word = "syslog"
			return
		}
		if w, rest := word(b); isHost(w) {
			w2, rest2 := word(rest)
			if len(w2) > 3 && w2[len(w2)-2] == ']' && isLetter(w2[0]) && tag(trimLeft(rest), w2, rest2, rec) {
				rec.Host, rec.Word = w, "syslog"
				return
			}
		}
	}
	if !hasMark(b) {
		rec.Word = "malformed" // a priority, and then nothing of a header and nothing of a message that we know
	}
}

// hasMark says whether b has one of the marks that tags, pairs and mnemonics are made of; most have one near the front.
func hasMark(b []byte) bool {
	for _, c := range b {
		switch c {
		case ':', '=', '%', '|', '[', '(':
			return true
		}
	}
	return false
}

// decoded reads the front of `dmesg --decode`: "kern  :warn  : [ 5632.359712] …".
func decoded(b []byte, rec *Record) bool {
	i := bytes.IndexByte(b[:min(len(b), 12)], ':')
	if i < 3 || !facility(bytes.TrimRight(b[:i], " ")) {
		return false
	}
	r := b[i+1:]
	j := bytes.IndexByte(r[:min(len(r), 9)], ':')
	if j < 3 || !level(bytes.TrimRight(r[:j], " ")) {
		return false
	}
	r = trimLeft(r[j+1:])
	rec.Word, rec.Body = "other", r
	if rest, ok := rec.Stamp.bracketed(r); ok {
		rec.Body = callerID(rest)
	}
	return true
}

// journalNote knows what journalctl prints between the lines: "-- Boot 3f… --", "-- Logs begin at … --".
func journalNote(b []byte, rec *Record) bool {
	if len(b) < 8 || b[0] != '-' || b[1] != '-' || b[2] != ' ' {
		return false
	}
	for _, note := range [...]string{"Boot ", "Logs begin at ", "Journal begins at ", "Reboot --", "No entries --", "Subject: "} {
		if bytes.HasPrefix(b[3:], []byte(note)) {
			rec.Body, rec.Dialect, rec.Word, rec.Kind = b, "journal", "other", System
			return true
		}
	}
	return false
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
		b = trimLeft(b[1:])
	}
	numbered := false
	for range 2 {
		_, r, ok := leading(b)
		if !ok || len(r) < 2 || r[0] != ':' || r[1] != ' ' {
			break
		}
		b, numbered = trimLeft(r[1:]), true
	}
	if rest, mark, ok = s.marked(b); ok || !hasPri && !numbered {
		return rest, nil, mark, ok
	}
	w, r := word(b)
	host = bytes.TrimSuffix(w, []byte(":"))
	if r == nil || len(host) == 0 || !isHost(host) {
		return b, nil, false, false
	}
	r = trimLeft(r)
	if n, r2, ok := leading(r); ok && n > 0 && len(r2) > 1 && r2[0] == ':' && r2[1] == ' ' {
		r = trimLeft(r2[1:]) // "gw-03: 000456: *Mar …"
	}
	if rest, mark, ok = s.marked(r); ok {
		return rest, host, mark, true
	}
	w, r2 := word(r)
	if i := bytes.IndexByte(w, ':'); i > 0 && bytes.IndexByte(w[:i], '/') > 0 {
		if rest, mark, ok = s.marked(r[i+1:]); ok {
			return rest, host, mark, true
		}
	}
	if rest, mark, ok = s.marked(trimLeft(r2)); ok {
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

// noMonth says whether b begins like a stamp of RFC 3164 with a month that is none.
func noMonth(b []byte) bool {
	if len(b) < 15 || !isLetter(b[0]) || !isLetter(b[1]) || !isLetter(b[2]) || b[3] != ' ' || month(b) != 0 {
		return false
	}
	_, r, ok := dayOfMonth(b[4:])
	if !ok {
		return false
	}
	var s Stamp
	_, ok = s.clock(r)
	return ok
}

// maxRelays is how many headers inside headers are taken off: each relay that does not understand its sender adds one,
// and nobody has more than a few.
const maxRelays = 3

// relayed reads a header inside the message. One with a priority is a header for certain; one without is one where no
// program's name stands in front of it (programs begin their own messages with stamps too).
func relayed(rec *Record) bool {
	b := trimLeft(rec.Body)
	if len(b) < 15 {
		return false
	}
	switch c := b[0]; {
	case c == '<' && isDigit(b[1]):
		return relayedWhole(b, rec)
	case rec.App != nil || !isUpper(c) && !isDigit(c) && c != '*' && c != '.' && c != ':':
		return false
	case isDigit(c) && (b[1] == '.' || b[2] == '.' || b[3] == '.'):
		return false // an address
	}
	return relayedStamp(b, rec)
}

// relayedWhole reads an inner header that begins with a priority.
func relayedWhole(b []byte, rec *Record) bool {
	in := Record{Pri: -1, times: rec.times}
	outer(b, &in)
	if in.Word != "syslog" && !in.Stamp.HasClock || in.Word == "malformed" {
		return false
	}
	in.passedOn(rec)
	*rec = in
	return true
}

// relayedStamp reads an inner stamp, and a host and a tag if both follow.
func relayedStamp(b []byte, rec *Record) bool {
	in := Record{Pri: rec.Pri, Word: "syslog", times: rec.times}
	rest, host, mark, ok := in.Stamp.anyFront(b, false)
	if !ok {
		return false
	}
	in.unsynced = mark
	hostAndTag(rest, &in)
	if in.App == nil {
		in.Host, in.PID, in.Body = host, nil, trimLeft(bytes.TrimPrefix(trimLeft(rest), []byte(": ")))
	}
	in.passedOn(rec)
	*rec = in
	return true
}

// passedOn notes who passed in on: the outermost header. What the inner one lacks is taken from the outer one, and a
// clock that says of itself that it is not set gives way.
func (rec *Record) passedOn(by *Record) {
	rec.Relay, rec.RelayStamp = by.Host, by.Stamp
	if by.Relay != nil || by.RelayStamp != (Stamp{}) {
		rec.Relay, rec.RelayStamp = by.Relay, by.RelayStamp
	}
	if rec.Host == nil {
		rec.Host = by.Host
	}
	if !rec.Stamp.HasClock && !rec.Stamp.HasUnix || rec.unsynced && by.Stamp != (Stamp{}) && !by.unsynced {
		rec.Stamp, rec.RelayStamp = by.Stamp, rec.Stamp
	}
	if rec.Pri < 0 {
		rec.Pri = by.Pri
	}
}
