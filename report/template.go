package report

import (
	"net/netip"
	"strings"
	"unicode/utf8"
)

// Bounds of a template, in bytes: the part of a message that is looked at, the longest template, and how far the end of
// an address is looked for (the longest, netfilter's row of both MAC addresses, has 41).
const (
	maxTemplateInput = 1024
	maxTemplate      = 160
	maxAddress       = 64
)

// Template returns the shape of a message, with placeholders for the parts that differ from line to line. Numbers are
// <n>, runs of hex digits and UUIDs <hex>, MAC and IP addresses <mac> and <ip>, quoted text <text>, long words of mixed
// letters and digits (base64 and the like) <word>. It has at most 160 bytes and an ellipsis.
//
// The template of a template is the same template: each placeholder but <text> stands for something with a digit, no
// placeholder has a digit, and decisions look back only at what is already written.
func Template(message string) string {
	t := templater{in: message[:min(len(message), maxTemplateInput)]}
	for t.at < len(t.in) && t.step() {
	}
	return strings.TrimRight(string(t.out), " ")
}

// templater holds the state of Template: it reads in from at on and writes to out.
type templater struct {
	in    string
	at    int
	plain int // up to here no <word> begins: it was looked at before
	out   []byte
}

// step writes one token, and returns false where there is no more room.
func (t *templater) step() bool {
	rest := t.in[t.at:]
	token, n := t.token(rest)
	t.at += n
	if token == " " && (len(t.out) == 0 || t.after(' ')) {
		return true
	}
	if len(t.out)+len(token) > maxTemplate {
		t.out = append(t.out, "…"...)
		return false
	}
	t.out = append(t.out, token...)
	return true
}

// token returns the text to write for the first n bytes of s.
func (t *templater) token(s string) (token string, n int) {
	switch c := s[0]; {
	case c == ' ', c == '\t':
		return " ", 1
	case c == '"', c == '\'' && !t.afterWord():
		return quoted(s)
	case c >= utf8.RuneSelf:
		_, n := utf8.DecodeRuneInString(s)
		return s[:n], n
	case !alnum(c) && c != ':':
		return s[:1], 1
	}
	if !t.afterWord() {
		if token, n := address(s); n > 0 && !t.after('.') {
			return token, n
		}
		if t.at >= t.plain {
			n, ok := mixedRun(s)
			if ok {
				return "<word>", n
			}
			t.plain = t.at + n
		}
	}
	if s[0] == ':' {
		return s[:1], 1
	}
	return word(s)
}

// after says whether c stands in front.
func (t *templater) after(c byte) bool { return len(t.out) > 0 && t.out[len(t.out)-1] == c }

// afterWord says whether a letter stands in front.
func (t *templater) afterWord() bool { return len(t.out) > 0 && alnum(t.out[len(t.out)-1]) }

// quoted replaces a quoted text. A key of JSON stays, with its numbers replaced: it names a field.
func quoted(s string) (token string, n int) {
	end := strings.IndexByte(s[1:], s[0])
	if end < 0 {
		return s[:1], 1
	}
	inner, n := s[1:1+end], end+2
	if s[0] == '"' && n < len(s) && s[n] == ':' {
		if key, ok := keyName(inner); ok {
			return `"` + key + `":`, n + 1
		}
	}
	return "<text>", n
}

// keyName returns s with its numbers replaced, if it looks like the name of a field.
func keyName(s string) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(s); {
		if n := span(s[i:], digit); n > 0 {
			b.WriteString("<n>")
			i += n
			continue
		}
		if !alnum(s[i]) && !strings.ContainsRune("_-.<>", rune(s[i])) {
			return "", false
		}
		b.WriteByte(s[i])
		i++
	}
	return b.String(), b.Len() > 0 && b.Len() <= 40
}

