package parse

import "bytes"

// familyB knows the lines of firewalls and carrier-grade NATs that write pairs, columns or sentences of their own. It goes
// by the first bytes of the message and by the tag; a line of anybody else costs a few comparisons.
func (p *Parser) familyB(b []byte, rec *Record) bool {
	if len(b) < 8 {
		return false
	}
	dialect, word := rec.Dialect, rec.Word
	if p.readB(b, rec) {
		return true
	}
	rec.Event, rec.Dialect, rec.Word, rec.Action = Event{}, dialect, word, ""
	rec.InIf, rec.OutIf, rec.QName, rec.QType, rec.Rule = nil, nil, nil, nil, nil
	rec.PortLow, rec.PortHigh, rec.ZeroPort = 0, 0, false
	return false
}

// readB chooses the dialect; it may leave something behind where it returns false.
func (p *Parser) readB(b []byte, rec *Record) bool {
	if len(rec.Host) >= 4 && isUpper(rec.Host[0]) && p.hostIsVerb(b, rec) {
		return true
	}
	if rec.Stamp.HasUnix && len(rec.Host) > 0 && len(rec.App) == 0 { // Meraki's line without a priority
		return p.merakiMessage(rec.Host, rec.Stamp, b, rec)
	}
	switch len(rec.App) {
	case 3:
		if string(rec.App) == "lfd" {
			return p.lfd(b, rec)
		}
		if string(rec.App) == "EFW" {
			return p.clavister(b, rec)
		}
		if string(rec.App) == "CEF" && isDigit(b[0]) {
			return p.cef(b, 0, rec)
		}
	case 4:
		if string(rec.App) == "CONN" || string(rec.App) == "RULE" {
			return p.clavister(b, rec)
		}
		if i := bytes.IndexByte(b, '{'); i >= 0 && string(rec.App) == "TMNX" {
			return p.nokiaISA(b[i:], rec)
		}
	case 8, 13, 14, 18, 19:
		if bytes.HasPrefix(rec.App, []byte("fp-cgnat")) {
			return p.sixwind(b, rec)
		}
	case 10:
		if lower(rec.App, "checkpoint") {
			return p.checkpoint(b, rec)
		}
	}
	switch c := b[0]; {
	case c == '[':
		return p.bracketB(b, rec)
	case isDigit(c):
		return p.digitB(b, rec)
	case isUpper(c):
		return p.upperB(b, rec)
	case c == '{':
		return p.nokiaISA(b, rec)
	case c == '#':
		return windowsComment(b, rec)
	case c == '|':
		return bytes.HasPrefix(b, []byte("|hostname=")) && p.checkpoint(b, rec)
	}
	return p.lowerB(b, rec)
}

// lowerB reads what begins with a key or with topics.
func (p *Parser) lowerB(b []byte, rec *Record) bool {
	if len(b) < 8 || b[0]-'a' >= 26 {
		return false
	}
	eq := bytes.IndexByte(b[:min(len(b), 16)], '=')
	if eq < 0 {
		return p.wordsB(b, rec)
	}
	switch string(b[:eq]) {
	case "id":
		if b[3] == '"' {
			return p.sophosUTM(b, rec)
		}
		if _, rest := word(b); bytes.HasPrefix(trimLeft(rest), []byte("sn=")) {
			return p.sonicwall(b, rec)
		}
		return p.stormshield(b, rec)
	case "date", "devname", "devid", "logver", "itime", "eventtime", "logid", "log_id", "timestamp":
		return p.fortigate(b, rec)
	case "device", "device_name":
		return p.sophosXG(b, rec)
	case "src":
		if b[4] == '"' {
			return p.zyxel(b, rec)
		}
		return bytes.Contains(b, []byte(" dpt=")) && p.bareExtension(b, rec)
	case "msg_id":
		return p.watchguardMessage(b, rec)
	case "lsn_event":
		return p.f5LSN(b, rec)
	case "prio":
		return p.clavister(b, rec)
	case "time", "hostname", "product", "action", "loguid":
		return bytes.IndexByte(b[:min(len(b), 200)], '|') > 0 && p.checkpoint(b, rec)
	}
	return false
}

