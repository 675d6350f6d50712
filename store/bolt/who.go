package bolt

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"time"

	"github.com/cespare/xxhash/v2"
	"go.etcd.io/bbolt"

	"uncloak/detect"
	"uncloak/parse"
	"uncloak/store"
)

// Nearest yields the events of a public end that lie nearest to q.At: those until then, the latest first, and those
// after it, the earliest first. An event has the end as its translated source; as its untranslated source's port,
// where it has no translation (a router that keeps ports, and does not log them: a candidate, no proof); as the
// destination of a session that is forwarded inwards; or as a public address without a port, which is what the
// allocation of a block of ports looks like. q.Match tells these apart. Blocks are walked away from q.At, and their
// filters leave most of them alone.
func (db *DB) Nearest(ctx context.Context, q store.Nearest) (before, after []store.Entry, err error) {
	if err := db.enter(); err != nil {
		return nil, nil, err
	}
	defer db.leave()
	w := nearest{db: db, ctx: ctx, q: q, at: nanos(q.At), limit: max(q.Limit, 1),
		filter: newFilter(&store.Query{Window: q.Window}),
		addr:   plainAddr(q.End.Addr()), port: q.End.Port(), dec: db.decoders.Get().(*decoder)}
	defer db.decoders.Put(w.dec)
	w.keys = []uint64{hashEnd(w.addr, 0)}
	if !q.Blocks {
		w.keys = append(w.keys, hashEnd(w.addr, w.port), hashEnd(netip.Addr{}, w.port))
	}
	dates, today := db.dates(w.filter.window()), dateOf(w.at)
	n, _ := slices.BinarySearch(dates, today+1)
	for i := n - 1; i >= 0 && err == nil && !(len(w.before) == w.limit && dates[i] < today); i-- {
		err = w.day(dates[i], true)
	}
	n, _ = slices.BinarySearch(dates, today)
	for i := n; i < len(dates) && err == nil && !(len(w.after) == w.limit && dates[i] > today); i++ {
		err = w.day(dates[i], false)
	}
	return w.before, w.after, err
}

// Who finds the machines that may have had a public end; see store.Holders. The clock of each sender counts with what
// its last lines of that day said.
func (db *DB) Who(ctx context.Context, q store.Who) ([]store.Holder, error) {
	hs, err := db.Health(ctx, store.Window{From: q.At, To: q.At.Add(1)})
	if err != nil {
		return nil, err
	}
	skews := map[string]time.Duration{}
	for _, h := range hs {
		for _, name := range []string{h.Router, h.Sender} {
			skews[name] = max(skews[name], (time.Duration(h.SkewMS) * time.Millisecond).Abs())
		}
	}
	return store.Holders(ctx, q, db.Nearest, func(router string) time.Duration { return skews[router] })
}

// nearest is a running search.
type nearest struct {
	db            *DB
	ctx           context.Context
	q             store.Nearest
	at            int64
	limit         int
	filter        filter
	addr          netip.Addr
	port          uint16
	keys          []uint64
	dec           *decoder
	rows          []store.Entry
	buf, text     []byte
	before, after []store.Entry
}

// day looks through the blocks of one day that begin until the time, or after it.
func (w *nearest) day(date detect.Date, back bool) error {
	d, err := w.db.acquire(date, false)
	if err != nil || d == nil {
		return err
	}
	defer w.db.release(d)
	if w.q.Blocks {
		given := true
		if err := view(d.b, func(tx *bbolt.Tx) error { given = mayGive(tx); return nil }); err == nil && !given {
			return nil
		}
	}
	d.readers.RLock()
	defer d.readers.RUnlock()
	key := blockKey(blockRef{min: w.at, seq: math.MaxUint64})
	for more := true; more && err == nil; {
		if err = w.ctx.Err(); err != nil {
			return err
		}
		key, more, err = w.step(d, key, back)
	}
	return err
}

// step walks from a key on until a block that may have the end, looks into that, and says where to go on.
func (w *nearest) step(d *day, key []byte, back bool) (next []byte, more bool, err error) {
	var ref blockRef
	err = view(d.b, func(tx *bbolt.Tx) error {
		span, c := readSpan(tx), tx.Bucket([]byte("blocks")).Cursor()
		k, v := c.Seek(key)
		if back && k == nil {
			k, v = c.Last()
		}
		for ; k != nil; k, v = w.move(c, back) {
			if back && string(k) >= string(key) || !back && string(k) <= string(key) {
				continue
			}
			first, seq, ok := parseKey(k)
			if w.enough(first, span, back) {
				return nil
			}
			h, filters, err := parseHeader(v)
			if err != nil || !ok || first != h.min {
				w.db.report("block", d.date, seq, errors.Join(err, errDamaged))
				continue
			}
			if w.filter.block(&h, filters) && w.mayHave(filters[h.bloom:]) {
				ref, more = blockRef{min: h.min, seq: seq}, true
				next = append(next, k...)
				w.buf = append(w.buf[:0], v...)
				return nil
			}
		}
		return nil
	})
	if errors.Is(err, errDamaged) {
		w.db.report("day file", d.date, 0, err)
		return nil, false, nil
	}
	if err != nil || !more {
		return nil, false, err
	}
	if err := w.look(); errors.Is(err, errDamaged) {
		w.db.report("block", d.date, ref.seq, err)
	} else if err != nil {
		return nil, false, fmt.Errorf("read block: %w", err)
	}
	return next, true, nil
}

func (w *nearest) move(c *bbolt.Cursor, back bool) (k, v []byte) {
	if back {
		return c.Prev()
	}
	return c.Next()
}

