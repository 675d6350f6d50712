package parse

import "uncloak/parse/scan"

// tplinkDialect describes the system log of TP-Link's home routers, as it is saved or sent to syslog.
func tplinkDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "tp-link",
			Devices: "TP-Link home routers (Archer, TL-WR, TL-WDR)",
			Sample:  "2\tNov 21 10:00:00\tDHCP\tINFO\tDHCPS:Send ACK to 192.168.0.100",
			Reads:   "Leases with their address. Other lines of the DHCP server and client are system.",
			Enable:  "System Tools > System Log: save it, or Log Settings > Save Remotely.",
			Source:  "TP-Link GPL sources of TL-WDR4300, udhcp (msglogd); System Log page of that router",
		},
		known:   "DHCPS: or DHCPC:, and its sentence",
		console: OtherConsole,
		tags:    []string{"DHCPS", "DHCPC"},
		begins:  []string{"DHCPS:", "DHCPC:", "DHCP\t"},
		first:   "\"",
		number:  "\t \"",
		looks:   looksTPLink,
		kind:    file,
		read:    tplink,
	}
}

// looksTPLink reports whether b is a row of the saved log: columns parted by tabs or commas, of which the last is the
// DHCP server's.
func looksTPLink(b []byte, _ *Record) bool { return scan.Within(b[:min(len(b), 96)], "DHCPS:") }

// tplink reads a message of the DHCP server (DHCPS) or client (DHCPC), alone or in a row of the saved log.
func tplink(b []byte, rec *Record) bool {
	text := b
	if i := scan.Index(b, "DHCPS:"); i >= 0 {
		text = b[i+len("DHCPS:"):]
		if i > 12 {
			tplinkStamp(b[:i], rec)
		}
	} else if scan.Has(b, "DHCPC:") {
		text = nil
	} else if !scan.Has(b, "Send ") && !scan.Has(b, "Recv ") {
		return false
	}
	rec.Dialect = "tp-link"
	if scan.AllDigits(rec.Host) || string(rec.Host) == "DHCP" {
		rec.Host = nil // the row's number, or its third column
	}
	if to := scan.After(text, "Send ACK to "); to != nil {
		w, _ := scan.Word(to)
		if rec.Src = scan.Addr(scan.TrimRight(w, `".`)); rec.Src.IsValid() {
			return mark(rec, DHCPLease, "dhcp")
		}
	}
	return mark(rec, System, "dhcp")
}

// tplinkStamp reads the second column.
func tplinkStamp(b []byte, rec *Record) {
	for i, c := range b {
		if scan.IsUpper(c) && month(b[i:]) != 0 {
			var s Stamp
			if _, ok := s.stamp3164(b[i:]); ok && (rec.Stamp.Month != s.Month || rec.Stamp.Day != s.Day) {
				rec.Stamp = s // of a file, if the header in front is of another day
			}
			return
		}
	}
}
