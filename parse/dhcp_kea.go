package parse

import (
	"bytes"
	"net/netip"

	"uncloak/parse/scan"
)

// keaDialect describes the log of ISC Kea's DHCP servers, in a file of their own or in syslog.
func keaDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "kea",
			Devices: "ISC Kea",
			Sample:  "2026-11-21 10:00:00.123 INFO  [kea-dhcp4.leases/1234.140123] DHCP4_LEASE_ALLOC [hwtype=1 52:54:00:12:34:56], cid=[no info], tid=0x1: lease 10.0.0.5 has been allocated for 3600 seconds",
			Reads:   "Leases with their address.",
			Enable:  `On by default; "output_options": [{"output": "syslog"}] sends them to syslog.`,
			Source:  "Kea Messages Manual",
		},
		known:  "tag or first words of kea",
		tags:   []string{"kea-dhcp4", "kea-dhcp6", "kea-dhcp-ddns", "kea"},
		begins: []string{"[kea-"},
		first:  text,
		looks:  looksKea,
		kind:   file,
		read:   kea,
	}
}

// kea reads the log of Kea's DHCP servers, in its own file or in syslog:
//
//	INFO  [kea-dhcp4.leases/1234.1401] DHCP4_LEASE_ALLOC [hwtype=1 52:54:…], cid=[…], tid=0x1: lease 10.0.0.5 has been
//	allocated for 3600 seconds
//
// Of a request that it cannot serve it writes two or three lines (src/lib/dhcpsrv/alloc_engine.cc): of these the one
// that is always there counts, ALLOC_FAIL or ALLOC_FAIL_NO_POOLS.
func kea(b []byte, rec *Record) bool {
	i := bytes.Index(b[:min(len(b), 128)], []byte("[kea-"))
	if i < 0 || i > 40 {
		return false
	}
	_, rest := scan.CutByte(b[i:], ']')
	id, rest := scan.Word(rest)
	if len(id) < 4 || !scan.IsUpper(id[0]) {
		return false
	}
	rec.Dialect = "kea"
	if isFacilityWord(rec.Host) {
		rec.Host = nil // the severity stands where a header has its host
	}
	switch {
	case bytes.HasSuffix(id, []byte("_LEASE_ALLOC")) || bytes.HasSuffix(id, []byte("_LEASE_RENEW")) ||
		bytes.HasSuffix(id, []byte("_LEASE_REUSE")):
		rec.Src = keaLease(rest)
		if !rec.Src.IsValid() {
			return mark(rec, System, "dhcp")
		}
		rec.hardware(scan.Until(scan.After(rest, "[hwtype=1 "), "]"))
		return mark(rec, DHCPLease, "dhcp")
	case scan.Has(id, "DHCP4_") || scan.Has(id, "DHCP6_"):
		rec.Src = keaLease(rest)
		return mark(rec, System, "dhcp")
	case bytes.HasSuffix(id, []byte("_ALLOC_FAIL")), bytes.HasSuffix(id, []byte("_ALLOC_FAIL_NO_POOLS")):
		rec.full("dhcp", noLeases)
		return true
	case scan.Has(id, "ALLOC_ENGINE_") && scan.Within(id, "ALLOC_FAIL"): // of the same refusal: subnet and classes
		return mark(rec, System, "dhcp")
	}
	rec.Kind = System
	if rec.Word == "" || rec.Word == "syslog" && rec.App == nil {
		rec.Word = "other"
	}
	return true
}

// isFacilityWord reports whether w is a severity of log4cplus, the logging library of Kea.
func isFacilityWord(w []byte) bool {
	switch string(w) {
	case "DEBUG", "INFO", "WARN", "ERROR", "FATAL":
		return true
	}
	return false
}

// keaLease is the address behind "lease 10.0.0.5" or "lease for address 2001:db8::5".
func keaLease(b []byte) netip.Addr {
	w, rest := scan.Word(scan.After(b, "lease "))
	if string(w) == "for" {
		_, rest = scan.Word(rest)
		w, _ = scan.Word(rest)
	}
	return scan.Addr(scan.TrimRight(w, ",."))
}

// looksKea reports whether the name of one of Kea's loggers stands near the front of b.
func looksKea(b []byte, _ *Record) bool {
	return !scan.IsDigit(b[0]) && scan.Within(b[:min(len(b), 40)], "[kea-")
}
