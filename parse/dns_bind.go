package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// bindDialect describes the log of BIND 9 (named): queries where query logging is on, refusals and failures always.
func bindDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "bind",
			Devices: "BIND 9",
			Sample:  "21-Nov-2026 10:00:00.123 queries: info: client @0x7f88 10.0.0.1#53412 (example.com): query: example.com IN A +E(0)K (10.0.0.53)",
			Reads: "Queries with client, port, name and type; queries, transfers and updates that are denied; " +
				"failures and policy zones.",
			Enable: "rndc querylog on, or a logging channel for the category queries.",
			Source: "BIND 9 Administrator Reference Manual, logging",
		},
		known: "tag or first words of bind",
		tags: []string{"named", "bind", "bind9", "queries", "security", "query-errors", "responses", "rate-limit",
			"resolver", "xfer-in", "xfer-out", "lame-servers", "notify", "rpz"},
		hosts: []string{"client"},
		begins: []string{"client ", "queries: ", "responses: ", "security: ", "query-errors: ", "resolver: ",
			"connection refused resolving '", "host unreachable resolving '", "network unreachable resolving '",
			"timed out resolving '", "REFUSED unexpected RCODE resolving '", "SERVFAIL unexpected RCODE resolving '",
			"FORMERR resolving '", "lame server resolving '", "broken trust chain resolving '", "no valid ",
			"xfer-in: ", "xfer-out: ", "lame-servers: ", "notify: ", "rpz: "},
		number: "-",
		looks:  looksBindFile,
		kind:   file,
		read:   bindForms,
	}
}

// bind reads the client lines of BIND's named, from syslog and from its own files, with or without stamp, category and
// severity in front:
//
//	client @0x7f65100ee4d8 10.0.0.1#53412 (example.com): query: example.com IN A +E(0)K (10.0.0.53)
//	client 10.0.0.1#3076 (example.com): view inside: query (cache) 'example.com/ANY/IN' denied
//
// A query is DNSQuery, also one that is denied (Action deny); answers, updates and failures are System.
func bind(b []byte, rec *Record) bool {
	stamp, b := bindStamp(b, rec.Stamp)
	if rec.PID != nil && rec.Stamp.HasClock {
		stamp = rec.Stamp // of named's own syslog
	}
	i := bytes.Index(b[:min(len(b), 96)], []byte("client "))
	if i < 0 {
		if guardian(b, stamp, rec) {
			return true
		}
		return bindOther(b, stamp, rec)
	}
	return bindClient(b[i+len("client "):], stamp, rec)
}

// bindClient reads what stands behind the word client.
func bindClient(b []byte, stamp Stamp, rec *Record) bool {
	if len(b) > 0 && b[0] == '@' {
		_, b = scan.Word(b)
	}
	client, rest := scan.Word(b)
	client, _ = scan.CutByte(bytes.TrimRight(client, ":"), '/') // "10.0.0.1#53/key name"
	src, sport := scan.HostPort(client, '#')
	if !src.IsValid() || bytes.IndexByte(client, '#') < 0 {
		return false
	}
	rec.Src, rec.SPort, rec.Stamp, rec.Dialect = src, sport, stamp, "bind"
	mark(rec, System, "other")
	if i := bytes.Index(rest[:min(len(rest), 512)], []byte("): ")); i >= 0 &&
		!scan.Has(scan.TrimLeft(rest), "no more ") &&
		(scan.Within(rest[:i], "(") && !scan.Within(rest[:i], ": ")) {
		rest = rest[i+len("): "):] // the name of the query, and of the key
	}
	rest = scan.TrimLeft(rest)
	if scan.Has(rest, "view ") {
		rest = scan.TrimLeft(scan.After(rest, ": "))
	}
	rest = bytes.TrimPrefix(rest, []byte("(re)"))
	answered := scan.Has(rest, "UDP: query: ") || scan.Has(rest, "TCP: query: ")
	if answered { // Infoblox: "UDP: query: example.com IN A response: NOERROR …"
		rest = rest[len("UDP: "):]
	}
	switch {
	case scan.Has(rest, "query: "), scan.Has(rest, "response: "), scan.Has(rest, "answer: "):
		// the last is EfficientIP's
		reply := rest[0] != 'q' || answered
		_, rest = scan.Word(rest)
		name, rest := scan.Word(rest)
		_, rest = scan.Word(rest)
		typ, _ := scan.Word(rest)
		rec.QName, rec.QType = plainName(name), typ
		if reply {
			mark(rec, System, "dns-reply")
		} else {
			dnsQuestion(rec)
		}
	case scan.Within(rest, "' refused") || scan.Within(rest, "' denied") || scan.Within(rest, "' failed") ||
		scan.Within(rest, "' approved"):
		bindQuoted(rest, rec)
	case scan.Has(rest, "no more recursive clients"),
		scan.Has(rest, "recursive-clients ") && scan.Within(rest, "limit exceeded"):
		rec.full("other", rec.keep("recursive clients"))
	case scan.Has(rest, "query failed ("), scan.Has(rest, "rpz "), scan.Has(rest, "RPZ "):
		w := scan.After(rest, ") for ")
		if w == nil {
			w = scan.After(rest, "rewrite ")
		}
		name, _ := scan.Word(w)
		rec.QName, w = scan.CutByte(name, '/')
		if rec.QType = scan.Until(w, "/"); string(rec.QType) == "IN" {
			_, rec.QType = scan.CutByte(w, '/')
		}
		rec.detail = rec.QName
		mark(rec, System, "dns-reply")
	}
	return true
}

