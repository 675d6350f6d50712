package report

import (
	"cmp"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"uncloak/detect"
)

// TableView holds the session table over time, as `uncloak table` shows it. Its JSON names are a contract: added to,
// never renamed. Times are RFC 3339, spans in seconds, shares 0..1.
type TableView struct {
	Version string        `json:"version,omitempty"`
	From    time.Time     `json:"from"`
	To      time.Time     `json:"to"`
	Zone    string        `json:"time_zone"`
	Note    string        `json:"note,omitempty"`
	StepS   float64       `json:"step_s"` // of Rows
	Routers []TableRouter `json:"routers"`
	// sessions that began in the window, where no router's table held any of them
	Empty  uint64      `json:"sessions_without_entry,omitempty"`
	At     *TableAt    `json:"at,omitempty"`
	WhatIf *WhatIfView `json:"what_if,omitempty"`
	Aside  bool        `json:"-"` // WhatIf was not asked for: only its proposals are shown

	Language `json:"-"`
	clock    clock
	step     time.Duration
}

// TableRouter holds the session table of one router.
type TableRouter struct {
	Table
	Median    int             `json:"median"` // entries over the 10 s slots that the log covers
	Hosts     []TableHost     `json:"hosts"`  // hosts that held most, at most 50
	Overflows []TableOverflow `json:"overflows"`
	Rows      []TableRow      `json:"rows"`
	// entries by state at the end of the fullest slot; "not told" where the log does not tell
	States   map[string]int `json:"states,omitempty"`
	Listings []TableListing `json:"listings,omitempty"` // the table at single moments, as the router listed it
	Settings []TableSetting `json:"settings,omitempty"` // what the router said of its table
}

// TableSetting is one thing that the router said of its session table.
type TableSetting struct {
	Key   string    `json:"key"`   // a timeout of the config; table, entries; collector: 1 = Linux's of 5.19
	Value int       `json:"value"` // entries, or seconds
	Time  time.Time `json:"time"`
}

// TableHost holds the number of entries of one host.
type TableHost struct {
	Host      string    `json:"host"` // an address, or "router and others"
	Name      string    `json:"name,omitempty"`
	Peak      int       `json:"peak"`
	PeakAt    time.Time `json:"peak_at"`
	Median    int       `json:"median"`               // over the slots that the log covers
	FullShare float64   `json:"full_share,omitempty"` // of the table while it was full, the mean over the overflows
}

// TableOverflow describes one spell in which the router refused sessions.
type TableOverflow struct {
	Start   time.Time `json:"start"`
	End     time.Time `json:"end"`
	Refused uint64    `json:"refused"` // packets
	Entries int       `json:"entries"` // in the table, as rebuilt
	Host    string    `json:"host,omitempty"`
	Name    string    `json:"name,omitempty"`
	Share   float64   `json:"share,omitempty"` // of Host
}

// TableRow sums up one step of time.
type TableRow struct {
	Start   time.Time `json:"start"`
	Peak    int       `json:"peak"`
	Low     int       `json:"low,omitempty"`  // bounds of the peak, where ends are not logged; else 0
	High    int       `json:"high,omitempty"` // …
	Median  int       `json:"median"`
	Host    string    `json:"host,omitempty"` // host that held most at the peak
	Name    string    `json:"name,omitempty"`
	Held    int       `json:"held,omitempty"` // by that host
	Spells  int       `json:"spells"`         // overflows that began in the step
	Refused uint64    `json:"refused"`
}

// TableAt holds the session table at one moment.
type TableAt struct {
	Time    time.Time      `json:"time"`
	Router  string         `json:"router"`
	Entries int            `json:"entries"`
	States  map[string]int `json:"states"`
	Hosts   []TableHeld    `json:"hosts"`
}

// TableHeld holds the entries of one host at that moment.
type TableHeld struct {
	Host    string         `json:"host"`
	Name    string         `json:"name,omitempty"`
	Entries int            `json:"entries"`
	Share   float64        `json:"share"` // of what is rebuilt
	States  map[string]int `json:"states"`
}

const (
	maxTableHosts = 50
	maxTableRows  = 48 // rows of time in text
)

