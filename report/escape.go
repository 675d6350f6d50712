package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean makes text of the network harmless on a terminal and in a file of one record a line: control bytes (C0, DEL,
// C1), bytes that are not UTF-8, line separators, and the marks that turn the direction of writing or cannot be seen
// are shown as \x1b, \u202e and so on; a tab is a blank.
func Clean(s string) string {
	if strings.IndexFunc(s, hostile) < 0 && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '\t':
			b.WriteByte(' ') // harmless, and frequent in conntrack's lines
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case !hostile(r):
			b.WriteRune(r)
		case r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
		i += n
	}
	return b.String()
}

// hostile says whether a rune changes how the text around it is shown. Cf holds the bidi marks (UAX #9), the joiners,
// the byte order mark and the tag characters; Zl and Zp break lines.
func hostile(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co, unicode.Cs)
}

// label makes a name fit for a sentence: clean and at most 48 columns wide, so that no name from a DHCP lease can push
// the text off the page.
func label(s string) string { return clip(Clean(strings.TrimSpace(s)), 48) }

// mdEscape makes clean text inert in Markdown: no link, no image, no tag, no emphasis, no heading, no mention, no
// autolink.
func mdEscape(s string) string {
	var b strings.Builder
	for _, r := range Clean(s) {
		switch r {
		case '<':
			b.WriteString("&lt;")
			continue
		case '>':
			b.WriteString("&gt;")
			continue
		case '&':
			b.WriteString("&amp;")
			continue
		case '\\', '`', '*', '_', '{', '}', '[', ']', '#', '|', '~', '!', '@':
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	out := strings.NewReplacer("://", `:\/\/`, "www.", `www\.`).Replace(b.String())
	if rest := strings.TrimLeft(out, "0123456789"); out != "" && strings.ContainsRune("-+=", rune(out[0])) ||
		rest != out && (rest == "." || rest == ")" || strings.HasPrefix(rest, ". ") || strings.HasPrefix(rest, ") ")) {
		return "&#" + fmt.Sprint(out[0]) + ";" + out[1:] // would begin a list, a heading or a rule
	}
	return out
}

// csvCell stops a spreadsheet from taking text for a formula.
func csvCell(s string) string {
	s = Clean(s)
	if t := strings.TrimLeft(s, " "); t != "" && strings.ContainsRune("=+-@|%", rune(t[0])) {
		return "'" + s
	}
	return s
}

// shellQuote writes s as one word of a POSIX shell.
func shellQuote(s string) string {
	plain := func(r rune) bool {
		return r < 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("-_./:+,@%=", r))
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
