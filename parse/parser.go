// Package parse turns one log line into one Record: first the header (syslog, dmesg, /dev/kmsg, journal), then the
// message in one of the dialects, each in its own file. It reads no clock, no file and no socket, it never fails and
// never panics: what it does not understand comes back as Kind Unknown with the whole message in Body.
//
// The dialect is chosen from the tag and from a few bytes of the message, so a line costs the same whatever came before
// it, and what it says does not depend on the lines before it (a test holds that). That is why a Parser remembers
// names, but no dialect. Who knows what a sender writes can say so: see Dialect.
package parse

import (
	"bytes"
	"encoding/binary"

	"uncloak/parse/scan"
)

// Bounds of what a Parser remembers. A name is a rule, a process, a query or a host; 16,384 of them at no more than
// 255 bytes are 5 MB in the worst case, after which the cache starts anew.
const (
	maxNames   = 1 << 14
	maxNameLen = 255
	maxRules   = 1 << 12
)

// Parser reads the lines of one sender or file. It is not safe for concurrent use.
type Parser struct {
	mem   memory
	table *table
	own   *Dialect // what the sender of the current line is known to write; nil: not known

	inside Record // of putBack: a line inside the message
}

// memory holds what a Parser keeps from line to line, so that a line costs no allocation.
type memory struct {
	macs    [64]macName
	names   map[string]Name
	rules   map[string]rule
	scratch []byte // bytes of the current line that stand nowhere in it: unescaped JSON, names that a dialect gives
}

// NewParser makes a Parser with an empty name cache.
func NewParser() *Parser {
	return &Parser{table: theTable(), mem: memory{names: make(map[string]Name), rules: make(map[string]rule)}}
}

// Line reads one line into rec, which is reset first. A trailing newline, carriage return or NUL is no part of the
// line. Slices of rec point into line, for journal JSON with escapes into the Parser, and are valid until the next
// call.
func (p *Parser) Line(line []byte, rec *Record) {
	if !p.head(line, rec) {
		return
	}
	p.message(rec)
	if rec.App == nil && levelWord(rec.Host) {
		rec.Host = nil // no router is called INFO
	}
	if rec.Dialect == "" && rec.Stamp.HasUptime {
		rec.Word = "other" // the kernel speaks, of something that no dialect knows
	}
	if len(rec.App) > 0 && rec.PID == nil && len(rec.Body) > 23 && scan.IsDigit(rec.Body[0]) && rec.Kind != Unknown {
		ownTime(rec)
	}
	if rec.Kind == Unknown && rec.Dialect == "" {
		chatter(rec)
	}
	if rec.times > 1 && rec.Kind != Unknown {
		rec.multiply(rec.times)
	}
	if rec.Kind == SessionEnd {
		rec.Count = rec.lasted
	}
	if rec.Kind == Link {
		rec.State = LinkUp
		if rec.Word == "link-down" {
			rec.State = LinkDown
		}
	}
	rec.severe()
	if rec.Kind == Unknown { // what is not understood is grouped by the program that writes it
		rec.detail = rec.App
	}
	if rec.Kind == DNSQuery {
		rec.detail = rec.lower(rec.detail)
	}
	if len(rec.detail) > 0 {
		rec.Detail = p.mem.name(rec.detail)
	}
	if len(rec.aside) > 0 {
		rec.Aside = p.mem.name(rec.aside)
	}
	rec.Identity = identity(rec)
}

// head reads what precedes the message into rec, which is reset first; false where there is nothing at all.
func (p *Parser) head(line []byte, rec *Record) bool {
	*rec = Record{Pri: -1, mem: &p.mem}
	if p.mem.scratch = p.mem.scratch[:0]; cap(p.mem.scratch) > maxScratch {
		p.mem.scratch = nil // one monstrous line shall not be paid for ever after
	}
	return front(line, rec)
}

