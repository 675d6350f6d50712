package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// adguardDialect describes the query log of AdGuard Home: a file with one JSON object for each DNS query.
func adguardDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "adguard",
			Devices: "AdGuard Home",
			Sample:  `{"T":"2026-11-21T20:28:21.5+01:00","QH":"example.org","QT":"AAAA","QC":"IN","CP":"","Answer":"…","IP":"192.168.1.5","Elapsed":1234}`,
			Reads:   "Queries with client, name, type and time; failed logins of the text log.",
			Enable:  "Settings > General > Query log; the file is data/querylog.json.",
			Source:  "AdGuard Home wiki, Configuration",
		},
		known:  "the shape of a line in the log file of adguard",
		tags:   []string{"AdGuardHome", "adguardhome"},
		begins: []string{"[error] ", "[info] "},
		kind:   file,
		read:   adguard,
	}
}

// adguard reads the text log of AdGuard Home, in which only failed logins have an address:
//
//	[error] POST 192.168.1.1 /control/login: from ip 192.168.1.3: invalid username or password
func adguard(b []byte, rec *Record) bool {
	from := scan.After(b, "from ip ")
	if from == nil || !scan.Within(b, "/control/") {
		return false
	}
	w, _ := scan.Word(from)
	if rec.Src = scan.Addr(bytes.TrimRight(w, ":")); !rec.Src.IsValid() {
		return false
	}
	rec.Dialect = "adguard"
	return mark(rec, System, "other")
}
