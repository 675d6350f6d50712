package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// ftdEvent reads the security events of Firepower Threat Defense: "EventPriority: Low, DeviceUUID: …, SrcIP: 10.1.1.1,
// …". 430002 is the start of a connection and 430003 its end, unless a rule blocked it; the others are findings about
// one (intrusion, file, malware). A value may hold a comma (UserAgent, URL), so the first of each key counts.
func ftdEvent(code int, b []byte, rec *Record) bool {
	var f ftdFields
	for len(b) > 0 {
		part, rest := b, []byte(nil)
		if i := bytes.Index(b, []byte(", ")); i >= 0 {
			part, rest = b[:i], b[i+2:]
		}
		b = rest
		if i := bytes.Index(part, []byte(": ")); i >= 0 {
			f.set(scan.TrimLeft(part[:i]), scan.TrimBody(part[i+2:]), rec)
		}
	}
	if !rec.Src.IsValid() && !rec.Dst.IsValid() {
		return false
	}
	if f.rule == nil {
		f.rule = f.policy
	}
	blocked := bytes.HasPrefix(f.action, []byte("Block")) || bytes.HasPrefix(f.action, []byte("Interactive Block"))
	if f.rule == nil && blocked {
		f.rule = f.reason
	}
	rec.detail = f.rule
	rec.Word = "session"
	switch {
	case blocked:
		rec.Kind, rec.Action = SessionDenied, "deny"
	case code == 430002:
		rec.Kind, rec.Action = SessionNew, "session-create"
	case code == 430003:
		rec.Kind, rec.Action = SessionEnd, "session-delete"
		rec.State = f.state()
	default:
		rec.plain(f.rule)
	}
	return true
}

// ftdFields are the fields of a security event that are not fields of an Event.
type ftdFields struct {
	packetCounts
	action, rule, policy, reason []byte
}

// set takes one pair.
func (f *ftdFields) set(key, v []byte, rec *Record) {
	switch string(key) {
	case "SrcIP":
		if !rec.Src.IsValid() {
			rec.Src = scan.Addr(v)
		}
	case "DstIP":
		if !rec.Dst.IsValid() {
			rec.Dst = scan.Addr(v)
		}
	case "SrcPort":
		rec.SPort = firstPort(rec.SPort, v)
	case "DstPort":
		rec.DPort = firstPort(rec.DPort, v)
	case "Protocol":
		if rec.Proto == 0 {
			rec.Proto = protocol(v)
		}
	case "NAT_InitiatorIP":
		rec.NATSrc = scan.Addr(v)
	case "NAT_ResponderIP":
		rec.NATDst = scan.Addr(v)
	case "NAT_InitiatorPort":
		rec.NATSPort = firstPort(rec.NATSPort, v)
	case "NAT_ResponderPort":
		rec.NATDPort = firstPort(rec.NATDPort, v)
	case "IngressInterface":
		rec.InIf = v
	case "EgressInterface":
		rec.OutIf = v
	case "ConnectionDuration":
		rec.lastedSeconds(v)
	case "InitiatorBytes", "ResponderBytes":
		n, _ := scan.Number(v)
		rec.Bytes += n
	case "InitiatorPackets":
		n, _ := scan.Number(v)
		f.client(n, rec)
	case "ResponderPackets":
		n, ok := scan.Number(v)
		f.server(n, ok, rec)
	case "AccessControlRuleAction":
		f.action = v
	case "AccessControlRuleReason":
		f.reason = v
	case "AccessControlRuleName":
		f.rule = v
	case "ACPolicy":
		f.policy = v
	}
}

// firstPort keeps a port that is known.
func firstPort(old uint16, b []byte) uint16 {
	if old != 0 {
		return old
	}
	return scan.Port(b)
}
