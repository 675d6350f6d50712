package bolt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
)

// bbolt trusts its file: it follows a page number wherever it leads, so that a spoiled page can send it round in a
// circle, or stop the whole process. Therefore the pages of a file are walked here before bbolt sees them: each once,
// within the file, in order of their keys, with their data laid out without gaps, and each page of the file either in
// the tree or in the list of free pages. Of each block that reads the first page, and not the block itself: of a day of
// 10 million events some 3 MB. See docs/adr/0006-page-check.md.
//
// The format (go.etcd.io/bbolt/internal/common): a page is id, flags, count, overflow and then count elements; a
// branch element is pos, ksize, pgid; a leaf element flags, pos, ksize, vsize. pos counts from the element. Page 0
// and 1 are metas; that of the larger txid counts. A leaf element with the bucket flag has root and sequence of a
// bucket as its value, and where root is 0, the only page of that bucket behind them. bbolt writes the keys and values
// of a page one behind the other, directly behind the elements: so a changed count of elements, or length, shows.
const (
	pageHead    = 16
	elementLen  = 16
	bucketLen   = 16
	metaLen     = 64
	flagBranch  = 0x01
	flagLeaf    = 0x02
	flagFree    = 0x10
	flagBucket  = 0x01
	noFreelist  = ^uint64(0)
	pageDepth   = 32 // a tree of 3 elements a page has 2^50 pages then
	bucketDepth = 4
)

// pages is a bbolt file as its bytes lie on the disk.
type pages struct {
	b              []byte
	size           uint64 // of a page
	high           uint64 // pages from here on do not exist
	root, freelist uint64
	txid           uint64
	oneMeta        bool     // the other meta makes no sense: the last transaction may be lost
	seen           []uint64 // bits: pages that the walk has met
}

// withPages maps a file and calls f with its pages. For a file that is empty or missing it returns nil without a call.
func withPages(name string, f func(*pages) error) error {
	file, err := os.OpenFile(name, os.O_RDONLY|noFollow, 0)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // only read
	fi, err := file.Stat()
	if err != nil || fi.Size() == 0 {
		return err
	}
	if fi.Size() > 1<<46 {
		return fmt.Errorf("%w: file of %d bytes", errDamaged, fi.Size())
	}
	b, err := mapFile(file, int(fi.Size()))
	if err != nil {
		return fmt.Errorf("map file: %w", err)
	}
	defer unmap(b)
	return guard(func() error { // a disk that fails to read is a fault
		p, err := newPages(b)
		if err != nil {
			return err
		}
		return f(p)
	})
}

// errOneMeta marks a file that bbolt reads as it was before its last transaction, or as it is now: one of its two metas
// is invalid, and it is unknown which of them was the newer one.
var errOneMeta = fmt.Errorf("%w: one of two meta pages is invalid, what was stored last may be missing", errDamaged)

// newPages reads the meta that bbolt would choose.
func newPages(b []byte) (*pages, error) {
	var best *pages
	metas := map[uint64]int{} // valid ones, by size of a page
	for size := uint64(1024); size <= 1<<16; size *= 2 {
		for _, at := range []uint64{0, size} {
			if p := readMeta(b, at); p != nil && p.size == size {
				metas[size]++
				if best == nil || p.txid > best.txid {
					best = p
				}
			}
		}
	}
	if best == nil {
		return nil, fmt.Errorf("%w: no valid meta page", errDamaged)
	}
	if best.high < 4 || best.high > uint64(len(b))/best.size {
		return nil, fmt.Errorf("%w: file has %d bytes of %d", errDamaged, len(b), best.high*best.size)
	}
	best.oneMeta = metas[best.size] == 1
	best.seen = make([]uint64, best.high/64+1)
	return best, nil
}

func readMeta(b []byte, at uint64) *pages {
	if uint64(len(b)) < at+pageHead+metaLen {
		return nil
	}
	m, ne := b[at+pageHead:at+pageHead+metaLen], binary.NativeEndian
	sum := fnv.New64a()
	_, _ = sum.Write(m[:metaLen-8]) // never fails
	if ne.Uint32(m) != 0xED0CDAED || ne.Uint32(m[4:]) != 2 || ne.Uint64(m[56:]) != sum.Sum64() {
		return nil
	}
	return &pages{b: b, size: uint64(ne.Uint32(m[8:])), root: ne.Uint64(m[16:]), freelist: ne.Uint64(m[32:]),
		high: ne.Uint64(m[40:]), txid: ne.Uint64(m[48:])}
}

