package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// junosDialect describes the security messages of Juniper's SRX firewalls: sessions, refusals, screens, and packets at
// firewall filters.
func junosDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "junos",
			Devices: "Juniper SRX, vSRX, MX with SPC3",
			Sample:  "<14>Jun 16 17:01:02 TA-FW_SRX1500 RT_FLOW: RT_FLOW_SESSION_CLOSE: session closed TCP FIN: 122.35.0.54/59287->10.1.2.200/3306 0x0 None 122.35.0.54/59287->10.1.2.200/3306 0x0 N/A N/A N/A N/A 6 1 V40 Untrust 1714411 10(550) 9(709) 1 UNKNOWN UNKNOWN N/A(N/A) reth2.0",
			Reads: "Sessions (RT_FLOW, APPTRACK) as text of all releases and as structured data: both address " +
				"pairs, policy or reason, packets, bytes, interface; denials; screens (RT_IDS); port blocks, " +
				"matched rules and exhausted pools of NAT (RT_NAT).",
			Enable: "set security log mode stream; set security log format sd-syslog; set security log stream u " +
				"host 192.0.2.5; in each policy: then log session-init session-close.",
			Source: "Junos OS System Log Messages (RT_FLOW, RT_IDS, RT_NAT), System Log Explorer",
		},
		known:   "a message name of Junos (RT_…, APPTRACK_…, ASP_…, JSERVICES_…)",
		console: OtherConsole,
		tags:    []string{"RT_*", "APPTRACK_*", "FLOW_*"},
		names:   []string{"RT_*", "APPTRACK_*", "FLOW_*"},
		begins:  []string{"RT_", "APPTRACK_", "FLOW_", "FW: ", "PFE_FW_SYSLOG_IP", "fpc"},
		broken:  junosBehind,
		read:    junosMessage,
		own:     ownJunos,
	}
}

// isJunosTag reports whether w is the process or the name of a security message of SRX.
func isJunosTag(w []byte) bool {
	return bytes.HasPrefix(w, []byte("RT_")) || bytes.HasPrefix(w, []byte("APPTRACK_")) ||
		bytes.HasPrefix(w, []byte("FLOW_"))
}

// junos reads the security messages of SRX and MX, in plain text ("RT_FLOW_SESSION_CREATE: session created …") and as
// structured data ("RT_FLOW - RT_FLOW_SESSION_CREATE [junos@2636.1.1.1.2.26 source-address=…]").
func junos(b []byte, rec *Record) bool {
	name, text := junosName(b, rec)
	if name == nil {
		return false
	}
	f := junosFields{}
	data := rec.data
	if data == nil && len(text) > 0 && text[0] == '[' && bytes.IndexByte(text, '=') > 0 {
		data = text
	}
	ok := false
	if data != nil {
		ok = f.structured(data, rec)
	} else {
		ok = f.plain(name, text, rec)
	}
	if !junosEvent(name, text, ok, &f, rec) {
		return false
	}
	rec.Dialect = "junos"
	return true
}

// junosName finds the message's name: the first word behind the process that is one. With an RFC 5424 header it is
// the MSGID.
func junosName(b []byte, rec *Record) (name, text []byte) {
	if rec.msgID != nil {
		return rec.msgID, b
	}
	for range 4 {
		w, rest := scan.Word(b)
		w = bytes.TrimPrefix(w, []byte("%-"))
		if i := bytes.IndexByte(w, '%'); i == 0 { // explicit-priority: %USER-6-RT_FLOW_SESSION_CREATE
			if j := bytes.LastIndexByte(w, '-'); j > 0 {
				w = w[j+1:]
			}
		}
		w = bytes.TrimSuffix(w, []byte(":"))
		if isJunosTag(w) && len(w) > 7 || isJunosTag(rec.App) && isJunosName(w) {
			return w, scan.TrimLeft(rest)
		}
		if len(w) == 0 || w[0] == '[' {
			break
		}
		b = rest
	}
	return nil, nil
}

// isJunosName reports whether w looks like a message's name: IDP_ATTACK_LOG_EVENT, WEBFILTER_URL_BLOCKED.
func isJunosName(w []byte) bool {
	under := false
	for _, c := range w {
		if !scan.IsUpper(c) && !scan.IsDigit(c) && c != '_' {
			return false
		}
		under = under || c == '_'
	}
	return under && len(w) > 7
}

