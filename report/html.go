package report

import (
	_ "embed" // the page and its style
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"gonum.org/v1/plot"

	"uncloak/detect"
)

//go:embed page.html
var pageSource string

//go:embed page.css
var pageStyle string

// These bounds keep the page small for any network; the JSON report has all rows.
const (
	maxHTMLHosts     = 100
	maxHTMLIncidents = 50
	maxHTMLShapes    = 20
	maxMachines      = 8  // that an incident links to
	maxDataRows      = 48 // of a picture as a table
)

// HTML writes the report as one file that needs nothing else: no script, no address outside, style and pictures within.
func HTML(w io.Writer, m *Model) error { return execute(w, "page", newView(m, Links{})) }

// HTMLBody writes what the page of HTML has between its body tags: a header, a main and a footer element, with links to
// pages beside it. Its classes and colours are those of Style.
func HTMLBody(w io.Writer, m *Model, to Links) error { return execute(w, "report", newView(m, to)) }

// Style returns the style sheet of the report.
func Style() string { return pageStyle }

// Links gives the addresses of pages that a report can link to; nil, or "", makes no link.
type Links struct {
	Host     func(host string) string // of an address
	Incident func(id string) string
}

// pageTemplate parses the page once: the live page shows parts of it every few seconds.
var pageTemplate = sync.OnceValues(func() (*template.Template, error) {
	return template.New("page").Parse(pageSource)
})

func execute(w io.Writer, name string, data any) error {
	t, err := pageTemplate()
	if err != nil {
		return fmt.Errorf("parse the page: %w", err)
	}
	if err := t.ExecuteTemplate(w, name, data); err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	return nil
}

// view holds a Model as the page shows it. Its text is clean; the template escapes it.
type view struct {
	Language
	Title, Left, Right, Verdict, VerdictText, VerdictDo, Foot string
	Style                                                     template.CSS
	Notes, Rest                                               []string // Rest: findings that are gone, or known
	Pictures                                                  []picture
	Incidents                                                 []incidentView
	Tables                                                    []Grid
}

// picture holds a drawing with its words. It is drawn where it is shown: as SVG on a page, as PNG in a letter.
type picture struct {
	Title, Caption string
	Legend         []legend
	Data           Grid   // the same in numbers, for who does not see the picture
	name           string // of its file in a letter
	rows           int    // height, as of frames
	plot           func(frame) *plot.Plot
}

// Wide returns the drawing for a page.
func (p picture) Wide() template.HTML {
	wide, _ := frames(p.rows)
	return p.svg(wide, "wide")
}

// Narrow returns the drawing for a phone.
func (p picture) Narrow() template.HTML {
	_, narrow := frames(p.rows)
	return p.svg(narrow, "narrow")
}

func (p picture) svg(f frame, class string) template.HTML {
	return template.HTML(svg(p.plot(f), f, class, p.Title+". "+p.Caption)) // drawn from numbers and fixed words
}

type legend struct{ Class, Text string }

type incidentView struct {
	Language
	N              int
	Severity       string
	Title, News    string
	Href           string // page of its own
	Machines       []link // pages of its hosts
	Rows           []rowView
	Advice         []string
	Lines, Queries []string
}

type link struct{ Text, Href string }

type rowView struct{ Role, Text, Times string }

func newView(m *Model, to Links) view {
	left, right := headWords(m)
	v := view{Language: m.Language, Title: left, Left: left, Right: right, Verdict: "quiet",
		VerdictText: Clean(m.Verdict.Text),
		VerdictDo:   Clean(m.Verdict.Do), Style: template.CSS(pageStyle)}
	if !m.Verdict.Quiet {
		v.Verdict = severityClass(m.Verdict.Severity)
	}
	for _, n := range []string{m.Generated, m.Note} {
		if n != "" {
			v.Notes = append(v.Notes, Clean(n))
		}
	}
	v.Foot = m.Say("Times are in %s.", Clean(m.Zone))
	if !m.Now.IsZero() {
		v.Foot += m.Say(" Made %s by uncloak %s.", m.clock.with(m.Now), label(m.Version))
	}
	v.Pictures = m.pictures()
	for i := range m.shown[:min(maxHTMLIncidents, len(m.shown))] {
		v.Incidents = append(v.Incidents, newIncidentView(m, &m.shown[i], i+1, to))
	}
	v.Rest = m.restLines()
	v.Tables = m.tableViews(to)
	return v
}

func severityClass(s detect.Severity) string {
	switch s {
	case detect.Critical, detect.Warning:
		return string(s)
	}
	return string(detect.Info)
}

