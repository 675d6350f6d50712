package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// familyA reads the messages of Cisco, Juniper, NetScreen, Huawei and H3C. What gives them away: a mnemonic behind a %,
// the name of a Junos process, "NetScreen device_id=". It costs a foreign line a look at its first bytes.
func familyA(b []byte, rec *Record) bool {
	if isJunosTag(rec.App) || len(b) > 8 && b[0] == 'R' && b[1] == 'T' && b[2] == '_' || rec.msgID != nil && isJunosTag(rec.msgID) {
		return junos(b, rec)
	}
	if len(b) < 8 {
		return false
	}
	if rec.msgID != nil && isNATSyslog(rec.msgID) {
		return natSyslog(b, rec)
	}
	if rec.tagged != nil && isServicesTag(rec.App) {
		whole := scan.TrimBody(rec.tagged)
		if !junosServices(whole, rec) {
			return false
		}
		rec.App, rec.Body = nil, whole
		return true
	}
	head := b[:min(len(b), 256)]
	if i := bytes.IndexByte(head, '%'); i >= 0 && percent(b, i, rec) {
		return true
	}
	switch b[0] {
	case 'A':
		if bytes.HasPrefix(b, []byte("ASA-")) {
			return cisco(b, rec)
		}
		if isJunosTag(b) {
			return junos(b, rec)
		}
	case 'F', 'P':
		if isJunosFilter(b) {
			return junosFilter(b, rec)
		}
		if bytes.HasPrefix(b, []byte("FTD-")) || bytes.HasPrefix(b, []byte("PIX-")) {
			return cisco(b, rec)
		}
		if bytes.HasPrefix(b, []byte("FLOW_")) {
			return junos(b, rec)
		}
	case 'N', '[', '-':
		if bytes.Contains(head, []byte("based")) && cgnEvent(b, rec) {
			return true
		}
	}
	if rec.Word == "malformed" {
		return malformed(b, rec)
	}
	if scan.Index(head[:min(len(head), 24)], "<NAT444>:<") >= 0 {
		return nat444(b, rec)
	}
	if scan.Index(head[:min(len(head), 64)], "NetScreen device_id=") >= 0 {
		return netscreen(b, rec)
	}
	if b[0] == 'f' && b[1] == 'p' && b[2] == 'c' { // the line card in front: "fpc0 PFE_FW_SYSLOG_IP: FW: …"
		if _, r := scan.Word(b); isJunosFilter(r) {
			return junosFilter(r, rec)
		}
	}
	if b[0] == 'J' || b[0] == 'A' || bytes.IndexByte(head, '{') >= 0 {
		if i := junosServicesAt(b); i >= 0 {
			return junosServices(b[i:], rec)
		}
	}
	return netos(b, rec)
}

// familyB knows the lines of firewalls and carrier-grade NATs that write pairs, columns or sentences of their own. It goes
// by the first bytes of the message and by the tag; a line of anybody else costs a few comparisons.
func familyB(b []byte, rec *Record) bool {
	if len(b) < 8 {
		return false
	}
	dialect, word := rec.Dialect, rec.Word
	if readB(b, rec) {
		return true
	}
	rec.said = said{Dialect: dialect, Word: word}
	return false
}

// readB chooses the dialect; it may leave something behind where it returns false.
func readB(b []byte, rec *Record) bool {
	if len(rec.Host) >= 4 && scan.IsUpper(rec.Host[0]) && hostIsVerb(b, rec) {
		return true
	}
	if rec.Stamp.HasUnix && len(rec.Host) > 0 && len(rec.App) == 0 { // Meraki's line without a priority
		return merakiMessage(rec.Host, rec.Stamp, b, rec)
	}
	switch len(rec.App) {
	case 3:
		if string(rec.App) == "lfd" {
			return lfd(b, rec)
		}
		if string(rec.App) == "EFW" {
			return clavister(b, rec)
		}
		if string(rec.App) == "CEF" && scan.IsDigit(b[0]) {
			return cef(b, 0, rec)
		}
	case 4:
		if string(rec.App) == "CONN" || string(rec.App) == "RULE" {
			return clavister(b, rec)
		}
		if i := bytes.IndexByte(b, '{'); i >= 0 && string(rec.App) == "TMNX" {
			return nokiaISA(b[i:], rec)
		}
	case 8, 13, 14, 18, 19:
		if bytes.HasPrefix(rec.App, []byte("fp-cgnat")) {
			return sixwind(b, rec)
		}
	case 10:
		if scan.EqualLower(rec.App, "checkpoint") {
			return checkpoint(b, rec)
		}
	}
	switch c := b[0]; {
	case c == '[':
		return bracketB(b, rec)
	case scan.IsDigit(c):
		return digitB(b, rec)
	case scan.IsUpper(c):
		return upperB(b, rec)
	case c == '{':
		return nokiaISA(b, rec)
	case c == '#':
		return windowsComment(b, rec)
	case c == '|':
		return bytes.HasPrefix(b, []byte("|hostname=")) && checkpoint(b, rec)
	}
	return lowerB(b, rec)
}