// hostIsVerb reads the lines whose first word the header took for a host: pfirewall.log ("… 03:04:29 OPEN TCP …") and
// WatchGuard's Traffic Monitor ("… 18:00:54 Allow 10.0.1.2 …").
func (p *Parser) hostIsVerb(b []byte, rec *Record) bool {
	whole := []byte(nil)
	switch string(rec.Host) {
	case "Allow", "Deny":
		if whole = joined(rec.Host, b); whole == nil || !p.watchguard(whole, rec) {
			return false
		}
	default:
		if !isWindowsAction(rec.Host) {
			return false
		}
		if whole = joined(rec.Host, b); whole == nil || !p.windowsFirewall(whole, rec) {
			return false
		}
	}
	rec.Host, rec.Body = nil, whole
	return true
}

// wordsB reads sentences that begin with a small letter.
func (p *Parser) wordsB(b []byte, rec *Record) bool {
	w, rest := word(b)
	switch {
	case b[3] == '/' && isDigit(b[4]):
		return p.mikrotikConsole(b, rec)
	case len(w) > 6 && isTopics(w):
		if bytes.Contains(rest, []byte(" proto ")) {
			return false // the firewall's own lines are read by mikrotik
		}
		return p.mikrotikLog(w, rest, rec)
	case bytes.HasPrefix(b, []byte("same message repeated ")):
		return p.yamaha(b, rec)
	case len(rec.PID) > 0 || len(rec.App) > 0:
		return p.barracudaAt(b, rec)
	case string(w) == "flows", string(w) == "firewall":
		return false
	}
	return p.mikrotikLog(nil, b, rec)
}

// upperB reads what begins with a capital letter.
func (p *Parser) upperB(b []byte, rec *Record) bool {
	switch b[0] {
	case 'A', 'D':
		if bytes.HasPrefix(b, []byte(`Action="`)) {
			return p.checkpoint(b, rec)
		}
		if len(b) > 16 && string(b[1:6]) == " VRF " {
			return p.nfware(b, rec)
		}
		if bytes.HasPrefix(b, []byte("Allow ")) || bytes.HasPrefix(b, []byte("Deny ")) {
			return p.watchguard(b, rec)
		}
		if isWindowsAction(until(b[:min(len(b), 18)], " ")) {
			return p.windowsFirewall(b, rec)
		}
		if bytes.HasPrefix(b, []byte("DESTROY CONN: ")) {
			return p.sixwind(b, rec)
		}
	case 'C':
		if bytes.HasPrefix(b, []byte("CEF:")) {
			return p.cef(b, len(b)-len(trimLeft(b[4:])), rec)
		}
		if bytes.HasPrefix(b, []byte("CONN: ")) || bytes.HasPrefix(b, []byte("CLOSE ")) {
			return b[1] == 'O' && p.clavister(b, rec) || p.windowsFirewall(b, rec)
		}
		if bytes.HasPrefix(b, []byte("Checkpoint: ")) {
			return p.checkpoint(trimLeft(b[12:]), rec)
		}
	case 'E':
		if bytes.HasPrefix(b, []byte("EFW: ")) {
			return p.clavister(b, rec)
		}
	case 'F':
		if bytes.HasPrefix(b, []byte("FIXED-NAT-PORTS")) {
			return a10Fixed(b, rec)
		}
		if bytes.HasPrefix(b, []byte("FIREWALL")) {
			return p.buffalo(b, rec)
		}
	case 'I':
		if bytes.HasPrefix(b, []byte("IP[Src=")) {
			return p.zynos(b, 0, rec)
		}
		if bytes.HasPrefix(b, []byte("IP Tunnel[")) {
			return p.yamaha(b, rec)
		}
	case 'L':
		if bytes.HasPrefix(b, []byte("LEEF:")) {
			return p.leef(b, rec)
		}
		if bytes.HasPrefix(b, []byte("LSN_")) {
			return p.f5LSN(b, rec)
		}
	case 'N':
		if bytes.HasPrefix(b, []byte("NAT")) {
			if w := until(b[:min(len(b), 32)], " "); bytes.HasSuffix(w, []byte(":")) && bytes.IndexByte(w, '-') > 0 {
				return p.a10(b, rec)
			}
		}
		if bytes.HasPrefix(b, []byte("NEW CONN: ")) {
			return p.sixwind(b, rec)
		}
	case 'R':
		if bytes.HasPrefix(b, []byte("RULE: ")) {
			return p.clavister(b, rec)
		}
	case 'T', 'U':
		if bytes.Contains(b[:min(len(b), 32)], []byte(" connection ")) {
			return p.buffalo(b, rec)
		}
		if bytes.HasPrefix(b, []byte("USER ")) && bytes.Contains(b, []byte(" BLOCK (")) {
			return p.sixwind(b, rec)
		}
	case 'Z':
		if i := bytes.Index(b[:min(len(b), 48)], []byte("IP[Src=")); i > 0 {
			return p.zynos(b, i, rec)
		}
	}
	if n := necixCode(b); n > 0 {
		return p.necix(b, n, rec)
	}
	if yamahaInterface(until(b[:min(len(b), 24)], " ")) {
		return p.yamaha(b, rec)
	}
	return p.barracudaAt(b, rec) || p.watchguardAt(b, rec)
}

