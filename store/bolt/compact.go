package bolt

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"go.etcd.io/bbolt"

	"uncloak/detect"
	"uncloak/store"
)

// A day is written as its events come, in blocks of what came at once, and bbolt keeps the pages of what was merged:
// a file of twice the size that it needs. When the day is over it is written anew, in larger blocks and in order, and
// takes the place of the old file by renaming. A crash before that leaves the old file and one of the suffix below,
// which the next Open removes; a crash after it leaves the new one, which was on the disk before. Readers of the old
// file keep it.
const (
	compactSuffix = ".compact"
	compactEvents = blockEvents // twice as many gain 1 to 3 %, and cost each query that looks into a block
	compactBatch  = 16 << 20    // bytes of one transaction
	looseBytes    = 1 << 16     // a file that could not become this much smaller is left alone
)

// errChanged marks a day that got events while it was being rewritten.
var errChanged = errors.New("the day has changed meanwhile")

// Compacted holds the size of a day file before and after Compact.
type Compacted struct{ Before, After int64 } // bytes on disk

// Compact writes a day anew, as small as it can be: about 2 µs an event. With quick the blocks are copied as they
// are, which takes away only what lies idle between them. Reading and appending go on meanwhile; where a day with
// damaged blocks, or one that got events meanwhile, would have to be written, an error leaves it as it is. Temporary
// space on the disk: the size of the new file.
func (db *DB) Compact(ctx context.Context, date detect.Date, quick bool) (c Compacted, err error) {
	return db.rewrite(ctx, date, rewriting{quick: quick})
}

// rewriting selects how a day is rewritten.
type rewriting struct {
	quick bool // blocks are copied as they are
	still bool // quick, and only what was there in the beginning, while the day goes on: for a backup
	thin  bool // without lines
}

// rewrite replaces the file of a day by a new one, made as how says.
func (db *DB) rewrite(ctx context.Context, date detect.Date, how rewriting) (c Compacted, err error) {
	if db.opt.ReadOnly {
		return c, store.ErrReadOnly
	}
	if err := db.enter(); err != nil {
		return c, err
	}
	defer db.leave()
	db.compactMu.Lock()
	defer db.compactMu.Unlock()
	if err := db.present(); err != nil {
		return c, err
	}
	d, err := db.acquire(date, false)
	if err != nil || d == nil {
		return c, err
	}
	defer db.release(d)
	name := db.dayPath(date) + compactSuffix
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return c, fmt.Errorf("compact %v: %w", date, err)
	}
	defer func() { _ = os.Remove(name) }() // gone where it was renamed
	d.readers.RLock()                      // no merging of blocks that are listed here
	var seen int
	seen, err = db.writeAnew(ctx, d, name, how)
	d.readers.RUnlock()
	if err != nil {
		return c, fmt.Errorf("compact %v: %w", date, diskError(err))
	}
	if c, err = db.exchange(d, name, seen); err != nil {
		return c, fmt.Errorf("compact %v: %w", date, err)
	}
	return c, nil
}

// writeAnew copies d into a new file of that name; seen is the transaction of d that the copy shows.
func (db *DB) writeAnew(ctx context.Context, d *day, name string, how rewriting) (seen int, err error) {
	b, err := createFile(name)
	if err != nil {
		return 0, err
	}
	w := &anew{db: db, b: b, thin: how.thin}
	err = view(d.b, func(tx *bbolt.Tx) error {
		if seen = tx.ID(); how.still {
			w.until = tx.Bucket([]byte("blocks")).Sequence() + 1
		}
		return w.others(tx)
	})
	if err == nil && (how.quick || how.still) {
		err = w.copyBlocks(ctx, d)
	} else if err == nil {
		err = w.encodeBlocks(ctx, d)
	}
	if err == nil {
		err = sealMetas(b)
	}
	var size int64
	if err == nil {
		err = view(b, func(tx *bbolt.Tx) error { size = tx.Size(); return nil })
	}
	if err = errors.Join(err, b.Close()); err != nil {
		return 0, err
	}
	return seen, seal(name, size)
}

// createFile makes a bbolt file that must not be there yet. It is not on the disk before it is sealed.
func createFile(name string) (*bbolt.DB, error) {
	return bbolt.Open(name, 0o600, &bbolt.Options{Timeout: time.Second, NoSync: true, NoGrowSync: true,
		FreelistType: bbolt.FreelistMapType, NoStatistics: true,
		OpenFile: func(n string, flag int, mode os.FileMode) (*os.File, error) {
			return os.OpenFile(n, flag|os.O_EXCL, mode)
		}})
}

