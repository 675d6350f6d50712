package detect

import (
	"fmt"
	"math"
	"net/netip"
	"slices"
	"time"

	"gonum.org/v1/gonum/stat/distuv"
)

// PTRStorm is the kind of a host whose lookups of names answer another host's bursts.
const PTRStorm = "ptr-storm"

const (
	echoFollowed  = 0.7 // of the cause's bursts that must be followed by lookups
	echoExplained = 0.7 // of the effect's bursts that must follow one of the cause's
	// lookups in pulseWide seconds, where bursts come too fast for storms to be told apart
	echoFlurry  = 12
	echoLookups = 20               // lookups after a burst that count as following it
	echoWindow  = 70 * time.Second // how long after the cause's start they may come
	echoPValue  = 1e-6             // chance of such a coincidence, over all pairs and lags that are tried
	echoOne     = 0.2              // of the effect's sessions that must go to one resolver

	// The times of one or two bursts, each with a storm behind it, may coincide by chance. Their sizes and shapes tell:
	soleBursts = 2   // at most so many bursts, each with its storm
	soleSize   = 100 // sessions that the cause opens at least
	soleStorm  = 50  // lookups of the storm at least
	soleOne    = 0.7 // of what the effect does in the storm that must be lookups, to one resolver for the most part
	soleShared = 0.3 // … or of the looked-up addresses those that are the cause's peers, where names are logged
	soleScore  = 0.7
)

// Echo holds what makes one host's lookups the echo of another host's bursts.
type Echo struct {
	// the host that causes the lookups; on the finding of that host's bursts: the host that looks up
	Causes  string  `json:"causes,omitempty"`
	LagS    float64 `json:"lag_s,omitempty"`
	Lookups int     `json:"lookups,omitempty"` // of the median burst; dns-storm: in all
	// of the looked-up addresses, those that are the cause's peers; 0 = names not visible
	Shared   float64 `json:"shared,omitempty"`
	Resolver string  `json:"resolver,omitempty"` // that is asked; dns-storm, too
}

// echo holds how one host's storms of name lookups follow another's bursts.
type echo struct {
	cause, effect netip.Addr
	lag           float64 // s, median
	lookups       int     // in the median storm
	shared        float64 // share of the looked-up addresses that are the cause's peers; 0 where names are not logged
	resolver      netip.Addr
	followed      int // bursts of the cause that were followed
	p             float64
	storms        []run
	sole          bool // too few to go by the time alone
}

// activity holds what the pattern detectors know of one host.
type activity struct {
	host     netip.Addr
	name     string
	sessions *line
	lookups  *line
	bursts   []run
	long     []run  // busy spells that are too long for a burst
	pulses   []run  // … of seconds, which may lie in those or be merged in a burst
	lookupN  uint64 // sessions to port 53, or reverse lookups seen by name, whichever is more
	byName   bool   // lookups are those seen by name
	sessionN uint64
	resolver netip.Addr
	webN     float64 // sessions to the ports that browsers use, on the days of the window and those beside it
	otherN   float64 // … and to others
	peerN    float64 // … and to how many peers, day by day
	peerMax  int     // … on the day with most
	toOne    float64 // share of the sessions that go to that resolver
	asksOne  float64 // share of the lookups that do
	storms   []run   // bursts of lookups
	flurries []run   // … by the second
	rhythms  []found
	apart    []run    // the bursts that stand apart
	heavy    []run    // spells of much more than any ordinary host opens in such a time, that are too short for a load
	loads    []loadOf // … and those that are long enough
	heaped   bool     // the sessions are counted when they ended: no moment of them is believed
}

// findEchoes pairs each host whose bursts are lookups with the host whose bursts they follow most surely.
func findEchoes(days []*Day, hosts []*activity) []echo {
	var out []echo
	span := observed(days)
	causes := causesOf(hosts)
	for _, e := range hosts {
		if len(e.storms)+len(e.flurries) == 0 || e.lookupN == 0 {
			continue
		}
		var best *echo
		for i := range causes {
			c := &causes[i]
			if c.activity == e || e.sessionN > 0 && e.toOne < echoOne {
				continue
			}
			for _, bursts := range c.rows {
				best = surer(best, follows(c, bursts, e, len(hosts), span))
			}
			for _, r := range c.rhythms {
				best = surer(best, followsFast(c, r, e, len(hosts)))
			}
		}
		if best == nil {
			best = soleEcho(days, causes, len(hosts), e, span)
		}
		if best != nil {
			best.resolver = e.resolver
			best.shared = sharedNames(days, best)
			out = append(out, *best)
		}
	}
	return out
}

// surer gives the echo that chance explains least; either may be nil.
func surer(a, b *echo) *echo {
	if a == nil || b != nil && b.p < a.p {
		return b
	}
	return a
}

// causer is a host that may have an echo, with what can be computed once: each causer is held against each host that
// looks names up.
type causer struct {
	*activity
	rows [][]run
	lone []run // its bursts, when they are few and stand apart in a network of this host alone
}

