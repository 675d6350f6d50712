package detect

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// What has become of a finding since the days before, as Status says it.
const (
	New    = "new"
	Worse  = "worse"
	Same   = "same"
	Better = "better"
	Gone   = "gone"
)

// Lookback is the number of days before a window from which the program learns what is usual, and in which it looks for
// patterns that take longer than a day.
const Lookback = 27

const (
	baseDays   = 3   // days that must be known before anything is called new
	baseRatio  = 1.1 // change that is worth a word …
	baseFew    = 1.5 // … where the finding was there in less than three of the earlier windows
	baseSpread = 3   // … and it must be so many robust deviations away from what is usual
	goneSeen   = 0.5 // of a window that must be covered by the log before anything can be called gone
)

// News holds what has become of a finding since the days before, where earlier days are known.
type News struct {
	Status string     `json:"status,omitempty"` // new, worse, same, better, gone
	Since  *time.Time `json:"since,omitempty"`  // when it was first seen within the last four weeks
	Change float64    `json:"change,omitempty"` // its size over what is usual for it: 1.12 = 12 % more
	Known  *Known     `json:"known,omitempty"`  // a rule of the owner's that says it is known
}

// Judge gives Findings of the window in the light of the days before it: each finding is marked as new, worse and so
// on, what the window before had and this one has not is given as gone, and bursts that are left out because the host
// has many such in four weeks are given as usual. Rhythms and growth that take longer than
// the window to be seen are found, too. earlier are days before the window, of which at most Lookback count; without
// any, Judge is Findings.
func Judge(earlier, days []*Day, cfg Config, w Window) (fs, gone, usual []Finding) {
	fs = Findings(days, cfg, w)
	asked, beside := w, days
	w = cfg.Reach(asked)
	days = w.Touched(beside)
	if w.From.IsZero() || !w.From.Before(w.To) || len(days) == 0 {
		return fs, nil, nil
	}
	days = slices.SortedFunc(slices.Values(days), func(a, b *Day) int { return cmp.Compare(a.Date, b.Date) })
	earlier = slices.Concat(earlier, slices.DeleteFunc(slices.Clone(beside), func(d *Day) bool {
		return !d.Date.Start().Before(w.From)
	}))
	all := slices.Concat(earlier, days)
	slices.SortFunc(all, func(a, b *Day) int { return cmp.Compare(a.Date, b.Date) })
	all = slices.CompactFunc(all, func(a, b *Day) bool { return a.Date == b.Date })
	first := w.From.In(cfg.location()).AddDate(0, 0, -Lookback)
	all = slices.DeleteFunc(all,
		func(d *Day) bool { return !d.Date.End().After(first) || !d.Date.Start().Before(w.To) })
	if all[0] == days[0] || !all[0].Date.Start().Before(w.From) {
		return fs, nil, nil
	}
	long := Findings(all, cfg, Window{first, w.To})
	fs = longer(fs, long, asked)
	seen := w.within(days)
	past := pastOf(all, long, cfg, w, seen.To)
	now := Sizes(fs, seen.days())
	for i := range fs {
		f := &fs[i]
		past.mark(f, now[f.Key])
	}
	for _, f := range fs {
		if f.Status != New && f.Status != Worse && habit(&f, fs, long) {
			usual = append(usual, f)
		}
	}
	fs = slices.DeleteFunc(fs, func(f Finding) bool {
		return slices.ContainsFunc(usual, func(u Finding) bool { return u.ID == f.ID })
	})
	if seen.To.Sub(seen.From) >= time.Duration(goneSeen*float64(w.To.Sub(w.From))) {
		gone = slices.DeleteFunc(past.gone(now), func(f Finding) bool {
			ago := w.From.Sub(past.windows[0].From)
			return habit(&f, nil, long) || !f.in(Window{asked.From.Add(-ago), asked.To.Add(-ago)})
		})
	}
	return fs, gone, usual
}

// habit reports whether a burst stands apart from the rest of its day only: in four weeks the host has many such spells
// of all sizes, as a browser makes them. A burst that goes with other findings is not a habit.
func habit(f *Finding, fs, long []Finding) bool {
	goesWith := func(g Finding) bool { return g.Group == f.Group && g.ID != f.ID }
	if f.Kind != BurstKind || f.Severity != Info || slices.ContainsFunc(fs, goesWith) {
		return false
	}
	return !slices.ContainsFunc(long, func(g Finding) bool { return g.Key == f.Key })
}

