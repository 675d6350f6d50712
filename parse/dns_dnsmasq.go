package parse

import (
	"bytes"
	"net/netip"

	"uncloak/parse/scan"
)

// dnsmasqDialect describes what dnsmasq, the DNS and DHCP server of most home routers, logs for queries, answers and
// leases.
func dnsmasqDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "dnsmasq",
			Devices: "dnsmasq (OpenWrt, ASUS, DD-WRT, Pi-hole)",
			Sample:  "<30>Nov 21 20:28:21 router dnsmasq[6022]: 17 192.168.128.10/40123 query[PTR] 9.2.0.192.in-addr.arpa from 192.168.128.10",
			Reads:   "Queries with client, name and type; answers and forwards; leases with address and host name.",
			Enable: "log-queries=extra and log-dhcp in dnsmasq.conf; on OpenWrt: uci set " +
				"dhcp.@dnsmasq[0].logqueries=1.",
			Source: "dnsmasq(8); dnsmasq src/cache.c log_query",
		},
		known: "tag dnsmasq and one of its sentences",
		tags:  []string{"dnsmasq*"},
		read:  dnsmasq,
		own:   ownDNSMasq,
	}
}

// dnsmasq reads queries, answers and leases:
//
//	query[PTR] 4.3.2.1.in-addr.arpa from 192.168.128.11
//	12 192.168.128.11/40123 query[A] example.org from 192.168.128.11   (log-queries=extra)
//	DHCPACK(br-lan) 192.168.128.12 52:54:00:00:00:01 vmhost
//
// A query is DNSQuery with Src = the client and Detail = the name; of a PTR query NATDst is the address that is looked
// up. An acknowledged lease is DHCPLease with Detail = the host's own name for itself. All other lines are System.
func dnsmasq(b []byte, rec *Record) bool {
	w, rest := scan.Word(b)
	if scan.IsDigit(first(w)) && bytes.IndexByte(w, '.') < 0 {
		var client []byte
		if client, rest = scan.Word(rest); bytes.IndexByte(client, '/') > 0 {
			rec.Src, rec.SPort = scan.HostPort(client, '/')
			w, rest = scan.Word(rest)
		} else {
			w = client // a query id without a client
		}
	}
	switch {
	case bytes.HasPrefix(w, []byte("query[")):
		dnsQuery(w, rest, rec)
	case bytes.HasPrefix(w, []byte("DHCP")):
		lease(w, rest, rec)
	case bytes.HasPrefix(w, []byte("SLAAC-CONFIRM(")): // a host's own IPv6 address, which answered a ping
		lease(w, rest, rec)
	case bytes.HasPrefix(b, []byte("Maximum number of concurrent DNS queries reached")):
		rec.full("other", rec.keep("dns queries"))
	case string(w) == "overflow:": // "overflow: 12 log entries lost"
		n, _ := scan.Word(rest)
		rec.Count, rec.detail = scan.Number32(n), rec.keep("dnsmasq")
		mark(rec, Suppressed, "suppressed")
	case isAnswer(string(w)):
		rec.QName, _ = scan.Word(rest)
		mark(rec, System, "dns-reply")
	case string(w) == "forwarded":
		dnsForward(rest, rec)
	default:
		mark(rec, System, "other")
	}
	if rec.Word == "other" && rec.Kind == System || string(w) == "nameserver" {
		daemonAlarm("dnsmasq", b, rec)
	}
	rec.Dialect = "dnsmasq"
	return true
}

// isAnswer reports whether w is one of the words that dnsmasq puts before an answer to say where it came from. A path
// stands for a hosts file.
func isAnswer(w string) bool {
	switch w {
	case "reply", "cached", "cached-stale", "config", "DHCP", "validation", "nameserver", "special", "auth":
		return true
	}
	return len(w) > 0 && w[0] == '/'
}

