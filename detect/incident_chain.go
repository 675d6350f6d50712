package detect

import (
	"cmp"
	"math"
	"net/netip"
	"slices"
	"time"
)

const (
	// chainWindow is the time after the beginning of a burst within which its effects begin: a table fills within
	// seconds, a log server that drowns in lines is out of memory within a minute or two.
	chainWindow = 120 * time.Second
	// chainMinute is the time within which something that happened only once is said to coincide.
	chainMinute = 60 * time.Second
	chainLeast  = 3    // episodes that must follow: below, it coincides
	chainShare  = 0.7  // of the effect's episodes that must follow a burst
	chainPValue = 1e-3 // chance of so many coincidences, over all pairs of root and effect
	// share of the time covered by the minutes after bursts, above which a single coincidence says nothing
	chainRare    = 0.1
	chainExactly = 30 * time.Second
)

// The reasons for which a step belongs to an incident.
const (
	WhyRoot      = "root"      // it is where the incident begins
	WhyHolds     = "holds"     // the root's host, or its echo, held most of the table
	WhyAnswers   = "answers"   // lookups of what the root spoke to
	WhyFollows   = "follows"   // it follows the root's bursts more often than chance would have it
	WhyCoincides = "coincides" // it happened in the same minute, too seldom to call it an effect
)

// Step is one link of an incident's chain of causes.
type Step struct {
	ID      string    `json:"id"` // of the finding; of many spells of a full table that of the one shown
	Kind    string    `json:"kind"`
	Host    string    `json:"host,omitempty"`
	Name    string    `json:"name,omitempty"`
	Router  string    `json:"router,omitempty"`
	At      time.Time `json:"at"`                 // in the root's burst that most steps follow; the first of a load
	SpreadS float64   `json:"spread_s,omitempty"` // ± of At and LagS, where they are not known to the second
	LagS    float64   `json:"lag_s"`              // after the root's burst, or load, began; the median of all
	Seen    int       `json:"seen"`               // episodes within two minutes after the root's bursts, or in its load
	Of      int       `json:"of"`                 // episodes in all
	PValue  float64   `json:"p_value,omitempty"`  // chance of so many coincidences; with why = follows
	Why     string    `json:"why"`                // root, holds, answers, follows, coincides
}

// chain groups findings of one incident, root first, and gives each root the order of events. A root is a host's
// bursts, or its load. Three rules make a finding the effect of a burst: the host of the burst (or its echo) held the
// table; the finding is of lookups that answer bursts; or at least three of its episodes and 70 % of them begin within
// two minutes after a burst, where chance would do that in one of a thousand networks. Something that happened once in
// the same minute only coincides: it is on the chain and stays an incident of its own. Of a load only the first two
// rules hold, for what happens while it lasts.
func chain(fs []Finding, days []*Day) {
	link(fs)
	var roots []int
	for i := range fs {
		if f := &fs[i]; f.Group == f.ID && ((f.Kind == PeriodicBurst || f.Kind == BurstKind) && len(f.Bursts) > 0 ||
			f.Kind == LoadKind) {
			roots = append(roots, i)
		}
	}
	// of equals the first is taken
	slices.SortStableFunc(roots, func(i, j int) int { return compareHosts(fs[i].Host, fs[j].Host) })
	if len(roots) > 0 {
		effects, links := effectsOf(fs, days), map[int][]linked{}
		span := observed(days)
		for _, e := range effects {
			if root, l := e.place(fs, roots, span, len(roots)*len(effects)); l != nil {
				links[root] = append(links[root], *l)
			}
		}
		for root, ls := range links {
			fs[root].Chain = order(fs, root, ls)
		}
	}
	weigh(fs)
}

// compareHosts orders addresses as text by their number.
func compareHosts(a, b string) int {
	x, _ := netip.ParseAddr(a)
	y, _ := netip.ParseAddr(b)
	return x.Compare(y)
}

