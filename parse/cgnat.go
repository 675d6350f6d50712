package parse

import (
	"bytes"
	"net/netip"
)

// What carrier-grade NATs log. A line with a destination is a session; one with a range of ports gives a block of them to
// a subscriber: Word nat-block, Src the subscriber, NATSrc the outside address, PortLow and PortHigh the block (RFC 6888, 4).

// natMark sets kind and action of a translation that comes or goes.
func natMark(rec *Record, created bool) {
	rec.Word, rec.Kind, rec.Action = "nat", SessionNew, "nat-create"
	if !created {
		rec.Kind, rec.Action = SessionEnd, "nat-delete"
	}
	if rec.PortHigh != 0 || !rec.Dst.IsValid() && rec.NATSPort == 0 {
		rec.Kind = System // no session: a block, or an address for a subscriber
		if rec.PortHigh != 0 {
			rec.Word = "nat-block"
		}
	}
}

// a10 reads A10 Thunder's ASCII log:
//
//	NAT-UDP-C: 100.100.100.100:10000 -> 150.150.150.150:10000
//	NAT-TCP-N: 10.0.0.1:5000<-->203.0.113.1:6000 to 198.51.100.1:80
//	NAT-TCP-F: 10.0.0.1:5000<->198.51.100.1:80,203.0.113.1:6000<-->198.51.100.1:80
//	NAT-TCP-B: 10.0.0.1 -> 203.0.113.1:1024-2047
//
// C, N and A create, F, D and R free. The translated source stands behind the first arrow, except in the form with
// <-> and a comma, which gives the destination first.
func (p *Parser) a10(b []byte, rec *Record) bool {
	tag := until(b, ": ")
	event := tag[bytes.LastIndexByte(tag, '-')+1:]
	rest := b[len(tag):]
	if len(rest) == 0 || rest[0] != ':' || len(event) == 0 {
		return false
	}
	rest = rest[1:]
	proto := bytes.TrimRight(tag[:len(tag)-len(event)], "-")
	rec.Proto = protocol(proto[bytes.LastIndexByte(proto, '-')+1:])
	inside, rest := readNATEnd(rest)
	full := bytes.HasPrefix(trimLeft(rest), []byte("<->"))
	outside, rest := readNATEnd(rest)
	third, _ := readNATEnd(rest)
	dst := third
	if full {
		dst, outside = outside, third
	}
	if !inside.addr.IsValid() || !outside.addr.IsValid() {
		return false
	}
	rec.Src, rec.SPort, rec.Dst, rec.DPort = inside.addr, inside.port, dst.addr, dst.port
	rec.NATSrc, rec.NATSPort = outside.addr, outside.port
	rec.PortLow, rec.PortHigh = outside.low, outside.high
	rec.Dialect = "a10"
	natMark(rec, event[0] != 'F' && event[0] != 'D' && event[0] != 'R')
	return true
}

// a10Fixed reads the block that deterministic NAT gives to a subscriber for good (RFC 7422): logged once, it stands for
// all sessions of its ports.
//
//	FIXED-NAT-PORTS 10.10.10.172->192.168.9.173:3000-4000
func a10Fixed(b []byte, rec *Record) bool {
	inside, rest := readNATEnd(b[len("FIXED-NAT-PORTS"):])
	outside, _ := readNATEnd(rest)
	if !inside.addr.IsValid() || !outside.addr.IsValid() || outside.high == 0 {
		return false
	}
	rec.Src, rec.NATSrc, rec.PortLow, rec.PortHigh = inside.addr, outside.addr, outside.low, outside.high
	rec.Dialect = "a10"
	natMark(rec, true)
	return true
}

// natEnd is an endpoint of a translation: an address with a port or with a range of ports.
type natEnd struct {
	addr      netip.Addr
	port      uint16
	low, high uint16
}

// readNATEnd skips arrows, commas and words, and reads an endpoint: a:1, a: 1, [v6]:1, a:1-9, a.
func readNATEnd(b []byte) (e natEnd, rest []byte) {
	for len(b) > 0 && !isDigit(b[0]) && b[0] != '[' {
		b = b[1:]
	}
	i := 0
	for i < len(b) && (hexDigit(b[i]) < 16 || b[i] == '.' || b[i] == ':' || b[i] == '[' || b[i] == ']') {
		i++
	}
	w, rest := b[:i], b[i:]
	if n := len(w); n > 1 && w[n-1] == ':' && len(rest) > 1 && rest[0] == ' ' {
		num, r := word(rest)
		e.addr, e.port = addr(unbracket(w[:n-1])), port(num)
		return e, r
	}
	e.addr, e.port = endpointWord(w)
	if len(rest) > 1 && rest[0] == '-' && isDigit(rest[1]) {
		colon := bytes.LastIndexByte(w, ':')
		e.low, e.high, _ = portRange(b[colon+1:])
		e.port = 0
		_, rest, _ = leading(rest[1:])
	}
	return e, rest
}