// dnsForward reads "NAME to ADDRESS"; behind the address may stand # and a port.
func dnsForward(b []byte, rec *Record) {
	to := b
	rec.QName, to = scan.Word(to)
	w, to := scan.Word(to)
	server, _ := scan.Word(to)
	mark(rec, System, "dns-forward")
	server, _ = scan.CutByte(server, '#')
	if addr := scan.Addr(server); string(w) == "to" && addr.IsValid() {
		rec.Src, rec.SPort = netip.Addr{}, 0 // log-queries=extra names the client once more
		rec.Kind, rec.Dst, rec.detail = DNSForward, addr, rec.QName
	}
}

func first(b []byte) byte {
	if len(b) == 0 {
		return 0
	}
	return b[0]
}

func dnsQuery(w, rest []byte, rec *Record) {
	rec.QType = scan.Until(w[len("query["):], "]")
	rest = scan.TrimLeft(rest)
	rec.QName, _ = scan.Word(rest)
	if i := lastFrom(rest); i > 0 { // a label may hold blanks, and the name of another client
		rec.QName = rest[:i]
		if client, _ := scan.Word(rest[i+len(" from "):]); !rec.Src.IsValid() {
			rec.Src = scan.Addr(client)
		}
	}
	rec.detail = rec.QName
	if string(rec.QType) == "PTR" {
		rec.NATDst = reverseName(rec.QName)
	}
	mark(rec, DNSQuery, "dns-query")
}

// lastFrom finds the last " from " of b, in front of the client, or gives -1.
func lastFrom(b []byte) int {
	for i := bytes.LastIndexByte(b, ' '); i > 5; i = bytes.LastIndexByte(b[:i], ' ') {
		if string(b[i-5:i]) == " from" {
			return i - 5
		}
	}
	return -1
}

// lease reads "DHCPACK(br-lan) 192.168.128.12 mac name"; other DHCP messages end in no lease.
func lease(w, rest []byte, rec *Record) {
	rec.InIf = scan.Until(scan.After(w, "("), ")")
	ip, rest := scan.Word(rest)
	rec.Src = scan.Addr(ip)
	if bytes.HasSuffix(rest, []byte("no address available")) {
		rec.full("dhcp", noLeases)
		return
	}
	if !rec.Src.IsValid() || !bytes.HasPrefix(w, []byte("DHCPACK(")) {
		mark(rec, System, "dhcp")
		return
	}
	mac, rest := scan.Word(rest)
	rec.hardware(mac)
	name, _ := scan.Word(rest)
	rec.detail = name
	mark(rec, DHCPLease, "dhcp")
}

// reverseName is the address that a name under in-addr.arpa or ip6.arpa stands for, or the zero Addr.
func reverseName(b []byte) netip.Addr {
	b = bytes.TrimSuffix(b, []byte("."))
	if n := len(b) - len(".in-addr.arpa"); n > 0 && scan.EqualLower(b[n:], ".in-addr.arpa") {
		return reverse4(b[:n])
	}
	if n := len(b) - len(".ip6.arpa"); n == 63 && scan.EqualLower(b[n:], ".ip6.arpa") {
		return reverse6(b[:n])
	}
	return netip.Addr{}
}

func reverse4(b []byte) netip.Addr {
	a, ok := scan.Addr4(b)
	if !ok {
		return netip.Addr{}
	}
	return netip.AddrFrom4([4]byte{a[3], a[2], a[1], a[0]})
}

// reverse6 reads 32 nibbles, the last of the address first.
func reverse6(b []byte) netip.Addr {
	var a [16]byte
	for i := range 32 {
		d := scan.HexDigit(b[2*i])
		if d > 15 || i < 31 && b[2*i+1] != '.' {
			return netip.Addr{}
		}
		a[15-i/2] |= d << (4 * (i % 2))
	}
	return netip.AddrFrom16(a)
}

// ownDNSMasq reads dnsmasq under any tag, or none: in a container, or under Pi-hole, it has another one. Of a DHCP line
// it is the interface in parentheses that tells it from other servers, of an answer the word in front of what was
// found.
func ownDNSMasq(b []byte, rec *Record) bool {
	if w, _ := scan.Word(b); len(w) > 4 && string(w[:4]) == "DHCP" && w[len(w)-1] != ')' {
		return false
	}
	return dnsmasq(b, rec) && (rec.Word != "dns-reply" || scan.Within(b, " is "))
}
