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
	maxLiveRows    = 500 // hosts that are listed for sorting and filtering
	maxLiveRouters = 20
	livePicture    = 2 * time.Hour   // that the picture of the session table reaches back
	liveRate       = time.Minute     // over which rates are counted
	liveSilent     = 2 * time.Minute // after which the log is called silent
	liveFresh      = time.Minute     // for which a router's last known table counts as that of now
)

// Live holds what a network does at the moment, as far as its log tells. Its text is clean.
type Live struct {
	At       string     `json:"at"`       // time to which it holds: that of the last event
	Zone     string     `json:"zone"`     // of At
	Stale    string     `json:"stale"`    // the log is silent, or its clock behind; else ""
	Rate     string     `json:"rate"`     // sessions opened a second, over the last minute of the log
	Sessions string     `json:"sessions"` // opened on this day
	Tables   []Gauge    `json:"tables"`   // by router
	Entries  uint64     `json:"entries"`  // that all tables hold
	Rows     []LiveHost `json:"hosts"`    // that opened sessions today, or hold entries; at most maxLiveRows
	More     int        `json:"more"`     // hosts that are not in Rows
	Hour     []uint64   `json:"hour"`     // sessions opened by minute, of the hour before At
	Hosts    Grid       `json:"-"`        // that hold the tables, or open sessions, at the moment
	Picture  []Figure   `json:"-"`        // filled by Draw

	draw func() []picture
}

// LiveHost holds the numbers of one host at the moment.
type LiveHost struct {
	Host    string `json:"host"` // its address; else who holds what no host does
	Name    string `json:"name"`
	Entries uint64 `json:"entries"` // of the session tables
	Minute  uint64 `json:"minute"`  // sessions opened in the last minute of the log
	Today   uint64 `json:"today"`   // sessions opened on this day
}

// Gauge shows how full the session table of a router is.
type Gauge struct {
	Router  string `json:"router"`
	Entries string `json:"entries"`
	Size    string `json:"size"`
	Share   string `json:"share"`
	Peak    string `json:"peak"`
	Percent int    `json:"percent"` // of Size, 0 to 100; 0 where the size is not known
	Level   string `json:"level"`   // critical, warning or quiet, by Percent
}

// Heard returns when the newest line was received, as far as the days tell, and from which router: that time is later
// than the line's own where the router's clock is behind. It is exact to ten minutes then; zero: no line is known.
func Heard(days []*detect.Day) (router string, at time.Time) {
	for _, d := range days {
		if d.Last > 0 {
			at = later(at, time.Unix(0, d.Last))
		}
	}
	for _, d := range days {
		for name, r := range d.Routers {
			if t := r.Heard(d); t.After(at) {
				router, at = name, t
			}
		}
	}
	return router, at
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
	router, heard := Heard(days)
	if heard.After(opt.Now) {
		heard = opt.Now
	}
	if heard.Before(opt.From) || heard.IsZero() {
		v.At, v.Stale = c.Say("never"), c.Say("Nothing was received today.")
		return v
	}
	v.At = c.with(last)
	behind := heard.Sub(last)
	if silent := opt.Now.Sub(heard); silent > liveSilent {
		v.Stale = c.Say("Nothing was received for %s.", c.seconds(silent.Truncate(time.Second).Seconds()))
	} else if behind > liveSilent {
		v.Stale = c.Say("The clock of %s is %s behind.", label(router), c.seconds(behind.Round(time.Minute).Seconds()))
	}
	if last.Before(opt.From) { // the day by the router's clock
		opt.From = opt.From.Add(-behind)
	}
	now := opt
	now.To = last.Truncate(detect.SlotLen)
	now.From = now.To.Add(-liveRate)
	held, entries := v.tables(days, &opt, last)
	v.Entries = entries
	v.hosts(days, held, names, &opt, &now)
	v.Hour = make([]uint64, liveMinutes)
	for _, d := range days {
		for _, h := range d.Hosts {
			perMinute(v.Hour, d, &h.Sessions, now.To)
		}
	}
	v.draw = func() []picture {
		near := opt
		near.From, near.To = later(opt.From, last.Add(-livePicture)), last
		m := Model{Language: opt.Language, clock: newClock(&near), occupancy: makeOccupancy(days, &near, names)}
		return m.pictures()
	}
	return v
}

