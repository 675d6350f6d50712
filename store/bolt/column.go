package bolt

import (
	"encoding/binary"
	"errors"
)

// errDamaged says that stored bytes are not what was written.
var errDamaged = errors.New("damaged block")

// Ways to write one column of unsigned numbers; the first byte of the column. Most columns of most blocks are zero
// throughout, ports are best as two bytes (random ones grow to three as a varint), everything small as one byte.
const (
	colZero byte = iota
	colConst
	colBytes
	colWords
	colVarints
)

func appendColumn(b []byte, vals []uint64) []byte {
	var all, first uint64
	if len(vals) > 0 {
		first = vals[0]
	}
	same := true
	for _, v := range vals {
		all |= v
		same = same && v == first
	}
	switch {
	case all == 0:
		return append(b, colZero)
	case same:
		return binary.AppendUvarint(append(b, colConst), first)
	case all < 1<<8:
		b = append(b, colBytes)
		for _, v := range vals {
			b = append(b, byte(v))
		}
	case all < 1<<16:
		b = append(b, colWords)
		for _, v := range vals {
			b = append(b, byte(v), byte(v>>8))
		}
	default:
		b = append(b, colVarints)
		for _, v := range vals {
			b = binary.AppendUvarint(b, v)
		}
	}
	return b
}

// columns reads what appendColumn and its like wrote. After the first error it yields zeros; err is looked at once.
type columns struct {
	b   []byte
	buf []uint64 // of the size of the block
	err error
}

func (c *columns) fail() {
	c.b, c.err = nil, errDamaged
}

func (c *columns) byte() byte {
	if len(c.b) == 0 {
		c.fail()
		return 0
	}
	v := c.b[0]
	c.b = c.b[1:]
	return v
}

func (c *columns) uvarint() uint64 {
	v, n := binary.Uvarint(c.b)
	if n <= 0 {
		c.fail()
		return 0
	}
	c.b = c.b[n:]
	return v
}

// bytes are the next n bytes; they belong to the block.
func (c *columns) bytes(n uint64) []byte {
	if n > uint64(len(c.b)) {
		c.fail()
		return nil
	}
	v := c.b[:n:n]
	c.b = c.b[n:]
	return v
}

// read is the next column, or nil when it is zero throughout. It is valid until the next read.
func (c *columns) read() []uint64 {
	out := c.buf
	switch c.byte() {
	case colZero:
		return nil
	case colConst:
		v := c.uvarint()
		for i := range out {
			out[i] = v
		}
	case colBytes:
		for i, v := range c.bytes(uint64(len(out))) {
			out[i] = uint64(v)
		}
	case colWords:
		b := c.bytes(2 * uint64(len(out)))
		for i := range len(b) / 2 {
			out[i] = uint64(binary.LittleEndian.Uint16(b[2*i:]))
		}
	case colVarints:
		c.varints(out)
	default:
		c.fail()
	}
	if c.err != nil {
		return nil
	}
	return out
}

func (c *columns) varints(out []uint64) {
	b := c.b
	for i := range out {
		if len(b) > 0 && b[0] < 0x80 {
			out[i], b = uint64(b[0]), b[1:]
			continue
		}
		v, n := binary.Uvarint(b)
		if n <= 0 {
			c.fail()
			return
		}
		out[i], b = v, b[n:]
	}
	c.b = b
}

// index is the next column, whose values must be below n.
func (c *columns) index(n int) []uint64 {
	vals := c.read()
	for _, v := range vals {
		if v >= uint64(n) {
			c.fail()
			return nil
		}
	}
	if n == 0 { // not even the zero of an absent column would be valid
		c.fail()
	}
	return vals
}

func zigzag(v int64) uint64   { return uint64(v)<<1 ^ uint64(v>>63) }
func unzigzag(v uint64) int64 { return int64(v>>1) ^ -int64(v&1) }
