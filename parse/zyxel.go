package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// zyxelDialect describes the traffic log of ZyXEL's firewalls (ZyWALL, USG) and the packet log of its older ZyNOS
// routers.
func zyxelDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "zyxel",
			Devices: "ZyXEL ZyNOS, ZyWALL, USG, USG FLEX",
			Sample:  `<142>May 22 17:24:09 2026 usgflex700h src="192.168.40.7:53090" dst="52.1.2.3:443" msg="Traffic Log" note="" user="admin" devID="f44d5c94f517" cat="Traffic Log" action="" sourceTranslatedAddress=192.168.68.101 sourceTranslatedPort=53090 suser=admin sent=930790 rcvd=35808 dir=P5-Phones:P2-Telmex2 protoID=6 proto=https mac=04:0e:3c:ed:36:2a`,
			Reads: `src="ip:port" dst="ip:port" msg= note= cat=: ACCESS BLOCK and FORWARD, Traffic Log (an ` +
				"ended session) with translated source, Sessions Limit; ZyNOS: IP[Src= Dst= spo= dpo=] with " +
				"hexadecimal ports and the filter's verdict at the end",
			Enable: "Configuration > Log & Report > Log Settings > Remote Server; tick Security Policy Control, " +
				"Sessions Limit and Traffic Log. ZyNOS: menu 24.3.2.",
			Source: "ZyXEL user guides, Log Descriptions; ZyNOS support notes",
		},
		console: OtherConsole,
		begins:  []string{`src="`, "IP[Src=", "ZyXEL Communications Corp.: IP[Src="},
		first:   "Z",
		looks:   looksZyNOS,
		read:    zyxelForms,
	}
}

// zynos reads the packet log of ZyNOS (Prestige), whose ports are hexadecimal, in some versions decimal, and whose end
// says which filter set and rule matched (m) or not (n) and whether the packet was forwarded (F) or dropped (D):
//
//	ZyXEL Communications Corp.: IP[Src=202.132.154.1 Dst=192.168.1.33 UDP spo=0035 dpo=05d4]}S03>R01mF
//
// open: the place of "IP[Src=".
func zynos(b []byte, open int, rec *Record) bool {
	in, tail, ok := bytes.Cut(b[open+len("IP["):], []byte("]"))
	if !ok {
		return false
	}
	for w, rest := scan.Word(in); len(w) > 0; w, rest = scan.Word(rest) {
		switch {
		case bytes.HasPrefix(w, []byte("Src=")):
			rec.Src = scan.Addr(w[4:])
		case bytes.HasPrefix(w, []byte("Dst=")):
			rec.Dst = scan.Addr(w[4:])
		case bytes.HasPrefix(w, []byte("spo=")):
			rec.SPort = zynosPort(w[4:])
		case bytes.HasPrefix(w, []byte("dpo=")):
			rec.DPort = zynosPort(w[4:])
		default:
			if n := protocol(w); n != 0 && rec.Proto == 0 {
				rec.Proto = n
			}
		}
	}
	if !rec.Src.IsValid() || !rec.Dst.IsValid() {
		return false
	}
	rec.Dialect, rec.Word, rec.Kind = "zyxel", "fw-packet", System
	tail = bytes.TrimLeft(tail, "}")
	if n := len(tail); n > 0 {
		rec.Rule = tail
		rec.detail = tail
		switch tail[n-1] {
		case 'F':
			rec.Kind, rec.Action = SessionNew, "allow"
		case 'D', 'B':
			rec.Kind, rec.Action = SessionDenied, "deny"
		}
	}
	return true
}

// zynosPort reads a port as one version of ZyNOS or the other writes it: four hexadecimal digits, or five decimal ones.
func zynosPort(b []byte) uint16 {
	if len(b) == 5 {
		return scan.Port(bytes.TrimLeft(b, "0"))
	}
	return hexPort(b)
}

// hexPort reads up to four hexadecimal digits.
func hexPort(b []byte) uint16 {
	if len(b) == 0 || len(b) > 4 {
		return 0
	}
	n := uint16(0)
	for _, c := range b {
		d := scan.HexDigit(c)
		if d > 15 {
			return 0
		}
		n = n<<4 | uint16(d)
	}
	return n
}

// zyxel reads the lines of ZyWALL, USG and NSG:
//
//	src="192.168.1.33:1234" dst="1.2.3.4:80" msg="Match default rule, DROP" note="ACCESS BLOCK" user="" devID="…" cat="Security Policy Control"
//	src="…" dst="…" msg="Traffic Log" note="Traffic Log" … sourceTranslatedAddress=… sourceTranslatedPort=… sent=930790 rcvd=35808 protoID=6 proto=https
//
// and the older ones, whose message stands in front or in quotes: "Firewall default policy: UDP(set:8)".
func zyxel(b []byte, rec *Record) bool {
	var f zyxelFields
	w := scan.PairWalk{Rest: b, Sep: ' '}
	for key, val, ok := w.Next(); ok; key, val, ok = w.Next() {
		f.set(key, val, rec)
	}
	if !f.known {
		return false
	}
	rec.Dialect, rec.Word, rec.Bytes = "zyxel", "session", f.sent+f.rcvd
	rec.Rule, rec.detail = f.msg, f.msg
	if rec.Proto == 0 {
		rec.Proto = zyxelProto(f.msg)
	}
	f.outcome(rec)
	if !rec.Src.IsValid() && rec.Kind != TableFull {
		rec.Kind, rec.Word = System, "other"
	}
	tidyNAT(&rec.Event)
	return true
}

