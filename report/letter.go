package report

import (
	"bytes"
	"cmp"
	_ "embed" // the page of a letter
	"fmt"
	"html/template"
	"image/color"
	"regexp"
	"strings"
	"sync"

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

// Color returns the colour of a severity, of "quiet", or of a legend, on white.
func (letterView) Color(class string) string { return lightColors()[class] }

// lightColors holds the colours of page.css for a light page, by name; those with four bytes are transparent.
var lightColors = sync.OnceValue(func() map[string]string {
	light, _, _ := strings.Cut(pageStyle, "@media")
	colors := map[string]string{}
	for _, m := range styleColor.FindAllStringSubmatch(light, -1) {
		colors[m[1]] = m[2]
	}
	return colors
})

var styleColor = regexp.MustCompile(`--(\w+): (#[0-9a-f]{6}(?:[0-9a-f]{2})?);`)

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
	name := strings.TrimSuffix(strings.TrimPrefix(cssColor(int(n.B)), "var(--"), ")")
	hex := cmp.Or(lightColors()[name], lightColors()["ink"])
	c := color.NRGBA{A: 0xff}
	fmt.Sscanf(hex, "#%2x%2x%2x%2x", &c.R, &c.G, &c.B, &c.A) // without a fourth byte A stays
	return c
}