// sixwind reads 6WIND's fp-cgnat:
//
//	NEW CONN: fwd proto 6 10.100.0.1:4241 -> 10.200.0.1:33815, back proto 6 10.200.0.1:33815 --> 10.175.0.3:10752
//	USER 100.64.0.1 (matching rule 1): NEW BLOCK (pool "mypool", ip public 192.0.2.33, proto 6, port 1 - 512)
func (p *Parser) sixwind(b []byte, rec *Record) bool {
	rec.Dialect = "6wind"
	if user, ok := bytes.CutPrefix(b, []byte("USER ")); ok {
		w, rest := word(user)
		rec.Src = addr(w)
		what := after(rest, "): ")
		created := bytes.HasPrefix(what, []byte("NEW BLOCK"))
		if !created && !bytes.HasPrefix(what, []byte("DESTROY BLOCK")) {
			rec.Kind, rec.Word, rec.Detail = System, "other", p.name(what)
			if containsLower(what, "fail") || containsLower(what, "full") || containsLower(what, "limit") || containsLower(what, "no block") || containsLower(what, "exhaust") {
				rec.Kind, rec.Word = TableFull, "nat-exhausted"
			}
			return true
		}
		rec.NATSrc = addr(until(after(what, "ip public "), ",) "))
		rec.Proto = protocol(until(after(what, "proto "), ",) "))
		rec.PortLow, rec.PortHigh, _ = portRange(after(what, "port "))
		rec.Detail = p.name(until(after(what, `pool "`), `"`))
		natMark(rec, created)
		return true
	}
	created := bytes.HasPrefix(b, []byte("NEW CONN: "))
	if !created && !bytes.HasPrefix(b, []byte("DESTROY CONN: ")) {
		rec.Kind, rec.Word = System, "other"
		if containsLower(b, "full") || containsLower(b, "exhaust") || containsLower(b, "no more") {
			rec.Kind, rec.Word, rec.Detail = TableFull, "nat-exhausted", p.name(b)
		}
		return true
	}
	fwd, back := after(b, "fwd proto "), after(b, "back proto ")
	proto, r := word(fwd)
	from, r := word(r)
	_, r = word(r)
	to, _ := word(r)
	rec.Proto = protocol(proto)
	rec.Src, rec.SPort = endpointWord(from)
	rec.Dst, rec.DPort = endpointWord(to)
	_, r = word(back)
	peer, r := word(r)
	_, r = word(r)
	outside, _ := word(r)
	rec.NATDst, rec.NATDPort = endpointWord(peer)
	rec.NATSrc, rec.NATSPort = endpointWord(outside)
	if !rec.Src.IsValid() || !rec.Dst.IsValid() {
		return false
	}
	tidyNAT(&rec.Event)
	natMark(rec, created)
	return true
}

// nfware reads NFWare's CGNAT: A adds and D deletes an address, a port, a session or a block of ports:
//
//	A VRF 0 6 INT 10.0.0.1:57938 EXT 100.64.0.1:28475 DST 185.165.123.206:443 DIR OUT
//	D VRF 0 INT 10.0.0.1 EXT 100.64.0.1:1024-2047
func (p *Parser) nfware(b []byte, rec *Record) bool {
	created := b[0] == 'A'
	_, rest := word(b[len("A VRF "):])
	w, rest := word(rest)
	if string(w) != "INT" {
		rec.Proto = protocol(w)
		w, rest = word(rest)
	}
	if string(w) != "INT" {
		return false
	}
	inside, rest := readNATEnd(rest)
	outside, rest := readNATEnd(rest)
	if !inside.addr.IsValid() || !outside.addr.IsValid() {
		return false
	}
	rec.PortLow, rec.PortHigh = outside.low, outside.high
	peer, rest := readNATEnd(rest)
	if bytes.HasSuffix(rest, []byte("DIR IN")) { // the outside host opened the session
		rec.Src, rec.SPort, rec.Dst, rec.DPort = peer.addr, peer.port, outside.addr, outside.port
		rec.NATDst, rec.NATDPort = inside.addr, inside.port
	} else {
		rec.Src, rec.SPort, rec.Dst, rec.DPort = inside.addr, inside.port, peer.addr, peer.port
		rec.NATSrc, rec.NATSPort = outside.addr, outside.port
	}
	rec.Dialect = "nfware"
	natMark(rec, created)
	return true
}

