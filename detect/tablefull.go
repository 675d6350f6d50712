package detect

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// TableFullKind is the kind of a session table without room.
const TableFullKind = "table-full"

// closeShare is the difference below which the rebuilt table does not show which of two shares was larger: twice the
// error of a share.
const closeShare = 0.05

// TableFull holds which hosts' entries filled a session table.
type TableFull struct {
	TableShare float64 `json:"table_share,omitempty"` // of Host
	Holders    []Share `json:"holders,omitempty"`
	Entries    int     `json:"entries,omitempty"`  // in the table at the worst moment, as rebuilt
	Capacity   int     `json:"capacity,omitempty"` // entries that the table takes: configured, else 0
}

// fullFindings makes a finding of each spell in which a router's table was full: which hosts held it, and what share
// (incidents 1 and 3 in docs/incidents.md).
func fullFindings(q *inquiry) []Finding {
	causes := map[netip.Addr]netip.Addr{}
	for _, e := range q.echoes {
		causes[e.effect] = e.cause
	}
	var out []Finding
	var lost []map[netip.Addr]loss // in step with out
	victims := collateral{}
	told := q.overflows()
	for _, d := range q.beside {
		most := sync.OnceValue(func() uint32 { return fullest(d) }) // hardly any day needs them
		around := sync.OnceValue(func() *crowd { return newCrowd(d) })
		for _, name := range slices.Sorted(maps.Keys(d.Routers)) {
			r := d.Routers[name]
			for i := range r.Overflows {
				if o := &r.Overflows[i]; told[o] {
					f := fullFinding(name, o, q.cfg.table(name), most)
					f.preferCause(causes)
					f.surround(d, o, around(), int(r.Gauge.Size), causes)
					out, lost = append(out, f), append(lost, around().losses(d, o))
					victims.add(lost[len(lost)-1])
				}
			}
		}
	}
	for i := range out {
		out[i].Victims = victims.victims(lost[i], out[i].Host, out[i].Trigger)
	}
	slices.SortFunc(out, func(a, b Finding) int {
		return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.Router, b.Router))
	})
	out = joinSpells(out)
	number := map[string]int{} // by router
	for i := range out {
		router := out[i].Router
		number[router]++
		out[i].ID = fmt.Sprintf("table-full-%s#%d", router, number[router])
	}
	return out
}

// overflows holds the spells that have a part in the window, with those behind midnight in which they go on.
func (q *inquiry) overflows() map[*Overflow]bool {
	all := map[string][]*Overflow{}
	for _, d := range q.beside {
		for name, r := range d.Routers {
			for i := range r.Overflows {
				all[name] = append(all[name], &r.Overflows[i])
			}
		}
	}
	out := map[*Overflow]bool{}
	for _, os := range all {
		slices.SortStableFunc(os, func(a, b *Overflow) int { return cmp.Compare(a.Start, b.Start) })
		for i, o := range os {
			out[o] = q.asked.overlaps(o.Start, o.End) || i > 0 && out[os[i-1]] && goesOver(os[i-1].End, o.Start)
		}
		for i := len(os) - 2; i >= 0; i-- {
			out[os[i]] = out[os[i]] || out[os[i+1]] && goesOver(os[i].End, os[i+1].Start)
		}
	}
	return out
}

// goesOver reports whether a spell that ended goes on in the next one behind midnight.
func goesOver(end, start int64) bool {
	return start-end <= int64(spellGap) && dateOf(end) != dateOf(start)
}

// fullest gives the most entries that all routers together had in a slot of the day.
func fullest(d *Day) (most uint32) {
	sum := map[uint16]uint32{}
	for _, r := range d.Routers {
		for _, l := range r.Occupancy {
			sum[l.I] += l.Total
			most = max(most, sum[l.I])
		}
	}
	return most
}

