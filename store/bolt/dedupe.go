package bolt

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sort"
	"sync"

	"go.etcd.io/bbolt"

	"uncloak/detect"
	"uncloak/store"
)

// sameTime is the largest distance between two times of one line, beyond the spread of both: one second for a stamp
// that is cut to seconds, and one for the way of a line from the kernel to the syslog daemon.
const sameTime = int64(2e9)

// Bounds of what removal of duplicates keeps in memory: about 350 KiB a block, 40 B a block of an indexed day, at most
// 2 KiB a block that has claims.
const (
	maxLights  = 32
	maxIndexed = 8
	maxClaimed = 1 << 13
)

// deduper finds the lines of a batch that are stored already. Only the writer uses it.
type deduper struct {
	mu      sync.Mutex // held by stored, of which several may be called at a time
	db      *DB
	dec     *decoder
	buf     []byte
	indexes map[detect.Date]*dayIndex
	lights  map[blockID]*light
	oldest  []blockID // of lights, in order of use, nearly

	source  string // of the last batch
	claimed map[blockID]*claims
	first   int64 // earliest time of the last batch

	full, short links // by identity; by shortKey
	found       []bool
}

// links chain the rows that have one key, in order of time. They are made when they are needed.
type links struct {
	made bool
	keys numbering
	head []int32 // number of the key → first row that has it, or -1
	next []int32 // row → next row with that key, or -1
}

// dayIndex lists the blocks of a day file.
type dayIndex struct {
	gen  uint64 // of the day it was made from
	refs []blockRef
}

type blockID struct{ gen, seq uint64 }

// light holds the columns of a block by which a line is recognised: times, spreads and identities.
type light struct {
	times   []int64
	spreads []uint32
	idents  []uint64 // or shortKey
	short   []bool
}

// claims are the lines of a block that are copies of lines of the running source, or that it brought.
type claims struct {
	last int64    // time of the latest of them
	rows []uint64 // as bits; nil = all of the block
}

func newDeduper(db *DB) *deduper {
	return &deduper{db: db, dec: newDecoder(db.z), indexes: map[detect.Date]*dayIndex{}, lights: map[blockID]*light{},
		claimed: map[blockID]*claims{}}
}

// begin prepares for a batch. It forgets claims when another run begins, and those that are older than anything the
// batch before can have brought. Too many claims, which takes a flood within seconds, are forgotten too: a line is
// better missing than stored twice.
func (u *deduper) begin(b *store.Batch) {
	if len(b.Entries) == 0 { // accounting alone
		return
	}
	first := int64(math.MaxInt64)
	for i := range b.Entries {
		first = min(first, b.Entries[i].Time)
	}
	if !b.Dedupe || b.Source == "" || b.Source != u.source {
		clear(u.claimed)
	}
	if len(u.claimed) > maxClaimed {
		clear(u.claimed)
	}
	for id, c := range u.claimed {
		if c.last < u.first-2*sameTime {
			delete(u.claimed, id)
		}
	}
	u.source, u.first = "", first
	if b.Dedupe {
		u.source = b.Source
	}
}

// remove takes the rows out of p that are stored already.
func (u *deduper) remove(p *part) error {
	if len(p.rows) == 0 {
		return nil
	}
	u.full.made, u.short.made = false, false
	u.found = slices.Grow(u.found[:0], len(p.rows))[:len(p.rows)]
	clear(u.found)
	spread := uint32(0)
	for _, r := range p.rows {
		spread = max(spread, r.Spread)
	}
	slack := sameTime + int64(spread)*1e6
	from, to := p.rows[0].Time-slack, p.rows[len(p.rows)-1].Time+slack
	for _, date := range u.db.dates(store.Window{}) {
		// stored spreads are known only when the day is open: up to a day of them is looked for beyond the neighbours
		if date < min(dateOf(from), p.date-1) || date > max(dateOf(to), p.date+1) {
			continue
		}
		if err := u.scanDay(date, p.rows, from, to); err != nil {
			return fmt.Errorf("look for duplicates in %v: %w", date, err)
		}
	}
	kept := p.rows[:0]
	for i, r := range p.rows {
		if !u.found[i] {
			kept = append(kept, r)
		}
	}
	p.rows = kept
	return nil
}

func (l *links) link(rows []*store.Entry, key func(*store.Entry) uint64) {
	l.made = true
	l.keys.reset()
	l.head = l.head[:0]
	l.next = slices.Grow(l.next[:0], len(rows))[:len(rows)]
	for i := len(rows) - 1; i >= 0; i-- {
		id, fresh := l.keys.number(key(rows[i]))
		if fresh {
			l.head = append(l.head, -1)
		}
		l.next[i] = l.head[id]
		l.head[id] = int32(i)
	}
}

func (u *deduper) scanDay(date detect.Date, rows []*store.Entry, from, to int64) error {
	d, err := u.db.acquire(date, false)
	if err != nil || d == nil {
		return err
	}
	defer u.db.release(d)
	ix, err := u.index(d)
	if err != nil || ix == nil {
		return err
	}
	for _, ref := range ix.refs {
		s := int64(ref.spread) * 1e6
		if ref.max+s < from || ref.min-s > to || u.own(blockID{d.gen, ref.seq}) {
			continue
		}
		l, err := u.light(d, ref)
		if err != nil {
			return err
		}
		if l != nil {
			u.scan(l, blockID{d.gen, ref.seq}, rows, from-s, to+s)
		}
	}
	return nil
}

