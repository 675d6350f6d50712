package ingest

import (
	"cmp"
	"slices"
)

// pairing is the index of the equal element of the other sequence; -1: none. A pair is sure where no other element
// could be meant. A pair that is not sure has the right text at a likely place: of 20 equal lines, 15 of which the
// other sequence has, it is not known which.
type pairing struct {
	at   int32
	sure bool
}

// rounds bounds the number of times that a gap between pairs is looked at again; each time takes linear memory and, but
// for the sorting of pairs, linear time.
const rounds = 8

// span is a part of both sequences: a[a0:a1] and b[b0:b1]. first and last tell whether it lies before or behind all
// pairs.
type span struct {
	a0, a1, b0, b1 int
	first, last    bool
}

// patience pairs the elements of a with equal ones of b, in order: for i < j, at[i] < at[j]. First it pairs elements
// that occur only once on both sides, and keeps the longest run of such pairs that is in order. Between these it pairs
// elements that occur equally often on both sides, and so on. What is left is paired last, no longer surely, beginning
// at the nearest pair, as b may begin long before a. Where there are no pairs at all, a is taken to be the end of b.
func patience(a, b []int32, n int) []pairing {
	p := pairer{a: a, b: b, out: make([]pairing, len(a)), inA: make([]int32, n), inB: make([]int32, n),
		head: make([]int32, n),
		next: make([]int32, len(b)), tail: make([]int32, 0, min(len(a), len(b)))}
	for i := range p.out {
		p.out[i].at = -1
	}
	spans, _ := p.cut([]span{{0, len(a), 0, len(b), true, true}}, p.once)
	spans = p.repeat(spans, p.equallyOften)
	p.sureEnded = true
	p.repeat(spans, p.likely)
	return p.out
}

type pairer struct {
	a, b      []int32
	out       []pairing
	inA, inB  []int32 // how often an element is in the span
	head      []int32 // its next place in b
	next      []int32 // by place in b: the next place of the same element
	found     []found
	tail      []int32 // of increasing
	sureEnded bool
}

// found is a candidate for a pair; prev is the index of the pair before it in the longest ordered run that ends with
// it.
type found struct{ a, b, prev int32 }

// take decides for one element, which a span has inA times in a and inB times in b, how many to pass over on each side
// before the others are paired one by one; ok is false where they are not to be paired.
type take func(s span, inA, inB int32) (skipA, skipB int32, ok bool)

func (p *pairer) once(_ span, inA, inB int32) (int32, int32, bool) { return 0, 0, inA == 1 && inB == 1 }

func (p *pairer) equallyOften(s span, inA, inB int32) (int32, int32, bool) {
	return 0, 0, inA == inB && (inA == 1 || !s.first && !s.last)
}

func (p *pairer) likely(s span, inA, inB int32) (int32, int32, bool) {
	if s.first {
		return max(0, inA-inB), max(0, inB-inA), true
	}
	return 0, 0, true
}

// repeat cuts until no more pairs are found.
func (p *pairer) repeat(spans []span, t take) []span {
	for range rounds {
		n := 0
		if spans, n = p.cut(spans, t); n == 0 {
			break
		}
	}
	return spans
}

// cut pairs within each span, and returns the spans between the pairs, and the number of pairs.
func (p *pairer) cut(spans []span, t take) (out []span, n int) {
	for _, s := range spans {
		pairs := p.ordered(p.pairs(s, t))
		n += len(pairs)
		rest := s
		for _, f := range pairs {
			p.out[f.a] = pairing{f.b, !p.sureEnded}
			rest.a1, rest.b1, rest.last = int(f.a), int(f.b), false
			if rest.a0 < rest.a1 && rest.b0 < rest.b1 {
				out = append(out, rest)
			}
			rest = span{int(f.a) + 1, s.a1, int(f.b) + 1, s.b1, false, s.last}
		}
		if rest.a0 < rest.a1 && rest.b0 < rest.b1 {
			out = append(out, rest)
		}
	}
	return out, n
}

// pairs returns the pairs of one span, in order of a.
func (p *pairer) pairs(s span, t take) []found {
	a, b := p.a[s.a0:s.a1], p.b[s.b0:s.b1]
	for _, x := range a {
		if x >= 0 {
			p.inA[x], p.inB[x] = 0, 0
		}
	}
	for _, x := range b {
		p.inA[x], p.inB[x], p.head[x] = 0, 0, -1
	}
	for _, x := range a {
		if x >= 0 {
			p.inA[x]++
		}
	}
	for j := len(b) - 1; j >= 0; j-- {
		x := b[j]
		p.inB[x]++
		p.next[s.b0+j], p.head[x] = p.head[x], int32(s.b0+j)
	}
	p.found = p.found[:0]
	for i, x := range a {
		if x < 0 || p.inB[x] == 0 {
			continue
		}
		if p.inA[x] > 0 { // its first: from here on inA counts, below zero, those that are passed over
			skipA, skipB, ok := t(s, p.inA[x], p.inB[x])
			if !ok {
				p.inB[x] = 0
				continue
			}
			for ; skipB > 0; skipB-- {
				p.head[x] = p.next[p.head[x]]
			}
			p.inA[x] = -skipA
		}
		if p.inA[x] < 0 {
			p.inA[x]++
			continue
		}
		if j := p.head[x]; j >= 0 {
			p.found = append(p.found, found{int32(s.a0 + i), j, -1})
			p.head[x] = p.next[j]
		}
	}
	return p.found
}

// ordered returns the longest subsequence of the pairs, which are in order of a, that is in order of b too.
func (p *pairer) ordered(fs []found) []found {
	p.tail = p.tail[:0] // the pair with the lowest b that ends a run of one more than the index
	for i := range fs {
		k, _ := slices.BinarySearchFunc(p.tail, fs[i].b, func(j int32, b int32) int { return cmp.Compare(fs[j].b, b) })
		if k > 0 {
			fs[i].prev = p.tail[k-1]
		}
		if k == len(p.tail) {
			p.tail = append(p.tail, int32(i))
		} else {
			p.tail[k] = int32(i)
		}
	}
	if len(p.tail) == 0 {
		return nil
	}
	at := p.tail[len(p.tail)-1]
	for k := len(p.tail) - 1; k >= 0; k-- {
		p.tail[k], at = at, fs[at].prev
	}
	for k, i := range p.tail { // i ≥ k: nothing is overwritten before it is moved
		fs[k] = fs[i]
	}
	return fs[:len(p.tail)]
}
