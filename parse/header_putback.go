package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// putBack reads a message that no dialect knows as it stands, but perhaps as it was before relays changed it. A relay
// that does not know its sender's format takes the first word for a tag and writes it into the fields of its own header
// (rsyslog's RSYSLOG_SyslogProtocol23Format makes APP-NAME of FortiGate's "date=2019-05-10", and leaves the colon of
// "%ASA-6-302013:" out), or it puts its header around a whole line. Only lines that are not understood pay for this.
func (p *Parser) putBack(rec *Record) bool {
	if len(rec.Body) == 0 {
		return false
	}
	return p.inner(rec.Body, rec) || p.behindHost(rec) || p.joined(rec) || p.lenient(rec) || p.unescaped(rec)
}

// restored reads a message of which pieces stand in the fields of an RFC 5424 header, although the rest alone says
// something, too. syslog-ng's syslog() makes a PROCID of what stands in brackets at the front, and a HOSTNAME and an
// APP-NAME of the words behind a stamp, or of all in front of the first colon; rsyslog does so with a clock behind a
// date.
func (p *Parser) restored(rec *Record) bool {
	switch {
	case rec.App == nil && isTransport(rec.Host): // a row of the kernel's table of connections
		return p.withHost(rec, " ")
	case rec.App != nil && isTransport(rec.App):
		app, body := rec.App, rec.Body
		if scan.IsLower(app[0]) && p.asWhole(rec, app, " ") || p.withHost(rec, " ", string(app), " ") {
			return true
		}
		rec.App, rec.Body = nil, rec.glued(app, []byte(" "), body)
		if p.dialect(rec.Body, rec) {
			return true
		}
		rec.App, rec.Body = app, body
		return false
	case rec.App != nil && isNumbers(rec.App):
		return p.withNumbers(rec)
	case rec.App != nil:
		return p.asWhole(rec, rec.App, ":")
	}
	if s, ok := epochStamp(rec.PID); ok && bytes.IndexByte(rec.PID, '.') > 0 { // conntrack -o timestamp
		rec.PID, rec.RelayStamp, rec.Stamp = nil, rec.Stamp, s
		return false
	}
	opened := rec.glued([]byte("["), rec.PID)
	if end := bytes.IndexByte(rec.Body, ']'); end >= 0 && bytes.IndexByte(rec.Body[:end], '[') < 0 {
		return p.asWhole(rec, opened, " ")
	} else if end > 0 && rec.Body[0] == '[' && p.asWhole(rec, opened, "]") {
		return true
	}
	return p.asWhole(rec, opened, "] ")
}

// withNumbers reads a message whose first number, date or hour became the APP-NAME: NX-OS' year, Cisco's number of the
// message, the hour of any clock, Proxmox VE's number of the guest.
func (p *Parser) withNumbers(rec *Record) bool {
	app, b := rec.App, rec.Body
	between := " "
	switch {
	case len(b) < 8:
		return false
	case len(app) == 2 && scan.IsDigit(b[0]) && scan.IsDigit(b[1]) && b[2] == ':':
		between = ":"
	case isYear(app):
		if scan.IsDigit(b[0]) {
			return false // rsyslog has left out month and day
		}
	case scan.AllDigits(app) && (scan.IsLetter(b[0]) || b[0] == '*' || b[0] == '.') && !scan.Within(b, "SRC="):
		between = ": "
	}
	whole := string(app) + between + string(b)
	host := rec.Host
	if len(host) > 0 && scan.IsDigit(host[0]) && isNumbers(host) && !looksLikeAddr(host) &&
		bytes.IndexByte(host, ':') < 0 {
		whole, rec.Host = string(host)+" "+whole, nil
	}
	kept := rec.keep(whole)
	if rec.App = nil; p.inner(kept, rec) {
		return true
	}
	body, stamp := rec.Body, rec.Stamp
	if p.dialect(kept, rec) {
		rec.Body = kept
		return true
	}
	rec.App, rec.Host, rec.Body, rec.Stamp = app, host, body, stamp
	return false
}

// lenient reads a message whose header breaks the grammar of RFC 5424 because a relay took too much of the message for
// one of its fields, or because the sender has another idea of the grammar.
func (p *Parser) lenient(rec *Record) bool {
	b := rec.Body
	if len(b) < 24 || b[0] != '1' || !isVersion(b) {
		return false
	}
	if word := rec.Word; word != "malformed" { // without its priority
		stamp, host := rec.Stamp, rec.Host
		rec.Word, rec.Stamp, rec.Host = "malformed", Stamp{}, nil
		ok := p.dialect(b, rec)
		if rec.Stamp == (Stamp{}) {
			rec.Stamp = stamp
		}
		if rec.Host == nil {
			rec.Host = host
		}
		if !ok {
			rec.Word = word
		}
		return ok
	}
	in := &p.inside
	*in = Record{said: said{Word: "syslog"}, Pri: rec.Pri, times: rec.times, mem: rec.mem}
	_, rest := scan.Word(b)
	var f [5][]byte
	for i := range f {
		f[i], rest = cutField(scan.TrimLeft(rest))
	}
	msg, ok := skipData(rest, f[4])
	if !ok || !in.Stamp.stamp5424(f[0]) {
		return false
	}
	in.Host, in.App, in.PID, in.Body = value(f[1]), value(f[2]), value(f[3]), scan.TrimLeft(msg)
	space := " "
	if len(in.Body) == 0 {
		space = ""
	}
	if !p.asWhole(in, in.App, space) {
		return false
	}
	*rec = *in
	return true
}

