package parse

import "uncloak/parse/scan"

// piholeDialect describes the log of Pi-hole's own daemon FTL; DNS queries are in dnsmasq's words, in another file.
func piholeDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "pihole",
			Devices: "Pi-hole FTL",
			Sample:  "[2026-11-21 10:00:00.123 1234M] INFO: PID of FTL process: 1234",
			Reads:   "The stamp. Pi-hole's queries are in pihole.log and read as dnsmasq.",
			Enable:  "On by default: /var/log/pihole/.",
			Source:  "docs.pi-hole.net, ftldns",
		},
		known: "the shape of a line in the log file of pihole",
		first: "[",
		looks: looksDatedBracket,
		kind:  file,
		read:  ftl,
	}
}

// ftl reads the lines of Pi-hole's FTL.log; its queries stand in pihole.log in dnsmasq's own words.
//
//	[2026-11-21 10:00:00.123 1234M] INFO: …
func ftl(b []byte, rec *Record) bool {
	var s Stamp
	if len(b) < 26 || b[0] != '[' {
		return false
	}
	rest, ok := s.stampISO(b[1:])
	if !ok || len(rest) < 3 || rest[0] != ' ' {
		return false
	}
	_, rest = scan.CutByte(rest, ']')
	rest = scan.TrimLeft(rest)
	if w := scan.Until(rest, ":"); len(w) == len(rest) || !isFTLLevel(string(w)) {
		return false
	}
	rec.Stamp, rec.Body, rec.Dialect = s, rest, "pihole"
	return mark(rec, System, "other")
}

func isFTLLevel(w string) bool {
	switch w {
	case "INFO", "WARNING", "WARN", "ERR", "ERROR", "CRIT", "DEBUG", "NOTICE":
		return true
	}
	return len(w) > 5 && w[:5] == "DEBUG"
}
