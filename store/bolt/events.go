package bolt

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"unsafe"

	"go.etcd.io/bbolt"

	"uncloak/detect"
	"uncloak/store"
)

// What a sequence holds decoded while blocks overlap in time is bounded. One block is always held whole, up to
// sequenceBytes further ones are, and of the rest slices of sliceEvents, for each of which the block is decoded again:
// memory grows by some 400 KB a block then, and time by the factor 16384/sliceEvents. Compact puts such a day in order.
// All sequences of a store together hold Options.ReadMemory beside their first blocks; without it they take slices.
const (
	sequenceBytes = 48 << 20 // eight blocks with raw lines of 200 bytes
	sliceEvents   = 1024
	entryBytes    = int64(unsafe.Sizeof(store.Entry{}))
)

// DefaultReadMemory is Options.ReadMemory where that is 0.
const DefaultReadMemory = 128 << 20

// Events yields what q asks for in order of time; see store.Store. Each day is seen as it was when the sequence
// reached it.
func (db *DB) Events(ctx context.Context, q store.Query) iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		if err := db.enter(); err != nil {
			yield(store.Entry{}, err)
			return
		}
		defer db.leave()
		r := reader{db: db, ctx: ctx, filter: newFilter(&q), limit: q.Limit, noRaw: q.NoRaw && q.Text == "",
			identity: q.Identity, yield: yield, dec: db.decoders.Get().(*decoder)}
		defer db.decoders.Put(r.dec)
		for _, date := range db.dates(r.filter.window()) {
			more, err := r.day(date)
			if err != nil {
				yield(store.Entry{}, err)
			}
			if err != nil || !more {
				return
			}
		}
	}
}

// reader is one running sequence.
type reader struct {
	db              *DB
	ctx             context.Context
	filter          filter
	limit           int
	noRaw, identity bool
	yield           func(store.Entry, error) bool
	dec             *decoder

	date    detect.Date
	d       *day
	refs    []pending // of the day, still to be loaded, by time, then sequence
	heap    []*cursor // by time, then sequence
	held    int64     // bytes of whole blocks in the heap, and of the one ahead
	buf     []byte    // copy of a block
	spare   []byte    // the same, for the one ahead
	scratch cursor    // a block of which only a part is kept
	n       int       // yielded
	loads   int       // of the day
	ahead   *ahead    // the block that comes next, nil = not begun
}

// pending is a block that is to be loaded when the time reaches from, or a run of its wanted events: see timeRuns.
type pending struct {
	blockRef
	from int64
	skip int // wanted events of the block before the run
	most int // wanted events of the run; 0 = all
}

func comparePending(p, o pending) int {
	return cmp.Or(cmp.Compare(p.from, o.from), cmp.Compare(p.seq, o.seq))
}

// ahead decodes a block while the one before it is consumed, on another processor.
type ahead struct {
	pending
	c    *cursor
	dec  *decoder
	buf  []byte
	done chan struct{}
	err  error
}

// day yields the events of one day; more is false when the consumer has enough.
func (r *reader) day(date detect.Date) (more bool, err error) {
	if err := r.ctx.Err(); err != nil {
		return false, err
	}
	d, err := r.db.acquire(date, false)
	if err != nil || d == nil {
		return err == nil, err
	}
	defer r.db.release(d)
	d.readers.RLock()
	defer d.readers.RUnlock()
	return r.dayOf(d)
}

// dayOf is day for an open one whose lock is held.
func (r *reader) dayOf(d *day) (more bool, err error) {
	defer r.drop()
	date := d.date
	r.date, r.d, r.refs = date, d, r.refs[:0]
	err = view(d.b, func(tx *bbolt.Tx) error {
		return r.db.eachHeader(tx, date, &r.filter, func(ref blockRef, h *header, bloom []byte) {
			if !r.filter.block(h, bloom) {
				return
			}
			if from, ok := r.db.gaps.begin(blockID{d.gen, ref.seq}, ref.min, &r.filter); ok {
				r.refs = append(r.refs, pending{blockRef: ref, from: from})
			}
		})
	})
	if errors.Is(err, errDamaged) {
		r.db.report("day file", date, 0, err)
		err = nil // what was listed before can still be read
	}
	if err != nil {
		return false, fmt.Errorf("list blocks of %v: %w", date, err)
	}
	slices.SortFunc(r.refs, comparePending)
	return r.merge()
}

