package detect

import (
	"fmt"
	"slices"
	"time"
)

// LoadKind is the kind of a host that opens many sessions for so long that it is no burst.
const LoadKind = "load"

// The bounds of a load. Over made-up quiet networks of all sorts the busiest host opens at most 0.60 sessions a second over
// ten minutes and 41 % of all sessions, which lies below each of them.
const (
	loadRate     = 60  // sessions a minute that are a load, whatever the others do
	loadLeast    = 6   // sessions a minute that can be one
	loadMany     = 300 // sessions of a host whose load is known by its share alone
	loadShare    = 0.5 // … of all sessions of the window
	loadAhead    = 3   // … and so many times those of the next host
	loadGap      = 10  // minutes below the rate that do not end a load
	loadWarn     = 300 // sessions a minute that are a warning, where they are most of all sessions
	slotsAMinute = int(time.Minute / SlotLen)
)

// Load holds what part of the network's sessions a load is.
type Load struct {
	Share float64 `json:"share,omitempty"` // of all sessions opened at that time, 0..1
}

// loadSpell is a stretch of whole minutes of a span.
type loadSpell struct {
	from, to int // minutes, half-open
	n        float64
}

// minute is the number of sessions that a host opened in a minute of a span.
type minute struct {
	at int
	n  float64
}

// minutes lists the minutes of the span in which the host opened sessions, in order.
func (l *line) minutes() []minute {
	var out []minute
	for _, i := range l.hot {
		at := i / slotsAMinute
		if n := len(out); n == 0 || out[n-1].at != at {
			out = append(out, minute{at, 0})
		}
		out[len(out)-1].n += float64(l.slots[i])
	}
	return out
}

// loadSpells finds the stretches of at least burstLong in which a host opens rate sessions a minute or more on the average.
// Minutes below the rate end a stretch where there are more than loadGap of them on end, or where they would bring its
// average below the rate.
func loadSpells(minutes []minute, rate float64) []loadSpell {
	var out []loadSpell
	between := 0.0 // sessions since the last stretch, in minutes below the rate
	for _, m := range minutes {
		if m.n < rate {
			between += m.n
			continue
		}
		if n := len(out); n > 0 {
			last := &out[n-1]
			sum := last.n + between + m.n
			if m.at-last.to <= loadGap && sum >= rate*float64(m.at+1-last.from) {
				last.to, last.n, between = m.at+1, sum, 0
				continue
			}
		}
		out, between = append(out, loadSpell{m.at, m.at + 1, m.n}), 0
	}
	least := int(burstLong / time.Minute)
	return slices.DeleteFunc(out, func(s loadSpell) bool { return s.to-s.from < least })
}

// within sums the sessions of a stretch.
func (s loadSpell) within(minutes []minute) (sum float64) {
	i, _ := slices.BinarySearchFunc(minutes, s.from, func(m minute, at int) int { return m.at - at })
	for ; i < len(minutes) && minutes[i].at < s.to; i++ {
		sum += minutes[i].n
	}
	return sum
}

// loadFindings reports hosts that open sessions faster than any ordinary host does, or most of all sessions, for more than
// burstLong: what is shorter is a burst.
func loadFindings(q *inquiry) []Finding {
	minutes := make([][]minute, len(q.hosts))
	for i, a := range q.hosts {
		minutes[i] = a.sessions.minutes()
	}
	all := func(s loadSpell) (sum float64) {
		for _, m := range minutes {
			sum += s.within(m)
		}
		return sum
	}
	var out []Finding
	for i, a := range q.hosts {
		if q.echoOf[a.host] != nil {
			continue
		}
		spells := loadSpells(minutes[i], loadRate)
		if len(spells) == 0 && q.most(a) {
			spells = loadSpells(minutes[i], loadLeast)
			n := 0.0
			for _, s := range spells {
				n += s.n
			}
			if 2*n < float64(a.sessionN) {
				spells = nil // it did so now and then: no load, but much on the whole
			}
		}
		if len(spells) > 0 {
			out = append(out, a.loadFinding(q, spells, all))
		}
	}
	return out
}

// most reports whether the host opened most of all sessions of the window, and far more than any other.
func (q *inquiry) most(a *activity) bool {
	var all, next uint64
	for _, x := range q.hosts {
		all += x.sessionN
		if x != a {
			next = max(next, x.sessionN)
		}
	}
	n := float64(a.sessionN)
	return n >= loadMany && n >= loadShare*float64(all) && n >= loadAhead*float64(next)
}

// loadFinding makes one finding of a host's loads; the largest of them gives its numbers.
func (a *activity) loadFinding(q *inquiry, spells []loadSpell, all func(loadSpell) float64) Finding {
	at := func(minute int) time.Time {
		return time.Unix(0, a.sessions.start+int64(minute)*int64(time.Minute)).UTC()
	}
	f := Finding{ID: fmt.Sprintf("load-%v", a.host), Kind: LoadKind, Host: a.host.String(), Name: a.name, Seen: len(spells)}
	worst := spells[0]
	for _, s := range spells {
		if s.n > worst.n {
			worst = s
		}
		f.Sessions += int(s.n)
	}
	f.Start, f.End = at(spells[0].from), at(spells[len(spells)-1].to)
	if f.Start.Before(q.w.From) {
		f.Start = q.w.From
	}
	if f.End.After(q.w.To) {
		f.End = q.w.To
	}
	length := float64(worst.to - worst.from)
	f.LengthS, f.RateS = length*60, worst.n/(length*60)
	f.Share = worst.n / max(all(worst), 1)
	f.Score = 1
	if worst.n/length >= loadWarn && f.Share >= loadShare {
		f.Severity = Warning
	}
	for _, d := range q.days {
		if h := d.Hosts[a.host]; h != nil {
			f.Peers = max(f.Peers, int(h.Peers))
		}
	}
	f.Ports = topPorts(q.days, a.host, 3)
	f.Evidence.Events = uint64(f.Sessions)
	f.Evidence.Ask = Ask{From: f.Start, To: f.End, Host: a.host, Kind: "session-new"}
	return f
}

// dropTold takes out loads that other findings about the same host tell of already: a scan, a storm, a dead service or a
// rhythm that covers half of the load's time.
func dropTold(fs []Finding) []Finding {
	return slices.DeleteFunc(fs, func(f Finding) bool {
		if f.Kind != LoadKind {
			return false
		}
		return slices.ContainsFunc(fs, func(o Finding) bool {
			switch o.Kind {
			case PeriodicBurst, PTRStorm, DNSStorm, ScanKind, ResetKind:
			default:
				return false
			}
			from, to := o.Start, o.End
			if from.Before(f.Start) {
				from = f.Start
			}
			if to.After(f.End) {
				to = f.End
			}
			return o.Host == f.Host && 2*to.Sub(from) >= f.End.Sub(f.Start)
		})
	})
}
