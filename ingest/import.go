package ingest

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
	"strings"
	"time"

	"uncloak/detect"
	"uncloak/parse"
	"uncloak/store"
)

// Target is the part of a store.Store that an import needs: beside Append, the lines and senders that are there
// already, to find the boot time of a dump and the name of its router.
type Target interface {
	Appender
	Events(ctx context.Context, q store.Query) iter.Seq2[store.Entry, error]
	Health(ctx context.Context, w store.Window) ([]store.Health, error)
}

// Formats returns the values that Options.Format may have.
func Formats() []string { return []string{"auto", "log", "page"} }

// Options say what a file does not say itself. With the zero value all of it is guessed.
type Options struct {
	// Format: which dialect a line is in is found line by line, and needs no help. What may be chosen is whether the
	// file is a log, taken line by line as it is ("log"), or text that was pasted from a page, with markup and prose
	// around ("page"). "auto" or "": found by the markup.
	Format     string
	Dialect    *parse.Dialect // of the lines, for those that two dialects could claim; nil: chosen line by line
	Router     string         // name of the router that all lines are of; "": their host, else what is known
	Year       int            // of the last line, for stamps without one; 0: from CapturedAt
	Location   *time.Location // zone of stamps that name none; nil: UTC
	CapturedAt time.Time      // when the log ended, or the dump was taken; zero: the file's modification time
	BootTime   time.Time      // where uptime stamps begin; zero: derived
	MaxLine    int            // bytes kept of a line; 0: 64 KiB
	Live       bool           // what comes as it happens, and only once: it enters the running day as received lines do

	Now      func() time.Time        // nil: time.Now
	Stdin    io.Reader               // read for the path "-"
	Progress func(done, total int64) // bytes read of all bytes to read; total is 0 where it is not known
}

// Validate reports the first value that cannot work.
func (o Options) Validate() error {
	if o.Format != "" && !slices.Contains(Formats(), o.Format) {
		return fmt.Errorf("format %q: want one of %s", o.Format, strings.Join(Formats(), ", "))
	}
	if o.Year != 0 && (o.Year < 1970 || o.Year > 2199) {
		return fmt.Errorf("year %d is not between 1970 and 2199", o.Year)
	}
	if o.MaxLine != 0 && (o.MaxLine < 480 || o.MaxLine > 1<<20) {
		return fmt.Errorf("line limit %d is not between 480 and %d", o.MaxLine, 1<<20)
	}
	return nil
}

func (o *Options) fill() {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Location == nil {
		o.Location = time.UTC
	}
	if o.MaxLine == 0 {
		o.MaxLine = 64 << 10
	}
}

// Summary counts what an import took in.
type Summary struct {
	Files      int
	Lines      uint64 // lines read, blank ones left out
	Events     uint64 // lines that were stored
	Duplicates uint64 // lines that the store had
	Unparsed   uint64 // of Events, those not understood
	Skipped    uint64 // lines of text that is not a log: not stored
	Joined     uint64 // wrapped pieces that were put together again
	Oversize   uint64 // lines cut at the limit
	Repaired   uint64 // lines whose stamp cannot be true, and that got a time from their neighbours
	Bytes      uint64 // of the lines read
	Cut        int    // files that are cut short or damaged, of which the part before was taken
	Days       []DayCount
	Routers    []string // names that the events go by, sorted
	Notes      []string // what a person should know about how the files were read
}

// DayCount is one UTC day of an import.
type DayCount struct {
	Date        detect.Date
	Lines       uint64 // stored or duplicate
	Added       uint64 // stored; where it is not 0, the day's summary must be rebuilt
	First, Last time.Time
}

func (s *Summary) day(d detect.Date) *DayCount {
	i, ok := slices.BinarySearchFunc(s.Days, d, func(c DayCount, d detect.Date) int { return int(c.Date) - int(d) })
	if !ok {
		s.Days = slices.Insert(s.Days, i, DayCount{Date: d})
	}
	return &s.Days[i]
}

// Import stores the lines of files: plain or compressed (gzip, xz, bzip2, zstd, told by content), in any dialect, each
// line's own; directories (their files, not deeper), patterns, and "-". Lines that the store has are not stored again,
// so that importing a file twice changes nothing.
//
// Files without a wall clock, and then those without any stamps, come last: the lines of the others, and of the store,
// tell their times.
//
// Of a compressed file that was cut short the lines that can be read are taken; Summary.Cut counts such files.
//
// A file that cannot be read does not keep the others from being imported; the error names each. The Summary is valid
// in any case. After an error of the store or of ctx nothing further is read.
func Import(ctx context.Context, to Target, opt Options, paths ...string) (Summary, error) {
	var sum Summary
	if err := opt.Validate(); err != nil {
		return sum, err
	}
	opt.fill()
	files, err := expand(paths)
	errs := []error{err}
	progress := newProgress(opt.Progress, files)
	clocksFirst(files)
	for _, f := range files {
		err := importFile(ctx, to, &opt, f, &sum, progress)
		errs = append(errs, err)
		var stop stopError
		if errors.As(err, &stop) || ctx.Err() != nil {
			break
		}
	}
	slices.Sort(sum.Routers)
	return sum, errors.Join(errs...)
}

