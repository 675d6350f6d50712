package bolt

import (
	"cmp"
	"slices"

	"uncloak/store"
)

// A quiet network brings a few events a second, and each batch is a block: small ones, which compress badly (ten
// netfilter lines alone take 200 bytes each, 4096 together 45). So a batch of one small block swallows the blocks
// before it that are at most twice its size, in the same transaction: an event is rewritten about log2(4096/10) = 9
// times. Only the latest blocks take part, so that the order of arrival stays what it was. A running reader has listed
// the blocks that it is going to read; while there is one on that day nothing is merged.

// maxTail bounds the list of small blocks of a day, which grows while readers are there.
const maxTail = 256

// tailBlock is a small block among the latest of a day.
type tailBlock struct {
	ref  blockRef
	size int // of its raw lines
}

// swallow joins the rows of p and those of the last k of d.tail into new blocks. The caller calls unlock after the
// commit.
func (db *DB) swallow(d *day, p *part) (k int, unlock func()) {
	unlock = func() {}
	count, size := len(p.rows), 0
	for i := range p.blocks {
		size += p.blocks[i].size
	}
	for i := len(d.tail) - 1; i >= 0 && count < blockEvents/2; i-- {
		t := d.tail[i]
		if int(t.ref.count) > 2*count || int(t.ref.count)+count > blockEvents || t.size+size > blockRaw {
			break
		}
		count, size, k = count+int(t.ref.count), size+t.size, k+1
	}
	if k == 0 || !d.readers.TryLock() {
		return 0, unlock
	}
	rows, err := db.loadRows(d, d.tail[len(d.tail)-k:])
	if err != nil { // damaged: it stays as it is; readers report it
		d.tail = nil
		d.readers.Unlock()
		return 0, unlock
	}
	rows = append(rows, p.rows...)
	slices.SortStableFunc(rows, func(x, y *store.Entry) int { return cmp.Compare(x.Time, y.Time) })
	p.blocks = db.seal(rows, false)
	return k, d.readers.Unlock
}

// loadRows decodes small blocks, in order of arrival.
func (db *DB) loadRows(d *day, tail []tailBlock) (rows []*store.Entry, err error) {
	dec := db.decoders.Get().(*decoder)
	defer db.decoders.Put(dec)
	all := newFilter(&store.Query{})
	for _, t := range tail {
		b, err := db.copyBlock(d, t.ref, nil, true)
		if err != nil {
			return nil, err
		}
		var c cursor
		if err := c.decode(dec, b, &all, want{identity: true}); err != nil {
			return nil, err
		}
		for i := range c.rows {
			rows = append(rows, &c.rows[i])
		}
	}
	return rows, nil
}

// grow replaces the last k blocks of d.tail, which p has swallowed, by the new blocks of p: candidates for the next
// merge.
func (d *day) grow(p *part, k int) {
	d.tail = d.tail[:len(d.tail)-k]
	for _, b := range p.blocks {
		if b.ref.count < blockEvents/2 && b.size < blockRaw/2 {
			d.tail = append(d.tail, tailBlock{ref: b.ref, size: b.size})
		} else {
			d.tail = d.tail[:0] // only blocks behind it are the latest
		}
	}
	if n := len(d.tail); n > maxTail {
		d.tail = slices.Delete(d.tail, 0, n-maxTail)
	}
}
