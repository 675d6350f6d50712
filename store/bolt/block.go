package bolt

import (
	"encoding/binary"
	"fmt"
	"math"
	"net/netip"

	"github.com/cespare/xxhash/v2"

	"uncloak/parse"
	"uncloak/store"
)

// A block is a header, a bloom filter of the addresses in it, the columns (identities as they are, for hashes do not
// compress, then the rest in one zstd frame), and the raw lines in another frame, which a reader may leave alone.
const (
	blockVersion = 1
	blockEvents  = 4096     // smaller ones cost bytes, larger ones cost memory where blocks overlap
	blockRaw     = 4 << 20  // a block of long lines is cut sooner
	maxLine      = 16 << 20 // longest raw line; ingest cuts at far less
	maxPlain     = 64 << 20 // largest section that is decoded
	maxRows      = 1 << 16  // most events of a block that is decoded
)

// header is what a reader must know to leave a block alone. On disk: these fields in this order, little endian, with
// the version byte before and xxhash64 of header and bloom filter behind.
type header struct {
	count           uint32
	min, max        int64  // ns
	spread          uint32 // largest Spread, ms
	kinds           uint64 // bit k: has events of kind k; bit 63: of kind 63 or more
	bloom           uint32 // lengths in bytes
	cols, colsPlain uint32 // compressed, and decoded
	raw, rawPlain   uint32
	identSum        uint64 // xxhash64 of identities and compressed columns
	rawSum          uint64
}

const headerLen = 1 + 4 + 8 + 8 + 4 + 8 + 5*4 + 8 + 8 + 8

func (h *header) append(b []byte) []byte {
	le := binary.LittleEndian
	b = append(b, blockVersion)
	b = le.AppendUint32(b, h.count)
	b = le.AppendUint64(b, uint64(h.min))
	b = le.AppendUint64(b, uint64(h.max))
	b = le.AppendUint32(b, h.spread)
	b = le.AppendUint64(b, h.kinds)
	for _, n := range []uint32{h.bloom, h.cols, h.colsPlain, h.raw, h.rawPlain} {
		b = le.AppendUint32(b, n)
	}
	b = le.AppendUint64(b, h.identSum)
	return le.AppendUint64(b, h.rawSum)
}

// parseHeader checks the header and the length of the whole block; bloom is the filter behind it.
func parseHeader(b []byte) (h header, bloom []byte, err error) {
	h, bloom, err = parseHeaderPart(b)
	if err == nil && len(b) != h.columnsEnd()+int(h.raw) {
		err = errDamaged
	}
	return h, bloom, err
}

// parseHeaderPart is parseHeader of a block that may lack its raw lines.
func parseHeaderPart(b []byte) (h header, bloom []byte, err error) {
	le := binary.LittleEndian
	if len(b) < headerLen {
		return h, nil, errDamaged
	}
	if b[0] != blockVersion {
		return h, nil, fmt.Errorf("%w: block version %d", errDamaged, b[0])
	}
	h.count = le.Uint32(b[1:])
	h.min, h.max = int64(le.Uint64(b[5:])), int64(le.Uint64(b[13:]))
	h.spread, h.kinds = le.Uint32(b[21:]), le.Uint64(b[25:])
	for i, p := range []*uint32{&h.bloom, &h.cols, &h.colsPlain, &h.raw, &h.rawPlain} {
		*p = le.Uint32(b[33+4*i:])
	}
	h.identSum, h.rawSum = le.Uint64(b[53:]), le.Uint64(b[61:])
	if h.count == 0 || h.count > maxRows || h.colsPlain > maxPlain || h.rawPlain > maxPlain || h.min > h.max ||
		uint64(len(b)) < headerLen+uint64(h.bloom)+8*uint64(h.count)+uint64(h.cols) {
		return h, nil, errDamaged
	}
	bloom = b[headerLen : headerLen+int(h.bloom)]
	if sumHeader(b[:headerLen-8], bloom) != le.Uint64(b[69:]) {
		return h, nil, errDamaged
	}
	return h, bloom, nil
}

