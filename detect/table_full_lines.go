package detect

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"uncloak/parse"
)

// This file counts a router's lines about itself: full tables, suppressed lines, kills, shrunk windows.

// lookAfter is the time between a table-full line and the look at the rebuilt table. Most stamps have no fraction of a
// second: the lines of the sessions that filled the table may stand behind it, by another logger's clock or in another
// file.
const lookAfter = time.Second

// inStep is the part of the entries in the fullest look of a spell that another look needs to count: the table was full
// in both, so that a look with far fewer entries is out of step with the log.
const inStep = 0.98

func (t *Tracker) tableFull(e *parse.Event, rs *routerState, n uint32) {
	if o := rs.spell; o == nil || e.Time-o.End > int64(spellGap) {
		if !t.more("overflows", len(rs.router.Overflows), t.cfg.Limits.Spells) {
			return
		}
		t.endSpell(rs)
		rs.spell, rs.sums = &Overflow{Start: e.Time, End: e.Time}, map[netip.Addr]*Holder{}
	}
	rs.flooded, rs.alarmed = 0, 0
	o := rs.spell
	o.Lines += n
	o.End = max(o.End, e.Time)
	if rs.lines++; rs.lookAt == 0 {
		rs.lookAt, rs.in = e.Time+int64(lookAfter), t.table.holding(e.Router)
		if t.lookAt == 0 || rs.lookAt < t.lookAt {
			t.lookAt = rs.lookAt
		}
	}
}

// look takes the looks that are due at ns.
func (t *Tracker) look(ns int64) {
	t.lookAt, t.tops = 0, t.largestHolders()
	defer func() { t.tops = nil }()
	for _, rs := range t.routers {
		switch {
		case rs.lookAt == 0:
		case rs.lookAt <= ns:
			t.lookFor(rs)
		case t.lookAt == 0 || rs.lookAt < t.lookAt:
			t.lookAt = rs.lookAt
		}
	}
}

// lookFor adds the table of this moment to the running spell, as often as lines have said that it is full.
func (t *Tracker) lookFor(rs *routerState) {
	o, lines := rs.spell, rs.lines
	rs.lookAt, rs.lines = 0, 0
	if o == nil || lines == 0 {
		return
	}
	if o.Weight == 0 && t.judges(rs.in) {
		rs.router.Gauge.full(o.Start, rs.in.total, rs.in.sure(), rs.size, 2*rs.held.TypicalTCP)
	}
	own, all := uint32(rs.in.total), uint32(t.table.all.total)
	if own > o.Total {
		o.States, o.Inlets = rs.in.byState(new([numStates]uint32)), rs.in.largest()
	}
	now, most := max(own, all), max(o.Total, o.All)
	o.Total, o.All = max(o.Total, own), max(o.All, all)
	switch {
	case float64(now) < inStep*float64(most):
		return
	case float64(most) < inStep*float64(now): // what was summed up is out of step
		o.Weight, o.Held, o.HeldAll = 0, 0, 0
		clear(rs.sums)
	}
	o.Weight += lines
	o.Held, o.HeldAll = o.Held+lines*uint64(own), o.HeldAll+lines*uint64(all)
	tops := t.tops
	if tops == nil {
		tops = t.largestHolders()
	}
	for _, at := range tops {
		host, n := t.table.all.list[at].host, t.table.all.now[at]
		h := rs.sums[host]
		if h == nil && len(rs.sums) >= 2*t.summed() {
			continue
		}
		if h == nil {
			h = &Holder{Host: host}
			rs.sums[host] = h
			t.charge(holderBytes)
		}
		h.All += lines * uint64(n)
		h.N += lines * uint64(rs.in.entries(host))
	}
}

// largestHolders gives the places of the holders with most entries at this moment, at most maxSummed: of a full table,
// a dozen are told.
func (t *Tracker) largestHolders() []int32 {
	all := &t.table.all
	places := make([]int32, 0, len(all.list))
	for at, n := range all.now {
		if n > 0 {
			places = append(places, int32(at))
		}
	}
	most := t.summed()
	if len(places) <= most {
		return places
	}
	quickselect(places, most, func(a, b int32) bool {
		x, y := seat{all.now[a], a, all.order[a]}, seat{all.now[b], b, all.order[b]}
		return x.before(&y, all.list)
	})
	return slices.Clone(places[:most])
}

