package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// yamahaDialect describes the syslog messages of Yamaha's RTX, NVR and FWX routers: sessions, filter rules, NAT,
// leases, links.
func yamahaDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "yamaha",
			Devices: "Yamaha RTX, NVR, FWX",
			Sample:  "<134>[INSPECT] PP[01][out][101] TCP 192.168.0.2:51234 > 203.0.113.10:80 (2016/02/23 10:59:24)",
			Reads: "[INSPECT] sessions (the stamp is when the session began), Rejected or Passed at IN(n) " +
				"filter, NAT bindings and limits, same message repeated N times, PP, TUNNEL, LAN and switch " +
				"links, DHCPD leases; IPv6 endpoints end in .port",
			Enable: "syslog host ADDRESS; syslog notice on; for sessions: ip filter dynamic … syslog=on; for " +
				"NAT: nat descriptor log on.",
			Source: "rtpro.yamaha.co.jp command reference (syslog, ip filter dynamic, nat descriptor log)",
		},
		console: OtherConsole,
		begins:  []string{"same message repeated ", "IP Tunnel["},
		first:   "[PTBLW",
		looks:   looksYamaha,
		read:    yamaha,
	}
}

// yamaha reads the log of Yamaha RTX, NVR and FWX routers:
//
//	[INSPECT] PP[01][out][101] TCP 192.168.0.2:51234 > 203.0.113.10:80 (2016/02/23 10:59:24)
//	PP[01] Rejected at IN(2000) filter: TCP 203.0.113.5:1234 > 192.0.2.1:23
//	TUNNEL[1] Rejected at IN(300) filter: UDP 192.0.2.1:67 > 192.0.2.2:68
//	LAN1(port1) Rejected at IN(3) filter: 00:a0:de:00:00:01 > ff:ff:ff:ff:ff:ff IP
//	[NAT] Bound TCP 192.168.0.2.1234 <-> 203.0.113.5.60000 ==> 198.51.100.1.80
//	same message repeated 3 times
//
// An INSPECT line is the only one about its session; it is written when the session ends and its stamp is when the
// session began, so it counts as the session's opening at that time. IPv6 endpoints have a point before the port.
func yamaha(b []byte, rec *Record) bool {
	switch {
	case bytes.HasPrefix(b, []byte("[INSPECT] ")):
		return yamahaInspect(b[len("[INSPECT] "):], rec)
	case bytes.HasPrefix(b, []byte("[NAT")):
		return yamahaNAT(b, rec)
	case bytes.HasPrefix(b, []byte("same message repeated ")):
		w, rest := scan.Word(b[len("same message repeated "):])
		if rest = scan.TrimLeft(rest); !bytes.HasPrefix(rest, []byte("time")) {
			return false
		}
		rec.Dialect, rec.Word, rec.Kind, rec.Count = "yamaha", "suppressed", Repeated, scan.Number32(w)
		return true
	case b[0] == '[':
		return yamahaDaemon(b, rec)
	}
	if i := bytes.Index(b[:min(len(b), 64)], []byte(" at ")); i > 0 && yamahaFilter(b, i, rec) {
		return true
	}
	return yamahaLine(b, rec)
}

func yamahaInspect(b []byte, rec *Record) bool {
	where, rest := scan.Word(b)
	i := bytes.IndexByte(rest, '(')
	if i < 0 {
		i = len(rest)
	}
	if !yamahaFlow(rest[:i], rec) {
		return false
	}
	dir := bytes.Index(where, []byte("[out]"))
	if dir < 0 {
		dir = bytes.Index(where, []byte("[in]"))
	}
	if dir > 0 {
		if where[dir+1] == 'o' {
			rec.OutIf = where[:dir]
		} else {
			rec.InIf = where[:dir]
		}
		if i := bytes.LastIndexByte(where, '['); i > dir {
			rec.Rule = bytes.TrimRight(where[i+1:], "]")
			rec.detail = rec.Rule
		}
	}
	rec.Dialect, rec.Word, rec.Kind = "yamaha", "session", SessionNew
	if i < len(rest) {
		if s, ok := wallStamp(scan.Until(rest[i+1:], ")")); ok {
			ownStamp(rec, &s)
		}
	}
	return true
}

