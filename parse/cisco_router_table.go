package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// iosTableDialect describes the rows of show ip nat translations.
func iosTableDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "cisco-ios-table",
			Devices: "Cisco IOS, IOS-XE, NX-OS: show ip nat translations, verbose or not",
			Sample:  "tcp 203.0.113.1:51776     10.1.0.2:51776     198.51.100.2:443        198.51.100.2:443",
			Reads: "The inside host, its outside address, the peer, and with verbose how long the translation has " +
				"left. Rows without a peer, which a rule or a pool keeps, are system.",
			Enable: "show ip nat translations",
			Source: "Cisco IOS IP Addressing Services Command Reference; networktocode/ntc-templates, " +
				"tests/cisco_ios/show_ip_nat_translations; Cisco genieparser, show_nat",
		},
		known:   "a row as show ip nat translations prints it",
		console: OtherConsole,
		begins: []string{"Pro Inside global", "Pro  Inside global", "Pro Source global", "Total number of translations",
			"--- "},
		first: lower,
		looks: looksIOSRow,
		kind:  tool,
		read:  iosRow,
	}
}

// looksIOSRow reports whether b begins with a protocol and an address.
func looksIOSRow(b []byte, rec *Record) bool {
	if !mayBeRow(b, rec) {
		return false
	}
	w, rest := scan.Word(b)
	if protocol(w) == 0 {
		return false
	}
	w, rest = scan.Word(rest)
	if !endOf(w, ':').Addr().IsValid() {
		return false
	}
	w, _ = scan.Word(rest)
	return endOf(w, ':').Addr().IsValid()
}

// iosRow reads protocol, inside global, inside local, outside local and outside global. An ICMP row has the number of
// the echo for a port.
func iosRow(b []byte, rec *Record) bool {
	rec.Dialect = "cisco-ios-table"
	if scan.Has(b, "Pro ") || scan.Has(b, "Total ") {
		return mark(rec, System, "other")
	}
	name, rest := scan.Word(b)
	global, rest := scan.Word(rest)
	local, rest := scan.Word(rest)
	peer, rest := scan.Word(rest)
	peerGlobal, rest := scan.Word(rest)
	inside, outside := endOf(local, ':'), endOf(global, ':')
	if string(peer) == "---" || string(local) == "---" {
		return (string(peerGlobal) == "---" || outside.Addr().IsValid() || inside.Addr().IsValid()) &&
			mark(rec, System, "other")
	}
	to, toGlobal := endOf(peer, ':'), endOf(peerGlobal, ':')
	if rec.Proto = protocol(name); rec.Proto == 0 || !inside.Addr().IsValid() || !outside.Addr().IsValid() ||
		!to.Addr().IsValid() || !toGlobal.Addr().IsValid() {
		return false
	}
	rec.openedBy(inside, to)
	rec.translated(outside, toGlobal)
	if left := scan.After(rest, "left "); left != nil {
		rec.Count = clockSeconds(left)
	} else if left = scan.After(rest, "timeout"); left != nil {
		rec.Count = clockSeconds(bytes.TrimLeft(left, ": "))
	}
	return rec.row("cisco-ios-table")
}
