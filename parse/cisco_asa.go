package parse

import (
	"bytes"
	"net/netip"

	"uncloak/parse/scan"
)

// ciscoASADialect describes the syslog messages of Cisco's firewalls (ASA, FTD, PIX), each with a number such as
// %ASA-6-302013.
func ciscoASADialect() dialect {
	return dialect{
		Format: Format{
			Name:    "cisco",
			Devices: "Cisco ASA, Secure Firewall (FTD), PIX",
			Sample:  "Nov 02 2025 00:00:00 asa-fw : %ASA-6-302013: Built outbound TCP connection 1 for outside:153.30.140.114/22 (153.30.140.114/22) to inside:10.0.0.67/57244 (203.0.113.7/57244)",
			Reads: "Connections and their ends with real and mapped addresses, bytes and the reason " +
				"(302003–302027, 302303–302306), translations (305009–305012) and port blocks (305014, 305015, " +
				"305017), denials (106xxx, 305005, 305006, 313xxx, 338xxx, 710xxx …) with rule and TCP flags, " +
				"pools and limits that are used up (202001, 202010, 305016, 305023, 201xxx, 450001), interfaces " +
				"(411001 to 411004), connection events of FTD (430001–430005). A teardown does not say who opened " +
				"the connection: it is marked as unordered.",
			Enable: "logging enable; logging timestamp; logging trap informational; logging host inside " +
				"192.0.2.5. FTD: Platform Settings, Syslog, and logging at the beginning and end of connection " +
				"in the access rule.",
			Source: "Cisco Secure Firewall ASA Series Syslog Messages; Cisco Secure Firewall Threat Defense " +
				"Syslog Messages",
		},
		known:   "%ASA-, %PIX- or %FTD- with a known message number",
		console: ASA,
		begins:  []string{"ASA-", "FTD-", "PIX-"},
		read:    cisco,
		own:     withMnemonic,
	}
}

// asaNumber finds the six digits of "ASA-6-302013: …", "ASA-session-5-106100: …" or "ASA--6-302013 …" and the text
// behind them. ok is false where there are none.
func asaNumber(b []byte) (code int, msg []byte, ok bool) {
	for i := 4; i+6 <= len(b) && i < 24; i++ {
		if b[i-1] != '-' || !scan.IsDigit(b[i]) || !scan.IsDigit(b[i+1]) {
			continue
		}
		n, rest, ok := scan.Leading(b[i:])
		if !ok || len(b)-len(rest)-i != 6 {
			return 0, nil, false
		}
		if len(rest) > 0 && rest[0] == ':' {
			rest = rest[1:]
		}
		return int(n), scan.TrimLeft(rest), true
	}
	return 0, nil, false
}

// asaClasses are the message classes of the syslog guide, by the first three digits of the number. A message of one of
// them that is not read is System; any other number is not one of ASA's.
var asaClasses = [...][2]int{{101, 120}, {199, 199}, {201, 219}, {302, 342}, {400, 460}, {500, 509}, {602, 622},
	{701, 785}, {802, 880}}

// cisco reads the messages of ASA, FTD and PIX (Cisco Secure Firewall ASA Series Syslog Messages). b begins with
// "ASA-6-302013: …".
//
// "Built outbound" means that the inside (the second endpoint) opened the connection, "inbound" that the first did;
// the addresses in parentheses are the mapped ones. A teardown does not say who opened: see ciscoOpener.
func cisco(b []byte, rec *Record) bool {
	code, msg, ok := asaNumber(b)
	if !ok {
		return false
	}
	switch code {
	case 302013, 302015, 302017, 302020, 302035, 302303, 302305:
		ok = ciscoBuilt(msg, rec)
	case 302022, 302024, 302026: // a stub in a cluster: the owner logs the connection itself
		ok = ciscoBuilt(msg, rec)
		rec.Kind = System
	case 302014, 302016, 302018, 302021, 302036, 302304, 302306:
		ok = ciscoTeardown(msg, rec)
	case 302023, 302025, 302027:
		ok = ciscoTeardown(msg, rec)
		rec.Kind = System
	case 302003, 302009:
		ok = ciscoForeign(msg, rec)
	case 302010:
		n, _, isNumber := scan.Leading(msg)
		rec.plain(rec.keep("connections in use"))
		if ok = isNumber; ok {
			rec.Count = scan.Saturate(n)
		}
	case 305009, 305010, 305011, 305012:
		ok = ciscoTranslation(msg, rec)
	case 305014, 305015, 305017:
		ok = ciscoBlock(msg, rec)
	case 202001, 202010, 305016, 305023:
		ok = ciscoFull(msg, "nat-exhausted", rec)
	case 201002, 201003, 201004, 201009, 201010, 201011, 201012, 201013, 202011, 321001, 407001, 407002, 450001, 710004:
		ok = ciscoFull(msg, "session-limit", rec)
	case 209003: // Fragment database limit of 200 exceeded: src = a, dest = b, proto = udp, id = 47
		ok = ciscoFragments(msg, rec)
	case 411001, 411002, 411003, 411004:
		rec.InIf, _ = scan.Word(scan.After(msg, "Interface "))
		rec.InIf = bytes.TrimSuffix(rec.InIf, []byte(","))
		rec.link(bytes.HasSuffix(msg, []byte("up")))
	case 106100, 106102, 106103:
		ok = ciscoAccessList(msg, rec)
	case 430001, 430002, 430003, 430004, 430005:
		ok = ftdEvent(code, msg, rec)
	default:
		ok = ciscoOther(code, msg, rec)
	}
	if !ok {
		return false
	}
	rec.Proto = icmpOf(rec.Proto, rec.Dst)
	rec.Dialect = "cisco"
	return true
}

