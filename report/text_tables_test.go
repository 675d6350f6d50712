package report

import (
	"strings"
	"testing"
)

// What the senders left out did not arrive, so that all that did can have been understood.
func TestHealthSaysWhatWasLeftOut(t *testing.T) {
	m := &Model{Totals: Totals{Lines: 10}, Health: []Sender{{Suppressed: 203000}, {Suppressed: 199}}}
	if got, want := healthSummary(m), "all lines received were kept and understood; 203,199 lines were left out by "+
		"the senders themselves"; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	m.Totals.Unparsed = 1
	if got := healthSummary(m); !strings.HasSuffix(got,
		"1 not understood (10 %); 203,199 lines were left out by the senders themselves") {
		t.Error(got)
	}
}
