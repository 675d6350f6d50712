package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// ulogdJSONDialect describes the JSON objects that the Linux daemon ulogd writes for packets and sessions.
func ulogdJSONDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "ulogd-json",
			Devices: "ulogd 2 (JSON output)",
			Sample:  `{"timestamp": "2026-11-21T20:28:21.123456+0100", "oob.prefix": "DROP ", "ip.protocol": 6, "tcp.syn": 1, "src_port": 40000, "dest_port": 22, "oob.in": "eth0", "src_ip": "10.0.0.1", "dest_ip": "10.0.0.2"}`,
			Reads: "Packets: prefix, interfaces, addresses, ports, flags, action. Flows: both tuples and NAT, " +
				"counters, event.",
			Enable: "In ulogd.conf: stack=log2:NFLOG,base1:BASE,ifi1:IFINDEX,ip2str1:IP2STR,json1:JSON, or " +
				"ct1:NFCT,ip2str1:IP2STR,json1:JSON for flows.",
			Source: "ulogd.conf, output plugin JSON",
		},
		known:  "a JSON object with ulogd's keys",
		tags:   []string{"ulogd"},
		begins: []string{"{"},
		kind:   file,
		read:   jsonLine,
	}
}

// isAdGuard reports whether b is an entry of AdGuard Home's query log, which no envelope looks like.
func isAdGuard(b []byte) bool { return scan.Has(b, `{"T":"`) && scan.Within(b, `"QH":"`) }

// isULOGDPacket reports whether b is an object as ulogd writes it of packets; no quoted one inside another object.
func isULOGDPacket(b []byte) bool {
	return scan.Has(b, `{"timestamp": "`) && scan.Within(b, `.prefix":`)
}

// jsonLine reads the flat JSON objects of ulogd's JSON output and of AdGuard Home's query log:
//
//	{"timestamp":"2026-11-21T20:28:21+0000","oob.prefix":"DROP","oob.in":"eth0","src_ip":"10.0.0.1","dest_ip":…}
//	{"T":"2026-11-21T20:28:21.5+01:00","QH":"example.org","QT":"A","QC":"IN","IP":"192.168.1.5",…}
//
// A key with a nested value is skipped with all that it holds.
func jsonLine(b []byte, rec *Record) bool {
	if b[0] != '{' || !scan.Within(b, `_ip"`) && !scan.Within(b, `.ip.saddr`) && !scan.Within(b, `"QH"`) {
		return false
	}
	j := scan.JSONReader{B: b[1:], Scratch: rec.mem.scratch}
	var f flowFields
	var when, client []byte
	for {
		key, ok := j.Key()
		if !ok {
			break
		}
		if len(j.B) > 0 && (j.B[0] == '{' || j.B[0] == '[') {
			if j.B = skipNested(j.B); j.B == nil {
				break
			}
			continue
		}
		value, ok := j.Value()
		if !ok {
			break
		}
		switch string(key) {
		case "timestamp", "T":
			when = value
		case "QH":
			rec.QName = value
		case "QT":
			rec.QType = value
		case "IP":
			client = value
		default:
			f.set(key, value)
		}
	}
	rec.mem.scratch = j.Scratch
	if len(rec.QName) > 0 && len(rec.QType) > 0 {
		rec.Dialect, rec.Src = "adguard", scan.Addr(client)
		dnsQuestion(rec)
	} else if rec.QName, rec.QType = nil, nil; !flowJSON(&f, rec) {
		return false
	}
	var s Stamp
	if rest, ok := s.stampISO(when); ok && len(rest) == 0 {
		ownStamp(rec, &s)
	}
	return true
}

// flowFields are the keys of ulogd (its own and those of the Common Information Model, which it prefers).
type flowFields struct {
	t                                     [2]tuple
	proto, prefix, in, out, action, event []byte
	icmpType                              []byte
	flags                                 uint8
	flow                                  bool // a key was there that only sessions have
	start, end                            flowTime
}

// flowTime is a time of a flow, seconds and microseconds since 1970 UTC; zero where the line has none.
type flowTime struct{ sec, usec uint64 }

// stamp is the time as a stamp; ok is false where there is none.
func (t flowTime) stamp() (s Stamp, ok bool) {
	if t.sec < unixFrom || t.sec > 9_000_000_000 || t.usec > 999_999 {
		return s, false
	}
	return Stamp{HasUnix: true, Unix: int64(t.sec)*1e9 + int64(t.usec)*1000}, true
}

