package bolt

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"go.etcd.io/bbolt"

	"uncloak/detect"
	"uncloak/store"
)

// First answers many questions at once; see store.Store. Each block is decoded once, for all the questions that may
// find something in it, and no block is read that begins after the last event that is still wanted.
func (db *DB) First(ctx context.Context, qs []store.Query) ([][]store.Entry, error) {
	if err := db.enter(); err != nil {
		return nil, err
	}
	defer db.leave()
	w := firsts{db: db, ctx: ctx, dec: db.decoders.Get().(*decoder),
		span: filter{from: math.MaxInt64, to: math.MinInt64}}
	defer db.decoders.Put(w.dec)
	for i := range qs {
		if qs[i].Limit <= 0 {
			return nil, fmt.Errorf("question %d has no limit", i)
		}
		a := &asked{filter: newFilter(&qs[i]), limit: qs[i].Limit}
		w.asked = append(w.asked, a)
		w.span.from = min(w.span.from, a.filter.from)
		w.span.to, w.span.open = max(w.span.to, a.filter.to), w.span.open || a.filter.open
	}
	out := make([][]store.Entry, len(qs))
	if len(qs) == 0 {
		return out, nil
	}
	for _, date := range db.dates(w.span.window()) {
		if err := w.day(date); err != nil {
			return nil, err
		}
	}
	for i, a := range w.asked {
		for j := range a.found {
			out[i] = append(out[i], a.found[j].Entry)
		}
	}
	return out, nil
}

// asked is one question with what was found so far, in order of time, then of arrival.
type asked struct {
	filter filter
	limit  int
	found  []foundEntry
}

type foundEntry struct {
	store.Entry
	seq uint64 // of its block
}

// wants reports whether a block that begins at from may change the answer.
func (a *asked) wants(from int64) bool {
	return len(a.found) < a.limit || from <= a.found[a.limit-1].Time
}

// add puts an entry into the answer, with a copy of its line.
func (a *asked) add(e *store.Entry, seq uint64) {
	i := len(a.found)
	for i > 0 && cmp.Or(cmp.Compare(a.found[i-1].Time, e.Time), cmp.Compare(a.found[i-1].seq, seq)) > 0 {
		i--
	}
	if i == a.limit {
		return
	}
	own := foundEntry{*e, seq}
	own.Identity = 0 // a part of it at best
	own.Raw = slices.Clone(e.Raw)
	if a.found = slices.Insert(a.found, i, own); len(a.found) > a.limit {
		a.found = a.found[:a.limit]
	}
}

// firsts is one running pass.
type firsts struct {
	db    *DB
	ctx   context.Context
	asked []*asked
	span  filter // of all questions together
	dec   *decoder
	rows  []store.Entry
	marks []bool
	buf   []byte
	text  []byte
}

// visit is a block with the questions that may find something in it.
type visit struct {
	pending
	by []*asked
}

// day looks through the blocks of one day, in the order in which they begin.
func (w *firsts) day(date detect.Date) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	if !slices.ContainsFunc(w.asked, func(a *asked) bool { return len(a.found) < a.limit }) {
		return nil
	}
	d, err := w.db.acquire(date, false)
	if err != nil || d == nil {
		return err
	}
	defer w.db.release(d)
	d.readers.RLock()
	defer d.readers.RUnlock()
	visits, err := w.visits(d)
	if errors.Is(err, errDamaged) {
		w.db.report("day file", date, 0, err)
		err = nil // what was listed before can still be read
	}
	if err != nil {
		return fmt.Errorf("list blocks of %v: %w", date, err)
	}
	for i := range visits {
		v := &visits[i]
		v.by = slices.DeleteFunc(v.by, func(a *asked) bool { return !a.wants(v.from) })
		if len(v.by) == 0 {
			continue
		}
		if err := w.ctx.Err(); err != nil {
			return err
		}
		if err := w.look(d, v); errors.Is(err, errDamaged) {
			w.db.report("block", date, v.seq, err)
		} else if err != nil {
			return fmt.Errorf("read block: %w", err)
		}
	}
	return nil
}

// visits lists the blocks of a day that questions may find something in, by the first time that is of interest.
func (w *firsts) visits(d *day) (out []visit, err error) {
	var open []*asked
	for _, a := range w.asked {
		if len(a.found) < a.limit {
			open = append(open, a)
		}
	}
	err = view(d.b, func(tx *bbolt.Tx) error {
		return w.db.eachHeader(tx, d.date, &w.span, func(ref blockRef, h *header, bloom []byte) {
			v := visit{pending: pending{blockRef: ref, from: math.MaxInt64}}
			for _, a := range open {
				if !a.filter.block(h, bloom) {
					continue
				}
				if from, ok := w.db.gaps.begin(blockID{d.gen, ref.seq}, ref.min, &a.filter); ok {
					v.by, v.from = append(v.by, a), min(v.from, from)
				}
			}
			if len(v.by) > 0 {
				out = append(out, v)
			}
		})
	})
	slices.SortFunc(out, func(a, b visit) int { return comparePending(a.pending, b.pending) })
	return out, err
}

// look decodes the columns of a block, and of the lines those that a question wants.
func (w *firsts) look(d *day, v *visit) (err error) {
	if w.buf, err = w.db.copyBlock(d, v.blockRef, w.buf, true); err != nil {
		return err
	}
	h, _, err := parseHeaderPart(w.buf)
	if err != nil {
		return err
	}
	if w.rows, err = w.dec.columns(w.buf, &h, w.rows); err != nil {
		return err
	}
	w.db.gaps.learn(blockID{d.gen, v.seq}, w.rows)
	w.marks = sized(w.marks, len(w.rows))
	clear(w.marks)
	wanted := make([][]int32, len(v.by))
	any := false
	for i, a := range v.by {
		wanted[i] = a.rows(w.dec, w.rows)
		for _, at := range wanted[i] {
			w.marks[at], any = true, true
		}
	}
	if !any {
		return nil
	}
	if w.text, err = w.dec.raws(w.buf, &h, w.rows, w.marks, false, w.text); err != nil {
		return err
	}
	for i, a := range v.by {
		for _, at := range wanted[i] {
			if e := &w.rows[at]; a.filter.line(e.Raw) {
				w.dec.name(int(at), e)
				a.add(e, v.seq)
			}
		}
	}
	return nil
}

// rows lists the rows of a block, which are in order of time, that the question wants as far as their columns tell: the
// earliest, where the lines need not be asked.
func (a *asked) rows(d *decoder, rows []store.Entry) (out []int32) {
	at := func(ns int64) int {
		i, _ := slices.BinarySearchFunc(rows, ns, func(e store.Entry, ns int64) int { return cmp.Compare(e.Time, ns) })
		return i
	}
	end := len(rows)
	if !a.filter.open {
		end = at(a.filter.to)
	}
	for i := at(a.filter.from); i < end; i++ {
		if len(a.filter.text) == 0 && (len(out) == a.limit || !a.wants(rows[i].Time)) {
			break
		}
		if d.wants(&a.filter, i, &rows[i]) {
			out = append(out, int32(i))
		}
	}
	return out
}