// ciscoOther reads the denials, what a packet was dropped for, and everything that has no consequence.
func ciscoOther(code int, msg []byte, rec *Record) bool {
	switch {
	case code >= 106001 && code <= 106027, code >= 313001 && code <= 313009, code >= 338001 && code <= 338204,
		code >= 710002 && code <= 710007, code == 305005, code == 305006, code == 305013, code == 109025,
		code == 304002,
		code == 401004, code == 410001, code == 419001, code == 420002, code == 421001, code == 434002, code == 500004,
		code == 815002:
		if ciscoPacket(msg, rec) {
			rec.detail = scan.Until(scan.After(msg, `access-group "`), `"`)
			return true
		}
		return code == 106024 && asaPlain(code, rec)
	case code == 419002, code == 434004, code == 110002, code == 110003, code == 303002, code == 500003,
		code/1000 == 400:
		if ciscoPacket(msg, rec) { // seen, and let pass
			rec.Kind, rec.Action = System, ""
		} else {
			rec.plain(nil)
		}
		return true
	case code == 733100: // [ Scanning] drop rate-1 exceeded: which threat, or which host
		rec.plain(scan.TrimBody(scan.TrimLeft(scan.Until(scan.After(msg, "["), "]"))))
		return rec.alarm("asa-733100")
	case code >= 733101 && code <= 733105: // Host a is attacking; … adds host a to shun list
		rec.plain(rec.keep("threat detection"))
		rec.alarm("asa-733100")
		rec.Src, _ = scan.AnyAddress(msg[:min(len(msg), 128)])
		return true
	case code == 722051, code == 737026:
		return asaAssigned(msg, rec)
	}
	if !asaPlain(code, rec) {
		return false
	}
	asaWho(code, msg, rec)
	return true
}

// asaPlain makes System of a message whose text is not read, if its number is of a known class.
func asaPlain(code int, rec *Record) bool {
	for _, c := range asaClasses {
		if code/1000 >= c[0] && code/1000 <= c[1] {
			rec.plain(nil)
			return true
		}
	}
	return false
}

// endpoint is one side of a connection: real and mapped address. Where the device prints a name, the address is zero.
type endpoint struct {
	addr, mapped netip.Addr
	port, mport  uint16
	intf         []byte
	ok           bool // an address or a name was there
}

// trimPunctuation takes off what ends a word of a sentence: commas, semicolons, one colon ("… to 192.168.2.2: no
// matching session").
func trimPunctuation(w []byte) []byte {
	w = scan.TrimRight(w, ",;")
	if len(w) > 2 && w[len(w)-1] == ':' && w[len(w)-2] != ':' {
		w = w[:len(w)-1]
	}
	return w
}

// asaItself is the name that PIX and ASA 7.x give to the device's own addresses, with its colon. No other interface has
// blanks in its name.
var asaItself = []byte("NP Identity Ifc:")

