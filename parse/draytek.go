package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// draytekDialect describes the syslog messages of DrayTek's Vigor routers: filter rules, content filters, and which
// machine goes where.
func draytekDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "draytek",
			Devices: "DrayTek Vigor",
			Sample: "<134>Nov 21 10:00:00 DrayTek [FILTER][Block][LAN/RT/VPN->WAN, 0:10:22 ][@S:R=2:2, " +
				"192.168.1.11:50345->198.51.100.8:445][TCP][HLen=20, TLen=60, Flag=S, Seq=1, Ack=0, Win=65535]",
			Reads: "Filter rules and content filters (CSM): deed, rule, addresses, ports, protocol, TCP flags. " +
				"Of User Access: each session that a machine opens, and its DNS questions, with the machine's MAC " +
				"address.",
			Enable: "System Maintenance > SysLog: Enable, Server IP Address; Firewall and User Access ticked; Syslog " +
				"ticked in each filter rule.",
			Source: "DrayTek knowledge base 5023, Syslog about Firewall and Content Security Management",
		},
		console: OtherConsole,
		begins: []string{"[FILTER][", "[CSM_", "Local User (MAC=", "Local User: ", "DrayTek [FILTER][", "DrayTek [CSM_",
			"DrayTek: [", "[Firewall]["},
		read: draytek,
	}
}

// draytek reads
//
//	[FILTER][Block][LAN/RT/VPN->WAN, 0:10:22 ][@S:R=2:2, 192.168.1.11->8.8.8.8][ICMP][HLen=20, TLen=60, Type=8]
//	Local User (MAC=00-50-7F-00-53-01): 192.168.1.10:53124 -> 203.0.113.80:443 (TCP)
//	Local User (MAC=00-50-7F-00-53-01): 192.168.1.10 DNS -> 192.168.1.1 inquire www.example.com
func draytek(b []byte, rec *Record) bool {
	if b[0] == 'D' {
		_, b = scan.Word(b)
		b = scan.TrimLeft(b)
	}
	rec.Dialect, rec.Word, rec.Kind = "draytek", "other", System
	if len(b) == 0 || b[0] != '[' {
		return draytekUser(b, rec)
	}
	_, rest := scan.CutByte(b, ']')
	if len(rest) < 2 || rest[0] != '[' {
		return false
	}
	deed, rest := scan.CutByte(rest[1:], ']')
	kind, action := verdict(deed)
	for len(rest) > 1 && rest[0] == '[' {
		var f []byte
		f, rest = scan.CutByte(rest[1:], ']')
		switch {
		case scan.Within(f, "->") && scan.HasLetter(f) && !scan.Has(f, "@S:R="):
			if way := scan.After(f, ", "); way != nil && scan.Within(way, "->") {
				draytekWay(way, rec)
			}
		case scan.Has(f, "@S:R="):
			rec.Rule = scan.Until(f[len("@S:R="):], ",")
			draytekWay(scan.TrimLeft(scan.After(f, ",")), rec)
		case scan.Has(f, "HLen="):
			flags, _ := scan.CutByte(scan.After(f, "Flag="), ',')
			rec.Flags = letterFlags(flags)
		case len(f) < 8 && rec.Proto == 0:
			rec.Proto = protocol(f)
		}
	}
	if !rec.Src.IsValid() {
		return true
	}
	rec.detail = rec.Rule
	rec.Word, rec.Kind, rec.Action = "fw-packet", kind, action
	if rec.Proto == 0 {
		rec.Proto = TCP // the content filters name what runs over it
		if rec.DPort == 53 {
			rec.Proto = UDP
		}
	}
	return true
}

// draytekWay reads "192.168.1.11:50345->198.51.100.8:445"; a content filter has a URL behind the arrow.
func draytekWay(b []byte, rec *Record) {
	i := bytes.Index(b, []byte("->"))
	if i < 0 {
		return
	}
	rec.Src, rec.SPort = scan.Endpoint(scan.TrimBody(b[:i]))
	rec.Dst, rec.DPort = scan.Endpoint(scan.TrimBody(b[i+2:]))
}

// draytekUser reads which machine goes where.
func draytekUser(b []byte, rec *Record) bool {
	if !scan.Has(b, "Local User") {
		return false
	}
	mac := scan.After(b[:min(len(b), 40)], "(MAC=")
	from, rest := scan.Word(scan.After(b, ": "))
	arrow, rest := scan.Word(rest)
	dns := string(arrow) == "DNS"
	if dns {
		arrow, rest = scan.Word(rest)
	}
	to, rest := scan.Word(rest)
	rec.Src, rec.SPort = scan.Endpoint(from)
	rec.Dst, rec.DPort = scan.Endpoint(to)
	if string(arrow) != "->" || !rec.Src.IsValid() {
		return true
	}
	rec.hardware(mac[:min(len(mac), macLen)])
	if dns {
		_, rest = scan.Word(rest)
		rec.QName, _ = scan.Word(rest)
		rec.Proto = UDP
		dnsQuestion(rec)
		return true
	}
	proto := scan.Until(scan.After(rest, "("), ")")
	rec.Proto = protocol(proto)
	if !rec.Dst.IsValid() {
		return true
	}
	rec.Word, rec.Kind, rec.Action = "session", SessionNew, "session-create"
	return true
}