func (c *Config) location() *time.Location {
	if c.Location == nil {
		return time.UTC
	}
	return c.Location
}

// Covered gives the number of days of w that the log covers, from the first event to the last.
func (w Window) Covered(days []*Day) float64 { return w.within(days).days() }

func (w Window) days() float64 { return w.To.Sub(w.From).Hours() / 24 }

// longer adds to the findings of the window those that only the longer time shows, as far as they go on in the window:
// rhythms of few bursts a day, growth, and hosts that were never there before.
func longer(fs, long []Finding, w Window) []Finding {
	added := false
	for _, l := range long {
		if l.Kind != PeriodicBurst && l.Kind != GrowthKind && l.Kind != NewHost {
			continue
		}
		at := slices.IndexFunc(fs, func(f Finding) bool {
			return f.Kind == l.Kind && (f.ID == l.ID || f.Host == l.Host && l.Kind == PeriodicBurst)
		})
		if at >= 0 || l.End.Before(w.From) {
			continue
		}
		switch l.Kind {
		case NewHost:
			if !l.Start.Before(w.From) {
				fs, added = append(fs, l), true
			}
		case GrowthKind:
			fs, added = append(fs, l), true
		case PeriodicBurst:
			var ok bool
			at = slices.IndexFunc(fs, func(f Finding) bool { return f.Kind == BurstKind && f.Host == l.Host })
			if at >= 0 {
				l.takeOver(fs, at)
				added = true
			} else if fs, ok = l.goOn(fs, long, w); ok {
				added = true
			}
		}
	}
	if added {
		weigh(fs)
		sortFindings(fs)
	}
	return fs
}

// takeOver puts the rhythm in the place of the finding that the window alone makes of its bursts.
func (l *Finding) takeOver(fs []Finding, at int) {
	old := fs[at].ID
	l.Chain, l.Severity, l.Causes = fs[at].Chain, fs[at].Severity, fs[at].Causes
	if l.Severity == Info {
		l.Severity = Warning
	}
	l.Start, l.Bursts, l.Ports = fs[at].Start, fs[at].Bursts, fs[at].Ports
	l.Evidence, l.Group = fs[at].Evidence, l.ID
	fs[at] = *l
	for i := range fs {
		if fs[i].Group == old {
			fs[i].Group = l.ID
		}
	}
	for i := range fs[at].Chain {
		if fs[at].Chain[i].ID == old {
			fs[at].Chain[i].ID, fs[at].Chain[i].Kind = l.ID, l.Kind
		}
	}
}

// goOn adds a rhythm of which the window has bursts that are too few to stand apart from the rest of the host's
// traffic: a backup at three each night on a machine that a person uses by day. A finding of a scan that consists of
// such a burst is taken out.
func (l *Finding) goOn(fs, long []Finding, w Window) (out []Finding, ok bool) {
	bursts := l.burstsIn(w)
	if len(bursts) == 0 {
		return fs, false
	}
	since, n := l.Start, sessionsOf(bursts)
	l.Since = &since
	l.Bursts, l.Start, l.Chain, l.Severity, l.Causes, l.Group = bursts, bursts[0].Start, nil, Warning, "", l.ID
	l.Evidence.Events, l.Evidence.Ask.From = uint64(n), l.Start
	fs = slices.DeleteFunc(fs, func(f Finding) bool {
		return f.Kind == ScanKind && f.Host == l.Host && float64(n) > scanInBursts*float64(f.Sessions) &&
			!slices.ContainsFunc(long, func(g Finding) bool { return g.ID == f.ID })
	})
	for i := range fs {
		f := &fs[i]
		switch {
		case f.Kind == TableFullKind && f.Host == l.Host && f.Group == "table-full-"+f.Router:
			f.Group = l.ID
		case f.Kind == PTRStorm && f.Causes == l.Host && f.Group == f.ID:
			f.Group, l.Causes = l.ID, f.Host
		}
	}
	return append(fs, *l), true
}

