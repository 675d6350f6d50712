package parse

import (
	"bytes"
	"net/netip"

	"uncloak/parse/scan"
)

// squidDialect describes the access log of Squid, and of the web proxies that write Squid's format (Cisco's Web
// Security Appliance).
func squidDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "squid",
			Devices: "Squid; web proxies that write its format",
			Sample: "1795255200.123     48 192.168.1.20 TCP_MISS/200 2052 GET http://www.example.com/ - " +
				"HIER_DIRECT/198.51.100.4 text/html",
			Reads: "Each request: who asked, which server and port, bytes, how long it took; what the proxy " +
				"refused. The session that the proxy opened for it is the proxy's own.",
			Enable: "On by default: /var/log/squid/access.log (logformat squid), or access_log " +
				"syslog:local4.info squid.",
			Source: "Squid configuration manual, access_log and logformat; Squid wiki, log files and their " +
				"result codes",
		},
		known:  "a client's address, a result code such as TCP_MISS/200, bytes and a method",
		tags:   []string{"squid", "(squid*"},
		first:  "abcdefABCDEF:",
		number: ".:",
		looks:  func(b []byte, _ *Record) bool { _, ok := squidHead(b); return ok },
		kind:   file,
		read:   squid,
	}
}

// squidRequest is the first half of a line: of the columns that follow each other in every version.
type squidRequest struct {
	stamp        Stamp
	took         uint64 // ms; 0: the header took it for the host
	client       netip.Addr
	code, status []byte
	rest         []byte // from the bytes on
}

// squidHead reads "1795255200.123     48 192.168.1.20 TCP_MISS/200 ", of which the first two columns may be gone: they
// look like a stamp and a host.
func squidHead(b []byte) (q squidRequest, ok bool) {
	w, rest := scan.Word(b)
	if s, ok := epochStamp(w); ok && len(w) > 12 && w[len(w)-4] == '.' {
		took, r := scan.Word(rest)
		if q.took, ok = scan.Number(took); !ok {
			return q, false
		}
		q.stamp = s
		w, rest = scan.Word(r)
	}
	result, rest := scan.Word(rest)
	code, status := scan.CutByte(result, '/')
	if len(status) != 3 || !scan.IsDigit(status[0]) || !isProxyAction(code) {
		return q, false
	}
	q.client, q.code, q.status, q.rest = scan.Addr(w), code, status, rest
	return q, q.client.IsValid()
}

// isProxyAction reports whether w is a result code of Squid's, which Blue Coat writes as well: TCP_MISS, NONE_ABORTED.
func isProxyAction(w []byte) bool {
	for _, begin := range [...]string{"TCP_", "UDP_", "NONE"} {
		if scan.Has(w, begin) {
			return true
		}
	}
	return false
}

// squid reads a line of the access log. Its time is that of the request's end.
func squid(b []byte, rec *Record) bool {
	q, ok := squidHead(b)
	if !ok {
		return false
	}
	size, rest := scan.Word(q.rest)
	method, rest := scan.Word(rest)
	url, rest := scan.Word(rest)
	_, rest = scan.Word(rest) // the user
	via, _ := scan.Word(rest)
	n, ok := scan.Number(size)
	if !ok || len(via) == 0 {
		return false
	}
	if q.stamp.HasUnix {
		rec.Stamp = q.stamp
	} else {
		q.took, _ = scan.Number(rec.Host)
	}
	if took, ok := scan.Number(rec.Host); ok && rec.PID == nil && took == q.took {
		rec.Host = nil // the duration, behind what looked like a stamp
	}
	rec.Dialect, rec.Src, rec.Bytes = "squid", q.client, n
	if scan.Has(q.code, "UDP_") { // the questions of other proxies
		return mark(rec, System, "other")
	}
	rec.proxied(!bytes.Contains(q.code, []byte("DENIED")))
	rec.DPort = 80
	scheme, server, ok := bytes.Cut(url, []byte("://"))
	switch {
	case ok:
		if string(scheme) != "http" {
			rec.DPort = scan.ServicePort(scheme)
		}
		server = scan.Until(server, "/?")
		rec.server(server[bytes.LastIndexByte(server, '@')+1:])
	case string(method) == "CONNECT":
		rec.server(url)
	default: // "error:invalid-request", and what else has no server
	}
	rec.setLasted(q.took)
	how, peer := scan.CutByte(via, '/')
	if a := scan.Addr(peer); a.IsValid() && !bytes.Contains(how, []byte("PARENT")) &&
		!bytes.Contains(how, []byte("SIBLING")) {
		rec.Dst = a // and not another proxy's
	}
	return true
}

// proxied fills in that a web proxy did what a client asked for, or refused it.
func (rec *Record) proxied(allowed bool) {
	rec.Kind, rec.Word, rec.Action, rec.Proto = SessionEnd, "session", "session-delete", TCP
	if !allowed {
		rec.Kind, rec.Action = SessionDenied, "deny"
	}
}

// server fills in whom a client asks for, "name", "name:port" or an address in the place of the name, which is its
// destination.
func (rec *Record) server(b []byte) {
	host := b
	if i := bytes.LastIndexByte(b, ':'); i > bytes.LastIndexByte(b, ']') {
		if p := scan.Port(b[i+1:]); p != 0 {
			host, rec.DPort = b[:i], p
		}
	}
	rec.detail = host
	rec.Dst = scan.Addr(scan.Unbracket(host))
}
