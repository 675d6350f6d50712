package detect

import (
	"cmp"
	"math"
	"slices"
	"time"
)

const (
	minBursts  = 4  // fewer are bursts, not a period
	acceptGain = 16 // nats by which a period must beat chance
	maxPhases  = 4
	maxFree    = 60 // free-running periods that are tried
	freeLeast  = 60 // s; the least free-running period of bursts: they are merged below burstGap
	// maxStarts bounds the starts by whose gaps free periods of single seconds are proposed: a day of them is enough.
	maxStarts = 4096
	// wallPrior is the head start, in nats, of a period of the wall clock over a free-running one: most things that
	// repeat are started by the clock, and a free period is fitted, which costs half of ln N (BIC).
	wallPrior = 5
)

// wallPeriods lists, in seconds, the periods that people and cron use.
var wallPeriods = [...]float64{300, 600, 900, 1200, 1800, 3600, 7200, 10800, 14400, 21600, 28800, 43200, 86400,
	172800, 259200, 604800}

// rhythm is a period with the phases at which bursts keep to it.
type rhythm struct {
	period float64   // s
	phases []float64 // s after local midnight (wall) or after the first burst's epoch (free), 0 <= phase < period
	wall   bool
	jitter float64 // standard deviation of the starts about their slots, s
	gain   float64 // log-likelihood over chance, after all penalties, nats
	seen   int
	slots  int
	member []bool // which bursts belong to it
	next   float64

	about []float64 // the phases about which the members lie, before they were moved to their mean
	limit float64   // … within so many seconds
}

// frames holds the starts of bursts in seconds, on each of the clocks by which they may repeat, because one clock would
// break at a change of daylight saving time. A job at 04:15 each day keeps step with the wall clock. A job at :17 of
// each hour runs in the repeated hour, too; only its minutes are the wall clock's. A program that repeats by its own
// timer knows no zone.
type frames struct{ daily, hourly, utc []float64 }

func framesOf(runs []run, loc *time.Location) (f frames) {
	first := 0
	for i, b := range runs {
		_, off := time.Unix(0, b.start).In(loc).Zone()
		if i == 0 {
			first = off
		}
		utc := float64(b.start) / 1e9
		f.utc = append(f.utc, utc)
		f.daily = append(f.daily, utc+float64(off))
		f.hourly = append(f.hourly, utc+float64(first+(off-first)%3600))
	}
	return f
}

// of gives the frame for a wall-clock period.
func (f *frames) of(period float64) []float64 {
	if period > 3600 {
		return f.daily
	}
	return f.hourly
}

// when turns a moment in the rhythm's own frame into a time.
func (f *frames) when(r *rhythm, s float64, loc *time.Location) time.Time {
	switch {
	case !r.wall:
		return time.Unix(0, int64(s*1e9)).UTC()
	case r.period <= 3600:
		last := len(f.utc) - 1
		return time.Unix(int64(s-(f.hourly[last]-f.utc[last])), 0).UTC()
	}
	t := time.Unix(int64(s), 0).UTC()
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, loc).UTC()
}

// findRhythm gives the rhythm that explains the starts best, or nil. hosts is the number of hosts that are tried
// (multiple testing).
//
// The model: of K slots of the period, n = cK fire at their phase with normal jitter s; m further starts fall anywhere
// in T:
//
//	LL(P) = -n ln(s sqrt(2 pi e)) - K H(c) + m ln(m/T) - m        LL(0) = N ln(N/T) - N
//
// gain = LL(P) - LL(0) - ln(trials) - phases ln(max(3, P/3s)). The entropy term keeps P/j from winning (its slots would
// be mostly empty), the outlier term jP. exp(-gain) bounds the probability of such a gain by chance (Markov's
// inequality on a likelihood ratio).
func findRhythm(f frames, hosts int) *rhythm {
	utc := f.utc
	if len(utc) < minBursts {
		return nil
	}
	free := freeCandidates(utc, freeLeast)
	trials := math.Log(float64(len(wallPeriods)*maxPhases+len(free))) + math.Log(float64(max(hosts, 1)))
	var best *rhythm
	of := newFitter(trials, len(utc), freeLeast)
	better := func(r *rhythm) {
		if r != nil && (best == nil || r.gain+r.prior() > best.gain+best.prior()) {
			best = r
			of.need = max(of.need, r.gain+r.prior())
		}
	}
	for _, p := range wallPeriods {
		if of.x = f.of(p); of.hopeless(p, maxPhases, wallPrior) {
			continue
		}
		phases := densePhases(of.x, p)
		for k := 1; k <= len(phases); k++ {
			better(of.fit(p, phases[:k], true))
		}
	}
	of.x = utc
	for _, p := range free {
		better(of.free(p))
	}
	if best == nil || best.gain < acceptGain || best.seen < minBursts {
		return nil
	}
	of.x = utc
	if best.wall {
		of.x = f.of(best.period)
	}
	best.member = of.members(best)
	return best.byTheClock(&f)
}

