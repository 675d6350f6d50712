package bolt

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
)

// A stream is a column of unsigned numbers whose count the reader knows. It is written as planes of bytes, the lowest
// first, each of them compressed alone: the high byte of a port says much less than the low one, and a coder that sees
// both in turn finds neither. What the planes hold is the numbers as they are, or what a prediction leaves of them,
// whichever has the least entropy.
const (
	streamPlain   byte = iota
	streamDelta        // zigzag differences
	streamDict         // a table by frequency, then indices
	streamConst        // one number
	streamContext      // zigzag difference to the last number of the same context, of those that the reader knows
	streamModes   = streamContext + maxContexts
	maxContexts   = 4
)

// A plane is a byte that repeats, or bytes as they are, or a zstd frame, whose length plus planeFrame is its first
// number.
const (
	planeConst = iota
	planeRaw
	planeFrame
)

// planeTiny is the size below which a frame's own header (10 bytes) and tables do not pay.
const planeTiny = 24

// packer writes streams to out. It is reused; one goroutine at a time.
type packer struct {
	z     *codec
	out   []byte
	hurry bool // compress fast rather than well
	plane []byte
	temp  [2][]uint64 // candidates
	last  []uint64    // by context
	seen  []bool
	count map[uint64]uint32
	table []uint64
	hist  [8][256]uint32
	bits  [4096]float64 // i·log2 i
}

func newPacker(z *codec) *packer {
	p := &packer{z: z, count: map[uint64]uint32{}}
	for i := 1; i < len(p.bits); i++ {
		p.bits[i] = float64(i) * math.Log2(float64(i))
	}
	return p
}

func (p *packer) uvarint(v uint64) { p.out = binary.AppendUvarint(p.out, v) }

// bytes writes one plane.
func (p *packer) bytes(b []byte) {
	if len(b) == 0 {
		return
	}
	if bytes.Count(b, b[:1]) == len(b) {
		p.out = append(p.out, planeConst, b[0])
		return
	}
	if len(b) > planeTiny {
		at := len(p.out)
		p.out = append(p.out, 0, 0, 0, 0) // the length, as a varint of four bytes
		start := len(p.out)
		p.out = p.z.compress(b, p.out, p.hurry)
		if n := len(p.out) - start; n < len(b)-len(b)/64 && n < 1<<28-planeFrame {
			n += planeFrame
			head := p.out[at : at+4 : at+4]
			head[0], head[1], head[2], head[3] = byte(n)|0x80, byte(n>>7)|0x80, byte(n>>14)|0x80, byte(n>>21)
			return
		}
		p.out = p.out[:at]
	}
	p.out = append(append(p.out, planeRaw), b...)
}

// text writes bytes of a length that the reader does not know.
func (p *packer) text(b []byte) {
	p.uvarint(uint64(len(b)))
	p.bytes(b)
}

// strings writes the lengths of n strings that lie one behind the other in b.
func (p *packer) strings(lens []uint64, b []byte) {
	p.uvarint(uint64(len(lens)))
	p.numbers(lens)
	p.text(b)
}

// numbers writes a stream. Each context gives every number a small number that the reader has too: where those of one
// context often repeat, this is found.
func (p *packer) numbers(vals []uint64, contexts ...[]uint32) {
	if len(vals) == 0 {
		return
	}
	var all uint64
	same := true
	for _, v := range vals {
		all |= v
		same = same && v == vals[0]
	}
	if same {
		p.out = append(p.out, streamConst)
		p.uvarint(vals[0])
		return
	}
	if p.hurry {
		mode := streamPlain
		if w := width(all); w > 1 && width(p.delta(0, vals)) < w {
			mode, vals = streamDelta, p.temp[0]
		}
		p.out = append(p.out, mode)
		p.planes(vals)
		return
	}
	best, mode, cost := vals, streamPlain, p.cost(vals, all)
	spare := 0
	try := func(m byte, all uint64) {
		if c := p.cost(p.temp[spare], all); c < cost*0.99 { // plain ones are faster to read
			best, mode, cost = p.temp[spare], m, c
			spare = 1 - spare
		}
	}
	if cost > float64(len(vals))/8 {
		try(streamDelta, p.delta(spare, vals))
		for i, c := range contexts {
			try(streamContext+byte(i), p.context(spare, vals, c))
		}
	}
	if p.dictionary(vals, all, cost) {
		p.indices(vals)
		return
	}
	p.out = append(p.out, mode)
	p.planes(best)
}

