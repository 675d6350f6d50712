package report

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"uncloak/detect"
)

// Bounds of what is shown live.
const (
	maxLiveHosts   = 15
	maxLiveRouters = 20
	livePicture    = 2 * time.Hour // that the picture of the session table reaches back
	liveRate       = time.Minute   // over which rates are counted
	liveFresh      = time.Minute   // for which a router's last known table counts as that of now
)

// Live holds what a network does at the moment, as far as its log tells. Its text is clean.
type Live struct {
	At       string  // time to which it holds: that of the last event
	Zone     string  // of At
	Stale    string  // sentence that the log has been silent for long; "" while it goes on
	Rate     string  // sessions opened a second, over the last minute of the log
	Sessions string  // opened on this day
	Tables   []Gauge // by router
	Hosts    Grid    // that hold the tables, or open sessions, at the moment
	Picture  []Figure
}

// Gauge shows how full the session table of a router is.
type Gauge struct {
	Router, Entries, Size, Share, Peak string
	Percent                            int    // of Size, 0 to 100; 0 where the size is not known
	Level                              string // critical, warning or quiet, by Percent
}

// NewLive makes the view of the moment opt.Now from the days since opt.From.
func NewLive(days []*detect.Day, opt Options) *Live {
	names := hostNames(days, opt.Names)
	c := newClock(&opt)
	last := time.Time{}
	for _, d := range days {
		if d.Last > 0 {
			last = later(last, time.Unix(0, d.Last))
		}
	}
	if last.After(opt.Now) { // a clock that is ahead
		last = opt.Now
	}
	v := &Live{Zone: c.zone(opt.Now)}
	if last.Before(opt.From) || last.IsZero() {
		v.At, v.Stale = "never", "Nothing was received today."
		return v
	}
	v.At = c.with(last)
	if silent := opt.Now.Sub(last); silent > 2*time.Minute {
		v.Stale = "Nothing was received for " + seconds(silent.Truncate(time.Second).Seconds()) + "."
	}
	now := opt
	now.To = last.Truncate(detect.SlotLen)
	now.From = now.To.Add(-liveRate)
	held, entries := v.tables(days, &opt, last)
	v.hosts(days, held, entries, names, &now)
	var today uint64
	for _, d := range days {
		for _, h := range d.Hosts {
			today += within(d, &h.Sessions, &opt)
		}
	}
	v.Sessions = num(today)
	near := opt
	near.From, near.To = later(opt.From, last.Add(-livePicture)), last
	m := Model{clock: newClock(&near), occupancy: makeOccupancy(days, &near, names)}
	v.Picture = figures(m.pictures())
	return v
}

// tables makes the gauges of the routers that keep a table, and returns what each host holds at the moment.
func (v *Live) tables(days []*detect.Day, opt *Options, last time.Time) (held map[netip.Addr]uint64, entries uint64) {
	held = map[netip.Addr]uint64{}
	for _, name := range detect.RoutersOf(days) {
		t := tableOf(days, name, opt)
		if !t.used() {
			continue
		}
		var level *detect.Level
		levels(days, name, opt, func(at time.Time, l *detect.Level) {
			if level = l; last.Sub(at) > liveFresh {
				level = nil
			}
		})
		g := Gauge{Router: label(name), Entries: "0", Peak: num(t.Peak), Level: "quiet"}
		n := 0
		if level != nil {
			n = int(level.Total)
			entries += uint64(n)
			for _, h := range level.Holders {
				held[h.Host] += h.N
			}
		}
		g.Entries = num(n)
		if t.PeakAt != nil {
			g.Peak += " at " + newClock(opt).at(*t.PeakAt)
		}
		if t.Capacity > 0 {
			share := float64(n) / float64(t.Capacity)
			g.Size, g.Share, g.Percent = num(t.Capacity), percent(share), min(int(100*share+0.5), 100)
			switch {
			case share >= 0.95:
				g.Level = "critical"
			case share >= 0.8:
				g.Level = "warning"
			}
		}
		if len(v.Tables) < maxLiveRouters {
			v.Tables = append(v.Tables, g)
		}
	}
	return held, entries
}

// hosts lists who holds most of the tables or, where no table is known, who opens most sessions.
func (v *Live) hosts(days []*detect.Day, held map[netip.Addr]uint64, entries uint64, names func(netip.Addr) string,
	opt *Options) {
	opened := map[netip.Addr]uint64{}
	var all uint64
	for _, d := range days {
		for a, h := range d.Hosts {
			if n := within(d, &h.Sessions, opt); n > 0 {
				opened[a] += n
				all += n
			}
		}
	}
	v.Rate = perSecond(all)
	for a := range held {
		opened[a] += 0 // a row of its own, too
	}
	hosts := slices.SortedFunc(maps.Keys(opened), func(a, b netip.Addr) int {
		return cmp.Or(cmp.Compare(held[b], held[a]), cmp.Compare(opened[b], opened[a]), a.Compare(b))
	})
	v.Hosts = Grid{Title: "Hosts, by what they hold", Head: []string{"host", "name", "entries", "of the table",
		"sessions a second"}, align: "llrrr"}
	for _, a := range hosts[:min(maxLiveHosts, len(hosts))] {
		host, name, _ := holder(a, names, 0)
		share := ""
		if entries > 0 {
			share = percent(float64(held[a]) / float64(entries))
		}
		v.Hosts.add(host, label(host), label(name), num(held[a]), share, perSecond(opened[a]))
	}
	if n := len(hosts) - maxLiveHosts; n > 0 {
		v.Hosts.More = "… and " + count(n, "more host", "more hosts") + "."
	}
}

// perSecond writes the rate of n sessions in liveRate, with one digit behind the point where it is small.
func perSecond(n uint64) string {
	x, digits := float64(n)/liveRate.Seconds(), 1
	if n == 0 || x >= 100 {
		digits = 0
	}
	return strconv.FormatFloat(x, 'f', digits, 64)
}

// Headline is one incident in one line. Its text is clean, but for ID.
type Headline struct {
	ID, Severity, Title, When string
	Now                       bool // it has not ended, or only just
}

// liveEnd is the time after which something counts as over.
const liveEnd = 2 * time.Minute

// Headlines lists the incidents of the report that are not known, in its order.
func (m *Model) Headlines() (out []Headline) {
	for i := range m.shown {
		out = append(out, m.shown[i].headline(m))
	}
	return out
}

func (in *Incident) headline(m *Model) Headline {
	from, to := in.parts[0].Start, in.parts[0].End
	for _, p := range in.parts {
		from, to = earlier(from, p.Start), later(to, p.End)
	}
	return Headline{ID: in.ID, Severity: severityClass(in.Severity), Title: Clean(in.Title),
		When: m.clock.span(from, to), Now: !m.Now.IsZero() && m.Now.Sub(to) < liveEnd}
}
