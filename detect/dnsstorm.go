package detect

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"time"

	"uncloak/parse"
)

// DNSStorm is the kind of a host that asks for far too many names.
const DNSStorm = "dns-storm"

// The classes of DNSStorm, besides Unanswered.
const (
	Sudden  = "sudden"   // spells of many lookups
	OneName = "one name" // the same name again and again
	Steady  = "steady"   // many lookups for long, from some time on
)

const (
	maxAsked     = 32  // names counted for a host and day
	fewNames     = 4   // … where there is no room for more
	stormPeak    = 60  // lookups in ten seconds, below which nothing is a storm
	stormLeast   = 200 // lookups of a storm
	stormOthers  = 4.0 // times the median of what the other hosts' fullest slots have
	stormHosts   = 3   // other hosts with lookups, to know what is usual in this network
	stormOwn     = 0.5 // share of the host's sessions in the storm that must be lookups: else they serve another burst
	stormRate    = 0.5 // lookups a second, for at least …
	stormLong    = 3   // … so many ten-minute spans on end, that make a steady storm
	stormRise    = 8.0 // times the host's own usual
	stormDead    = 0.8 // share of the lookups whose outcome is known that get no answer
	stormOneName = 0.8 // share of one name
	stormBin     = 60  // slots in ten minutes
	namesShown   = 3   // names in a finding
	stormJudged  = 100 // lookups whose outcome must be known
)

// Storm holds the names that a host asked for most; it is empty where names are not logged.
type Storm struct {
	Names []Count `json:"names,omitempty"`
}

// Count says how often something was seen.
type Count struct {
	What string `json:"what"`
	N    uint64 `json:"n"`
}

// asked counts a lookup by name.
func (hs *hostState) asked(e *parse.Event, slot, sec int) {
	hs.asks.add(&hs.host.Asks, slot, sec, netip.Addr{})
	if hs.host.Names == nil {
		hs.host.Names = map[string]uint64{}
	}
	m, name := hs.host.Names, e.Detail.String()
	if _, ok := m[name]; !ok && (len(m) >= maxAsked || hs.noRoom && len(m) >= fewNames) {
		for x, n := range m {
			if n <= 1 {
				delete(m, x)
			} else {
				m[x] = n - 1
			}
		}
	}
	m[name]++
}

// asking holds what the storm detector knows of one host.
type asking struct {
	*activity
	line  *line
	named bool   // the line is of names, not of sessions to port 53
	peak  uint32 // lookups of its fullest slot
}

// stormFindings reports hosts that ask for far more names than the rest of the network, or than they did before. Hosts
// whose lookups answer another host's bursts are left out: they are explained.
func stormFindings(q *inquiry) []Finding {
	days := q.days
	sp := newSpan(q.w)
	var all []asking
	for _, a := range q.hosts {
		x := asking{activity: a, line: a.lookups}
		names := slices.ContainsFunc(days, func(d *Day) bool {
			h := d.Hosts[a.host]
			return h != nil && len(h.Asks.Slots) > 0
		})
		// a.lookups may be those
		if slices.ContainsFunc(days, func(d *Day) bool {
			h := d.Hosts[a.host]
			return h != nil && len(h.PTRs.Slots) > 0
		}) {
			x.line = sp.lay(days, seriesOf(a.host, func(h *Host) *Series { return &h.Lookups }))
		}
		if names {
			asks := sp.lay(days, seriesOf(a.host, func(h *Host) *Series { return &h.Asks }))
			if asks.total() > x.line.total() {
				x.line, x.named = asks, true
			}
		}
		if a.heaped && !x.named && (x.line != a.lookups || !a.byName) {
			continue // of sessions, and only their ends are logged
		}
		for _, n := range x.line.slots {
			x.peak = max(x.peak, n)
		}
		if x.peak > 0 {
			all = append(all, x)
		}
	}
	var out []Finding
	for i := range all {
		x := &all[i]
		if q.echoOf[x.host] != nil {
			continue
		}
		if f, ok := x.steady(days, func(from, to int) bool { return x.serves(q.hosts, len(all)-1, from, to) }); ok {
			out = append(out, f)
		} else if f, ok := x.sudden(days, usualPeak(all, i)); ok && len(x.rhythms) == 0 {
			out = append(out, f)
		}
	}
	loops := loopFindings(q)
	return append(withoutLoops(out, loops), loops...)
}

// usualPeak gives the median of the other hosts' fullest slots; 0 when there are too few hosts.
func usualPeak(all []asking, but int) float64 {
	var peaks []float64
	for i := range all {
		if i != but {
			peaks = append(peaks, float64(all[i].peak))
		}
	}
	if len(peaks) < stormHosts {
		return 0
	}
	return middle(peaks)
}

// sudden looks for spells of lookups that stand apart from what the host and the others do otherwise.
func (x *asking) sudden(days []*Day, others float64) (Finding, bool) {
	if float64(x.peak) < max(stormPeak, stormOthers*others) {
		return Finding{}, false
	}
	var storms []run
	bursts, _ := x.line.bursts()
	for _, r := range x.line.apart(bursts, 1) {
		if r.events >= stormLeast && float64(r.peak) >= max(stormPeak, stormOthers*others) && x.mostly(r) {
			storms = append(storms, r)
		}
	}
	if len(storms) == 0 {
		return Finding{}, false
	}
	f := x.base(days, Sudden)
	fillBursts(&f, x.activity, storms)
	f.Seen, f.Lookups, f.Peers = len(storms), f.Sessions, 0
	f.Score = min(0.6+0.1*float64(len(storms)), 0.95)
	f.ask(x)
	return f, true
}