// link groups findings by host: the pattern of a host, the table that it fills, the storms that follow it.
func link(fs []Finding) {
	patterns := map[string][]pattern{} // host → its rhythms, the surest first, or its bursts
	loads := map[string]int{}          // host → its load
	for i := range fs {
		f := &fs[i]
		f.Group = cmp.Or(f.Group, f.ID)
		if f.Kind == PeriodicBurst || f.Kind == BurstKind {
			f.Group = f.ID
			patterns[f.Host] = append(patterns[f.Host], pattern{i, startsOf(f.Bursts)})
		}
		if f.Kind == LoadKind {
			f.Group, loads[f.Host] = f.ID, i
		}
	}
	during := func(host string, f *Finding) bool { // what a host that has no bursts does, while it is loaded
		k, ok := loads[host]
		if ok = ok && fs[k].lasts(f.Start.UnixNano()); ok {
			f.Group = fs[k].ID
		}
		return ok
	}
	cause := map[string]string{} // of a storm's host
	for i := range fs {
		if f := &fs[i]; f.Kind == PTRStorm && f.Causes != "" {
			cause[f.Host] = f.Causes
			if k := nearest(patterns[f.Causes], f.Start); k >= 0 {
				f.Group = fs[k].ID
				fs[k].Causes = cmp.Or(fs[k].Causes, f.Host)
			} else if during(f.Causes, f) {
				fs[loads[f.Causes]].Causes = f.Host
			}
		}
	}
	for i := range fs {
		if f := &fs[i]; f.Kind == TableFullKind {
			f.Group = "table-full-" + f.Router
			for _, host := range []string{cause[f.Host], f.Host} {
				if k := nearest(patterns[host], f.Start); k >= 0 {
					f.Group = fs[k].ID
				}
			}
			if f.Group == "table-full-"+f.Router && !during(f.Host, f) {
				during(cause[f.Host], f)
			}
		}
	}
}

// lasts reports whether the load was there at the time, or had just ended.
func (f *Finding) lasts(ns int64) bool {
	return ns >= f.Start.UnixNano() && ns <= f.End.UnixNano()+int64(chainWindow)
}

// beginnings gives the times that effects follow: of the bursts; of a load its own, where that is known.
func (f *Finding) beginnings() []int64 {
	switch {
	case f.Kind != LoadKind:
		return startsOf(f.Bursts)
	case f.Before:
		return nil
	}
	return []int64{f.Start.UnixNano()}
}

// pattern is the place of a finding about bursts, with the starts of those.
type pattern struct {
	at     int
	starts []int64
}

// nearest gives the place of the pattern of one host that had a burst just before the time; the first pattern where
// none had, -1 where there is no pattern.
func nearest(patterns []pattern, at time.Time) (k int) {
	if len(patterns) == 0 {
		return -1
	}
	k = patterns[0].at
	least := int64(chainWindow) + 1
	for _, p := range patterns {
		n, _ := slices.BinarySearch(p.starts, at.UnixNano()+int64(time.Second)+1)
		if n > 0 && at.UnixNano()-p.starts[n-1] < least {
			k, least = p.at, at.UnixNano()-p.starts[n-1]
		}
	}
	return k
}

// effect is one finding, or all spells of one full table in one group, that may follow a burst.
type effect struct {
	members []int // in fs
	times   []int64
	coarse  int64 // ns: that much later it may have been; pings are kept by the slot
}

// effectsOf lists the effects in the order of the findings.
func effectsOf(fs []Finding, days []*Day) []*effect {
	tables, kills, alarms := map[[2]string]*effect{}, killsOf(days), alarmBegins(days)
	var out []*effect
	for i := range fs {
		f := &fs[i]
		switch f.Kind {
		case PTRStorm:
			out = append(out, &effect{members: []int{i}, times: startsOf(f.Bursts)})
		case TableFullKind:
			e := tables[[2]string{f.Router, f.Group}]
			if e == nil {
				e = &effect{}
				tables[[2]string{f.Router, f.Group}] = e
				out = append(out, e)
			}
			e.members, e.times = append(e.members, i), append(e.times, f.Start.UnixNano())
		case OOM:
			if at := killTimes(kills[victim{f.Router, f.Proc}], f.Start, f.End); len(at) > 0 {
				out = append(out, &effect{members: []int{i}, times: at})
			}
		case AlarmKind:
			at := slices.DeleteFunc(slices.Clone(alarms[f.ID]), func(ns int64) bool {
				return ns < f.Start.UnixNano() || ns > f.End.UnixNano()
			})
			if len(at) > 0 {
				out = append(out, &effect{members: []int{i}, times: at})
			}
		case LagKind:
			e := &effect{members: []int{i}, coarse: int64(SlotLen)}
			for _, s := range f.Spells {
				e.times = append(e.times, s.Start.UnixNano())
			}
			if len(e.times) > 0 {
				out = append(out, e)
			}
		}
	}
	return out
}

