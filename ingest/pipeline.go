package ingest

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"syscall"
	"time"

	"uncloak/detect"
	"uncloak/parse"
	"uncloak/store"
)

const (
	storeRetry = time.Second // between two tries to store a batch that the store refuses
	storeTries = 10          // of one batch, unless its error is one that passes
	entryBytes = 256         // memory of an entry without its line
)

// parser takes lines from the queue, makes events of them and hands out batches. It alone closes its output.
type parser struct {
	cfg     *Config
	queue   *queue
	set     *atomic.Pointer[Settings] // nil: the settings of cfg, for good
	beats   *atomic.Uint64            // counts rounds of work; nil: not counted
	senders *senders
	parser  *parse.Parser // one for all: what a line says does not depend on the lines before it
	rec     parse.Record
	torn    tornLines
	out     chan batch
	free    chan []store.Entry // slices of stored batches
	entries []store.Entry
	bytes   int             // of the entries
	slabs   []*slab         // memory of the entries' lines
	read    map[*feed]int64 // position of the last entry of each feed
}

// batch is stored at once; read holds the position up to which it covers each feed.
type batch struct {
	store.Batch
	read  map[*feed]int64
	slabs []*slab // of the lines
}

func newParser(cfg *Config, q *queue) *parser {
	return &parser{cfg: cfg, queue: q, senders: newSenders(cfg), parser: parse.NewParser(),
		out: make(chan batch, 1), free: make(chan []store.Entry, 3)}
}

// run parses lines until the queue is closed and empty.
func (p *parser) run() {
	defer close(p.out)
	tick := time.NewTicker(p.cfg.BatchEvery)
	defer tick.Stop()
	for {
		if p.beats != nil {
			p.beats.Add(1)
		}
		select {
		case lines, ok := <-p.queue.lines:
			if !ok {
				p.flush()
				return
			}
			if p.set != nil {
				p.senders.use(p.set.Load())
			}
			late := p.queue.late.Err() != nil // after a stop the time for storing is over
			for i := range lines {
				switch {
				case !late:
					p.take(&lines[i])
				case !lines[i].readAgain():
					p.queue.drop(lines[i : i+1])
				}
			}
			p.queue.done(lines)
			freeOf(lines)
			if len(p.entries) >= p.cfg.BatchEvents || p.bytes >= p.cfg.BatchBytes {
				p.flush()
			}
		case <-tick.C:
			p.flush()
		}
	}
}

func (p *parser) take(l *line) {
	sn := p.senders.of(l.from, detect.DateOf(time.Unix(0, l.recv)))
	if l.fed != nil {
		sn.fedBy(l.fed.by)
	}
	p.parser.LineOf(sn.dialect, l.raw, &p.rec)
	router := p.senders.router(sn, p.rec.Host)
	a := p.senders.account(sn, router.name)
	h := &a.health
	h.Received++
	h.Bytes += uint64(len(l.raw))
	if l.cut {
		h.Oversize++
	}
	if junk(l.raw) {
		h.Malformed++
	}
	switch p.rec.Kind {
	case parse.Unknown:
		h.Unparsed++
	case parse.Suppressed:
		h.Suppressed += uint64(p.rec.Count)
	case parse.Repeated:
		h.Repeated += uint64(p.rec.Count)
	}
	if n, ok := numberOf(l.raw); ok {
		a.numbers.saw(n)
	}
	if l.slab != nil {
		p.slabs = append(p.slabs, l.slab)
	}
	if p.rec.Piece != 0 && p.torn.take(p.parser, sn.dialect, &p.rec, router, p.entries) {
		if l.fed != nil {
			p.takeFed(l.fed, &store.Entry{}) // the position alone
		}
		return
	}
	e := store.Entry{Event: p.rec.Event, Identity: router.identity(&p.rec), Raw: l.raw}
	e.Recv, e.Router = l.recv, router.name
	e.Time, e.Spread = sn.time(a, &p.rec.Stamp, l.recv)
	if l.fed != nil {
		p.takeFed(l.fed, &e)
	}
	p.entries = append(p.entries, e)
	p.bytes += len(l.raw) + entryBytes
}

// takeFed gives an entry the time that its feed knows, and notes the line's position.
func (p *parser) takeFed(f *fed, e *store.Entry) {
	if f.at != 0 {
		e.Time, e.Spread = f.at, 0
	}
	if f.by.stored == nil {
		return
	}
	if p.read == nil {
		p.read = make(map[*feed]int64)
	}
	p.read[f.by] = f.pos
}

// flush hands the entries and the accounting to the writer as one batch, in order of time, and waits until it is taken.
func (p *parser) flush() {
	day := detect.DateOf(p.cfg.Now())
	p.bytes = 0
	p.torn.forget()
	var strangers []store.Health
	for from, l := range p.queue.takeLosses() {
		strangers = append(strangers, p.senders.lost(from, l, day)...)
	}
	health := append(p.senders.take(day), strangers...)
	if len(p.entries) == 0 && len(health) == 0 {
		return
	}
	byTime := func(a, b store.Entry) int { return cmp.Compare(a.Time, b.Time) }
	if !slices.IsSortedFunc(p.entries, byTime) {
		slices.SortStableFunc(p.entries, byTime)
	}
	b := store.Batch{Entries: p.entries, Health: health}
	// each day is a transaction: the ID tells the store that a batch comes again after an error
	if spansDays(p.entries, day) {
		b.ID = fmt.Sprintf("live %d", p.cfg.Now().UnixNano())
	}
	p.out <- batch{b, p.read, p.slabs}
	p.read, p.slabs = nil, nil
	select {
	case p.entries = <-p.free:
	default:
		p.entries = nil
	}
}

