package parse

import (
	"bytes"
	"encoding/binary"
	"net/netip"

	"github.com/cespare/xxhash/v2"

	"uncloak/parse/scan"
)

// tcpdumpDialect describes the line that tcpdump prints for each packet that it captures.
func tcpdumpDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "tcpdump",
			Devices: "tcpdump on any system, with -n",
			Sample:  "2013-10-22 07:06:11.997117 IP 127.0.0.1.56440 > 127.0.0.1.6633: Flags [R], seq 2428319660, win 0, length 0",
			Reads: "Addresses, ports, protocol, TCP flags, payload; DNS questions; ARP. A bare SYN is a new " +
				"session, a RST a reset, the rest traffic.",
			Enable: "tcpdump -n -tttt -l; -tttt gives the date.",
			Source: "tcpdump(1), output format",
		},
		known:  "a line as tcpdump prints it",
		tags:   []string{"tcpdump"},
		hosts:  []string{"IP", "IP6", "PPPoE"},
		first:  text + ">",
		number: anything,
		looks:  looksTcpdump,
		kind:   tool,
		read:   tcpdumpForms,
	}
}

// tcpdump reads one line of `tcpdump` with or without -n, -q, -v, -e and any stamp, of both its own and OpenBSD's:
//
//	11:31:20.553633 IP 10.0.0.1.21803 > 10.0.0.2.22: Flags [S], seq 3756801163, win 29200, length 0
//	    10.0.0.2.22 > 10.0.0.1.21803: Flags [R.], cksum 0x5d6c (correct), …   (second line of -v)
//	00:11:22:33:44:55 > 66:77:88:99:aa:bb, ethertype IPv4 (0x0800), length 74: 10.0.0.1.1 > 10.0.0.2.2: …
//	eth0  Out ARP, Request who-has 10.0.0.1 tell 10.0.0.2, length 28
//
// A bare SYN is SessionNew, a packet with RST is Reset, a DNS question DNSQuery (its answer System), all else Traffic;
// Packets is 1, Bytes the payload. The first line of -v, which names no address, is System. A stamp with a blank in
// front is the time since the packet before (-ttt) and no time of day.
func tcpdump(b []byte, rec *Record) bool {
	if tcpdumpLine(b, rec) {
		return true
	}
	undo(rec)
	return false
}

func tcpdumpLine(b []byte, rec *Record) bool {
	stamp, rest := rec.Stamp, b
	if !stamp.HasClock && !stamp.HasUnix {
		rest = tcpdumpStamp(b, &stamp, rec.indent > 0)
	}
	host := string(rec.Host)
	isIP := host == "IP" || host == "IP6"
	if host == "PPPoE" || scan.Has(rest, "PPPoE ") { // "PPPoE  [ses 0x22] IP 10.0.0.1.1 > …"
		if in := scan.After(rest, "] "); in != nil {
			rest = bytes.TrimPrefix(in, []byte("PPP-"))
		}
	}
	switch {
	case isIP && len(rest) > 0 && rest[0] == '(': // -v
	case scan.Has(rest, "IP "), scan.Has(rest, "IP6 "):
		_, rest = scan.Word(rest)
		isIP = true
	case len(rec.Host) > 0 && scan.Has(rest, "> "):
		if rec.Src, rec.SPort = scan.DotPort(rec.Host); rec.Src.IsValid() {
			return tcpdumpPacket(rest, stamp, rec)
		}
		fallthrough // the MAC address of -e
	default:
		rest = tcpdumpLink(rest, &isIP)
	}
	if arp(rest, rec) {
		rec.Dialect, rec.Stamp, rec.Body, rec.Host = "tcpdump", stamp, rest, nil
		return true
	}
	if isIP && len(rest) > 0 && rest[0] == '(' {
		if in := scan.After(rest, ") "); in == nil || !scan.Within(in, " > ") {
			rec.Proto, rec.Dialect, rec.Stamp, rec.Host = parenProto(rest), "tcpdump", stamp, nil
			return mark(rec, System, "packet-header")
		}
	}
	iface := tcpdumpInterface(b, rec)
	if !tcpdumpPacket(rest, stamp, rec) {
		return false
	}
	if iface != nil {
		rec.Copy = copyOf(rest, iface, rec)
	}
	return true
}

// tcpdumpInterface is the name of the interface in front of "In" or "Out" (-i any), which a header may have taken for a
// host; nil where there is none.
func tcpdumpInterface(b []byte, rec *Record) []byte {
	name := rec.Host
	if len(name) == 0 {
		var s Stamp
		name, b = scan.Word(tcpdumpStamp(b, &s, true))
	}
	switch w, _ := scan.Word(b); string(w) {
	case "In", "Out", "M", "P", "B":
		return name
	}
	return nil
}

