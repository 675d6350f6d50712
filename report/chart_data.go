package report

import (
	"cmp"
	"math"
	"net/netip"
	"slices"
	"time"

	"uncloak/detect"
)

// These bounds keep the pictures legible, and the page small for any number of days and hosts.
const (
	maxBins    = 360 // columns of the occupancy picture
	maxHolders = 5   // hosts with a colour of their own
	maxHours   = 48  // rows of the phase map; longer windows are folded to the 24 hours of the day
	heatLevels = 6
)

// occupancy holds the entries of the session table over time, by host.
type occupancy struct {
	from     time.Time
	bin      time.Duration
	hosts    []Host      // with a colour of their own, the largest first
	parts    [][]float64 // [host, then the rest][bin] entries
	full     []bool      // refusals in that bin
	capacity int         // 0 = not known
	peak     float64
	spells   int
	what     string // unit of the numbers; "" = entries
}

// covered returns the part of the window in which the days have events, so that an hour of log in a day's report fills
// the picture.
func covered(days []*detect.Day, opt *Options) (from, to time.Time) {
	for _, d := range days {
		if d.First == 0 && d.Last == 0 {
			from, to = earlier(from, d.Date.Start()), later(to, d.Date.End())
			continue
		}
		from, to = earlier(from, time.Unix(0, d.First)), later(to, time.Unix(0, d.Last))
	}
	if !opt.From.IsZero() && from.Before(opt.From) {
		from = opt.From
	}
	if !opt.To.IsZero() && to.After(opt.To) {
		to = opt.To
	}
	return from, to
}

