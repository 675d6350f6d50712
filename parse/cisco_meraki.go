package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// merakiDialect describes the event and flow lines of Cisco Meraki's firewalls, switches and access points.
func merakiDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "meraki",
			Devices: "Cisco Meraki MX, MR, MS",
			Sample:  "<134>1 1647479278.997155282 Nashville_MX100 ip_flow_start src=10.0.0.234 dst=81.2.69.145 protocol=tcp sport=34294 dport=80 translated_src_ip=1.128.3.4 translated_port=34294",
			Reads: "Unix stamp, device, then flows, firewall, ip_flow_start and ip_flow_end with translated " +
				"endpoints; the pattern says allow (0) or deny (1); leases and ports under events",
			Enable: "Network-wide > General > Reporting: add a syslog server with the roles Flows and Appliance " +
				"event log.",
			Source: "documentation.meraki.com, Syslog Event Types and Log Samples",
		},
		console: OtherConsole,
		begins: []string{"flows ", "firewall ", "vpn_firewall ", "cellular_firewall ",
			"bridge_anyconnect_client_vpn_firewall ", "l7_firewall ", "ip_flow_start ", "ip_flow_end ", "urls ",
			"security_event ", "ids-alerts ", "events ",
			"airmarshal_events ", "airmarshal "},
		number: ". ",
		looks:  looksMeraki,
		read:   merakiLine,
		own:    ownMeraki,
	}
}

// meraki reads the lines of Cisco Meraki MX, MR and MS, whose header is no syslog header:
//
//	<134>1 1647478988.289402144 MX84_4 flows allow src=10.0.2.170 dst=10.0.0.34 mac=… protocol=udp sport=54841 dport=15600
//	<134>1 1647479278.997155282 MX100 ip_flow_start src=… dst=… protocol=tcp sport=34294 dport=80 translated_src_ip=… translated_port=34294
//	948136486.721741837 MX60 firewall src=… dst=… protocol=udp sport=9562 dport=53 pattern: deny all
//
// A pattern of 1 denies, 0 and allow let pass. b begins with the stamp or with the 1 in front of it.
func meraki(b []byte, rec *Record) bool {
	if len(b) > 2 && b[0] == '1' && b[1] == ' ' {
		b = b[2:]
	}
	w, rest := scan.Word(b)
	if len(w) < 12 || bytes.IndexByte(w, '.') < 9 {
		return false
	}
	stamp, ok := epochStamp(w)
	if !ok {
		return false
	}
	host, rest := scan.Word(rest)
	return len(host) > 0 && merakiMessage(host, stamp, rest, rec)
}

// merakiMessage reads what stands behind stamp and host, which the header has taken where no priority is in front.
func merakiMessage(host []byte, stamp Stamp, b []byte, rec *Record) bool {
	what, rest := scan.Word(b)
	rec.Word, rec.Kind, rec.Action = "session", System, ""
	switch string(what) {
	case "flows", "firewall", "vpn_firewall", "cellular_firewall", "bridge_anyconnect_client_vpn_firewall",
		"l7_firewall":
		merakiFlow(rest, rec)
		if rec.Kind == System {
			rec.Kind = SessionNew
		}
	case "ip_flow_start":
		merakiFlow(rest, rec)
		rec.Kind, rec.Action = SessionNew, "session-create"
	case "ip_flow_end":
		merakiFlow(rest, rec)
		rec.Kind, rec.Action = SessionEnd, "session-delete"
	case "urls":
		merakiFlow(rest, rec)
		rec.Kind, rec.Action = System, ""
	case "security_event", "ids-alerts":
		merakiFlow(rest, rec)
		rec.detail = scan.Until(rest, " ")
	case "events":
		merakiEvent(rest, rec)
	case "airmarshal_events", "airmarshal":
		rec.Word = "other"
	default:
		return false
	}
	rec.Dialect, rec.Host = "meraki", host
	rec.Stamp = stamp
	return true
}

