package bolt

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"

	"uncloak/detect"
	"uncloak/parse"
	"uncloak/store"
)

// part holds the rows and the accounting of a batch that belong to one day.
type part struct {
	date   detect.Date
	rows   []*store.Entry // sorted by time, ties in order of arrival
	health []store.Health
	blocks []newBlock
	stat   stat // of rows
}

type newBlock struct {
	ref   blockRef // sequence is not set before it is stored
	size  int      // of its raw lines
	data  []byte
	gives bool // holds an event for which gives is true: see who.go
}

// Append stores the batch; see store.Store. Where it touches several days, an error may leave some of them
// stored: appending the batch again under the same ID, or with Dedupe, adds what is missing.
func (db *DB) Append(ctx context.Context, b store.Batch) (store.Appended, error) {
	var done store.Appended
	if err := db.enterWrite(); err != nil {
		return done, err
	}
	defer db.leaveWrite()
	parts, err := db.split(&b)
	if err != nil {
		return done, err
	}
	db.dup.begin(&b)
	for _, p := range parts { // everything that can fail for other reasons than the disk comes before the first commit
		if err := ctx.Err(); err != nil {
			return done, err
		}
		if b.Dedupe {
			if err := db.dup.remove(p); err != nil {
				return done, err
			}
		}
		db.opt.KeepRaw.thinned(p.rows)
		db.encodePart(p, !b.Dedupe)
	}
	if err := db.commitAll(parts, &b, &done); err != nil {
		return done, err
	}
	done.Duplicates = len(b.Entries) - done.Added
	return done, nil
}

// commitAll stores the parts: those of an import that touches many days side by side, as each waits for the disk.
func (db *DB) commitAll(parts []*part, b *store.Batch, done *store.Appended) error {
	type outcome struct {
		stored bool
		err    error
	}
	out := make([]outcome, len(parts))
	beside := b.Dedupe && len(parts) >= sideBySideLeast
	if beside {
		sideBySide(len(parts), func(i int) error {
			out[i].stored, out[i].err = db.commit(parts[i], b.ID, false)
			return out[i].err
		})
	}
	var first error
	for i, p := range parts {
		o := &out[i]
		if !beside {
			o.stored, o.err = db.commit(p, b.ID, !b.Dedupe)
		}
		for try := 0; o.err != nil && db.mend(p.date, o.err, try); try++ {
			db.encodePart(p, !b.Dedupe)
			o.stored, o.err = db.commit(p, b.ID, !b.Dedupe)
		}
		if o.err != nil && first == nil {
			first = fmt.Errorf("append to %v: %w", p.date, o.err)
		}
		if o.err != nil && !beside {
			break
		}
		if o.err == nil && o.stored && len(p.rows) > 0 {
			addTo(done, p)
		}
	}
	return first
}

// addTo counts the events of a part that is stored.
func addTo(done *store.Appended, p *part) {
	day := store.AppendedDay{Date: p.date, Added: len(p.rows)}
	for _, e := range p.rows {
		if e.Kind == parse.Unknown {
			day.Unknown++
		}
	}
	done.Added, done.Unknown, done.Days = done.Added+day.Added, done.Unknown+day.Unknown, append(done.Days, day)
}

// split sorts the entries by time and cuts them into days. The batch itself stays unchanged.
func (db *DB) split(b *store.Batch) ([]*part, error) {
	rows := db.rows[:0]
	sorted := true
	for i := range b.Entries {
		e := &b.Entries[i]
		if len(e.Raw) > maxLine {
			return nil, fmt.Errorf("append: line of %d bytes, at most %d", len(e.Raw), maxLine)
		}
		sorted = sorted && (i == 0 || e.Time >= b.Entries[i-1].Time)
		rows = append(rows, e)
	}
	if !sorted {
		slices.SortStableFunc(rows, func(x, y *store.Entry) int { return cmp.Compare(x.Time, y.Time) })
	}
	db.rows = rows
	var parts []*part
	for len(rows) > 0 {
		date := dateOf(rows[0].Time)
		n, _ := slices.BinarySearchFunc(rows, date+1, func(e *store.Entry, d detect.Date) int {
			return cmp.Compare(dateOf(e.Time), d)
		})
		parts = append(parts, &part{date: date, rows: rows[:n:n]})
		rows = rows[n:]
	}
	for _, h := range b.Health {
		i, ok := slices.BinarySearchFunc(parts, h.Date, func(p *part, d detect.Date) int {
			return cmp.Compare(p.date, d)
		})
		if !ok {
			parts = slices.Insert(parts, i, &part{date: h.Date})
		}
		parts[i].health = append(parts[i].health, h)
	}
	return parts, nil
}

func dateOf(ns int64) detect.Date { return detect.DateOf(time.Unix(0, ns)) }

// hurryEvents is the size of a received batch from which on its blocks are written fast rather than small: so many
// events a second leave no time for compression. Compact makes them small when the day is over.
const hurryEvents = blockEvents / 2

// encodePart makes the blocks of p.
func (db *DB) encodePart(p *part, live bool) {
	if len(p.rows) == 0 {
		return
	}
	p.stat = stat{events: uint64(len(p.rows)), first: p.rows[0].Time, last: p.rows[len(p.rows)-1].Time}
	p.blocks = db.seal(p.rows, live && len(p.rows) >= hurryEvents)
}

