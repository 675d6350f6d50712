package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// necixDialect describes the syslog messages of NEC's UNIVERGE IX routers: filter rules, full NAT tables, links.
func necixDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "nec-ix",
			Devices: "NEC UNIVERGE IX",
			Sample:  "2023/01/01 00:00:00 FLT.054: BLOCK tcp 203.0.113.5:1234 > 192.0.2.1:23, match deny-all, GigaEthernet0.0 in",
			Reads: "FUNCTION.nnn: FLT lines with BLOCK or PASS, protocol, endpoints, rule and interface; NAPT " +
				"lines about full tables; links",
			Enable: "logging buffered; logging subsystem flt warn; syslog ip host ADDRESS; in the filter: log.",
			Source: "NEC UNIVERGE IX Event Log Reference",
		},
		console: OtherConsole,
		first:   upper,
		looks:   looksNecix,
		read:    necix,
	}
}

// necix reads the log of NEC UNIVERGE IX, of which each line begins with the function and a number:
//
//	FLT.054: BLOCK tcp 203.0.113.5:1234 > 192.0.2.1:23, match deny-all, GigaEthernet0.0 in
//	NAPT.018: no available port, …
func necix(b []byte, rec *Record) bool {
	code := necixCode(b)
	name, rest := b[:code], scan.TrimLeft(b[code:])
	if i := bytes.IndexByte(rest, ':'); i > 0 && i < 8 {
		rest = scan.TrimLeft(rest[i+1:])
	}
	rec.Dialect, rec.Word, rec.Kind, rec.detail = "nec-ix", "other", System, name
	switch string(name) {
	case "FLT":
		verb, r := scan.Word(rest)
		kind, action := verdict(verb)
		if kind == System {
			return true
		}
		proto, r := scan.Word(r)
		from, r := scan.Word(r)
		arrow, r := scan.Word(r)
		to, r := scan.Word(r)
		if len(arrow) == 0 || arrow[len(arrow)-1] != '>' {
			return true
		}
		rec.Proto = protocolWord(proto)
		rec.Src, rec.SPort = scan.Endpoint(from)
		rec.Dst, rec.DPort = scan.Endpoint(bytes.TrimRight(to, ","))
		if m := scan.After(r, "match "); m != nil {
			rec.Rule = scan.Until(m, ", ")
			rec.detail = rec.Rule
			if _, intf, ok := bytes.Cut(m, []byte(", ")); ok {
				intf, dir := scan.Word(intf)
				if bytes.HasPrefix(dir, []byte("out")) {
					rec.OutIf = intf
				} else {
					rec.InIf = intf
				}
			}
		}
		rec.Word, rec.Kind, rec.Action = "fw-packet", kind, action
		tidyNAT(&rec.Event)
	case "NAPT", "NAT":
		if scan.ContainsLower(rest, "full") || scan.ContainsLower(rest, "exhaust") ||
			scan.ContainsLower(rest, "no available") || scan.ContainsLower(rest, "limit") ||
			scan.ContainsLower(rest, "overflow") {
			rec.Kind, rec.Word, rec.detail = TableFull, "nat-exhausted", rest
		}
	default:
		switch {
		case scan.ContainsLower(rest, "link up"), scan.ContainsLower(rest, "changed state to up"):
			rec.Kind, rec.Word = Link, "link-up"
		case scan.ContainsLower(rest, "link down"), scan.ContainsLower(rest, "changed state to down"):
			rec.Kind, rec.Word = Link, "link-down"
		}
	}
	return true
}

// necixCode is the length of a function's name where b begins like "FLT.054: ", else 0.
func necixCode(b []byte) int {
	dot := bytes.IndexByte(b[:min(len(b), 10)], '.')
	if dot < 2 || len(b) < dot+6 || b[dot+4] != ':' || !scan.IsDigit(b[dot+1]) || !scan.IsDigit(b[dot+2]) ||
		!scan.IsDigit(b[dot+3]) {
		return 0
	}
	for _, c := range b[:dot] {
		if !scan.IsUpper(c) && !scan.IsDigit(c) {
			return 0
		}
	}
	return dot
}

// looksNecix reports whether b begins like "FLT.054:".
func looksNecix(b []byte, _ *Record) bool { return necixCode(b) > 0 }
