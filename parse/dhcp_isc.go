package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// dhcpdDialect describes what ISC's dhcpd logs for each DHCP message that it receives or sends.
func dhcpdDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "dhcpd",
			Devices: "ISC DHCP server",
			Sample:  "Dec 11 18:08:44 study dhcpd: DHCPACK on 192.168.0.2 to 00:0c:6e:b1:56:9d (abbie-desktop) via eth0",
			Reads:   "Leases with address, the host's own name and interface; all other messages of the protocol.",
			Enable:  "On by default (facility daemon; log-facility changes it).",
			Source:  "dhcpd(8), dhcpd.conf(5)",
		},
		known: "tag or first words of dhcpd",
		tags:  []string{"dhcpd", "dhcpd4", "dhcpd6", "isc-dhcpd"},
		first: "D",
		looks: looksISC,
		kind:  file,
		read:  iscDHCP,
	}
}

// iscDHCP reads the ISC dhcpd:
//
//	DHCPACK on 10.0.0.5 to 52:54:00:12:34:56 (laptop) via eth0
//	DHCPDISCOVER from 52:54:00:12:34:56 via eth0: network 10.0.0.0/24: no free leases
//	Reply NA: address 2001:db8::5 to client with duid 00:01:… iaid = 5 valid for 3600 seconds
//
// An acknowledged lease is DHCPLease with Src = the address and Detail = the host's own name; what else dhcpd says is
// System.
func iscDHCP(b []byte, rec *Record) bool {
	w, rest := scan.Word(b)
	if via := scan.After(b, " via "); via != nil {
		w, _ := scan.Word(via)
		if rec.InIf = scan.TrimRight(w, ":,"); looksLikeAddr(rec.InIf) {
			rec.InIf = nil // a relay
		}
	}
	rec.Dialect = "dhcpd"
	switch {
	case string(w) == "DHCPACK":
		on, rest := scan.Word(rest)
		ip, rest := scan.Word(rest)
		if rec.Src = scan.Addr(ip); !rec.Src.IsValid() {
			return mark(rec, System, "dhcp")
		}
		if string(on) == "to" {
			return mark(rec, System, "dhcp") // the answer to a DHCPINFORM: no lease
		}
		_, rest = scan.Word(rest) // to
		mac, rest := scan.Word(rest)
		rec.hardware(mac)
		if rest = scan.TrimLeft(rest); len(rest) > 0 && rest[0] == '(' {
			name, _ := scan.CutByte(rest[1:], ')')
			rec.detail = name
		}
		return mark(rec, DHCPLease, "dhcp")
	case scan.Has(w, "DHCP"), scan.Has(w, "BOOT"):
		_, rest = scan.Word(rest)
		ip, _ := scan.Word(rest)
		rec.Src = scan.Addr(ip)
		if scan.Within(b, "no free leases") {
			rec.full("dhcp", noLeases)
			return true
		}
		return mark(rec, System, "dhcp")
	case scan.Has(b, "Reply NA: address "), scan.Has(b, "Reply TA: address "):
		ip, _ := scan.Word(b[len("Reply NA: address "):])
		rec.Src = scan.Addr(ip)
		return mark(rec, DHCPLease, "dhcp")
	case scan.Within(b, " message from ") || scan.Within(b, " to client with duid ") || scan.Has(b, "Sending "):
		to := scan.After(b, " from ")
		if to == nil {
			to = scan.After(b, " to ")
		}
		ip, _ := scan.Word(to)
		rec.Src = scan.Addr(ip)
		return mark(rec, System, "dhcp")
	}
	rec.Kind = System
	if rec.Word == "" {
		rec.Word = "other"
	}
	return true
}

// looksISC reports whether b is a message of DHCP in the words of ISC's server.
func looksISC(b []byte, _ *Record) bool {
	return scan.Has(b, "DHCP") && !scan.Has(b, "DHCP4_") && !scan.Has(b, "DHCP6_") &&
		bytes.IndexByte(b[:min(len(b), 16)], '(') < 0 && (scan.Within(b, " via ") || scan.Within(b, " from "))
}
