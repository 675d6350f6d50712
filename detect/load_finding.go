package detect

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"time"
)

// Load holds what part of the network's sessions a load is, and of a router's session table.
type Load struct {
	Share  float64 `json:"share,omitempty"`      // of all sessions opened at that time, 0..1
	Before bool    `json:"before_log,omitempty"` // it was there when the log began: since when is not known
}

// The part of the time's mean table that a load must hold, and how full the table must be at its fullest, for a
// warning.
const (
	holdsMuch = 0.5
	holdsFull = 0.6
)

// loadFindings reports hosts that open sessions faster than any ordinary host does, or most of all sessions, for more
// than burstLong.
func loadFindings(q *inquiry) []Finding {
	return q.ofHosts(func(a *activity) []Finding {
		told := slices.DeleteFunc(slices.Clone(a.loads), func(s loadOf) bool {
			r := a.sessions.runOf(s.loadSpell)
			return !q.asked.overlaps(r.start, r.end)
		})
		if len(told) == 0 {
			return nil
		}
		f := a.loadFinding(q, told)
		switch {
		case f.Severity != "", f.RateS >= loadWarn/60:
		case q.throughout(f.Start, f.End) && (q.served(a) || f.comesBack()):
			return nil // in a capture of nothing else: a client that is served, or one that might be browsing
		case a.toOne >= servedShare && q.served(a), q.resolves(a):
			return nil // lookups that are answered, or made for others: what is odd about them is a storm
		}
		return []Finding{f}
	})
}

// The marks of a host that resolves names for others.
const (
	resolvesAt  = 8   // servers that it passes nearly all questions on to, at most
	resolvesFor = 3   // other hosts that open sessions, at least
	resolvesAll = 0.1 // lookups that others make outside, as a part of its own, at most
)

// resolves reports whether the host resolves names for the others: nearly all that it opens are lookups at a few
// servers, which are not known to be silent, and the others hardly ask anybody else.
func (q *inquiry) resolves(a *activity) bool {
	known, silent := answers(q.days, a.host)
	if a.byName || !a.looksUp() || known >= stormJudged && float64(silent) >= stormDead*float64(known) {
		return false
	}
	asked, elsewhere := map[netip.Addr]uint64{}, uint64(0)
	for _, d := range q.days {
		for host, h := range d.Hosts {
			for server, n := range h.Resolvers {
				switch {
				case host == a.host:
					asked[server] += n
				case server != a.host:
					elsewhere += n
				}
			}
		}
	}
	n, others := slices.Sorted(maps.Values(asked)), 0
	most := uint64(0)
	for _, x := range n[max(len(n)-resolvesAt, 0):] {
		most += x
	}
	for _, o := range q.hosts {
		if o != a && o.sessionN > 0 {
			others++
		}
	}
	return others >= resolvesFor && 5*most >= 4*a.lookupN && float64(elsewhere) <= resolvesAll*float64(a.lookupN)
}

// comesBack reports whether a load of less than an hour and less than half of all sessions goes to the same peers over
// and over, ten sessions and more to each.
func (f *Finding) comesBack() bool {
	return f.Share < loadShare && f.End.Sub(f.Start) < time.Hour && 10*f.Peers <= f.Sessions
}

