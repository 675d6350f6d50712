package bolt

import (
	"cmp"
	"encoding/binary"
	"math"
	"net/netip"
	"slices"

	"uncloak/parse"
	"uncloak/store"
)

// The columns of a block. A session is seen two or three times (new, update, end), so its addresses and ports are
// written once, and its later events refer to it. Translated addresses mostly repeat the others; what kind an event
// is, of which protocol and router, is one number for all of that.

// flow holds addresses and ports of a session, which its events share. Addresses are numbers in the block's address
// table; 0 stands for a missing address.
type flow struct {
	src, dst     uint32
	sport, dport uint16
}

// key is the flow as one number: a block has fewer than 65,536 addresses before their translations are looked at.
func (f *flow) key() uint64 {
	return uint64(f.src)<<48 | uint64(f.dst&0xffff)<<32 | uint64(f.sport)<<16 | uint64(f.dport)
}

// That number has room for two addresses of each row.
const _ = uint(1<<16 - 1 - 2*max(blockEvents, compactEvents))

// variety holds the columns that few events of a block differ in: they are stored as one number, an index into a table.
type variety struct {
	router             parse.Name
	spread             uint32
	kind               parse.Kind
	proto, state, flag uint8
}

// Translation of an event, as one number: for each of the four parts 0 (none), 1 (as before the translation) or 2
// (other), or all of it as it was in the last event of the same flow.
const (
	natNone, natSame, natOther = 0, 1, 2
	natAsBefore                = 81 // 3⁴
)

// Codes of addresses in their columns. Those that occur once stand in the order of the columns that use them.
const (
	addrOnce = iota
	addrNone
	addrRank // + rank by frequency
)

// columns writes all columns of rows to e.out. Their order is part of the format.
func (e *encoder) columns(rows []*store.Entry) {
	n := len(rows)
	e.flowOf, e.srcOf, e.sortOf = sized(e.flowOf, n), sized(e.srcOf, n), sized(e.sortOf, n)
	e.vals = sized(e.vals, n)
	e.number(rows)
	e.times(rows)
	e.sorts()
	e.flowColumns()
	e.natColumns(rows)
	e.nameColumn(rows, func(r *store.Entry) parse.Name { return r.Detail })
	e.received(rows)
	e.column(rows, func(r *store.Entry) uint64 { return r.Bytes })
	e.column(rows, func(r *store.Entry) uint64 { return uint64(r.Packets) })
	e.column(rows, func(r *store.Entry) uint64 { return uint64(r.Count) })
}

func sized[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, max(n, blockEvents))
	}
	return s[:n]
}

// number numbers the addresses, flows and varieties of the rows.
func (e *encoder) number(rows []*store.Entry) {
	clear(e.addrs)
	e.v4.reset()
	e.flows.reset()
	clear(e.sortIDs)
	e.addrList, e.v4ID, e.uses = e.addrList[:0], e.v4ID[:0], e.uses[:0]
	e.flowList, e.sortList = e.flowList[:0], e.sortList[:0]
	var src, dst netip.Addr
	var s, d uint32
	var lastSort variety
	for i, r := range rows {
		if r.Src != src {
			src, s = r.Src, e.addr(r.Src)
		}
		if r.Dst != dst {
			dst, d = r.Dst, e.addr(r.Dst)
		}
		f := flow{s, d, r.SPort, r.DPort}
		id, fresh := e.flows.number(f.key())
		if fresh {
			e.flowList = append(e.flowList, f)
			e.use(s)
			e.use(d)
		}
		e.flowOf[i], e.srcOf[i] = id, s
		k := variety{r.Router, r.Spread, r.Kind, r.Proto, uint8(r.State), r.Flags}
		if i > 0 && k == lastSort {
			e.sortOf[i] = e.sortOf[i-1]
			continue
		}
		e.sortOf[i], lastSort = e.sort(k), k
	}
}

// sort returns the index of k in sortList, and appends k where it is new. Most blocks have fewer than eight
// varieties, so the first eight are compared one by one before the map is asked.
func (e *encoder) sort(k variety) uint32 {
	for i := range min(len(e.sortList), 8) {
		if e.sortList[i] == k {
			return uint32(i)
		}
	}
	id, ok := e.sortIDs[k]
	if !ok {
		id = uint32(len(e.sortList))
		e.sortIDs[k] = id
		e.sortList = append(e.sortList, k)
	}
	return id
}

// addr returns the number of an address, from 1 on; 0 for a missing one. Call use to count it as used.
func (e *encoder) addr(a netip.Addr) uint32 {
	if !a.IsValid() {
		return 0
	}
	if a.Is4() {
		b := a.As4()
		id, fresh := e.v4.number(uint64(binary.BigEndian.Uint32(b[:])))
		if fresh {
			e.v4ID = append(e.v4ID, e.newAddr(a))
		}
		return e.v4ID[id]
	}
	id, ok := e.addrs[a]
	if !ok {
		id = e.newAddr(a)
		e.addrs[a] = id
	}
	return id
}

