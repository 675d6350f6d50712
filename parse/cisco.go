package parse

import (
	"bytes"
	"net/netip"
)

// ciscoAt is where the message number's "ASA-", "PIX-" or "FTD-" stands, with or without a % in front, or -1. It is
// looked for only at the front of the message.
func ciscoAt(b []byte) int {
	head := b[:min(len(b), 48)]
	for _, w := range [...]string{"ASA-", "FTD-", "PIX-"} {
		i := bytes.Index(head, []byte(w))
		if i == 0 || i > 0 && (head[i-1] == '%' || head[i-1] == ' ') {
			return i
		}
	}
	return -1
}

// cisco reads the connection, translation and denial messages of ASA, FTD and PIX. b begins with "ASA-6-302013: …".
//
// "Built outbound" means that the inside (the second endpoint) opened the connection, "inbound" that the first did;
// the addresses in parentheses are the mapped ones. A teardown does not say who opened: see ciscoOpener.
func (p *Parser) cisco(b []byte, rec *Record) bool {
	colon := bytes.IndexByte(b, ':')
	if colon < 7 || colon > 24 {
		return false
	}
	code := b[bytes.LastIndexByte(b[:colon], '-')+1 : colon]
	msg := trimLeft(b[colon+1:])
	ok := false
	switch string(code) {
	case "302013", "302015", "302017", "302020", "302303":
		ok = ciscoBuilt(msg, rec)
	case "302014", "302016", "302018", "302021", "302304":
		ok = p.ciscoTeardown(msg, rec)
	case "305011", "305012":
		ok = ciscoTranslation(msg, rec)
	case "106001", "106006", "106007", "106010", "106014", "106015", "106023", "710002", "710003", "710005":
		ok = ciscoPacket(msg, rec)
		rec.Detail = p.name(until(after(msg, `access-group "`), `"`))
	}
	if !ok {
		return false
	}
	rec.Dialect = "cisco"
	return true
}

// endpoint is one side of a connection: real and mapped address.
type endpoint struct {
	addr, mapped netip.Addr
	port, mport  uint16
	intf         []byte
}

// readEndpoint reads "outside:10.1.2.1/22 (10.1.2.1/22)(LOCAL\user)"; interface, port and mapped part may be missing.
func readEndpoint(b []byte) (e endpoint, rest []byte) {
	w, rest := word(b)
	w = bytes.TrimRight(w, ",")
	if a, _ := hostPort(w, '/'); !a.IsValid() {
		if i := bytes.IndexByte(w, ':'); i >= 0 {
			e.intf, w = w[:i], w[i+1:]
		}
	}
	w = until(w, "(")
	e.addr, e.port = hostPort(w, '/')
	if r := trimLeft(rest); len(r) > 0 && r[0] == '(' {
		in := until(r[1:], ")")
		if e.mapped, e.mport = hostPort(in, '/'); e.mapped.IsValid() {
			rest = r[min(len(r), len(in)+2):]
		}
	}
	return e, rest
}

// ciscoBuilt reads "Built outbound TCP connection 9 for outside:a/p (m/p) to inside:b/q (m/q)" and the ICMP form
// "Built outbound ICMP connection for faddr a/0 gaddr m/1 laddr b/1".
func ciscoBuilt(b []byte, rec *Record) bool {
	_, r := word(b)
	direction, r := word(r)
	proto, r := word(r)
	rec.Proto = protocol(proto)
	rec.Kind, rec.Word, rec.Action = SessionNew, "session", "session-create"
	if bytes.Contains(r, []byte("faddr ")) {
		return ciscoICMP(r, string(direction) == "inbound", rec)
	}
	first, second, _, ok := ciscoPair(r)
	if !ok {
		return false
	}
	if string(direction) == "inbound" {
		ciscoFill(first, second, rec)
	} else {
		ciscoFill(second, first, rec)
	}
	return true
}

// ciscoPair reads "… for A to B" or "… from A to B".
func ciscoPair(b []byte) (first, second endpoint, rest []byte, ok bool) {
	r := after(b, " for ")
	if r == nil {
		r = after(b, "from ")
	}
	first, r = readEndpoint(r)
	to := after(r, "to ")
	second, rest = readEndpoint(to)
	return first, second, rest, first.addr.IsValid() && second.addr.IsValid()
}

// ciscoFill writes a connection from src to dst into the event.
func ciscoFill(src, dst endpoint, rec *Record) {
	rec.Src, rec.SPort, rec.Dst, rec.DPort = src.addr, src.port, dst.addr, dst.port
	rec.NATSrc, rec.NATSPort, rec.NATDst, rec.NATDPort = src.mapped, src.mport, dst.mapped, dst.mport
	rec.InIf, rec.OutIf = src.intf, dst.intf
}

