package detect

import (
	"cmp"
	"net/netip"
	"slices"

	"uncloak/parse"
)

// This file holds what a Tracker makes of a router's words about itself: full tables, what it did not log, kills, shrunk windows.

func (t *Tracker) tableFull(e *parse.Event, rs *routerState, n uint32) {
	if o := rs.spell; o == nil || e.Time-o.End > int64(spellGap) {
		if len(rs.router.Overflows) >= t.cfg.Limits.Spells {
			t.day.Dropped["overflows"]++
			return
		}
		rs.endSpell()
		if h := t.table.holding(e.Router); t.judges(h) {
			rs.router.Gauge.full(e.Time, h.total, h.sure(), rs.size, 2*rs.held.TypicalTCP)
		}
		rs.spell, rs.sums = &Overflow{Start: e.Time, End: e.Time}, map[netip.Addr]*Holder{}
	}
	rs.flooded = 0
	o := rs.spell
	o.Lines += n
	o.End = max(o.End, e.Time)
	o.Weight++
	own := t.table.holding(e.Router)
	if uint32(own.total) > o.Total {
		o.Total, o.States, o.Inlets = uint32(own.total), own.byState(), own.largest()
	}
	o.All = max(o.All, uint32(t.table.all.total))
	for host, c := range t.table.all.hosts {
		if c.n <= 0 {
			continue
		}
		h := rs.sums[host]
		if h == nil {
			h = &Holder{Host: host}
			rs.sums[host] = h
		}
		h.All += uint64(c.n)
		if m := own.hosts[host]; m != nil {
			h.N += uint64(m.n)
		}
	}
}

// judges says whether the entries of h are those of its own router's table: where most sessions are logged by others, they are not.
func (t *Tracker) judges(h *holding) bool {
	return h.total >= gaugeLow && 2*h.total >= t.table.all.total
}

// holdsSessions says whether it is the session table, or a pool of what a session needs (NAT ports, states), that is full. The
// kernel has further tables; they fill for other reasons, and no host's sessions are to blame.
func holdsSessions(table string) bool {
	switch table {
	case "expect", "expectations", "dst cache", "route cache", "neighbour", "time-wait buckets", "hashlimit", "ipset", "open files", "listen queue", "pf frag entries", "pf fragments", "mbufs", "kernel zone",
		"fragments", "dhcp leases", "dns queries", "recursive clients", "tcp clients":
		return false
	}
	return true
}

// endSpell moves the running spell into the day.
func (rs *routerState) endSpell() {
	if rs.spell == nil {
		return
	}
	rs.router.Overflows = append(rs.router.Overflows, rs.closed())
	rs.spell = nil
}

// closed is the running spell with its largest holders.
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

// suppressed adds what the kernel swallowed to the spell before: it prints the number with the next message that it
// lets through (lib/ratelimit.c), even hours later.
func (t *Tracker) suppressed(e *parse.Event, rs *routerState) {
	switch e.Detail.String() {
	case "net_ratelimit", "__ratelimit", "printk":
		if rs.flooded > 0 { // the messages share one limit: the last one that was let through is the likeliest
			rs.router.Floods[rs.flooded-1].Hidden += e.Count
			return
		}
		if rs.spell != nil {
			rs.spell.Hidden += uint64(e.Count)
			return
		}
	}
	rs.router.Other["suppressed"] += uint64(e.Count)
	rs.router.leftOut(t.day, e)
}

func (t *Tracker) oomKill(e *parse.Event, rs *routerState) {
	r := rs.router
	for i := len(r.Kills) - 1; i >= 0; i-- {
		k := &r.Kills[i]
		if d := e.Time - k.Time; e.Count != 0 && k.PID == e.Count && d <= int64(killTwin) && d >= -int64(killTwin) { // kernels before 2.4 name no pid
			return
		}
	}
	if len(r.Kills) >= t.cfg.Limits.Spells {
		t.day.Dropped["kills"]++
		return
	}
	r.Kills = append(r.Kills, Kill{Time: e.Time, Spread: e.Spread, PID: e.Count, Proc: e.Detail.String()})
}

func (t *Tracker) windowShrink(e *parse.Event, rs *routerState) {
	r := rs.router
	if len(r.Shrinks) >= t.cfg.Limits.Spells {
		t.day.Dropped["shrinks"]++
		return
	}
	r.Shrinks = append(r.Shrinks, Shrink{Time: e.Time, Spread: e.Spread, Peer: e.Src, PeerPort: e.SPort, Port: e.DPort, Count: max(e.Count, 1)})
}
