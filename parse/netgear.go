package parse

import (
	"bytes"
	"net/netip"

	"uncloak/parse/scan"
)

// netgearDialect describes the log that NETGEAR's home routers show on their page, mail, and send as syslog.
func netgearDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "netgear",
			Devices: "NETGEAR home routers (Nighthawk, Orbi, WNR, WNDR, DG, FVS)",
			Sample:  "[LAN access from remote] from 198.51.100.123:40216 to 10.100.0.100:59018, Friday, May 07,2021 00:37:22",
			Reads: "Sessions that come in through a forwarded port; leases; scans and floods that the firewall " +
				"stopped; sites and services that are blocked; the connection to the Internet; who logged in or " +
				"set a UPnP rule. The stamp stands at the end. Of the older models (DG834, FVS): packets, whose " +
				"rule they met, and what was dropped; their stamp stands in front.",
			Enable: "Advanced > Administration > Logs: tick all, copy the list or have it mailed. Models with " +
				"a syslog server: the same page.",
			Source: "NETGEAR's published sources (GPL) of its routers: syslogd, and the netfilter target LOG of its " +
				"kernels; public logs of owners",
		},
		known:   "an event in brackets, and the stamp behind it",
		console: OtherConsole,
		begins: []string{"[DHCP IP: ", "[LAN access from remote]", "[DoS ", "[Internet connected]",
			"[Internet disconnected]",
			"[site allowed", "[site blocked", "[Site ", "[service blocked", "[Service ", "[admin login", "[Admin login",
			"[Remote login", "[UPnP set event", "[WLAN access rejected", "[Time synchronized", "[Dynamic DNS]",
			"[email ",
			"[Initialized, ", "[Access Control]", "[Log Cleared]", "[Traffic ",
			"TCP Packet - ", "UDP Packet - ", "ICMP Packet", "TCP packet ", "UDP packet ", "ICMP packet "},
		first: "SMTWF",
		looks: looksOldNetgear,
		read:  netgearForms,
	}
}

// looksOldNetgear reports whether b begins as the lines of older models do: "Wed, 2008-06-18 20:31:10 - ".
func looksOldNetgear(b []byte, _ *Record) bool {
	return len(b) > oldNetgearStamp && b[3] == ',' && scan.IsDigit(b[5]) && string(b[24:27]) == " - "
}

// oldNetgearStamp is the length of "Wed, 2008-06-18 20:31:10 - ".
const oldNetgearStamp = len("Wed, 2008-06-18 20:31:10 - ")

// netgearForms reads the lines of all models, the older ones with their stamp and without it.
func netgearForms(b []byte, rec *Record) bool {
	switch {
	case b[0] == '[':
		return netgear(b, rec)
	case !looksOldNetgear(b, rec):
		return oldNetgear(b, rec)
	}
	s, ok := wallStamp(b[len("Wed, "):][:len("2008-06-18 20:31:10")])
	if !ok {
		return false
	}
	if text := b[oldNetgearStamp:]; !oldNetgear(text, rec) {
		undo(rec)
		rec.Dialect, rec.Kind, rec.Word, rec.detail = "netgear", System, "other", text
		if scan.Has(text, "LCP down") {
			rec.link(false)
			rec.detail = []byte("Internet")
		}
	}
	ownStamp(rec, &s)
	return true
}

// oldNetgear reads the packets of the older models:
//
//	TCP Packet - Source:198.51.100.17,1953 Destination:203.0.113.55,80 - [HTTP rule match]
//	UDP packet dropped - Source:198.51.100.17,1025,WAN - Destination:203.0.113.55,1026,LAN - [Drop]
//	TCP packet - Source: 192.168.0.4 - Destination: 198.51.100.151 - [Service access request successful Src 41789 Dst 80 from CORP n/w]
//
// A rule that a packet met may let it pass or not, so it is no verdict; [DOS] is the router's protection, which drops.
func oldNetgear(b []byte, rec *Record) bool {
	proto, rest := scan.Word(b)
	head := scan.Until(rest, "-")
	if rec.Proto = protocolWord(proto); rec.Proto == 0 || !scan.ContainsLower(head, "packet") {
		return false
	}
	source := scan.After(rest, "Source:")
	dest := scan.After(source, "Destination:")
	rec.Src, rec.SPort = oldNetgearEnd(source)
	rec.Dst, rec.DPort = oldNetgearEnd(dest)
	if !rec.Src.IsValid() && !rec.Dst.IsValid() {
		return false
	}
	rec.Dialect, rec.Kind, rec.Word = "netgear", SessionNew, "fw-packet"
	note := scan.Until(scan.After(dest, "- ["), "]")
	rec.detail = note
	if ports := scan.After(note, " Src "); ports != nil {
		w, _ := scan.Word(ports)
		rec.SPort = scan.Port(w)
		w, _ = scan.Word(scan.After(ports, "Dst "))
		rec.DPort = scan.Port(w)
	}
	switch {
	case scan.ContainsLower(head, "dropped"), scan.ContainsLower(head, "denied"), string(note) == "DOS",
		scan.ContainsLower(note, "access request denied"), scan.ContainsLower(note, "dropped"):
		rec.verdict(false)
	case scan.ContainsLower(note, "access request successful"):
		rec.verdict(true)
	}
	return true
}

