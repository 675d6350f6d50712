package ingest

import (
	"cmp"
	"slices"
	"time"

	"uncloak/parse"
	"uncloak/store"
)

// reorder is how long a stored event waits for earlier ones before it enters the running day: senders and batches are a
// little apart, and the session table wants order. Only the summary waits: events are durable before, within Config.BatchEvery.
const reorder = 2 * time.Second

// maxHeld bounds what waits, whatever the clocks say; beyond it the oldest go first.
const maxHeld = 1 << 15

// window holds events in order of time. The zero value is ready.
type window struct{ held []parse.Event }

// add takes the events of a stored batch.
func (w *window) add(entries []store.Entry) {
	for i := range entries {
		w.held = append(w.held, entries[i].Event)
	}
	byTime := func(a, b parse.Event) int { return cmp.Compare(a.Time, b.Time) }
	if !slices.IsSortedFunc(w.held, byTime) {
		slices.SortStableFunc(w.held, byTime)
	}
}

// due is how many events have waited long enough: those that are older than the newest by the waiting time.
func (w *window) due() int {
	if len(w.held) == 0 {
		return 0
	}
	limit := w.held[len(w.held)-1].Time - int64(reorder)
	n, _ := slices.BinarySearchFunc(w.held, limit, func(e parse.Event, t int64) int { return cmp.Compare(e.Time, t) })
	return max(n, len(w.held)-maxHeld)
}

// drop forgets the first n.
func (w *window) drop(n int) { w.held = append(w.held[:0], w.held[n:]...) }
