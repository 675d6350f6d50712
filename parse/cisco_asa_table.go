package parse

import (
	"bytes"
	"net/netip"

	"uncloak/parse/scan"
)

// asaTableDialect describes the rows of show conn and show xlate.
func asaTableDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "cisco-table",
			Devices: "Cisco ASA, Secure Firewall (FTD), PIX: show conn, show conn detail, show conn long, show xlate",
			Sample:  "TCP outside 203.0.113.210:443 inside 10.36.103.86:53613, idle 0:00:30, bytes 18155, flags UxIO",
			Reads: "Both ends with what long and detail tell of the translation, bytes, and the state that the flags " +
				"tell of TCP (B: opened from the less trusted side; U up; s, S, a, A what is waited for; f, F, " +
				"r, R ends). Of UDP the more trusted side is taken for the opener, and the row is marked as " +
				"unordered. A translation (xlate) has no other end; those that a rule keeps for ever are system.",
			Enable: "show conn; show xlate",
			Source: "Cisco Secure Firewall ASA Series Command Reference (show conn, show xlate); Cisco document " +
				"115993; networktocode/ntc-templates, tests/cisco_asa/show_xlate",
		},
		known:   "a row as show conn or show xlate print it",
		console: ASA,
		begins:  []string{"Flags: D - DNS", "NAT from ", "PAT Global ", "Global "},
		first:   upper,
		number:  " ",
		looks:   looksASARow,
		kind:    tool,
		read:    asaRow,
	}
}

// looksASARow reports whether b begins with a protocol in capitals and the name of an interface, or PAT, or is the line
// above the rows.
func looksASARow(b []byte, rec *Record) bool {
	if !mayBeRow(b, rec) {
		return false
	}
	if scan.IsDigit(b[0]) {
		return scan.Within(b[:min(len(b), 40)], " in use, ") && scan.Within(b, " most used")
	}
	w, _ := scan.Word(b)
	return scan.IsUpper(w[0]) && scan.IsUpper(w[len(w)-1]) && protocol(w) != 0 &&
		(scan.Within(b, " flags ") || scan.Within(b, " idle "))
}

// asaRow reads
//
//	TCP outside 203.0.113.210:443 inside 10.36.103.86:53613, idle 0:00:30, bytes 18155, flags UxIO
//	TCP outside:203.0.113.10/443 (203.0.113.10/443) inside:10.1.1.15/1026 (192.0.2.5/1026), flags UIO, idle 39s, bytes 7
//	TCP PAT from inside:192.168.1.5/51234 to outside:203.0.113.1/51234 flags ri idle 0:00:04 timeout 0:00:30
//	PAT Global 203.0.113.1(1025) Local 10.1.1.5(4096)
func asaRow(b []byte, rec *Record) bool {
	rec.Dialect = "cisco-table"
	w, rest := scan.Word(b)
	switch string(w) {
	case "PAT", "Global", "NAT":
		return asaXlate(b, rec)
	case "Flags:":
		return mark(rec, System, "other")
	}
	if scan.IsDigit(b[0]) {
		return mark(rec, System, "other") // "55 in use, 108 most used"
	}
	rec.Proto = protocol(w)
	if next := scan.TrimLeft(rest); scan.Has(next, "PAT from ") || scan.Has(next, "NAT from ") {
		return asaXlate(next, rec)
	}
	outer, outerMapped, rest := asaEnd(rest)
	inner, innerMapped, rest := asaEnd(rest)
	if !outer.IsValid() || !inner.IsValid() || len(rest) > 0 && !scan.Within(rest, "flags") {
		return false
	}
	flags, _ := scan.Word(scan.After(rest, "flags"))
	size, _ := scan.Word(scan.After(rest, "bytes "))
	rec.Bytes, _ = scan.Number(scan.TrimRight(size, ","))
	switch {
	case bytes.IndexByte(flags, 'B') >= 0:
		rec.openedBy(outer, inner)
		rec.translated(outerMapped, netip.AddrPort{})
		if innerMapped.IsValid() && innerMapped != inner { // the source has asked for the mapped address
			rec.Dst, rec.DPort = innerMapped.Addr(), innerMapped.Port()
			rec.NATDst, rec.NATDPort = inner.Addr(), inner.Port()
		}
	default:
		rec.Unordered = rec.Proto != TCP
		rec.openedBy(inner, outer)
		rec.translated(innerMapped, outerMapped)
	}
	if rec.Proto == TCP {
		rec.State = asaState(flags)
	}
	return rec.row("cisco-table")
}

