package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// technitiumDialect describes the log file in which Technitium DNS Server writes a line for each query.
func technitiumDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "technitium",
			Devices: "Technitium DNS Server",
			Sample:  "[2026-06-29 18:49:35 UTC] [127.0.0.1:12345] [UDP] QNAME: example.com; QTYPE: A; QCLASS: IN; RCODE: NoError; ANSWER: [1.2.3.4]",
			Reads:   "Questions with client, port, transport, name and type.",
			Enable:  "Settings > Logging: Enable Logging, Log All Queries.",
			Source:  "Technitium DNS Server, settings help",
		},
		known: "the shape of a line in the log file of technitium",
		first: "[",
		looks: looksDatedBracket,
		kind:  file,
		read:  technitium,
	}
}

// technitium reads the log files of Technitium DNS Server. With "Log All Queries" they hold a line for each answer,
// which names its question; other lines name the client and are System.
//
//	[2026-11-21 05:34:01 UTC] [192.168.1.5:50051] [UDP] QNAME: example.com; QTYPE: A; QCLASS: IN; RCODE: NoError; …
//	[2026-11-21 05:34:01 Local] [[2001:db8::5]:50051] [UDP] QNAME: example.com; …
func technitium(b []byte, rec *Record) bool {
	var s Stamp
	in, rest := scan.CutByte(b[1:], ']')
	left, ok := s.stampISOWord(in)
	if !ok || len(left) > 5 || !scan.Has(rest, " [") {
		return false
	}
	rest = rest[2:]
	end := scan.Index(rest, "] ") // behind the brackets of an IPv6 address: [[2001:db8::5]:50051]
	if end < 0 {
		end = len(rest) - 1
	}
	if end < 0 {
		return false
	}
	src, sport := scan.HostPort(bytes.TrimSuffix(rest[:end], []byte("]")), ':')
	if rest[0] == '[' {
		src, sport = scan.HostPort(rest[:end], ':')
	}
	if rest = rest[end+1:]; !src.IsValid() {
		return false
	}
	if string(left) == "UTC" {
		s.HasZone = true
	}
	rec.Stamp, rec.Dialect, rec.Src, rec.SPort = s, "technitium", src, sport
	mark(rec, System, "other")
	if scan.Has(rest, " [") {
		name, _ := scan.CutByte(rest[2:], ']')
		rec.Proto = protocol(name)
	}
	if q := scan.After(rest, "QNAME: "); q != nil {
		rec.QName = plainName(scan.Until(q, ";"))
		rec.QType = scan.Until(scan.After(q, "QTYPE: "), ";")
		dnsQuestion(rec)
	}
	return true
}

// stampISOWord reads "2026-11-21 05:34:01" and returns the word behind it ("UTC", "Local" or nothing).
func (s *Stamp) stampISOWord(b []byte) (rest []byte, ok bool) {
	if len(b) < 19 {
		return b, false
	}
	if rest, ok = s.stampISO(b[:19]); !ok || len(rest) > 0 {
		return b, false
	}
	return scan.TrimLeft(b[19:]), true
}

// looksDatedBracket reports whether b begins with a date in brackets.
func looksDatedBracket(b []byte, _ *Record) bool {
	return len(b) > 24 && scan.IsDigit(b[1]) && scan.IsDigit(b[4]) && b[5] == '-'
}
