package parse

import (
	"bytes"
	"net/netip"
)

// ipfw reads the lines of ipfw on FreeBSD, macOS and (as wipfw) Windows, and the kernel's own notes about unwanted
// connections there:
//
//	ipfw: 65500 Deny TCP 10.0.0.1:4000 10.0.0.2:22 in via en0
//	ipfw: 100 Deny ICMPv6:135.0 [fe80::1] [ff02::1] in via em0
//	ipfw: 200 Forward to 10.0.0.9 UDP …
func (p *Parser) ipfw(b []byte, rec *Record) bool {
	b = trimLeft(bytes.TrimPrefix(trimLeft(b), []byte("ipfw:")))
	if within(b, "oo many dynamic rules") {
		rec.Detail, rec.Dialect = p.name([]byte("ipfw dynamic rules")), "ipfw"
		return mark(rec, TableFull, "fw-table-full")
	}
	if has(b, "limit ") && within(b, " reached on entry ") || has(b, "logging count reset") || has(b, "Entry ") && within(b, "logging count reset") {
		rec.Dialect = "ipfw"
		return mark(rec, System, "other")
	}
	rule, rest := word(b)
	if _, ok := number(bytes.TrimPrefix(rule, []byte("-"))); !ok {
		return false
	}
	verb, rest := word(rest)
	switch string(verb) {
	case "Deny", "Reject", "Reset", "Reset6", "Unreach", "Refuse", "Abort", "Abort6":
		rec.Action = "deny"
	case "Accept", "Allow", "Pass":
		rec.Action = "allow"
	case "Count", "Divert", "Tee", "SkipTo", "Skipto", "Pipe", "Queue", "Forward", "Fwd", "Nat", "Netgraph", "Ngtee", "Setfib", "SetDscp", "Call", "Return", "Check-state":
	default:
		return false
	}
	icmpType := -1
	for range 4 { // an action's own words ("8668", "to 10.0.0.9") stand in front of the protocol
		var w []byte
		w, rest = word(rest)
		name, number := cutByte(w, ':')
		if string(name) == "P" {
			rec.Proto = protocol(number)
		} else if len(name) > 0 && isUpper(name[0]) {
			rec.Proto = protocol(name)
			if t, _, ok := leading(number); ok && t < 256 {
				icmpType = int(t)
			}
		}
		if rec.Proto != 0 {
			break
		}
	}
	from, rest := word(rest)
	to, rest := word(rest)
	rec.Src, rec.SPort = ipfwAddr(from)
	rec.Dst, rec.DPort = ipfwAddr(to)
	if rec.Proto == 0 || !rec.Src.IsValid() || !rec.Dst.IsValid() {
		return false
	}
	dir, rest := word(rest)
	via, rest := word(rest)
	if string(via) == "via" {
		iface, _ := word(rest)
		if string(dir) == "out" {
			rec.OutIf = iface
		} else {
			rec.InIf = iface
		}
	}
	rec.Dialect, rec.Word, rec.Rule, rec.Detail = "ipfw", "fw-packet", rule, p.name(rule)
	rec.Kind = packetKind(rec, icmpType)
	if rec.Action == "" && rec.Kind == SessionNew {
		rec.Kind = System // counted, shaped or sent on: the verdict comes with another rule
	}
	return true
}

// ipfwAddr reads 10.0.0.1:80, [fe80::1]:80, [fe80::1], fe80::1 and 10.0.0.1.
func ipfwAddr(b []byte) (netip.Addr, uint16) {
	if whole := addr(unbracket(b)); whole.IsValid() {
		return whole, 0
	}
	return hostPort(b, ':')
}

// inVain reads "Connection attempt to TCP 10.0.0.1:80 from 10.0.0.9:4000 flags:0x02" (net.inet.tcp.log_in_vain of
// FreeBSD and macOS) and the "Stealth Mode connection attempt …" of macOS: nobody listens there.
func inVain(b []byte, rec *Record) bool {
	b = bytes.TrimPrefix(b, []byte("Stealth Mode "))
	if len(b) < 24 || !has(b[1:], "onnection attempt to ") {
		return false
	}
	name, rest := word(b[len("Connection attempt to "):])
	to, rest := word(rest)
	from, rest := word(rest)
	who, _ := word(rest)
	rec.Proto = protocol(name)
	rec.Dst, rec.DPort = ipfwAddr(to)
	rec.Src, rec.SPort = ipfwAddr(who)
	if string(from) != "from" || !rec.Src.IsValid() || !rec.Dst.IsValid() {
		undo(rec)
		return false
	}
	rec.Dialect, rec.Action = "ipfw", "deny"
	return mark(rec, SessionDenied, "fw-packet")
}

// pfLimit reads the kernel's "[zone: pf states] PF states limit reached" of FreeBSD.
func (p *Parser) pfLimit(b []byte, rec *Record) bool {
	if !has(b, "[zone: ") || !within(b, "limit reached") {
		return false
	}
	zone := until(b[len("[zone: "):], "]")
	if !has(zone, "pf ") && !has(zone, "pf_") {
		return false
	}
	rec.Dialect, rec.Detail = "pf", p.name(zone)
	return mark(rec, TableFull, "fw-table-full")
}
