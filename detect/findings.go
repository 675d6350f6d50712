package detect

import (
	"cmp"
	"fmt"
	"math"
	"net/netip"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Window is the half-open span of time that is judged.
type Window struct{ From, To time.Time }

func (w Window) has(ns int64) bool { return ns >= w.From.UnixNano() && ns < w.To.UnixNano() }

// within is the part of w that the events of the days cover: what is usual is judged by the time that was seen, not by that
// which was asked for.
func (w Window) within(days []*Day) Window {
	if len(days) == 0 {
		return Window{w.From, w.From}
	}
	first, last := days[0].First, int64(0)
	for _, d := range days {
		first, last = min(first, d.First), max(last, d.Last)
	}
	if t := time.Unix(0, first); w.From.Before(t) {
		w.From = t
	}
	if t := time.Unix(0, last+1); w.To.After(t) {
		w.To = t
	}
	return w
}

// Findings judges the days, each date at most once, within the window; most severe first. It is a pure function: the
// same days and config give the same findings.
func Findings(days []*Day, cfg Config, w Window) []Finding {
	days = slices.Clone(days)
	slices.SortFunc(days, func(a, b *Day) int { return cmp.Compare(a.Date, b.Date) })
	w = w.within(days)
	hosts := activities(days, w)
	findPatterns(hosts, &cfg)
	echoes := findEchoes(days, hosts)
	var out []Finding
	effects, rhythmic := map[netip.Addr]bool{}, map[netip.Addr]bool{}
	of := make([][]Finding, len(hosts))
	for i, a := range hosts {
		if k := slices.IndexFunc(echoes, func(e echo) bool { return e.effect == a.host }); k >= 0 {
			effects[a.host] = true
			of[i] = []Finding{echoFinding(a, &echoes[k], cfg.Location)}
		}
	}
	sideBySide(len(hosts), func(i int) {
		if of[i] == nil {
			of[i] = hostFindings(days, &cfg, w, hosts[i], len(hosts))
		}
	})
	for i, a := range hosts {
		out = append(out, of[i]...)
		rhythmic[a.host] = !effects[a.host] && len(a.rhythms) > 0
	}
	out = append(out, fullFindings(days, &cfg, w, echoes)...)
	out = append(out, kernelFindings(days, w)...)
	out = append(out, floodFindings(days, w, hosts)...)
	out = append(out, stormFindings(days, w, hosts, effects, rhythmic)...)
	out = append(out, newHostFindings(days, w, hosts)...)
	out = append(out, flapFindings(days, w)...)
	out = append(out, lagFindings(days, &cfg, w)...)
	out = append(out, clockFindings(days, w)...)
	lost := losses(days)
	out = append(out, lossFindings(lost, w)...)
	guessApplications(out, days, cfg.Location)
	suspectShrinks(days, out)
	setKeys(out)
	chain(out, days)
	lost.carry(out)
	touch(out, len(routersOf(days)))
	sortFindings(out)
	return out
}

// hostFindings are those of one of so many hosts, for which its own traffic is enough.
func hostFindings(days []*Day, cfg *Config, w Window, a *activity, hosts int) []Finding {
	out := patternFindings(a)
	for i := range out {
		out[i].Ports = topPorts(days, a.host, 3)
	}
	hasPattern := len(out) > 0
	out = append(out, resetFindings(days, w, a)...)
	if f, ok := scanFinding(days, w, a, hasPattern); ok {
		out = append(out, f)
	}
	if f, ok := growthFinding(days, cfg, w, a, hosts); ok {
		out = append(out, f)
	}
	return out
}

// sideBySide calls f with 0 to n-1, on all processors. No host's part of the work depends on another's.
func sideBySide(n int, f func(i int)) {
	var wg sync.WaitGroup
	var next atomic.Int64
	for range min(runtime.GOMAXPROCS(0), n) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				f(i)
			}
		})
	}
	wg.Wait()
}

// sortFindings puts the most severe first.
func sortFindings(fs []Finding) {
	slices.SortStableFunc(fs, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(b.Severity.Rank(), a.Severity.Rank()), cmp.Compare(rankOf[a.Kind], rankOf[b.Kind]), a.Start.Compare(b.Start), cmp.Compare(a.ID, b.ID))
	})
}

var rankOf = map[string]int{PeriodicBurst: 0, BurstKind: 1, PTRStorm: 2, TableFullKind: 3, OOM: 4, ShrinkKind: 5, ResetKind: 6, ScanKind: 7, GrowthKind: 8,
	SYNFloodKind: 9, DNSStorm: 10, LagKind: 11, LinkFlap: 12, LossKind: 13, ClockKind: 14, NewHost: 15}

