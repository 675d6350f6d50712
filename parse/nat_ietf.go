package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// natSyslogDialect describes the NAT events of an IETF draft for syslog, which FD.io's router VPP sends for sessions
// and port mappings.
func natSyslogDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "nat-syslog",
			Devices: "FD.io VPP (NAT44-ED, NAT64, DS-Lite)",
			Sample:  `<134>1 2026-11-21T10:41:00.087236Z 192.0.2.1 NAT 15634 SADD [nsess SSUBIX="0" SVLAN="0" IATYP="IPv4" ISADDR="10.1.1.2" ISPORT="6303" XATYP="IPv4" XSADDR="203.0.113.3" XSPORT="16253" PROTO="6" XDADDR="198.51.100.2" XDPORT="80"]`,
			Reads: "Sessions that begin and end with inside and outside endpoints and destination (SADD, SDEL); " +
				"mappings of ports (APMADD, APMDEL), which are not counted as sessions.",
			Enable: "set syslog sender 192.0.2.5 collector 192.0.2.1; set syslog filter severity info.",
			Source: "draft-ietf-behave-syslog-nat-logging-06; FD.io VPP src/plugins/nat/lib/nat_syslog.c",
		},
		known: "SADD, SDEL, APMADD or APMDEL as message name, and ISADDR= … XSADDR=",
		names: []string{"SADD", "SDEL", "APMADD", "APMDEL"},
		read:  natSyslog,
	}
}

// natSyslog reads the NAT events of draft-ietf-behave-syslog-nat-logging, which FD.io VPP writes as RFC 5424:
//
//	<134>1 … NAT 15634 SADD [nsess SSUBIX="0" SVLAN="0" IATYP="IPv4" ISADDR="172.16.1.2" ISPORT="6303" XATYP="IPv4"
//	XSADDR="10.0.0.3" XSPORT="16253" PROTO="6" XDADDR="172.16.2.2" XDPORT="80"]
//
// I… is the endpoint inside, X… outside; S the source, D the destination. SADD and SDEL are sessions. APMADD and APMDEL
// are mappings of a port that any number of sessions use: System, as they have no destination.
func natSyslog(b []byte, rec *Record) bool {
	id := rec.msgID
	created := bytes.HasSuffix(id, []byte("ADD"))
	if rec.data != nil {
		b = rec.data
	}
	w := scan.PairWalk{Rest: bytes.TrimPrefix(b, []byte("[")), Sep: ' '}
	for key, val, ok := w.Next(); ok; key, val, ok = w.Next() {
		switch string(key) {
		case "ISADDR":
			rec.Src = scan.Addr(val)
		case "ISPORT":
			rec.SPort = scan.Port(val)
		case "XSADDR":
			rec.NATSrc = scan.Addr(val)
		case "XSPORT":
			rec.NATSPort = scan.Port(val)
		case "IDADDR":
			rec.Dst = scan.Addr(val)
		case "IDPORT":
			rec.DPort = scan.Port(val)
		case "XDADDR":
			rec.NATDst = scan.Addr(val)
		case "XDPORT":
			rec.NATDPort = scan.Port(val)
		case "PROTO":
			rec.Proto = protocol(val)
		}
	}
	if !rec.Src.IsValid() || !rec.NATSrc.IsValid() {
		return false
	}
	if !rec.Dst.IsValid() { // without twice-NAT the destination is the same on both sides
		rec.Dst, rec.DPort = rec.NATDst, rec.NATDPort
	}
	rec.Dialect = "nat-syslog"
	rec.translation(created)
	if id[0] != 'S' {
		rec.Kind = System
	}
	tidyNAT(&rec.Event)
	return true
}