// lowerB reads what begins with a key or with topics.
func lowerB(b []byte, rec *Record) bool {
	if len(b) < 8 || b[0]-'a' >= 26 {
		return false
	}
	eq := bytes.IndexByte(b[:min(len(b), 16)], '=')
	if eq < 0 {
		return wordsB(b, rec)
	}
	switch string(b[:eq]) {
	case "id":
		if b[3] == '"' {
			return sophosUTM(b, rec)
		}
		if _, rest := scan.Word(b); bytes.HasPrefix(scan.TrimLeft(rest), []byte("sn=")) {
			return sonicwall(b, rec)
		}
		return stormshield(b, rec)
	case "date", "devname", "devid", "logver", "itime", "eventtime", "logid", "log_id", "timestamp":
		return fortigate(b, rec)
	case "device", "device_name":
		return sophosXG(b, rec)
	case "src":
		if b[4] == '"' {
			return zyxel(b, rec)
		}
		return bytes.Contains(b, []byte(" dpt=")) && bareExtension(b, rec)
	case "msg_id":
		return watchguardMessage(b, rec)
	case "lsn_event":
		return f5LSN(b, rec)
	case "prio":
		return clavister(b, rec)
	case "time", "hostname", "product", "action", "loguid":
		return bytes.IndexByte(b[:min(len(b), 200)], '|') > 0 && checkpoint(b, rec)
	}
	return false
}

// wordsB reads sentences that begin with a small letter.
func wordsB(b []byte, rec *Record) bool {
	w, rest := scan.Word(b)
	switch {
	case b[3] == '/' && scan.IsDigit(b[4]):
		return mikrotikConsole(b, rec)
	case len(w) > 6 && isTopics(w):
		if bytes.Contains(rest, []byte(" proto ")) {
			return false // the firewall's own lines are read by mikrotik
		}
		return mikrotikLog(w, rest, rec)
	case bytes.HasPrefix(b, []byte("same message repeated ")):
		return yamaha(b, rec)
	case len(rec.PID) > 0 || len(rec.App) > 0:
		return barracudaAt(b, rec)
	case string(w) == "flows", string(w) == "firewall":
		return false
	}
	return mikrotikLog(nil, b, rec)
}