// asaState gives the state that the flags of show conn tell of a TCP connection.
func asaState(flags []byte) State {
	switch {
	case bytes.ContainsAny(flags, "fFrR"):
		return FinWait
	case bytes.IndexByte(flags, 'U') >= 0:
		return Established
	case bytes.ContainsAny(flags, "sS"):
		return SynSent
	case bytes.ContainsAny(flags, "aA"):
		return SynRecv
	}
	return NoState
}

// asaEnd reads the interface and the address of one end, and the mapped address in parentheses behind it:
// "outside 203.0.113.210:443", "outside:203.0.113.10/443 (203.0.113.10/443)", "outside: 203.0.113.10/443,".
func asaEnd(b []byte) (real, mapped netip.AddrPort, rest []byte) {
	w, rest := scan.Word(b)
	i := bytes.IndexByte(w, ':')
	switch {
	case i < 0 || i == len(w)-1:
		w, rest = scan.Word(rest)
	default:
		w = w[i+1:]
	}
	real = asaAddress(w)
	if next, r := scan.Word(rest); len(next) > 2 && next[0] == '(' {
		mapped, rest = asaAddress(next[1:]), r
	}
	return real, mapped, rest
}

// asaAddress reads 10.1.1.15/1026 and 10.1.1.15:1026.
func asaAddress(b []byte) netip.AddrPort {
	if bytes.IndexByte(b, '/') >= 0 {
		return endOf(b, '/')
	}
	return endOf(b, ':')
}

// asaXlate reads a translation behind its protocol. Without ports it is a host's address outside: an entry if it is
// dynamic, of no consequence if a rule keeps it.
func asaXlate(b []byte, rec *Record) bool {
	if g := scan.After(b, "Global "); g != nil {
		w, rest := scan.Word(g)
		out, oport := scan.ParenPort(w)
		w, _ = scan.Word(scan.After(rest, "Local "))
		in, iport := scan.ParenPort(w)
		return asaHeld(netip.AddrPortFrom(in, iport), netip.AddrPortFrom(out, oport), true, rec)
	}
	port := scan.Has(b, "PAT ")
	w, rest := scan.Word(scan.After(b, "from "))
	_, in := scan.CutByte(w, ':')
	w, rest = scan.Word(scan.After(rest, "to "))
	_, out := scan.CutByte(w, ':')
	flags, _ := scan.Word(scan.After(rest, "flags "))
	real, mapped := asaAddress(in), asaAddress(out)
	rec.Count = clockSeconds(endOfWord(scan.After(rest, "timeout ")))
	if !port && bytes.IndexByte(flags, 'i') < 0 {
		rec.Count = 0
		return scan.Within(rest, "flags") && mark(rec, System, "other")
	}
	return asaHeld(real, mapped, port, rec)
}

// asaHeld fills in a translation that a host holds.
func asaHeld(real, mapped netip.AddrPort, port bool, rec *Record) bool {
	if !real.Addr().IsValid() || !mapped.Addr().IsValid() || port && mapped.Port() == 0 && rec.Proto != 0 {
		return false
	}
	rec.Src, rec.SPort, rec.NATSrc, rec.NATSPort = real.Addr(), real.Port(), mapped.Addr(), mapped.Port()
	return rec.row("cisco-table")
}