// copyOf gives a mark by which the packet in b is known again: the words behind the addresses, and one of these.
func copyOf(b, iface []byte, rec *Record) (c Copy) {
	_, to := cutByte2(b, " > ")
	_, what := scan.Word(to)
	if len(what) == 0 || !rec.Src.IsValid() || !rec.Dst.IsValid() {
		return c
	}
	content := xxhash.Sum64(what)
	if rec.Proto != TCP { // of TCP the numbers tell packets apart; of others only ports do, which few NATs change
		content += uint64(rec.SPort)<<32 | uint64(rec.DPort)<<48 | uint64(rec.SPort^rec.DPort)
	}
	c.To, c.From = addrHash(content, rec.Dst, rec.DPort), addrHash(^content, rec.Src, rec.SPort)
	c.Link = xxhash.Sum64(iface)
	return c
}

// addrHash mixes an address and a port into a hash.
func addrHash(seed uint64, a netip.Addr, port uint16) uint64 {
	var key [26]byte
	as16 := a.As16()
	binary.LittleEndian.PutUint64(key[:], seed)
	copy(key[8:], as16[:])
	binary.LittleEndian.PutUint16(key[24:], port)
	return xxhash.Sum64(key[:])
}

// tcpdumpPacket reads the packet itself; rec.Src is set already where a header took it for a host.
func tcpdumpPacket(b []byte, stamp Stamp, rec *Record) bool {
	if src := rec.Src; src.IsValid() {
		to, what := scan.Word(b[2:])
		if len(to) < 2 || to[len(to)-1] != ':' {
			return false
		}
		if rec.Dst, rec.DPort = scan.DotPort(to[:len(to)-1]); !rec.Dst.IsValid() {
			return false
		}
		packetWhat(scan.TrimLeft(what), rec)
	} else if _, ok := packetText(b, rec); !ok && !namedPacket(b, rec) {
		return false
	}
	rec.Dialect, rec.Stamp, rec.Host, rec.Body = "tcpdump", stamp, nil, b
	rec.Packets = 1
	if rec.Proto == UDP && packetDNS(b, rec) || rec.Proto == TCP && streamDNS(b, rec) {
		return true
	}
	switch {
	case rec.Flags&RST != 0:
		return mark(rec, Reset, "packet")
	case rec.Flags&(SYN|ACK) == SYN && rec.Src.IsValid() && rec.Dst.IsValid():
		return mark(rec, SessionNew, "packet")
	}
	return mark(rec, Traffic, "packet")
}

// namedPacket reads a TCP packet between hosts that tcpdump shows by name: its ports and flags are known, the addresses
// are not.
func namedPacket(b []byte, rec *Record) bool {
	i := bytes.Index(b, []byte(": Flags ["))
	if i < 0 {
		return false
	}
	undo(rec)
	from, to := cutByte2(b[:i], " > ")
	if to == nil || bytes.IndexByte(from, ' ') >= 0 || bytes.IndexByte(to, ' ') >= 0 {
		return false
	}
	rec.Src, rec.SPort = namePort(from)
	rec.Dst, rec.DPort = namePort(to)
	packetWhat(b[i+2:], rec)
	return true
}

// namePort reads host.example.net.443 and 10.0.0.1.443.
func namePort(b []byte) (netip.Addr, uint16) {
	if a, n := scan.DotPort(b); a.IsValid() {
		return a, n
	}
	return netip.Addr{}, scan.NamedPort(b[bytes.LastIndexByte(b, '.')+1:])
}

// tcpdumpOther reads packets of other protocols of a link (STP, LLDP, CDP), known by the stamp in front and the length.
func tcpdumpOther(b []byte, rec *Record) bool {
	s := rec.Stamp
	rest := tcpdumpStamp(b, &s, rec.indent > 0)
	if len(b)-len(rest) != len("11:31:20.553633 ") || len(rest) == 0 || !scan.IsUpper(rest[0]) ||
		!scan.Within(rest, ", length ") {
		return false
	}
	rec.Dialect, rec.Stamp, rec.Body, rec.Packets = "tcpdump", s, rest, 1
	return mark(rec, System, "packet")
}

// tcpdumpStamp reads "11:31:20.553633 ", or the Unix time of -tt.
func tcpdumpStamp(b []byte, s *Stamp, delta bool) []byte {
	t := *s
	if rest, ok := t.clock(b); ok && len(rest) > 0 && rest[0] == ' ' {
		if !delta {
			*s = t
		}
		return scan.TrimLeft(rest)
	}
	sec, r, ok := scan.Leading(b)
	if !ok || len(r) < 8 || r[0] != '.' || !scan.IsDigit(r[6]) {
		return b
	}
	nanos, rest := scan.Fraction(r[1:])
	if len(rest) == 0 || rest[0] != ' ' {
		return b
	}
	if sec >= unixFrom && sec < 9_000_000_000 {
		s.HasUnix, s.Unix = true, int64(sec)*1e9+int64(nanos)
	}
	return scan.TrimLeft(rest)
}

