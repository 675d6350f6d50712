package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// isRepeat reports whether a message begins like a daemon's note about repeated lines, so that its words are not taken
// for a host and a tag.
func isRepeat(b []byte) bool {
	return len(b) >= 16 && (b[0] == 'l' || b[0] == 'm' || b[0] == '-') && beginsRepeat(b)
}

// beginsRepeat compares b with the beginnings of such notes.
func beginsRepeat(b []byte) bool {
	return bytes.HasPrefix(b, []byte("last message repeated ")) || bytes.HasPrefix(b, []byte("message repeated ")) ||
		bytes.HasPrefix(b, []byte("--- last message repeated ")) || bytes.HasPrefix(b, []byte("last message buffered "))
}

// repeated reads "last message repeated 3 times" and rsyslog's "message repeated 7 times: [ message]".
func repeated(b []byte) (n uint32, inner []byte, ok bool) {
	if !isRepeat(b) {
		return 0, nil, false
	}
	r := scan.After(b, "message ")
	_, r = scan.Word(r)
	w, r := scan.Word(r)
	n = scan.Number32(w)
	if !bytes.HasPrefix(r, []byte("times")) && !bytes.HasPrefix(r, []byte("time")) {
		return 0, nil, false
	}
	if i := bytes.Index(r, []byte(": [")); i >= 0 && r[len(r)-1] == ']' {
		inner = scan.TrimLeft(r[i+3 : len(r)-1])
	}
	return n, inner, true
}

// repeat fills in a repeated line. A message that stands in brackets is read like any other and Count says how often
// it came, except where Count says something else: the pid of a kill stays, swallowed lines are multiplied.
func (p *Parser) repeat(n uint32, inner []byte, rec *Record) {
	outer := rec.Body
	if inner != nil {
		rec.Body, rec.tagged = scan.TrimBody(inner), nil
		uptimePrefix(rec)
		known := p.dialect(rec.Body, rec)
		rec.Body = outer
		if known {
			rec.multiply(n)
			return
		}
	}
	rec.Dialect, rec.Word, rec.Kind, rec.Count = "syslog", "suppressed", Repeated, n
	if outer[0] == '-' || rec.hostOnly {
		rec.Word = "syslog" // the same note in the header of macOS or of an old syslogd, that has no program in it
	}
}

// multiply says that rec stands for n lines like it.
func (rec *Record) multiply(n uint32) {
	switch {
	case rec.Kind == Suppressed:
		rec.Count = scan.Saturate(uint64(rec.Count) * uint64(n))
	case rec.Count == 0:
		rec.Count = n
	}
}