// newIncidentView prepares the n-th incident for HTML and Markdown; 0 stands by itself.
func newIncidentView(m *Model, in *Incident, n int, to Links) incidentView {
	v := incidentView{Language: m.Language, N: n, Href: to.incident(in.ID), Machines: to.machines(m.Language, in),
		Severity: severityClass(in.Severity),
		Title:    Clean(in.Title), News: in.news(m)}
	for _, r := range [][2]string{{"order", in.chainText(m)}, {"known", in.endedText(m)}, {"told", in.toldText(m)}} {
		if r[1] != "" {
			v.Rows = append(v.Rows, rowView{m.Say(r[0]), r[1], ""})
		}
	}
	for _, p := range in.parts[:min(maxParts, len(in.parts))] {
		v.Rows = append(v.Rows, rowView{m.Say(role(in, p.Finding)), Clean(p.Detail), burstTimes(m, p.Finding)})
		for _, l := range p.Evidence.Lines {
			v.Lines = append(v.Lines, Clean(l))
		}
		if p.Evidence.Query != "" {
			v.Queries = append(v.Queries, Clean(p.Evidence.Query))
		}
	}
	if in.victims != "" {
		v.Rows = append(v.Rows, rowView{m.Say("victims"), Clean(in.victims), ""})
	}
	v.Queries = append(v.Queries, explains(in.parts[:min(maxParts, len(in.parts))])...)
	if n := len(in.parts) - maxParts; n > 0 {
		v.Rows = append(v.Rows, rowView{Role: m.Say("more"), Text: m.Say(
			"%s of this kind.", count(m.Language, n, "more finding",
				"more findings"))})
	}
	for _, a := range in.Advice {
		v.Advice = append(v.Advice, Clean(a))
	}
	return v
}

func (l Links) host(host string) string {
	if l.Host == nil || !isHost(host) {
		return ""
	}
	return l.Host(host)
}

func (l Links) incident(id string) string {
	if l.Incident == nil {
		return ""
	}
	return l.Incident(id)
}

// machines links to the hosts of an incident, each once.
func (l Links) machines(words Language, in *Incident) (out []link) {
	for _, p := range in.parts[:min(maxParts, len(in.parts))] {
		for _, h := range append([]detect.Share{{Host: p.Host, Name: p.Name}}, p.Holders...) {
			x := link{words.who(h.Host, h.Name), l.host(h.Host)}
			if x.Href != "" && !slices.Contains(out, x) && len(out) < maxMachines {
				out = append(out, x)
			}
		}
	}
	return out
}

func (m *Model) tableViews(to Links) (out []Grid) {
	if n := len(m.shown) - maxHTMLIncidents; n > 0 {
		out = append(out, Grid{Title: m.Say("Further incidents"), Intro: count(m.Language, n,
			"more incident is in the JSON report.",
			"more incidents are in the JSON report.")})
	}
	if len(m.Tables) > 0 {
		t := Grid{Title: m.Say("Session table"), Intro: m.Say("As rebuilt from the log."), Head: m.tableHead(),
			align: tableAlign}
		for _, x := range m.Tables {
			t.Rows = append(t.Rows, tableRow(m, x))
		}
		out = append(out, t)
	}
	if len(m.Hosts) > 0 {
		t := Grid{Title: m.Say("Hosts"), Intro: m.Say("By sessions opened in this window."), Head: m.hostHead(),
			align: hostAlign,
			to:    to}
		for _, h := range m.Hosts[:min(maxHTMLHosts, len(m.Hosts))] {
			t.add(h.Host, hostRow(h)...)
		}
		if n := len(m.Hosts) - maxHTMLHosts; n > 0 {
			t.More = m.Say("… and %s.", count(m.Language, n, "more host", "more hosts"))
		}
		out = append(out, t)
	}
	h := Grid{Title: m.Say("Health"), Intro: m.Say("%s.", m.capital(healthSummary(m))), Head: m.senderHead(),
		align: senderAlign}
	for _, s := range m.Health[:min(maxHTMLHosts, len(m.Health))] {
		h.Rows = append(h.Rows, m.senderRow(s))
	}
	if n := len(m.Health) - maxHTMLHosts; n > 0 {
		h.More = m.Say("… and %s.", count(m.Language, n, "more sender", "more senders")) + " "
	}
	for i := range m.Health[:min(maxHTMLHosts, len(m.Health))] {
		for _, r := range m.Health[i].remarks(m.Language) {
			h.More += m.Say("%s: %s.", Clean(m.Health[i].called()), Clean(r)) + " "
		}
	}
	h.More = strings.TrimSpace(h.More)
	out = append(out, h)
	if u := m.Unparsed; u != nil && u.Lines > 0 {
		t := Grid{Title: m.Say("Lines not understood, by shape"), Intro: m.Say("%s.", m.capital(u.head(m.Language))),
			Head: m.heads("lines", "shape", "example"), align: "rll"}
		for i := range u.Shapes[:min(maxHTMLShapes, len(u.Shapes))] {
			s := &u.Shapes[i]
			t.Rows = append(t.Rows, []string{num(s.Lines), clip(s.text(), 160), clip(Clean(s.Example), 160)})
		}
		if rest := u.rest(m.Language, maxHTMLShapes); rest != "" {
			t.More = m.Say("… and %s.", rest)
		}
		out = append(out, t)
	}
	return out
}