// tcpdumpLink skips what -e and -i any put in front of the packet.
func tcpdumpLink(b []byte, isIP *bool) []byte {
	if i := bytes.Index(b, []byte("ethertype ")); i >= 0 {
		b = b[i:]
		switch {
		case scan.Within(b[:min(len(b), 96)], "ethertype IPv"):
			*isIP = true
			if j := bytes.Index(b, []byte(": (")); j >= 0 {
				return b[j+2:]
			}
			return b
		case scan.Within(b[:min(len(b), 96)], "ethertype ARP"):
			if j := bytes.Index(b, []byte("Re")); j >= 0 {
				return b[j:]
			}
		}
		return b
	}
	for range 3 {
		w, rest := scan.Word(b)
		switch string(w) {
		case "IP", "IP6":
			*isIP = true
			return scan.TrimLeft(rest)
		case "ARP,", "arp", "ARP":
			return b
		case "":
			return b
		}
		if len(w) > 16 || bytes.IndexByte(w, '.') >= 0 {
			return b
		}
		b = scan.TrimLeft(rest)
	}
	return b
}

// arp reads "ARP, Request who-has 10.0.0.1 tell 10.0.0.2", "ARP, Reply 10.0.0.1 is-at aa:…" and the older spelling:
// Src is who asks or answers, Dst who is asked for.
func arp(b []byte, rec *Record) bool {
	w, rest := scan.Word(b)
	if scan.EqualLower(bytes.TrimRight(w, ","), "arp") {
		w, rest = scan.Word(rest)
		for len(w) > 0 && w[0] == 'E' || string(w) == "IPv4" || string(w) == "(len" || string(w) == "6)," ||
			string(w) == "4)," {
			w, rest = scan.Word(rest) // "ARP, Ethernet (len 6), IPv4 (len 4), Request …"
		}
	} else if string(w) != "Request" && string(w) != "Reply" {
		return false
	}
	if string(w) == "Request" || string(w) == "Reply" {
		w, rest = scan.Word(rest)
	}
	if string(w) == "who-has" {
		asked, r := scan.Word(rest)
		rec.Dst = scan.Addr(bytes.TrimRight(asked, ","))
		who, _ := scan.Word(scan.After(r, "tell "))
		rec.Src = scan.Addr(bytes.TrimRight(who, ","))
		if !rec.Src.IsValid() || !rec.Dst.IsValid() {
			return false
		}
	} else if rec.Src = scan.Addr(w); !rec.Src.IsValid() || !scan.Has(rest, "is-at") {
		return false
	} else if mac, _ := scan.Word(rest[len("is-at"):]); rec.hardware(bytes.TrimRight(mac, ",")) {
		rec.Packets = 1
		return mark(rec, Neighbour, "packet")
	}
	rec.Packets = 1
	return mark(rec, Traffic, "packet")
}

// packetDNS reads "30665+ [1au] A? example.org. (48)"; the point at the end of a name is no part of it.
func packetDNS(b []byte, rec *Record) bool {
	if rec.DPort != 53 && rec.SPort != 53 && rec.DPort != 5353 {
		return false
	}
	_, b = scan.Word(scan.After(b, " > "))
	if b = scan.TrimLeft(b); len(b) > 0 && b[0] == '[' {
		_, b = scan.CutByte(b, ']') // -vv: "[udp sum ok] "
	}
	return dnsText(b, rec)
}

// streamDNS reads a question over TCP, which stands behind the length: "length 31 4242+ A? example.org. (29)".
func streamDNS(b []byte, rec *Record) bool {
	if rec.DPort != 53 {
		return false
	}
	i := bytes.LastIndex(b, []byte(", length "))
	if i < 0 {
		return false
	}
	_, rest := scan.Word(b[i+len(", length "):])
	return scan.Within(rest, "? ") && dnsText(scan.TrimLeft(rest), rec)
}