// f5LSN reads the large scale NAT of F5 BIG-IP, plain and as pairs:
//
//	LSN_ADD 10.10.10.10%0:5000 6 203.0.113.1%0:6000 198.51.100.1 443
//	lsn_event="LSN_DELETE",start="1562092616047",cli="10.10.10.10:5000",nat="203.0.113.1:6000",duration="8080"
func (p *Parser) f5LSN(b []byte, rec *Record) bool {
	event := []byte(nil)
	if b[0] == 'l' {
		w := pairWalk{rest: b, sep: ','}
		for key, val, ok := w.next(); ok; key, val, ok = w.next() {
			switch string(key) {
			case "lsn_event":
				event = val
			case "cli":
				e, _ := readNATEnd(withoutDomain(val))
				rec.Src, rec.SPort = e.addr, e.port
			case "nat":
				e, _ := readNATEnd(withoutDomain(val))
				rec.NATSrc, rec.NATSPort, rec.PortLow, rec.PortHigh = e.addr, e.port, e.low, e.high
			case "dest", "dst":
				e, _ := readNATEnd(withoutDomain(val))
				rec.Dst, rec.DPort = e.addr, e.port
			case "ip_protocol", "proto":
				rec.Proto = protocol(val)
			}
		}
	} else {
		var f [6][]byte
		rest := b
		for i := range f {
			f[i], rest = word(rest)
		}
		event = f[0]
		rec.Src, rec.SPort = f5Endpoint(f[1])
		rec.Proto = protocol(f[2])
		rec.NATSrc, rec.NATSPort = f5Endpoint(f[3])
		rec.Dst, rec.DPort = f5Endpoint(f[4])
		if rec.DPort == 0 {
			rec.DPort = port(f[5])
		}
	}
	if !bytes.HasPrefix(event, []byte("LSN_")) || !rec.Src.IsValid() {
		return false
	}
	rec.Dialect = "f5-lsn"
	natMark(rec, !bytes.Contains(event, []byte("DELETE")) && !bytes.Contains(event, []byte("RELEASE")) && !bytes.Contains(event, []byte("END")))
	if bytes.Contains(event, []byte("INBOUND")) && rec.Dst.IsValid() {
		e := &rec.Event
		e.Src, e.SPort, e.Dst, e.DPort, e.NATDst, e.NATDPort = e.Dst, e.DPort, e.NATSrc, e.NATSPort, e.Src, e.SPort
		e.NATSrc, e.NATSPort = netip.Addr{}, 0
	}
	if bytes.Contains(event, []byte("FAIL")) || bytes.Contains(event, []byte("QUOTA")) || bytes.Contains(event, []byte("EXHAUST")) {
		rec.Kind, rec.Word, rec.Action, rec.Detail = TableFull, "nat-exhausted", "", p.name(event)
	}
	return true
}

// f5Endpoint reads 10.0.0.1%2:5000, where %2 is a route domain.
func f5Endpoint(b []byte) (netip.Addr, uint16) {
	i := bytes.IndexByte(b, '%')
	if i < 0 {
		return endpointWord(b)
	}
	_, rest, _ := leading(b[i+1:])
	if len(rest) > 0 && rest[0] == ':' {
		return addr(b[:i]), port(rest[1:])
	}
	return addr(b[:i]), 0
}

// withoutDomain drops a route domain where no port follows it.
func withoutDomain(b []byte) []byte {
	if i := bytes.IndexByte(b, '%'); i >= 0 && bytes.IndexByte(b[i:], ':') < 0 {
		return b[:i]
	}
	return b
}

// nokiaISA reads the block allocations of Nokia 7750 SR (ISA, event NAT 2012):
//
//	{1} Map  192.168.20.28 [2001-2005] MDA 1/2 -- 276824064 classic-lsn-sub %3 vprn101 10.0.1.2 at 2012/08/17 15:31:39
//
// The first address is the outside one; the subscriber's is the last word in front of "at".
func (p *Parser) nokiaISA(b []byte, rec *Record) bool {
	end := bytes.IndexByte(b[:min(len(b), 12)], '}')
	if end < 0 {
		return false
	}
	verb, rest := word(b[end+1:])
	created := string(verb) == "Map"
	if !created && string(verb) != "Free" {
		return false
	}
	w, rest := word(rest)
	rec.NATSrc = addr(w)
	ports, rest := word(rest)
	if len(ports) < 5 || ports[0] != '[' {
		return false
	}
	rec.PortLow, rec.PortHigh, _ = portRange(ports[1:])
	if i := bytes.Index(rest, []byte(" at ")); i >= 0 {
		rest = rest[:i]
	}
	rec.Src = addr(until(lastWord(rest), "/"))
	if !rec.Src.IsValid() || !rec.NATSrc.IsValid() || rec.PortHigh == 0 {
		return false
	}
	rec.Dialect = "nokia-isa"
	natMark(rec, created)
	return true
}
