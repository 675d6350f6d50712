package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// sonicwallDialect describes the syslog messages of SonicWall's firewalls (SonicOS) for connections, refusals and full
// tables.
func sonicwallDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "sonicwall",
			Devices: "SonicWall SonicOS 2 to 7",
			Sample:  `<134>  id=firewall sn=0040103CE114 time="2022-05-16 15:22:28 UTC" fw=10.0.0.96 pri=6 c=262144 m=98 msg="Connection Opened" app=12 sess="Web" n=780 usr="admin" src=81.2.69.193:65058:X1 dst=10.0.0.96:443:X1 proto=tcp/https sent=64 dpi=0 fw_action="NA"`,
			Reads: "id=… sn=…: message number m (98 opened, 537 closed, drops), endpoints with interfaces, " +
				"natSrc and natDst, bytes and packets; m=53 is a full connection cache",
			Enable: "Device > Log > Syslog: add the server; Log > Settings: enable Network > Connections and " +
				"NAT Mapping.",
			Source: "SonicOS Log Event Reference Guide",
		},
		console: OtherConsole,
		first:   "i",
		looks:   looksSonicwall,
		read:    sonicwall,
	}
}

// sonicwall reads the lines of SonicOS:
//
//	id=firewall sn=… time="2007-01-03 14:48:11" fw=1.1.1.1 pri=6 c=262144 m=98 msg="Connection Opened" n=23422
//	src=2.2.2.2:36704:WAN dst=1.1.1.1:50000:WAN proto=tcp/50000
//
// m is the message's number (SonicOS Log Event Reference Guide). natSrc and natDst are the translated endpoints.
func sonicwall(b []byte, rec *Record) bool {
	var f sonicFields
	w := scan.PairWalk{Rest: b, Sep: ' '}
	for key, val, ok := w.Next(); ok; key, val, ok = w.Next() {
		f.set(key, val, rec)
	}
	if !f.serial || f.foreign {
		return false
	}
	rec.ZeroPort = rec.ZeroPort && rec.DPort == 0 && rec.Proto != ICMP
	rec.Dialect, rec.Word, rec.detail = "sonicwall", "session", f.msg
	rec.Bytes, rec.Packets = f.sent+f.rcvd, scan.Saturate(f.spkt+f.rpkt)
	rec.Kind, rec.Action = sonicKind(f.m, f.msg, f.deed)
	if rec.Kind == TableFull {
		rec.Word = "session-limit"
		if scan.ContainsLower(f.msg, "nat") {
			rec.Word = "nat-exhausted"
		}
	} else if !rec.Src.IsValid() && !rec.Dst.IsValid() && rec.Proto == 0 {
		rec.Kind, rec.Word = System, "other"
	}
	if rec.Kind == SessionEnd {
		rec.State = unanswered(f.spkt, f.rpkt)
	}
	tidyNAT(&rec.Event)
	if s, ok := wallStamp(f.stamp); ok {
		ownStamp(rec, &s)
	}
	rec.ownDevice(f.fw)
	return true
}

// sonicFields are the fields of a line that are not fields of an Event.
type sonicFields struct {
	m, msg, deed, stamp, fw []byte
	sent, rcvd, spkt, rpkt  uint64
	serial                  bool // sn= was there, which all lines have
	foreign                 bool // a field of Stormshield's was there
}

// set takes one pair.
func (f *sonicFields) set(key, val []byte, rec *Record) {
	switch string(key) {
	case "sn":
		f.serial = true
	case "m":
		f.m = val
	case "msg":
		if len(f.msg) == 0 {
			f.msg = val
		}
	case "time":
		f.stamp = val
	case "fw":
		f.fw = val
	case "fw_action":
		f.deed = bytes.Trim(val, `"`)
	case "src":
		rec.InIf = sonicEndpoint(val, &rec.Event, false)
	case "dst":
		rec.OutIf = sonicEndpoint(val, &rec.Event, true)
		rec.ZeroPort = bytes.Contains(val, []byte(":0:"))
	case "srcV6":
		rec.Src = scan.Addr(val)
	case "dstV6":
		rec.Dst = scan.Addr(val)
	case "natSrc", "natSrcV6":
		rec.NATSrc, rec.NATSPort = scan.Endpoint(val)
	case "natDst", "natDstV6":
		rec.NATDst, rec.NATDPort = scan.Endpoint(val)
	case "proto":
		rec.Proto = protocolWord(val)
	case "sent":
		f.sent, _ = scan.Number(val)
	case "rcvd":
		f.rcvd, _ = scan.Number(val)
	case "spkt":
		f.spkt, _ = scan.Number(val)
	case "rpkt":
		f.rpkt, _ = scan.Number(val)
	case "rule":
		rec.Rule = val
	case "logtype", "startime":
		f.foreign = val != nil
	}
}

// sonicEndpoint reads "192.168.0.62:54993:X0:pc048.example.com", whose port may be missing, into one side of e and
// returns the interface.
func sonicEndpoint(b []byte, e *Event, dst bool) (intf []byte) {
	host, rest := b, []byte(nil)
	if i := bytes.IndexByte(b, ':'); i >= 0 {
		host, rest = b[:i], b[i+1:]
	}
	a := scan.Addr(host)
	if !a.IsValid() && len(host) > 0 {
		if a = scan.Addr(b); a.IsValid() { // IPv6 alone
			rest = nil
		}
	}
	num := rest
	if i := bytes.IndexByte(rest, ':'); i >= 0 {
		num, intf = rest[:i], rest[i+1:]
	}
	if dst {
		e.DPort = scan.Port(num)
		if a.IsValid() {
			e.Dst = a
		}
	} else {
		e.SPort = scan.Port(num)
		if a.IsValid() {
			e.Src = a
		}
	}
	return scan.Until(intf, ":")
}

// sonicKind goes by the number, then by what the device did, then by the words.
func sonicKind(m, msg, deed []byte) (Kind, string) {
	switch string(m) {
	case "98":
		return SessionNew, "session-create"
	case "537":
		return SessionEnd, "session-delete"
	case "53": // The cache is full; N open connections; some will be dropped
		return TableFull, ""
	case "14", "16", "36", "37", "38", "41", "173", "174", "175", "347", "580", "713", "1233", "1254", "1255", "1256",
		"1257":
		return SessionDenied, "deny"
	case "1235":
		return SessionNew, "allow"
	}
	if scan.ContainsLower(msg, "cache is full") ||
		scan.ContainsLower(msg, "maximum number of connections") ||
		scan.ContainsLower(msg, "connection limit") ||
		scan.ContainsLower(msg, "connection cache full") ||
		scan.ContainsLower(msg, "nat") && scan.ContainsLower(msg, "exhaust") {
		return TableFull, ""
	}
	kind, action := verdict(deed)
	if kind == SessionDenied ||
		scan.ContainsLower(msg, "dropped") ||
		scan.ContainsLower(msg, "site access denied") ||
		scan.ContainsLower(msg, "packet denied") {
		return SessionDenied, "deny"
	}
	if kind == SessionNew {
		return System, action
	}
	return System, ""
}

// looksSonicwall reports whether b has a serial number behind its id=.
func looksSonicwall(b []byte, _ *Record) bool {
	if !scan.Has(b, "id=") || b[3] == '"' {
		return false
	}
	_, rest := scan.Word(b)
	return scan.Has(scan.TrimLeft(rest), "sn=")
}
