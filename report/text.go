package report

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/rivo/uniseg"

	"uncloak/detect"
)

// TextOptions describes the terminal.
type TextOptions struct {
	Width int  // columns; 0: 100; at least 60
	Color bool // the caller has looked at NO_COLOR and at what the output is
}

// maxParts bounds what text shows of one incident.
const maxParts = 8

// maxRows bounds the table of hosts in text; the other formats show more.
const maxRows = 12

// Text writes the report for a terminal: verdict first.
func Text(w io.Writer, m *Model, opt TextOptions) error {
	p := newPage(w, m.Language, opt)
	p.head(m)
	p.verdict(m)
	for i := range m.shown {
		p.incident(m, i)
	}
	p.rest(m)
	p.tables(m)
	p.hosts(m)
	p.health(m)
	return p.out.Flush()
}

// FindingsOf writes the findings of a report alone, one paragraph each, then what is gone since the day before.
// Findings that somebody has acknowledged are left out, unless Options.All asks for them.
func FindingsOf(w io.Writer, m *Model) error {
	p := newPage(w, m.Language, TextOptions{})
	var fs []detect.Finding
	for i := range m.shown {
		for _, f := range m.shown[i].findings {
			fs = append(fs, *f)
		}
	}
	if len(fs) == 0 {
		p.line(m.Say("no findings"))
	} else {
		p.findings(fs, m.clock)
	}
	p.rest(m)
	return p.out.Flush()
}

func (p *page) findings(fs []detect.Finding, c clock) {
	p.line(p.Say("times in %s", c.zone(fs[0].Start)))
	for i := range fs {
		f := &fs[i]
		if i > 0 && f.Kind == detect.TableFullKind && fs[i-1].Kind == detect.TableFullKind &&
			f.Router == fs[i-1].Router {
			p.spell(f, c)
			continue
		}
		p.line("")
		p.put(pad(strings.ToUpper(p.Say(label(string(f.Severity)))), 9), Clean(f.Title), 9)
		p.put("         ", Clean(f.Detail), 9)
		p.put("         ", strings.Join(present("id "+Clean(f.ID), p.Say(
			"%s sure", percent(f.Score)), c.span(f.Start, f.End),
			c.news(f), c.announced(f.Announced, []string{f.ID, f.Group})), " · "), 9)
		if f.Evidence.Query != "" {
			p.verbatim("         ", Clean(f.Evidence.Query), 0)
		}
		if f.Explain != "" {
			p.verbatim("         ", p.Say("explain: %s", Clean(f.Explain)), 0)
		}
	}
}

// spell writes a further spell of the full table that the finding above it is about, in one line.
func (p *page) spell(f *detect.Finding, c clock) {
	held := ""
	if f.Host != "" {
		held = p.short(f.Host, f.Name) + " " + percent(f.TableShare)
	}
	p.put("         ", Clean(strings.Join(present(c.span(f.Start, f.End),
		count(p.Language, max(f.Drops, f.Lines), "packet refused", "packets refused"), held, "id "+f.ID), " · ")), 9)
}

// page lays text out in columns. Errors stay in the buffered writer until Flush.
type page struct {
	Language
	out   *bufio.Writer
	width int
	color bool
}

func newPage(w io.Writer, l Language, opt TextOptions) *page {
	if opt.Width == 0 {
		opt.Width = 100
	}
	return &page{Language: l, out: bufio.NewWriter(w), width: max(opt.Width, 60), color: opt.Color}
}

func (p *page) line(s string) { fmt.Fprintln(p.out, strings.TrimRight(s, " ")) }

