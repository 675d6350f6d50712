package parse

import "bytes"

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

// undo takes back what a dialect wrote before it saw that the line is not its own.
func undo(rec *Record) {
	rec.Event, rec.Dialect, rec.Action, rec.Zone = Event{}, "", "", nil
	rec.InIf, rec.OutIf, rec.QName, rec.QType, rec.Rule = nil, nil, nil, nil, nil
	rec.Assured, rec.Unreplied = false, false
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

// taggedRule reads a line of pflog whose "rule 53/0(match):" was taken for a host and a tag.
func (p *Parser) taggedRule(rec *Record) bool {
	whole := rec.tagged
	if !p.pflog(whole, rec) {
		return false
	}
	rec.Host, rec.App, rec.PID, rec.Body = nil, nil, nil, whole
	return true
}

// kernelC reads what the kernels of the BSDs say of packets.
func (p *Parser) kernelC(b []byte, rec *Record) bool {
	switch b[0] {
	case 'i':
		return has(b, "ipfw: ") && p.ipfw(b, rec)
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
	case isDigit(c):
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
	case len(b) > 24 && isDigit(b[1]) && isDigit(b[4]) && b[5] == '-':
		return p.technitium(b, rec) || ftl(b, rec)
	case has(b, "[kea-"):
		return p.kea(b, rec)
	case has(b, "[INFO] "):
		return p.coreDNS(b, rec)
	case has(b, "[error] ") || has(b, "[info] "):
		return p.adguardText(b, rec)
	case has(b, "[zone: "):
		return p.pfLimit(b, rec)
	case isDigit(b[1]) && within(b[:min(len(b), 48)], "] "):
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
			if within(b[:min(len(b), 24)], " rule ") {
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
		if within(b[:min(len(b), 48)], "ipfw: ") {
			return p.wipfw(b, rec)
		}
		if within(b[:min(len(b), 64)], " question for '") {
			return p.powerDNS(b, rec)
		}
	}
	if i := bytes.IndexByte(b, '>'); i > 0 && within(b[i-1:], " > ") && p.tcpdump(b, rec) {
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

// packetWord stands in front of each packet of the Windows DNS server's debug log.
var packetWord = []byte(" PACKET ")

// csvC tells the two comma separated dialects apart.
func (p *Parser) csvC(b []byte, rec *Record) bool {
	if i := bytes.IndexByte(b, '/'); i > 0 && i < 12 && len(b) > i+4 && b[i+3] == '/' {
		return p.windowsDHCP(b, rec)
	}
	return p.filterlog(b, rec)
}

// pflogClock reads a line of pflog that has a clock, but no date.
func (p *Parser) pflogClock(b []byte, rec *Record) bool {
	s := rec.Stamp
	if !p.pflog(b, rec) {
		return false
	}
	if !s.HasClock && !s.HasUnix && rec.indent == 0 { // a blank in front: the time since the line before
		_, _ = s.clock(b)
		rec.Stamp = s
	}
	return true
}

// wipfw reads "0000000061 2006.12.07 08:50:13.095  ipfw: 1000 Deny …".
func (p *Parser) wipfw(b []byte, rec *Record) bool {
	_, rest := word(b)
	i := bytes.Index(b, []byte("ipfw: "))
	if !p.ipfw(b[i:], rec) {
		return false
	}
	date, rest := word(rest)
	var s Stamp
	y, r, ok := year(date)
	if !ok || len(r) != 6 || r[0] != '.' || r[3] != '.' || rec.Stamp.HasClock {
		return true
	}
	m, ok1 := two(r[1:])
	d, ok2 := two(r[4:])
	if _, ok3 := s.clock(rest); ok1 && ok2 && ok3 && m >= 1 && m <= 12 && d >= 1 && d <= 31 {
		s.Year, s.Month, s.Day = y, m, d
		rec.Stamp = s
	}
	return true
}

// letterC reads what begins with a letter or with a byte beyond ASCII.
func (p *Parser) letterC(b []byte, rec *Record) bool {
	switch b[0] {
	case 'f':
		if rest, ok := bytes.CutPrefix(b, []byte("filterlog: ")); ok {
			return p.filterlog(trimLeft(rest), rec)
		}
	case 'i':
		if has(b, "ipfw: ") {
			return p.ipfw(b, rec)
		}
		if has(b, "info: ") {
			return p.unbound(b, rec)
		}
	case 'q', 's', 'c', 'r':
		if has(b, "client ") || has(b, "queries: ") || has(b, "responses: ") || has(b, "security: ") || has(b, "query-errors: ") || has(b, "resolver: ") {
			return p.bind(b, rec)
		}
		if has(b, "query: ") || has(b, "reply: ") {
			return p.unbound(b, rec)
		}
		if has(b, "rule ") {
			return p.pflog(b, rec)
		}
	case 't':
		if has(b, "trace id ") {
			return p.nftTrace(b, rec)
		}
	case 'u':
		if has(b, "udhcpd: ") {
			return udhcpd(b, rec)
		}
		if has(b, "unbound[") {
			return p.unbound(b, rec)
		}
	case 'D':
		if has(b, "DHCP4_") || has(b, "DHCP6_") {
			return false
		}
		if has(b, "DHCP") && bytes.IndexByte(b[:min(len(b), 16)], '(') < 0 && (within(b, " via ") || within(b, " from ")) {
			return p.iscDHCP(b, rec)
		}
	case 'G':
		if has(b, "Got query for ") {
			return p.powerDNS(b, rec)
		}
	case 'P':
		if has(b, "Packet from ") {
			return p.powerDNS(b, rec)
		}
		if has(b, "PACKET ") && len(rec.Host) == 4 && p.windowsDNS(b, 0, rec) {
			rec.Host = nil // the number of the server's thread
			return true
		}
	case 'm':
		if has(b, `msg="Question"`) {
			return p.powerDNS(b, rec)
		}
	case 'C', 'S':
		if inVain(b, rec) {
			return true
		}
	case 'M':
		if has(b, "MTR.") || has(b, "Mtr_") {
			return p.mtr(b, rec) || mtrNote(b, rec)
		}
	}
	if within(b[:min(len(b), 40)], "[kea-") {
		return p.kea(b, rec)
	}
	return p.toolC(b, rec)
}

// toolC reads tcpdump with words in front, pings in any language, and headings. It comes last, for untagged lines only.
func (p *Parser) toolC(b []byte, rec *Record) bool {
	switch b[0] {
	case 'I', 'O', 'M', 'P', 'B', 'A', 'a':
		w, _ := word(b)
		switch string(w) {
		case "IP", "IP6", "In", "Out", "M", "P", "B", "ARP,", "arp":
			return p.tcpdump(b, rec)
		}
	}
	if has(b, "IN=") || len(rec.Host) > 0 || len(b) > 240 {
		return false // tools have no host in front of what they print
	}
	if rec.indent > 3 && within(b, " > ") && p.tcpdump(b, rec) {
		return true
	}
	if len(b) > 5 && b[1] == ' ' && isDigit(b[2]) && p.mtrRaw(b, rec) {
		return true
	}
	if p.ping(b, rec) || tcpdumpNote(b, rec) || traceNote(b, rec) || mtrNote(b, rec) || tsharkNote(b, rec) {
		return true
	}
	if rec.indent > 0 && p.traceroute(b, rec) {
		return true
	}
	last := b[len(b)-1]
	return (isDigit(last) || last == '%' || last == '|') && p.tshark(b, rec) // a row of a table ends in a number
}
