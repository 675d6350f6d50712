package detect

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"uncloak/parse"
)

// LinkFlap is the kind of an interface that goes down again and again.
const LinkFlap = "link-flap"

const (
	maxIfaces = 256              // interfaces of a router whose state is followed in a day
	maxDowns  = 1024             // times at which one went down that are kept in a day
	flapNear  = 3                // times down
	flapSpan  = 10 * time.Minute // … within this
	flapDaily = 10               // times down in 24 hours
)

// Flap holds the interface that flaps.
type Flap struct {
	Interface string `json:"interface,omitempty"`
	Downs     int    `json:"downs,omitempty"` // how often it went down
}

// Iface holds when one interface of a router went down, and how often it came up.
type Iface struct {
	Downs []int64 // ns, in order, at most maxDowns
	Ups   uint32

	down bool
}

func (x *Iface) clone() Iface { return Iface{Downs: slices.Clone(x.Downs), Ups: x.Ups} }

func (x *Iface) merge(o *Iface) {
	x.Downs = slices.Concat(x.Downs, o.Downs)
	slices.Sort(x.Downs)
	x.Ups += o.Ups
}

// linkChange counts that an interface went down or came up. Several daemons, and the line protocol above the link,
// report the same thing: only a change counts.
func (t *Tracker) linkChange(e *parse.Event, rs *routerState) {
	rs.router.Other[e.Kind.String()]++
	name := e.Detail.String()
	if name == "" || e.State != parse.LinkUp && e.State != parse.LinkDown {
		return
	}
	x := rs.links[name]
	if x == nil {
		if !t.more("interfaces", len(rs.links), maxIfaces) {
			return
		}
		if rs.links == nil {
			rs.links = map[string]*Iface{}
		}
		x = &Iface{}
		rs.links[name] = x
	}
	down := e.State == parse.LinkDown
	switch {
	case down == x.down:
		return
	case !down:
		x.Ups++
	case t.more("links down", len(x.Downs), maxDowns):
		x.Downs = append(x.Downs, e.Time)
	}
	x.down = down
}

// flapFindings reports interfaces that go down again and again.
func flapFindings(q *inquiry) []Finding {
	type port struct{ router, name string }
	downs := map[port][]int64{}
	for _, d := range q.beside {
		for router, r := range d.Routers {
			for name, x := range r.Links {
				k := port{router, name}
				downs[k] = append(downs[k], x.Downs...)
			}
		}
	}
	var out []Finding
	for _, k := range slices.SortedFunc(maps.Keys(downs), func(a, b port) int {
		return cmp.Or(cmp.Compare(a.router, b.router), cmp.Compare(a.name, b.name))
	}) {
		at := downs[k]
		slices.Sort(at)
		at = spell(at, q.w, flapSpan, func(t int64) (int64, int64) { return t, t })
		near, daily := within(at, flapNear, flapSpan), within(at, flapDaily, 24*time.Hour)
		flaps := max(near, daily)
		if flaps == 0 {
			continue
		}
		f := Finding{
			ID: fmt.Sprintf("link-flap-%s-%s", k.router, k.name), Kind: LinkFlap, Router: k.router,
			Flap:  Flap{Interface: k.name, Downs: len(at)},
			Start: time.Unix(0, at[0]).UTC(), End: time.Unix(0, at[len(at)-1]).UTC(),
			Score: min(0.7+0.05*float64(len(at)), 0.99),
		}
		f.Spells = spellsOf(at)
		f.Evidence = Evidence{Events: uint64(len(at)), Ask: Ask{From: f.Start, To: f.End.Add(1), Router: k.router,
			Kind: "link"}}
		out = append(out, f)
	}
	return out
}

// downs gives the size of the finding.
func downs(f *Finding) float64 { return float64(max(f.Downs, 1)) }

// within gives the most times within a span; 0 when they never reach least. The times are in order.
func within(at []int64, least int, span time.Duration) (most int) {
	from := 0
	for i, t := range at {
		for t-at[from] > int64(span) {
			from++
		}
		if n := i - from + 1; n >= least {
			most = max(most, n)
		}
	}
	return most
}

// spellsOf joins times that are near each other to spells.
func spellsOf(at []int64) (out []Spell) {
	for _, t := range at {
		n := len(out)
		if n > 0 && t-out[n-1].Start.UnixNano()-int64(out[n-1].LengthS*1e9) <= int64(flapSpan) {
			out[n-1].LengthS = float64(t-out[n-1].Start.UnixNano()) / 1e9
			out[n-1].Lost++
			continue
		}
		if n >= maxShownSpells {
			return out
		}
		out = append(out, Spell{Start: time.Unix(0, t).UTC(), Lost: 1})
	}
	return out
}
