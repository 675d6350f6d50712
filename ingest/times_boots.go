package ingest

import (
	"fmt"
	"time"

	"uncloak/parse"
)

// A kernel log without wall clocks may be of several boots: a serial console's, or what was appended at each start.
// Uptimes then jump back. Lines of one boot are at most a little out of order, by the processors that wrote them.
const (
	rebootStep = int64(5e9)
	maxBoots   = 4096 // of one file; what follows them is taken to be of the last
)

// bootClock follows uptimes through a file, and says of which of its boots a line is.
type bootClock struct {
	boot int
	prev int64
	any  bool
}

// of is the number of the boot of a line, from 0, and whether it is another one than that of the line before.
func (b *bootClock) of(up int64) (boot int, next bool) {
	if next = b.any && b.prev-up > rebootStep; next {
		b.boot++
	}
	b.prev, b.any = up, true
	return b.boot, next
}

// boots are the boot times of a file's boots, the last one last.
type bootTimes []bound

// earlierBoots places the boots before the last one. One that has a line with both clocks is known by that. Of another it
// is known only that it was over when the next one began: it is taken to have ended just then, and may be older by a day,
// it is assumed, as of all lines that nothing bounds; by more for the one before it.
func (r *importRun) earlierBoots(s *survey) bootTimes {
	n := len(s.ended)
	if n == 0 {
		return nil
	}
	all := make(bootTimes, n+1)
	all[n] = bound{r.clock.boot, r.clock.bootSpread}
	pairs := make([][]bootPair, n)
	for _, b := range s.both {
		if b.boot < n {
			if p, ok := r.bootPair(b); ok {
				pairs[b.boot] = append(pairs[b.boot], p)
			}
		}
	}
	guessed := 0
	for k := n - 1; k >= 0; k-- {
		if boot, spread, ok := bootOf(pairs[k]); ok {
			all[k] = bound{boot, spread}
			continue
		}
		all[k] = bound{all[k+1].t - s.ended[k], min(all[k+1].spread+noTime, maxSpread)}
		guessed++
	}
	note := fmt.Sprintf("uptimes of %d boots: only the last is placed by --captured-at or the file's time", n+1)
	if guessed > 0 {
		note += fmt.Sprintf("; when %d of the others were is not known: their lines are of before the next one, by days at most, it is assumed", guessed)
	}
	r.note(note)
	return all
}

// bootPair is when the machine booted by a line with both clocks.
func (r *importRun) bootPair(b bothClocks) (bootPair, bool) {
	st := b.stamp
	if st.Year == 0 && st.Month != 0 {
		st.Year = int16(r.clock.year0 + b.rel)
	}
	t, ok := st.Resolve(time.Unix(0, r.clock.captured), r.opt.Location)
	return bootPair{t.UnixNano() - st.Uptime, t.Nanosecond() == 0, 0}, ok
}

// uptime is the time of a line that has nothing but an uptime.
func (c *fileClock) uptime(st *parse.Stamp) (t int64, spread uint32) {
	boot := bound{c.boot, c.bootSpread}
	if len(c.boots) > 0 {
		boot = c.boots[min(c.ups.boot, len(c.boots)-1)]
	}
	return boot.t + st.Uptime, boot.spread
}
