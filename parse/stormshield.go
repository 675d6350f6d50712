package parse

import (
	"net/netip"

	"uncloak/parse/scan"
)

// stormshieldDialect describes the log of Stormshield's firewalls: sessions when they end, and packets at a rule.
func stormshieldDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "stormshield",
			Devices: "Stormshield Network Security",
			Sample:  `id=firewall time="2019-02-24 16:38:01" fw="SN310A17B0323A7" tz=+0100 startime="2019-02-24 16:38:00" pri=5 confid=00 slotlevel=2 ruleid=4 rulename="1690fb96019_7" srcif="Ethernet0" srcifname="out" ipproto=udp proto=ssdp src=10.11.11.11 srcport=49907 srcportname=ephemeral_fw_udp srcname=user1 dst=10.10.10.10 dstport=1900 ipv=4 sent=0 rcvd=0 duration=0.00 action=pass logtype="filter"`,
			Reads: "id=firewall with logtype=: connection and plugin are ended sessions, filter and alarm " +
				"packets at a rule; modsrc and origdst are the two sides of NAT",
			Enable: "Configuration > Notifications > Logs - Syslog - IPFIX: enable a Syslog profile and the " +
				"logs Filter policy and Network connections.",
			Source: "Stormshield SNS Description of Audit Logs",
		},
		console: OtherConsole,
		first:   "i",
		looks:   looksStormshield,
		read:    stormshield,
	}
}

// stormshield reads the lines of Stormshield Network Security:
//
//	id=firewall time="2019-02-24 16:38:01" fw="SN310A" tz=+0100 startime="2019-02-24 16:38:00" … srcif="Ethernet0"
//	ipproto=udp proto=ssdp src=10.11.11.11 srcport=49907 … dst=… dstport=… sent=0 rcvd=0 action=pass logtype="filter"
//
// logtype connection and plugin are written when a session ends, filter and alarm when a packet meets a rule. modsrc is
// the translated source; where a destination is translated, origdst is what the client asked for and dst the real
// server.
func stormshield(b []byte, rec *Record) bool {
	var f stormFields
	w := scan.PairWalk{Rest: b, Sep: ' '}
	for key, val, ok := w.Next(); ok; key, val, ok = w.Next() {
		f.set(key, val, rec)
	}
	if len(f.kind) == 0 {
		return false
	}
	if f.asked.IsValid() && (f.asked != rec.Dst || f.askedPort != rec.DPort) {
		rec.NATDst, rec.NATDPort = rec.Dst, rec.DPort
		rec.Dst, rec.DPort = f.asked, f.askedPort
	}
	rec.Dialect, rec.Word, rec.Bytes = "stormshield", "session", f.sent+f.rcvd
	f.outcome(rec)
	rec.detail = rec.Rule
	if len(f.msg) > 0 {
		rec.detail = f.msg
	}
	if !rec.Src.IsValid() {
		rec.Kind, rec.Word = System, "other"
	}
	if f.isFull() {
		rec.Kind, rec.Word = TableFull, "nat-exhausted"
	}
	tidyNAT(&rec.Event)
	if s, ok := wallStamp(f.stamp); ok {
		s.zoneOffset(f.zone)
		ownStamp(rec, &s)
	}
	rec.ownDevice(f.fw)
	return true
}

// stormFields are the fields of a line that are not fields of an Event.
type stormFields struct {
	kind, action, stamp, zone, fw, msg []byte
	sent, rcvd                         uint64
	asked                              netip.Addr // origdst: the destination before its translation
	askedPort                          uint16
}

// set takes one pair.
func (f *stormFields) set(key, val []byte, rec *Record) {
	switch string(key) {
	case "time":
		f.stamp = val
	case "fw":
		f.fw = val
	case "tz":
		f.zone = val
	case "logtype":
		f.kind = val
	case "action":
		f.action = val
	case "msg":
		f.msg = val
	case "ipproto":
		rec.Proto = protocol(val)
	case "src":
		rec.Src = scan.Addr(val)
	case "srcport":
		rec.SPort = scan.Port(val)
	case "dst":
		rec.Dst = scan.Addr(val)
	case "dstport":
		rec.DPort = scan.Port(val)
	case "modsrc":
		rec.NATSrc = scan.Addr(val)
	case "modsrcport":
		rec.NATSPort = scan.Port(val)
	case "origdst":
		f.asked = scan.Addr(val)
	case "origdstport":
		f.askedPort = scan.Port(val)
	case "srcif":
		rec.InIf = val
	case "dstif":
		rec.OutIf = val
	case "sent":
		f.sent, _ = scan.Number(val)
	case "duration":
		rec.lastedSeconds(val)
	case "rcvd":
		f.rcvd, _ = scan.Number(val)
	case "rulename":
		rec.Rule = val
	case "ruleid":
		if len(rec.Rule) == 0 {
			rec.Rule = val
		}
	}
}

// outcome says what the line means, by the log that it is of and by the firewall's action.
func (f *stormFields) outcome(rec *Record) {
	rec.Kind, rec.Action = verdict(f.action)
	switch string(f.kind) {
	case "connection", "plugin", "web", "ftp", "smtp", "pop3", "ssl", "xvpn":
		if rec.Kind == SessionNew || len(f.action) == 0 {
			rec.Kind = SessionEnd
		}
	case "filter":
	case "alarm":
		if rec.Kind == SessionNew {
			rec.Kind = System
		}
	default:
		rec.Kind, rec.Action = System, ""
	}
}

// isFull reports whether the message says that no port or no room for a connection is left.
func (f *stormFields) isFull() bool {
	return scan.ContainsLower(f.msg, "nat") && scan.ContainsLower(f.msg, "port") &&
		(scan.ContainsLower(f.msg, "exhaust") || scan.ContainsLower(f.msg, "no more")) ||
		scan.ContainsLower(f.msg, "connection table full")
}

// looksStormshield reports whether b begins with id= and is not SonicWall's or Sophos'.
func looksStormshield(b []byte, rec *Record) bool {
	return scan.Has(b, "id=") && b[3] != '"' && !looksSonicwall(b, rec)
}
