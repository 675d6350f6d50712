package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// captureDialect reads what uncloak itself makes of a packet capture: one line for each thing of note in it.
func captureDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "capture",
			Devices: "uncloak import of a pcap or pcapng file",
			Sample:  "2026-11-28T10:00:00.000501Z capture: begin tcp 192.168.1.20:40312 > 203.0.113.5:443",
			Reads: "Sessions with begin, end, packets, bytes, and how they ended; resets of no session; windows " +
				"taken back; DNS questions; names of HTTP, TLS and QUIC; DHCP leases; which machine has an " +
				"address (ARP, IPv6's neighbour discovery).",
			Enable: "tcpdump -i any -w file.pcap; uncloak import file.pcap",
			Source: "package uncloak/ingest/wire, type Text",
		},
		known:  "the tag capture",
		tags:   []string{"capture"},
		begins: []string{"capture: "},
		kind:   tool,
		read:   capture,
	}
}

// capture reads a line of a packet capture as ingest/wire writes it: a word that says what was seen, the protocol, the
// two ends (the client first), and what is told of it.
//
//	begin tcp 192.168.1.20:40312 > 203.0.113.5:443
//	end tcp 192.168.1.20:40312 > 203.0.113.5:443 closed by=192.168.1.20 packets=9/8 bytes=700/5200 lasted=4.099
//	begin tcp 192.168.1.20:40313 > 203.0.113.5:443 nat-src=198.51.100.1:1024
//	dns udp 192.168.1.20:5555 > 192.168.1.1:53 PTR 5.113.0.203.in-addr.arpa.
//	lease 192.168.1.20 52:54:00:12:34:56 laptop
//	neighbour 192.168.1.20 52:54:00:12:34:56
//
// A session that was refused has the flag RST and no bytes, one that nobody answered the state SYN_SENT (TCP) or
// UNREPLIED. Count of an end is how long the session lasted, in ms.
func capture(b []byte, rec *Record) bool {
	b = bytes.TrimPrefix(b, []byte("capture: ")) // where the capture has no times
	what, rest := scan.Word(b)
	rec.Dialect = "capture"
	if string(what) == "lease" {
		ip, rest := scan.Word(rest)
		mac, name := scan.Word(rest)
		if rec.Src = scan.Addr(ip); !rec.Src.IsValid() || len(mac) == 0 {
			return false
		}
		rec.hardware(mac)
		rec.detail = scan.TrimLeft(name)
		return mark(rec, DHCPLease, "capture-lease")
	}
	if string(what) == "neighbour" {
		ip, rest := scan.Word(rest)
		mac, _ := scan.Word(rest)
		rec.Src = scan.Addr(ip)
		return rec.Src.IsValid() && rec.hardware(mac) && mark(rec, Neighbour, "capture-neighbour")
	}
	if scan.Within(b, "packets dropped by kernel") {
		n, _, ok := scan.Leading(b)
		rec.Count = scan.Saturate(uint64(n))
		return ok && mark(rec, System, "capture-drops")
	}
	proto, rest := scan.Word(rest)
	from, rest := scan.Word(rest)
	arrow, rest := scan.Word(rest)
	to, rest := scan.Word(rest)
	rec.Proto = protocol(proto)
	rec.Src, rec.SPort = scan.Endpoint(from)
	rec.Dst, rec.DPort = scan.Endpoint(to)
	if string(arrow) != ">" || !rec.Src.IsValid() || !rec.Dst.IsValid() {
		return false
	}
	if rec.Proto == ICMP && rec.Src.Is6() {
		rec.Proto = ICMPv6
	}
	return captured(string(what), scan.TrimLeft(rest), rec)
}

// captured fills in what was seen of two ends.
func captured(what string, rest []byte, rec *Record) bool {
	switch what {
	case "begin":
		captureCounts(rest, rec)
		return mark(rec, SessionNew, "capture-begin")
	case "end":
		captureCounts(rest, rec)
		captureEnd(rest, rec)
		return mark(rec, SessionEnd, "capture-end")
	case "open":
		captureCounts(rest, rec)
		return mark(rec, Traffic, "capture-open")
	case "reset":
		if rec.Flags, rec.Packets = RST, 1; string(rest) == "ack" {
			rec.Flags |= ACK
		}
		return mark(rec, Reset, "capture-reset")
	case "window":
		return mark(rec, WindowShrink, "capture-window")
	case "dns":
		kind, name := scan.Word(rest)
		if len(kind) == 0 || len(name) == 0 {
			return false
		}
		rec.QType, rec.QName = kind, plainName(scan.TrimLeft(name))
		dnsQuestion(rec)
		return true
	case "http", "tls", "quic":
		rec.Packets, rec.detail = 1, rest
		return mark(rec, Traffic, "capture-"+what)
	}
	return false
}

// captureCounts reads packets and bytes, of which the sum is kept, how long it lasted, and what the router made of one
// of the ends.
func captureCounts(b []byte, rec *Record) {
	for len(b) > 0 {
		var w []byte
		w, b = scan.Word(b)
		key, value, ok := bytes.Cut(w, []byte("="))
		if !ok {
			continue
		}
		switch string(key) {
		case "packets":
			rec.Packets = scan.Saturate(capturePair(value))
		case "bytes":
			rec.Bytes = capturePair(value)
		case "lasted":
			rec.setLasted(uint64(captureMillis(value)))
		case "nat-src":
			rec.NATSrc, rec.NATSPort = scan.Endpoint(value)
		case "nat-dst":
			rec.NATDst, rec.NATDPort = scan.Endpoint(value)
		}
	}
}

// capturePair reads "9/8" and returns the sum.
func capturePair(b []byte) uint64 {
	n, rest, _ := scan.Leading(b)
	if len(rest) < 2 {
		return uint64(n)
	}
	m, _, _ := scan.Leading(rest[1:])
	return uint64(n) + uint64(m)
}

// captureMillis reads seconds with three decimals.
func captureMillis(b []byte) uint32 {
	n, rest, _ := scan.Leading(b)
	ms := uint64(n) * 1000
	if len(rest) == 4 {
		m, _, _ := scan.Leading(rest[1:])
		ms += uint64(m)
	}
	return scan.Saturate(ms)
}

// captureEnd reads how a session ended.
func captureEnd(b []byte, rec *Record) {
	how, _ := scan.Word(b)
	switch string(how) {
	case "refused":
		rec.Flags, rec.Bytes = RST, 0
	case "reset":
		rec.Flags = RST
	case "unanswered":
		rec.State = Unreplied
		if rec.Proto == TCP {
			rec.State = SynSent
		}
	}
}