// upperB reads what begins with a capital letter.
func upperB(b []byte, rec *Record) bool {
	switch b[0] {
	case 'A', 'D':
		if bytes.HasPrefix(b, []byte(`Action="`)) {
			return checkpoint(b, rec)
		}
		if len(b) > 16 && string(b[1:6]) == " VRF " {
			return nfware(b, rec)
		}
		if bytes.HasPrefix(b, []byte("Allow ")) || bytes.HasPrefix(b, []byte("Deny ")) {
			return watchguard(b, rec)
		}
		if isWindowsAction(scan.Until(b[:min(len(b), 18)], " ")) {
			return windowsFirewall(b, rec)
		}
		if bytes.HasPrefix(b, []byte("DESTROY CONN: ")) {
			return sixwind(b, rec)
		}
	case 'C':
		if bytes.HasPrefix(b, []byte("CEF:")) {
			return cef(b, len(b)-len(scan.TrimLeft(b[4:])), rec)
		}
		if bytes.HasPrefix(b, []byte("CONN: ")) || bytes.HasPrefix(b, []byte("CLOSE ")) {
			return b[1] == 'O' && clavister(b, rec) || windowsFirewall(b, rec)
		}
		if bytes.HasPrefix(b, []byte("Checkpoint: ")) {
			return checkpoint(scan.TrimLeft(b[12:]), rec)
		}
	case 'E':
		if bytes.HasPrefix(b, []byte("EFW: ")) {
			return clavister(b, rec)
		}
	case 'F':
		if bytes.HasPrefix(b, []byte("FIXED-NAT-PORTS")) {
			return a10Fixed(b, rec)
		}
		if bytes.HasPrefix(b, []byte("FIREWALL")) {
			return buffalo(b, rec)
		}
	case 'I':
		if bytes.HasPrefix(b, []byte("IP[Src=")) {
			return zynos(b, 0, rec)
		}
		if bytes.HasPrefix(b, []byte("IP Tunnel[")) {
			return yamaha(b, rec)
		}
	case 'L':
		if bytes.HasPrefix(b, []byte("LEEF:")) {
			return leef(b, rec)
		}
		if bytes.HasPrefix(b, []byte("LSN_")) {
			return f5LSN(b, rec)
		}
	case 'N':
		if bytes.HasPrefix(b, []byte("NAT")) {
			if w := scan.Until(b[:min(len(b), 32)], " "); bytes.HasSuffix(w, []byte(":")) && bytes.IndexByte(w, '-') > 0 {
				return a10(b, rec)
			}
		}
		if bytes.HasPrefix(b, []byte("NEW CONN: ")) {
			return sixwind(b, rec)
		}
	case 'R':
		if bytes.HasPrefix(b, []byte("RULE: ")) {
			return clavister(b, rec)
		}
	case 'T', 'U':
		if bytes.Contains(b[:min(len(b), 32)], []byte(" connection ")) {
			return buffalo(b, rec)
		}
		if bytes.HasPrefix(b, []byte("USER ")) && bytes.Contains(b, []byte(" BLOCK (")) {
			return sixwind(b, rec)
		}
	case 'Z':
		if i := bytes.Index(b[:min(len(b), 48)], []byte("IP[Src=")); i > 0 {
			return zynos(b, i, rec)
		}
	}
	if n := necixCode(b); n > 0 {
		return necix(b, n, rec)
	}
	if yamahaInterface(scan.Until(b[:min(len(b), 24)], " ")) {
		return yamaha(b, rec)
	}
	return barracudaAt(b, rec) || watchguardAt(b, rec)
}

// bracketB reads what begins with a name in brackets.
func bracketB(b []byte, rec *Record) bool {
	if bytes.HasPrefix(b, []byte("[action:")) || bytes.HasPrefix(b, []byte("[flags:")) || bytes.HasPrefix(b, []byte("[Fields@1.3.6.1.4.1.2620")) {
		return checkpoint(b, rec)
	}
	if len(b) > 5 && scan.IsUpper(b[1]) && scan.IsUpper(b[2]) {
		return yamaha(b, rec)
	}
	return false
}

// digitB reads what begins with a number: Palo Alto's columns, Meraki's Unix stamp, Sophos' stamp, CEF without its name,
// an address in front of a SonicWall line.
func digitB(b []byte, rec *Record) bool {
	i := 1
	for i < len(b) && i < 12 && scan.IsDigit(b[i]) {
		i++
	}
	if i == len(b) {
		return false
	}
	switch b[i] {
	case ',':
		return len(b) > i+6 && b[i+5] == '/' && paloalto(b, rec)
	case '|':
		return i == 1 && cef(b, 0, rec)
	case '.':
		if i >= 9 {
			return meraki(b, rec)
		}
		if w, rest := scan.Word(b); bytes.HasPrefix(scan.TrimLeft(rest), []byte("id=")) && len(rest) > 16 && scan.Addr(w).IsValid() {
			if !lowerB(scan.TrimLeft(rest), rec) {
				return false
			}
			rec.Host = w
			return true
		}
	case ' ':
		if i == 1 && b[0] == '1' {
			return versionB(b, rec)
		}
		if i == 4 && len(b) > 24 && b[7] == ' ' && b[13] == ':' {
			return barracudaAt(b, rec)
		}
	case ':':
		if i == 4 && len(b) > 24 && b[7] == ':' && b[10] == '-' {
			return utmHeader(b, rec)
		}
		if i == 2 && len(b) > 16 && b[5] == ':' {
			return mikrotikConsole(b, rec)
		}
	case '-', '/': // a stamp inside a relayed header
		if i == 4 && len(b) > 24 {
			return datedB(b, rec)
		}
	}
	return false
}

