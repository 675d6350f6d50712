package parse

import (
	"net/netip"

	"uncloak/parse/scan"
)

// strongswanDialect describes what the IKE daemon of strongSwan says of its peers.
func strongswanDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "strongswan",
			Devices: "strongSwan (charon): OpenWrt, VyOS, EdgeOS, UniFi, Sophos, OPNsense, pfSense",
			Sample:  "Nov 21 10:00:00 gw charon: 05[IKE] assigning virtual IP 10.3.0.1 to peer 'carol@example.org'",
			Reads: "Addresses that are given to a peer, as leases with its name; the peer of a connection that comes " +
				"about or of a packet. Other lines are system.",
			Enable: "On by default (filelog and syslog in strongswan.conf).",
			Source: "strongSwan, libcharon: sa/ike_sa.c, tasks/ike_config.c, network/receiver.c",
		},
		known: "tag charon",
		tags:  []string{"charon", "charon-systemd", "ipsec"},
		read:  strongswan,
	}
}

// strongswan reads the lines of charon, each behind a thread's number and a subsystem:
//
//	05[IKE] assigning virtual IP 10.3.0.1 to peer 'carol@example.org'
//	06[IKE] IKE_SA rw[1] established between 203.0.113.1[gw]...192.0.2.100[carol@example.org]
//	07[NET] received packet: from 192.0.2.100[500] to 203.0.113.1[500] (336 bytes)
func strongswan(b []byte, rec *Record) bool {
	_, r, ok := scan.Leading(b)
	if !ok || len(r) < 6 || r[0] != '[' || r[4] != ']' || r[5] != ' ' {
		return false
	}
	r = r[6:]
	rec.Dialect = "strongswan"
	mark(rec, System, "other")
	switch {
	case scan.Has(r, "assigning virtual IP "):
		w, rest := scan.Word(r[len("assigning virtual IP "):])
		if rec.Src = scan.Addr(w); rec.Src.IsValid() {
			rec.detail = scan.Until(scan.After(rest, "peer '"), "'")
			mark(rec, DHCPLease, "dhcp")
		}
	case scan.Within(r, " established between "):
		w := scan.After(r, "...")
		rec.Src = scan.Addr(scan.Until(w, "["))
		rec.detail = scan.Until(scan.After(w, "["), "]")
	case scan.Has(r, "received packet: from "):
		from, rest := scan.Word(r[len("received packet: from "):])
		rec.Src, rec.SPort = strongswanEnd(from)
		to, _ := scan.Word(scan.After(rest, "to "))
		rec.Dst, rec.DPort = strongswanEnd(to)
		rec.Proto = UDP
	}
	return true
}

// strongswanEnd reads 192.0.2.100[500].
func strongswanEnd(b []byte) (a netip.Addr, port uint16) {
	host, rest := scan.CutByte(b, '[')
	return scan.Addr(host), scan.Port(scan.Until(rest, "]"))
}
