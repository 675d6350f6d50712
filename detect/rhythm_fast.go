package detect

import (
	"math"
	"slices"
	"time"
)

const (
	// fastLeast is the least period, in seconds, that is looked for in single seconds. It lies below the 15 s that are
	// promised: without it, a rhythm of 12 s would be told as one of 24 s.
	fastLeast = 10
	pulseGap  = 5  // s; seconds above the threshold that are closer are one pulse
	pulseWide = 3  // s in which the sessions of a pulse are counted
	pulseSlow = 10 // … where it is spread out: nothing was found in the shorter time
	pulseLong = 2 * time.Minute
	baseWide  = 60               // s to each side in which the load under a pulse is measured
	trainGap  = 30 * time.Minute // pulses further apart are of different trains, unless one long run spans both
	trainMany = 64               // trains of one host that are tried
	// fastSigmas is the least height of a pulse above the load under it, in standard deviations of a Poisson process:
	// by chance it occurs less than once in a year of seconds.
	fastSigmas = 6
	// A rhythm of pulses must fill so much of its slots, explain so much of its pulses, and have so little jitter, in
	// periods: random starts that are near the middle half of their slots have 0.14.
	fastFilled, fastExplained, fastJitter = 0.6, 0.5, 0.125
)

// pulses finds the spells of seconds that rise above the load around them: sums over wide seconds of at least floor,
// and far above what half the pulses' share of the time leaves as their base. They are told apart down to pulseGap,
// where bursts are merged below burstGap.
func (l *line) pulses(floor float64, wide int) (out []run) {
	if len(l.fine) < minBursts {
		return nil
	}
	var slots []int
	for _, i := range l.hot {
		if l.fine[i] != nil {
			slots = append(slots, i)
		}
	}
	const far = 2 * baseWide / 10 // slots without seconds between two stretches
	for from := 0; from < len(slots); {
		to := from + 1
		for to < len(slots) && slots[to]-slots[to-1] <= far {
			to++
		}
		out = l.pulsesOf(slots[from], slots[to-1], floor, wide, out)
		from = to
	}
	return out
}

// pulsesOf adds the pulses of the slots from one to another, both included.
func (l *line) pulsesOf(from, to int, floor float64, wide int, out []run) []run {
	n := (to - from + 1) * 10
	sec := make([]float64, n+wide)
	for i := from; i <= to; i++ {
		if f := l.fine[i]; f != nil {
			for s, v := range f.Sec {
				sec[(i-from)*10+s] = float64(v)
			}
		}
	}
	sums := make([]float64, n)
	for i := range sums {
		for k := range wide {
			sums[i] += sec[i+k]
		}
	}
	around := make([]float64, 0, 2*baseWide+10)
	add := func(first, last int, base float64) {
		if r, ok := l.pulse(from, sec, first, last+wide-1, base/float64(wide)); ok {
			out = append(out, r)
		}
	}
	first, last, under := -1, 0, 0.0
	for at := 0; at < n; at += 10 {
		if slices.Max(sums[at:at+10]) < floor {
			continue
		}
		base := baseOf(sums, at, around)
		least := max(floor, base+fastSigmas*math.Sqrt(base+1))
		for i := at; i < at+10; i++ {
			if sums[i] < least {
				continue
			}
			if first >= 0 && i-last >= pulseGap {
				add(first, last, under)
				first = -1
			}
			if first < 0 {
				first, under = i, base
			}
			last = i
		}
	}
	if first >= 0 {
		add(first, last, under)
	}
	return out
}

// baseOf gives the load under the sums of ten seconds: their lower quartile within baseWide, raised to what the mean of
// a Poisson variable with such a quartile is. Pulses may take three quarters of the time.
func baseOf(sums []float64, at int, buf []float64) float64 {
	lo, hi := max(at-baseWide, 0), min(at+10+baseWide, len(sums))
	buf = append(buf[:0], sums[lo:hi]...)
	whole := 2*baseWide + 10
	quarter := whole/4 - (whole - len(buf)) // beyond the ends it is quiet
	if quarter < 0 {
		return 0
	}
	q := nth(buf, quarter)
	if q == 0 {
		return 0
	}
	return q + 0.7*math.Sqrt(q+1)
}

// pulse measures one pulse, which lies within the seconds first to end of those that begin with slot from. each is the
// load under it in a second.
func (l *line) pulse(from int, sec []float64, first, end int, each float64) (run, bool) {
	peak, most := 0.0, 0.0
	for i := first; i <= end; i++ {
		peak = max(peak, sec[i]-each)
	}
	least := each + max(1, peak/10)
	for first < end && sec[first] < least {
		first++
	}
	for end > first && sec[end] < least {
		end--
	}
	r := run{from: from + first/10, to: from + end/10}
	for i := first; i <= end; i++ {
		r.events += int(sec[i])
		sum := 0.0
		for k := i; k < min(i+10, end+1); k++ {
			sum += sec[k]
		}
		most = max(most, sum)
	}
	r.peak = uint32(most)
	for i := r.from; i <= r.to; i++ {
		if f := l.fine[i]; f != nil {
			part := 0.0
			for s := max(first-(i-from)*10, 0); s <= min(end-(i-from)*10, 9); s++ {
				part += float64(f.Sec[s])
			}
			r.peers += int(float64(f.Peers)*part/float64(max(l.slots[i], 1)) + 0.5)
		}
	}
	r.start = l.start + (int64(from)*10+int64(first))*int64(time.Second)
	r.end = l.start + (int64(from)*10+int64(end)+1)*int64(time.Second)
	return r, r.end-r.start <= int64(pulseLong)
}

