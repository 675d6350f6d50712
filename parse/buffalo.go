package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// buffaloDialect describes the lines that Buffalo home routers send to a syslog server for refused connections.
func buffaloDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "buffalo",
			Devices: "Buffalo AirStation (WHR, WZR, BBR)",
			Sample:  "Dec  1 10:00:00 WHR-G54S FIREWALL: TCP connection denied from 203.0.113.5:2345 to 192.0.2.1:135 (ppp0)",
			Reads:   "FIREWALL: protocol, verdict, endpoints and interface of a refused connection",
			Enable:  "Management > Log transfer: enable it, give the server and tick Packet filter.",
			Source:  "Buffalo AirStation user manual, Syslog settings",
		},
		console: OtherConsole,
		tags:    []string{"FIREWALL"},
		begins:  []string{"FIREWALL"},
		first:   "TU",
		looks:   looksBuffalo,
		read:    buffalo,
	}
}

// buffalo reads the packet filter of Buffalo home routers and its kin: "FIREWALL: TCP connection denied from
// 203.0.113.5:2345 to 192.0.2.1:135 (ppp0)".
func buffalo(b []byte, rec *Record) bool {
	b = bytes.TrimPrefix(b, []byte("FIREWALL"))
	b = bytes.TrimLeft(b, ": ")
	proto, rest := scan.Word(b)
	what, rest := scan.Word(rest)
	if rec.Proto = protocolWord(proto); rec.Proto == 0 || string(what) != "connection" && string(what) != "packet" {
		return false
	}
	verb, rest := scan.Word(rest)
	kind, action := verdict(verb)
	if kind == System {
		return false
	}
	if w, r := scan.Word(rest); string(w) == "from" {
		w, rest = scan.Word(r)
		rec.Src, rec.SPort = scan.Endpoint(w)
	}
	if w, r := scan.Word(rest); string(w) == "to" {
		w, rest = scan.Word(r)
		rec.Dst, rec.DPort = scan.Endpoint(w)
	}
	if !rec.Src.IsValid() {
		return false
	}
	if i := bytes.IndexByte(rest, '('); i >= 0 {
		rec.InIf = scan.Until(rest[i+1:], ")")
	}
	rec.Dialect, rec.Word, rec.Kind, rec.Action = "buffalo", "fw-packet", kind, action
	return true
}

// looksBuffalo reports whether b speaks of a connection of TCP or UDP.
func looksBuffalo(b []byte, _ *Record) bool { return scan.Within(b[:min(len(b), 32)], " connection ") }
