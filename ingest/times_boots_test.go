package ingest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"uncloak/store"
)

// A file of several boots: the last ends at the capture, each one before was over when the next began.
func TestSeveralBoots(t *testing.T) {
	const first, second, third = "[  100.000000] a: 1\n[  900.000000] a: 2\n",
		"[    0.000000] b: 1\n[  300.500000] b: 2\n[  300.400000] b: 3\n", "[    0.000000] c: 1\n[   60.000000] c: 2\n"
	at := importNow
	for _, tc := range []struct {
		name, text string
		want       map[string]time.Duration // before importNow
		spread     map[string]uint32
	}{
		{"one", third, map[string]time.Duration{"c: 1": time.Minute, "c: 2": 0},
			map[string]uint32{"c: 1": capturedSpread}},
		{"two", second + third, map[string]time.Duration{"b: 1": 60*time.Second + 300400*time.Millisecond,
			"b: 3": time.Minute, "c: 1": time.Minute, "c: 2": 0},
			map[string]uint32{"b: 1": noTime + capturedSpread, "c: 2": capturedSpread}},
		{"three", first + second + third, map[string]time.Duration{"a: 2": 60*time.Second + 300400*time.Millisecond,
			"c: 2": 0},
			map[string]uint32{"a: 1": 2*noTime + capturedSpread, "b: 1": noTime + capturedSpread,
				"c: 1": capturedSpread}},
		{"one is known by a line with both clocks", "Nov 21 10:00:00 gw kernel: [   50.000000] x: y\n" + first +
			second + third,
			map[string]time.Duration{"a: 1": 11*time.Hour - 50*time.Second - 500*time.Millisecond, "c: 2": 0},
			map[string]uint32{"a: 1": 1000, "b: 1": noTime + capturedSpread}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			db := openStore(t)
			sum := importText(t, db, Options{CapturedAt: at}, tc.text)
			notes := strings.Join(sum.Notes, "\n")
			if several := strings.Contains(notes, "boots: only the last"); several != (tc.name != "one") {
				t.Errorf("notes %q", sum.Notes)
			}
			last := map[string]store.Entry{}
			for _, e := range all(t, db, store.Query{}) {
				raw := string(e.Raw)
				last[raw[strings.LastIndex(raw, "] ")+2:]] = e
			}
			for l, before := range tc.want {
				if got := time.Unix(0, last[l].Time); !got.Equal(at.Add(-before)) {
					t.Errorf("%s is of %v before the end, want %v", l, at.Sub(got), before)
				}
			}
			for l, spread := range tc.spread {
				if last[l].Spread != spread {
					t.Errorf("%s: ± %d ms, want %d", l, last[l].Spread, spread)
				}
			}
			if again := importText(t, db, Options{CapturedAt: at}, tc.text); again.Events != 0 {
				t.Errorf("again: %+v", again)
			}
		})
	}
}

// No number of boots needs more than its bound, and the spread of the earliest has one, too.
func TestManyBoots(t *testing.T) {
	db := openStore(t)
	var b strings.Builder
	for i := range maxBoots + 500 {
		fmt.Fprintf(&b, "[    1.000000] start: %d\n[   20.000000] end: %d\n", i, i)
	}
	sum := importText(t, db, Options{CapturedAt: importNow}, b.String())
	if sum.Events != 2*(maxBoots+500) {
		t.Errorf("%+v", sum)
	}
	for _, e := range all(t, db, store.Query{}) {
		if e.Spread > maxSpread || e.Time > importNow.Add(2*time.Minute).UnixNano() {
			t.Fatalf("%s: %v ± %d", e.Raw, time.Unix(0, e.Time).UTC(), e.Spread)
		}
	}
}
