package ingest

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"time"

	"uncloak/detect"
	"uncloak/store"
)

const (
	// splitMost bounds the parts of a batch that the store is asked to take one by one.
	splitMost = 512
	// splitHopeless is the number of refusals, without one part stored, that shows the fault to be the store's own:
	// more than it takes to come from a whole batch down to one event.
	splitHopeless = 20
)

// A splitting stores what it can of a batch that the store refuses: day by day under the ID of the batch, and a day
// that is refused in halves, down to the events that are at fault. The ID of each part follows from that of the batch,
// so a part that comes again is not stored twice.
type splitting struct {
	w        *writer
	ctx      context.Context
	id       string
	entries  []store.Entry // in order of time
	asked    int
	refusals int
	stored   int // parts
	rest     []store.Entry
	lost     []store.Health
}

// split stores the parts of b that the store takes, and returns the others.
func (w *writer) split(ctx context.Context, b store.Batch) store.Batch {
	s := splitting{w: w, ctx: ctx, id: b.ID, entries: b.Entries}
	if s.id == "" {
		s.id = fmt.Sprintf("live %d", time.Now().UnixNano())
	}
	dayOf := func(i int) detect.Date { return detect.DateOf(time.Unix(0, b.Entries[i].Time)) }
	health := slices.Clone(b.Health)
	for lo, hi := 0, 0; lo < len(b.Entries); lo = hi {
		day := dayOf(lo)
		hi = lo + sort.Search(len(b.Entries)-lo, func(i int) bool { return dayOf(lo+i) > day })
		part := store.Batch{ID: s.id, Entries: b.Entries[lo:hi]}
		health = slices.DeleteFunc(health, func(h store.Health) bool {
			if h.Date == day {
				part.Health = append(part.Health, h)
			}
			return h.Date == day
		})
		if s.takes(part) {
			continue
		}
		s.account(part.Health, " accounts")
		s.halves(lo, hi)
	}
	s.account(health, "") // of days without entries
	if n := len(b.Entries) - len(s.rest); n > 0 {
		w.cfg.Log.Warn("store refuses a batch, and took it in parts", "stored", n, "refused", len(s.rest),
			"parts", s.asked)
	}
	return store.Batch{Entries: s.rest, Health: s.lost}
}

// account stores accounts without entries.
func (s *splitting) account(health []store.Health, suffix string) {
	if len(health) > 0 && !s.takes(store.Batch{ID: s.id + suffix, Health: health}) {
		s.lost = append(s.lost, health...)
	}
}

// halves stores a range of entries that was refused as a whole.
func (s *splitting) halves(lo, hi int) {
	if hi-lo == 1 {
		s.rest = append(s.rest, s.entries[lo])
		return
	}
	mid := lo + (hi-lo)/2
	for _, r := range [][2]int{{lo, mid}, {mid, hi}} {
		if !s.takes(store.Batch{ID: fmt.Sprintf("%s %d-%d", s.id, r[0], r[1]), Entries: s.entries[r[0]:r[1]]}) {
			if s.over() {
				s.rest = append(s.rest, s.entries[r[0]:r[1]]...)
			} else {
				s.halves(r[0], r[1])
			}
		}
	}
}

// over reports whether no further part is tried.
func (s *splitting) over() bool {
	return s.asked >= splitMost || s.stored == 0 && s.refusals >= splitHopeless || s.ctx.Err() != nil
}

// takes stores one part, and waits where the system lacks something.
func (s *splitting) takes(part store.Batch) bool {
	if s.over() {
		return false
	}
	s.asked++
	for {
		err := s.w.append(s.ctx, part)
		if err == nil {
			s.stored++
			s.w.stats.stored(part)
			return true
		}
		s.w.stats.add(func(st *Stats) { st.StoreErrors++; s.w.stats.refused = err })
		if !passes(err) || s.ctx.Err() != nil {
			s.refusals++
			return false
		}
		sleep(s.ctx, storeRetry)
	}
}