// merakiFlow reads the optional verdict, the pairs, and the pattern behind them.
func merakiFlow(b []byte, rec *Record) {
	pairs, pattern := b, []byte(nil)
	if i := bytes.Index(b, []byte("pattern: ")); i >= 0 {
		pairs, pattern = b[:i], b[i+len("pattern: "):]
	}
	first, _ := scan.Word(b)
	rec.Kind, rec.Action = verdict(first)
	var translated uint16
	w := scan.PairWalk{Rest: pairs, Sep: ' '}
	for key, val, ok := w.Next(); ok; key, val, ok = w.Next() {
		switch string(key) {
		case "src":
			rec.Src, rec.SPort = scan.Endpoint(val)
		case "dst":
			rec.Dst, rec.DPort = scan.Endpoint(val)
		case "protocol":
			rec.Proto = protocolWord(val)
		case "sport":
			rec.SPort = scan.Port(val)
		case "dport":
			rec.DPort = scan.Port(val)
		case "translated_src_ip":
			rec.NATSrc = scan.Addr(val)
		case "translated_dst_ip":
			rec.NATDst = scan.Addr(val)
		case "translated_port":
			translated = scan.Port(val)
		case "action":
			rec.Kind, rec.Action = verdict(val)
		}
	}
	if rec.NATSrc.IsValid() {
		rec.NATSPort = translated
	} else if rec.NATDst.IsValid() {
		rec.NATDPort = translated
	}
	switch first, _ := scan.Word(pattern); string(first) {
	case "1", "deny":
		rec.Kind, rec.Action = SessionDenied, "deny"
	case "0", "allow":
		rec.Kind, rec.Action = SessionNew, "allow"
	case "Group":
		if bytes.Contains(pattern, []byte("Deny")) {
			rec.Kind, rec.Action = SessionDenied, "deny"
		} else {
			rec.Kind, rec.Action = SessionNew, "allow"
		}
	}
	tidyNAT(&rec.Event)
}

// merakiEvent reads leases and links; everything else is of no consequence.
func merakiEvent(b []byte, rec *Record) {
	rec.Word, rec.Kind = "other", System
	switch {
	case bytes.HasPrefix(b, []byte("dhcp lease of ip ")):
		w, _ := scan.Word(b[len("dhcp lease of ip "):])
		rec.Src, rec.Kind, rec.Word = scan.Addr(w), DHCPLease, "dhcp"
		w, r := scan.Word(scan.After(b, "client mac "))
		rec.hardware(w)
		if name := scan.After(r, "hostname "); name != nil {
			rec.detail = scan.Until(name, " ")
		}
	case bytes.HasPrefix(b, []byte("dhcp ")):
		rec.Word = "dhcp"
	case bytes.HasPrefix(b, []byte("port ")) && bytes.Contains(b, []byte(" status changed ")):
		i := bytes.Index(b, []byte(" status"))
		rec.Kind, rec.Word, rec.detail = Link, "link-up", b[:i]
		if bytes.HasSuffix(b, []byte(" to down")) {
			rec.Word = "link-down"
		}
	case bytes.HasPrefix(b, []byte("carrier_change ")):
		w, _ := scan.Word(scan.After(b, "device "))
		rec.Kind, rec.Word, rec.detail = Link, "link-up", w
		if bytes.HasSuffix(b, []byte("false")) {
			rec.Word = "link-down"
		}
	default:
		w := scan.Until(bytes.TrimPrefix(b, []byte("type=")), " ")
		rec.detail = w
	}
}

// looksMeraki reports whether b begins with a Unix stamp, perhaps behind a 1.
func looksMeraki(b []byte, _ *Record) bool {
	if b[0] == '1' && b[1] == ' ' {
		return len(b) > 20 && scan.IsDigit(b[2]) && (b[12] == '.' || b[11] == '.')
	}
	i := leadingDigits(b)
	return i >= 9 && i < 12 && b[i] == '.'
}

// merakiLine reads a line of Meraki. Where it has no priority, the header has taken the stamp and the host.
func merakiLine(b []byte, rec *Record) bool {
	if scan.IsDigit(b[0]) {
		return meraki(b, rec)
	}
	return rec.Stamp.HasUnix && len(rec.Host) > 0 && len(rec.App) == 0 && merakiMessage(rec.Host, rec.Stamp, b, rec)
}

// ownMeraki reads Meraki's messages behind a relay's header, which has taken the place of its own.
func ownMeraki(b []byte, rec *Record) bool {
	if scan.IsDigit(b[0]) {
		return looksMeraki(b, rec) && meraki(b, rec)
	}
	return len(rec.Host) > 0 && len(rec.App) == 0 && merakiMessage(rec.Host, rec.Stamp, b, rec)
}
