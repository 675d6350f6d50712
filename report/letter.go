package report

import (
	"bytes"
	_ "embed" // the page of a letter
	"fmt"
	"html/template"
	"image/color"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

//go:embed letter.html
var letterSource string

// Letter is a report as a mail carries it. Its texts are clean; nothing in it is fetched from elsewhere.
type Letter struct {
	Subject  string          `json:"subject"` // one line
	Text     string          `json:"text"`    // the whole report
	HTML     string          `json:"html"`    // refers to the pictures as cid:NAME
	Pictures []LetterPicture `json:"pictures"`
}

// LetterPicture is a drawing within a letter.
type LetterPicture struct {
	Name string `json:"name"` // table.png
	PNG  []byte `json:"png"`
}

// Bounds of a letter, whose reader has the whole report beside it.
const (
	maxSubject    = 150 // characters
	maxLetterRows = 20
	letterWidth   = 78 // columns of its text
)

// NewLetter writes the report as a mail: text, and HTML with pictures that mail programs show, which have neither SVG
// nor style sheets.
func NewLetter(m *Model) (*Letter, error) {
	var text bytes.Buffer
	if err := Text(&text, m, TextOptions{Width: letterWidth}); err != nil {
		return nil, err
	}
	v := newView(m, Links{})
	l := &Letter{Text: text.String(),
		Subject: clip(strings.Join(strings.Fields(v.Left+": "+v.VerdictText), " "), maxSubject)}
	page := letterView{view: v}
	for i := range page.Tables {
		t := &page.Tables[i]
		if n := len(t.Rows) - maxLetterRows; n > 0 {
			t.Rows, t.More = t.Rows[:maxLetterRows], strings.TrimSpace("… and "+num(n)+" more. "+t.More)
		}
	}
	for _, p := range v.Pictures {
		b, err := p.png()
		if err != nil {
			continue // the words say the same
		}
		l.Pictures = append(l.Pictures, LetterPicture{p.name, b})
		page.Drawn = append(page.Drawn, letterDrawing{p, template.URL("cid:" + p.name)})
	}
	t, err := template.New("letter").Parse(letterSource)
	if err != nil {
		return nil, fmt.Errorf("parse the letter: %w", err)
	}
	var html bytes.Buffer
	if err := t.Execute(&html, page); err != nil {
		return nil, fmt.Errorf("write the letter: %w", err)
	}
	l.HTML = html.String()
	return l, nil
}

// letterView holds what the page of a letter shows besides that of the report.
type letterView struct {
	view
	Drawn []letterDrawing
}

type letterDrawing struct {
	picture
	Source template.URL // of fixed words
}

// Color returns the colour of a severity, or of "quiet", on white.
func (letterView) Color(class string) string {
	return map[string]string{"critical": "#b3261e", "warning": "#8a5a00", "info": "#0b5cad",
		"quiet": "#1b6e3c"}[class]
}

// Swatch returns the colour of a legend.
func (letterView) Swatch(class string) string {
	for i := range 64 {
		if c := standIn(uint8(i)); "var(--"+class+")" == cssColor(i) {
			r, g, b, _ := paper(c).RGBA()
			return fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8)
		}
	}
	return "#9aa3ab"
}

// png renders the picture on white, with two pixels a point for screens that show so many.
func (p picture) png() ([]byte, error) {
	f, _ := frames(p.rows)
	drawing := p.plot(f)
	drawing.BackgroundColor = color.White
	img := vgimg.NewWith(vgimg.UseWH(vg.Length(f.w), vg.Length(f.h)), vgimg.UseDPI(2*72),
		vgimg.UseBackgroundColor(color.White))
	canvas := draw.NewCanvas(onPaper{img}, vg.Length(f.w), vg.Length(f.h))
	drawing.Draw(draw.Crop(canvas, 0, -vg.Length(f.text)*1.6, 0, 0)) // room for half of the last label
	var b bytes.Buffer
	if _, err := (vgimg.PngCanvas{Canvas: img}).WriteTo(&b); err != nil {
		return nil, fmt.Errorf("write picture: %w", err)
	}
	return b.Bytes(), nil
}

// onPaper is a canvas that takes the placeholders of standIn for the colours of a light page.
type onPaper struct{ *vgimg.Canvas }

// SetColor implements vg.Canvas.
func (c onPaper) SetColor(col color.Color) { c.Canvas.SetColor(paper(col)) }

// paper returns the colour for a placeholder, as page.css has it for a light page; other colours stay.
func paper(col color.Color) color.Color {
	n, ok := color.NRGBAModel.Convert(col).(color.NRGBA)
	if !ok || n.R != 1 || n.G != 2 {
		return col
	}
	rgb := func(hex uint32) color.Color {
		return color.NRGBA{R: uint8(hex >> 16), G: uint8(hex >> 8), B: uint8(hex), A: 0xff}
	}
	layers := []uint32{0x0072b2, 0xe69f00, 0x009e73, 0x56b4e9, 0xcc79a7, 0x9aa3ab}
	heat := []uint32{0xf1f4f8, 0xd6e3f0, 0xa9cbe6, 0x6ba6d3, 0x3079b8, 0x114f8f, 0x06264d}
	switch i := int(n.B); {
	case i == gridColor:
		return rgb(0xd9dde1)
	case i == fullColor:
		return rgb(0xd55e00)
	case i == bandColor:
		return color.NRGBA{R: 0xd5, G: 0x5e, A: 0x30}
	case i >= heatColor && i < heatColor+len(heat):
		return rgb(heat[i-heatColor])
	case i >= layerColor && i < layerColor+len(layers):
		return rgb(layers[i-layerColor])
	}
	return rgb(0x1d2329)
}
