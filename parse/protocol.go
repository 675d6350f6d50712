package parse

import (
	"bytes"
	"net/netip"

	"uncloak/parse/scan"
)

// protocol returns the IANA number of a protocol, by the name that a dialect prints or by its number; 0 is none.
func protocol(b []byte) uint8 {
	switch len(b) {
	case 2:
		if scan.EqualLower(b, "ah") {
			return 51
		}
	case 3:
		switch {
		case scan.EqualLower(b, "tcp"):
			return TCP
		case scan.EqualLower(b, "udp"):
			return UDP
		case scan.EqualLower(b, "gre"):
			return 47
		case scan.EqualLower(b, "esp"):
			return 50
		}
	case 4:
		switch {
		case scan.EqualLower(b, "icmp"):
			return ICMP
		case scan.EqualLower(b, "igmp"):
			return 2
		case scan.EqualLower(b, "sctp"):
			return 132
		case scan.EqualLower(b, "dccp"):
			return 33
		}
	case 6, 7, 9:
		switch {
		case scan.EqualLower(b, "icmpv6"), scan.EqualLower(b, "icmp6"), scan.EqualLower(b, "ipv6-icmp"):
			return ICMPv6
		case scan.EqualLower(b, "udplite"):
			return 136
		}
	case 5:
		if scan.EqualLower(b, "icmp6") {
			return ICMPv6
		}
	}
	if n, ok := scan.Number(b); ok && n < 256 {
		return uint8(n)
	}
	return 0
}

// icmpOf is ICMPv6 where an address shows that a line's "icmp" is the one of IPv6.
func icmpOf(proto uint8, a netip.Addr) uint8 {
	if proto == ICMP && a.Is6() {
		return ICMPv6
	}
	return proto
}

// protocolWord is protocol for "tcp/dns", "TCP," and "6".
func protocolWord(b []byte) uint8 {
	if i := bytes.IndexByte(b, '/'); i >= 0 {
		if n := protocol(b[:i]); n != 0 {
			return n
		}
		return protocol(b[i+1:])
	}
	return protocol(scan.TrimRight(b, ",;:"))
}

// letterFlags reads TCP flags that are written as their first letters; other letters say nothing.
func letterFlags(w []byte) (flags uint8) {
	for _, c := range w {
		switch c {
		case 'S':
			flags |= SYN
		case 'A':
			flags |= ACK
		case 'F':
			flags |= FIN
		case 'R':
			flags |= RST
		case 'P':
			flags |= PSH
		case 'U':
			flags |= URG
		}
	}
	return flags
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
