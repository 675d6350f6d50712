package report

import (
	"strings"
)

// Text renders an entry for a terminal of that many columns (at least 40). The text has no control characters but
// newlines.
func (e *Entry) Text(columns int) string {
	t := entryText{width: max(columns, 40)}
	t.b.WriteString(e.Title + "  (" + e.ID + ")\n")
	t.b.WriteString("  " + e.Sample + "\n")
	t.section("Says", e.Says)
	t.section("Printed", e.When)
	var causes []string
	for _, c := range e.Causes {
		causes = append(causes, c.Rank+": "+c.Text)
	}
	t.section("Causes", causes...)
	t.section("Check", e.Checks...)
	t.section("Do", e.Remedies...)
	if len(e.Findings) > 0 {
		t.section("Findings", strings.Join(e.Findings, ", "))
	}
	t.section("Sources", strings.Join(e.Sources, "; "))
	return t.b.String()
}

// entryText lays a name out in a left column and its items beside it.
type entryText struct {
	b     strings.Builder
	width int
}

// labelWidth is the width of the left column: the longest name and two blanks.
const labelWidth = 10

func (t *entryText) section(name string, items ...string) {
	t.b.WriteByte('\n')
	for i, item := range items {
		label, mark := "", ""
		if i == 0 {
			label = name
		}
		if len(items) > 1 {
			mark = "- "
		}
		t.item(label, mark, item)
	}
}

// item writes one text, broken between words; a word that is wider than the column stands alone.
func (t *entryText) item(label, mark, text string) {
	line := label + strings.Repeat(" ", labelWidth-len(label)) + mark
	indent := strings.Repeat(" ", labelWidth+len(mark))
	used, fresh := labelWidth+len(mark), true
	for _, w := range strings.Fields(text) {
		n := width(w)
		if !fresh && used+1+n > t.width {
			t.b.WriteString(line + "\n")
			line, used, fresh = indent, len(indent), true
		}
		if !fresh {
			line, used = line+" ", used+1
		}
		line, used, fresh = line+w, used+n, false
	}
	t.b.WriteString(line + "\n")
}
