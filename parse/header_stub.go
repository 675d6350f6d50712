package parse

import "uncloak/parse/scan"

// leadingDigits counts the digits that b begins with, up to 12; it is 0 where there is nothing else.
func leadingDigits(b []byte) int {
	i := 0
	for i < len(b) && i < 12 && scan.IsDigit(b[i]) {
		i++
	}
	if i == len(b) {
		return 0
	}
	return i
}
