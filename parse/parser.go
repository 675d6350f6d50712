// Package parse turns one log line into one Record: first the header (syslog, dmesg, /dev/kmsg, journal), then the
// message in one of the dialects, each in its own file. It reads no clock, no file and no socket, it never fails and
// never panics: what it does not understand comes back as Kind Unknown with the whole message in Body.
//
// The dialect is chosen from the tag and from a few bytes of the message, so a line costs the same whatever came before
// it, and what it says does not depend on the lines before it (a test holds that). That is why a Parser remembers
// names, but no dialect. Who knows what a sender writes can say so: see Dialect.
package parse

import "bytes"

// Bounds of what a Parser remembers. A name is a rule, a process, a query or a host; 65,536 of them at no more than
// 255 bytes are 17 MB in the worst case, after which the cache starts anew.
const (
	maxNames   = 1 << 16
	maxNameLen = 255
	maxRules   = 1 << 12
)

// Parser reads the lines of one sender or file. It is not safe for concurrent use.
type Parser struct {
	names   map[string]Name
	rules   map[string]rule
	scratch []byte   // unescaped journal fields of the current line
	own     *Dialect // of the sender of the current line; nil: not known
}

// NewParser makes a Parser with an empty name cache.
func NewParser() *Parser {
	return &Parser{names: make(map[string]Name), rules: make(map[string]rule)}
}

// Line reads one line into rec, which is reset first. A trailing newline, carriage return or NUL is no part of the line.
// Slices of rec point into line, for journal JSON with escapes into the Parser, and are valid until the next call.
func (p *Parser) Line(line []byte, rec *Record) {
	if !p.head(line, rec) {
		return
	}
	p.message(rec)
	if rec.Dialect == "" && rec.Stamp.HasUptime {
		rec.Word = "other" // the kernel speaks, of something that no dialect knows
	}
	if rec.times > 1 && rec.Kind != Unknown {
		rec.multiply(rec.times)
	}
	if rec.Kind == Link {
		rec.State = LinkUp
		if rec.Word == "link-down" {
			rec.State = LinkDown
		}
	}
	if rec.Kind == Unknown { // what is not understood is grouped by who says it
		rec.Detail = p.name(rec.App)
	}
	rec.Identity = identity(rec)
}

// head reads what precedes the message into rec, which is reset first; false where there is nothing at all.
func (p *Parser) head(line []byte, rec *Record) bool {
	*rec = Record{Pri: -1}
	line = trimEnd(line)
	line = bytes.TrimPrefix(line, bom)
	if len(line) == 0 {
		return false
	}
	if line[0] == ' ' {
		rec.indent = len(line) - len(trimLeft(line))
	}
	switch {
	case line[0] == '{':
		if !isJournal(line) || !p.journal(line, rec) {
			rec.Body = line
		}
	case isContinuation(line):
		rec.Body, rec.Dialect, rec.Word, rec.Kind = line[1:], "kernel", "other", System
	case isExport(line):
		exportField(line, rec)
	default:
		header(line, rec)
	}
	rec.Body = trimLeft(trimBody(rec.Body))
	uptimePrefix(rec)
	rec.Host = junosHost(rec.Host)
	return true
}

// message hands the body to its dialect.
func (p *Parser) message(rec *Record) {
	if rec.Dialect != "" {
		return
	}
	if n, inner, ok := repeated(rec.Body); ok {
		p.repeat(n, inner, rec)
		return
	}
	if p.dialect(rec.Body, rec) {
		return
	}
	if whole := withTag(rec); whole != nil && p.dialect(whole, rec) {
		rec.App, rec.Body = nil, whole
	}
}

// dialect reads b in the dialect that its looks choose, or its sender is known to write, and leaves nothing behind where that
// fails.
func (p *Parser) dialect(b []byte, rec *Record) bool {
	if p.own != nil {
		return p.asked(b, rec)
	}
	word := rec.Word
	if p.choose(b, rec) {
		return true
	}
	rec.clear(word)
	return false
}

// clear takes back what a dialect has written that did not understand the line after all; word is the header's.
func (rec *Record) clear(word string) {
	rec.Event, rec.Word, rec.Action, rec.Dialect = Event{}, word, "", ""
	rec.PortLow, rec.PortHigh, rec.Unordered, rec.swapped = 0, 0, false, false
	rec.InIf, rec.OutIf, rec.QName, rec.QType, rec.Rule = nil, nil, nil, nil, nil
	rec.Assured, rec.Unreplied, rec.ZeroPort = false, false, false
}

