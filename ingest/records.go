package ingest

import (
	"bufio"
	"bytes"
	"io"
	"strconv"
)

// recordsAhead bytes of a text say whether its records have several lines.
const recordsAhead = 16 << 10

// recordsOf turns text in which a record has several lines into one line for each, where the head of the text, its
// first bytes, says that it is of such a kind: all else is returned as it is.
func recordsOf(b *bufio.Reader, head []byte, cut *bool) io.Reader {
	switch {
	case isExport(head):
		return &exportReader{r: b, cut: cut}
	case isSpreadJSON(head):
		return newJSONRecords(b, cut)
	case isVerboseJournal(head):
		return &verboseReader{x: exportReader{r: b, cut: cut}}
	case isVerboseTcpdump(head):
		return &rowsReader{r: b, cut: cut, goesOn: packetGoesOn}
	}
	if goesOn := listingRows(head); goesOn != nil {
		return &rowsReader{r: b, cut: cut, goesOn: goesOn}
	}
	return b
}

// isVerboseJournal reports whether a file is what journalctl -o verbose prints: a note may stand in front.
func isVerboseJournal(head []byte) bool {
	for range 3 {
		line, rest, ok := bytes.Cut(head, []byte("\n"))
		if verboseCursor(line) != nil {
			return true
		}
		if head = rest; !ok {
			return false
		}
	}
	return false
}

// verboseCursor returns the cursor in the first line of a record, "Sat 2026-11-21 20:28:21.000000 UTC [s=…;i=1;…]", or
// nil.
func verboseCursor(line []byte) []byte {
	line = bytes.TrimSuffix(line, []byte("\r"))
	i := bytes.Index(line, []byte(" [s="))
	if i < 0 || i > 64 || line[0] == ' ' || line[len(line)-1] != ']' || !bytes.Contains(line[i:], []byte(";t=")) {
		return nil
	}
	return line[i+2 : len(line)-1]
}

// verboseReader turns what journalctl -o verbose prints into the journal's JSON format. The time of a record is that of
// its cursor, in hexadecimal µs: the clock in front of it is of a zone that its name need not tell. Values of several
// lines are indented further than the names of fields. What is no record is passed on as it is.
type verboseReader struct {
	x    exportReader
	name string // of the field that may go on
	text []byte
	open bool
}

func (v *verboseReader) Read(b []byte) (int, error) {
	for len(v.x.out) == 0 {
		if v.x.err != nil {
			return 0, v.x.err
		}
		line, err := v.x.line()
		if v.x.err = err; err == nil || len(line) > 0 {
			v.take(bytes.TrimSuffix(line, []byte("\r")))
		}
		if err != nil && (v.x.cut == nil || !*v.x.cut) {
			v.end()
		}
	}
	n := copy(b, v.x.out)
	v.x.out = v.x.out[n:]
	return n, nil
}

// take takes one line.
func (v *verboseReader) take(line []byte) {
	cursor := verboseCursor(line)
	switch {
	case cursor != nil:
		v.end()
		v.open = true
		_, hex, _ := bytes.Cut(cursor, []byte(";t="))
		hex, _, _ = bytes.Cut(hex, []byte(";"))
		if us, err := strconv.ParseUint(string(hex), 16, 63); err == nil {
			v.x.add("__REALTIME_TIMESTAMP", strconv.AppendUint(nil, us, 10))
		}
	case v.open && len(line) > 5 && string(line[:4]) == "    " && line[4] == ' ':
		if len(v.text) < exportValue {
			v.text = append(append(v.text, '\n'), bytes.TrimLeft(line, " ")...)
		}
	case v.open && len(line) > 5 && string(line[:4]) == "    ":
		v.field()
		if name, value, ok := bytes.Cut(line[4:], []byte("=")); ok && fieldName(name) {
			v.name, v.text = string(name), append(v.text[:0], value...)
		}
	case len(line) > 0:
		v.end()
		v.x.out = append(append(v.x.out, line...), '\n')
	}
}

