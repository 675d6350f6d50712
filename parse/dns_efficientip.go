package parse

import (
	"bytes"
	"net/netip"

	"uncloak/parse/scan"
)

// efficientipDialect describes what EfficientIP's DNS Guardian logs when a client's behaviour trips one of its
// triggers.
func efficientipDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "efficientip",
			Devices: "EfficientIP SOLIDserver DDI, DNS Guardian",
			Sample:  "Nov 21 10:40:04 ddi named[74943]: ARMING trigger on 192.0.2.147.00:00:5e:00:53:01.x (action:QUARANTINE) (Suspicious Behavior)",
			Reads: "Triggers that arm and disarm on a client, matched lists. Its queries, answers and leases " +
				"are in the words of BIND and ISC dhcpd and are read as theirs.",
			Enable: "Administration, Monitoring, Configuration: add a target for the services named and dhcpd.",
			Source: "SEKOIA.IO, EfficientIP SOLIDServer DDI; its public test lines",
		},
		known: "tag named, and a sentence of DNS Guardian",
		read:  bind,
	}
}

// guardian reads what EfficientIP SOLIDserver's named says beside BIND's own words ("client …: query: …" and its
// "client …: answer: …" are read by bind):
//
//	List Matched 192.168.1.226#32622: query: example.com IN A (192.168.1.209) {DTP} [phishing,active30]
//	ARMING trigger on 192.0.2.147.f6:ec:1e:00:00:b1.x (action:QUARANTINE) (Suspicious Behavior)
//
// All of it is System: the query itself has its own line. Action is deny where a trigger quarantines or blocks.
func guardian(b []byte, stamp Stamp, rec *Record) bool {
	if r, ok := bytes.CutPrefix(b, []byte("List Matched ")); ok {
		client, rest := scan.Word(r)
		rec.Src, rec.SPort = scan.HostPort(bytes.TrimRight(client, ":"), '#')
		if rest = scan.After(rest, "query: "); !rec.Src.IsValid() || rest == nil {
			return false
		}
		name, rest := scan.Word(rest)
		_, rest = scan.Word(rest)
		rec.QType, _ = scan.Word(rest)
		rec.QName = plainName(name)
		rec.detail = scan.Until(scan.After(rest, "{"), "}")
	} else {
		_, trigger, ok := bytes.Cut(b[:min(len(b), 32)], []byte("ARMING trigger on "))
		if !ok {
			return false
		}
		who := scan.Until(b[len(b[:min(len(b), 32)])-len(trigger):], " ")
		rec.Src = leadingAddr(who)
		rec.detail = bytes.Trim(lastParenthesis(b), "()")
		if b[0] == 'A' &&
			(scan.Within(b, "(action:QUARANTINE") || scan.Within(b, "(action:BLOCK") ||
				scan.Within(b, "(action:REFUSE")) {
			rec.Action = "deny"
		}
	}
	rec.Stamp, rec.Dialect = stamp, "efficientip"
	return mark(rec, System, "other")
}

// leadingAddr is the IPv4 address in front of the names that Guardian adds to it with a point.
func leadingAddr(b []byte) (a netip.Addr) {
	for i, n := 0, 0; i < len(b); i++ {
		if b[i] == '.' {
			if n++; n == 4 {
				return scan.Addr(b[:i])
			}
		}
	}
	return scan.Addr(b)
}

// lastParenthesis is the last thing in parentheses.
func lastParenthesis(b []byte) []byte {
	i := bytes.LastIndexByte(b, '(')
	if i < 0 {
		return nil
	}
	return b[i:]
}
