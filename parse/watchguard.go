package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// watchguardDialect describes the traffic log of WatchGuard's Firebox firewalls (Fireware), as syslog and as Traffic
// Monitor shows it.
func watchguardDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "watchguard",
			Devices: "WatchGuard Firebox (Fireware)",
			Sample:  `<142>May 10 15:19:06 WatchGuard-Firebox FVE6035FD3AE3 (2024-01-10T09:49:05) firewall[10]: msg_id="3000-0148" Allow Firebox 0-External 52 tcp 20 127 10.0.1.2 81.2.69.192 62443 80 offset 8 S 832026162 win 8192 (HTTP-00)`,
			Reads: "msg_id=… Allow or Deny, interfaces, protocol, endpoints, flags, policy, NAT addresses and " +
				"byte counts; a duration means that the connection ended; Traffic Monitor's own order of the " +
				"columns too",
			Enable: "System > Logging > Syslog Server: enable it; in each policy: Logging, Send log message.",
			Source: "watchguard.com, Read a Log Message; Fireware Log Catalog",
		},
		console: OtherConsole,
		hosts:   []string{"Allow", "Deny"},
		begins:  []string{"Allow ", "Deny ", "msg_id="},
		first:   upper,
		number:  "-/ABCDEF",
		looks:   looksWatchguard,
		read:    watchguardForms,
	}
}

// watchguard reads the traffic lines of Fireware, as syslog and as Traffic Monitor print them:
//
//	FVE6035 (2024-01-10T09:49:05) firewall[10]: msg_id="3000-0148" Allow Firebox 0-External 52 tcp 20 127 10.0.1.2 81.2.69.192 62443 80 offset 8 S 832026162 win 8192 (HTTP-00)
//	2024-03-29 18:00:54 Allow 10.0.1.2 100.100.100.11 http/tcp 42017 80 Trusted External Allowed (HTTP-proxy.1-00) proc_id="firewall" … src_ip_nat="…" duration="14" sent_bytes="564"
//
// A line with a duration is written when the connection ends. The stamp in parentheses is UTC. b begins with Allow or
// Deny.
func watchguard(b []byte, rec *Record) bool {
	verb, rest := scan.Word(b)
	kind, action := verdict(verb)
	if kind != SessionNew && kind != SessionDenied {
		return false
	}
	front, zones := rest, []byte(nil)
	for n := 0; n < 12; n++ { // interfaces, length, protocol, header length and TTL stand in front of the addresses
		var w []byte
		before := rest
		w, rest = scan.Word(rest)
		if len(w) == 0 {
			return false
		}
		if rec.Src = scan.Addr(w); rec.Src.IsValid() {
			break
		}
		if proto := protocolWord(w); rec.Proto == 0 && !scan.IsDigit(w[0]) && proto != 0 {
			rec.Proto, zones = proto, scan.TrimBody(front[:len(front)-len(before)])
		}
	}
	w, rest := scan.Word(rest)
	if rec.Dst = scan.Addr(w); !rec.Src.IsValid() || !rec.Dst.IsValid() {
		return false
	}
	if length := scan.LastWord(zones); scan.AllDigits(length) {
		zones = scan.TrimBody(zones[:len(zones)-len(length)])
	}
	if rec.OutIf = scan.LastWord(zones); len(rec.OutIf) < len(zones) { // the first may be "WAN - Site 2"
		rec.InIf = scan.TrimBody(zones[:len(zones)-len(rec.OutIf)])
	}
	if rec.Proto == 0 { // Traffic Monitor: the service follows the addresses
		w, rest = scan.Word(rest)
		rec.Proto = protocolWord(w)
	}
	if rec.Proto != ICMP && rec.Proto != ICMPv6 {
		w, rest = scan.Word(rest)
		rec.SPort = scan.Port(w)
		w, rest = scan.Word(rest)
		rec.DPort = scan.Port(w)
	}
	rec.Dialect, rec.Word, rec.Kind, rec.Action = "watchguard", "session", kind, action
	watchguardTail(rest, rec)
	return true
}

