package parse

import (
	"bytes"
	"net/netip"

	"uncloak/parse/scan"
)

// pfTableDialect describes the rows of pfctl -ss.
func pfTableDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "pf-table",
			Devices: "pf on OpenBSD, FreeBSD, pfSense, OPNsense, macOS: pfctl -ss, with -v or not",
			Sample:  "all tcp 203.0.113.52:17449 (192.168.1.178:56094) -> 198.51.100.160:443       ESTABLISHED:ESTABLISHED",
			Reads: "The opener, its translation, the other end and the state of both; with -v packets, bytes and " +
				"when it goes. A session that passes the router has two states, one for each interface; it counts " +
				"once.",
			Enable: "pfctl -ss",
			Source: "OpenBSD and FreeBSD sbin/pfctl/pf_print_state.c; output of FreeBSD and pfSense that owners " +
				"published",
		},
		known:   "a row as pfctl -ss prints it",
		console: OtherConsole,
		first:   lower + upper,
		looks:   looksPFRow,
		kind:    tool,
		read:    pfRow,
	}
}

// looksPFRow reports whether b has a protocol for its second word and an arrow behind an address.
func looksPFRow(b []byte, rec *Record) bool {
	if !mayBeRow(b, rec) {
		return false
	}
	_, rest := scan.Word(b)
	w, rest := scan.Word(rest)
	if protocol(w) == 0 {
		return false
	}
	return scan.Within(rest, " -> ") || scan.Within(rest, " <- ")
}

// pfEnds holds the addresses of a row in their order, each with the address in parentheses behind it.
type pfEnds struct {
	end, other [3]netip.AddrPort
	n          int
	in         bool // the arrows point to the left: the last is the opener
}

// pfRow reads
//
//	all tcp 203.0.113.52:17449 (192.168.1.178:56094) -> 198.51.100.160:443       ESTABLISHED:ESTABLISHED
//	all tcp 192.168.1.105:32400 (203.0.113.52:41952) <- 198.51.100.167:36068       ESTABLISHED:ESTABLISHED
//	self tcp 192.168.1.5:51234 -> 203.0.113.1:51234 -> 198.51.100.4:443       ESTABLISHED:ESTABLISHED
//
// An address in front of one in parentheses is the one on the wire where the router sends (->), and the one inside
// where it receives. The older form has the translation between the ends.
func pfRow(b []byte, rec *Record) bool {
	_, rest := scan.Word(b)
	w, rest := scan.Word(rest)
	rec.Proto = protocol(w)
	var p pfEnds
	rest, ok := p.read(rest)
	if !ok || p.n < 2 {
		return false
	}
	last := p.n - 1
	switch {
	case !p.in && p.n == 3:
		rec.openedBy(p.end[0], p.end[2])
		rec.translated(p.end[1], netip.AddrPort{})
	case p.in && p.n == 3:
		rec.openedBy(p.end[2], p.end[1])
		rec.translated(netip.AddrPort{}, p.end[0])
	case !p.in:
		src, dst := p.end[0], p.end[last]
		if p.other[0].IsValid() {
			src = p.other[0]
		}
		if p.other[last].IsValid() {
			dst = p.other[last]
		}
		rec.openedBy(src, dst)
		rec.translated(p.end[0], p.end[last])
	default:
		src, dst := p.end[last], p.end[0]
		if p.other[0].IsValid() { // what the opener asked for
			dst = p.other[0]
		}
		rec.openedBy(src, dst)
		rec.translated(p.other[last], p.end[0])
	}
	states, rest := scan.Word(rest)
	left, right := scan.CutByte(states, ':')
	if p.in {
		left, right = right, left
	}
	rec.State = pfState(rec.Proto, left, right)
	rec.Unreplied = rec.State == Unreplied
	rec.pfVerbose(rest)
	return rec.row("pf-table")
}

// read reads addresses and arrows and returns what stands behind them.
func (p *pfEnds) read(b []byte) (rest []byte, ok bool) {
	for p.n < len(p.end) {
		w, after := scan.Word(b)
		if p.end[p.n] = pfAddress(w); !p.end[p.n].IsValid() {
			return nil, false
		}
		b = after
		if w, after = scan.Word(b); len(w) > 2 && w[0] == '(' {
			if p.other[p.n] = pfAddress(w[1 : len(w)-1]); !p.other[p.n].IsValid() {
				return nil, false
			}
			b = after
			w, after = scan.Word(b)
		}
		p.n++
		in := string(w) == "<-"
		if !in && string(w) != "->" {
			return b, true
		}
		if p.n > 1 && in != p.in {
			return nil, false
		}
		p.in, b = in, after
	}
	return b, true
}

// pfAddress reads 10.0.0.1:80, 2001:db8::1[443] and an address alone.
func pfAddress(b []byte) netip.AddrPort {
	if i := bytes.IndexByte(b, '['); i > 0 {
		return netip.AddrPortFrom(scan.Addr(b[:i]), scan.Port(scan.Until(b[i+1:], "]")))
	}
	if a := scan.Addr(b); a.IsValid() {
		return netip.AddrPortFrom(a, 0)
	}
	return endOf(b, ':')
}

// pfState gives the state of a session from those of the opener and of the other end.
func pfState(proto uint8, opener, other []byte) State {
	if proto != TCP {
		switch string(other) {
		case "NO_TRAFFIC":
			return Unreplied
		case "SINGLE", "MULTIPLE":
			return Replied
		}
		return NoState
	}
	a, _, _ := listedState(opener)
	b, _, _ := listedState(other)
	two := string(opener) == "FIN_WAIT_2" && string(other) == "FIN_WAIT_2"
	switch {
	case a == TimeWait || b == TimeWait || two: // both ends have acknowledged the other's FIN
		return TimeWait
	case a == Established && b == Established:
		return Established
	case a == Close && b == Close:
		return Close
	case a == SynSent && b == Close:
		return SynSent
	case a == FinWait || b == FinWait:
		return FinWait
	case a == SynSent || b == SynSent || b == SynRecv:
		return SynRecv
	}
	return NoState
}

// pfVerbose reads "age 00:01:09, expires in 00:00:24, 249:432 pkts, 14863:616615 bytes, rule 3".
func (rec *Record) pfVerbose(b []byte) {
	if b = scan.After(b, "expires in "); b == nil {
		return
	}
	rec.Count = clockSeconds(b)
	w, rest := scan.Word(scan.After(b, ", "))
	rec.Packets = scan.Saturate(pfBothWays(w))
	w, _ = scan.Word(scan.After(rest, ", "))
	rec.Bytes = pfBothWays(w)
}

// pfBothWays adds up the two numbers of "249:432".
func pfBothWays(b []byte) uint64 {
	there, back := scan.CutByte(b, ':')
	n, _ := scan.Number(there)
	m, _ := scan.Number(back)
	return n + m
}