// watchguardAt reads a WatchGuard line behind its serial number, stamp and process.
func (p *Parser) watchguardAt(b []byte, rec *Record) bool {
	head := b[:min(len(b), 40)]
	i := bytes.Index(head, []byte(" (2"))
	if i < 0 {
		return false
	}
	id := bytes.Index(b[:min(len(b), 120)], []byte("msg_id=\""))
	if id < 0 {
		return false
	}
	p.watchguardMessage(b[id:], rec)
	if s, ok := wallStamp(until(b[i+2:], ")")); ok {
		s.HasZone = true // Fireware writes UTC
		ownStamp(rec, &s)
	}
	return true
}

// barracudaAt looks for the verb and the first pipe of a Barracuda line.
func (p *Parser) barracudaAt(b []byte, rec *Record) bool {
	i := bytes.IndexByte(b[:min(len(b), 100)], '|')
	return i > 0 && p.barracuda(b, i, rec)
}

// bracketB reads what begins with a name in brackets.
func (p *Parser) bracketB(b []byte, rec *Record) bool {
	if bytes.HasPrefix(b, []byte("[action:")) || bytes.HasPrefix(b, []byte("[flags:")) || bytes.HasPrefix(b, []byte("[Fields@1.3.6.1.4.1.2620")) {
		return p.checkpoint(b, rec)
	}
	if len(b) > 5 && isUpper(b[1]) && isUpper(b[2]) {
		return p.yamaha(b, rec)
	}
	return false
}

// digitB reads what begins with a number: Palo Alto's columns, Meraki's Unix stamp, Sophos' stamp, CEF without its name,
// an address in front of a SonicWall line.
func (p *Parser) digitB(b []byte, rec *Record) bool {
	i := 1
	for i < len(b) && i < 12 && isDigit(b[i]) {
		i++
	}
	if i == len(b) {
		return false
	}
	switch b[i] {
	case ',':
		return len(b) > i+6 && b[i+5] == '/' && p.paloalto(b, rec)
	case '|':
		return i == 1 && p.cef(b, 0, rec)
	case '.':
		if i >= 9 {
			return p.meraki(b, rec)
		}
		if w, rest := word(b); bytes.HasPrefix(trimLeft(rest), []byte("id=")) && len(rest) > 16 && addr(w).IsValid() {
			if !p.lowerB(trimLeft(rest), rec) {
				return false
			}
			rec.Host = w
			return true
		}
	case ' ':
		if i == 1 && b[0] == '1' {
			return p.versionB(b, rec)
		}
		if i == 4 && len(b) > 24 && b[7] == ' ' && b[13] == ':' {
			return p.barracudaAt(b, rec)
		}
	case ':':
		if i == 4 && len(b) > 24 && b[7] == ':' && b[10] == '-' {
			return p.utmHeader(b, rec)
		}
		if i == 2 && len(b) > 16 && b[5] == ':' {
			return p.mikrotikConsole(b, rec)
		}
	case '-', '/': // a stamp inside a relayed header
		if i == 4 && len(b) > 24 {
			return p.datedB(b, rec)
		}
	}
	return false
}

