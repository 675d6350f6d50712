package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// packetText reads "src > dst: what" as tcpdump and pflog print it. src and dst may be addresses, or addresses with a
// port behind a point. It returns the ICMP type (3 for all errors and answers, -1 if there is none); ok is false where
// the text is no packet between two addresses.
func packetText(b []byte, rec *Record) (icmpType int, ok bool) {
	gt := bytes.Index(b, []byte(" > "))
	if gt < 0 {
		return -1, false
	}
	from := b[bytes.LastIndexAny(b[:gt], " \t")+1 : gt]
	to, what := scan.Word(b[gt+3:])
	if len(to) < 2 || to[len(to)-1] != ':' && to[len(to)-1] != ',' {
		return -1, false
	}
	rec.Src, rec.SPort = scan.DotPort(from)
	rec.Dst, rec.DPort = scan.DotPort(to[:len(to)-1])
	if !rec.Src.IsValid() || !rec.Dst.IsValid() {
		return -1, false
	}
	return packetWhat(scan.TrimLeft(what), rec), true
}

// packetWhat reads what stands behind the addresses: protocol, TCP flags, ICMP type, length.
func packetWhat(b []byte, rec *Record) (icmpType int) {
	icmpType = -1
	b = bytes.TrimPrefix(b, []byte("HBH "))
	if len(b) > 0 && b[0] == '[' {
		_, b = scan.CutByte(b, ']') // "[icmp6 sum ok] "
	}
	w, rest := scan.Word(b)
	w = scan.TrimRight(w, ",:")
	switch {
	case string(w) == "Flags":
		rec.Proto = TCP
		flags, _ := scan.Word(rest)
		rec.Flags, _ = flagLetters(scan.Unbracket(bytes.TrimRight(flags, ",")))
	case string(w) == "ICMP" || string(w) == "icmp":
		rec.Proto = ICMP
		icmpType = icmpWords(rest)
	case string(w) == "ICMP6" || string(w) == "icmp6":
		rec.Proto = ICMPv6
		if icmpType = icmpWords(rest); icmpType == 8 {
			icmpType = 128
		}
	case rec.SPort == 0 && rec.DPort == 0:
		if n := wordProtocol(w); n != 0 {
			rec.Proto = n
		}
	default:
		if flags, ok := flagLetters(w); ok && len(w) > 0 {
			rec.Proto, rec.Flags = TCP, flags // tcpdump before 4.0 and OpenBSD: "S 1:1(0) win 65535"
			if scan.Within(rest, " ack ") || scan.Has(rest, "ack ") {
				rec.Flags |= ACK
			}
		} else if string(w) == "tcp" {
			rec.Proto = TCP // tcpdump -q
		} else if string(w) == "sctp" || scan.Has(w, "sctp[") {
			rec.Proto = 132
		} else {
			rec.Proto = UDP
		}
	}
	rec.Bytes = packetLength(b)
	return icmpType
}

// icmpWords tells what opens a session (an echo or timestamp request) from the rest.
func icmpWords(b []byte) int {
	b = scan.TrimLeft(b)
	switch {
	case scan.Has(b, "echo request"):
		return 8
	case scan.Has(b, "time stamp query"):
		return 13
	case scan.Has(b, "address mask request"):
		return 17
	}
	return 3
}

// wordProtocol reads the first word of a packet that has no ports.
func wordProtocol(w []byte) uint8 {
	switch {
	case scan.Has(w, "ESP("), scan.EqualLower(w, "esp"):
		return 50
	case scan.Has(w, "AH("), scan.EqualLower(w, "ah"):
		return 51
	case scan.Has(w, "GREv"), scan.EqualLower(w, "gre"):
		return 47
	case scan.EqualLower(w, "igmp"):
		return 2
	case scan.Has(w, "OSPFv"):
		return 89
	case scan.Has(w, "VRRPv"), scan.Has(w, "CARPv"):
		return 112
	case scan.EqualLower(w, "pim"), scan.Has(w, "PIMv"):
		return 103
	case scan.Has(w, "ip-proto-"):
		return protocol(w[len("ip-proto-"):])
	case scan.EqualLower(w, "udp"), scan.EqualLower(w, "tcp"), scan.EqualLower(w, "sctp"):
		return protocol(w)
	}
	return 0
}

// packetLength is the payload's length in bytes: "length 58", the first one of a tunnel, else "udp 57" or "tcp 20".
func packetLength(b []byte) uint64 {
	if i := bytes.Index(b, []byte("length ")); i >= 0 {
		if n, _, ok := scan.Leading(b[i+len("length "):]); ok && n < 1<<32 {
			return n
		}
		return 0
	}
	w, rest := scan.Word(b)
	if scan.EqualLower(w, "udp") || scan.EqualLower(w, "tcp") {
		if n, _, ok := scan.Leading(scan.TrimLeft(rest)); ok && n < 1<<32 {
			return n
		}
	}
	return 0
}

// looksTool reports whether b may be what a tool prints. A line that begins with a number is not where it is a row or a
// date that others write.
func looksTool(b []byte, rec *Record) bool {
	switch c := b[0]; {
	case scan.IsDigit(c):
		return isClock(b) || !isRow(b) && !looksBindFile(b, rec)
	case c == '<', c == '{', c == '[':
		return false
	case len(rec.Host) > 0:
		return c == '>' || c == '|' || isTcpdumpWord(b) || isMTRVersion(b) || looksNfdump(b, rec)
	}
	return !scan.Has(b, "IN=")
}

// isClock reports whether b may begin like 11:31:20.553633.
func isClock(b []byte) bool { return len(b) > 20 && b[2] == ':' && b[5] == ':' }

// isRow reports whether b begins like a row of values parted by commas, or with a date like 11/21/2026.
func isRow(b []byte) bool {
	if len(b) <= 20 {
		return false
	}
	i := bytes.IndexByte(b[:10], ',')
	return b[1] == '/' || b[2] == '/' || i > 0 && b[i-1] != 'e' // not "5 in use, 5 most used"
}
