package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// mikrotikDialect describes the log of MikroTik's RouterOS: firewall rules, leases, DNS queries, links and logins.
func mikrotikDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "mikrotik",
			Devices: "MikroTik RouterOS 6 and 7, besides the firewall's own lines",
			Sample:  "dhcp,info defconf assigned 192.168.88.10 for AA:BB:CC:DD:EE:FF laptop",
			Reads: "topics, then leases (assigned, deassigned), DNS queries, links, logins and refused logins; " +
				"over syslog, CEF and as `log print` shows them",
			Enable: "/system logging action add name=uncloak target=remote remote=ADDRESS; /system logging add " +
				"topics=dhcp action=uncloak; the same for dns, interface, firewall.",
			Source: "help.mikrotik.com, Log",
		},
		known:   "chain: in:… out:…, proto …, address->address",
		console: RouterOS,
		first:   lower,
		number:  ":",
		looks:   looksMikrotik,
		read:    mikrotikOther,
		own:     ownMikrotik,
	}
}

// mikrotik reads the firewall lines of RouterOS:
//
//	firewall,info nat-new forward: in:bridge out:ether1, connection-state:new src-mac 52:…, proto TCP (SYN),
//	192.168.1.132:51413->103.195.92.134:6881, NAT (192.168.1.132:51413->203.0.113.7:51413)->103.195.92.134:6881, len 60
//
// proto: the place of "proto ". In front of the chain (forward, input, output) there may be topics and a prefix; the
// prefix decides as in netfilter whether the packet was refused. An established connection is no new session.
func mikrotik(b []byte, proto int, rec *Record) bool {
	in := scan.Index(b, " in:")
	out := scan.Index(b, " out:")
	if in < 0 || out < in || proto < out {
		return false
	}
	rec.InIf = interfaceName(b[in+4 : out])
	rec.OutIf = interfaceName(scan.Until(b[out+5:], ","))
	name, rest := scan.Word(b[proto+len("proto "):])
	rec.Proto = protocol(bytes.TrimRight(name, ","))
	icmpType := mikrotikParen(rest, rec)
	if !mikrotikTuple(rest, rec) {
		return false
	}
	rec.Dialect, rec.Word = "mikrotik", "fw-packet"
	prefix := mikrotikPrefix(b[:in])
	r := rec.mem.rule(prefix)
	rec.Rule, rec.Detail, rec.Action = prefix, r.name, r.action
	rec.Kind = packetKind(rec, icmpType)
	state := scan.Until(scan.After(b[out:proto], "connection-state:"), " ,")
	if rec.Kind == SessionNew && len(state) > 0 && string(state) != "new" {
		rec.Kind = System
	}
	return true
}

// isMikrotik reports whether what stands before "proto" names the interfaces as RouterOS does.
func isMikrotik(b []byte) bool {
	return hasIn(b) && scan.Within(b, " out:")
}

// interfaceName is nil for "(unknown 0)", which stands for the router itself.
func interfaceName(b []byte) []byte {
	if len(b) > 0 && b[0] == '(' {
		return nil
	}
	return b
}

// mikrotikPrefix cuts topics ("firewall,info") and chain ("forward:") off what stands before the interfaces.
func mikrotikPrefix(b []byte) []byte {
	if w, rest := scan.Word(b); bytes.IndexByte(w, ',') > 0 {
		b = scan.TrimLeft(rest)
	}
	for _, chain := range [...]string{"forward:", "input:", "output:", "prerouting:", "postrouting:", "srcnat:",
		"dstnat:"} {
		if bytes.HasSuffix(b, []byte(chain)) {
			b = b[:len(b)-len(chain)]
			break
		}
	}
	return trimPrefix(b)
}

// mikrotikParen reads "(SYN,ACK)" as flags or "(type 8, code 0)", whose type it returns, or -1.
func mikrotikParen(b []byte, rec *Record) (icmpType int) {
	b = scan.TrimLeft(b)
	if len(b) == 0 || b[0] != '(' {
		return -1
	}
	in := scan.Until(b[1:], ")")
	if t, ok := bytes.CutPrefix(in, []byte("type ")); ok {
		n, _, ok := scan.Leading(t)
		if !ok || n > 255 {
			return -1
		}
		return int(n)
	}
	for len(in) > 0 {
		f := scan.Until(in, ",")
		rec.Flags |= tcpFlag(f)
		in = in[min(len(in), len(f)+1):]
	}
	return -1
}

