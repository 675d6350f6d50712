package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// mikrotikMessage reads a RouterOS message with its topics apart, as CEF gives them.
func mikrotikMessage(topics, msg []byte, rec *Record) bool {
	if i := bytes.Index(msg, []byte(" proto ")); i >= 0 && isMikrotik(msg[:i]) {
		return mikrotik(msg, i+1, rec)
	}
	return mikrotikLog(topics, msg, rec)
}

// mikrotikConsole reads `log print`: "11:42:32 dhcp,info …", "sep/15/2023 12:00:00 firewall,info …", the year may be
// missing.
func mikrotikConsole(b []byte, rec *Record) bool {
	s := Stamp{}
	if i := bytes.IndexByte(b[:min(len(b), 12)], ' '); i > 5 && b[3] == '/' {
		name := [3]byte{b[0] &^ 0x20, b[1], b[2]}
		d, rest, ok := scan.Leading(b[4:i])
		if s.Month = month(name[:]); s.Month == 0 || !ok || d < 1 || d > 31 {
			return false
		}
		s.Day = uint8(d)
		if len(rest) == 5 {
			if s.Year, _, ok = year(rest[1:]); !ok {
				return false
			}
		}
		b = b[i+1:]
	}
	rest, ok := s.clock(b)
	if !ok {
		return false
	}
	w, rest := scan.Word(rest)
	if !isTopics(w) || !mikrotikMessage(w, rest, rec) {
		return false
	}
	rec.Stamp = s
	return true
}

// isTopics reports whether w is a list of RouterOS topics, of which the first is a subsystem: "system,error,critical",
// "dhcp,info".
func isTopics(w []byte) bool {
	i := bytes.IndexByte(w, ',')
	if i < 3 || len(w) > 48 {
		return false
	}
	for _, c := range w {
		if !scan.IsLetter(c) && !scan.IsDigit(c) && c != ',' && c != '-' && c != '_' {
			return false
		}
	}
	switch string(w[:i]) {
	case "system", "dhcp", "dns", "interface", "firewall", "wireless", "pppoe", "ppp", "pptp", "l2tp", "sstp", "ovpn",
		"ipsec", "script", "route", "bgp", "ospf", "rip", "ntp", "caps", "bridge", "hotspot", "radius", "manager",
		"snmp",
		"certificate", "account", "poe-out", "container", "wireguard", "lte", "netwatch", "web-proxy", "upnp", "ddns",
		"backup", "async", "event", "info", "warning", "error", "critical", "debug", "telephony", "timer", "vrrp",
		"watchdog",
		"mme", "mpls", "ldp", "pim", "igmp-proxy", "isdn", "gsm", "kvm", "queue", "stp", "smb", "ssh", "tftp", "ups",
		"store",
		"simulator", "sertcp", "rsvp", "raw", "read", "write", "evmc", "e-mail", "gps", "iscsi", "acme-client", "disk",
		"zerotier":
		return true
	}
	return false
}

// mikrotikLog reads what RouterOS says besides its firewall: leases, DNS queries, links, logins and addresses lists.
// Without topics only sentences that no other device writes are taken.
//
//	dhcp,info defconf assigned 192.168.88.10 for AA:BB:CC:DD:EE:FF laptop
//	dns,packet dns query from 192.168.88.10: #1234 example.com. A
//	interface,info ether1 link up (speed 1G, full duplex)
//	system,error,critical login failure for user admin from 10.127.0.35 via winbox
func mikrotikLog(topics, b []byte, rec *Record) bool {
	b = scan.TrimLeft(b)
	if r, ok := bytes.CutPrefix(b, []byte("login failure for user ")); ok {
		w, _ := scan.Word(scan.After(r, " from "))
		rec.Src = scan.Addr(w)
		// A refused login has the word and the action of a refused packet, but opens no session.
		return mikrotikIs(System, "fw-packet", "deny", scan.Until(r, " "), rec)
	}
	if bytes.HasPrefix(b, []byte("user ")) &&
		(bytes.Contains(b, []byte(" logged in")) || bytes.Contains(b, []byte(" logged out"))) {
		if r := scan.After(b, " from "); r != nil {
			w, _ := scan.Word(r)
			rec.Src = scan.Addr(w)
		}
		w, _ := scan.Word(b[len("user "):])
		return mikrotikIs(System, "other", "", w, rec)
	}
	if mikrotikLease(b, rec) || mikrotikDNS(b, rec) || mikrotikLink(b, rec) {
		return true
	}
	if topics == nil {
		return false
	}
	if mikrotikPPP(topics, b, rec) {
		return true
	}
	mikrotikIs(System, "other", "", topics, rec)
	switch {
	case bytes.Contains(b, []byte("with own address as source")):
		rec.alarm("mikrotik-loop")
	case bytes.Contains(b, []byte("rebooted without proper shutdown")),
		bytes.Contains(b, []byte("kernel failure in previous boot")):
		rec.alarm("mikrotik-reboot")
	case bytes.Contains(b, []byte("out of memory condition was detected")):
		rec.alarm("mikrotik-memory")
	case bytes.Contains(b, []byte("failed to give out IP address: pool <")) && bytes.HasSuffix(b, []byte("> is empty")):
		rec.full("other", noLeases)
	}
	return true
}

