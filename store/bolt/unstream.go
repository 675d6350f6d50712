package bolt

import (
	"encoding/binary"
	"errors"
	"slices"
)

// errDamaged marks stored bytes that differ from what was written.
var errDamaged = errors.New("damaged block")

// streams reads what a packer wrote. After the first error it yields nothing but zeros; err is looked at once. Memory
// is bounded by the counts that the caller asks for, and by maxPlain for texts.
type streams struct {
	b     []byte
	z     *codec
	plane []byte
	err   error
}

func (s *streams) fail() {
	s.b, s.err = nil, errDamaged
}

func (s *streams) byte() byte {
	if len(s.b) == 0 {
		s.fail()
		return 0
	}
	v := s.b[0]
	s.b = s.b[1:]
	return v
}

func (s *streams) uvarint() uint64 {
	v, n := binary.Uvarint(s.b)
	if n <= 0 {
		s.fail()
		return 0
	}
	s.b = s.b[n:]
	return v
}

// count is a number that may be at most most.
func (s *streams) count(most int) int {
	v := s.uvarint()
	if v > uint64(most) {
		s.fail()
		return 0
	}
	return int(v)
}

// take are the next n bytes as they are; they belong to the block.
func (s *streams) take(n uint64) []byte {
	if n > uint64(len(s.b)) {
		s.fail()
		return nil
	}
	v := s.b[:n:n]
	s.b = s.b[n:]
	return v
}

// bytes reads a plane of n bytes: in place where they lie there as they are, else in *buf.
func (s *streams) bytes(n int, buf *[]byte) []byte {
	if n == 0 {
		return nil
	}
	var plane []byte
	switch k := s.uvarint(); k {
	case planeConst:
		plane = slices.Grow((*buf)[:0], n)[:n]
		*buf = plane
		v := s.byte()
		for i := range plane {
			plane[i] = v
		}
	case planeRaw:
		plane = s.take(uint64(n))
	default:
		frame := s.take(k - planeFrame)
		if s.err != nil {
			break
		}
		var err error
		if plane, err = s.z.decompress(frame, (*buf)[:0], n); err != nil {
			s.fail()
		}
		*buf = plane
	}
	if s.err != nil {
		return nil
	}
	return plane
}

// text reads bytes of any length up to maxPlain into a buffer of its own.
func (s *streams) text() []byte {
	var buf []byte
	return s.bytes(s.count(maxPlain), &buf)
}

// strings reads up to most of them.
func (s *streams) strings(most int) (out [][]byte) {
	n := s.count(most)
	lens := s.numbers(n, nil)
	b := s.text()
	out = make([][]byte, n)
	for i, l := range lens.all() {
		if l > uint64(len(b)) {
			s.fail()
			return out
		}
		out[i], b = b[:l:l], b[l:]
	}
	return out
}

// numbers is a stream that was read: mode tells what is still to be done to its vals.
type numbers struct {
	n      int
	vals   []uint64 // nil: all are the same
	same   uint64
	mode   byte // streamPlain or streamContext + which
	shared []uint64
}

// all are the numbers. The stream must not depend on a context, or be resolved.
func (v numbers) all() []uint64 {
	if v.vals == nil && v.n > 0 {
		v.vals = slices.Grow(v.shared[:0], v.n)[:v.n]
		for i := range v.vals {
			v.vals[i] = v.same
		}
	}
	return v.vals
}

// read reads a stream of n into buf. contexts is the number of contexts that it may refer to; see resolve.
func (s *streams) read(n int, buf []uint64, contexts int) numbers {
	out := numbers{n: n, shared: buf}
	if n == 0 || s.err != nil {
		return out
	}
	mode := s.byte()
	switch {
	case mode == streamConst:
		out.same = s.uvarint()
		return out
	case mode == streamDict:
		s.dict(&out, buf)
		return out
	case mode >= streamContext+byte(contexts):
		s.fail()
		return out
	}
	out.vals = s.planes(n, buf)
	switch {
	case mode == streamDelta:
		last := uint64(0)
		for i, v := range out.vals {
			last += uint64(unzigzag(v))
			out.vals[i] = last
		}
	case mode >= streamContext:
		out.mode = mode
	}
	return out
}

// numbers reads a stream that has no contexts.
func (s *streams) numbers(n int, buf []uint64) numbers { return s.read(n, buf, 0) }

// within reads a stream whose contexts are known for every number.
func (s *streams) within(n int, buf []uint64, contexts ...[]uint32) numbers {
	return s.resolve(s.read(n, buf, len(contexts)), contexts...)
}

// resolve adds what the contexts say.
func (s *streams) resolve(v numbers, contexts ...[]uint32) numbers {
	if v.mode < streamContext {
		return v
	}
	ctx := contexts[v.mode-streamContext]
	p := newPredictor(ctx)
	for i, x := range v.vals {
		v.vals[i] = p.next(x, ctx[i])
	}
	v.mode = streamPlain
	return v
}

// predictor is the reader's side of packer.context.
type predictor struct {
	last  []uint64
	seen  []bool
	prior uint64
}

func newPredictor(ctx []uint32) predictor {
	most := 0
	for _, c := range ctx {
		most = max(most, int(c)+1)
	}
	return predictor{last: make([]uint64, most), seen: make([]bool, most)}
}

func (p *predictor) next(v uint64, c uint32) uint64 {
	if p.seen[c] {
		p.prior = p.last[c]
	}
	p.prior += uint64(unzigzag(v))
	p.last[c], p.seen[c] = p.prior, true
	return p.prior
}

func (s *streams) dict(out *numbers, buf []uint64) {
	k := s.count(min(out.n, 1<<16))
	table := s.numbers(k, nil)
	t := table.all()
	out.vals = s.planes(out.n, buf)
	for i, v := range out.vals {
		if v >= uint64(len(t)) {
			s.fail()
			clear(out.vals)
			return
		}
		out.vals[i] = t[v]
	}
}

func (s *streams) planes(n int, buf []uint64) []uint64 {
	w := int(s.byte())
	if w > 8 {
		s.fail()
		w = 0
	}
	out := slices.Grow(buf[:0], n)[:n]
	if w == 0 {
		clear(out)
	}
	for k := range w {
		b := s.bytes(n, &s.plane)
		if s.err != nil {
			clear(out)
			return out
		}
		addPlane(out, b[:n], 8*k)
	}
	return out
}

func addPlane(out []uint64, b []byte, shift int) {
	if shift == 0 {
		for i, v := range b {
			out[i] = uint64(v)
		}
		return
	}
	for i, v := range b {
		out[i] |= uint64(v) << shift
	}
}
