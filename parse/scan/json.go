package scan

import (
	"bytes"
	"unicode/utf8"
)

// JSONReader walks through one flat object of strings, numbers, nulls and arrays of bytes.
type JSONReader struct {
	B, Scratch []byte
	Ended      bool // the closing brace was read
}

func (j *JSONReader) space() {
	for len(j.B) > 0 && (j.B[0] == ' ' || j.B[0] == '\t' || j.B[0] == ',') {
		j.B = j.B[1:]
	}
}

// Key reads a name and its colon; ok is false at the end of the object and at anything else.
func (j *JSONReader) Key() (k []byte, ok bool) {
	j.space()
	if len(j.B) > 0 && j.B[0] == '}' {
		j.Ended = true
		return nil, false
	}
	if k, ok = j.str(); !ok {
		return nil, false
	}
	j.space()
	switch {
	case len(j.B) > 0 && j.B[0] == ':':
		j.B = j.B[1:]
	case len(j.B) > 1 && j.B[0] == '=' && j.B[1] == '>': // Fluent Bit prints its records so
		j.B = j.B[2:]
	default:
		return nil, false
	}
	j.space()
	return k, true
}

// Value reads a string, a bare word, or an array. The journal writes text that is no UTF-8 as an array of bytes, and a
// field that came twice as an array of strings, of which the first counts.
func (j *JSONReader) Value() (v []byte, ok bool) {
	switch {
	case len(j.B) == 0:
		return nil, false
	case j.B[0] == '"':
		return j.str()
	case j.B[0] == '[':
		return j.array()
	case j.B[0] == '{':
		return nil, false
	}
	n := 0
	for n < len(j.B) && j.B[n] != ',' && j.B[n] != '}' && j.B[n] != ' ' {
		n++
	}
	v, j.B = j.B[:n], j.B[n:]
	if string(v) == "null" {
		return nil, true // the journal's word for a field that is too long
	}
	return v, len(v) > 0
}

func (j *JSONReader) array() (v []byte, ok bool) {
	j.B = j.B[1:]
	start := len(j.Scratch)
	for {
		j.space()
		switch {
		case len(j.B) == 0:
			return nil, false
		case j.B[0] == ']':
			j.B = j.B[1:]
			if v == nil {
				v = j.Scratch[start:len(j.Scratch):len(j.Scratch)]
			}
			return v, true
		case j.B[0] == '"':
			s, ok := j.str()
			if !ok {
				return nil, false
			}
			if v == nil {
				v = s
			}
		default:
			n, rest, ok := Leading(j.B)
			if !ok || n > 255 {
				return nil, false
			}
			j.Scratch, j.B = append(j.Scratch, byte(n)), rest
		}
	}
}

// str reads a string. Without escapes it points into the line, else into scratch.
func (j *JSONReader) str() (s []byte, ok bool) {
	if len(j.B) == 0 || j.B[0] != '"' {
		return nil, false
	}
	b := j.B[1:]
	end := Near(b, '"')
	if end < 0 {
		if end = bytes.IndexByte(b, '"'); end < 0 {
			return nil, false
		}
	}
	if bytes.IndexByte(b[:end], '\\') < 0 {
		j.B = b[end+1:]
		return b[:end:end], true
	}
	start := len(j.Scratch)
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '"':
			j.B = b[i+1:]
			return j.Scratch[start:len(j.Scratch):len(j.Scratch)], true
		case '\\':
			n := j.escape(b[i+1:])
			if n == 0 {
				return nil, false
			}
			i += n
		default:
			j.Scratch = append(j.Scratch, b[i])
		}
	}
	return nil, false
}

// escape appends what stands behind a backslash and returns its length, or 0 where it is no escape. Halves of a
// surrogate pair become U+FFFD each: no log message that we read depends on them.
func (j *JSONReader) escape(b []byte) int {
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
			d := HexDigit(h)
			if d > 15 {
				return 0
			}
			r = r<<4 | rune(d)
		}
		j.Scratch = utf8.AppendRune(j.Scratch, r)
		return 5
	}
	j.Scratch = append(j.Scratch, c)
	return 1
}
