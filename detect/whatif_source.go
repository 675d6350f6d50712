package detect

import (
	"net/netip"
	"slices"
)

// quickSearch bounds the sessions that are replayed without being asked for: the search for the smallest change reads
// them about eight times, and that takes a second.
const quickSearch = 50_000

// NewReplay prepares a replay of the router's table in the window; "" takes the busiest router. fs are the findings of
// the same days: they tell which lookups another host set off. Events and Prev are left to the caller.
func NewReplay(days []*Day, fs []Finding, cfg Config, w Window, router string) *Replay {
	if router == "" {
		router = busiest(days)
	}
	return &Replay{
		Config: cfg, Router: router, All: foreign(days, router), From: w.From, To: w.To, Days: days,
		Echoes: echoesIn(fs),
	}
}

// WorthSearching reports whether the smallest change may be looked for unasked: the table of the router, or of any for
// "", was full, and the sessions are few.
func WorthSearching(days []*Day, router string) bool {
	sessions, full := uint64(0), false
	for _, d := range days {
		for name, x := range d.Routers {
			sessions += x.Sessions
			full = full || len(x.Overflows) > 0 && (router == "" || name == router)
		}
	}
	return full && sessions <= quickSearch
}

// busiest names the router that refused most, else the one that had most sessions.
func busiest(days []*Day) (name string) {
	var most [2]uint64
	for _, r := range RoutersOf(days) {
		var n [2]uint64
		for _, d := range days {
			if x := d.Routers[r]; x != nil {
				n[1] += x.Sessions
				for i := range x.Overflows {
					n[0] += x.Overflows[i].Drops()
				}
			}
		}
		if name == "" || slices.Compare(n[:], most[:]) > 0 {
			name, most = r, n
		}
	}
	return name
}

// foreign reports whether more than one in twenty of the router's overflows is explained by what other routers logged:
// then their sessions are taken for its own.
func foreign(days []*Day, router string) bool {
	spells, other, most := 0, 0, uint32(0)
	for _, d := range days {
		if r := d.Routers[router]; r != nil {
			for i := range r.Overflows {
				most = max(most, r.Overflows[i].All)
			}
		}
	}
	for _, d := range days {
		if r := d.Routers[router]; r != nil {
			for i := range r.Overflows {
				spells++
				if o := &r.Overflows[i]; 2*o.Total < o.All && 2*o.All > most {
					other++
				}
			}
		}
	}
	return other*20 > spells
}

// echoesIn lists the lookups that other hosts set off: those of each storm, and those after each burst of its cause,
// because a full table may have left too few of them in the log to be seen as a storm.
func echoesIn(fs []Finding) (out []EchoOf) {
	for i := range fs {
		x := &fs[i]
		if x.Kind != PTRStorm || x.Causes == "" {
			continue
		}
		cause, e1 := netip.ParseAddr(x.Causes)
		effect, e2 := netip.ParseAddr(x.Host)
		if e1 != nil || e2 != nil {
			continue
		}
		bursts := slices.Clone(x.Bursts)
		for k := range fs {
			if y := &fs[k]; inBurst(y) && y.Host == x.Causes {
				bursts = append(bursts, y.Bursts...)
			}
		}
		slices.SortFunc(bursts, func(a, b Burst) int { return a.Start.Compare(b.Start) })
		out = append(out, EchoOf{Cause: cause, Effect: effect, Bursts: bursts})
	}
	return out
}
