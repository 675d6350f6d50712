package report

import (
	"testing"

	"uncloak/detect"
)

// TestEachKindHasWords fails for a kind of finding that says no more than any other would.
func TestEachKindHasWords(t *testing.T) {
	of := func(kind string) (title, detail string) {
		f := detect.Finding{Kind: kind, Host: "10.0.0.1", Router: "gw"}
		Describe(&f, Options{})
		return f.Title, f.Detail
	}
	for _, kind := range detect.Kinds() {
		f := detect.Finding{Kind: kind, Host: "10.0.0.1", Router: "gw"}
		words{opt: &Options{}, clock: newClock(&Options{})}.other(&f)
		if title, detail := of(kind); title == "" || title == f.Title || detail == "" {
			t.Errorf("%s has no words of its own: %q, %q", kind, title, detail)
		}
		if e := wordsOf(kind).entry; e != "" {
			if _, err := Lookup(e); err != nil {
				t.Errorf("%s: %v", kind, err)
			}
		}
	}
}
