package parse

import (
	"bytes"
	"net/netip"
)

// pairWalk walks over the key=value words of a firewall's line. Values may stand in double or single quotes; words
// without "=" are passed over. sep is what parts the words: a blank, or the comma of FortiOS's CSV form.
type pairWalk struct {
	rest []byte
	sep  byte
}

// next is the next pair; ok is false at the end of the line.
func (w *pairWalk) next() (key, val []byte, ok bool) {
	b, sep, i := w.rest, w.sep, 0
	for i < len(b) && (b[i] == ' ' || b[i] == sep) {
		i++
	}
	start := i
	for i < len(b) && b[i] > '=' { // letters and the underscore
		i++
	}
	for ; i < len(b) && b[i] != '='; i++ {
		if c := b[i]; c == ' ' || c == sep || c == '\t' {
			start = i + 1
		}
	}
	if i >= len(b) {
		w.rest = nil
		return nil, nil, false
	}
	key, b = b[start:i], b[i+1:]
	if len(b) > 0 && (b[0] == '"' || b[0] == '\'') {
		// The common case in place: a closing quote with a blank behind it.
		if i = bytes.IndexByte(b[1:], b[0]); i >= 0 && i+2 < len(b) && b[i+2] == ' ' && b[i] != '\\' {
			w.rest = b[i+3:]
			return key, b[1 : i+1], true
		}
		val, w.rest = quotedValue(b)
		return key, val, true
	}
	if i = bytes.IndexByte(b, sep); i < 0 {
		i = len(b)
	}
	w.rest = b[i:]
	return key, b[:i], true
}

// quotedValue is what stands between the quote at the front of b and the next one that something closes behind:
// a blank, a separator or the end. Quotes inside a value are escaped by some devices and not by others.
func quotedValue(b []byte) (val, rest []byte) {
	quote := b[0]
	b = b[1:]
	for from := 0; ; {
		i := bytes.IndexByte(b[from:], quote)
		if i < 0 {
			return b, nil
		}
		i += from
		if i+1 == len(b) || isCloser(b[i+1]) && (i == 0 || b[i-1] != '\\' || b[i+1] != ' ') {
			return b[:i], b[i+1:]
		}
		from = i + 1
	}
}

func isCloser(c byte) bool {
	return c == ' ' || c == ',' || c == ';' || c == ']' || c == '\t' || c == '|' || c == '}'
}

// joined is front, what stood between the two, and b as one slice, or nil where they do not follow each other in one
// line. It undoes what the header took for a host or a tag.
func joined(front, b []byte) []byte {
	n := cap(front) - cap(b) + len(b)
	if len(front) == 0 || len(b) == 0 || n < len(front) || n > cap(front) || n > len(front)+len(b)+8 {
		return nil
	}
	if whole := front[:n]; &whole[n-len(b)] == &b[0] {
		return whole
	}
	return nil
}

// ownStamp sets the time that the device itself gives in its message. It is nearer to the event than the header's,
// which a relay may have written; only a header with year and zone is kept where the message has no zone.
func ownStamp(rec *Record, s *Stamp) {
	if s.HasClock && s.Month != 0 && (s.HasZone || !rec.Stamp.HasZone || rec.Stamp.Year == 0) {
		*s, rec.Stamp = rec.Stamp, *s
	}
}

// epochStamp reads Unix seconds, milliseconds, microseconds or nanoseconds, told apart by their size, or seconds with
// a fraction.
func epochStamp(b []byte) (s Stamp, ok bool) {
	n, rest, ok := leading(b)
	if !ok || n < 100_000_000 {
		return s, false
	}
	switch {
	case n < 1e11:
		if n > 9_000_000_000 {
			return s, false
		}
		n *= 1e9
		if len(rest) > 1 && rest[0] == '.' && isDigit(rest[1]) {
			f, r := fraction(rest[1:])
			n, rest = n+uint64(f), r
		}
	case n < 1e14:
		n *= 1e6
	case n < 1e17:
		n *= 1e3
	}
	if len(rest) > 0 || n > 9e18 {
		return s, false
	}
	return Stamp{HasUnix: true, Unix: int64(n)}, true
}

// zoneOffset reads "-0500", "+01:00", "UTC" or "Z".
func (s *Stamp) zoneOffset(b []byte) {
	if string(b) == "UTC" || string(b) == "GMT" {
		s.HasZone = true
		return
	}
	t := *s
	if rest, ok := t.offset(b); ok && len(rest) == 0 {
		*s = t
	}
}

