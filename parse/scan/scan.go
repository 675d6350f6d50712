// Package scan finds values in the bytes of a log line: words, numbers, addresses, pairs, JSON, encodings. It knows no
// dialect, never fails loudly and never panics: what is no number is not ok, what is no address is the zero Addr.
// Slices that it returns point into what it was given.
package scan

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// BOM is the byte order mark of UTF-8, which Windows' editors and PowerShell put in front of a file.
var BOM = []byte{0xEF, 0xBB, 0xBF}

// IsDigit reports whether c is one of 0 to 9.
func IsDigit(c byte) bool { return c-'0' < 10 }

// IsUpper reports whether c is one of A to Z.
func IsUpper(c byte) bool { return c-'A' < 26 }

// IsLetter reports whether c is a letter of ASCII.
func IsLetter(c byte) bool { return c|0x20-'a' < 26 }

// TrimEnd takes newlines, carriage returns and NULs off the end of a line.
func TrimEnd(b []byte) []byte {
	n := len(b)
	for n > 0 && b[n-1] <= '\r' && (b[n-1] == '\n' || b[n-1] == '\r' || b[n-1] == 0) {
		n--
	}
	return b[:n]
}

// TrimBody takes blanks and what stands for a newline off the end of a message, so that one kernel line has one body
// however it came: rsyslog writes a newline inside a message as #012, other senders as backslash n.
func TrimBody(b []byte) []byte {
	for {
		b = TrimEnd(b)
		n := len(b)
		switch {
		case n > 0 && (b[n-1] == ' ' || b[n-1] == '\t'):
			b = b[:n-1]
		case n > 1 && b[n-1] == 'n' && b[n-2] == '\\':
			b = b[:n-2]
		case n > 3 && b[n-1] == '2' && string(b[n-4:]) == "#012":
			b = b[:n-4]
		default:
			return b
		}
	}
}

// TrimLeft takes blanks and tabs off the front.
func TrimLeft(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	return b
}

// Word cuts the first word off b; words are separated by blanks or tabs.
func Word(b []byte) (w, rest []byte) {
	b = TrimLeft(b)
	i := uint(Blank(b))
	if i >= uint(len(b)) {
		return b, nil
	}
	return b[:i], b[i+1:]
}

// Blank finds the first blank or tab of b; it returns the length of b where there is none. It looks at eight bytes at a
// time: words are short, and where a loop over bytes ends is what a processor cannot foresee.
func Blank(b []byte) int {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	i := 0
	for ; i+8 <= len(b); i += 8 {
		x := binary.LittleEndian.Uint64(b[i:])
		y, z := x^' '*ones, x^'\t'*ones // a byte that is looked for becomes 0
		if found := ((y-ones)&^y | (z-ones)&^z) & highs; found != 0 {
			return i + bits.TrailingZeros64(found)>>3
		}
	}
	for i < len(b) && b[i] != ' ' && b[i] != '\t' {
		i++
	}
	return i
}

// EqualLower reports whether b is want without regard to case; want is lower case ASCII.
func EqualLower(b []byte, want string) bool {
	if len(b) != len(want) {
		return false
	}
	for i, c := range b {
		if IsUpper(c) {
			c |= 0x20
		}
		if c != want[i] {
			return false
		}
	}
	return true
}

// ContainsLower reports whether b contains want without regard to case; want is lower case ASCII.
func ContainsLower(b []byte, want string) bool {
	if len(b) < len(want) {
		return false
	}
	first := want[0] | 0x20
	for i, c := range b[:len(b)-len(want)+1] {
		if c|0x20 == first && EqualLower(b[i:i+len(want)], want) {
			return true
		}
	}
	return false
}

// After returns what follows the first key in b, or nil.
func After(b []byte, key string) []byte {
	i := bytes.Index(b, []byte(key))
	if i < 0 {
		return nil
	}
	return b[i+len(key):]
}

