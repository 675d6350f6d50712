package parse

import "bytes"

// familyA reads the messages of Cisco, Juniper, NetScreen, Huawei and H3C. What gives them away: a mnemonic behind a %,
// the name of a Junos process, "NetScreen device_id=". It costs a foreign line a look at its first bytes.
func (p *Parser) familyA(b []byte, rec *Record) bool {
	if isJunosTag(rec.App) || len(b) > 8 && b[0] == 'R' && b[1] == 'T' && b[2] == '_' || rec.msgID != nil && isJunosTag(rec.msgID) {
		return p.junos(b, rec)
	}
	if len(b) < 8 {
		return false
	}
	if rec.msgID != nil && isNATSyslog(rec.msgID) {
		return p.natSyslog(b, rec)
	}
	if rec.tagged != nil && isServicesTag(rec.App) {
		whole := trimBody(rec.tagged)
		if !p.junosServices(whole, rec) {
			return false
		}
		rec.App, rec.Body = nil, whole
		return true
	}
	head := b[:min(len(b), 256)]
	if i := bytes.IndexByte(head, '%'); i >= 0 && p.percent(b, i, rec) {
		return true
	}
	switch b[0] {
	case 'A':
		if bytes.HasPrefix(b, []byte("ASA-")) {
			return p.cisco(b, rec)
		}
		if isJunosTag(b) {
			return p.junos(b, rec)
		}
	case 'F', 'P':
		if isJunosFilter(b) {
			return p.junosFilter(b, rec)
		}
		if bytes.HasPrefix(b, []byte("FTD-")) || bytes.HasPrefix(b, []byte("PIX-")) {
			return p.cisco(b, rec)
		}
		if bytes.HasPrefix(b, []byte("FLOW_")) {
			return p.junos(b, rec)
		}
	case 'N', '[', '-':
		if bytes.Contains(head, []byte("based")) && p.cgnEvent(b, rec) {
			return true
		}
	}
	if rec.Word == "malformed" {
		return p.malformed(b, rec)
	}
	if index(head[:min(len(head), 24)], "<NAT444>:<") >= 0 {
		return nat444(b, rec)
	}
	if index(head[:min(len(head), 64)], "NetScreen device_id=") >= 0 {
		return p.netscreen(b, rec)
	}
	if b[0] == 'f' && b[1] == 'p' && b[2] == 'c' { // the line card in front: "fpc0 PFE_FW_SYSLOG_IP: FW: …"
		if _, r := word(b); isJunosFilter(r) {
			return p.junosFilter(r, rec)
		}
	}
	if b[0] == 'J' || b[0] == 'A' || bytes.IndexByte(head, '{') >= 0 {
		if i := junosServicesAt(b); i >= 0 {
			return p.junosServices(b[i:], rec)
		}
	}
	return p.netos(b, rec)
}

// junosHost takes the routing engine off a Junos name: re0.edge01 and re1.edge01 are one router, whichever engine leads.
func junosHost(h []byte) []byte {
	if len(h) > 4 && h[0] == 'r' && h[1] == 'e' && isDigit(h[2]) && h[3] == '.' {
		return h[4:]
	}
	return h
}

// percent reads a message whose first % stands at b[i].
func (p *Parser) percent(b []byte, i int, rec *Record) bool {
	if i+1 < len(b) && b[i+1] == '%' {
		if !p.huawei(b[i:], rec) {
			return false
		}
		ciscoHeader(b[:i], rec)
		return true
	}
	if i+1 < len(b) && b[i+1] == '@' {
		return bytes.Contains(b[:min(len(b), 160)], []byte("USERLOG/")) && h3cUserLog(b, rec)
	}
	m, ok := findMnemonic(b)
	if !ok {
		return false
	}
	switch string(m.facility[:min(len(m.facility), 3)]) {
	case "ASA", "PIX", "FTD", "NGI":
		if !p.cisco(b[m.at+1:], rec) {
			return false
		}
		if rec.Host == nil && rec.App != nil && rec.PID == nil && m.at == 0 && !isZone(rec.App) && !allDigits(rec.App) {
			rec.Host, rec.App = rec.App, nil // "dev01: %ASA-…": the device's name, not a tag
		}
	default:
		if isJunosTag(m.name) {
			return p.junos(b[m.at:], rec)
		}
		if !p.ios(m, rec) {
			return false
		}
	}
	ciscoHeader(b[:m.at], rec)
	return true
}

// malformed reads what comes with an RFC 5424 header that breaks the grammar: SRX leaves out the zone, CGN routers write
// the date in words.
func (p *Parser) malformed(b []byte, rec *Record) bool {
	head := b[:min(len(b), 256)]
	for _, mark := range [...]string{" - RT_", " - APPTRACK_"} {
		i := bytes.Index(head, []byte(mark))
		if i < 0 || !p.junos(b[i+3:], rec) {
			continue
		}
		_, r := word(b[:i])
		var s Stamp
		if rest, ok := s.stampISO(r); ok {
			rec.Stamp = s
			rec.Host, r = word(rest)
			rec.App, _ = word(r)
		}
		return true
	}
	if bytes.Contains(head, []byte("NAT4")) || bytes.Contains(head, []byte("DSLite")) {
		if !p.cgnEvent(b, rec) {
			return false
		}
		_, r := word(b) // 1 2011 May 31 10:30:45 192.168.2.3 - - NAT44 - […]
		ciscoHeader(r[:max(bytes.Index(r, []byte(" -")), 0)], rec)
		return true
	}
	return false
}