// watchguardTail reads flags, policy and the pairs.
func watchguardTail(b []byte, rec *Record) {
	if r, ok := bytes.CutPrefix(b, []byte("offset ")); ok {
		_, r = scan.Word(r)
		w, _ := scan.Word(r)
		rec.Flags = letterFlags(w)
	}
	var sent, rcvd, sentPkts, rcvdPkts uint64
	var closed bool
	w := scan.PairWalk{Rest: b, Sep: ' '}
	for key, val, ok := w.Next(); ok; key, val, ok = w.Next() {
		switch string(key) {
		case "src_ip_nat":
			rec.NATSrc = scan.Addr(val)
		case "src_port_nat":
			rec.NATSPort = scan.Port(val)
		case "dst_ip_nat":
			rec.NATDst = scan.Addr(val)
		case "dst_port_nat":
			rec.NATDPort = scan.Port(val)
		case "duration", "elapsed_time":
			closed = true
			rec.lastedSeconds(val)
		case "sent_bytes":
			sent, _ = scan.Number(val)
		case "rcvd_bytes":
			rcvd, _ = scan.Number(val)
		case "sent_pkts":
			sentPkts, _ = scan.Number(val)
		case "rcvd_pkts":
			rcvdPkts, _ = scan.Number(val)
		}
	}
	rec.Bytes, rec.Packets = sent+rcvd, scan.Saturate(sentPkts+rcvdPkts)
	switch {
	case rec.Kind == SessionDenied:
	case closed:
		rec.Kind, rec.State = SessionEnd, unanswered(sentPkts, rcvdPkts)
	case rec.Proto == TCP && rec.Flags != 0:
		rec.Kind = packetKind(rec, -1)
	}
	if i := bytes.LastIndexByte(b, '('); i >= 0 {
		rec.Rule = scan.Until(b[i+1:], ")")
		rec.detail = rec.Rule
	}
	tidyNAT(&rec.Event)
}

// watchguardMessage reads what begins with msg_id="3000-0148": a packet or connection, or anything else.
func watchguardMessage(b []byte, rec *Record) bool {
	id, rest := scan.Word(b)
	if watchguard(rest, rec) {
		return true
	}
	rec.Event = Event{Kind: System}
	rec.Dialect, rec.Word, rec.detail = "watchguard", "other", bytes.Trim(id[len("msg_id="):], `"`)
	watchguardEvent(scan.TrimLeft(rest), rec)
	return true
}

// watchguardEvent reads the links and leases among the messages that are about no packet.
func watchguardEvent(b []byte, rec *Record) {
	switch {
	case scan.ContainsLower(b, "link state becomes up"), scan.ContainsLower(b, "link status changed to up"):
		rec.Kind, rec.Word = Link, "link-up"
	case scan.ContainsLower(b, "link state becomes down"), scan.ContainsLower(b, "link status changed to down"),
		bytes.HasSuffix(b, []byte(" link is down.")),
		bytes.HasPrefix(b, []byte("[")) && bytes.HasSuffix(b, []byte(" is disconnected.")):
		rec.Kind, rec.Word = Link, "link-down"
	case bytes.HasPrefix(b, []byte("DHCPACK on ")):
		w, r := scan.Word(b[len("DHCPACK on "):])
		rec.Kind, rec.Word, rec.Src = DHCPLease, "dhcp", scan.Addr(w)
		w, _ = scan.Word(scan.After(r, "to "))
		rec.hardware(w)
	case bytes.HasPrefix(b, []byte("DHCP")):
		if rec.Word = "dhcp"; bytes.HasSuffix(b, []byte(": no free leases")) {
			rec.full("dhcp", noLeases)
		}
	}
	if rec.Kind == Link && b[0] == '[' {
		rec.detail = scan.Until(b[1:], " ]")
	}
}

// watchguardAt reads a WatchGuard line behind its serial number, the cluster's name, the stamp and the process; the
// name and the stamp may be missing.
func watchguardAt(b []byte, rec *Record) bool {
	id := scan.Index(b[:min(len(b), 120)], "msg_id=\"")
	if id < 0 {
		return false
	}
	watchguardMessage(b[id:], rec)
	i := scan.Index(b[:min(id, 80)], " (2")
	if i < 0 {
		return true
	}
	if s, ok := wallStamp(scan.Until(b[i+2:], ")")); ok {
		s.HasZone = true // Fireware writes UTC
		ownStamp(rec, &s)
	}
	return true
}

// looksWatchguard reports whether b is a line behind its serial number and stamp, or one of Traffic Monitor behind a
// stamp.
func looksWatchguard(b []byte, _ *Record) bool {
	if isDated(b) {
		w, _ := scan.Word(b[19:])
		return string(w) == "Allow" || string(w) == "Deny"
	}
	serial := scan.Until(b[:min(len(b), 20)], " ")
	if len(serial) <= 7 {
		return false
	}
	for _, c := range serial {
		if !scan.IsLetter(c) && !scan.IsDigit(c) {
			return false
		}
	}
	return scan.Within(b[:min(len(b), 120)], "msg_id=\"")
}

// watchguardForms reads the lines of Fireware with whatever stands in front of them.
func watchguardForms(b []byte, rec *Record) bool {
	switch {
	case string(rec.Host) == "Allow" || string(rec.Host) == "Deny":
		return verbAsHost(b, rec, watchguard)
	case scan.Has(b, "msg_id="):
		return watchguardMessage(b, rec)
	case isDated(b):
		return behindStamp(b, rec, watchguard)
	case scan.Has(b, "Allow ") || scan.Has(b, "Deny "):
		return watchguard(b, rec)
	}
	return watchguardAt(b, rec)
}
