package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// miniupnpdDialect describes what miniupnpd says when a machine inside has a port of the router forwarded to it.
func miniupnpdDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "miniupnpd",
			Devices: "miniupnpd: OpenWrt, pfSense, OPNsense, ASUS, many home routers",
			Sample:  "Nov 21 10:00:00 gw miniupnpd[812]: redirecting port 51413 to 192.168.1.50:51413 protocol UDP for: Transmission",
			Reads:   "Which machine asked for which port, and what it called it. Other lines are system.",
			Enable:  "On by default.",
			Source:  "miniupnpd, upnpredirect.c",
		},
		known: "tag miniupnpd, and a port that is redirected",
		tags:  []string{"miniupnpd"},
		read:  miniupnpd,
	}
}

// miniupnpd reads "redirecting port 51413 to 192.168.1.50:51413 protocol UDP for: Transmission" and "port 51413
// protocol UDP already redirected to 192.168.1.50:51413". The machine is Src; NATSPort is the router's port, whose
// address is not told.
func miniupnpd(b []byte, rec *Record) bool {
	r := scan.After(b, "port ")
	port, _ := scan.Word(r)
	to := scan.After(b, "redirected to ")
	proto := scan.After(b, "protocol ")
	if scan.Has(b, "redirecting port ") {
		to = scan.After(r, " to ")
	} else if !scan.Has(b, "port ") {
		return false
	}
	w, _ := scan.Word(to)
	rec.Src, rec.SPort = scan.HostPort(w, ':')
	if !rec.Src.IsValid() || rec.SPort == 0 {
		return false
	}
	rec.NATSPort = scan.Port(port)
	w, _ = scan.Word(proto)
	rec.Proto = protocol(w)
	rec.detail = scan.TrimLeft(scan.After(b, " for:"))
	rec.Dialect = "miniupnpd"
	if bytes.HasPrefix(b, []byte("redirecting")) {
		rec.Action = "nat-create"
	}
	return mark(rec, System, "nat")
}
