package top

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"uncloak/report"
	"uncloak/report/api"
)

// style holds the look of a whole line: parameters of SGR (ECMA-48, section 8.3.117).
type style struct{ plain, color string } // without colours, and with them

var (
	normal   = style{}
	bold     = style{"1", "1"}
	faint    = style{"", "2"}
	marked   = style{"7", "7"}
	critical = style{"1", "1;31"}
	warning  = style{"", "33"}
	good     = style{"", "32"}
)

// line is one line of the screen.
type line struct {
	text string
	style
}

// levels are the styles of severities and of gauges.
var levels = map[string]style{"critical": critical, "warning": warning, "quiet": good}

// View draws the screen.
func (m model) View() tea.View {
	v := tea.NewView(m.content())
	v.AltScreen, v.MouseMode, v.WindowTitle = true, tea.MouseModeCellMotion, "uncloak top"
	return v
}

// content returns the screen as text: as many lines as it is high, none wider than it.
func (m model) content() string {
	var all []line
	if m.screen == hosts {
		all = append(m.head(), m.list()...)
	} else {
		text := m.text()
		all = append([]line{m.title()}, text[min(m.first, len(text)):min(m.first+m.page(), len(text))]...)
	}
	all = all[:min(len(all), max(m.height-1, 0))]
	for len(all) < m.height-1 {
		all = append(all, line{})
	}
	if m.height > 0 {
		all = append(all, m.foot())
	}
	var b strings.Builder
	for i, l := range all {
		if i > 0 {
			b.WriteByte('\n')
		}
		code := l.plain
		if m.Color {
			code = l.color
		}
		text := report.Fit(report.Clean(l.text), m.width)
		if code != "" {
			text = "\x1b[" + code + "m" + text + "\x1b[m"
		}
		b.WriteString(text)
	}
	return b.String()
}

// title says what is shown, and whether it is of now.
func (m model) title() line {
	if m.err != nil {
		return line{fmt.Sprintf("uncloak top: no answer for %v, trying again: %v",
			m.Now().Sub(m.lost).Truncate(time.Second), m.err), critical}
	}
	if m.live == nil {
		return line{"uncloak top: waiting for the first answer", bold}
	}
	words := []string{"uncloak top", m.live.At + " " + m.live.Zone, m.live.Rate + " sessions/s",
		m.live.Sessions + " today"}
	if m.live.Rate == "" {
		words = words[:2]
	}
	if m.live.Stale != "" {
		return line{strings.Join(slices.Insert(words, 1, m.live.Stale), "  "), warning}
	}
	return line{strings.Join(words, "  "), bold}
}

// labels is the width of what stands in front of the lines of the head.
const labels = 11

// Least heights at which parts of the head are shown.
const (
	roomForGauges   = 8
	roomForHour     = 11
	roomForFindings = 14
)

// head returns the lines above the rows of hosts; the last one names their columns.
func (m model) head() []line {
	out := []line{m.title()}
	if m.live != nil {
		if m.height >= roomForGauges {
			out = append(out, m.gauges()...)
		}
		if m.height >= roomForHour {
			out = append(out, m.hour(m.live.Hour))
		}
		if m.height >= roomForFindings {
			out = append(out, m.found(max(m.height/8, 2))...)
		}
	}
	names := m.cells(report.LiveHost{Host: "host", Name: "name"})
	for i, c := range m.columns() {
		name := []string{"entries", "sessions/s", "today", "name", "host"}[c.key]
		if c.key == byEntries && m.live != nil && m.live.Entries > 0 {
			name = "entries   %"
		}
		if arrow := map[bool]string{false: "↓", true: "↑"}[m.turned]; c.key == m.sort && c.right {
			name = arrow + name
		} else if c.key == m.sort {
			name += arrow
		}
		names[i] = c.fit(name)
	}
	return append(out, line{" " + strings.Join(names, " "), bold})
}

// gauges shows how full the session tables are, the fullest first.
func (m model) gauges() (out []line) {
	tables := slices.SortedStableFunc(slices.Values(m.live.Tables), func(a, b report.Gauge) int {
		return cmp.Compare(b.Percent, a.Percent)
	})
	most := max(m.height/8, 1)
	for i, g := range tables {
		if i == most {
			break
		}
		text := fmt.Sprintf("%s entries; size not known, most today: %s", g.Entries, g.Peak)
		if g.Size != "" {
			text = fmt.Sprintf("%s of %s (%s), most today: %s", g.Entries, g.Size, g.Share, g.Peak)
			n := min(max(m.width-72, 10), 60)
			full := g.Percent * n / 100
			text = strings.Repeat("█", full) + strings.Repeat("░", n-full) + " " + text
		}
		out = append(out, line{report.Fit(g.Router, labels) + " " + text, levels[g.Level]})
	}
	return out
}

