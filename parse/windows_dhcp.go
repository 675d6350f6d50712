package parse

import (
	"bytes"
	"net/netip"

	"uncloak/parse/scan"
)

// windowsDHCPDialect describes the audit log of the Windows DHCP server: a CSV file with a line for each lease.
func windowsDHCPDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "windows-dhcp",
			Devices: "Windows DHCP server (audit log)",
			Sample:  "11,11/01/25,04:05:32,Renew,10.250.71.22,PC-SSD-4632,CC28AA86C37F,,274190949,0,,,,0x4D53465420352E30,MSFT 5.0,,,,0",
			Reads:   "Leases new and renewed, with host name and local time.",
			Enable:  "On by default: C:\\Windows\\System32\\dhcp\\DhcpSrvLog-*.log.",
			Source:  "Microsoft Learn, DHCP audit log",
		},
		known:  "the shape of a line in the log file of windows-dhcp",
		number: ",",
		looks:  looksWindowsDHCP,
		kind:   file,
		read:   windowsDHCP,
	}
}

// windowsDHCP reads the audit log of the Windows DHCP server (DhcpSrvLog-*.log):
//
//	10,11/21/26,10:00:00,Assign,10.0.0.5,laptop.example.org,52540012…,,1234567,0,,,,…
//
// New and renewed leases are DHCPLease: 10 and 11, 20 and 21 of BOOTP, and of DHCPv6 11002 (request), 11004 (renew) and
// 11005 (rebind). A scope without a free address is TableFull: 14, 22 of BOOTP, 11009. The rest is System, such as
// 11001 (advertise), 11010 (service started) and 11021 (database cleaned). The head of each log file lists the numbers.
// The date is month/day/year; the server's own time, without a zone.
func windowsDHCP(b []byte, rec *Record) bool {
	var f [7][]byte
	n := 0
	for ; n < len(f) && b != nil; n++ {
		f[n], b = scan.CutByte(b, ',')
	}
	id, ok := scan.Number(f[0])
	s, ok2 := windowsDate(f[1], f[2])
	if n < 7 || !ok || !ok2 || id > 99_999 {
		return false
	}
	rec.Stamp, rec.Dialect, rec.Src = s, "windows-dhcp", scan.Addr(f[4])
	switch id {
	case 10, 11, 20, 21, 11002, 11004, 11005:
		if rec.Src.IsValid() {
			host, _ := scan.CutByte(f[5], '.')
			rec.detail = host
			if id < 100 {
				rec.hardwareHex(f[6])
			}
			return mark(rec, DHCPLease, "dhcp")
		}
	case 14, 22, 11009:
		rec.full("dhcp", noLeases)
		rec.Src = netip.Addr{} // the scope
		return true
	}
	return mark(rec, System, "dhcp")
}

// windowsDate reads 11/21/26 or 11/21/2026, and the clock.
func windowsDate(date, clock []byte) (s Stamp, ok bool) {
	if len(date) != 8 && len(date) != 10 || date[2] != '/' || date[5] != '/' {
		return s, false
	}
	m, ok1 := scan.Number(date[:2])
	d, ok2 := scan.Number(date[3:5])
	y, ok3 := scan.Number(date[6:])
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

// looksWindowsDHCP reports whether b begins with a number, a comma and a date.
func looksWindowsDHCP(b []byte, _ *Record) bool {
	if len(b) <= 20 || bytes.IndexByte(b[:10], ',') <= 0 {
		return false
	}
	i := bytes.IndexByte(b, '/')
	return i > 0 && i < 12 && len(b) > i+4 && b[i+3] == '/'
}
