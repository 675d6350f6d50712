package parse

import (
	"bytes"
	"net/netip"
)

// icmpOf is ICMPv6 where an address shows that a line's "icmp" is the one of IPv6.
func icmpOf(proto uint8, a netip.Addr) uint8 {
	if proto == ICMP && a.Is6() {
		return ICMPv6
	}
	return proto
}

// hasLetter says whether b may be a host's name, and not the start of an address that was cut off.
func hasLetter(b []byte) bool {
	for _, c := range b {
		if isLetter(c) || c >= 0x80 {
			return true
		}
	}
	return false
}

// allDigits says whether b is a number, of whatever size.
func allDigits(b []byte) bool {
	for _, c := range b {
		if !isDigit(c) {
			return false
		}
	}
	return len(b) > 0
}

// pairs walks over "key<eq>value<sep>key<eq>value" and hands each pair to f until there is none left. A value in double
// quotes ends at the closing quote, others at sep. Blanks around keys and values are dropped.
func pairs(b []byte, eq, sep byte, f func(key, value []byte)) {
	for len(b) > 0 {
		i := bytes.IndexByte(b, eq)
		if i < 0 {
			return
		}
		key := b[:i]
		if j := bytes.LastIndexByte(key, sep); j >= 0 {
			key = key[j+1:]
		}
		b = trimLeft(b[i+1:])
		var value []byte
		if len(b) > 0 && b[0] == '"' {
			rest, ok := skipValue(b[1:])
			if !ok {
				return
			}
			value, b = b[1:len(b)-len(rest)-1], rest
		} else if i := bytes.IndexByte(b, sep); i >= 0 {
			value, b = b[:i], b[i+1:]
		} else {
			value, b = b, nil
		}
		f(trimLeft(key), trimBody(value))
	}
}

// blockPorts reads "1024-1151".
func blockPorts(b []byte) (low, high uint16) {
	i := bytes.IndexByte(b, '-')
	if i < 0 {
		return 0, 0
	}
	return port(b[:i]), port(b[i+1:])
}

// fold is containsLower for a word that is known to be rare: it stops at the first 512 bytes.
func says512(b []byte, want string) bool { return containsLower(b[:min(len(b), 512)], want) }

// exhausted says whether a text about an address pool tells that nothing is left.
func exhausted(b []byte) bool {
	for _, w := range [...]string{"exhaust", "out of port", "outof", "out of address", "used up", "usedup", "runout", "run out", "allocation fail", "exceeded", "depleted", "no free port"} {
		if says512(b, w) {
			return true
		}
	}
	return false
}

// translation fills in a session that a NAT logs, which is all that such a device says of it.
func (rec *Record) translation(created bool) {
	rec.Word = "nat"
	if created {
		rec.Kind, rec.Action = SessionNew, "nat-create"
	} else {
		rec.Kind, rec.Action = SessionEnd, "nat-delete"
	}
}

// block fills in that a block of ports was given to a subscriber or taken back.
func (rec *Record) block(given bool) {
	rec.Kind, rec.Word, rec.Action = System, "nat-block", "nat-create"
	if !given {
		rec.Action = "nat-delete"
	}
}

// verdict fills in what a filter did with a packet.
func (rec *Record) verdict(allowed bool) {
	rec.Kind, rec.Word, rec.Action = SessionDenied, "fw-packet", "deny"
	if allowed {
		rec.Kind, rec.Action = SessionNew, "allow"
	}
}

// link fills in that an interface came up or went down.
func (rec *Record) link(up bool) {
	rec.Kind, rec.Word = Link, "link-down"
	if up {
		rec.Word = "link-up"
	}
}

// full fills in that a pool or a table has no room left; detail is which.
func (rec *Record) full(w string, detail Name) {
	rec.Kind, rec.Word, rec.Action, rec.Detail = TableFull, w, "", detail
}

// plain fills in a message that is understood and has no consequence. The header's own word stays.
func (rec *Record) plain(detail Name) {
	rec.Kind, rec.Detail, rec.Action = System, detail, ""
	if rec.Word == "" || rec.Word == "malformed" {
		rec.Word = "syslog"
	}
}

// colonPort reads 1.2.3.4:80, [v6]:80, and an address alone; an IPv6 address without brackets ends at its last colon
// where what is before it is an address of its own.
func colonPort(b []byte) (a netip.Addr, p uint16) {
	b = bytes.TrimRight(b, ",;")
	if bytes.IndexByte(b, ':') < 0 {
		return addr(b), 0
	}
	if a, p = hostPort(b, ':'); a.IsValid() {
		return a, p
	}
	return addr(b), 0
}