// Draw fills Picture: the session tables of the last hours.
func (v *Live) Draw() {
	if v.draw != nil {
		v.Picture = figures(v.draw())
	}
}

// liveMinutes is the number of minutes in the series of a live view.
const liveMinutes = 60

// perMinute adds a series to the minutes that end at to, the latest last.
func perMinute(minutes []uint64, d *detect.Day, s *detect.Series, to time.Time) {
	const each = int64(time.Minute / detect.SlotLen)
	end := int64(to.Sub(d.Date.Start()) / detect.SlotLen)
	for _, b := range s.Slots {
		if ago := end - 1 - int64(b.I); ago >= 0 && ago/each < int64(len(minutes)) {
			minutes[int64(len(minutes))-1-ago/each] += uint64(b.N)
		}
	}
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
			g.Peak = opt.Language.Say("%s at %s", g.Peak, newClock(opt).at(*t.PeakAt))
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

// hosts lists who holds most of the tables or, where no table is known, who opens most sessions: all of the day in
// Rows, those that do so in the minute now in Hosts.
func (v *Live) hosts(days []*detect.Day, held map[netip.Addr]uint64, names func(netip.Addr) string,
	opt, now *Options) {
	rows := map[netip.Addr]*LiveHost{}
	row := func(a netip.Addr) *LiveHost {
		if rows[a] == nil {
			host, name, _ := holder(a, names, 0)
			rows[a] = &LiveHost{Host: label(host), Name: label(name)}
		}
		return rows[a]
	}
	var minute, today uint64
	for _, d := range days {
		for a, h := range d.Hosts {
			if n := within(d, &h.Sessions, opt); n > 0 {
				r := row(a)
				r.Today, r.Minute = r.Today+n, r.Minute+within(d, &h.Sessions, now)
			}
		}
	}
	for a, n := range held {
		row(a).Entries += n
	}
	hosts := slices.SortedFunc(maps.Keys(rows), func(a, b netip.Addr) int {
		x, y := rows[a], rows[b]
		return cmp.Or(cmp.Compare(y.Entries, x.Entries), cmp.Compare(y.Minute, x.Minute), cmp.Compare(y.Today, x.Today),
			a.Compare(b))
	})
	l := opt.Language
	v.Hosts = Grid{Title: l.Say("Hosts, by what they hold"), Head: l.heads("host", "name", "entries", "of the table",
		"sessions a second"), align: "llrrr"}
	active := 0
	for i, a := range hosts {
		r := rows[a]
		minute, today = minute+r.Minute, today+r.Today
		if i < maxLiveRows {
			v.Rows = append(v.Rows, *r)
		}
		if r.Entries+r.Minute == 0 {
			continue
		}
		if active++; active > maxLiveHosts {
			continue
		}
		share := ""
		if v.Entries > 0 {
			share = percent(float64(r.Entries) / float64(v.Entries))
		}
		host, _, _ := holder(a, names, 0)
		v.Hosts.add(host, r.Host, r.Name, num(r.Entries), share, PerSecond(r.Minute))
	}
	v.Rate, v.Sessions, v.More = PerSecond(minute), num(today), max(len(hosts)-maxLiveRows, 0)
	if n := active - maxLiveHosts; n > 0 {
		v.Hosts.More = l.Say("… and %s.", count(l, n, "more host", "more hosts"))
	}
}

// PerSecond writes the rate of n sessions in one minute, with one digit behind the point where it is small.
func PerSecond(n uint64) string {
	x, digits := float64(n)/liveRate.Seconds(), 1
	if n == 0 || x >= 100 {
		digits = 0
	}
	return strconv.FormatFloat(x, 'f', digits, 64)
}

// Number writes n as the report does: with a comma at each thousand.
func Number(n uint64) string { return num(n) }

// Headline is one incident in one line. Its text is clean, but for ID.
type Headline struct {
	ID       string `json:"id"`
	Severity string `json:"severity"`
	Title    string `json:"title"`
	When     string `json:"when"`
	Now      bool   `json:"now"` // it has not ended, or only just
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
