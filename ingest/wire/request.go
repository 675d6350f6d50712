package wire

import (
	"bytes"
)

const (
	headMax  = 16 << 10 // bytes of a request's head, or of a TLS greeting, that are waited for
	headsMax = 1024     // connections whose heads are incomplete
)

// requests finds what clients ask for: the host and path of HTTP (RFC 9112), the server's name of TLS (RFC 6066) and of
// QUIC. The head of a request may come in several packets; they are put together, those of TCP as long as they come in
// order.
type requests struct {
	found     func(s *session, what string, method, name []byte)
	heads     map[*session]*head
	greetings map[*session]*greeted // of QUIC
}

// forget drops what is incomplete of a session.
func (r *requests) forget(s *session) {
	delete(r.heads, s)
	delete(r.greetings, s)
}

type head struct {
	b    []byte
	next uint32
}

// packet takes payload that a client sent.
func (r *requests) packet(s *session, ip *IP) {
	b, h := ip.Payload, r.heads[s]
	if h != nil {
		if ip.Seq != h.next {
			if int32(ip.Seq-h.next) > 0 { // bytes are missing
				delete(r.heads, s)
			}
			return
		}
		h.b = append(h.b, b...)
		h.next += uint32(len(b))
		b = h.b
	}
	rest := []byte(nil) // of a head that is incomplete
	switch {
	case isHTTP(b):
		rest = r.http(s, b)
	case isHello(b):
		rest = r.hello(s, b)
	case h == nil:
		return
	}
	switch {
	case len(rest) == 0 || len(rest) > headMax || len(ip.Payload) < ip.Length:
		delete(r.heads, s)
	case h != nil:
		h.b = append(h.b[:0], rest...)
	case len(r.heads) < headsMax:
		if r.heads == nil {
			r.heads = make(map[*session]*head)
		}
		r.heads[s] = &head{b: bytes.Clone(rest), next: ip.Seq + uint32(len(b))}
	}
}

// isHTTP reports whether bytes begin as a request does: a method in capitals and a path.
func isHTTP(b []byte) bool {
	i := bytes.IndexByte(b[:min(len(b), 20)], ' ')
	if i < 3 {
		return false
	}
	for _, c := range b[:i] {
		if (c < 'A' || c > 'Z') && c != '-' {
			return false
		}
	}
	line, _, whole := bytes.Cut(b, []byte("\n"))
	return !whole || bytes.Contains(line, []byte(" HTTP/1."))
}

// http gives the requests in b, one after the other. It returns the last where that is incomplete.
func (r *requests) http(s *session, b []byte) []byte {
	for len(b) > 0 && isHTTP(b) {
		end, n := bytes.Index(b, []byte("\r\n\r\n")), 4
		if bare := bytes.Index(b, []byte("\n\n")); end < 0 || bare >= 0 && bare < end {
			end, n = bare, 2
		}
		if end < 0 {
			return b
		}
		method, rest, _ := bytes.Cut(b[:end], []byte(" "))
		path, _, _ := bytes.Cut(rest, []byte(" "))
		host := header(b[:end], "host")
		r.found(s, "http", method, append(bytes.Clone(host), path...))
		b = b[end+n:]
	}
	return nil
}

// header returns the value of a header line.
func header(head []byte, name string) []byte {
	for line := range bytes.Lines(head) {
		if k, v, ok := bytes.Cut(line, []byte(":")); ok && bytes.EqualFold(k, []byte(name)) {
			return bytes.TrimSpace(v)
		}
	}
	return nil
}

// isHello reports whether bytes begin as the greeting of a TLS client does.
func isHello(b []byte) bool { return len(b) >= 6 && b[0] == 22 && b[1] == 3 && b[5] == 1 }

// hello gives the server's name that a ClientHello asks for. It returns b where the greeting is incomplete.
func (r *requests) hello(s *session, b []byte) []byte {
	n := 5 + int(be16(b[3:]))
	if len(b) < n {
		return b
	}
	if name := serverName(b[5:n]); name != nil {
		r.found(s, "tls", nil, name)
	}
	return nil
}

// serverName returns the server's name in a ClientHello (RFC 8446, 4.1.2; RFC 6066, 3); nil: it has none.
func serverName(b []byte) []byte {
	if len(b) < 39 {
		return nil
	}
	at := 38             // type, length, version, random
	at += 1 + int(b[at]) // session
	if len(b) < at+2 {
		return nil
	}
	at += 2 + int(be16(b[at:])) // ciphers
	if len(b) < at+1 {
		return nil
	}
	at += 1 + int(b[at]) + 2 // compression, length of the extensions
	for len(b) >= at+4 {
		kind, n := be16(b[at:]), int(be16(b[at+2:]))
		at += 4
		if len(b) < at+n {
			return nil
		}
		if e := b[at : at+n]; kind == 0 && n >= 5 && e[2] == 0 && len(e) >= 5+int(be16(e[3:])) {
			return e[5 : 5+int(be16(e[3:]))]
		}
		at += n
	}
	return nil
}