// field puts the field that was read into the record: without a value that journalctl has not printed, "[46B blob
// data]".
func (v *verboseReader) field() {
	if v.name != "" && !(bytes.HasPrefix(v.text, []byte("[")) && bytes.HasSuffix(v.text, []byte(" blob data]"))) {
		v.x.add(v.name, v.text)
	}
	v.name, v.text = "", v.text[:0]
}

func (v *verboseReader) end() {
	v.field()
	if out := v.x.out; len(v.x.record) > 0 {
		v.x.out = nil
		v.x.end()
		v.x.out = append(out[:len(out):len(out)], v.x.out...)
	}
	v.open = false
}

// isVerboseTcpdump reports whether a file is what tcpdump -v prints: a packet's stamp and its head in parentheses, and
// its addresses in an indented line below.
func isVerboseTcpdump(head []byte) bool {
	for n := 0; n < 40 && len(head) > 0; n++ {
		line, rest, ok := bytes.Cut(head, []byte("\n"))
		if next, _, _ := bytes.Cut(rest, []byte("\n")); ok && bytes.HasSuffix(bytes.TrimRight(line, "\r"),
			[]byte(")")) &&
			bytes.Contains(line, []byte(" (")) && bytes.HasPrefix(next, []byte("    ")) &&
			bytes.Contains(next, []byte(" > ")) &&
			(bytes.Contains(line, []byte("(tos ")) || bytes.Contains(line, []byte("hlim "))) {
			return true
		}
		head = rest
	}
	return false
}

// rowMax bounds the bytes of one row's lines that are put together: a hexadecimal dump of a large packet may be cut.
const rowMax = 16 << 10

// rowsReader puts the lines of one row into one: of a packet of tcpdump -v, or of an entry of a listed table. Lines
// without anything end a row.
type rowsReader struct {
	r      *bufio.Reader
	cut    *bool
	goesOn func(line []byte) bool // whether a line, which is not empty, belongs to the row above it
	row    []byte
	out    []byte
	err    error
}

func (t *rowsReader) Read(b []byte) (int, error) {
	for len(t.out) == 0 {
		if t.err != nil {
			return 0, t.err
		}
		part, err := t.r.ReadSlice('\n')
		if err == bufio.ErrBufferFull {
			err = nil
		}
		if line := bytes.TrimRight(part, "\r\n"); len(line) > 0 {
			t.take(line)
		}
		if t.err = err; err != nil && (t.cut == nil || !*t.cut) {
			t.end()
		}
	}
	n := copy(b, t.out)
	t.out = t.out[n:]
	return n, nil
}

func (t *rowsReader) take(line []byte) {
	if len(t.row) == 0 || !t.goesOn(line) {
		t.end()
		t.row = append(t.row, line...)
	} else if room := rowMax - len(t.row) - 1; room > 0 {
		line = bytes.TrimLeft(line, " \t")
		t.row = append(append(t.row, ' '), line[:min(len(line), room)]...)
	}
}

func (t *rowsReader) end() {
	if len(t.row) > 0 {
		t.out = append(append(t.out, t.row...), '\n')
	}
	t.row = t.row[:0]
}

// packetGoesOn reports whether a line of tcpdump -v belongs to the packet above it: such lines are indented, and what
// ICMP quotes of another packet is, too. Numbers of packets (-#) are indented as well, and told by what follows them.
func packetGoesOn(line []byte) bool {
	return isIndented(line) && !packetNumber(bytes.TrimLeft(line, " \t"))
}

// packetNumber reports whether b begins with the number of a packet: digits, and two blanks in front of its stamp.
func packetNumber(b []byte) bool {
	i := 0
	for i < len(b) && b[i] >= '0' && b[i] <= '9' {
		i++
	}
	return i > 0 && bytes.HasPrefix(b[i:], []byte("  ")) && i+2 < len(b) && b[i+2] != ' '
}
