package parse

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"net/netip"
)

var bom = []byte{0xEF, 0xBB, 0xBF}

func isDigit(c byte) bool { return c-'0' < 10 }

func isUpper(c byte) bool { return c-'A' < 26 }

func isLetter(c byte) bool { return c|0x20-'a' < 26 }

// trimEnd takes newlines, carriage returns and NULs off the end of a line.
func trimEnd(b []byte) []byte {
	for len(b) > 0 && (b[len(b)-1] == '\n' || b[len(b)-1] == '\r' || b[len(b)-1] == 0) {
		b = b[:len(b)-1]
	}
	return b
}

// trimBody takes blanks and what stands for a newline off the end of a message, so that one kernel line has one body
// however it came: rsyslog writes a newline inside a message as #012, other senders as backslash n.
func trimBody(b []byte) []byte {
	for {
		b = trimEnd(b)
		n := len(b)
		switch {
		case n > 0 && (b[n-1] == ' ' || b[n-1] == '\t'):
			b = b[:n-1]
		case n > 1 && b[n-1] == 'n' && b[n-2] == '\\':
			b = b[:n-2]
		case n > 3 && b[n-1] == '2' && string(b[n-4:]) == "#012":
			b = b[:n-4]
		default:
			return b
		}
	}
}

// trimLeft takes blanks and tabs off the front.
func trimLeft(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	return b
}

// word cuts the first word off b; words are separated by blanks or tabs.
func word(b []byte) (w, rest []byte) {
	b = trimLeft(b)
	i := blank(b)
	if i == len(b) {
		return b, nil
	}
	return b[:i], b[i+1:]
}

// blank is where the first blank or tab of b stands, or its length. It looks at eight bytes at a time: words are short,
// and where a loop over bytes ends is what a processor cannot foresee.
func blank(b []byte) int {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	i := 0
	for ; i+8 <= len(b); i += 8 {
		x := binary.LittleEndian.Uint64(b[i:])
		y, z := x^' '*ones, x^'\t'*ones // a byte that is looked for becomes 0
		if found := ((y-ones)&^y | (z-ones)&^z) & highs; found != 0 {
			return i + bits.TrailingZeros64(found)>>3
		}
	}
	for i < len(b) && b[i] != ' ' && b[i] != '\t' {
		i++
	}
	return i
}

// number reads all of b as a decimal number; ok is false for anything else and for what does not fit 63 bits.
func number(b []byte) (n uint64, ok bool) {
	if len(b) == 0 || len(b) > 19 {
		return 0, false
	}
	for _, c := range b {
		if !isDigit(c) {
			return 0, false
		}
		n = n*10 + uint64(c-'0')
	}
	return n, n < 1<<63
}

// leading reads the decimal digits at the front of b and returns what follows them.
func leading(b []byte) (n uint64, rest []byte, ok bool) {
	i := 0
	for i < len(b) && isDigit(b[i]) {
		i++
	}
	n, ok = number(b[:i])
	return n, b[i:], ok
}

// number32 is number for what is stored in 32 bits; what does not fit is 0, never wrapped.
func number32(b []byte) uint32 {
	n, ok := number(b)
	if !ok || n >= 1<<32 {
		return 0
	}
	return uint32(n)
}

// port reads a port; anything but 0..65535 is 0.
func port(b []byte) uint16 {
	if len(b) == 0 || len(b) > 5 {
		return 0
	}
	n := uint32(0)
	for _, c := range b {
		if !isDigit(c) {
			return 0
		}
		n = n*10 + uint32(c-'0')
	}
	if n > 65535 {
		return 0
	}
	return uint16(n)
}

