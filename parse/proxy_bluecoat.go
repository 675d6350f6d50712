package parse

import "uncloak/parse/scan"

// bluecoatDialect describes the access log of Blue Coat's (Symantec's, Broadcom's) ProxySG in its two ready-made
// formats, both of them called main or bcreportermain_v1.
func bluecoatDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "bluecoat",
			Devices: "Blue Coat ProxySG (Symantec, Broadcom Edge SWG)",
			Sample:  `2026-11-21 10:00:00 182 192.168.1.30 200 TCP_NC_MISS 4512 512 GET http www.example.com 80 /index.html - - - DIRECT www.example.com text/html "Mozilla/5.0" OBSERVED "Technology" - 10.1.1.2`,
			Reads: "Each request: who asked, which server and port, bytes, how long it took; what the proxy refused. " +
				"The session that the proxy opened for it is the proxy's own.",
			Enable: "Administration > Access Logging > Logs > main, with an upload client of the kind Custom.",
			Source: "Broadcom SGOS Administration Guide, access log formats (main, bcreportermain_v1)",
		},
		known:  "a date, a duration, a client's address, a result such as TCP_NC_MISS in a column of its own",
		tags:   []string{"bluecoat", "ProxySG", "proxysg"},
		first:  "abcdefABCDEF:",
		number: "-.: ",
		looks:  func(b []byte, _ *Record) bool { _, ok := bluecoatHead(b); return ok },
		kind:   file,
		read:   bluecoat,
	}
}

// bluecoatFields bounds the columns in which the result is looked for: categories and addresses of pages stand before
// it in one of the formats.
const bluecoatFields = 12

// bluecoatLine is a line cut at its result, the only column that tells the two formats apart.
type bluecoatLine struct {
	stamp  Stamp
	took   []byte // ms
	client []byte
	column int // of the result behind the client; 2 in the format whose bytes follow it
	status []byte
	action []byte
	rest   []byte
}

// bluecoatHead cuts a line. Date and time may be gone, and the duration with them: they look like a
// stamp and a host.
func bluecoatHead(b []byte) (l bluecoatLine, ok bool) {
	if rest, ok := l.stamp.stampISO(b); ok {
		b = rest
	}
	w, rest := scan.Word(b)
	if _, ok := scan.Number(w); ok {
		l.took, b = w, rest
	}
	l.client, b = scan.Word(b)
	if len(l.client) < 2 || !scan.Addr(l.client).IsValid() {
		return l, false
	}
	for l.column = 1; l.column <= bluecoatFields && len(b) > 0; l.column++ {
		var w []byte
		if w, b = bluecoatWord(b); isProxyAction(w) && len(l.status) == 3 && scan.IsDigit(l.status[0]) {
			l.action, l.rest = w, b
			return l, true
		}
		l.status = w
	}
	return l, false
}

// bluecoatWord takes the next column: text with blanks stands in quotes.
func bluecoatWord(b []byte) (w, rest []byte) {
	b = scan.TrimLeft(b)
	if len(b) > 0 && b[0] == '"' {
		return scan.CutByte(b[1:], '"')
	}
	return scan.Word(b)
}

// bluecoat reads a line of the access log:
//
//	date time took client status action bytes-out bytes-in method scheme host port path …
//	date time took client user group exception filter "categories" referer status action method type scheme host port …
//	path query extension "agent" proxy bytes-out bytes-in
func bluecoat(b []byte, rec *Record) bool {
	l, ok := bluecoatHead(b)
	if !ok {
		return false
	}
	var f [14][]byte
	n := 0
	for rest := l.rest; n < len(f) && len(rest) > 0; n++ {
		f[n], rest = bluecoatWord(rest)
	}
	out, in, scheme, host, port := f[0], f[1], f[3], f[4], f[5]
	if l.column > 2 {
		out, in, scheme, host, port = f[10], f[11], f[2], f[3], f[4]
	}
	if n < 6 || len(scheme) == 0 || scan.IsDigit(scheme[0]) {
		return false
	}
	if l.took == nil {
		l.took = rec.Host
	}
	ownStamp(rec, &l.stamp)
	if string(l.took) == string(rec.Host) {
		rec.Host = nil
	}
	sent, _ := scan.Number(out)
	received, _ := scan.Number(in)
	rec.Dialect, rec.Src, rec.Bytes = "bluecoat", scan.Addr(l.client), sent+received
	rec.proxied(!scan.Within(l.action, "DENIED"))
	if string(host) != "-" {
		rec.server(host)
	}
	rec.DPort = scan.Port(port)
	if took, ok := scan.Number(l.took); ok {
		rec.setLasted(took)
	}
	return true
}