// readEndpoint reads "outside:10.1.2.1/22 (10.1.2.1/22)(LOCAL\user, 9:tag)"; interface, port, mapped part and user may
// be missing, the host may be a name, and PIX puts the access list behind the interface: "outside(acl):10.1.2.1".
func readEndpoint(b []byte) (e endpoint, rest []byte) {
	b = scan.TrimLeft(b)
	if len(b) > 0 && b[0] == '(' {
		b = b[1:] // "IP spoof from (0.0.0.0) to …"
	}
	if bytes.HasPrefix(b, asaItself) {
		e, rest = readEndpoint(b[len(asaItself):])
		e.intf = asaItself[:len(asaItself)-1]
		return e, rest
	}
	n := 0
	for n < len(b) && b[n] != ' ' && b[n] != '(' && b[n] != ')' && b[n] != '\t' {
		n++
	}
	w := b[:n]
	rest = b[n:]
	if len(rest) > 1 && rest[0] == '(' {
		if i := bytes.IndexByte(rest, ')'); i > 0 && i+1 < len(rest) && rest[i+1] == ':' {
			e2, r := readEndpoint(rest[i+2:])
			e2.intf = w
			return e2, r
		}
	}
	w = trimPunctuation(w)
	// Most names of interfaces begin like no address.
	named := len(w) > 0 && scan.HexDigit(w[0]) > 15 && w[0] != ':' && w[0] != '['
	if !named {
		e.addr, e.port = scan.HostPort(w, '/')
	}
	if !e.addr.IsValid() {
		if i := bytes.IndexByte(w, ':'); i >= 0 {
			e.intf, w, named = w[:i], w[i+1:], true
		}
		if named {
			e.addr, e.port = scan.HostPort(w, '/')
		}
	}
	if e.port == 0 && e.addr.IsValid() {
		e.port = namedPort(w)
	}
	e.ok = e.addr.IsValid() || bytes.IndexByte(w, '/') > 0 || scan.HasLetter(w)
	rest = e.parentheses(rest)
	return e, rest
}

// namedPort reads the name of a service behind an address, as 710002 writes the device's own: 10.1.1.1/ssh. It is 0 for
// none.
func namedPort(w []byte) uint16 {
	if i := bytes.LastIndexByte(w, '/'); i >= 0 && i+1 < len(w) && scan.IsLetter(w[i+1]) {
		return scan.ServicePort(w[i+1:])
	}
	return 0
}

// parentheses reads what follows an endpoint in parentheses: the mapped address, the user, the security group.
func (e *endpoint) parentheses(rest []byte) []byte {
	for range 3 {
		r := scan.TrimLeft(rest)
		if len(r) < 2 || r[0] != '(' {
			break
		}
		i := bytes.IndexByte(r, ')')
		if i < 0 {
			break
		}
		if a, port := scan.HostPort(r[1:i], '/'); a.IsValid() && !e.mapped.IsValid() {
			e.mapped, e.mport = a, port
		}
		rest = r[i+1:]
	}
	return rest
}

// ciscoBuilt reads "Built outbound TCP connection 9 for outside:a/p (m/p) to inside:b/q (m/q)" and the ICMP form
// "Built outbound ICMP connection for faddr a/0 gaddr m/1 laddr b/1". A state-bypass connection has no direction: it is
// "from" who opened it.
func ciscoBuilt(b []byte, rec *Record) bool {
	r, inbound, directed := ciscoProtocol(b, rec)
	rec.Kind, rec.Word, rec.Action = SessionNew, "session", "session-create"
	if rec.Proto == ICMP && bytes.Contains(r, []byte("faddr ")) {
		return ciscoICMP(r, inbound, rec)
	}
	first, second, _, ok := ciscoPair(r)
	if !ok {
		return false
	}
	if inbound || !directed {
		ciscoFill(first, second, rec)
	} else {
		ciscoFill(second, first, rec)
	}
	return true
}

// ciscoProtocol reads the words in front of "connection": direction and protocol.
func ciscoProtocol(b []byte, rec *Record) (rest []byte, inbound, directed bool) {
	for range 6 {
		var w []byte
		w, b = scan.Word(b)
		switch string(w) {
		case "inbound", "director", "forwarder", "backup":
			inbound, directed = true, true
		case "outbound":
			directed = true
		case "connection", "":
			return b, inbound, directed
		case "TCP":
			rec.Proto = TCP
		case "UDP":
			rec.Proto = UDP
		default:
			if n := protocol(w); n != 0 && !scan.IsDigit(w[0]) {
				rec.Proto = n
			}
		}
	}
	return b, inbound, directed
}

// ciscoPair reads "… for A to B" or "… from A to B".
func ciscoPair(b []byte) (first, second endpoint, rest []byte, ok bool) {
	r := scan.After(b, "for ")
	if r == nil {
		r = scan.After(b, "from ")
	}
	first, r = readEndpoint(r)
	to := scan.After(r, "to ")
	second, rest = readEndpoint(to)
	return first, second, rest, first.ok && second.ok
}

