package report

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"uncloak/detect"
)

// TableText writes the view for a terminal.
func TableText(w io.Writer, v *TableView, opt TextOptions) error {
	p := newPage(w, English, opt)
	m := Model{From: v.From, To: v.To, Zone: v.Zone, clock: v.clock}
	p.put("", "uncloak table · "+m.window(), 0)
	if v.Note != "" {
		p.put("", "("+Clean(v.Note)+")", 0)
	}
	if len(v.Routers) == 0 && v.WhatIf == nil {
		p.line("")
		p.put("", v.nothing(), 0)
	}
	if v.WhatIf != nil && !v.Aside { // the user asked for the replay
		p.whatIf(v)
		return p.out.Flush()
	}
	for i := range v.Routers {
		if v.At == nil || v.At.Router == v.Routers[i].Router {
			p.tableRouter(v, &m, &v.Routers[i])
		}
	}
	if v.WhatIf != nil {
		p.proposals(v.WhatIf)
		p.line("   how that was reckoned: uncloak table --what-if auto")
	} else if v.At == nil && overflows(v) > 0 {
		p.line("")
		p.line("What would have avoided that: uncloak table --what-if auto")
	}
	return p.out.Flush()
}

// nothing says why no table is shown.
func (v *TableView) nothing() string {
	if v.Empty == 0 {
		return "No session in this window is known from the log: let the router log new sessions, and import that log."
	}
	return count(English, v.Empty, "session is known", "sessions are known") + " from the log of this window, but no " +
		"entry that stays: a host that knocks at one door again and again is refused, and a router forgets at once " +
		"what a reset answers."
}

func overflows(v *TableView) (n int) {
	for _, r := range v.Routers {
		n += r.Spells
	}
	return n
}

func (p *page) tableRouter(v *TableView, m *Model, r *TableRouter) {
	p.listings(v, r)
	if !r.used() {
		return
	}
	p.line("")
	p.line(p.paint("SESSION TABLE", "bold") + "  as rebuilt from the log, 10 s slots")
	row := tableRow(m, r.Table)
	p.columns([][]string{append(English.tableHead(), "median"), append(row, num(r.Median))}, tableAlign+"r")
	if v.At != nil {
		p.moment(v.At)
		return
	}
	if r.Limited != nil {
		p.line("")
		p.put(p.paint("LIMITED", "bold")+"  ", r.Limited.text(English, r.Router), 9)
	}
	p.settings(v, r)
	if len(r.States) > 0 {
		p.line("")
		p.put(p.paint("STATES", "bold")+"  ", "at the end of the fullest 10 s: "+states(r.States), 8)
	}
	p.line("")
	p.timeChart(v, r)
	p.line("")
	p.line(p.paint("HOSTS", "bold") + "  by most entries held")
	rows := [][]string{{"host", "name", "most entries", "at", "median", "of full table"}}
	for _, h := range r.Hosts[:min(maxRows, len(r.Hosts))] {
		share := ""
		if h.FullShare > 0 {
			share = percent(h.FullShare)
		}
		rows = append(rows, []string{label(h.Host), clip(label(h.Name), 20), num(h.Peak), v.clock.at(h.PeakAt),
			num(h.Median), share})
	}
	p.columns(rows, "llrrrr")
	if n := len(r.Hosts) - maxRows; n > 0 {
		p.line("   … and " + count(English, n, "more host", "more hosts") + " (--format json)")
	}
	p.spells(v, r)
}

// settings writes what the router said of its table.
func (p *page) settings(v *TableView, r *TableRouter) {
	if len(r.Settings) == 0 {
		return
	}
	var out []string
	last := r.Settings[0].Time
	for _, x := range r.Settings {
		switch x.Key {
		case "table", "entries":
			out = append(out, x.Key+" "+num(x.Value))
		case "collector":
			out = append(out, [...]string{"no collector", "Linux's collector"}[min(x.Value, 1)])
		default:
			out = append(out, x.Key+" "+English.seconds(float64(x.Value)))
		}
		if x.Time.After(last) {
			last = x.Time
		}
	}
	p.line("")
	p.put(p.paint("SETTINGS", "bold")+"  ", "as the router told them, last at "+v.clock.with(last)+": "+
		strings.Join(out, ", "), 10)
}

