package ingest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"uncloak/detect"
	"uncloak/parse"
	"uncloak/store"
)

// importRun is the import of one file.
type importRun struct {
	ctx    context.Context
	to     Target
	opt    *Options
	in     *input
	sum    *Summary
	clock  *fileClock
	copies copies
	knownOfFile
	tally
}

// knownOfFile holds what is settled about a file before its lines are imported.
type knownOfFile struct {
	page    bool         // the text was pasted from a page
	router  string       // of lines that name none
	source  string       // identifies this import in the store's counting of equal lines
	untimed []storedLine // by number of the line without a stamp; nil: the store has none of them
	walls   []storedLine // by number of the line of dmesg -T; nil: the store was not searched
}

// tally holds what is counted while the lines of a file are imported.
type tally struct {
	seen      int                   // lines without a stamp
	seenWalls int                   // lines of dmesg -T
	fixed     uint64                // stamps of the current chunk that were not believed
	junk      map[parse.Name]uint64 // lines with control characters, not yet in health
	health    map[healthKey]*store.Health
}

type healthKey struct {
	date   detect.Date
	router parse.Name
}

func (r *importRun) note(s string) { r.in.note(r.sum, s) }

// prepare settles what holds for the whole file: router, years, boot time, and matches in the store.
func (r *importRun) prepare(s *survey) error {
	r.health = make(map[healthKey]*store.Health)
	r.junk = make(map[parse.Name]uint64)
	r.source = fmt.Sprintf("%s %d", r.in.name, time.Now().UnixNano())
	captured := r.opt.CapturedAt
	if captured.IsZero() {
		captured = r.in.mtime
	}
	limit := r.opt.Now()
	if captured.After(limit) {
		limit = captured
	}
	if end := time.Date(r.opt.Year+1, 1, 1, 0, 0, 0, 0, time.UTC); r.opt.Year != 0 && end.After(limit) {
		limit = end
	}
	r.clock = &fileClock{loc: r.opt.Location, captured: captured.UnixNano(), limit: limit.Add(clockLimit).UnixNano()}
	r.clock.year0 = r.yearZero(s, captured)
	if err := r.chooseRouter(s); err != nil {
		return err
	}
	if r.clock.hasBoot = !r.opt.BootTime.IsZero(); r.clock.hasBoot {
		r.clock.boot, r.clock.bootSpread = r.opt.BootTime.UnixNano(), 1000
	}
	if s.uptimes {
		var err error
		if r.clock.boot, r.clock.bootSpread, err = r.bootTime(s); err != nil {
			return err
		}
		r.clock.hasBoot = true
		r.clock.boots = r.earlierBoots(s)
	}
	if err := r.alignUntimed(s); err != nil {
		return err
	}
	if !s.stamped && r.untimed == nil {
		r.note(fmt.Sprintf("no line has a time: all are taken to be of about %s",
			stampText(r.clock.captured, r.opt.Location)))
	}
	if s.wallDumps {
		if r.in.whole {
			if err := r.alignWallDump(s); err != nil {
				return err
			}
		}
		r.note("times are those of dmesg -T: ±2 s")
	}
	return nil
}

// yearZero returns the year of the first stamp without a year: that of the last such stamp, less the turns of the year
// between them. The last stamp is of Options.Year, or else as late as the end of the log allows: CapturedAt, the latest
// stamp that has a year, or the file's modification time.
func (r *importRun) yearZero(s *survey, captured time.Time) int {
	if !s.years.known {
		return captured.Year()
	}
	if r.opt.Year != 0 {
		return r.opt.Year - s.lastRel
	}
	if r.opt.CapturedAt.IsZero() && s.absolute != 0 {
		captured = time.Unix(0, s.absolute)
	}
	t, ok := s.last.Resolve(captured, r.opt.Location)
	if !ok {
		t = captured
	}
	year := t.In(r.opt.Location).Year()
	if s.last.HasZone {
		year = t.In(time.FixedZone("", int(s.last.Offset))).Year()
	}
	if r.opt.CapturedAt.IsZero() && s.absolute == 0 && captured.Sub(t).Abs() > 48*time.Hour {
		r.note(fmt.Sprintf("stamps have no year: the last is taken to be of %d, "+
			"by the file's modification time (--year or --captured-at say better)", year))
	}
	return year - s.lastRel
}