// eachHeader calls f for the blocks of a day that may touch the window of w (nil = all), in order of first time.
// Damaged ones are counted and left out.
func (db *DB) eachHeader(tx *bbolt.Tx, date detect.Date, w *filter, f func(blockRef, *header, []byte)) error {
	c := tx.Bucket([]byte("blocks")).Cursor()
	k, v := c.First()
	if span := readSpan(tx); w != nil && w.from > math.MinInt64+int64(min(span, math.MaxInt64)) && k != nil {
		k, v = db.seekBlock(c, date, blockKey(blockRef{min: w.from - int64(span)}))
	}
	all := w == nil || w.open && w.from == math.MinInt64
	events := uint64(0)
	for ; k != nil; k, v = c.Next() {
		seq, h, bloom, err := readHead(k, v)
		if err != nil {
			db.report("block", date, seq, err)
			all = false
			continue
		}
		if w != nil && !w.open && h.min >= w.to {
			return nil
		}
		events += uint64(h.count)
		f(refOf(&h, seq), &h, bloom)
	}
	if s := readStat(tx); s.bad || all && events != s.events {
		db.report("day file", date, 0, fmt.Errorf("%w: it has blocks of %d events, and says %d", errDamaged, events,
			s.events))
	}
	return nil
}

// seekBlock finds the first block from a key on. A key of one that was changed on the disk, and still is between those
// beside it, would stand right before that: such a block counts as damaged.
func (db *DB) seekBlock(c *bbolt.Cursor, date detect.Date, key []byte) (k, v []byte) {
	k, _ = c.Seek(key)
	before, head := c.Prev()
	if k == nil {
		before, head = c.Last()
	}
	if before != nil {
		if seq, _, _, err := readHead(before, head); err != nil {
			db.report("block", date, seq, err)
		}
	}
	return c.Seek(key)
}

func refOf(h *header, seq uint64) blockRef {
	return blockRef{min: h.min, max: h.max, seq: seq, count: h.count, spread: h.spread, plain: h.rawPlain}
}

// copyBlock appends a block, or the part before its raw lines, to buf[:0], in a transaction of its own.
func (db *DB) copyBlock(d *day, ref blockRef, buf []byte, raw bool) ([]byte, error) {
	err := view(d.b, func(tx *bbolt.Tx) error {
		v := tx.Bucket([]byte("blocks")).Get(blockKey(ref))
		h, _, err := parseHeader(v)
		if err != nil {
			return err
		}
		if !raw {
			v = v[:h.columnsEnd()]
		}
		buf = append(buf[:0], v...)
		return nil
	})
	return buf, err
}

// merge yields the blocks of the day in order. A block is loaded when the time reaches its first event.
func (r *reader) merge() (more bool, err error) {
	for {
		for len(r.refs) > 0 && (len(r.heap) == 0 || r.refs[0].from <= r.heap[0].time()) {
			next := r.refs[0]
			r.refs = r.refs[1:]
			if err := r.load(next); err != nil {
				return false, err
			}
			r.begin()
		}
		if len(r.heap) == 0 {
			return true, nil
		}
		c := r.heap[0]
		for c.i < len(c.rows) && (len(r.refs) == 0 || c.time() < r.refs[0].from) && !r.beaten(c) {
			e := &c.rows[c.i]
			c.i++
			if !r.yield(*e, nil) {
				return false, nil
			}
			if r.n++; r.n == r.limit {
				return false, nil
			}
		}
		if c.i == len(c.rows) {
			if err := r.refill(c); err != nil {
				return false, err
			}
		} else {
			r.down(0)
		}
	}
}

// beaten reports whether a child of the root comes before c, the root.
func (r *reader) beaten(c *cursor) bool {
	return len(r.heap) > 1 && r.heap[1].before(c) || len(r.heap) > 2 && r.heap[2].before(c)
}

// load decodes a block, or a run of it, and adds what is wanted of it to the heap.
func (r *reader) load(p pending) error {
	r.loads++
	if r.ahead != nil && r.ahead.pending == p {
		a := r.await()
		return r.place(p, a.c, a.err)
	}
	if err := r.ctx.Err(); err != nil {
		return err
	}
	c := r.claim(&p)
	if c == nil {
		c = &r.scratch
	}
	return r.place(p, c, r.decode(p, c))
}

// decode fills c with the wanted events of a block.
func (r *reader) decode(p pending, c *cursor) (err error) {
	if r.buf, err = r.db.copyBlock(r.d, p.blockRef, r.buf, !r.noRaw); err != nil {
		return err
	}
	return c.decode(r.dec, r.buf, &r.filter, r.want(&p))
}

func (r *reader) want(p *pending) want {
	id := blockID{r.d.gen, p.seq}
	return want{noRaw: r.noRaw, identity: r.identity, most: r.most(p),
		seen: func(rows []store.Entry) { r.db.gaps.learn(id, rows) }}
}

