package detect

import (
	"cmp"
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

// touches reports whether the window has a part of the day.
func (w Window) touches(d *Day) bool {
	return d.Date.Start().Before(w.To) && d.Date.End().After(w.From)
}

// within cuts w to the time that the events of the days cover: what is usual is judged by the time that was seen, not
// by the time that was asked for.
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

// Findings judges the days, each date at most once, and gives what has a part in the window, told with its whole
// extent; most severe first. It is a pure function: the same days and config give the same findings. Days beside the
// window (see Besides) are needed for what crosses its edges.
func Findings(days []*Day, cfg Config, w Window) []Finding {
	return findings(days, cfg, cfg.Reach(w), w)
}

// findings judges the days within reach, and gives what has a part in asked.
func findings(days []*Day, cfg Config, reach, asked Window) []Finding {
	q := newInquiry(days, &cfg, reach, asked)
	var out []Finding
	for _, k := range kindTable() {
		for _, f := range k.find(q) {
			f.Severity = cmp.Or(f.Severity, k.least)
			if f.in(asked) {
				out = append(out, f)
			}
		}
	}
	out = dropTold(out, q)
	interleave(out)
	guessApplications(out, q.days, cfg.Location)
	suspectShrinks(q.days, out)
	setKeys(out)
	chain(out, q.days)
	q.lost.carry(out)
	touch(out, len(RoutersOf(q.days)))
	q.machines.name(out)
	sortFindings(out)
	return out
}

// inquiry holds what all detectors judge by. Each of them is a function of it alone.
type inquiry struct {
	days   []*Day // that touch the reach of the window, in order of date
	w      Window // the reach of the window, cut to what the days cover
	asked  Window // the window
	beside []*Day // days, and those that lie within a day of them
	all    []*Day // all that are known, for what is new
	cfg    *Config
	hosts  []*activity          // in order of address
	echoes []echo               // hosts that only answer another one's bursts
	echoOf map[netip.Addr]*echo // the same, by the host that answers
	lost   lossTable

	machines *census // nil: each address is a machine
}

func newInquiry(days []*Day, cfg *Config, reach, asked Window) *inquiry {
	days = slices.Clone(days)
	slices.SortFunc(days, func(a, b *Day) int { return cmp.Compare(a.Date, b.Date) })
	machines := machinesOf(days)
	days = machines.unify(days)
	q := &inquiry{machines: machines, days: reach.Touched(days), asked: asked, cfg: cfg, echoOf: map[netip.Addr]*echo{}}
	q.beside, q.all = reach.wide().Touched(days), days
	q.w, days = reach.within(q.days), q.days
	q.hosts = activities(days, q.beside, q.w)
	findLoads(q.hosts, newSpan(q.w))
	findPatterns(q.hosts, cfg)
	q.echoes = findEchoes(days, q.hosts)
	for i := range q.echoes {
		q.echoOf[q.echoes[i].effect] = &q.echoes[i]
	}
	q.lost = losses(days)
	return q
}

// Touched gives those of the days that the window has a part of.
func (w Window) Touched(days []*Day) (out []*Day) {
	for _, d := range days {
		if w.touches(d) {
			out = append(out, d)
		}
	}
	return out
}

// ofHosts joins the findings that f makes of each host's own traffic, in order of address. Hosts that only answer
// another one's bursts are left out: their traffic is explained.
func (q *inquiry) ofHosts(f func(a *activity) []Finding) (out []Finding) {
	found := make([][]Finding, len(q.hosts))
	sideBySide(len(q.hosts), func(i int) {
		if a := q.hosts[i]; q.echoOf[a.host] == nil {
			found[i] = f(a)
		}
	})
	return slices.Concat(found...)
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

// RoutersOf lists the routers that the days have lines of, by name.
func RoutersOf(days []*Day) []string {
	out := []string{}
	for _, d := range days {
		for name := range d.Routers {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
