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
			Devices: "NETGEAR home routers (Nighthawk, Orbi, WNR, WNDR, DG)",
			Sample:  "[LAN access from remote] from 198.51.100.123:40216 to 10.100.0.100:59018, Friday, May 07,2021 00:37:22",
			Reads: "Sessions that come in through a forwarded port; leases; scans and floods that the firewall " +
				"stopped; sites and services that are blocked; the connection to the Internet; who logged in or " +
				"set a UPnP rule. The stamp stands at the end.",
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
			"[Initialized, ", "[Access Control]", "[Log Cleared]", "[Traffic "},
		read: netgear,
	}
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
