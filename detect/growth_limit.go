package detect

import (
	"cmp"
	"maps"
	"math"
	"net/netip"
	"slices"
	"time"
)

// This file finds the destination that growth goes to, and the date on which it meets the limit of the table or of the
// link.

const (
	limitDays  = 7       // last days of which the median says how much there is now
	limitFar   = 3 * 365 // days ahead, beyond which a date says nothing
	limitShare = 0.02    // of the table that the host must hold for its growth to matter
	grownLeast = 0.5     // of what was added that must go to one door for it to be named
)

// GrowthLimit holds when growth meets a limit, if the host goes on to grow by the same part each day and all others
// stay as they are.
type GrowthLimit struct {
	Limit     float64    `json:"limit,omitempty"`      // entries of the table, or bit/s of the link
	LimitOf   string     `json:"limit_of,omitempty"`   // table or link
	LimitHow  string     `json:"limit_how,omitempty"`  // how it is known: config, or overflow: it was full with so many
	LimitDate *time.Time `json:"limit_date,omitempty"` // with GrowthDay
	LimitFrom *time.Time `json:"limit_from,omitempty"` // with GrowthHigh
	LimitTo   *time.Time `json:"limit_to,omitempty"`   // with GrowthLow; missing where that does not grow
}

// grownTo sets the door that the growth goes to: the one that gained most from the first third of the days to the last.
// Of bytes it takes the doors' bytes, where the ends of sessions tell them, and names no port by itself.
func (f *Finding) grownTo(days []*Day, host netip.Addr) {
	doors, ports, bytes := map[Door]float64{}, map[Port]float64{}, 0.0
	gained(days, host, func(h *Host, whole float64) {
		bytes += whole * float64(h.Bytes)
		for door, t := range h.Targets {
			n := t.N
			if f.Class == "bytes" {
				n = t.Bytes
			}
			doors[door] += whole * float64(n)
		}
		for p, n := range h.Ports {
			ports[p] += whole * float64(n)
		}
	})
	total := bytes
	if f.Class != "bytes" {
		var port Port
		if port, total = mostGained(ports); total > 0 && ports[port] >= grownLeast*total {
			f.Ports = []string{portName(port)}
		}
	}
	if total > 0 {
		f.mostTo(doors, total)
	}
}

// gained calls add for each of the days in the first and the last third, with the factor by which what the host did on
// it counts as gained: negative in the first, and more where not all of the day is covered.
func gained(days []*Day, host netip.Addr, add func(h *Host, whole float64)) {
	third := max(len(days)/3, 1)
	for i, d := range slices.Concat(days[:third], days[len(days)-third:]) {
		whole := float64(24*time.Hour) / float64(max(d.Last-d.First, 1))
		if i < third {
			whole = -whole
		}
		add(d.Hosts[host], whole)
	}
}

// mostGained gives the port that gained most, and what all of them gained.
func mostGained(ports map[Port]float64) (port Port, total float64) {
	for _, p := range slices.SortedFunc(maps.Keys(ports), comparePorts) { // the sum of fractions depends on their order
		total += ports[p]
		if ports[p] > ports[port] {
			port = p
		}
	}
	return port, total
}

// mostTo names the door to which most of what was added goes, if that is half of it.
func (f *Finding) mostTo(doors map[Door]float64, total float64) {
	var best Door
	most := 0.0
	for d, n := range doors {
		if n > most || n == most && n > 0 && cmp.Or(d.Peer.Compare(best.Peer), comparePorts(d.Port, best.Port)) < 0 {
			best, most = d, n
		}
	}
	if most >= grownLeast*total {
		f.Peer, f.Port, f.PeerShare = netip.AddrPortFrom(best.Peer, best.Port.Port).String(), int(best.Port.Port),
			min(most/total, 1)
	}
}

func comparePorts(a, b Port) int {
	return cmp.Or(cmp.Compare(a.Proto, b.Proto), cmp.Compare(a.Port, b.Port))
}

// tableLimit sets the date on which the host's entries fill the session table that holds most of them. The size is
// configured, or the number of entries at the last overflow.
func (f *Finding) tableLimit(days []*Day, cfg *Config, host netip.Addr, t trendLine) {
	recent := days[max(len(days)-limitDays, 0):]
	router, own, rest := "", 0.0, 0.0
	for _, name := range RoutersOf(recent) {
		var mine, others []float64
		for _, d := range recent {
			if r := d.Routers[name]; r != nil {
				m, o := fullestOf(r.Occupancy, host)
				mine, others = append(mine, m), append(others, o)
			}
		}
		if m := median(mine); m > own {
			router, own, rest = name, m, median(others)
		}
	}
	limit, how := float64(cfg.table(router)), "config"
	if limit == 0 {
		how = "overflow"
		for _, d := range days {
			if r := d.Routers[router]; r != nil {
				for i := range r.Overflows {
					limit = max(limit, float64(r.Overflows[i].Total))
				}
			}
		}
	}
	if limit > 0 && own >= limitShare*limit {
		f.Router = router
		f.meets(limit, "table", how, own, rest, t)
	}
}

// fullestOf gives the entries of the host and of all others in the slot in which the host had most.
func fullestOf(levels []Level, host netip.Addr) (own, rest float64) {
	for i := range levels {
		for _, h := range levels[i].Holders {
			if n := float64(h.N); h.Host == host && n > own {
				own, rest = n, max(float64(levels[i].Total)-n, 0)
			}
		}
	}
	return own, rest
}

// linkLimit sets the date on which the host's bytes fill the link in its busiest hour, if its bytes come when its
// sessions do.
func (f *Finding) linkLimit(days []*Day, cfg *Config, host netip.Addr, t trendLine) {
	if cfg.Link <= 0 {
		return
	}
	var own, rest []float64 // bit/s in the busiest hour
	for _, d := range days[max(len(days)-limitDays, 0):] {
		h := d.Hosts[host]
		byHour, total := [24]float64{}, 0.0
		for _, s := range h.Sessions.Slots {
			byHour[s.I/360] += float64(s.N)
			total += float64(s.N)
		}
		others := 0.0
		for a, x := range d.Hosts {
			if a != host {
				others += float64(x.Bytes)
			}
		}
		if total > 0 {
			own = append(own, float64(h.Bytes)*8*slices.Max(byHour[:])/total/3600)
			rest = append(rest, others*8/(24*3600))
		}
	}
	if now := median(own); now >= limitShare*cfg.Link {
		f.meets(cfg.Link, "link", "config", now, median(rest), t)
	}
}

// meets sets the dates on which own, growing by t, and rest, which stays, reach the limit together. Where they do
// already, that is the last day.
func (f *Finding) meets(limit float64, of, how string, own, rest float64, t trendLine) {
	f.Limit, f.LimitOf, f.LimitHow = limit, of, how
	date := func(slope float64) *time.Time {
		if slope <= 0 {
			return nil
		}
		days := 0.0
		if own+rest < limit {
			days = math.Log((limit-rest)/own) / slope
		}
		if days > limitFar {
			return nil
		}
		return new(f.End.Add(time.Duration(days * 24 * float64(time.Hour))).Truncate(24 * time.Hour))
	}
	f.LimitDate, f.LimitFrom, f.LimitTo = date(t.slope), date(t.high), date(t.low)
}