// yamahaFlow reads "TCP a:1 > b:2", "TCP a > b", "UDP [v6].1 > …", "ICMP a > b : echo request". Masked addresses stay
// unset.
func yamahaFlow(b []byte, rec *Record) bool {
	w, rest := scan.Word(b)
	rec.Proto = protocolWord(w)
	from, rest := scan.Word(rest)
	arrow, rest := scan.Word(rest)
	to, rest := scan.Word(rest)
	if string(arrow) != ">" || len(to) == 0 || len(w) == 0 {
		return false
	}
	yamahaEndpoint(from, &rec.Event, false)
	yamahaEndpoint(to, &rec.Event, true)
	if rec.Proto == TCP {
		if r := scan.After(rest, "("); r != nil {
			rec.Flags = flagWords(scan.Until(r, ")"))
		}
	}
	tidyNAT(&rec.Event)
	return rec.Proto != 0 || rec.Src.IsValid()
}

// yamahaEndpoint reads a:1, a.1 (also with five numbers) and v6.1.
func yamahaEndpoint(b []byte, e *Event, dst bool) {
	b = scan.TrimRight(b, ",:")
	a, n := scan.Addr(scan.Unbracket(b)), uint16(0)
	if i := bytes.LastIndexByte(b, '.'); i > 0 && !a.IsValid() {
		a, n = scan.Addr(scan.Unbracket(b[:i])), scan.Port(b[i+1:])
	}
	if !a.IsValid() && n == 0 {
		a, n = scan.HostPort(b, ':')
	}
	if dst {
		e.Dst, e.DPort = a, n
	} else {
		e.Src, e.SPort = a, n
	}
}

// yamahaFilter reads "PP[01] Rejected at IN(2000) filter: TCP a:1 > b:2". at is where " at " stands.
func yamahaFilter(b []byte, at int, rec *Record) bool {
	intf, verb := b[:at], []byte(nil)
	if i := bytes.LastIndexByte(intf, ' '); i > 0 {
		intf, verb = intf[:i], intf[i+1:]
	}
	rest := b[at+len(" at "):]
	dir := scan.Until(rest, "( ")
	if string(dir) != "IN" && string(dir) != "OUT" {
		return false
	}
	kind, action := verdict(verb)
	if kind == System {
		return false
	}
	i := bytes.Index(rest, []byte("filter: "))
	if i < 0 {
		return false
	}
	if r := scan.After(rest[:i], "("); r != nil {
		rec.Rule = scan.Until(r, ")")
		rec.detail = rec.Rule
	}
	if string(dir) == "IN" {
		rec.InIf = intf
	} else {
		rec.OutIf = intf
	}
	rec.Dialect, rec.Word, rec.Kind, rec.Action = "yamaha", "fw-packet", kind, action
	if !yamahaFlow(rest[i+len("filter: "):], rec) { // a filter of MAC addresses
		rec.Proto = 0
		rec.Kind = System
	}
	return true
}

// yamahaNAT reads what NAT and IP masquerade log: bindings that come and go, and tables and host limits that are full.
func yamahaNAT(b []byte, rec *Record) bool {
	i := bytes.Index(b, []byte("] "))
	if i < 0 {
		return false
	}
	b = b[i+2:]
	rec.Dialect, rec.detail = "yamaha", b
	switch {
	case scan.ContainsLower(b, "full"), scan.ContainsLower(b, "limit"), scan.ContainsLower(b, "exhaust"),
		scan.ContainsLower(b, "no more"), scan.ContainsLower(b, "overflow"):
		rec.Kind, rec.Word = TableFull, "nat-exhausted"
		for w, rest := scan.Word(b); len(w) > 0 && !rec.Src.IsValid(); w, rest = scan.Word(rest) {
			yamahaEndpoint(w, &rec.Event, false)
		}
		return true
	}
	verb, rest := scan.Word(b)
	proto, rest := scan.Word(rest)
	inside, rest := scan.Word(rest)
	arrow, rest := scan.Word(rest)
	outside, rest := scan.Word(rest)
	if string(arrow) != "<->" {
		rec.Kind, rec.Word = System, "other"
		return true
	}
	rec.Proto = protocolWord(proto)
	yamahaEndpoint(outside, &rec.Event, false)
	rec.NATSrc, rec.NATSPort = rec.Src, rec.SPort
	yamahaEndpoint(inside, &rec.Event, false)
	if w, rest := scan.Word(rest); string(w) == "==>" {
		w, _ = scan.Word(rest)
		yamahaEndpoint(w, &rec.Event, true)
	}
	rec.Word, rec.Kind, rec.Action, rec.detail = "nat", SessionNew, "nat-create", nil
	if scan.EqualLower(verb, "released") || scan.EqualLower(verb, "unbound") || scan.EqualLower(verb, "deleted") {
		rec.Kind, rec.Action = SessionEnd, "nat-delete"
	}
	tidyNAT(&rec.Event)
	return true
}