// inner reads b as a line of its own, with a header or a tag in front.
func (p *Parser) inner(b []byte, rec *Record) bool {
	if len(b) == 0 || !mayHaveHeader(b) {
		return false
	}
	in := &p.inside
	*in = Record{Pri: -1, times: rec.times, mem: rec.mem}
	header(b, in)
	in.Body = scan.TrimLeft(scan.TrimBody(in.Body))
	uptimePrefix(in)
	if len(in.Body) == 0 || len(in.Body) == len(b) {
		return false
	}
	if !p.dialect(in.Body, in) {
		whole := withTag(in)
		if whole == nil || !p.dialect(whole, in) {
			return false
		}
		in.App, in.Body = nil, whole
	}
	in.passedOn(rec)
	*rec = *in
	return true
}

// mayHaveHeader reports whether a header may stand in front of b. One that begins with a letter has a clock, a process
// number, or one of the tags that bareTag takes; the end may be logwatch's "(s)". Looking for these is a tenth of the
// work of reading a header.
func mayHaveHeader(b []byte) bool {
	if !scan.IsLetter(b[0]) || b[len(b)-1] == ')' || bytes.IndexByte(b, '[') >= 0 || scan.Has(b, "dnsmasq") {
		return true
	}
	return hasClock(b) || scan.Within(b, "kernel:")
}

// behindHost reads a message behind the host of an inner header that has a stamp, but no tag: relayed leaves the host
// in the message, because programs begin their messages with stamps, too.
func (p *Parser) behindHost(rec *Record) bool {
	w, rest := scan.Word(rec.Body)
	if rest = scan.TrimLeft(rest); rec.App != nil || rec.RelayStamp == (Stamp{}) || len(rest) == 0 || !isHost(w) {
		return false
	}
	relay := rec.Host
	if n, inner, ok := repeated(rest); ok {
		rec.Body = rest
		p.repeat(n, inner, rec)
	} else if !p.dialect(rest, rec) {
		return false
	}
	rec.Body = rest
	if bytes.Equal(rec.Host, relay) {
		rec.device(w)
	}
	return true
}

// joined reads the message with what the header's fields may have taken from it put back in front.
func (p *Parser) joined(rec *Record) bool {
	if len(rec.App) == 0 {
		return p.firstWord(rec)
	}
	if rec.tagged != nil { // a tag of RFC 3164 takes nothing away; but a relay put a blank into an address or a clock
		return scan.IsDigit(rec.App[0]) && scan.IsDigit(rec.Body[0]) &&
			(len(rec.Host) > 0 && p.withHost(rec, " ", string(rec.App), ":") || p.asWhole(rec, rec.App, ":"))
	}
	if p.behindClock(rec) {
		return true
	}
	if len(rec.PID) > 0 && p.asWhole(rec, rec.App, "[", string(rec.PID), "]: ") {
		return true
	}
	if len(rec.PID) > 0 {
		return false
	}
	if p.asWhole(rec, rec.App, " ") || p.asWhole(rec, rec.App, ": ") || p.asWhole(rec, rec.App, ":") {
		return true
	}
	if len(rec.Host) == 0 {
		return false
	}
	app := string(rec.App)
	return p.withHost(rec, " ", app, ":") || p.withHost(rec, " ", app, " ")
}

// firstWord reads a message without a tag whose first word became the host, one whose tag has lost its colon (rsyslog
// writes an APP-NAME of RFC 5424 so), and one into which a relay has put a blank behind a colon.
func (p *Parser) firstWord(rec *Record) bool {
	if len(rec.Host) == 0 || !rec.Stamp.HasClock {
		return false
	}
	if p.withHost(rec, " ") {
		return true
	}
	w, rest := scan.Word(rec.Body)
	rest = scan.TrimLeft(rest)
	if len(rest) == 0 {
		return false
	}
	if p.behindBlanks(w, rest, rec) {
		return true
	}
	if n := len(w); w[n-1] == ':' && scan.IsDigit(w[0]) && scan.IsDigit(rest[0]) {
		body := rec.Body
		rec.Body = rest
		if p.asWhole(rec, w) {
			return true
		}
		rec.Body = body
		return false
	}
	for _, c := range w {
		if !scan.IsLetter(c) && c != '-' && c != '_' {
			return false
		}
	}
	if rec.App = w; !p.dialect(rest, rec) {
		rec.App = nil
		return false
	}
	rec.Body = rest
	return true
}