// Tables makes the view of one router, or of all where router is "", over the window of opt.
func Tables(days []*detect.Day, router string, opt Options) *TableView {
	names := hostNames(days, opt.Names)
	v := &TableView{Language: opt.Language, Version: opt.Version, Note: opt.Note, Routers: []TableRouter{},
		clock: newClock(&opt)}
	v.Zone = v.clock.zone(opt.From)
	v.From, v.To = opt.From.In(v.clock.loc), opt.To.In(v.clock.loc)
	from, to := covered(days, &opt)
	v.step = stepOf(to.Sub(from))
	v.StepS = v.step.Seconds()
	for _, name := range detect.RoutersOf(days) {
		if router != "" && name != router {
			continue
		}
		t := tableOf(days, name, &opt)
		r := TableRouter{Table: t, Hosts: []TableHost{}, Overflows: []TableOverflow{}, Rows: []TableRow{}}
		if t.used() {
			v.fill(&r, days, from, to, names, &opt)
		}
		for _, x := range detect.SettingsOf(days, name) {
			r.Settings = append(r.Settings, TableSetting{x.Key, x.Value, time.Unix(0, x.Time).In(v.clock.loc)})
		}
		if r.Listings = listings(days, name, &opt, names, v.clock.loc); t.used() || len(r.Listings) > 0 {
			v.Routers = append(v.Routers, r)
		}
	}
	if len(v.Routers) == 0 && (router == "" || len(detect.RoutersOf(days)) == 1) {
		v.Empty = begun(days, &opt)
	}
	return v
}

// begun counts the sessions that began in the window.
func begun(days []*detect.Day, opt *Options) (n uint64) {
	for _, d := range days {
		for _, h := range d.Hosts {
			n += within(d, &h.Sessions, opt) + within(d, &h.Inbound, opt)
		}
	}
	return n
}

// stepOf returns the shortest step of time that makes at most maxTableRows rows.
func stepOf(length time.Duration) time.Duration {
	for _, s := range []time.Duration{10 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute,
		10 * time.Minute, 30 * time.Minute,
		time.Hour, 2 * time.Hour, 6 * time.Hour, 24 * time.Hour} {
		if length <= s*maxTableRows {
			return s
		}
	}
	return 7 * 24 * time.Hour
}

// levels calls f for each slot of the router in the window.
func levels(days []*detect.Day, router string, opt *Options, f func(at time.Time, l *detect.Level)) {
	from := opt.From.Truncate(detect.SlotLen)
	for _, d := range days {
		r := d.Routers[router]
		if r == nil {
			continue
		}
		for i := range r.Occupancy {
			l := &r.Occupancy[i]
			if at := d.Date.Start().Add(time.Duration(l.I) * detect.SlotLen); !at.Before(from) &&
				(opt.To.IsZero() || at.Before(opt.To)) {
				f(at, l)
			}
		}
	}
}

func (v *TableView) fill(r *TableRouter, days []*detect.Day, from, to time.Time, names func(netip.Addr) string,
	opt *Options) {
	start := from.Truncate(min(v.step, time.Hour))
	if v.step > time.Hour { // steps of the local day
		y, m, d := from.In(v.clock.loc).Date()
		start = time.Date(y, m, d, 0, 0, 0, 0, v.clock.loc)
	}
	row := func(at time.Time) int {
		i := max(int(at.Sub(start)/v.step), 0)
		for i >= len(r.Rows) {
			r.Rows = append(r.Rows, TableRow{Start: start.Add(time.Duration(len(r.Rows)) * v.step).In(v.clock.loc)})
		}
		return i
	}
	slots := max(int(to.Sub(from)/detect.SlotLen), 1)
	var all []int
	perRow, most := map[int][]int{}, uint32(0)
	hosts := map[netip.Addr]*held{}
	if to.After(from) {
		row(to.Add(-1)) // the steps at the end may be empty
	}
	levels(days, r.Router, opt, func(at time.Time, l *detect.Level) {
		i := row(at)
		x := &r.Rows[i]
		perRow[i] = append(perRow[i], int(l.Total))
		all = append(all, int(l.Total))
		if l.Total > most {
			most, r.States = l.Total, l.States.Named()
		}
		if int(l.Total) > x.Peak {
			x.Peak = int(l.Total)
			x.Low, x.High = boundsOf(l)
			if len(l.Holders) > 0 {
				x.Host, x.Name, x.Held = holder(l.Holders[0].Host, names, int(l.Holders[0].N))
			}
		}
		for _, h := range l.Holders {
			if hosts[h.Host] == nil {
				hosts[h.Host] = &held{}
			}
			hosts[h.Host].add(int(h.N), at)
		}
	})
	r.Median = median(all, slots)
	for i, n := range perRow {
		r.Rows[i].Median = median(n, max(int(v.step/detect.SlotLen), 1))
	}
	share := r.overflows(days, v, names, opt, row)
	r.hosts(hosts, share, slots, names, v.clock.loc)
}

