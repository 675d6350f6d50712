package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// junosFilter reads the packets that a firewall filter of Junos logs ("then log" or "then syslog"):
//
//	PFE_FW_SYSLOG_IP: FW: ge-0/0/0.0 D tcp 198.51.100.7 192.0.2.1 4444 22 (1 packets)
//	FW: so-0/1/0.0     A icmp 192.0.2.71 192.0.2.70     8     0 (3 packets)
//
// A accepts, D discards, R rejects. The two numbers behind the addresses are ports; of ICMP, type and code. More than
// one accepted packet is an update, since nothing says that one of them opened a session.
func junosFilter(b []byte, rec *Record) bool {
	r := scan.After(b[:], "FW: ")
	name, r := scan.Word(r)
	verb, r := scan.Word(r)
	proto, r := scan.Word(r)
	src, r := scan.Word(r)
	dst, r := scan.Word(r)
	sport, r := scan.Word(r)
	dport, r := scan.Word(r)
	if len(verb) != 1 || verb[0] != 'A' && verb[0] != 'D' && verb[0] != 'R' {
		return false
	}
	rec.Src, rec.Dst, rec.Proto = scan.Addr(src), scan.Addr(dst), protocol(proto)
	if !rec.Src.IsValid() || !rec.Dst.IsValid() {
		return false
	}
	if rec.Proto = icmpOf(rec.Proto, rec.Src); rec.Proto != ICMP && rec.Proto != ICMPv6 {
		rec.SPort, rec.DPort = scan.Port(sport), scan.Port(dport)
	}
	rec.InIf, rec.Dialect = name, "junos"
	rec.verdict(verb[0] == 'A')
	if r = scan.TrimLeft(r); len(r) > 0 && r[0] == '(' {
		n, _, _ := scan.Leading(r[1:])
		if rec.Packets = scan.Saturate(n); n > 1 && rec.Kind == SessionNew {
			rec.Kind = SessionUpdate
		}
	}
	return true
}

// isJunosFilter reports whether b is such a line, with the message's name or without.
func isJunosFilter(b []byte) bool {
	return bytes.HasPrefix(b, []byte("FW: ")) ||
		bytes.HasPrefix(b, []byte("PFE_FW_SYSLOG_IP")) && bytes.Contains(b[:min(len(b), 64)], []byte(": FW: "))
}
