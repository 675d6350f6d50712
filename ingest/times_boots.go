package ingest

import (
	"fmt"
	"time"

	"uncloak/parse"
)

// A kernel log without wall clocks may cover several boots: that of a serial console, or a file that each start appends
// to. Uptimes then jump back. Lines of one boot are at most a little out of order, as several processors write them.
const (
	rebootStep = int64(5e9)
	maxBoots   = 4096 // in one file; the lines of further ones are counted to the last
)

// bootClock follows the uptimes of a file and numbers its boots.
type bootClock struct {
	boot int
	prev int64
	any  bool
}

// of returns the number of the boot that a line belongs to, from 0, and whether that boot begins with this line.
func (b *bootClock) of(up int64) (boot int, next bool) {
	if next = b.any && b.prev-up > rebootStep; next {
		b.boot++
	}
	b.prev, b.any = up, true
	return b.boot, next
}

// bootTimes holds the time of each boot that a file covers, in order.
type bootTimes []bound

// earlierBoots returns the times of all boots of a file that covers several. A boot that has lines with both clocks is
// dated by these. Any other boot had ended when the next one began: it is taken to have ended at that moment, and its
// spread is a day more than that of the next one.
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
		note += fmt.Sprintf("; %d of the others have no known time: "+
			"their lines are assumed to be older than the next boot by days at most", guessed)
	}
	r.note(note)
	return all
}

// bootPair computes the boot time from a line that has both clocks.
func (r *importRun) bootPair(b bothClocks) (bootPair, bool) {
	st := b.stamp
	if st.Year == 0 && st.Month != 0 {
		st.Year = int16(r.clock.year0 + b.rel)
	}
	t, ok := st.Resolve(time.Unix(0, r.clock.captured), r.opt.Location)
	return bootPair{t.UnixNano() - st.Uptime, t.Nanosecond() == 0, 0}, ok
}

// uptime returns the time and spread of a line whose only stamp is an uptime.
func (c *fileClock) uptime(st *parse.Stamp) (t int64, spread uint32) {
	boot := bound{c.boot, c.bootSpread}
	if len(c.boots) > 0 {
		boot = c.boots[min(c.ups.boot, len(c.boots)-1)]
	}
	return boot.t + st.Uptime, boot.spread
}
