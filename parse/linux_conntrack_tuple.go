package parse

import (
	"net/netip"

	"uncloak/parse/scan"
)

// tuple is one direction of a session in a table.
type tuple struct {
	src, dst       netip.Addr
	sport, dport   uint16
	packets, bytes uint64
	id             uint16 // of an ICMP echo
}

// set takes one key=value word, in the spelling of conntrack or of ulogd.
func (t *tuple) set(key, value []byte) {
	switch string(key) {
	case "src", "SRC":
		t.src = scan.Addr(value)
	case "dst", "DST":
		t.dst = scan.Addr(value)
	case "sport", "SPT":
		t.sport = scan.Port(value)
	case "dport", "DPT":
		t.dport = scan.Port(value)
	case "id":
		t.id = scan.Port(value)
	case "packets", "PKTS":
		t.packets, _ = scan.Number(value)
	case "bytes", "BYTES":
		t.bytes, _ = scan.Number(value)
	}
}

// fillTuples writes both directions into the event; a translated side is given only where the reply tuple differs.
func fillTuples(t *[2]tuple, e *Event) {
	orig, reply := &t[0], &t[1]
	if e.Proto == ICMP || e.Proto == ICMPv6 {
		orig.sport, reply.dport = orig.id, orig.id
		orig.dport, reply.sport = 0, 0
	}
	e.Src, e.SPort, e.Dst, e.DPort = orig.src, orig.sport, orig.dst, orig.dport
	if reply.dst.IsValid() && (reply.dst != orig.src || reply.dport != orig.sport) {
		e.NATSrc, e.NATSPort = reply.dst, reply.dport
	}
	if reply.src.IsValid() && (reply.src != orig.dst || reply.sport != orig.dport) {
		e.NATDst, e.NATDPort = reply.src, reply.sport
	}
	e.Packets = scan.Saturate(orig.packets + reply.packets)
	e.Bytes = orig.bytes + reply.bytes
}