// pictures draws the table over time and the minutes of the bursts, where the log shows them.
func (m *Model) pictures() (out []picture) {
	if len(m.occupancy.full) > 0 && m.occupancy.peak > 0 {
		out = append(out, m.tablePicture())
	}
	if len(m.phases.rows) > 0 && m.phases.max > 0 {
		out = append(out, m.phasePicture())
	}
	return out
}

func (m *Model) tablePicture() picture {
	o := &m.occupancy
	p := picture{Title: m.Say("Session table: who holds the entries"), name: "table.png", rows: 16,
		plot: o.plotter(m.clock.loc), Data: o.data(m.clock)}
	for i, h := range o.hosts {
		p.Legend = append(p.Legend, legend{fmt.Sprintf("s%d", i), m.who(h.Host, h.Name)})
	}
	if k := len(o.hosts); slices.Max(o.parts[k]) > 0 {
		p.Legend = append(p.Legend, legend{fmt.Sprintf("s%d", k), m.Say("all others")})
	}
	p.Caption = m.Say("Entries in the session table over time, one colour a host, as rebuilt from the log; "+
		"each column is the fullest moment of %s.", m.seconds(o.bin.Seconds()))
	switch {
	case o.spells > 0:
		p.Legend = append(p.Legend, legend{"full", m.Say("full: sessions refused")})
		p.Caption += m.Say(" The table was full %s: marked at the upper edge.", m.times(o.spells))
	default:
		p.Caption += m.Say(" The table was never full.")
	}
	if o.capacity == 0 {
		p.Caption += m.Say(" Its size is not known, so that no line shows it.")
	}
	return p
}

func (m *Model) phasePicture() picture {
	ph := &m.phases
	p := picture{Title: m.Say("Phase map: at which minute of the hour"), name: "minutes.png",
		rows: max(len(ph.rows), 6),
		plot: ph.plot, Data: ph.data(m.Language)}
	whose := m.Say("all hosts")
	if len(ph.hosts) > 0 {
		var names []string
		for _, h := range ph.hosts[:min(4, len(ph.hosts))] {
			names = append(names, m.who(h.Host, h.Name))
		}
		if n := len(ph.hosts) - 4; n > 0 {
			names = append(names, count(m.Language, n, "more host", "more hosts"))
		}
		whose = m.list(names)
	}
	row := m.Say("each row one hour")
	if ph.folded > 0 {
		row = m.Say("each row one hour of the day, the mean of %d days", ph.folded)
	}
	p.Caption = m.Say("Sessions opened by %s: each column the minute around its mark, %s; the darker (on a "+
		"dark page: the brighter), the more.", whose, row)
	if len(ph.minutes) > 0 {
		p.Caption += m.Say(" The stripes at %s are the bursts.", m.minuteList(ph.minutes))
	}
	for l := 0; l <= heatLevels; l++ {
		p.Legend = append(p.Legend, legend{fmt.Sprintf("h%d", l), ph.legend(m.Language, l)})
	}
	return p
}

