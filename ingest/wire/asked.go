package wire

import (
	"bytes"
	"cmp"
	"net/netip"
	"slices"
)

const namesMax = 1 << 16 // rows of a table by names; what is beyond counts in the row "others"

// Asked is a number of requests or questions of one kind, or of resets.
type Asked struct {
	Client, Server netip.Addr // of a reset: who sent it, and to whom
	Port           uint16     // of the server; of a reset: its sender's
	What           string     // method of HTTP, type of a DNS question
	Name           string     // host and path; name that was asked for
	Count          uint64
	First, Last    int64 // ns since 1970 UTC
}

// asked counts what clients ask for, and resets.
type asked struct {
	sessions sessions
	requests requests
	now      int64
	inFrame  bool // the frame completes a request
	http     map[Asked]*Asked
	dns      map[Asked]*Asked
	resets   map[Asked]*Asked
}

func newAsked() *asked {
	a := &asked{http: make(map[Asked]*Asked), dns: make(map[Asked]*Asked), resets: make(map[Asked]*Asked)}
	a.requests.found = a.request
	a.sessions = sessions{all: make(map[flowKey]*session), most: sessionsMax,
		begin:  func(*session, int64) {},
		finish: func(s *session, _ end, _ netip.AddrPort, _ int64) { a.requests.forget(s) },
		stray:  func(*IP, int64) {},
		shrunk: func(*session, *IP, int64) {}}
	return a
}

// count adds one to a row.
func (a *asked) count(rows map[Asked]*Asked, k Asked) {
	r := rows[k]
	if r == nil && len(rows) >= namesMax {
		k = Asked{Name: "others"}
		r = rows[k]
	}
	if r == nil {
		r = new(k)
		r.First = a.now
		rows[k] = r
	}
	r.Count++
	r.Last = a.now
}

// spoken says what one frame holds of DNS and HTTP: a frame counts once, however many messages it has.
type spoken struct{ question, answer, response bool }

// dns takes a message of RFC 1035, 4.1, and reports whether it is a question.
func (in *spoken) dns(b []byte) bool {
	if len(b) < 4 {
		return false
	}
	asks := b[2]&0x80 == 0
	in.question, in.answer = in.question || asks, in.answer || !asks
	return asks
}

// frame takes the packets of a frame.
func (a *asked) frame(p *Packet, now int64, c *Counts) {
	a.now, a.inFrame = now, false
	var in spoken
	for i := range p.IPs {
		switch ip := &p.IPs[i]; {
		case !ip.Whole:
		case ip.Quoted:
			if ip.Proto == UDP && ofDNS(ip) {
				in.dns(ip.Payload)
			}
		case ip.Proto == TCP:
			a.segment(ip, &in)
		case ip.Proto == UDP && ofDNS(ip):
			a.message(ip, ip.Payload, &in)
		}
	}
	for _, n := range [...]struct {
		yes   bool
		count *uint64
	}{{in.question, &c.DNSQuestions}, {in.answer, &c.DNSAnswers}, {a.inFrame, &c.HTTPRequests},
		{in.response, &c.HTTPResponses}} {
		if n.yes {
			*n.count++
		}
	}
}

// segment takes a segment of TCP.
func (a *asked) segment(ip *IP, in *spoken) {
	if ip.Flags&RST != 0 {
		a.count(a.resets, Asked{Client: ip.Src, Port: ip.SPort, Server: ip.Final})
	}
	s, fromClient := a.sessions.packet(ip, a.now)
	switch {
	case s == nil || len(ip.Payload) == 0:
	case ip.SPort == 53 || ip.DPort == 53:
		if len(ip.Payload) > 14 {
			a.message(ip, ip.Payload[2:], in)
		}
	case fromClient && s.c.fresh:
		a.requests.packet(s, ip)
	case !fromClient && s.s.fresh && bytes.HasPrefix(ip.Payload, []byte("HTTP/1.")):
		in.response = true
	}
}

// ofDNS reports whether one of the ports is one at which DNS, mDNS or LLMNR is spoken.
func ofDNS(ip *IP) bool { return dnsPort(ip.SPort) || dnsPort(ip.DPort) }

// dnsPort reports whether DNS, mDNS or LLMNR is spoken at a port.
func dnsPort(n uint16) bool { return n == 53 || n == 5353 || n == 5355 }

// message reads a message of DNS. The first question of one that asks is counted.
func (a *asked) message(ip *IP, b []byte, in *spoken) {
	if !in.dns(b) {
		return
	}
	if name, kind, ok := questionOf(b); ok {
		a.count(a.dns, Asked{Client: ip.Src, Server: ip.Final, Port: ip.DPort, Name: name, What: kind})
	}
}

func (a *asked) request(s *session, what string, method, name []byte) {
	if what == "http" {
		a.inFrame = true
		a.count(a.http, Asked{Client: s.client.Addr(), Server: s.server.Addr(), Port: s.server.Port(),
			What: string(method),
			Name: string(name[:min(len(name), nameMax)])})
	}
}

// HTTP returns the requests of HTTP clients, most frequent first.
func (t *Tables) HTTP() []*Asked { return sorted(t.asked.http) }

// DNS returns the questions to name servers, most frequent first.
func (t *Tables) DNS() []*Asked { return sorted(t.asked.dns) }

// Resets returns by sender, port and receiver how many packets with RST there are, most frequent first.
func (t *Tables) Resets() []*Asked { return sorted(t.asked.resets) }

func sorted(rows map[Asked]*Asked) []*Asked {
	out := make([]*Asked, 0, len(rows))
	for _, r := range rows {
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b *Asked) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Name, b.Name), a.Client.Compare(b.Client),
			a.Server.Compare(b.Server), cmp.Compare(a.Port, b.Port), cmp.Compare(a.What, b.What))
	})
	return out
}
