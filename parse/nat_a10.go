package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// a10Dialect describes what A10 Thunder's carrier-grade NAT sends to syslog for each session and block of ports, in its
// ASCII format.
func a10Dialect() dialect {
	return dialect{
		Format: Format{
			Name:    "a10",
			Devices: "A10 Thunder CGN, ASCII log",
			Sample:  "Jun 14 12:17:35 thunder NAT-TCP-F: 10.0.0.1:5000<->198.51.100.1:80,203.0.113.1:6000<-->198.51.100.1:80",
			Reads: "NAT-proto-event: inside, outside and destination endpoints in the three orders that A10 " +
				"prints; a range of ports is a block for a subscriber",
			Enable: "cgnv6 template logging NAME / log port-mappings both / log sessions / service-group " +
				"SYSLOG; then cgnv6 lsn logging default-template NAME.",
			Source: "A10 Thunder Series, Traffic Logging Guide for CGN",
		},
		console: OtherConsole,
		begins:  []string{"FIXED-NAT-PORTS"},
		first:   "N",
		looks:   looksA10,
		read:    a10,
	}
}

// a10 reads A10 Thunder's ASCII log:
//
//	NAT-UDP-C: 100.100.100.100:10000 -> 150.150.150.150:10000
//	NAT-TCP-N: 10.0.0.1:5000<-->203.0.113.1:6000 to 198.51.100.1:80
//	NAT-TCP-F: 10.0.0.1:5000<->198.51.100.1:80,203.0.113.1:6000<-->198.51.100.1:80
//	NAT-TCP-B: 10.0.0.1 -> 203.0.113.1:1024-2047
//
// C, N and A create, F, D and R free. The translated source stands behind the first arrow, except in the form with
// <-> and a comma, which gives the destination first.
func a10(b []byte, rec *Record) bool {
	if scan.Has(b, "FIXED-NAT-PORTS") {
		return a10Fixed(b, rec)
	}
	tag := scan.Until(b, ": ")
	event := tag[bytes.LastIndexByte(tag, '-')+1:]
	rest := b[len(tag):]
	if len(rest) == 0 || rest[0] != ':' || len(event) == 0 {
		return false
	}
	rest = rest[1:]
	proto := bytes.TrimRight(tag[:len(tag)-len(event)], "-")
	rec.Proto = protocol(proto[bytes.LastIndexByte(proto, '-')+1:])
	inside, rest := readNATEnd(rest)
	full := bytes.HasPrefix(scan.TrimLeft(rest), []byte("<->"))
	outside, rest := readNATEnd(rest)
	third, _ := readNATEnd(rest)
	dst := third
	if full {
		dst, outside = outside, third
	}
	if !inside.addr.IsValid() || !outside.addr.IsValid() {
		return false
	}
	rec.Src, rec.SPort, rec.Dst, rec.DPort = inside.addr, inside.port, dst.addr, dst.port
	rec.NATSrc, rec.NATSPort = outside.addr, outside.port
	rec.PortLow, rec.PortHigh = outside.low, outside.high
	rec.Dialect = "a10"
	natMark(rec, event[0] != 'F' && event[0] != 'D' && event[0] != 'R')
	return true
}

// a10Fixed reads the block that deterministic NAT gives to a subscriber for good (RFC 7422): logged once, it stands for
// all sessions of its ports.
//
//	FIXED-NAT-PORTS 10.10.10.172->192.168.9.173:3000-4000
func a10Fixed(b []byte, rec *Record) bool {
	inside, rest := readNATEnd(b[len("FIXED-NAT-PORTS"):])
	outside, _ := readNATEnd(rest)
	if !inside.addr.IsValid() || !outside.addr.IsValid() || outside.high == 0 {
		return false
	}
	rec.Src, rec.NATSrc, rec.PortLow, rec.PortHigh = inside.addr, outside.addr, outside.low, outside.high
	rec.Dialect = "a10"
	natMark(rec, true)
	return true
}

// looksA10 reports whether b begins like "NAT-TCP-N:".
func looksA10(b []byte, _ *Record) bool {
	w := scan.Until(b[:min(len(b), 32)], " ")
	return scan.Has(b, "NAT") && w[len(w)-1] == ':' && bytes.IndexByte(w, '-') > 0
}
