package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// tsharkPacket reads a packet of tshark's list, whose number and stamp have been taken off (listed):
//
//	192.168.50.10 → 198.51.100.9 TCP 54 40400 → 9999 [SYN] Seq=0 Win=8192 Len=0
//	192.168.50.10 -> 192.168.50.1 DNS 75 Standard query 0x77c9 A www.example.org
//
// A SYN is SessionNew, where it is not sent again; a RST Reset, a DNS question DNSQuery, all else Traffic. Protocols
// above TCP and UDP show no ports there. Packets is 1, Bytes the length of the frame.
func tsharkPacket(b []byte, rec *Record) bool {
	rest := arrowed(b)
	if rest == nil {
		return false
	}
	src, _ := scan.Word(b)
	dst, rest := scan.Word(rest)
	rec.Src, rec.Dst = scan.Addr(src), scan.Addr(dst)
	if !rec.Src.IsValid() || !rec.Dst.IsValid() {
		return false
	}
	name, rest := scan.Word(rest)
	size, info := scan.Word(rest)
	n, ok := scan.Number(size)
	if !ok || len(name) == 0 {
		return false
	}
	info = scan.TrimLeft(info)
	rec.Dialect, rec.Packets, rec.Bytes = "tshark", 1, n
	again := false
	if in := scan.After(info, "] "); scan.Has(info, "[TCP ") && in != nil {
		again = scan.Has(info, "[TCP Retransmission]") || scan.Has(info, "[TCP Spurious")
		info = scan.TrimLeft(in)
	}
	switch string(name) {
	case "TCP", "UDP", "SCTP":
		rec.Proto = protocol(name)
		tsharkPorts(info, rec)
	case "ICMP":
		rec.Proto = ICMP
	case "ICMPv6":
		rec.Proto = ICMPv6
	case "DNS", "MDNS":
		rec.Proto, rec.DPort = UDP, 53
		if q := scan.After(info, "Standard query 0x"); q != nil && !scan.Within(info, "response") {
			_, q = scan.Word(q)
			rec.QType, q = scan.Word(q)
			rec.QName, _ = scan.Word(q)
			if len(rec.QName) > 0 {
				dnsQuestion(rec)
				return true
			}
		}
		rec.SPort, rec.DPort = 53, 0
		return mark(rec, System, "dns-reply")
	case "HTTP", "SSH", "SSL", "SMTP", "FTP", "TELNET", "BGP":
		rec.Proto = TCP
	case "QUIC", "NTP", "DHCP", "STUN", "SSDP", "SNMP", "Syslog":
		rec.Proto = UDP
	default:
		if scan.Has(name, "TLSv") {
			rec.Proto = TCP
		}
	}
	switch {
	case rec.Flags&RST != 0:
		return mark(rec, Reset, "packet")
	case rec.Flags&(SYN|ACK) == SYN && !again:
		return mark(rec, SessionNew, "packet")
	}
	return mark(rec, Traffic, "packet")
}

// tsharkPorts reads "40400 → 9999 [SYN, ACK] Seq=…"; older versions write ">", and the names of well-known ports.
func tsharkPorts(b []byte, rec *Record) {
	from, rest := scan.Word(b)
	_, rest = scan.Word(rest)
	to, rest := scan.Word(rest)
	for i, w := range [...][]byte{from, to} {
		n := scan.Port(w)
		if n == 0 {
			n = scan.ServicePort(w)
		}
		if i == 0 {
			rec.SPort = n
		} else {
			rec.DPort = n
		}
	}
	if rest = scan.TrimLeft(rest); len(rest) == 0 || rest[0] != '[' {
		return
	}
	names := scan.Until(rest[1:], "]")
	for len(names) > 0 {
		var w []byte
		if w, names = scan.CutByte(names, ','); len(w) > 0 {
			rec.Flags |= tcpFlag(bytes.TrimSpace(w))
		}
	}
}