// enough reports whether no block that begins at first, or beyond, can hold anything nearer than what was found.
func (w *nearest) enough(first int64, span uint64, back bool) bool {
	if !back {
		return len(w.after) == w.limit && first > w.after[w.limit-1].Time
	}
	return len(w.before) == w.limit && first < w.before[w.limit-1].Time && uint64(w.before[w.limit-1].Time-first) > span
}

func (w *nearest) mayHave(ends []byte) bool {
	for _, k := range w.keys {
		if inBloom(ends, k) {
			return true
		}
	}
	return false
}

// look collects the events of the wanted end from the block in w.buf.
func (w *nearest) look() error {
	h, _, err := parseHeader(w.buf)
	if err != nil {
		return err
	}
	if w.rows, err = w.dec.columns(w.buf, &h, w.rows); err != nil {
		return err
	}
	marks, n := sized(w.dec.marks, len(w.rows)), 0
	w.dec.marks = marks
	for i := range w.rows {
		e := &w.rows[i]
		if marks[i] = w.has(e) && w.dec.wants(&w.filter, i, e); marks[i] {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	if w.text, err = w.dec.raws(w.buf, &h, w.rows, marks, false, w.text); err != nil {
		return err
	}
	for i := range w.rows {
		e := &w.rows[i]
		if marks[i] {
			w.dec.name(i, e)
		}
		if marks[i] && (w.q.Match == nil || w.q.Match(e)) {
			if e.Time <= w.at {
				w.before = w.insert(w.before, e, func(a, b int64) bool { return a >= b })
			} else {
				w.after = w.insert(w.after, e, func(a, b int64) bool { return a < b })
			}
		}
	}
	return nil
}

func (w *nearest) has(e *store.Entry) bool {
	switch {
	case w.q.Blocks:
		return gives(&e.Event) && plainAddr(e.NATSrc) == w.addr
	case !e.NATSrc.IsValid():
		if e.SPort == w.port && w.port != 0 && e.Src.IsValid() {
			return true
		}
	case (e.NATSPort == w.port || e.NATSPort == 0) && plainAddr(e.NATSrc) == w.addr:
		return true
	}
	return e.DPort == w.port && e.NATDst.IsValid() && e.NATDst != e.Dst && e.Dst.IsValid() && plainAddr(e.Dst) == w.addr
}

// insert keeps list in order, and at most limit long. nearer: the first of two times goes before the second.
func (w *nearest) insert(list []store.Entry, e *store.Entry, nearer func(a, b int64) bool) []store.Entry {
	i := 0
	for i < len(list) && !nearer(e.Time, list[i].Time) {
		i++
	}
	if i == w.limit {
		return list
	}
	own := *e
	own.Raw = slices.Clone(e.Raw)
	if list = slices.Insert(list, i, own); len(list) > w.limit {
		list = list[:w.limit]
	}
	return list
}

// readSpan returns the longest time that a block of the day covers, which tells how far back one must look. It has a
// checksum behind it (in files of older programs it has none, and a span of 0 is not there). Where that is wrong, or
// the span is not there, a block may cover the whole day.
func readSpan(tx *bbolt.Tx) uint64 {
	span, ok := storedSpan(tx)
	if !ok {
		return uint64(24 * time.Hour)
	}
	return span
}

// storedSpan returns what the day says of its longest block, and whether it says so and that can be believed.
func storedSpan(tx *bbolt.Tx) (span uint64, ok bool) {
	b := tx.Bucket([]byte("meta")).Get([]byte("span"))
	if len(b) != 8 && (len(b) != 16 || binary.BigEndian.Uint64(b[8:]) != xxhash.Sum64(b[:8])) {
		return 0, false
	}
	return binary.BigEndian.Uint64(b), true
}

// gives reports whether an event tells of a NAT that gives ports to a machine, or takes them back.
func gives(e *parse.Event) bool {
	return e.Kind == parse.System && e.NATSPort == 0 && e.NATSrc.IsValid() && e.Src.IsValid()
}

// mayGive reports whether the day may have events for which gives is true. Files from before that was noted may have
// some. What is noted is 0 or 1 and, save in files of older programs, its complement.
func mayGive(tx *bbolt.Tx) bool {
	v := tx.Bucket([]byte("meta")).Get([]byte("gives"))
	return string(v) != "\x00\xff" && string(v) != "\x00"
}

func putGives(tx *bbolt.Tx, blocks []newBlock) error {
	meta, given := tx.Bucket([]byte("meta")), byte(0)
	for _, b := range blocks {
		if b.gives {
			given = 1
		}
	}
	v := meta.Get([]byte("gives"))
	if v == nil && meta.Get([]byte("span")) != nil || v != nil && (given == 0 || mayGive(tx)) {
		return nil // a file that has blocks of which it is not known, or known already
	}
	return meta.Put([]byte("gives"), []byte{given, ^given})
}

// putSpan notes the longest block of the day, and whether it has events for which gives is true, before the blocks
// are stored.
func putSpan(tx *bbolt.Tx, blocks []newBlock) error {
	if err := putGives(tx, blocks); err != nil {
		return err
	}
	span := uint64(0)
	for _, b := range blocks {
		span = max(span, uint64(b.ref.max)-uint64(b.ref.min))
	}
	if was, ok := storedSpan(tx); ok && span <= was || !ok && readStat(tx).events > 0 {
		return nil // one of the blocks that are there already is as long, or of them it is not known
	}
	b := binary.BigEndian.AppendUint64(nil, span)
	return tx.Bucket([]byte("meta")).Put([]byte("span"), binary.BigEndian.AppendUint64(b, xxhash.Sum64(b)))
}