func (p *packer) room(i, n int) []uint64 {
	p.temp[i] = slices.Grow(p.temp[i][:0], n)[:n]
	return p.temp[i]
}

func (p *packer) delta(i int, vals []uint64) (all uint64) {
	out, last := p.room(i, len(vals)), uint64(0)
	for j, v := range vals {
		out[j] = zigzag(int64(v - last))
		all |= out[j]
		last = v
	}
	return all
}

// context leaves what the last number of the same context does not say; a new context starts from the number before.
func (p *packer) context(i int, vals []uint64, ctx []uint32) (all uint64) {
	out, last := p.room(i, len(vals)), uint64(0)
	most := int(slices.Max(ctx)) + 1
	p.last = slices.Grow(p.last[:0], most)[:most]
	p.seen = slices.Grow(p.seen[:0], most)[:most]
	clear(p.seen)
	for j, v := range vals {
		c := ctx[j]
		if p.seen[c] {
			last = p.last[c]
		}
		out[j] = zigzag(int64(v - last))
		all |= out[j]
		last, p.last[c], p.seen[c] = v, v, true
	}
	return all
}

// cost is the sum of the entropies of the planes, in bits. all has every bit that a number has.
func (p *packer) cost(vals []uint64, all uint64) (bits float64) {
	w := width(all)
	n := len(vals)
	for k := range w {
		h, shift := &p.hist[k], 8*k
		clear(h[:])
		for _, v := range vals {
			h[byte(v>>shift)]++
		}
		bits += p.xlog(uint32(n))
		for _, c := range h {
			bits -= p.xlog(c)
		}
		bits += 80 // what a plane costs in itself
	}
	return bits
}

func (p *packer) xlog(c uint32) float64 {
	if int(c) < len(p.bits) {
		return p.bits[c]
	}
	return float64(c) * math.Log2(float64(c))
}

// width is the number of planes of numbers that have these bits.
func width(all uint64) (w int) {
	for ; all != 0; all >>= 8 {
		w++
	}
	return w
}

// dictionary makes p.table of the numbers, where that is the shorter form.
func (p *packer) dictionary(vals []uint64, all uint64, cost float64) bool {
	w := width(all)
	if w < 2 || len(vals) < 64 || cost < float64(len(vals)) { // less than a bit each
		return false
	}
	clear(p.count)
	limit := max(16, len(vals)/4)
	for i, v := range vals {
		p.count[v]++
		if len(p.count) > limit || i == 512 && len(p.count) > 400 {
			return false
		}
	}
	bits, index := p.xlog(uint32(len(vals))), 1
	for _, c := range p.count {
		bits -= p.xlog(c)
	}
	if len(p.count) > 256 {
		index, bits = 2, bits*1.1 // two planes lose some of what both say
	}
	bits += float64(len(p.count)*8*w + 80*index)
	if bits > cost*0.95 {
		return false
	}
	p.table = p.table[:0]
	for v := range p.count {
		p.table = append(p.table, v)
	}
	slices.SortFunc(p.table, func(a, b uint64) int {
		if c := int(p.count[b]) - int(p.count[a]); c != 0 {
			return c
		}
		if a < b {
			return -1
		}
		return 1
	})
	return true
}

func (p *packer) indices(vals []uint64) {
	p.out = append(p.out, streamDict)
	p.uvarint(uint64(len(p.table)))
	p.out = append(p.out, streamPlain)
	p.planes(p.table)
	for i, v := range p.table {
		p.count[v] = uint32(i)
	}
	out := p.room(0, len(vals))
	for i, v := range vals {
		out[i] = uint64(p.count[v])
	}
	p.planes(out)
}

func (p *packer) planes(vals []uint64) {
	var all uint64
	for _, v := range vals {
		all |= v
	}
	w := width(all)
	p.out = append(p.out, byte(w))
	p.plane = slices.Grow(p.plane[:0], len(vals))[:len(vals)]
	for k := range w {
		shift := 8 * k
		for i, v := range vals {
			p.plane[i] = byte(v >> shift)
		}
		p.bytes(p.plane)
	}
}

func zigzag(v int64) uint64   { return uint64(v)<<1 ^ uint64(v>>63) }
func unzigzag(v uint64) int64 { return int64(v>>1) ^ -int64(v&1) }