// paint colours s for a severity, or makes a heading bold.
func (p *page) paint(s, as string) string {
	code := map[string]string{"critical": "1;31", "warning": "1;33", "info": "1;36", "quiet": "1;32", "bold": "1"}[as]
	if !p.color || code == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

// put writes text in the column after the first label, wrapped at blanks.
func (p *page) put(first, text string, indent int) {
	for i, l := range wrap(text, p.width-indent) {
		if i == 0 {
			p.line(first + l)
			continue
		}
		p.line(strings.Repeat(" ", indent) + l)
	}
}

// verbatim writes text that must not be broken at blanks (log lines, commands): cut at the width, at most rows rows (0:
// whole and in one line, so that it can be copied).
func (p *page) verbatim(first, text string, rows int) {
	if rows == 0 {
		p.line(first + text)
		return
	}
	indent := width(first)
	for i := 0; i < rows && (text != "" || i == 0); i++ {
		line, rest := cut(text, p.width-indent)
		if i == rows-1 && rest != "" {
			line = clip(text, p.width-indent)
		}
		p.line(first + line)
		first, text = strings.Repeat(" ", indent), rest
	}
}

// wrap breaks text at blanks into lines of at most columns columns. A longer word has a line of its own, and a unit
// stays with its number.
func wrap(text string, columns int) (lines []string) {
	var cur strings.Builder
	n := 0
	var words []string
	for _, w := range strings.Fields(text) {
		if k := len(words) - 1; k >= 0 && unit(w) && words[k][len(words[k])-1]-'0' <= 9 {
			words[k] += " " + w
			continue
		}
		words = append(words, w)
	}
	for _, word := range words {
		for i, piece := range pieces(word) {
			blank := ""
			if i == 0 && n > 0 {
				blank = " "
			}
			l := width(piece)
			if n > 0 && n+len(blank)+l > columns {
				lines = append(lines, cur.String())
				cur.Reset()
				n, blank = 0, ""
			}
			cur.WriteString(blank + piece)
			n += len(blank) + l
		}
	}
	return append(lines, cur.String())
}

// pieces splits a word where a line may end within it: between Japanese letters, as the line breaking of Unicode allows
// (UAX #14), and nowhere in a word without them.
func pieces(word string) (out []string) {
	if !strings.ContainsFunc(word, func(r rune) bool {
		return unicode.In(r, unicode.Han, unicode.Hiragana,
			unicode.Katakana)
	}) {
		return []string{word}
	}
	for state := -1; word != ""; {
		var piece string
		piece, word, _, state = uniseg.FirstLineSegmentInString(word, state)
		out = append(out, piece)
	}
	return out
}

// unit says whether w is a unit behind a number.
func unit(w string) bool {
	switch strings.Trim(w, ".,;:)") {
	case "s", "min", "h", "days", "%", "MB":
		return true
	}
	return false
}

// headWords returns the two halves of the first line.
func headWords(m *Model) (left, right string) {
	left = "uncloak"
	if len(m.Routers) > 0 {
		left += " · " + m.routersShort(m.busiest())
	}
	left += " · " + m.window()
	right = count(m.Language, m.Totals.Lines, "line", "lines")
	if !m.Totals.WholeDays {
		right += m.Say(" (whole UTC days)")
	}
	right += " · " + m.Say("%s lost", percentLost(m.Totals.LostShare))
	if e := m.Totals.ClockErrorS; e != nil {
		right += " · " + m.Say("clock %s", m.skew(*e))
	}
	return left, right
}

// busiest lists the routers, those with most lines first: lines that were cut make false routers with names of a few
// letters.
func (m *Model) busiest() []string {
	lines := map[string]uint64{}
	for _, s := range m.Health {
		lines[s.Router] += s.Received
	}
	out := slices.Clone(m.Routers)
	slices.SortStableFunc(out, func(a, b string) int { return cmp.Compare(lines[b], lines[a]) })
	return out
}

func percentLost(x float64) string {
	if x == 0 {
		return "0.0 %"
	}
	return percent(x)
}

func (l Language) routersShort(rs []string) string {
	var out []string
	for _, r := range rs[:min(3, len(rs))] {
		out = append(out, label(r))
	}
	if len(rs) > 3 {
		out = append(out, l.Say("%d more", len(rs)-3))
	}
	return l.list(out)
}

// window writes the window: "Tue 2026-11-17, Asia/Tokyo", or its two ends.
func (m *Model) window() string {
	from, to := m.From.In(m.clock.loc), m.To.In(m.clock.loc)
	midnight := func(t time.Time) bool { return t.Hour()+t.Minute()+t.Second()+t.Nanosecond() == 0 }
	day, minute, days := "Mon 2006-01-02", "Mon 2006-01-02 15:04", ""
	switch last := to.Add(-time.Nanosecond); {
	case midnight(from) && midnight(to) && sameDay(from, last):
		days = m.stamp(from, day)
	case midnight(from) && midnight(to):
		days = m.Say("%s to %s", m.stamp(from, day), m.stamp(last, day))
	case sameDay(from, last):
		days = m.Say("%s to %s", m.stamp(from, minute), to.Format("15:04"))
	default:
		days = m.Say("%s to %s", m.stamp(from, minute), m.stamp(to, minute))
	}
	return m.Say("%s, %s", days, Clean(m.Zone))
}

func (p *page) head(m *Model) {
	left, right := headWords(m)
	if gap := p.width - width(left) - width(right); gap >= 2 {
		p.line(left + strings.Repeat(" ", gap) + right)
	} else {
		p.put("", left, 0)
		p.put("", right, 0)
	}
	for _, s := range []string{m.Generated, m.Note} {
		if s != "" {
			p.put("", p.Say("(%s)", Clean(s)), 0)
		}
	}
	p.line("")
}

func (p *page) verdict(m *Model) {
	as := severityClass(m.Verdict.Severity)
	if m.Verdict.Quiet {
		as = "quiet"
	}
	p.put(p.paint(pad(p.Say("VERDICT"), 7), as)+"  ", m.Verdict.Text, 9)
	if m.Verdict.Do != "" {
		p.put("         ", m.Verdict.Do, 9)
	}
}

// role returns the word in the margin beside a finding.
func role(in *Incident, f *detect.Finding) string {
	switch {
	case (f.Kind == detect.PeriodicBurst || f.Kind == detect.BurstKind) &&
		in.find(detect.TableFullKind, detect.PTRStorm) != nil,
		f.Kind == detect.LoadKind && in.root() == f:
		return "cause"
	case f.Kind == detect.PTRStorm && f.Causes == "":
		return "what"
	}
	return cmp.Or(wordsOf(f.Kind).role, "what")
}

const margin = 12

// row writes a word in the margin and the text beside it.
func (p *page) row(word, text string) { p.put(p.beside(word), text, margin) }

// beside writes a word into the margin; "" leaves it empty.
func (p *page) beside(word string) string {
	if word != "" {
		word = p.Say(word)
	}
	return pad("   "+word, margin)
}

func (p *page) incident(m *Model, i int) {
	in := &m.shown[i]
	p.line("")
	sev := strings.ToUpper(p.Say(label(string(in.Severity))))
	p.headline(fmt.Sprintf("%-3d", i+1)+p.paint(sev, string(in.Severity))+"  ", Clean(in.Title), in.news(m),
		3+width(sev)+2)
	if t := in.chainText(m); t != "" {
		p.row("order", t)
	}
	if t := in.endedText(m); t != "" {
		p.row("known", t)
	}
	if t := in.toldText(m); t != "" {
		p.row("told", t)
	}
	parts := in.parts[:min(maxParts, len(in.parts))]
	for _, f := range parts {
		p.row(role(in, f.Finding), Clean(f.Detail))
		if t := burstTimes(m, f.Finding); t != "" {
			p.row("", t)
		}
	}
	if in.victims != "" {
		p.row("victims", Clean(in.victims))
	}
	if n := len(in.parts) - len(parts); n > 0 {
		p.row("", p.Say("%s of this kind (uncloak findings).", count(p.Language, n, "more finding", "more findings")))
	}
	for k, a := range in.Advice {
		word := ""
		if k == 0 {
			word = "do"
		}
		n := fmt.Sprintf("%d ", k+1)
		p.put(p.beside(word)+n, Clean(a), margin+len(n))
	}
	word := "proof"
	for i, f := range parts {
		n := 1 // one line each as a sample; two lines for the first finding
		if i == 0 {
			n = 2
		}
		for _, l := range f.Evidence.Lines[:min(n, len(f.Evidence.Lines))] {
			p.verbatim(p.beside(word), Clean(l), 3)
			word = ""
		}
	}
	word = "more"
	for _, f := range parts {
		if f.Evidence.Query != "" {
			p.verbatim(p.beside(word), f.Evidence.Query, 0)
			word = ""
		}
	}
	word = "explain"
	for _, c := range explains(parts) {
		p.verbatim(p.beside(word), c, 0)
		word = ""
	}
}

// explains lists the commands that explain the messages behind the parts, without repeats.
func explains(parts []part) (out []string) {
	for _, p := range parts {
		if c := Clean(p.Explain); c != "" && !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	return out
}

// burstTimes lists the bursts where they are few enough to be read.
func burstTimes(m *Model, f *detect.Finding) string {
	if len(f.Bursts) < 2 || len(f.Bursts) > 8 { // the time of a lone burst is in the sentence above
		return ""
	}
	var out []string
	for i, b := range f.Bursts {
		at := m.clock.at(b.Start)
		if i > 0 && sameDay(b.Start.In(m.clock.loc), f.Bursts[i-1].Start.In(m.clock.loc)) {
			at = b.Start.In(m.clock.loc).Format("15:04:05")
		}
		if b.Sessions > 0 {
			at += " (" + num(b.Sessions) + ")"
		}
		out = append(out, at)
	}
	return m.Say("Bursts (sessions): %s.", m.items(out))
}