// ciscoFill writes a connection from src to dst into the event.
func ciscoFill(src, dst endpoint, rec *Record) {
	rec.Src, rec.SPort, rec.Dst, rec.DPort = src.addr, src.port, dst.addr, dst.port
	rec.NATSrc, rec.NATSPort, rec.NATDst, rec.NATDPort = src.mapped, src.mport, dst.mapped, dst.mport
	rec.InIf, rec.OutIf = src.intf, dst.intf
}

// ciscoICMP reads faddr (foreign), gaddr (the local host's mapped address) and laddr (local).
func ciscoICMP(b []byte, inbound bool, rec *Record) bool {
	foreign, r := readEndpoint(scan.After(b, "faddr "))
	mapped, r := readEndpoint(scan.After(r, "gaddr "))
	local, _ := readEndpoint(scan.After(r, "laddr "))
	if !foreign.ok || !local.ok {
		return false
	}
	local.mapped, local.mport = mapped.addr, mapped.port
	rec.Proto = ICMP
	if inbound { // its NAT is that of the destination
		ciscoFill(foreign, local, rec)
	} else {
		ciscoFill(local, foreign, rec)
	}
	return true
}

// ciscoICMPEnd reads the end of an ICMP connection, which does not say who opened it, either; but the echo's number
// stands at the one who asked and the other has 0.
func ciscoICMPEnd(b []byte, rec *Record) bool {
	if !ciscoICMP(b, false, rec) {
		return false
	}
	asked, answered := rec.SPort != 0, rec.DPort != 0
	rec.Unordered = asked == answered
	if answered && !asked {
		return ciscoICMP(b, true, rec)
	}
	return true
}

// ciscoForeign reads the old "connection 9 for foreign_address a/p global_address m/p local_address b/q".
func ciscoForeign(b []byte, rec *Record) bool {
	foreign, r := readEndpoint(scan.After(b, "foreign_address "))
	mapped, m := readEndpoint(scan.After(r, "global_address "))
	if mapped.ok {
		r = m
	}
	local, _ := readEndpoint(scan.After(r, "local_address "))
	if !foreign.ok || !local.ok {
		return false
	}
	local.mapped, local.mport = mapped.addr, mapped.port
	rec.Proto = TCP
	rec.Kind, rec.Word, rec.Action = SessionNew, "session", "session-create"
	ciscoFill(local, foreign, rec)
	return true
}

// ciscoTeardown reads "Teardown TCP connection 4211 for A to B duration 0:00:00 bytes 526 TCP FINs". The reason is
// kept as Detail; "TCP Reset-O" sets RST, "SYN Timeout" means that the connection was never answered.
func ciscoTeardown(b []byte, rec *Record) bool {
	r, _, _ := ciscoProtocol(b, rec)
	rec.Kind, rec.Word, rec.Action = SessionEnd, "session", "session-delete"
	if rec.Proto == ICMP && bytes.Contains(r, []byte("faddr ")) {
		return ciscoICMPEnd(r, rec)
	}
	first, second, rest, ok := ciscoPair(r)
	if !ok {
		return false
	}
	rec.Unordered = true
	if ciscoOpener(first, second) {
		first, second = second, first
		rec.swapped = true
	}
	ciscoFill(first, second, rec)
	size, reason := scan.Word(scan.After(rest, "bytes "))
	rec.Bytes, _ = scan.Number(size)
	rec.lastedClock(endOfWord(scan.After(rest, "duration ")))
	reason = scan.TrimLeft(scan.Until(reason, "("))
	if i := bytes.Index(reason, []byte(" from ")); i >= 0 {
		reason = reason[:i]
	}
	reason = scan.TrimBody(reason)
	rec.detail = reason
	switch {
	case bytes.HasPrefix(reason, []byte("TCP Reset")):
		rec.Flags = RST
	case bytes.HasPrefix(reason, []byte("SYN Timeout")):
		rec.State = SynSent
	}
	return true
}

// ephemeral holds the first port that Linux chooses a client's ports (net.ipv4.ip_local_port_range).
const ephemeral = 32768

