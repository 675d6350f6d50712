package bolt

import (
	"encoding/binary"

	"github.com/cespare/xxhash/v2"

	"uncloak/store"
)

// The identity of a line is a hash: eight bytes that nothing compresses. For nearly all lines it can be computed
// again: parse.Parser.Identity of the line, plus a number that many lines share (ingest adds the hash of the router).
// So each row has a code: which of these numbers to add, or that its identity is stored whole. Where the line is not
// kept, the lower 16 bits remain, if the event has a source: only a line of the same second, the same addresses,
// ports and detail can be mistaken for it, in one of 65,536 cases.
const (
	identWhole = iota
	identShort
	identAdd // + which number
	maxAdds  = 100
	minAdds  = 8 // rows that have the same number to add before it pays, and is no accident
)

// identMask selects the bits of an identity that are stored without its line.
const identMask = 1<<16 - 1

// thin removes the line of a row, and the upper bits of its identity.
func thin(r *store.Entry) {
	r.Raw = nil
	if r.Src.IsValid() {
		r.Identity &= identMask
	}
}

// isShort reports whether the row has no line and only the lower bits of its identity.
func isShort(r *store.Entry) bool {
	return r.Raw == nil && r.Src.IsValid() && r.Identity <= identMask
}

// shortKey is a hash of addresses, ports, detail and short identity, compared where identities are short.
func shortKey(r *store.Entry) uint64 {
	var b [32 + 4 + 2]byte
	src, dst := r.Src.As16(), [16]byte{}
	if r.Dst.IsValid() {
		dst = r.Dst.As16()
	}
	copy(b[:], src[:])
	copy(b[16:], dst[:])
	binary.LittleEndian.PutUint16(b[32:], r.SPort)
	binary.LittleEndian.PutUint16(b[34:], r.DPort)
	binary.LittleEndian.PutUint16(b[36:], uint16(r.Identity))
	return xxhash.Sum64(b[:]) ^ xxhash.Sum64String(r.Detail.String())
}

// identities writes the identities of all rows to e.p.
func (e *encoder) identities(rows []*store.Entry) {
	e.derived = sized(e.derived, len(rows))
	clear(e.addCount)
	for i, r := range rows {
		if r.Raw == nil || e.hurry {
			continue
		}
		add := r.Identity - e.parser.Identity(r.Raw, &e.rec)
		e.derived[i] = add
		if _, ok := e.addCount[add]; ok || len(e.addCount) < 4*maxAdds {
			e.addCount[add]++
		}
	}
	codes := sized(e.identCodes, len(rows))
	e.identCodes = codes
	clear(e.addCode)
	var adds, whole, short []uint64
	for i, r := range rows {
		switch {
		case r.Raw == nil && isShort(r):
			codes[i] = identShort
			short = append(short, r.Identity)
			continue
		case r.Raw != nil && !e.hurry && e.addCount[e.derived[i]] >= minAdds:
			c, ok := e.addCode[e.derived[i]]
			if !ok && len(adds) < maxAdds {
				c, ok = byte(identAdd+len(adds)), true
				e.addCode[e.derived[i]] = c
				adds = append(adds, e.derived[i])
			}
			if ok {
				codes[i] = c
				continue
			}
		}
		codes[i] = identWhole
		whole = append(whole, r.Identity)
	}
	e.p.bytes(codes)
	e.p.uvarint(uint64(len(adds)))
	for _, a := range adds {
		e.p.out = binary.LittleEndian.AppendUint64(e.p.out, a)
	}
	e.p.numbers(short)
	e.p.numbers(whole)
}

// identities reads the identities that the columns hold. d.identAdds has the numbers to be added to identities that
// are computed from the lines.
func (d *decoder) identities(s *streams, rows []store.Entry) {
	n := len(rows)
	d.identCodes = append(d.identCodes[:0], s.bytes(n, &s.plane)...)
	if s.err != nil {
		return
	}
	d.identAdds = d.identAdds[:0]
	for range s.count(maxAdds) {
		if b := s.take(8); s.err == nil {
			d.identAdds = append(d.identAdds, binary.LittleEndian.Uint64(b))
		}
	}
	var nShort, nWhole int
	for _, c := range d.identCodes {
		switch c {
		case identWhole:
			nWhole++
		case identShort:
			nShort++
		default:
			if int(c-identAdd) >= len(d.identAdds) {
				s.fail()
				return
			}
		}
	}
	d.short = s.numbers(nShort, d.short).all()
	d.whole = s.numbers(nWhole, d.whole).all()
	if s.err != nil {
		return
	}
	short, whole := d.short, d.whole
	for i, c := range d.identCodes {
		switch c {
		case identWhole:
			rows[i].Identity, whole = whole[0], whole[1:]
		case identShort:
			rows[i].Identity, short = short[0]&identMask, short[1:]
		}
	}
}

// identity completes the identity of row i, whose line is there.
func (d *decoder) identity(i int, r *store.Entry) {
	if c := d.identCodes[i]; c >= identAdd && r.Raw != nil {
		r.Identity = d.parser.Identity(r.Raw, &d.rec) + d.identAdds[c-identAdd]
	}
}

// derives reports whether some identities must be computed from the lines.
func (d *decoder) derives() bool {
	for _, c := range d.identCodes {
		if c >= identAdd {
			return true
		}
	}
	return false
}
