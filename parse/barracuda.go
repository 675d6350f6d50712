package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// barracudaDialect describes the firewall activity log that Barracuda CloudGen firewalls send as syslog, a line for
// each session's event.
func barracudaDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "barracuda",
			Devices: "Barracuda CloudGen Firewall (NextGen, phion)",
			Sample:  "<14>Dec  1 10:00:00 gw1 box_Firewall_Activity:  Info     gw1 Remove: type=FWD|proto=TCP|srcIF=eth1|srcIP=10.0.10.70|srcPort=60154|srcMAC=00:0c:29:9a:0a:78|dstIP=62.99.0.1|dstPort=443|dstService=https|dstIF=dhcp|rule=LAN-2-INTERNET|info=Normal Operation|srcNAT=62.99.0.69|dstNAT=62.99.0.1|duration=500|count=1|receivedBytes=5000|sentBytes=700|receivedPackets=8|sentPackets=9|user=",
			Reads: "verb (Allow, Block, Deny, Drop, Remove, Fail, Detect), then type=FWD|proto=…|… or the same " +
				"columns without names: endpoints, srcNAT, dstNAT, rule, bytes and packets",
			Enable: "CONFIGURATION > Infrastructure Services > Syslog Streaming: stream Firewall_Activity_Log, " +
				"log policy with key-value pairs.",
			Source: "campus.barracuda.com, Firewall Activity Log",
		},
		console: OtherConsole,
		first:   upper + lower,
		number:  " ",
		looks:   looksBarracuda,
		read:    barracuda,
	}
}

// barracudaLine reads the firewall activity log of Barracuda CloudGen (NextGen, phion):
//
//	2018 01 30 13:12:21 Security +01:00 Block: type=FWD|proto=UDP|srcIF=eth0|srcIP=10.17.34.12|srcPort=54915|…|rule=BLOCKALL|info=Block by Rule|srcNAT=…
//	Info     gw Allow: FWD|TCP|eth0|10.0.10.70|60154|00:0c:…|62.99.0.0|443|https|dhcp|rule|info|62.99.0.69|62.99.0.0|0|1|0|0|0|0|
//
// pipe: the place of the first |. The older form has the same columns without names.
func barracudaLine(b []byte, pipe int, rec *Record) bool {
	start := bytes.LastIndexByte(b[:pipe], ' ') + 1
	if start < 2 || b[start-2] != ':' {
		return false
	}
	verb := b[bytes.LastIndexByte(b[:start-2], ' ')+1 : start-2]
	fields := b[start:]
	named := bytes.HasPrefix(fields, []byte("type="))
	if !named && !barracudaType(fields[:pipe-start]) {
		return false
	}
	var f barracudaFields
	f.read(fields, named, rec)
	if !rec.Src.IsValid() && !rec.Dst.IsValid() {
		return false
	}
	rec.Dialect, rec.Word, rec.detail = "barracuda", "session", rec.Rule
	rec.Bytes, rec.Packets = f.bytes, scan.Saturate(f.packets)
	barracudaVerb(verb, rec)
	if rec.Kind == SessionDenied && scan.ContainsLower(f.info, "limit") {
		rec.detail = f.info
	}
	tidyNAT(&rec.Event)
	barracudaStamp(b, rec)
	return true
}

// barracudaStamp reads the stamp at the front of a file's line: "2018 01 30 13:12:21 Security +01:00".
func barracudaStamp(b []byte, rec *Record) {
	if len(b) <= 20 || b[4] != ' ' || b[7] != ' ' || !scan.IsDigit(b[0]) {
		return
	}
	var buf [24]byte
	copy(buf[:], b[:19])
	buf[4], buf[7] = '-', '-'
	if s, ok := wallStamp(buf[:19]); ok {
		_, r := scan.Word(b[20:])
		zone, _ := scan.Word(r)
		s.zoneOffset(zone)
		ownStamp(rec, &s)
	}
}

// barracudaFields are the fields of a line that are not fields of an Event.
type barracudaFields struct {
	bytes, packets uint64 // both directions
	info           []byte
}

// read takes the columns, with their names in front or without.
func (f *barracudaFields) read(columns []byte, named bool, rec *Record) {
	for i := 0; len(columns) > 0; i++ {
		end := bytes.IndexByte(columns, '|')
		if end < 0 {
			end = len(columns)
		}
		val := columns[:end]
		key := ""
		if named {
			eq := bytes.IndexByte(val, '=')
			if eq < 0 {
				eq = len(val) - 1
			}
			key, val = barracudaKey(val[:max(eq, 0)]), val[eq+1:]
		} else if i < len(barracudaColumns) {
			key = barracudaColumns[i]
		}
		f.set(key, val, rec)
		columns = columns[min(len(columns), end+1):]
	}
}