// most is the number of wanted events from the begin of a block on that the limit leaves; 0 = all.
func (r *reader) most(p *pending) int {
	if r.limit == 0 || len(r.filter.text) > 0 {
		return 0
	}
	return p.skip + r.limit - r.n
}

// place adds the events of a block to the heap. Runs of few events are copied; a later run of many is decoded again
// when the time reaches it, and so are runs for which the budget has no room. c is the reader's scratch or belongs to
// the heap.
func (r *reader) place(p pending, c *cursor, err error) error {
	if errors.Is(err, errDamaged) {
		r.db.report("block", r.date, p.seq, err)
		r.giveBack(c)
		return nil
	}
	if err != nil {
		r.giveBack(c)
		return fmt.Errorf("read block: %w", err)
	}
	rows := c.rows[min(p.skip, len(c.rows)):]
	if p.most > 0 {
		rows = rows[:min(p.most, len(rows))]
	}
	runs := r.runs(rows)
	kept := false // c itself went into the heap
	for i, n := range runs {
		run := pending{blockRef: p.blockRef, from: rows[0].Time, skip: p.skip, most: n}
		switch {
		case i == 0 && c != &r.scratch && (n > sliceEvents || len(runs) == 1):
			c.ref, c.rows, kept = p.blockRef, rows[:n], true
			r.push(c)
		case i == 0 || n <= sliceEvents:
			r.push(slice(&run, rows[:n]))
		default:
			r.refs = insert(r.refs, run)
		}
		rows, p.skip = rows[n:], p.skip+n
	}
	if !kept {
		r.giveBack(c)
	}
	return nil
}

// runs cuts the wanted events of a block where they lie apart, unless nothing comes between them.
func (r *reader) runs(rows []store.Entry) []int {
	if len(rows) == 0 {
		return nil
	}
	if len(r.refs) == 0 || rows[len(rows)-1].Time < r.refs[0].from {
		return []int{len(rows)}
	}
	return timeRuns(len(rows), func(i int) int64 { return rows[i].Time })
}

func insert(refs []pending, p pending) []pending {
	i, _ := slices.BinarySearchFunc(refs, p, comparePending)
	return slices.Insert(refs, i, p)
}

// size returns the memory that a block takes when it is decoded.
func (r *reader) size(p *pending) int64 {
	n := int64(p.count) * entryBytes
	if !r.noRaw {
		n += int64(p.plain)
	}
	return n
}

// claim returns a buffer for a whole block, or nil where there is no memory for it. The first block of a sequence is
// always granted.
func (r *reader) claim(p *pending) *cursor {
	n, counted := r.size(p), r.held > 0
	if counted {
		if r.held+n > sequenceBytes {
			return nil
		}
		if r.db.reading.Add(n) > r.db.opt.ReadMemory {
			r.db.reading.Add(-n)
			return nil
		}
	}
	r.held += n
	c := &cursor{}
	if p.count > blockEvents/2 { // small ones do not take large buffers
		c = r.db.buffers.Get().(*cursor)
	}
	c.bytes, c.counted, c.i, c.rest = n, counted, 0, pending{}
	return c
}

// giveBack ends the use of a cursor.
func (r *reader) giveBack(c *cursor) {
	if c.bytes == 0 { // the scratch, or a slice
		return
	}
	r.held -= c.bytes
	if c.counted {
		r.db.reading.Add(-c.bytes)
	}
	c.bytes = 0
	if cap(c.all) > blockEvents/2 && cap(c.all) <= 2*blockEvents && cap(c.raw) <= 2*blockRaw {
		r.db.buffers.Put(c)
	}
}

// begin starts to decode the block that comes next. It does not do so for the first blocks of a day, where many queries
// end, nor where there is no memory for it.
func (r *reader) begin() {
	if len(r.refs) == 0 || r.loads < 2 || r.ahead != nil {
		return
	}
	p := r.refs[0]
	c := r.claim(&p)
	if c == nil {
		return
	}
	a := &ahead{pending: p, c: c, dec: r.db.decoders.Get().(*decoder), buf: r.spare, done: make(chan struct{})}
	r.spare = nil
	r.ahead = a
	w := r.want(&p)
	go func() {
		defer close(a.done)
		if a.buf, a.err = r.db.copyBlock(r.d, p.blockRef, a.buf, !r.noRaw); a.err == nil {
			a.err = a.c.decode(a.dec, a.buf, &r.filter, w)
		}
	}()
}

// await waits for the block that begin started; it returns nil where there is no such block.
func (r *reader) await() *ahead {
	a := r.ahead
	if a == nil {
		return nil
	}
	<-a.done
	r.db.decoders.Put(a.dec)
	r.ahead, r.spare = nil, a.buf
	return a
}