// activities lays out what each internal host did, in order of address, and finds its bursts and their rhythm.
func activities(days []*Day, w Window) []*activity {
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
		a.sessions = sp.lay(days, seriesOf(addr, func(h *Host) *Series { return &h.Sessions }))
		a.lookups = sp.lay(days, seriesOf(addr, func(h *Host) *Series { return &h.Lookups }))
		ptrs := sp.lay(days, seriesOf(addr, func(h *Host) *Series { return &h.PTRs }))
		if ptrs.total() > a.lookups.total() {
			a.lookups, a.byName = ptrs, true
		}
		a.lookupN, a.sessionN = a.lookups.total(), a.sessions.total()
		a.bursts, a.storms = a.sessions.bursts(), a.lookups.bursts()
		a.describe(days)
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

// describe adds what the host is called and whom it asks for names.
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

// findPatterns is most of the work.
func findPatterns(hosts []*activity, cfg *Config) {
	tried := 0 // hosts without any burst are not
	for _, a := range hosts {
		if len(a.bursts) > 0 {
			tried++
		}
	}
	sideBySide(len(hosts), func(i int) { hosts[i].findPattern(cfg, len(hosts), tried) })
}

// findPattern finds the host's rhythms, and the bursts that stand apart from what it always does. tried is the number of hosts with bursts.
func (a *activity) findPattern(cfg *Config, hosts, tried int) {
	if len(a.bursts) == 0 {
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
}

// patternFindings are the host's rhythms or, where there are none, the bursts that stand apart.
func patternFindings(a *activity) []Finding {
	if len(a.rhythms) == 0 && len(a.apart) > 0 {
		return []Finding{burstFinding(a, a.apart)}
	}
	var out []Finding
	for _, r := range a.rhythms {
		out = append(out, rhythmFinding(a, r, len(out)))
	}
	return out
}

// rhythmFinding is the nth rhythm of the host, the surest being its 0th.
func rhythmFinding(a *activity, r found, nth int) Finding {
	out := Finding{
		ID: fmt.Sprintf("periodic-burst-%v-%.0fs", a.host, r.period), Kind: PeriodicBurst, Severity: Warning,
		PeriodS: r.period, JitterS: r.jitter, Seen: r.seen, Missed: r.slots - r.seen, PValue: math.Exp(-r.gain), Next: new(r.next),
	}
	out.Score = (1 - math.Exp(-(r.gain-acceptGain+8)/4)) * (1 - 0.01*float64(nth))
	out.Minutes, out.Hours = r.minutes()
	fillBursts(&out, a, r.runs)
	return out
}

func burstFinding(a *activity, runs []run) Finding {
	f := Finding{ID: fmt.Sprintf("burst-%v", a.host), Kind: BurstKind, Severity: Info, Seen: len(runs)}
	fillBursts(&f, a, runs)
	f.Score = 1 - math.Exp(-float64(f.Sessions)/(2*burstFloor))
	return f
}

// fillBursts gives the finding its times, its typical burst and its evidence.
func fillBursts(f *Finding, a *activity, runs []run) {
	f.Host, f.Name = a.host.String(), a.name
	var sessions, peers, lengths []float64
	for _, r := range runs {
		b := Burst{Start: time.Unix(0, r.start).UTC(), LengthS: float64(r.end-r.start) / 1e9, Sessions: r.events, Peers: r.peers}
		f.Bursts = append(f.Bursts, b)
		f.Evidence.Events += uint64(r.events)
		sessions, peers, lengths = append(sessions, float64(b.Sessions)), append(peers, float64(b.Peers)), append(lengths, b.LengthS)
	}
	f.Start, f.End = f.Bursts[0].Start, time.Unix(0, runs[len(runs)-1].end).UTC()
	f.Sessions, f.Peers, f.LengthS = int(middle(sessions)), int(middle(peers)), middle(lengths)
	f.Evidence.Ask = Ask{From: f.Start, To: f.End, Host: a.host, Kind: "session-new"}
}

func middle(x []float64) float64 {
	slices.Sort(x)
	return x[len(x)/2]
}

func echoFinding(a *activity, e *echo, loc *time.Location) Finding {
	f := Finding{
		ID: fmt.Sprintf("ptr-storm-%v-%v", e.effect, e.cause), Kind: PTRStorm, Severity: Warning, Causes: e.cause.String(), LagS: e.lag, Lookups: e.lookups,
		Shared: e.shared, PValue: e.p, Seen: len(e.storms), Missed: max(e.followed-len(e.storms), 0), Score: 1 - math.Exp(math.Log10(max(e.p, 1e-300))/3),
	}
	if e.sole {
		f.PValue, f.Score = min(e.p, 1), soleScore
	}
	if e.resolver.IsValid() {
		f.Resolver = e.resolver.String()
	}
	fillBursts(&f, a, e.storms)
	if f.Evidence.Ask.Port = 53; a.byName { // they are lines of a resolver, or of packets with the name: no sessions
		f.Evidence.Ask.Port, f.Evidence.Ask.Kind = 0, "dns-query"
	}
	return f
}
