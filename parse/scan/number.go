package scan

// Number reads all of b as a decimal number; ok is false for anything else and for what does not fit 63 bits.
func Number(b []byte) (n uint64, ok bool) {
	if len(b) == 0 || len(b) > 19 {
		return 0, false
	}
	for _, c := range b {
		if !IsDigit(c) {
			return 0, false
		}
		n = n*10 + uint64(c-'0')
	}
	return n, n < 1<<63
}

// Leading reads the decimal digits at the front of b and returns what follows them.
func Leading(b []byte) (n uint64, rest []byte, ok bool) {
	i := 0
	for i < len(b) && IsDigit(b[i]) {
		n = n*10 + uint64(b[i]-'0')
		i++
	}
	if i > 19 {
		n = 0
	}
	return n, b[i:], i > 0 && i <= 19 && n < 1<<63
}

// Number32 reads all of b as a decimal number of 32 bits; anything else is 0.
func Number32(b []byte) uint32 {
	n, ok := Number(b)
	if !ok || n >= 1<<32 {
		return 0
	}
	return uint32(n)
}

// HexDigit returns the value of a hex digit, or 255.
func HexDigit(c byte) byte {
	switch {
	case IsDigit(c):
		return c - '0'
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10
	}
	return 255
}

// Millionths reads a decimal number with point or comma as millionths of its unit, so that milliseconds become
// nanoseconds. Digits past the sixth are dropped; ok is false for anything that is no number or has more than nine
// digits in front of the point.
func Millionths(b []byte) (v int64, rest []byte, ok bool) {
	n, rest, ok := Leading(b)
	if !ok || n > 999_999_999 {
		return 0, b, false
	}
	v = int64(n) * 1_000_000
	if len(rest) > 1 && (rest[0] == '.' || rest[0] == ',') && IsDigit(rest[1]) {
		nanos, r := Fraction(rest[1:])
		return v + int64(nanos/1000), r, true
	}
	return v, rest, true
}

// WholeMillionths is Millionths for a word that holds nothing but the number.
func WholeMillionths(b []byte) (v int64, ok bool) {
	v, rest, ok := Millionths(b)
	return v, ok && len(rest) == 0
}

// Microseconds turns nanoseconds into what Event.Count holds of a round trip.
func Microseconds(ns int64) uint32 {
	if ns < 0 {
		return 0
	}
	return Saturate(uint64(ns) / 1000)
}

// Saturate keeps what does not fit at the largest value instead of wrapping it.
func Saturate(n uint64) uint32 {
	return uint32(min(n, 1<<32-1))
}

// tenths holds the nanoseconds of a digit by its place behind the point.
var tenths = [...]int32{100_000_000, 10_000_000, 1_000_000, 100_000, 10_000, 1_000, 100, 10, 1}

// Fraction reads the digits behind the point as nanoseconds; digits past the ninth are dropped.
func Fraction(b []byte) (nanos int32, rest []byte) {
	i := 0
	for i < len(b) && IsDigit(b[i]) {
		if i < len(tenths) {
			nanos += int32(b[i]-'0') * tenths[i]
		}
		i++
	}
	return nanos, b[i:]
}
