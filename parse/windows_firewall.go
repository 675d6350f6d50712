package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// windowsFirewall reads pfirewall.log of the Windows Firewall (fields: date time action protocol src-ip dst-ip src-port
// dst-port size tcpflags tcpsyn tcpack tcpwin icmptype icmpcode info path):
//
//	2006-09-19 03:29:24 DROP UDP 172.20.73.241 239.255.255.250 2250 1900 250 - - - - - - - RECEIVE
//
// b begins with the action. INFO-EVENTS-LOST says in its column info how many lines are missing.
func windowsFirewall(b []byte, rec *Record) bool {
	var f [16][]byte
	for i := range f {
		f[i], b = scan.Word(b)
	}
	rec.Word = "fw-packet"
	switch string(f[0]) {
	case "OPEN", "OPEN-INBOUND":
		rec.Kind, rec.Action = SessionNew, "session-create"
	case "CLOSE":
		rec.Kind, rec.Action = SessionEnd, "session-delete"
	case "DROP", "DROP-ICMP":
		rec.Kind, rec.Action = SessionDenied, "deny"
	case "ALLOW":
		rec.Kind, rec.Action = SessionNew, "allow"
	case "INFO-EVENTS-LOST":
		rec.Dialect, rec.Kind, rec.Word, rec.Count = "windows-fw", Suppressed, "suppressed", scan.Number32(f[13])
		return true
	default:
		return false
	}
	rec.Proto = protocol(f[1])
	rec.Src, rec.Dst = scan.Addr(f[2]), scan.Addr(f[3])
	if !rec.Src.IsValid() || !rec.Dst.IsValid() {
		return false
	}
	rec.SPort, rec.DPort = scan.Port(f[4]), scan.Port(f[5])
	rec.Bytes, _ = scan.Number(f[6])
	rec.Flags = letterFlags(f[7])
	if rec.Action == "allow" {
		icmpType := -1
		if n, ok := scan.Number(f[11]); ok && n < 256 {
			icmpType = int(n)
		}
		rec.Kind = packetKind(rec, icmpType)
	}
	rec.Dialect = "windows-fw"
	return true
}

// isWindowsAction knows the words that the third column may hold.
func isWindowsAction(w []byte) bool {
	switch string(w) {
	case "OPEN", "CLOSE", "DROP", "ALLOW", "OPEN-INBOUND", "DROP-ICMP", "INFO-EVENTS-LOST":
		return true
	}
	return false
}

// windowsComment reads the head of pfirewall.log.
func windowsComment(b []byte, rec *Record) bool {
	for _, k := range [...]string{"#Version:", "#Software:", "#Time Format:", "#Fields:"} {
		if bytes.HasPrefix(b, []byte(k)) {
			rec.Dialect, rec.Word, rec.Kind = "windows-fw", "other", System
			return true
		}
	}
	return false
}

// hostIsVerb reads the lines whose first word the header took for a host: pfirewall.log ("… 03:04:29 OPEN TCP …") and
// WatchGuard's Traffic Monitor ("… 18:00:54 Allow 10.0.1.2 …").
func hostIsVerb(b []byte, rec *Record) bool {
	whole := []byte(nil)
	switch string(rec.Host) {
	case "Allow", "Deny":
		if whole = scan.Joined(rec.Host, b); whole == nil || !watchguard(whole, rec) {
			return false
		}
	default:
		if !isWindowsAction(rec.Host) {
			return false
		}
		if whole = scan.Joined(rec.Host, b); whole == nil || !windowsFirewall(whole, rec) {
			return false
		}
	}
	rec.Host, rec.Body = nil, whole
	return true
}
