package bolt

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/cespare/xxhash/v2"

	"uncloak/parse"
	"uncloak/store"
)

// A block is a header, two bloom filters (of the addresses in it, and of the public ends, see bloom.go), the columns
// (rows.go), and what the columns do not say of the raw lines (lines.go), which a reader may leave alone.
const (
	blockVersion = 2
	blockEvents  = 16384    // smaller ones cost bytes, larger ones cost memory where blocks overlap
	blockRaw     = 4 << 20  // a block of long lines is cut sooner
	maxLine      = 16 << 20 // longest raw line; ingest cuts at far less
	maxPlain     = 64 << 20 // largest section that is decoded
	maxRows      = 1 << 16  // most events of a block that is decoded
)

// header holds what a reader needs in order to skip a block without decoding it. On disk: these fields in this order,
// little endian, with the version byte before and xxhash64 of header and filters behind.
type header struct {
	count           uint32
	min, max        int64  // ns
	spread          uint32 // largest Spread, ms
	kinds           uint64 // bit k: has events of kind k; bit 63: of kind 62 or more; bit 62: routersIn
	bloom, ends     uint32 // lengths in bytes
	cols            uint32
	raw, rawPlain   uint32 // compressed, and decoded
	colsSum, rawSum uint64 // xxhash64 of these sections
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
	for _, n := range []uint32{h.bloom, h.ends, h.cols, h.raw, h.rawPlain} {
		b = le.AppendUint32(b, n)
	}
	b = le.AppendUint64(b, h.colsSum)
	return le.AppendUint64(b, h.rawSum)
}

// parseHeader checks the header and the length of the whole block; filters are the two bloom filters behind the header.
func parseHeader(b []byte) (h header, filters []byte, err error) {
	h, filters, err = parseHeaderPart(b)
	if err == nil && len(b) != h.columnsEnd()+int(h.raw) {
		err = errDamaged
	}
	return h, filters, err
}

// readHead is parseHeader of a block that must stand under its own key, which has its first time and seq.
func readHead(key, b []byte) (seq uint64, h header, filters []byte, err error) {
	first, seq, ok := parseKey(key)
	h, filters, err = parseHeader(b)
	if err == nil && (!ok || first != h.min) {
		err = errDamaged
	}
	return seq, h, filters, err
}

// parseHeaderPart is parseHeader of a block that may lack its raw lines.
func parseHeaderPart(b []byte) (h header, filters []byte, err error) {
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
	for i, p := range []*uint32{&h.bloom, &h.ends, &h.cols, &h.raw, &h.rawPlain} {
		*p = le.Uint32(b[33+4*i:])
	}
	h.colsSum, h.rawSum = le.Uint64(b[53:]), le.Uint64(b[61:])
	if h.count == 0 || h.count > maxRows || h.rawPlain > maxPlain || h.min > h.max ||
		uint64(len(b)) < headerLen+uint64(h.bloom)+uint64(h.ends)+uint64(h.cols) {
		return h, nil, errDamaged
	}
	filters = b[headerLen:h.filtersEnd()]
	if sumHeader(b[:headerLen-8], filters) != le.Uint64(b[69:]) {
		return h, nil, errDamaged
	}
	return h, filters, nil
}

func sumHeader(head, filters []byte) uint64 {
	var d xxhash.Digest
	d.Reset()
	_, _ = d.Write(head) // never fails
	_, _ = d.Write(filters)
	return d.Sum64()
}

// columnsEnd is the length of a block without its raw lines.
func (h *header) columnsEnd() int { return h.filtersEnd() + int(h.cols) }

func (h *header) filtersEnd() int { return headerLen + int(h.bloom) + int(h.ends) }

// encoder turns sorted entries into blocks. It is reused; one goroutine at a time.
type encoder struct {
	p      packer
	lines  *liner
	parser *parse.Parser
	rec    parse.Record
	hurry  bool // leave the lines whole

	v4       numbering             // of the block's IPv4 addresses
	v4ID     []uint32              // by those: their numbers among all, from 1
	addrs    map[netip.Addr]uint32 // the same for other than IPv4
	addrList []netip.Addr
	uses     []uint32
	flows    numbering // by index in flowList
	flowList []flow
	sortIDs  map[variety]uint32
	sortList []variety
	flowOf   []uint32 // by row
	srcOf    []uint32
	sortOf   []uint32
	lastNAT  []*store.Entry // by flow

	natSrc, natDst, natSport, natDport []uint64 // those that are like nothing else

	byUse, once, table []uint32 // addresses
	ranks              []uint64
	names              nameTable
	vals, some         []uint64
	ctx                []uint32

	derived    []uint64
	addCount   map[uint64]int
	addCode    map[uint64]byte
	identCodes []byte
	ends       ends
}

func newEncoder(z *codec) *encoder {
	return &encoder{p: *newPacker(z), lines: newLiner(), parser: parse.NewParser(), addrs: map[netip.Addr]uint32{},
		sortIDs: map[variety]uint32{}, names: nameTable{ids: map[parse.Name]uint64{}},
		addCount: map[uint64]int{}, addCode: map[uint64]byte{}}
}

// encode makes a block of entries that are sorted by time. The caller owns the result.
func (e *encoder) encode(rows []*store.Entry) ([]byte, header) {
	h := header{count: uint32(len(rows)), min: rows[0].Time, max: rows[len(rows)-1].Time}
	for _, r := range rows {
		h.kinds |= kindBit(r.Kind)
		h.spread = max(h.spread, r.Spread)
		if r.Aside != (parse.Name{}) {
			h.kinds |= asidesIn
		}
	}
	e.p.out, e.p.hurry = e.p.out[:0], e.hurry
	e.columns(rows)
	if h.kinds&asidesIn != 0 {
		e.nameColumn(rows, func(r *store.Entry) parse.Name { return r.Aside })
	}
	e.identities(rows)
	cols := len(e.p.out)
	write := e.lines.write
	if e.hurry {
		write = e.lines.writeWhole
	}
	plain := write(&e.p, e, rows)
	h.kinds |= routersIn
	bloom, public := makeBloom(e.addrList, e.sortList), e.ends.filter(rows)
	h.bloom, h.ends, h.cols = uint32(len(bloom)), uint32(len(public)), uint32(cols)
	h.raw, h.rawPlain = uint32(len(e.p.out)-cols), uint32(plain)
	h.colsSum, h.rawSum = xxhash.Sum64(e.p.out[:cols]), xxhash.Sum64(e.p.out[cols:])

	out := make([]byte, headerLen, headerLen+len(bloom)+len(public)+len(e.p.out))
	out = append(append(append(out, bloom...), public...), e.p.out...)
	head := h.append(out[:0])
	binary.LittleEndian.PutUint64(out[len(head):], sumHeader(head, out[headerLen:h.filtersEnd()]))
	return out, h
}

// routersIn is set in the kinds of a header whose first filter holds the names of routers beside the addresses. Blocks
// written before that do not have it.
const routersIn = 1 << 62

// asidesIn is set in the kinds of a header whose block has a column of second words (parse.Event.Aside). Few have one.
const asidesIn = 1 << 61

// oddKinds is the first of the kinds that share one bit of a header.
const oddKinds = 61

func kindBit(k parse.Kind) uint64 {
	if k >= oddKinds {
		return 1 << 63
	}
	return 1 << k
}