// sealMetas makes both metas of a new file show all of it: bbolt writes them in turn, and reads the older one where the
// newer one is damaged.
func sealMetas(b *bbolt.DB) error {
	return update(b, func(tx *bbolt.Tx) error {
		return tx.Bucket([]byte("meta")).Put([]byte("sealed"), []byte{1})
	})
}

// seal cuts a file to its size, which bbolt makes larger in steps, and waits for the disk.
func seal(name string, size int64) error {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Truncate(size), f.Sync(), f.Close())
}

// exchange puts the new file in the place of d, unless d has changed since.
func (db *DB) exchange(d *day, name string, seen int) (c Compacted, err error) {
	db.appendMu.Lock()
	defer db.appendMu.Unlock()
	err = view(d.b, func(tx *bbolt.Tx) error {
		if tx.ID() != seen || d.gone {
			return errChanged
		}
		return nil
	})
	if err != nil {
		return c, err
	}
	c.Before, c.After = fileSize(db.dayPath(d.date)), fileSize(name)
	db.mu.Lock()
	defer db.mu.Unlock()
	if err := os.Rename(name, db.dayPath(d.date)); err != nil {
		return c, err
	}
	delete(db.open, d.date)
	delete(db.infos, d.date)
	db.edits++
	d.gone = true // its last user closes it, at the latest this function
	return c, syncDir(filepath.Dir(name))
}

func fileSize(name string) int64 {
	fi, err := os.Stat(name)
	if err != nil {
		return 0
	}
	return fi.Size()
}

// anew is a new day file that is being filled.
type anew struct {
	db      *DB
	b       *bbolt.DB
	pending []newBlock
	bytes   int
	seq     uint64
	until   uint64 // blocks from this sequence on are left out; 0 = none
	thin    bool
}

// others copies all buckets but the blocks.
func (w *anew) others(from *bbolt.Tx) error {
	return update(w.b, func(tx *bbolt.Tx) error {
		for _, name := range bucketNames() {
			to, err := tx.CreateBucket([]byte(name))
			if err != nil {
				return err
			}
			if name == "blocks" {
				continue
			}
			to.FillPercent = 0.95
			if err := from.Bucket([]byte(name)).ForEach(to.Put); err != nil {
				return err
			}
		}
		return nil
	})
}

// add queues a block and writes the queue when it is long enough.
func (w *anew) add(b newBlock) error {
	if w.pending, w.bytes = append(w.pending, b), w.bytes+len(b.data); w.bytes < compactBatch {
		return nil
	}
	return w.flush()
}

func (w *anew) flush() error {
	err := update(w.b, func(tx *bbolt.Tx) error {
		blocks := tx.Bucket([]byte("blocks"))
		blocks.FillPercent = 1
		if err := putSpan(tx, w.pending); err != nil {
			return err
		}
		for _, b := range w.pending {
			if err := blocks.Put(blockKey(b.ref), b.data); err != nil {
				return err
			}
			w.seq = max(w.seq, b.ref.seq)
		}
		return blocks.SetSequence(w.seq)
	})
	w.pending, w.bytes = w.pending[:0], 0
	return err
}