// wallStamp reads "2007-01-03 14:48:07 UTC" and the like.
func wallStamp(b []byte) (s Stamp, ok bool) {
	rest, ok := s.stampISO(b)
	if !ok {
		return Stamp{}, false
	}
	s.zoneOffset(trimLeft(rest))
	return s, true
}

// verdict is what a firewall's word for its deed means. Words that say nothing about a session are System.
func verdict(w []byte) (Kind, string) {
	var buf [24]byte
	if len(w) == 0 || len(w) > len(buf) {
		return System, ""
	}
	for i, c := range w {
		if isUpper(c) {
			c |= 0x20
		}
		buf[i] = c
	}
	switch string(buf[:len(w)]) {
	case "accept", "accepted", "allow", "allowed", "permit", "permitted", "pass", "passed", "passthrough", "forward", "forwarded", "mgmt":
		return SessionNew, "allow"
	case "deny", "denied", "drop", "dropped", "block", "blocked", "reject", "rejected", "reset", "prevent", "prevented",
		"discard", "discarded", "reset-client", "reset-server", "reset-both", "reset_client", "reset_server", "reset_both",
		"drop-all", "drop-packet", "block-ip", "block-url", "sinkhole", "refuse", "clear_session", "drop_session":
		return SessionDenied, "deny"
	case "start", "open", "opened", "new", "create", "created", "built", "established":
		return SessionNew, "session-create"
	case "close", "closed", "end", "ended", "stop", "delete", "deleted", "teardown", "timeout", "client-rst",
		"server-rst", "ip-conn", "terminated", "expired", "remove", "finish":
		return SessionEnd, "session-delete"
	case "update", "interim":
		return SessionUpdate, "session-update"
	}
	return System, ""
}

// tidyNAT takes out translations that are none: the unspecified address, and an endpoint that stayed what it was.
// ICMP between IPv6 hosts becomes ICMPv6.
func tidyNAT(e *Event) {
	if !e.NATSrc.IsValid() || e.NATSrc.IsUnspecified() || e.NATSrc == e.Src && (e.NATSPort == e.SPort || e.NATSPort == 0) {
		e.NATSrc, e.NATSPort = netip.Addr{}, 0
	}
	if !e.NATDst.IsValid() || e.NATDst.IsUnspecified() || e.NATDst == e.Dst && (e.NATDPort == e.DPort || e.NATDPort == 0) {
		e.NATDst, e.NATDPort = netip.Addr{}, 0
	}
	if e.Proto == ICMP && e.Src.Is6() {
		e.Proto = ICMPv6
	}
}

// protocolWord is protocol for "tcp/dns", "TCP," and "6".
func protocolWord(b []byte) uint8 {
	if i := bytes.IndexByte(b, '/'); i >= 0 {
		if n := protocol(b[:i]); n != 0 {
			return n
		}
		return protocol(b[i+1:])
	}
	return protocol(bytes.TrimRight(b, ",;:"))
}

// unanswered says whether a closed session saw packets of its opener only.
func unanswered(sent, received uint64) State {
	if sent > 0 && received == 0 {
		return Unreplied
	}
	return NoState
}

// portRange reads "1024-2047" or "1024 - 2047".
func portRange(b []byte) (low, high uint16, ok bool) {
	l, rest, ok := leading(b)
	if !ok || l > 65535 {
		return 0, 0, false
	}
	rest = bytes.TrimLeft(rest, " -.")
	h, _, ok := leading(rest)
	if !ok || h > 65535 || h < l {
		return 0, 0, false
	}
	return uint16(l), uint16(h), true
}

// endpointWord reads an address with or without a port: a:1, [v6]:1, a alone, and v6.1 as Yamaha writes it.
func endpointWord(b []byte) (netip.Addr, uint16) {
	b = bytes.TrimRight(b, ",;)")
	if a := addr(unbracket(b)); a.IsValid() {
		return a, 0
	}
	return hostPort(b, ':')
}

// letterFlags reads TCP flags that are written as their first letters; other letters say nothing.
func letterFlags(w []byte) (flags uint8) {
	for _, c := range w {
		switch c {
		case 'S':
			flags |= SYN
		case 'A':
			flags |= ACK
		case 'F':
			flags |= FIN
		case 'R':
			flags |= RST
		case 'P':
			flags |= PSH
		case 'U':
			flags |= URG
		}
	}
	return flags
}
