package ingest

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"uncloak/parse"
)

// A survey of a large file looks at surveyLines lines of each chunk: at its start and at its end. Small
// files are looked at in full.
const (
	surveyLines = 64
	surveyPairs = 8192
)

// survey collects what a file says about its own clock, before any of its lines has a time.
type survey struct {
	host      string // the first host name
	stamped   bool   // some line has a stamp of some kind
	years     years
	last      parse.Stamp // the last stamp without a year
	lastRel   int
	absolute  int64 // the latest stamp that needs nothing else; 0: none
	both      []bothClocks
	uptimes   bool // there are lines with an uptime alone
	ups       bootClock
	ended     []int64 // the last uptimes of the boots before the last one
	firstUp   int64   // the first and the last uptime of the last boot
	lastUp    int64
	kernel    map[uint64]int64 // uptimes of some lines with an uptime alone, by identity
	surveyed  int              // lines looked at
	read      bool             // a dialect has understood one of them, or one has a header
	untimed   int              // of them, those without any stamp
	texts     []uint64         // hashes of their texts; all of them where the file is whole, or no line has a stamp
	wallDumps bool
	walls     []wallLine // lines of dmesg -T; all of them where the file is whole
}

// bothClocks is a stamp with wall clock and uptime, and its relative year if it has none of its own.
type bothClocks struct {
	stamp parse.Stamp
	rel   int
	boot  int // number of the boot within the file
}

// bootPair is the boot time by one line that has both clocks: wall clock minus uptime.
type bootPair struct {
	boot   int64
	whole  bool   // the wall clock is cut to the second
	spread uint32 // ± ms of the wall clock
}

// surveyOf reads through the file: in full where it is held in memory, else as far as the rest can tell more.
func surveyOf(in *input, opt *Options) (*survey, error) {
	r, err := in.again()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	s := &survey{kernel: make(map[uint64]int64)}
	p, rec := parse.NewParser(), parse.Record{}
	ch := chunker{r: r, cut: newSplitter(opt.MaxLine)}
	c := newChunk(in, opt.MaxLine)
	for {
		err := ch.fill(c)
		if errors.Is(err, io.EOF) {
			return s, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read: %w", err)
		}
		for i, l := range c.lines {
			if in.whole || !s.stamped || s.uptimes || i < surveyLines || len(c.lines)-i <= surveyLines {
				p.Line(l, &rec)
				s.line(l, &rec, opt.Location)
			}
		}
		if !in.whole && !s.needsRest() {
			return s, nil
		}
	}
}

// needsRest reports whether the rest of a large file can tell more, which it cannot where every stamp is complete in
// itself.
func (s *survey) needsRest() bool { return s.years.known || s.uptimes || !s.stamped }

func newChunk(in *input, maxLine int) *chunk {
	size := chunkBytes
	if in.whole {
		size = min(size, len(in.text)+1) // one more, so that the end of the file is seen
	}
	return &chunk{buf: make([]byte, max(size, 256<<10, 2*maxLine))}
}

func (s *survey) line(l []byte, rec *parse.Record, loc *time.Location) {
	f := factOf(l, rec)
	st := &f.stamp
	s.surveyed++
	s.read = s.read || rec.Kind != parse.Unknown || f.header
	if s.host == "" && len(rec.Host) > 0 {
		s.host = string(rec.Host)
	}
	if f.wallDump {
		s.wallDumps = true
		s.wallLine(rec, loc)
	}
	if st.HasUptime {
		s.uptime(st.Uptime)
	}
	switch {
	case st.HasUnix || st.HasClock && st.Year != 0:
		s.stamped = true
		if t, ok := st.Resolve(time.Time{}, loc); ok && t.Year() >= oldest {
			s.absolute = max(s.absolute, t.UnixNano())
			s.pair(st, 0)
		}
	case st.HasClock && st.Month != 0:
		s.stamped = true
		s.lastRel, s.last = s.years.of(st), *st
		s.pair(st, s.lastRel)
	case st.HasUptime:
		s.stamped, s.uptimes = true, true
		if len(s.kernel) < surveyPairs {
			s.kernel[rec.Identity] = st.Uptime
		}
	case st.HasClock:
		s.stamped = true
	default:
		s.untimedLine(rec)
	}
}

func (s *survey) pair(st *parse.Stamp, rel int) {
	if st.HasUptime && len(s.both) < surveyPairs {
		s.both = append(s.both, bothClocks{*st, rel, len(s.ended)})
	}
}

// uptime follows the uptimes of the file: where they jump back, another boot begins.
func (s *survey) uptime(up int64) {
	first := !s.ups.any
	if len(s.ended) < maxBoots {
		if _, next := s.ups.of(up); next {
			s.ended = append(s.ended, s.lastUp)
			clear(s.kernel)
			first = true
		}
	}
	if first {
		s.firstUp = up
	}
	s.lastUp = up
}

// bootOf returns the boot time that the pairs give: their median. A wall clock cut to the second is on average half a
// second earlier than the kernel's.
func bootOf(pairs []bootPair) (boot int64, spread uint32, ok bool) {
	if len(pairs) == 0 {
		return 0, 0, false
	}
	boots, whole := make([]int64, len(pairs)), 0
	spread = 500
	for i, p := range pairs {
		boots[i] = p.boot
		spread = max(spread, p.spread)
		if p.whole {
			whole++
		}
	}
	slices.Sort(boots)
	boot = boots[len(boots)/2]
	if whole > len(pairs)/2 {
		return boot + int64(time.Second)/2, max(spread, 1000), true
	}
	return boot, spread, true
}

// years follows stamps without a year through a file, by month and day alone. The result is relative to the year of
// the first.
type years struct {
	known   bool
	rel     int
	prev    int // month*31 + day of the stamp before
	rolled  bool
	from    int // prev before the year last went up
	fromRel int
}

// of returns the relative year of the next stamp. A file goes forward: a step back of more than 40 days is a new year.
// Two exceptions: just behind New Year a line of the old year may straggle in (without a turn of the year before it,
// only from its last days to the first of the new one); and a router that boots without a clock writes "Jan 1" until it
// knows better, and then is back near where it was.
func (y *years) of(st *parse.Stamp) int {
	day := int(st.Month)*31 + int(st.Day)
	if !y.known {
		y.known, y.prev = true, day
		return y.rel
	}
	step := day - y.prev
	back := y.rolled && day >= y.from && day-y.from <= 40
	switch {
	case step < -40:
		y.rolled, y.from, y.fromRel = true, y.prev, y.rel
		y.rel++
	case step > 332 && y.rolled || step > 368:
		y.rel--
	case step > 40 && back:
		y.rel, y.rolled = y.fromRel, false
	}
	y.prev = day
	return y.rel
}
