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
	// wallPrior is what a period of the wall clock is ahead of a free-running one before the data speak, in nats: most
	// things that repeat are started by the clock, and a free period is fitted, which costs half of ln N (BIC).
	wallPrior = 5
)

// wallPeriods are the periods that people and cron give to things, in seconds.
var wallPeriods = [...]float64{300, 600, 900, 1200, 1800, 3600, 7200, 10800, 14400, 21600, 28800, 43200, 86400}

// rhythm is a period that explains a row of bursts.
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
}

// frames are the starts of bursts in seconds, on the clocks by which they may repeat: a single one would break at a change of daylight
// saving time. What fires at 04:15 each day keeps step with the wall clock; what fires at :17 of each hour does so in
// the hour that comes twice, too, and only its minutes are the wall clock's; what runs freely knows no zone.
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

// of is the frame for a wall-clock period.
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

// findRhythm looks for the period that explains the starts best, or nil. hosts is the number of hosts that are tried (multiple testing).
//
// The model: of K slots of the period, n = cK fire at their phase with normal jitter s; m further starts fall anywhere
// in T:
//
//	LL(P) = -n ln(s sqrt(2 pi e)) - K H(c) + m ln(m/T) - m        LL(0) = N ln(N/T) - N
//
// gain = LL(P) - LL(0) - ln(trials) - phases ln(max(3, P/3s)). The entropy term keeps P/j from winning (its slots would be mostly
// empty), the outlier term jP. exp(-gain) bounds the probability of such a gain by chance (Markov's inequality on a likelihood ratio).
func findRhythm(f frames, hosts int) *rhythm {
	utc := f.utc
	if len(utc) < minBursts {
		return nil
	}
	free := freeCandidates(utc)
	trials := math.Log(float64(len(wallPeriods)*maxPhases+len(free))) + math.Log(float64(max(hosts, 1)))
	var best *rhythm
	better := func(r *rhythm) {
		if r != nil && (best == nil || r.gain+r.prior() > best.gain+best.prior()) {
			best = r
		}
	}
	for _, p := range wallPeriods {
		phases := densePhases(f.of(p), p)
		for k := 1; k <= len(phases); k++ {
			better(fit(f.of(p), p, phases[:k], true, trials))
		}
	}
	for _, p := range free {
		better(fitFree(utc, p, trials))
	}
	if best == nil || best.gain < acceptGain || best.seen < minBursts {
		return nil
	}
	return best.byTheClock(&f)
}

// crystal is by how much a router's clock may run fast or slow: crystals are good to 100 parts per million.
const crystal = 1e-4

// byTheClock takes a free period that is a wall-clock one but for the drift of the router's clock for what it is. The period and
// the phases are then the wall clock's; the fit stays.
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
		return &rhythm{period: p, phases: []float64{phase}, wall: true, jitter: r.jitter, gain: r.gain, seen: r.seen, slots: r.slots, member: r.member,
			next: r.next + x[len(x)-1] - f.utc[len(x)-1]}
	}
	return r
}

// findRhythms looks for further ones in what the surest leaves unexplained: two programs may run on one host. Its own stragglers, with
// the same slots or a part of them, are none.
func findRhythms(runs []run, hosts int, loc *time.Location) (out []found) {
	for len(out) < maxRhythms {
		f := framesOf(runs, loc)
		r := findRhythm(f, hosts)
		if r == nil {
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

// found is a rhythm with the bursts that keep it.
type found struct {
	*rhythm
	runs []run
	next time.Time
}

// like says whether r is only a part of o: a multiple or a fraction of its period and, on the wall clock, at one of its phases.
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
		return !slices.ContainsFunc(o.phases, func(y float64) bool { return math.Abs(math.Remainder(x-y, short)) <= near })
	})
}

func (r *rhythm) prior() float64 {
	if r.wall {
		return wallPrior
	}
	return 0
}

// fit scores a period with given phases. How far off its phase a start may be and still belong is not known beforehand: where strays abound
// (another program of the same host), a wide limit takes them in. So the limit is narrowed as long as that makes the starts
// more likely.
func fit(x []float64, p float64, phases []float64, wall bool, trials float64) *rhythm {
	near, r := assign(x, p, phases)
	floor := jitterFloor(p)
	limit := max(4*1.4826*medianAbs(r), 3*floor)
	limit = min(limit, p/float64(4*len(phases)), maxStray)
	var best *rhythm
	for {
		if f := fitWithin(x, p, phases, near, r, limit, trials); f != nil && (best == nil || f.gain > best.gain) {
			best = f
		}
		if limit <= 3*floor {
			break
		}
		limit = max(limit/2, 3*floor)
	}
	if best != nil {
		best.wall = wall
	}
	return best
}