// Near finds c in the first eight bytes of b; -1 is none. It is worth asking first where values are short.
func Near(b []byte, c byte) int {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	if len(b) < 8 {
		return -1
	}
	x := binary.LittleEndian.Uint64(b) ^ uint64(c)*ones
	if x = (x - ones) &^ x & highs; x == 0 {
		return -1
	}
	return bits.TrailingZeros64(x) >> 3
}

// Index finds s in b; -1 is none. Unlike bytes.Index it takes a string without a copy of it. It looks for the first
// byte that is no blank: of blanks a line is full. s is not empty.
func Index(b []byte, s string) int {
	skip := 0
	if len(s) > 1 && s[0] == ' ' {
		skip = 1
	}
	for from := 0; from+len(s) <= len(b); from++ {
		i := bytes.IndexByte(b[from+skip:len(b)-len(s)+1+skip], s[skip])
		if i < 0 {
			return -1
		}
		from += i
		if end := from + len(s); b[end-1] == s[len(s)-1] && string(b[from:end]) == s {
			return from
		}
	}
	return -1
}

// Until returns b up to the first of the bytes in stops, which are ASCII.
func Until(b []byte, stops string) []byte {
	if len(stops) == 1 {
		if i := bytes.IndexByte(b, stops[0]); i >= 0 {
			return b[:i]
		}
		return b
	}
	for i, c := range b {
		for j := range len(stops) {
			if c == stops[j] {
				return b[:i]
			}
		}
	}
	return b
}

// HasLetter reports whether b holds a letter, as a host's name does and an address that was cut off does not.
func HasLetter(b []byte) bool {
	for _, c := range b {
		if IsLetter(c) || c >= 0x80 {
			return true
		}
	}
	return false
}

// AllDigits reports whether b holds digits and nothing else, and at least one.
func AllDigits(b []byte) bool {
	for _, c := range b {
		if !IsDigit(c) {
			return false
		}
	}
	return len(b) > 0
}

// ContainsLower512 is ContainsLower within the first 512 bytes of b, for words that most lines lack.
func ContainsLower512(b []byte, want string) bool { return ContainsLower(b[:min(len(b), 512)], want) }

// Joined is front, what stood between the two, and b as one slice, or nil where they do not follow each other in one
// line. It undoes what the header took for a host or a tag.
func Joined(front, b []byte) []byte {
	n := cap(front) - cap(b) + len(b)
	if len(front) == 0 || len(b) == 0 || n < len(front) || n > cap(front) || n > len(front)+len(b)+8 {
		return nil
	}
	if whole := front[:n]; &whole[n-len(b)] == &b[0] {
		return whole
	}
	return nil
}

// CutByte cuts b at the first sep; rest is nil where there is none.
func CutByte(b []byte, sep byte) (f, rest []byte) {
	if i := bytes.IndexByte(b, sep); i >= 0 {
		return b[:i], b[i+1:]
	}
	return b, nil
}

// Has reports whether b begins with prefix.
func Has(b []byte, prefix string) bool {
	return len(b) >= len(prefix) && string(b[:len(prefix)]) == prefix
}

// Within reports whether b contains s, which is not empty.
func Within(b []byte, s string) bool { return Index(b, s) >= 0 }

// LastWord returns the last word of b, without blanks and colons behind it.
func LastWord(b []byte) []byte {
	b = TrimRight(b, " :")
	return b[bytes.LastIndexByte(b, ' ')+1:]
}

// IsLower reports whether c is one of a to z.
func IsLower(c byte) bool { return c-'a' < 26 }

// TrimRight takes bytes that are in set off the end of b. For sets of a few bytes it is faster than bytes.TrimRight,
// which makes a table of the set first.
func TrimRight(b []byte, set string) []byte {
	for n := len(b); n > 0 && among(set, b[n-1]); n = len(b) {
		b = b[:n-1]
	}
	return b
}

// among reports whether c is in set.
func among(set string, c byte) bool {
	for i := range len(set) {
		if set[i] == c {
			return true
		}
	}
	return false
}
