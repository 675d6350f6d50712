package bolt

import (
	"sync"

	"uncloak/store"
)

// A block is read as a whole and held from its first event to its last. One line with a stamp of hours ago would make
// its block cover hours, and a hundred such lines a day make all blocks of that day overlap. So events that lie apart
// in time become blocks of their own: a batch is cut where keeping both sides in one block would hold more than
// runWaste events for an hour.
const (
	runGap   = 60e9          // ns; shorter gaps are never cut
	runWaste = 4096 * 3600e9 // events × ns
)

// timeRuns cuts n ascending times into runs, and returns the length of each.
func timeRuns(n int, at func(int) int64) (lens []int) {
	begin, end := 0, 0 // of the run, and of the part of the run that is known
	for i := 1; i <= n; i++ {
		if i < n && at(i)-at(i-1) < runGap {
			continue
		}
		if end > begin { // the rows from end to i have no gap among them
			gap, span, own := float64(at(end)-at(end-1)), float64(at(end-1)-at(begin)), float64(at(i-1)-at(end))
			if float64(end-begin)*(gap+own)+float64(i-end)*(gap+span) > runWaste {
				lens = append(lens, end-begin)
				begin = end
			}
		}
		end = i
	}
	if end > begin {
		lens = append(lens, end-begin)
	}
	return lens
}

// seal cuts sorted rows into blocks: at gaps in time, at blockRaw, and so that two encoders have work. Where the cuts
// are does not depend on how many there are, so that the same lines make the same blocks on every machine.
func (db *DB) seal(rows []*store.Entry, hurry bool) []newBlock {
	var cut [][]*store.Entry
	var sizes []int
	for _, n := range timeRuns(len(rows), func(i int) int64 { return rows[i].Time }) {
		run := rows[:n]
		rows = rows[n:]
		most := min(blockEvents, max((n+1)/2, blockEvents/2))
		for len(run) > 0 {
			k, size := 0, 0
			for k < len(run) && k < most && (k == 0 || size+len(run[k].Raw)+len(run[k].Detail.String()) <= blockRaw) {
				size += len(run[k].Raw) + len(run[k].Detail.String())
				k++
			}
			cut, sizes = append(cut, run[:k]), append(sizes, size)
			run = run[k:]
		}
	}
	return db.encodeBlocks(cut, sizes, hurry)
}

// gaps remembers of blocks that older programs have written, and that cover hours, when their events are: of the many
// questions of a report each would read the same blocks. The zero value is empty.
type gaps struct {
	mu    sync.Mutex
	spans map[blockID][][2]int64 // first and last time of each run
}

// maxGaps bounds the number of blocks that are remembered.
const maxGaps = 1 << 12

// learn notes the times of the events of a block, rows, where they lie apart.
func (g *gaps) learn(id blockID, rows []store.Entry) {
	if len(rows) == 0 || rows[len(rows)-1].Time-rows[0].Time < runGap {
		return
	}
	lens := timeRuns(len(rows), func(i int) int64 { return rows[i].Time })
	if len(lens) < 2 {
		return
	}
	spans := make([][2]int64, 0, len(lens))
	for _, n := range lens {
		spans = append(spans, [2]int64{rows[0].Time, rows[n-1].Time})
		rows = rows[n:]
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.spans == nil || len(g.spans) >= maxGaps {
		g.spans = map[blockID][][2]int64{}
	}
	g.spans[id] = spans
}

// begin returns a time before which a block that begins at first has no event in the window of f; false where it has
// none at all.
func (g *gaps) begin(id blockID, first int64, f *filter) (int64, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	spans, known := g.spans[id]
	for _, s := range spans {
		if s[1] >= f.from && (f.open || s[0] < f.to) {
			return s[0], true
		}
	}
	return first, !known
}
