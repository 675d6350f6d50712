package scan

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"net/netip"
)

// Port reads a port; anything but 0..65535 is 0.
func Port(b []byte) uint16 {
	if len(b) == 0 || len(b) > 5 {
		return 0
	}
	n := uint32(0)
	for _, c := range b {
		if !IsDigit(c) {
			return 0
		}
		n = n*10 + uint32(c-'0')
	}
	if n > 65535 {
		return 0
	}
	return uint16(n)
}

// Addr reads an address without allocating; anything else is the zero Addr. A zone is dropped and an IPv4-mapped
// address is the IPv4 address, so that a host has one address in all logs.
func Addr(b []byte) netip.Addr {
	if a, ok := Addr4(b); ok {
		return netip.AddrFrom4(a)
	}
	if bytes.IndexByte(b, ':') < 0 {
		return netip.Addr{}
	}
	if i := bytes.IndexByte(b, '%'); i >= 0 {
		b = b[:i]
	}
	a, ok := addr6(b)
	if !ok {
		return netip.Addr{}
	}
	return netip.AddrFrom16(a).Unmap()
}

// Addr4 reads a dotted quad. Leading zeros are refused as in netip: some programs read them as octal. Where the points
// stand is found for eight bytes at a time, because no processor foresees how many digits a number has.
func Addr4(b []byte) (a [4]byte, ok bool) {
	n := len(b)
	if n < 7 || n > 15 {
		return a, false
	}
	first, second := uint64(0), uint64(0)
	if n == 7 {
		first = uint64(binary.LittleEndian.Uint32(b)) | uint64(binary.LittleEndian.Uint32(b[3:]))<<24
	} else {
		first = binary.LittleEndian.Uint64(b)
		second = binary.LittleEndian.Uint64(b[n-8:]) >> (8 * (16 - n))
	}
	points := pointsIn(first) | pointsIn(second)<<8
	if bits.OnesCount64(points) != 3 {
		return a, false
	}
	p1 := bits.TrailingZeros64(points)
	points &= points - 1
	p2, p3 := bits.TrailingZeros64(points), 63-bits.LeadingZeros64(points)
	if p1 < 1 || p1 > 3 || p2-p1 < 2 || p2-p1 > 4 || p3-p2 < 2 || p3-p2 > 4 || n-p3 < 2 || n-p3 > 4 {
		return a, false
	}
	ok1, ok2, ok3, ok4 := false, false, false, false
	a[0], ok1 = octet(uint32(first)<<(32-8*p1), p1)
	a[1], ok2 = octet(uint32(first<<8>>(8*p2-24)), p2-p1-1)
	a[2], ok3 = octet(binary.LittleEndian.Uint32(b[p3-4:]), p3-p2-1)
	a[3], ok4 = octet(binary.LittleEndian.Uint32(b[n-4:]), n-p3-1)
	return a, ok1 && ok2 && ok3 && ok4
}

// pointsIn has a bit for each of the eight bytes of x that is a point.
func pointsIn(x uint64) uint64 {
	const low = 0x7f7f7f7f7f7f7f7f
	x ^= 0x2e2e2e2e2e2e2e2e
	x = ^((x&low + low) | x | low) >> 7 // 1 in each byte that was a point
	return x * 0x0102040810204080 >> 56 // gathered in the uppermost byte
}

// octet is the number of n digits, 1 to 3, in the upper bytes of x, of which the uppermost is the last digit.
func octet(x uint32, n int) (v byte, ok bool) {
	x = (x ^ 0x30303030) & (0xffffffff << (32 - 8*n))
	if (x|(x+0x76767676))&0x80808080 != 0 {
		return 0, false // not a digit
	}
	sum := x>>24 + x>>16&0xff*10 + x>>8&0xff*100
	return byte(sum), sum <= 255 && sum >= [4]uint32{0, 0, 10, 100}[n&3]
}

// addr6 reads an IPv6 address with or without "::" and with an IPv4 tail.
func addr6(b []byte) (a [16]byte, ok bool) {
	n, gap := 0, -1
	if len(b) >= 2 && b[0] == ':' {
		if b[1] != ':' {
			return a, false
		}
		gap, b = 0, b[2:]
	}
	for len(b) > 0 {
		if n == 16 {
			return a, false
		}
		v, digits := uint(0), 0
		for digits < len(b) && digits < 5 {
			d := HexDigit(b[digits])
			if d > 15 {
				break
			}
			v, digits = v<<4|uint(d), digits+1
		}
		if digits < len(b) && b[digits] == '.' {
			four, ok := Addr4(b)
			if !ok || n > 12 {
				return a, false
			}
			copy(a[n:], four[:])
			n, b = n+4, nil
			break
		}
		if digits == 0 || digits > 4 {
			return a, false
		}
		a[n], a[n+1] = byte(v>>8), byte(v)
		n, b = n+2, b[digits:]
		if len(b) == 0 {
			break
		}
		if b[0] != ':' || len(b) == 1 {
			return a, false
		}
		b = b[1:]
		if b[0] == ':' {
			if gap >= 0 {
				return a, false
			}
			gap, b = n, b[1:]
		}
	}
	if gap < 0 {
		return a, n == 16
	}
	if n == 16 {
		return a, false
	}
	tail := n - gap
	copy(a[16-tail:], a[gap:n])
	clear(a[gap : 16-tail])
	return a, true
}

