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
	z     *codec
	vals  []uint64
	plain []byte
	names map[string]parse.Name // interned before; interning costs more than all columns of a row
	addrs []netip.Addr
	dict  []parse.Name
}

// maxNames bounds the cache of interned names.
const maxNames = 1 << 14

func newDecoder(z *codec) *decoder { return &decoder{z: z, names: map[string]parse.Name{}} }

// section is the decoded form of the columns of a block, whose checksum is right.
func (d *decoder) section(b []byte, h *header) (idents []byte, c *columns, err error) {
	at := headerLen + int(h.bloom)
	if xxhash.Sum64(b[at:h.columnsEnd()]) != h.identSum {
		return nil, nil, fmt.Errorf("%w: checksum of columns", errDamaged)
	}
	colsAt := at + 8*int(h.count)
	d.plain, err = d.z.decompress(b[colsAt:h.columnsEnd()], d.plain[:0], int(h.colsPlain))
	if err != nil {
		return nil, nil, err
	}
	if cap(d.vals) < int(h.count) {
		d.vals = make([]uint64, max(int(h.count), blockEvents))
	}
	return b[at:colsAt], &columns{b: d.plain, buf: d.vals[:h.count]}, nil
}

// times fills in the times by set, and checks them against the header.
func (c *columns) times(h *header, set func(i int, t int64)) {
	unit := c.uvarint()
	steps := c.read()
	t := h.min
	for i := range int(h.count) {
		if steps != nil {
			t += int64(steps[i] * unit)
		}
		set(i, t)
	}
	if t != h.max {
		c.fail()
	}
}

// columns decodes everything but the raw lines of block b into dst, which it enlarges as needed. Raw is nil.
func (d *decoder) columns(b []byte, h *header, dst []store.Entry) ([]store.Entry, error) {
	idents, c, err := d.section(b, h)
	if err != nil {
		return dst[:0], err
	}
	n := int(h.count)
	rows := slices.Grow(dst[:0], n)[:n]
	clear(rows)
	last := h.min
	c.times(h, func(i int, t int64) {
		if t < last {
			c.fail()
		}
		rows[i].Time, last = t, t
		rows[i].Identity = binary.LittleEndian.Uint64(idents[8*i:])
	})
	for i, v := range c.read() {
		rows[i].Spread = uint32(v)
	}
	for i, v := range c.read() {
		rows[i].Kind = parse.Kind(v)
	}
	for i, v := range c.read() {
		rows[i].Proto = uint8(v)
	}
	for i, v := range c.read() {
		rows[i].State = parse.State(v)
	}
	for i, v := range c.read() {
		rows[i].Flags = uint8(v)
	}
	d.nameColumn(c, func(i int, n parse.Name) { rows[i].Router = n })
	d.nameColumn(c, func(i int, n parse.Name) { rows[i].Detail = n })
	d.addrColumns(c, rows)
	for i, v := range c.read() {
		rows[i].SPort = uint16(v)
	}
	for i, v := range c.read() {
		rows[i].DPort = uint16(v)
	}
	for i, v := range c.read() {
		rows[i].NATSPort = uint16(v)
	}
	for i, v := range c.read() {
		rows[i].NATDPort = uint16(v)
	}
	recv := int64(0)
	for i, v := range c.read() {
		recv += unzigzag(v)
		rows[i].Recv = recv
	}
	for i, v := range c.read() {
		rows[i].Bytes = v
	}
	for i, v := range c.read() {
		rows[i].Packets = uint32(v)
	}
	for i, v := range c.read() {
		rows[i].Count = uint32(v)
	}
	if c.err != nil || len(c.b) != 0 {
		return rows[:0], fmt.Errorf("%w: columns", errDamaged)
	}
	return rows, nil
}

func (d *decoder) nameColumn(c *columns, set func(int, parse.Name)) {
	n := c.uvarint()
	if n > uint64(len(c.buf)) {
		c.fail()
		return
	}
	d.dict = d.dict[:0]
	for range n {
		d.dict = append(d.dict, d.intern(c.bytes(c.uvarint())))
	}
	index := c.index(len(d.dict))
	switch {
	case c.err != nil:
	case index != nil:
		for i, v := range index {
			set(i, d.dict[v])
		}
	case d.dict[0] != parse.Name{}:
		for i := range c.buf {
			set(i, d.dict[0])
		}
	}
}

func (d *decoder) intern(b []byte) parse.Name {
	n, ok := d.names[string(b)]
	if !ok {
		if len(d.names) >= maxNames {
			clear(d.names)
		}
		s := string(b)
		n = parse.MakeName(s)
		d.names[s] = n
	}
	return n
}

func (d *decoder) addrColumns(c *columns, rows []store.Entry) {
	n := c.uvarint()
	if n > 4*uint64(len(rows)) {
		c.fail()
		return
	}
	d.addrs = append(d.addrs[:0], netip.Addr{})
	for range n {
		d.addrs = append(d.addrs, c.addr())
	}
	for col := range 4 {
		for i, v := range c.index(len(d.addrs)) {
			*addrOf(&rows[i], col) = d.addrs[v]
		}
	}
}

func (c *columns) addr() netip.Addr {
	switch c.byte() {
	case 4:
		if b := c.bytes(4); c.err == nil {
			return netip.AddrFrom4([4]byte(b))
		}
	case 16:
		if b := c.bytes(16); c.err == nil {
			return netip.AddrFrom16([16]byte(b))
		}
	case 17:
		b := c.bytes(16)
		zone := c.bytes(c.uvarint())
		if c.err == nil {
			return netip.AddrFrom16([16]byte(b)).WithZone(string(zone))
		}
	default:
		c.fail()
	}
	return netip.Addr{}
}

// raws decodes the raw lines of block b into buf and sets Raw of all rows.
func (d *decoder) raws(b []byte, h *header, rows []store.Entry, buf []byte) ([]byte, error) {
	if len(b) != h.columnsEnd()+int(h.raw) {
		return buf, errDamaged
	}
	packed := b[h.columnsEnd():]
	if xxhash.Sum64(packed) != h.rawSum {
		return buf, fmt.Errorf("%w: checksum of lines", errDamaged)
	}
	buf, err := d.z.decompress(packed, buf[:0], int(h.rawPlain))
	if err != nil {
		return buf, err
	}
	c := columns{b: buf, buf: d.vals[:h.count]}
	c.varints(c.buf)
	for i := range rows {
		if rows[i].Raw = c.bytes(c.buf[i]); c.err != nil {
			break
		}
	}
	if c.err != nil || len(c.b) != 0 {
		return buf, fmt.Errorf("%w: lines", errDamaged)
	}
	return buf, nil
}
