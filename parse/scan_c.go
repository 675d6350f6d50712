package parse

import (
	"bytes"
	"net/netip"
)

// millionths reads a decimal number with point or comma as millionths of its unit, so that milliseconds become
// nanoseconds. Digits past the sixth are dropped; ok is false for anything that is no number or has more than nine
// digits in front of the point.
func millionths(b []byte) (v int64, rest []byte, ok bool) {
	n, rest, ok := leading(b)
	if !ok || n > 999_999_999 {
		return 0, b, false
	}
	v = int64(n) * 1_000_000
	if len(rest) > 1 && (rest[0] == '.' || rest[0] == ',') && isDigit(rest[1]) {
		nanos, r := fraction(rest[1:])
		return v + int64(nanos/1000), r, true
	}
	return v, rest, true
}

// wholeMillionths is millionths for a word that is nothing but the number.
func wholeMillionths(b []byte) (v int64, ok bool) {
	v, rest, ok := millionths(b)
	return v, ok && len(rest) == 0
}

// microseconds turns nanoseconds into what Event.Count holds of a round trip.
func microseconds(ns int64) uint32 {
	if ns < 0 {
		return 0
	}
	return saturate(uint64(ns) / 1000)
}

// cutByte cuts b at the first sep; rest is nil where there is none.
func cutByte(b []byte, sep byte) (f, rest []byte) {
	if i := bytes.IndexByte(b, sep); i >= 0 {
		return b[:i], b[i+1:]
	}
	return b, nil
}

// has and within keep the dialects short: bytes.HasPrefix and bytes.Contains with a string.
func has(b []byte, prefix string) bool {
	return len(b) >= len(prefix) && string(b[:len(prefix)]) == prefix
}

func within(b []byte, s string) bool { return index(b, s) >= 0 }

// dotPort reads tcpdump's 10.0.0.1.443 and 2001:db8::1.443; the address may stand alone. tcpdump without -n writes the
// names of common services.
func dotPort(b []byte) (netip.Addr, uint16) {
	if a := addr(b); a.IsValid() {
		return a, 0
	}
	i := bytes.LastIndexByte(b, '.')
	if i < 0 {
		return netip.Addr{}, 0
	}
	a := addr(b[:i])
	if !a.IsValid() {
		return a, 0
	}
	if n := port(b[i+1:]); n != 0 {
		return a, n
	}
	return a, servicePort(b[i+1:])
}

// servicePort knows the names from /etc/services that captures of home networks are full of.
func servicePort(b []byte) uint16 {
	switch string(b) {
	case "ftp":
		return 21
	case "ssh":
		return 22
	case "telnet":
		return 23
	case "smtp":
		return 25
	case "domain":
		return 53
	case "bootps":
		return 67
	case "bootpc":
		return 68
	case "http", "www":
		return 80
	case "ntp":
		return 123
	case "netbios-ns":
		return 137
	case "netbios-dgm":
		return 138
	case "snmp":
		return 161
	case "bgp":
		return 179
	case "https":
		return 443
	case "microsoft-ds":
		return 445
	case "isakmp":
		return 500
	case "syslog":
		return 514
	case "dhcpv6-client":
		return 546
	case "dhcpv6-server":
		return 547
	case "imaps":
		return 993
	case "openvpn":
		return 1194
	case "ssdp":
		return 1900
	case "mdns":
		return 5353
	case "http-alt":
		return 8080
	}
	return 0
}

// anyAddress is the first address in b, whatever language stands around it, and its zone.
func anyAddress(b []byte) (a netip.Addr, zone []byte) {
	for i := 0; i < len(b); {
		if c := b[i]; hexDigit(c) > 15 && c != ':' {
			i++
			continue
		}
		if i > 0 && isLetter(b[i-1]) {
			i++
			continue // the end of a word
		}
		end := i
		for end < len(b) && (isLetter(b[end]) || isDigit(b[end]) || b[end] == ':' || b[end] == '.' || b[end] == '%') {
			end++
		}
		w := bytes.TrimRight(b[i:end], ":.")
		if a = addr(w); a.IsValid() {
			if z := bytes.IndexByte(w, '%'); z >= 0 {
				zone = w[z+1:]
			}
			return a, zone
		}
		i = max(end, i+1)
	}
	return netip.Addr{}, nil
}

// flagLetters reads the TCP flags of pf and tcpdump: one letter each, a point for ACK. ok is false for other bytes.
func flagLetters(b []byte) (flags uint8, ok bool) {
	for _, c := range b {
		switch c {
		case 'F':
			flags |= FIN
		case 'S':
			flags |= SYN
		case 'R':
			flags |= RST
		case 'P':
			flags |= PSH
		case 'A', '.':
			flags |= ACK
		case 'U':
			flags |= URG
		case 'E':
			flags |= ECE
		case 'C', 'W':
			flags |= CWR
		default:
			return 0, false
		}
	}
	return flags, true
}