func earlier(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// span divides the covered part of the window into at most maxBins columns; false where nothing is covered.
func (o *occupancy) span(days []*detect.Day, opt *Options) bool {
	from, to := covered(days, opt)
	if !to.After(from) {
		return false
	}
	o.from = from.Truncate(detect.SlotLen)
	slots := int(to.Sub(o.from)/detect.SlotLen) + 1
	per := (slots + maxBins - 1) / maxBins
	o.bin, o.full = time.Duration(per)*detect.SlotLen, make([]bool, (slots+per-1)/per)
	return true
}

// at returns the column of a time, which may lie behind the last one; -1 before the first.
func (o *occupancy) at(t time.Time) int {
	if t.Before(o.from) {
		return -1
	}
	return int(t.Sub(o.from) / o.bin)
}

// makeOccupancy thins the levels to maxBins: it keeps the fullest slot of each bin, with its holders. Several routers
// are summed slot by slot.
func makeOccupancy(days []*detect.Day, opt *Options, names func(netip.Addr) string) (o occupancy) {
	if !o.span(days, opt) {
		return o
	}
	best := make([]detect.Level, len(o.full))
	for _, d := range days {
		for _, l := range sumRouters(d) {
			if i := o.at(d.Date.Start().Add(time.Duration(l.I) * detect.SlotLen)); i >= 0 && i < len(best) &&
				l.Total > best[i].Total {
				best[i] = l
			}
		}
		for _, r := range d.Routers {
			for k := range r.Overflows {
				f := &r.Overflows[k]
				if !touches(f, opt) {
					continue
				}
				o.spells++
				for i := max(o.at(time.Unix(0, f.Start)), 0); i <= o.at(time.Unix(0, f.End)) && i < len(best); i++ {
					o.full[i] = true
				}
			}
		}
	}
	o.stack(best, names)
	o.capacity = allCapacity(days, opt)
	return o
}

// sumRouters adds up the levels of a day's routers, slot by slot.
func sumRouters(d *detect.Day) []detect.Level {
	if len(d.Routers) == 1 {
		for _, r := range d.Routers {
			return r.Occupancy
		}
	}
	sum := map[uint16]*detect.Level{}
	for _, r := range d.Routers {
		for _, l := range r.Occupancy {
			s := sum[l.I]
			if s == nil {
				s = &detect.Level{I: l.I}
				sum[l.I] = s
			}
			s.Total += l.Total
			s.Holders = append(s.Holders, l.Holders...)
		}
	}
	out := make([]detect.Level, 0, len(sum))
	for _, l := range sum {
		out = append(out, *l)
	}
	slices.SortFunc(out, func(a, b detect.Level) int { return cmp.Compare(a.I, b.I) })
	return out
}

// stack gives a layer of their own to the hosts that held most entries in one bin.
func (o *occupancy) stack(best []detect.Level, names func(netip.Addr) string) {
	most := map[netip.Addr]uint64{}
	for _, l := range best {
		for _, h := range l.Holders {
			if h.Host.IsValid() {
				most[h.Host] = max(most[h.Host], h.N)
			}
		}
		o.peak = max(o.peak, float64(l.Total))
	}
	hosts := make([]netip.Addr, 0, len(most))
	for a := range most {
		hosts = append(hosts, a)
	}
	slices.SortFunc(hosts, func(a, b netip.Addr) int { return cmp.Or(cmp.Compare(most[b], most[a]), a.Compare(b)) })
	hosts = hosts[:min(maxHolders, len(hosts))]
	layer := map[netip.Addr]int{}
	for i, a := range hosts {
		layer[a] = i
		o.hosts = append(o.hosts, Host{Host: a.String(), Name: names(a), Sessions: most[a]})
	}
	o.parts = make([][]float64, len(hosts)+1)
	for i := range o.parts {
		o.parts[i] = make([]float64, len(best))
	}
	for i, l := range best {
		rest := float64(l.Total)
		for _, h := range l.Holders {
			if k, ok := layer[h.Host]; ok {
				o.parts[k][i] += float64(h.N)
				rest -= float64(h.N)
			}
		}
		o.parts[len(hosts)][i] = max(rest, 0)
	}
}

// allCapacity returns the sum of the sizes of all tables in the picture; 0 if one is not known.
func allCapacity(days []*detect.Day, opt *Options) (sum int) {
	for _, r := range detect.RoutersOf(days) {
		held := slices.ContainsFunc(days, func(d *detect.Day) bool {
			return d.Routers[r] != nil && len(d.Routers[r].Occupancy) > 0
		})
		n := tableSize(&opt.Config, r)
		if held && n == 0 {
			return 0
		}
		if held {
			sum += n
		}
	}
	return sum
}

// phaseMap holds the number of sessions by hour and by minute of the hour.
type phaseMap struct {
	rows    []string // names of the hours, the first on top
	mark    []bool   // rows whose name is worth showing
	cells   [][60]float64
	max     float64
	hosts   []Host // the hosts that opened the sessions; empty = all
	minutes []int  // minutes of the rhythms that the detectors found
	folded  int    // days that were folded to the hours of one day; 0 = each row is an hour of its own
}

func makePhaseMap(days []*detect.Day, fs []detect.Finding, opt *Options, names func(netip.Addr) string) (p phaseMap) {
	from, to := covered(days, opt)
	if !to.After(from) {
		return p
	}
	loc := newClock(opt).loc
	first := from.In(loc)
	since := time.Duration(first.Minute())*time.Minute + time.Duration(first.Second())*time.Second
	first = first.Add(-since - time.Duration(first.Nanosecond()))
	hours := int(math.Ceil(to.Sub(first).Hours()))
	p.nameRows(first, hours)
	p.choose(fs, names)
	want := map[string]bool{}
	for _, h := range p.hosts {
		want[h.Host] = true
	}
	for _, d := range days {
		for a, h := range d.Hosts {
			if len(want) > 0 && !want[a.String()] {
				continue
			}
			for _, s := range h.Sessions.Slots {
				t := d.Date.Start().Add(time.Duration(s.I) * detect.SlotLen)
				if t.Before(from.Truncate(detect.SlotLen)) || !t.Before(to) {
					continue
				}
				// A column covers the minute around its mark, not the minute after it: a burst at :00 with a few
				// seconds of jitter would else fall half into the last column of the hour before.
				l := t.Add(30 * time.Second)
				if !l.Before(first.Add(time.Duration(hours) * time.Hour)) {
					l = t
				}
				row := int(l.Sub(first) / time.Hour)
				l = l.In(loc)
				if p.folded > 0 {
					row = l.Hour()
				}
				if row >= 0 && row < len(p.cells) {
					p.cells[row][l.Minute()] += float64(s.N)
				}
			}
		}
	}
	for r := range p.cells {
		for m := range p.cells[r] {
			p.cells[r][m] /= float64(max(p.folded, 1))
			p.max = max(p.max, p.cells[r][m])
		}
	}
	return p
}

func (p *phaseMap) nameRows(first time.Time, hours int) {
	if hours > maxHours {
		p.folded = (hours + 23) / 24
		hours = 24
		first = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	every := 1
	if hours > 8 {
		every = 3
	}
	if hours > 24 {
		every = 6
	}
	for i := range hours {
		t := first.Add(time.Duration(i) * time.Hour)
		name := t.Format("15:04")
		if t.Hour() == 0 && p.folded == 0 {
			name = t.Format("Mon 2")
		}
		p.rows = append(p.rows, name)
		p.mark = append(p.mark, t.Hour()%every == 0 || every == 1)
	}
	p.cells = make([][60]float64, hours)
}

// choose selects the hosts that have bursts, and the minutes of the hour of their rhythms.
func (p *phaseMap) choose(fs []detect.Finding, names func(netip.Addr) string) {
	for i := range fs {
		f := &fs[i]
		if f.Kind != detect.PeriodicBurst && f.Kind != detect.BurstKind ||
			slices.ContainsFunc(p.hosts, func(h Host) bool { return h.Host == f.Host }) {
			continue
		}
		p.hosts = append(p.hosts, Host{Host: f.Host, Name: cmp.Or(f.Name, nameOf(names, f.Host))})
		for _, m := range f.Minutes {
			if m >= 0 && m < 60 && !slices.Contains(p.minutes, m) {
				p.minutes = append(p.minutes, m)
			}
		}
	}
	slices.Sort(p.minutes)
}

// level maps n sessions a minute to a colour: 0 for no session, then by the square root, so that a burst stands out and
// browsing is still seen.
func (p *phaseMap) level(n float64) int {
	if n <= 0 || p.max <= 0 {
		return 0
	}
	return min(1+int(math.Sqrt(n/p.max)*heatLevels), heatLevels)
}

// bound returns the least number of sessions a minute that has that level.
func (p *phaseMap) bound(level int) float64 {
	x := float64(level-1) / heatLevels
	return x * x * p.max
}
