package parse

import "uncloak/parse/scan"

// neighboursDialect describes the rows of the tables that say which MAC address an address has: ip neigh, /proc/net/arp
// and arp -a.
func neighboursDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "neighbours",
			Devices: "ip neigh, /proc/net/arp and arp -a on Linux, BSD and macOS",
			Sample:  "192.168.1.10 dev br-lan lladdr 00:00:5e:00:53:01 REACHABLE",
			Reads:   "Address, MAC address and interface. Rows without a MAC address are system.",
			Enable:  "ip neigh",
			Source:  "ip-neighbour(8), proc(5), arp(8)",
		},
		begins: []string{"? (", "fe80::", "fd", "2001:", "2a0", "IP address       HW type"},
		number: ". :",
		looks:  looksNeighbour,
		kind:   tool,
		read:   neighbour,
	}
}

// looksNeighbour reports whether b begins with an IPv4 address and has what the two tables of Linux have behind it.
func looksNeighbour(b []byte, rec *Record) bool {
	return len(b) > 20 && len(rec.App) == 0 &&
		(scan.Within(b[:min(len(b), 80)], " dev ") || scan.Within(b[:min(len(b), 40)], " 0x1 "))
}

// neighbour reads
//
//	192.168.1.10 dev br-lan lladdr 00:00:5e:00:53:01 REACHABLE
//	192.168.1.10     0x1         0x2         00:00:5e:00:53:01     *        br-lan
//	? (192.168.1.10) at 00:00:5e:00:53:01 [ether] on br-lan
func neighbour(b []byte, rec *Record) bool {
	rec.Dialect = "neighbours"
	if scan.Has(b, "IP address ") {
		return mark(rec, System, "other")
	}
	w, rest := scan.Word(b)
	var mac []byte
	switch {
	case scan.Has(b, "? ("):
		ip, after := scan.CutByte(b[len("? ("):], ')')
		if w, rest = ip, after; !scan.Has(rest, " at ") {
			return false
		}
		mac, rest = scan.Word(rest[len(" at "):])
		rec.InIf, _ = scan.Word(scan.After(rest, " on "))
	case scan.Has(scan.TrimLeft(rest), "dev "):
		rec.InIf, rest = scan.Word(scan.TrimLeft(rest)[len("dev "):])
		if !scan.Has(scan.TrimLeft(rest), "lladdr ") {
			return scan.Addr(w).IsValid() && isNeighbourState(scan.LastWord(rest)) && mark(rec, System, "other")
		}
		mac, _ = scan.Word(scan.TrimLeft(rest)[len("lladdr "):])
	default:
		kind, r := scan.Word(rest)
		flags, r := scan.Word(r)
		if mac, r = scan.Word(r); string(kind) != "0x1" || !scan.Has(flags, "0x") {
			return false
		}
		rec.InIf = scan.LastWord(r)
	}
	if rec.Src = scan.Addr(w); !rec.Src.IsValid() {
		return false
	}
	if !rec.hardware(mac) || string(mac) == "00:00:00:00:00:00" {
		rec.Aside = Name{}
		return mark(rec, System, "other")
	}
	return mark(rec, Neighbour, "other")
}

// isNeighbourState knows the words of ip-neighbour(8).
func isNeighbourState(w []byte) bool {
	switch string(w) {
	case "FAILED", "INCOMPLETE", "STALE", "REACHABLE", "DELAY", "PROBE", "PERMANENT", "NOARP", "NONE":
		return true
	}
	return false
}