// ciscoOpener guesses whether the second endpoint, the inner one, opened a connection that is torn down: a service's
// port is reached, and where the ports do not tell, a private address calls a public one.
func ciscoOpener(first, second endpoint) bool {
	a, b := first.port, second.port
	switch {
	case a == 0 || b == 0:
	case a < 1024 && b >= 1024, a < ephemeral && b >= ephemeral && b-a > 1024:
		return true
	case b < 1024 && a >= 1024, b < ephemeral && a >= ephemeral && a-b > 1024:
		return false
	}
	return second.addr.IsPrivate() && !first.addr.IsPrivate()
}

// ciscoTranslation reads "Built dynamic TCP translation from inside:a/p to outside:m/q". It repeats what the
// connection's own message says, so it is System.
func ciscoTranslation(b []byte, rec *Record) bool {
	verb, r := scan.Word(b)
	_, r = scan.Word(r)
	proto, r := scan.Word(r)
	from, rest := readEndpoint(scan.After(r, "from "))
	if string(proto) == "translation" {
		from, rest = readEndpoint(bytes.TrimPrefix(scan.TrimLeft(r), []byte("from ")))
	}
	to, _ := readEndpoint(scan.After(rest, "to "))
	if !from.ok || !to.ok {
		return false
	}
	rec.Proto = protocol(proto)
	rec.Src, rec.SPort, rec.NATSrc, rec.NATSPort = from.addr, from.port, to.addr, to.port
	rec.InIf, rec.OutIf = from.intf, to.intf
	rec.Kind, rec.Word, rec.Action = System, "nat", "nat-create"
	if string(verb) == "Teardown" {
		rec.Action = "nat-delete"
	}
	return true
}

// ciscoBlock reads "Allocated TCP block of ports for translation from inside:a to outside:m/1024-1535".
func ciscoBlock(b []byte, rec *Record) bool {
	from, rest := readEndpoint(scan.After(b, "from "))
	to := scan.TrimLeft(scan.After(rest, "to "))
	w, _ := scan.Word(to)
	w = bytes.TrimRight(w, ".")
	i := bytes.LastIndexByte(w, '/')
	if !from.ok || i < 0 {
		return false
	}
	e, _ := readEndpoint(w[:i])
	rec.PortLow, rec.PortHigh, _ = scan.PortRange(w[i+1:])
	rec.Src, rec.NATSrc, rec.InIf, rec.OutIf = from.addr, e.addr, from.intf, e.intf
	rec.Proto = firstProtocol(b[:min(len(b), 40)])
	rec.block(!bytes.HasPrefix(b, []byte("Released")))
	return e.ok
}

// ciscoFull reads that a pool of addresses, ports or connections is used up. Detail is the pool, or the limit's text.
func ciscoFull(b []byte, w string, rec *Record) bool {
	if len(b) == 0 {
		return false
	}
	detail := scan.Until(scan.After(b, "pool '"), "'")
	if detail == nil {
		detail = scan.Until(scan.After(b, "Resource '"), "'")
	}
	if detail == nil {
		detail = scan.TrimBody(scan.Until(b, ".!"))
		if i := bytes.IndexAny(detail, "0123456789:"); i > 0 {
			detail = scan.TrimBody(detail[:i]) // what is limited, without whom it hit
		}
		detail = bytes.TrimSuffix(detail, []byte(" from"))
	}
	if from, rest := readEndpoint(scan.After(b, " from ")); from.ok {
		to, _ := readEndpoint(scan.After(rest, "to "))
		rec.Src, rec.SPort, rec.Dst, rec.DPort = from.addr, from.port, to.addr, to.port
		rec.InIf, rec.OutIf = from.intf, to.intf
	}
	if host := scan.After(b, "local-host "); host != nil { // 407001
		e, _ := readEndpoint(host)
		rec.Src, rec.InIf = e.addr, e.intf
	}
	rec.Proto = firstProtocol(b)
	rec.full(w, detail)
	return true
}

// ciscoFragments reads which packet found the table of fragments full.
func ciscoFragments(b []byte, rec *Record) bool {
	src, _ := scan.Word(scan.After(b, "src = "))
	dst, _ := scan.Word(scan.After(b, "dest = "))
	proto, _ := scan.Word(scan.After(b, "proto = "))
	rec.Src, rec.Dst = scan.Addr(bytes.TrimRight(src, ",")), scan.Addr(bytes.TrimRight(dst, ","))
	rec.Proto = protocol(bytes.TrimRight(proto, ","))
	rec.full("other", rec.keep("fragments"))
	return len(b) > 0
}