// mostly reports whether the host does hardly anything but ask in the storm.
func (x *asking) mostly(r run) bool {
	if x.named {
		return true
	}
	all := 0
	for i := r.from; i <= r.to; i++ {
		all += int(x.sessions.slots[i])
	}
	return float64(r.events) >= stormOwn*float64(all)
}

// inBins counts the line's events in those ten-minute spans.
func (l *line) inBins(from, to int) (n int) {
	for i := from * stormBin; i < to*stormBin; i++ {
		n += int(l.slots[i])
	}
	return n
}

// serves reports whether sessions explain the lookups: those of the host itself, when a person works at it and its
// browser loads page after page, or, when hardly any other host asks outside, those of the whole network that it
// resolves names for.
func (x *asking) serves(hosts []*activity, askers, from, to int) bool {
	n, own := x.line.inBins(from, to), x.sessions.inBins(from, to)
	if x.named {
		own += n
	}
	if float64(n) < stormOwn*float64(own) {
		return true
	}
	if askers >= stormHosts {
		return false
	}
	network := 0
	for _, a := range hosts {
		if a.host != x.host {
			network += a.sessions.inBins(from, to)
		}
	}
	return n < network
}

// steady looks for lookups without a pause: answers that never come, one name again and again, or far more than before,
// which serve no sessions.
func (x *asking) steady(days []*Day, serves func(from, to int) bool) (Finding, bool) {
	bins := map[int]float64{}
	for i, n := range x.line.slots {
		bins[i/stormBin] += float64(n)
	}
	least := stormRate * stormBin * SlotLen.Seconds()
	from, to, n := longest(bins, func(v float64) bool { return v >= least })
	if n == 0 {
		return Finding{}, false
	}
	class := ""
	asked, silent := answers(days, x.host)
	names := x.names(days)
	switch total := float64(x.line.total()); {
	case asked >= stormJudged && float64(silent) >= stormDead*float64(asked):
		class = Unanswered
	case x.named && len(names) > 0 && float64(names[0].N) >= stormOneName*total:
		class = OneName
	default:
		values := slices.Collect(maps.Values(bins))
		usual, _ := sparseMedian(values, float64(x.line.n)/stormBin)
		rise := max(least, stormRise*usual)
		from, to, n = longest(bins, func(v float64) bool { return v >= rise })
		if n == 0 || x.sinceEver(from) || serves(from, to) {
			return Finding{}, false
		}
		class = Steady
	}
	f := x.base(days, class)
	f.Start = time.Unix(0, x.line.start+int64(from)*stormBin*int64(SlotLen)).UTC()
	f.End = time.Unix(0, x.line.start+int64(to)*stormBin*int64(SlotLen)).UTC()
	f.Lookups, f.RateS, f.Score = int(n), n/f.End.Sub(f.Start).Seconds(), 0.85
	f.Evidence.Events = uint64(n)
	f.ask(x)
	return f, true
}

// sinceEver reports whether the spell began where the log does: then nothing shows that it was ever otherwise.
func (x *asking) sinceEver(bin int) bool { return bin <= 1 }

// longest finds the row of at least stormLong bins on end for which holds is true, half-open, with the largest sum.
func longest(bins map[int]float64, holds func(float64) bool) (from, to int, sum float64) {
	at, end, n := 0, -1, 0.0
	for _, i := range slices.Sorted(maps.Keys(bins)) {
		if !holds(bins[i]) {
			continue
		}
		if i != end {
			at, n = i, 0
		}
		end = i + 1
		if n += bins[i]; n > sum && end-at >= stormLong {
			from, to, sum = at, end, n
		}
	}
	return from, to, sum
}

// answers counts the lookups whose outcome the log shows, and those without an answer.
func answers(days []*Day, host netip.Addr) (known, silent uint64) {
	for _, d := range days {
		h := d.Hosts[host]
		if h == nil {
			continue
		}
		for door, t := range h.Targets {
			if door.Port.Port == 53 {
				known, silent = known+t.Done+t.Refused+t.Silent, silent+t.Silent
			}
		}
	}
	return known, silent
}

func (x *asking) names(days []*Day) (out []Count) {
	sum := map[string]uint64{}
	for _, d := range days {
		if h := d.Hosts[x.host]; h != nil {
			for n, k := range h.Names {
				sum[n] += k
			}
		}
	}
	for n, k := range sum {
		out = append(out, Count{n, k})
	}
	slices.SortFunc(out, func(a, b Count) int { return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.What, b.What)) })
	return out[:min(len(out), namesShown)]
}

func (x *asking) base(days []*Day, class string) Finding {
	f := Finding{ID: fmt.Sprintf("dns-storm-%v", x.host), Kind: DNSStorm, Class: class, Host: x.host.String(),
		Name: x.name}
	f.Names = x.names(days)
	if x.resolver.IsValid() {
		f.Resolver = x.resolver.String()
	}
	return f
}

func (f *Finding) ask(x *asking) {
	f.Evidence.Ask = Ask{From: f.Start, To: f.End, Host: x.host, Port: 53, Kind: "session-new"}
	if x.named {
		f.Evidence.Ask.Port, f.Evidence.Ask.Kind = 0, "dns-query"
	}
}
