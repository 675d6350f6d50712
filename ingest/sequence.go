package ingest

import "bytes"

// A sequence is believed after so many numbers that follow each other, or nearly: where lines are lost all the time, no
// eight come without a gap. A step of more than seqJump forwards, or of more than seqLate backwards, is a sender that
// began anew.
const (
	seqTrust = 8
	seqNear  = 16
	seqJump  = 1 << 16
	seqLate  = 1 << 10
	seqHead  = 512 // bytes of a line in which its number is looked for
)

// sequence follows the numbers that a sender gives its lines.
type sequence struct {
	last    uint32
	run     uint8
	missing uint64 // not yet returned by take
	skipped uint64 // gaps before it was believed: no missing lines, but uncloak's own drops may be among them
	ours    uint64 // lines dropped by uncloak whose gaps were not seen yet: lines before them still wait to be parsed
	silent  bool   // since the last take there was no number
}

// saw takes the next number. A line that comes late is not missing any more, if that has not been told yet.
func (s *sequence) saw(n uint32) {
	step := n - s.last
	s.silent = false
	switch {
	case s.run < seqTrust:
		if s.last != 0 && step > 0 && step <= seqJump {
			s.skipped += uint64(step - 1)
		}
		if s.run++; step == 0 || step > seqNear {
			s.run = 0
		}
	case step == 0 || -step <= seqLate:
		if s.missing > 0 {
			s.missing--
		}
		return
	case step > seqJump:
		s.run = 0
	default:
		s.missing += uint64(step - 1)
	}
	s.last = n
}

// take returns the lines missing since the last call, less those that uncloak dropped itself. Since then, parsed lines
// came through, and ours were dropped.
func (s *sequence) take(parsed, ours uint64) (missing uint64) {
	s.ours += ours
	s.ours -= min(s.ours, s.skipped)
	known := min(s.missing, s.ours)
	missing = s.missing - known
	s.missing, s.skipped, s.ours = 0, 0, s.ours-known
	if s.silent && parsed > 0 { // it numbers no lines: there will be no gap
		s.ours = 0
	}
	s.silent = true
	return missing
}

// numberOf returns the number that the sender gave a line: the sequenceId of RFC 5424 (section 7.3.1), or what Cisco
// devices put before the stamp (service sequence-numbers).
func numberOf(b []byte) (n uint32, ok bool) {
	if len(b) == 0 || b[0] != '<' {
		return 0, false
	}
	i := bytes.IndexByte(b[:min(len(b), 6)], '>')
	if i < 0 || i+2 >= len(b) {
		return 0, false
	}
	b = b[i+1 : min(len(b), seqHead)]
	if b[0] < '0' || b[0] > '9' {
		return 0, false
	}
	if b[0] == '1' && b[1] == ' ' {
		const word = ` sequenceId="`
		i := bytes.Index(b, []byte(word))
		if i < 0 {
			return 0, false
		}
		n, rest := digits(b[i+len(word):])
		return n, len(rest) > 0 && rest[0] == '"'
	}
	n, rest := digits(b)
	return n, len(rest) > 1 && rest[0] == ':' && rest[1] == ' '
}

// digits reads up to ten decimal digits. A number that is too large for 32 bits wraps, as counters do.
func digits(b []byte) (n uint32, rest []byte) {
	i := 0
	for ; i < len(b) && i < 10 && b[i] >= '0' && b[i] <= '9'; i++ {
		n = n*10 + uint32(b[i]-'0')
	}
	if i == 0 {
		return 0, nil
	}
	return n, b[i:]
}
