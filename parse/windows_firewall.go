package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// windowsFirewallDialect describes pfirewall.log, in which the Windows Firewall writes a line for each connection or
// dropped packet.
func windowsFirewallDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "windows-fw",
			Devices: "Windows Firewall, pfirewall.log",
			Sample:  "2006-09-19 03:29:24 DROP UDP 172.20.73.241 239.255.255.250 2250 1900 250 - - - - - - - RECEIVE",
			Reads: "OPEN, CLOSE, ALLOW, DROP with protocol, endpoints, size and TCP flags; INFO-EVENTS-LOST as " +
				"the number of lost lines",
			Enable: "netsh advfirewall set allprofiles logging droppedconnections enable; netsh advfirewall set " +
				"allprofiles logging allowedconnections enable; follow " +
				"%systemroot%\\system32\\LogFiles\\Firewall\\pfirewall.log.",
			Source: "Microsoft Learn, Configure the Windows Firewall log",
		},
		console: OtherConsole,
		hosts:   []string{"OPEN", "CLOSE", "DROP", "ALLOW", "OPEN-INBOUND", "DROP-ICMP", "INFO-EVENTS-LOST"},
		begins: []string{"ALLOW ", "DROP ", "DROP-ICMP ", "CLOSE ", "OPEN ", "OPEN-INBOUND ",
			"INFO-EVENTS-LOST ", "#"},
		number: "-/",
		looks:  looksWindowsFirewall,
		read:   windowsFirewallForms,
	}
}

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

// isWindowsAction reports whether w may stand in the column of actions.
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

// looksWindowsFirewall reports whether b is a line of pfirewall.log behind a stamp.
func looksWindowsFirewall(b []byte, _ *Record) bool {
	if !isDated(b) {
		return false
	}
	w, _ := scan.Word(b[19:])
	return isWindowsAction(w)
}

// windowsFirewallForms reads pfirewall.log, its head, and lines whose verb the header took for a host
// ("… 03:04:29 OPEN TCP …").
func windowsFirewallForms(b []byte, rec *Record) bool {
	switch {
	case b[0] == '#':
		return windowsComment(b, rec)
	case isWindowsAction(rec.Host):
		return verbAsHost(b, rec, windowsFirewall)
	case scan.IsDigit(b[0]):
		return behindStamp(b, rec, windowsFirewall)
	}
	return windowsFirewall(b, rec)
}

// verbAsHost reads a line whose first word the header took for a host: pfirewall.log, and WatchGuard's Traffic Monitor
// ("… 18:00:54 Allow 10.0.1.2 …").
func verbAsHost(b []byte, rec *Record, read func([]byte, *Record) bool) bool {
	whole := scan.Joined(rec.Host, b)
	if whole == nil || !read(whole, rec) {
		return false
	}
	rec.Host, rec.Body = nil, whole
	return true
}

// isDated reports whether b may begin with a full date and a clock.
func isDated(b []byte) bool {
	return len(b) > 24 && leadingDigits(b) == 4 && (b[4] == '-' || b[4] == '/')
}

// behindStamp reads a line that has a second stamp in front.
func behindStamp(b []byte, rec *Record, read func([]byte, *Record) bool) bool {
	s, ok := wallStamp(b[:19])
	if !ok || !read(scan.TrimLeft(b[19:]), rec) {
		return false
	}
	ownStamp(rec, &s)
	return true
}
