package report

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"time"

	"uncloak/detect"
)

// WhatIfView holds the result of a replay of the session table with a change. Its JSON names are a contract: added to,
// never renamed.
type WhatIfView struct {
	Router    string `json:"router"`
	Change    string `json:"change,omitempty"` // the changes that were asked for, in a fixed order
	Table     int    `json:"table,omitempty"`  // entries; 0: not known
	Estimated bool   `json:"table_estimated"`  // the size was estimated from the table-full lines
	// entries as rebuilt for each of the table, at the recorded overflows
	Factor     float64        `json:"factor"`
	Recorded   WhatIfOverflow `json:"recorded"`        // what the router said
	Reproduced int            `json:"reproduced"`      // recorded overflows that the replay without a change has, too
	Bare       int            `json:"reproduced_bare"` // the same, of a replay that plays only the sessions in the log
	Before     WhatIfOutcome  `json:"before"`
	After      *WhatIfOutcome `json:"after,omitempty"`
	Refused    []WhatIfHost   `json:"refused"` // sessions by host
	// single changes that would have avoided every overflow, the smallest first
	Proposals []Proposal   `json:"proposals,omitempty"`
	Searched  bool         `json:"searched"`
	Echoes    []string     `json:"echoes,omitempty"` // hosts whose lookups go with a host that is taken away
	Counts    WhatIfCounts `json:"counts"`

	names func(netip.Addr) string
}

// WhatIfOverflow counts spells in which sessions were refused.
type WhatIfOverflow struct {
	Overflows int     `json:"overflows"`
	FullS     float64 `json:"full_s"` // from the first to the last refusal of each, summed
	Refused   uint64  `json:"refused"`
}

// WhatIfOutcome holds the figures of a replay. Peak, Overflows and so on are the likely ones; the low ones play the
// sessions of the log alone, the high ones take each refused packet for a session of its own.
type WhatIfOutcome struct {
	Peak     int        `json:"peak"`
	PeakLow  int        `json:"peak_low"`
	PeakHigh int        `json:"peak_high"`
	PeakAt   *time.Time `json:"peak_at,omitempty"`
	WhatIfOverflow
	OverflowsLow  int    `json:"overflows_low"`
	OverflowsHigh int    `json:"overflows_high"`
	Limited       uint64 `json:"limited,omitempty"` // sessions refused by a limit per host
	Removed       uint64 `json:"removed,omitempty"` // sessions of hosts that were taken away
	Reused        uint64 `json:"reused,omitempty"`  // sessions that were served on one that was kept open
}

// WhatIfHost counts the refused sessions of one host.
type WhatIfHost struct {
	Host    string `json:"host"`
	Name    string `json:"name,omitempty"`
	Before  uint64 `json:"before"`  // by the full table, in the replay without a change
	After   uint64 `json:"after"`   // by the full table, in the replay with the change
	Limited uint64 `json:"limited"` // refused by the limit per host
}

// Proposal describes one change that would have been enough.
type Proposal struct {
	Change  string  `json:"change"`
	Was     float64 `json:"was,omitempty"` // entries, sessions of the largest holder, or seconds
	Is      float64 `json:"is,omitempty"`
	Factor  float64 `json:"factor,omitempty"` // by how many times something becomes larger or smaller
	Peak    int     `json:"peak"`             // entries with the change, at most
	Limited uint64  `json:"limited,omitempty"`
	Removed uint64  `json:"removed,omitempty"`
	Host    string  `json:"host,omitempty"`
	Name    string  `json:"name,omitempty"`
	// enough even if each refused packet was a session of its own; else with the likely number
	Sure bool `json:"sure"`
}

// WhatIfCounts counts the sessions that the replay rests on.
type WhatIfCounts struct {
	Sessions uint64 `json:"sessions"`
	Refused  uint64 `json:"refused_played"`
	Cut      uint64 `json:"refused_not_played,omitempty"`
	Dropped  uint64 `json:"sessions_beyond_bound,omitempty"`
	Early    uint64 `json:"sessions_without_look_back,omitempty"`
}