// judges reports whether the entries of h are those of its own router's table: where most sessions are logged by
// others, they are not.
func (t *Tracker) judges(h *holding) bool {
	return h.total >= gaugeLow && 2*h.total >= t.table.all.total
}

// holdsSessions reports whether the full table is the session table, or a pool of what a session needs (NAT ports,
// states). The kernel has further tables; they fill for other reasons than hosts' sessions.
func holdsSessions(table string) bool {
	switch table {
	case "expect", "expectations", "dst cache", "route cache", "neighbour", "time-wait buckets", "hashlimit", "ipset",
		"open files", "listen queue", "syn queue", "pf frag entries", "pf fragments", "mbufs", "kernel zone",
		"fragments", "dhcp leases", "dns queries", "recursive clients", "tcp clients":
		return false
	}
	return true
}

// endSpell moves the running spell into the day.
func (t *Tracker) endSpell(rs *routerState) {
	if rs.spell == nil {
		return
	}
	t.lookFor(rs)
	rs.router.Overflows = append(rs.router.Overflows, rs.closed())
	rs.spell = nil
}

// closed gives the running spell with its largest holders.
func (rs *routerState) closed() Overflow {
	o := *rs.spell
	for _, h := range rs.sums {
		o.Holders = append(o.Holders, *h)
	}
	slices.SortFunc(o.Holders, func(a, b Holder) int {
		if a.All != b.All {
			return cmp.Compare(b.All, a.All)
		}
		return a.Host.Compare(b.Host)
	})
	o.Holders = slices.Clip(o.Holders[:min(len(o.Holders), maxHolders)])
	return o
}

// suppressed adds the lines that the kernel held back to the spell before: the kernel prints their number with the next
// message that it lets through (lib/ratelimit.c), even hours later.
func (t *Tracker) suppressed(e *parse.Event, rs *routerState) {
	switch e.Detail.String() {
	case "net_ratelimit", "__ratelimit", "printk":
		if rs.flooded > 0 { // the messages share one limit: the last one that was let through is the likeliest
			rs.router.Floods[rs.flooded-1].Hidden += e.Count
			return
		}
		if rs.alarmed > 0 {
			rs.router.Alarms[rs.alarmed-1].Hidden += uint64(e.Count)
			return
		}
		if rs.spell != nil {
			rs.spell.Hidden += uint64(e.Count)
			return
		}
	}
	if id := limitedBy[e.Detail.String()]; id != "" {
		what := Alarm{ID: id}
		if i := slices.IndexFunc(rs.router.Alarms, what.like); i >= 0 {
			rs.router.Alarms[i].Hidden += uint64(e.Count)
			return
		}
	}
	rs.router.Other["suppressed"] += uint64(e.Count)
	rs.router.leftOut(t.day, e)
}

// groupAhead is the time within which the kernel names the control group before the kill for its limit.
const groupAhead = 10 * time.Second

// oomKill notes a kill. Newer kernels tell of it in two lines, of which either may name the control group.
func (t *Tracker) oomKill(e *parse.Event, rs *routerState) {
	r := rs.router
	group := e.Aside.String()
	if (group == "" || group == parse.SomeGroup) && rs.limited != "" && e.Time-rs.limitedAt <= int64(groupAhead) {
		group = rs.limited
	}
	rs.limited = ""
	for i := len(r.Kills) - 1; i >= 0; i-- {
		k := &r.Kills[i]
		// kernels before 2.4 name no pid
		if d := e.Time - k.Time; e.Count != 0 && k.PID == e.Count && d <= int64(killTwin) && d >= -int64(killTwin) {
			if k.Group == "" || k.Group == parse.SomeGroup && group != "" {
				k.Group = group
			}
			return
		}
	}
	if !t.more("kills", len(r.Kills), t.cfg.Limits.Spells) {
		return
	}
	r.Kills = append(r.Kills, Kill{Time: e.Time, Spread: e.Spread, PID: e.Count, Proc: e.Detail.String(), Group: group})
}

func (t *Tracker) windowShrink(e *parse.Event, rs *routerState) {
	r := rs.router
	if !t.more("shrinks", len(r.Shrinks), t.cfg.Limits.Spells) {
		return
	}
	r.Shrinks = append(r.Shrinks, Shrink{Time: e.Time, Spread: e.Spread, Peer: e.Src, PeerPort: e.SPort, Port: e.DPort,
		Count: max(e.Count, 1)})
}