func fullFinding(router string, o *Overflow, capacity int, fullest func() uint32) Finding {
	// A router that logs its own sessions explains its own table. Where most sessions are logged by others (its NAT log
	// goes through another device, or another name), the sum over all routers does.
	entries, held, of := o.Total, o.Held, func(h Holder) uint64 { return h.N }
	if 2*o.Total < o.All {
		entries, held, of = o.All, o.HeldAll, func(h Holder) uint64 { return h.All }
		if float64(o.All) < foreignFloor*float64(fullest()) {
			// a table is not full when the sessions are few: it is another network's
			entries, of = 0, func(Holder) uint64 { return 0 }
		}
	}
	whole := max(float64(held)/float64(max(o.Weight, 1)), float64(capacity))
	var shares []Share
	for _, h := range o.Holders {
		if n := of(h); n > 0 && whole > 0 {
			shares = append(shares, Share{Host: holderName(h.Host), Share: min(float64(n)/float64(o.Weight)/whole, 1)})
		}
	}
	slices.SortStableFunc(shares, func(a, b Share) int { return cmp.Compare(b.Share, a.Share) })
	f := Finding{
		Kind: TableFullKind, Router: router, Start: time.Unix(0, o.Start).UTC(), End: time.Unix(0, o.End).UTC(),
		Score: 0.5, TableFull: TableFull{Entries: int(entries), Capacity: capacity, Holders: shares},
		Lines: int(o.Lines), Drops: int(o.Drops()), Collateral: Collateral{Episodes: 1},
		Evidence: Evidence{Events: uint64(o.Lines), Ask: Ask{From: time.Unix(0, o.Start).UTC(),
			To: time.Unix(0, o.End+1).UTC(), Router: router, Kind: "table-full"}},
	}
	if len(shares) > 0 && shares[0].Host != others {
		f.Host, f.TableShare = shares[0].Host, shares[0].Share
		second := 0.0
		if len(shares) > 1 {
			second = shares[1].Share
		}
		f.Score = 0.5 + min(0.9*(f.TableShare-second), 0.49)
	}
	return f
}

// refusals gives the size of a spell: the packets that were refused, or the lines about them.
func refusals(f *Finding) float64 { return float64(max(f.Drops, f.Lines, 1)) }

// preferCause names the cause where it held about as much as its echo: both parts are its doing.
func (f *Finding) preferCause(causes map[netip.Addr]netip.Addr) {
	if len(f.Holders) < 2 || f.Host == "" {
		return
	}
	host, err := netip.ParseAddr(f.Host)
	if cause, ok := causes[host]; err != nil || !ok || f.Holders[1].Host != cause.String() {
		return
	}
	if second := f.Holders[1]; f.TableShare-second.Share < closeShare {
		f.Host, f.TableShare = second.Host, second.Share
		f.Holders[0], f.Holders[1] = f.Holders[1], f.Holders[0]
	}
}

// surround adds the trigger of the overflow, and an estimate of the table without its holder. gauged is the size of the
// table as estimated from its overflows, for routers without a configured size.
func (f *Finding) surround(d *Day, o *Overflow, c *crowd, gauged int, causes map[netip.Addr]netip.Addr) {
	if host, n := c.trigger(d, o, causes); host.IsValid() {
		f.Trigger, f.TriggerSessions = host.String(), int(n)
	}
	if f.Entries == int(o.Total) {
		f.States = o.States.Named()
	}
	for _, x := range o.Inlets {
		if x.Half+x.Wait > 0 {
			f.Inlets = append(f.Inlets, Service{Host: x.Host.String(), Port: portName(x.Port), Entries: int(x.N),
				HalfOpen: int(x.Half), TimeWait: int(x.Wait)})
		}
	}
	size := cmp.Or(f.Capacity, gauged, f.Entries)
	if host, err := netip.ParseAddr(f.Host); err == nil && size > 0 {
		f.Without = c.without(d, o, min(f.Entries, size), f.TableShare, host)
		f.FitsWithout = new(f.Without < size)
	}
}

// foreignFloor is the part of their maximum that all known sessions must reach to explain the overflow of a router that
// hardly logs any itself.
const foreignFloor = 0.4

// others stands for entries of no internal host: the router's own, and those of traffic that only passes through.
const others = "router and others"

func holderName(a netip.Addr) string {
	if !a.IsValid() {
		return others
	}
	return a.String()
}

// joinSpells joins a spell that goes on over midnight.
func joinSpells(fs []Finding) []Finding {
	out := fs[:0]
	last := map[string]int{} // router → its last one
	for _, f := range fs {
		if i, ok := last[f.Router]; ok && goesOver(out[i].End.UnixNano(), f.Start.UnixNano()) {
			p := &out[i]
			p.End, p.Lines, p.Drops = f.End, p.Lines+f.Lines, p.Drops+f.Drops
			p.Victims = append(p.Victims, f.Victims...)
			p.Evidence.Events += f.Evidence.Events
			p.Evidence.Ask.To = f.Evidence.Ask.To
			continue
		}
		last[f.Router] = len(out)
		out = append(out, f)
	}
	return out
}
