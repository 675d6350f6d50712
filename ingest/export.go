package ingest

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strconv"
	"unicode/utf8"
)

// Bounds of what is kept of one record of `journalctl -o export`, and of how long a field may be (the journal's own
// bound, DATA_SIZE_MAX in systemd's journal-importer.h); a larger number is not taken for a length.
const (
	exportValue = 1 << 20
	exportField = 768 << 20
)

// isExport reports whether a file is in the journal's export format: its first field is the entry's address.
func isExport(head []byte) bool {
	return bytes.HasPrefix(head, []byte("__CURSOR=")) || bytes.HasPrefix(head, []byte("__REALTIME_TIMESTAMP="))
}

// exportReader turns the journal's export format into its JSON format, one line for each record
// (systemd.io/JOURNAL_EXPORT_FORMATS). A field is a line "NAME=value" or, where the value is binary or has several
// lines, a line "NAME", the length in 64 bits, little-endian, and the value; an empty line ends the record. Only the
// fields that parse reads are kept. A file that is cut short or damaged gives what can be read.
type exportReader struct {
	r      *bufio.Reader
	record []byte // the JSON object so far
	have   []string
	out    []byte
	err    error
	cursor []byte // of the record so far
	limit  int    // bytes kept of a value; 0: as many as there are
	cut    *bool  // set once compressed data is known to be cut short; nil: it is not compressed
}

// exportFields are the fields that are kept.
const exportFields = "MESSAGE,_HOSTNAME,SYSLOG_IDENTIFIER,_COMM,_PID,SYSLOG_PID,PRIORITY,_TRANSPORT," +
	"_SOURCE_MONOTONIC_TIMESTAMP,__REALTIME_TIMESTAMP"

// next returns the next record with a field that is kept, as one line of JSON, and its cursor. Unlike Read it returns a
// record as soon as that is whole, and leaves out one that is cut short.
func (x *exportReader) next() (record []byte, cursor string, err error) {
	x.out = nil
	for len(x.out) == 0 {
		if err := x.field(); err != nil {
			return nil, "", err
		}
	}
	return bytes.TrimSuffix(x.out, []byte("\n")), string(x.cursor), nil
}

func (x *exportReader) Read(b []byte) (int, error) {
	for len(x.out) == 0 {
		if x.err != nil {
			return 0, x.err
		}
		if x.err = x.field(); x.err != nil {
			if x.cut == nil || !*x.cut { // else the record is cut short
				x.end()
			}
			if errors.Is(x.err, io.ErrUnexpectedEOF) {
				x.err = io.EOF // cut short
			}
		}
	}
	n := copy(b, x.out)
	x.out = x.out[n:]
	return n, nil
}

// field reads one field, or the end of a record.
func (x *exportReader) field() error {
	line, err := x.line()
	if err != nil && len(line) == 0 {
		return err
	}
	if len(line) == 0 {
		x.end()
		return nil
	}
	name, value, text := bytes.Cut(line, []byte("="))
	if text {
		x.add(string(name), value)
		return err
	}
	if err != nil || !fieldName(line) {
		return err
	}
	n := string(name)
	if value, err = x.binary(); value != nil {
		x.add(n, value)
	}
	return err
}

// line reads to the end of the line, and keeps as much of it as a value may have.
func (x *exportReader) line() (line []byte, err error) {
	for {
		part, err := x.r.ReadSlice('\n')
		if line == nil && err == nil {
			return bytes.TrimSuffix(part, []byte("\n")), nil // valid until the next read: no copy
		}
		line = append(line, part[:min(len(part), max(0, exportValue-len(line)))]...)
		if err == bufio.ErrBufferFull {
			continue
		}
		return bytes.TrimSuffix(line, []byte("\n")), err
	}
}

// binary reads a value with its length in front. A number that is too large for a length is left unread.
func (x *exportReader) binary() ([]byte, error) {
	head, err := x.r.Peek(8)
	if err != nil {
		if err == io.EOF {
			_, err = x.r.Discard(len(head))
		}
		return nil, err
	}
	size := binary.LittleEndian.Uint64(head)
	if size > exportField {
		return nil, nil
	}
	if _, err := x.r.Discard(8); err != nil {
		return nil, err
	}
	value, err := io.ReadAll(io.LimitReader(x.r, int64(min(size, exportValue))))
	if err == nil && size > exportValue {
		_, err = x.r.Discard(int(size - exportValue))
	}
	if c, _ := x.r.Peek(1); err == nil && string(c) == "\n" {
		_, err = x.r.Discard(1)
	}
	return value, err
}

// fieldName reports whether a line without "=" can be the name of a field.
func fieldName(b []byte) bool {
	return len(b) <= 64 && !slices.ContainsFunc(b, func(c byte) bool {
		return c != '_' && (c < 'A' || c > 'Z') &&
			(c < '0' || c > '9')
	})
}

// add puts a field into the record. Of a field that comes twice the first value counts.
func (x *exportReader) add(name string, value []byte) {
	if name == "__CURSOR" {
		x.cursor = append(x.cursor[:0], value...)
	}
	switch name { // exportFields
	case "MESSAGE", "__REALTIME_TIMESTAMP", "_SOURCE_MONOTONIC_TIMESTAMP", "_HOSTNAME", "SYSLOG_IDENTIFIER", "_COMM",
		"_PID",
		"SYSLOG_PID", "PRIORITY", "_TRANSPORT":
	default:
		return
	}
	if x.limit > 0 {
		value = value[:min(len(value), x.limit)]
	}
	if slices.Contains(x.have, name) {
		return
	}
	x.have = append(x.have, name)
	sep := byte(',')
	if len(x.record) == 0 {
		sep = '{'
	}
	x.record = append(append(append(x.record, sep, '"'), name...), '"', ':')
	x.record = appendJSON(x.record, value)
}

func (x *exportReader) end() {
	if len(x.record) > 0 {
		x.out = append(append(x.out[:0], x.record...), '}', '\n')
	}
	x.record, x.have = x.record[:0], x.have[:0]
}

// appendJSON writes a value as the journal does: a string, or an array of bytes where it is not valid UTF-8.
func appendJSON(b, value []byte) []byte {
	if !utf8.Valid(value) {
		b = append(b, '[')
		for i, c := range value {
			if i > 0 {
				b = append(b, ',')
			}
			b = strconv.AppendUint(b, uint64(c), 10)
		}
		return append(b, ']')
	}
	b = append(b, '"')
	for _, c := range value {
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c == '\n':
			b = append(b, '\\', 'n')
		case c < 0x20:
			b = append(b, '\\', 'u', '0', '0', '0'+c>>4, "0123456789abcdef"[c&15])
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}