// chooseRouter finds the name for lines that have none of their own.
func (r *importRun) chooseRouter(s *survey) error {
	switch {
	case r.opt.Router != "":
		r.router = r.opt.Router
		return nil
	case s.host != "":
		r.router = s.host
		return nil
	}
	hs, err := r.to.Health(r.ctx, store.Window{})
	if err != nil {
		return stopError{fmt.Errorf("look for known routers: %w", err)}
	}
	names := map[string]bool{}
	for _, h := range hs {
		if h.Router != "" {
			names[h.Router] = true
		}
	}
	r.router = "router"
	if len(names) == 1 {
		for n := range names {
			r.router = n
		}
		r.note("router: " + r.router + " (the only one known; --router names another)")
	} else {
		r.note("router: " + r.router + " (the lines name none; --router does)")
	}
	return nil
}

// lines imports the lines of the file: one goroutine reads and decompresses, two parse, and one assigns times and
// appends, all on different chunks.
func (r *importRun) lines() error {
	r.in.counted = true
	src, err := r.in.again()
	if err != nil {
		return err
	}
	defer src.Close()
	g, ctx := errgroup.WithContext(r.ctx)
	free := make(chan *chunk, chunksAlive)
	for range chunksAlive {
		free <- nil // made when first needed
	}
	work, order := make(chan *chunk, chunksAlive), make(chan *chunk, chunksAlive)
	g.Go(func() error {
		defer close(work)
		defer close(order)
		return r.split(ctx, src, free, work, order)
	})
	for range 2 {
		p := newReader(r.router, r.opt.Router != "", r.opt.Dialect)
		g.Go(func() error {
			for c := range work {
				p.read(c)
				close(c.ready)
			}
			return nil
		})
	}
	g.Go(func() error {
		for c := range order {
			<-c.ready
			if err := r.take(ctx, c); err != nil {
				return err
			}
			free <- c
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		return r.account(ctx)
	})
	if err := g.Wait(); err != nil {
		return err
	}
	r.noteWalls(r.ctx)
	if r.untimed != nil {
		r.note(fmt.Sprintf("%d of %d lines without a time are in the store, and have its times; "+
			"the others lie between their neighbours", r.clock.stored, r.seen))
	}
	return nil
}

func (r *importRun) split(ctx context.Context, src io.Reader, free, work, order chan *chunk) error {
	ch := chunker{r: src, cut: newSplitter(r.opt.MaxLine)}
	for {
		var c *chunk
		select {
		case c = <-free:
		case <-ctx.Done():
			return ctx.Err()
		}
		if c == nil {
			c = newChunk(r.in, r.opt.MaxLine)
		}
		if err := ch.fill(c); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("read: %w", err)
		}
		c.ready = make(chan struct{})
		order <- c // neither send blocks: each channel has room for all chunks
		work <- c
	}
}

// take assigns times to the lines of a chunk and appends them. Of a pasted page, prose is left out: a line that is
// not understood and has no header.
func (r *importRun) take(ctx context.Context, c *chunk) error {
	repaired := r.clock.repaired
	es, facts := c.entries[:0], c.facts[:0]
	for i := range c.entries {
		r.sum.Bytes += uint64(len(c.lines[i]))
		if !hasStamp(&c.facts[i].stamp) {
			if r.seen < len(r.untimed) {
				c.facts[i].stored = r.untimed[r.seen]
			}
			r.seen++
		}
		if c.facts[i].wallDump {
			if r.seenWalls < len(r.walls) {
				c.facts[i].stored = r.walls[r.seenWalls]
			}
			r.seenWalls++
		}
		if c.facts[i].joined {
			continue
		}
		if r.page && c.entries[i].Kind == parse.Unknown && !c.facts[i].header && !c.facts[i].stored.found {
			r.sum.Skipped++
			continue
		}
		if c.facts[i].junk {
			r.junk[c.entries[i].Router]++
		}
		es, facts = append(es, c.entries[i]), append(facts, c.facts[i])
	}
	r.sum.Lines += uint64(len(c.lines))
	r.sum.Oversize += c.oversize
	r.clock.assign(es, facts)
	r.copies.mark(es, facts)
	r.fixed = r.clock.repaired - repaired
	r.sum.Repaired += r.fixed
	byTime := func(a, b store.Entry) int { return cmp.Compare(a.Time, b.Time) }
	if !slices.IsSortedFunc(es, byTime) {
		slices.SortStableFunc(es, byTime)
	}
	var dates []detect.Date
	for i := range es {
		if date := detect.DateOf(time.Unix(0, es[i].Time)); len(dates) == 0 || date != dates[len(dates)-1] {
			dates = append(dates, date)
		}
	}
	if to, ok := r.to.(interface{ Expect([]detect.Date) error }); ok {
		if err := to.Expect(dates); err != nil {
			return stopError{fmt.Errorf("store: %w", err)}
		}
	}
	if len(es) == 0 {
		return nil
	}
	done, err := r.to.Append(ctx, store.Batch{Entries: es, Dedupe: !r.opt.Live, Source: r.source})
	if err != nil {
		return stopError{fmt.Errorf("store: %w", err)}
	}
	r.sum.Duplicates += uint64(done.Duplicates)
	for _, date := range dates {
		end := date.End().UnixNano()
		n, _ := slices.BinarySearchFunc(es, end, func(e store.Entry, t int64) int { return cmp.Compare(e.Time, t) })
		got := store.AppendedDay{Date: date}
		if len(done.Days) > 0 && done.Days[0].Date == date {
			got, done.Days = done.Days[0], done.Days[1:]
		}
		r.appended(es[:n:n], got)
		es = es[n:]
	}
	return nil
}

