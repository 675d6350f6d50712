package detect

import (
	"math"
	"slices"
)

// fitter scores how well periods explain a row of starts. Hundreds are tried for each host, so it keeps its buffers.
type fitter struct {
	x      []float64 // the starts, s, in order
	trials float64   // ln of how many periods are tried
	least  float64   // the least free period, s
	need   float64   // what a rhythm's gain and prior must reach to be of any use
	near   []int     // the nearest phase of each start
	r, abs []float64 // … and how far off it the start is
	within []int     // the starts that are within the limit of their phase, in order
	member []bool    // … and of those, which belong to the rhythm
	k      [2][]float64
	tried  map[[2]float64]bool // free periods and phases
}

func newFitter(trials float64, n int, least float64) *fitter {
	return &fitter{trials: trials, least: least, need: acceptGain, near: make([]int, n), r: make([]float64, n),
		abs: make([]float64, n), within: make([]int, n), member: make([]bool, n),
		k: [2][]float64{make([]float64, n), make([]float64, n)}, tried: map[[2]float64]bool{}}
}

// fit scores a period with given phases, of which all but the last were tried just before. How far a start may be off
// its phase and still belong to it is not known beforehand: among many strays (another program of the same host) a wide
// limit takes strays in. The limit is narrowed as long as that makes the starts more likely.
func (f *fitter) fit(p float64, phases []float64, wall bool) *rhythm {
	f.assign(p, phases)
	floor := jitterFloor(p)
	limit := f.spread(3*floor, min(p/float64(4*len(phases)), maxStray))
	var best *rhythm
	for {
		if r := f.score(p, phases, limit); r != nil && (best == nil || r.gain > best.gain) {
			best = r
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

// mark finds the starts that are within limit seconds of their phase; of several in one slot, the nearest. Starts
// beyond the limit stay out until the next assign, because only smaller limits follow.
func (f *fitter) mark(p float64, phases []float64, limit float64) {
	var slot, last [maxPhases]int
	for k := range last {
		last[k] = -1
	}
	n := 0
	for _, i := range f.within {
		r := math.Abs(f.r[i])
		if r > limit {
			continue
		}
		f.within[n], f.member[i] = i, true
		n++
		k := f.near[i]
		at := int(roundUp((f.x[i] - phases[k]) / p))
		if j := last[k]; j >= 0 && slot[k] == at { // the starts are in order, and so are the slots of a phase
			if math.Abs(f.r[j]) <= r {
				f.member[i] = false
				continue
			}
			f.member[j] = false
		}
		slot[k], last[k] = at, i
	}
	f.within = f.within[:n]
}

// remark marks the starts that belong to r.
func (f *fitter) remark(r *rhythm) {
	for k := range r.about {
		f.assign(r.period, r.about[:k+1])
	}
	clear(f.member)
	f.mark(r.period, r.about, r.limit)
}

// members gives the starts that belong to r.
func (f *fitter) members(r *rhythm) []bool {
	f.remark(r)
	return slices.Clone(f.member)
}

// score scores the period with the starts that are within limit seconds of their phase, which is moved to their mean.
func (f *fitter) score(p float64, phases []float64, limit float64) *rhythm {
	f.mark(p, phases, limit)
	x := f.x
	n, sq, from, to := 0, 0.0, -1, 0
	var counts [maxPhases]int
	var sums [maxPhases]float64
	for _, i := range f.within {
		if f.member[i] {
			n++
			sq += f.r[i] * f.r[i]
			counts[f.near[i]]++
			sums[f.near[i]] += f.r[i]
			if to = i; from < 0 {
				from = i
			}
		}
	}
	if n < minBursts || slices.Min(counts[:len(phases)]) < 2 {
		return nil
	}
	centers := make([]float64, len(phases))
	for k, ph := range phases {
		mean := sums[k] / float64(counts[k])
		sq -= mean * sums[k]
		centers[k] = modulo(ph+mean, p)
	}
	s := max(math.Sqrt(max(sq/float64(n), 0)), jitterFloor(p))
	first, last, span := x[0], x[len(x)-1], f.span()
	rest := f.rest(p, s, len(phases))
	slots := max(slotsIn(first-limit, last+limit, p, centers), n)
	gain := likelihood(n, slots, len(x)-n, s, span) - rest
	// The rhythm may run for a part of the time only, from its first to its last start. The choice of that part costs
	// the logarithm of the number of choices.
	if part := max(slotsIn(x[from]-limit, x[to]+limit, p, centers), n); part < slots {
		if g := likelihood(n, part, len(x)-n, s, span) - rest - 2*math.Log(float64(slots)); g > gain {
			gain, slots = g, part
		}
	}
	next := math.Inf(1)
	for _, ph := range centers {
		next = min(next, ph+p*(math.Floor((last+limit-ph)/p)+1))
	}
	return &rhythm{period: p, phases: centers, jitter: s, gain: gain, seen: n, slots: slots, next: next, about: phases,
		limit: limit}
}

// span gives the time from the first start to the last, lengthened by one mean gap, so that it holds as many gaps as
// starts.
func (f *fitter) span() float64 {
	n := len(f.x)
	return (f.x[n-1] - f.x[0]) * float64(n) / float64(n-1)
}

// rest gives the part of the likelihood that a rhythm must exceed: the likelihood by chance, and the price of the
// trials.
func (f *fitter) rest(p, s float64, phases int) float64 {
	return chance(len(f.x), f.span()) + f.trials + float64(phases)*math.Log(max(3, p/(3*s)))
}

// hopeless reports whether no rhythm of that period or a longer one, with so many phases at most, can be of use, even
// if each of its slots had its start, with the least jitter. A host that keeps time has many starts, and only its own
// period and fractions of it come near.
func (f *fitter) hopeless(p float64, phases int, prior float64) bool {
	n := min(int((f.x[len(f.x)-1]-f.x[0])/p+1.5)*phases, len(f.x))
	s := jitterFloor(p)
	return likelihood(n, n, len(f.x)-n, s, f.span())-f.rest(p, s, 1)+prior < f.need
}

// slotsIn counts the slots between two moments.
func slotsIn(from, to, p float64, phases []float64) (n int) {
	for _, ph := range phases {
		n += int(max(math.Floor((to-ph)/p)-math.Ceil((from-ph)/p)+1, 0))
	}
	return n
}

// maxStray is the farthest that a start may be off its phase, in seconds: four times the largest jitter that is looked
// for.
const maxStray = 240

// jitterFloor is the least jitter that is believed, in seconds: starts are known to the second, and clocks wander.
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

// offset gives x less the nearest multiple of p, and modulo x less the next lower one. math.Remainder and math.Mod are
// exact where these err by nanoseconds, and ten times as slow.
func offset(x, p float64) float64 { return x - p*roundUp(x/p) }

// roundUp rounds to the nearest whole number, halves up; unlike math.Round it takes one instruction.
func roundUp(x float64) float64 { return math.Floor(x + 0.5) }

func modulo(x, p float64) float64 { return max(x-p*math.Floor(x/p), 0) }

// assign finds each start's nearest phase and its distance from it, from the distances to all phases but the last.
func (f *fitter) assign(p float64, phases []float64) {
	k := len(phases) - 1
	f.within = f.within[:len(f.x)]
	for i, v := range f.x {
		f.within[i] = i
		if d := offset(v-phases[k], p); k == 0 || math.Abs(d) < math.Abs(f.r[i]) {
			f.near[i], f.r[i] = k, d
		}
	}
}

// spread estimates how far the starts are off their phases: four standard deviations by the median, from least to most.
func (f *fitter) spread(least, most float64) float64 {
	const sigmas = 4 * 1.4826
	a, step, near := f.abs[:0], 1+len(f.r)/512, 0 // of so many the median is near enough
	for i := 0; i < len(f.r); i += step {
		d := math.Abs(f.r[i])
		a = append(a, d)
		if sigmas*d < most {
			near++
		}
	}
	if near <= len(a)/2 { // as for most periods that are tried
		return most
	}
	return min(max(sigmas*nth(a, len(a)/2), least), most)
}

// nth gives the value that would stand at k if x were sorted; it reorders x.
func nth(x []float64, k int) float64 {
	quickselect(x, k, func(a, b float64) bool { return a < b })
	return x[k]
}

// quickselect moves to k the value that would stand there if x were sorted, and smaller ones before it (Hoare, 1961).
// Sorting took a sixth of the time of all findings, and a third of that of a host with many doors.
func quickselect[T any](x []T, k int, before func(a, b T) bool) {
	for lo, hi := 0, len(x)-1; lo < hi; {
		pivot, i, j := x[lo+(hi-lo)/2], lo, hi
		for i <= j {
			for before(x[i], pivot) {
				i++
			}
			for before(pivot, x[j]) {
				j--
			}
			if i <= j {
				x[i], x[j] = x[j], x[i]
				i, j = i+1, j-1
			}
		}
		switch {
		case k <= j:
			hi = j
		case k >= i:
			lo = i
		default:
			return
		}
	}
}

// free refines a candidate by least squares over the starts that keep step with it, and scores it.
func (f *fitter) free(p float64) *rhythm {
	const step = 0.9 // the least that a step makes of p
	phase := 0.0
	for i := range 4 {
		if f.hopeless(p*math.Pow(step, float64(5-i)), 1, 0) {
			return nil
		}
		k, ok := f.steps(p)
		if !ok {
			return nil
		}
		p2, ph := leastSquares(k, f.x)
		if !(p2 > p*step && p2 < p*1.1) {
			return nil
		}
		settled := math.Abs(p2/p-1) < 1e-7
		if p, phase = p2, ph; settled {
			break
		}
	}
	x := f.x
	if p < f.least || p > (x[len(x)-1]-x[0])/float64(minBursts-1)*1.1 || f.hopeless(p*step, 1, 0) {
		return nil
	}
	phase = modulo(phase, p)
	key := [2]float64{math.Round(p * 1e4), math.Round(phase)}
	if f.tried[key] { // several candidates lead to one period
		return nil
	}
	f.tried[key] = true
	r := f.fit(p, []float64{phase}, false)
	if r == nil || r.seen == len(x) {
		return r
	}
	// A second fit leaves out the strays, which have pulled at the line.
	f.remark(r)
	k := f.k[0]
	for i := range x {
		k[i] = math.NaN()
		if f.member[i] {
			k[i] = math.Round((x[i] - r.phases[0]) / r.period)
		}
	}
	if p, phase = leastSquares(k, x); math.IsNaN(p) || p < f.least || math.Abs(p/r.period-1) > 1-step {
		return r
	}
	if g := f.fit(p, []float64{modulo(phase, p)}, false); g != nil && g.gain > r.gain {
		return g
	}
	return r
}

// steps numbers the starts by slots. It follows them like a phase-locked loop, so that a small error of p does not add
// up and a stray does not shift the rest. Starts that are out of step get NaN.
func (f *fitter) steps(p float64) ([]float64, bool) {
	const pull = 0.25 // of a start's deviation by which the next slot is moved
	x, best, k := f.x, f.k[0], f.k[1]
	bestN := 0
	for s := range min(len(x), 4) { // the first ones may be strays themselves
		ref, at, n := x[s], 0.0, 1
		for i := range s {
			k[i] = math.NaN()
		}
		k[s] = 0
		for i := s + 1; i < len(x); i++ {
			q := (x[i] - ref) / p
			near := roundUp(q)
			if math.Abs(q-near) > 0.2 || near == 0 {
				k[i] = math.NaN()
				continue
			}
			at += near
			k[i], ref, n = at, ref+near*p+pull*(q-near)*p, n+1
		}
		if n > bestN {
			best, k, bestN = k, best, n
		}
	}
	return best, bestN >= minBursts
}
