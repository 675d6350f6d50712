package parse

import (
	"bytes"
	"net/netip"
)

// kernel reads the kernel's own messages: full tables, swallowed messages, OOM kills, TCP complaints, links, crashes.
func (p *Parser) kernel(b []byte, rec *Record) bool {
	if len(b) < 8 { // no message is as short, but "<TASK>" and "anon 0" between them are
		if !dumped(b, rec) {
			return false
		}
		mark(rec, System, "other")
	} else if !p.kernelMessage(b, rec) {
		return false
	}
	rec.Dialect = "kernel"
	return true
}

func (p *Parser) kernelMessage(b []byte, rec *Record) bool {
	switch b[0] {
	case 'i', 'n', 'I', 'N':
		if p.tableFull(b, rec) || neighbours(b, rec) {
			return true
		}
	case 'T':
		if shrink(b, rec) || synFlood(b, rec) || tcpLimits(b, rec) || p.oom(b, rec) {
			return true
		}
	case 'p', 'P', 'W':
		if synFlood(b, rec) {
			return true
		}
	case 'O', 'M', 'K', 'o', 'V', 's':
		if p.oom(b, rec) || tcpLimits(b, rec) {
			return true
		}
	case 'U':
		if udpError(b, rec) {
			return true
		}
	case 'l':
		if bytes.HasPrefix(b, []byte("ll header:")) {
			return mark(rec, System, "ll-header")
		}
		if p.oom(b, rec) {
			return true
		}
	}
	if martian(b, rec) {
		return true
	}
	return p.suppressed(b, rec) || p.invoked(b, rec) || p.otherTable(b, rec) || p.link(b, rec) || p.state(b, rec)
}

// mark sets what a message is; it is always true.
func mark(rec *Record, k Kind, word string) bool {
	rec.Kind, rec.Word = k, word
	return true
}

// tableFull knows all wordings since 2.4, with and without the doubled prefix, the point and the netns of 6.x. Of the
// session table Detail is empty; of the table of expected sessions it is "expectations".
func (p *Parser) tableFull(b []byte, rec *Record) bool {
	rest, ok := bytes.CutPrefix(b, []byte("ip_conntrack: "))
	if !ok {
		rest, ok = bytes.CutPrefix(b, []byte("nf_conntrack: "))
	}
	if !ok {
		return false
	}
	rest = bytes.TrimPrefix(rest, []byte("nf_conntrack: "))
	switch {
	case bytes.HasPrefix(rest, []byte("table full")), bytes.HasPrefix(rest, []byte("maximum limit of")):
		return mark(rec, TableFull, "conntrack-full")
	case bytes.HasPrefix(rest, []byte("expectation table full")), bytes.HasPrefix(rest, []byte("nf_ct_expect: expectation table full")):
		rec.Detail = p.name([]byte("expectations"))
		return mark(rec, TableFull, "expect-full")
	}
	return false
}

// neighbours knows "neighbour: arp_cache: neighbor table overflow!" and the older "Neighbour table overflow."
func neighbours(b []byte, rec *Record) bool {
	if containsLower(b, "neighbour table overflow") || containsLower(b, "neighbor table overflow") {
		return mark(rec, NeighbourOverflow, "neigh-overflow")
	}
	return false
}

// shrink reads "TCP: Treason uncloaked! Peer 1.2.3.4:39660/80 shrinks window 1:2. Repaired." (to 2.6) and "TCP: Peer
// 1.2.3.4:39660/80 unexpectedly shrunk window 1:2 (repaired)". The peer may be masked: then only its port is known.
func shrink(b []byte, rec *Record) bool {
	if !bytes.HasPrefix(b, []byte("TCP: ")) {
		return false
	}
	r := after(b, "Peer ")
	if r == nil || !bytes.Contains(r, []byte("shr")) {
		return false
	}
	peer, _ := word(r)
	slash := bytes.LastIndexByte(peer, '/')
	if slash < 0 {
		return false
	}
	rec.Src, rec.SPort = hostPort(peer[:slash], ':')
	rec.DPort, rec.Proto = port(peer[slash+1:]), TCP
	return mark(rec, WindowShrink, "tcp-window-shrunk")
}

// synFlood reads "TCP: request_sock_TCP: Possible SYN flooding on port 80. Sending cookies." and the older spelling;
// newer kernels print address and port ("on port [::]:80"), those of 2.0 and 2.2 also the last peer ("Warning: possible
// SYN flood from 192.0.2.1 on 198.51.100.2:80. Sending cookies.").
func synFlood(b []byte, rec *Record) bool {
	i := index(b, "ossible SYN flood")
	if i < 0 {
		return false
	}
	r := trimLeft(bytes.TrimPrefix(b[i+len("ossible SYN flood"):], []byte("ing")))
	if from, ok := bytes.CutPrefix(r, []byte("from ")); ok {
		var w []byte
		w, r = word(from)
		if rec.Src, rec.SPort = hostPort(w, ':'); !rec.Src.IsValid() {
			rec.Src = addr(w)
		}
	}
	r, ok := bytes.CutPrefix(r, []byte("on "))
	if !ok {
		return false
	}
	r = bytes.TrimPrefix(r, []byte("port "))
	w := bytes.TrimRight(until(r, " "), ".")
	if i := bytes.LastIndexByte(w, ':'); i >= 0 {
		if rec.Dst, rec.DPort = hostPort(w, ':'); rec.Dst.IsUnspecified() {
			rec.Dst = netip.Addr{}
		}
	} else {
		rec.DPort = port(w)
	}
	rec.Proto = TCP
	return mark(rec, SYNFlood, "syn-flood")
}

