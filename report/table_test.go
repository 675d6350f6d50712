package report

import (
	"strings"
	"testing"
	"time"

	"uncloak/detect"
)

// TestTableView: what the network says is made harmless, the picture fits the width, and a day is told as it is.
func TestTableView(t *testing.T) {
	days, _, opt := home(t, 1, 3)
	v := Tables(days, "", opt)
	if len(v.Routers) == 0 || v.Routers[0].Peak == 0 || len(v.Routers[0].Hosts) == 0 ||
		len(v.Routers[0].Rows) > maxTableRows+1 {
		t.Fatalf("%+v", v.Routers)
	}
	r := &v.Routers[0]
	r.Hosts[0].Name, r.Router = "tv\x1b]0;x\a", "gw\x1b[31m"
	var b strings.Builder
	if err := TableText(&b, v, TextOptions{Width: 80}); err != nil {
		t.Fatal(err)
	}
	for l := range strings.Lines(b.String()) {
		if n := len([]rune(strings.TrimRight(l, "\n"))); n > 80 || strings.ContainsAny(l, "\x1b\a") {
			t.Errorf("%d runes: %q", n, l)
		}
	}
	if got := Tables(days, "nobody", opt); len(got.Routers) != 0 {
		t.Errorf("%+v", got.Routers)
	}
	if got := Tables(nil, "", opt); len(got.Routers) != 0 {
		t.Errorf("no days: %+v", got.Routers)
	}
}

func TestStepOf(t *testing.T) {
	for length, want := range map[time.Duration]time.Duration{0: 10 * time.Second, 15 * time.Minute: 30 * time.Second,
		24 * time.Hour: 30 * time.Minute,
		25 * time.Hour: time.Hour, 28 * 24 * time.Hour: 24 * time.Hour, 365 * 24 * time.Hour: 7 * 24 * time.Hour} {
		if got := stepOf(length); got != want {
			t.Errorf("%v: %v, want %v", length, got, want)
		}
	}
}

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		v       []int
		n, want int
	}{{nil, 0, 0}, {[]int{5}, 1, 5}, {[]int{9, 1, 5}, 3, 5}, {[]int{9, 8}, 5, 0}, {[]int{9, 8, 7}, 5, 7}} {
		if got := median(c.v, c.n); got != c.want {
			t.Errorf("%v of %d: %d, want %d", c.v, c.n, got, c.want)
		}
	}
}

func TestTableStates(t *testing.T) {
	days, _, opt := home(t, 1, 3)
	for _, d := range days {
		for _, r := range d.Routers {
			for i := range r.Occupancy {
				r.Occupancy[i].States = detect.States{7, 0, 3}
			}
		}
	}
	var b strings.Builder
	if err := TableText(&b, Tables(days, "", opt), TextOptions{}); err != nil ||
		!strings.Contains(b.String(), "STATES  at the end of the fullest 10 s: not told 7, ") {
		t.Error(err, b.String())
	}
}

// TestWhatIfWords: the verdict claims no more than the bounds allow.
func TestWhatIfWords(t *testing.T) {
	is := func(overflows, high int) detect.Estimate {
		return detect.Estimate{Likely: detect.Outcome{Overflows: overflows}, High: detect.Outcome{Overflows: high}}
	}
	after := func(overflows, high int) *detect.Estimate { e := is(overflows, high); return &e }
	full := detect.Recorded{Overflows: 3, Refused: 9}
	for name, c := range map[string]struct {
		w    detect.WhatIf
		want string
	}{
		"enough": {detect.WhatIf{Table: 9, Factor: 1, Recorded: full, Before: is(3, 3), After: after(0, 0)},
			"nothing overflows any more, even if each refused packet"},
		"perhaps": {detect.WhatIf{Table: 9, Factor: 1, Recorded: full, Before: is(3, 3), After: after(0, 2)},
			"probably nothing overflows"},
		"not enough": {detect.WhatIf{Table: 9, Factor: 1, Recorded: full, Before: is(3, 3), After: after(2, 3)},
			"overflows twice instead of 3 times"},
		"blind": {detect.WhatIf{Table: 9, Factor: 1, Recorded: full, Before: is(0, 0), After: after(0, 0)},
			"it proves nothing"},
		"quiet":        {detect.WhatIf{Table: 9, Factor: 1, Before: is(0, 0)}, "Replayed as it was nothing overflows."},
		"size unknown": {detect.WhatIf{Factor: 1, Before: is(0, 0)}, "Its size is not known and it was never full"},
	} {
		v := Tables(nil, "", Options{})
		v.AddWhatIf(&c.w, nil)
		var b strings.Builder
		if err := TableText(&b, v, TextOptions{}); err != nil ||
			!strings.Contains(strings.Join(strings.Fields(b.String()), " "), c.want) {
			t.Errorf("%s: lacks %q (%v):\n%s", name, c.want, err, b.String())
		}
	}
}