// mikrotikPPP reads "pppoe-out1: connected" and "pppoe-out1: disconnected" of the router's own clients of PPP. The
// sessions of its servers are those of subscribers; their names stand in angle brackets.
func mikrotikPPP(topics, b []byte, rec *Record) bool {
	name, state := scan.CutByte(b, ':')
	if len(name) == 0 || name[0] == '<' || !scan.Within(topics, "ppp") {
		return false
	}
	switch string(state) {
	case " connected":
		return mikrotikIs(Link, "link-up", "", name, rec)
	case " disconnected":
		return mikrotikIs(Link, "link-down", "", name, rec)
	}
	return false
}

func mikrotikIs(k Kind, word, action string, detail []byte, rec *Record) bool {
	rec.Dialect, rec.Kind, rec.Word, rec.Action, rec.detail = "mikrotik", k, word, action, detail
	return true
}

// mikrotikLease reads "defconf assigned 192.168.88.10 for AA:BB:CC:DD:EE:FF name" ("to" before 7.x) and "deassigned …
// from".
func mikrotikLease(b []byte, rec *Record) bool {
	_, r := scan.Word(b)
	verb, r := scan.Word(r)
	w, r := scan.Word(r)
	if string(verb) != "assigned" && string(verb) != "deassigned" {
		return false
	}
	prep, r := scan.Word(r)
	mac, r := scan.Word(r)
	if rec.Src = scan.Addr(w); !rec.Src.IsValid() || len(mac) != 17 || mac[2] != ':' || len(prep) == 0 {
		return false
	}
	if verb[0] == 'd' {
		return mikrotikIs(System, "dhcp", "", scan.TrimLeft(r), rec)
	}
	rec.hardware(mac)
	return mikrotikIs(DHCPLease, "dhcp", "", scan.TrimLeft(r), rec)
}

// mikrotikDNS reads "dns query from 192.168.88.10: #1234 example.com. A" and 7.x's "query from 192.168.88.10: #1234
// example.com. A".
func mikrotikDNS(b []byte, rec *Record) bool {
	b = bytes.TrimPrefix(bytes.TrimPrefix(b, []byte("dns ")), []byte("dns "))
	r, ok := bytes.CutPrefix(b, []byte("query from "))
	if !ok {
		return false
	}
	w, r := scan.Word(r)
	rec.Src, rec.SPort = scan.Endpoint(bytes.TrimRight(w, ":"))
	if w, r = scan.Word(r); len(w) > 0 && w[0] == '#' {
		w, r = scan.Word(r)
	}
	if !rec.Src.IsValid() || len(w) == 0 {
		return false
	}
	rec.QName = bytes.TrimSuffix(w, []byte("."))
	rec.QType, _ = scan.Word(r)
	if string(rec.Host) == "dns" { // a console line: the header took the first word for a host
		rec.Host = nil
	}
	return mikrotikIs(DNSQuery, "dns-query", "", rec.QName, rec)
}

// mikrotikLink reads "ether1 link up (speed 1G, full duplex)" and "ether1 link down".
func mikrotikLink(b []byte, rec *Record) bool {
	intf, r := scan.Word(b)
	if bytes.HasSuffix(intf, []byte(":")) || len(intf) == 0 {
		return false
	}
	switch {
	case string(r) == "link down":
		return mikrotikIs(Link, "link-down", "", intf, rec)
	case string(r) == "link up", bytes.HasPrefix(r, []byte("link up (")):
		return mikrotikIs(Link, "link-up", "", intf, rec)
	}
	return false
}