// behindBlanks reads "gw rpd[2902]: message", where two blanks stood between stamp and host, and the relay took that
// for a message without a host.
func (p *Parser) behindBlanks(w, rest []byte, rec *Record) bool {
	w2, _ := scan.Word(rest)
	if n := len(w2); n < 5 || w2[n-1] != ':' || w2[n-2] != ']' || !scan.IsLetter(w2[0]) || !isHost(w) {
		return false
	}
	host, body := rec.Host, rec.Body
	_, r := scan.Word(rest)
	if !tag(rest, w2, r, rec) {
		return false
	}
	if !p.dialect(rec.Body, rec) {
		rec.App, rec.PID, rec.tagged, rec.Body, rec.Host = nil, nil, nil, body, host
		return false
	}
	rec.device(w)
	return true
}

// withHost reads the message with its first word in front, which the header's reader took for the host, and what the
// header took besides.
func (p *Parser) withHost(rec *Record, more ...string) bool {
	host := rec.Host
	if !p.asWhole(rec, host, more...) {
		return false
	}
	if bytes.Equal(rec.Host, host) {
		rec.Host = nil
	}
	if bytes.Equal(rec.Relay, host) {
		rec.Relay = nil
	}
	return true
}

// behindClock reads a message whose date a relay took for a program's name and cut at its first slash: of "2023/01/01
// 00:00:00 FLT.054: …" rsyslog's %programname% is 2023, and the month is lost. The relay's stamp stays.
func (p *Parser) behindClock(rec *Record) bool {
	if _, rest, ok := year(rec.App); !ok || len(rest) > 0 {
		return false
	}
	var s Stamp
	rest, ok := s.clock(rec.Body)
	rest = scan.TrimLeft(bytes.TrimPrefix(rest, []byte(":")))
	if !ok || len(rest) == 0 {
		return false
	}
	app := rec.App
	if rec.App = nil; !p.dialect(rest, rec) && !p.inner(rest, rec) {
		rec.App = app
		return false
	}
	rec.Body = rest
	return true
}

// asWhole reads the message with the parts in front of it. The stamp and the host of the header are the relay's: those
// that the message itself tells come before them.
func (p *Parser) asWhole(rec *Record, first []byte, more ...string) bool {
	start := len(rec.mem.scratch)
	rec.mem.scratch = append(rec.mem.scratch, first...)
	for _, s := range more {
		rec.mem.scratch = append(rec.mem.scratch, s...)
	}
	rec.mem.scratch = append(rec.mem.scratch, rec.Body...)
	whole := rec.mem.scratch[start:len(rec.mem.scratch):len(rec.mem.scratch)]
	app, pid, host, stamp := rec.App, rec.PID, rec.Host, rec.Stamp
	rec.App, rec.PID, rec.Host, rec.Stamp = nil, nil, nil, Stamp{}
	ok := p.dialect(whole, rec) || p.inner(whole, rec)
	if rec.Stamp == (Stamp{}) {
		rec.Stamp = stamp
	} else if ok && rec.RelayStamp == (Stamp{}) {
		rec.RelayStamp = stamp
	}
	if rec.Host == nil {
		rec.Host = host
	} else if ok && rec.Relay == nil {
		rec.Relay = host
	}
	if ok {
		rec.Body = whole
		return true
	}
	rec.App, rec.PID = app, pid
	rec.mem.scratch = rec.mem.scratch[:start]
	return false
}

// unescaped reads the message with its control characters put back.
func (p *Parser) unescaped(rec *Record) bool {
	body, app := rec.Body, rec.App
	rec.Body, rec.App = rec.unescape(body), rec.unescape(app)
	if len(rec.Body) < len(body) && (p.dialect(rec.Body, rec) || p.joined(rec) || p.inner(rec.Body, rec)) {
		return true
	}
	rec.Body, rec.App = body, app
	return false
}

// unescape gives b with the control characters put back that rsyslog writes as "#" and three octal digits
// ($EscapeControlCharactersOnReceive), in the Parser's memory; b itself where there are none.
func (rec *Record) unescape(b []byte) []byte {
	if !scan.Within(b, "#0") {
		return b
	}
	start := len(rec.mem.scratch)
	for i := 0; i < len(b); i++ {
		c := b[i]
		if c == '#' && i+3 < len(b) && b[i+1] == '0' && '0' <= b[i+2] && b[i+2] < '4' && isOctal(b[i+3]) {
			c = (b[i+2]-'0')<<3 | b[i+3] - '0'
			i += 3
		}
		rec.mem.scratch = append(rec.mem.scratch, c)
	}
	return rec.mem.scratch[start:len(rec.mem.scratch):len(rec.mem.scratch)]
}

func isOctal(c byte) bool { return '0' <= c && c <= '7' }

// trimEscaped cuts off a line end that a relay wrote out: rsyslog's #015 for a carriage return, #012 for a newline and
// #000 for a NUL.
func trimEscaped(b []byte) []byte {
	for len(b) > 4 && b[len(b)-4] == '#' && b[len(b)-3] == '0' {
		switch string(b[len(b)-2:]) {
		case "15", "12", "00":
			b = b[:len(b)-4]
		default:
			return b
		}
	}
	return b
}