// page returns a page with its overflow pages; the walk must not have met any of them before.
func (p *pages) page(id uint64) (b []byte, flags, count int, err error) {
	if id < 2 || id >= p.high {
		return nil, 0, 0, fmt.Errorf("%w: page %d of %d", errDamaged, id, p.high)
	}
	b, ne := p.b[id*p.size:], binary.NativeEndian
	more := uint64(ne.Uint32(b[12:]))
	if ne.Uint64(b) != id || more >= p.high-id {
		return nil, 0, 0, fmt.Errorf("%w: page %d says it is %d, with %d more", errDamaged, id, ne.Uint64(b), more)
	}
	for i := id; i <= id+more; i++ {
		if p.seen[i/64]&(1<<(i%64)) != 0 {
			return nil, 0, 0, fmt.Errorf("%w: page %d is used twice", errDamaged, i)
		}
	}
	for i := id; i <= id+more; i++ {
		p.seen[i/64] |= 1 << (i % 64)
	}
	return b[: (more+1)*p.size : (more+1)*p.size], int(ne.Uint16(b[8:])), int(ne.Uint16(b[10:])), nil
}

// A walk goes through a file. Both functions may be nil. bad is called for what makes no sense, and the walk goes on
// beside it; an error of pair ends it.
type walk struct {
	*pages
	pair func(bucket string, key, value []byte) error
	seq  func(bucket string, sequence uint64)
	bad  func(error)
}

func (w *walk) all() error { return w.tree(w.root, "", 0) }

// tree goes through the tree of a bucket.
func (w *walk) tree(root uint64, bucket string, level int) error {
	if level > bucketDepth {
		w.bad(fmt.Errorf("%w: buckets within buckets", errDamaged))
		return nil
	}
	last := []byte(nil)
	return w.below(root, bucket, level, 0, &last)
}

// below goes through a page and those below it; last is the key before.
func (w *walk) below(id uint64, bucket string, level, depth int, last *[]byte) error {
	b, flags, count, err := w.page(id)
	if err == nil && depth > pageDepth {
		err = fmt.Errorf("%w: page %d lies too deep", errDamaged, id)
	}
	if err == nil && pageHead+count*elementLen > len(b) {
		err = fmt.Errorf("%w: page %d has %d elements", errDamaged, id, count)
	}
	if err != nil {
		w.bad(err)
		return nil
	}
	switch {
	case flags == flagLeaf:
		if count == 0 && (depth > 0 || len(bytes.Trim(b[pageHead:pageHead+elementLen], "\x00")) > 0) {
			w.bad(fmt.Errorf("%w: page %d has no elements", errDamaged, id))
		}
		return w.leaf(b, id, count, bucket, level, last)
	case flags != flagBranch || count == 0:
		w.bad(fmt.Errorf("%w: page %d has the flags %#x and %d elements", errDamaged, id, flags, count))
		return nil
	}
	data := pageHead + count*elementLen
	for i := range count {
		at, ne := pageHead+i*elementLen, binary.NativeEndian
		pos, ksize := ne.Uint32(b[at:]), ne.Uint32(b[at+4:])
		w.behind(&data, at+int(pos), int(ksize), i, id)
		key, ok := cut(b, at, pos, ksize)
		if !ok || len(key) == 0 ||
			len(*last) > 0 && (bytes.Compare(*last, key) > 0 || i > 0 && bytes.Equal(*last, key)) {
			w.bad(fmt.Errorf("%w: key %d of page %d", errDamaged, i, id))
		} else {
			*last = key
		}
		before := *last
		if err := w.below(ne.Uint64(b[at+8:]), bucket, level, depth+1, &before); err != nil {
			return err
		}
		*last = before
	}
	return nil
}

