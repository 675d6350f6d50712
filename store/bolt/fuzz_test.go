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
	z, err := newCodec(1)
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
	enc.columns(ptrs)
	cols := bytes.Clone(enc.plain)
	enc.raws(ptrs)
	f.Add(uint16(20), cols, bytes.Clone(enc.plain))
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
	if c.decode(newDecoder(z), b, &filter, false) == nil {
		for i := range c.rows {
			_ = len(c.rows[i].Raw) + len(c.rows[i].Src.String()) + len(c.rows[i].Detail.String())
		}
	}
	_, _ = newDecoder(z).light(b)
}

// forge makes a block of these decoded sections. Its last time is what the columns say, if they say one.
func forge(z *codec, n uint32, cols, raw []byte) []byte {
	h := header{count: n, colsPlain: uint32(len(cols)), rawPlain: uint32(len(raw))}
	c := columns{b: cols, buf: make([]uint64, n)}
	c.times(&h, func(_ int, t int64) { h.max = max(h.max, t) })
	part := z.compress(cols, make([]byte, 8*n))
	h.cols, h.identSum = uint32(len(part))-8*n, xxhash.Sum64(part)
	packed := z.compress(raw, nil)
	h.raw, h.rawSum = uint32(len(packed)), xxhash.Sum64(packed)
	head := h.append(nil)
	head = binary.LittleEndian.AppendUint64(head, sumHeader(head, nil))
	return append(append(head, part...), packed...)
}

// TestBomb: a frame that claims more than its header, and one that holds more than it claims.
func TestBomb(t *testing.T) {
	z, err := newCodec(1)
	if err != nil {
		t.Fatal(err)
	}
	frame := z.compress(make([]byte, 8<<20), nil)
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