// firstProtocol is the first protocol that the text names; "protocol 47" counts.
func firstProtocol(b []byte) uint8 {
	named := false
	for range 24 {
		var w []byte
		if w, b = scan.Word(b); len(w) == 0 {
			return 0
		}
		if v, ok := bytes.CutPrefix(w, []byte("protocol=")); ok {
			return protocol(scan.TrimRight(v, ",:"))
		}
		if len(w) > 0 && (named || !scan.IsDigit(w[0])) {
			if n := protocol(scan.TrimRight(w, ",:")); n != 0 {
				return n
			}
		}
		named = string(w) == "protocol"
	}
	return 0
}

// ciscoPacket reads the denials, and the permission 710002, each of which words its addresses in one of two ways:
// "src A dst B" or "from A to B"; the latter may name only the sender.
func ciscoPacket(b []byte, rec *Record) bool {
	r, sep := scan.After(b, "src "), "dst "
	if r == nil {
		if r = scan.After(b, "SRC "); r != nil {
			sep = "DEST "
		} else {
			r, sep = scan.After(b, "from "), "to "
		}
	}
	if i := bytes.Index(b, []byte(" ==> ")); r == nil && i >= 0 { // Shunned packet: A ==> B on interface inside
		r, sep = b[bytes.LastIndexByte(b[:i], ' ')+1:], "==> "
	}
	if r == nil {
		r = scan.After(b, "for ")
	}
	// the oldest: "denied by outbound list 10 src a 25 dest b 25"
	if sep == "dst " && !bytes.Contains(r, []byte("dst ")) {
		sep = "dest "
	}
	r = bytes.TrimPrefix(r, []byte("laddr "))
	from, rest := readEndpoint(r)
	if !from.ok {
		return false
	}
	to, _ := readEndpoint(bytes.TrimPrefix(scan.After(rest, sep), []byte("PAT address ")))
	if !to.ok && sep != "to " {
		return false
	}
	ciscoFill(from, to, rec)
	if rec.Proto = firstProtocol(b); bytes.HasPrefix(b, []byte("Dropping echo ")) {
		rec.Proto = ICMP
	}
	for w, r := scan.Word(scan.After(b, "flags ")); len(w) == 3 && tcpFlag(w) != 0; w, r = scan.Word(r) {
		rec.Flags |= tcpFlag(w)
		if trimmed := scan.TrimLeft(r); len(trimmed) < 3 {
			break
		}
	}
	if rec.InIf == nil {
		rec.InIf, _ = scan.Word(scan.After(b, "on interface "))
		rec.InIf = scan.TrimRight(rec.InIf, ".:")
	}
	rec.verdict(bytes.Contains(b, []byte("permitted")) || bytes.HasPrefix(b, []byte("Dynamic Filter monitored")))
	return true
}

// ciscoAccessList reads "access-list acl permitted tcp inside/a(p) -> outside/b(q) hit-cnt 2 300-second interval". Only
// the first hit is a new flow: the later ones count what went by since.
func ciscoAccessList(b []byte, rec *Record) bool {
	name, r := scan.Word(scan.After(b, "access-list "))
	action, r := scan.Word(r)
	proto, r := scan.Word(r)
	if string(scan.TrimLeft(r)) != "" && bytes.HasPrefix(scan.TrimLeft(r), []byte("for user ")) {
		_, r = scan.Word(scan.After(r, "for user "))
	}
	i := bytes.Index(r, []byte("->"))
	if i < 0 {
		return false
	}
	from, ok1 := slashEndpoint(r[:i])
	to, ok2 := slashEndpoint(r[i+2:])
	if !ok1 || !ok2 {
		return false
	}
	ciscoFill(from, to, rec)
	rec.Proto, rec.detail = protocol(proto), name
	n, _ := scan.Word(scan.After(r, "hit-cnt "))
	rec.Packets = scan.Number32(n)
	rec.verdict(string(action) != "denied")
	if rec.Action == "allow" && bytes.Contains(r, []byte("-second interval")) {
		rec.Kind = SessionUpdate
	}
	return true
}

// slashEndpoint reads "inside/10.1.1.1(1039)(LOCAL\user)".
func slashEndpoint(b []byte) (e endpoint, ok bool) {
	w := scan.Until(scan.TrimLeft(b), " ")
	host := scan.Until(w, "(")
	if i := bytes.LastIndexByte(host, '/'); i >= 0 {
		e.intf, host, w = host[:i], host[i+1:], w[i+1:]
	}
	e.addr, e.port = scan.ParenPort(w)
	return e, e.addr.IsValid() || scan.HasLetter(host)
}
