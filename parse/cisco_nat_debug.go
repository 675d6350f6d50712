package parse

import (
	"bytes"
	"net/netip"

	"uncloak/parse/scan"
)

// iosForms reads a message with a mnemonic, or what "debug ip nat" prints.
func iosForms(b []byte, rec *Record) bool {
	if scan.Has(b, "NAT") {
		_, b = scan.CutByte(b, ':')
		return iosDebugNAT(scan.TrimLeft(b), rec)
	}
	if scan.Has(rec.App, "NAT") {
		return iosDebugNAT(b, rec)
	}
	return withMnemonic(b, rec)
}

// iosDebugNAT reads what IOS prints behind "NAT: " or "NAT*: " (on the fast path) for each packet
// that it translates, as none of these lines says where a session begins:
//
//	s=10.1.1.1->203.0.113.2, d=198.51.100.1 [348]
//	s=198.51.100.1, d=203.0.113.2->10.1.1.1 [348]
//	i: tcp (10.1.1.1, 52710) -> (198.51.100.1, 443) [348]
//	expiring 203.0.113.2 (10.1.1.1) icmp 822 (822)
//	failed to allocate address for 10.1.1.3, list/map 1
func iosDebugNAT(b []byte, rec *Record) bool {
	rec.Dialect, rec.Kind, rec.Word = "cisco-ios", System, "nat"
	switch {
	case scan.Has(b, "s="):
		from, rest := scan.CutByte(b[len("s="):], ',')
		to, _ := scan.CutByte(scan.After(rest, "d="), ' ')
		rec.Src, rec.NATSrc = natArrow(from)
		rec.Dst, rec.NATDst = natArrow(to)
		return rec.Src.IsValid() && rec.Dst.IsValid()
	case scan.Has(b, "i: "), scan.Has(b, "o: "):
		proto, rest := scan.Word(b[len("i: "):])
		rec.Proto = protocol(proto)
		rec.Src, rec.SPort = natPair(rest)
		rec.Dst, rec.DPort = natPair(scan.After(rest, "->"))
		if rec.Proto == ICMP { // the identifier stands in the place of both ports
			rec.SPort, rec.DPort = 0, 0
		}
		return rec.Src.IsValid() && rec.Dst.IsValid()
	case scan.Has(b, "expiring "):
		w, rest := scan.Word(b[len("expiring "):])
		inner, rest := scan.Word(rest)
		proto, _ := scan.Word(rest)
		rec.NATSrc, rec.Src, rec.Proto = scan.Addr(w), scan.Addr(bytes.Trim(inner, "()")), protocol(proto)
		rec.Action = "nat-delete"
		return rec.NATSrc.IsValid() && rec.Src.IsValid()
	case scan.Has(b, "failed to allocate address for "):
		w, _ := scan.Word(b[len("failed to allocate address for "):])
		rec.full("nat-exhausted", []byte("failed to allocate address"))
		rec.Src = scan.Addr(bytes.TrimRight(w, ","))
		return rec.Src.IsValid()
	}
	return false
}

// natArrow reads "10.1.1.1->203.0.113.2" or one address alone.
func natArrow(b []byte) (before, after netip.Addr) {
	if i := scan.Index(b, "->"); i >= 0 {
		return scan.Addr(b[:i]), scan.Addr(b[i+2:])
	}
	return scan.Addr(b), after
}

// natPair reads "(10.1.1.1, 52710)".
func natPair(b []byte) (netip.Addr, uint16) {
	a, p := scan.CutByte(scan.Until(scan.After(b, "("), ")"), ',')
	return scan.Addr(a), scan.Port(scan.TrimLeft(p))
}
