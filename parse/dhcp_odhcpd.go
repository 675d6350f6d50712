package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// odhcpdDialect describes what OpenWrt's DHCPv6 server odhcpd logs for each lease.
func odhcpdDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "odhcpd",
			Devices: "OpenWrt",
			Sample:  "Nov 21 10:10:04 gw odhcpd[1]: DHCPV6 REQUEST IA_NA from 000100012a00000000005e005303 on br-lan: ok 2001:db8::50/128",
			Reads:   "Leases of DHCPv6 with address and interface.",
			Enable:  "uci set dhcp.odhcpd.loglevel=6; uci commit dhcp; service odhcpd restart.",
			Source:  "OpenWrt odhcpd src/dhcpv6-ia.c",
		},
		known: "tag odhcpd",
		tags:  []string{"odhcpd"},
		kind:  file,
		read:  odhcpd,
	}
}

// odhcpd reads what OpenWrt's DHCPv6 server logs of a lease, which does not hold the host's name:
//
//	DHCPV6 REQUEST IA_NA from 000100012a00000000005e005303 on br-lan: ok 2001:db8::50/128
func odhcpd(b []byte, rec *Record) bool {
	rec.Dialect = "odhcpd"
	verb, rest := scan.Word(bytes.TrimPrefix(b, []byte("DHCPV6 ")))
	on := scan.After(rest, " on ")
	answer := scan.After(on, ": ")
	if !scan.Has(b, "DHCPV6 ") || answer == nil {
		return mark(rec, System, "other")
	}
	rec.InIf = scan.Until(on, ":")
	request := rest
	ok, rest := scan.Word(answer)
	ip, _ := scan.Word(rest)
	ip, _ = scan.CutByte(ip, '/')
	if rec.Src = scan.Addr(ip); string(ok) != "ok" || !rec.Src.IsValid() {
		return mark(rec, System, "dhcp")
	}
	switch string(verb) {
	case "REQUEST", "RENEW", "REBIND":
		duid, _ := scan.Word(scan.After(request, "from "))
		rec.hardwareDUID(duid)
		return mark(rec, DHCPLease, "dhcp")
	}
	return mark(rec, System, "dhcp")
}

// hardwareDUID takes the MAC address out of a DHCPv6 client's identifier in hexadecimal, where it is made of one: type
// 1, a link-layer address with a time, or type 3, without, of Ethernet (RFC 8415, 11.2 and 11.4).
func (rec *Record) hardwareDUID(b []byte) {
	switch {
	case len(b) == 28 && scan.Has(b, "00010001"):
		rec.hardwareHex(b[16:])
	case len(b) == 20 && scan.Has(b, "00030001"):
		rec.hardwareHex(b[8:])
	}
}
