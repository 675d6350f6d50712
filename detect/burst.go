package detect

import (
	"cmp"
	"math"
	"net/netip"
	"slices"
	"time"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

const (
	burstFloor = 25               // events in one slot, below which nothing is a burst
	burstGap   = 90 * time.Second // hot slots closer than this are one burst
	// burstLong bounds a burst: a busy spell that lasts longer is a load.
	burstLong  = 10 * time.Minute
	burstAlpha = 1e-3 // chance of one false burst per host and window, if sessions came at random (Poisson)
)

// span is a row of whole slots over several days.
type span struct {
	start int64 // ns of slot 0
	n     int   // slots
}

func newSpan(w Window) span {
	s := floorDiv(w.From.UnixNano(), int64(SlotLen))
	e := floorDiv(w.To.UnixNano()-1, int64(SlotLen)) + 1
	return span{s * int64(SlotLen), int(e - s)}
}

// line holds one host's series, laid over a span.
type line struct {
	span
	slots map[int]uint32 // slot → events
	fine  map[int]*Fine
	hot   []int // slots with events, in order
}

func (s span) lay(days []*Day, series func(*Day) *Series) *line {
	slots, fine := 0, 0
	for _, d := range days {
		if ser := series(d); ser != nil {
			slots, fine = slots+len(ser.Slots), fine+len(ser.Fine)
		}
	}
	l := &line{span: s, slots: make(map[int]uint32, slots), fine: make(map[int]*Fine, fine), hot: make([]int, 0, slots)}
	for _, d := range days {
		ser := series(d)
		if ser == nil {
			continue
		}
		off := int((d.Date.Start().UnixNano() - s.start) / int64(SlotLen))
		for _, b := range ser.Slots {
			if i := off + int(b.I); i >= 0 && i < s.n {
				if l.slots[i] += b.N; len(l.slots) > len(l.hot) {
					l.hot = append(l.hot, i)
				}
			}
		}
		for k := range ser.Fine {
			if i := off + int(ser.Fine[k].I); i >= 0 && i < s.n {
				l.fine[i] = &ser.Fine[k]
			}
		}
	}
	slices.Sort(l.hot)
	return l
}

func seriesOf(host netip.Addr, pick func(*Host) *Series) func(*Day) *Series {
	return func(d *Day) *Series {
		if h := d.Hosts[host]; h != nil {
			return pick(h)
		}
		return nil
	}
}

// run is one burst of a line.
type run struct {
	start    int64 // ns
	end      int64
	events   int
	peers    int
	peak     uint32 // events of the fullest slot
	from, to int    // slots, both included
}

// bursts finds the spells in which much more happens than is usual for that hour of the day: a slot is hot when it
// exceeds the median by 8 robust standard deviations (1.4826 MAD) of its hour, and what a Poisson process with the
// line's usual rate yields with probability alpha; never below burstFloor.
//
// Runs of more than burstLong are no bursts: long holds them, in order.
func (l *line) bursts() (bursts, long []run) {
	for _, r := range l.runs(l.thresholds()) {
		if r.end-r.start > int64(burstLong) {
			long = append(long, r)
		} else {
			bursts = append(bursts, r)
		}
	}
	return bursts, long
}

// runs finds the hot slots by these thresholds of each hour, and joins those that are closer than burstGap.
func (l *line) runs(thr *[24]float64) []run {
	var out []run
	for _, i := range l.hot {
		if !l.isHot(i, thr) {
			continue
		}
		if n := len(out); n > 0 && i-out[n-1].to <= gapSlots {
			out[n-1].to = i
			continue
		}
		out = append(out, run{from: i, to: i})
	}
	for i := range out {
		l.measure(&out[i])
	}
	return out
}

const gapSlots = int(burstGap / SlotLen)

// whole gives the bursts with those that cross an edge of the span told whole, as the days beside it have the rest:
// such a one may be none within the span alone. What lasts longer than a burst stays as it is in the span.
func (l *line) whole(bursts []run, beside []*Day, series func(*Day) *Series) []run {
	if len(l.hot) == 0 {
		return bursts
	}
	last := l.n - 1 - gapSlots
	for _, edge := range [...]struct {
		slot int
		near bool // something is near enough
	}{{0, l.hot[0] <= gapSlots}, {l.n, l.hot[len(l.hot)-1] >= last}} {
		if !edge.near {
			continue
		}
		at := time.Unix(0, l.start+int64(edge.slot)*int64(SlotLen))
		around := Window{at.Add(-burstLong - burstGap), at.Add(burstLong + burstGap)}
		x := newSpan(around).lay(around.Touched(beside), series)
		first := int((x.start - l.start) / int64(SlotLen))
		for _, r := range x.runs(l.thresholds()) {
			if r.start >= at.UnixNano() || r.end <= at.UnixNano() || r.end-r.start > int64(burstLong) {
				continue
			}
			r.from, r.to = r.from+first, r.to+first
			bursts = slices.DeleteFunc(bursts, func(b run) bool { return b.from <= r.to && b.to >= r.from })
			bursts = append(bursts, r)
		}
	}
	slices.SortFunc(bursts, func(a, b run) int { return cmp.Compare(a.start, b.start) })
	return bursts
}

// isHot reports whether the slot is part of a burst, by its own events or by the ten seconds that hold most of those in
// it and the next one: bursts do not keep to the borders of slots.
func (l *line) isHot(i int, thr *[24]float64) bool {
	t := thr[l.hour(i)]
	return float64(l.slots[i]) >= t || l.across(i) >= t || l.across(i-1) >= t
}

// across gives the most events in ten seconds on end that begin in slot i and end in the next one.
func (l *line) across(i int) float64 {
	a, b := l.fine[i], l.fine[i+1]
	if a == nil || b == nil {
		return 0
	}
	n := 0
	for _, v := range a.Sec {
		n += int(v)
	}
	most := n
	for s := range b.Sec {
		n += int(b.Sec[s]) - int(a.Sec[s])
		most = max(most, n)
	}
	return float64(most)
}

// hour gives the UTC hour of day of a slot; it is the same on each day, whatever the local zone is.
func (l *line) hour(i int) int {
	return int(floorDiv(l.start+int64(i)*int64(SlotLen), int64(time.Hour))%24+24) % 24
}

func (l *line) thresholds() *[24]float64 {
	var out, slots [24]float64
	for i := 0; i < l.n; {
		at := l.start + int64(i)*int64(SlotLen)
		end := (floorDiv(at, int64(time.Hour)) + 1) * int64(time.Hour)
		next := min(i+6*int((end-at+int64(time.Minute)-1)/int64(time.Minute)), l.n) // by whole minutes
		slots[l.hour(i)] += float64(next - i)
		i = next
	}
	byHour := [24][]float64{}
	for _, i := range l.hot {
		h := l.hour(i)
		byHour[h] = append(byHour[h], float64(l.slots[i]))
	}
	for h := range out {
		med, mad := sparseMedian(byHour[h], slots[h])
		rate := max(med, quietMean(byHour[h], slots[h]))
		out[h] = max(burstFloor, med+8*1.4826*mad, poissonTail(rate, burstAlpha/float64(max(l.n, 1))))
	}
	return &out
}

// sparseMedian gives the median and the median absolute deviation of values of which only the non-zero ones are listed.
func sparseMedian(x []float64, n float64) (med, mad float64) {
	zeros := n - float64(len(x))
	slices.Sort(x)
	at := func(x []float64) float64 {
		if i := int(n/2 - max(zeros, 0)); i >= 0 && i < len(x) {
			return x[i]
		}
		return 0
	}
	med = at(x)
	if med == 0 {
		return 0, 0 // more than half are zero, and so is their deviation
	}
	dev := make([]float64, 0, int(n)+1)
	for _, v := range x {
		dev = append(dev, max(v-med, med-v))
	}
	for range int(max(zeros, 0)) {
		dev = append(dev, med)
	}
	slices.Sort(dev)
	return med, stat.Quantile(0.5, stat.Empirical, dev, nil)
}

// quietMean gives the mean of the slots without the highest tenth: the usual rate, bursts left out.
func quietMean(sorted []float64, n float64) float64 {
	sum := 0.0
	for i, v := range sorted {
		if float64(len(sorted)-i) <= n/10 {
			break
		}
		sum += v
	}
	return sum / max(n, 1)
}

// poissonTail gives the smallest k with P(X >= k) < alpha for a Poisson variable with that mean.
func poissonTail(mean, alpha float64) float64 {
	if mean <= 0 {
		return 0
	}
	p := distuv.Poisson{Lambda: mean}
	k := mean
	for step := max(1, mean/16); p.Survival(k) >= alpha; k += step {
	}
	return k
}

// measure finds where the burst begins and ends to the second, and what is in it.
func (l *line) measure(r *run) {
	peak := uint16(0)
	for i := r.from; i <= r.to; i++ { // its own: a neighbour may be the load of the hour before
		if f := l.fine[i]; f != nil {
			peak = max(peak, slices.Max(f.Sec[:]))
		}
	}
	least := max(1, peak/10)
	first, last := int64(-1), int64(0)
	for i := r.from - 1; i <= r.to+1; i++ {
		inside := i >= r.from && i <= r.to
		r.peak = max(r.peak, l.slots[i])
		f := l.fine[i]
		if f == nil {
			if inside {
				last = int64(i+1) * 10
				if first < 0 {
					first = int64(i) * 10
				}
				r.events += int(l.slots[i])
			}
			continue
		}
		took := false
		for s, n := range f.Sec {
			if n < least || !inside && first < 0 && !l.leads(i, s, least, r.from) {
				continue
			}
			if first < 0 {
				first = int64(i)*10 + int64(s)
			}
			last, took = int64(i)*10+int64(s)+1, true
		}
		if inside || took {
			r.events += int(l.slots[i])
			r.peers += int(f.Peers)
		}
	}
	if first < 0 {
		first, last = int64(r.from)*10, int64(r.to+1)*10
	}
	r.start = l.start + first*int64(time.Second)
	r.end = l.start + last*int64(time.Second)
}

// leads reports whether second s of the slot before the first hot one belongs to the burst: events go on from there up
// to the burst without a pause.
func (l *line) leads(i, s int, least uint16, from int) bool {
	if i != from-1 {
		return false
	}
	f := l.fine[i]
	for ; s < 10; s++ {
		if f.Sec[s] < least {
			return false
		}
	}
	return true
}

// apart keeps the runs that stand apart from everything else the host does. A web browser's page loads come in all
// sizes, the large ones merely being rarer: whatever the cut, far more spells lie just below it than above it. In a
// Pareto tail of index a, a spell that reaches cut/f reaches the cut with probability f^-a, so the number above, of all
// that reach cut/f, is binomial. The cut is the smallest one at which so many above are too unlikely (apartAlpha over
// the hosts that are tried) for one of the factors, and at most a quarter as many lie within the factor below. One
// burst alone must be hundreds of times what else the host does; eight need only that hardly anything lies within a
// factor of four below them.
func (l *line) apart(runs []run, hosts int) []run {
	sizes := l.quiet(runs)
	peaks := make([]float64, 0, len(runs))
	for _, r := range runs {
		peaks = append(peaks, float64(r.peak))
	}
	sizes = append(sizes, peaks...)
	slices.Sort(sizes)
	slices.Sort(peaks)
	index, alpha := tailIndex(sizes), apartAlpha/float64(max(hosts, 1))
	for _, cut := range slices.Compact(peaks) {
		at, _ := slices.BinarySearch(sizes, cut)
		above := len(sizes) - at
		next := 1.0 // the largest below the cut: it lies as far below as the factor that makes all above it unlikely
		if at > 0 {
			next = sizes[at-1]
		}
		for _, f := range [...]float64{4, 16, 64, cut / next * (1 - 1e-9)} {
			low, _ := slices.BinarySearch(sizes, cut/f)
			// each cut is a try, and the sum of 1/k(k+1) is 1
			limit := alpha / float64(above*(above+1))
			if f >= 4 && 4*(at-low) <= above && binomialTail(len(sizes)-low, above, math.Pow(f, -index)) < limit {
				return slices.DeleteFunc(slices.Clone(runs), func(r run) bool { return float64(r.peak) < cut })
			}
		}
	}
	return nil
}

// chance that a network of hosts whose sizes have the heaviest tails yields a burst that stands apart
const apartAlpha = 0.1

// tailIndex gives a lower bound (95 %) of the Pareto index of the upper half of the sizes, from 1, the heaviest tail
// that has a mean, to 2 (Hill, 1975). Sizes that do stand apart make it smaller, which errs on the safe side.
func tailIndex(sorted []float64) float64 {
	upper := sorted[len(sorted)/2:]
	sum := 0.0
	for _, v := range upper {
		sum += math.Log(v / (upper[0] - 0.5)) // counts are whole numbers
	}
	n := float64(len(upper))
	return min(max(n/sum*(1-1.645/math.Sqrt(n)), 1), 2)
}

// quiet gives the sizes of the slots outside the runs.
func (l *line) quiet(runs []run) (sizes []float64) {
	k := 0
	for _, i := range l.hot {
		for k < len(runs) && runs[k].to < i {
			k++
		}
		if k == len(runs) || i < runs[k].from {
			sizes = append(sizes, float64(l.slots[i]))
		}
	}
	return sizes
}

// binomialTail gives P(X >= k) of n trials.
func binomialTail(n, k int, p float64) float64 {
	return distuv.Binomial{N: float64(n), P: p}.Survival(float64(k) - 1)
}
