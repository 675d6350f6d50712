package report

import (
	"strings"
)

func (p *page) tables(m *Model) {
	if len(m.Tables) == 0 {
		return
	}
	p.line("")
	p.line(p.paint("SESSION TABLE", "bold") + "  as rebuilt from the log")
	rows := [][]string{tableHead()}
	for _, t := range m.Tables {
		rows = append(rows, tableRow(m, t))
	}
	p.columns(rows, tableAlign)
	for _, t := range m.Tables {
		if t.Limited != nil {
			p.put("   ", t.Limited.text(t.Router), 3)
		}
	}
}

const tableAlign = "lrrlrr"

func tableHead() []string { return []string{"router", "size", "most entries", "at", "full", "refused"} }

// tableRow makes the row of one router's table; a size of "?" is not known.
func tableRow(m *Model, t Table) []string {
	size, at, full := "?", "", "never"
	if t.Capacity > 0 {
		size = num(t.Capacity)
	}
	if t.PeakAt != nil {
		at = m.clock.at(*t.PeakAt)
	}
	if t.Spells > 0 {
		full = times(t.Spells)
		if t.FullS >= 1 {
			full += ", " + seconds(t.FullS)
		}
	}
	return []string{label(t.Router), size, num(t.Peak), at, full, num(t.Refused)}
}

func (p *page) hosts(m *Model) {
	if len(m.Hosts) == 0 {
		return
	}
	p.line("")
	p.line(p.paint("HOSTS", "bold") + "  by sessions opened in this window")
	rows := [][]string{hostHead()}
	for _, h := range m.Hosts[:min(maxRows, len(m.Hosts))] {
		rows = append(rows, hostRow(h))
	}
	p.columns(rows, hostAlign)
	if n := len(m.Hosts) - maxRows; n > 0 {
		p.line("   … and " + count(n, "more host", "more hosts") + " (--format html or json)")
	}
}

const hostAlign = "llrrrrl"

func hostHead() []string {
	return []string{"host", "name", "sessions", "peers", "lookups", "of full table", "ports"}
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
	p.put(p.paint("HEALTH", "bold")+"  ", healthSummary(m), 8)
	if len(m.Health) > 0 {
		rows := [][]string{senderHead()}
		for _, s := range m.Health[:min(maxRows, len(m.Health))] {
			rows = append(rows, senderRow(s))
		}
		p.columns(withoutIdle(rows, senderAlign, 5))
		if n := len(m.Health) - maxRows; n > 0 {
			p.line("   … and " + count(n, "more sender", "more senders"))
		}
		for _, s := range m.Health[:min(maxRows, len(m.Health))] {
			for _, r := range s.remarks() {
				p.put("   ", Clean(s.called()+": "+r), 3)
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
		by = "; " + count(left, "line was", "lines were") + " left out by the senders themselves"
	}
	if gone > 0 {
		by += "; " + count(gone, "line was", "lines were") + " lost on the way"
	}
	if t.Torn > 0 {
		by += "; " + count(t.Torn, "piece of a torn line was", "pieces of torn lines were") + " not put together"
	}
	if t.Named > 0 {
		by += "; " + count(t.Named, "session has a name", "sessions have names") + " in place of an inside address"
	}
	if t.NamedPeers > 0 {
		by += "; " + count(t.NamedPeers, "session has a name", "sessions have names") +
			" in place of an outside address"
	}
	if t.Chatter > 0 {
		by += "; " + count(t.Chatter, "line is", "lines are") + " of the kernel and of no consequence"
	}
	by += leftOutWords(t.LeftOut)
	if m.empty && t.Lost == 0 {
		return "no line is of this window" + by
	}
	if t.Lost == 0 && t.Unparsed == 0 {
		return "all lines received were kept and understood" + by
	}
	s := count(t.Lost, "line", "lines") + " lost on our side, " + num(t.Unparsed) + " not understood"
	if t.Lines > 0 {
		s += " (" + percent(float64(t.Unparsed)/float64(t.Lines)) + ")"
	}
	return s + by
}

const senderAlign = "llrrrrrrrr"

func senderHead() []string {
	return []string{"sender", "router", "received", "lost", "unparsed", "cut", "broken", "repeats", "repaired", "clock"}
}

func senderRow(s Sender) []string {
	clock := ""
	if s.SkewS != 0 {
		clock = skew(s.SkewS)
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
