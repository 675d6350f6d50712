package detect

import (
	"net/netip"
	"time"

	"uncloak/parse"
)

// This file recognises a rule that logs at most so many new sessions a second or a minute (iptables -m limit, nft limit
// rate): above that the log is as flat as no traffic of several hosts is, and never higher.

// Cap says that a router's log of beginnings is cut off at so many a unit of time.
type Cap struct {
	N     uint32 // lines a unit
	UnitS uint32 // 1 or 60
	Flat  uint32 // units at which it was cut off
	Runs  uint32 // … in so many runs
	Above uint32 // units with more, but for the first ones of a run, which a limit's burst lets through
}

// capUnit counts the lines of one router by a unit of time.
type capUnit struct {
	unit    int64 // ns
	at      int64 // the running unit
	n       uint32
	low     uint32 // of the running run
	high    uint32
	length  uint32
	hosts   [capHosts]capHost // the first that were seen in the run
	nHosts  int
	caps    [capLevels]Cap // levels that runs were flat at
	heights [capTop]uint32 // units by their count
}

// capHost is one host's part of a run.
type capHost struct {
	host         netip.Addr
	n, low, high uint32 // lines in the running unit; the fewest and the most in a unit of the run
}

const (
	capHosts  = 3   // hosts whose sessions must be in a run: one program may be as even as a limit
	capRun    = 12  // units of a run that differ by one at most: by chance, at three a unit or more, once in 10⁵
	capRuns   = 3   // runs at the same height …
	capLong   = 60  // … or so many units in them
	capLeast  = 3   // lines a unit
	capLevels = 4   // heights that are told apart
	capTop    = 512 // the highest that is counted
	capAbove  = 0.1 // of the flat units: more units above them are no limit's bursts
)

func (c *capUnit) note(ns int64, host netip.Addr) {
	if at := ns / c.unit; at != c.at {
		c.next(at)
	}
	c.n++
	for i := range c.nHosts {
		if c.hosts[i].host == host {
			c.hosts[i].n++
			return
		}
	}
	if c.nHosts < capHosts {
		c.hosts[c.nHosts] = capHost{host: host, n: 1}
		c.nHosts++
	}
}

// next closes the running unit.
func (c *capUnit) next(at int64) {
	n := c.n
	c.heights[min(n, capTop-1)]++
	low, high := min(c.low, n), max(c.high, n)
	switch {
	case n < capLeast:
		c.endRun()
	case c.length > 0 && high-low <= 1:
		c.low, c.high, c.length = low, high, c.length+1
	default:
		c.endRun()
		c.low, c.high, c.length = n, n, 1
	}
	for i := range c.nHosts {
		h := &c.hosts[i]
		if h.high == 0 || h.n < h.low {
			h.low = h.n
		}
		h.high, h.n = max(h.high, h.n), 0
	}
	if at != c.at+1 {
		c.endRun()
	}
	c.at, c.n = at, 0
}

func (c *capUnit) endRun() {
	if c.length >= capRun && c.nHosts >= capHosts && !c.oneProgram() {
		for i := range c.caps {
			x := &c.caps[i]
			if x.Runs > 0 && x.N != c.high && x.N != c.low {
				continue
			}
			if x.Runs == 0 {
				x.N = c.high
			}
			x.Runs, x.Flat = x.Runs+1, x.Flat+c.length
			break
		}
	}
	c.length, c.nHosts = 0, 0
}

// oneProgram reports whether a host that has half of the lines goes as evenly by itself.
func (c *capUnit) oneProgram() bool {
	for i := range c.nHosts {
		if h := &c.hosts[i]; 2*h.high >= c.high && h.high-h.low <= 1 {
			return true
		}
	}
	return false
}

// found gives the height that most units were flat at, when hardly any was higher.
func (c *capUnit) found() (best Cap) {
	for _, x := range c.caps {
		if x.Flat > best.Flat {
			best = x
		}
	}
	for n := int(best.N) + 2; n < capTop; n++ {
		best.Above += c.heights[n]
	}
	best.UnitS = uint32(c.unit / int64(time.Second))
	if best.Runs < capRuns && best.Flat < capLong || float64(best.Above) > capAbove*float64(best.Flat) {
		return Cap{}
	}
	return best
}

// pace counts a line about a beginning.
func (t *Tracker) pace(e *parse.Event, rs *routerState, host netip.Addr) {
	if e.State != parse.NoState || e.Packets > 0 {
		return
	}
	if rs.caps == nil {
		rs.caps = &[2]capUnit{{unit: int64(time.Second)}, {unit: int64(time.Minute)}}
		t.charge(pacesBytes)
	}
	for i := range rs.caps {
		rs.caps[i].note(e.Time, host)
	}
}

// cap gives what is known of a limit; the finer unit goes first.
func (rs *routerState) cap() (c Cap) {
	if rs.caps == nil {
		return c
	}
	for i := range rs.caps {
		x := rs.caps[i]
		x.endRun()
		if c = x.found(); c.N > 0 {
			return c
		}
	}
	return c
}

// CappedBy gives the limit of the router's log in these days, that of the day with most flat units.
func CappedBy(days []*Day, router string) (best Cap) {
	for _, d := range days {
		if r := d.Routers[router]; r != nil && r.Cap.Flat > best.Flat {
			best = r.Cap
		}
	}
	return best
}