// fitWithin scores it with the starts that are within limit seconds of their phase, which is moved to their mean.
func fitWithin(x []float64, p float64, phases []float64, near []int, r []float64, limit, trials float64) *rhythm {
	member := make([]bool, len(x))
	taken := map[[2]int]int{}
	for i := range x {
		if math.Abs(r[i]) > limit {
			continue
		}
		slot := [2]int{near[i], int(math.Round((x[i] - phases[near[i]]) / p))}
		if j, ok := taken[slot]; ok { // one start a slot; the nearer one is it
			if math.Abs(r[j]) <= math.Abs(r[i]) {
				continue
			}
			member[j] = false
		}
		taken[slot], member[i] = i, true
	}
	n, sq := 0, 0.0
	counts, sums := make([]int, len(phases)), make([]float64, len(phases))
	for i, in := range member {
		if in {
			n++
			sq += r[i] * r[i]
			counts[near[i]]++
			sums[near[i]] += r[i]
		}
	}
	if n < minBursts || slices.Min(counts) < 2 {
		return nil
	}
	centers := make([]float64, len(phases))
	for k, ph := range phases {
		mean := sums[k] / float64(counts[k])
		sq -= mean * sums[k]
		centers[k] = math.Mod(ph+mean+p, p)
	}
	floor := jitterFloor(p)
	s := max(math.Sqrt(max(sq/float64(n), 0)), floor)
	first, last := x[0], x[len(x)-1]
	span := (last - first) * float64(len(x)) / float64(len(x)-1)
	rest := chance(len(x), span) + trials + float64(len(phases))*math.Log(max(3, p/(3*s)))
	slots := max(slotsIn(first-limit, last+limit, p, centers), n)
	gain := likelihood(n, slots, len(x)-n, s, span) - rest
	// It may run for a part of the time only: from its first to its last start. To choose those costs as much as there is to choose from.
	from, to := x[slices.Index(member, true)], x[lastIndex(member)]
	if part := max(slotsIn(from-limit, to+limit, p, centers), n); part < slots {
		if g := likelihood(n, part, len(x)-n, s, span) - rest - 2*math.Log(float64(slots)); g > gain {
			gain, slots = g, part
		}
	}
	next := math.Inf(1)
	for _, ph := range centers {
		next = min(next, ph+p*(math.Floor((last+limit-ph)/p)+1))
	}
	return &rhythm{period: p, phases: centers, jitter: s, gain: gain, seen: n, slots: slots, member: member, next: next}
}

// slotsIn counts the slots between two moments.
func slotsIn(from, to, p float64, phases []float64) (n int) {
	for _, ph := range phases {
		n += int(max(math.Floor((to-ph)/p)-math.Ceil((from-ph)/p)+1, 0))
	}
	return n
}

func lastIndex(member []bool) int {
	for i := len(member) - 1; i > 0; i-- {
		if member[i] {
			return i
		}
	}
	return 0
}

// maxStray is how far off its phase a start may be, in seconds, four times the largest jitter that is looked for.
const maxStray = 240

// jitterFloor is the least jitter that is believed: starts are known to the second, and clocks wander.
func jitterFloor(p float64) float64 { return min(max(p/150, 1), 3) }

func likelihood(n, slots, outliers int, s, span float64) float64 {
	c := float64(n) / float64(slots)
	ll := -float64(n)*math.Log(s*math.Sqrt(2*math.Pi*math.E)) - float64(slots)*entropy(c)
	if outliers > 0 {
		m := float64(outliers)
		ll += m*math.Log(m/span) - m
	}
	return ll
}

func chance(n int, span float64) float64 {
	return float64(n)*math.Log(float64(n)/span) - float64(n)
}

func entropy(c float64) float64 {
	if c <= 0 || c >= 1 {
		return 0
	}
	return -c*math.Log(c) - (1-c)*math.Log(1-c)
}

// assign finds each start's nearest phase and its distance from it.
func assign(x []float64, p float64, phases []float64) (near []int, r []float64) {
	near, r = make([]int, len(x)), make([]float64, len(x))
	for i, v := range x {
		r[i] = math.Inf(1)
		for k, ph := range phases {
			if d := math.Remainder(v-ph, p); math.Abs(d) < math.Abs(r[i]) {
				near[i], r[i] = k, d
			}
		}
	}
	return near, r
}

func medianAbs(r []float64) float64 {
	a := make([]float64, len(r))
	for i, v := range r {
		a[i] = math.Abs(v)
	}
	slices.Sort(a)
	return a[len(a)/2]
}

