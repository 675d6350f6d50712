package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// nokiaISADialect describes what Nokia's 7750 routers send to syslog when their NAT gives a block of ports to a
// subscriber or takes it back.
func nokiaISADialect() dialect {
	return dialect{
		Format: Format{
			Name:    "nokia-isa",
			Devices: "Nokia 7750 SR ISA / ESA NAT",
			Sample:  "<187>Aug 17 15:31:39 sr7750 TMNX: 19 Base NAT-MINOR-tmnxNatPlBlockAllocationLsn-2012 [NAT]:  {1} Map  192.0.2.28 [2001-2005] MDA 1/2 -- 276824064 classic-lsn-sub %3 vprn101 10.0.1.2 at 2012/08/17 15:31:39",
			Reads:   "Map and Free of a port block: outside address, ports, inside address",
			Enable:  "configure log event-control nat 2012 generate; configure log log-id N from main, to syslog 1.",
			Source:  "Nokia 7450/7750 Log Events Guide, NAT events",
		},
		console: OtherConsole,
		tags:    []string{"TMNX"},
		begins:  []string{"{"},
		read:    nokiaISA,
	}
}

// nokiaISA reads the block allocations of Nokia 7750 SR (ISA, event NAT 2012):
//
//	{1} Map  192.168.20.28 [2001-2005] MDA 1/2 -- 276824064 classic-lsn-sub %3 vprn101 10.0.1.2 at 2012/08/17 15:31:39
//
// The first address is the outside one; the subscriber's is the last word in front of "at".
func nokiaISA(b []byte, rec *Record) bool {
	b = b[max(bytes.IndexByte(b, '{'), 0):]
	end := bytes.IndexByte(b[:min(len(b), 12)], '}')
	if end < 0 {
		return false
	}
	verb, rest := scan.Word(b[end+1:])
	created := string(verb) == "Map"
	if !created && string(verb) != "Free" {
		return false
	}
	w, rest := scan.Word(rest)
	rec.NATSrc = scan.Addr(w)
	ports, rest := scan.Word(rest)
	if len(ports) < 5 || ports[0] != '[' {
		return false
	}
	rec.PortLow, rec.PortHigh, _ = scan.PortRange(ports[1:])
	if i := bytes.Index(rest, []byte(" at ")); i >= 0 {
		rest = rest[:i]
	}
	rec.Src = scan.Addr(scan.Until(scan.LastWord(rest), "/"))
	if !rec.Src.IsValid() || !rec.NATSrc.IsValid() || rec.PortHigh == 0 {
		return false
	}
	rec.Dialect = "nokia-isa"
	natMark(rec, created)
	return true
}