// AddWhatIf puts a replay into the view.
func (v *TableView) AddWhatIf(w *detect.WhatIf, names func(netip.Addr) string) {
	x := &WhatIfView{Router: w.Router, Change: w.Change, Table: w.Table, Estimated: w.Estimated, Factor: w.Factor,
		Reproduced: w.Reproduced, Bare: w.Bare, Searched: w.Searched,
		Recorded: WhatIfOverflow{w.Recorded.Overflows, w.Recorded.Full.Seconds(), w.Recorded.Refused},
		Before:   v.outcome(&w.Before), Refused: []WhatIfHost{}, names: names,
		Counts: WhatIfCounts{w.Accounting.Sessions, w.Accounting.Ghosts, w.Accounting.Cut, w.Accounting.Dropped,
			w.Accounting.Early}}
	hosts := map[netip.Addr]*WhatIfHost{}
	at := func(a netip.Addr) *WhatIfHost {
		if hosts[a] == nil {
			h := &WhatIfHost{}
			h.Host, h.Name, _ = holder(a, names, 0)
			hosts[a] = h
		}
		return hosts[a]
	}
	for a, n := range w.Before.Likely.Refused {
		at(a).Before = n
	}
	if w.After != nil {
		o := v.outcome(w.After)
		x.After = &o
		for a, n := range w.After.Likely.Refused {
			at(a).After = n
		}
		for a, n := range w.After.Likely.Limited {
			at(a).Limited = n
		}
	}
	for _, h := range hosts {
		x.Refused = append(x.Refused, *h)
	}
	slices.SortFunc(x.Refused, func(a, b WhatIfHost) int {
		return cmp.Or(
			cmp.Compare(b.Before, a.Before),
			cmp.Compare(b.After+b.Limited, a.After+a.Limited),
			cmp.Compare(a.Host, b.Host),
		)
	})
	x.Refused = x.Refused[:min(len(x.Refused), maxTableHosts)]
	for _, p := range w.Best {
		y := Proposal{Change: p.Change, Was: p.Was, Is: p.Is, Factor: p.Factor, Peak: p.Peak, Limited: p.Limited,
			Removed: p.Removed, Sure: p.Sure}
		if p.Host.IsValid() {
			y.Host, y.Name, _ = holder(p.Host, names, 0)
		}
		x.Proposals = append(x.Proposals, y)
	}
	for _, e := range w.Echoes {
		x.Echoes = append(x.Echoes, fmt.Sprintf("%v: lookups that %v sets off", e.Effect, e.Cause))
	}
	v.WhatIf = x
}

func (v *TableView) outcome(e *detect.Estimate) WhatIfOutcome {
	o := WhatIfOutcome{Peak: e.Likely.Peak, PeakLow: e.Low.Peak, PeakHigh: e.High.Peak, OverflowsLow: e.Low.Overflows,
		OverflowsHigh: e.High.Overflows,
		Limited:       sum(e.Likely.Limited), Removed: e.Likely.Removed, Reused: e.Likely.Reused,
		WhatIfOverflow: WhatIfOverflow{e.Likely.Overflows, e.Likely.Full.Seconds(), sum(e.Likely.Refused)}}
	if !e.Likely.PeakAt.IsZero() {
		at := e.Likely.PeakAt.In(v.clock.loc)
		o.PeakAt = &at
	}
	return o
}

func sum(n map[netip.Addr]uint64) (all uint64) {
	for v := range maps.Values(n) {
		all += v
	}
	return all
}

func (p *page) whatIf(v *TableView) {
	w := v.WhatIf
	p.line("")
	head := "as it was"
	if w.Change != "" {
		head = Clean(w.Change)
	}
	p.put(p.paint("WHAT IF", "bold")+"  ", head+English.on(w.Router), 9)
	p.put("         ", w.verdict(), 9)
	p.line("")
	rows := [][]string{{"", "recorded", "replayed"}}
	cell := func(o *WhatIfOutcome) []string {
		return []string{between(o.Peak, o.PeakLow, o.PeakHigh), between(o.Overflows, o.OverflowsLow, o.OverflowsHigh),
			English.seconds(o.FullS), num(o.Refused), num(o.Limited), num(o.Removed), num(o.Reused)}
	}
	before := cell(&w.Before)
	after := make([]string, len(before))
	if w.After != nil {
		rows[0] = append(rows[0], "with the change")
		after = cell(w.After)
	}
	for i, name := range []string{"most entries", "overflows", "full for", "refused by the table", "refused by a limit",
		"taken away", "served on an open one"} {
		if i > 3 && after[i] == "0" || i > 3 && w.After == nil {
			continue
		}
		row := []string{name, [...]string{"", num(w.Recorded.Overflows), English.seconds(w.Recorded.FullS),
			num(w.Recorded.Refused) + " packets", "", "", ""}[i], before[i]}
		if i > 3 {
			row[2] = ""
		}
		if w.After != nil {
			row = append(row, after[i])
		}
		rows = append(rows, row)
	}
	p.columns(rows, "lrrr"[:len(rows[0])])
	p.refusedHosts(w)
	p.proposals(w)
	p.line("")
	for _, s := range w.doubts() {
		p.put("   ", s, 3)
	}
}

// between writes a figure with its bounds: "812 (604 to 1,024)".
func between(likely, low, high int) string {
	low, high = min(low, likely), max(high, likely)
	if low == high {
		return num(likely)
	}
	return fmt.Sprintf("%s (%s to %s)", num(likely), num(low), num(high))
}

