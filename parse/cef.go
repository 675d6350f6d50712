package parse

import (
	"bytes"
	"net/netip"

	"uncloak/parse/scan"
)

// cefDialect describes ArcSight's Common Event Format, in which many vendors' devices send events to a log collector.
func cefDialect() dialect {
	return dialect{
		Format: Format{
			Name: "cef",
			Devices: "Any device that writes ArcSight CEF: Forcepoint, Fortinet, Palo Alto, Check Point, UniFi, " +
				"A10, MikroTik 7.18",
			Sample: "<6>Sep 14 14:12:51 10.0.0.143 CEF:0|FORCEPOINT|Firewall|6.8.6|70018|Connection_Allowed|0|deviceExternalId=NGFW1 node 1 dvchost=10.99.0.71 dvc=10.99.0.71 src=10.70.1.20 dst=203.0.113.44 spt=59358 dpt=443 proto=6 deviceInboundInterface=0 deviceOutboundInterface=1 act=Allow sourceTranslatedAddress=192.0.2.143 destinationTranslatedAddress=203.0.113.44 sourceTranslatedPort=27237 destinationTranslatedPort=443 deviceFacility=Packet Filtering rt=Sep 14 2021 14:12:51 app=HTTPS cs1Label=RuleID cs1=2100123.2",
			Reads: "src, dst, spt, dpt, proto, act, in, out, translated addresses and ports, interfaces; the " +
				"verdict from act, else from class and name; A10's CGN 100 to 107 as NAT ports and blocks",
			Enable: "Choose CEF as the format of the remote log server.",
			Source: "ArcSight Common Event Format, Implementation Standard 25; UniFi, A10 and MikroTik manuals",
		},
		tags:   []string{"CEF"},
		begins: []string{"CEF:"},
		first:  "s",
		number: "|",
		looks:  looksCEF,
		read:   cefForms,
	}
}

// cef reads ArcSight's Common Event Format of any vendor, with or without the word CEF in front:
//
//	CEF:0|FORCEPOINT|Firewall|6.8.6|70018|Connection_Allowed|0|src=10.0.0.1 dst=20.0.0.2 spt=59358 dpt=443 proto=6 act=Allow
//	sourceTranslatedAddress=… sourceTranslatedPort=27237 in=… out=…
//
// What happened is taken from act, else from the event's class and name. MikroTik's CEF carries its ordinary message in
// msg and is read as that. start is where the version stands.
func cef(b []byte, start int, rec *Record) bool {
	var h [7][]byte // version, vendor, product, device version, class, name, severity
	rest, ok := pipeFields(b[start:], h[:])
	if !ok || len(h[0]) > 2 {
		return false
	}
	var f extFields
	w := extWalk{rest: rest}
	for key, val, ok := w.next(); ok; key, val, ok = w.next() {
		f.set(key, val, rec)
	}
	if string(h[1]) == "MikroTik" {
		if len(rec.Host) == 0 {
			rec.Host = f.host
		}
		if i := bytes.Index(rest, []byte("msg=")); i >= 0 && mikrotikMessage(h[5], rest[i+4:], rec) {
			return true
		}
	}
	rec.Dialect, rec.Word = "cef", "session"
	f.outcome(h[1], h[4], h[5], rec)
	extFinish(&f, h[5], rec)
	return true
}

// bareExtension reads a CEF extension without its header, as Barracuda's application firewalls send it.
func bareExtension(b []byte, rec *Record) bool {
	var f extFields
	w := extWalk{rest: b}
	for key, val, ok := w.next(); ok; key, val, ok = w.next() {
		f.set(key, val, rec)
	}
	if !rec.Src.IsValid() || !rec.Dst.IsValid() {
		return false
	}
	rec.Dialect, rec.Word = "cef", "session"
	rec.Kind, rec.Action = verdict(f.act)
	extFinish(&f, nil, rec)
	return true
}

