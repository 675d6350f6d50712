package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// octetCount takes off the length that RFC 6587 (3.4.1) puts in front of a message and that a receiver without
// octet counting leaves in its file: "83 <34>1 2003-…".
func octetCount(b []byte) []byte {
	if len(b) < 5 || !scan.IsDigit(b[0]) || b[0] == '0' {
		return b
	}
	i := 1
	for i < 6 && i < len(b) && scan.IsDigit(b[i]) {
		i++
	}
	if i+3 < len(b) && b[i] == ' ' && b[i+1] == '<' && scan.IsDigit(b[i+2]) {
		return b[i+1:]
	}
	return b
}

// digest takes the " 3 Time(s): " of logwatch off the front, or the "…: 3 Time(s)" off the end.
func digest(b []byte) (rest []byte, times uint32) {
	const front, back = " Time(s): ", " Time(s)"
	if len(b) > 0 && (b[0] == ' ' || scan.IsDigit(b[0]) && behindNumber(b) == ' ') {
		if n, r, ok := scan.Leading(scan.TrimLeft(b)); ok && n > 0 && scan.Has(r, front) {
			return scan.TrimLeft(r[len(front):]), scan.Saturate(n)
		}
	}
	if len(b) > len(back) && b[len(b)-1] == ')' && bytes.HasSuffix(b, []byte(back)) {
		r := b[:len(b)-len(back)]
		if i := bytes.LastIndex(r, []byte(":")); i > 0 {
			if n, ok := scan.Number(scan.TrimLeft(r[i+1:])); ok && n > 0 {
				return scan.TrimBody(scan.TrimLeft(r[:i])), scan.Saturate(n)
			}
		}
	}
	return b, 0
}
