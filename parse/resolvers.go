package parse

import "bytes"

// technitium reads the log files of Technitium DNS Server. With "Log All Queries" they hold a line for each answer,
// which names its question; other lines name the client and are System.
//
//	[2026-11-21 05:34:01 UTC] [192.168.1.5:50051] [UDP] QNAME: example.com; QTYPE: A; QCLASS: IN; RCODE: NoError; …
func (p *Parser) technitium(b []byte, rec *Record) bool {
	var s Stamp
	in, rest := cutByte(b[1:], ']')
	left, ok := s.stampISOWord(in)
	if !ok || len(left) > 4 || !has(rest, " [") {
		return false
	}
	client, rest := cutByte(rest[2:], ']')
	src, sport := hostPort(client, ':')
	if !src.IsValid() {
		return false
	}
	if string(left) == "UTC" {
		s.HasZone = true
	}
	rec.Stamp, rec.Dialect, rec.Src, rec.SPort = s, "technitium", src, sport
	mark(rec, System, "other")
	if has(rest, " [") {
		name, _ := cutByte(rest[2:], ']')
		rec.Proto = protocol(name)
	}
	if q := after(rest, "QNAME: "); q != nil {
		rec.QName = plainName(until(q, ";"))
		rec.QType = until(after(q, "QTYPE: "), ";")
		p.dnsQuestion(rec)
	}
	return true
}

// stampISOWord reads "2026-11-21 05:34:01" and returns the word behind it ("UTC", "Local" or nothing).
func (s *Stamp) stampISOWord(b []byte) (rest []byte, ok bool) {
	if len(b) < 19 {
		return b, false
	}
	if rest, ok = s.stampISO(b[:19]); !ok || len(rest) > 0 {
		return b, false
	}
	return trimLeft(b[19:]), true
}

// adguardText reads AdGuard Home's own log, of which only failed logins name anybody:
//
//	[error] POST 192.168.1.1 /control/login: from ip 192.168.1.3: invalid username or password
func (p *Parser) adguardText(b []byte, rec *Record) bool {
	from := after(b, "from ip ")
	if from == nil || !within(b, "/control/") {
		return false
	}
	w, _ := word(from)
	if rec.Src = addr(bytes.TrimRight(w, ":")); !rec.Src.IsValid() {
		return false
	}
	rec.Dialect = "adguard"
	return mark(rec, System, "other")
}

// powerDNS reads the questions that the recursor logs unless it is quiet, those of the authoritative server with
// log-dns-queries, and dnsdist's verbose lines:
//
//	3 [24/1] question for 'www.example.com|A' from 192.168.1.5
//	Remote 192.168.1.5 wants 'example.com|A', do = 0, bufsize = 512: packetcache MISS
//	Got query for example.com.|A from 192.168.1.5:12345 (UDP, 54 bytes), relayed to 10.0.0.53:53
//	msg="Question" … qname="example.com" qtype="A" … remote="192.168.1.5:5353"
func (p *Parser) powerDNS(b []byte, rec *Record) bool {
	var name, who []byte
	switch {
	case within(b, "question for '"):
		name, who = until(after(b, "question for '"), "'"), after(b, "' from ")
	case within(b, " wants '"):
		name, who = until(after(b, " wants '"), "'"), after(b, "Remote ")
	case has(b, "Got query for "):
		name, who = until(b[len("Got query for "):], " "), after(b, " from ")
	case has(b, "Packet from ") && within(b, " with id "): // dnsdist's LogAction
		_, who = word(b[len("Packet "):])
		name = after(b, " for ")
		typ, _ := word(after(name, " "))
		name, _ = word(name)
		rec.QType = typ
	case within(b, `msg="Question"`):
		name, who = until(after(b, ` qname="`), `"`), until(after(b, ` remote="`), `"`)
		rec.QType = until(after(b, ` qtype="`), `"`)
	default:
		return false
	}
	who, _ = word(who)
	who = bytes.TrimRight(who, ",;")
	if bytes.Count(who, []byte(":")) == 1 || len(who) > 0 && who[0] == '[' {
		rec.Src, rec.SPort = hostPort(who, ':')
	} else {
		rec.Src = addr(who)
	}
	if i := bytes.LastIndexByte(name, '|'); i >= 0 {
		name, rec.QType = name[:i], name[i+1:]
	}
	if !rec.Src.IsValid() || len(name) == 0 {
		return false
	}
	rec.QName, rec.Dialect = plainName(name), "powerdns"
	p.dnsQuestion(rec)
	return true
}

// nsdKnot reads what the authoritative servers NSD and Knot say about who asks for a zone (they do not log queries),
// and kresd's plans. All of it is System.
//
//	axfr for example.com. from 10.0.0.5 refused, no acl matches.
//	notice: [example.com.] ACL, denied, action transfer, remote 10.0.0.5@53412 …
func (p *Parser) nsdKnot(b []byte, rec *Record) bool {
	rec.Dialect, rec.Kind = "nsd", System
	if rec.Word == "" {
		rec.Word = "other"
	}
	if string(rec.App) != "nsd" {
		rec.Dialect = "knot"
	}
	if from := after(b, " from "); from != nil {
		w, rest := word(from)
		if string(w) == "client" {
			w, _ = word(rest)
		}
		rec.Src = addr(bytes.TrimRight(w, ",.:"))
	} else if from := after(b, "remote "); from != nil {
		w, _ := word(from)
		rec.Src, rec.SPort = hostPort(bytes.TrimRight(w, ",;"), '@')
	}
	if rec.Src.IsValid() && (within(b, "refused") || within(b, "denied")) {
		rec.Action = "deny"
	}
	return true
}

// ftl knows the lines of Pi-hole's FTL.log; its queries stand in pihole.log in dnsmasq's own words.
//
//	[2026-11-21 10:00:00.123 1234M] INFO: …
func ftl(b []byte, rec *Record) bool {
	var s Stamp
	if len(b) < 26 || b[0] != '[' {
		return false
	}
	rest, ok := s.stampISO(b[1:])
	if !ok || len(rest) < 3 || rest[0] != ' ' {
		return false
	}
	_, rest = cutByte(rest, ']')
	rest = trimLeft(rest)
	if w := until(rest, ":"); len(w) == len(rest) || !isFTLLevel(string(w)) {
		return false
	}
	rec.Stamp, rec.Body, rec.Dialect = s, rest, "pihole"
	return mark(rec, System, "other")
}

func isFTLLevel(w string) bool {
	switch w {
	case "INFO", "WARNING", "WARN", "ERR", "ERROR", "CRIT", "DEBUG", "NOTICE":
		return true
	}
	return len(w) > 5 && w[:5] == "DEBUG"
}