// address finds an IP or MAC address, or a UUID, at the beginning of s: with a digit in it and no word behind it.
func address(s string) (token string, n int) {
	s = s[:min(len(s), maxAddress)]
	if n := uuid(s); n > 0 {
		return "<hex>", n
	}
	if n := span(s, func(c byte) bool { return digit(c) || c == '.' }); ends(s, n) {
		v4 := strings.TrimRight(s[:n], ".")
		if a, err := netip.ParseAddr(v4); err == nil && a.Is4() {
			return "<ip>", len(v4)
		}
	}
	for _, colon := range []byte{':', '-'} {
		n := span(s, func(c byte) bool { return hexDigit(c) || c == colon })
		if !ends(s, n) || !strings.ContainsFunc(s[:n], func(r rune) bool { return '0' <= r && r <= '9' }) {
			continue
		}
		run := strings.TrimRight(s[:n], string(colon))
		if isMAC(run, colon) {
			return "<mac>", len(run)
		}
	}
	n = span(s, func(c byte) bool { return hexDigit(c) || c == ':' || c == '.' })
	if !ends(s, n) || !strings.ContainsAny(s[:n], "0123456789") || strings.Count(s[:n], ":") < 2 {
		return "", 0
	}
	for _, run := range []string{s[:n], strings.TrimRight(s[:n], ".:")} { // "fe80::" and "fe80::1:" both end in a colon
		if _, err := netip.ParseAddr(run); err == nil && strings.ContainsAny(run, "0123456789") {
			return "<ip>", len(run)
		}
	}
	return "", 0
}

// ends says whether no word goes on behind the first n bytes, at least one of them.
func ends(s string, n int) bool {
	return n > 0 && n < maxAddress && (n == len(s) || !alnum(s[n]) && s[n] != '<' && s[n] != '_')
}

// isMAC says whether s is six pairs of hex digits or more: netfilter writes both addresses and the type in one row.
func isMAC(s string, between byte) bool {
	if len(s) < 17 || len(s)%3 != 2 {
		return false
	}
	for i := range len(s) {
		if i%3 == 2 != (s[i] == between) {
			return false
		}
	}
	return true
}

// uuid returns the length of a UUID with a digit in it at the beginning of s, or 0.
func uuid(s string) int {
	const n = 36
	if len(s) < n || !ends(s, n) || !strings.ContainsAny(s[:n], "0123456789") {
		return 0
	}
	for i := range n {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash != (s[i] == '-') || !dash && !hexDigit(s[i]) {
			return 0
		}
	}
	return n
}

// mixedRun returns the length of the run of base64 at the beginning of s; ok says that it is long and has small and
// capital letters and digits.
func mixedRun(s string) (n int, ok bool) {
	n = span(s, func(c byte) bool { return alnum(c) || c == '+' || c == '/' || c == '=' })
	run := s[:n]
	return n, n >= 20 && alnum(s[0]) && strings.ContainsAny(run, "0123456789") && strings.ToLower(run) != run &&
		strings.ToUpper(run) != run
}

// word replaces a run of letters and digits: by <n> or <hex> if it is a number or begins with one, else by its letters
// up to the first digit.
func word(s string) (token string, n int) {
	n = span(s, alnum)
	run := s[:n]
	numbers := span(run, digit)
	switch {
	case numbers == n:
		return "<n>", n
	case strings.HasPrefix(run, "0x") && n > 2 && span(run[2:], hexDigit) == n-2,
		n >= 4 && span(run, hexDigit) == n && strings.ContainsAny(run, "0123456789"):
		return "<hex>", n
	case numbers > 0:
		return "<n>", numbers
	}
	letters := span(run, func(c byte) bool { return !digit(c) })
	return run[:letters], letters
}

// span counts the bytes at the beginning of s that are of a sort.
func span(s string, sort func(byte) bool) int {
	for i := range len(s) {
		if !sort(s[i]) {
			return i
		}
	}
	return len(s)
}

func digit(c byte) bool { return '0' <= c && c <= '9' }

func hexDigit(c byte) bool { return digit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }

func alnum(c byte) bool { return digit(c) || 'a' <= c|0x20 && c|0x20 <= 'z' }
