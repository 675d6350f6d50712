package ingest

import (
	"bytes"
	"html"
	"slices"

	"uncloak/parse"
)

// repair restores the log lines of pasted text: it removes markup, where the text is a page, and joins lines that a
// terminal or a blog had wrapped. It returns the text, one line each, whether it is a page, and how many pieces were
// joined to the line before them. A proper log is returned as it is.
func repair(text []byte, format string) (fixed []byte, page bool, joined int) {
	if format == "log" {
		return text, false, 0
	}
	u := unwrapper{parser: parse.NewParser()}
	if page = format == "page" || u.isPage(text); page {
		text = []byte(html.UnescapeString(string(stripMarkup(text))))
	}
	lines := bytes.Split(text, []byte("\n"))
	if page {
		for i := range lines {
			lines[i] = bytes.TrimSpace(lines[i])
		}
		lines = slices.DeleteFunc(lines, func(l []byte) bool { return len(l) == 0 })
	}
	whole := u.unwrap(lines)
	if !page && len(whole) == len(lines) {
		return text, false, 0
	}
	return bytes.Join(whole, []byte("\n")), page, len(lines) - len(whole)
}

// isPage reports whether text has markup around log lines: a page's own tags, or line breaks of which most end a line
// or have a log line behind them. A log of a web server that mentions a tag has neither.
func (u *unwrapper) isPage(text []byte) bool {
	breaks, good := 0, 0
	for rest := text; ; {
		i := bytes.IndexByte(rest, '<')
		if i < 0 {
			return breaks > 0 && 2*good >= breaks
		}
		rest = rest[i:]
		name, n := tagName(rest)
		if n == 0 {
			rest = rest[1:]
			continue
		}
		switch name {
		case "html", "body", "pre", "head":
			if lineStart(text, rest) {
				return true
			}
		case "br", "p":
			breaks++
			line := rest[n:]
			if j := bytes.IndexAny(line, "\n<"); j >= 0 {
				line = line[:j]
			}
			u.parser.Line(line, &u.rec)
			if len(bytes.TrimSpace(line)) == 0 || u.rec.Kind != parse.Unknown || factOf(line, &u.rec).header {
				good++
			}
		}
		rest = rest[n:]
	}
}

// lineStart reports whether rest, the end of text, begins at the start of a line.
func lineStart(text, rest []byte) bool {
	before := bytes.TrimRight(text[:len(text)-len(rest)], " \t")
	return len(before) == 0 || before[len(before)-1] == '\n' || before[len(before)-1] == '>'
}

// tagName reads an HTML tag at the start of b, and returns its name, in lower case and without a slash, and its length;
// n is 0 for anything else in angle brackets, such as the priority <13> or the kernel's <TASK>.
func tagName(b []byte) (name string, n int) {
	end := bytes.IndexByte(b[:min(len(b), 512)], '>')
	if end < 2 {
		return "", 0
	}
	in := bytes.TrimPrefix(b[1:end], []byte("/"))
	if i := bytes.IndexAny(in, " /\t\n"); i >= 0 {
		in = in[:i]
	}
	if len(in) > 10 {
		return "", 0
	}
	name = string(bytes.ToLower(in))
	switch name {
	case "br", "p", "div", "pre", "html", "body", "head", "li", "ul", "ol", "tr", "table", "tbody", "h1", "h2", "h3",
		"h4", "hr",
		"blockquote", "title", "section", "article", "span", "a", "b", "i", "u", "code", "tt", "td", "th", "strong",
		"em", "font", "img",
		"small", "samp", "kbd", "!doctype", "meta", "link":
		return name, end + 1
	}
	return "", 0
}

// stripMarkup replaces tags that end a line by a newline, and takes the others away. Within a <pre> nothing differs:
// its line ends are there.
func stripMarkup(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for len(text) > 0 {
		i := bytes.IndexByte(text, '<')
		if i < 0 {
			break
		}
		out, text = append(out, text[:i]...), text[i:]
		name, n := tagName(text)
		switch name {
		case "":
			n = 1
			out = append(out, '<')
		case "span", "a", "b", "i", "u", "code", "tt", "strong", "em", "font", "img", "small", "samp", "kbd":
		default:
			out = append(out, '\n')
		}
		text = text[n:]
	}
	return append(out, text...)
}