// pipeFields cuts the fields of a header; a backslash protects a pipe. What follows the last one is the extension.
func pipeFields(b []byte, f [][]byte) (rest []byte, ok bool) {
	for i := range f {
		from := 0
		for {
			j := bytes.IndexByte(b[from:], '|')
			if j < 0 {
				if i == len(f)-1 { // a header without an extension
					f[i] = b
					return nil, true
				}
				return nil, false
			}
			from += j + 1
			if from < 2 || b[from-2] != '\\' {
				break
			}
		}
		f[i], b = b[:from-1], b[from:]
	}
	return b, true
}

// extWalk walks over the pairs of a CEF extension, whose values may hold blanks: a value ends where the next key
// begins.
type extWalk struct {
	rest, key []byte
}

func (w *extWalk) next() (key, val []byte, ok bool) {
	if w.key == nil {
		if _, w.key, ok = w.untilKey(); !ok {
			return nil, nil, false
		}
	}
	key = w.key
	val, w.key, ok = w.untilKey()
	if !ok {
		val, w.key, w.rest = w.rest, nil, nil
	}
	for len(val) > 0 && val[len(val)-1] == ' ' {
		val = val[:len(val)-1]
	}
	return key, val, true
}

// untilKey cuts off everything in front of the next key, and the key with its "=".
func (w *extWalk) untilKey() (before, key []byte, ok bool) {
	b := w.rest
	for from := 0; ; {
		i := bytes.IndexByte(b[from:], '=')
		if i < 0 {
			return nil, nil, false
		}
		i += from
		k := i
		for k > from && isKeyByte(b[k-1]) {
			k--
		}
		if k < i && (k == 0 || b[k-1] == ' ' || b[k-1] == '\t' || b[k-1] == '|') {
			w.rest = b[i+1:]
			return b[:k], b[k:i], true
		}
		from = i + 1
	}
}

func isKeyByte(c byte) bool {
	return c|0x20-'a' < 26 || c-'0' < 10 || c == '_' || c == '.' || c == '-'
}

// extFields are the words of an extension that are not fields of an event.
type extFields struct {
	act, time, host, msg, reason, rule, cn3Label []byte
	machine                                      []byte
	given                                        netip.Addr // the address inside of a machine that came by VPN
	connected                                    bool       // it has just got it
	in, out, total, packets                      uint64
	last                                         uint16
}

// set takes one pair, in the names of CEF, LEEF and of the vendors that add their own. Most keys of a line are told
// apart by their first letter, so each goes through one short switch.
func (f *extFields) set(key, val []byte, rec *Record) {
	if len(key) == 0 {
		return
	}
	switch key[0] {
	case 's', 'd', 'x':
		f.endpoint(key, val, rec)
	case 'P':
		f.panos(key, val)
	default:
		f.rest(key, val, rec)
	}
}

// panos takes the keys of GlobalProtect, the remote access of PAN-OS: the address inside that a machine is given.
func (f *extFields) panos(key, val []byte) {
	switch string(key) {
	case "PanOSPrivateIPv4":
		if a := scan.Addr(val); a.IsValid() && !a.IsUnspecified() {
			f.given = a
		}
	case "PanOSEndpointDeviceName":
		f.machine = val
	case "PanOSEventIDValue":
		f.connected = scan.Within(val, "config-succ") || string(val) == "gateway-connected"
	}
}

