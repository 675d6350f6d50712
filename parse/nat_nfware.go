package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// nfwareDialect describes what NFWare's carrier-grade NAT sends to syslog for each session and block of ports.
func nfwareDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "nfware",
			Devices: "NFWare CGNAT",
			Sample:  "<134>1 2024-01-01T00:00:00Z nfw nat - - - A VRF 0 6 INT 10.0.0.1:57938 EXT 100.64.0.1:28475 DST 185.165.123.206:443 DIR OUT",
			Reads: "A or D (added, deleted), VRF, protocol, INT, EXT, DST and DIR: addresses, ports, sessions " +
				"and port blocks; DIR IN means that the outside opened the session",
			Enable: "In the NAT pool's log settings choose syslog and the types session or port-block.",
			Source: "docs.nfware.com, NAT, Logging",
		},
		console: OtherConsole,
		begins:  []string{"A VRF ", "D VRF "},
		read:    nfware,
	}
}

// nfware reads NFWare's CGNAT: A adds and D deletes an address, a port, a session or a block of ports:
//
//	A VRF 0 6 INT 10.0.0.1:57938 EXT 100.64.0.1:28475 DST 185.165.123.206:443 DIR OUT
//	D VRF 0 INT 10.0.0.1 EXT 100.64.0.1:1024-2047
func nfware(b []byte, rec *Record) bool {
	if len(b) <= 16 {
		return false
	}
	created := b[0] == 'A'
	_, rest := scan.Word(b[len("A VRF "):])
	w, rest := scan.Word(rest)
	if string(w) != "INT" {
		rec.Proto = protocol(w)
		w, rest = scan.Word(rest)
	}
	if string(w) != "INT" {
		return false
	}
	inside, rest := readNATEnd(rest)
	outside, rest := readNATEnd(rest)
	if !inside.addr.IsValid() || !outside.addr.IsValid() {
		return false
	}
	rec.PortLow, rec.PortHigh = outside.low, outside.high
	peer, rest := readNATEnd(rest)
	if bytes.HasSuffix(rest, []byte("DIR IN")) { // the outside host opened the session
		rec.Src, rec.SPort, rec.Dst, rec.DPort = peer.addr, peer.port, outside.addr, outside.port
		rec.NATDst, rec.NATDPort = inside.addr, inside.port
	} else {
		rec.Src, rec.SPort, rec.Dst, rec.DPort = inside.addr, inside.port, peer.addr, peer.port
		rec.NATSrc, rec.NATSPort = outside.addr, outside.port
	}
	rec.Dialect = "nfware"
	natMark(rec, created)
	return true
}
