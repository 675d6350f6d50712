package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// arpLog reads the lines of the LOG target of arptables and of nft in the arp family, which have no ports and no SRC=:
//
//	prefix IN=eth0 OUT= … ARP HTYPE=1 PTYPE=0x0800 OPCODE=1 MACSRC=… IPSRC=10.0.0.1 MACDST=… IPDST=10.0.0.2
//
// They are firewall packets without a protocol; one that is let pass opens no session and is System.
func arpLog(b []byte, rec *Record) bool {
	src := scan.After(b, " IPSRC=")
	if src == nil || !scan.Within(b, " OPCODE=") {
		return false
	}
	w, rest := scan.Word(src)
	rec.Src = scan.Addr(w)
	w, _ = scan.Word(scan.After(rest, "IPDST="))
	rec.Dst = scan.Addr(w)
	if !rec.Src.IsValid() || !rec.Dst.IsValid() {
		return false
	}
	start := bytes.Index(b, []byte("IN="))
	if start < 0 {
		start = len(scan.Until(b, "="))
	} else {
		interfaces(b[start:], rec)
	}
	r := rec.mem.rule(trimPrefix(b[:start]))
	rec.Rule, rec.Detail, rec.Action, rec.Dialect = trimPrefix(b[:start]), r.name, r.action, "netfilter"
	if r.action == "deny" {
		return mark(rec, SessionDenied, "fw-packet")
	}
	return mark(rec, System, "fw-packet")
}
