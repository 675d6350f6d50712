package parse

import (
	"bytes"
	"encoding/binary"
	"net/netip"

	"uncloak/parse/scan"
)

// nflogXMLDialect describes the XML elements that the Linux daemon ulogd writes for packets which a rule sends to it.
func nflogXMLDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "nflog-xml",
			Devices: "Linux ulogd 2 (XML of NFLOG)",
			Sample:  "<log><when><hour>10</hour><min>42</min><sec>01</sec><wday>7</wday><day>21</day><month>11</month><year>2026</year></when><prefix>drop in</prefix><hook>1</hook><indev>2</indev><payload>4500003c1c4640004006b1e6c63364070a010105115c0016000000000000000050020000</payload></log>",
			Reads: "Prefix, numbers of the interfaces, and from the packet itself addresses, ports, protocol " +
				"and TCP flags.",
			Enable: "In ulogd.conf: stack=log1:NFLOG,xml1:XML; NFLOG must copy at least 60 bytes of each packet " +
				"(--nflog-size).",
			Source: "ulogd 2 output/ulogd_output_XML.c; libnetfilter_log, nflog_snprintf_xml",
		},
		known:  "a <log> element with a packet in hexadecimal",
		tags:   []string{"ulogd"},
		begins: []string{"<"},
		kind:   file,
		read:   nflogXML,
	}
}

// nflogXML reads one packet of ulogd's XML output, which libnetfilter_log writes on one line:
//
//	<log><when><hour>10</hour>…</when><prefix>drop</prefix><hook>1</hook><indev>2</indev><payload>4500…</payload></log>
//
// The addresses are those of the payload, which is the packet from its IP header on, in hexadecimal. Interfaces are
// numbers there. What the packet means goes by the prefix, as in netfilter.
func nflogXML(b []byte, rec *Record) bool {
	for _, w := range [...]string{"<packet>", "</packet>", "<sum>", "</sum>", "<obj>"} {
		if scan.Has(b, w) {
			rec.Dialect = "nflog-xml"
			return mark(rec, System, "other")
		}
	}
	if !scan.Has(b, "<log>") {
		return false
	}
	var when Stamp
	prefix, icmpType, ok := []byte(nil), -1, false
	for len(b) > 0 {
		i := bytes.IndexByte(b, '<')
		if i < 0 || i+1 == len(b) {
			break
		}
		if b = b[i+1:]; b[0] == '/' {
			continue
		}
		name, rest := scan.CutByte(b, '>')
		b = rest
		value, _ := scan.CutByte(b, '<')
		switch string(name) {
		case "prefix":
			prefix = trimPrefix(value)
		case "indev":
			rec.InIf = value
		case "outdev":
			rec.OutIf = value
		case "payload":
			icmpType, ok = hexPacket(value, rec)
		case "year", "month", "day", "hour", "min", "sec":
			when.element(name, value)
		}
	}
	if !ok {
		return false
	}
	ownStamp(rec, &when)
	r := rec.mem.rule(prefix)
	rec.Dialect, rec.Word, rec.Rule, rec.Detail, rec.Action = "nflog-xml", "fw-packet", prefix, r.name, r.action
	rec.Kind = packetKind(rec, icmpType)
	return true
}

// hexPacket reads the headers of a packet that is written in hexadecimal: addresses, protocol, ports and TCP flags. It
// returns the ICMP type, or -1. IPv6 extension headers are not followed: the protocol is then theirs.
func hexPacket(text []byte, rec *Record) (icmpType int, ok bool) {
	var raw [80]byte // an IP header with all options, and 20 bytes of TCP
	n := 0
	for n < len(raw) && 2*n+1 < len(text) {
		hi, lo := scan.HexDigit(text[2*n]), scan.HexDigit(text[2*n+1])
		if hi > 15 || lo > 15 {
			return -1, false
		}
		raw[n] = hi<<4 | lo
		n++
	}
	b, first := raw[:n], true
	switch {
	case n >= 20 && b[0]>>4 == 4 && int(b[0]&15) >= 5:
		rec.Src, rec.Dst = netip.AddrFrom4([4]byte(b[12:16])), netip.AddrFrom4([4]byte(b[16:20]))
		rec.Proto, first = b[9], binary.BigEndian.Uint16(b[6:])&0x1fff == 0
		b = b[min(int(b[0]&15)*4, n):]
	case n >= 40 && b[0]>>4 == 6:
		rec.Src, rec.Dst = netip.AddrFrom16([16]byte(b[8:24])).Unmap(), netip.AddrFrom16([16]byte(b[24:40])).Unmap()
		rec.Proto, b = b[6], b[40:]
	default:
		return -1, false
	}
	switch {
	case !first || len(b) < 4: // a later fragment has no ports
	case rec.Proto == ICMP || rec.Proto == ICMPv6:
		return int(b[0]), true
	case rec.Proto == TCP || rec.Proto == UDP || rec.Proto == 33 || rec.Proto == 132 || rec.Proto == 136:
		rec.SPort, rec.DPort = binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
		if rec.Proto == TCP && len(b) > 13 {
			rec.Flags = b[13]
		}
	}
	return -1, true
}
