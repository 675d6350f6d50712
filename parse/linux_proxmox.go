package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// pveFirewall reads the log of Proxmox VE's firewall: guest, level, chain and a stamp of its own stand in front of what
// netfilter logs. A line that quotes no packet is System.
//
//	100 4 tap100i0-IN 21/Nov/2026:10:00:00 +0100 policy DROP: IN=fwbr100i0 OUT=fwbr100i0 … SRC=… DST=…
func pveFirewall(b []byte, rec *Record) bool {
	i := bytes.IndexByte(b[:min(len(b), 80)], '/')
	if i < 8 || len(b) < i+26 || b[i+4] != '/' || b[i+9] != ':' {
		return false
	}
	guest, rest := scan.Word(b)
	level, _ := scan.Word(rest)
	if _, ok := scan.Number(guest); !ok || len(level) != 1 || !scan.IsDigit(level[0]) || b[i-3] != ' ' {
		return false
	}
	var s Stamp
	day, ok := two(b[i-2:])
	y, _, ok2 := year(b[i+5:])
	rest, ok3 := s.clock(b[i+10:])
	if s.Month = month(b[i+1:]); !ok || !ok2 || !ok3 || s.Month == 0 || day < 1 || day > 31 || len(rest) == 0 {
		return false
	}
	s.Year, s.Day = y, day
	if rest, ok = s.offset(rest[1:]); !ok {
		return false
	}
	rest = scan.TrimLeft(rest)
	if src := bytes.Index(rest, []byte("SRC=")); src >= 0 && netfilter(rest, src, rec) {
		rec.Stamp = s
		return true
	}
	rec.Event, rec.Stamp, rec.Dialect = Event{}, s, "netfilter"
	return mark(rec, System, "other")
}

// looksPVE reports whether b has the length and the first byte of a line of Proxmox VE's firewall.
func looksPVE(b []byte, rec *Record) bool { return len(b) > 20 && len(rec.App) == 0 }
