package parse

import (
	"bytes"
	"net/netip"

	"uncloak/parse/scan"
)

// nfdumpDialect describes nfdump.
func nfdumpDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "nfdump",
			Devices: "nfdump -o line, long and extended",
			Sample:  "2026-11-21 20:28:04.000     00:00:03.006 TCP      192.168.50.10:40401 ->     198.51.100.9:9999         12      680     1",
			Reads:   "Flows: begin, protocol, addresses, ports, packets and bytes. A flow has one direction.",
			Enable:  "nfdump -r FILE -o line",
			Source:  "nfdump(1), output formats",
		},
		known: "a flow as nfdump prints it",
		begins: []string{"Date first seen ", "Summary: total flows:", "Time window: 20", "Total flows processed:",
			"Sys: "},
		first:  upper,
		number: anything,
		looks:  looksNfdump,
		kind:   tool,
		read:   nfdump,
	}
}

// looksNfdump reports whether b may be a flow: behind the stamp stands a duration, in clock or seconds, which a header
// takes for a host.
func looksNfdump(b []byte, rec *Record) bool {
	if !rec.Stamp.HasClock || !scan.Within(b, " -> ") {
		return false
	}
	if len(rec.Host) > 4 && scan.IsDigit(rec.Host[0]) && isDuration(rec.Host) {
		return true
	}
	w, _ := scan.Word(b)
	return len(w) > 4 && scan.IsDigit(w[0]) && isDuration(w)
}

// isDuration reports whether w is a time such as 00:00:03.006, 0.024 or 00:00:03, and no address.
func isDuration(w []byte) bool {
	var s Stamp
	if rest, ok := s.clock(w); ok && len(rest) == 0 {
		return true
	}
	_, ok := scan.WholeMillionths(w)
	return ok && bytes.IndexByte(w, '.') > 0
}

// nfdump reads one flow behind its stamp and its duration: "TCP 10.0.0.1:40401 -> 198.51.100.9:443 12 680 1", with
// flags and type of service behind the addresses in -o long. It is Traffic of one direction with Packets and Bytes.
func nfdump(b []byte, rec *Record) bool {
	if !looksNfdump(b, rec) {
		rec.Dialect = "nfdump"
		return rec.Host == nil && mark(rec, System, "other")
	}
	if scan.IsDigit(b[0]) {
		_, b = scan.Word(b)
	} else {
		rec.Host = nil
	}
	name, rest := scan.Word(b)
	from, rest := scan.Word(rest)
	arrow, rest := scan.Word(rest)
	to, rest := scan.Word(rest)
	rec.Src, rec.SPort = nfdumpEnd(from)
	rec.Dst, rec.DPort = nfdumpEnd(to)
	if rec.Proto = protocol(name); string(arrow) != "->" || !rec.Src.IsValid() || !rec.Dst.IsValid() {
		return false
	}
	if w, after := scan.Word(rest); len(w) == 8 && (w[0] == '.' || scan.IsUpper(w[0])) { // -o long: "...AP.SF   0"
		_, rest = scan.Word(after)
	}
	packets, rest, ok := scaled(rest)
	size, _, ok2 := scaled(rest)
	if !ok || !ok2 {
		return false
	}
	rec.Packets, rec.Bytes = scan.Saturate(packets), size
	rec.Dialect = "nfdump"
	return mark(rec, Traffic, "flow")
}

// nfdumpEnd reads an address and its port; of ICMP it is type and code, parted by a point. Addresses of IPv6 have a
// point in front of the port.
func nfdumpEnd(b []byte) (netip.Addr, uint16) {
	if bytes.Count(b, []byte(":")) == 1 {
		host, port := scan.CutByte(b, ':')
		if bytes.IndexByte(port, '.') >= 0 {
			return scan.Addr(host), 0
		}
		return scan.Addr(host), scan.Port(port)
	}
	if a := scan.Addr(b); a.IsValid() {
		return a, 0
	}
	return scan.DotPort(b)
}

// scaled reads a number that may have a unit behind a blank: "680", "1.2 M".
func scaled(b []byte) (n uint64, rest []byte, ok bool) {
	w, rest := scan.Word(b)
	v, ok := scan.WholeMillionths(w)
	if !ok || v < 0 {
		return 0, b, false
	}
	if n, whole := scan.Number(w); whole {
		v, ok = 0, true
		if unit, _ := scan.Word(rest); len(unit) != 1 || !scan.IsUpper(unit[0]) {
			return n, rest, true
		}
		v = int64(n) * 1_000_000
	}
	unit, after := scan.Word(rest)
	switch string(unit) {
	case "K":
		return uint64(v) / 1000, after, ok
	case "M":
		return uint64(v), after, ok
	case "G":
		return uint64(v) * 1000, after, ok
	case "T":
		return uint64(v) * 1_000_000, after, ok
	}
	return uint64(v) / 1_000_000, rest, ok
}
