package parse

import (
	"bytes"
	"net/netip"

	"uncloak/parse/scan"
)

// f5LSNDialect describes what F5 BIG-IP's large-scale NAT sends to a log server for each session.
func f5LSNDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "f5-lsn",
			Devices: "F5 BIG-IP CGNAT (LSN)",
			Sample:  "LSN_ADD 10.10.10.10%0:5000 6 203.0.113.1%0:6000 198.51.100.1 443",
			Reads: "LSN_ADD, LSN_DELETE, LSN_INBOUND_… with route domains, plain or as lsn_event pairs; quota " +
				"and failure events are exhausted ports",
			Enable: "Create a log publisher (Splunk or remote syslog) and name it in the LSN pool.",
			Source: "F5 BIG-IP CGNAT: Implementations, Using CGNAT Logging",
		},
		console: OtherConsole,
		begins:  []string{"LSN_", "lsn_event="},
		read:    f5LSN,
	}
}

// f5LSN reads the large scale NAT of F5 BIG-IP, plain and as pairs:
//
//	LSN_ADD 10.10.10.10%0:5000 6 203.0.113.1%0:6000 198.51.100.1 443
//	lsn_event="LSN_DELETE",start="1562092616047",cli="10.10.10.10:5000",nat="203.0.113.1:6000",duration="8080"
func f5LSN(b []byte, rec *Record) bool {
	event := []byte(nil)
	if b[0] == 'l' {
		w := scan.PairWalk{Rest: b, Sep: ','}
		for key, val, ok := w.Next(); ok; key, val, ok = w.Next() {
			switch string(key) {
			case "lsn_event":
				event = val
			case "cli":
				e, _ := readNATEnd(withoutDomain(val))
				rec.Src, rec.SPort = e.addr, e.port
			case "nat":
				e, _ := readNATEnd(withoutDomain(val))
				rec.NATSrc, rec.NATSPort, rec.PortLow, rec.PortHigh = e.addr, e.port, e.low, e.high
			case "dest", "dst":
				e, _ := readNATEnd(withoutDomain(val))
				rec.Dst, rec.DPort = e.addr, e.port
			case "ip_protocol", "proto":
				rec.Proto = protocol(val)
			}
		}
	} else {
		var f [6][]byte
		rest := b
		for i := range f {
			f[i], rest = scan.Word(rest)
		}
		event = f[0]
		rec.Src, rec.SPort = f5Endpoint(f[1])
		rec.Proto = protocol(f[2])
		rec.NATSrc, rec.NATSPort = f5Endpoint(f[3])
		rec.Dst, rec.DPort = f5Endpoint(f[4])
		if rec.DPort == 0 {
			rec.DPort = scan.Port(f[5])
		}
	}
	if !bytes.HasPrefix(event, []byte("LSN_")) || !rec.Src.IsValid() {
		return false
	}
	rec.Dialect = "f5-lsn"
	natMark(rec, !bytes.Contains(event, []byte("DELETE")) && !bytes.Contains(event, []byte("RELEASE")) && !bytes.Contains(event, []byte("END")))
	if bytes.Contains(event, []byte("INBOUND")) && rec.Dst.IsValid() {
		e := &rec.Event
		e.Src, e.SPort, e.Dst, e.DPort, e.NATDst, e.NATDPort = e.Dst, e.DPort, e.NATSrc, e.NATSPort, e.Src, e.SPort
		e.NATSrc, e.NATSPort = netip.Addr{}, 0
	}
	if bytes.Contains(event, []byte("FAIL")) || bytes.Contains(event, []byte("QUOTA")) || bytes.Contains(event, []byte("EXHAUST")) {
		rec.Kind, rec.Word, rec.Action, rec.detail = TableFull, "nat-exhausted", "", event
	}
	return true
}

// f5Endpoint reads 10.0.0.1%2:5000, where %2 is a route domain.
func f5Endpoint(b []byte) (netip.Addr, uint16) {
	i := bytes.IndexByte(b, '%')
	if i < 0 {
		return scan.EndpointWord(b)
	}
	_, rest, _ := scan.Leading(b[i+1:])
	if len(rest) > 0 && rest[0] == ':' {
		return scan.Addr(b[:i]), scan.Port(rest[1:])
	}
	return scan.Addr(b[:i]), 0
}

// withoutDomain drops a route domain where no port follows it.
func withoutDomain(b []byte) []byte {
	if i := bytes.IndexByte(b, '%'); i >= 0 && bytes.IndexByte(b[i:], ':') < 0 {
		return b[:i]
	}
	return b
}
