package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// udhcpdDialect describes what BusyBox's DHCP server udhcpd logs for each lease.
func udhcpdDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "udhcpd",
			Devices: "BusyBox",
			Sample:  "Nov 21 10:00:00 h udhcpd[9]: sending ACK to 192.168.1.100",
			Reads:   "Leases with their address.",
			Enable:  "udhcpd -S logs to syslog.",
			Source:  "BusyBox, networking/udhcp",
		},
		known:  "tag or first words of udhcpd",
		tags:   []string{"udhcpd"},
		begins: []string{"udhcpd: "},
		kind:   file,
		read:   udhcpd,
	}
}

// udhcpd reads what BusyBox's DHCP server logs of a lease, which is the address alone.
//
//	sending ACK to 192.168.1.100
func udhcpd(b []byte, rec *Record) bool {
	b = bytes.TrimPrefix(b, []byte("udhcpd: "))
	rec.Dialect = "udhcpd"
	if len(b) > 8 && scan.Has(b[1:], "ending ") {
		verb, rest := scan.Word(b[len("sending "):])
		_, rest = scan.Word(rest)
		ip, _ := scan.Word(rest)
		if rec.Src = scan.Addr(ip); string(verb) == "ACK" && rec.Src.IsValid() {
			return mark(rec, DHCPLease, "dhcp")
		}
		return mark(rec, System, "dhcp")
	}
	return mark(rec, System, "other")
}