// bindQuoted reads "query (cache) 'example.com/ANY/IN' denied" and "zone transfer 'example.com/AXFR/IN' denied".
func bindQuoted(b []byte, rec *Record) {
	verb := b
	_, b = scan.CutByte(b, '\'')
	end := bytes.IndexByte(b, '\'')
	if end < 0 {
		return
	}
	quoted, verdict := b[:end], scan.TrimLeft(b[end+1:])
	if scan.Has(verdict, "denied") || scan.Has(verdict, "refused") {
		rec.Action = "deny"
	}
	name, rest := scan.CutByte(quoted, '/')
	typ, class := scan.CutByte(rest, '/')
	rec.QName = plainName(name)
	if len(class) == 0 {
		typ = nil // "update 'example.com/IN' denied"
	}
	rec.QType = typ
	if rec.QType == nil || !scan.Has(verb, "query") && !scan.Has(verb, "zone transfer") {
		rec.detail = rec.QName
		return
	}
	dnsQuestion(rec)
}

// bindOther reads what named logs about anything but its clients.
func bindOther(b []byte, stamp Stamp, rec *Record) bool {
	text, known := behindCategory(b, rec)
	if string(rec.App) != "named" && !known && !isResolving(text) {
		return false
	}
	b = text
	rec.Stamp, rec.Dialect, rec.Kind = stamp, "bind", System
	if scan.Has(b, "no more TCP clients") {
		rec.full("other", rec.keep("tcp clients"))
		return true
	}
	if rec.Word == "" {
		rec.Word = "other"
	}
	if scan.Has(b, "query: ") || !isResolving(b) {
		return true
	}
	rec.QName, b = scan.CutByte(scan.After(b, " resolving '"), '/')
	rec.QType = scan.Until(b, "/'")
	rec.detail = rec.QName
	return true
}

// isResolving knows what named says of a server that it asked in vain: "REFUSED unexpected RCODE resolving
// 'example.com/A/IN': 192.0.2.1#53". The address is the server's; who asked is not told.
func isResolving(b []byte) bool { return scan.Within(b[:min(len(b), 96)], " resolving '") }

// behindCategory cuts the category and the severity off a line of named's files ("xfer-in: info: …", with
// print-category and print-severity); the header may have taken the category for a tag. known says whether that is a
// line of named's.
func behindCategory(b []byte, rec *Record) (rest []byte, known bool) {
	if rec.PID == nil && bindCategory(rec.App) {
		return behindSeverity(b)
	}
	w, r := scan.Word(b)
	if len(w) < 2 || w[len(w)-1] != ':' || !bindCategory(w[:len(w)-1]) {
		return b, false
	}
	return behindSeverity(scan.TrimLeft(r))
}

// behindSeverity cuts "info: " off.
func behindSeverity(b []byte) (rest []byte, ok bool) {
	w, r := scan.Word(b)
	if n := len(w); n < 4 || w[n-1] != ':' || !level(w[:n-1]) {
		return b, false
	}
	return scan.TrimLeft(r), true
}

// bindCategory knows the categories of BIND 9.18 (Administrator Reference Manual, the category phrase).
func bindCategory(w []byte) bool {
	switch string(w) {
	case "client", "cname", "config", "database", "default", "delegation-only", "dispatch", "dnssec", "dnstap",
		"edns-disabled",
		"general", "lame-servers", "network", "notify", "nsid", "queries", "query-errors", "rate-limit", "resolver",
		"responses",
		"rpz", "rpz-passthru", "security", "serve-stale", "spill", "trust-anchor-telemetry", "unmatched", "update",
		"update-security", "xfer-in", "xfer-out", "zoneload":
		return true
	}
	return false
}

// bindStamp reads "19-Oct-2022 05:34:02.425 " in front of a message, and returns which time counts: that one, or s of
// the header.
func bindStamp(b []byte, s Stamp) (Stamp, []byte) {
	if len(b) < 20 || !scan.IsDigit(b[0]) || b[2] != '-' || b[6] != '-' || b[11] != ' ' {
		return s, b
	}
	var t Stamp
	day, ok := two(b)
	y, _, ok2 := year(b[7:])
	rest, ok3 := t.clock(b[12:])
	if t.Month = month(b[3:]); !ok || !ok2 || !ok3 || t.Month == 0 || day < 1 || day > 31 {
		return s, b
	}
	t.Year, t.Day = y, day
	if !t.beats(&s) {
		t = s
	}
	return t, scan.TrimLeft(rest)
}

// looksBindFile reports whether b begins with a date such as 21-Nov-2026.
func looksBindFile(b []byte, _ *Record) bool { return len(b) > 20 && b[2] == '-' && b[6] == '-' }

// bindForms reads BIND's lines from syslog and from its own files, where the word "client" may have been taken for a
// host and a category for a tag.
func bindForms(b []byte, rec *Record) bool {
	if string(rec.Host) == "client" && len(rec.App) == 0 {
		if bytes.IndexByte(b[:min(len(b), 80)], '#') <= 0 || !bindClient(b, rec.Stamp, rec) {
			return false
		}
		rec.Host = nil
		return true
	}
	if !bindCategory(rec.App) {
		return bind(b, rec)
	}
	if rec.PID != nil || !bind(b, rec) {
		return false
	}
	rec.App = nil // a category of BIND's own file
	return true
}