// data has the picture as a table: of each stretch of time its fullest column.
func (o *occupancy) data(c clock) Grid {
	t := Grid{Title: c.Say("The same as a table"), Head: c.heads("from", "entries"),
		align: "lr" + strings.Repeat("r", len(o.parts))}
	for _, h := range o.hosts {
		t.Head = append(t.Head, c.short(h.Host, h.Name))
	}
	t.Head = append(t.Head, c.Say("all others"))
	per := (len(o.full) + maxDataRows - 1) / maxDataRows
	for lo := 0; lo < len(o.full); lo += per {
		best, most := lo, -1.0
		for i := lo; i < min(lo+per, len(o.full)); i++ {
			sum := 0.0
			for _, p := range o.parts {
				sum += p[i]
			}
			if sum > most {
				best, most = i, sum
			}
		}
		row := []string{c.stamp(o.from.Add(time.Duration(lo)*o.bin).In(c.loc), "Mon 15:04:05"), num(int64(most + 0.5))}
		for _, p := range o.parts {
			row = append(row, num(int64(p[best]+0.5)))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// data has the map as a table: of each hour the sessions and the minutes with most of them.
func (m *phaseMap) data(l Language) Grid {
	t := Grid{Title: l.Say("The same as a table"), Head: l.heads("hour", "sessions", "busiest minute", "in it"),
		align: "lrrr"}
	for i, cells := range m.cells {
		sum, best := 0.0, 0
		for k, n := range cells {
			if sum += n; n > cells[best] {
				best = k
			}
		}
		row := []string{m.rows[i], num(int64(sum + 0.5)), "", ""}
		if sum > 0 {
			row[2], row[3] = fmt.Sprintf(":%02d", best), num(int64(cells[best]+0.5))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// legend words the range of sessions a minute that has that colour.
func (m *phaseMap) legend(l Language, level int) string {
	switch level {
	case 0:
		return l.Say("none")
	case 1:
		return l.Say("under %s", num(int64(m.bound(2)+0.5)))
	case heatLevels:
		return l.Say("%s to %s a minute", num(int64(m.bound(level)+0.5)), num(int64(m.max+0.5)))
	}
	return l.Say("from %s", num(int64(m.bound(level)+0.5)))
}

// Markdown writes the report without pictures, for mail, tickets and wikis.
func Markdown(w io.Writer, m *Model) error {
	v := newView(m, Links{})
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n%s\n\n", mdEscape(v.Left), mdEscape(v.Right))
	for _, n := range v.Notes {
		fmt.Fprintf(&b, "%s\n\n", mdEscape(n))
	}
	fmt.Fprintf(&b, "**%s**\n\n", mdEscape(v.VerdictText))
	if v.VerdictDo != "" {
		fmt.Fprintf(&b, "%s\n\n", mdEscape(v.VerdictDo))
	}
	for _, in := range v.Incidents {
		fmt.Fprintf(&b, "## %d. %s: %s\n\n", in.N, m.Say(in.Severity), mdEscape(in.Title))
		if in.News != "" {
			fmt.Fprintf(&b, "*%s*\n\n", mdEscape(in.News))
		}
		for _, r := range in.Rows {
			fmt.Fprintf(&b, "- **%s**: %s", r.Role, mdEscape(r.Text))
			if r.Times != "" {
				fmt.Fprintf(&b, " %s", mdEscape(r.Times))
			}
			b.WriteString("\n")
		}
		for k, a := range in.Advice {
			if k == 0 {
				fmt.Fprintf(&b, "\n%s\n\n", m.Say("What to do"))
			}
			fmt.Fprintf(&b, "%d. %s\n", k+1, mdEscape(a))
		}
		mdBlock(&b, m.Say("Proof"), in.Lines)
		mdBlock(&b, m.Say("Show more"), in.Queries)
		b.WriteString("\n")
	}
	for _, l := range v.Rest {
		fmt.Fprintf(&b, "%s\n\n", mdEscape(l))
	}
	for _, t := range v.Tables {
		mdTable(&b, t)
	}
	fmt.Fprintf(&b, "%s\n", mdEscape(v.Foot))
	_, err := io.WriteString(w, b.String())
	return err
}

// mdBlock writes lines as an indented code block, which no character in a line can end.
func mdBlock(b *strings.Builder, title string, lines []string) {
	if len(lines) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s\n\n", title)
	for _, l := range lines {
		fmt.Fprintf(b, "    %s\n", Clean(l))
	}
}

func mdTable(b *strings.Builder, t Grid) {
	fmt.Fprintf(b, "## %s\n\n", t.Title)
	if t.Intro != "" {
		fmt.Fprintf(b, "%s\n\n", mdEscape(t.Intro))
	}
	if len(t.Rows) == 0 {
		return
	}
	row := func(cells []string) {
		b.WriteString("|")
		for _, c := range cells {
			b.WriteString(" " + mdEscape(c) + " |")
		}
		b.WriteString("\n")
	}
	row(t.Head)
	b.WriteString("|")
	for i := range t.Head {
		b.WriteString(map[string]string{"r": " ---: |", "l": " --- |"}[t.Side(i)])
	}
	b.WriteString("\n")
	for _, r := range t.Rows {
		row(r)
	}
	b.WriteString("\n")
}
