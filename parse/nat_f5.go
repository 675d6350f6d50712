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
//	LSN_PB_ALLOCATED 10.10.10.10%1 203.0.113.1%1:1024-1087
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
				e := f5End(val)
				rec.Src, rec.SPort = e.addr, e.port
			case "nat":
				e := f5End(val)
				rec.NATSrc, rec.NATSPort, rec.PortLow, rec.PortHigh = e.addr, e.port, e.low, e.high
			case "dest", "dst":
				e := f5End(val)
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
		client := f5End(f[1])
		rec.Src, rec.SPort = client.addr, client.port
		at := 3
		if rec.Proto = protocol(f[2]); bytes.IndexByte(f[2], '.') >= 0 || bytes.IndexByte(f[2], ':') >= 0 {
			at, rec.Proto = 2, 0 // a block of ports is of all protocols
		}
		nat, dst := f5End(f[at]), f5End(f[at+1])
		rec.NATSrc, rec.NATSPort, rec.PortLow, rec.PortHigh = nat.addr, nat.port, nat.low, nat.high
		if rec.Dst, rec.DPort = dst.addr, dst.port; rec.DPort == 0 {
			rec.DPort = scan.Port(f[min(at+2, len(f)-1)])
		}
	}
	if !bytes.HasPrefix(event, []byte("LSN_")) || !rec.Src.IsValid() {
		return false
	}
	rec.Dialect = "f5-lsn"
	natMark(rec,
		!bytes.Contains(event, []byte("DELETE")) && !bytes.Contains(event, []byte("RELEASE")) &&
			!bytes.Contains(event, []byte("END")))
	if bytes.Contains(event, []byte("INBOUND")) && rec.Dst.IsValid() {
		e := &rec.Event
		e.Src, e.SPort, e.Dst, e.DPort, e.NATDst, e.NATDPort = e.Dst, e.DPort, e.NATSrc, e.NATSPort, e.Src, e.SPort
		e.NATSrc, e.NATSPort = netip.Addr{}, 0
	}
	if bytes.Contains(event, []byte("FAIL")) || bytes.Contains(event, []byte("QUOTA")) ||
		bytes.Contains(event, []byte("EXHAUST")) {
		rec.Kind, rec.Word, rec.Action, rec.detail = TableFull, "nat-exhausted", "", event
	}
	return true
}

// f5End reads 10.0.0.1%2:5000 and 203.0.113.1%2:1024-1087, where %2 is a route domain, which may be missing.
func f5End(b []byte) (e natEnd) {
	i := bytes.IndexByte(b, '%')
	if i < 0 {
		e, _ = readNATEnd(b)
		return e
	}
	e.addr = scan.Addr(b[:i])
	_, rest, _ := scan.Leading(b[i+1:])
	if len(rest) < 2 || rest[0] != ':' && rest[0] != '.' { // a point stands before the port of IPv6
		return e
	}
	if bytes.IndexByte(rest, '-') > 0 {
		var ok bool
		if e.low, e.high, ok = scan.PortRange(rest[1:]); ok {
			return e
		}
	}
	e.port = scan.Port(rest[1:])
	return e
}