// Addresses with ports are written in five ways: HostPort, Endpoint, ColonPort, DotPort and ParenPort read one each.
// The address that they return is zero where it is masked or a name, the port 0 where there is none.

// HostPort reads 1.2.3.4:80, 1.2.3.4/80, [v6]:80 and v6:80 (the kernel prints the last); sep stands between the two.
func HostPort(b []byte, sep byte) (netip.Addr, uint16) {
	i := bytes.LastIndexByte(b, sep)
	if i < 0 || sep == ':' && len(b) > 0 && b[len(b)-1] == ']' {
		return Addr(Unbracket(b)), 0
	}
	return Addr(Unbracket(b[:i])), Port(b[i+1:])
}

// Endpoint reads a word that is an address, in brackets or not, or an address with a port behind a colon: a, [v6], a:1,
// [v6]:1. Commas, semicolons and a closing parenthesis behind it are no part of it.
func Endpoint(b []byte) (netip.Addr, uint16) {
	b = TrimRight(b, ",;)")
	if a := Addr(Unbracket(b)); a.IsValid() {
		return a, 0
	}
	return HostPort(b, ':')
}

// ColonPort reads what Endpoint reads, but takes what follows the last colon of an IPv6 address without brackets for
// the port where what is before it is an address of its own.
func ColonPort(b []byte) (a netip.Addr, p uint16) {
	b = TrimRight(b, ",;")
	if bytes.IndexByte(b, ':') < 0 {
		return Addr(b), 0
	}
	if a, p = HostPort(b, ':'); a.IsValid() {
		return a, p
	}
	return Addr(b), 0
}

// DotPort reads tcpdump's 10.0.0.1.443 and 2001:db8::1.443; the address may stand alone. tcpdump without -n writes the
// names of common services for ports. Where there is no address there is no port.
func DotPort(b []byte) (netip.Addr, uint16) {
	if a := Addr(b); a.IsValid() {
		return a, 0
	}
	i := bytes.LastIndexByte(b, '.')
	if i < 0 {
		return netip.Addr{}, 0
	}
	a := Addr(b[:i])
	if !a.IsValid() {
		return a, 0
	}
	return a, NamedPort(b[i+1:])
}

// NamedPort reads a port or the name of a common service; 0 is neither.
func NamedPort(b []byte) uint16 {
	if n := Port(b); n != 0 {
		return n
	}
	return ServicePort(b)
}

// ParenPort reads Cisco's 10.0.6.56(3067), or an address alone.
func ParenPort(b []byte) (netip.Addr, uint16) {
	host, port := CutByte(b, '(')
	return Addr(host), Port(Until(port, ")"))
}

// Unbracket takes off square brackets around b.
func Unbracket(b []byte) []byte {
	if len(b) > 1 && b[0] == '[' && b[len(b)-1] == ']' {
		return b[1 : len(b)-1]
	}
	return b
}

// PortRange reads "1024-2047" or "1024 - 2047". ok is false where the second port is the smaller one, too.
func PortRange(b []byte) (low, high uint16, ok bool) {
	l, rest, ok := Leading(b)
	if !ok || l > 65535 {
		return 0, 0, false
	}
	rest = bytes.TrimLeft(rest, " -.")
	h, _, ok := Leading(rest)
	if !ok || h > 65535 || h < l {
		return 0, 0, false
	}
	return uint16(l), uint16(h), true
}

// ServicePort returns the port of a service, by the names of /etc/services that captures of home networks are full of;
// 0 is none.
func ServicePort(b []byte) uint16 {
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

// AnyAddress finds the first address in b, whatever language stands around it, and its zone.
func AnyAddress(b []byte) (a netip.Addr, zone []byte) {
	for i := 0; i < len(b); {
		if c := b[i]; HexDigit(c) > 15 && c != ':' {
			i++
			continue
		}
		if i > 0 && IsLetter(b[i-1]) {
			i++
			continue // the end of a word
		}
		end := i
		for end < len(b) && (IsLetter(b[end]) || IsDigit(b[end]) || b[end] == ':' || b[end] == '.' || b[end] == '%') {
			end++
		}
		w := TrimRight(b[i:end], ":.")
		if a = Addr(w); a.IsValid() {
			if z := bytes.IndexByte(w, '%'); z >= 0 {
				zone = w[z+1:]
			}
			return a, zone
		}
		i = max(end, i+1)
	}
	return netip.Addr{}, nil
}
