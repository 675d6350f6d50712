package parse

import (
	"bytes"
	"net/netip"

	"uncloak/parse/scan"
)

// unboundDialect describes what the DNS resolver Unbound logs for each query and answer, where its log-queries option
// is on.
func unboundDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "unbound",
			Devices: "Unbound; OPNsense and pfSense resolvers",
			Sample:  "Oct  5 15:16:46 fw1 unbound[96103]: [96103:0] info: 192.168.1.100 daisy.ubuntu.com. A IN",
			Reads:   "Queries with client, name and type; answers and local actions.",
			Enable:  "In unbound.conf, server: log-queries: yes (and log-replies, log-local-actions).",
			Source:  "unbound.conf(5)",
		},
		known:  "tag or first words of unbound",
		tags:   []string{"unbound"},
		begins: []string{"info: ", "query: ", "reply: ", "unbound["},
		first:  "[",
		looks:  looksUnboundFile,
		kind:   file,
		read:   unboundForms,
	}
}

// unbound reads what unbound logs with log-queries, log-replies, log-local-actions and response policy zones:
//
//	[1234:0] info: 192.168.1.5 example.com. A IN
//	[1234:0] info: 192.168.1.5 example.com. A IN NOERROR 0.010 0 56        (an answer)
//	[1234:0] info: example.com. redirect 192.168.1.5@53412 example.com. A IN
//
// with "query:" and "reply:" instead of info: under log-tag-queryreply. A query is DNSQuery with Src = the client and
// Detail = the name; everything else that unbound says is System.
func unbound(b []byte, rec *Record) bool {
	b = bytes.TrimPrefix(b, []byte("unbound"))
	if len(b) > 0 && b[0] == '[' {
		_, b = scan.CutByte(b, ']')
	}
	w, rest := scan.Word(b)
	if len(w) < 2 || w[len(w)-1] != ':' || !isUnboundLevel(string(w[:len(w)-1])) {
		return false
	}
	rec.Dialect = "unbound"
	if rec.Word == "" {
		rec.Word = "other"
	}
	rec.Kind = System
	if string(w) == "notice:" || string(w) == "error:" {
		return true
	}
	client, rest := scan.Word(rest)
	if a := scan.Addr(client); a.IsValid() {
		unboundQuestion(a, 0, rest, rec)
		return true
	}
	for n := 0; n < 6 && len(rest) > 0; n++ {
		client, rest = scan.Word(rest)
		if bytes.IndexByte(client, '@') > 0 {
			if a, n := scan.HostPort(client, '@'); a.IsValid() {
				unboundQuestion(a, n, rest, rec)
				if rec.Kind == DNSQuery && rec.Action == "" {
					mark(rec, System, "dns-reply") // the query itself has its own line
				}
			}
			return true
		}
	}
	return true
}

// unboundFile reads the stamp that unbound puts into a file of its own: "[1700000000] unbound[1234:0] info: …".
func unboundFile(b []byte, rec *Record) bool {
	n, rest, ok := scan.Leading(b[1:])
	if !ok || !scan.Has(rest, "] unbound[") {
		return unbound(b, rec)
	}
	if !unbound(rest[2:], rec) {
		return false
	}
	if n >= unixFrom && n < 9_000_000_000 {
		rec.Stamp.HasUnix, rec.Stamp.Unix = true, int64(n)*1e9
	}
	return true
}

func isUnboundLevel(w string) bool {
	switch w {
	case "info", "query", "reply", "notice", "debug", "warning", "error":
		return true
	}
	return false
}

// unboundQuestion reads "example.com. A IN" and, for an answer, the words behind it.
func unboundQuestion(client netip.Addr, sport uint16, b []byte, rec *Record) {
	name, rest := scan.Word(b)
	typ, rest := scan.Word(rest)
	class, rest := scan.Word(rest)
	if len(name) == 0 || len(typ) == 0 ||
		string(class) != "IN" && string(class) != "CH" && string(class) != "HS" && string(class) != "ANY" {
		return
	}
	rec.Src, rec.SPort, rec.QName, rec.QType = client, sport, plainName(name), typ
	if len(scan.TrimLeft(rest)) > 0 {
		rec.detail = rec.QName
		mark(rec, System, "dns-reply")
		return
	}
	dnsQuestion(rec)
}

// plainName drops the point at the end of a name, but not the root itself.
func plainName(b []byte) []byte {
	if len(b) > 1 && b[len(b)-1] == '.' {
		return b[:len(b)-1]
	}
	return b
}

// looksUnboundFile reports whether b begins with a number in brackets, as in a file of unbound's own.
func looksUnboundFile(b []byte, _ *Record) bool {
	return scan.IsDigit(b[1]) && scan.Within(b[:min(len(b), 48)], "] ")
}

// unboundForms reads unbound's lines from syslog and from its own files.
func unboundForms(b []byte, rec *Record) bool {
	if len(rec.App) == 0 && b[0] == '[' {
		return unboundFile(b, rec)
	}
	return unbound(b, rec)
}