// familyC sniffs for pf, ipfw, conntrack's XML, ulogd's JSON, DNS and DHCP servers by their tag, and for what tools
// print by the first byte of a line that has no tag. It leaves nothing behind where it returns false.
func familyC(b []byte, rec *Record) bool {
	if len(b) < 4 {
		return false
	}
	known := false
	if len(rec.App) > 0 {
		known = taggedC(b, rec)
	} else {
		known = untaggedC(b, rec)
	}
	if !known && (rec.Dialect != "" || rec.Src.IsValid() || rec.Dst.IsValid() || rec.Proto != 0 || rec.Action != "" || rec.InIf != nil || rec.QName != nil) {
		undo(rec) // the next dialect must find nothing of what was tried here
	}
	return known
}

// taggedC goes by the syslog tag.
func taggedC(b []byte, rec *Record) bool {
	switch string(rec.App) {
	case "kernel", "klogd", "/bsd", "/kernel", "mach_kernel":
		return kernelC(b, rec)
	case "filterlog":
		return filterlog(b, rec)
	case "pf", "pflog", "pflogd":
		return pflog(b, rec)
	case "ipfw":
		return ipfw(b, rec)
	case "unbound":
		return unbound(b, rec)
	case "named", "bind", "bind9":
		return bind(b, rec)
	case "queries", "security", "query-errors", "responses", "rate-limit", "resolver":
		if rec.PID != nil || !bind(b, rec) {
			return false
		}
		rec.App = nil // a category of BIND's own file
		return true
	case "nsd", "knotd", "kresd":
		return nsdKnot(b, rec)
	case "pdns_recursor", "pdns", "pdns_server", "dnsdist", "pdns-recursor":
		return powerDNS(b, rec)
	case "AdGuardHome", "adguardhome":
		return adguardText(b, rec)
	case "dhcpd", "dhcpd4", "dhcpd6", "isc-dhcpd":
		return iscDHCP(b, rec)
	case "kea-dhcp4", "kea-dhcp6", "kea-dhcp-ddns", "kea":
		return kea(b, rec)
	case "udhcpd":
		return udhcpd(b, rec)
	case "odhcpd":
		return odhcpd(b, rec)
	case "coredns", "CoreDNS":
		return coreDNS(b, rec)
	case "systemd-oomd", "earlyoom":
		return userOOM(b, rec)
	case "systemd":
		return unitOOM(b, rec)
	case "ulogd":
		return b[0] == '{' && jsonLine(b, rec) || b[0] == '<' && (conntrackXML(b, rec) || nflogXML(b, rec))
	case "conntrack":
		return b[0] == '<' && conntrackXML(b, rec)
	case "ping", "ping6", "fping":
		return ping(b, rec)
	case "tcpdump":
		return tcpdump(b, rec)
	case "mtr":
		return mtr(b, rec)
	case "traceroute":
		return traceroute(b, rec)
	}
	return string(rec.Host) == "rule" && rec.tagged != nil && taggedRule(rec)
}

// kernelC reads what the kernels of the BSDs say of packets.
func kernelC(b []byte, rec *Record) bool {
	switch b[0] {
	case 'i':
		return scan.Has(b, "ipfw: ") && ipfw(b, rec)
	case 'C', 'S':
		return inVain(b, rec)
	case '[':
		return pfLimit(b, rec)
	}
	return false
}

// untaggedC goes by the first byte.
func untaggedC(b []byte, rec *Record) bool {
	if rec.Stamp.HasUptime {
		return kernelC(b, rec) // no tool prints an uptime
	}
	if string(rec.Host) == "client" && bytes.IndexByte(b[:min(len(b), 80)], '#') > 0 && bindClient(b, rec.Stamp, rec) {
		rec.Host = nil
		return true
	}
	switch c := b[0]; {
	case scan.IsDigit(c):
		return digitC(b, rec)
	case c == '{':
		return jsonLine(b, rec)
	case c == '<':
		return conntrackXML(b, rec) || nflogXML(b, rec)
	case c == '[':
		return bracketC(b, rec)
	case c == '|':
		return tshark(b, rec) || tsharkNote(b, rec) || mtrNote(b, rec)
	case c == '>':
		return len(rec.Host) > 0 && tcpdump(b, rec)
	}
	return letterC(b, rec)
}

