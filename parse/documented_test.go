package parse

import (
	"bytes"
	"testing"
)

// documented reads testdata/documented.txt: a source after "# ", then lines, each with what it says behind "= ".
func documented(tb testing.TB) (cases []says) {
	source := ""
	lines := readLines(tb, "documented.txt")
	for i := 0; i < len(lines); i++ {
		if s, ok := bytes.CutPrefix(lines[i], []byte("# ")); ok {
			source = string(s)
			continue
		}
		if i+1 == len(lines) || !bytes.HasPrefix(lines[i+1], []byte("= ")) {
			tb.Fatalf("no values behind %s", lines[i])
		}
		cases = append(cases, says{source, string(lines[i]), string(lines[i+1][2:])})
		i++
	}
	return cases
}

// TestDocumented reads lines that were written after the vendors' documents, with the values that a person read from
// each (testdata/documented.md).
func TestDocumented(t *testing.T) { checkAll(t, documented(t)) }

func TestDocumentedTruncated(t *testing.T) {
	p := NewParser()
	var rec Record
	for _, c := range documented(t) {
		for i := range c.line {
			p.Line([]byte(c.line[:i]), &rec)
			AppendJSON(nil, &rec)
		}
	}
}
