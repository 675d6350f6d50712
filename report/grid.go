package report

import (
	"bytes"
	"html/template"
)

// Grid is a table of clean text for a page.
type Grid struct {
	Title string     `json:"title"`
	Intro string     `json:"intro"`
	More  string     `json:"more"`
	Head  []string   `json:"head"`
	Rows  [][]string `json:"rows"`

	align string   // by column: l or r
	hosts []string // by row: the host that its first cell names
	to    Links    // pages of hosts
}

// add adds a row whose first cell names a host.
func (g *Grid) add(host string, cells ...string) {
	g.Rows = append(g.Rows, cells)
	g.hosts = append(g.hosts, host)
}

// HTML renders the table, with links from hosts to their pages.
func (g Grid) HTML(to Links) template.HTML {
	g.to = to
	return fragment("table", g)
}

// Link returns where a cell leads; "" is nowhere.
func (g Grid) Link(row, column int) string {
	if column == 0 && row < len(g.hosts) {
		return g.to.host(g.hosts[row])
	}
	return ""
}

// Side returns the CSS class of a column.
func (g Grid) Side(i int) string {
	if i < len(g.align) && g.align[i] == 'r' {
		return "r"
	}
	return "l"
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