// set takes one column.
func (f *barracudaFields) set(key string, val []byte, rec *Record) {
	switch key {
	case "proto":
		rec.Proto = protocol(val)
	case "srcIF":
		rec.InIf = val
	case "srcIP":
		rec.Src = scan.Addr(val)
	case "srcPort":
		rec.SPort = scan.Port(val)
	case "dstIP":
		rec.Dst = scan.Addr(val)
	case "dstPort":
		rec.DPort = scan.Port(val)
	case "dstIF":
		rec.OutIf = val
	case "rule":
		rec.Rule = val
	case "info":
		f.info = val
	case "srcNAT":
		rec.NATSrc = scan.Addr(val)
	case "dstNAT":
		rec.NATDst = scan.Addr(val)
	case "count":
		if rec.Count = scan.Number32(val); rec.Count == 1 {
			rec.Count = 0
		}
	case "bytes":
		n, _ := scan.Number(val)
		f.bytes += n
	case "packets":
		n, _ := scan.Number(val)
		f.packets += n
	}
}

// barracudaColumns are the columns of the form without names, as far as they are read.
var barracudaColumns = [...]string{
	"type", "proto", "srcIF", "srcIP", "srcPort", "srcMAC", "dstIP", "dstPort", "dstService", "dstIF", "rule", "info",
	"srcNAT", "dstNAT", "duration", "count", "bytes", "bytes", "packets", "packets",
}

// barracudaKey maps a name to the word that is switched on, without allocating.
func barracudaKey(b []byte) string {
	switch string(b) {
	case "receivedBytes", "sentBytes":
		return "bytes"
	case "receivedPackets", "sentPackets":
		return "packets"
	case "proto":
		return "proto"
	case "srcIF":
		return "srcIF"
	case "srcIP":
		return "srcIP"
	case "srcPort":
		return "srcPort"
	case "dstIP":
		return "dstIP"
	case "dstPort":
		return "dstPort"
	case "dstIF":
		return "dstIF"
	case "rule":
		return "rule"
	case "info":
		return "info"
	case "srcNAT":
		return "srcNAT"
	case "dstNAT":
		return "dstNAT"
	case "count":
		return "count"
	}
	return ""
}

// barracudaType reports whether b may stand in the first column.
func barracudaType(b []byte) bool {
	switch string(b) {
	case "LIN", "LOUT", "LB", "FWD", "IFWD", "PXY", "PRX", "IPXY", "IPRX", "TAP", "LRD":
		return true
	}
	return false
}

func barracudaVerb(verb []byte, rec *Record) {
	verb = bytes.TrimPrefix(verb, []byte("Local"))
	switch string(verb) {
	case "Allow":
		rec.Kind, rec.Action = SessionNew, "session-create"
	case "Remove", "Terminate":
		rec.Kind, rec.Action = SessionEnd, "session-delete"
	case "Fail":
		rec.Kind, rec.Action, rec.State = SessionEnd, "session-delete", Unreplied
	case "Block", "Deny", "Drop":
		rec.Kind, rec.Action = SessionDenied, "deny"
	default: // Detect, Scan, ARP …
		rec.Kind = System
	}
}

// barracuda looks for the verb and the first pipe of a Barracuda line.
func barracuda(b []byte, rec *Record) bool {
	i := bytes.IndexByte(b[:min(len(b), 100)], '|')
	return i > 0 && barracudaLine(b, i, rec)
}

// looksBarracuda reports whether a | stands where the columns of the activity log begin.
func looksBarracuda(b []byte, rec *Record) bool {
	switch {
	case scan.IsDigit(b[0]): // 2018 01 30 13:12:21 Security +01:00 Block: …
		if len(b) <= 24 || leadingDigits(b) != 4 || b[4] != ' ' || b[7] != ' ' || b[13] != ':' {
			return false
		}
	case scan.IsLower(b[0]):
		if len(rec.PID) == 0 && len(rec.App) == 0 || bytes.IndexByte(b[:min(len(b), 16)], '=') >= 0 {
			return false
		}
	}
	return bytes.IndexByte(b[:min(len(b), 100)], '|') > 0
}