// addr reads an address without allocating; anything else is the zero Addr. A zone is dropped and an IPv4-mapped
// address is the IPv4 address, so that a host has one address in all logs.
func addr(b []byte) netip.Addr {
	if a, ok := addr4(b); ok {
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

// addr4 reads a dotted quad. Leading zeros are refused as in netip: some programs read them as octal. Where the points
// stand is found for eight bytes at a time, because no processor foresees how many digits a number has.
func addr4(b []byte) (a [4]byte, ok bool) {
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
			d := hexDigit(b[digits])
			if d > 15 {
				break
			}
			v, digits = v<<4|uint(d), digits+1
		}
		if digits < len(b) && b[digits] == '.' {
			four, ok := addr4(b)
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

// hexDigit is the value of a hex digit, or 255.
func hexDigit(c byte) byte {
	switch {
	case isDigit(c):
		return c - '0'
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10
	}
	return 255
}

// hostPort reads 1.2.3.4:80, 1.2.3.4/80, [v6]:80 and v6:80 (the kernel prints the last); sep stands between the two.
// The address is zero where it is masked or not one, the port is still read.
func hostPort(b []byte, sep byte) (netip.Addr, uint16) {
	i := bytes.LastIndexByte(b, sep)
	if i < 0 || sep == ':' && len(b) > 0 && b[len(b)-1] == ']' {
		return addr(unbracket(b)), 0
	}
	return addr(unbracket(b[:i])), port(b[i+1:])
}

func unbracket(b []byte) []byte {
	if len(b) > 1 && b[0] == '[' && b[len(b)-1] == ']' {
		return b[1 : len(b)-1]
	}
	return b
}

// protocols maps the names that the dialects print to IANA numbers.
func protocol(b []byte) uint8 {
	switch len(b) {
	case 2:
		if lower(b, "ah") {
			return 51
		}
	case 3:
		switch {
		case lower(b, "tcp"):
			return TCP
		case lower(b, "udp"):
			return UDP
		case lower(b, "gre"):
			return 47
		case lower(b, "esp"):
			return 50
		}
	case 4:
		switch {
		case lower(b, "icmp"):
			return ICMP
		case lower(b, "igmp"):
			return 2
		case lower(b, "sctp"):
			return 132
		case lower(b, "dccp"):
			return 33
		}
	case 6, 7, 9:
		switch {
		case lower(b, "icmpv6"), lower(b, "icmp6"), lower(b, "ipv6-icmp"):
			return ICMPv6
		case lower(b, "udplite"):
			return 136
		}
	case 5:
		if lower(b, "icmp6") {
			return ICMPv6
		}
	}
	if n, ok := number(b); ok && n < 256 {
		return uint8(n)
	}
	return 0
}

// lower says whether b is want without regard to case; want is lower case ASCII.
func lower(b []byte, want string) bool {
	if len(b) != len(want) {
		return false
	}
	for i, c := range b {
		if isUpper(c) {
			c |= 0x20
		}
		if c != want[i] {
			return false
		}
	}
	return true
}

// containsLower says whether b contains want without regard to case; want is lower case ASCII.
func containsLower(b []byte, want string) bool {
	if len(b) < len(want) {
		return false
	}
	first := want[0] | 0x20
	for i, c := range b[:len(b)-len(want)+1] {
		if c|0x20 == first && lower(b[i:i+len(want)], want) {
			return true
		}
	}
	return false
}

// after is what follows the first key in b, or nil.
func after(b []byte, key string) []byte {
	i := bytes.Index(b, []byte(key))
	if i < 0 {
		return nil
	}
	return b[i+len(key):]
}

// near is where c stands in the first eight bytes of b, or -1. It is worth asking first where values are short.
func near(b []byte, c byte) int {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	if len(b) < 8 {
		return -1
	}
	x := binary.LittleEndian.Uint64(b) ^ uint64(c)*ones
	if x = (x - ones) &^ x & highs; x == 0 {
		return -1
	}
	return bits.TrailingZeros64(x) >> 3
}

// index is bytes.Index for a string without a copy of it. It looks for the first byte that is no blank: of blanks a line
// is full. s is not empty.
func index(b []byte, s string) int {
	skip := 0
	if len(s) > 1 && s[0] == ' ' {
		skip = 1
	}
	for from := 0; from+len(s) <= len(b); from++ {
		i := bytes.IndexByte(b[from+skip:len(b)-len(s)+1+skip], s[skip])
		if i < 0 {
			return -1
		}
		if from += i; string(b[from:from+len(s)]) == s {
			return from
		}
	}
	return -1
}

// until is b up to the first of the bytes in stops, which are ASCII.
func until(b []byte, stops string) []byte {
	if len(stops) == 1 {
		if i := bytes.IndexByte(b, stops[0]); i >= 0 {
			return b[:i]
		}
		return b
	}
	for i, c := range b {
		for j := range len(stops) {
			if c == stops[j] {
				return b[:i]
			}
		}
	}
	return b
}