// ciscoICMP reads faddr (foreign), gaddr (the local host's mapped address) and laddr (local).
func ciscoICMP(b []byte, inbound bool, rec *Record) bool {
	f, _ := word(after(b, "faddr "))
	g, _ := word(after(b, "gaddr "))
	l, _ := word(after(b, "laddr "))
	foreign, local := endpoint{}, endpoint{}
	foreign.addr, foreign.port = hostPort(until(f, "("), '/')
	local.addr, local.port = hostPort(until(l, "("), '/')
	local.mapped, local.mport = hostPort(until(g, "("), '/')
	if !foreign.addr.IsValid() || !local.addr.IsValid() {
		return false
	}
	rec.Proto = ICMP
	if inbound {
		ciscoFill(foreign, local, rec)
	} else {
		ciscoFill(local, foreign, rec)
	}
	return true
}

// ciscoTeardown reads "Teardown TCP connection 4211 for A to B duration 0:00:00 bytes 526 TCP FINs". The reason is
// kept as Detail; "TCP Reset-O" sets RST, "SYN Timeout" means that the connection was never answered.
func (p *Parser) ciscoTeardown(b []byte, rec *Record) bool {
	_, r := word(b)
	proto, r := word(r)
	rec.Proto = protocol(proto)
	rec.Kind, rec.Word, rec.Action = SessionEnd, "session", "session-delete"
	if bytes.Contains(r, []byte("faddr ")) {
		return ciscoICMP(r, false, rec)
	}
	first, second, rest, ok := ciscoPair(r)
	if !ok {
		return false
	}
	if ciscoOpener(first, second) {
		first, second = second, first
	}
	ciscoFill(first, second, rec)
	size, reason := word(after(rest, "bytes "))
	rec.Bytes, _ = number(size)
	reason = trimLeft(reason)
	rec.Detail = p.name(until(reason, "("))
	switch {
	case bytes.HasPrefix(reason, []byte("TCP Reset")):
		rec.Flags = RST
	case bytes.HasPrefix(reason, []byte("SYN Timeout")):
		rec.State = SynSent
	}
	return true
}

// ciscoOpener guesses whether the second endpoint, the inner one, opened a connection that is torn down: yes where it
// is private and the other is not, unless it alone has a service's port (a forwarded web server is reached, not the
// one who calls).
func ciscoOpener(first, second endpoint) bool {
	if second.port > 0 && second.port < 1024 && first.port >= 1024 {
		return false
	}
	return second.addr.IsPrivate() && !first.addr.IsPrivate()
}

// ciscoTranslation reads "Built dynamic TCP translation from inside:a/p to outside:m/q". It repeats what the
// connection's own message says, so it is System.
func ciscoTranslation(b []byte, rec *Record) bool {
	verb, r := word(b)
	_, r = word(r)
	proto, r := word(r)
	from, rest := readEndpoint(after(r, "from "))
	to, _ := readEndpoint(after(rest, "to "))
	if !from.addr.IsValid() || !to.addr.IsValid() {
		return false
	}
	rec.Proto = protocol(proto)
	rec.Src, rec.SPort, rec.NATSrc, rec.NATSPort = from.addr, from.port, to.addr, to.port
	rec.InIf, rec.OutIf = from.intf, to.intf
	rec.Kind, rec.Word, rec.Action = System, "nat", "nat-create"
	if string(verb) == "Teardown" {
		rec.Action = "nat-delete"
	}
	return true
}

// ciscoPacket reads the denials, and the permission 710002, each of which words its addresses in one of two ways:
// "src A dst B" or "from A to B".
func ciscoPacket(b []byte, rec *Record) bool {
	r := after(b, "src ")
	sep := "dst "
	if r == nil {
		r, sep = after(b, "from "), "to "
	}
	from, rest := readEndpoint(r)
	to, _ := readEndpoint(after(rest, sep))
	if !from.addr.IsValid() || !to.addr.IsValid() {
		return false
	}
	ciscoFill(from, to, rec)
	for w, r := word(b); len(w) > 0 && rec.Proto == 0; w, r = word(r) {
		if !isDigit(w[0]) {
			rec.Proto = protocol(w)
		}
	}
	for w, r := word(after(b, "flags ")); len(w) == 3 && tcpFlag(w) != 0; w, r = word(r) {
		rec.Flags |= tcpFlag(w)
	}
	rec.Kind, rec.Word, rec.Action = SessionDenied, "fw-packet", "deny"
	if bytes.Contains(b, []byte("permitted")) {
		rec.Kind, rec.Action = SessionNew, "allow"
	}
	return true
}
