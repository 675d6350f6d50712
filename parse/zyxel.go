package parse

import "bytes"

// zynos reads the packet log of ZyNOS (Prestige), whose ports are hexadecimal and whose end says which filter set and
// rule matched (m) or not (n) and whether the packet was forwarded (F) or dropped (D):
//
//	ZyXEL Communications Corp.: IP[Src=202.132.154.1 Dst=192.168.1.33 UDP spo=0035 dpo=05d4]}S03>R01mF
//
// open is where "IP[Src=" stands.
func (p *Parser) zynos(b []byte, open int, rec *Record) bool {
	in, tail, ok := bytes.Cut(b[open+len("IP["):], []byte("]"))
	if !ok {
		return false
	}
	for w, rest := word(in); len(w) > 0; w, rest = word(rest) {
		switch {
		case bytes.HasPrefix(w, []byte("Src=")):
			rec.Src = addr(w[4:])
		case bytes.HasPrefix(w, []byte("Dst=")):
			rec.Dst = addr(w[4:])
		case bytes.HasPrefix(w, []byte("spo=")):
			rec.SPort = hexPort(w[4:])
		case bytes.HasPrefix(w, []byte("dpo=")):
			rec.DPort = hexPort(w[4:])
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
		rec.Detail = p.name(tail)
		switch tail[n-1] {
		case 'F':
			rec.Kind, rec.Action = SessionNew, "allow"
		case 'D', 'B':
			rec.Kind, rec.Action = SessionDenied, "deny"
		}
	}
	return true
}

// hexPort reads up to four hexadecimal digits.
func hexPort(b []byte) uint16 {
	if len(b) == 0 || len(b) > 4 {
		return 0
	}
	n := uint16(0)
	for _, c := range b {
		d := hexDigit(c)
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
func (p *Parser) zyxel(b []byte, rec *Record) bool {
	var msg, note, cat, deed []byte
	var sent, rcvd uint64
	known := false
	w := pairWalk{rest: b, sep: ' '}
	for key, val, ok := w.next(); ok; key, val, ok = w.next() {
		switch string(key) {
		case "src":
			rec.Src, rec.SPort = endpointWord(val)
		case "dst":
			rec.Dst, rec.DPort = endpointWord(val)
		case "msg":
			msg, known = val, true
		case "note":
			note = val
		case "cat":
			cat = val
		case "action":
			deed = val
		case "protoID":
			rec.Proto = protocol(val)
		case "proto", "protocol":
			if rec.Proto == 0 {
				rec.Proto = protocolWord(val)
			}
		case "sourceTranslatedAddress":
			rec.NATSrc = addr(val)
		case "sourceTranslatedPort":
			rec.NATSPort = port(val)
		case "destinationTranslatedAddress":
			rec.NATDst = addr(val)
		case "destinationTranslatedPort":
			rec.NATDPort = port(val)
		case "sent":
			sent, _ = number(val)
		case "rcvd":
			rcvd, _ = number(val)
		case "dir":
			rec.InIf, rec.OutIf, _ = bytes.Cut(val, []byte(":"))
		}
	}
	if !known {
		return false
	}
	rec.Dialect, rec.Word, rec.Bytes = "zyxel", "session", sent+rcvd
	rec.Rule, rec.Detail = msg, p.name(msg)
	if rec.Proto == 0 {
		rec.Proto = zyxelProto(msg)
	}
	rec.Kind, rec.Action = System, ""
	switch {
	case containsLower(msg, "session") && (containsLower(msg, "exceed") || containsLower(msg, "maximum") || containsLower(cat, "sessions limit")),
		containsLower(cat, "sessions limit"), containsLower(cat, "session control"):
		rec.Kind, rec.Word, rec.Action = TableFull, "session-limit", "deny"
	case containsLower(note, "traffic log") || containsLower(cat, "traffic log"):
		rec.Kind, rec.Action = SessionEnd, "session-delete"
	case containsLower(note, "access block"), containsLower(note, "access drop"), containsLower(note, "access reject"), lower(deed, "drop"), lower(deed, "deny"), lower(deed, "reject"), lower(deed, "block"):
		rec.Kind, rec.Action = SessionDenied, "deny"
	case containsLower(note, "access forward"), lower(deed, "allow"), lower(deed, "forward"), lower(deed, "accept"):
		rec.Kind, rec.Action = SessionNew, "allow"
	}
	if !rec.Src.IsValid() && rec.Kind != TableFull {
		rec.Kind, rec.Word = System, "other"
	}
	tidyNAT(&rec.Event)
	return true
}

// zyxelProto finds the protocol in the words of a message: "Firewall default policy: UDP (W to L)", "priority:9, from
// WAN to ANY, TCP, service others, DROP".
func zyxelProto(b []byte) uint8 {
	for w, rest := word(b); len(w) > 0; w, rest = word(rest) {
		if w = until(w, ",(;"); len(w) > 2 && !isDigit(w[0]) {
			if n := protocol(w); n != 0 {
				return n
			}
		}
	}
	return 0
}