func (r *reader) push(c *cursor) {
	r.heap = append(r.heap, c)
	r.up(len(r.heap) - 1)
}

// refill removes the exhausted root, and goes on with the rest of its block.
func (r *reader) refill(c *cursor) error {
	last := len(r.heap) - 1
	r.heap[0], r.heap[last] = r.heap[last], nil
	r.heap = r.heap[:last]
	r.down(0)
	rest := c.rest
	r.giveBack(c)
	if rest.most == 0 {
		return nil
	}
	return r.load(rest)
}

// drop returns all buffers to their pool.
func (r *reader) drop() {
	if a := r.await(); a != nil {
		r.giveBack(a.c)
	}
	r.loads = 0
	for _, c := range r.heap {
		r.giveBack(c)
	}
	clear(r.heap)
	r.heap, r.held, r.scratch = r.heap[:0], 0, cursor{}
}

// wanted marks the rows that the filter wants, as far as their columns tell, and counts them; at most so many, if
// that is not 0.
func (d *decoder) wanted(rows []store.Entry, f *filter, most int) (marks []bool, n int) {
	d.marks = sized(d.marks, len(rows))
	for i := range rows {
		d.marks[i] = (most == 0 || n < most) && d.wants(f, i, &rows[i])
		if d.marks[i] {
			n++
		}
	}
	return d.marks, n
}

// cursor holds the wanted rows of a block, or a slice of them, and a position among them.
type cursor struct {
	ref     blockRef
	all     []store.Entry // the buffer of rows
	rows    []store.Entry // wanted ones only
	raw     []byte        // what their lines point into
	i       int
	bytes   int64   // held; 0 = a slice
	counted bool    // bytes count against the store's ReadMemory
	rest    pending // what is to be loaded when the slice is exhausted; most = 0: nothing
}

func (c *cursor) time() int64 { return c.rows[c.i].Time }

func (c *cursor) before(o *cursor) bool {
	t, u := c.time(), o.time()
	return t < u || t == u && c.ref.seq < o.ref.seq
}

// want says what is needed of the rows of a block.
type want struct {
	noRaw, identity bool
	most            int                 // rows, the earliest; 0 = all
	seen            func([]store.Entry) // is called with all rows, without lines and names; may be nil
}

// decode fills c with the wanted rows of block b.
func (c *cursor) decode(d *decoder, b []byte, f *filter, w want) error {
	h, _, err := parseHeaderPart(b)
	if err != nil {
		return err
	}
	c.rows, c.all = nil, c.all[:0]
	c.all, err = d.columns(b, &h, c.all)
	if err != nil {
		return err
	}
	if w.seen != nil {
		w.seen(c.all)
	}
	wanted, n := d.wanted(c.all, f, w.most)
	if n > 0 && !w.noRaw {
		some := wanted
		if n == len(c.all) {
			some = nil
		}
		if c.raw, err = d.raws(b, &h, c.all, some, w.identity, c.raw); err != nil {
			return err
		}
	}
	c.rows = c.all[:0]
	for i := range c.all {
		if wanted[i] && f.line(c.all[i].Raw) {
			d.name(i, &c.all[i])
			c.rows = append(c.rows, c.all[i])
		}
	}
	return nil
}

// slice copies the first rows of a run into a cursor of its own; the rest of the run is loaded later.
func slice(run *pending, rows []store.Entry) *cursor {
	c := &cursor{ref: run.blockRef}
	if n := len(rows); n > sliceEvents {
		rows = rows[:sliceEvents]
		c.rest = pending{blockRef: run.blockRef, from: run.from, skip: run.skip + sliceEvents, most: n - sliceEvents}
	}
	size := 0
	for i := range rows {
		size += len(rows[i].Raw)
	}
	c.rows = slices.Clone(rows)
	c.raw = make([]byte, 0, size)
	for i := range c.rows {
		if c.rows[i].Raw == nil {
			continue
		}
		at := len(c.raw)
		c.raw = append(c.raw, c.rows[i].Raw...)
		c.rows[i].Raw = c.raw[at:len(c.raw):len(c.raw)] // not nil: c.raw is made above
	}
	return c
}

func (r *reader) up(i int) {
	for h := r.heap; i > 0; {
		p := (i - 1) / 2
		if !h[i].before(h[p]) {
			return
		}
		h[i], h[p], i = h[p], h[i], p
	}
}

func (r *reader) down(i int) {
	for h := r.heap; ; {
		c := 2*i + 1
		if c+1 < len(h) && h[c+1].before(h[c]) {
			c++
		}
		if c >= len(h) || !h[c].before(h[i]) {
			return
		}
		h[i], h[c], i = h[c], h[i], c
	}
}
