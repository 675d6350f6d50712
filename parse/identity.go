package parse

import (
	"encoding/binary"

	"github.com/cespare/xxhash/v2"
)

// identity is what makes a line itself, whatever carried it: the kernel's uptime to the microsecond where there is one,
// otherwise the second within the quarter of an hour; and the message. Priority, host and tag do not enter, so that a kernel line is
// the same in syslog, dmesg, /dev/kmsg and the journal. Of a wall clock no more than the second enters, as it is what all
// forms of one stamp have in common: "Nov 21 20:28:21", 2026-11-21T20:28:21.195+09:00 and 1795292901.195 (zones differ by
// quarters of an hour). The store compares times as well, within seconds, so hours and days need not enter. The price: of two
// files, the second of which goes on in the very second in which the first ends, equal messages of that second count once.
func identity(rec *Record) uint64 {
	s := &rec.Stamp
	var key [24]byte
	switch {
	case s.HasUptime:
		key[0] = 'u'
		binary.LittleEndian.PutUint64(key[8:], uint64(s.Uptime/1000))
	case s.HasUnix:
		quarter := s.Unix / 1e9 % (15 * 60)
		key[0], key[1], key[2] = 'w', byte(quarter/60), byte(quarter%60)
	case s.HasClock:
		key[0], key[1], key[2] = 'w', s.Minute%15, s.Second
	}
	// The body's own hash goes through the second one: adding or xoring the two would let lines cancel out.
	binary.LittleEndian.PutUint64(key[16:], xxhash.Sum64(rec.Body))
	return xxhash.Sum64(key[:])
}

// Identity is what Line gives as Record.Identity, where the line's dialect changes neither its stamp nor which part of it
// is the message: few do. It looks at the header alone, for half the cost of Line, so that a store need not keep what the
// line itself says. rec is overwritten.
func (p *Parser) Identity(line []byte, rec *Record) uint64 {
	p.head(line, rec)
	return identity(rec)
}
