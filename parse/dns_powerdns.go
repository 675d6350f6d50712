package parse

import (
	"bytes"
	"net/netip"

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
		begins: []string{"Got query for ", "Packet from ", `msg="Question`, `msg="Answer"`},
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
//	3 [24/1] answer to question 'www.example.com|A': 1 answers, 0 additional, took 2 packets, …
//	3 question answered from packet cache tag=0 from 192.168.1.5:48936
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
	case scan.Within(b[:min(len(b), 64)], " answer to question '"),
		scan.Within(b[:min(len(b), 64)], " answer to non-rd question '"):
		name = scan.Until(scan.After(b, "question '"), "'")
		if i := bytes.LastIndexByte(name, '|'); i >= 0 {
			name, rec.QType = name[:i], name[i+1:]
		}
		rec.QName, rec.Dialect = plainName(name), "powerdns"
		rec.detail = rec.QName
		return mark(rec, System, "dns-reply")
	case scan.Has(b, "Got query for "):
		name, who = scan.Until(b[len("Got query for "):], " "), scan.After(b, " from ")
	case scan.Has(b, "Packet from ") && scan.Within(b, " with id "): // dnsdist's LogAction
		_, who = scan.Word(b[len("Packet "):])
		name = scan.After(b, " for ")
		typ, _ := scan.Word(scan.After(name, " "))
		name, _ = scan.Word(name)
		rec.QType = typ
	case scan.Has(b, `msg="`):
		return structuredPowerDNS(b, rec)
	case scan.Within(b[:min(len(b), 64)], "question answered from packet cache "):
		return cachedQuestion(b, rec)
	default:
		return false
	}
	who, _ = scan.Word(who)
	rec.Src, rec.SPort = pdnsClient(who)
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

// cachedQuestion reads "3 question answered from packet cache tag=0 from 192.168.1.5:48936", which leaves the name out.
// An address in parentheses behind it is the one that the question was sent to.
func cachedQuestion(b []byte, rec *Record) bool {
	who, _ := scan.Word(scan.After(scan.After(b, "packet cache "), "from "))
	if rec.Src, rec.SPort = pdnsClient(who); !rec.Src.IsValid() {
		return false
	}
	rec.Dialect = "powerdns"
	return mark(rec, DNSQuery, "dns-query")
}

// structuredPowerDNS reads the pairs of structured-logging (Recursor 4.9 and later): a question, one that the packet
// cache answers, and an answer, which is no question of its own. ts is the time of the event, in seconds since 1970.
func structuredPowerDNS(b []byte, rec *Record) bool {
	value := func(key string) []byte { return scan.Until(scan.After(b, key), `"`) }
	name, who := value(` qname="`), value(` remote="`)
	if rec.Src, rec.SPort = pdnsClient(who); !rec.Src.IsValid() || len(name) == 0 {
		return false
	}
	rec.QName, rec.QType, rec.Dialect = plainName(rec.unslashed(name)), value(` qtype="`), "powerdns"
	if proto := value(` proto="`); proto != nil {
		rec.Proto = protocol(proto)
	}
	if s, ok := epochStamp(value(` ts="`)); ok {
		rec.Stamp = s
	}
	switch msg := b[len(`msg="`):]; {
	case scan.Has(msg, `Question"`), scan.Has(msg, `Question answered from packet cache"`):
		dnsQuestion(rec)
		return true
	case scan.Has(msg, `Answer"`):
		rec.detail = rec.QName
		return mark(rec, System, "dns-reply")
	}
	return false
}

// unslashed takes the second of two backslashes out, as a quoted value doubles them.
func (rec *Record) unslashed(b []byte) []byte {
	if bytes.IndexByte(b, '\\') < 0 {
		return b
	}
	start := len(rec.mem.scratch)
	for i := 0; i < len(b); i++ {
		rec.mem.scratch = append(rec.mem.scratch, b[i])
		if b[i] == '\\' && i+1 < len(b) && b[i+1] == '\\' {
			i++
		}
	}
	return rec.mem.scratch[start:len(rec.mem.scratch):len(rec.mem.scratch)]
}

// pdnsClient reads 192.168.1.5, 192.168.1.5:5353 and [2001:db8::5]:5353.
func pdnsClient(b []byte) (a netip.Addr, port uint16) {
	if b = bytes.TrimRight(b, ",;"); bytes.Count(b, []byte(":")) == 1 || len(b) > 0 && b[0] == '[' {
		return scan.HostPort(b, ':')
	}
	return scan.Addr(b), 0
}

// looksPowerDNS reports whether b is a line of the recursor that begins with a number.
func looksPowerDNS(b []byte, _ *Record) bool {
	head := b[:min(len(b), 64)]
	return len(b) > 20 &&
		(scan.Within(head, " question for '") || scan.Within(head, " question answered from packet cache "))
}
