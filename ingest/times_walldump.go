package ingest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"uncloak/parse"
	"uncloak/store"
)

// Largest differences between the stamps of `dmesg -T` and those of syslog: wallDumpSearch for lines that occur once,
// which show by how much the whole dump is off (its boot time is computed when it runs and drifts, and its uptimes
// leave out sleep), and wallDumpJitter once that offset is taken away.
const (
	wallDumpSearch = 10 * time.Minute
	wallDumpJitter = 2 * time.Second
)

// wallLine is a line of `dmesg -T`: the hash of its text, and its time as the dump has it, 0 where it has no valid one.
type wallLine struct {
	text uint64
	at   int64
}

// wallLine notes a line of `dmesg -T`.
func (s *survey) wallLine(rec *parse.Record, loc *time.Location) {
	if len(s.walls) >= maxAligned {
		return
	}
	w := wallLine{text: textKey(rec)}
	if t, ok := rec.Stamp.Resolve(time.Time{}, loc); ok && t.Year() >= oldest {
		w.at = t.UnixNano()
	}
	s.walls = append(s.walls, w)
}

// alignWallDump finds the lines of `dmesg -T` in the store, where syslog has brought the same ones with better times. A
// line that is found gets the stored time and identity, so that the store recognizes it as a duplicate.
func (r *importRun) alignWallDump(s *survey) error {
	first, last := int64(0), int64(0)
	for _, w := range s.walls {
		if w.at != 0 && (first == 0 || w.at < first) {
			first = w.at
		}
		last = max(last, w.at)
	}
	if first == 0 {
		return nil
	}
	numbers := make(map[uint64]int32)
	for _, w := range s.walls {
		if _, ok := numbers[w.text]; !ok {
			numbers[w.text] = int32(len(numbers))
		}
	}
	left := untimedScan
	cs, err := r.textsIn(store.Window{From: time.Unix(0, first).Add(-wallDumpSearch),
		To: time.Unix(0, last).Add(wallDumpSearch)}, numbers, &left)
	if err != nil || len(cs) == 0 {
		return err
	}
	kernelOrder(cs)
	stored := make([][]*candidate, len(numbers))
	for i := range cs {
		stored[cs[i].text] = append(stored[cs[i].text], &cs[i])
	}
	dump := make([][]int, len(numbers)) // by text: lines of the dump, in its order
	for i, w := range s.walls {
		if n := numbers[w.text]; w.at != 0 {
			dump[n] = append(dump[n], i)
		}
	}
	off := wallDumpOffset(s.walls, dump, stored)
	r.walls = make([]storedLine, len(s.walls))
	for n := range dump {
		r.pairWalls(s.walls, dump[n], stored[n], off)
	}
	return nil
}

// wallDumpOffset returns by how much the store's times are later: the median over texts that occur once on both sides.
func wallDumpOffset(walls []wallLine, dump [][]int, stored [][]*candidate) int64 {
	var offs []int64
	for n := range dump {
		if len(dump[n]) != 1 || len(stored[n]) != 1 {
			continue
		}
		if d := stored[n][0].time - walls[dump[n][0]].at; time.Duration(d).Abs() <= wallDumpSearch {
			offs = append(offs, d)
		}
	}
	if len(offs) == 0 {
		return 0
	}
	slices.Sort(offs)
	return offs[len(offs)/2]
}

// pairWalls pairs lines of one text, both sides in order: each stored line stands for at most one of the dump.
func (r *importRun) pairWalls(walls []wallLine, dump []int, stored []*candidate, off int64) {
	j := 0
	for _, i := range dump {
		at := walls[i].at + off
		for j < len(stored) && stored[j].time < at-int64(wallDumpJitter) {
			j++
		}
		if j < len(stored) && stored[j].time <= at+int64(wallDumpJitter) {
			r.walls[i] = stored[j].storedLine
			r.walls[i].found = true
			j++
		}
	}
}

// noteWalls notes how many lines of the dump the store has.
func (r *importRun) noteWalls(ctx context.Context) {
	if r.walls != nil && ctx.Err() == nil {
		r.note(fmt.Sprintf("%d of %d lines of dmesg -T are in the store, and have its times", r.clock.walls,
			r.seenWalls))
	}
}