// boundsOf gives the bounds of a level; 0, 0 where its ends are logged.
func boundsOf(l *detect.Level) (low, high int) {
	if l.Less == 0 && l.More == 0 {
		return 0, 0
	}
	return int(l.Total) - int(l.Less), int(l.Total) + int(l.More)
}

// held gathers the entries of one host, slot by slot.
type held struct {
	n  []int
	at time.Time
	hi int
}

func (h *held) add(n int, at time.Time) {
	if h.n = append(h.n, n); n > h.hi {
		h.hi, h.at = n, at
	}
}

func holder(a netip.Addr, names func(netip.Addr) string, n int) (host, name string, held int) {
	if !a.IsValid() {
		return "router and others", "", n
	}
	return a.String(), names(a), n
}

// median returns the median of n values; those that are missing in values count as zero.
func median(values []int, n int) int {
	slices.Sort(values)
	n = max(n, len(values))
	if i := n/2 - (n - len(values)); i >= 0 && i < len(values) {
		return values[i]
	}
	return 0
}

func (r *TableRouter) overflows(days []*detect.Day, v *TableView, names func(netip.Addr) string, opt *Options,
	row func(time.Time) int) (share map[netip.Addr]float64) {
	share = map[netip.Addr]float64{}
	for _, d := range days {
		x := d.Routers[r.Router]
		if x == nil {
			continue
		}
		for i := range x.Overflows {
			o := &x.Overflows[i]
			if !touches(o, opt) {
				continue
			}
			t := TableOverflow{Start: time.Unix(0, o.Start).In(v.clock.loc), End: time.Unix(0, o.End).In(v.clock.loc),
				Refused: o.Drops(), Entries: int(o.Total)}
			if len(o.Holders) > 0 && o.Weight > 0 && o.Total > 0 {
				most := slices.MaxFunc(o.Holders, func(a, b detect.Holder) int { return cmp.Compare(a.N, b.N) })
				t.Host, t.Name, _ = holder(most.Host, names, 0)
				whole := float64(o.Weight) * float64(max(int(o.Total), r.Capacity))
				t.Share = min(float64(most.N)/whole, 1)
				for _, h := range o.Holders {
					share[h.Host] += min(float64(h.N)/whole, 1)
				}
			}
			r.Overflows = append(r.Overflows, t)
			if at := time.Unix(0, o.Start); !at.Before(opt.From) {
				x := &r.Rows[row(at)]
				x.Spells++
				x.Refused += o.Drops()
			}
		}
	}
	for a := range share {
		share[a] /= float64(len(r.Overflows))
	}
	return share
}

func (r *TableRouter) hosts(all map[netip.Addr]*held, share map[netip.Addr]float64, slots int,
	names func(netip.Addr) string, loc *time.Location) {
	for a, h := range all {
		if h.hi == 0 {
			continue
		}
		x := TableHost{Peak: h.hi, PeakAt: h.at.In(loc), Median: median(h.n, slots)}
		x.Host, x.Name, _ = holder(a, names, 0)
		x.FullShare = share[a]
		r.Hosts = append(r.Hosts, x)
	}
	slices.SortFunc(r.Hosts, func(a, b TableHost) int {
		return cmp.Or(cmp.Compare(b.Peak, a.Peak), cmp.Compare(b.Median, a.Median), cmp.Compare(a.Host, b.Host))
	})
	r.Hosts = r.Hosts[:min(len(r.Hosts), maxTableHosts)]
}

// Moment makes the view of one moment.
func (v *TableView) Moment(router string, at time.Time, held []detect.Held, names func(netip.Addr) string) {
	m := &TableAt{Time: at.In(v.clock.loc), Router: router, States: map[string]int{}, Hosts: []TableHeld{}}
	for _, h := range held {
		m.Entries += h.N
		for s, n := range h.States {
			m.States[s] += n
		}
	}
	for _, h := range held {
		x := TableHeld{Entries: h.N, Share: float64(h.N) / float64(max(m.Entries, 1)), States: h.States}
		x.Host, x.Name, _ = holder(h.Host, names, 0)
		m.Hosts = append(m.Hosts, x)
	}
	v.At = m
}

