package parse

import (
	"bytes"
	"net/netip"
)

// iscDHCP reads the ISC dhcpd:
//
//	DHCPACK on 10.0.0.5 to 52:54:00:12:34:56 (laptop) via eth0
//	DHCPDISCOVER from 52:54:00:12:34:56 via eth0: network 10.0.0.0/24: no free leases
//	Reply NA: address 2001:db8::5 to client with duid 00:01:… iaid = 5 valid for 3600 seconds
//
// An acknowledged lease is DHCPLease with Src = the address and Detail = the host's own name; what else dhcpd says is
// System.
func (p *Parser) iscDHCP(b []byte, rec *Record) bool {
	w, rest := word(b)
	if via := after(b, " via "); via != nil {
		w, _ := word(via)
		if rec.InIf = bytes.TrimRight(w, ":,"); looksLikeAddr(rec.InIf) {
			rec.InIf = nil // a relay
		}
	}
	rec.Dialect = "dhcpd"
	switch {
	case string(w) == "DHCPACK":
		on, rest := word(rest)
		ip, rest := word(rest)
		if rec.Src = addr(ip); !rec.Src.IsValid() {
			return mark(rec, System, "dhcp")
		}
		if string(on) == "to" {
			return mark(rec, System, "dhcp") // the answer to a DHCPINFORM: no lease
		}
		_, rest = word(rest) // to
		_, rest = word(rest) // hardware address
		if rest = trimLeft(rest); len(rest) > 0 && rest[0] == '(' {
			name, _ := cutByte(rest[1:], ')')
			rec.Detail = p.name(name)
		}
		return mark(rec, DHCPLease, "dhcp")
	case has(w, "DHCP"), has(w, "BOOT"):
		_, rest = word(rest)
		ip, _ := word(rest)
		rec.Src = addr(ip)
		if within(b, "no free leases") {
			rec.full("dhcp", p.name(noLeases))
			return true
		}
		return mark(rec, System, "dhcp")
	case has(b, "Reply NA: address "), has(b, "Reply TA: address "):
		ip, _ := word(b[len("Reply NA: address "):])
		rec.Src = addr(ip)
		return mark(rec, DHCPLease, "dhcp")
	case within(b, " message from ") || within(b, " to client with duid ") || has(b, "Sending "):
		to := after(b, " from ")
		if to == nil {
			to = after(b, " to ")
		}
		ip, _ := word(to)
		rec.Src = addr(ip)
		return mark(rec, System, "dhcp")
	}
	rec.Kind = System
	if rec.Word == "" {
		rec.Word = "other"
	}
	return true
}

// kea reads the log of Kea's DHCP servers, in its own file or in syslog:
//
//	INFO  [kea-dhcp4.leases/1234.1401] DHCP4_LEASE_ALLOC [hwtype=1 52:54:…], cid=[…], tid=0x1: lease 10.0.0.5 has been
//	allocated for 3600 seconds
func (p *Parser) kea(b []byte, rec *Record) bool {
	i := bytes.Index(b[:min(len(b), 128)], []byte("[kea-"))
	if i < 0 || i > 40 {
		return false
	}
	_, rest := cutByte(b[i:], ']')
	id, rest := word(rest)
	if len(id) < 4 || !isUpper(id[0]) {
		return false
	}
	rec.Dialect = "kea"
	if isFacilityWord(rec.Host) {
		rec.Host = nil // the severity stands where a header has its host
	}
	switch {
	case bytes.HasSuffix(id, []byte("_LEASE_ALLOC")) || bytes.HasSuffix(id, []byte("_LEASE_RENEW")) || bytes.HasSuffix(id, []byte("_LEASE_REUSE")):
		rec.Src = keaLease(rest)
		if !rec.Src.IsValid() {
			return mark(rec, System, "dhcp")
		}
		return mark(rec, DHCPLease, "dhcp")
	case has(id, "DHCP4_") || has(id, "DHCP6_"):
		rec.Src = keaLease(rest)
		return mark(rec, System, "dhcp")
	case has(id, "ALLOC_ENGINE_") && within(id, "ALLOC_FAIL"):
		rec.full("dhcp", p.name(noLeases))
		return true
	}
	rec.Kind = System
	if rec.Word == "" || rec.Word == "syslog" && rec.App == nil {
		rec.Word = "other"
	}
	return true
}

// isFacilityWord knows the severities of log4cplus.
func isFacilityWord(w []byte) bool {
	switch string(w) {
	case "DEBUG", "INFO", "WARN", "ERROR", "FATAL":
		return true
	}
	return false
}