// endpoint takes the keys in s, d and x: source, destination, translation, device.
func (f *extFields) endpoint(key, val []byte, rec *Record) {
	switch string(key) {
	case "src", "sourceAddress", "srcip":
		setAddr(&rec.Src, val)
	case "dst", "destinationAddress", "dstip":
		setAddr(&rec.Dst, val)
	case "spt", "srcPort", "sourcePort", "srcport":
		rec.SPort = scan.Port(val)
	case "dpt", "dstPort", "destinationPort", "dstport":
		rec.DPort = scan.Port(val)
	case "sourceTranslatedAddress", "srcPostNAT", "xlatesrc":
		rec.NATSrc = scan.Addr(val)
	case "sourceTranslatedPort", "srcPostNATPort", "xlatesport":
		rec.NATSPort = scan.Port(val)
	case "destinationTranslatedAddress", "dstPostNAT", "xlatedst":
		rec.NATDst = scan.Addr(val)
	case "destinationTranslatedPort", "dstPostNATPort", "xlatedport":
		rec.NATDPort = scan.Port(val)
	case "deviceInboundInterface":
		rec.InIf = val
	case "deviceOutboundInterface":
		rec.OutIf = val
	case "deviceAction":
		f.act = val
	case "srcBytes":
		f.in, _ = scan.Number(val)
	case "dstBytes":
		f.out, _ = scan.Number(val)
	case "devTime":
		if len(f.time) == 0 {
			f.time = val
		}
	case "dvchost":
		f.host = val
	}
}

// rest takes all other keys.
func (f *extFields) rest(key, val []byte, rec *Record) {
	switch string(key) {
	case "c6a2":
		setAddr(&rec.Src, val)
	case "c6a3":
		setAddr(&rec.Dst, val)
	case "proto", "transportProtocol":
		if n := protocolWord(val); n != 0 {
			rec.Proto = n
		}
	case "act", "action", "actionTaken":
		f.act = val
	case "in", "bytesIn":
		f.in, _ = scan.Number(val)
	case "out", "bytesOut":
		f.out, _ = scan.Number(val)
	case "UNIFItotalBytes", "totalBytes", "flexNumber1":
		f.total, _ = scan.Number(val)
	case "UNIFItotalPackets", "totalPackets":
		f.packets, _ = scan.Number(val)
	case "inInterface":
		rec.InIf = val
	case "outInterface":
		rec.OutIf = val
	case "cn3":
		f.last = scan.Port(val)
	case "cn3Label":
		f.cn3Label = val
	case "cnt":
		if rec.Count = scan.Number32(val); rec.Count == 1 {
			rec.Count = 0
		}
	case "rt", "UNIFIutcTime", "end":
		if len(f.time) == 0 || key[0] == 'U' {
			f.time = val
		}
	case "UNIFIhost":
		f.host = val
	case "msg":
		f.msg = val
	case "reason":
		f.reason = val
	case "UNIFIpolicyName", "policy", "rule_name", "policyname":
		f.rule = val
	}
}

// setAddr sets an address where b is one.
func setAddr(to *netip.Addr, b []byte) {
	if a := scan.Addr(b); a.IsValid() {
		*to = a
	}
}

// outcome finds what happened: act, else the last word of the name or of the class.
func (f *extFields) outcome(vendor, class, name []byte, rec *Record) {
	rec.Kind, rec.Action = verdict(f.act)
	event, _ := verdict(lastToken(name))
	if event == System {
		event, _ = verdict(class) // Palo Alto: |end|TRAFFIC|
	}
	switch {
	case rec.Kind == System && event != System:
		rec.Kind, rec.Action = event, kindAction(event)
	case rec.Action == "allow" && event == SessionEnd:
		rec.Kind, rec.Action = SessionEnd, "session-delete"
	case rec.Action == "allow" && bytes.HasPrefix(name, []byte("traffic:")): // Fortinet logs when a session ends
		rec.Kind = SessionEnd
	}
	if string(vendor) == "A10" || bytes.HasPrefix(class, []byte("CGN ")) {
		f.a10(class, name, rec)
	}
}

// a10 reads the carrier-grade NAT events of A10: 100/101 a port, 106/107 a block of ports.
func (f *extFields) a10(class, name []byte, rec *Record) {
	switch {
	case scan.ContainsLower(name, "exhaust"), scan.ContainsLower(name, "unavailable"),
		scan.ContainsLower(name, "fail"), scan.ContainsLower(name, "exceed"):
		rec.Kind, rec.Word, rec.Action = TableFull, "nat-exhausted", ""
	case scan.ContainsLower(name, "batch") || string(f.cn3Label) == "Last Nat Port":
		rec.Kind, rec.Word, rec.Action = System, "nat-block", "nat-create"
		rec.PortLow, rec.PortHigh, rec.NATSPort = rec.NATSPort, f.last, 0
		if scan.ContainsLower(name, "freed") {
			rec.Action = "nat-delete"
		}
	case scan.ContainsLower(name, "allocated"), scan.ContainsLower(name, "created"):
		rec.Kind, rec.Word, rec.Action = SessionNew, "nat", "nat-create"
	case scan.ContainsLower(name, "freed"), scan.ContainsLower(name, "deleted"):
		rec.Kind, rec.Word, rec.Action = SessionEnd, "nat", "nat-delete"
	}
}