// encodeBlocks encodes on all processors.
func (db *DB) encodeBlocks(cut [][]*store.Entry, sizes []int, hurry bool) []newBlock {
	blocks := make([]newBlock, len(cut))
	var next atomic.Int32
	var wg sync.WaitGroup
	for _, enc := range db.enc[:min(len(db.enc), len(cut))] {
		enc.hurry = hurry
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(cut); i = int(next.Add(1)) - 1 {
				blocks[i] = makeBlock(enc, cut[i], sizes[i])
			}
		})
	}
	wg.Wait()
	return blocks
}

func makeBlock(enc *encoder, rows []*store.Entry, size int) newBlock {
	data, h := enc.encode(rows)
	return newBlock{ref: refOf(&h, 0), size: size, data: data,
		gives: slices.ContainsFunc(rows, func(e *store.Entry) bool { return gives(&e.Event) })}
}

// commit stores the part in one transaction; stored is false where the file already has a batch of this ID.
func (db *DB) commit(p *part, id string, merge bool) (stored bool, err error) {
	if len(p.rows) == 0 && len(p.health) == 0 {
		return true, nil
	}
	d, err := db.acquire(p.date, true)
	if err != nil {
		return false, err
	}
	defer db.release(d)
	swallowed := 0
	if merge {
		k, unlock := db.swallow(d, p)
		defer unlock()
		swallowed = k
	}
	err = update(d.b, func(tx *bbolt.Tx) error {
		stored = false
		if id != "" {
			batches := tx.Bucket([]byte("batches"))
			key := batchKey(id)
			if batches.Get(key) != nil {
				return nil
			}
			if err := batches.Put(key, []byte{1}); err != nil {
				return err
			}
		}
		was := readStat(tx) // before there are blocks that it does not know
		if err := putBlocks(tx, p, d.tail[len(d.tail)-swallowed:]); err != nil {
			return err
		}
		if err := addHealth(tx, p.health); err != nil {
			return err
		}
		stored = true
		return putStat(tx, was, p.stat)
	})
	db.changed(p.date)
	if err != nil {
		return false, err
	}
	if stored {
		db.learn(d)
		d.grow(p, swallowed)
		db.dup.mu.Lock()
		defer db.dup.mu.Unlock()
		db.dup.stored(d, p, swallowed > 0)
	}
	return stored, nil
}

// mend reports whether a failed commit is worth another try. It closes the file, as after a failed write or sync
// it is unknown which pages exist in memory alone; only a full disk leaves nothing behind. Where bbolt met nonsense
// although the pages on the disk are in order, the fault was in memory, and the file is opened anew. A file that
// opens but cannot be written is set aside, once for each day and Open: new events matter more than old ones at hand.
func (db *DB) mend(date detect.Date, err error, try int) bool {
	if errors.Is(err, store.ErrFull) {
		return false
	}
	if dropErr := db.drop(date); dropErr != nil {
		db.opt.Logger.Error("cannot close day file", "day", date.String(), "err", dropErr)
	}
	if !errors.Is(err, errDamaged) {
		return false
	}
	if try == 0 && checkPages(db.dayPath(date)) == nil {
		db.opt.Logger.Warn("day file is opened anew", "day", date.String(), "err", err)
		return true
	}
	db.report("day file", date, 0, err)
	if db.aside[date] || setAside(db.dayPath(date)) != nil {
		return false
	}
	db.aside[date] = true
	return db.forget(date) == nil
}

// batchKey keeps keys short enough for bbolt, whatever the ID.
func batchKey(id string) []byte {
	const most = 256
	if len(id) <= most {
		return []byte(id)
	}
	return longKey(id)
}

// putBlocks adds the blocks of p, which take the place of old ones.
func putBlocks(tx *bbolt.Tx, p *part, old []tailBlock) error {
	blocks := tx.Bucket([]byte("blocks"))
	for _, t := range old {
		if err := blocks.Delete(blockKey(t.ref)); err != nil {
			return err
		}
	}
	blocks.FillPercent = 0.95 // keys come nearly in order
	if err := putSpan(tx, p.blocks); err != nil {
		return err
	}
	for i := range p.blocks {
		seq, err := blocks.NextSequence()
		if err != nil {
			return err
		}
		p.blocks[i].ref.seq = seq
		if err := blocks.Put(blockKey(p.blocks[i].ref), p.blocks[i].data); err != nil {
			return err
		}
	}
	return nil
}

// putStat adds to what the day says of its events, and says that blocks of this version's form are among them.
func putStat(tx *bbolt.Tx, s, add stat) error {
	if add.events == 0 {
		return nil
	}
	if s.events == 0 {
		s.first, s.last = add.first, add.last
	}
	s = stat{events: s.events + add.events, first: min(s.first, add.first), last: max(s.last, add.last)}
	if err := putVersion(tx); err != nil {
		return err
	}
	return tx.Bucket([]byte("meta")).Put([]byte("stat"), s.marshal())
}

// blockRef is the key of a block, with the time that the block covers.
type blockRef struct {
	min, max int64
	seq      uint64
	count    uint32
	spread   uint32 // ms
	plain    uint32 // bytes of raw lines, decoded; 0 where they are not known
}

// blockKey sorts by time, also before 1970, then by order of arrival.
func blockKey(r blockRef) []byte {
	k := binary.BigEndian.AppendUint64(make([]byte, 0, 16), uint64(r.min)^1<<63)
	return binary.BigEndian.AppendUint64(k, r.seq)
}

func parseKey(k []byte) (min int64, seq uint64, ok bool) {
	if len(k) != 16 {
		return 0, 0, false
	}
	return int64(binary.BigEndian.Uint64(k) ^ 1<<63), binary.BigEndian.Uint64(k[8:]), true
}
