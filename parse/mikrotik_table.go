package parse

import (
	"bytes"
	"net/netip"

	"uncloak/parse/scan"
)

// mikrotikTableDialect describes the rows of /ip firewall connection print.
func mikrotikTableDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "mikrotik-table",
			Devices: "MikroTik RouterOS 6 and 7, /ip firewall connection print: plain, terse, detail",
			Sample:  "0  SAC Fs  protocol=tcp src-address=192.168.2.48:32815 dst-address=198.51.100.188:5228 reply-src-address=198.51.100.188:5228 reply-dst-address=203.0.113.204:32815 tcp-state=established timeout=23h49m47s orig-packets=346 orig-bytes=25 675 repl-packets=242 repl-bytes=56 568",
			Reads: "Both tuples (the translation is what the reply differs in), state, packets, bytes and timeout. " +
				"The plain form has neither translation nor packets. A row is an entry of the table at one " +
				"moment.",
			Enable: "/ip firewall connection print terse without-paging",
			Source: "help.mikrotik.com, Connection tracking; output of RouterOS 6.4x and 7 that owners published",
		},
		known:   "a row as RouterOS prints its connections",
		console: RouterOS,
		begins: []string{"Flags: S - seen", "Flags: E - ", "Columns: PROTOCOL", "#    PR", "#         PROTOCOL",
			"# PR", "#  "},
		number: " ",
		looks:  looksMikrotikRow,
		kind:   tool,
		read:   mikrotikRow,
	}
}

// looksMikrotikRow reports whether b begins with the number of a row, its flags, and a protocol.
func looksMikrotikRow(b []byte, rec *Record) bool {
	return len(rec.App) == 0 && len(rec.Host) == 0 && mikrotikRowBody(b) != nil
}

// mikrotikRowBody returns what stands behind the row's number and its flags, or nil. The flags are E, S, A, C, D, F, H,
// s and d, in groups.
func mikrotikRowBody(b []byte) []byte {
	w, rest := scan.Word(b)
	if !scan.AllDigits(w) || len(w) > 7 {
		return nil
	}
	for range 4 {
		w, r := scan.Word(rest)
		switch {
		case len(w) == 0:
			return nil
		case bytes.IndexByte(w, '=') > 0 || protocol(w) != 0 || string(w) == "ospf":
			return scan.TrimLeft(rest)
		case len(bytes.Trim(w, "ESACDFHsd")) > 0:
			return nil
		}
		rest = r
	}
	return nil
}

// mikrotikRow reads one row, or a line above the rows.
func mikrotikRow(b []byte, rec *Record) bool {
	rec.Dialect = "mikrotik-table"
	body := mikrotikRowBody(b)
	if body == nil {
		return (scan.Has(b, "Flags: ") || scan.Within(b, "SRC-ADDRESS")) && mark(rec, System, "other")
	}
	rec.Unreplied = bytes.IndexByte(b[:len(b)-len(body)], 'S') < 0
	rec.Assured = bytes.IndexByte(b[:len(b)-len(body)], 'A') >= 0
	var t [2]tuple
	if w, _ := scan.Word(body); bytes.IndexByte(w, '=') < 0 {
		mikrotikPlain(body, &t, rec)
	} else {
		mikrotikFields(body, &t, rec)
	}
	if rec.Proto == 0 || !t[0].src.IsValid() || !t[0].dst.IsValid() {
		return false
	}
	fillTuples(&t, &rec.Event)
	rec.State = sessionState(rec, true)
	return rec.row("mikrotik-table")
}

// mikrotikFields reads key=value words. Words of three digits behind a number are its thousands.
func mikrotikFields(b []byte, t *[2]tuple, rec *Record) {
	for len(b) > 0 {
		var w []byte
		w, b = scan.Word(b)
		key, value := scan.CutByte(w, '=')
		n, isNumber := scan.Number(value)
		for isNumber {
			more, r := scan.Word(b)
			if len(more) != 3 || !scan.AllDigits(more) {
				break
			}
			thousands, _ := scan.Number(more)
			n, b = n*1000+thousands, r
		}
		mikrotikField(t, rec, key, value, n)
	}
}

// mikrotikField takes one pair; n is the number that value is, with its thousands.
func mikrotikField(t *[2]tuple, rec *Record, key, value []byte, n uint64) {
	switch string(key) {
	case "protocol":
		rec.Proto = protocol(value)
	case "src-address":
		t[0].src, t[0].sport = mikrotikEnd(value, t[0].sport)
	case "dst-address":
		t[0].dst, t[0].dport = mikrotikEnd(value, t[0].dport)
	case "reply-src-address":
		t[1].src, t[1].sport = mikrotikEnd(value, t[1].sport)
	case "reply-dst-address":
		t[1].dst, t[1].dport = mikrotikEnd(value, t[1].dport)
	case "src-port":
		t[0].sport = scan.Port(value)
	case "dst-port":
		t[0].dport = scan.Port(value)
	case "reply-src-port":
		t[1].sport = scan.Port(value)
	case "reply-dst-port":
		t[1].dport = scan.Port(value)
	case "icmp-id":
		t[0].id = scan.Port(value)
	case "tcp-state":
		rec.State, _, _ = listedState(value)
	case "timeout":
		rec.Count = unitSeconds(value)
	case "orig-packets":
		t[0].packets = n
	case "orig-bytes":
		t[0].bytes = n
	case "repl-packets":
		t[1].packets = n
	case "repl-bytes":
		t[1].bytes = n
	}
}

// mikrotikEnd reads an address with or without a port; known is the port of a field of its own, or 0.
func mikrotikEnd(b []byte, known uint16) (netip.Addr, uint16) {
	a, port := scan.Endpoint(b)
	return a, max(known, port)
}

// mikrotikPlain reads "tcp  10.5.101.147:48984    10.5.101.1:8291       established 4m59s"; RouterOS 7 may give the
// ports columns of their own.
func mikrotikPlain(b []byte, t *[2]tuple, rec *Record) {
	w, b := scan.Word(b)
	if rec.Proto = protocol(w); rec.Proto == 0 {
		rec.Proto = 89 // OSPF: no other name gets here
	}
	t[0].src, t[0].sport, b = mikrotikColumns(b)
	t[0].dst, t[0].dport, b = mikrotikColumns(b)
	w, rest := scan.Word(b)
	if s, _, ok := listedState(w); ok {
		rec.State, b = s, rest
	}
	w, _ = scan.Word(b)
	rec.Count = unitSeconds(w)
}

// mikrotikColumns reads an address, and its port behind it or in the next column.
func mikrotikColumns(b []byte) (a netip.Addr, port uint16, rest []byte) {
	w, b := scan.Word(b)
	a, port = scan.Endpoint(w)
	if w, rest := scan.Word(b); scan.AllDigits(w) {
		return a, scan.Port(w), rest
	}
	return a, port, b
}
