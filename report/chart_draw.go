package report

import (
	"bytes"
	"cmp"
	"fmt"
	"html"
	"image/color"
	"regexp"
	"strings"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// standIn returns the placeholder of colour i. Svg replaces placeholders by CSS variables, so that one drawing is right
// on a light and on a dark page.
func standIn(i uint8) color.NRGBA { return color.NRGBA{R: 1, G: 2, B: i, A: 255} }

const (
	inkColor = iota
	gridColor
	fullColor
	capColor
	bandColor
	layerColor // layerColor+i: layer i of the stack
	heatColor  = 32
)

// frame holds the size of a drawing, in points of its own coordinates.
type frame struct {
	w, h, text float64
	ticks      int // at most, along the time axis
}

// frames returns the sizes of the two drawings: the page shows the wide one, and on a phone the narrow one, in which
// text keeps its size.
func frames(rows int) (wide, narrow frame) {
	tall := 110 + float64(rows)*13
	return frame{w: 920, h: tall, text: 13, ticks: 10}, frame{w: 370, h: tall * 0.9, text: 12, ticks: 4}
}

func newPlot(f frame) *plot.Plot {
	p := plot.New()
	p.BackgroundColor = color.Transparent
	ink := standIn(inkColor)
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.Color, a.Label.TextStyle.Color, a.Tick.Color, a.Tick.Label.Color = ink, ink, ink, ink
		a.Label.TextStyle.Font.Size, a.Tick.Label.Font.Size = font.Length(f.text), font.Length(f.text)
		a.Label.TextStyle.Font.Variant, a.Tick.Label.Font.Variant = "Sans", "Sans"
		a.LineStyle.Width, a.Tick.LineStyle.Width = 0.7, 0.7
		a.Padding = 3
	}
	return p
}

// svg renders a plot for use within HTML. The text alt describes it to a screen reader.
func svg(p *plot.Plot, f frame, class, alt string) string {
	c := vgsvg.New(vg.Length(f.w), vg.Length(f.h))
	p.Draw(draw.Crop(draw.New(c), 0, -vg.Length(f.text)*1.6, 0, 0)) // room for half of the last label
	var b bytes.Buffer
	if _, err := c.WriteTo(&b); err != nil { // writing to a bytes.Buffer cannot fail
		return ""
	}
	s := b.String()
	body := s[strings.Index(s, "<svg"):]
	body = body[strings.Index(body, ">")+1:]
	body = fontStyle.ReplaceAllString(strings.ReplaceAll(body, "\t", " "), "")
	body = standInColor.ReplaceAllStringFunc(body, func(x string) string {
		var i int
		fmt.Sscanf(x[5:], "%X", &i)
		return cssColor(i)
	})
	body = styleAttr.ReplaceAllStringFunc(body, attributes)
	return fmt.Sprintf(`<svg class="%s" viewBox="0 0 %g %g" role="img" aria-label="%s">`, class, f.w, f.h,
		html.EscapeString(Clean(alt))) + body
}

var (
	fontStyle    = regexp.MustCompile(`font-family:[^;"]*;font-variant:[^;"]*;font-weight:[^;"]*;font-style:[^;"]*;?`)
	standInColor = regexp.MustCompile(`#0102[0-9A-F]{2}`)
	styleAttr    = regexp.MustCompile(`style="[^"]*"`)
)

// attributes writes a style attribute as attributes of its own, which mean the same (SVG 2, section 6.6): a page may
// then forbid all style within itself.
func attributes(style string) string {
	var out []string
	for d := range strings.SplitSeq(strings.TrimSuffix(strings.TrimPrefix(style, `style="`), `"`), ";") {
		if k, v, ok := strings.Cut(strings.TrimSpace(d), ":"); ok {
			out = append(out, strings.TrimSpace(k)+`="`+strings.TrimSpace(v)+`"`)
		}
	}
	return strings.Join(out, " ")
}

func cssColor(i int) string {
	switch {
	case i == inkColor:
		return "currentColor"
	case i == gridColor:
		return "var(--line)"
	case i == fullColor:
		return "var(--full)"
	case i == bandColor:
		return "var(--band)"
	case i == capColor:
		return "var(--cap)"
	case i >= heatColor:
		return fmt.Sprintf("var(--h%d)", i-heatColor)
	}
	return fmt.Sprintf("var(--s%d)", i-layerColor)
}