// copyBlocks copies all blocks as they are, damaged ones too.
func (w *anew) copyBlocks(ctx context.Context, d *day) error {
	var at []byte
	for done := false; !done; {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := view(d.b, func(tx *bbolt.Tx) error { // a short one: see doc.go
			w.seq = max(w.seq, tx.Bucket([]byte("blocks")).Sequence())
			c := tx.Bucket([]byte("blocks")).Cursor()
			k, v := c.Seek(at)
			for ; k != nil && w.bytes < compactBatch; k, v = c.Next() {
				first, seq, ok := parseKey(k)
				if !ok {
					return errDamaged
				}
				if w.until != 0 && seq >= w.until {
					continue
				}
				w.pending = append(w.pending, newBlock{ref: blockRef{min: first, max: first, seq: seq},
					data: append([]byte(nil), v...)})
				w.bytes += len(v)
			}
			at, done = append(at[:0], k...), k == nil
			return nil
		})
		if err == nil {
			err = w.flush()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// encodeBlocks writes all events of the day in order, in large blocks.
func (w *anew) encodeBlocks(ctx context.Context, d *day) error {
	best, window := !w.db.opt.small(), 0
	if !best {
		window = smallWindow
	}
	z, err := newCodec(1, best, window)
	if err != nil {
		return err
	}
	defer z.close()
	r := reader{db: w.db, ctx: ctx, filter: newFilter(&store.Query{}), identity: true, dec: newDecoder(w.db.z)}
	c := collector{w: w, enc: newEncoder(z)}
	r.yield = c.take
	more, err := r.dayOf(d)
	if err == nil && more {
		err = c.flush()
	}
	if err = errors.Join(err, c.err); err != nil {
		return err
	}
	var s stat
	if err := view(d.b, func(tx *bbolt.Tx) error { s = readStat(tx); return nil }); err != nil {
		return err
	}
	if s.events != c.total {
		return fmt.Errorf("%w: %d of %d events can be read", errDamaged, c.total, s.events)
	}
	if err := w.flush(); err != nil {
		return err
	}
	return update(w.b, func(tx *bbolt.Tx) error {
		meta, n := tx.Bucket([]byte("meta")), binary.BigEndian.AppendUint64(nil, c.total)
		if w.thin { // where more events have come since, it is done again
			if err := meta.Put([]byte("thinned"), n); err != nil {
				return err
			}
		}
		return meta.Put([]byte("compacted"), n)
	})
}

// collector encodes a sequence of events into blocks of a new file.
type collector struct {
	w     *anew
	enc   *encoder
	rows  []store.Entry
	ptrs  []*store.Entry
	raw   []byte // what the lines of rows point into, or into what was there before it grew
	total uint64
	err   error
}

func (c *collector) take(e store.Entry, err error) bool {
	if err != nil {
		c.err = err
		return false
	}
	if len(c.rows) == compactEvents || len(c.rows) > 0 && len(c.raw)+len(e.Raw)+len(e.Detail.String()) > 2*blockRaw {
		if c.err = c.flush(); c.err != nil {
			return false
		}
	}
	if c.w.thin && !KeepNone.keeps(&e.Event) {
		thin(&e)
	}
	if e.Raw != nil {
		at := len(c.raw)
		c.raw = append(c.raw, e.Raw...)
		if e.Raw = c.raw[at:len(c.raw):len(c.raw)]; e.Raw == nil {
			e.Raw = []byte{}
		}
	}
	c.rows = append(c.rows, e)
	c.total++
	return true
}

func (c *collector) flush() error {
	if len(c.rows) == 0 {
		return nil
	}
	c.ptrs = c.ptrs[:0]
	for i := range c.rows {
		c.ptrs = append(c.ptrs, &c.rows[i])
	}
	b := makeBlock(c.enc, c.ptrs, len(c.raw))
	c.w.seq++
	b.ref.seq = c.w.seq
	c.rows, c.raw = c.rows[:0], c.raw[:0]
	return c.w.add(b)
}

// Tidy compacts the days before that one which have grown since they were compacted, the oldest first; quick as for
// Compact. What cannot be compacted is logged and left as it is.
func (db *DB) Tidy(ctx context.Context, before detect.Date, quick bool) error {
	for _, date := range db.dates(store.Window{}) {
		if date >= before {
			break
		}
		loose, err := db.loose(ctx, date, quick)
		if err != nil {
			return err
		}
		if !loose {
			continue
		}
		c, err := db.Compact(ctx, date, quick)
		switch {
		case ctx.Err() != nil, errors.Is(err, store.ErrFull):
			return err
		case err != nil:
			db.opt.Logger.Warn("day is not compacted", "day", date.String(), "err", err)
		default:
			db.opt.Logger.Debug("day is compacted", "day", date.String(), "before", c.Before, "after", c.After)
		}
	}
	return nil
}

// loose reports whether compacting would make the file smaller or put it in order: an eighth of the file lies idle,
// or an eighth of its events came since it was last written anew.
func (db *DB) loose(ctx context.Context, date detect.Date, quick bool) (loose bool, err error) {
	if quick && fileSize(db.dayPath(date)) <= looseBytes {
		return false, nil // it need not be opened: of many days most are small
	}
	err = db.read(ctx, date, func(tx *bbolt.Tx) error {
		used, events, compacted := int64(0), readStat(tx).events, uint64(0)
		if b := tx.Bucket([]byte("meta")).Get([]byte("compacted")); len(b) == 8 {
			compacted = binary.BigEndian.Uint64(b)
		}
		err := tx.Bucket([]byte("blocks")).ForEach(func(_, v []byte) error {
			used += int64(len(v))
			return nil
		})
		idle := fileSize(db.dayPath(date)) - used
		loose = idle > looseBytes && idle > used/8 || !quick && compacted < events-events/8
		return err
	})
	return loose, err
}

// removeUnfinished deletes what a crash has left of a compaction or a rescue.
func (db *DB) removeUnfinished(files []fs.DirEntry) error {
	for _, f := range files {
		if (strings.HasSuffix(f.Name(), ".db"+compactSuffix) || strings.HasSuffix(f.Name(), ".db"+salvageSuffix) ||
			strings.HasSuffix(f.Name(), ".db"+freshSuffix)) &&
			f.Type().IsRegular() {
			if err := os.Remove(filepath.Join(db.dir, "days", f.Name())); err != nil {
				return fmt.Errorf("remove an unfinished file: %w", err)
			}
		}
	}
	return nil
}