func (w *WhatIfView) verdict() string {
	o, with := &w.Before, "Replayed as it was"
	if w.After != nil {
		o, with = w.After, "With this change"
	}
	switch {
	case w.Table == 0 && w.After == nil:
		return fmt.Sprintf("%s, the table has at most %s. Its size is not known and it was never full: nothing can "+
			"overflow.", with, count(English, o.Peak, "entry", "entries"))
	case o.OverflowsHigh == 0 && o.Overflows == 0:
		s := fmt.Sprintf("%s nothing overflows", with)
		if w.Before.Overflows > 0 && w.After != nil {
			s += " any more, even if each refused packet was a session of its own"
		}
		if w.blind() {
			s += fmt.Sprintf(", but the router's table was full %s, which the replay does not show: it proves nothing",
				English.times(w.Recorded.Overflows))
		}
		return s + "."
	case o.Overflows == 0:
		return fmt.Sprintf("%s probably nothing overflows; if each refused packet was a session of its own, it still "+
			"does %s.", with, English.times(o.OverflowsHigh))
	}
	s := fmt.Sprintf("%s the table overflows %s", with, English.times(o.Overflows))
	if w.After != nil {
		s += fmt.Sprintf(" instead of %s", English.times(w.Before.Overflows))
	}
	return s + "."
}

// blind says that the replay of the recorded sessions shows none of the router's overflows.
func (w *WhatIfView) blind() bool { return w.Recorded.Overflows > 0 && w.Before.OverflowsHigh == 0 }

func (p *page) refusedHosts(w *WhatIfView) {
	if len(w.Refused) == 0 {
		return
	}
	p.line("")
	p.line(p.paint("REFUSED", "bold") + "  sessions by host, as replayed")
	rows := [][]string{{"host", "name", "before"}}
	if w.After != nil {
		rows[0] = append(rows[0], "with the change", "by the limit")
	}
	for _, h := range w.Refused[:min(maxRows, len(w.Refused))] {
		row := []string{label(h.Host), clip(label(h.Name), 20), num(h.Before)}
		if w.After != nil {
			row = append(row, num(h.After), num(h.Limited))
		}
		rows = append(rows, row)
	}
	p.columns(rows, "llrrr"[:len(rows[0])])
	if n := len(w.Refused) - maxRows; n > 0 {
		p.line("   … and " + count(English, n, "more host", "more hosts") + " (--format json)")
	}
}

func (p *page) proposals(w *WhatIfView) {
	if !w.Searched {
		return
	}
	p.line("")
	p.line(p.paint("ENOUGH", "bold") + "  single changes that would have avoided every overflow, the smallest first")
	if len(w.Proposals) == 0 {
		why := "none is needed: nothing overflows"
		switch {
		case w.Before.OverflowsHigh > 0:
			why = "none was found"
		case w.blind():
			why = "cannot be told: the router's table was full, but what was recorded does not fill it"
		}
		p.line("   " + why)
		return
	}
	rows := [][]string{{"change", "instead of", "by", "most entries", "enough", "cost"}}
	for _, x := range w.Proposals {
		was, by, cost := "", "", ""
		if x.Factor > 0 {
			was, by = decimal(x.Was), fmt.Sprintf("%.3g×", x.Factor)
		}
		if x.Limited > 0 {
			cost = count(English, x.Limited, "session", "sessions") + " over the limit"
		}
		if x.Host != "" {
			cost = count(English, x.Removed, "session", "sessions") + " of " + cmp.Or(clip(label(x.Name), 20), "it")
		}
		sure := "probably"
		if x.Sure {
			sure = "surely"
		}
		rows = append(rows, []string{Clean(x.Change), was, by, num(x.Peak), sure, cost})
	}
	p.columns(rows, "lrrrll")
}

// doubts lists the limits of the replay in sentences.
func (w *WhatIfView) doubts() (out []string) {
	switch {
	case w.Table == 0:
		out = append(out,
			"The size of the table is not known (table: in the config) and the router never said that it was full.")
	case w.Estimated:
		out = append(out, fmt.Sprintf("The size of the table, %s, is an estimate: what was in it, as rebuilt, when "+
			"the router said that it was full. Give it with table: in the config.", num(w.Table)))
	default:
		s := fmt.Sprintf("The table takes %s.", count(English, w.Table, "entry", "entries"))
		if w.Recorded.Overflows > 0 {
			s += fmt.Sprintf(" When the router said that it was full, %s were rebuilt for each of them (1 would be "+
				"exact); the replay reckons with that.", fmt.Sprintf("%.2f", w.Factor))
		}
		out = append(out, s)
	}
	if w.Recorded.Overflows > 0 {
		out = append(out, fmt.Sprintf("%d of %s fall together with one of the replay (%d when only sessions in the "+
			"log are played). The %s that the router refused are not in the log: they are played as twins of "+
			"sessions that began at that time. "+
			"The bounds in brackets: none of them, and each refused packet a session of its own.", w.Reproduced,
			count(English, w.Recorded.Overflows, "recorded overflow", "recorded overflows"), w.Bare,
			count(English, w.Recorded.Refused, "packet", "packets")))
	}
	for _, e := range w.Echoes {
		out = append(out, "Goes with its cause: "+Clean(e)+".")
	}
	c := w.Counts
	for _, x := range []struct {
		n uint64
		s string
	}{{c.Cut, "refused packets were not played: too many in one spell"},
		{c.Dropped, "sessions were beyond the bound of the rebuilt table"},
		{c.Early, "sessions could not be looked back at: too many at once"}} {
		if x.n > 0 {
			out = append(out, num(x.n)+" "+x.s+".")
		}
	}
	return out
}