func sumHeader(head, bloom []byte) uint64 {
	var d xxhash.Digest
	d.Reset()
	_, _ = d.Write(head) // never fails
	_, _ = d.Write(bloom)
	return d.Sum64()
}

// columnsEnd is where the part of a block ends that a reader needs who does not want raw lines.
func (h *header) columnsEnd() int { return headerLen + int(h.bloom) + 8*int(h.count) + int(h.cols) }

// encoder turns sorted entries into blocks. It is reused; one goroutine at a time.
type encoder struct {
	z      *codec
	vals   []uint64
	plain  []byte
	packed []byte
	names  map[parse.Name]uint64
	addrs  map[netip.Addr]uint64
	order  []netip.Addr
}

func newEncoder(z *codec) *encoder {
	return &encoder{z: z, names: map[parse.Name]uint64{}, addrs: map[netip.Addr]uint64{}}
}

// encode is the block of these entries, which are sorted by time; the caller owns it.
func (e *encoder) encode(rows []*store.Entry) ([]byte, header) {
	h := header{count: uint32(len(rows)), min: rows[0].Time, max: rows[len(rows)-1].Time}
	for _, r := range rows {
		h.kinds |= kindBit(r.Kind)
		h.spread = max(h.spread, r.Spread)
	}
	e.columns(rows)
	bloom := makeBloom(e.order)
	h.bloom = uint32(len(bloom))
	out := make([]byte, headerLen, headerLen+len(bloom)+8*len(rows)+len(rows)*24)
	out = append(out, bloom...)
	start := len(out)
	for _, r := range rows {
		out = binary.LittleEndian.AppendUint64(out, r.Identity)
	}
	colsAt := len(out)
	out = e.z.compress(e.plain, out)
	h.colsPlain, h.cols, h.identSum = uint32(len(e.plain)), uint32(len(out)-colsAt), xxhash.Sum64(out[start:])

	e.raws(rows)
	rawAt := len(out)
	out = e.z.compress(e.plain, out)
	h.rawPlain, h.raw, h.rawSum = uint32(len(e.plain)), uint32(len(out)-rawAt), xxhash.Sum64(out[rawAt:])

	head := h.append(out[:0])
	binary.LittleEndian.PutUint64(out[len(head):], sumHeader(head, bloom))
	return out, h
}

func kindBit(k parse.Kind) uint64 { return 1 << min(k, 63) }

// columns writes the columns of rows into e.plain. Their order is part of the format: what removal of duplicates
// reads comes first.
func (e *encoder) columns(rows []*store.Entry) {
	e.plain = e.plain[:0]
	if cap(e.vals) < len(rows) {
		e.vals = make([]uint64, max(len(rows), blockEvents))
	}
	e.times(rows)
	e.column(rows, func(r *store.Entry) uint64 { return uint64(r.Spread) })
	e.column(rows, func(r *store.Entry) uint64 { return uint64(r.Kind) })
	e.column(rows, func(r *store.Entry) uint64 { return uint64(r.Proto) })
	e.column(rows, func(r *store.Entry) uint64 { return uint64(r.State) })
	e.column(rows, func(r *store.Entry) uint64 { return uint64(r.Flags) })
	e.nameColumn(rows, func(r *store.Entry) parse.Name { return r.Router })
	e.nameColumn(rows, func(r *store.Entry) parse.Name { return r.Detail })
	e.addrColumns(rows)
	e.column(rows, func(r *store.Entry) uint64 { return uint64(r.SPort) })
	e.column(rows, func(r *store.Entry) uint64 { return uint64(r.DPort) })
	e.column(rows, func(r *store.Entry) uint64 { return uint64(r.NATSPort) })
	e.column(rows, func(r *store.Entry) uint64 { return uint64(r.NATDPort) })
	last := int64(0)
	e.column(rows, func(r *store.Entry) uint64 { d := r.Recv - last; last = r.Recv; return zigzag(d) })
	e.column(rows, func(r *store.Entry) uint64 { return r.Bytes })
	e.column(rows, func(r *store.Entry) uint64 { return uint64(r.Packets) })
	e.column(rows, func(r *store.Entry) uint64 { return uint64(r.Count) })
}

