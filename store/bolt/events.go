package bolt

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"go.etcd.io/bbolt"

	"uncloak/detect"
	"uncloak/store"
)

// maxResident is the number of decoded events that one sequence holds while blocks overlap in time: 8 whole blocks,
// about 50 MB with raw lines of 200 bytes. Ordered data needs one block. Where more overlap, further blocks are held
// in slices of sliceEvents and decoded again for each, so that memory grows by some 400 KB a block and time by the
// factor 16384/sliceEvents. Compact puts such a day in order.
const (
	maxResident = 8 * blockEvents
	sliceEvents = 1024
)

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
			identity: q.Identity, yield: yield,
			dec: db.decoders.Get().(*decoder)}
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

	date     detect.Date
	d        *day
	refs     []blockRef // of the day, still to be loaded, by first time
	heap     []*cursor  // by time, then sequence
	resident int        // events in the heap
	buf      []byte     // copy of a block
	spare    []byte     // the same, for the one ahead
	scratch  cursor     // a block of which only a slice is kept
	n        int        // yielded
	loads    int        // of the day
	ahead    *ahead     // the block that comes next, nil = not begun
}

// ahead decodes a block while the one before it is consumed, on another processor.
type ahead struct {
	ref  blockRef
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
		return r.db.eachHeader(tx, date, func(ref blockRef, h *header, bloom []byte) {
			if r.filter.block(h, bloom) {
				r.refs = append(r.refs, ref)
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
	return r.merge()
}

// eachHeader calls f for every block of a day, in order of first time. Damaged ones are counted and left out.
func (db *DB) eachHeader(tx *bbolt.Tx, date detect.Date, f func(blockRef, *header, []byte)) error {
	c := tx.Bucket([]byte("blocks")).Cursor()
	for k, v := c.First(); k != nil; k, v = c.Next() {
		first, seq, ok := parseKey(k)
		h, bloom, err := parseHeader(v)
		if err != nil || !ok || first != h.min {
			db.report("block", date, seq, errors.Join(err, errDamaged))
			continue
		}
		f(blockRef{min: h.min, max: h.max, seq: seq, count: h.count, spread: h.spread}, &h, bloom)
	}
	return nil
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
	refs := r.refs
	for {
		for len(refs) > 0 && (len(r.heap) == 0 || refs[0].min <= r.heap[0].time()) {
			if err := r.load(refs[0]); err != nil {
				return false, err
			}
			if refs = refs[1:]; len(refs) > 0 {
				r.begin(refs[0])
			}
		}
		if len(r.heap) == 0 {
			return true, nil
		}
		c := r.heap[0]
		for c.i < len(c.rows) && (len(refs) == 0 || c.time() < refs[0].min) && !r.beaten(c) {
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

// load decodes a block and adds what is wanted of it to the heap.
func (r *reader) load(ref blockRef) error {
	r.loads++
	var c *cursor
	var ok bool
	var err error
	if a := r.await(); a != nil && a.ref == ref {
		c = a.c
		ok, err = r.filled(c, a.err)
	} else {
		c = r.db.buffers.Get().(*cursor)
		c.ref, c.skip = ref, 0
		ok, err = r.fill(c)
	}
	if err != nil || !ok {
		r.db.buffers.Put(c)
		return err
	}
	r.heap = append(r.heap, c)
	r.up(len(r.heap) - 1)
	return nil
}

// begin starts to decode the block that comes next. It does not do so for the first blocks of a day, where many
// queries end, nor for a block that would not be held whole.
func (r *reader) begin(ref blockRef) {
	if r.loads < 2 || r.ahead != nil || r.resident+int(ref.count) > maxResident/2 {
		return
	}
	a := &ahead{ref: ref, c: r.db.buffers.Get().(*cursor), dec: r.db.decoders.Get().(*decoder), buf: r.spare,
		done: make(chan struct{})}
	r.spare = nil
	a.c.ref, a.c.skip, a.c.i, a.c.rest, a.c.rows = ref, 0, 0, false, a.c.rows[:0]
	r.ahead = a
	go func() {
		defer close(a.done)
		if a.buf, a.err = r.db.copyBlock(r.d, ref, a.buf, !r.noRaw); a.err == nil {
			a.err = a.c.decode(a.dec, a.buf, &r.filter, r.noRaw, r.identity)
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

// refill goes on with the rest of a block of which a slice was kept, or removes the exhausted root.
func (r *reader) refill(c *cursor) error {
	r.resident -= len(c.rows)
	if c.rest {
		ok, err := r.fill(c)
		if err != nil {
			c.rows = c.rows[:0]
			return err
		}
		if ok {
			r.down(0)
			return nil
		}
	}
	last := len(r.heap) - 1
	r.heap[0], r.heap[last] = r.heap[last], nil
	r.heap = r.heap[:last]
	r.down(0)
	r.db.buffers.Put(c)
	return nil
}

// fill decodes the block of c from its c.skip-th wanted event on. ok is false when nothing is left.
func (r *reader) fill(c *cursor) (ok bool, err error) {
	if err := r.ctx.Err(); err != nil {
		return false, err
	}
	c.i, c.rest, c.rows = 0, false, c.rows[:0]
	to := c
	if r.resident+int(c.ref.count) > maxResident {
		to = &r.scratch
	}
	r.buf, err = r.db.copyBlock(r.d, c.ref, r.buf, !r.noRaw)
	if err == nil {
		err = to.decode(r.dec, r.buf, &r.filter, r.noRaw, r.identity)
	}
	if err == nil && (c.skip > 0 || to != c) {
		c.take(to)
	}
	return r.filled(c, err)
}

// filled counts what was decoded into c; a damaged block is reported and is nothing.
func (r *reader) filled(c *cursor, err error) (ok bool, _ error) {
	if errors.Is(err, errDamaged) {
		r.db.report("block", r.date, c.ref.seq, err)
		c.rows = c.rows[:0]
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read block: %w", err)
	}
	r.resident += len(c.rows)
	return len(c.rows) > 0, nil
}

// drop returns all buffers to their pool.
func (r *reader) drop() {
	if a := r.await(); a != nil {
		r.db.buffers.Put(a.c)
	}
	r.loads = 0
	for _, c := range r.heap {
		r.db.buffers.Put(c)
	}
	clear(r.heap)
	r.heap, r.resident = r.heap[:0], 0
}

// wanted marks the rows that the filter wants, as far as their columns tell, and counts them.
func (d *decoder) wanted(rows []store.Entry, f *filter) (marks []bool, n int) {
	d.marks = sized(d.marks, len(rows))
	for i := range rows {
		d.marks[i] = f.event(&rows[i].Event)
		if d.marks[i] {
			n++
		}
	}
	return d.marks, n
}

// cursor holds the wanted rows of a block, or a slice of them, and a position among them.
type cursor struct {
	ref  blockRef
	rows []store.Entry // wanted ones only
	raw  []byte        // what their lines point into
	i    int
	skip int  // wanted events of the block that were yielded from earlier slices
	rest bool // there are more than rows
}

func (c *cursor) time() int64 { return c.rows[c.i].Time }

func (c *cursor) before(o *cursor) bool {
	t, u := c.time(), o.time()
	return t < u || t == u && c.ref.seq < o.ref.seq
}

// decode fills c with the wanted rows of block b.
func (c *cursor) decode(d *decoder, b []byte, f *filter, noRaw, identity bool) error {
	h, _, err := parseHeaderPart(b)
	if err != nil {
		return err
	}
	c.rows, err = d.columns(b, &h, c.rows)
	if err != nil {
		return err
	}
	wanted, n := d.wanted(c.rows, f)
	if n > 0 && !noRaw {
		some := wanted
		if n == len(c.rows) {
			some = nil
		}
		if c.raw, err = d.raws(b, &h, c.rows, some, identity, c.raw); err != nil {
			c.rows = c.rows[:0]
			return err
		}
	}
	kept := 0
	for i := range c.rows {
		if wanted[i] && f.line(c.rows[i].Raw) {
			if kept != i {
				c.rows[kept] = c.rows[i]
			}
			kept++
		}
	}
	c.rows = c.rows[:kept]
	return nil
}

// take copies the next slice of from, which is c itself when all the rest may stay.
func (c *cursor) take(from *cursor) {
	rows := from.rows[min(c.skip, len(from.rows)):]
	if from == c {
		c.rows = rows
		return
	}
	if len(rows) > sliceEvents {
		rows, c.rest = rows[:sliceEvents], true
	}
	c.skip += len(rows)
	size := 0
	for i := range rows {
		size += len(rows[i].Raw)
	}
	c.rows = append(make([]store.Entry, 0, len(rows)), rows...)
	c.raw = make([]byte, 0, size)
	for i := range c.rows {
		if c.rows[i].Raw == nil {
			continue
		}
		at := len(c.raw)
		c.raw = append(c.raw, c.rows[i].Raw...)
		c.rows[i].Raw = c.raw[at:len(c.raw):len(c.raw)] // not nil: c.raw is made above
	}
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
