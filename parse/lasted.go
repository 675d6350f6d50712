package parse

import (
	"bytes"
	"math"

	"uncloak/parse/scan"
)

// This file reads how long an ended session lasted: a dialect that is told calls one of these functions, and the
// session end's Count becomes the number of milliseconds, at least 1.

// setLasted sets the time in ms. Whole seconds are cut off rather than rounded, so that half of one is added by those
// who read them.
func (rec *Record) setLasted(ms uint64) { rec.lasted = uint32(min(max(ms, 1), math.MaxUint32)) }

// lastedSeconds reads "33", "0.50" and "33 sec"; anything else tells nothing.
func (rec *Record) lastedSeconds(b []byte) {
	n, rest, ok := scan.Leading(b)
	switch {
	case !ok || n > math.MaxUint32:
	case len(rest) > 1 && rest[0] == '.' && scan.IsDigit(rest[1]):
		nanos, _ := scan.Fraction(rest[1:])
		rec.setLasted(n*1000 + uint64(nanos)/1e6)
	case len(rest) == 0 || rest[0] == ' ' || rest[0] == 's':
		rec.setLasted(n*1000 + 500)
	}
}

// lastedClock reads "0:02:04" and "72:10:41", hours of any number.
func (rec *Record) lastedClock(b []byte) {
	n, rest, ok := clock(b)
	if ok && n[0] <= 1e6 && n[1] <= 59 && n[2] <= 59 && (len(rest) == 0 || rest[0] == ':') {
		rec.setLasted((n[0]*3600+n[1]*60+n[2])*1000 + 500)
	}
}

// clock reads the three numbers of H:MM:SS at the front of b, of any size, and returns what follows them.
func clock(b []byte) (n [3]uint64, rest []byte, ok bool) {
	for i := range n {
		if i > 0 {
			if len(b) == 0 || b[0] != ':' {
				return n, nil, false
			}
			b = b[1:]
		}
		if n[i], b, ok = scan.Leading(b); !ok {
			return n, nil, false
		}
	}
	return n, b, true
}

// lastedBetween takes the time between the two times of a flow.
func (rec *Record) lastedBetween(from, to flowTime) {
	a, ok1 := from.stamp()
	b, ok2 := to.stamp()
	if ok1 && ok2 && b.Unix >= a.Unix {
		rec.setLasted(uint64(b.Unix-a.Unix) / 1e6)
	}
}

// endOfWord returns b up to its first blank.
func endOfWord(b []byte) []byte {
	if i := bytes.IndexByte(b, ' '); i >= 0 {
		return b[:i]
	}
	return b
}
