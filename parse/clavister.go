package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// clavisterDialect describes the lines that Clavister cOS Core and D-Link DFL firewalls send to syslog for connections
// and rules.
func clavisterDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "clavister",
			Devices: "Clavister cOS Core, D-Link DFL",
			Sample:  "[2010-12-15 14:56:37] EFW: CONN: prio=1 id=00600005 rev=1 event=conn_close_natsat action=close rule=local_to_wan_http_alg conn=close connipproto=TCP connrecvif=core connsrcip=92.45.16.122 connsrcport=19920 conndestif=wan conndestip=81.8.63.21 conndestport=80 connnewsrcip=92.45.16.122 connnewsrcport=19920 connnewdestip=81.8.63.21 connnewdestport=80 origsent=1106 termsent=920",
			Reads: "event= of CONN (conn_open, conn_close, _natsat, connection_table_full, out_of_connections) " +
				"and RULE (drops): endpoints before and behind the translation, bytes both ways",
			Enable: "System > Device > Log and Event Receivers: add a Syslog receiver; enable logging in the rules.",
			Source: "Clavister cOS Core Log Reference Guide",
		},
		console: OtherConsole,
		tags:    []string{"EFW", "CONN", "RULE"},
		begins:  []string{"prio=", "EFW: ", "CONN: ", "RULE: "},
		number:  " ",
		looks:   looksClavister,
		read:    clavisterForms,
	}
}

// clavister reads the lines of Clavister cOS Core and D-Link DFL:
//
//	EFW: CONN: prio=1 id=00600001 rev=1 event=conn_open action=open conn=open connipproto=TCP connrecvif=lan
//	connsrcip=10.0.0.1 connsrcport=19920 conndestif=wan conndestip=81.8.63.21 conndestport=80 connnewsrcip=…
//	EFW: RULE: prio=3 id=06000051 event=ruleset_drop_packet action=drop rule=Default_Rule recvif=wan srcip=… destip=…
//
// connnew… are the endpoints behind the translation.
func clavister(b []byte, rec *Record) bool {
	var f clavisterFields
	w := scan.PairWalk{Rest: b, Sep: ' '}
	for key, val, ok := w.Next(); ok; key, val, ok = w.Next() {
		f.set(key, val, rec)
	}
	if len(f.event) == 0 {
		return false
	}
	rec.Dialect, rec.Word, rec.detail, rec.Bytes = "clavister", "session", f.event, f.orig+f.term
	_, rec.Action = verdict(f.action)
	f.outcome(rec)
	tidyNAT(&rec.Event)
	return true
}

// clavisterFields are the fields of a line that are not fields of an Event.
type clavisterFields struct {
	event, action, conn []byte
	orig, term          uint64 // bytes sent by the side that opened, and by the other
}

// set takes one pair.
func (f *clavisterFields) set(key, val []byte, rec *Record) {
	switch string(key) {
	case "event":
		f.event = val
	case "action":
		f.action = val
	case "conn":
		f.conn = val
	case "rule":
		rec.Rule = val
	case "connipproto", "ipproto":
		rec.Proto = protocol(val)
	case "connsrcip", "srcip":
		rec.Src = scan.Addr(val)
	case "connsrcport", "srcport", "connsrcid":
		rec.SPort = scan.Port(val)
	case "conndestip", "destip":
		rec.Dst = scan.Addr(val)
	case "conndestport", "destport":
		rec.DPort = scan.Port(val)
	case "connnewsrcip":
		rec.NATSrc = scan.Addr(val)
	case "connnewsrcport":
		rec.NATSPort = scan.Port(val)
	case "connnewdestip":
		rec.NATDst = scan.Addr(val)
	case "connnewdestport":
		rec.NATDPort = scan.Port(val)
	case "connrecvif", "recvif":
		rec.InIf = val
	case "conndestif", "destif":
		rec.OutIf = val
	case "origsent":
		f.orig, _ = scan.Number(val)
	case "termsent":
		f.term, _ = scan.Number(val)
	case "syn", "ack", "fin", "rst", "psh":
		if string(val) == "1" {
			rec.Flags |= clavisterFlag(key[0])
		}
	}
}

// outcome says what the event means; rec.Action holds what the firewall did.
func (f *clavisterFields) outcome(rec *Record) {
	switch {
	case bytes.HasPrefix(f.event, []byte("conn_open")), string(f.conn) == "open":
		rec.Kind, rec.Action = SessionNew, "session-create"
	case bytes.HasPrefix(f.event, []byte("conn_close")), string(f.conn) == "close":
		rec.Kind, rec.Action, rec.State = SessionEnd, "session-delete", unanswered(f.orig, f.term)
	case f.isTableFull():
		rec.Kind, rec.Word, rec.Action = TableFull, "session-limit", ""
	case f.isPoolEmpty():
		rec.Kind, rec.Word = TableFull, "nat-exhausted"
	case rec.Action == "deny" && rec.Src.IsValid():
		rec.Kind, rec.Word = SessionDenied, "fw-packet"
	case rec.Src.IsValid():
		rec.Kind = System
	default:
		rec.Kind, rec.Word = System, "other"
	}
}

// isTableFull reports whether the event says that no further connection is possible.
func (f *clavisterFields) isTableFull() bool {
	return string(f.event) == "connection_table_full" ||
		string(f.event) == "out_of_connections" ||
		scan.Within(f.event, "limit_reached") && scan.Within(f.event, "conn")
}

// isPoolEmpty reports whether the event says that NAT has no port or address left.
func (f *clavisterFields) isPoolEmpty() bool {
	return scan.Within(f.event, "nat") &&
		(scan.Within(f.event, "out_of") || scan.Within(f.event, "exhaust") || scan.Within(f.event, "no_free"))
}

// clavisterFlag is the TCP flag whose name begins with c.
func clavisterFlag(c byte) uint8 {
	switch c {
	case 's':
		return SYN
	case 'a':
		return ACK
	case 'f':
		return FIN
	case 'r':
		return RST
	}
	return PSH
}

// looksClavister reports whether a line stands behind a header that breaks the grammar of RFC 5424.
func looksClavister(b []byte, _ *Record) bool { return scan.Has(b, "1 ") && scan.Within(b, " event=") }

// clavisterForms reads the lines of cOS Core with or without such a header.
func clavisterForms(b []byte, rec *Record) bool {
	if b[0] != '1' {
		return clavister(b, rec)
	}
	h, ok := readLooseHeader(b)
	i := scan.Index(b, " event=")
	if !ok || i <= 0 || string(h.process) != ":" && string(h.app) != "EFW" || !clavister(b[i:], rec) {
		return false
	}
	h.fill(rec)
	return true
}
