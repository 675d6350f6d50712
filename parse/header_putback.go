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
	return p.inner(rec.Body, rec) || p.behindArrow(rec) || p.joined(rec) || p.unescaped(rec)
}

// inner reads b as a line of its own, with a header or a tag in front.
func (p *Parser) inner(b []byte, rec *Record) bool {
	in := &p.inside
	*in = Record{Pri: -1, times: rec.times, mem: rec.mem}
	header(b, in)
	in.Body = scan.TrimLeft(scan.TrimBody(in.Body))
	if len(in.Body) == 0 || len(in.Body) == len(b) || !p.dialect(in.Body, in) {
		return false
	}
	in.passedOn(rec)
	*rec = *in
	return true
}

// behindArrow reads a message behind the "HOST->ADDRESS " that Wazuh writes in front of each line of its archives.
func (p *Parser) behindArrow(rec *Record) bool {
	word, rest := scan.Word(rec.Body)
	i := bytes.Index(word, []byte("->"))
	if i <= 0 || i+2 == len(word) || len(rest) == 0 {
		return false
	}
	rest = scan.TrimLeft(rest)
	if !p.inner(rest, rec) {
		stamp := rec.Stamp
		rec.Stamp = Stamp{} // of the archive: the line's own is better
		ok := p.dialect(rest, rec)
		if rec.Stamp == (Stamp{}) {
			rec.Stamp = stamp
		}
		if !ok {
			return false
		}
		rec.Body = rest
	}
	if rec.Host == nil {
		rec.Host = word[:i]
	}
	return true
}

// joined reads the message with what the header's fields may have taken from it put back in front.
func (p *Parser) joined(rec *Record) bool {
	if len(rec.App) == 0 {
		return false
	}
	if rec.tagged != nil { // the header of RFC 3164 took nothing away but the blank behind the colon
		return scan.IsDigit(rec.Body[0]) && p.asWhole(rec, rec.App, ":")
	}
	if len(rec.PID) > 0 && p.asWhole(rec, rec.App, "[", string(rec.PID), "]: ") {
		return true
	}
	if len(rec.PID) > 0 {
		return false
	}
	if p.asWhole(rec, rec.App, " ") || p.asWhole(rec, rec.App, ": ") {
		return true
	}
	// A message without a header: its first word became the host.
	if len(rec.Host) == 0 {
		return false
	}
	host, app := rec.Host, string(rec.App)
	if !p.asWhole(rec, host, " ", app, ":") && !p.asWhole(rec, host, " ", app, " ") {
		return false
	}
	if bytes.Equal(rec.Host, host) {
		rec.Host = nil
	}
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
	body := rec.Body
	rec.Body = rec.unescape(body)
	if len(rec.Body) < len(body) && (p.dialect(rec.Body, rec) || p.joined(rec)) {
		return true
	}
	rec.Body = body
	return false
}

// unescape gives b with the control characters put back that rsyslog writes as "#" and three octal digits
// ($EscapeControlCharactersOnReceive), in the Parser's memory; b itself where there are none.
func (rec *Record) unescape(b []byte) []byte {
	if !bytes.Contains(b, []byte("#0")) {
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