// zyxelFields are the fields of a line that are not fields of an Event.
type zyxelFields struct {
	msg, note, cat, deed []byte
	sent, rcvd           uint64
	known                bool // msg= was there, which all lines have
}

// set takes one pair.
func (f *zyxelFields) set(key, val []byte, rec *Record) {
	switch string(key) {
	case "src":
		rec.Src, rec.SPort = scan.Endpoint(val)
		if i := bytes.IndexByte(val, ' '); i > 1 && val[i-1] == ':' { // rsyslog's blank behind the colon of a tag
			rec.Src, rec.SPort = scan.Addr(val[:i-1]), scan.Port(val[i+1:])
		}
	case "dst":
		rec.Dst, rec.DPort = scan.Endpoint(val)
	case "msg":
		f.msg, f.known = val, true
	case "note":
		f.note = val
	case "cat":
		f.cat = val
	case "action":
		f.deed = val
	case "protoID":
		rec.Proto = protocol(val)
	case "proto", "protocol":
		if rec.Proto == 0 {
			rec.Proto = protocolWord(val)
		}
	case "sourceTranslatedAddress":
		rec.NATSrc = scan.Addr(val)
	case "sourceTranslatedPort":
		rec.NATSPort = scan.Port(val)
	case "destinationTranslatedAddress":
		rec.NATDst = scan.Addr(val)
	case "destinationTranslatedPort":
		rec.NATDPort = scan.Port(val)
	case "sent":
		f.sent, _ = scan.Number(val)
	case "rcvd":
		f.rcvd, _ = scan.Number(val)
	case "dir":
		rec.InIf, rec.OutIf, _ = bytes.Cut(val, []byte(":"))
	}
}

// outcome says what the line means, by the words of its message, note and category, and by the firewall's action.
func (f *zyxelFields) outcome(rec *Record) {
	switch {
	case f.isSessionLimit():
		rec.Kind, rec.Word, rec.Action = TableFull, "session-limit", "deny"
	case scan.ContainsLower(f.note, "traffic log") || scan.ContainsLower(f.cat, "traffic log"):
		rec.Kind, rec.Action = SessionEnd, "session-delete"
	case f.isRefused():
		rec.Kind, rec.Action = SessionDenied, "deny"
	case scan.ContainsLower(f.note, "access forward") || f.did("allow", "forward", "accept"):
		rec.Kind, rec.Action = SessionNew, "allow"
	default:
		rec.Kind, rec.Action = System, ""
	}
}

// isSessionLimit reports whether a host has reached the limit on its sessions.
func (f *zyxelFields) isSessionLimit() bool {
	return scan.ContainsLower(f.cat, "sessions limit") ||
		scan.ContainsLower(f.cat, "session control") ||
		scan.ContainsLower(f.msg, "session") &&
			(scan.ContainsLower(f.msg, "exceed") || scan.ContainsLower(f.msg, "maximum"))
}

// isRefused reports whether the firewall stopped a packet.
func (f *zyxelFields) isRefused() bool {
	return scan.ContainsLower(f.note, "access block") ||
		scan.ContainsLower(f.note, "access drop") ||
		scan.ContainsLower(f.note, "access reject") ||
		f.did("drop", "deny", "reject", "block")
}

// did reports whether the firewall's action is one of these words.
func (f *zyxelFields) did(words ...string) bool {
	for _, w := range words {
		if scan.EqualLower(f.deed, w) {
			return true
		}
	}
	return false
}

// zyxelProto finds the protocol in the words of a message: "Firewall default policy: UDP (W to L)", "priority:9, from
// WAN to ANY, TCP, service others, DROP".
func zyxelProto(b []byte) uint8 {
	for w, rest := scan.Word(b); len(w) > 0; w, rest = scan.Word(rest) {
		if w = scan.Until(w, ",(;"); len(w) > 2 && !scan.IsDigit(w[0]) {
			if n := protocol(w); n != 0 {
				return n
			}
		}
	}
	return 0
}

// looksZyNOS reports whether b is a packet of ZyNOS behind the maker's name.
func looksZyNOS(b []byte, _ *Record) bool { return scan.Within(b[:min(len(b), 48)], "IP[Src=") }

// zyxelForms reads the lines of ZLD (USG, ZyWALL) and of ZyNOS (Prestige).
func zyxelForms(b []byte, rec *Record) bool {
	if b[0] == 's' {
		return zyxel(b, rec)
	}
	return zynos(b, scan.Index(b, "IP[Src="), rec)
}