func causesOf(hosts []*activity) (out []causer) {
	for _, a := range hosts {
		if len(a.bursts)+len(a.rhythms) == 0 || a.mostlyLookups() {
			continue
		}
		c := causer{activity: a, rows: a.causes()}
		if n := len(a.bursts); n > 0 && n <= soleBursts {
			if c.lone = a.sessions.apart(a.bursts, 1); len(c.lone) < len(a.bursts) {
				c.lone = nil
			}
		}
		out = append(out, c)
	}
	return out
}

// mostlyLookups reports whether the host's own bursts are lookups: then it cannot be the cause of others'.
func (a *activity) mostlyLookups() bool {
	var all, lookups int
	count := func(runs []run) {
		for _, r := range runs {
			for i := r.from; i <= r.to; i++ {
				all += int(a.sessions.slots[i])
				lookups += int(a.lookups.slots[i])
			}
		}
	}
	count(a.bursts)
	for _, r := range a.rhythms {
		if r.fast() {
			count(r.runs)
		}
	}
	return 2*lookups > all
}

// causes lists the rows of bursts that may have an echo: all, those of each rhythm, and those that stand apart. The
// page loads of a person who works at the host have no echo.
func (a *activity) causes() [][]run {
	out := [][]run{a.bursts}
	for _, r := range a.rhythms {
		if r.period > burstGap.Seconds() {
			out = append(out, r.runs)
		}
	}
	if n := len(a.apart); n > 0 && n < len(a.bursts) {
		out = append(out, a.apart)
	}
	return out
}

func follows(c *causer, bursts []run, e *activity, hosts int, span float64) *echo {
	var lags []float64
	var storms []run
	var counts []int
	for k, s := range e.storms {
		if float64(k-len(lags)) > (1-echoExplained)*float64(len(e.storms))+1 { // most pairs fail, and many are tried
			return nil
		}
		if lag, ok := nearestBefore(bursts, s.start); ok && lag <= echoWindow.Seconds() {
			lags = append(lags, lag)
			storms = append(storms, s)
			counts = append(counts, s.events)
		}
	}
	if float64(len(lags)) < echoExplained*float64(len(e.storms)) || len(lags) == 0 {
		return nil
	}
	p := coincidence(lags, len(e.storms), len(bursts), span, 3, 10, 30,
		echoWindow.Seconds()) * float64(hosts*len(c.rows))
	if p > echoPValue {
		return nil
	}
	followed := 0
	for _, b := range bursts {
		if e.lookups.between(b.start-int64(time.Second), b.start+int64(echoWindow)) >= echoLookups {
			followed++
		}
	}
	if float64(followed) < echoFollowed*float64(len(bursts)) {
		return nil
	}
	slices.Sort(lags)
	return &echo{cause: c.host, effect: e.host, lag: max(lags[len(lags)/2], 0), lookups: middle(counts),
		followed: followed, p: p, storms: storms}
}

// followsFast pairs the flurries of lookups of one host with another's rhythm whose next burst comes before echoWindow
// is over. They must come in the first half of the time to the next burst, and chance is measured in the time of the
// rhythm alone.
func followsFast(c *causer, r found, e *activity, hosts int) *echo {
	if !r.fast() || len(e.flurries) == 0 {
		return nil
	}
	window := min(echoWindow.Seconds(), r.period/2)
	var lags []float64
	var storms []run
	var counts []int
	heard := map[int64]bool{} // bursts that were followed, by the beginning
	for _, s := range e.flurries {
		if at, ok := lastBefore(r.runs, s.start); ok {
			if lag := float64(s.start-r.runs[at].start) / 1e9; lag <= window {
				lags, storms, counts = append(lags, lag), append(storms, s), append(counts, s.events)
				heard[r.runs[at].start] = true
			}
		}
	}
	if float64(len(lags)) < echoExplained*float64(len(e.flurries)) ||
		float64(len(heard)) < echoFollowed*float64(len(r.runs)) {
		return nil
	}
	p := coincidence(lags, len(e.flurries), len(r.runs), float64(r.slots)*r.period, 1, 3, 10, window) *
		float64(hosts*len(c.rhythms))
	if p > echoPValue {
		return nil
	}
	return &echo{cause: c.host, effect: e.host, lag: max(median(lags), 0), lookups: middle(counts),
		followed: len(heard), p: p, storms: storms}
}

// fast reports whether the next burst comes before all that may follow a burst is over.
func (o found) fast() bool { return o.period < 2*echoWindow.Seconds() }

