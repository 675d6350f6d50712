package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// natlogDialect describes what natlog, a daemon for Linux in Debian, logs of each translated connection at its end.
func natlogDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "natlog",
			Devices: "natlog on Linux",
			Sample:  "Nov 21 10:00:00 gw natlog[812]: NATLOG: (TCP) From 1795292879:55588 until 1795292909:807100: 192.168.19.72:4467 (via: 203.0.113.132:4467) to 198.51.100.180:443",
			Reads: "Translated connections when they end: protocol, the machine inside, the outside endpoint, the " +
				"peer, begin and end.",
			Enable: "natlog conntrack, or natlog in out; messages go to syslog by default.",
			Source: "natlog(1), versions 1 to 3",
		},
		known:  "From, until and via",
		tags:   []string{"natlog"},
		begins: []string{"NATLOG: "},
		read:   natlog,
	}
}

// natlog reads "NATLOG: (TCP) From S:MICROSECONDS until S:MICROSECONDS: SOURCE (via: TRANSLATED) to DESTINATION",
// perhaps with "; sent: N, received: N" behind. The first releases name no protocol, and it was TCP alone then.
func natlog(b []byte, rec *Record) bool {
	b = bytes.TrimPrefix(b, []byte("NATLOG: "))
	rec.Proto = TCP
	if b = scan.TrimLeft(b); len(b) > 0 && b[0] == '(' {
		p, rest := scan.CutByte(b[1:], ')')
		rec.Proto, b = protocol(p), scan.TrimLeft(rest)
	}
	if !scan.Has(b, "From ") && !scan.Has(b, "from ") {
		return false
	}
	from, rest := scan.Word(b[len("From "):])
	until, rest := scan.Word(rest)
	to, rest := scan.Word(rest)
	if string(until) != "until" {
		return false
	}
	src, rest := scan.Word(rest)
	via := scan.Until(scan.After(rest, "via: "), ")")
	dst, rest := scan.Word(scan.After(rest, " to "))
	rec.Src, rec.SPort = scan.Endpoint(src)
	rec.NATSrc, rec.NATSPort = scan.Endpoint(via)
	rec.Dst, rec.DPort = scan.Endpoint(bytes.TrimRight(dst, ";,"))
	if !rec.Src.IsValid() || !rec.Dst.IsValid() {
		return false
	}
	begin, end := natlogTime(from), natlogTime(bytes.TrimSuffix(to, []byte(":")))
	rec.translation(false)
	rec.lastedBetween(begin, end)
	if s, ok := end.stamp(); ok {
		rec.Stamp = s
	}
	sent, _, _ := scan.Leading(scan.After(rest, "sent: "))
	got, _, _ := scan.Leading(scan.After(rest, "received: "))
	rec.Bytes = sent + got
	rec.Dialect = "natlog"
	tidyNAT(&rec.Event)
	return true
}

// natlogTime reads "1338990672:55588", seconds and microseconds.
func natlogTime(b []byte) (t flowTime) {
	sec, usec := scan.CutByte(b, ':')
	t.sec, _ = scan.Number(sec)
	t.usec, _ = scan.Number(usec)
	return t
}
