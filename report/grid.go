package report

import (
	"bytes"
	"html/template"
	"strconv"
)

// Grid is a table of clean text for a page.
type Grid struct {
	Title, Intro, More string
	Head               []string
	Rows               [][]string
	align              string   // by column: l or r
	keys               []string // by row: address of the host that its first cell names; "" where it names none
}

// HTML renders the table, with links from hosts to their pages.
func (g Grid) HTML(to Links) template.HTML {
	t := tableView{Head: g.Head, Rows: g.Rows, align: g.align}
	for _, k := range g.keys {
		href := ""
		if k != "" {
			href = to.host(k)
		}
		t.links = append(t.links, href)
	}
	return fragment("table", t)
}

// Figure is a picture with its words, drawn in the classes and colours of Style.
type Figure struct{ HTML template.HTML }

func figures(ps []picture) (out []Figure) {
	for _, p := range ps {
		out = append(out, Figure{fragment("figure", p)})
	}
	return out
}

// fragment renders one template of the page. Its text is escaped by the template.
func fragment(name string, data any) template.HTML {
	var b bytes.Buffer
	if err := execute(&b, name, data); err != nil {
		return template.HTML(template.HTMLEscapeString(err.Error()))
	}
	return template.HTML(b.String())
}

// fixed writes x with one digit behind the point where it is small.
func fixed(x float64) string {
	if x >= 100 {
		return strconv.FormatFloat(x, 'f', 0, 64)
	}
	return strconv.FormatFloat(x, 'f', 1, 64)
}