// yamahaDaemon reads the lines with a name in brackets: leases and switches, and those of no consequence.
func yamahaDaemon(b []byte, rec *Record) bool {
	end := bytes.IndexByte(b, ']')
	if end < 3 || end > 16 {
		return false
	}
	name, rest := b[1:end], scan.TrimLeft(b[end+1:])
	switch string(name) {
	case "DHCPD":
		rec.Word, rec.Kind = "dhcp", System
		for w, r := scan.Word(rest); len(w) > 0; w, r = scan.Word(r) {
			if a := scan.Addr(bytes.TrimRight(w, ":")); a.IsValid() {
				rec.Src = a
				w, _ = scan.Word(r)
				rec.hardware(w)
				break
			}
		}
		if rec.Src.IsValid() && (scan.ContainsLower(rest, "extends ") || scan.ContainsLower(rest, "allocates ")) {
			rec.Kind = DHCPLease
		}
	case "SWCTL":
		rec.Word, rec.Kind = "other", System
		rec.detail = rest
		yamahaLink(rest, rec)
	case "IKE", "IKE1", "IKE2", "IKE3", "LUA", "L2TP", "PPTP", "OSPF", "BGP", "RIP", "DNS", "SCHEDULE", "HTTPD",
		"TELNETD",
		"SSHD", "LOGIN", "USB", "NETVOLANTE", "LICENSE", "DDNS", "UPNP", "STATUS", "LAN", "IPV6":
		rec.Word, rec.Kind, rec.detail = "other", System, name
	default:
		return false
	}
	rec.Dialect = "yamaha"
	return true
}

func yamahaLink(b []byte, rec *Record) {
	i := bytes.Index(b, []byte(" link "))
	if i < 0 {
		return
	}
	rec.detail = bytes.TrimRight(scan.LastWord(b[:i]), ":")
	switch {
	case bytes.HasPrefix(b[i:], []byte(" link up")):
		rec.Kind, rec.Word = Link, "link-up"
	case bytes.HasPrefix(b[i:], []byte(" link down")):
		rec.Kind, rec.Word = Link, "link-down"
	}
}

// yamahaLine reads the lines that begin with an interface: PP[01], PPPOE[01], LAN1, TUNNEL[1], "IP Tunnel[1]".
func yamahaLine(b []byte, rec *Record) bool {
	intf, rest := scan.Word(b)
	if string(intf) == "IP" {
		intf, rest = scan.Word(rest)
	}
	if !yamahaInterface(intf) {
		return false
	}
	intf = bytes.TrimRight(intf, ":")
	rec.Dialect, rec.Word, rec.Kind, rec.detail = "yamaha", "other", System, intf
	switch {
	case bytes.HasPrefix(rest, []byte("Disconnected")), bytes.HasPrefix(rest, []byte("Down")),
		bytes.Contains(rest, []byte("link down")),
		bytes.HasPrefix(rest, []byte("PPP/IPCP down")), bytes.HasPrefix(rest, []byte("PPP/IPV6CP down")),
		bytes.HasPrefix(rest, []byte("Interface down")):
		rec.Kind, rec.Word = Link, "link-down"
	case bytes.HasPrefix(rest, []byte("PPP/IPCP up")), bytes.HasPrefix(rest, []byte("Up")),
		bytes.Contains(rest, []byte("link up")),
		bytes.HasPrefix(rest, []byte("PPP/IPV6CP up")), bytes.HasPrefix(rest, []byte("Interface up")):
		rec.Kind, rec.Word = Link, "link-up"
	}
	return true
}

// yamahaInterface reports whether w is an interface: PPPOE[01], TUNNEL[1], Tunnel[1], LAN1:, LAN1(port1) and the like.
func yamahaInterface(w []byte) bool {
	for _, k := range [...]string{"PPPOE[", "PP[", "TUNNEL[", "Tunnel[", "BRI", "LAN", "WAN"} {
		if bytes.HasPrefix(w, []byte(k)) && len(w) > len(k) && scan.IsDigit(w[len(k)]) {
			end := w[len(w)-1]
			return end == ']' || end == ':' || k[len(k)-1] != '[' && (scan.IsDigit(end) || end == ')')
		}
	}
	return false
}

// looksYamaha reports whether b begins with a part of the system in brackets or with an interface.
func looksYamaha(b []byte, _ *Record) bool {
	if b[0] == '[' {
		return scan.IsUpper(b[1]) && scan.IsUpper(b[2])
	}
	return yamahaInterface(scan.Until(b[:min(len(b), 24)], " "))
}
