package parse

import (
	"uncloak/parse/scan"
)

// nsdDialect describes what the authoritative DNS server NSD logs when it refuses a zone transfer.
func nsdDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "nsd",
			Devices: "NSD",
			Sample:  "Nov 21 10:00:00 n nsd[99]: axfr for example.com. from 10.0.0.5 refused, no acl matches.",
			Reads:   "Who asks for a zone and is refused. NSD logs no queries.",
			Enable:  "On by default; verbosity: 1 says more.",
			Source:  "nsd.conf(5)",
		},
		known: "tag or first words of nsd",
		tags:  []string{"nsd"},
		kind:  file,
		read:  nsdKnot,
	}
}

// nsdKnot reads the refused zone transfers and updates of the authoritative servers NSD and Knot, which log no queries,
// and the query plans of the resolver kresd. All of it is System.
//
//	axfr for example.com. from 10.0.0.5 refused, no acl matches.
//	notice: [example.com.] ACL, denied, action transfer, remote 10.0.0.5@53412 …
func nsdKnot(b []byte, rec *Record) bool {
	rec.Dialect, rec.Kind = "nsd", System
	if rec.Word == "" {
		rec.Word = "other"
	}
	if string(rec.App) != "nsd" {
		rec.Dialect = "knot"
	}
	if from := scan.After(b, " from "); from != nil {
		w, rest := scan.Word(from)
		if string(w) == "client" {
			w, _ = scan.Word(rest)
		}
		rec.Src = scan.Addr(scan.TrimRight(w, ",.:"))
	} else if from := scan.After(b, "remote "); from != nil {
		w, _ := scan.Word(from)
		rec.Src, rec.SPort = scan.HostPort(scan.TrimRight(w, ",;"), '@')
	}
	if rec.Src.IsValid() && (scan.Within(b, "refused") || scan.Within(b, "denied")) {
		rec.Action = "deny"
	}
	return true
}
