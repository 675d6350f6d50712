package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// brokenPriority reports whether b begins with something that was meant as <PRI> and breaks its rules: <>, <192>,
// <19000021>, <aaa>122, (190>122.
func brokenPriority(b []byte) bool {
	if len(b) < 2 || b[0] != '<' && b[0] != '(' {
		return false
	}
	end := bytes.IndexByte(b[:min(len(b), 16)], '>')
	if end < 1 {
		return false
	}
	in := b[1:end]
	n, ok := scan.Number(in)
	switch {
	case b[0] == '(':
		return ok
	case len(in) == 0:
		return true
	case ok:
		return n > 191 || len(in) > 3
	}
	for _, c := range in {
		if !scan.IsLetter(c) && !scan.IsDigit(c) {
			return false
		}
	}
	return end+1 < len(b) && scan.IsDigit(b[end+1]) // letters, then a version: not a tag of XML
}

// oddHeader reads the headers in which something stands where RFC 3164 has the stamp: a sequence number, the host, a
// clock mark, a weekday, the year, a month in another language.
func oddHeader(b []byte, hasPri bool, rec *Record) {
	if decoded(b, rec) || journalNote(b, rec) || wrapped(b, rec) {
		return
	}
	if !hasPri && !mayHoldClock(b) {
		bareTag(b, rec)
		return
	}
	if r, host, mark, ok := rec.Stamp.anyFront(b, hasPri); ok {
		rec.Word, rec.unsynced = "syslog", mark
		if host == nil {
			hostAndTag(r, rec)
			return
		}
		rec.Host, rec.Body = host, scan.TrimLeft(r)
		if w, rest := scan.Word(rec.Body); len(w) > 1 && w[len(w)-1] == ':' {
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
		if w, rest := scan.Word(b); tag(b, w, rest, rec) {
			rec.Word = "syslog"
			return
		}
		if w, rest := scan.Word(b); isHost(w) {
			w2, rest2 := scan.Word(rest)
			if len(w2) > 3 && w2[len(w2)-2] == ']' && scan.IsLetter(w2[0]) && tag(scan.TrimLeft(rest), w2, rest2, rec) {
				rec.Host, rec.Word = w, "syslog"
				return
			}
		}
	}
	if !hasMark(b) {
		rec.Word = "malformed" // a priority, and then nothing of a header and nothing of a message that we know
	}
}

// mayHoldClock reports whether a clock, or seconds since 1970, may stand near the front of b: no stamp is without. Most
// messages have none, and need not be looked at as one stamp after the other.
func mayHoldClock(b []byte) bool {
	if len(b) == 0 || b[0] == '[' {
		return false // a stamp in brackets has been read
	}
	return hasClock(b[:min(len(b), 128)]) || bytes.IndexByte(b[:min(len(b), 24)], '.') >= len("1795292901")
}

// hasClock reports whether a colon stands between two digits of b.
func hasClock(b []byte) bool {
	for {
		i := bytes.IndexByte(b, ':')
		if i < 0 || i+1 >= len(b) {
			return false
		}
		if i > 0 && scan.IsDigit(b[i-1]) && scan.IsDigit(b[i+1]) {
			return true
		}
		b = b[i+1:]
	}
}

// hasMark reports whether b has one of the marks that tags, pairs and mnemonics are made of; most have one near the
// front.
func hasMark(b []byte) bool {
	for _, c := range b {
		switch c {
		case ':', '=', '%', '|', '[', '(':
			return true
		}
	}
	return false
}

// noMonth reports whether b begins like a stamp of RFC 3164 with a month that is none.
func noMonth(b []byte) bool {
	if len(b) < 15 || !scan.IsLetter(b[0]) || !scan.IsLetter(b[1]) || !scan.IsLetter(b[2]) || b[3] != ' ' ||
		month(b) != 0 {
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

// looseHeader holds what stands behind a priority in a header that looks like RFC 5424 and breaks its grammar.
type looseHeader struct {
	stamp         Stamp
	host, app     []byte
	process, name []byte
}

// readLooseHeader reads "1 STAMP HOST APP PROCESS NAME". Check Point writes zones such as "--5:00": then only the clock
// counts.
func readLooseHeader(b []byte) (h looseHeader, ok bool) {
	_, rest := scan.Word(b)
	stamp, rest := scan.Word(rest)
	h.host, rest = scan.Word(rest)
	h.app, rest = scan.Word(rest)
	h.process, rest = scan.Word(rest)
	h.name, rest = scan.Word(rest)
	r, _ := h.stamp.stampISO(stamp)
	if !h.stamp.HasClock && len(stamp) > 19 {
		_, _ = h.stamp.stampISO(stamp[:19])
	} else if len(r) > 0 {
		h.stamp.HasZone = false
	}
	return h, len(rest) > 0
}

// fill puts the header into rec.
func (h *looseHeader) fill(rec *Record) {
	if h.stamp.HasClock {
		rec.Stamp = h.stamp
	}
	rec.Host, rec.App = h.host, h.app
}

// behindOldStamp cuts "1 Nov 21 20:28:21 host " off a message: relays of Meraki and Palo Alto write the 1 of RFC 5424
// in front of a stamp of RFC 3164. rest is nil where there is nothing of the kind.
func behindOldStamp(b []byte) (rest, host []byte, s Stamp) {
	if len(b) < 24 || b[0] != '1' || b[1] != ' ' || !scan.IsUpper(b[2]) {
		return nil, nil, s
	}
	r, ok := s.stamp3164(b[2:])
	if !ok {
		return nil, nil, s
	}
	host, r = scan.Word(r)
	if rest = scan.TrimLeft(r); len(rest) < 16 {
		return nil, nil, s
	}
	return rest, host, s
}

// behindAddress cuts an address off a line that begins with id=, as relays of SonicWall, Stormshield and Sophos write
// it. addr is nil where there is none.
func behindAddress(b []byte) (addr, rest []byte) {
	i := bytes.IndexByte(b[:min(len(b), 16)], ' ')
	if i < 7 || !scan.IsDigit(b[0]) || b[i+1] != 'i' && b[i+1] != ' ' {
		return nil, b
	}
	w, r := scan.Word(b)
	if len(r) <= 16 || !scan.Has(scan.TrimLeft(r), "id=") || !scan.Addr(w).IsValid() {
		return nil, b
	}
	return w, scan.TrimLeft(r)
}