// bracketC reads lines whose first word stands in brackets and is no stamp that a header knows.
func bracketC(b []byte, rec *Record) bool {
	switch {
	case len(b) > 24 && scan.IsDigit(b[1]) && scan.IsDigit(b[4]) && b[5] == '-':
		return technitium(b, rec) || ftl(b, rec)
	case scan.Has(b, "[kea-"):
		return kea(b, rec)
	case scan.Has(b, "[INFO] "):
		return coreDNS(b, rec)
	case scan.Has(b, "[error] ") || scan.Has(b, "[info] "):
		return adguardText(b, rec)
	case scan.Has(b, "[zone: "):
		return pfLimit(b, rec)
	case scan.IsDigit(b[1]) && scan.Within(b[:min(len(b), 48)], "] "):
		return unboundFile(b, rec)
	}
	return false
}

// digitC reads lines that begin with a number: an address, a clock, a hop, a size.
func digitC(b []byte, rec *Record) bool {
	switch string(rec.Host) {
	case "IP", "IP6":
		return tcpdump(b, rec)
	case "rule":
		if pflog(b, rec) {
			rec.Host = nil
			return true
		}
		return false
	}
	if len(b) > 20 {
		if i := bytes.Index(b[:min(len(b), 48)], packetWord); i > 0 && windowsDNS(b, i+1, rec) {
			return true
		}
		if pveFirewall(b, rec) { // a note of its daemon; packets have gone before
			return true
		}
		switch {
		case b[2] == ':' && b[5] == ':':
			if scan.Within(b[:min(len(b), 24)], " rule ") {
				return pflogClock(b, rec)
			}
			if tcpdump(b, rec) || tcpdumpOther(b, rec) {
				return true
			}
		case b[2] == '-' && b[6] == '-':
			return bind(b, rec)
		}
		if i := bytes.IndexByte(b[:min(len(b), 10)], ','); i > 0 {
			return csvC(b, rec)
		}
		if scan.Within(b[:min(len(b), 48)], "ipfw: ") {
			return wipfw(b, rec)
		}
		if scan.Within(b[:min(len(b), 64)], " question for '") {
			return powerDNS(b, rec)
		}
	}
	if i := bytes.IndexByte(b, '>'); i > 0 && scan.Within(b[i-1:], " > ") && tcpdump(b, rec) {
		return true
	}
	if len(b) > 1024 {
		return false
	}
	if i := bytes.IndexByte(b[:min(len(b), 6)], ' '); i > 0 && len(b) > i+1 && b[i+1] == ' ' && traceroute(b, rec) {
		return true // two blanks stand behind a hop's number
	}
	if arrow(b) > 0 {
		return tshark(b, rec)
	}
	return mtr(b, rec) || ping(b, rec) || traceroute(b, rec) || tshark(b, rec) || tcpdumpNote(b, rec) || mtrNote(b, rec)
}

// csvC tells the two comma separated dialects apart.
func csvC(b []byte, rec *Record) bool {
	if i := bytes.IndexByte(b, '/'); i > 0 && i < 12 && len(b) > i+4 && b[i+3] == '/' {
		return windowsDHCP(b, rec)
	}
	return filterlog(b, rec)
}

