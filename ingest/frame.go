package ingest

import (
	"bufio"
	"bytes"
	"time"

	"gopkg.in/mcuadros/go-syslog.v2/format"

	"uncloak/parse"
)

// Format offers this package's reading of syslog as a format.Format of go-syslog, to programs that use that library's
// Server. Only the library calls it, and a test that runs it there: the sockets of uncloak are not the library's
// (docs/adr/0002-receiver.md says why), and its streams use the same splitter directly.
type Format struct {
	MaxLine int // bytes kept of a line; 0: as in DefaultConfig
}

var _ format.Format = Format{}

// GetSplitFunc returns a new splitter, for one stream: frames end in a newline (or in NUL, if the first does), or begin
// with their length (RFC 6587), and each frame may choose.
func (f Format) GetSplitFunc() bufio.SplitFunc { return newStreamSplitter(f.MaxLine).split }

// GetParser returns a parser for one line. The line is copied, as the library reuses its buffers.
func (f Format) GetParser(line []byte) format.LogParser {
	return &lineParser{line: bytes.Clone(line), loc: time.UTC}
}

type lineParser struct {
	line []byte
	loc  *time.Location
	rec  parse.Record
}

func (p *lineParser) Parse() error {
	parse.NewParser().Line(p.line, &p.rec)
	return nil
}

func (p *lineParser) Location(loc *time.Location) { p.loc = loc }

// Dump returns the header under the library's names, and the line itself as "raw".
func (p *lineParser) Dump() format.LogParts {
	parts := format.LogParts{"raw": p.line, "hostname": string(p.rec.Host), "app_name": string(p.rec.App),
		"proc_id": string(p.rec.PID), "message": string(p.rec.Body), "priority": p.rec.Pri}
	if t, ok := p.rec.Stamp.Resolve(time.Now(), p.loc); ok {
		parts["timestamp"] = t
	}
	return parts
}

// splitter cuts one stream into lines of at most max bytes. What a longer line has beyond that is passed over, in
// constant memory, and the line counted.
type splitter struct {
	max      int
	oversize uint64
	skip     int  // bytes of an octet-counted frame still to pass over
	skipLine bool // pass over everything up to the next newline
	nul      ending
}

// ending tells what the lines of a stream end in. A NUL may be the end itself (RFC 6587, 3.4.2) or stand before a
// newline, as some devices put it: the byte behind the first NUL tells.
type ending uint8

const (
	newline  ending = iota // a file, or a stream that was seen to end its lines so
	eitherOf               // nothing seen yet
	afterNUL               // a line ended in NUL, and the next byte tells whether a newline belongs to it
	onlyNUL                // newlines are part of lines
)

func newSplitter(limit int) *splitter {
	if limit <= 0 {
		limit = DefaultConfig().MaxLine
	}
	return &splitter{max: limit}
}

// newStreamSplitter returns a splitter for a stream whose lines may end in NUL.
func newStreamSplitter(limit int) *splitter {
	s := newSplitter(limit)
	s.nul = eitherOf
	return s
}

// split is a bufio.SplitFunc that never fails: text that is not a valid frame is a line. Empty lines are left out. It
// needs a buffer of more than max+8 bytes.
func (s *splitter) split(data []byte, atEOF bool) (advance int, token []byte, err error) {
	for advance < len(data) {
		n, line, more := s.next(data[advance:], atEOF)
		advance += n
		if line = trimLine(line); len(line) > 0 {
			return advance, line, nil
		}
		if more {
			break
		}
	}
	return advance, nil, nil
}

// next takes one frame, or bytes that are passed over. more reports that it needs more data to go on.
func (s *splitter) next(b []byte, atEOF bool) (n int, line []byte, more bool) {
	switch {
	case s.skip > 0:
		n = min(s.skip, len(b))
		s.skip -= n
		return n, nil, false
	case s.skipLine:
		i := s.end(b)
		s.skipLine = i < 0
		if i < 0 {
			return len(b), nil, false
		}
		return i + 1, nil, false
	}
	length, head, known := counted(b, atEOF)
	if !known {
		return 0, nil, true
	}
	if head == 0 {
		return s.line(b, atEOF)
	}
	keep := min(length, s.max)
	switch {
	case len(b) < head+keep && !atEOF:
		return 0, nil, true
	case len(b) < head+keep: // the stream ended within the frame
		return len(b), b[head:], false
	case keep < length:
		s.skip = length - keep
		s.oversize++
	}
	return head + keep, b[head : head+keep], false
}

// line takes a frame that ends in a newline, or with the stream.
func (s *splitter) line(b []byte, atEOF bool) (n int, line []byte, more bool) {
	window := b[:min(len(b), s.max+2)] // room for \r\n behind a line of exactly max bytes
	if s.nul == afterNUL && len(b) > 0 {
		if s.nul = onlyNUL; b[0] == '\n' || b[0] == '\r' {
			s.nul = newline
		}
	}
	if i := s.end(window); i >= 0 {
		return i + 1, s.cut(b[:i]), false
	}
	if len(window) == s.max+2 {
		s.skipLine = true
		return len(window), s.cut(window), false
	}
	if atEOF {
		return len(b), s.cut(b), false
	}
	return 0, nil, true
}

// end returns the index at which a line ends, or -1.
func (s *splitter) end(b []byte) int {
	i := bytes.IndexByte(b, '\n')
	switch s.nul {
	case eitherOf:
		if i >= 0 {
			b = b[:i]
		}
		if z := bytes.IndexByte(b, 0); z >= 0 {
			s.nul = afterNUL
			return z
		}
		if i >= 0 {
			s.nul = newline
		}
	case onlyNUL:
		i = bytes.IndexByte(b, 0)
	}
	return i
}

func (s *splitter) cut(line []byte) []byte {
	if line = trimLine(line); len(line) > s.max {
		s.oversize++
		line = line[:s.max]
	}
	return line
}

// counted reads the head of an octet-counted frame: a length without leading zeros, a blank, and the '<' of a priority
// or the head of a compressed message, which tell it from a line that begins with a number. head is 0 for other text;
// known is false as long as more bytes are needed to tell.
func counted(b []byte, atEOF bool) (length, head int, known bool) {
	const digits = 6
	for i, c := range b {
		switch {
		case i > 0 && c == ' ':
			if i+1 == len(b) {
				return 0, 0, atEOF
			}
			if b[i+1] == 'z' && (i+2 == len(b) || b[i+2] == 0x78 && i+3 == len(b)) {
				return 0, 0, atEOF
			}
			if b[i+1] != '<' && (b[i+1] != 'z' || !isZlib(b[i+2:])) { // rsyslog counts the bytes of what it compresses
				return 0, 0, true
			}
			return length, i + 1, true
		case c < '0' || c > '9' || i == 0 && c == '0' || i == digits:
			return 0, 0, true
		}
		length = length*10 + int(c-'0')
	}
	return 0, 0, atEOF
}

// trimLine removes what senders put behind a line: newlines, carriage returns, NULs.
func trimLine(b []byte) []byte {
	for len(b) > 0 && (b[len(b)-1] == '\n' || b[len(b)-1] == '\r' || b[len(b)-1] == 0) {
		b = b[:len(b)-1]
	}
	return b
}