// findFree gives the free-running rhythm of at least so many seconds that explains the starts best, or nil. tries is
// the number of rows of starts that are tried.
func findFree(f *frames, tries int, least float64) *rhythm {
	utc := f.utc
	if len(utc) < minBursts {
		return nil
	}
	free := freeCandidates(utc[:min(len(utc), maxStarts)], least)
	of := newFitter(math.Log(float64(max(len(free)*tries, 1))), len(utc), least)
	of.x = utc
	var best *rhythm
	for _, p := range free {
		if r := of.free(p); r != nil && (best == nil || r.gain > best.gain) {
			best, of.need = r, max(of.need, r.gain)
		}
	}
	if best == nil || best.gain < acceptGain || best.seen < minBursts {
		return nil
	}
	best.member = of.members(best)
	return best.byTheClock(f)
}

// crystal bounds how fast or slow a router's clock may run: quartz crystals are good to 100 parts per million.
const crystal = 1e-4

// byTheClock turns a free period into the wall-clock one that it equals but for the drift of the router's clock. The
// period and the phases become the wall clock's; the fit stays.
func (r *rhythm) byTheClock(f *frames) *rhythm {
	for _, p := range wallPeriods {
		if r.wall || math.Abs(r.period/p-1) > crystal {
			continue
		}
		x := f.of(p)
		first, sum, n := math.NaN(), 0.0, 0.0
		for i, in := range r.member {
			if !in {
				continue
			}
			if n == 0 {
				first = x[i]
			} else if x[i]-f.utc[i] != first-f.utc[slices.Index(r.member, true)] {
				return r // it did not follow a change of daylight saving time
			}
			sum, n = sum+math.Remainder(x[i]-first, p), n+1
		}
		phase := math.Mod(math.Mod(first+sum/n, p)+p, p)
		return &rhythm{period: p, phases: []float64{phase}, wall: true, jitter: r.jitter, gain: r.gain, seen: r.seen,
			slots: r.slots, member: r.member,
			next: r.next + x[len(x)-1] - f.utc[len(x)-1]}
	}
	return r
}

// findRhythms finds the surest rhythm of the runs, and further ones in the starts that it leaves unexplained: two
// programs may run on one host. A rhythm made of stragglers of the surest, with the same slots or a part of them, does
// not count. The first must reach the gain least.
func findRhythms(runs []run, hosts int, loc *time.Location, least float64) (out []found) {
	for len(out) < maxRhythms {
		f := framesOf(runs, loc)
		r := findRhythm(f, hosts)
		if r == nil || len(out) == 0 && r.gain < least {
			break
		}
		var members, rest []run
		for i, in := range r.member {
			if in {
				members = append(members, runs[i])
			} else {
				rest = append(rest, runs[i])
			}
		}
		if !slices.ContainsFunc(out, func(o found) bool { return o.like(r) }) {
			out = append(out, found{r, members, f.when(r, r.next, loc)})
		}
		runs = rest
	}
	return out
}

const maxRhythms = 3 // of one host

// found is a rhythm with the bursts that keep to it.
type found struct {
	*rhythm
	runs []run
	next time.Time
}

// like reports whether r is only a part of o: a multiple or a fraction of its period and, on the wall clock, at one of
// its phases.
func (o found) like(r *rhythm) bool {
	q := max(o.period/r.period, r.period/o.period)
	if q > 12.5 || math.Abs(q-math.Round(q)) > 0.003*q {
		return false
	}
	if !o.wall || !r.wall {
		return true
	}
	short, near := min(o.period, r.period), 4*max(o.jitter, r.jitter)+10
	return !slices.ContainsFunc(r.phases, func(x float64) bool {
		return !slices.ContainsFunc(o.phases,
			func(y float64) bool { return math.Abs(math.Remainder(x-y, short)) <= near })
	})
}

