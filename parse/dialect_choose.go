package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

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
		whole := scan.TrimBody(rec.tagged)
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
	if scan.Index(head[:min(len(head), 24)], "<NAT444>:<") >= 0 {
		return nat444(b, rec)
	}
	if scan.Index(head[:min(len(head), 64)], "NetScreen device_id=") >= 0 {
		return p.netscreen(b, rec)
	}
	if b[0] == 'f' && b[1] == 'p' && b[2] == 'c' { // the line card in front: "fpc0 PFE_FW_SYSLOG_IP: FW: …"
		if _, r := scan.Word(b); isJunosFilter(r) {
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
	if len(rec.Host) >= 4 && scan.IsUpper(rec.Host[0]) && p.hostIsVerb(b, rec) {
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
		if string(rec.App) == "CEF" && scan.IsDigit(b[0]) {
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
		if scan.EqualLower(rec.App, "checkpoint") {
			return p.checkpoint(b, rec)
		}
	}
	switch c := b[0]; {
	case c == '[':
		return p.bracketB(b, rec)
	case scan.IsDigit(c):
		return p.digitB(b, rec)
	case scan.IsUpper(c):
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
		if _, rest := scan.Word(b); bytes.HasPrefix(scan.TrimLeft(rest), []byte("sn=")) {
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

// wordsB reads sentences that begin with a small letter.
func (p *Parser) wordsB(b []byte, rec *Record) bool {
	w, rest := scan.Word(b)
	switch {
	case b[3] == '/' && scan.IsDigit(b[4]):
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
		if isWindowsAction(scan.Until(b[:min(len(b), 18)], " ")) {
			return p.windowsFirewall(b, rec)
		}
		if bytes.HasPrefix(b, []byte("DESTROY CONN: ")) {
			return p.sixwind(b, rec)
		}
	case 'C':
		if bytes.HasPrefix(b, []byte("CEF:")) {
			return p.cef(b, len(b)-len(scan.TrimLeft(b[4:])), rec)
		}
		if bytes.HasPrefix(b, []byte("CONN: ")) || bytes.HasPrefix(b, []byte("CLOSE ")) {
			return b[1] == 'O' && p.clavister(b, rec) || p.windowsFirewall(b, rec)
		}
		if bytes.HasPrefix(b, []byte("Checkpoint: ")) {
			return p.checkpoint(scan.TrimLeft(b[12:]), rec)
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
			if w := scan.Until(b[:min(len(b), 32)], " "); bytes.HasSuffix(w, []byte(":")) && bytes.IndexByte(w, '-') > 0 {
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
	if yamahaInterface(scan.Until(b[:min(len(b), 24)], " ")) {
		return p.yamaha(b, rec)
	}
	return p.barracudaAt(b, rec) || p.watchguardAt(b, rec)
}

// bracketB reads what begins with a name in brackets.
func (p *Parser) bracketB(b []byte, rec *Record) bool {
	if bytes.HasPrefix(b, []byte("[action:")) || bytes.HasPrefix(b, []byte("[flags:")) || bytes.HasPrefix(b, []byte("[Fields@1.3.6.1.4.1.2620")) {
		return p.checkpoint(b, rec)
	}
	if len(b) > 5 && scan.IsUpper(b[1]) && scan.IsUpper(b[2]) {
		return p.yamaha(b, rec)
	}
	return false
}

// digitB reads what begins with a number: Palo Alto's columns, Meraki's Unix stamp, Sophos' stamp, CEF without its name,
// an address in front of a SonicWall line.
func (p *Parser) digitB(b []byte, rec *Record) bool {
	i := 1
	for i < len(b) && i < 12 && scan.IsDigit(b[i]) {
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
		if w, rest := scan.Word(b); bytes.HasPrefix(scan.TrimLeft(rest), []byte("id=")) && len(rest) > 16 && scan.Addr(w).IsValid() {
			if !p.lowerB(scan.TrimLeft(rest), rec) {
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

// familyC sniffs for pf, ipfw, conntrack's XML, ulogd's JSON, DNS and DHCP servers by their tag, and for what tools
// print by the first byte of a line that has no tag. It leaves nothing behind where it returns false.
func (p *Parser) familyC(b []byte, rec *Record) bool {
	if len(b) < 4 {
		return false
	}
	known := false
	if len(rec.App) > 0 {
		known = p.taggedC(b, rec)
	} else {
		known = p.untaggedC(b, rec)
	}
	if !known && (rec.Dialect != "" || rec.Src.IsValid() || rec.Dst.IsValid() || rec.Proto != 0 || rec.Action != "" || rec.InIf != nil || rec.QName != nil) {
		undo(rec) // the next dialect must find nothing of what was tried here
	}
	return known
}

// taggedC goes by the syslog tag.
func (p *Parser) taggedC(b []byte, rec *Record) bool {
	switch string(rec.App) {
	case "kernel", "klogd", "/bsd", "/kernel", "mach_kernel":
		return p.kernelC(b, rec)
	case "filterlog":
		return p.filterlog(b, rec)
	case "pf", "pflog", "pflogd":
		return p.pflog(b, rec)
	case "ipfw":
		return p.ipfw(b, rec)
	case "unbound":
		return p.unbound(b, rec)
	case "named", "bind", "bind9":
		return p.bind(b, rec)
	case "queries", "security", "query-errors", "responses", "rate-limit", "resolver":
		if rec.PID != nil || !p.bind(b, rec) {
			return false
		}
		rec.App = nil // a category of BIND's own file
		return true
	case "nsd", "knotd", "kresd":
		return p.nsdKnot(b, rec)
	case "pdns_recursor", "pdns", "pdns_server", "dnsdist", "pdns-recursor":
		return p.powerDNS(b, rec)
	case "AdGuardHome", "adguardhome":
		return p.adguardText(b, rec)
	case "dhcpd", "dhcpd4", "dhcpd6", "isc-dhcpd":
		return p.iscDHCP(b, rec)
	case "kea-dhcp4", "kea-dhcp6", "kea-dhcp-ddns", "kea":
		return p.kea(b, rec)
	case "udhcpd":
		return udhcpd(b, rec)
	case "odhcpd":
		return odhcpd(b, rec)
	case "coredns", "CoreDNS":
		return p.coreDNS(b, rec)
	case "systemd-oomd", "earlyoom":
		return p.userOOM(b, rec)
	case "systemd":
		return p.unitOOM(b, rec)
	case "ulogd":
		return b[0] == '{' && p.jsonLine(b, rec) || b[0] == '<' && (conntrackXML(b, rec) || p.nflogXML(b, rec))
	case "conntrack":
		return b[0] == '<' && conntrackXML(b, rec)
	case "ping", "ping6", "fping":
		return p.ping(b, rec)
	case "tcpdump":
		return p.tcpdump(b, rec)
	case "mtr":
		return p.mtr(b, rec)
	case "traceroute":
		return p.traceroute(b, rec)
	}
	return string(rec.Host) == "rule" && rec.tagged != nil && p.taggedRule(rec)
}

// kernelC reads what the kernels of the BSDs say of packets.
func (p *Parser) kernelC(b []byte, rec *Record) bool {
	switch b[0] {
	case 'i':
		return scan.Has(b, "ipfw: ") && p.ipfw(b, rec)
	case 'C', 'S':
		return inVain(b, rec)
	case '[':
		return p.pfLimit(b, rec)
	}
	return false
}

// untaggedC goes by the first byte.
func (p *Parser) untaggedC(b []byte, rec *Record) bool {
	if rec.Stamp.HasUptime {
		return p.kernelC(b, rec) // no tool prints an uptime
	}
	if string(rec.Host) == "client" && bytes.IndexByte(b[:min(len(b), 80)], '#') > 0 && p.bindClient(b, rec.Stamp, rec) {
		rec.Host = nil
		return true
	}
	switch c := b[0]; {
	case scan.IsDigit(c):
		return p.digitC(b, rec)
	case c == '{':
		return p.jsonLine(b, rec)
	case c == '<':
		return conntrackXML(b, rec) || p.nflogXML(b, rec)
	case c == '[':
		return p.bracketC(b, rec)
	case c == '|':
		return p.tshark(b, rec) || tsharkNote(b, rec) || mtrNote(b, rec)
	case c == '>':
		return len(rec.Host) > 0 && p.tcpdump(b, rec)
	}
	return p.letterC(b, rec)
}

// bracketC reads lines whose first word stands in brackets and is no stamp that a header knows.
func (p *Parser) bracketC(b []byte, rec *Record) bool {
	switch {
	case len(b) > 24 && scan.IsDigit(b[1]) && scan.IsDigit(b[4]) && b[5] == '-':
		return p.technitium(b, rec) || ftl(b, rec)
	case scan.Has(b, "[kea-"):
		return p.kea(b, rec)
	case scan.Has(b, "[INFO] "):
		return p.coreDNS(b, rec)
	case scan.Has(b, "[error] ") || scan.Has(b, "[info] "):
		return p.adguardText(b, rec)
	case scan.Has(b, "[zone: "):
		return p.pfLimit(b, rec)
	case scan.IsDigit(b[1]) && scan.Within(b[:min(len(b), 48)], "] "):
		return p.unboundFile(b, rec)
	}
	return false
}

// digitC reads lines that begin with a number: an address, a clock, a hop, a size.
func (p *Parser) digitC(b []byte, rec *Record) bool {
	switch string(rec.Host) {
	case "IP", "IP6":
		return p.tcpdump(b, rec)
	case "rule":
		if p.pflog(b, rec) {
			rec.Host = nil
			return true
		}
		return false
	}
	if len(b) > 20 {
		if i := bytes.Index(b[:min(len(b), 48)], packetWord); i > 0 && p.windowsDNS(b, i+1, rec) {
			return true
		}
		if p.pveFirewall(b, rec) { // a note of its daemon; packets have gone before
			return true
		}
		switch {
		case b[2] == ':' && b[5] == ':':
			if scan.Within(b[:min(len(b), 24)], " rule ") {
				return p.pflogClock(b, rec)
			}
			if p.tcpdump(b, rec) || p.tcpdumpOther(b, rec) {
				return true
			}
		case b[2] == '-' && b[6] == '-':
			return p.bind(b, rec)
		}
		if i := bytes.IndexByte(b[:min(len(b), 10)], ','); i > 0 {
			return p.csvC(b, rec)
		}
		if scan.Within(b[:min(len(b), 48)], "ipfw: ") {
			return p.wipfw(b, rec)
		}
		if scan.Within(b[:min(len(b), 64)], " question for '") {
			return p.powerDNS(b, rec)
		}
	}
	if i := bytes.IndexByte(b, '>'); i > 0 && scan.Within(b[i-1:], " > ") && p.tcpdump(b, rec) {
		return true
	}
	if len(b) > 1024 {
		return false
	}
	if i := bytes.IndexByte(b[:min(len(b), 6)], ' '); i > 0 && len(b) > i+1 && b[i+1] == ' ' && p.traceroute(b, rec) {
		return true // two blanks stand behind a hop's number
	}
	if arrow(b) > 0 {
		return p.tshark(b, rec)
	}
	return p.mtr(b, rec) || p.ping(b, rec) || p.traceroute(b, rec) || p.tshark(b, rec) || tcpdumpNote(b, rec) || mtrNote(b, rec)
}

// csvC tells the two comma separated dialects apart.
func (p *Parser) csvC(b []byte, rec *Record) bool {
	if i := bytes.IndexByte(b, '/'); i > 0 && i < 12 && len(b) > i+4 && b[i+3] == '/' {
		return p.windowsDHCP(b, rec)
	}
	return p.filterlog(b, rec)
}

// letterC reads what begins with a letter or with a byte beyond ASCII.
func (p *Parser) letterC(b []byte, rec *Record) bool {
	switch b[0] {
	case 'f':
		if rest, ok := bytes.CutPrefix(b, []byte("filterlog: ")); ok {
			return p.filterlog(scan.TrimLeft(rest), rec)
		}
	case 'i':
		if scan.Has(b, "ipfw: ") {
			return p.ipfw(b, rec)
		}
		if scan.Has(b, "info: ") {
			return p.unbound(b, rec)
		}
	case 'q', 's', 'c', 'r':
		if scan.Has(b, "client ") || scan.Has(b, "queries: ") || scan.Has(b, "responses: ") || scan.Has(b, "security: ") || scan.Has(b, "query-errors: ") || scan.Has(b, "resolver: ") {
			return p.bind(b, rec)
		}
		if scan.Has(b, "query: ") || scan.Has(b, "reply: ") {
			return p.unbound(b, rec)
		}
		if scan.Has(b, "rule ") {
			return p.pflog(b, rec)
		}
	case 't':
		if scan.Has(b, "trace id ") {
			return p.nftTrace(b, rec)
		}
	case 'u':
		if scan.Has(b, "udhcpd: ") {
			return udhcpd(b, rec)
		}
		if scan.Has(b, "unbound[") {
			return p.unbound(b, rec)
		}
	case 'D':
		if scan.Has(b, "DHCP4_") || scan.Has(b, "DHCP6_") {
			return false
		}
		if scan.Has(b, "DHCP") && bytes.IndexByte(b[:min(len(b), 16)], '(') < 0 && (scan.Within(b, " via ") || scan.Within(b, " from ")) {
			return p.iscDHCP(b, rec)
		}
	case 'G':
		if scan.Has(b, "Got query for ") {
			return p.powerDNS(b, rec)
		}
	case 'P':
		if scan.Has(b, "Packet from ") {
			return p.powerDNS(b, rec)
		}
		if scan.Has(b, "PACKET ") && len(rec.Host) == 4 && p.windowsDNS(b, 0, rec) {
			rec.Host = nil // the number of the server's thread
			return true
		}
	case 'm':
		if scan.Has(b, `msg="Question"`) {
			return p.powerDNS(b, rec)
		}
	case 'C', 'S':
		if inVain(b, rec) {
			return true
		}
	case 'M':
		if scan.Has(b, "MTR.") || scan.Has(b, "Mtr_") {
			return p.mtr(b, rec) || mtrNote(b, rec)
		}
	}
	if scan.Within(b[:min(len(b), 40)], "[kea-") {
		return p.kea(b, rec)
	}
	return p.toolC(b, rec)
}

// toolC reads tcpdump with words in front, pings in any language, and headings. It comes last, for untagged lines only.
func (p *Parser) toolC(b []byte, rec *Record) bool {
	switch b[0] {
	case 'I', 'O', 'M', 'P', 'B', 'A', 'a':
		w, _ := scan.Word(b)
		switch string(w) {
		case "IP", "IP6", "In", "Out", "M", "P", "B", "ARP,", "arp":
			return p.tcpdump(b, rec)
		}
	}
	if scan.Has(b, "IN=") || len(rec.Host) > 0 || len(b) > 240 {
		return false // tools have no host in front of what they print
	}
	if rec.indent > 3 && scan.Within(b, " > ") && p.tcpdump(b, rec) {
		return true
	}
	if len(b) > 5 && b[1] == ' ' && scan.IsDigit(b[2]) && p.mtrRaw(b, rec) {
		return true
	}
	if p.ping(b, rec) || tcpdumpNote(b, rec) || traceNote(b, rec) || mtrNote(b, rec) || tsharkNote(b, rec) {
		return true
	}
	if rec.indent > 0 && p.traceroute(b, rec) {
		return true
	}
	last := b[len(b)-1]
	return (scan.IsDigit(last) || last == '%' || last == '|') && p.tshark(b, rec) // a row of a table ends in a number
}

// familyD reads what the common daemons of a router say about logins, links and lost messages. It goes by the tag.
func (p *Parser) familyD(b []byte, rec *Record) bool {
	if len(rec.App) < 3 || len(b) < 8 {
		return false
	}
	switch string(rec.App) {
	case "sshd", "sshd-session", "dropbear":
		return p.login(b, rec)
	case "systemd-journald", "systemd-journal", "journald", "journal", "rsyslogd", "rsyslogd-2177", "imuxsock", "imjournal", "syslog-ng":
		return p.lost(b, rec)
	case "pppd", "netifd", "systemd-networkd", "NetworkManager", "dhcpcd":
		return p.linkDaemon(b, rec)
	}
	if bytes.HasPrefix(b, []byte("segfault at ")) || bytes.HasPrefix(b, []byte("general protection")) || bytes.HasPrefix(b, []byte("trap ")) {
		rec.Detail, rec.Dialect = p.name(rec.App), "kernel" // the kernel says "httpd[870]: segfault at …": no tag, but a process
		return mark(rec, System, "other")
	}
	return false
}

// dialect reads b in the dialect that its looks choose, or its sender is known to write, and leaves nothing behind where that
// fails.
func (p *Parser) dialect(b []byte, rec *Record) bool {
	if p.own != nil {
		return p.asked(b, rec)
	}
	word := rec.Word
	if p.choose(b, rec) {
		return true
	}
	rec.clear(word)
	return false
}

var rtPrefix = []byte("RT_")

// choose goes by the tag and by the words that only one dialect has.
func (p *Parser) choose(b []byte, rec *Record) bool {
	if len(b) == 0 {
		return false
	}
	if bytes.HasPrefix(rec.App, []byte("dnsmasq")) {
		return p.dnsmasq(b, rec)
	}
	before := rec.Word
	first := bytes.IndexByte(b[:min(len(b), 48)], '%') >= 0 || bytes.HasPrefix(b, rtPrefix) || bytes.HasPrefix(rec.App, rtPrefix) || bytes.HasPrefix(rec.msgID, rtPrefix)
	if first { // Cisco's mnemonic, Junos' RT_FLOW
		if p.familyA(b, rec) {
			return true
		}
		rec.clear(before)
	}
	if i := scan.Index(b, "SRC="); i >= 0 {
		if isULOGD(b) {
			return ulogd(b, rec)
		}
		if len(b) > 20 && scan.IsDigit(b[0]) && p.pveFirewall(b, rec) {
			return true
		}
		if p.netfilter(b, i, rec) || p.arpLog(b, rec) {
			return true
		}
		rec.clear(before) // an address in a web server's log, say
	}
	kernel := speaksKernel(rec)
	if kernel && (rec.Stamp.HasUptime || string(rec.App) == "kernel") && b[0] != '[' { // BSD's kernel begins with a bracket
		if p.kernelC(b, rec) || p.kernel(b, rec) {
			return true
		}
		rec.clear(before)
		kernel = false
	}
	// The frequent ones go first where nothing else can look like them: a family's look costs 10 to 70 ns.
	if b[0] == '[' && len(b) > 8 {
		if i := scan.Index(b, "src="); i >= 0 && conntrack(b, i, rec) {
			return true
		}
	}
	if len(rec.Host) == 0 && tableEntry(b, rec) {
		return true
	}
	// A console's own stamp, and CEF, are the family's.
	if !scan.IsDigit(b[0]) && (len(b) < 4 || b[3] != '/') && scan.Within(b[:min(len(b), 64)], " in:") && bytes.IndexByte(b[:min(len(b), 64)], '|') < 0 && p.mikrotikLine(b, rec) {
		return true
	}
	if p.familyB(b, rec) || !first && p.familyA(b, rec) {
		return true
	}
	rec.clear(before)
	if p.familyC(b, rec) {
		return true
	}
	if i := scan.Index(b, "src="); i >= 0 {
		return conntrack(b, i, rec)
	}
	if p.mikrotikLine(b, rec) || p.familyD(b, rec) { // its prefix may be longer than what was looked at above
		return true
	}
	if kernel && p.kernel(b, rec) {
		return true
	}
	if len(rec.App) == 0 {
		return false
	}
	rec.clear(before)
	return everyday(rec)
}

// speaksKernel says whether the message may be the kernel's: a daemon, which has a pid, cannot speak for it.
func speaksKernel(rec *Record) bool {
	return len(rec.PID) == 0 || string(rec.App) == "kernel" || string(rec.App) == "klogd"
}

func (p *Parser) mikrotikLine(b []byte, rec *Record) bool {
	i := scan.Index(b, " proto ")
	return i >= 0 && isMikrotik(b[:i]) && p.mikrotik(b, i+1, rec)
}

// withTag is the body with its tag where that tag may be the start of a kernel message: a sender that leaves out
// "kernel:" makes "nf_conntrack:" look like a tag. It is nil where that cannot be.
func withTag(rec *Record) []byte {
	if len(rec.App) == 0 || len(rec.PID) > 0 || string(rec.App) == "kernel" || rec.tagged == nil {
		return nil
	}
	return scan.TrimBody(rec.tagged)
}

// ownReader is how a dialect is asked. Most have a mark that no line of theirs lacks: these are asked where they look for it.
func ownReader(name string) func(*Parser, []byte, *Record) bool {
	switch name {
	case "cisco", "cisco-ios", "cisco-cgn", "junos", "junos-services", "netscreen", "huawei", "netos", "nat-syslog":
		return (*Parser).familyA
	case "fortigate", "paloalto", "checkpoint", "sonicwall", "stormshield", "sophos", "watchguard", "barracuda", "clavister", "zyxel", "yamaha",
		"nec-ix", "buffalo", "cef", "leef", "windows-fw", "lfd", "a10", "6wind", "nfware", "f5-lsn", "nokia-isa":
		return (*Parser).familyB
	case "meraki":
		return (*Parser).ownMeraki
	case "mikrotik":
		return (*Parser).ownMikrotik
	case "dnsmasq":
		return (*Parser).ownDNSMasq
	case "netfilter":
		return func(p *Parser, b []byte, rec *Record) bool {
			i := scan.Index(b, "SRC=")
			return i >= 0 && p.netfilter(b, i, rec) || p.arpLog(b, rec)
		}
	case "ulogd":
		return func(_ *Parser, b []byte, rec *Record) bool { return isULOGD(b) && ulogd(b, rec) }
	case "conntrack":
		return func(_ *Parser, b []byte, rec *Record) bool {
			i := scan.Index(b, "src=")
			return i >= 0 && conntrack(b, i, rec) || tableEntry(b, rec)
		}
	case "kernel":
		return func(p *Parser, b []byte, rec *Record) bool { return speaksKernel(rec) && p.kernel(b, rec) }
	case "syslog", "login", "link":
		return (*Parser).familyD
	case "daemon":
		return func(_ *Parser, _ []byte, rec *Record) bool { return everyday(rec) }
	case "journal":
		return func(*Parser, []byte, *Record) bool { return false } // its header has told
	}
	return ownTagged(name)
}

// ownTagged is how a dialect is asked that goes by the tag of its daemon: as if the line had it, and as if it had none.
func ownTagged(name string) func(*Parser, []byte, *Record) bool {
	tag, ok := map[string]string{
		"pf": "filterlog", "ipfw": "ipfw", "unbound": "unbound", "bind": "named", "efficientip": "named", "nsd": "nsd", "knot": "knotd",
		"powerdns": "pdns_recursor", "adguard": "AdGuardHome", "dhcpd": "dhcpd", "kea": "kea-dhcp4", "udhcpd": "udhcpd", "odhcpd": "odhcpd",
		"coredns": "coredns", "oomd": "systemd-oomd", "ulogd-json": "ulogd", "nflog-xml": "ulogd", "conntrack-xml": "conntrack",
		"ping": "ping", "tcpdump": "tcpdump", "mtr": "mtr", "traceroute": "traceroute",
		"tshark": "", "technitium": "", "pihole": "", "windows-dhcp": "", "windows-dns": "", "nft-trace": "",
	}[name]
	if !ok {
		return nil
	}
	tags := [][]byte{[]byte(tag), nil}
	if name == "pf" {
		tags = [][]byte{[]byte(tag), []byte("pflog"), nil}
	}
	return func(p *Parser, b []byte, rec *Record) bool {
		app := rec.App
		for _, t := range tags {
			if rec.App = t; p.familyC(b, rec) && rec.Dialect == name {
				rec.App = app
				return true
			}
			undo(rec)
		}
		rec.App = app
		return false
	}
}