var rtPrefix = []byte("RT_")

// choose goes by the tag and by the words that only one dialect has.
func (p *Parser) choose(b []byte, rec *Record) bool {
	if len(b) == 0 {
		return false
	}
	if bytes.HasPrefix(rec.App, []byte("dnsmasq")) {
		return p.dnsmasq(b, rec)
	}
	before := rec.Word
	first := bytes.IndexByte(b[:min(len(b), 48)], '%') >= 0 || bytes.HasPrefix(b, rtPrefix) || bytes.HasPrefix(rec.App, rtPrefix) || bytes.HasPrefix(rec.msgID, rtPrefix)
	if first { // Cisco's mnemonic, Junos' RT_FLOW
		if p.familyA(b, rec) {
			return true
		}
		rec.clear(before)
	}
	if i := index(b, "SRC="); i >= 0 {
		if isULOGD(b) {
			return ulogd(b, rec)
		}
		if len(b) > 20 && isDigit(b[0]) && p.pveFirewall(b, rec) {
			return true
		}
		if p.netfilter(b, i, rec) || p.arpLog(b, rec) {
			return true
		}
		rec.clear(before) // an address in a web server's log, say
	}
	kernel := speaksKernel(rec)
	if kernel && (rec.Stamp.HasUptime || string(rec.App) == "kernel") && b[0] != '[' { // BSD's kernel begins with a bracket
		if p.kernelC(b, rec) || p.kernel(b, rec) {
			return true
		}
		rec.clear(before)
		kernel = false
	}
	// The frequent ones go first where nothing else can look like them: a family's look costs 10 to 70 ns.
	if b[0] == '[' && len(b) > 8 {
		if i := index(b, "src="); i >= 0 && conntrack(b, i, rec) {
			return true
		}
	}
	if len(rec.Host) == 0 && tableEntry(b, rec) {
		return true
	}
	// A console's own stamp, and CEF, are the family's.
	if !isDigit(b[0]) && (len(b) < 4 || b[3] != '/') && within(b[:min(len(b), 64)], " in:") && bytes.IndexByte(b[:min(len(b), 64)], '|') < 0 && p.mikrotikLine(b, rec) {
		return true
	}
	if p.familyB(b, rec) || !first && p.familyA(b, rec) {
		return true
	}
	rec.clear(before)
	if p.familyC(b, rec) {
		return true
	}
	if i := index(b, "src="); i >= 0 {
		return conntrack(b, i, rec)
	}
	if p.mikrotikLine(b, rec) || p.familyD(b, rec) { // its prefix may be longer than what was looked at above
		return true
	}
	if kernel && p.kernel(b, rec) {
		return true
	}
	if len(rec.App) == 0 {
		return false
	}
	rec.clear(before)
	return everyday(rec)
}

// speaksKernel says whether the message may be the kernel's: a daemon, which has a pid, cannot speak for it.
func speaksKernel(rec *Record) bool {
	return len(rec.PID) == 0 || string(rec.App) == "kernel" || string(rec.App) == "klogd"
}

func (p *Parser) mikrotikLine(b []byte, rec *Record) bool {
	i := index(b, " proto ")
	return i >= 0 && isMikrotik(b[:i]) && p.mikrotik(b, i+1, rec)
}

// withTag is the body with its tag where that tag may be the start of a kernel message: a sender that leaves out
// "kernel:" makes "nf_conntrack:" look like a tag. It is nil where that cannot be.
func withTag(rec *Record) []byte {
	if len(rec.App) == 0 || len(rec.PID) > 0 || string(rec.App) == "kernel" || rec.tagged == nil {
		return nil
	}
	return trimBody(rec.tagged)
}

// name interns b through the bounded cache; a hit does not allocate.
func (p *Parser) name(b []byte) Name {
	if len(b) == 0 {
		return Name{}
	}
	if len(b) > maxNameLen {
		b = b[:maxNameLen]
	}
	if n, ok := p.names[string(b)]; ok {
		return n
	}
	if len(p.names) >= maxNames {
		clear(p.names)
	}
	s := string(b)
	n := MakeName(s)
	p.names[s] = n
	return n
}
