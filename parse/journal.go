package parse

import (
	"bytes"
	"unicode/utf8"
)

// isJournal looks for one of the two fields without which an object is no entry of the journal: other programs write JSON
// too, and walking through it twice would cost them half a microsecond.
func isJournal(line []byte) bool {
	return index(line, "MESSAGE") >= 0 || index(line, "__REALTIME_TIMESTAMP") >= 0
}

// journal reads one object of `journalctl -o json`. Of the many fields only the message and what says who wrote it
// and when are kept. For a kernel message the monotonic stamp of its source is the kernel's own uptime stamp.
func (p *Parser) journal(line []byte, rec *Record) bool {
	if cap(p.scratch) > maxScratch {
		p.scratch = nil // one monstrous line shall not be paid for ever after
	}
	p.scratch = p.scratch[:0]
	j := jsonReader{b: line[1:], scratch: p.scratch}
	var f journalFields
	for {
		key, ok := j.key()
		if !ok {
			break
		}
		value, ok := j.value()
		if !ok {
			break
		}
		f.set(key, value)
	}
	p.scratch = j.scratch
	if !j.ended || f.message == nil && f.realtime == nil {
		return false
	}
	f.fill(rec)
	return true
}

// maxScratch is how much memory for unescaped text a Parser keeps from line to line.
const maxScratch = 1 << 20

// journalFields are the fields that matter, unescaped.
type journalFields struct {
	realtime, monotonic, message, host, app, comm, pid, syslogPID, priority, transport []byte
}

func (f *journalFields) set(key, value []byte) {
	switch string(key) {
	case "MESSAGE":
		f.message = value
	case "__REALTIME_TIMESTAMP":
		f.realtime = value
	case "_SOURCE_MONOTONIC_TIMESTAMP":
		f.monotonic = value
	case "_HOSTNAME":
		f.host = value
	case "SYSLOG_IDENTIFIER":
		f.app = value
	case "_COMM":
		f.comm = value
	case "_PID":
		f.pid = value
	case "SYSLOG_PID":
		f.syslogPID = value
	case "PRIORITY":
		f.priority = value
	case "_TRANSPORT":
		f.transport = value
	}
}

func (f *journalFields) fill(rec *Record) {
	rec.Word, rec.Body, rec.Host, rec.App = "syslog", f.message, f.host, f.app
	if rec.App == nil {
		rec.App = f.comm
	}
	if rec.PID = f.syslogPID; rec.PID == nil {
		rec.PID = f.pid
	}
	if n, ok := number(f.priority); ok && n < 8 {
		rec.Pri = int(n)
	}
	if us, ok := number(f.realtime); ok && us < 1<<62/1000 {
		rec.Stamp.HasUnix, rec.Stamp.Unix = true, int64(us)*1000
	}
	if us, ok := number(f.monotonic); ok && us < unixFrom*1_000_000 && string(f.transport) == "kernel" {
		rec.Stamp.HasUptime, rec.Stamp.Uptime = true, int64(us)*1000
	}
}

// jsonReader walks through one flat object of strings, numbers, nulls and arrays of bytes.
type jsonReader struct {
	b, scratch []byte
	ended      bool // the closing brace was read
}

func (j *jsonReader) space() {
	for len(j.b) > 0 && (j.b[0] == ' ' || j.b[0] == '\t' || j.b[0] == ',') {
		j.b = j.b[1:]
	}
}

// key reads a name and its colon; ok is false at the end of the object and at anything else.
func (j *jsonReader) key() (k []byte, ok bool) {
	j.space()
	if len(j.b) > 0 && j.b[0] == '}' {
		j.ended = true
		return nil, false
	}
	if k, ok = j.str(); !ok {
		return nil, false
	}
	j.space()
	if len(j.b) == 0 || j.b[0] != ':' {
		return nil, false
	}
	j.b = j.b[1:]
	j.space()
	return k, true
}

// value reads a string, a bare word, or an array. The journal writes text that is no UTF-8 as an array of bytes, and a
// field that came twice as an array of strings, of which the first counts.
func (j *jsonReader) value() (v []byte, ok bool) {
	switch {
	case len(j.b) == 0:
		return nil, false
	case j.b[0] == '"':
		return j.str()
	case j.b[0] == '[':
		return j.array()
	case j.b[0] == '{':
		return nil, false
	}
	n := 0
	for n < len(j.b) && j.b[n] != ',' && j.b[n] != '}' && j.b[n] != ' ' {
		n++
	}
	v, j.b = j.b[:n], j.b[n:]
	if string(v) == "null" {
		return nil, true // the journal's word for a field that is too long
	}
	return v, len(v) > 0
}

func (j *jsonReader) array() (v []byte, ok bool) {
	j.b = j.b[1:]
	start := len(j.scratch)
	for {
		j.space()
		switch {
		case len(j.b) == 0:
			return nil, false
		case j.b[0] == ']':
			j.b = j.b[1:]
			if v == nil {
				v = j.scratch[start:len(j.scratch):len(j.scratch)]
			}
			return v, true
		case j.b[0] == '"':
			s, ok := j.str()
			if !ok {
				return nil, false
			}
			if v == nil {
				v = s
			}
		default:
			n, rest, ok := leading(j.b)
			if !ok || n > 255 {
				return nil, false
			}
			j.scratch, j.b = append(j.scratch, byte(n)), rest
		}
	}
}

// str reads a string. Without escapes it points into the line, else into scratch.
func (j *jsonReader) str() (s []byte, ok bool) {
	if len(j.b) == 0 || j.b[0] != '"' {
		return nil, false
	}
	b := j.b[1:]
	end := near(b, '"')
	if end < 0 {
		if end = bytes.IndexByte(b, '"'); end < 0 {
			return nil, false
		}
	}
	if bytes.IndexByte(b[:end], '\\') < 0 {
		j.b = b[end+1:]
		return b[:end:end], true
	}
	start := len(j.scratch)
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '"':
			j.b = b[i+1:]
			return j.scratch[start:len(j.scratch):len(j.scratch)], true
		case '\\':
			n := j.escape(b[i+1:])
			if n == 0 {
				return nil, false
			}
			i += n
		default:
			j.scratch = append(j.scratch, b[i])
		}
	}
	return nil, false
}

// escape appends what stands behind a backslash and returns its length, or 0 where it is no escape. Halves of a
// surrogate pair become U+FFFD each: no log message that we read depends on them.
func (j *jsonReader) escape(b []byte) int {
	if len(b) == 0 {
		return 0
	}
	c := b[0]
	switch c {
	case 'n':
		c = '\n'
	case 't':
		c = '\t'
	case 'r':
		c = '\r'
	case 'b':
		c = '\b'
	case 'f':
		c = '\f'
	case 'u':
		if len(b) < 5 {
			return 0
		}
		r := rune(0)
		for _, h := range b[1:5] {
			d := hexDigit(h)
			if d > 15 {
				return 0
			}
			r = r<<4 | rune(d)
		}
		j.scratch = utf8.AppendRune(j.scratch, r)
		return 5
	}
	j.scratch = append(j.scratch, c)
	return 1
}