// lastToken is the last word of "Connection_Allowed", "traffic:forward close" and "Threat Detected and Blocked".
func lastToken(b []byte) []byte {
	i := len(b) - 1
	for i >= 0 && b[i] != ' ' && b[i] != '_' && b[i] != ':' && b[i] != '-' {
		i--
	}
	if i >= 0 && string(b[max(0, i-6):]) != "client-rst" && string(b[max(0, i-6):]) != "server-rst" {
		return b[i+1:]
	}
	return b
}

// kindAction is the action that goes with a kind which the event's name alone gives.
func kindAction(k Kind) string {
	switch k {
	case SessionNew:
		return "allow"
	case SessionDenied:
		return "deny"
	case SessionEnd:
		return "session-delete"
	case SessionUpdate:
		return "session-update"
	}
	return ""
}

// namesFull reports whether an event's name says that ports, sessions or connections are used up.
func namesFull(name []byte) bool {
	has := func(word string) bool { return scan.ContainsLower(name, word) }
	return (has("exhaust") || has("table full") || has("limit reached") || has("limit exceeded")) &&
		(has("port") || has("nat") || has("session") || has("connection"))
}

// extFinish fills in what depends on all fields.
func extFinish(f *extFields, name []byte, rec *Record) {
	rec.Bytes = f.in + f.out
	if rec.Bytes == 0 {
		rec.Bytes = f.total
	}
	rec.Packets = scan.Saturate(f.packets)
	rec.Rule = f.rule
	switch {
	case len(f.rule) > 0:
		rec.detail = f.rule
	case len(f.reason) > 0:
		rec.detail = f.reason
	default:
		rec.detail = name
	}
	if rec.Kind != TableFull && namesFull(name) {
		rec.Kind, rec.Word = TableFull, "nat-exhausted"
	}
	if !rec.Src.IsValid() && !rec.Dst.IsValid() && rec.Kind != TableFull {
		rec.Kind, rec.Word = System, "other"
	}
	if f.given.IsValid() {
		if rec.Src = f.given; f.connected {
			rec.Kind, rec.Word, rec.Action, rec.detail = DHCPLease, "dhcp", "", f.machine
		}
	}
	tidyNAT(&rec.Event)
	rec.ownDevice(f.host)
	if rec.Stamp == (Stamp{}) || rec.lent {
		if s, ok := epochStamp(f.time); ok {
			rec.Stamp = s
		} else if s, ok := wallStamp(f.time); ok {
			ownStamp(rec, &s)
		} else if rest, ok := s.stamp3164(f.time); ok {
			s.zoneOffset(scan.TrimLeft(rest))
			ownStamp(rec, &s)
		}
	}
}

// looksCEF reports whether b is CEF without the word in front, or its extension alone.
func looksCEF(b []byte, _ *Record) bool {
	if b[0] == 's' {
		return scan.Has(b, "src=") && b[4] != '"' && scan.Within(b, " dpt=")
	}
	return b[1] == '|'
}

// cefForms reads CEF with or without its head.
func cefForms(b []byte, rec *Record) bool {
	switch {
	case scan.Has(b, "CEF:"):
		return cef(b, len(b)-len(scan.TrimLeft(b[4:])), rec)
	case scan.IsDigit(b[0]):
		return cef(b, 0, rec)
	}
	return scan.Has(b, "src=") && bareExtension(b, rec)
}