// appended counts lines of one day, of which the store took some.
func (r *importRun) appended(es []store.Entry, got store.AppendedDay) {
	d := r.sum.day(got.Date)
	if first := time.Unix(0, es[0].Time).UTC(); d.Lines == 0 || first.Before(d.First) {
		d.First = first
	}
	if last := time.Unix(0, es[len(es)-1].Time).UTC(); last.After(d.Last) {
		d.Last = last
	}
	d.Lines += uint64(len(es))
	d.Added += uint64(got.Added)
	r.sum.Events += uint64(got.Added)
	r.sum.Unparsed += uint64(got.Unknown)
	r.count(es, got)
}

// count does the accounting by router. Only lines that were added count, so that a second import of a file changes
// nothing. Where the store added a part of the lines, it does not tell which: each count is reduced to that part.
func (r *importRun) count(es []store.Entry, done store.AppendedDay) {
	batch := make(map[parse.Name]*store.Health)
	unknown := 0
	var h *store.Health
	for i := range es {
		e := &es[i]
		if i == 0 || e.Router != es[i-1].Router {
			if h = batch[e.Router]; h == nil {
				h = &store.Health{}
				batch[e.Router] = h
			}
		}
		h.Received++
		h.Bytes += uint64(len(e.Raw))
		switch e.Kind {
		case parse.Unknown:
			h.Unparsed++
			unknown++
		case parse.Suppressed:
			h.Suppressed += uint64(e.Count)
		case parse.Repeated:
			h.Repeated += uint64(e.Count)
		}
	}
	share := float64(done.Added) / float64(len(es))
	// a chunk is a few thousand lines of one day and, as a rule, one router
	if h := batch[es[0].Router]; r.fixed > 0 && h != nil {
		h.Repaired, r.fixed = r.fixed, 0
	}
	for router, h := range batch {
		h.Malformed = r.junk[router]
		delete(r.junk, router)
		all := r.healthOf(healthKey{done.Date, router})
		all.Received += scaled(h.Received, share)
		all.Bytes += scaled(h.Bytes, share)
		all.Unparsed += scaled(h.Unparsed, float64(done.Unknown)/float64(max(unknown, 1)))
		all.Suppressed += scaled(h.Suppressed, share)
		all.Repeated += scaled(h.Repeated, share)
		all.Malformed += scaled(h.Malformed, share)
		all.Repaired += scaled(h.Repaired, share)
	}
}

func scaled(n uint64, share float64) uint64 { return uint64(float64(n)*share + 0.5) }

func (r *importRun) healthOf(k healthKey) *store.Health {
	if h, ok := r.health[k]; ok {
		return h
	}
	if len(r.health) >= maxHosts {
		k.router = parse.Name{}
		if h, ok := r.health[k]; ok {
			return h
		}
	}
	name := k.router.String()
	if !slices.Contains(r.sum.Routers, name) && name != "" {
		r.sum.Routers = append(r.sum.Routers, name)
	}
	h := &store.Health{Date: k.date, Router: name, Sender: filepath.Base(r.in.name)}
	if name != r.router {
		h.Sender += " (" + name + ")"
	}
	r.health[k] = h
	return h
}

// account stores the accounting of the file. It comes last: an import that broke off is repeated, and then counts once.
func (r *importRun) account(ctx context.Context) error {
	var hs []store.Health
	for _, h := range r.health {
		if h.Received > 0 {
			hs = append(hs, *h)
		}
	}
	if len(hs) == 0 {
		return nil
	}
	slices.SortFunc(hs, func(a, b store.Health) int {
		return cmp.Or(cmp.Compare(a.Date, b.Date), cmp.Compare(a.Sender, b.Sender))
	})
	if _, err := r.to.Append(ctx, store.Batch{Health: hs, Dedupe: true, Source: r.source}); err != nil {
		return stopError{fmt.Errorf("store: %w", err)}
	}
	return nil
}
