package detect

import (
	"fmt"
	"math"
	"slices"
	"time"

	"gonum.org/v1/gonum/stat/distuv"
)

// GrowthKind is the kind of a host that does more each day.
const GrowthKind = "growth"

const (
	growthDays  = 14   // days that a trend needs
	growthRate  = 0.01 // a day
	growthAlpha = 0.01 // over all hosts
	growthLeast = 20   // sessions on the median day: below, a trend is noise
)

// Growth holds a trend over weeks.
type Growth struct {
	GrowthDay   float64 `json:"growth_day,omitempty"`   // 0.03 = 3 % a day
	PerDay      float64 `json:"per_day,omitempty"`      // sessions or bytes of the median day
	DoublesDays float64 `json:"doubles_days,omitempty"` // in which it doubles
	GrowthLow   float64 `json:"growth_low,omitempty"`   // GrowthDay lies between these two with 95 %
	GrowthHigh  float64 `json:"growth_high,omitempty"`
	PeerShare   float64 `json:"peer_share,omitempty"` // of what has been added, the part that goes to Peer
}

// growthFindings reports a host whose daily sessions (or bytes) have been rising for weeks: the slope is Theil and
// Sen's median of all pairwise slopes of the logarithm, its significance Mann and Kendall's with the correction for
// autocorrelation of Hamed and Rao (Journal of Hydrology 204, 1998). Days of which less than half is covered are left
// out; the others count as if they were whole.
func growthFindings(q *inquiry) []Finding {
	return q.ofHosts(func(a *activity) []Finding {
		if f, ok := growthFinding(q, a); ok {
			return []Finding{f}
		}
		return nil
	})
}

func growthFinding(q *inquiry, a *activity) (Finding, bool) {
	var x, sessions, bytes []float64
	var seen []*Day
	for _, d := range q.days {
		covered := d.Last - d.First
		if covered < int64(12*time.Hour) || !q.w.has(d.First) && !q.w.has(d.Last) {
			continue
		}
		h := d.Hosts[a.host]
		if h == nil {
			continue
		}
		whole := float64(24*time.Hour) / float64(covered)
		x, seen = append(x, float64(d.Date)), append(seen, d)
		sessions = append(sessions, float64(h.Sessions.Total())*whole)
		bytes = append(bytes, float64(h.Bytes)*whole)
	}
	if len(x) < growthDays {
		return Finding{}, false
	}
	for _, series := range []struct {
		of    string
		y     []float64
		least float64
	}{{"sessions", sessions, growthLeast}, {"bytes", bytes, 1 << 20}} {
		t := trendOf(x, series.y)
		if median(series.y) < series.least || t.slope < growthRate || t.p > growthAlpha/float64(max(len(q.hosts), 1)) {
			continue
		}
		f := Finding{
			ID: fmt.Sprintf("growth-%v-%s", a.host, series.of), Kind: GrowthKind, Class: series.of,
			Host: a.host.String(), Name: a.name, Start: Date(x[0]).Start(), End: Date(x[len(x)-1]).End(),
			Growth: Growth{
				GrowthDay: math.Expm1(t.slope), GrowthLow: math.Expm1(t.low), GrowthHigh: math.Expm1(t.high),
				PerDay: median(series.y), DoublesDays: math.Ln2 / t.slope,
			},
			PValue: t.p, Score: 1 - t.p,
		}
		f.Evidence = Evidence{Events: uint64(sum(sessions)), Ask: Ask{From: f.Start, To: f.End, Host: a.host,
			Kind: "session-new"}}
		if f.grownTo(seen, a.host); f.Peer != "" { // what was asked for there is evidence, too
			f.Evidence.Ask.Port, f.Evidence.Ask.Kind = uint16(f.Port), ""
		}
		if series.of == "sessions" {
			f.tableLimit(seen, q.cfg, a.host, t)
		} else {
			f.linkLimit(seen, q.cfg, a.host, t)
		}
		return f, true
	}
	return Finding{}, false
}

// perDay gives the size of a trend: sessions or bytes of the median day.
func perDay(f *Finding) float64 { return f.PerDay }

// trendLine is a line through the logarithm of a series.
type trendLine struct {
	slope, low, high float64 // a day; low and high hold the slope with 95 %
	p                float64 // two-sided, that there is no trend
}

// trendOf gives the Theil-Sen slope of ln y with its confidence limits (Sen, Journal of the American Statistical
// Association 63, 1968: the pairwise slopes whose ranks are 1.96 standard deviations of Kendall's S from the middle),
// and the p of its Mann-Kendall test. A day without anything means no trend.
func trendOf(x, y []float64) trendLine {
	n := len(y)
	l := make([]float64, n)
	for i, v := range y {
		if v <= 0 {
			return trendLine{p: 1}
		}
		l[i] = math.Log(v)
	}
	var slopes []float64
	s := 0.0
	for i := range n {
		for j := i + 1; j < n; j++ {
			slopes = append(slopes, (l[j]-l[i])/(x[j]-x[i]))
			s += sign(l[j] - l[i])
		}
	}
	t := trendLine{slope: median(slopes), p: 1}
	nf := float64(n)
	variance := nf * (nf - 1) * (2*nf + 5) / 18 * rankCorrection(x, l, t.slope)
	if variance <= 0 || len(slopes) == 0 {
		return t
	}
	slices.Sort(slopes)
	at := func(rank float64) float64 { return slopes[min(max(int(math.Round(rank)), 0), len(slopes)-1)] }
	half, mid := 1.96*math.Sqrt(variance)/2, float64(len(slopes)-1)/2
	t.low, t.high = at(mid-half), at(mid+half)
	t.p = 2 * distuv.UnitNormal.Survival(math.Abs((s-sign(s))/math.Sqrt(variance)))
	return t
}

// rankCorrection gives n/n* of Hamed and Rao: the factor by which the variance grows because the ranks of the detrended
// values depend on their predecessors. Only significant autocorrelations count.
func rankCorrection(x, l []float64, slope float64) float64 {
	n := len(l)
	ranks := make([]float64, n)
	rest := make([]float64, n)
	for i := range l {
		rest[i] = l[i] - slope*x[i]
	}
	order := slices.Clone(rest)
	slices.Sort(order)
	mean := float64(n-1) / 2
	for i, v := range rest {
		k, _ := slices.BinarySearch(order, v)
		ranks[i] = float64(k) - mean
	}
	var c0 float64
	for _, r := range ranks {
		c0 += r * r
	}
	if c0 == 0 {
		return 1
	}
	nf, add := float64(n), 0.0
	for lag := 1; lag < n-2; lag++ {
		c := 0.0
		for i := 0; i+lag < n; i++ {
			c += ranks[i] * ranks[i+lag]
		}
		if rho := c / c0; math.Abs(rho) > 1.96/math.Sqrt(nf) {
			k := float64(lag)
			add += (nf - k) * (nf - k - 1) * (nf - k - 2) * rho
		}
	}
	return max(1+2/(nf*(nf-1)*(nf-2))*add, 0.1)
}

func sign(v float64) float64 {
	switch {
	case v > 0:
		return 1
	case v < 0:
		return -1
	}
	return 0
}
