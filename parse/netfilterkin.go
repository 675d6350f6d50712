package parse

import "bytes"

// arpLog reads the lines of the LOG target of arptables and of nft in the arp family, which have no ports and no SRC=:
//
//	prefix IN=eth0 OUT= … ARP HTYPE=1 PTYPE=0x0800 OPCODE=1 MACSRC=… IPSRC=10.0.0.1 MACDST=… IPDST=10.0.0.2
//
// They are firewall packets without a protocol; one that is let pass opens no session and is System.
func (p *Parser) arpLog(b []byte, rec *Record) bool {
	src := after(b, " IPSRC=")
	if src == nil || !within(b, " OPCODE=") {
		return false
	}
	w, rest := word(src)
	rec.Src = addr(w)
	w, _ = word(after(rest, "IPDST="))
	rec.Dst = addr(w)
	if !rec.Src.IsValid() || !rec.Dst.IsValid() {
		return false
	}
	start := bytes.Index(b, []byte("IN="))
	if start < 0 {
		start = len(until(b, "="))
	} else {
		interfaces(b[start:], rec)
	}
	r := p.rule(trimPrefix(b[:start]))
	rec.Rule, rec.Detail, rec.Action, rec.Dialect = trimPrefix(b[:start]), r.name, r.action, "netfilter"
	if r.action == "deny" {
		return mark(rec, SessionDenied, "fw-packet")
	}
	return mark(rec, System, "fw-packet")
}

// pveFirewall reads the log of Proxmox VE's firewall: guest, level, chain and a stamp of its own stand in front of what
// netfilter logs. A line that quotes no packet is System.
//
//	100 4 tap100i0-IN 21/Nov/2026:10:00:00 +0100 policy DROP: IN=fwbr100i0 OUT=fwbr100i0 … SRC=… DST=…
func (p *Parser) pveFirewall(b []byte, rec *Record) bool {
	i := bytes.IndexByte(b[:min(len(b), 80)], '/')
	if i < 8 || len(b) < i+26 || b[i+4] != '/' || b[i+9] != ':' {
		return false
	}
	guest, rest := word(b)
	level, _ := word(rest)
	if _, ok := number(guest); !ok || len(level) != 1 || !isDigit(level[0]) || b[i-3] != ' ' {
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
	rest = trimLeft(rest)
	if src := bytes.Index(rest, []byte("SRC=")); src >= 0 && p.netfilter(rest, src, rec) {
		rec.Stamp = s
		return true
	}
	rec.Event, rec.Stamp, rec.Dialect = Event{}, s, "netfilter"
	return mark(rec, System, "other")
}
