package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// corednsDialect describes what CoreDNS's log plugin prints for each DNS query, mostly in Kubernetes.
func corednsDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "coredns",
			Devices: "CoreDNS, Kubernetes",
			Sample:  `[INFO] 192.0.2.5:50126 - 4242 "A IN www.example.com. udp 45 false 1232" NOERROR qr,rd,ra 106 0.000123s`,
			Reads:   "Queries with client, port, protocol, name and type, one line for each.",
			Enable:  "The line log in the server block of the Corefile.",
			Source:  "coredns.io/plugins/log",
		},
		known:  "a client, a number, and the question in quotes",
		tags:   []string{"coredns", "CoreDNS"},
		begins: []string{"[INFO] "},
		kind:   file,
		read:   coreDNS,
	}
}

// dnsClass reports whether w is a class of RFC 6895, 3.2, or one by its number (RFC 3597).
func dnsClass(w []byte) bool {
	switch string(w) {
	case "IN", "CH", "HS", "NONE", "ANY", "CLASS0":
		return true
	}
	n, ok := bytes.CutPrefix(w, []byte("CLASS"))
	return ok && scan.AllDigits(n)
}

// coreDNS reads the lines of CoreDNS' log plugin in its common and combined format, one for each query that was
// answered:
//
//	[INFO] 10.0.0.5:50126 - 4242 "A IN www.example.com. udp 45 false 1232" NOERROR qr,rd,ra 106 0.000123s
//
// The quotes hold type, class, name, protocol, size, DO bit and buffer size (coredns.io/plugins/log).
func coreDNS(b []byte, rec *Record) bool {
	client, rest := scan.Word(bytes.TrimPrefix(b, []byte("[INFO] ")))
	dash, rest := scan.Word(rest)
	id, rest := scan.Word(rest)
	rest = scan.TrimLeft(rest)
	if string(dash) != "-" || !scan.AllDigits(id) || len(rest) == 0 || rest[0] != '"' {
		return false
	}
	src, sport := scan.HostPort(client, ':')
	if !src.IsValid() {
		return false
	}
	typ, rest := scan.Word(rest[1:])
	class, rest := scan.Word(rest)
	name, rest := scan.Word(rest)
	proto, _ := scan.Word(rest)
	if len(typ) == 0 || len(name) == 0 || !dnsClass(class) {
		return false // of a web server: 192.0.2.5:50126 - 4242 "GET / HTTP/1.1"
	}
	rec.Src, rec.SPort, rec.Proto = src, sport, protocol(proto)
	rec.QName, rec.QType, rec.Dialect = plainName(name), typ, "coredns"
	dnsQuestion(rec)
	return true
}
