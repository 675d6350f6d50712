package scan

import "bytes"

// Pairs walks over "key<eq>value<sep>key<eq>value" and hands each pair to f until there is none left. A value in double
// quotes ends at the closing quote, others at sep. Blanks around keys and values are dropped.
func Pairs(b []byte, eq, sep byte, f func(key, value []byte)) {
	for len(b) > 0 {
		i := bytes.IndexByte(b, eq)
		if i < 0 {
			return
		}
		key := b[:i]
		if j := bytes.LastIndexByte(key, sep); j >= 0 {
			key = key[j+1:]
		}
		b = TrimLeft(b[i+1:])
		var value []byte
		if len(b) > 0 && b[0] == '"' {
			rest, ok := SkipValue(b[1:])
			if !ok {
				return
			}
			value, b = b[1:len(b)-len(rest)-1], rest
		} else if i := bytes.IndexByte(b, sep); i >= 0 {
			value, b = b[:i], b[i+1:]
		} else {
			value, b = b, nil
		}
		f(TrimLeft(key), TrimBody(value))
	}
}

// PairWalk walks over the key=value words of a firewall's line. Values may stand in double or single quotes; words
// without "=" are passed over. sep is what parts the words: a blank, or the comma of FortiOS's CSV form.
type PairWalk struct {
	Rest []byte
	Sep  byte
}

// Next is the next pair; ok is false at the end of the line.
func (w *PairWalk) Next() (key, val []byte, ok bool) {
	b, sep, i := w.Rest, w.Sep, 0
	for i < len(b) && (b[i] == ' ' || b[i] == sep) {
		i++
	}
	start := i
	for i < len(b) && b[i] > '=' { // letters and the underscore
		i++
	}
	for ; i < len(b) && b[i] != '='; i++ {
		if c := b[i]; c == ' ' || c == sep || c == '\t' {
			start = i + 1
		}
	}
	if i >= len(b) {
		w.Rest = nil
		return nil, nil, false
	}
	key, b = b[start:i], b[i+1:]
	if len(b) > 0 && (b[0] == '"' || b[0] == '\'') {
		// The common case in place: a closing quote with a blank behind it.
		if i = bytes.IndexByte(b[1:], b[0]); i >= 0 && i+2 < len(b) && b[i+2] == ' ' && b[i] != '\\' {
			w.Rest = b[i+3:]
			return key, b[1 : i+1], true
		}
		val, w.Rest = QuotedValue(b)
		return key, val, true
	}
	if i = Near(b, sep); i < 0 {
		if i = bytes.IndexByte(b, sep); i < 0 {
			i = len(b)
		}
	}
	w.Rest = b[i:]
	return key, b[:i], true
}

// QuotedValue returns what stands between the quote at the front of b and the next one that something closes behind:
// a blank, a separator or the end. Quotes inside a value are escaped by some devices and not by others.
func QuotedValue(b []byte) (val, rest []byte) {
	quote := b[0]
	b = b[1:]
	for from := 0; ; {
		i := bytes.IndexByte(b[from:], quote)
		if i < 0 {
			return b, nil
		}
		i += from
		if i+1 == len(b) || isCloser(b[i+1]) && (i == 0 || b[i-1] != '\\' || b[i+1] != ' ') {
			return b[:i], b[i+1:]
		}
		from = i + 1
	}
}

func isCloser(c byte) bool {
	return c == ' ' || c == ',' || c == ';' || c == ']' || c == '\t' || c == '|' || c == '}'
}

// SkipValue skips up to the closing quote.
func SkipValue(b []byte) (rest []byte, ok bool) {
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return b[i+1:], true
		}
	}
	return nil, false
}
