package detect

import (
	"net/netip"
	"slices"
	"time"
)

// besides bounds the time outside the window for which a spell is followed that crosses the window's edge.
const besides = 24 * time.Hour

// Reach gives the span that is judged for the window w: w itself, and of a part of a day the whole local days that it
// touches. What is usual for an hour is not known from that hour alone, and what goes on in a part of a day is to be
// told as the report of that day tells it.
func (c *Config) Reach(w Window) Window {
	if w.To.Sub(w.From) >= 24*time.Hour || !w.From.Before(w.To) {
		return w
	}
	loc := c.location()
	from, last := w.From.In(loc), w.To.Add(-1).In(loc)
	y, m, d := last.Date()
	end := time.Date(y, m, d+1, 0, 0, 0, 0, loc)
	y, m, d = from.Date()
	return Window{time.Date(y, m, d, 0, 0, 0, 0, loc), end}
}

// Besides gives the span of the days that have a part in judging w: its reach, and a day on either side, so that a
// spell that crosses the edge is told whole.
func (c *Config) Besides(w Window) Window {
	w = c.Reach(w)
	return Window{w.From.Add(-besides), w.To.Add(besides)}
}

// wide gives w with what lies beside it.
func (w Window) wide() Window { return Window{w.From.Add(-besides), w.To.Add(besides)} }

// overlaps reports whether a part of the span from the first to the last nanosecond lies in the window.
func (w Window) overlaps(first, last int64) bool {
	return first < w.To.UnixNano() && last >= w.From.UnixNano()
}

// in reports whether a part of the finding lies in the window. Of a finding that lists its bursts or spells one of
// them must; of a rhythm, one that is no more than a period away.
func (f *Finding) in(w Window) bool {
	if !w.overlaps(f.Start.UnixNano(), f.End.UnixNano()) {
		return false
	}
	within := func(start time.Time, lengthS float64) bool {
		return w.overlaps(start.UnixNano(), start.UnixNano()+int64(lengthS*1e9))
	}
	switch f.Kind {
	case PeriodicBurst:
		near := time.Duration(f.PeriodS * 1e9)
		w = Window{w.From.Add(-near), w.To.Add(near)}
		fallthrough
	case BurstKind, PTRStorm, DNSStorm:
		return len(f.Bursts) == 0 ||
			slices.ContainsFunc(f.Bursts, func(b Burst) bool { return within(b.Start, b.LengthS) })
	case LagKind, LinkFlap, LossKind:
		return len(f.Spells) == 0 || len(f.Spells) >= maxShownSpells ||
			slices.ContainsFunc(f.Spells, func(s Spell) bool { return within(s.Start, s.LengthS) })
	}
	return true
}

// spell gives those of the things, in order of time, that lie in the window, and those before and behind it that go on
// from there without a gap longer than this.
func spell[T any](things []T, w Window, gap time.Duration, span func(T) (first, last int64)) []T {
	i := slices.IndexFunc(things, func(x T) bool { return w.overlaps(span(x)) })
	if i < 0 {
		return nil
	}
	k := i + 1
	for ; i > 0; i-- {
		_, before := span(things[i-1])
		if at, _ := span(things[i]); at-before > int64(gap) {
			break
		}
	}
	for end := w.To.UnixNano(); k < len(things); k++ {
		at, _ := span(things[k])
		if _, before := span(things[k-1]); at >= end && at-before > int64(gap) {
			break
		}
	}
	return things[i:k]
}

// goesOn follows a load of so many sessions a minute over the edge of the window: backwards with step -1, else
// forwards. It gives the time to which it goes on there, and its sessions outside.
func (q *inquiry) goesOn(host netip.Addr, at time.Time, step int, rate float64) (time.Time, int) {
	edge := q.w.To
	if step < 0 {
		edge = q.w.From
	}
	if at.Sub(edge).Abs() > loadGap*time.Minute {
		return at, 0
	}
	var outside []minute // minutes from the edge on, the nearest first
	for _, d := range q.beside {
		h := d.Hosts[host]
		if h == nil {
			continue
		}
		for _, b := range h.Sessions.Slots {
			begin := d.Date.Start().Add(time.Duration(b.I) * SlotLen)
			away := int(begin.Sub(edge) / time.Minute)
			if step < 0 {
				away = int((edge.Sub(begin) - 1) / time.Minute)
			}
			if inside := begin.Before(edge) == (step > 0); inside {
				continue
			}
			for len(outside) <= away {
				outside = append(outside, minute{at: len(outside)})
			}
			outside[away].n += float64(b.N)
		}
	}
	last, n, sum := -1, 0.0, 0.0
	for _, m := range outside {
		if m.at-last > loadGap {
			break
		}
		if sum += m.n; m.n >= rate/loadAlike {
			last, n = m.at, sum
		}
	}
	if last < 0 {
		return at, 0
	}
	return edge.Add(time.Duration(step*(last+1)) * time.Minute), int(n)
}
