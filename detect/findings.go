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
