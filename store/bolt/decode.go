package bolt

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"

	"github.com/cespare/xxhash/v2"

	"uncloak/parse"
	"uncloak/store"
)

// decoder turns blocks into entries. Its buffers are reused; one goroutine at a time.
type decoder struct {
	z      *codec
	s      streams
	vals   []uint64
	some   [4][]uint64
	names  map[string]parse.Name // interned before; interning costs more than all columns of a row
	parser *parse.Parser
	rec    parse.Record

	routers  nameTexts
	details  nameTexts
	asides   nameTexts
	addrs    []netip.Addr // of the block; the first stands for a missing one
	sorts    []variety    // without their routers
	routerOf []uint64     // by sort: place in routers
	flows    []flow       // addresses are places in addrs
	flowOf   []uint32
	srcOf    []uint32
	sortOf   []uint32
	ctx      []uint32
	natCodes []uint64
	lastNAT  []int32 // by flow: row + 1

	identCodes   []byte
	identAdds    []uint64
	short, whole []uint64

	lines unliner
	touch *touched // counts what is decoded; may be nil
	marks []bool
	rows  []store.Entry // of light, as is text
	text  []byte
}

// maxNames bounds the cache of interned names.
const maxNames = 1 << 14

func newDecoder(z *codec) *decoder {
	return &decoder{z: z, names: map[string]parse.Name{}, parser: parse.NewParser()}
}

// columns decodes everything but the raw lines of block b into dst, which it enlarges as needed. Raw is nil, and
// Router, Detail and Aside are missing until name is called for the row.
func (d *decoder) columns(b []byte, h *header, dst []store.Entry) ([]store.Entry, error) {
	cols := b[h.filtersEnd():h.columnsEnd()]
	if xxhash.Sum64(cols) != h.colsSum {
		return dst[:0], fmt.Errorf("%w: checksum of columns", errDamaged)
	}
	d.s = streams{b: cols, z: d.z, plane: d.s.plane}
	s, n := &d.s, int(h.count)
	d.touch.block(n)
	rows := slices.Grow(dst[:0], n)[:n]
	clear(rows)
	d.flowOf, d.srcOf, d.sortOf = sized(d.flowOf, n), sized(d.srcOf, n), sized(d.sortOf, n)
	d.vals = sized(d.vals, n)
	d.times(s, h, rows)
	d.sortTable(s, n)
	d.flowColumns(s, rows)
	d.nameColumn(s, n, &d.details)
	d.received(s, rows)
	d.column(s, n, func(i int, v uint64) { rows[i].Bytes = v })
	d.column(s, n, func(i int, v uint64) { rows[i].Packets = uint32(v) })
	d.column(s, n, func(i int, v uint64) { rows[i].Count = uint32(v) })
	d.asides = nameTexts{of: d.asides.of}
	if h.kinds&asidesIn != 0 {
		d.nameColumn(s, n, &d.asides)
	}
	d.identities(s, rows)
	if s.err != nil || len(s.b) != 0 {
		return rows[:0], fmt.Errorf("%w: columns", errDamaged)
	}
	return rows, nil
}

// column reads a stream and calls set for each number, but not where all are 0.
func (d *decoder) column(s *streams, n int, set func(i int, v uint64)) {
	v := s.numbers(n, d.vals)
	if v.vals == nil && v.same == 0 {
		return
	}
	for i, x := range v.all() {
		set(i, x)
	}
}

// times fills in the times, and checks them against the header.
func (d *decoder) times(s *streams, h *header, rows []store.Entry) {
	unit := s.uvarint()
	t := h.min
	for i, step := range s.numbers(len(rows), d.vals).all() {
		last := t
		if t += int64(step * unit); t < last {
			s.fail()
		}
		rows[i].Time = t
	}
	if t != h.max {
		s.fail()
	}
}

