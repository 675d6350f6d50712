package report

import (
	"strings"
)

func (p *page) tables(m *Model) {
	if len(m.Tables) == 0 {
		return
	}
	p.line("")
	p.line(p.paint(p.Say("SESSION TABLE"), "bold") + "  " + p.Say("as rebuilt from the log"))
	rows := [][]string{p.tableHead()}
	for _, t := range m.Tables {
		rows = append(rows, tableRow(m, t))
	}
	p.columns(rows, tableAlign)
	for _, t := range m.Tables {
		if t.Limited != nil {
			p.put("   ", t.Limited.text(m.Language, t.Router), 3)
		}
	}
}

const tableAlign = "lrrlrr"

func (l Language) tableHead() []string {
	return l.heads("router", "size", "most entries", "at", "full", "refused")
}

// heads writes the heads of a table's columns.
func (l Language) heads(names ...string) []string {
	out := make([]string, 0, len(names))
	for _, n := range names {
		out = append(out, l.Say(n))
	}
	return out
}

// tableRow makes the row of one router's table; a size of "?" is not known.
func tableRow(m *Model, t Table) []string {
	size, at, full := "?", "", m.Say("never")
	if t.Capacity > 0 {
		size = num(t.Capacity)
	}
	if t.PeakAt != nil {
		at = m.clock.at(*t.PeakAt)
	}
	if t.Spells > 0 {
		full = m.times(t.Spells)
		if t.FullS >= 1 {
			full = m.items([]string{full, m.seconds(t.FullS)})
		}
	}
	return []string{label(t.Router), size, num(t.Peak), at, full, num(t.Refused)}
}

func (p *page) hosts(m *Model) {
	if len(m.Hosts) == 0 {
		return
	}
	p.line("")
	p.line(p.paint(p.Say("HOSTS"), "bold") + "  " + p.Say("by sessions opened in this window"))
	rows := [][]string{p.hostHead()}
	for _, h := range m.Hosts[:min(maxRows, len(m.Hosts))] {
		rows = append(rows, hostRow(h))
	}
	p.columns(rows, hostAlign)
	if n := len(m.Hosts) - maxRows; n > 0 {
		p.line("   " + p.Say("… and %s (--format html or json)", count(p.Language, n, "more host", "more hosts")))
	}
}

const hostAlign = "llrrrrl"

func (l Language) hostHead() []string {
	return l.heads("host", "name", "sessions", "peers", "lookups", "of full table", "ports")
}

func hostRow(h Host) []string {
	share := ""
	if h.TableShare > 0 {
		share = percent(h.TableShare)
	}
	return []string{label(h.Host), clip(label(h.Name), 20), num(h.Sessions), num(h.Peers), num(h.Lookups), share,
		Clean(strings.Join(h.Ports, " "))}
}

func (p *page) health(m *Model) {
	p.line("")
	p.put(p.paint(pad(p.Say("HEALTH"), 6), "bold")+"  ", healthSummary(m), 8)
	if len(m.Health) > 0 {
		rows := [][]string{p.senderHead()}
		for _, s := range m.Health[:min(maxRows, len(m.Health))] {
			rows = append(rows, p.senderRow(s))
		}
		p.columns(withoutIdle(rows, senderAlign, 5))
		if n := len(m.Health) - maxRows; n > 0 {
			p.line("   " + p.Say("… and %s", count(p.Language, n, "more sender", "more senders")))
		}
		for _, s := range m.Health[:min(maxRows, len(m.Health))] {
			for _, r := range s.remarks(m.Language) {
				p.put("   ", Clean(m.Say("%s: %s", s.called(), r)), 3)
			}
		}
	}
	p.shapes(m.Unparsed, 5)
}

func healthSummary(m *Model) string {
	t := m.Totals
	left, gone := uint64(0), uint64(0)
	for i := range m.Health {
		left, gone = left+m.Health[i].Suppressed, gone+m.Health[i].Missing
	}
	by := ""
	if left > 0 {
		by = m.Say("; ") + count(m.Language, left, "line was left out by the senders themselves",
			"lines were left out by the senders themselves")
	}
	if gone > 0 {
		by += m.Say("; ") + count(m.Language, gone, "line was lost on the way", "lines were lost on the way")
	}
	if t.Torn > 0 {
		by += m.Say("; ") + count(m.Language, t.Torn, "piece of a torn line was not put together",
			"pieces of torn lines were not put together")
	}
	if t.Named > 0 {
		by += m.Say("; ") + count(m.Language, t.Named, "session has a name in place of an inside address",
			"sessions have names in place of an inside address")
	}
	if t.NamedPeers > 0 {
		by += m.Say("; ") + count(m.Language, t.NamedPeers, "session has a name in place of an outside address",
			"sessions have names in place of an outside address")
	}
	if t.Chatter > 0 {
		by += m.Say("; ") + count(m.Language, t.Chatter, "line is of the kernel and of no consequence",
			"lines are of the kernel and of no consequence")
	}
	by += m.leftOutWords(t.LeftOut)
	if m.empty && t.Lost == 0 {
		return m.Say("no line is of this window") + by
	}
	if t.Lost == 0 && t.Unparsed == 0 {
		return m.Say("all lines received were kept and understood") + by
	}
	s := m.Say("%s lost on our side, %s not understood", count(m.Language, t.Lost, "line", "lines"), num(t.Unparsed))
	if t.Lines > 0 {
		s += m.Say(" (%s)", percent(float64(t.Unparsed)/float64(t.Lines)))
	}
	return s + by
}

const senderAlign = "llrrrrrrrr"

func (l Language) senderHead() []string {
	return l.heads("sender", "router", "received", "lost", "unparsed", "cut", "broken", "repeats", "repaired", "clock")
}

func (l Language) senderRow(s Sender) []string {
	clock := ""
	if s.SkewS != 0 {
		clock = l.skew(s.SkewS)
	}
	return []string{clipFront(Clean(s.Sender), 28), clip(label(s.Router), 16), num(s.Received),
		num(s.Dropped + s.Kernel + s.Limited), num(s.Unparsed), num(s.Oversize), num(s.Malformed), num(s.Duplicates),
		num(s.Repaired), clock}
}

// withoutIdle leaves out the columns from the n-th on that are empty or 0 in every row.
func withoutIdle(rows [][]string, align string, n int) (kept [][]string, kinds string) {
	kept = make([][]string, len(rows))
	for i := range rows[0] {
		idle := i >= n
		for _, r := range rows[1:] {
			idle = idle && (r[i] == "" || r[i] == "0")
		}
		if idle {
			continue
		}
		kinds += align[i : i+1]
		for k, r := range rows {
			kept[k] = append(kept[k], r[i])
		}
	}
	return kept, kinds
}

// columns writes rows under their heads; align has l or r for each column. The last column is cut at the width.
func (p *page) columns(rows [][]string, align string) {
	widths := make([]int, len(align))
	for _, r := range rows {
		for i, c := range r {
			widths[i] = max(widths[i], width(c))
		}
	}
	for _, r := range rows {
		var b strings.Builder
		b.WriteString("   ")
		for i, c := range r {
			if align[i] == 'r' {
				c = padLeft(c, widths[i])
			} else {
				c = pad(c, widths[i])
			}
			b.WriteString(c + "  ")
		}
		p.line(clip(strings.TrimRight(b.String(), " "), p.width))
	}
}