// clocksFirst sorts files without a wall clock behind the others, whose lines help to date them.
func clocksFirst(files []string) {
	if len(files) < 2 {
		return
	}
	ranks := make(map[string]int)
	for _, f := range files {
		ranks[f] = ClockRank(f)
	}
	slices.SortStableFunc(files, func(a, b string) int { return cmp.Compare(ranks[a], ranks[b]) })
}

// ClockRank returns the rank of a file in the best order for importing files one by one: 0 where one of its first lines
// has a wall clock, 1 where one has an uptime alone, else 2. It is 0 also for a file that cannot be read, or only once.
func ClockRank(path string) int {
	if fi, err := os.Stat(path); err != nil || !fi.Mode().IsRegular() {
		return 0
	}
	in, err := open(path, &Options{}, newProgress(nil, nil))
	if err != nil {
		return 0
	}
	defer in.close()
	p, rec, rank, n := parse.NewParser(), parse.Record{}, 2, 0
	for l := range bytes.Lines(in.text) {
		if n++; n > surveyLines {
			break
		}
		p.Line(l, &rec)
		switch st := &rec.Stamp; {
		case st.HasUnix || st.HasClock:
			return 0
		case st.HasUptime:
			rank = 1
		}
	}
	return rank
}

// stopError wraps an error of the store, after which no further file is read.
type stopError struct{ error }

func (e stopError) Unwrap() error { return e.error }

// OfStore reports whether an error of an import comes from the store; else it comes from the file, or from its reading.
func OfStore(err error) bool { return errors.As(err, new(stopError)) }

// ImportReader stores the lines of r as Import does those of a file of that name. mtime stands for the file's
// modification time; zero means now.
func ImportReader(ctx context.Context, to Target, opt Options, name string, r io.Reader, mtime time.Time) (Summary,
	error) {
	var sum Summary
	if err := opt.Validate(); err != nil {
		return sum, err
	}
	opt.fill()
	if mtime.IsZero() {
		mtime = opt.Now()
	}
	in, err := openReader(name, r, mtime)
	if err != nil {
		return sum, err
	}
	defer in.close()
	err = importInput(ctx, to, &opt, in, &sum)
	slices.Sort(sum.Routers)
	return sum, err
}

func importFile(ctx context.Context, to Target, opt *Options, path string, sum *Summary, p *progress) error {
	in, err := open(path, opt, p)
	if err != nil {
		return err
	}
	defer in.close()
	if err := importInput(ctx, to, opt, in, sum); err != nil {
		return fmt.Errorf("%s: %w", in.name, err)
	}
	return nil
}

// errNoLog says that a file may not be a log at all: nothing of it is stored unless that is asked for.
var errNoLog = errors.New("no line of it is understood, and none has a time: nothing is stored; " +
	"uncloak parse --explain says how each line is read, and --format log stores them as they are")

// importInput reads a file twice: once for what it says of its own clock, then for its lines. A small file is held in
// memory, and repaired where it was pasted.
func importInput(ctx context.Context, to Target, opt *Options, in *input, sum *Summary) error {
	sum.Files++
	text := in.text
	if why := notText(text); why != "" {
		return errors.New(why)
	}
	if len(text) == 0 && in.cut {
		return errors.New("the compressed file is cut short: no line of it can be read")
	}
	if len(text) == 0 {
		if !in.tellCapture(sum) {
			in.note(sum, "the file is empty")
		}
		return nil
	}
	run := &importRun{ctx: ctx, to: to, opt: opt, in: in, sum: sum}
	if in.whole && in.packets == nil {
		fixed, page, joined := repair(text, opt.Format)
		run.page = page
		sum.Joined += uint64(joined)
		if joined > 0 {
			in.note(sum, fmt.Sprintf("%d wrapped pieces of lines were put together", joined))
		}
		in.replace(fixed)
	}
	facts, err := surveyOf(in, opt)
	if err != nil {
		return err
	}
	if err := run.prepare(facts); err != nil {
		return err
	}
	guessed := opt.Format == "" || opt.Format == "auto"
	if guessed && !facts.read && !facts.stamped && run.untimed == nil {
		return errNoLog
	}
	before := sum.Lines
	if err := run.lines(); err != nil {
		return err
	}
	if in.tellCapture(sum) {
		return nil
	}
	if in.cut {
		sum.Cut++
		in.note(sum, fmt.Sprintf("the compressed file is cut short: "+
			"its first %d lines were taken in, the others are missing", sum.Lines-before))
	}
	return nil
}

// tellCapture notes what a packet capture held. It is false for a file that is none.
func (in *input) tellCapture(sum *Summary) bool {
	if in.packets == nil {
		return false
	}
	stats := in.packets.Stats()
	if stats.Damage != nil || in.cut {
		sum.Cut++
	}
	in.note(sum, "a packet capture: "+stats.String())
	return true
}
