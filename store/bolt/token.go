package bolt

import "bytes"

// A line is split into what its neighbours say too and what changes: numbers, addresses, times, words with digits. A
// template is the line with the latter replaced by placeholders of three bytes: placeholder, kind, width. A byte of
// that value in the line itself is written twice.
const placeholder = 0xff

// Kinds of tokens. Each stands for exactly one way to write its value, so that the line comes back byte for byte.
const (
	tokNumber  byte = 1 + iota // decimal, no leading zero, at most 18 digits
	tokFixed                   // decimal of width digits, the first of them 0
	tokDecimal                 // number, point, width digits: one number of both
	tokIP                      // four decimal bytes
	tokClock                   // hh:mm:ss
	tokHex                     // width digits, small letters among them
	tokString                  // anything else
	tokDetail                  // the event's Detail
	tokEnd
)

// maxTokens is the largest number of placeholders in a template; the rest of a longer line stays in the template.
const maxTokens = 64

// token is a variable part of a line.
type token struct {
	kind, width byte
	value       uint64
	text        []byte
	colons      bool // text may be an address
}

// Classes of bytes, as bits.
const (
	isDigit  = 1 << iota
	isHex    // a to f
	isLetter // other letters
	isPoint  // . and :
)

// classes is a table of the class of each byte.
type classes [256]byte

func newClasses() (c classes) {
	for b := range c {
		switch {
		case b >= '0' && b <= '9':
			c[b] = isDigit
		case b >= 'a' && b <= 'f':
			c[b] = isHex
		case b >= 'g' && b <= 'z' || b >= 'A' && b <= 'Z' || b == '_':
			c[b] = isLetter
		case b == '.' || b == ':':
			c[b] = isPoint
		}
	}
	return c
}

// scanner splits lines.
type scanner struct {
	class    classes
	template []byte
	tokens   []token
}

// scan splits a line into s.template and s.tokens. detail is a text that is a token wherever it first stands.
func (s *scanner) scan(line []byte, detail string) {
	s.template, s.tokens = s.template[:0], s.tokens[:0]
	if bytes.IndexByte(line, placeholder) >= 0 {
		for _, c := range line {
			if s.template = append(s.template, c); c == placeholder {
				s.template = append(s.template, c)
			}
		}
		return
	}
	if len(detail) > 2 {
		if i := bytes.Index(line, []byte(detail)); i >= 0 {
			s.part(line[:i])
			s.put(token{kind: tokDetail})
			line = line[i+len(detail):]
		}
	}
	s.part(line)
}

func (s *scanner) part(line []byte) {
	start := 0 // of what is not yet in the template
	for i := 0; i < len(line); {
		or := s.class[line[i]]
		if or == 0 {
			i++
			continue
		}
		j := i + 1
		for j < len(line) {
			c := s.class[line[j]]
			if c == 0 {
				break
			}
			or |= c
			j++
		}
		if or&isDigit == 0 || len(s.tokens) >= maxTokens-8 { // a word makes at most 8 tokens
			i = j
			continue
		}
		a, b := i, j
		for s.class[line[a]] == isPoint {
			a++
		}
		for s.class[line[b-1]] == isPoint {
			b--
		}
		s.template = append(s.template, line[start:a]...)
		s.word(line[a:b], or)
		start, i = b, j
	}
	s.template = append(s.template, line[start:]...)
}

func (s *scanner) put(t token) {
	s.template = append(s.template, placeholder, t.kind, t.width)
	s.tokens = append(s.tokens, t)
}

// word puts a word that has a digit. or has the classes of its bytes, and perhaps isPoint though it has none.
func (s *scanner) word(w []byte, or byte) {
	switch {
	case or&isPoint != 0 && or&(isHex|isLetter) == 0 && s.pointed(w):
	case or == isDigit:
		s.digits(w)
	case or == isDigit|isHex && len(w) >= 4 && len(w) <= 16:
		v := uint64(0)
		for _, c := range w {
			if c <= '9' {
				v = v<<4 | uint64(c-'0')
			} else {
				v = v<<4 | uint64(c-'a'+10)
			}
		}
		s.put(token{kind: tokHex, width: byte(len(w)), value: v})
	default:
		s.put(token{kind: tokString, text: w, colons: or&isPoint != 0})
	}
}

