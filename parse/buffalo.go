package parse

import "bytes"

// buffalo reads the packet filter of Buffalo home routers and its kin: "FIREWALL: TCP connection denied from
// 203.0.113.5:2345 to 192.0.2.1:135 (ppp0)".
func (p *Parser) buffalo(b []byte, rec *Record) bool {
	b = bytes.TrimPrefix(b, []byte("FIREWALL"))
	b = bytes.TrimLeft(b, ": ")
	proto, rest := word(b)
	what, rest := word(rest)
	if rec.Proto = protocolWord(proto); rec.Proto == 0 || string(what) != "connection" && string(what) != "packet" {
		return false
	}
	verb, rest := word(rest)
	kind, action := verdict(verb)
	if kind == System {
		return false
	}
	if w, r := word(rest); string(w) == "from" {
		w, rest = word(r)
		rec.Src, rec.SPort = endpointWord(w)
	}
	if w, r := word(rest); string(w) == "to" {
		w, rest = word(r)
		rec.Dst, rec.DPort = endpointWord(w)
	}
	if !rec.Src.IsValid() {
		return false
	}
	if i := bytes.IndexByte(rest, '('); i >= 0 {
		rec.InIf = until(rest[i+1:], ")")
	}
	rec.Dialect, rec.Word, rec.Kind, rec.Action = "buffalo", "fw-packet", kind, action
	return true
}