// junosFields are the parts of a message that are no part of an Event.
type junosFields struct {
	packetCounts
	policy, reason, attack, action, pool []byte
}

// structured reads key="value" pairs of the structured data. Nothing that is kept stands behind the incoming interface
// of a session.
func (f *junosFields) structured(b []byte, rec *Record) bool {
	for {
		q := bytes.IndexByte(b, '"')
		if q < 2 || b[q-1] != '=' {
			break
		}
		key := b[:q-1]
		if key[0] == ' ' || key[0] == '[' {
			key = key[1:]
		}
		b = b[q+1:]
		end := scan.Near(b, '"')
		if end < 0 {
			end = bytes.IndexByte(b, '"')
		}
		if end < 0 || f.set(key, b[:end], rec) {
			break
		}
		b = b[end+1:]
	}
	return rec.Src.IsValid() || rec.Dst.IsValid() || f.pool != nil
}

// set takes one pair; last says that no other is of interest.
func (f *junosFields) set(key, v []byte, rec *Record) (last bool) {
	switch string(key) {
	case "source-address", "internal-ip", "subscriber-ip":
		rec.Src = scan.Addr(v)
	case "source-port":
		rec.SPort = scan.Port(v)
	case "destination-address":
		rec.Dst = scan.Addr(v)
	case "destination-port":
		rec.DPort = scan.Port(v)
	case "nat-source-address", "reflexive-ip", "reflexive-address":
		rec.NATSrc = scan.Addr(v)
	case "nat-source-port", "reflexive-port":
		rec.NATSPort = scan.Port(v)
	case "nat-destination-address":
		rec.NATDst = scan.Addr(v)
	case "nat-destination-port":
		rec.NATDPort = scan.Port(v)
	case "protocol-id", "protocol-name", "protocol":
		if rec.Proto == 0 {
			rec.Proto = protocol(v)
		}
	case "policy-name", "rule-name":
		f.policy = v
	case "reason":
		f.reason = v
	case "attack-name":
		f.attack = v
	case "action":
		f.action = v
	case "nat-pool-name", "natpool-name", "pool-name":
		f.pool = v
	case "packet-incoming-interface":
		rec.InIf = v
		return true
	case "interface-name":
		rec.InIf = v
	case "packets-from-client":
		n, _ := scan.Number(v)
		f.client(n, rec)
	case "packets-from-server":
		n, ok := scan.Number(v)
		f.server(n, ok, rec)
	case "bytes-from-client", "bytes-from-server":
		n, _ := scan.Number(v)
		rec.Bytes += n
	case "elapsed-time":
		rec.lastedSeconds(v)
	case "block-port-low":
		rec.PortLow = scan.Port(v)
	case "block-port-high":
		rec.PortHigh = scan.Port(v)
	default: // seldom: the name of the element, or something else, stands in front of the key
		if i := bytes.LastIndexByte(key, ' '); i >= 0 {
			return f.set(key[i+1:], v, rec)
		}
	}
	return false
}

// plain reads the wordings of RT_FLOW, RT_IDS and RT_NAT.
func (f *junosFields) plain(name, b []byte, rec *Record) bool {
	switch {
	case bytes.HasPrefix(name, []byte("RT_SCREEN_")):
		return f.screen(b, rec)
	case bytes.Contains(name, []byte("_PBA_")):
		return f.portBlock(b, rec)
	case bytes.HasSuffix(name, []byte("NAT_RULE_MATCH")):
		return f.ruleMatch(b, rec)
	}
	return f.session(b, rec)
}

