package detect

import (
	"slices"
	"time"
)

// LoadKind is the kind of a host that opens many sessions for so long that it is no burst.
const LoadKind = "load"

// The bounds of a load. Over made-up quiet networks of all sorts the busiest host opens at most 0.60 sessions a second
// over ten minutes and 41 % of all sessions, which lies below each of them.
const (
	loadRate  = 50  // sessions a minute that are a load; a little less than one a second, as that varies
	loadLeast = 6   // sessions a minute that can be one, where the host opens most of all
	loadMany  = 300 // sessions of a host whose load is known by its share alone
	// … of all sessions of the window; of those at the time of a load, which make a host the busy one
	loadShare    = 0.5
	loadAhead    = 1.5 // … and so many times those of the next host
	loadBeside   = 2.5 // times the sessions of other hosts that make a host a busy one …
	loadOthers   = 2   // … where so many at most have more than that
	loadGap      = 10  // minutes below the rate that do not end a load
	loadWarn     = 300 // sessions a minute that are one whatever the others do; a warning, where they are half of all
	loadWhole    = 2   // a short spell is told of where the window is so many times as long
	loadAlike    = 4   // times as busy as the rest a part of a load may be
	loadSteady   = 0.6 // of the minutes of a load, those that have sessions
	slotsAMinute = int(time.Minute / SlotLen)
)

// A spell too short for a load is told of as a burst where it has heavyMany sessions, and besides its fullest ten
// seconds still heavyRest and heavyEach a minute. A large page is hardly more than its fullest ten seconds: over quiet
// networks with pages of up to 400 sessions the rest is at most 36 in a minute, 123 in five, 240 in ten.
const (
	heavyMany = 300
	heavyRest = 100
	heavyEach = 40
)

// loadSpell is a stretch of whole minutes of a span.
type loadSpell struct {
	from, to int // minutes, half-open
	n        float64
}

func (s loadSpell) rate() float64 { return s.n / float64(s.to-s.from) }

// long reports whether the spell is too long for a burst.
func (s loadSpell) long() bool { return s.to-s.from > int(burstLong/time.Minute) }

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

// loadSpells finds the stretches in which a host opens rate sessions a minute or more. Minutes below the rate end a
// stretch unless they and the next one reach half of it; then stretches with at most loadGap between them are joined
// where one is at most four times as busy as the other.
func loadSpells(minutes []minute, rate float64) []loadSpell {
	var parts []loadSpell
	between := 0.0 // sessions since the last stretch, in minutes below the rate
	for _, m := range minutes {
		if m.n < rate {
			between += m.n
			continue
		}
		if n := len(parts); n > 0 {
			last := &parts[n-1]
			if more := between + m.n; more >= rate/2*float64(m.at+1-last.to) {
				last.to, last.n, between = m.at+1, last.n+more, 0
				continue
			}
		}
		parts, between = append(parts, loadSpell{m.at, m.at + 1, m.n}), 0
	}
	var out []loadSpell
	for _, s := range parts {
		if n := len(out); n > 0 {
			last := &out[n-1]
			busy, calm := max(last.rate(), s.rate()), min(last.rate(), s.rate())
			both := loadSpell{from: last.from, to: s.to}
			both.n = both.within(minutes)
			if s.from-last.to <= loadGap && busy <= loadAlike*calm && both.rate() >= rate {
				*last = both
				continue
			}
		}
		out = append(out, s)
	}
	return out
}

// evenSpells finds the stretches of at least loadRate sessions a minute, each by a bound between a quarter and half of
// its rate: so a load begins where it begins, however much or little the host does before. Stretches do not overlap:
// where one is found by a lower bound, its parts are not.
func evenSpells(minutes []minute, accept func(loadSpell) bool) (out []loadSpell) {
	most := 0.0
	for _, m := range minutes {
		most = max(most, m.n)
	}
	for rate := float64(loadRate) / loadAlike; rate <= most; rate *= 2 {
		for _, s := range loadSpells(minutes, rate) {
			if s.rate() <= loadAlike*rate && s.steady(minutes, rate/2) && accept(s) &&
				!slices.ContainsFunc(out, func(o loadSpell) bool { return o.from < s.to && o.to > s.from }) {
				out = append(out, s)
			}
		}
	}
	slices.SortFunc(out, func(a, b loadSpell) int { return a.from - b.from })
	return out
}

// of gives the minutes of a stretch.
func (s loadSpell) of(minutes []minute) []minute {
	at := func(i int) int {
		k, _ := slices.BinarySearchFunc(minutes, i, func(m minute, at int) int { return m.at - at })
		return k
	}
	return minutes[at(s.from):at(s.to)]
}

