package bolt

import "uncloak/store"

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

// seal cuts sorted rows into blocks: at gaps in time, at blockRaw, and so that all encoders have work.
func (db *DB) seal(rows []*store.Entry, hurry bool) []newBlock {
	var cut [][]*store.Entry
	var sizes []int
	for _, n := range timeRuns(len(rows), func(i int) int64 { return rows[i].Time }) {
		run := rows[:n]
		rows = rows[n:]
		most := min(blockEvents, max((n+len(db.enc)-1)/len(db.enc), blockEvents/2))
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