// letterC reads what begins with a letter or with a byte beyond ASCII.
func letterC(b []byte, rec *Record) bool {
	switch b[0] {
	case 'f':
		if rest, ok := bytes.CutPrefix(b, []byte("filterlog: ")); ok {
			return filterlog(scan.TrimLeft(rest), rec)
		}
	case 'i':
		if scan.Has(b, "ipfw: ") {
			return ipfw(b, rec)
		}
		if scan.Has(b, "info: ") {
			return unbound(b, rec)
		}
	case 'q', 's', 'c', 'r':
		if scan.Has(b, "client ") || scan.Has(b, "queries: ") || scan.Has(b, "responses: ") || scan.Has(b, "security: ") || scan.Has(b, "query-errors: ") || scan.Has(b, "resolver: ") {
			return bind(b, rec)
		}
		if scan.Has(b, "query: ") || scan.Has(b, "reply: ") {
			return unbound(b, rec)
		}
		if scan.Has(b, "rule ") {
			return pflog(b, rec)
		}
	case 't':
		if scan.Has(b, "trace id ") {
			return nftTrace(b, rec)
		}
	case 'u':
		if scan.Has(b, "udhcpd: ") {
			return udhcpd(b, rec)
		}
		if scan.Has(b, "unbound[") {
			return unbound(b, rec)
		}
	case 'D':
		if scan.Has(b, "DHCP4_") || scan.Has(b, "DHCP6_") {
			return false
		}
		if scan.Has(b, "DHCP") && bytes.IndexByte(b[:min(len(b), 16)], '(') < 0 && (scan.Within(b, " via ") || scan.Within(b, " from ")) {
			return iscDHCP(b, rec)
		}
	case 'G':
		if scan.Has(b, "Got query for ") {
			return powerDNS(b, rec)
		}
	case 'P':
		if scan.Has(b, "Packet from ") {
			return powerDNS(b, rec)
		}
		if scan.Has(b, "PACKET ") && len(rec.Host) == 4 && windowsDNS(b, 0, rec) {
			rec.Host = nil // the number of the server's thread
			return true
		}
	case 'm':
		if scan.Has(b, `msg="Question"`) {
			return powerDNS(b, rec)
		}
	case 'C', 'S':
		if inVain(b, rec) {
			return true
		}
	case 'M':
		if scan.Has(b, "MTR.") || scan.Has(b, "Mtr_") {
			return mtr(b, rec) || mtrNote(b, rec)
		}
	}
	if scan.Within(b[:min(len(b), 40)], "[kea-") {
		return kea(b, rec)
	}
	return toolC(b, rec)
}

// toolC reads tcpdump with words in front, pings in any language, and headings. It comes last, for untagged lines only.
func toolC(b []byte, rec *Record) bool {
	switch b[0] {
	case 'I', 'O', 'M', 'P', 'B', 'A', 'a':
		w, _ := scan.Word(b)
		switch string(w) {
		case "IP", "IP6", "In", "Out", "M", "P", "B", "ARP,", "arp":
			return tcpdump(b, rec)
		}
	}
	if scan.Has(b, "IN=") || len(rec.Host) > 0 || len(b) > 240 {
		return false // tools have no host in front of what they print
	}
	if rec.indent > 3 && scan.Within(b, " > ") && tcpdump(b, rec) {
		return true
	}
	if len(b) > 5 && b[1] == ' ' && scan.IsDigit(b[2]) && mtrRaw(b, rec) {
		return true
	}
	if ping(b, rec) || tcpdumpNote(b, rec) || traceNote(b, rec) || mtrNote(b, rec) || tsharkNote(b, rec) {
		return true
	}
	if rec.indent > 0 && traceroute(b, rec) {
		return true
	}
	last := b[len(b)-1]
	return (scan.IsDigit(last) || last == '%' || last == '|') && tshark(b, rec) // a row of a table ends in a number
}