func (r *rhythm) prior() float64 {
	if r.wall {
		return wallPrior
	}
	return 0
}

// densePhases lists the phases in the period around which most starts lie, densest first, each moved to the mean of
// those starts.
func densePhases(x []float64, p float64) []float64 {
	width := min(60, p/5)
	left := make([]float64, len(x))
	for i, v := range x {
		left[i] = modulo(v, p)
	}
	slices.Sort(left)
	var out []float64
	for len(out) < maxPhases && len(left) > 1 {
		best, n := densest(left, p, width)
		if n < 2 {
			break
		}
		sum, n := 0.0, 0
		for _, v := range left {
			if d := offset(v-best, p); math.Abs(d) <= width {
				sum, n = sum+d, n+1
			}
		}
		center := best + sum/float64(n)
		out = append(out, math.Mod(center+p, p))
		left = slices.DeleteFunc(left, func(v float64) bool { return math.Abs(offset(v-center, p)) <= 1.5*width })
	}
	return out
}

// densest finds the value with the most others within width around it on a circle of length p, by two pointers over the
// sorted values laid out three times.
func densest(x []float64, p, width float64) (best float64, most int) {
	at := func(i int) float64 {
		switch n := len(x); {
		case i < n:
			return x[i]
		case i < 2*n:
			return x[i-n] + p
		default:
			return x[i-2*n] + p*2
		}
	}
	lo, hi := 0, 0
	for i, v := range x {
		for at(lo) < v+p-width {
			lo++
		}
		for hi < 3*len(x) && at(hi) <= v+p+width {
			hi++
		}
		if n := min(hi-lo, len(x)); n > most {
			best, most = x[i], n
		}
	}
	return best, most
}

// freeCandidates lists the periods of at least so many seconds that the gaps between starts up to five apart suggest,
// the most frequent first.
func freeCandidates(x []float64, least float64) []float64 {
	gaps := make([]uint64, 0, 18*len(x)) // bits of positive numbers have their order, and are sorted in half the time
	for d := 1; d <= 5; d++ {
		for i := 0; i+d < len(x); i++ {
			g := x[i+d] - x[i]
			for j := 1; j <= max(d, 3); j++ { // slots in between may be missing
				if p := g / float64(j); p >= least {
					gaps = append(gaps, math.Float64bits(p))
				}
			}
		}
	}
	slices.Sort(gaps)
	type group struct {
		p float64
		n int
	}
	var groups []group
	for i := 0; i < len(gaps); {
		j, end := i, math.Float64bits(math.Float64frombits(gaps[i])*1.02+2)
		for j < len(gaps) && gaps[j] <= end {
			j++
		}
		groups = append(groups, group{math.Float64frombits(gaps[(i+j)/2]), j - i})
		i = j
	}
	slices.SortStableFunc(groups, func(a, b group) int { return cmp.Compare(b.n, a.n) })
	var out []float64
	for _, g := range groups[:min(len(groups), maxFree)] {
		out = append(out, g.p)
	}
	return out
}

func leastSquares(k, x []float64) (slope, offset float64) {
	var n, sk, sx, skk, skx float64
	base := x[0]
	for i := range k {
		if math.IsNaN(k[i]) {
			continue
		}
		v := x[i] - base
		n, sk, sx, skk, skx = n+1, sk+k[i], sx+v, skk+k[i]*k[i], skx+k[i]*v
	}
	slope = (n*skx - sk*sx) / (n*skk - sk*sk)
	return slope, base + (sx-slope*sk)/n
}

// minutes gives the minutes of the local hour at which a wall-clock rhythm fires, and the local hours where it does not
// fire in each.
func (r *rhythm) minutes() (minutes, hours []int) {
	if !r.wall {
		return nil, nil
	}
	for _, ph := range r.phases {
		for t := ph; t < max(r.period, 3600); t += r.period {
			m := int(math.Round(t/60)) % 60
			if !slices.Contains(minutes, m) {
				minutes = append(minutes, m)
			}
		}
		if r.period > 3600 {
			for t := math.Mod(ph, 86400); t < 86400; t += r.period {
				if h := int(math.Round(t/60)) / 60 % 24; !slices.Contains(hours, h) {
					hours = append(hours, h)
				}
			}
		}
	}
	slices.Sort(minutes)
	slices.Sort(hours)
	return minutes, hours
}
