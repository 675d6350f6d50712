package ingest

import (
	"cmp"
	"slices"
	"sort"
	"time"

	"uncloak/parse"
	"uncloak/store"
)

// reorder is the time that a stored event waits for earlier ones before it enters the running day: senders and batches
// are a little apart, and the session table wants order. Only the summary waits: events are durable before, within
// Config.BatchEvery.
const reorder = 2 * time.Second

// maxHeld bounds what waits, whatever the clocks say; beyond it the oldest go first.
const maxHeld = 1 << 15

// window holds events in order of time. The zero value is ready.
type window struct {
	events []parse.Event
	gone   int // number of events at the front that have left; the space is used again once they are at least half
}

// held returns the events that wait.
func (w *window) held() []parse.Event { return w.events[w.gone:] }

// add takes the events of a stored batch.
func (w *window) add(entries []store.Entry) {
	sorted := true
	w.events = slices.Grow(w.events, len(entries))
	for i := range entries {
		if k := len(w.events); k > w.gone && w.events[k-1].Time > entries[i].Time {
			sorted = false
		}
		w.events = append(w.events, entries[i].Event)
	}
	if !sorted {
		slices.SortStableFunc(w.held(), func(a, b parse.Event) int { return cmp.Compare(a.Time, b.Time) })
	}
}

// due returns the number of events that have waited long enough: those older than the newest by the waiting time.
func (w *window) due() int {
	held := w.held()
	if len(held) == 0 {
		return 0
	}
	limit := held[len(held)-1].Time - int64(reorder)
	n := sort.Search(len(held), func(i int) bool { return held[i].Time >= limit })
	return max(n, len(held)-maxHeld)
}

// drop removes the first n waiting events.
func (w *window) drop(n int) {
	w.gone += n
	if w.gone >= len(w.events)-w.gone {
		w.events = append(w.events[:0], w.events[w.gone:]...)
		w.gone = 0
	}
}
