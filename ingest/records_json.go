package ingest

import (
	"bufio"
	"bytes"
	"io"
)

// jsonRecordMax bounds one object: the journal's own fields are smaller, and a brace that is never closed must not hold
// the rest of the file.
const jsonRecordMax = 1 << 20

// isSpreadJSON reports whether a file holds objects of JSON that are not one a line: journalctl -o json-pretty, dmesg
// -J, an array of objects, the answer of a server with its hits or its streams.
func isSpreadJSON(head []byte) bool {
	head = bytes.TrimLeft(head, "\xef\xbb\xbf\x1e \t\r\n")
	if len(head) < 2 || head[0] != '{' && head[0] != '[' {
		return false
	}
	if head[0] == '[' {
		in := bytes.TrimLeft(head[1:], " \t\r\n")
		return len(in) > 1 && in[0] == '{' && (in[1] == '"' || in[1] == '\n' || in[1] == '\r' || in[1] == ' ' ||
			in[1] == '\t')
	}
	line, _, whole := bytes.Cut(head, []byte("\n"))
	for _, begin := range []string{`{"took":`, `{"status":"success"`, `{"streams":[`, `{"events":[`, `{"dmesg":`} {
		if bytes.HasPrefix(line, []byte(begin)) {
			return true
		}
	}
	return whole && !closes(line)
}

// closes reports whether the object at the front of a line ends in it.
func closes(line []byte) bool {
	var d depth
	for _, c := range line {
		if d.next(c); d.level == 0 && c == '}' && !d.quoted {
			return true
		}
	}
	return false
}

// depth follows the braces and brackets of a text of JSON.
type depth struct {
	level           int
	quoted, escaped bool
}

// next takes one byte, and reports whether that is outside of a string.
func (d *depth) next(c byte) bool {
	switch {
	case d.escaped:
		d.escaped = false
	case d.quoted:
		d.quoted, d.escaped = c != '"', c == '\\'
	case c == '"':
		d.quoted = true
	case c == '{' || c == '[':
		d.level++
		return true
	case c == '}' || c == ']':
		d.level = max(0, d.level-1)
		return true
	default:
		return true
	}
	return false
}

// jsonRecords turns objects of JSON into one line each: those that stand for themselves, and those in an array that
// holds records (wraps). Blanks between their parts are left out. Text between objects is passed on as it is. Of a file
// that is cut short the last object is passed on as far as it goes, but not of compressed data.
type jsonRecords struct {
	r    *bufio.Reader
	cut  *bool
	d    depth
	base int  // level of the array whose objects are records; 0: records stand for themselves
	rest bool // the object that held the array goes on, and is no record
	wait bool // an array has just begun that may hold records

	record   []byte
	key, str int  // where in the record the last name and the last string begin
	last     byte // the last byte outside of strings and blanks
	lineHead bool // nothing of this line has been read
	out      []byte
	err      error
}

func newJSONRecords(r *bufio.Reader, cut *bool) *jsonRecords {
	return &jsonRecords{r: r, cut: cut, lineHead: true}
}

func (j *jsonRecords) Read(b []byte) (int, error) {
	for len(j.out) == 0 {
		if j.err != nil {
			return 0, j.err
		}
		c, err := j.r.ReadByte()
		if err != nil {
			if j.err = err; err == io.EOF && (j.cut == nil || !*j.cut) {
				j.end()
			}
			continue
		}
		j.take(c)
	}
	n := copy(b, j.out)
	j.out = j.out[n:]
	return n, nil
}

// take takes one byte.
func (j *jsonRecords) take(c byte) {
	if j.d.level == 0 {
		j.between(c)
		return
	}
	head := j.lineHead
	j.lineHead = c == '\n' && !j.d.quoted
	if head && c == '{' && j.d.level > j.base && !j.d.quoted { // the object before was torn
		j.end()
		j.d = depth{level: j.base}
	}
	if len(j.record) >= jsonRecordMax {
		j.end()
		j.d, j.base, j.rest = depth{}, 0, false
	}
	if outside := j.d.next(c); outside {
		j.outside(c)
		return
	}
	if c == '"' && j.d.quoted && len(j.record) > 0 && j.last != 0 {
		j.str = len(j.record)
	}
	j.record, j.last = append(j.record, c), 0
}

