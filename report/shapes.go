package report

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"uncloak/parse"
	"uncloak/store"
)

// Bounds of the grouping of lines that were not understood. Grouping 50,000 lines takes a quarter of a second, of lines
// made to be slow 1.7 s (BenchmarkShapes); a sender whose every line is unknown shows its shapes long before.
const (
	maxShapeLines = 50_000
	fewShapeLines = 10_000 // for check, which is to answer at once
	shapeTime     = time.Second
	maxShapes     = 200
	shapeTable    = 2_000 // shapes counted at a time, so that a frequent one that comes late still has a place
	maxExample    = 400   // bytes
)

// Shape groups lines of one form that were not understood.
type Shape struct {
	Router   string `json:"router"`
	Program  string `json:"program,omitempty"`
	Template string `json:"template"`
	Example  string `json:"example"` // one whole line, cut at 400 bytes
	Lines    uint64 `json:"lines"`
}

// Unparsed sums up the lines that were not understood in a window.
type Unparsed struct {
	Lines  uint64  `json:"lines"`            // lines looked at
	Cut    bool    `json:"cut,omitempty"`    // there may be more lines, which were not looked at
	Others uint64  `json:"others,omitempty"` // of Lines, those whose shape is not in Shapes
	Shapes []Shape `json:"-"`                // most frequent first, at most 200; JSON has them beside this
}

// Shapes groups the lines of a window that were not understood. It looks at the first 50,000 such lines.
func Shapes(ctx context.Context, st store.Store, w store.Window) (*Unparsed, error) {
	return firstShapes(ctx, st, w, maxShapeLines)
}

// fewShapes is Shapes for check: of fewer lines, and of those that are found within a second. Where few lines of a full
// day are not understood, all of the day would have to be read to find them.
func fewShapes(ctx context.Context, st store.Store, w store.Window) (*Unparsed, error) {
	short, cancel := context.WithTimeout(ctx, shapeTime)
	defer cancel()
	u, err := firstShapes(short, st, w, fewShapeLines)
	if err != nil && ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
		u.Cut, err = true, nil
	}
	return u, err
}

// firstShapes looks at the first most lines that were not understood. With an error it returns what it found so far.
func firstShapes(ctx context.Context, st store.Store, w store.Window, most uint64) (*Unparsed, error) {
	t := shapeCounter{parser: parse.NewParser(), shapes: map[shapeKey]*Shape{}}
	for e, err := range st.Events(ctx, store.Query{Window: w, Kinds: []parse.Kind{parse.Unknown},
		Limit: int(most) + 1}) {
		if err != nil {
			return t.result(), fmt.Errorf("read the lines that were not understood: %w", err)
		}
		if t.sum.Lines == most {
			t.sum.Cut = true
			break
		}
		t.add(&e)
	}
	return t.result(), nil
}

type shapeKey struct{ router, program, template string }

// shapeCounter counts shapes, a bounded number of them.
type shapeCounter struct {
	parser *parse.Parser
	rec    parse.Record
	shapes map[shapeKey]*Shape
	sum    Unparsed
}

func (t *shapeCounter) add(e *store.Entry) {
	t.sum.Lines++
	raw := bytes.TrimRight(e.Raw, "\r\n\x00")
	t.parser.Line(raw, &t.rec)
	body := t.rec.Body
	if len(body) == 0 {
		body = raw
	}
	program := t.rec.App[:min(len(t.rec.App), 64)]
	k := shapeKey{e.Router.String(), Template(string(program)),
		Template(string(body[:min(len(body), maxTemplateInput)]))}
	s := t.shapes[k]
	if s == nil {
		if len(t.shapes) >= shapeTable {
			t.sum.Others++
			return
		}
		s = &Shape{Router: k.router, Program: k.program, Template: k.template,
			Example: string(raw[:min(len(raw), maxExample)])}
		t.shapes[k] = s
	}
	s.Lines++
}

func (t *shapeCounter) result() *Unparsed {
	u := t.sum
	u.Shapes = make([]Shape, 0, len(t.shapes))
	for _, s := range t.shapes {
		u.Shapes = append(u.Shapes, *s)
	}
	slices.SortFunc(u.Shapes, func(a, b Shape) int {
		return cmp.Or(
			cmp.Compare(b.Lines, a.Lines),
			cmp.Compare(a.Router, b.Router),
			cmp.Compare(a.Program, b.Program),
			cmp.Compare(a.Template, b.Template),
		)
	})
	for _, s := range u.Shapes[min(maxShapes, len(u.Shapes)):] {
		u.Others += s.Lines
	}
	u.Shapes = slices.Clip(u.Shapes[:min(maxShapes, len(u.Shapes))])
	return &u
}

// head words how many lines the list of shapes covers.
func (u *Unparsed) head(l Language) string {
	what := count(l, u.Lines, "line", "lines")
	if u.Cut {
		what = l.Say("the first %s", what)
	}
	return l.Say("unparsed: %s in the window, of these shapes", what)
}

// text writes the shape in one clean line: router, program, template.
func (s *Shape) text() string {
	t := Clean(s.Template)
	if t == "" {
		t = "(empty)"
	}
	if p := label(s.Program); p != "" {
		t = p + ": " + t
	}
	if r := label(s.Router); r != "" {
		t = r + " " + t
	}
	return t
}

// shapes lists the first n shapes with one example each.
func (p *page) shapes(u *Unparsed, n int) {
	if u == nil || u.Lines == 0 {
		return
	}
	p.line("   " + p.Say("%s:", u.head(p.Language)))
	for i := range u.Shapes[:min(n, len(u.Shapes))] {
		s := &u.Shapes[i]
		p.verbatim("   "+padLeft(num(s.Lines), 8)+"  ", s.text(), 2)
		p.verbatim("             ", Clean(s.Example), 2)
	}
	if rest := u.rest(p.Language, n); rest != "" {
		p.line("   " + p.Say("… and %s", rest))
	}
}

// rest words how many lines a list of the first n shapes leaves out, or "".
func (u *Unparsed) rest(l Language, n int) string {
	lines, more := u.Others, max(0, len(u.Shapes)-n)
	for _, s := range u.Shapes[min(n, len(u.Shapes)):] {
		lines += s.Lines
	}
	switch {
	case lines == 0:
		return ""
	case u.Others > 0:
		return l.Say("%s of other shapes", count(l, lines, "line", "lines"))
	}
	return l.Say("%s of %s", count(l, lines, "line", "lines"), count(l, more, "more shape", "more shapes"))
}
