package parse

import (
	"bytes"
	"net/netip"

	"uncloak/parse/scan"
)

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

// natEnd is an endpoint of a translation: an address with a port or with a range of ports.
type natEnd struct {
	addr      netip.Addr
	port      uint16
	low, high uint16
}

// readNATEnd skips arrows, commas and words, and reads an endpoint: a:1, a: 1, [v6]:1, a:1-9, a.
func readNATEnd(b []byte) (e natEnd, rest []byte) {
	for len(b) > 0 && !scan.IsDigit(b[0]) && b[0] != '[' {
		b = b[1:]
	}
	i := 0
	for i < len(b) && (scan.HexDigit(b[i]) < 16 || b[i] == '.' || b[i] == ':' || b[i] == '[' || b[i] == ']') {
		i++
	}
	w, rest := b[:i], b[i:]
	if n := len(w); n > 1 && w[n-1] == ':' && len(rest) > 1 && rest[0] == ' ' {
		num, r := scan.Word(rest)
		e.addr, e.port = scan.Addr(scan.Unbracket(w[:n-1])), scan.Port(num)
		return e, r
	}
	e.addr, e.port = scan.Endpoint(w)
	if len(rest) > 1 && rest[0] == '-' && scan.IsDigit(rest[1]) {
		colon := bytes.LastIndexByte(w, ':')
		e.low, e.high, _ = scan.PortRange(b[colon+1:])
		e.port = 0
		_, rest, _ = scan.Leading(rest[1:])
	}
	return e, rest
}