// set takes the value of one key.
func (f *flowFields) set(key, value []byte) {
	switch string(key) {
	case "src_ip", "orig.ip.saddr.str", "orig.ip.saddr", "ip.saddr.str", "ip.saddr":
		f.t[0].src = scan.Addr(value)
	case "dest_ip", "orig.ip.daddr.str", "orig.ip.daddr", "ip.daddr.str", "ip.daddr":
		f.t[0].dst = scan.Addr(value)
	case "src_port", "orig.l4.sport", "tcp.sport", "udp.sport":
		f.t[0].sport = scan.Port(value)
	case "dest_port", "orig.l4.dport", "tcp.dport", "udp.dport":
		f.t[0].dport = scan.Port(value)
	case "reply.ip.saddr.str", "reply.ip.saddr":
		f.t[1].src, f.flow = scan.Addr(value), true
	case "reply.ip.daddr.str", "reply.ip.daddr":
		f.t[1].dst, f.flow = scan.Addr(value), true
	case "reply.l4.sport":
		f.t[1].sport = scan.Port(value)
	case "reply.l4.dport":
		f.t[1].dport = scan.Port(value)
	case "orig.raw.pktlen", "bytes_out":
		f.t[0].bytes, _ = scan.Number(value)
	case "orig.raw.pktcount", "packets_out":
		f.t[0].packets, _ = scan.Number(value)
	case "reply.raw.pktlen", "bytes_in":
		f.t[1].bytes, _ = scan.Number(value)
	case "reply.raw.pktcount", "packets_in":
		f.t[1].packets, _ = scan.Number(value)
	case "ip.protocol", "orig.ip.protocol", "protocol":
		f.proto = value
	case "oob.prefix":
		f.prefix = value
	case "oob.in":
		f.in = value
	case "oob.out":
		f.out = value
	case "action":
		f.action = value
	case "ct.event":
		f.event, f.flow = value, true
	case "tcp.syn", "tcp.ack", "tcp.fin", "tcp.rst", "tcp.psh", "tcp.urg":
		if string(value) == "1" || string(value) == "true" {
			f.flags |= jsonFlag(key)
		}
	case "icmp.type", "icmpv6.type":
		f.icmpType = value
	default:
		f.setTime(key, value)
	}
}

// setTime takes the kernel's own times of a flow.
func (f *flowFields) setTime(key, value []byte) {
	var n *uint64
	switch string(key) {
	case "flow.start.sec":
		n = &f.start.sec
	case "flow.start.usec":
		n = &f.start.usec
	case "flow.end.sec":
		n = &f.end.sec
	case "flow.end.usec":
		n = &f.end.usec
	default:
		return
	}
	*n, _ = scan.Number(value)
}

// jsonFlag is the TCP flag of one of ulogd's keys.
func jsonFlag(key []byte) uint8 {
	switch string(key[4:]) {
	case "syn":
		return SYN
	case "ack":
		return ACK
	case "fin":
		return FIN
	case "rst":
		return RST
	case "psh":
		return PSH
	}
	return URG
}

// flowJSON makes a session of a flow record, else a packet. ct.event is nf_conntrack's bit: 1 new, 2 update, 4 destroy;
// ulogd writes a flow without it when the flow has ended.
func flowJSON(f *flowFields, rec *Record) bool {
	rec.Proto = protocol(f.proto)
	rec.Dialect = "ulogd-json"
	if !f.t[0].src.IsValid() || !f.t[0].dst.IsValid() {
		return false
	}
	if f.flow {
		rec.Word, rec.Kind, rec.Action = "conntrack", SessionEnd, "session-delete"
		switch string(f.event) {
		case "1":
			rec.Kind, rec.Action = SessionNew, "session-create"
		case "2":
			rec.Kind, rec.Action = SessionUpdate, "session-update"
		}
		rec.lastedBetween(f.start, f.end)
		fillTuples(&f.t, &rec.Event)
		rec.State = ulogdState(&f.t, rec.Proto)
		when := f.start
		if rec.Kind == SessionEnd {
			when = f.end
		}
		if s, ok := when.stamp(); ok { // of the kernel, to the microsecond, and of no zone
			rec.Stamp = s
		}
		return true
	}
	e := &f.t[0]
	rec.Src, rec.SPort, rec.Dst, rec.DPort = e.src, e.sport, e.dst, e.dport
	rec.InIf, rec.OutIf, rec.Word = f.in, f.out, "fw-packet"
	if rec.Proto == TCP {
		rec.Flags = f.flags
	}
	rec.Rule = trimPrefix(f.prefix)
	r := rec.mem.rule(rec.Rule)
	rec.Detail, rec.Action = r.name, r.action
	switch string(f.action) {
	case "allowed":
		rec.Action = "allow"
	case "blocked":
		rec.Action = "deny"
	}
	icmpType := -1
	if n, ok := scan.Number(f.icmpType); ok && n < 256 {
		icmpType = int(n)
	}
	rec.Kind = packetKind(rec, icmpType)
	return true
}

// skipNested returns what follows the object or array at the front of b, or nil where it does not end.
func skipNested(b []byte) []byte {
	depth := 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return b[i+1:]
			}
		case '"':
			end := bytes.IndexByte(b[i+1:], '"')
			for end > 0 && b[i+end] == '\\' {
				next := bytes.IndexByte(b[i+end+2:], '"')
				if next < 0 {
					return nil
				}
				end += next + 1
			}
			if end < 0 {
				return nil
			}
			i += end + 1
		}
	}
	return nil
}
