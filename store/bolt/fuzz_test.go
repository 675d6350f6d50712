package bolt

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/cespare/xxhash/v2"

	"uncloak/parse"
	"uncloak/store"
)

// FuzzBlock decodes arbitrary columns and lines in a block whose frames and checksums are right, so that the fuzzer
// gets past them, and the arbitrary bytes alone as a block.
func FuzzBlock(f *testing.F) {
	z, err := newCodec(1, false, 0)
	if err != nil {
		f.Fatal(err)
	}
	enc := newEncoder(z)
	rows := entries(noon(), 1, 20)
	rows[3].Router, rows[4].Detail = parse.MakeName("gw"), parse.MakeName("x")
	var ptrs []*store.Entry
	for i := range rows {
		ptrs = append(ptrs, &rows[i])
	}
	block, h := enc.encode(ptrs)
	cols, raw := block[h.filtersEnd():h.columnsEnd()], block[h.columnsEnd():]
	f.Add(uint16(20), cols, raw)
	f.Add(uint16(20), block, []byte{})
	f.Add(uint16(h.count), []byte{}, block)
	f.Fuzz(func(t *testing.T, n uint16, cols, raw []byte) {
		decodeAll(z, cols)
		if n == 0 || n > 2*blockEvents {
			return
		}
		decodeAll(z, forge(z, uint32(n), cols, raw))
	})
}

func decodeAll(z *codec, b []byte) {
	var c cursor
	filter := newFilter(&store.Query{})
	if c.decode(newDecoder(z), b, &filter, want{identity: true}) == nil {
		for i := range c.rows {
			_ = len(c.rows[i].Raw) + len(c.rows[i].Src.String()) + len(c.rows[i].Detail.String())
		}
	}
	_, _ = newDecoder(z).light(b)
}

// forge makes a block of these sections. Its last time is the one in the columns, if they have one.
func forge(z *codec, n uint32, cols, raw []byte) []byte {
	h := header{count: n, cols: uint32(len(cols)), raw: uint32(len(raw)), rawPlain: 1 << 20}
	s := streams{b: cols, z: z}
	unit, at := s.uvarint(), int64(0)
	for _, step := range s.numbers(int(n), nil).all() {
		at += int64(step * unit)
	}
	h.max = max(at, 0)
	h.colsSum, h.rawSum = xxhash.Sum64(cols), xxhash.Sum64(raw)
	head := h.append(nil)
	head = binary.LittleEndian.AppendUint64(head, sumHeader(head, nil))
	return append(append(head, cols...), raw...)
}

// TestBomb: a frame that claims more than its header, and one that holds more than it claims.
func TestBomb(t *testing.T) {
	z, err := newCodec(1, false, 0)
	if err != nil {
		t.Fatal(err)
	}
	frame := z.compress(make([]byte, 8<<20), nil, false)
	if _, err := z.decompress(frame, nil, 100); err == nil {
		t.Error("a frame of 8 MiB passes for 100 bytes")
	}
	for i := range 8 {
		forged := bytes.Clone(frame)
		forged[4+i] ^= 0xff
		if out, err := z.decompress(forged, nil, 8<<20); err == nil && len(out) != 8<<20 {
			t.Errorf("forged frame gives %d bytes", len(out))
		}
	}
}