// keaLease is the address behind "lease 10.0.0.5" or "lease for address 2001:db8::5".
func keaLease(b []byte) netip.Addr {
	w, rest := word(after(b, "lease "))
	if string(w) == "for" {
		_, rest = word(rest)
		w, _ = word(rest)
	}
	return addr(bytes.TrimRight(w, ",."))
}

// udhcpd reads BusyBox's server, which names no client.
//
//	sending ACK to 192.168.1.100
func udhcpd(b []byte, rec *Record) bool {
	b = bytes.TrimPrefix(b, []byte("udhcpd: "))
	rec.Dialect = "udhcpd"
	if len(b) > 8 && has(b[1:], "ending ") {
		verb, rest := word(b[len("sending "):])
		_, rest = word(rest)
		ip, _ := word(rest)
		if rec.Src = addr(ip); string(verb) == "ACK" && rec.Src.IsValid() {
			return mark(rec, DHCPLease, "dhcp")
		}
		return mark(rec, System, "dhcp")
	}
	return mark(rec, System, "other")
}

// odhcpd reads OpenWrt's server for DHCPv6, which names no host:
//
//	DHCPV6 REQUEST IA_NA from 000100012a00000000005e005303 on br-lan: ok 2001:db8::50/128
func odhcpd(b []byte, rec *Record) bool {
	rec.Dialect = "odhcpd"
	verb, rest := word(bytes.TrimPrefix(b, []byte("DHCPV6 ")))
	on := after(rest, " on ")
	answer := after(on, ": ")
	if !has(b, "DHCPV6 ") || answer == nil {
		return mark(rec, System, "other")
	}
	rec.InIf = until(on, ":")
	ok, rest := word(answer)
	ip, _ := word(rest)
	ip, _ = cutByte(ip, '/')
	if rec.Src = addr(ip); string(ok) != "ok" || !rec.Src.IsValid() {
		return mark(rec, System, "dhcp")
	}
	switch string(verb) {
	case "REQUEST", "RENEW", "REBIND":
		return mark(rec, DHCPLease, "dhcp")
	}
	return mark(rec, System, "dhcp")
}

// windowsDHCP reads the audit log of the Windows DHCP server (DhcpSrvLog-*.log):
//
//	10,11/21/26,10:00:00,Assign,10.0.0.5,laptop.example.org,52540012…,,1234567,0,,,,…
//
// Events 10, 11 and 11002, 11003 … of DHCPv6 (new and renewed leases) are DHCPLease, 14 and its kin (no address left)
// TableFull, the rest System. The date is month/day/year; the server's own time, without a zone.
func (p *Parser) windowsDHCP(b []byte, rec *Record) bool {
	var f [7][]byte
	n := 0
	for ; n < len(f) && b != nil; n++ {
		f[n], b = cutByte(b, ',')
	}
	id, ok := number(f[0])
	s, ok2 := windowsDate(f[1], f[2])
	if n < 7 || !ok || !ok2 || id > 99_999 {
		return false
	}
	rec.Stamp, rec.Dialect, rec.Src = s, "windows-dhcp", addr(f[4])
	switch id {
	case 10, 11, 20, 11001, 11002, 11010, 11012:
		if rec.Src.IsValid() {
			host, _ := cutByte(f[5], '.')
			rec.Detail = p.name(host)
			return mark(rec, DHCPLease, "dhcp")
		}
	case 14, 22, 11021:
		rec.full("dhcp", p.name(noLeases))
		rec.Src = netip.Addr{} // the scope
		return true
	}
	return mark(rec, System, "dhcp")
}

// noLeases names the table that is full when a DHCP server has no address left.
var noLeases = []byte("dhcp leases")

// windowsDate reads 11/21/26 or 11/21/2026, and the clock.
func windowsDate(date, clock []byte) (s Stamp, ok bool) {
	if len(date) != 8 && len(date) != 10 || date[2] != '/' || date[5] != '/' {
		return s, false
	}
	m, ok1 := number(date[:2])
	d, ok2 := number(date[3:5])
	y, ok3 := number(date[6:])
	rest, ok4 := s.clock(clock)
	if !ok1 || !ok2 || !ok3 || !ok4 || len(rest) > 0 || m < 1 || m > 12 || d < 1 || d > 31 {
		return Stamp{}, false
	}
	if y < 100 {
		y += 2000
	}
	if y < 1970 || y > 2199 {
		return Stamp{}, false
	}
	s.Year, s.Month, s.Day = int16(y), uint8(m), uint8(d)
	return s, true
}
