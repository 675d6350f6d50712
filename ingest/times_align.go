package ingest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"uncloak/parse"
	"uncloak/store"
)

// Bounds of the search of the store for lines that have a wall clock and an uptime, and the largest difference of boot
// times that are taken for one boot: the wall clock's second, and the time until syslog has written the line.
const (
	alignScan  = 300_000
	alignPairs = 4096
	sameBoot   = 5 * time.Second
)

// Spread in ms of times that are counted back from the moment at which the dump was taken. A moment that a person names
// is good to a second or two; the file's modification time may be that of a copy.
const (
	capturedSpread = 2000
	modifiedSpread = 60_000
)

// bootTime returns the boot time that the file's uptimes count from, and its spread. The sources, best first: the
// option BootTime; lines of the file that have both clocks; in the store, the same lines or others of that boot; the
// end of the dump, taken to be the moment at which it was made.
func (r *importRun) bootTime(s *survey) (boot int64, spread uint32, err error) {
	if !r.opt.BootTime.IsZero() {
		return r.opt.BootTime.UnixNano(), 1000, nil
	}
	var pairs []bootPair
	for _, b := range s.both {
		if b.boot != len(s.ended) {
			continue // of an earlier boot
		}
		if p, ok := r.bootPair(b); ok {
			pairs = append(pairs, p)
		}
	}
	if boot, spread, ok := bootOf(pairs); ok {
		return boot, spread, nil
	}
	boot, spread, how, err := r.storedBoot(s)
	if err != nil {
		return 0, 0, err
	}
	if how != "" {
		r.note(fmt.Sprintf("uptimes are placed by %s in the store: the machine booted at %s", how,
			stampText(boot, r.opt.Location)))
		return boot, spread, nil
	}
	spread, why := uint32(capturedSpread), "--captured-at"
	if r.opt.CapturedAt.IsZero() {
		spread, why = modifiedSpread, "the file's modification time (--captured-at says better)"
	}
	r.note(fmt.Sprintf("uptimes are placed by %s as the time of the last line: times ±%d s", why, spread/1000))
	return r.clock.captured - s.lastUp, spread, nil
}

func stampText(ns int64, loc *time.Location) string {
	return time.Unix(0, ns).In(loc).Format("2006-01-02 15:04:05 MST")
}

// storedBoot looks in the store for kernel lines of this router that have an uptime, first about the time of the dump,
// then anywhere. how names what it found; it is "" for nothing.
func (r *importRun) storedBoot(s *survey) (boot int64, spread uint32, how string, err error) {
	captured := time.Unix(0, r.clock.captured)
	about := store.Window{From: captured.Add(-time.Duration(max(0, s.lastUp-s.firstUp)) - time.Hour),
		To: captured.Add(time.Hour)}
	var known [][]bootPair
	for _, w := range []store.Window{about, {}} {
		same, others, err := r.storedPairs(s, w)
		if err != nil {
			return 0, 0, "", err
		}
		if boot, spread, ok := bootOf(same); ok {
			return boot, spread, "the same lines", nil
		}
		known = append(known, others)
	}
	for _, others := range known {
		if boot, spread, ok := bootOf(lastBoot(others)); ok && boot+s.lastUp <= r.clock.captured+int64(time.Hour) {
			return boot, spread, "other lines of that boot", nil
		}
	}
	return 0, 0, "", nil
}

// storedPairs reads lines of the store that have an uptime, in order of time: those that the dump has too, and others.
func (r *importRun) storedPairs(s *survey, w store.Window) (same, others []bootPair, err error) {
	ctx, cancel := context.WithCancel(r.ctx)
	defer cancel()
	p, rec, scanned := parse.NewParser(), parse.Record{}, 0
	for e, err := range r.to.Events(ctx, store.Query{Window: w, Router: r.router, Limit: alignScan, Identity: true}) {
		if err != nil {
			return nil, nil, fmt.Errorf("look for the boot time: %w", err)
		}
		if scanned++; scanned > alignScan || len(same) >= alignPairs {
			break
		}
		p.Line(e.Raw, &rec)
		if !rec.Stamp.HasUptime {
			continue
		}
		pair := bootPair{e.Time - rec.Stamp.Uptime, e.Time%int64(time.Second) == 0, e.Spread}
		if up, ok := s.kernel[e.Identity]; ok && up == rec.Stamp.Uptime {
			same = append(same, pair)
		} else if e.Spread <= capturedSpread { // others can be placed by it
			others = append(others, pair)
		}
		if len(others) > 2*alignPairs {
			others = slices.Delete(others, 0, alignPairs)
		}
	}
	return same, others, nil
}

// lastBoot returns the pairs of the last boot, which are at the end.
func lastBoot(pairs []bootPair) []bootPair {
	i := len(pairs)
	for i > 0 && time.Duration(pairs[i-1].boot-pairs[len(pairs)-1].boot).Abs() < sameBoot {
		i--
	}
	return pairs[i:]
}