// versionB reads what stands behind a priority and a 1 but is no RFC 5424: Meraki's Unix stamp, Check Point's structured data
// that is none.
func (p *Parser) versionB(b []byte, rec *Record) bool {
	if len(b) > 20 && isDigit(b[2]) && b[12] == '.' || len(b) > 20 && isDigit(b[2]) && b[11] == '.' {
		return p.meraki(b, rec)
	}
	var s Stamp
	if rest, ok := s.stamp3164(b[2:]); ok {
		return p.oldHeaderB(rest, &s, rec)
	}
	var f [6][]byte
	rest := b
	for i := range f {
		f[i], rest = word(rest)
	}
	if len(rest) == 0 {
		return false
	}
	r, _ := s.stampISO(f[1]) // Check Point writes zones such as "--5:00": then the clock alone counts
	if !s.HasClock && len(f[1]) > 19 {
		_, _ = s.stampISO(f[1][:19])
	} else if len(r) > 0 {
		s.HasZone = false
	}
	checkPoint := lower(f[3], "checkpoint") || lower(f[3], "cp-gw") || bytes.Contains(b, []byte("[Fields@1.3.6.1.4.1.2620"))
	if i := bytes.IndexByte(b, '['); checkPoint && i > 0 {
		if !p.checkpoint(b[i:], rec) {
			return false
		}
	} else if i := bytes.Index(b, []byte(" event=")); i > 0 && (string(f[4]) == ":" || string(f[3]) == "EFW") {
		if !p.clavister(b[i:], rec) {
			return false
		}
	} else {
		return false
	}
	if s.HasClock {
		rec.Stamp = s
	}
	rec.Host, rec.App = f[2], f[3]
	return true
}

// oldHeaderB reads what stands behind the 1 of RFC 5424 and a stamp of RFC 3164, as relays of Meraki and Palo Alto write it.
func (p *Parser) oldHeaderB(b []byte, s *Stamp, rec *Record) bool {
	host, rest := word(b)
	rest = trimLeft(rest)
	if len(rest) < 16 {
		return false
	}
	ok := false
	switch {
	case rest[0] == '1' && rest[1] == ' ':
		ok = p.meraki(rest, rec)
	case isDigit(rest[0]) && bytes.IndexByte(rest[:8], ',') > 0:
		ok = p.paloalto(rest, rec)
	default:
		ok = p.lowerB(rest, rec)
	}
	if !ok {
		return false
	}
	if len(rec.Host) == 0 {
		rec.Host = host
	}
	if rec.Stamp == (Stamp{}) {
		rec.Stamp = *s
	}
	return true
}

// utmHeader reads the header of Sophos UTM, "2023:04:28-00:50:54 host ulogd[12511]: ", and its line.
func (p *Parser) utmHeader(b []byte, rec *Record) bool {
	var buf [19]byte
	copy(buf[:], b)
	buf[4], buf[7], buf[10] = '-', '-', 'T'
	s, ok := wallStamp(buf[:])
	if !ok {
		return false
	}
	host, rest := word(b[19:])
	tag, rest := word(rest)
	if len(tag) < 2 || tag[len(tag)-1] != ':' {
		return false
	}
	if bytes.HasPrefix(rest, []byte(`id="`)) {
		if !p.sophosUTM(rest, rec) {
			return false
		}
	} else {
		rec.Dialect, rec.Kind, rec.Word = "sophos", System, "other"
	}
	name := tag[:len(tag)-1]
	if i := bytes.IndexByte(name, '['); i > 0 {
		rec.PID, name = bytes.TrimRight(name[i+1:], "]"), name[:i]
	}
	rec.Host, rec.App, rec.Stamp = host, name, s
	return true
}

// datedB reads a line that has a second stamp in front: pfirewall.log and WatchGuard's Traffic Monitor behind a relay.
func (p *Parser) datedB(b []byte, rec *Record) bool {
	s, ok := wallStamp(b[:19])
	if !ok {
		return false
	}
	rest := trimLeft(b[19:])
	if w, _ := word(rest); isWindowsAction(w) {
		ok = p.windowsFirewall(rest, rec)
	} else {
		ok = p.watchguard(rest, rec)
	}
	if ok {
		ownStamp(rec, &s)
	}
	return ok
}