func startsOf(bs []Burst) []int64 {
	out := make([]int64, len(bs))
	for i, b := range bs {
		out[i] = b.Start.UnixNano()
	}
	return out
}

// victim is a program on a machine whose kernel kills.
type victim struct{ router, proc string }

// killsOf gives the times of the kills of each program, in order. Times that are not known to half a minute are left
// out: they prove nothing.
func killsOf(days []*Day) map[victim][]int64 {
	out := map[victim][]int64{}
	for _, d := range days {
		for name, r := range d.Routers {
			for _, k := range r.Kills {
				if time.Duration(k.Spread)*time.Millisecond <= chainExactly {
					out[victim{name, k.Proc}] = append(out[victim{name, k.Proc}], k.Time)
				}
			}
		}
	}
	for _, at := range out {
		slices.Sort(at)
	}
	return out
}

// killTimes gives the times at which a machine began to kill: kills of one spell are one episode.
func killTimes(kills []int64, from, to time.Time) (out []int64) {
	last := int64(math.MinInt64 / 2)
	for _, at := range kills {
		if at < from.UnixNano() || at > to.UnixNano() {
			continue
		}
		if at-last > int64(burstGap) {
			out = append(out, at)
		}
		last = at
	}
	return out
}

// linked is an effect with the bursts of a root that it follows.
type linked struct {
	*effect
	lags   []float64 // s, of the episodes that follow
	burst  []int     // … and which burst of the root they follow
	at     []int64
	p      float64
	why    string
	median float64
}

// place finds the root of the effect and groups it there, unless it only coincides. Bursts that an overflow of the
// table follows are its root, even where a load held the table: they are what was too much.
func (e *effect) place(fs []Finding, roots []int, span float64, pairs int) (root int, best *linked) {
	first, load, held := &fs[e.members[0]], 0, (*linked)(nil)
	for _, r := range roots {
		own := first.Group == fs[r].ID
		if own && fs[r].Kind == LoadKind {
			load, held = r, e.during(&fs[r])
			continue
		}
		l := e.after(&fs[r], span, pairs)
		if l == nil {
			continue
		}
		if own {
			l.why = first.belongs()
			return r, l
		}
		if best == nil || l.better(best) {
			root, best = r, l
		}
	}
	if held != nil && (best == nil || best.why != WhyFollows) {
		held.why = first.belongs()
		return load, held
	}
	if best == nil || fs[e.members[0]].Kind == PTRStorm && best.why != WhyFollows {
		return 0, nil
	}
	if held == nil && slices.ContainsFunc(roots, func(r int) bool { return fs[r].ID == first.Group }) {
		return 0, nil // it belongs to another root, though not in time
	}
	if best.why == WhyFollows {
		for _, i := range e.members {
			fs[i].Group = fs[root].ID
			if with := fs[i].With; with != "" {
				if j := slices.IndexFunc(fs, func(f Finding) bool { return f.ID == with }); j >= 0 {
					fs[j].Group = fs[root].ID
				}
			}
		}
	}
	return root, best
}

// belongs says why the finding belongs to the root that its group names.
func (f *Finding) belongs() string {
	if f.Kind == PTRStorm {
		return WhyAnswers
	}
	return WhyHolds
}

func (l *linked) better(o *linked) bool {
	if (l.why == WhyFollows) != (o.why == WhyFollows) {
		return l.why == WhyFollows
	}
	return l.p < o.p || l.p == o.p && l.median < o.median
}

// after relates the effect to the bursts of f; nil when none of its episodes follows one.
func (e *effect) after(f *Finding, span float64, pairs int) *linked {
	l := &linked{effect: e}
	starts := f.beginnings()
	for _, at := range e.times {
		i, _ := slices.BinarySearch(starts, at+e.coarse+int64(time.Second)+1)
		if i == 0 || at-starts[i-1] > int64(chainWindow) {
			continue
		}
		at = max(at+e.coarse/2, min(starts[i-1], at+e.coarse)) // the middle, but not before its cause
		l.lags, l.burst, l.at = append(l.lags, max(float64(at-starts[i-1])/1e9, 0)), append(l.burst, i-1),
			append(l.at, at)
	}
	if len(l.lags) == 0 {
		return nil
	}
	l.median = median(l.lags)
	tries := []float64{5, 30, chainWindow.Seconds()}
	for i := range tries {
		tries[i] += float64(e.coarse) / 1e9 // a burst has so much more time to be followed by chance
	}
	l.p = min(coincidence(l.lags, len(e.times), len(starts), span, tries...)*float64(pairs), 1)
	switch {
	case len(l.lags) >= chainLeast && float64(len(l.lags)) >= chainShare*float64(len(e.times)) && l.p < chainPValue:
		l.why = WhyFollows
	case slices.Min(l.lags) <= chainMinute.Seconds() && float64(len(starts))*chainMinute.Seconds() < chainRare*span:
		l.why = WhyCoincides
	default:
		l.why = "" // only its group can make it a step
	}
	return l
}