// hour draws sessions by minute.
func (m model) hour(minutes []uint64) line {
	steps := []rune(" ▁▂▃▄▅▆▇█")
	most := uint64(0)
	for _, n := range minutes {
		most = max(most, n)
	}
	var b strings.Builder
	for _, n := range minutes[max(len(minutes)-max(m.width-labels-9, 1), 0):] {
		i := 0
		if n > 0 {
			i = int(1 + (n-1)*uint64(len(steps)-1)/most)
		}
		b.WriteRune(steps[min(i, len(steps)-1)])
	}
	return line{report.Fit("last hour", labels) + " " + b.String() + " " + report.PerSecond(most) + "/s", normal}
}

// found lists what is found today, at most n lines: what goes on first.
func (m model) found(n int) (out []line) {
	if len(m.live.Findings) == 0 {
		return []line{{report.Fit("found today", labels) + " nothing", good}}
	}
	all := m.headlines()
	for i, h := range all {
		what := ""
		if i == 0 {
			what = "found today"
		}
		if i == n-1 && len(all) > n {
			return append(out, line{report.Fit(what, labels) + fmt.Sprintf(" … and %d more: f", len(all)-i), faint})
		}
		out = append(out, line{report.Fit(what, labels) + " " + headline(h) + "  " + h.When,
			levels[h.Severity]})
	}
	return out
}

// headlines returns the findings of today, those that go on first.
func (m model) headlines() []report.Headline {
	return slices.SortedStableFunc(slices.Values(m.live.Findings), func(a, b report.Headline) int {
		return cmp.Compare(later(a.Now), later(b.Now))
	})
}

// later orders what is not true behind what is.
func later(first bool) int {
	if first {
		return 0
	}
	return 1
}

// headline writes a finding as one line.
func headline(h report.Headline) string {
	s := report.Fit(h.Severity, 8) + " "
	if h.Now {
		s += "now: "
	}
	return s + h.Title
}

// column is a column of the list of hosts.
type column struct {
	key
	width int
	right bool
}

func (c column) fit(s string) string {
	if c.right {
		return report.FitRight(s, c.width)
	}
	return report.Fit(s, c.width)
}

// columns returns those that the screen has room for. Names take what is left.
func (m model) columns() []column {
	addresses := 15
	if m.width >= 110 {
		addresses = 39 // of IPv6
	}
	all := []column{{byHost, addresses, false}, {byName, 16, false}, {byEntries, 14, true}, {byRate, 11, true},
		{byToday, 11, true}}
	total := func() (n int) {
		for _, c := range all {
			n += c.width + 1
		}
		return n
	}
	for _, k := range []key{byToday, byName, byRate, byEntries} {
		if total() > m.width {
			all = slices.DeleteFunc(all, func(c column) bool { return c.key == k })
		}
	}
	for i := range all {
		if left := m.width - total() - 1; left > 0 && (all[i].key == byName || len(all) == 1) {
			all[i].width += min(left, 40)
		}
	}
	return all
}

// columnAt returns the column that has that position on the screen.
func (m model) columnAt(x int) (key, bool) {
	from := 1
	for _, c := range m.columns() {
		if x >= from && x < from+c.width {
			return c.key, true
		}
		from += c.width + 1
	}
	return 0, false
}

// cells writes a row of the list of hosts.
func (m model) cells(r report.LiveHost) (out []string) {
	for _, c := range m.columns() {
		s := ""
		switch c.key {
		case byHost:
			s = r.Host
		case byName:
			s = r.Name
		case byEntries:
			if r.Entries == 0 {
				break // the tables are known by their largest holders
			}
			s = report.Number(r.Entries)
			if m.live != nil && m.live.Entries > 0 {
				s += fmt.Sprintf(" %3.0f%%", 100*float64(r.Entries)/float64(m.live.Entries))
			}
		case byRate:
			s = report.PerSecond(r.Minute)
		case byToday:
			s = report.Number(r.Today)
		}
		out = append(out, c.fit(s))
	}
	return out
}

// list returns the rows of hosts that are on the screen.
func (m model) list() (out []line) {
	rows := m.rows()
	at := m.index(rows)
	for i := m.first; i < len(rows) && len(out) < m.page(); i++ {
		l := line{" " + strings.Join(m.cells(rows[i]), " "), normal}
		if i == at {
			l = line{"›" + l.text[1:], marked}
		}
		out = append(out, l)
	}
	if len(rows) == 0 && m.live != nil {
		out = append(out, line{" No host: " + map[bool]string{true: "nothing was opened today.",
			false: "none is like the filter."}[m.filter == ""], faint})
	}
	return out
}