// session reads "session closed TCP FIN: a/p->b/q [0x0] service m/p->n/q [0x0] rules 6 policy zone zone id 10(550)
// 9(709) 1 …". What stands between the words has grown with every release since 2008: the connection tags (0x0), the
// types of the NAT rules ("source rule LAN N/A N/A" was "LAN None"), the user, the interface, the application.
func (f *junosFields) session(b []byte, rec *Record) bool {
	head, first, r, ok := junosFlow(b)
	if !ok {
		return false
	}
	if i := bytes.Index(head, []byte("closed ")); i >= 0 {
		f.reason = scan.TrimRight(head[i+len("closed "):], ": ")
	}
	rec.Src, rec.SPort, rec.Dst, rec.DPort = first.src, first.sport, first.dst, first.dport
	_, second, r2, nat := junosFlow(r)
	if nat { // service, then the translated addresses
		rec.NATSrc, rec.NATSPort, rec.NATDst, rec.NATDPort = second.src, second.sport, second.dst, second.dport
		r = r2
	}
	r = skipTag(r)
	var w []byte
	if !nat { // denied: service, then "17(0)"; some releases print the service twice
		for range 3 {
			if w, r = scan.Word(r); len(w) > 0 && scan.IsDigit(w[0]) {
				break
			}
		}
		rec.Proto = protocol(scan.Until(w, "("))
	} else {
		rec.Proto, r = natRules(r)
	}
	f.policy, r = scan.Word(r)
	_, r = scan.Word(r)
	_, r = scan.Word(r)
	f.tail(r, rec)
	return true
}

// tail reads the counters "10(550) 9(709)", the client's first, and, behind "user(roles)", the interface.
func (f *junosFields) tail(r []byte, rec *Record) {
	first := true
	for range 24 {
		var w []byte
		if w, r = scan.Word(r); len(w) == 0 {
			return
		}
		i := bytes.IndexByte(w, '(')
		if i < 1 || w[len(w)-1] != ')' {
			continue
		}
		packets, ok1 := scan.Number(w[:i])
		size, ok2 := scan.Number(w[i+1 : len(w)-1])
		if ok1 && ok2 {
			if first {
				f.client(packets, rec)
				first = false
			} else {
				f.server(packets, true, rec)
			}
			rec.Bytes += size
			w, _ = scan.Word(r)
			rec.lastedSeconds(w) // behind the last counter
			continue
		}
		if rec.InIf, _ = scan.Word(r); string(rec.InIf) == "UNKNOWN" || string(rec.InIf) == "N/A" {
			rec.InIf = nil
		}
		return
	}
}

// natRules skips the names of the NAT rules and reads the protocol behind them. A rule's name may be a number.
func natRules(b []byte) (proto uint8, rest []byte) {
	if r, ok := ruleType(b); ok {
		_, r = scan.Word(r)
		if r, ok = ruleType(r); ok {
			_, r = scan.Word(r)
			w, r := scan.Word(r)
			if n, ok := scan.Number(w); ok && n < 256 {
				return uint8(n), r
			}
		}
	}
	_, r := scan.Word(b)
	_, r = scan.Word(r)
	if w, r := scan.Word(r); len(w) > 0 {
		if n, ok := scan.Number(w); ok && n < 256 {
			return uint8(n), r
		}
	}
	r = b
	for range 8 { // the first number, then
		var w []byte
		w, r = scan.Word(r)
		if n, ok := scan.Number(w); ok && n < 256 {
			return uint8(n), r
		}
	}
	return 0, b
}

// ruleType skips "source rule", "static rule", "destination rule" or "N/A".
func ruleType(b []byte) (rest []byte, ok bool) {
	w, r := scan.Word(b)
	if string(w) == "N/A" {
		return r, true
	}
	w2, r := scan.Word(r)
	return r, len(w) > 0 && string(w2) == "rule"
}

// junosFlow finds "a/p->b/q" in b.
func junosFlow(b []byte) (head []byte, t tuple, rest []byte, ok bool) {
	i := bytes.Index(b, []byte("->"))
	if i < 1 {
		return b, t, b, false
	}
	start := bytes.LastIndexByte(b[:i], ' ') + 1
	dst, rest := scan.Word(b[i+2:])
	t.src, t.sport = scan.HostPort(b[start:i], '/')
	t.dst, t.dport = scan.HostPort(dst, '/')
	return b[:start], t, rest, t.src.IsValid() && t.dst.IsValid()
}

// skipTag skips the connection tag "0x0".
func skipTag(b []byte) []byte {
	if w, rest := scan.Word(b); bytes.HasPrefix(w, []byte("0x")) {
		return rest
	}
	return b
}