// trains splits pulses where nothing connects them: a gap of more than trainGap, unless a long run spans it.
func trains(pulses, long []run) (out [][]run) {
	k, from := 0, 0
	for i := range pulses {
		if i > 0 && pulses[i].start-pulses[i-1].start > int64(trainGap) {
			for k < len(long) && long[k].end < pulses[i].start {
				k++
			}
			if k == len(long) || long[k].start > pulses[i-1].start {
				out, from = append(out, pulses[from:i]), i
			}
		}
	}
	return append(out, pulses[from:])
}

// large leaves the pulses that have at least half of the sessions that nine tenths of them do not exceed; nil where
// these are all.
func large(pulses []run) (out []run) {
	sizes := make([]int, len(pulses))
	for i, r := range pulses {
		sizes[i] = r.events
	}
	slices.Sort(sizes)
	least := sizes[len(sizes)*9/10] / 2
	if sizes[0] >= least {
		return nil
	}
	for _, r := range pulses {
		if r.events >= least {
			out = append(out, r)
		}
	}
	return out
}

// fastRhythms finds the rhythms of pulses within each train. What is by chance is measured against pulses that come at
// random within the train: against those of the whole window, any busy quarter of an hour would be a rhythm. hosts is
// the number of hosts that are tried.
func fastRhythms(pulses, long []run, hosts int, loc *time.Location) (out []found) {
	if len(pulses) < minBursts {
		return nil
	}
	all := slices.DeleteFunc(trains(pulses, long), func(t []run) bool { return len(t) < minBursts })
	slices.SortStableFunc(all, func(a, b []run) int { return len(b) - len(a) })
	all = all[:min(len(all), trainMany)]
	tries := 4 * len(all) * max(hosts, 1) // all and the large ones, in either width
	for _, t := range all {
		x, ok := fastRhythm(t, tries, loc)
		if !ok {
			if t = large(t); len(t) < minBursts {
				continue
			}
			if x, ok = fastRhythm(t, tries, loc); !ok {
				continue
			}
		}
		i := slices.IndexFunc(out, func(o found) bool { return math.Abs(o.period/x.period-1) < 0.005 })
		if i < 0 {
			out = append(out, x)
			continue
		}
		out[i].join(x)
	}
	for _, x := range out {
		slices.SortFunc(x.runs, func(a, b run) int { return int(min(max(a.start-b.start, -1), 1)) })
	}
	slices.SortStableFunc(out, func(a, b found) int { return len(b.runs) - len(a.runs) })
	return out[:min(len(out), maxRhythms)]
}

// fastRhythm finds the rhythm of one train. It is a free one: no phase of the wall clock is asked for.
func fastRhythm(t []run, tries int, loc *time.Location) (found, bool) {
	f := framesOf(t, loc)
	r := findFree(&f, tries, fastLeast)
	if r == nil || r.jitter > fastJitter*r.period || float64(r.seen) < fastFilled*float64(r.slots) ||
		float64(r.seen) < fastExplained*float64(len(t)) {
		return found{}, false
	}
	x := found{rhythm: r, next: f.when(r, r.next, loc)}
	for i, in := range r.member {
		if in {
			x.runs = append(x.runs, t[i])
		}
	}
	return x, true
}

// join adds the same rhythm of another train.
func (o *found) join(x found) {
	r := *o.rhythm
	r.gain += x.gain
	r.jitter = max(r.jitter, x.jitter)
	r.seen += x.seen
	r.slots += x.slots
	o.rhythm, o.runs = &r, slices.Concat(o.runs, x.runs)
	if x.next.After(o.next) {
		o.next = x.next
	}
}

// inside counts the runs that lie within one of the others, a few seconds aside.
func inside(runs, others []run) (n int) {
	const aside = int64(pulseGap * time.Second)
	k := 0
	for _, r := range runs {
		for k < len(others) && others[k].end+aside < r.start {
			k++
		}
		if k < len(others) && others[k].start-aside <= r.start {
			n++
		}
	}
	return n
}

// join unites the rhythms of bursts with those of pulses. Where both are of the same sessions, the surer one is told;
// of equal periods, that of the bursts, which knows the clock on the wall.
func joinRhythms(slow, fast []found) []found {
	gone := map[int]bool{}
	var out []found
	for _, f := range fast {
		keep := true
		for i, s := range slow {
			same := math.Abs(s.period/f.period-1) < 0.01
			if !same && 2*inside(f.runs, s.runs) < len(f.runs) && 2*inside(f.runs, s.runs) < len(s.runs) {
				continue // of other sessions
			}
			if same || s.gain >= f.gain {
				keep = false
			} else {
				gone[i] = true
			}
		}
		if keep {
			out = append(out, f)
		}
	}
	for i, s := range slow {
		if !gone[i] {
			out = append(out, s)
		}
	}
	slices.SortStableFunc(out, func(a, b found) int {
		switch {
		case a.gain > b.gain:
			return -1
		case a.gain < b.gain:
			return 1
		}
		return 0
	})
	return out[:min(len(out), maxRhythms)]
}
