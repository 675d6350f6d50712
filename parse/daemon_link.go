package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// linkDialect describes what network daemons (pppd, netifd, systemd-networkd, NetworkManager, dhcpcd, ASUS' wanduck)
// log when a link comes or goes.
func linkDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "link",
			Devices: "pppd, netifd, systemd-networkd, NetworkManager, dhcpcd; home routers of ASUS (wanduck)",
			Sample:  "Feb 12 14:10:21 gw netifd: Interface 'wan' is now down",
			Reads:   "Interfaces and PPP sessions that come and go.",
			Enable:  "Send daemon.* to uncloak.",
			Source:  "pppd(8); OpenWrt netifd interface.c; asuswrt rc/wanduck.c record_conn_status",
		},
		known:  "the tag of a daemon that watches links, and one of its sentences",
		tags:   []string{"pppd", "netifd", "systemd-networkd", "NetworkManager", "dhcpcd", "Connection"},
		begins: []string{"WAN Connection: ", "WAN(0) Connection: ", "WAN(1) Connection: "},
		read:   linkDaemon,
	}
}

// linkDaemon reads what the daemons in charge of an interface log when its link comes up or goes down; Detail is the
// interface.
func linkDaemon(b []byte, rec *Record) bool {
	up, down := false, false
	var name []byte
	switch {
	case string(rec.App) == "Connection" || len(rec.App) == 0 && scan.Has(b, "WAN"):
		return wanduck(b, rec)
	case string(rec.App) == "pppd":
		up = bytes.HasPrefix(b, []byte("Connect: "))
		name, _ = scan.Word(scan.After(b, "Connect: "))
		down = bytes.HasPrefix(b, []byte("Connection terminated")) || bytes.HasPrefix(b, []byte("Modem hangup")) ||
			bytes.HasPrefix(b, []byte("LCP terminated by peer"))
	case bytes.HasPrefix(b, []byte("Network device '")), bytes.HasPrefix(b, []byte("Interface '")): // netifd
		up = bytes.HasSuffix(b, []byte("link is up")) || bytes.HasSuffix(b, []byte(" is now up"))
		down = bytes.HasSuffix(b, []byte("link is down")) || bytes.HasSuffix(b, []byte(" is now down")) ||
			bytes.HasSuffix(b, []byte(" has lost the connection"))
		name = scan.Until(scan.After(b, "'"), "'")
	default:
		i := bytes.Index(b, []byte(": "))
		if i < 1 {
			return false
		}
		name = b[:i]
		up = bytes.Contains(b, []byte("Gained carrier")) || bytes.Contains(b, []byte("carrier acquired")) ||
			bytes.Contains(b, []byte("carrier: link connected"))
		down = bytes.Contains(b, []byte("Lost carrier")) || bytes.Contains(b, []byte("carrier lost")) ||
			bytes.Contains(b, []byte("carrier: link disconnected"))
		if d := scan.After(b, "device ("); d != nil {
			name = scan.Until(d, ")")
		}
	}
	if !up && !down {
		return false
	}
	rec.detail, rec.Dialect = name, "link"
	if up {
		return mark(rec, Link, "link-up")
	}
	return mark(rec, Link, "link-down")
}

// wanduck reads what ASUS' daemon says of the way to the provider, under the tag "WAN Connection", or "WAN(0)
// Connection" where there are two. A header takes the first word of that for the host, where the line is from the
// router's own file.
func wanduck(b []byte, rec *Record) bool {
	name, text := scan.CutByte(b, ' ')
	if len(rec.App) > 0 {
		if !scan.Has(rec.Host, "WAN") {
			return false
		}
		name, text, rec.Host = rec.Host, b, nil
	}
	rec.Dialect = "link"
	for _, w := range [...]string{"link up", "was restored", "link down", "exceptionally disconnected",
		"Fail to connect", "ISP's DHCP did not function", "No response from ISP", "authenticat"} {
		if scan.Within(text, w) {
			rec.link(w == "link up" || w == "was restored")
			rec.detail = name
			return true
		}
	}
	rec.plain(name)
	return true
}
