package report

import (
	"strings"
	"testing"
)

// TestQuietIsEarned walks every combination of what keeps a window without findings from being called quiet, each of
// them just below its bound, at it, or beyond.
func TestQuietIsEarned(t *testing.T) {
	type gap struct {
		name    string
		set     func(l *looked, level int) // level 0: none, 1: just below the bound, 2: at the bound or beyond
		atBound string                     // what the verdict then says
	}
	gaps := []gap{
		{"untimed", func(l *looked, v int) { l.untimed = uint64(v / 2) }, "time of 1 session line"},
		{"outside", func(l *looked, v int) { l.outside = []uint64{0, 999, 1000}[v] }, "is an inside address"},
		{"named", func(l *looked, v int) { l.named = []uint64{0, 40, 9000}[v] }, "in place of inside addresses"},
		{"unparsed", func(l *looked, v int) { l.unparsed = []float64{0, 0.0499, 0.05}[v] }, "not understood"},
		{"lost", func(l *looked, v int) { l.lost = []float64{0, 0.0499, 0.05}[v] }, "lost on the way in"},
		{"top", func(l *looked, v int) { l.top, l.topSessions = "pc7", []uint64{10, 500, 501}[v] }, "pc7 opened 50 %"},
		{"failed", func(l *looked, v int) { l.judged, l.failed = []uint64{19, 100, 100}[v], []uint64{19, 49, 50}[v] },
			"50 % of 100 sessions with a known end failed"},
		{"fill", func(l *looked, v int) { l.fullest, l.fill = "gw", []float64{0, 0.799, 0.8}[v] },
			"table of gw was 80 %"},
		{"known", func(l *looked, v int) { l.known = v / 2 }, ""},
	}
	n := 1
	for range gaps {
		n *= 3
	}
	for i := range n {
		l := looked{lines: 5000, sessions: 1000, hosts: 9}
		want := []string{}
		for k, x := 0, i; k < len(gaps); k, x = k+1, x/3 {
			gaps[k].set(&l, x%3)
			if x%3 == 2 && gaps[k].atBound != "" {
				want = append(want, gaps[k].atBound)
			}
		}
		v := l.verdict()
		if v.Quiet != (len(want) == 0) || len(v.Unknown) != len(want) {
			t.Fatalf("%+v: %+v, want %d gaps", l, v, len(want))
		}
		for _, w := range want {
			if !strings.Contains(v.Text, w) {
				t.Fatalf("%+v: %q lacks %q", l, v.Text, w)
			}
		}
		if v.Text == "" || len(v.Text) > 450 || strings.Contains(v.Text, "  ") || !strings.HasSuffix(v.Text, ".") {
			t.Fatalf("%+v: %q", l, v.Text)
		}
		if !v.Quiet && (v.Do == "" || strings.Contains(strings.ToLower(v.Text), "quiet")) {
			t.Fatalf("%+v: %q, do %q", l, v.Text, v.Do)
		}
	}
}

// TestVerdictOnAWindowWithoutSessions gives the real reason why nothing can be said.
func TestVerdictOnAWindowWithoutSessions(t *testing.T) {
	for name, c := range map[string]struct {
		l          looked
		text, help string
	}{
		"not yet":       {looked{future: true}, "has not come yet", "today"},
		"nothing came":  {looked{}, "No line was received", "uncloak check"},
		"a listing":     {looked{lines: 9}, "none of them tells when a session began", "log new sessions"},
		"only ends":     {looked{lines: 9, endsOnly: 9}, "only the ends of sessions", "how long each lasted"},
		"no times":      {looked{lines: 9, untimed: 9}, "time of 9 session lines is not known", "--captured-at"},
		"nobody inside": {looked{lines: 9, outside: 9}, "no side of 9 sessions", "lan:"},
		"names":         {looked{lines: 9, named: 9}, "9 sessions (100 %) have names in place of inside", "no names"},
		"named servers": {looked{lines: 9, namedPeers: 9},
			"9 sessions (100 %) have names in place of outside", "no names"},
		"some names": {looked{lines: 900, sessions: 95, named: 5}, "5 sessions (5.0 %) have names", "no names"},
		"a resolver": {looked{lines: 900, sessions: 900, top: "dns", topSessions: 800, topAsks: true},
			"dns opened 89 % of all sessions, nearly all of them lookups", "If dns resolves names"},
		"not understood": {looked{lines: 9, unparsed: 1, outside: 9}, "100 % of the lines are not understood", "lan:"},
	} {
		v := c.l.verdict()
		if v.Quiet || !strings.Contains(v.Text, c.text) || !strings.Contains(v.Do, c.help) || len(v.Unknown) == 0 {
			t.Errorf("%s: %+v", name, v)
		}
	}
}

// TestUnlikelyHolderOfHalf leaves a host alone that opened most of very few sessions.
func TestUnlikelyHolderOfHalf(t *testing.T) {
	l := looked{lines: 400, sessions: 310, hosts: 2, top: "pc1", topSessions: 300}
	if v := l.verdict(); !v.Quiet {
		t.Errorf("300 sessions: %q", v.Text)
	}
	l.topSessions = 301
	if v := l.verdict(); v.Quiet {
		t.Errorf("301 sessions: %q", v.Text)
	}
}

// TestHealthOfPiecesAndNames counts what no host can be told of in the summary of the lines.
func TestHealthOfPiecesAndNames(t *testing.T) {
	got := healthSummary(&Model{Totals: Totals{Torn: 2, Named: 1}})
	for _, want := range []string{"2 pieces of torn lines", "1 session has a name in place of an inside address"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q lacks %q", got, want)
		}
	}
}