func tcpLimits(b []byte, rec *Record) bool {
	switch {
	case bytes.Contains(b, []byte("too many orphaned sockets")), bytes.HasPrefix(b, []byte("TCP: too many of orphaned")):
		return mark(rec, Orphans, "tcp-orphans")
	case bytes.HasPrefix(b, []byte("TCP: out of memory")), bytes.HasPrefix(b, []byte("Out of socket memory")):
		return mark(rec, System, "tcp-mem")
	}
	return false
}

// udpError reads "UDP: bad checksum. From 1.2.3.4:19 to 5.6.7.8:21143 ulen 2474" and "UDP: short packet: From
// 1.2.3.4:53 1500/33 to 5.6.7.8:1024", also of UDPv6 and UDP-Lite.
func udpError(b []byte, rec *Record) bool {
	i := bytes.IndexByte(b, ':')
	if i < 3 || i > 9 || !bytes.HasPrefix(b, []byte("UDP")) {
		return false
	}
	w := ""
	switch r := b[i+1:]; {
	case bytes.HasPrefix(r, []byte(" bad checksum. From ")):
		w = "udp-badcsum"
	case bytes.HasPrefix(r, []byte(" short packet: From ")):
		w = "udp-short"
	default:
		return false
	}
	from, _ := word(after(b, "From "))
	to, _ := word(after(b, " to "))
	rec.Src, rec.SPort = hostPort(from, ':')
	rec.Dst, rec.DPort = hostPort(to, ':')
	if rec.Proto = UDP; containsLower(b[:i], "lite") {
		rec.Proto = 136
	}
	return mark(rec, System, w)
}

// martian reads "IPv4: martian source 192.168.1.83 from 192.168.1.254, on dev eth0": the first address is the
// destination.
func martian(b []byte, rec *Record) bool {
	b = bytes.TrimPrefix(b, []byte("IPv4: "))
	if !bytes.HasPrefix(b, []byte("martian ")) {
		return false
	}
	_, r := word(b)
	_, r = word(r)
	w, r := word(r)
	rec.Dst = addr(w)
	if w, r = word(r); string(w) == "from" {
		w, r = word(r)
		rec.Src = addr(bytes.TrimRight(w, ","))
	}
	if d := after(r, "dev "); d != nil {
		rec.InIf, _ = word(d)
		rec.InIf = bytes.TrimRight(rec.InIf, ",")
	}
	return mark(rec, Martian, "martian")
}

// suppressed reads "net_ratelimit: 9 callbacks suppressed", "printk: 5 messages suppressed." and the like; Detail is
// the function whose messages are missing.
func (p *Parser) suppressed(b []byte, rec *Record) bool {
	if index(b, " suppressed") < 1 {
		return false
	}
	b = bytes.TrimRight(b, ".")
	i := bytes.LastIndex(b, []byte(": "))
	if i < 1 {
		return false
	}
	n, rest := word(b[i+2:])
	if c := string(rest); c != "callbacks suppressed" && c != "messages suppressed" && c != "output lines suppressed due to ratelimiting" {
		return false
	}
	count, ok := number(n)
	if !ok {
		return false
	}
	rec.Count, rec.Detail = saturate(count), p.name(b[:i])
	return mark(rec, Suppressed, "suppressed")
}

// link reads the common wordings of interfaces that come and go; Detail is the interface or its driver.
func (p *Parser) link(b []byte, rec *Record) bool {
	i := bytes.Index(b, []byte(": "))
	if i < 1 || len(b) > 200 || !bytes.Contains(b[i:], []byte("ink")) && !bytes.Contains(b[i:], []byte("INK")) {
		return false
	}
	w := ""
	switch {
	case containsLower(b[i:], "link is up"), containsLower(b[i:], "link up"), containsLower(b[i:], "link becomes ready"),
		containsLower(b[i:], "link status definitely up"), containsLower(b[i:], "link status up"):
		w = "link-up"
	case containsLower(b[i:], "link is down"), containsLower(b[i:], "link down"), containsLower(b[i:], "link status definitely down"),
		containsLower(b[i:], "link status down"):
		w = "link-down"
	default:
		return false
	}
	colon := linkColon(b, i)
	name := lastWord(b[:colon])
	if w, r := word(b[colon+1:]); bytes.HasPrefix(r, []byte("NIC ")) {
		name = w // "e1000: eth0 NIC Link is Up": the driver stands in front
	}
	if slave := after(b, "(slave "); slave != nil {
		name = until(slave, ")") // "bond0: (slave eth1): link status definitely down"
	} else if of := after(b, " for interface "); of != nil {
		name = until(of, ", ")
	}
	rec.Detail = p.name(name)
	return mark(rec, Link, w)
}

// linkColon finds the colon behind the interface: the last one before the word link.
func linkColon(b []byte, first int) int {
	for i := len(b) - 2; i > first; i-- {
		if b[i] == ':' && b[i+1] == ' ' && containsLower(b[i:], "link") {
			return i
		}
	}
	return first
}

func lastWord(b []byte) []byte {
	b = bytes.TrimRight(b, " :")
	return b[bytes.LastIndexByte(b, ' ')+1:]
}