// familyD reads what the common daemons of a router say about logins, links and lost messages. It goes by the tag.
func familyD(b []byte, rec *Record) bool {
	if len(rec.App) < 3 || len(b) < 8 {
		return false
	}
	switch string(rec.App) {
	case "sshd", "sshd-session", "dropbear":
		return login(b, rec)
	case "systemd-journald", "systemd-journal", "journald", "journal", "rsyslogd", "rsyslogd-2177", "imuxsock", "imjournal", "syslog-ng":
		return lost(b, rec)
	case "pppd", "netifd", "systemd-networkd", "NetworkManager", "dhcpcd":
		return linkDaemon(b, rec)
	}
	if bytes.HasPrefix(b, []byte("segfault at ")) || bytes.HasPrefix(b, []byte("general protection")) || bytes.HasPrefix(b, []byte("trap ")) {
		rec.detail, rec.Dialect = rec.App, "kernel" // the kernel says "httpd[870]: segfault at …": no tag, but a process
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
	if choose(b, rec) {
		return true
	}
	rec.clear(word)
	return false
}

var rtPrefix = []byte("RT_")

// choose goes by the tag and by the words that only one dialect has.
func choose(b []byte, rec *Record) bool {
	if len(b) == 0 {
		return false
	}
	if bytes.HasPrefix(rec.App, []byte("dnsmasq")) {
		return dnsmasq(b, rec)
	}
	before := rec.Word
	first := bytes.IndexByte(b[:min(len(b), 48)], '%') >= 0 || bytes.HasPrefix(b, rtPrefix) || bytes.HasPrefix(rec.App, rtPrefix) || bytes.HasPrefix(rec.msgID, rtPrefix)
	if first { // Cisco's mnemonic, Junos' RT_FLOW
		if familyA(b, rec) {
			return true
		}
		rec.clear(before)
	}
	if i := scan.Index(b, "SRC="); i >= 0 {
		if isULOGD(b) {
			return ulogd(b, rec)
		}
		if len(b) > 20 && scan.IsDigit(b[0]) && pveFirewall(b, rec) {
			return true
		}
		if netfilter(b, i, rec) || arpLog(b, rec) {
			return true
		}
		rec.clear(before) // an address in a web server's log, say
	}
	ofKernel := speaksKernel(rec)
	if ofKernel && (rec.Stamp.HasUptime || string(rec.App) == "kernel") && b[0] != '[' { // BSD's kernel begins with a bracket
		if kernelC(b, rec) || kernel(b, rec) {
			return true
		}
		rec.clear(before)
		ofKernel = false
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
	if !scan.IsDigit(b[0]) && (len(b) < 4 || b[3] != '/') && scan.Within(b[:min(len(b), 64)], " in:") && bytes.IndexByte(b[:min(len(b), 64)], '|') < 0 && mikrotikLine(b, rec) {
		return true
	}
	if familyB(b, rec) || !first && familyA(b, rec) {
		return true
	}
	rec.clear(before)
	if familyC(b, rec) {
		return true
	}
	if i := scan.Index(b, "src="); i >= 0 {
		return conntrack(b, i, rec)
	}
	if mikrotikLine(b, rec) || familyD(b, rec) { // its prefix may be longer than what was looked at above
		return true
	}
	if ofKernel && kernel(b, rec) {
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

func mikrotikLine(b []byte, rec *Record) bool {
	i := scan.Index(b, " proto ")
	return i >= 0 && isMikrotik(b[:i]) && mikrotik(b, i+1, rec)
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
func ownReader(name string) func([]byte, *Record) bool {
	switch name {
	case "cisco", "cisco-ios", "cisco-cgn", "junos", "junos-services", "netscreen", "huawei", "netos", "nat-syslog":
		return familyA
	case "fortigate", "paloalto", "checkpoint", "sonicwall", "stormshield", "sophos", "watchguard", "barracuda", "clavister", "zyxel", "yamaha",
		"nec-ix", "buffalo", "cef", "leef", "windows-fw", "lfd", "a10", "6wind", "nfware", "f5-lsn", "nokia-isa":
		return familyB
	case "meraki":
		return ownMeraki
	case "mikrotik":
		return ownMikrotik
	case "dnsmasq":
		return ownDNSMasq
	case "netfilter":
		return func(b []byte, rec *Record) bool {
			i := scan.Index(b, "SRC=")
			return i >= 0 && netfilter(b, i, rec) || arpLog(b, rec)
		}
	case "ulogd":
		return func(b []byte, rec *Record) bool { return isULOGD(b) && ulogd(b, rec) }
	case "conntrack":
		return func(b []byte, rec *Record) bool {
			i := scan.Index(b, "src=")
			return i >= 0 && conntrack(b, i, rec) || tableEntry(b, rec)
		}
	case "kernel":
		return func(b []byte, rec *Record) bool { return speaksKernel(rec) && kernel(b, rec) }
	case "syslog", "login", "link":
		return familyD
	case "daemon":
		return func(_ []byte, rec *Record) bool { return everyday(rec) }
	case "journal":
		return func([]byte, *Record) bool { return false } // its header has told
	}
	return ownTagged(name)
}

// ownTagged is how a dialect is asked that goes by the tag of its daemon: as if the line had it, and as if it had none.
func ownTagged(name string) func([]byte, *Record) bool {
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
	return func(b []byte, rec *Record) bool {
		app := rec.App
		for _, t := range tags {
			if rec.App = t; familyC(b, rec) && rec.Dialect == name {
				rec.App = app
				return true
			}
			undo(rec)
		}
		rec.App = app
		return false
	}
}