// scan lets each stored line between from and to stand for at most one row.
func (u *deduper) scan(l *light, id blockID, rows []*store.Entry, from, to int64) {
	start := sort.Search(len(l.times), func(i int) bool { return l.times[i] >= from })
	for j := start; j < len(l.times) && l.times[j] <= to; j++ {
		by, key := &u.full, identityOf
		if l.short[j] {
			by, key = &u.short, shortKey
		}
		if !by.made {
			by.link(rows, key)
		}
		n, ok := by.keys.find(l.idents[j])
		if !ok {
			continue
		}
		i := by.head[n]
		for i >= 0 && u.found[i] { // a flood of one line would be walked again for each stored one
			i = by.next[i]
		}
		by.head[n] = i
		if u.taken(id, j) {
			continue
		}
		for ; i >= 0; i = by.next[i] {
			tol := sameTime + (int64(rows[i].Spread)+int64(l.spreads[j]))*1e6
			if dt := rows[i].Time - l.times[j]; !u.found[i] && dt <= tol && dt >= -tol {
				u.found[i] = true
				u.claim(id, j, l)
				break
			}
		}
	}
}

func identityOf(r *store.Entry) uint64 { return r.Identity }

// own reports whether the running source brought the whole block: then none of it is a copy of what else it brings.
func (u *deduper) own(id blockID) bool {
	c := u.claimed[id]
	return c != nil && c.rows == nil
}

func (u *deduper) taken(id blockID, row int) bool {
	c := u.claimed[id]
	return c != nil && (c.rows == nil || c.rows[row/64]>>(row%64)&1 != 0)
}

func (u *deduper) claim(id blockID, row int, l *light) {
	if u.source == "" {
		return
	}
	c := u.claimed[id]
	if c == nil {
		c = &claims{last: l.times[row], rows: make([]uint64, (len(l.times)+63)/64)}
		u.claimed[id] = c
	}
	c.last = max(c.last, l.times[row])
	c.rows[row/64] |= 1 << (row % 64)
}

// stored notes the new blocks of p, so that the next batch of the source reads neither the index nor these blocks
// again.
func (u *deduper) stored(d *day, p *part, merged bool) {
	if merged {
		delete(u.indexes, d.date)
		return
	}
	ix := u.indexes[d.date]
	for _, b := range p.blocks {
		if ix != nil && ix.gen == d.gen {
			ix.refs = append(ix.refs, b.ref)
		}
		if u.source != "" {
			u.claimed[blockID{d.gen, b.ref.seq}] = &claims{last: b.ref.max}
		}
	}
}

// index lists the blocks of d; it returns nil where the file cannot be read.
func (u *deduper) index(d *day) (*dayIndex, error) {
	ix := u.indexes[d.date]
	if ix != nil && ix.gen == d.gen {
		return ix, nil
	}
	ix = &dayIndex{gen: d.gen}
	err := view(d.b, func(tx *bbolt.Tx) error {
		return u.db.eachHeader(tx, d.date, nil, func(ref blockRef, _ *header, _ []byte) {
			ix.refs = append(ix.refs, ref)
		})
	})
	if errors.Is(err, errDamaged) {
		u.db.report("day file", d.date, 0, err)
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if len(u.indexes) >= maxIndexed {
		clear(u.indexes)
	}
	u.indexes[d.date] = ix
	return ix, nil
}

// light decodes the comparable columns of a block; it returns nil where the block is damaged.
func (u *deduper) light(d *day, ref blockRef) (*light, error) {
	id := blockID{d.gen, ref.seq}
	if l := u.lights[id]; l != nil {
		return l, nil
	}
	var err error
	u.buf, err = u.db.copyBlock(d, ref, u.buf, true)
	if err == nil {
		var l *light
		if l, err = u.dec.light(u.buf); err == nil {
			u.keep(id, l)
			return l, nil
		}
	}
	if errors.Is(err, errDamaged) {
		u.db.report("block", d.date, ref.seq, err)
		return nil, nil
	}
	return nil, err
}

// keep adds a block to the cache and drops the oldest one.
func (u *deduper) keep(id blockID, l *light) {
	if len(u.oldest) >= maxLights {
		delete(u.lights, u.oldest[0])
		u.oldest = append(u.oldest[:0], u.oldest[1:]...)
	}
	u.lights[id] = l
	u.oldest = append(u.oldest, id)
}

func newLight(n int) *light {
	return &light{times: make([]int64, n), spreads: make([]uint32, n), idents: make([]uint64, n),
		short: make([]bool, n)}
}

func (l *light) set(i int, r *store.Entry) {
	l.times[i], l.spreads[i], l.idents[i] = r.Time, r.Spread, r.Identity
	if isShort(r) {
		l.idents[i], l.short[i] = shortKey(r), true
	}
}

// light decodes times, spreads and identities of a block; also its lines, from which most identities are computed.
func (d *decoder) light(b []byte) (*light, error) {
	h, _, err := parseHeader(b)
	if err != nil {
		return nil, err
	}
	if d.rows, err = d.columns(b, &h, d.rows); err != nil {
		return nil, err
	}
	if d.derives() {
		if d.text, err = d.raws(b, &h, d.rows, nil, true, d.text); err != nil {
			return nil, err
		}
	}
	l := newLight(len(d.rows))
	for i := range d.rows {
		if isShort(&d.rows[i]) {
			d.name(i, &d.rows[i])
		}
		l.set(i, &d.rows[i])
	}
	return l, nil
}
