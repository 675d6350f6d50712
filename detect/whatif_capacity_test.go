package detect

import (
	"math"
	"testing"
	"time"
)

// notes holds the browser of docs/incidents.md, 3.
var notes = Demand{Table: 1024, Sessions: 8, Hold: 5 * time.Second, Linger: 2 * time.Minute}

func TestCapacityOfTheFieldNotes(t *testing.T) {
	c := notes.Capacity()
	if c.AtOnce != 128 || c.Cycle != 125*time.Second || c.PerHour != 3686.4 {
		t.Errorf("%d clients each %v, %v an hour; want 128 each 2m5s, 3686.4", c.AtOnce, c.Cycle, c.PerHour)
	}
	kept := notes
	kept.KeepAlive, kept.PagesPerMinute, kept.Accepted = time.Minute, 5, 2
	k := kept.Capacity().Kept
	if k.All != 24 || k.Accepted != 18 || k.Sets != 1 || !k.Reused {
		t.Errorf("%v and %v session-minutes in %d sets; want 24 and 18 in one", k.All, k.Accepted, k.Sets)
	}
	kept.KeepAlive, kept.Accepted = 5*time.Second, 0 // 12 s between pages: each opens its own
	if k = kept.Capacity().Kept; k.Sets != 5 || math.Abs(k.All-5*8*125/60.) > 1e-9 {
		t.Errorf("keep-alive of 5 s: %d sets, %v session-minutes", k.Sets, k.All)
	}
}

func TestTableFor(t *testing.T) {
	for want, perHour := range map[int]float64{1024: 3686.4, 1032: 3687, 8: 1} {
		if got := notes.TableFor(perHour); got != want {
			t.Errorf("%v an hour: %d entries, want %d", perHour, got, want)
		}
	}
	kept := notes
	if kept.TableForKept(100) != 0 {
		t.Error("no keep-alive, but an answer")
	}
	kept.KeepAlive, kept.Accepted = time.Minute, 2
	if got := kept.TableForKept(3413); got != 1024 { // 3413 × 18 / 60 = 1023.9
		t.Errorf("%d entries, want 1024", got)
	}
}

func TestDemandValidate(t *testing.T) {
	bad := map[string]func(*Demand){
		"no table":           func(d *Demand) { d.Table = 0 },
		"no sessions":        func(d *Demand) { d.Sessions = -1 },
		"negative time":      func(d *Demand) { d.Linger = -1 },
		"no time at all":     func(d *Demand) { d.Hold, d.Linger = 0, 0 },
		"accepts too many":   func(d *Demand) { d.KeepAlive, d.Accepted = time.Second, 9 },
		"pages, not kept":    func(d *Demand) { d.PagesPerMinute = 5 },
		"not a number":       func(d *Demand) { d.KeepAlive, d.PagesPerMinute = 1, math.NaN() },
		"longer than a year": func(d *Demand) { d.Hold = 2 * maxDemandTime },
	}
	if err := notes.Validate(); err != nil {
		t.Error(err)
	}
	for name, change := range bad {
		d := notes
		if change(&d); d.Validate() == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
