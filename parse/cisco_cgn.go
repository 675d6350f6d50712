package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// ciscoCGNDialect describes the records that Cisco's carrier-grade NAT (IOS-XR) sends to syslog for each session or
// block of ports.
func ciscoCGNDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "cisco-cgn",
			Devices: "Cisco IOS-XR CGN (CRS, ASR 9000), others with the same records",
			Sample:  "<134>1 2011 May 31 10:30:45 192.168.2.3 - - NAT44 - [UserbasedA - 10.1.32.45 INVRFA - 100.1.1.28 - 12544 12671 - -]",
			Reads:   "Blocks of ports per subscriber, sessions, and subscribers that have run out of ports.",
			Enable: "service cgn; service-type nat44; inside-vrf; external-logging syslog server address " +
				"192.0.2.5 port 514.",
			Source: "Cisco IOS XR Carrier Grade NAT Configuration Guide, External Logging, Syslog Message Format",
		},
		known:   "%FACILITY-SEVERITY-MNEMONIC, or a CGN record in brackets",
		console: OtherConsole,
		first:   "N[-",
		looks:   looksCGN,
		broken:  cgnBroken,
		read:    cgnEvent,
	}
}

// cgnEvent reads the CGN records of IOS-XR and of others who took over their words: "… NAT44 - [UserbasedA - 10.1.32.45
// inside - 100.1.1.28 - 12544 12671 - -]". The fields are event, protocol, source, VRF, IPv6 source, translated source,
// source port, first and last translated port, destination and its port; "-" stands for none.
func cgnEvent(b []byte, rec *Record) bool {
	i := bytes.Index(b, []byte("NAT4"))
	if i < 0 {
		if i = bytes.Index(b, []byte("DSLite")); i < 0 {
			return false
		}
	}
	b = b[i:]
	open := bytes.IndexByte(b, '[')
	if open < 0 {
		return false
	}
	event, r := scan.Word(b[open+1:])
	huawei := len(event) > 0 && (scan.IsDigit(event[0]) || event[0] == '-')
	if huawei { // NAT444:SessionbasedA [17 source - destination port port -]
		event, r = scan.LastWord(scan.TrimBody(b[:open])), b[open+1:]
	}
	r = scan.Until(r, "]")
	var f [10][]byte
	for i := range f {
		f[i], r = scan.Word(r)
	}
	switch {
	case bytes.Contains(event, []byte("runout")):
		rec.Src = scan.Addr(f[1])
		rec.full("nat-exhausted", event)
	case huawei:
		rec.Proto, rec.Src, rec.SPort = protocol(f[0]), scan.Addr(f[1]), scan.Port(f[4])
		rec.Dst, rec.DPort = scan.Addr(f[3]), scan.Port(f[5])
		if bytes.Contains(event, []byte("ser")) && !bytes.Contains(event, []byte("ession")) {
			rec.Dst, rec.DPort, rec.SPort = rec.NATSrc, 0, 0
			rec.NATSrc, rec.PortLow, rec.PortHigh = scan.Addr(f[3]), scan.Port(f[5]), scan.Port(f[6])
		}
	default:
		rec.Proto, rec.Src = protocol(f[0]), scan.Addr(f[1])
		if !rec.Src.IsValid() {
			rec.Src = scan.Addr(f[3])
		}
		rec.NATSrc, rec.SPort = scan.Addr(f[4]), scan.Port(f[5])
		rec.PortLow, rec.PortHigh = scan.Port(f[6]), scan.Port(f[7])
		rec.Dst, rec.DPort = scan.Addr(f[8]), scan.Port(f[9])
	}
	rec.Dialect = "cisco-cgn"
	if rec.Kind == TableFull {
		return true
	}
	given := bytes.Contains(event, []byte("basedA"))
	if bytes.Contains(event, []byte("serbased")) {
		rec.block(given)
		return rec.Src.IsValid() && rec.NATSrc.IsValid()
	}
	rec.NATSPort, rec.PortLow, rec.PortHigh = rec.PortLow, 0, 0
	rec.translation(given)
	return rec.Src.IsValid() && bytes.Contains(event, []byte("essionbased"))
}

// looksCGN reports whether b names an event that ends in "based" and a letter, as all CGN records do.
func looksCGN(b []byte, _ *Record) bool {
	if b[0] == '[' && scan.IsDigit(b[1]) {
		return false // a stamp in brackets
	}
	return scan.Within(b[:min(len(b), 256)], "based")
}

// cgnBroken reads a record whose header breaks the grammar of RFC 5424, and what stands in front of it:
// "1 2011 May 31 10:30:45 192.168.2.3 - - NAT44 - […]".
func cgnBroken(b []byte, rec *Record) bool {
	head := b[:min(len(b), 256)]
	if !scan.Within(head, "NAT4") && !scan.Within(head, "DSLite") || !cgnEvent(b, rec) {
		return false
	}
	_, r := scan.Word(b)
	ciscoHeader(r[:max(scan.Index(r, " -"), 0)], rec)
	return true
}