// plotter returns what makes the picture of the table over time.
func (o *occupancy) plotter(loc *time.Location) func(frame) *plot.Plot {
	return func(f frame) *plot.Plot {
		p := newPlot(f)
		p.X.Min, p.X.Max = 0, float64(len(o.full))
		p.Y.Min, p.Y.Max = 0, max(o.peak, float64(o.capacity), 1)*1.12
		p.X.Tick.Marker = timeTicks{o, f.ticks, loc}
		p.Y.Tick.Marker = entryTicks{}
		p.Y.Label.Text = cmp.Or(o.what, "entries")
		p.Add(stackPlot{o, f.text})
		return p
	}
}

type stackPlot struct {
	o    *occupancy
	text float64
}

// Plot draws the layers from the largest host upwards, then the marks.
func (s stackPlot) Plot(c draw.Canvas, p *plot.Plot) {
	o := s.o
	x, y := p.Transforms(&c)
	for _, t := range p.Y.Tick.Marker.Ticks(p.Y.Min, p.Y.Max) {
		if t.Label != "" {
			c.StrokeLine2(draw.LineStyle{Color: standIn(gridColor), Width: 0.6}, c.Min.X, y(t.Value), c.Max.X,
				y(t.Value))
		}
	}
	for i := 0; i < len(o.full); i++ { // bands behind the layers
		if j := i; o.full[i] {
			for j < len(o.full) && o.full[j] {
				j++
			}
			c.FillPolygon(standIn(bandColor), box(x(float64(i)), x(float64(j)), c.Min.Y, c.Max.Y))
			c.FillPolygon(standIn(fullColor), box(x(float64(i)), max(x(float64(j)), x(float64(i))+2), c.Max.Y-7,
				c.Max.Y))
			i = j
		}
	}
	base := make([]float64, len(o.full))
	for k, layer := range o.parts {
		top := make([]float64, len(base))
		for i := range base {
			top[i] = base[i] + layer[i]
		}
		fillSteps(c, standIn(uint8(layerColor+k)), base, top, x, y)
		base = top
	}
	if o.capacity > 0 {
		at := y(float64(o.capacity))
		c.StrokeLine2(draw.LineStyle{Color: standIn(capColor), Width: 1.4, Dashes: []vg.Length{6, 3}}, c.Min.X, at,
			c.Max.X, at)
		style := p.X.Tick.Label
		style.XAlign, style.YAlign = draw.XLeft, draw.YBottom
		c.FillText(style, vg.Point{X: c.Min.X + 4, Y: at + 2}, "size of the table "+num(o.capacity))
	}
}

func box(x0, x1, y0, y1 vg.Length) []vg.Point {
	return []vg.Point{{X: x0, Y: y0}, {X: x1, Y: y0}, {X: x1, Y: y1}, {X: x0, Y: y1}}
}

// fillSteps fills between two step lines, one path for each run of bins in which the layer is there. Equal neighbours
// share their points, which is what keeps a quiet month small.
func fillSteps(c draw.Canvas, col color.Color, lo, hi []float64, x, y func(float64) vg.Length) {
	for i := 0; i < len(lo); i++ {
		if hi[i] <= lo[i] {
			continue
		}
		j := i
		for j < len(lo) && hi[j] > lo[j] {
			j++
		}
		pts := steps(hi[i:j], i, x, y)
		back := steps(lo[i:j], i, x, y)
		for k := len(back) - 1; k >= 0; k-- {
			pts = append(pts, back[k])
		}
		c.FillPolygon(col, pts)
		i = j
	}
}

func steps(v []float64, first int, x, y func(float64) vg.Length) (pts []vg.Point) {
	for i := range v {
		if i > 0 && v[i] == v[i-1] {
			pts[len(pts)-1].X = x(float64(first + i + 1))
			continue
		}
		pts = append(pts, vg.Point{X: x(float64(first + i)), Y: y(v[i])},
			vg.Point{X: x(float64(first + i + 1)), Y: y(v[i])})
	}
	return pts
}

// timeTicks puts the ticks of an axis at round local times.
type timeTicks struct {
	o   *occupancy
	n   int
	loc *time.Location
}