// sortTable reads the table of sorts. Which one each row has depends on its flow, and comes later.
func (d *decoder) sortTable(s *streams, rows int) {
	n := s.count(rows)
	d.sorts = sized(d.sorts, n)
	for f := range 5 {
		for i, v := range s.numbers(n, d.some[0]).all() {
			k := &d.sorts[i]
			switch f {
			case 0:
				k.spread = uint32(v)
			case 1:
				k.kind = parse.Kind(v)
			case 2:
				k.proto = uint8(v)
			case 3:
				k.state = uint8(v)
			default:
				k.flag = uint8(v)
			}
		}
	}
	d.routers.read(s, rows)
	d.routerOf = s.numbers(n, d.routerOf).all()
	for _, v := range d.routerOf {
		if v >= uint64(len(d.routers.text)) {
			s.fail()
			return
		}
	}
}

func (d *decoder) intern(b []byte) parse.Name {
	n, ok := d.names[string(b)]
	if !ok {
		if len(d.names) >= maxNames {
			clear(d.names)
		}
		v := string(b)
		n = parse.MakeName(v)
		d.names[v] = n
	}
	return n
}

// flowColumns reads flows, sorts, translations and addresses into rows.
func (d *decoder) flowColumns(s *streams, rows []store.Entry) {
	n := len(rows)
	flows := d.flowRefs(s, n)
	for i, v := range s.within(n, d.vals, d.flowOf).all() {
		if v >= uint64(len(d.sorts)) {
			s.fail()
			return
		}
		d.sortOf[i] = uint32(v)
	}
	if got := s.count(n); got != flows || s.err != nil {
		s.fail()
		return
	}
	d.flows = sized(d.flows, flows)
	for i, v := range s.numbers(flows, d.some[0]).all() {
		d.flows[i].sport = uint16(v)
	}
	for i, v := range s.numbers(flows, d.some[0]).all() {
		d.flows[i].dport = uint16(v)
	}
	d.natCodes = sized(d.natCodes, n)
	d.natCodes = s.within(n, d.natCodes, d.sortOf).all()
	natSrc, natDst := d.addresses(s, flows, n)
	var ports [2][]uint64
	for i := range ports {
		ports[i] = s.numbers(s.count(n), d.some[2+i]).all()
	}
	if s.err == nil {
		d.fill(s, rows, natSrc, natDst, ports)
	}
}

// flowRefs reads which flow each row has, and returns the number of flows.
func (d *decoder) flowRefs(s *streams, n int) (flows int) {
	for i, v := range s.numbers(n, d.vals).all() {
		switch {
		case v == 0:
			d.flowOf[i] = uint32(flows)
			flows++
		case v <= uint64(flows):
			d.flowOf[i] = uint32(flows) - uint32(v)
		default:
			s.fail()
			return 0
		}
	}
	return flows
}

// addresses reads the four address columns and the table.
func (d *decoder) addresses(s *streams, flows, rows int) (natSrc, natDst []uint64) {
	ranked := s.count(4 * rows)
	once := s.count(4*rows - ranked)
	next := uint64(ranked) + 1
	place := func(code uint64) uint64 {
		switch {
		case code == addrOnce:
			next++
			return next - 1
		case code == addrNone:
			return 0
		case code-addrRank >= uint64(ranked):
			s.fail()
			return 0
		}
		return code - addrRank + 1
	}
	for i, v := range s.numbers(flows, d.some[0]).all() {
		d.flows[i].src = uint32(place(v))
	}
	d.ctx = sized(d.ctx, flows)
	if s.err != nil {
		return nil, nil
	}
	for i := range d.flows {
		d.ctx[i] = d.flows[i].src
	}
	for i, v := range s.within(flows, d.some[0], d.ctx).all() {
		d.flows[i].dst = uint32(place(v))
	}
	natSrc = s.numbers(s.count(rows), d.some[0]).all()
	for i, v := range natSrc {
		natSrc[i] = place(v)
	}
	natDst = s.numbers(s.count(rows), d.some[1]).all()
	for i, v := range natDst {
		natDst[i] = place(v)
	}
	if next != uint64(ranked+once)+1 {
		s.fail()
		return nil, nil
	}
	d.addrTable(s, ranked+once)
	return natSrc, natDst
}

