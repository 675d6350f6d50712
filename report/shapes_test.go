package report

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"
	"testing/synctest"

	"uncloak/store"
)

func TestShapes(t *testing.T) {
	st := &lines{}
	for i := range 30 {
		st.odd = append(st.odd, fmt.Sprintf("<28>Nov 17 12:00:%02d gw relayd[%d]: route 10.0.%d.0/24 gone\n", i, i, i))
		if i < 10 {
			st.odd = append(st.odd, fmt.Sprintf("<28>Nov 17 12:00:%02d gw relayd[%d]: back", i, i),
				fmt.Sprintf("<28>Nov 17 12:00:%02d gw other: back", i))
		}
	}
	u, err := Shapes(t.Context(), st, store.Window{})
	if err != nil {
		t.Fatal(err)
	}
	if u.Lines != 50 || u.Cut || u.Others != 0 || len(u.Shapes) != 3 {
		t.Fatalf("%+v", u)
	}
	want := Shape{Router: "gw", Program: "relayd", Template: "route <ip>/<n> gone",
		Example: "<28>Nov 17 12:00:00 gw relayd[0]: route 10.0.0.0/24 gone", Lines: 30}
	if u.Shapes[0] != want {
		t.Errorf("got\n%+v, want\n%+v", u.Shapes[0], want)
	}
	if u.Shapes[1].Program != "other" || u.Shapes[2].Program != "relayd" || u.Shapes[2].Lines != 10 {
		t.Errorf("%+v", u.Shapes)
	}
}

// TestShapesBounds fills each bound: lines that are looked at, shapes that are counted and kept, bytes of an example.
func TestShapesBounds(t *testing.T) {
	st := &lines{}
	letters := func(n int) (s string) { // a word without digits for each n
		for ; n > 0; n /= 26 {
			s += string(rune('g' + n%20))
		}
		return s
	}
	for i := range maxShapeLines + 100 {
		st.odd = append(st.odd, "<28>Nov 17 12:00:00 gw relayd: "+strings.Repeat("x", 600)+" "+letters(i))
		if i%2 == 0 {
			st.odd[i] = "<28>Nov 17 12:00:00 gw relayd: say " + strings.Repeat(letters(i)+" ", 3) + strings.Repeat("y",
				700)
		}
	}
	u, err := Shapes(t.Context(), st, store.Window{})
	if err != nil {
		t.Fatal(err)
	}
	sum := u.Others
	for _, s := range u.Shapes {
		sum += s.Lines
		if len(s.Example) > maxExample || len(s.Template) > maxTemplate+3 {
			t.Fatalf("a shape of %d and an example of %d bytes", len(s.Template), len(s.Example))
		}
	}
	if u.Lines != maxShapeLines || !u.Cut || len(u.Shapes) != maxShapes || u.Others == 0 || sum != u.Lines {
		t.Errorf("%d lines, cut %v, %d shapes, %d others, %d in all", u.Lines, u.Cut, len(u.Shapes), u.Others, sum)
	}
	var b bytes.Buffer
	p := newPage(&b, English, TextOptions{})
	p.shapes(u, 5)
	p.out.Flush()
	if got := b.String(); !strings.Contains(got, "unparsed: the first 50,000 lines in the window, of these shapes:") ||
		!strings.Contains(got, "lines of other shapes") || strings.Count(got, "\n") > 5*4+2 {
		t.Error(got)
	}
}

func TestShapesHostile(t *testing.T) {
	st := &lines{odd: hostiles}
	for _, h := range hostiles {
		st.odd = append(st.odd, "<28>Nov 17 12:00:00 gw "+h+"[1]: "+h, `{"MESSAGE":"`+h+`"}`)
	}
	u, err := Shapes(t.Context(), st, store.Window{})
	if err != nil {
		t.Fatal(err)
	}
	if u.Lines != uint64(len(st.odd)) {
		t.Errorf("%d of %d lines", u.Lines, len(st.odd))
	}
	var b bytes.Buffer
	p := newPage(&b, English, TextOptions{Width: 60})
	p.shapes(u, maxShapes)
	p.out.Flush()
	if x := unsafeRune(b.String()); x != "" {
		t.Errorf("raw %s", x)
	}
}

func TestShapesPassErrors(t *testing.T) {
	st := &lines{odd: []string{"x"}, err: errors.New("disk on fire")}
	if _, err := Shapes(t.Context(), st, store.Window{}); !errors.Is(err, st.err) {
		t.Errorf("got %v", err)
	}
}

// slow is a store that yields one line, and then reads on until it may no more.
type slow struct{ store.Store }

func (slow) Events(ctx context.Context, _ store.Query) iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		if yield(store.Entry{Raw: []byte("odd")}, nil) {
			<-ctx.Done()
			yield(store.Entry{}, ctx.Err())
		}
	}
}

func TestShapesForCheck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u, err := fewShapes(t.Context(), slow{}, store.Window{})
		if err != nil || !u.Cut || u.Lines != 1 || len(u.Shapes) != 1 {
			t.Errorf("a slow disk: %+v, %v", u, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := fewShapes(ctx, slow{}, store.Window{}); !errors.Is(err, context.Canceled) {
			t.Errorf("after the question was given up: %v", err)
		}
	})
}

// BenchmarkShapes is the look at as many lines as are looked at.
func BenchmarkShapes(b *testing.B) {
	for name, format := range map[string]string{
		"lines": "<28>Nov 17 12:00:00 gw relayd[%d]: route 10.0.7.0/24 via fe80::1 gone after 49.5 s, \"ifname7\" " +
			"52:54:00:4a:80:0c",
		"long":    "<28>Nov 17 12:00:00 gw relayd[%d]: " + strings.Repeat("say abc ", 90),
		"hostile": "<28>Nov 17 12:00:00 gw relayd[%d]: " + strings.Repeat(":", 1000),
	} {
		b.Run(name, func(b *testing.B) {
			st := &lines{}
			for i := range maxShapeLines {
				st.odd = append(st.odd, fmt.Sprintf(format, i))
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Shapes(b.Context(), st, store.Window{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