// densePhases are the places in the period where starts gather, densest first, each moved to the mean of what is
// gathered there.
func densePhases(x []float64, p float64) []float64 {
	width := min(60, p/5)
	left := make([]float64, len(x))
	for i, v := range x {
		left[i] = math.Mod(math.Mod(v, p)+p, p)
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
			if d := math.Remainder(v-best, p); math.Abs(d) <= width {
				sum, n = sum+d, n+1
			}
		}
		center := best + sum/float64(n)
		out = append(out, math.Mod(center+p, p))
		left = slices.DeleteFunc(left, func(v float64) bool { return math.Abs(math.Remainder(v-center, p)) <= 1.5*width })
	}
	return out
}

// densest is the value with the most others within width around it on a circle of length p, by two pointers over the
// sorted values laid out three times.
func densest(x []float64, p, width float64) (best float64, most int) {
	at := func(i int) float64 { return x[i%len(x)] + p*float64(i/len(x)) }
	lo, hi := 0, 0
	for i := len(x); i < 2*len(x); i++ {
		for at(lo) < at(i)-width {
			lo++
		}
		for hi < 3*len(x) && at(hi) <= at(i)+width {
			hi++
		}
		if n := min(hi-lo, len(x)); n > most {
			best, most = x[i%len(x)], n
		}
	}
	return best, most
}

// freeCandidates are periods that the gaps between starts up to 5 apart suggest, most often suggested first.
func freeCandidates(x []float64) []float64 {
	var gaps []float64
	for d := 1; d <= 5; d++ {
		for i := 0; i+d < len(x); i++ {
			g := x[i+d] - x[i]
			for j := 1; j <= max(d, 3); j++ { // slots in between may be missing
				if p := g / float64(j); p >= 60 {
					gaps = append(gaps, p)
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
		j := i
		for j < len(gaps) && gaps[j] <= gaps[i]*1.02+2 {
			j++
		}
		groups = append(groups, group{gaps[(i+j)/2], j - i})
		i = j
	}
	slices.SortStableFunc(groups, func(a, b group) int { return cmp.Compare(b.n, a.n) })
	var out []float64
	for _, g := range groups[:min(len(groups), maxFree)] {
		out = append(out, g.p)
	}
	return out
}

// fitFree refines a candidate by least squares over the starts that keep step with it, and scores it.
func fitFree(x []float64, p float64, trials float64) *rhythm {
	phase := 0.0
	for range 4 {
		k, ok := steps(x, p)
		if !ok {
			return nil
		}
		p2, ph := leastSquares(k, x)
		if !(p2 > p*0.9 && p2 < p*1.1) {
			return nil
		}
		if p, phase = p2, ph; math.IsNaN(p) {
			return nil
		}
	}
	if p < 60 || p > (x[len(x)-1]-x[0])/float64(minBursts-1)*1.1 {
		return nil
	}
	r := fit(x, p, []float64{math.Mod(math.Mod(phase, p)+p, p)}, false, trials)
	if r == nil || r.seen == len(x) {
		return r
	}
	// Once more without the strays, which have pulled at the line.
	k := make([]float64, len(x))
	for i := range x {
		k[i] = math.NaN()
		if r.member[i] {
			k[i] = math.Round((x[i] - r.phases[0]) / r.period)
		}
	}
	if p, phase = leastSquares(k, x); math.IsNaN(p) || p < 60 || math.Abs(p/r.period-1) > 0.1 {
		return r
	}
	if f := fit(x, p, []float64{math.Mod(math.Mod(phase, p)+p, p)}, false, trials); f != nil && f.gain > r.gain {
		return f
	}
	return r
}

// steps numbers the starts by slots. It follows them like a phase-locked loop, so that neither a small error of p adds up nor a stray
// takes it along; starts that are out of step get no number (NaN).
func steps(x []float64, p float64) ([]float64, bool) {
	const pull = 0.25 // of a start's deviation by which the next slot is moved
	best, bestN := []float64(nil), 0
	for s := 0; s < min(len(x), 4); s++ { // the first ones may be strays themselves
		k := make([]float64, len(x))
		ref, at, n := x[s], 0.0, 1
		for i := range x {
			if i == s {
				continue
			}
			q := (x[i] - ref) / p
			near := math.Round(q)
			if math.Abs(q-near) > 0.2 || i > s && near == 0 || i < s {
				k[i] = math.NaN()
				continue
			}
			at += near
			k[i], ref, n = at, ref+near*p+pull*(q-near)*p, n+1
		}
		if n > bestN {
			best, bestN = k, n
		}
	}
	return best, bestN >= minBursts
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

// minutes are the minutes of the local hour at which a wall-clock rhythm fires; hours are the local hours, when
// those are not all.
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
			for t := ph; t < 86400; t += r.period {
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