// Ticks implements plot.Ticker over bins.
func (t timeTicks) Ticks(lo, hi float64) (out []plot.Tick) {
	span := time.Duration(hi-lo) * t.o.bin
	step := 28 * 24 * time.Hour
	for _, s := range []time.Duration{time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute,
		30 * time.Minute, time.Hour, 2 * time.Hour,
		3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour, 48 * time.Hour, 7 * 24 * time.Hour,
		14 * 24 * time.Hour} {
		if span/s <= time.Duration(t.n) {
			step = s
			break
		}
	}
	y, m, d := t.o.from.In(t.loc).Date()
	for i := 0; i < 2000; i++ { // steps of wall-clock time, so that DST does not shift them; a day has at most 1440
		at := time.Date(y, m, d, 0, 0, i*int(step/time.Second), 0, t.loc)
		v := float64(at.Sub(t.o.from)) / float64(t.o.bin)
		if v > hi {
			break
		}
		if v < lo || len(out) > 0 && v <= out[len(out)-1].Value {
			continue
		}
		name := at.Format("15:04")
		if at.Hour()+at.Minute() == 0 {
			name = at.Format("Mon 2")
		}
		out = append(out, plot.Tick{Value: v, Label: name})
	}
	return out
}

// entryTicks labels an axis with round numbers, with a comma between thousands.
type entryTicks struct{}

// Ticks implements plot.Ticker.
func (entryTicks) Ticks(lo, hi float64) (out []plot.Tick) {
	step := 1.0
	for i := 0; hi/step > 6; i++ {
		step *= []float64{2, 2.5, 2}[i%3]
	}
	for v := 0.0; v <= hi; v += step {
		out = append(out, plot.Tick{Value: v, Label: num(int64(v))})
	}
	return out
}

// plot makes the picture of the minutes: one column a minute, one row an hour.
func (m *phaseMap) plot(f frame) *plot.Plot {
	p := newPlot(f)
	p.X.Min, p.X.Max = 0, 60
	p.Y.Min, p.Y.Max = 0, float64(len(m.rows))+m.header(f)
	p.X.Label.Text = "minute of the hour"
	p.X.Tick.Marker = plot.ConstantTicks(minuteTicks())
	p.Y.Tick.Marker = plot.ConstantTicks(m.hourTicks())
	p.Y.Tick.Length = 0
	p.Y.LineStyle.Width = 0
	p.Y.Padding = 7
	p.Add(heatPlot{m})
	return p
}

// header returns the room for the marks above the rows, in rows: about 28 points.
func (m *phaseMap) header(f frame) float64 {
	if len(m.minutes) == 0 {
		return 0
	}
	const marks, axis = 28, 50
	return float64(len(m.rows)) * marks / (f.h - marks - axis)
}

func minuteTicks() (out []plot.Tick) {
	for i := 0; i < 60; i += 5 {
		t := plot.Tick{Value: float64(i) + 0.5}
		if i%15 == 0 {
			t.Label = fmt.Sprintf(":%02d", i)
		}
		out = append(out, t)
	}
	return out
}

func (m *phaseMap) hourTicks() (out []plot.Tick) {
	for i, name := range m.rows {
		if m.mark[i] {
			out = append(out, plot.Tick{Value: float64(len(m.rows)-i) - 0.5, Label: name})
		}
	}
	return out
}

type heatPlot struct{ m *phaseMap }

// Plot draws all cells of one level as one path, neighbours joined.
func (h heatPlot) Plot(c draw.Canvas, p *plot.Plot) {
	m := h.m
	x, y := p.Transforms(&c)
	rows := len(m.rows)
	c.FillPolygon(standIn(heatColor), box(x(0), x(60), y(0), y(float64(rows))))
	for level := 1; level <= heatLevels; level++ {
		var path vg.Path
		for r := range m.cells {
			for i := 0; i < 60; i++ {
				if m.level(m.cells[r][i]) != level {
					continue
				}
				j := i
				for j < 60 && m.level(m.cells[r][j]) == level {
					j++
				}
				for k, pt := range box(x(float64(i)), x(float64(j)), y(float64(rows-r-1)), y(float64(rows-r))) {
					if k == 0 {
						path.Move(pt)
					} else {
						path.Line(pt)
					}
				}
				path.Close()
				i = j - 1
			}
		}
		if len(path) > 0 {
			c.SetColor(standIn(uint8(heatColor + level)))
			c.Fill(path)
		}
	}
	style := p.X.Tick.Label
	style.XAlign, style.YAlign = draw.XCenter, draw.YBottom
	style.Color = standIn(fullColor)
	for _, minute := range m.minutes { // a triangle and its minute above the column
		at := x(float64(minute) + 0.5)
		foot := y(float64(rows)) + 1
		c.FillPolygon(standIn(fullColor), []vg.Point{{X: at, Y: foot}, {X: at - 5, Y: foot + 8},
			{X: at + 5, Y: foot + 8}})
		c.FillText(style, vg.Point{X: at, Y: foot + 10}, fmt.Sprintf(":%02d", minute))
	}
}