func (e *encoder) newAddr(a netip.Addr) uint32 {
	e.addrList = append(e.addrList, a)
	e.uses = append(e.uses, 0)
	return uint32(len(e.addrList))
}

func (e *encoder) use(id uint32) {
	if id > 0 {
		e.uses[id-1]++
	}
}

func (e *encoder) column(rows []*store.Entry, get func(*store.Entry) uint64) {
	for i, r := range rows {
		e.vals[i] = get(r)
	}
	e.p.numbers(e.vals)
}

// times writes the steps from row to row.
func (e *encoder) times(rows []*store.Entry) {
	for i, r := range rows {
		e.vals[i] = 0
		if i > 0 {
			e.vals[i] = uint64(r.Time) - uint64(rows[i-1].Time)
		}
	}
	e.coarse(e.vals)
}

// coarse writes numbers in the coarsest unit that loses nothing: most stamps are whole seconds.
func (e *encoder) coarse(vals []uint64) {
	unit := uint64(math.MaxUint64)
	for _, v := range vals {
		for _, u := range []uint64{1e9, 1e6, 1e3, 1} {
			if u <= unit && v%u == 0 {
				unit = u
				break
			}
		}
	}
	for i := range vals {
		vals[i] /= unit
	}
	e.p.uvarint(unit)
	e.p.numbers(vals)
}

// sorts writes the table of varieties.
func (e *encoder) sorts() {
	e.p.uvarint(uint64(len(e.sortList)))
	for _, get := range []func(*variety) uint64{
		func(s *variety) uint64 { return uint64(s.spread) }, func(s *variety) uint64 { return uint64(s.kind) },
		func(s *variety) uint64 { return uint64(s.proto) }, func(s *variety) uint64 { return uint64(s.state) },
		func(s *variety) uint64 { return uint64(s.flag) },
	} {
		e.some = e.some[:0]
		for i := range e.sortList {
			e.some = append(e.some, get(&e.sortList[i]))
		}
		e.p.numbers(e.some)
	}
	e.names.reset()
	e.some = e.some[:0]
	for i := range e.sortList {
		e.some = append(e.some, e.names.id(e.sortList[i].router))
	}
	e.names.write(&e.p)
	e.p.numbers(e.some)
}

// flowColumns writes the flow of each row as the distance to the newest flow (0 is a new one), the variety of each
// row, and the ports of the flows.
func (e *encoder) flowColumns() {
	seen := uint32(0)
	for i, f := range e.flowOf {
		if f == seen {
			e.vals[i] = 0
			seen++
			continue
		}
		e.vals[i] = uint64(seen - f)
	}
	e.p.numbers(e.vals)
	for i, s := range e.sortOf {
		e.vals[i] = uint64(s)
	}
	e.p.numbers(e.vals, e.flowOf)
	e.p.uvarint(uint64(len(e.flowList)))
	e.some = e.some[:0]
	for i := range e.flowList {
		e.some = append(e.some, uint64(e.flowList[i].sport))
	}
	e.p.numbers(e.some)
	e.some = e.some[:0]
	for i := range e.flowList {
		e.some = append(e.some, uint64(e.flowList[i].dport))
	}
	e.p.numbers(e.some)
}

// natColumns writes the translations and then all addresses: how often each is used is known only now.
func (e *encoder) natColumns(rows []*store.Entry) {
	e.natSrc, e.natDst = e.natSrc[:0], e.natDst[:0]
	e.natSport, e.natDport = e.natSport[:0], e.natDport[:0]
	e.lastNAT = sized(e.lastNAT, len(e.flowList))
	clear(e.lastNAT)
	for i, r := range rows {
		last := &e.lastNAT[e.flowOf[i]]
		if *last != nil && r.NATSrc == (*last).NATSrc && r.NATDst == (*last).NATDst &&
			r.NATSPort == (*last).NATSPort && r.NATDPort == (*last).NATDPort {
			e.vals[i] = natAsBefore
			continue
		}
		code := e.natAddr(r.NATSrc, r.Src, &e.natSrc) + 3*natPort(r.NATSPort, r.SPort, &e.natSport) +
			9*e.natAddr(r.NATDst, r.Dst, &e.natDst) + 27*natPort(r.NATDPort, r.DPort, &e.natDport)
		if code != 0 {
			*last = r
		}
		e.vals[i] = code
	}
	e.p.numbers(e.vals, e.sortOf)
	e.addresses()
	for _, ports := range [][]uint64{e.natSport, e.natDport} {
		e.p.uvarint(uint64(len(ports)))
		e.p.numbers(ports)
	}
}

func (e *encoder) natAddr(a, before netip.Addr, others *[]uint64) uint64 {
	switch {
	case !a.IsValid():
		return natNone
	case a == before:
		return natSame
	}
	id := e.addr(a)
	e.use(id)
	*others = append(*others, uint64(id))
	return natOther
}

func natPort(p, before uint16, others *[]uint64) uint64 {
	switch p {
	case 0:
		return natNone
	case before:
		return natSame
	}
	*others = append(*others, uint64(p))
	return natOther
}