// leaf goes through the elements of a leaf, or of a bucket that lies within one.
func (w *walk) leaf(b []byte, id uint64, count int, bucket string, level int, last *[]byte) error {
	ne, first, data := binary.NativeEndian, true, pageHead+count*elementLen
	for i := range count {
		at := pageHead + i*elementLen
		pos, ksize, vsize := ne.Uint32(b[at+4:]), ne.Uint32(b[at+8:]), ne.Uint32(b[at+12:])
		w.behind(&data, at+int(pos), int(ksize)+int(vsize), i, id)
		key, ok := cut(b, at, pos, ksize)
		value, fits := cut(b, at+int(pos), ksize, vsize)
		// the first key of a leaf may be the very one of the branch above
		if !ok || !fits || len(key) == 0 ||
			len(*last) > 0 && (bytes.Compare(*last, key) > 0 || !first && bytes.Equal(*last, key)) {
			w.bad(fmt.Errorf("%w: key %d of page %d", errDamaged, i, id))
			continue
		}
		*last, first = key, false
		err := error(nil)
		switch f := ne.Uint32(b[at:]); {
		case f == flagBucket && bucket == "":
			err = w.bucket(string(key), id, value, level)
		case f == 0 && bucket != "" && w.pair != nil:
			err = w.pair(bucket, key, value)
		case f != 0 || bucket == "":
			w.bad(fmt.Errorf("%w: key %d of page %d is of sort %#x", errDamaged, i, id, f))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// behind checks that the n bytes of element i begin where those of the element before end, and sets data to their end.
func (w *walk) behind(data *int, at, n, i int, id uint64) {
	if at != *data {
		w.bad(fmt.Errorf("%w: data of key %d of page %d lie at %d, not at %d", errDamaged, i, id, at, *data))
	}
	*data = at + n
}

// bucket goes through a bucket of the file: a tree, or a page within the value.
func (w *walk) bucket(name string, id uint64, value []byte, level int) error {
	ne := binary.NativeEndian
	if len(value) < bucketLen {
		w.bad(fmt.Errorf("%w: bucket %q of page %d", errDamaged, name, id))
		return nil
	}
	if w.seq != nil {
		w.seq(name, ne.Uint64(value[8:]))
	}
	if root := ne.Uint64(value); root != 0 {
		return w.tree(root, name, level+1)
	}
	inner := value[bucketLen:]
	count := 0
	if len(inner) >= pageHead {
		count = int(ne.Uint16(inner[10:]))
	}
	if len(inner) < pageHead || ne.Uint16(inner[8:]) != flagLeaf || pageHead+count*elementLen > len(inner) {
		w.bad(fmt.Errorf("%w: bucket %q within page %d", errDamaged, name, id))
		return nil
	}
	end := pageHead
	if count > 0 {
		at := pageHead + (count-1)*elementLen
		end = at + int(ne.Uint32(inner[at+4:])) + int(ne.Uint32(inner[at+8:])) + int(ne.Uint32(inner[at+12:]))
	}
	if end != len(inner) {
		w.bad(fmt.Errorf("%w: bucket %q within page %d has %d bytes of %d", errDamaged, name, id, len(inner), end))
	}
	last := []byte(nil)
	return w.leaf(inner, id, count, name, level, &last)
}

// cut returns the n bytes of b from at+skip on; false where b is shorter.
func cut(b []byte, at int, skip, n uint32) ([]byte, bool) {
	from := uint64(at) + uint64(skip)
	if from+uint64(n) > uint64(len(b)) {
		return nil, false
	}
	return b[from : from+uint64(n) : from+uint64(n)], true
}

// free checks the list of free pages after the walk: it holds each page that the walk has not met, and no other.
func (w *walk) free() {
	if w.freelist == noFreelist {
		return
	}
	b, flags, count, err := w.page(w.freelist)
	if err != nil || flags != flagFree {
		w.bad(fmt.Errorf("%w: list of free pages on page %d: %v", errDamaged, w.freelist, err))
		return
	}
	ids := b[pageHead:]
	if count == 0xFFFF { // the first one is their number
		n := binary.NativeEndian.Uint64(ids)
		if ids = ids[8:]; n > w.high {
			n = w.high + 1
		}
		count = int(n)
	}
	if count*8 > len(ids) {
		w.bad(fmt.Errorf("%w: list of %d free pages", errDamaged, count))
		return
	}
	for i := range count {
		id := binary.NativeEndian.Uint64(ids[8*i:])
		if id < 2 || id >= w.high || w.seen[id/64]&(1<<(id%64)) != 0 {
			w.bad(fmt.Errorf("%w: page %d is no free one", errDamaged, id))
			return
		}
		w.seen[id/64] |= 1 << (id % 64)
	}
	for id := uint64(2); id < w.high; id++ {
		if w.seen[id/64]&(1<<(id%64)) == 0 {
			w.bad(fmt.Errorf("%w: page %d is neither used nor free", errDamaged, id))
			return
		}
	}
}

// checkPages returns what is wrong with the pages of a file; nil where all is well, or where there is no file.
func checkPages(name string) error {
	return withPages(name, func(p *pages) error {
		var first error
		more := 0
		w := walk{pages: p, bad: func(err error) {
			if first == nil {
				first = err
			} else {
				more++
			}
		}}
		if err := w.all(); err != nil {
			return err
		}
		if first == nil { // pages below a damaged one were not met
			w.free()
		}
		if first == nil && p.oneMeta {
			first = errOneMeta
		}
		if more > 0 {
			first = fmt.Errorf("%w (and %d more)", first, more)
		}
		return first
	})
}