// dnsText reads the text of a DNS message.
func dnsText(b []byte, rec *Record) bool {
	id, rest := scan.Word(b)
	if len(id) == 0 || !scan.IsDigit(id[0]) {
		return false
	}
	if rec.DPort == 53 && scan.Within(rest, "[|domain]") { // the snapshot ends in front of the name
		return mark(rec, DNSQuery, "dns-query")
	}
	var typ []byte
	for range 6 {
		var w []byte
		w, rest = scan.Word(rest)
		if len(w) == 0 {
			break
		}
		if string(w) == "(QM)?" || string(w) == "(QU)?" {
			break
		}
		if typ = w; w[len(w)-1] == '?' {
			typ = w[:len(w)-1]
			break
		}
		if w[0] != '[' && (scan.IsDigit(w[0]) || w[0] == '(') || string(w) == "q:" {
			typ = nil
			break
		}
	}
	name, _ := scan.Word(rest)
	if rec.SPort == 53 && rec.DPort != 53 || len(typ) == 0 || len(name) == 0 || !scan.IsUpper(typ[0]) {
		return mark(rec, System, "dns-reply")
	}
	if string(typ) == "Type65" { // tcpdump before 5.0 has no name for it
		typ = rec.keep("HTTPS")
	}
	rec.QType, rec.QName = typ, name
	if len(name) > 1 {
		rec.QName = bytes.TrimSuffix(name, []byte("."))
	}
	dnsQuestion(rec)
	return true
}

// dnsQuestion finishes a question whose QName and QType are known.
func dnsQuestion(rec *Record) {
	rec.detail = rec.QName
	if string(rec.QType) == "PTR" {
		rec.NATDst = reverseName(rec.QName)
	}
	mark(rec, DNSQuery, "dns-query")
}

// tcpdumpNote reads what tcpdump prints at its start and end.
func tcpdumpNote(b []byte, rec *Record) bool {
	if !isTcpdumpNote(b) {
		return false
	}
	rec.Dialect = "tcpdump"
	n, rest, _ := scan.Leading(b)
	if n > 0 && (scan.Has(rest, " packets dropped by kernel") || scan.Has(rest, " packets dropped by interface")) {
		rec.Count, rec.detail = scan.Saturate(n), rec.keep("tcpdump")
		return mark(rec, Suppressed, "suppressed")
	}
	return mark(rec, System, "other")
}

// isTcpdumpNote reports whether b is one of those lines.
func isTcpdumpNote(b []byte) bool {
	if !scan.IsDigit(b[0]) {
		return scan.Has(b, "tcpdump: ") || scan.Has(b, "listening on ")
	}
	_, rest, _ := scan.Leading(b)
	return scan.Has(rest, " packets ") && (scan.Has(rest, " packets captured") ||
		scan.Has(rest, " packets received by filter") ||
		scan.Has(rest, " packets dropped by "))
}

// looksTcpdump reports whether b may be a packet or a note of tcpdump.
func looksTcpdump(b []byte, rec *Record) bool {
	switch c := b[0]; {
	case c == '>':
		return len(rec.Host) > 0
	case scan.IsDigit(c):
		if len(b) > 20 && b[2] == ':' && b[5] == ':' {
			return !looksPF(b, rec)
		}
		if i := bytes.IndexByte(b, '>'); i > 0 && scan.Within(b[i-1:], " > ") {
			return true
		}
		return isTcpdumpNote(b)
	case c == 'I', c == 'O', c == 'M', c == 'P', c == 'B', c == 'A', c == 'a':
		if isTcpdumpWord(b) {
			return true
		}
	}
	return isText(b, rec) && (rec.indent > 3 || isTcpdumpNote(b))
}

// isTcpdumpWord reports whether b begins with a protocol or a direction as tcpdump prints them.
func isTcpdumpWord(b []byte) bool {
	w, _ := scan.Word(b)
	switch string(w) {
	case "IP", "IP6", "In", "Out", "M", "P", "B", "ARP,", "arp", "PPPoE":
		return true
	}
	return false
}

// tcpdumpForms reads packets and notes of tcpdump.
func tcpdumpForms(b []byte, rec *Record) bool {
	switch c := b[0]; {
	case string(rec.App) == "tcpdump" || c == '>':
		return tcpdump(b, rec)
	case string(rec.Host) == "IP" || string(rec.Host) == "IP6":
		return (scan.IsDigit(c) || c == '(' || scan.Within(b, " > ")) && tcpdump(b, rec)
	case string(rec.Host) == "PPPoE":
		return tcpdump(b, rec)
	case scan.IsDigit(c):
		if len(b) > 20 && b[2] == ':' && b[5] == ':' && (tcpdump(b, rec) || tcpdumpOther(b, rec)) {
			return true
		}
		if i := bytes.IndexByte(b, '>'); i > 0 && scan.Within(b[i-1:], " > ") && tcpdump(b, rec) {
			return true
		}
	case isTcpdumpWord(b):
		return tcpdump(b, rec)
	case rec.indent > 3 && scan.Within(b, " > ") && tcpdump(b, rec):
		return true
	}
	return len(b) <= 1024 && tcpdumpNote(b, rec)
}