// within sums the sessions of a stretch.
func (s loadSpell) within(minutes []minute) (sum float64) {
	for _, m := range s.of(minutes) {
		sum += m.n
	}
	return sum
}

// opening holds what all hosts open, minute by minute.
type opening [][]minute

// share gives the part of all sessions in a spell that host number i opened, and reports whether it is a busy one: with
// half of all, with loadWarn, or far more than all other hosts but loadOthers, which may have a load of their own.
func (c opening) share(s loadSpell, i int) (share float64, busy bool) {
	all, near := 0.0, 0
	for k, ms := range c {
		n := s.within(ms)
		if all += n; k != i && s.n < loadBeside*n {
			near++
		}
	}
	share = s.n / max(all, 1)
	return share, share >= loadShare || near <= loadOthers || s.rate() >= loadWarn
}

// findLoads finds the spells in which hosts open sessions faster than any ordinary host does: those of more than
// burstLong are its loads, the shorter ones its heavy spells.
func findLoads(hosts []*activity, sp span) {
	all := make(opening, len(hosts))
	for i, a := range hosts {
		all[i] = a.sessions.minutes()
	}
	sideBySide(len(hosts), func(i int) {
		a := hosts[i]
		for _, s := range evenSpells(all[i], func(s loadSpell) bool {
			if s.long() {
				return s.rate() >= loadRate
			}
			return !a.heaped && loadWhole*(s.to-s.from)*slotsAMinute <= sp.n && !a.looksUp() && a.sessions.heavy(s)
		}) {
			share, busy := all.share(s, i)
			r := a.sessions.runOf(s)
			switch {
			case !busy, s.rate() < loadWarn && a.pages(r):
			case s.long():
				a.loads = append(a.loads, loadOf{s, share})
			default:
				a.heavy = append(a.heavy, r)
			}
		}
		if len(a.loads) == 0 && mostOf(hosts, a) && !a.rounds() {
			a.loads = mostLoads(all, i, a)
		}
	})
}

// looksUp reports whether nearly all that the host opens are lookups: these are light, and dns-storm judges them.
func (a *activity) looksUp() bool { return 5*a.lookupN >= 4*a.sessionN }

// loadOf is a load with its share of all sessions at the time.
type loadOf struct {
	loadSpell
	share float64
}

// mostLoads finds the light loads of host number i, which opens most of all sessions; none where it does less than
// half of that so, or in rows of pages: then it opened much on the whole, now and then.
func mostLoads(all opening, i int, a *activity) (out []loadOf) {
	n := 0.0
	for _, s := range loadSpells(all[i], loadLeast/2) {
		if s.long() && s.rate() >= 0.9*loadLeast && s.steady(all[i], loadLeast/3) &&
			!a.pages(a.sessions.runOf(s)) {
			share, _ := all.share(s, i)
			out, n = append(out, loadOf{s, share}), n+s.n
		}
	}
	if 2*n < float64(a.sessionN) {
		return nil
	}
	return out
}

// steady reports whether most minutes of the spell have at least so many sessions. Those between a person's pages have
// not.
func (s loadSpell) steady(minutes []minute, least float64) bool {
	n := 0
	for _, m := range s.of(minutes) {
		if m.n >= least {
			n++
		}
	}
	return float64(n) >= loadSteady*float64(s.to-s.from)
}

// heavy reports whether a short spell is more than any ordinary host opens in such a time: much, at a rate that would
// be a load, and not in one heap as a page is.
func (l *line) heavy(s loadSpell) bool {
	r := l.runOf(s)
	length := float64(r.end-r.start) / float64(time.Minute)
	n := float64(r.events)
	return n >= heavyMany && n >= loadRate*length && n-float64(r.peak) >= heavyRest+heavyEach*length
}

// runOf gives a spell as a burst, from the first slot with a quarter of its mean to the last.
func (l *line) runOf(s loadSpell) run {
	from, to := s.from*slotsAMinute, s.to*slotsAMinute-1
	least := uint32(s.n / float64(s.to-s.from) / float64(4*slotsAMinute))
	for from < to && l.slots[from] <= least {
		from++
	}
	for from < to && l.slots[to] <= least {
		to--
	}
	r := run{from: from, to: to}
	l.measure(&r)
	for i := from; i <= to; i++ {
		r.peak = max(r.peak, uint32(l.across(i)))
	}
	return r
}

// mostOf reports whether the host opened most of all sessions of the window, and far more than any other.
func mostOf(hosts []*activity, a *activity) bool {
	var all, next uint64
	for _, x := range hosts {
		all += x.sessionN
		if x != a {
			next = max(next, x.sessionN)
		}
	}
	n := float64(a.sessionN)
	return n >= loadMany && n >= loadShare*float64(all) && n >= loadAhead*float64(next)
}