// oldNetgearEnd reads "198.51.100.17,1025,WAN", "198.51.100.17,1953" and " 192.168.0.4".
func oldNetgearEnd(b []byte) (netip.Addr, uint16) {
	w, _ := scan.Word(scan.TrimLeft(b))
	a, p := scan.CutByte(w, ',')
	p, _ = scan.CutByte(p, ',')
	return scan.Addr(a), scan.Port(p)
}

// netgear reads the lines of NETGEAR's routers:
//
//	[DHCP IP: (10.100.0.3)] to MAC address 00:00:5E:00:53:12, Friday, May 07,2021 00:21:49
//	[LAN access from remote] from 198.51.100.123:40216 to 10.100.0.100:59018, Friday, May 07,2021 00:37:22
//	[DoS Attack: SYN/ACK Scan] from source: 198.51.100.9, port 443, Friday, May 07,2021 00:37:25
//	[DoS attack: FIN Scan] (1) attack packets in last 20 sec from ip [198.51.100.9], Monday, Apr 26,2021 11:20:24
//	[site allowed: www.example.com] from source 10.0.0.5, Wednesday, October 02, 2019 19:59:39
//
// The stamp is the router's wall clock; months are written out or cut to three letters.
func netgear(b []byte, rec *Record) bool {
	end := bytes.IndexByte(b, ']')
	if end < 3 || end > 255 {
		return false
	}
	event, rest := b[1:end], b[end+1:]
	name, what := event, []byte(nil)
	if i := bytes.Index(event, []byte(": ")); i > 0 {
		name, what = event[:i], event[i+2:]
	}
	s, hasStamp := netgearStamp(rest)
	if !hasStamp && rec.Stamp == (Stamp{}) {
		return false
	}
	rec.Kind, rec.Word, rec.detail = System, "other", name
	switch {
	case string(name) == "DHCP IP":
		if rec.Src = scan.Addr(bytes.Trim(what, "()")); rec.Src.IsValid() {
			rec.Kind, rec.Word, rec.detail = DHCPLease, "dhcp", nil
			w, _ := scan.Word(scan.After(rest, "MAC address "))
			rec.hardware(bytes.TrimRight(w, ","))
		}
	case string(name) == "LAN access from remote":
		from, to := netgearPair(rest, rec)
		if !from || !to {
			return false
		}
		rec.Kind, rec.Word, rec.Action = SessionNew, "session", "allow"
	case scan.EqualLower(name, "dos attack"):
		rec.Src, rec.SPort = netgearSource(rest)
		rec.verdict(false)
		rec.detail = what
	case string(name) == "Internet connected", string(name) == "Internet disconnected":
		w, _ := scan.Word(scan.After(rest, "IP address: "))
		rec.Src = scan.Addr(bytes.TrimRight(w, ","))
		rec.link(name[len("Internet ")] == 'c')
		rec.detail = name[:len("Internet")]
	default:
		rec.Src, rec.SPort = netgearSource(rest)
		if what != nil {
			rec.detail = what
		}
		if bytes.HasSuffix(name, []byte(" blocked")) && rec.Src.IsValid() {
			rec.verdict(false)
		}
	}
	rec.Dialect = "netgear"
	if hasStamp {
		ownStamp(rec, &s)
	}
	return true
}

// netgearPair reads "from 198.51.100.123:40216 to 10.100.0.100:59018".
func netgearPair(b []byte, rec *Record) (from, to bool) {
	w, r := scan.Word(scan.After(b, "from "))
	rec.Src, rec.SPort = scan.HostPort(w, ':')
	w, _ = scan.Word(scan.After(r, "to "))
	rec.Dst, rec.DPort = scan.HostPort(bytes.TrimRight(w, ","), ':')
	return rec.Src.IsValid(), rec.Dst.IsValid()
}

// netgearSource reads "from source 10.0.0.5", "from source: 198.51.100.9, port 443", "from source: 198.51.100.9:443"
// and "from ip [198.51.100.9]".
func netgearSource(b []byte) (a netip.Addr, port uint16) {
	r := scan.After(b, "from source")
	if r == nil {
		if r = scan.After(b, "from ip"); r == nil {
			return a, 0
		}
	}
	w, r := scan.Word(bytes.TrimLeft(r, ": "))
	w = bytes.Trim(w, "[],")
	if a = scan.Addr(w); !a.IsValid() {
		return scan.HostPort(w, ':')
	}
	if p := bytes.TrimPrefix(scan.TrimLeft(r), []byte("port ")); len(p) < len(scan.TrimLeft(r)) {
		port = scan.Port(scan.Until(p, ", "))
	}
	return a, port
}

// netgearStamp reads "Friday, May 07,2021 00:37:22" or "Wednesday, October 02, 2019 19:59:39" at the end of b.
func netgearStamp(b []byte) (s Stamp, ok bool) {
	i := bytes.LastIndex(b, []byte("day, "))
	if i < 0 {
		return s, false
	}
	b = b[i+len("day, "):]
	if s.Month = month(b); s.Month == 0 {
		return s, false
	}
	_, b = scan.Word(b)
	day, b, ok := scan.Leading(scan.TrimLeft(b))
	if !ok || day < 1 || day > 31 || len(b) < 14 || b[0] != ',' {
		return s, false
	}
	y, b, ok := year(scan.TrimLeft(b[1:]))
	if !ok || len(b) < 9 || b[0] != ' ' {
		return s, false
	}
	s.Year, s.Day = y, uint8(day)
	rest, ok := s.clock(b[1:])
	return s, ok && len(rest) == 0
}