// loadFinding makes one finding of a host's loads; the largest of them gives its numbers.
func (a *activity) loadFinding(q *inquiry, loads []loadOf) Finding {
	f := Finding{ID: fmt.Sprintf("load-%v", a.host), Kind: LoadKind, Host: a.host.String(), Name: a.name,
		Seen: len(loads)}
	worst := loads[0]
	for _, s := range loads {
		if s.n > worst.n {
			worst = s
		}
		f.Sessions += int(s.n)
	}
	first, last := a.sessions.runOf(loads[0].loadSpell), a.sessions.runOf(loads[len(loads)-1].loadSpell)
	f.Start, f.End = time.Unix(0, first.start).UTC(), time.Unix(0, last.end).UTC()
	f.Start = later(f.Start, q.w.From)
	if f.End.After(q.w.To) {
		f.End = q.w.To
	}
	before, n := q.goesOn(a.host, f.Start, -1, worst.rate())
	after, m := q.goesOn(a.host, f.End, 1, worst.rate())
	f.Start, f.End, f.Sessions = before, after, f.Sessions+n+m
	most := a.sessions.runOf(worst.loadSpell)
	f.LengthS = float64(most.end-most.start) / 1e9
	f.RateS, f.Share, f.Score = float64(most.events)/f.LengthS, worst.share, 1
	f.Before = first.start-q.w.From.UnixNano() < int64(burstLong) && q.w.From.Equal(q.begins())
	if worst.rate() >= loadWarn && f.Share >= loadShare && !q.resolves(a) {
		f.Severity = Warning
	}
	f.holdsOf(q, a.host)
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

// dropTold takes out loads and heavy spells that other findings about the same host tell of already: a scan, a storm, a
// dead service or a rhythm that has half of their sessions, in half of their time.
func dropTold(fs []Finding, q *inquiry) []Finding {
	heavy := map[string]bool{} // hosts whose bursts are none that stand apart
	for _, a := range q.hosts {
		heavy[a.host.String()] = len(a.apart) == 0
	}
	return slices.DeleteFunc(fs, func(f Finding) bool {
		if f.Kind != LoadKind && (f.Kind != BurstKind || f.Class == EndsTogether || !heavy[f.Host]) {
			return false
		}
		return slices.ContainsFunc(fs, func(o Finding) bool { return o.Host == f.Host && o.tellsOf(&f) })
	})
}

// tellsOf reports whether o says already what a load or a heavy spell of the same host is.
func (o *Finding) tellsOf(f *Finding) bool {
	switch o.Kind {
	case PeriodicBurst, PTRStorm, DNSStorm, ScanKind, ResetKind:
	default:
		return false
	}
	from, to := later(o.Start, f.Start), o.End
	if to.After(f.End) {
		to = f.End
	}
	if 2*to.Sub(from) < f.End.Sub(f.Start) {
		return false
	}
	if len(o.Bursts) == 0 {
		return 2*o.Evidence.Events >= f.Evidence.Events
	}
	n := uint64(0)
	for _, b := range o.Bursts {
		if !b.Start.Before(f.Start) && b.Start.Before(f.End) {
			n += uint64(b.Sessions)
		}
	}
	return 2*n*uint64(max(o.Seen, len(o.Bursts))) >= f.Evidence.Events*uint64(len(o.Bursts)) // of more, some are listed
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// begins gives the time of the first event of all days, of those before the window, too.
func (q *inquiry) begins() time.Time {
	first := q.all[0].First
	for _, d := range q.all {
		first = min(first, d.First)
	}
	return time.Unix(0, first)
}

// holdsOf adds the host's part of the session table during the load, on the router where it holds most: on the average
// over the slots of the rebuilt table, and the table at its fullest then.
func (f *Finding) holdsOf(q *inquiry, host netip.Addr) {
	most := 0.0
	for _, name := range RoutersOf(q.days) {
		var held, all float64
		peak := 0
		for _, d := range q.days {
			r := d.Routers[name]
			if r == nil || d.Date.End().Before(f.Start) || d.Date.Start().After(f.End) {
				continue
			}
			for i := range r.Occupancy {
				l := &r.Occupancy[i]
				if at := d.Date.Start().Add(time.Duration(l.I) * SlotLen); at.Before(f.Start) || at.After(f.End) {
					continue
				}
				all += float64(l.Total)
				peak = max(peak, int(l.Total))
				for _, h := range l.Holders {
					if h.Host == host {
						held += float64(h.N)
					}
				}
			}
		}
		if held > most {
			most = held
			f.TableShare, f.Entries, f.Capacity = held/all, peak, q.cfg.table(name)
			if len(q.days[0].Routers) > 1 {
				f.Router = name
			}
		}
	}
	if f.Capacity > 0 && f.TableShare >= holdsMuch && float64(f.Entries) >= holdsFull*float64(f.Capacity) {
		f.Severity = Warning
	}
}