// Busy cuts the window to the time in which the router's table has entries.
func (v *TableView) Busy(router string, from, to time.Time) (time.Time, time.Time) {
	for _, r := range v.Routers {
		if r.Router != router {
			continue
		}
		used := func(x TableRow) bool { return x.Peak > 0 }
		if i := slices.IndexFunc(r.Rows, used); i >= 0 && r.Rows[i].Start.After(from) {
			from = r.Rows[i].Start
		}
		for i := len(r.Rows) - 1; i >= 0; i-- {
			if end := r.Rows[i].Start.Add(v.step); used(r.Rows[i]) {
				if end.Before(to) {
					to = end
				}
				break
			}
		}
	}
	return from, to
}

// Steps replaces the rows of the router by the entries at single moments.
func (v *TableView) Steps(router string, step time.Duration, got []detect.Moment) {
	v.step, v.StepS = step, step.Seconds()
	v.Routers = slices.DeleteFunc(v.Routers, func(r TableRouter) bool { return r.Router != router })
	for i := range v.Routers {
		v.Routers[i].Rows = v.Routers[i].Rows[:0]
		for _, x := range got {
			row := TableRow{Start: x.At.In(v.clock.loc), Peak: x.Entries, Median: x.Entries}
			if x.Least < x.Entries || x.Most > x.Entries {
				row.Low, row.High = x.Least, x.Most
			}
			v.Routers[i].Rows = append(v.Routers[i].Rows, row)
		}
	}
}

// Fullest returns the beginning of the slot at which a router's table was fullest; the zero time when it was always
// empty.
func (v *TableView) Fullest(router string) time.Time {
	for _, r := range v.Routers {
		if r.Router == router && r.PeakAt != nil {
			return *r.PeakAt
		}
	}
	return time.Time{}
}

// TableJSON writes the view as JSON.
func TableJSON(w io.Writer, v *TableView) error { return writeJSON(w, v) }

// slotRow holds one 10 s slot as it is written in NDJSON.
type slotRow struct {
	Time    time.Time    `json:"time"`
	Router  string       `json:"router"`
	Entries int          `json:"entries"` // at the fullest second
	Holders []slotHolder `json:"holders"`
}

type slotHolder struct {
	Host    string `json:"host"`
	Entries int    `json:"entries"`
}

// TableNDJSON writes one object for each 10 s slot of each router, with its largest holders.
func TableNDJSON(w io.Writer, days []*detect.Day, router string, opt Options) error {
	loc := newClock(&opt).loc
	return eachSlot(days, router, &opt, func(name string, at time.Time, l *detect.Level) error {
		row := slotRow{Time: at.In(loc), Router: name, Entries: int(l.Total), Holders: []slotHolder{}}
		for _, h := range l.Holders {
			host, _, n := holder(h.Host, func(netip.Addr) string { return "" }, int(h.N))
			row.Holders = append(row.Holders, slotHolder{host, n})
		}
		b, err := json.Marshal(row)
		if err != nil {
			return fmt.Errorf("write NDJSON: %w", err)
		}
		_, err = w.Write(append(inertJSON(b), '\n'))
		return err
	})
}

// TableCSV writes one row for each 10 s slot and holder.
func TableCSV(w io.Writer, days []*detect.Day, router string, opt Options) error {
	loc := newClock(&opt).loc
	c := csv.NewWriter(w)
	c.Write([]string{"time", "router", "entries", "host", "host_entries"})
	err := eachSlot(days, router, &opt, func(name string, at time.Time, l *detect.Level) error {
		for _, h := range l.Holders {
			host, _, n := holder(h.Host, func(netip.Addr) string { return "" }, int(h.N))
			c.Write([]string{at.In(loc).Format(time.RFC3339), csvCell(name), strconv.Itoa(int(l.Total)), host,
				strconv.Itoa(n)})
		}
		return c.Error()
	})
	c.Flush()
	return cmp.Or(err, c.Error())
}

func eachSlot(days []*detect.Day, router string, opt *Options, f func(router string, at time.Time,
	l *detect.Level) error) (err error) {
	for _, name := range detect.RoutersOf(days) {
		if router != "" && name != router {
			continue
		}
		levels(days, name, opt, func(at time.Time, l *detect.Level) {
			if err == nil {
				err = f(name, at, l)
			}
		})
	}
	return err
}
