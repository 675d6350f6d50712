package ingest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/cespare/xxhash/v2"

	"uncloak/parse"
	"uncloak/store"
)

// Bounds of the search of the store for lines without a stamp: maxAligned lines of either side are compared, and
// untimedScan are read in all to find them, the latest first. Stored lines with a spread above untimedBest (ms) are not
// used.
const (
	maxAligned  = 200_000
	untimedScan = 2_000_000
	untimedBest = modifiedSpread
)

// storedLine is the line of the store that a line of the file was found to be, one without a stamp or one of dmesg -T.
type storedLine struct {
	found    bool
	sure     bool // no other line could be meant: neighbours may be placed by it
	time     int64
	spread   uint32
	identity uint64
}

// candidate is a line of the store whose text some line without a stamp has, too.
type candidate struct {
	text int32 // the number of its text
	at   int64 // sort key: the time, and for lines with an uptime corrected to the kernel's order
	boot int64 // boot time by its uptime; 0: it has none
	storedLine
}

func hasStamp(st *parse.Stamp) bool { return st.HasUnix || st.HasClock || st.HasUptime }

// textKey returns the hash of a line's text without its header.
func textKey(rec *parse.Record) uint64 { return xxhash.Sum64(rec.Body) }

// untimedLine notes a line of the file without a stamp.
func (s *survey) untimedLine(rec *parse.Record) {
	s.untimed++
	if len(s.texts) < maxAligned {
		s.texts = append(s.texts, textKey(rec))
	}
}

// alignUntimed finds lines without any stamp (`dmesg -t`, old kernels) in the store, where syslog may have brought the
// same ones with their times. A few stray lines in a log that has stamps are left to their neighbours.
func (r *importRun) alignUntimed(s *survey) error {
	if len(s.texts) == 0 || s.stamped && (!r.in.whole || s.untimed < s.surveyed/10) {
		return nil
	}
	if s.untimed > len(s.texts) {
		r.note(fmt.Sprintf("of %d lines without a time only the first %d are looked for in the store", s.untimed,
			len(s.texts)))
	}
	numbers := make(map[uint64]int32)
	dump := make([]int32, len(s.texts))
	for i, key := range s.texts {
		n, ok := numbers[key]
		if !ok {
			n = int32(len(numbers))
			numbers[key] = n
		}
		dump[i] = n
	}
	cs, err := r.storedTexts(numbers)
	if err != nil || len(cs) == 0 {
		return err
	}
	kernelOrder(cs)
	stored := make([]int32, len(cs))
	for i := range cs {
		stored[i] = cs[i].text
	}
	r.untimed = make([]storedLine, len(dump))
	matched := 0
	for i, p := range patience(dump, stored, len(numbers)) {
		if p.at < 0 {
			continue
		}
		c := &cs[p.at]
		r.untimed[i] = c.storedLine
		r.untimed[i].found, r.untimed[i].sure = true, p.sure
		if matched++; c.boot != 0 && !r.clock.hasBoot { // lines before it are no older
			r.clock.boot, r.clock.bootSpread, r.clock.hasBoot = c.boot, max(1000, c.spread), true
		}
	}
	if matched == 0 {
		r.untimed = nil
		return nil
	}
	if !r.untimed[0].found && !s.stamped {
		before := "by 24 hours at most, it is assumed"
		if r.clock.hasBoot {
			before = "since the boot at " + stampText(r.clock.boot, r.opt.Location)
		}
		r.note("the lines before the first that is in the store are older, " + before)
	}
	return nil
}

// storedTexts returns the stored lines that have one of these texts, in order of time. It reads back from the end of
// the dump, over longer and longer spans.
func (r *importRun) storedTexts(numbers map[uint64]int32) ([]candidate, error) {
	var all []candidate
	left := untimedScan
	to := time.Unix(0, r.clock.captured).Add(time.Hour)
	for span := time.Hour; ; span *= 2 {
		w := store.Window{From: to.Add(-span), To: to}
		if span > 2*365*24*time.Hour {
			w.From = time.Time{}
		}
		cs, err := r.textsIn(w, numbers, &left)
		if err != nil {
			return nil, err
		}
		all = append(cs, all...)
		if len(all) > maxAligned || left <= 0 {
			all = all[max(0, len(all)-maxAligned):]
			r.note(fmt.Sprintf("lines without a time are not looked for in the store before %s: it has too many lines",
				stampText(w.From.UnixNano(), r.opt.Location)))
			return all, nil
		}
		if w.From.IsZero() {
			return all, nil
		}
		to = w.From
	}
}

func (r *importRun) textsIn(w store.Window, numbers map[uint64]int32, left *int) (cs []candidate, err error) {
	ctx, cancel := context.WithCancel(r.ctx)
	defer cancel()
	p, rec := parse.NewParser(), parse.Record{}
	for e, err := range r.to.Events(ctx, store.Query{Window: w, Router: r.router, Limit: *left, Identity: true}) {
		if err != nil {
			return nil, fmt.Errorf("look for lines without a time: %w", err)
		}
		*left--
		p.Line(e.Raw, &rec)
		if !hasStamp(&rec.Stamp) || e.Spread > untimedBest {
			continue
		}
		n, ok := numbers[textKey(&rec)]
		if !ok && len(rec.App) > 0 { // "br-lan: entered promiscuous mode" of a syslog that does not say "kernel:"
			n, ok = numbers[xxhash.Sum64(slices.Concat(rec.App, []byte(": "), rec.Body))]
		}
		if !ok {
			continue
		}
		c := candidate{text: n, at: e.Time, storedLine: storedLine{time: e.Time, spread: e.Spread,
			identity: e.Identity}}
		if rec.Stamp.HasUptime {
			c.boot = e.Time - rec.Stamp.Uptime
		}
		if len(cs) == 2*maxAligned {
			cs = append(cs[:0], cs[maxAligned:]...)
		}
		cs = append(cs, c)
	}
	return cs, nil
}

// kernelOrder sorts lines as the kernel wrote them. Stamps of syslog are cut to the second, and of another clock than
// those of a dump; uptimes within one boot are exact.
func kernelOrder(cs []candidate) {
	boot := int64(0)
	for i := range cs {
		c := &cs[i]
		if c.boot == 0 {
			continue
		}
		if time.Duration(c.boot-boot).Abs() > sameBoot {
			boot = c.boot
		}
		c.at += boot - c.boot
	}
	slices.SortStableFunc(cs, func(a, b candidate) int { return cmp.Compare(a.at, b.at) })
}