// front reads what precedes the message into rec, which is new but for its memory.
func front(line []byte, rec *Record) bool {
	line = trimEscaped(scan.TrimEnd(line))
	if len(line) > 0 && line[0] == scan.BOM[0] {
		line = bytes.TrimPrefix(line, scan.BOM)
	}
	if len(line) == 0 {
		return false
	}
	if c := line[0]; c < ' ' || c == 'd' {
		if line = unwrapped(line, rec); len(line) == 0 {
			return false
		}
	}
	if line[0] == ' ' {
		rec.indent = len(line) - len(scan.TrimLeft(line))
	}
	switch {
	case line[0] == '{':
		object(line, rec)
	case isContinuation(line):
		rec.Body, rec.Dialect, rec.Word, rec.Kind = line[1:], "kernel", "other", System
	case isExport(line):
		exportField(line, rec)
	default:
		header(line, rec)
	}
	if len(rec.Body) > 0 && rec.Body[0] == 0x1b {
		if plain := rec.colourless(line); len(plain) < len(line) {
			*rec = Record{Pri: -1, mem: rec.mem}
			return front(plain, rec)
		}
	}
	rec.Body = scan.TrimLeft(scan.TrimBody(rec.Body))
	uptimePrefix(rec)
	rec.Host = junosHost(chained(rec.Host))
	if n := len(rec.App); n > len(".service") && rec.App[n-1] == 'e' {
		rec.App = bytes.TrimSuffix(rec.App, []byte(".service"))
	}
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
	if rec.cutUp && p.restored(rec) || p.dialect(rec.Body, rec) {
		return
	}
	if rec.object != nil && p.dialect(rec.object, rec) {
		rec.Body = rec.object
		return
	}
	if whole := withTag(rec); whole != nil && p.dialect(whole, rec) {
		rec.App, rec.Body = nil, whole
		return
	}
	if !p.putBack(rec) && !p.wrappedMessage(rec) {
		tornPiece(rec)
	}
}

// name interns b through the bounded cache; a hit does not allocate.
func (m *memory) name(b []byte) Name {
	if len(b) == 0 {
		return Name{}
	}
	if len(b) > maxNameLen {
		b = b[:maxNameLen]
	}
	if n, ok := m.names[string(b)]; ok {
		return n
	}
	if len(m.names) >= maxNames {
		clear(m.names)
	}
	s := string(b)
	n := MakeName(s)
	m.names[s] = n
	return n
}

// keep copies text into the memory of the line's Parser, as bytes that are valid as long as the line.
func (rec *Record) keep(text string) []byte {
	start := len(rec.mem.scratch)
	rec.mem.scratch = append(rec.mem.scratch, text...)
	return rec.mem.scratch[start:len(rec.mem.scratch):len(rec.mem.scratch)]
}

// glued copies the parts, one behind another, into the memory of the line's Parser.
func (rec *Record) glued(parts ...[]byte) []byte {
	start := len(rec.mem.scratch)
	for _, b := range parts {
		rec.mem.scratch = append(rec.mem.scratch, b...)
	}
	return rec.mem.scratch[start:len(rec.mem.scratch):len(rec.mem.scratch)]
}

// lower gives b in small letters, in the Parser's memory; b itself where it has no others. Names of DNS are the same in
// any case, and some resolvers mix it at random (draft-vixie-dnsext-dns0x20).
func (rec *Record) lower(b []byte) []byte {
	const ones = 0x0101010101010101
	i := 0
	for ; i+8 <= len(b); i += 8 { // a word at a time: 0x40 to 0x5f hold the capitals
		x := (binary.LittleEndian.Uint64(b[i:]) ^ 0x40*ones) & (0x60 * ones)
		if (x-ones)&^x&(0x80*ones) != 0 {
			break
		}
	}
	for ; i < len(b); i++ {
		if scan.IsUpper(b[i]) {
			folded := rec.glued(b)
			for j := i; j < len(folded); j++ {
				if scan.IsUpper(folded[j]) {
					folded[j] |= 0x20
				}
			}
			return folded
		}
	}
	return b
}
