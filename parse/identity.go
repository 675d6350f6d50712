package parse

import (
	"encoding/binary"

	"github.com/cespare/xxhash/v2"
)

// identity is what makes a line itself, whatever carried it: the kernel's uptime to the microsecond where there is
// one, otherwise the stamp as written; and the message. Priority, host and tag do not enter, so that a kernel line is
// the same in syslog, dmesg, /dev/kmsg and the journal.
func identity(rec *Record) uint64 {
	s := &rec.Stamp
	var key [24]byte
	switch {
	case s.HasUptime:
		key[0] = 'u'
		binary.LittleEndian.PutUint64(key[8:], uint64(s.Uptime/1000))
	case s.HasUnix:
		key[0] = 'x'
		binary.LittleEndian.PutUint64(key[8:], uint64(s.Unix))
	default:
		key[0], key[1], key[2], key[3], key[4], key[5] = 'w', s.Month, s.Day, s.Hour, s.Minute, s.Second
		binary.LittleEndian.PutUint32(key[8:], uint32(s.Nanos))
		binary.LittleEndian.PutUint16(key[12:], uint16(s.Year))
		binary.LittleEndian.PutUint32(key[16:], uint32(s.Offset))
	}
	// The body's own hash goes through the second one: adding or xoring the two would let lines cancel out.
	binary.LittleEndian.PutUint64(key[16:], binary.LittleEndian.Uint64(key[16:])^xxhash.Sum64(rec.Body))
	return xxhash.Sum64(key[:])
}
