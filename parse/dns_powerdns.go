package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// powerdnsDialect describes what PowerDNS Recursor, PowerDNS Authoritative Server and dnsdist log for each DNS
// question.
func powerdnsDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "powerdns",
			Devices: "PowerDNS Recursor, Authoritative Server, dnsdist",
			Sample:  "Nov 21 10:00:00 r pdns_recursor[99]: 3 [24/1] question for 'www.example.com|A' from 192.168.1.5",
			Reads:   "Questions with client, name and type, in the plain and the structured form.",
			Enable: "Recursor: quiet=no. Authoritative: log-dns-queries=yes and loglevel=5. dnsdist: " +
				"setVerbose(true).",
			Source: "PowerDNS settings reference",
		},
		known:  "tag or first words of powerdns",
		tags:   []string{"pdns_recursor", "pdns", "pdns_server", "dnsdist", "pdns-recursor"},
		begins: []string{"Got query for ", "Packet from ", `msg="Question"`},
		number: anything,
		looks:  looksPowerDNS,
		kind:   file,
		read:   powerDNS,
	}
}

// powerDNS reads the questions that the recursor logs unless it is quiet, those of the authoritative server with
// log-dns-queries, and dnsdist's verbose lines:
//
//	3 [24/1] question for 'www.example.com|A' from 192.168.1.5
//	Remote 192.168.1.5 wants 'example.com|A', do = 0, bufsize = 512: packetcache MISS
//	Got query for example.com.|A from 192.168.1.5:12345 (UDP, 54 bytes), relayed to 10.0.0.53:53
//	msg="Question" … qname="example.com" qtype="A" … remote="192.168.1.5:5353"
func powerDNS(b []byte, rec *Record) bool {
	var name, who []byte
	switch {
	case scan.Within(b, "question for '"):
		name, who = scan.Until(scan.After(b, "question for '"), "'"), scan.After(b, "' from ")
	case scan.Within(b, " wants '"):
		name, who = scan.Until(scan.After(b, " wants '"), "'"), scan.After(b, "Remote ")
	case scan.Has(b, "Got query for "):
		name, who = scan.Until(b[len("Got query for "):], " "), scan.After(b, " from ")
	case scan.Has(b, "Packet from ") && scan.Within(b, " with id "): // dnsdist's LogAction
		_, who = scan.Word(b[len("Packet "):])
		name = scan.After(b, " for ")
		typ, _ := scan.Word(scan.After(name, " "))
		name, _ = scan.Word(name)
		rec.QType = typ
	case scan.Within(b, `msg="Question"`):
		name, who = scan.Until(scan.After(b, ` qname="`), `"`), scan.Until(scan.After(b, ` remote="`), `"`)
		rec.QType = scan.Until(scan.After(b, ` qtype="`), `"`)
	default:
		return false
	}
	who, _ = scan.Word(who)
	who = bytes.TrimRight(who, ",;")
	if bytes.Count(who, []byte(":")) == 1 || len(who) > 0 && who[0] == '[' {
		rec.Src, rec.SPort = scan.HostPort(who, ':')
	} else {
		rec.Src = scan.Addr(who)
	}
	if i := bytes.LastIndexByte(name, '|'); i >= 0 {
		name, rec.QType = name[:i], name[i+1:]
	}
	if !rec.Src.IsValid() || len(name) == 0 {
		return false
	}
	rec.QName, rec.Dialect = plainName(name), "powerdns"
	dnsQuestion(rec)
	return true
}

// looksPowerDNS reports whether b is a line of the recursor that begins with a number.
func looksPowerDNS(b []byte, _ *Record) bool {
	return len(b) > 20 && scan.Within(b[:min(len(b), 64)], " question for '")
}