// mikrotikTuple reads "a:1->b:2, NAT (a:1->c:3)->b:2" and "a:1->d:4, NAT a:1->(c:3->d:4)". In the latter the packet
// shows where it goes, and c:3 is where it was sent: the public side of a forwarded port, or of the session whose
// answer it is.
func mikrotikTuple(b []byte, rec *Record) bool {
	arrow := bytes.Index(b, []byte("->"))
	if arrow < 0 {
		return false
	}
	from := b[bytes.LastIndexByte(b[:arrow], ' ')+1 : arrow]
	rec.Src, rec.SPort = scan.Endpoint(from)
	if bytes.IndexByte(b[arrow+2:], ',') < 0 {
		return mikrotikCut(b[arrow+2:], rec)
	}
	rec.Dst, rec.DPort = scan.Endpoint(scan.Until(b[arrow+2:], ", "))
	if !rec.Src.IsValid() || !rec.Dst.IsValid() {
		return false
	}
	nat := scan.After(b[arrow:], "NAT ")
	if nat == nil {
		return true
	}
	nat = scan.Until(nat, ", ")
	if nat[0] == '(' {
		side := scan.Until(nat[1:], ")")
		rec.NATSrc, rec.NATSPort = scan.Endpoint(scan.After(side, "->"))
		nat = nat[len(side)+1:]
	}
	if open := bytes.IndexByte(nat, '('); open >= 0 {
		side := scan.Until(nat[open+1:], ")")
		rec.NATDst, rec.NATDPort = scan.Endpoint(scan.After(side, "->"))
		if i := bytes.Index(side, []byte("->")); i > 0 && rec.NATDst.IsValid() {
			if a, port := scan.Endpoint(side[:i]); a.IsValid() {
				rec.Dst, rec.DPort = a, port
			}
		}
	}
	return true
}

// mikrotikCut reads the destination of a line that ends within it: RouterOS cuts long lines, and the rest comes as a
// datagram of its own, or never. Every whole line goes on with ", len 60". A port, or an address that no port follows,
// may lack digits, so neither is kept; the source is.
func mikrotikCut(dst []byte, rec *Record) bool {
	end := bytes.LastIndexByte(dst, ':')
	if n := bytes.IndexByte(dst, ']'); n >= 0 {
		end = n + 1
	} else if bytes.Count(dst, []byte(":")) > 1 {
		end = -1 // IPv6 without brackets
	}
	if end > 0 {
		rec.Dst = scan.Addr(scan.Unbracket(dst[:end]))
	}
	rec.Piece = Head
	return rec.Src.IsValid()
}

// mikrotikLine reads a firewall line, whatever prefix its rule has.
func mikrotikLine(b []byte, rec *Record) bool {
	i := scan.Index(b, " proto ")
	return i >= 0 && isMikrotik(b[:i]) && mikrotik(b, i+1, rec)
}

// hasIn reports whether b has " in:"; colons are rarer than blanks and small letters.
func hasIn(b []byte) bool {
	for from := 0; ; {
		i := bytes.IndexByte(b[from:], ':')
		if i < 0 {
			return false
		}
		i += from
		if from = min(i+4, len(b)); i >= 3 && b[i-1] == 'n' && b[i-2] == 'i' && b[i-3] == ' ' {
			return true
		}
	}
}

// looksMikrotik reports whether b may be one of RouterOS' other lines: topics or a sentence that begins with a small
// letter, or the stamp of its console.
func looksMikrotik(b []byte, rec *Record) bool {
	if scan.IsDigit(b[0]) {
		return len(b) > 16 && b[2] == ':' && b[5] == ':' && scan.IsDigit(b[1])
	}
	head := b[:min(len(b), 16)]
	if bytes.IndexByte(head, '=') >= 0 {
		return false
	}
	return len(rec.App) == 0 && len(rec.PID) == 0 || bytes.IndexByte(head, ',') > 0 || b[3] == '/' // topics, or a date
}

// mikrotikOther reads the lines of RouterOS that are not its firewall's.
func mikrotikOther(b []byte, rec *Record) bool {
	if scan.IsDigit(b[0]) || b[3] == '/' && scan.IsDigit(b[4]) {
		return mikrotikConsole(b, rec)
	}
	w, rest := scan.Word(b)
	switch {
	case len(w) > 6 && isTopics(w):
		return !scan.Within(rest, " proto ") && mikrotikLog(w, rest, rec) // else it is the firewall's
	case len(rec.PID) > 0 || len(rec.App) > 0 || string(w) == "flows" || string(w) == "firewall":
		return false
	}
	return mikrotikLog(nil, b, rec)
}

// ownMikrotik reads RouterOS without its topics, too: an interface, or a DHCP server, has the name that its owner gave
// it.
func ownMikrotik(b []byte, rec *Record) bool {
	if mikrotikLine(b, rec) {
		return true
	}
	if (scan.IsLower(b[0]) || scan.IsDigit(b[0])) && looksMikrotik(b, rec) && mikrotikOther(b, rec) {
		return true
	}
	return mikrotikLog(nil, b, rec)
}

// isMikrotikFirst reports whether the word in: of a firewall line stands near the front. A line with the stamp of a
// console, or in CEF, is none.
func isMikrotikFirst(b []byte) bool {
	head := b[:min(len(b), 64)]
	return b[0] != '{' && !scan.IsDigit(b[0]) && (len(b) < 4 || b[3] != '/') && hasIn(head) &&
		bytes.IndexByte(head, '|') < 0
}
