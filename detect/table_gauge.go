package detect

import (
	"cmp"
	"slices"
	"time"
)

// Gauge holds what a router's overflows tell about its session table. It matters where ends are not logged, and the
// rebuilt table is as right as the hold times that are assumed: a table that is said to be full holds as many entries
// as it takes.
//
// With C entries in a full table, s of them sure (their end is logged, or they are at most one slot old) and g of them
// older and only guessed to be still there, the guess was f = (C − s) / g times too long. From then on hold times are
// multiplied by Scale·f. Where the sure ones alone are more than C (refused sessions go within seconds), f = C / (s +
// g). The same is done when the rebuilt table exceeds C without an overflow. Less than a quarter too much is let pass.
// Each step is within [gaugeShorter, gaugeLonger], and between two steps the entries of the old scale have to go.
//
// C is the configured size. Without one it is the lower quartile of the totals of the first gaugeSpells overflows, once
// the upper one is gaugeApart times as large: a table has one size, and what is held too long makes totals larger,
// never smaller; lost log lines make some smaller. Hold times are never lengthened beyond those that are configured: a
// table that seems too empty has sessions that are not logged.
type Gauge struct {
	Scale  float64             // by which hold times are multiplied, within [gaugeLeast, 1]; 0 = not yet gauged, as 1
	Size   uint32              // of the table, estimated; 0 = unknown
	Spells uint32              // overflows that were looked at
	Totals [gaugeSpells]uint32 // rebuilt entries at the beginning of the first ones
	Next   int64               // ns; no step before
}

const (
	gaugeLeast   = 0.2
	gaugeShorter = 0.25 // the least factor of one step
	gaugeLonger  = 1.5  // the largest, on the way back to 1
	gaugeLow     = 64   // entries: a smaller table says nothing
	gaugeSpells  = 8    // overflows that estimate the size
	gaugeApart   = 1.3
	gaugeOver    = 1.25 // of the size: a table that is so much larger is held too long
	gaugeGuessed = 0.1  // of the size: fewer guessed entries say nothing
)

func (g *Gauge) scale() float64 { return cmp.Or(g.Scale, 1) }

// full adjusts the gauge to a full table, with so many entries in all and so many sure ones.
func (g *Gauge) full(at int64, total, sure, size int, turn time.Duration) {
	if size == 0 && g.Spells < gaugeSpells {
		g.Totals[g.Spells] = uint32(total)
		g.Spells++
		if g.Spells == gaugeSpells {
			g.estimate()
		}
	}
	if g.Size > 0 {
		g.Size = max(g.Size, uint32(sure))
	}
	if size = cmp.Or(size, int(g.Size)); size > 0 && (g.Scale != 0 || float64(total) > gaugeOver*float64(size)) {
		g.step(at, total, sure, size, turn)
	}
}

func (g *Gauge) estimate() {
	t := g.Totals
	slices.Sort(t[:])
	if low, high := t[gaugeSpells/4], t[gaugeSpells*3/4]; float64(high) > gaugeApart*float64(low) {
		g.Size = low
	}
}

// over adjusts the gauge to a table that was not full when it was rebuilt with so many entries.
func (g *Gauge) over(at int64, total, sure, size int, turn time.Duration) {
	if size = cmp.Or(size, int(g.Size)); size > 0 && float64(total) > gaugeOver*float64(size) {
		g.step(at, total, sure, size, turn)
	}
}

// step adjusts the scale; turn is the time that the usual hold times last at scale 1.
func (g *Gauge) step(at int64, total, sure, size int, turn time.Duration) {
	guessed := float64(total - sure)
	f := float64(size-sure) / guessed
	switch {
	case at < g.Next:
		return
	case total < size: // too short, or too many lines lost: back towards what is configured
		f = float64(size) / float64(total)
	case guessed < gaugeGuessed*float64(size):
		return
	case sure >= size:
		f = float64(size) / float64(total)
	}
	was := g.scale()
	g.Scale = min(max(was*min(max(f, gaugeShorter), gaugeLonger), gaugeLeast), 1)
	g.Next = at + int64(was*float64(turn))
}

// merge joins two shards of one router; the stronger correction holds.
func (g *Gauge) merge(o *Gauge) {
	if g.Scale == 0 || o.Scale != 0 && o.Scale < g.Scale {
		g.Scale = o.Scale
	}
	for i, n := range o.Totals {
		g.Totals[i] = max(g.Totals[i], n)
	}
	g.Size, g.Spells, g.Next = max(g.Size, o.Size), max(g.Spells, o.Spells), max(g.Next, o.Next)
}