// screen reads "SYN flood! source: 1.2.3.4:6000, destination: 5.6.7.8:80, zone name: untrust, interface name:
// fe-0/0/2.0, action: drop".
func (f *junosFields) screen(b []byte, rec *Record) bool {
	f.attack = scan.Until(b, "!")
	scan.Pairs(b, ':', ',', func(key, v []byte) {
		switch {
		case bytes.HasSuffix(key, []byte("source")):
			rec.Src, rec.SPort = scan.ColonPort(v)
		case bytes.HasSuffix(key, []byte("destination")):
			rec.Dst, rec.DPort = scan.ColonPort(v)
		case bytes.HasSuffix(key, []byte("protocol-id")):
			rec.Proto = protocol(v)
		case bytes.HasSuffix(key, []byte("interface name")):
			rec.InIf = v
		case bytes.HasSuffix(key, []byte("action")):
			f.action = v
		}
	})
	return rec.Src.IsValid() || rec.Dst.IsValid()
}

// portBlock reads "Subscriber 100.64.60.74 used/maximum [10/15] blocks, allocates port block [24064-24191] from
// 203.0.113.100 in source pool P lsys_id: 0".
func (f *junosFields) portBlock(b []byte, rec *Record) bool {
	w, _ := scan.Word(scan.After(b, "ubscriber "))
	rec.Src = scan.Addr(w)
	rec.PortLow, rec.PortHigh, _ = scan.PortRange(scan.Until(scan.After(b, "port block ["), "]"))
	w, _ = scan.Word(scan.After(b, "from "))
	rec.NATSrc = scan.Addr(w)
	f.pool, _ = scan.Word(scan.After(b, " pool "))
	return rec.Src.IsValid() || f.pool != nil
}

// ruleMatch reads "protocol-id 6 protocol-name tcp application junos-https interface-name ae0.1 source-address …".
func (f *junosFields) ruleMatch(b []byte, rec *Record) bool {
	for {
		var k, v []byte
		if k, b = scan.Word(b); len(k) == 0 {
			return rec.Src.IsValid()
		}
		switch string(k) {
		case "protocol-id":
			v, b = scan.Word(b)
			rec.Proto = protocol(v)
		case "interface-name":
			rec.InIf, b = scan.Word(b)
		case "source-address":
			v, b = scan.Word(b)
			rec.Src = scan.Addr(v)
		case "source-port":
			v, b = scan.Word(b)
			rec.SPort = scan.Port(v)
		case "destination-address":
			v, b = scan.Word(b)
			rec.Dst = scan.Addr(v)
		case "destination-port":
			v, b = scan.Word(b)
			rec.DPort = scan.Port(v)
		case "rule-name":
			f.policy, b = scan.Word(b)
		}
	}
}

// junosEvent says what the message means. ok is whether its fields could be read.
func junosEvent(name, text []byte, ok bool, f *junosFields, rec *Record) bool {
	switch string(bytes.TrimSuffix(name, []byte("_LS"))) { // _LS: of a logical system
	case "RT_FLOW_SESSION_CREATE", "APPTRACK_SESSION_CREATE":
		rec.Kind, rec.Word, rec.Action, rec.detail = SessionNew, "session", "session-create", f.policy
		return ok
	case "RT_FLOW_SESSION_CLOSE", "APPTRACK_SESSION_CLOSE":
		rec.Kind, rec.Word, rec.Action, rec.detail = SessionEnd, "session", "session-delete", f.reason
		if bytes.HasPrefix(f.reason, []byte("TCP")) && bytes.HasSuffix(f.reason, []byte("RST")) {
			rec.Flags = RST
		} else {
			rec.State = f.state()
		}
		return ok
	case "RT_FLOW_SESSION_DENY", "FLOW_SESSION_DENY":
		rec.Kind, rec.Word, rec.Action, rec.detail = SessionDenied, "session", "deny", f.policy
		return ok
	}
	has := func(s string) bool { return bytes.Contains(name, []byte(s)) }
	switch {
	case has("OUTOF"), has("OUT_OF"), has("EXHAUST"), has("_PBA_") && !rec.NATSrc.IsValid() && exhausted(text):
		if f.pool == nil {
			f.pool = poolName(text, name)
		}
		rec.full("nat-exhausted", f.pool)
	case has("_PBA_"):
		rec.block(!has("RELEASE"))
		rec.detail = f.pool
		return ok && rec.NATSrc.IsValid()
	case has("RULE_MATCH"):
		rec.translation(true)
		rec.detail = f.policy
		return ok
	case has("RT_SCREEN_"):
		junosScreen(name, f, rec)
		return ok
	case has("_UPDATE"):
		rec.Kind, rec.Word, rec.Action, rec.detail = SessionUpdate, "session", "session-update", f.policy
		return ok
	case has("TABLE_FULL"), has("SESSION_FULL"):
		rec.full("session-limit", name)
	case has("SRC_NAT_ALARM_RAISE"):
		rec.plain(name)
		rec.alarm("junos-nat-pool")
	case has("HIGH_WATERMARK_TRIGGERED"):
		rec.plain(name)
		rec.alarm("junos-watermark")
	default:
		rec.plain(name)
	}
	return true
}