// outside takes a byte that is in no string.
func (j *jsonRecords) outside(c byte) {
	switch c {
	case ' ', '\t', '\n', '\r', 0x1e:
		return
	}
	if j.wait {
		j.wait = false
		if c == '{' {
			j.base, j.record = j.d.level-1, j.record[:0]
		}
	}
	switch {
	case c == ':':
		j.key = j.str
	case c == '[':
		j.wait = j.base == 0 && (j.d.level == 1 || j.last == ':' && j.wraps())
	case c == ',' && j.base > 0 && j.d.level == j.base:
		return // between two records
	case c == ']' && j.base > 0 && j.d.level < j.base:
		j.base, j.rest, j.record = 0, j.d.level > 0, j.record[:0]
		return
	}
	j.record, j.last = append(j.record, c), c
	if c == '}' && j.d.level == j.base {
		if j.rest {
			j.rest, j.record = false, j.record[:0]
			return
		}
		j.end()
	}
}

// between takes a byte that is in no object: the begin of one, or text that is passed on.
func (j *jsonRecords) between(c byte) {
	if begins := c == '{' || c == '['; begins && len(bytes.TrimSpace(j.record)) == 0 {
		j.record, j.last, j.lineHead = append(j.record[:0], c), c, false
		j.d = depth{level: 1}
		j.wait = c == '['
		return
	}
	if c == 0x1e && len(j.record) == 0 {
		return
	}
	if j.record = append(j.record, c); c == '\n' || len(j.record) >= jsonRecordMax {
		if text := bytes.TrimSpace(j.record); len(text) > 0 && string(text) != "," && string(text) != "]" {
			j.out = append(j.out, j.record...)
		}
		j.record = j.record[:0]
	}
}

// wraps reports whether the array that begins holds records, by its name, in an object that has no message itself.
func (j *jsonRecords) wraps() bool {
	name, _, _ := bytes.Cut(j.record[min(j.key+1, len(j.record)):], []byte(`"`))
	switch string(name) {
	case "dmesg", "hits", "result", "results", "events", "logs", "records", "entries", "streams", "messages", "items",
		"rows",
		"data", "logEvents":
	default:
		return false
	}
	for _, own := range []string{`"_source"`, `"message"`, `"MESSAGE"`, `"timestamp"`, `"@timestamp"`} {
		if bytes.Contains(j.record, []byte(own)) {
			return false
		}
	}
	return true
}

// end passes on the record, as one line or, of a stream of Loki, as one for each of its values.
func (j *jsonRecords) end() {
	if i := bytes.Index(j.record, []byte(`"values":[[`)); i > 0 && j.record[len(j.record)-1] == '}' {
		j.values(j.record[:i], j.record[i+len(`"values":[`):])
	} else if len(j.record) > 0 {
		j.out = append(append(j.out, j.record...), '\n')
	}
	j.record, j.last, j.key, j.str = j.record[:0], 0, 0, 0
}

// lokiRatio bounds how much longer the lines of a stream are than the stream: each has all of its labels.
const lokiRatio = 16

// values writes the pairs of time and line in b, with the labels of their stream in front.
func (j *jsonRecords) values(labels, b []byte) {
	limit := len(j.out) + lokiRatio*len(j.record) + 64<<10
	for len(b) > 0 && b[0] == '[' {
		if len(j.out) > limit {
			j.out = append(append(j.out, b...), '\n')
			return
		}
		var d depth
		d.level = 1
		end, comma := 1, 0
		for ; end < len(b) && d.level > 0; end++ {
			if d.next(b[end]) && b[end] == ',' && comma == 0 && d.level == 1 {
				comma = end
			}
		}
		if comma == 0 || d.level > 0 {
			return
		}
		j.out = append(append(append(j.out, labels...), `"ts":`...), b[1:comma]...)
		line := b[comma+1 : end-1]
		if closing := stringEnd(line); closing > 0 {
			line = line[:closing]
		}
		j.out = append(append(append(j.out, `,"line":`...), line...), '}', '\n')
		if b = b[end:]; len(b) > 0 && b[0] == ',' {
			b = b[1:]
		}
	}
}

// stringEnd returns the length of the string at the front of b, or 0.
func stringEnd(b []byte) int {
	var d depth
	for i, c := range b {
		if d.next(c); i > 0 && !d.quoted {
			return i + 1
		}
	}
	return 0
}
