package report

import (
	"slices"
	"strings"
	"time"
)

// Grids has the view as tables for a page: who holds most, how full it was over time, and the requested moment.
func (v *TableView) Grids() (out []Grid) {
	if v.At != nil {
		g := Grid{Title: v.Say(
			"At %s: %s", v.clock.with(v.At.Time), count(v.Language, v.At.Entries, "entry", "entries")),
			Head: v.heads("host", "entries", "share", "states"), align: "lrrl"}
		for _, h := range v.At.Hosts[:min(maxTableHosts, len(v.At.Hosts))] {
			g.add(h.Host, v.who(h.Host, h.Name), num(h.Entries), percent(h.Share), Clean(states(h.States)))
		}
		return append(out, g)
	}
	if v.WhatIf != nil && !v.Aside {
		return nil
	}
	for i := range v.Routers {
		r := &v.Routers[i]
		size := v.Say("of unknown size")
		if r.Capacity > 0 {
			size = v.Say("of %s entries", num(r.Capacity))
		}
		g := Grid{Title: v.Say("Who holds the table of %s, %s", label(r.Router), size),
			Head: v.heads("host", "most entries", "at", "median", "of the full table"), align: "lrlrr"}
		for _, h := range r.Hosts {
			share := ""
			if h.FullShare > 0 {
				share = percent(h.FullShare)
			}
			g.add(h.Host, v.who(h.Host, h.Name), num(h.Peak), v.clock.at(h.PeakAt), num(h.Median), share)
		}
		over := Grid{Title: v.Say("The table of %s over time", label(r.Router)), Head: v.heads("from", "most entries",
			"median", "by whom most", "times full", "refused"), align: "lrrlrr"}
		for _, x := range r.Rows {
			held := ""
			if x.Held > 0 {
				held = v.who(x.Host, x.Name) + " " + num(x.Held)
			}
			over.Rows = append(over.Rows, []string{v.clock.at(x.Start), num(x.Peak), num(x.Median), held,
				num(x.Spells), num(x.Refused)})
		}
		out = append(out, g, over)
	}
	return slices.DeleteFunc(out, func(g Grid) bool { return len(g.Rows) == 0 })
}

// Grid has the shapes as a table for a page.
func (u *Unparsed) Grid(l Language) Grid {
	g := Grid{Intro: l.Say("%s.", l.capital(u.head(l))), Head: l.heads("lines", "router", "program", "shape",
		"example"),
		align: "rllll"}
	for i := range u.Shapes {
		s := &u.Shapes[i]
		g.Rows = append(g.Rows, []string{num(s.Lines), label(s.Router), label(s.Program), Clean(s.Template),
			Clean(s.Example)})
	}
	if rest := u.rest(l, len(u.Shapes)); rest != "" {
		g.More = l.Say("… and %s.", rest)
	}
	if u.Lines == 0 {
		g.Intro = l.Say("All lines were understood.")
	}
	return g
}

// HealthPage holds what serve received in the last 24 hours, and what is wrong with it. Its text is clean.
type HealthPage struct {
	Facts             [][2]string
	Senders, NotTaken Grid
	Problems, Notes   []string
}

// NewHealthPage judges the accounts as uncloak check does.
func NewHealthPage(l Language, r *Received, now time.Time) HealthPage {
	c := Check{Now: now, Received: r, Data: DataDir{Daemon: true}}
	c.Judge()
	k := clock{Language: l, loc: now.Location()}
	v := HealthPage{Problems: cleaned(c.Problems), Notes: cleaned(c.Notes)}
	add := func(what, text string) {
		if text != "" {
			v.Facts = append(v.Facts, [2]string{what, text})
		}
	}
	add(l.Say("receives at"), Clean(strings.Join(r.Listening, ", ")))
	add(l.Say("stored"), l.Say("%s events of %s, %s", num(r.Events), count(l, r.Days, "day", "days"),
		l.octets(uint64(max(r.Bytes, 0)))))
	if !r.Last.IsZero() {
		add(l.Say("first event"), k.with(r.First))
		add(l.Say("last event"), k.with(r.Last))
	}
	if !r.From.IsZero() {
		add(l.Say("counted here"), l.Say("the UTC days from %s to %s", k.with(r.From), k.with(r.To)))
	}
	v.Senders = Grid{Head: l.heads("sender", "router", "received", "understood", "not understood", "lost here",
		"lost on the way", "left out by itself", "cut", "broken", "clock"), align: "llrrrrrrrrr"}
	for i := range r.Senders[:min(maxHTMLHosts, len(r.Senders))] {
		s := &r.Senders[i]
		skewed := ""
		if s.SkewS != 0 {
			skewed = l.skew(s.SkewS)
		}
		v.Senders.Rows = append(v.Senders.Rows, []string{clipFront(Clean(s.Sender), 40), label(s.Router),
			num(s.Received), num(s.Parsed), num(s.Unparsed), num(s.Dropped + s.Kernel + s.Limited), num(s.Missing),
			num(s.Suppressed + s.Repeated), num(s.Oversize), num(s.Malformed), skewed})
	}
	if n := len(r.Senders) - maxHTMLHosts; n > 0 {
		v.Senders.More = l.Say("… and %s.", count(l, n, "more sender", "more senders"))
	}
	v.NotTaken = Grid{Head: l.heads("sender", "lines or connections"), align: "lr"}
	for i := range r.NotTaken[:min(maxHTMLHosts, len(r.NotTaken))] {
		s := &r.NotTaken[i]
		v.NotTaken.Rows = append(v.NotTaken.Rows, []string{clipFront(Clean(s.Sender), 40), num(s.NotAllowed)})
	}
	return v
}

func cleaned(in []string) (out []string) {
	for _, s := range in {
		out = append(out, English.capital(Clean(s))+".")
	}
	return out
}
