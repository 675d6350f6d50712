package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// linkDialect describes what network daemons (pppd, netifd, systemd-networkd, NetworkManager, dhcpcd) log when a link
// comes or goes.
func linkDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "link",
			Devices: "pppd, netifd, systemd-networkd, NetworkManager, dhcpcd",
			Sample:  "Feb 12 14:10:21 gw netifd: Interface 'wan' is now down",
			Reads:   "Interfaces and PPP sessions that come and go.",
			Enable:  "Send daemon.* to uncloak.",
			Source:  "pppd(8); OpenWrt netifd interface.c",
		},
		known: "the tag of a daemon that watches links, and one of its sentences",
		tags:  []string{"pppd", "netifd", "systemd-networkd", "NetworkManager", "dhcpcd"},
		read:  linkDaemon,
	}
}

// linkDaemon reads what the daemons in charge of an interface log when its link comes up or goes down; Detail is the
// interface.
func linkDaemon(b []byte, rec *Record) bool {
	up, down := false, false
	var name []byte
	switch {
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