// spansDays reports whether entries, in order of time, and the accounting of a day belong to more than one day.
func spansDays(es []store.Entry, day detect.Date) bool {
	return len(es) > 0 && (detect.DateOf(time.Unix(0, es[0].Time)) != day ||
		detect.DateOf(time.Unix(0, es[len(es)-1].Time)) != day)
}

// junk reports whether a line holds control characters that no log has. Tabs, escapes (colours) and newlines within a
// datagram are fine.
func junk(b []byte) bool {
	const each = 0x0101010101010101
	for ; len(b) >= 8; b = b[8:] { // nearly all lines have no control characters, and a word at a time says so
		if x := binary.LittleEndian.Uint64(b); (x-0x20*each)&^x&(0x80*each) != 0 && slices.ContainsFunc(b[:8], isJunk) {
			return true
		}
	}
	return slices.ContainsFunc(b, isJunk)
}

func isJunk(c byte) bool { return c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != 0x1b }

// writer stores the batches.
type writer struct {
	cfg   *Config
	to    Appender
	stats *counters
	book  *book
	beats *atomic.Uint64

	storing *atomic.Bool
}

// run stores batches until in is closed. While the system lacks something (see passes) it waits: the queue fills,
// streams are held back and datagrams are dropped and counted. After ctx ended a batch that the store refuses is tried
// once more and given up.
func (w *writer) run(ctx context.Context, in <-chan batch, free chan<- []store.Entry) error {
	var lost error
	for b := range in {
		kept, err := w.store(ctx, b.Batch)
		if err != nil {
			lost = err
		}
		if kept && len(b.read) > 0 {
			for f, pos := range b.read {
				f.stored(pos)
			}
			w.book.save()
		}
		clear(b.Entries) // the raw lines
		for _, m := range b.slabs {
			m.free()
		}
		select {
		case free <- b.Entries[:0]:
		default:
		}
	}
	return lost
}

// store stores the batch. kept reports whether its lines are on the disk: in the store or, with an error, in a file of
// lines that were given up.
func (w *writer) store(ctx context.Context, b store.Batch) (kept bool, err error) {
	for try := 1; ; try++ {
		stopping := ctx.Err() != nil
		err := w.append(ctx, b)
		if err == nil {
			w.stats.stored(b)
			if try > 1 {
				w.cfg.Log.Info("store takes events again", "tries", try)
			}
			return true, nil
		}
		w.stats.add(func(s *Stats) { s.StoreErrors++; w.stats.refused = err })
		if stopping {
			return w.giveUp(b, try, err)
		}
		if try >= storeTries && !passes(err) {
			rest := w.split(ctx, b)
			if len(rest.Entries) == 0 && len(rest.Health) == 0 {
				return true, nil
			}
			return w.giveUp(rest, try, err)
		}
		if try == 1 || try%60 == 0 {
			w.cfg.Log.Error("store refuses events, waiting", "try", try, "err", err)
		}
		sleep(ctx, storeRetry)
	}
}

// append hands a batch to the store, however long that takes.
func (w *writer) append(ctx context.Context, b store.Batch) error {
	w.beats.Add(1)
	w.storing.Store(true)
	defer w.storing.Store(false)
	_, err := w.to.Append(context.WithoutCancel(ctx), b)
	return err
}

// giveUp puts the lines of a batch that the store refuses into a file.
func (w *writer) giveUp(b store.Batch, try int, refused error) (kept bool, err error) {
	n := uint64(len(b.Entries))
	w.stats.add(func(s *Stats) { s.Lost += n })
	err = fmt.Errorf("%d events were not stored: %w", n, refused)
	if w.cfg.GivenUp == "" || n == 0 {
		w.cfg.Log.Error("batch lost: store refuses it", "events", n, "tries", try, "err", refused)
		return n == 0, err
	}
	path, failed := giveUp(w.cfg.GivenUp, b.Entries, time.Now())
	if failed != nil {
		w.cfg.Log.Error("batch lost: store refuses it, and no file takes it", "events", n, "tries", try, "err", refused,
			"file", failed)
		return false, errors.Join(err, failed)
	}
	w.stats.add(func(s *Stats) { s.Aside += n })
	w.cfg.Log.Error("batch given up: store refuses it; once that is mended, import the file", "events", n, "tries", try,
		"err", refused, "file", path)
	return true, fmt.Errorf("%w; they are in %s: uncloak import reads it", err, path)
}

// passes reports whether an error of the store is one of the system that passes, and does not come from the batch: a
// full disk or quota, no file descriptor or memory left, a file server that is away, a data directory that was taken
// away. Such a batch is tried until it is stored.
func passes(err error) bool {
	return slices.ContainsFunc([]error{store.ErrFull, store.ErrGone, syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM,
		syscall.EAGAIN, syscall.EINTR, syscall.ENOSPC, syscall.EDQUOT, syscall.ESTALE}, func(e error) bool {
		return errors.Is(err, e)
	})
}

func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
