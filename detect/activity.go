package detect

import (
	"net/netip"
	"slices"
)

// activities lays out what each internal host did in the window, in order of address, and finds its bursts. Those that
// cross an edge of the window are told whole from the days beside.
func activities(days, beside []*Day, w Window) []*activity {
	sp := newSpan(w)
	var addrs []netip.Addr
	for _, d := range days {
		for a := range d.Hosts {
			if a.IsValid() {
				addrs = append(addrs, a)
			}
		}
	}
	slices.SortFunc(addrs, netip.Addr.Compare)
	addrs = slices.Compact(addrs)
	out := make([]*activity, len(addrs))
	sideBySide(len(addrs), func(i int) {
		addr := addrs[i]
		a := &activity{host: addr}
		sessions := seriesOf(addr, func(h *Host) *Series { return &h.Sessions })
		lookups := seriesOf(addr, func(h *Host) *Series { return &h.Lookups })
		byName := seriesOf(addr, func(h *Host) *Series { return &h.PTRs })
		a.sessions, a.lookups = sp.lay(days, sessions), sp.lay(days, lookups)
		if ptrs := sp.lay(days, byName); ptrs.total() > a.lookups.total() {
			a.lookups, lookups, a.byName = ptrs, byName, true
		}
		a.lookupN, a.sessionN = a.lookups.total(), a.sessions.total()
		if a.heaped = countsHeaps(days, addr); !a.heaped {
			a.bursts, a.long = a.sessions.bursts()
			a.bursts = a.sessions.whole(a.bursts, beside, sessions)
			a.pulses = a.sessions.pulses(burstFloor, pulseWide)
		}
		if !a.heaped || a.byName {
			a.storms, _ = a.lookups.bursts()
			a.storms = a.lookups.whole(a.storms, beside, lookups)
			a.flurries = a.lookups.pulses(echoFlurry, pulseWide)
		}
		a.describe(days)
		a.readPorts(beside)
		out[i] = a
	})
	return out
}

func (l *line) total() (n uint64) {
	for _, v := range l.slots {
		n += uint64(v)
	}
	return n
}

// describe adds the name of the host and the resolver that it asks.
func (a *activity) describe(days []*Day) {
	asked := map[netip.Addr]uint64{}
	for _, d := range days {
		h := d.Hosts[a.host]
		if h == nil {
			continue
		}
		if h.Name != "" {
			a.name = h.Name
		}
		for r, n := range h.Resolvers {
			asked[r] += n
		}
	}
	most := uint64(0)
	for r, n := range asked {
		if n > most || n == most && r.Less(a.resolver) {
			most, a.resolver = n, r
		}
	}
	total := uint64(0)
	for _, n := range asked {
		total += n
	}
	if a.sessionN > 0 {
		a.toOne = float64(most) / float64(a.sessionN)
	}
	if total > 0 {
		a.asksOne = float64(most) / float64(total)
	}
}

// hasPattern reports whether the host has bursts that are a finding of their own.
func (a *activity) hasPattern() bool { return len(a.rhythms) > 0 || len(a.apart) > 0 }

// findPatterns looks for the rhythms of all hosts, side by side. It is most of the work of Findings.
func findPatterns(hosts []*activity, cfg *Config) {
	tried := 0 // hosts without any burst are not
	for _, a := range hosts {
		if len(a.bursts) > 0 || len(a.pulses) > 0 {
			tried++
		}
	}
	sideBySide(len(hosts), func(i int) { hosts[i].findPattern(cfg, len(hosts), tried) })
}

// findPattern finds the host's rhythms, and the bursts that stand apart from what it always does. tried is the number
// of hosts with bursts.
func (a *activity) findPattern(cfg *Config, hosts, tried int) {
	fast := fastRhythms(a.pulses, a.long, hosts, cfg.Location)
	if len(fast) == 0 {
		fast = fastRhythms(a.sessions.pulses(burstFloor, pulseSlow), a.long, hosts, cfg.Location)
	}
	if len(a.bursts) == 0 {
		a.rhythms = fast
		return
	}
	a.apart = a.sessions.apart(a.bursts, tried)
	least := 0.0
	if len(a.apart) < len(a.bursts) { // the rest may hide the rhythm
		if a.rhythms = findRhythms(a.apart, hosts, cfg.Location, 0); len(a.rhythms) > 0 {
			least = a.rhythms[0].gain
		}
	}
	if x := findRhythms(a.bursts, hosts, cfg.Location, least); len(x) > 0 {
		a.rhythms = x
	}
	a.rhythms = joinRhythms(a.rhythms, fast)
}