// digits puts a word of digits alone.
func (s *scanner) digits(w []byte) {
	switch {
	case len(w) > 18:
		s.put(token{kind: tokString, text: w})
	case w[0] != '0' || len(w) == 1:
		s.put(token{kind: tokNumber, value: decimal(w)})
	default:
		s.put(token{kind: tokFixed, width: byte(len(w)), value: decimal(w)})
	}
}

func decimal(w []byte) (v uint64) {
	for _, c := range w {
		v = v*10 + uint64(c-'0')
	}
	return v
}

// pointed puts a word of digits, points and colons; false where it has too many parts.
func (s *scanner) pointed(w []byte) bool {
	return s.clock(w) || s.address(w) || s.decimal(w) || s.parts(w)
}

// clock puts hh:mm:ss, with up to nine digits behind a point.
func (s *scanner) clock(w []byte) bool {
	v, n := clock(w)
	if n == 0 || n < len(w) && (w[n] != '.' || len(w) > n+10 || !allDigits(w[n+1:])) {
		return false
	}
	s.put(token{kind: tokClock, value: v})
	if n < len(w) { // always fixed: a fraction may begin with any digit
		s.template = append(s.template, '.')
		s.put(token{kind: tokFixed, width: byte(len(w) - n - 1), value: decimal(w[n+1:])})
	}
	return true
}

// address puts an IPv4 address, perhaps with a port behind a colon.
func (s *scanner) address(w []byte) bool {
	v, n := ipv4(w)
	if n == 0 || n < len(w) && (w[n] != ':' || !allDigits(w[n+1:])) {
		return false
	}
	s.put(token{kind: tokIP, value: v})
	if n < len(w) {
		s.template = append(s.template, ':')
		s.digits(w[n+1:])
	}
	return true
}

// decimal puts a number of up to ten digits before the point, and up to eight behind it.
func (s *scanner) decimal(w []byte) bool {
	i := bytes.IndexByte(w, '.')
	if i < 1 || i > 10 || len(w) == i+1 || len(w) > i+9 || w[0] == '0' && i > 1 || !allDigits(w[:i]) ||
		!allDigits(w[i+1:]) {
		return false
	}
	v := decimal(w[:i])
	for _, c := range w[i+1:] {
		v = v*10 + uint64(c-'0')
	}
	s.put(token{kind: tokDecimal, width: byte(len(w) - i - 1), value: v})
	return true
}

// parts puts each run of digits for itself; false where there are more than eight.
func (s *scanner) parts(w []byte) bool {
	parts := 1
	for _, c := range w {
		if c > '9' || c < '0' {
			parts++
		}
	}
	if parts > 8 {
		return false
	}
	from := 0
	for i := 0; i <= len(w); i++ {
		if i < len(w) && w[i] >= '0' && w[i] <= '9' {
			continue
		}
		if i > from {
			s.digits(w[from:i])
		}
		if i < len(w) {
			s.template = append(s.template, w[i])
		}
		from = i + 1
	}
	return true
}

func allDigits(w []byte) bool {
	for _, c := range w {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(w) > 0
}

// clock reads hh:mm:ss into seconds; n is 0 where w does not begin with one.
func clock(w []byte) (v uint64, n int) {
	if len(w) < 8 || w[2] != ':' || w[5] != ':' {
		return 0, 0
	}
	for _, i := range [6]int{0, 1, 3, 4, 6, 7} {
		if w[i] < '0' || w[i] > '9' {
			return 0, 0
		}
	}
	h, m, s := decimal(w[:2]), decimal(w[3:5]), decimal(w[6:8])
	if h > 23 || m > 59 || s > 59 {
		return 0, 0
	}
	return h*3600 + m*60 + s, 8
}

// ipv4 reads four decimal bytes without leading zeros; n is 0 where w does not begin with them, or goes on with a digit
// or a point.
func ipv4(w []byte) (v uint64, n int) {
	for part := range 4 {
		from, b := n, uint64(0)
		for n < len(w) && w[n] >= '0' && w[n] <= '9' && n < from+3 {
			b = b*10 + uint64(w[n]-'0')
			n++
		}
		if n == from || b > 255 || n > from+1 && w[from] == '0' {
			return 0, 0
		}
		v = v<<8 | b
		if part < 3 {
			if n >= len(w) || w[n] != '.' {
				return 0, 0
			}
			n++
		}
	}
	if n < len(w) && w[n] != ':' {
		return 0, 0
	}
	return v, n
}