func (p *page) spells(v *TableView, r *TableRouter) {
	if len(r.Overflows) == 0 {
		return
	}
	p.line("")
	p.line(p.paint("FULL", "bold") + "  " + English.times(len(r.Overflows)))
	rows := [][]string{{"from", "for", "packets refused", "entries", "held by", "of it"}}
	for _, o := range r.Overflows[:min(maxRows, len(r.Overflows))] {
		share := ""
		if o.Share > 0 {
			share = percent(o.Share)
		}
		rows = append(rows, []string{v.clock.at(o.Start), English.seconds(o.End.Sub(o.Start).Seconds()), num(o.Refused),
			num(o.Entries), English.short(o.Host, o.Name), share})
	}
	p.columns(rows, "lrrrlr")
	if n := len(r.Overflows) - maxRows; n > 0 {
		p.line("   … and " + num(n) + " more (--format json)")
	}
}

// timeChart draws the occupancy: a bar for the fullest second of each step, the darker part of it held by one host.
func (p *page) timeChart(v *TableView, r *TableRouter) {
	top := max(r.Peak, r.Capacity, 1)
	scale := "of its " + count(English, r.Capacity, "entry", "entries")
	if r.Capacity == 0 {
		scale = "its size is not known; the longest bar is the peak"
	}
	each := "fullest second of each " + English.seconds(v.StepS)
	if v.step < detect.SlotLen {
		each = "every " + v.step.String()
	}
	p.put(p.paint("OVER TIME", "bold")+"  ", each+", "+scale+" · █ largest host ▒ others · ! full", 11)
	room := p.width - 58 // for the bars
	bounded := slices.ContainsFunc(r.Rows, func(x TableRow) bool { return x.High > 0 })
	if bounded {
		room -= 16
	}
	for _, x := range r.Rows {
		at := x.Start.Format("Mon 02 15:04")
		switch {
		case v.step >= 24*time.Hour:
			at = x.Start.Format("Mon 01-02")
		case v.step < time.Minute:
			at = x.Start.Format("15:04:05")
		}
		all, one := bar(x.Peak, top, room), bar(x.Held, top, room)
		one = min(one, all)
		who, full := "", ""
		if x.Host != "" {
			who = clip(English.short(x.Host, x.Name), 20)
		}
		if x.Refused > 0 || x.Spells > 0 {
			full = fmt.Sprintf("! %d×", x.Spells)
		}
		if x.High > 0 {
			full = strings.TrimSpace(full + " " + num(x.Low) + " to " + num(x.High))
		}
		bars := pad(strings.Repeat("█", one)+strings.Repeat("▒", all-one), room)
		p.line(clip("   "+pad(at, 12)+" "+bars+" "+padLeft(num(x.Peak), 7)+"  "+pad(who, 20)+" "+full, p.width))
	}
	if bounded {
		p.put("   ", "a to b: the ends of sessions are not in the log. For how long an entry stays, whether it was "+
			"refused, and when the router clears away what is over are guesses; the truth lies between a and b.", 3)
	}
}

// bar returns the length of a bar in columns; a bar for more than 0 has at least one.
func bar(n, of, columns int) int {
	if n <= 0 {
		return 0
	}
	return min(max(n*columns/of, 1), columns)
}

func (p *page) moment(m *TableAt) {
	p.line("")
	p.put(p.paint("AT", "bold")+"  ", fmt.Sprintf("%s: %s (%s)", m.Time.Format("Mon 2006-01-02 15:04:05 -07:00"),
		count(English, m.Entries, "entry", "entries"), states(m.States)), 4)
	rows := [][]string{{"host", "name", "entries", "share", "states"}}
	for _, h := range m.Hosts[:min(maxHosts, len(m.Hosts))] {
		rows = append(rows, []string{label(h.Host), clip(label(h.Name), 20), num(h.Entries), percent(h.Share),
			states(h.States)})
	}
	p.columns(rows, "llrrl")
	if n := len(m.Hosts) - maxHosts; n > 0 {
		p.line("   … and " + count(English, n, "more host", "more hosts") + " (--format json)")
	}
}

// maxHosts bounds the hosts of one moment in text.
const maxHosts = 40

// states writes the entries by state, the most frequent state first.
func states(n map[string]int) string {
	keys := slices.SortedFunc(maps.Keys(n), func(a, b string) int {
		return cmp.Or(
			cmp.Compare(n[b], n[a]),
			cmp.Compare(a, b),
		)
	})
	var out []string
	for _, k := range keys {
		out = append(out, k+" "+num(n[k]))
	}
	if len(out) == 0 {
		return "none"
	}
	return strings.Join(out, ", ")
}
