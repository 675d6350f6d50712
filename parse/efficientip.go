package parse

import (
	"bytes"
	"net/netip"
)

// guardian reads what EfficientIP SOLIDserver's named says beside BIND's own words ("client …: query: …" and its
// "client …: answer: …" are read by bind):
//
//	List Matched 192.168.1.226#32622: query: example.com IN A (192.168.1.209) {DTP} [phishing,active30]
//	ARMING trigger on 192.0.2.147.f6:ec:1e:00:00:b1.x (action:QUARANTINE) (Suspicious Behavior)
//
// All of it is System: the query itself has its own line. Action is deny where a trigger quarantines or blocks.
func (p *Parser) guardian(b []byte, stamp Stamp, rec *Record) bool {
	if r, ok := bytes.CutPrefix(b, []byte("List Matched ")); ok {
		client, rest := word(r)
		rec.Src, rec.SPort = hostPort(bytes.TrimRight(client, ":"), '#')
		if rest = after(rest, "query: "); !rec.Src.IsValid() || rest == nil {
			return false
		}
		name, rest := word(rest)
		_, rest = word(rest)
		rec.QType, _ = word(rest)
		rec.QName = plainName(name)
		rec.Detail = p.name(until(after(rest, "{"), "}"))
	} else {
		_, trigger, ok := bytes.Cut(b[:min(len(b), 32)], []byte("ARMING trigger on "))
		if !ok {
			return false
		}
		who := until(b[len(b[:min(len(b), 32)])-len(trigger):], " ")
		rec.Src = leadingAddr(who)
		rec.Detail = p.name(bytes.Trim(lastParenthesis(b), "()"))
		if b[0] == 'A' && (within(b, "(action:QUARANTINE") || within(b, "(action:BLOCK") || within(b, "(action:REFUSE")) {
			rec.Action = "deny"
		}
	}
	rec.Stamp, rec.Dialect = stamp, "efficientip"
	return mark(rec, System, "other")
}

// leadingAddr is the IPv4 address in front of the names that Guardian adds to it with a point.
func leadingAddr(b []byte) (a netip.Addr) {
	for i, n := 0, 0; i < len(b); i++ {
		if b[i] == '.' {
			if n++; n == 4 {
				return addr(b[:i])
			}
		}
	}
	return addr(b)
}

// lastParenthesis is the last thing in parentheses.
func lastParenthesis(b []byte) []byte {
	i := bytes.LastIndexByte(b, '(')
	if i < 0 {
		return nil
	}
	return b[i:]
}
