package parse

// A Dialect is one of Formats, as what a sender is known to write. Where looking at a line says that another dialect wrote it, or
// none, the sender's is asked, too, whatever tag the line has or lacks and whatever its first bytes look like; what it understands
// is its own. So a line that two dialects could claim is the sender's, and a line without the mark that a dialect is known by
// is still read. All other lines are read as if nothing was known of the sender.
//
// A dialect that would know who speaks, and nothing of what the line says, does not claim it: a router's ssh daemon writes
// lines, too. Nor does one that finds nothing of note in what another reads as a session, a lease, a query or a loss.
type Dialect struct {
	name string
	read func(p *Parser, b []byte, rec *Record) bool
}

// DialectNamed is the one of that name, or nil.
func DialectNamed(name string) *Dialect {
	if read := ownReader(name); read != nil {
		return &Dialect{name, read}
	}
	return nil
}

// Name is the dialect's, as in Record.Dialect; "" for none.
func (d *Dialect) Name() string {
	if d == nil {
		return ""
	}
	return d.name
}

// LineOf is Line for a sender that writes d; nil is no dialect.
func (p *Parser) LineOf(d *Dialect, line []byte, rec *Record) {
	p.own = d
	p.Line(line, rec)
	p.own = nil
}

// asked reads b by its looks, and in the dialect of its sender where that is another one.
func (p *Parser) asked(b []byte, rec *Record) bool {
	before, own := *rec, p.own
	p.own = nil
	known := p.dialect(b, rec)
	p.own = own
	if known && rec.Dialect == own.name || len(b) < 8 {
		return known
	}
	looked := *rec
	*rec = before
	if own.read(p, b, rec) && rec.Dialect == own.name && !vague(rec) && (rec.Kind != System || !known || looked.Kind == System) {
		return true
	}
	*rec = looked
	return known
}

// vague says whether the dialect has understood no more than who speaks.
func vague(rec *Record) bool {
	return rec.Kind == System && (rec.Word == "other" || rec.Word == "syslog" || rec.Word == "malformed")
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
			i := index(b, "SRC=")
			return i >= 0 && p.netfilter(b, i, rec) || p.arpLog(b, rec)
		}
	case "ulogd":
		return func(_ *Parser, b []byte, rec *Record) bool { return isULOGD(b) && ulogd(b, rec) }
	case "conntrack":
		return func(_ *Parser, b []byte, rec *Record) bool {
			i := index(b, "src=")
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

// ownMikrotik reads RouterOS without its topics, too: an interface, or a DHCP server, has the name that its owner gave it.
func (p *Parser) ownMikrotik(b []byte, rec *Record) bool {
	if p.mikrotikLine(b, rec) || p.familyB(b, rec) && rec.Dialect == "mikrotik" {
		return true
	}
	return p.mikrotikLog(nil, b, rec)
}

// ownMeraki reads Meraki's messages behind a relay's header, which has taken the place of its own.
func (p *Parser) ownMeraki(b []byte, rec *Record) bool {
	return p.familyB(b, rec) && rec.Dialect == "meraki" || len(rec.Host) > 0 && len(rec.App) == 0 && p.merakiMessage(rec.Host, rec.Stamp, b, rec)
}

// ownDNSMasq reads dnsmasq under any tag, or none: in a container, or under Pi-hole, it has another one. Of a DHCP line it is the
// interface in parentheses that tells it from other servers, of an answer the word in front of what was found.
func (p *Parser) ownDNSMasq(b []byte, rec *Record) bool {
	if w, _ := word(b); len(w) > 4 && string(w[:4]) == "DHCP" && w[len(w)-1] != ')' {
		return false
	}
	return p.dnsmasq(b, rec) && (rec.Word != "dns-reply" || within(b, " is "))
}