// junosScreen fills in an attack that one of the firewall's screens reports. The session limits count as a full table.
func junosScreen(name []byte, f *junosFields, rec *Record) {
	attack := bytes.TrimSuffix(f.attack, []byte("!"))
	for _, k := range [...]struct {
		tag   string
		proto uint8
	}{{"_TCP", TCP}, {"_UDP", UDP}, {"_ICMP", ICMP}} {
		if rec.Proto == 0 && bytes.HasSuffix(name, []byte(k.tag)) {
			rec.Proto = k.proto
		}
	}
	if bytes.Contains(name, []byte("SESSION_LIMIT")) || scan.ContainsLower512(f.attack, "session limit") {
		rec.full("session-limit", attack)
		return
	}
	rec.verdict(false)
	if !bytes.Equal(f.action, []byte("drop")) {
		rec.Kind, rec.Action = System, "" // alarm-without-drop
	}
	rec.detail = attack
}

// poolName finds the name in "natpool [p] is out of ports" and "Source NAT pool p exhausted"; without one, the message
// says it.
func poolName(b, name []byte) []byte {
	for _, k := range [...]string{"natpool ", "pool name: ", "pool-name ", "pool: ", "pool "} {
		if w, _ := scan.Word(scan.After(b, k)); len(w) > 0 {
			if w = bytes.Trim(w, "[]:,;."); len(w) > 0 && string(w) != "is" {
				return w
			}
		}
	}
	return name
}

// junosHost takes the routing engine off a Junos name: re0.edge01 and re1.edge01 are one router, whichever engine
// leads.
func junosHost(h []byte) []byte {
	if len(h) > 4 && h[0] == 'r' && h[1] == 'e' && scan.IsDigit(h[2]) && h[3] == '.' {
		return h[4:]
	}
	return h
}

// junosMessage reads a security message, or a packet of a firewall filter.
func junosMessage(b []byte, rec *Record) bool {
	switch {
	case isJunosFirst(b, rec) || isJunosTag(rec.App):
		return junos(b, rec)
	case isJunosFilter(b):
		return junosFilter(b, rec)
	case scan.Has(b, "fpc"): // the line card in front: "fpc0 PFE_FW_SYSLOG_IP: FW: …"
		_, r := scan.Word(b)
		return isJunosFilter(r) && junosFilter(r, rec)
	}
	return junos(b, rec)
}

// junosBehind reads a message whose RFC 5424 header lacks the zone, as SRX writes it.
func junosBehind(b []byte, rec *Record) bool {
	head := b[:min(len(b), 256)]
	for _, begin := range [...]string{" - RT_", " - APPTRACK_"} {
		i := scan.Index(head, begin)
		if i < 0 || !junos(b[i+3:], rec) {
			continue
		}
		_, r := scan.Word(b[:i])
		var s Stamp
		if rest, ok := s.stampISO(r); ok {
			rec.Stamp = s
			rec.Host, r = scan.Word(rest)
			rec.App, _ = scan.Word(r)
		}
		return true
	}
	return false
}

// ownJunos reads a line of a sender that is known to write Junos: a mnemonic may stand in front of the message's name.
func ownJunos(b []byte, rec *Record) bool {
	if isJunosTag(rec.App) || isJunosTag(b) || isJunosTag(rec.msgID) || isJunosFilter(b) || scan.Has(b, "fpc") {
		return junosMessage(b, rec)
	}
	return withMnemonic(b, rec) || rec.Word == "malformed" && junosBehind(b, rec)
}

// isJunosFirst reports whether the line has the mark of SRX, RT_, in its tag, its message name or its message.
func isJunosFirst(b []byte, rec *Record) bool {
	return scan.Has(b, "RT_") || scan.Has(rec.App, "RT_") || scan.Has(rec.msgID, "RT_")
}