func (e *encoder) column(rows []*store.Entry, get func(*store.Entry) uint64) {
	vals := e.vals[:len(rows)]
	for i, r := range rows {
		vals[i] = get(r)
	}
	e.plain = appendColumn(e.plain, vals)
}

// times writes the steps from row to row in the coarsest unit that loses nothing: most stamps are whole seconds.
func (e *encoder) times(rows []*store.Entry) {
	unit := uint64(math.MaxUint64)
	for i, r := range rows {
		e.vals[i] = 0
		if i > 0 {
			e.vals[i] = uint64(r.Time) - uint64(rows[i-1].Time)
		}
		for _, u := range []uint64{1e9, 1e6, 1e3, 1} {
			if u <= unit && e.vals[i]%u == 0 {
				unit = u
				break
			}
		}
	}
	for i := range rows {
		e.vals[i] /= unit
	}
	e.plain = appendColumn(binary.AppendUvarint(e.plain, unit), e.vals[:len(rows)])
}

// nameColumn writes the different names in order of appearance, then which one each row has.
func (e *encoder) nameColumn(rows []*store.Entry, get func(*store.Entry) parse.Name) {
	clear(e.names)
	e.packed = e.packed[:0]
	last, lastIndex := parse.Name{}, uint64(0)
	for i, r := range rows {
		n := get(r)
		if i == 0 || n != last {
			k, ok := e.names[n]
			if !ok {
				k = uint64(len(e.names))
				e.names[n] = k
				s := n.String()
				e.packed = append(binary.AppendUvarint(e.packed, uint64(len(s))), s...)
			}
			last, lastIndex = n, k
		}
		e.vals[i] = lastIndex
	}
	e.plain = append(binary.AppendUvarint(e.plain, uint64(len(e.names))), e.packed...)
	e.plain = appendColumn(e.plain, e.vals[:len(rows)])
}

// addrColumns writes one dictionary for all four addresses, then a column of indices for each; 0 is no address.
func (e *encoder) addrColumns(rows []*store.Entry) {
	clear(e.addrs)
	e.order = e.order[:0]
	var cols [4][]byte
	for c := range cols {
		last, lastIndex := netip.Addr{}, uint64(0)
		for i, r := range rows {
			a := *addrOf(r, c)
			if a != last {
				k, ok := uint64(0), !a.IsValid()
				if !ok {
					k, ok = e.addrs[a]
				}
				if !ok {
					e.order = append(e.order, a)
					k = uint64(len(e.order))
					e.addrs[a] = k
				}
				last, lastIndex = a, k
			}
			e.vals[i] = lastIndex
		}
		cols[c] = appendColumn(nil, e.vals[:len(rows)])
	}
	e.plain = binary.AppendUvarint(e.plain, uint64(len(e.order)))
	for _, a := range e.order {
		e.plain = appendAddr(e.plain, a)
	}
	for _, c := range cols {
		e.plain = append(e.plain, c...)
	}
}

func addrOf(r *store.Entry, column int) *netip.Addr {
	switch column {
	case 0:
		return &r.Src
	case 1:
		return &r.Dst
	case 2:
		return &r.NATSrc
	default:
		return &r.NATDst
	}
}

// appendAddr writes the length (4, 16, or 17 where a zone follows) and the bytes; a 4in6 address stays one.
func appendAddr(b []byte, a netip.Addr) []byte {
	if a.Is4() {
		x := a.As4()
		return append(append(b, 4), x[:]...)
	}
	x, zone := a.As16(), a.Zone()
	if zone == "" {
		return append(append(b, 16), x[:]...)
	}
	b = append(append(b, 17), x[:]...)
	return append(binary.AppendUvarint(b, uint64(len(zone))), zone...)
}

// raws writes the lengths of all lines and then the lines into e.plain.
func (e *encoder) raws(rows []*store.Entry) {
	e.plain = e.plain[:0]
	for _, r := range rows {
		e.plain = binary.AppendUvarint(e.plain, uint64(len(r.Raw)))
	}
	for _, r := range rows {
		e.plain = append(e.plain, r.Raw...)
	}
}
