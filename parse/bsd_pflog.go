package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// pflog reads what `tcpdump -n -e -i pflog0` prints, with or without a stamp of its own:
//
//	rule 12/(match) block in on em0: 10.0.0.1.4000 > 10.0.0.2.22: S 1:1(0) win 65535
//	rule 53/0(match): block in on em0: (tos 0x0, ttl 64, …, proto TCP (6), length 60)
//
// pfSense before 2.2 breaks the line behind the parenthesis: that first line is System, the second one a packet of
// tcpdump without a verdict.
func pflog(b []byte, rec *Record) bool {
	if i := bytes.Index(b[:min(len(b), 48)], []byte("rule ")); i >= 0 {
		b = b[i+len("rule "):] // a stamp of its own, or the microseconds since the line before
	}
	rule, rest := scan.CutByte(b, '/')
	if rest == nil || len(rule) == 0 || len(rule) > 64 || bytes.IndexByte(rule, ' ') >= 0 {
		return false
	}
	open := bytes.IndexByte(rest, '(')
	end := bytes.IndexByte(rest, ')')
	if open < 0 || end < open || open > 8 {
		return false
	}
	reason := rest[open+1 : end]
	rest = scan.TrimLeft(bytes.TrimPrefix(rest[end+1:], []byte(":")))
	if len(rest) > 0 && rest[0] == '[' { // [uid 0, pid 512]
		_, rest = scan.CutByte(rest, ']')
	}
	action, rest := scan.Word(rest)
	dir, rest := scan.Word(rest)
	on, rest := scan.Word(rest)
	iface, rest := scan.CutByte(rest, ':')
	if string(on) != "on" || len(iface) > 32 || rest == nil {
		return false
	}
	rest = scan.TrimLeft(rest)
	if len(rest) > 0 && rest[0] == '(' {
		if in := scan.After(rest, ") "); in == nil || !scan.Within(in, " > ") {
			rec.Proto = parenProto(rest)
		}
	}
	icmpType, ok := packetText(rest, rec)
	rec.Bytes = 0 // of one packet, which is no session's
	if string(dir) != "in" && string(dir) != "out" {
		return false
	}
	pfPacket(rec, rule, reason, action, dir, iface, icmpType)
	if !ok && rec.Kind != TableFull {
		rec.Kind = System
	}
	return true
}

// parenProto reads "proto TCP (6)" from tcpdump's "(tos 0x0, ttl 64, …)".
func parenProto(b []byte) uint8 {
	w, _ := scan.Word(scan.After(scan.Until(b, "\n"), "proto "))
	return protocol(bytes.TrimRight(w, ","))
}

// pflogClock reads a line of pflog that has a clock, but no date.
func pflogClock(b []byte, rec *Record) bool {
	s := rec.Stamp
	if !pflog(b, rec) {
		return false
	}
	if !s.HasClock && !s.HasUnix && rec.indent == 0 { // a blank in front: the time since the line before
		_, _ = s.clock(b)
		rec.Stamp = s
	}
	return true
}

// pflogRule reads a line of pflog whose word "rule" was taken for a host, and perhaps its number for a tag.
func pflogRule(b []byte, rec *Record) bool {
	if len(rec.App) > 0 && rec.tagged != nil {
		whole := rec.tagged
		if !pflog(whole, rec) {
			return false
		}
		rec.Host, rec.App, rec.PID, rec.Body = nil, nil, nil, whole
		return true
	}
	if len(rec.App) > 0 || !scan.IsDigit(b[0]) || !pflog(b, rec) {
		return false
	}
	rec.Host = nil
	return true
}
