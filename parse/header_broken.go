package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

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
	if decoded(b, rec) || journalNote(b, rec) {
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

// noMonth says whether b begins like a stamp of RFC 3164 with a month that is none.
func noMonth(b []byte) bool {
	if len(b) < 15 || !scan.IsLetter(b[0]) || !scan.IsLetter(b[1]) || !scan.IsLetter(b[2]) || b[3] != ' ' || month(b) != 0 {
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

// malformed reads what comes with an RFC 5424 header that breaks the grammar: SRX leaves out the zone, CGN routers write
// the date in words.
func malformed(b []byte, rec *Record) bool {
	head := b[:min(len(b), 256)]
	for _, mark := range [...]string{" - RT_", " - APPTRACK_"} {
		i := bytes.Index(head, []byte(mark))
		if i < 0 || !junos(b[i+3:], rec) {
			continue
		}
		_, r := scan.Word(b[:i])
		var s Stamp
		if rest, ok := s.stampISO(r); ok {
			rec.Stamp = s
			rec.Host, r = scan.Word(rest)
			rec.App, _ = scan.Word(r)
		}
		return true
	}
	if bytes.Contains(head, []byte("NAT4")) || bytes.Contains(head, []byte("DSLite")) {
		if !cgnEvent(b, rec) {
			return false
		}
		_, r := scan.Word(b) // 1 2011 May 31 10:30:45 192.168.2.3 - - NAT44 - […]
		ciscoHeader(r[:max(bytes.Index(r, []byte(" -")), 0)], rec)
		return true
	}
	return false
}