// burstsIn gives the rhythm's bursts that begin in w.
func (l *Finding) burstsIn(w Window) (out []Burst) {
	for _, b := range l.Bursts {
		if w.has(b.Start.UnixNano()) {
			out = append(out, b)
		}
	}
	return out
}

func sessionsOf(bs []Burst) (n int) {
	for _, b := range bs {
		n += b.Sessions
	}
	return n
}

// past holds what earlier windows of the same length had, the latest first.
type past struct {
	windows []pastWindow
	seen    float64 // days that the log covers in them
}

type pastWindow struct {
	Window
	found []Finding
	sizes map[string]float64
	first map[string]time.Time // key → its first start
}

// pastOf judges the windows before w at the same hours of the day: a day that is still running is compared with the
// same part of the others.
func pastOf(days []*Day, long []Finding, cfg Config, w Window, end time.Time) past {
	var p past
	loc := cfg.location()
	step := max(int(math.Ceil(w.days()-1.0/8)), 1) // a day of 23 or 25 hours is one
	for back := step; back <= Lookback; back += step {
		at := Window{w.From.In(loc).AddDate(0, 0, -back), end.In(loc).AddDate(0, 0, -back)}
		var touched []*Day
		for _, d := range days {
			if d.Date.Start().Before(at.To) && d.Date.End().After(at.From) {
				touched = append(touched, d)
			}
		}
		covered := at.within(touched)
		if len(touched) == 0 || covered.To.Sub(covered.From) < at.To.Sub(at.From)/2 {
			continue
		}
		x := pastWindow{Window: at, found: findings(touched, cfg, at, at), first: map[string]time.Time{}}
		x.sizes = Sizes(x.found, covered.days())
		for i := range x.found {
			f := &x.found[i]
			if t, ok := x.first[f.Key]; !ok || f.Start.Before(t) {
				x.first[f.Key] = f.Start
			}
		}
		x.goesOn(long, covered.days())
		p.seen += max(math.Round(w.days()), 1)
		p.windows = append(p.windows, x)
	}
	return p
}

// goesOn adds the rhythms that the window has bursts of, though the window alone does not show them.
func (x *pastWindow) goesOn(long []Finding, days float64) {
	for i := range long {
		f := &long[i]
		if f.Kind != PeriodicBurst || x.sizes[f.Key] > 0 {
			continue
		}
		if bursts := f.burstsIn(x.Window); len(bursts) > 0 {
			x.sizes[f.Key] = float64(sessionsOf(bursts)) / max(days, 1.0/24)
			x.first[f.Key] = bursts[0].Start
		}
	}
}

// mark sets the status of f by its size a day now and in the windows before.
func (p *past) mark(f *Finding, now float64) {
	var sizes []float64
	since := f.Start
	if f.Since != nil { // it is known to have begun earlier
		since = *f.Since
	}
	for _, w := range p.windows {
		if x := w.sizes[f.Key]; x > 0 {
			sizes = append(sizes, x)
			if w.first[f.Key].Before(since) {
				since = w.first[f.Key]
			}
		}
	}
	if p.seen < baseDays {
		return
	}
	f.Since = &since
	if len(sizes) == 0 {
		f.Status = New
		if since.Before(p.windows[0].From) { // only many days together show it
			f.Status = Same
		}
		return
	}
	usual := median(sizes)
	f.Change = now / usual
	dev := make([]float64, len(sizes))
	for i, s := range sizes {
		dev[i] = math.Abs(s - usual)
	}
	ratio, far := baseRatio, baseSpread*1.4826*median(dev)
	if len(sizes) < baseDays {
		ratio = baseFew
	}
	switch {
	case f.Change > ratio && now-usual > far:
		f.Status = Worse
	case f.Change < 1/ratio && usual-now > far:
		f.Status = Better
	default:
		f.Status = Same
	}
}

// gone gives the findings of the window just before that this one has not, each key once.
func (p *past) gone(now map[string]float64) (out []Finding) {
	if p.seen < baseDays {
		return nil
	}
	said := map[string]bool{}
	for _, f := range p.windows[0].found {
		if now[f.Key] > 0 || said[f.Key] || f.Kind == NewHost || f.Kind == GrowthKind {
			continue
		}
		said[f.Key] = true
		p.mark(&f, 0)
		f.Status, f.Change = Gone, 0
		out = append(out, f)
	}
	return out
}