func (d *decoder) addrTable(s *streams, n int) {
	forms := append([]byte(nil), s.bytes(n, &s.plane)...)
	var n4, n16, zoned int
	for _, f := range forms {
		switch f {
		case 4:
			n4++
		case 17:
			zoned++
			n16++
		case 16:
			n16++
		default:
			s.fail()
			return
		}
	}
	v4 := s.numbers(n4, nil).all()
	high, low := s.numbers(n16, nil).all(), s.numbers(n16, nil).all()
	zones := s.strings(zoned)
	if s.err != nil || len(zones) != zoned || len(forms) != n {
		s.fail()
		return
	}
	d.addrs = append(slices.Grow(d.addrs[:0], n+1), netip.Addr{})
	var b [16]byte
	for _, f := range forms {
		if f == 4 {
			binary.BigEndian.PutUint32(b[:], uint32(v4[0]))
			d.addrs, v4 = append(d.addrs, netip.AddrFrom4([4]byte(b[:4]))), v4[1:]
			continue
		}
		binary.BigEndian.PutUint64(b[:], high[0])
		binary.BigEndian.PutUint64(b[8:], low[0])
		high, low = high[1:], low[1:]
		a := netip.AddrFrom16(b)
		if f == 17 {
			a, zones = a.WithZone(string(zones[0])), zones[1:]
		}
		d.addrs = append(d.addrs, a)
	}
}

// fill writes what all rows have of flows, sorts and translations.
func (d *decoder) fill(s *streams, rows []store.Entry, natSrc, natDst []uint64, ports [2][]uint64) {
	d.lastNAT = sized(d.lastNAT, len(d.flows))
	clear(d.lastNAT)
	other := func(list *[]uint64) uint64 {
		if len(*list) == 0 {
			s.fail()
			return 0
		}
		v := (*list)[0]
		*list = (*list)[1:]
		return v
	}
	for i := range rows {
		r, id := &rows[i], d.flowOf[i]
		f, k := &d.flows[id], &d.sorts[d.sortOf[i]]
		d.srcOf[i] = f.src
		r.Src, r.Dst, r.SPort, r.DPort = d.addrs[f.src], d.addrs[f.dst], f.sport, f.dport
		r.Spread, r.Kind, r.Proto, r.State, r.Flags = k.spread, k.kind, k.proto, parse.State(k.state), k.flag
		code := d.natCodes[i]
		if code == 0 {
			continue
		}
		if code == natAsBefore {
			if d.lastNAT[id] == 0 {
				s.fail()
				return
			}
			l := &rows[d.lastNAT[id]-1]
			r.NATSrc, r.NATDst, r.NATSPort, r.NATDPort = l.NATSrc, l.NATDst, l.NATSPort, l.NATDPort
			continue
		}
		d.lastNAT[id] = int32(i + 1)
		switch code % 3 {
		case natSame:
			r.NATSrc = r.Src
		case natOther:
			r.NATSrc = d.addrs[other(&natSrc)]
		}
		switch code / 3 % 3 {
		case natSame:
			r.NATSPort = r.SPort
		case natOther:
			r.NATSPort = uint16(other(&ports[0]))
		}
		switch code / 9 % 3 {
		case natSame:
			r.NATDst = r.Dst
		case natOther:
			r.NATDst = d.addrs[other(&natDst)]
		}
		switch code / 27 % 3 {
		case natSame:
			r.NATDPort = r.DPort
		case natOther:
			r.NATDPort = uint16(other(&ports[1]))
		}
		if code > natAsBefore {
			s.fail()
			return
		}
	}
}

// nameColumn reads a table of names, and which of them each of n rows has.
func (d *decoder) nameColumn(s *streams, n int, t *nameTexts) {
	t.read(s, n)
	v := s.read(n, t.of, 2)
	if v.mode >= streamContext {
		v = s.resolve(v, d.srcOf, d.sortOf)
	}
	t.of = v.all()
	for _, x := range t.of {
		if x >= uint64(len(t.text)) {
			s.fail()
			return
		}
	}
}

func (d *decoder) received(s *streams, rows []store.Entry) {
	has := append([]byte(nil), s.bytes(len(rows), &s.plane)...)
	n := 0
	for _, b := range has {
		n += int(b & 1)
	}
	unit := s.uvarint()
	vals := s.numbers(n, d.vals).all()
	if s.err != nil {
		return
	}
	for i, b := range has {
		if b&1 != 0 {
			rows[i].Recv = rows[i].Time + unzigzag(vals[0]*unit)
			vals = vals[1:]
		}
	}
}