// foot says which keys do what.
func (m model) foot() line {
	if m.typing {
		return line{"filter: " + m.filter + "▏  enter keeps it, esc drops it", bold}
	}
	words := "↑↓ move  enter open  s sort  / filter  f findings  ? help  q quit"
	switch {
	case m.screen != hosts:
		words = "↑↓ scroll  esc back  ? help  q quit"
	case m.filter != "":
		words = "filter: " + m.filter + " (esc drops it)  " + words
	case m.live != nil && m.live.More > 0:
		words += fmt.Sprintf("  (%d quieter hosts are not listed)", m.live.More)
	}
	return line{words, faint}
}

// text returns all lines of a screen that is read, not chosen from.
func (m model) text() []line {
	switch m.screen {
	case machine:
		return m.about()
	case findings:
		if m.live == nil {
			return nil
		}
		out := []line{{"Found today (judged at " + m.live.Judged.Format("15:04:05") + ")", bold}}
		for _, h := range m.headlines() {
			out = append(out, line{headline(h), levels[h.Severity]},
				line{strings.Repeat(" ", 9) + h.When + "; to silence it: uncloak ack " + h.ID, faint})
		}
		if len(out) == 1 {
			out = append(out, line{"nothing", good})
		}
		return out
	case help:
		return manual
	}
	return nil
}

// manual is the text of the help.
var manual = []line{
	{"What is shown", bold},
	{"The first lines: up to when the log has come, sessions opened a second in its", normal},
	{"last minute, how full each router's session table is, the last hour by minutes,", normal},
	{"and what is found today. Findings are made anew each minute.", normal},
	{"entries     what the host holds of the session tables, and its share of them;", normal},
	{"            nothing where it is none of the largest holders", normal},
	{"sessions/s  sessions that it opened in the last minute of the log", normal},
	{"today       sessions that it opened since midnight", normal},
	{"", normal},
	{"Keys", bold},
	{"↑ ↓ k j  PgUp PgDn  Home End   move; so does the wheel of the mouse", normal},
	{"Enter →      look at the host, as does a second click", normal},
	{"Esc ← ⌫      go back; drop the filter", normal},
	{"s  S         sort by the next column; turn the order (or click at the head)", normal},
	{"e r t n a    sort by entries, rate, today, name, address", normal},
	{"/            show the hosts with a text in name or address", normal},
	{"f            all findings of today", normal},
	{"?            this help", normal},
	{"q  Ctrl-C    leave", normal},
}

// about tells of the host that is looked at.
func (m model) about() []line {
	if m.live == nil || m.live.Machine == nil {
		return []line{{"Asking about " + m.host + " …", faint}}
	}
	x := m.live.Machine
	out := []line{{x.Title, bold}}
	if !x.Known {
		return append(out, line{"Nothing is known of it today.", faint})
	}
	out = append(out, m.hour(x.Hour))
	for _, h := range x.Incidents {
		out = append(out, line{headline(h) + "  " + h.When, levels[h.Severity]})
	}
	for _, f := range x.Facts {
		out = append(out, line{report.Fit(f[0], 22) + " " + f[1], normal})
	}
	out = append(out, line{}, line{"Sessions, the newest first", bold})
	most := max(m.height/3, 4)
	for i, e := range slices.Backward(m.live.Recent) {
		if len(m.live.Recent)-i > most {
			break
		}
		what := map[bool]string{true: "end", false: "new"}[e.Kind == "session-end"]
		out = append(out, line{fmt.Sprintf("%s %s %-6s %s > %s %s", e.Time.Format("15:04:05"), what, e.Proto,
			api.End(e.Src, e.SPort), api.End(e.Dst, e.DPort), e.State), normal})
	}
	if len(m.live.Recent) == 0 {
		out = append(out, line{"none in the last hour", faint})
	}
	for _, g := range x.Grids {
		out = append(out, line{}, line{g.Title, bold})
		for _, r := range g.Rows {
			if len(r) == 2 {
				out = append(out, line{report.FitRight(r[1], 10) + "  " + r[0], normal})
			}
		}
	}
	return out
}

// compareHosts orders addresses by number, and what is none behind them.
func compareHosts(a, b string) int {
	x, errA := netip.ParseAddr(a)
	y, errB := netip.ParseAddr(b)
	return cmp.Or(cmp.Compare(later(errA == nil), later(errB == nil)), x.Compare(y), cmp.Compare(a, b))
}