// addresses writes the four address columns, then the table: by frequency, then those that occur once as they occur.
func (e *encoder) addresses() {
	once := e.rank()
	e.p.uvarint(uint64(len(e.byUse)))
	e.p.uvarint(uint64(once))
	e.once = e.once[:0]
	e.some = e.some[:0]
	ctx := e.ctx[:0]
	for i := range e.flowList {
		e.some = append(e.some, e.code(e.flowList[i].src))
	}
	e.p.numbers(e.some)
	e.some = e.some[:0]
	for i := range e.flowList {
		e.some = append(e.some, e.code(e.flowList[i].dst))
		ctx = append(ctx, e.flowList[i].src)
	}
	e.ctx = ctx
	e.p.numbers(e.some, ctx)
	for _, ids := range [][]uint64{e.natSrc, e.natDst} {
		for i, id := range ids {
			ids[i] = e.code(uint32(id))
		}
		e.p.uvarint(uint64(len(ids)))
		e.p.numbers(ids)
	}
	e.addrTable()
}

// rank orders the addresses that are used more than once by frequency; e.ranks[id] is the code of one. It returns the
// number of addresses that are used once.
func (e *encoder) rank() (once int) {
	e.byUse = e.byUse[:0]
	for i, n := range e.uses {
		if n > 1 {
			e.byUse = append(e.byUse, uint32(i+1))
		}
	}
	slices.SortStableFunc(e.byUse, func(a, b uint32) int { return cmp.Compare(e.uses[b-1], e.uses[a-1]) })
	e.ranks = sized(e.ranks, len(e.uses)+1)
	clear(e.ranks)
	for i, id := range e.byUse {
		e.ranks[id] = uint64(addrRank + i)
	}
	return len(e.uses) - len(e.byUse)
}

// code returns the code of an address in a column.
func (e *encoder) code(id uint32) uint64 {
	if id == 0 {
		return addrNone
	}
	c := e.ranks[id]
	if c == addrOnce {
		e.once = append(e.once, id)
	}
	return c
}

// addrTable writes the addresses: their form (4, 16 or 17 bytes, where a zone follows), then each form for itself.
func (e *encoder) addrTable() {
	e.table = append(append(e.table[:0], e.byUse...), e.once...)
	forms := make([]byte, 0, len(e.table))
	var v4, high, low []uint64
	var zones stringList
	for _, id := range e.table {
		a := e.addrList[id-1]
		if a.Is4() {
			b := a.As4()
			v4, forms = append(v4, uint64(binary.BigEndian.Uint32(b[:]))), append(forms, 4)
			continue
		}
		b := a.As16()
		high, low = append(high, binary.BigEndian.Uint64(b[:])), append(low, binary.BigEndian.Uint64(b[8:]))
		if a.Zone() == "" {
			forms = append(forms, 16)
		} else {
			forms = append(forms, 17)
			zones.add(a.Zone())
		}
	}
	e.p.bytes(forms)
	e.p.numbers(v4)
	e.p.numbers(high)
	e.p.numbers(low)
	zones.write(&e.p)
}

// nameColumn writes a table of names and a column of indexes into it.
func (e *encoder) nameColumn(rows []*store.Entry, get func(r *store.Entry) parse.Name) {
	e.names.reset()
	for i, r := range rows {
		e.vals[i] = e.names.id(get(r))
	}
	e.names.write(&e.p)
	e.p.numbers(e.vals, e.srcOf, e.sortOf)
}

// received writes which rows have a time of reception, and how long after the time of the event that is.
func (e *encoder) received(rows []*store.Entry) {
	has := make([]byte, len(rows))
	e.some = e.some[:0]
	for i, r := range rows {
		if r.Recv != 0 {
			has[i] = 1
			e.some = append(e.some, zigzag(r.Recv-r.Time))
		}
	}
	e.p.bytes(has)
	e.coarse(e.some)
}

// stringList is a table of strings: their lengths, and their bytes one behind the other.
type stringList struct {
	lens []uint64
	text []byte
}

func (s *stringList) add(v string) {
	s.lens = append(s.lens, uint64(len(v)))
	s.text = append(s.text, v...)
}

func (s *stringList) write(p *packer) { p.strings(s.lens, s.text) }

// nameTable numbers names in order of appearance.
type nameTable struct {
	ids   map[parse.Name]uint64
	last  parse.Name
	index uint64
	list  stringList
}

func (t *nameTable) reset() {
	clear(t.ids)
	t.list.lens, t.list.text = t.list.lens[:0], t.list.text[:0]
}

func (t *nameTable) id(n parse.Name) uint64 {
	if n == t.last && len(t.list.lens) > 0 {
		return t.index
	}
	k, ok := t.ids[n]
	if !ok {
		k = uint64(len(t.list.lens))
		t.ids[n] = k
		t.list.add(n.String())
	}
	t.last, t.index = n, k
	return k
}

func (t *nameTable) write(p *packer) { t.list.write(p) }