// during relates the effect to the load f, which it is known to belong to; nil when none of its episodes is in it.
func (e *effect) during(f *Finding) *linked {
	l := &linked{effect: e}
	for _, at := range e.times {
		if f.lasts(at) {
			l.lags, l.burst = append(l.lags, float64(at-f.Start.UnixNano())/1e9), append(l.burst, 0)
			l.at = append(l.at, at)
		}
	}
	if len(l.lags) == 0 {
		return nil
	}
	l.median = l.lags[0] // how long the table took to fill; how far apart the spells are says nothing
	return l
}

// order makes the chain: the steps by their delay, with the times of the burst that most of them follow.
func order(fs []Finding, root int, ls []linked) []Step {
	f := &fs[root]
	votes, most := make([]int, max(len(f.Bursts), 1)), 0
	for _, l := range ls {
		for i, b := range l.burst {
			if i == 0 || l.burst[i-1] != b {
				votes[b]++
			}
		}
	}
	for i, n := range votes {
		if n > votes[most] {
			most = i
		}
	}
	out := []Step{{ID: f.ID, Kind: f.Kind, Host: f.Host, Name: f.Name, Router: f.Router, At: f.Start, Seen: f.Seen,
		Of: f.Seen, Why: WhyRoot}}
	if f.Kind != LoadKind {
		out[0].At, out[0].Seen, out[0].Of = f.Bursts[most].Start, len(f.Bursts), len(f.Bursts)
	}
	for _, l := range ls {
		if l.why == "" {
			continue
		}
		shown := max(slices.Index(l.burst, most), 0)
		g := &fs[l.members[0]]
		for _, i := range l.members {
			if fs[i].Start.UnixNano() == l.at[shown] {
				g = &fs[i]
			}
		}
		s := Step{ID: g.ID, Kind: g.Kind, Router: g.Router, At: time.Unix(0, l.at[shown]).UTC(), LagS: l.median,
			Seen: len(l.lags), Of: len(l.times), Why: l.why, SpreadS: float64(l.coarse) / 2e9}
		if g.Kind != TableFullKind { // its host is the holder
			s.Host, s.Name = g.Host, g.Name
		}
		if l.why == WhyFollows {
			s.PValue = l.p
		}
		out = append(out, s)
	}
	rank := rankOf()
	slices.SortStableFunc(out[1:], func(a, b Step) int {
		return cmp.Or(cmp.Compare(a.LagS, b.LagS), cmp.Compare(rank[a.Kind], rank[b.Kind]), cmp.Compare(a.ID, b.ID))
	})
	if len(out) == 1 {
		return nil
	}
	return out
}

// weigh counts the spells of each group and makes a root as severe as the worst that it causes.
func weigh(fs []Finding) {
	spells, worst := map[string]int{}, map[string]Severity{}
	for i := range fs {
		f := &fs[i]
		if f.Kind == TableFullKind {
			spells[f.Group]++
		}
		if f.Severity.Rank() > worst[f.Group].Rank() &&
			(f.Kind == TableFullKind || f.Kind == OOM || f.Kind == AlarmKind) {
			worst[f.Group] = f.Severity
		}
	}
	for i := range fs {
		f := &fs[i]
		if f.Kind == TableFullKind {
			f.Episodes = spells[f.Group]
		}
		if f.Group == f.ID && worst[f.ID].Rank() > f.Severity.Rank() {
			f.Severity = worst[f.ID]
		}
	}
}

// setKeys gives each finding the name that it keeps from day to day.
func setKeys(fs []Finding) {
	for i := range fs {
		switch f := &fs[i]; f.Kind {
		case TableFullKind:
			f.Key = "table-full-" + f.Router
		case PeriodicBurst, BurstKind: // a free period is never twice the same, and a day may be too short for any
			f.Key = "burst-" + f.Host
		default:
			f.Key = f.ID
		}
	}
}