// Bounds of what is put together: four pieces of an 80-column terminal hold every kernel message that is wrapped.
const (
	maxPieces = 6
	maxJoined = 1024
)

// unwrapper puts wrapped lines together. It joins only where that completes a message: the line is understood as cut
// short, or not at all; what follows is not understood and has no header of its own; and the whole is understood and
// ends as such a message ends.
type unwrapper struct {
	parser *parse.Parser
	rec    parse.Record
}

func (u *unwrapper) unwrap(lines [][]byte) [][]byte {
	out := make([][]byte, 0, len(lines))
	for i := 0; i < len(lines); i++ {
		line, n := u.join(lines[i:])
		out = append(out, line)
		i += n
	}
	return out
}

// join returns the first line, joined with the following ones that belong to it, and the number of these.
func (u *unwrapper) join(lines [][]byte) (line []byte, more int) {
	first := bytes.TrimRight(lines[0], "\r")
	if len(lines) < 2 || len(first) < 8 || len(first) > maxJoined || !u.piece(lines[1]) || u.complete(first) {
		return lines[0], 0
	}
	for _, gap := range []string{"", " "} {
		whole := bytes.Clone(first)
		for n := 1; n < min(maxPieces, len(lines)); n++ {
			next := bytes.Trim(lines[n], "\r")
			if len(whole)+len(next) > maxJoined || n > 1 && !u.piece(next) {
				break
			}
			whole = append(append(whole, gap...), next...)
			if u.complete(whole) {
				return whole, n
			}
		}
	}
	return lines[0], 0
}

// piece reports whether a line can be the rest of another one.
func (u *unwrapper) piece(l []byte) bool {
	if l = bytes.TrimSpace(l); len(l) == 0 { // a blank before a key would make the line a property of a kmsg record
		return false
	}
	u.parser.Line(l, &u.rec)
	return u.vague() && !factOf(l, &u.rec).header
}

// vague reports whether the line is not understood, or only as some message of the kernel, as half a message may be, or
// as half of one.
func (u *unwrapper) vague() bool {
	return u.rec.Kind == parse.Unknown || u.rec.Kind == parse.Torn ||
		(u.rec.Kind == parse.System || u.rec.Kind == parse.Alarm) && u.rec.Word == "other" &&
			u.rec.Dialect == "kernel"
}

// complete reports whether a line is understood and ends as its message does.
func (u *unwrapper) complete(l []byte) bool {
	u.parser.Line(l, &u.rec)
	b := bytes.TrimRight(u.rec.Body, " ")
	if u.vague() {
		return false
	}
	switch u.rec.Kind {
	case parse.WindowShrink: // "… Repaired." to 2.6, "… (repaired)" later
		return bytes.HasSuffix(b, []byte("epaired.")) || bytes.HasSuffix(b, []byte("epaired)"))
	case parse.TableFull:
		return !bytes.Contains(b, []byte("table full")) || bytes.Contains(b, []byte("dropping packet"))
	case parse.OOMKill:
		i := bytes.LastIndexByte(b, '(')
		return i < 0 || bytes.IndexByte(b[i:], ')') > 0
	}
	if i := bytes.Index(b, []byte("PROTO=")); u.rec.Dialect == "netfilter" {
		return i >= 0 && packetEnds(b[i+len("PROTO="):])
	}
	return true
}

// packetEnds reports whether a packet line goes on to the last field that its protocol has
// (net/netfilter/nf_log_syslog.c).
func packetEnds(proto []byte) bool {
	last := ""
	switch {
	case bytes.HasPrefix(proto, []byte("TCP")):
		last = "URGP="
	case bytes.HasPrefix(proto, []byte("UDP")):
		last = " LEN="
	case bytes.HasPrefix(proto, []byte("ICMP")):
		last = "CODE="
	}
	i := bytes.LastIndex(proto, []byte(last))
	return i >= 0 && (last == "" || i+len(last) < len(proto))
}