// soleEcho pairs a lone storm with the lone burst before it; of several such hosts, with the one whose burst was
// nearest. A browser's lookups come with the page loads that they are for, so that they are the smaller part of its
// traffic; an echo does nothing but look up.
func soleEcho(days []*Day, causes []causer, hosts int, e *activity, span float64) (best *echo) {
	if len(e.storms) > soleBursts {
		return nil
	}
	storms := e.lookups.apart(e.storms, 1)
	if len(storms) == 0 || len(storms) < len(e.storms) {
		return nil
	}
	all, lookups := 0, math.MaxInt
	for _, s := range storms {
		all += e.sessions.between(s.start, s.end)
		lookups = min(lookups, s.events)
	}
	if lookups < soleStorm {
		return nil
	}
	pure := float64(e.lookups.inRuns(storms)) >= soleOne*float64(all) && e.asksOne >= soleOne
	for i := range causes {
		c, bursts := &causes[i], causes[i].lone
		if c.activity == e || len(bursts) != len(storms) {
			continue
		}
		x := &echo{cause: c.host, effect: e.host, lookups: lookups, followed: len(bursts), storms: storms, sole: true}
		var lags []float64
		for i, b := range bursts {
			if lag := float64(storms[i].start-b.start) / 1e9; b.events >= soleSize && lag >= -1 &&
				lag <= echoWindow.Seconds() {
				lags = append(lags, lag)
			}
		}
		if len(lags) < len(bursts) || !pure && sharedNames(days, x) < soleShared {
			continue
		}
		x.lag = max(median(lags), 0)
		x.p = coincidence(lags, len(storms), len(bursts), span, 3, 10, 30, echoWindow.Seconds()) * float64(hosts)
		if best == nil || x.lag < best.lag {
			best = x
		}
	}
	return best
}

// inRuns counts the events of the runs.
func (l *line) inRuns(runs []run) (n int) {
	for _, r := range runs {
		n += l.between(r.start, r.end)
	}
	return n
}

// coincidence gives the chance that k of n storms at random times in span seconds fall within a lag of one of the
// causes: for the best of the lags that are tried, times their number.
func coincidence(lags []float64, n, causes int, span float64, tries ...float64) float64 {
	best := 1.0
	for _, lag := range tries {
		k := 0
		for _, x := range lags {
			if x <= lag {
				k++
			}
		}
		q := min(float64(causes)*(lag+1)/span, 1)
		if k == 0 {
			continue
		}
		b := distuv.Binomial{N: float64(n), P: q}
		p := b.Survival(float64(k) - 1)
		if p <= 0 { // beyond what a float holds: n choose k is at most 2^n
			p = math.Exp(float64(k)*math.Log(q) + float64(n)*math.Ln2)
		}
		best = min(best, p)
	}
	return min(best*float64(len(tries)), 1)
}

// observed gives the time that the log covers, in seconds.
func observed(days []*Day) float64 {
	ns := int64(0)
	for _, d := range days {
		ns += d.Last - d.First
	}
	return max(float64(ns)/1e9, 1)
}

// nearestBefore gives the time since the last of the runs began, with a second of grace for the precision of clocks.
func nearestBefore(runs []run, at int64) (lag float64, ok bool) {
	i, ok := lastBefore(runs, at)
	if !ok {
		return 0, false
	}
	return float64(at-runs[i].start) / 1e9, true
}

// lastBefore gives the last of the runs that began before the time, or within the second after it.
func lastBefore(runs []run, at int64) (place int, ok bool) {
	i, _ := slices.BinarySearchFunc(runs, at+int64(time.Second)+1, func(r run, t int64) int {
		if r.start < t {
			return -1
		}
		return 1
	})
	return i - 1, i > 0
}

// between counts events of the slots that touch [from, to).
func (l *line) between(from, to int64) int {
	n := 0
	for i := int(floorDiv(from-l.start, int64(SlotLen))); i <= int(floorDiv(to-1-l.start, int64(SlotLen))); i++ {
		n += int(l.slots[i])
	}
	return n
}

// even reports whether the events between two times come at even intervals: in slots that have any, their number varies
// much less than at random. Whole slots are looked at, so that stamps to the second are as good as finer ones.
func (l *line) even(from, to int64) bool {
	n, sum, squares := 0.0, 0.0, 0.0
	for i := int(floorDiv(from-l.start, int64(SlotLen))) + 1; i < int(floorDiv(to-l.start, int64(SlotLen))); i++ {
		if x := float64(l.slots[i]); x > 0 {
			n, sum, squares = n+1, sum+x, squares+x*x
		}
	}
	return n > 0 && squares-sum*sum/n <= resetSpread*sum
}

func sharedNames(days []*Day, e *echo) float64 {
	var shared, all uint64
	for _, d := range days {
		shared += d.Echoes[Pair{e.cause, e.effect}]
		if h := d.Hosts[e.effect]; h != nil {
			all += h.PTRs.Total()
		}
	}
	if all == 0 {
		return 0
	}
	return float64(shared) / float64(all)
}

// echoFindings reports the hosts whose lookups answer another one's bursts.
func echoFindings(q *inquiry) (out []Finding) {
	for _, a := range q.hosts {
		if e := q.echoOf[a.host]; e != nil {
			out = append(out, echoFinding(a, e))
		}
	}
	return out
}

func echoFinding(a *activity, e *echo) Finding {
	f := Finding{
		ID: fmt.Sprintf("ptr-storm-%v-%v", e.effect, e.cause), Kind: PTRStorm,
		Echo: Echo{Causes: e.cause.String(), LagS: e.lag, Lookups: e.lookups, Shared: e.shared}, PValue: e.p,
		Seen: len(e.storms), Missed: max(e.followed-len(e.storms), 0),
		Score: 1 - math.Exp(math.Log10(max(e.p, 1e-300))/3),
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
