package bolt

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"time"

	"uncloak/parse"
	"uncloak/store"
)

// trickyLines are such as could be mistaken for what they are not.
func trickyLines() []string {
	return []string{
		"", " ", "0", "00", "007", "7", "1.2.3.4", "01.2.3.4", "1.2.3.256", "1.2.3.4.5", "1.2.3.4:80", "1.2.3.4:080",
		"1.2.3.4:", ":1.2.3.4", "1.2.3.4:5:6",
		"12:00:01", "24:00:00", "12:00:60", "12:00:01.5", "12:00:01.123456789", "12:00:01.1234567890",
		"2026-11-21T12:00:00.000000Z", "0:02:00",
		"1795262400.000000", "01795262400.000000", "0.5", "00.5", ".5", "5.", "5..5", "1.2.3", "123456789012345678",
		"1234567890123456789", "99999999999999999999",
		"deadbeef", "dead1", "DEAD1", "0x00", "0xdeadbeef", "00000000", "0000000a", "74:ac:b9:00:11:22",
		"2001:db8::1", "2001:0db8:0000:0000:0000:0000:0000:0001",
		"::1", "fe80::1%eth0", "\xff", "\xff\x01\x02 1", "a\xff\xff9", "httpd killed httpd 870",
		"SRC=192.168.128.5 DST=192.168.128.5 SPT=40000 DPT=40000",
		"1:2:3:4:5:6:7:8:9:10:11:12", "1.2.3.4.5.6.7.8.9.10", "été 1 ルーター 2", "x\x001\n2\r3",
		"1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 " +
			"40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63 64 65 66 67 68",
	}
}

// trickyEntry is an event whose fields stand in many of these lines.
func trickyEntry(i int, line []byte) store.Entry {
	e := store.Entry{Identity: uint64(i) << 40, Raw: line}
	e.Time, e.Detail = noon().Add(time.Duration(i)*time.Second/3).UnixNano(),
		parse.MakeName([]string{"", "httpd", "12"}[i%3])
	e.Src = netip.MustParseAddr([]string{"192.168.128.5", "2001:db8::1", "::ffff:1.2.3.4"}[i%3])
	e.SPort, e.Bytes, e.Packets = 40000, 7, 1
	e.Dst = netip.MustParseAddr("1.2.3.4")
	return e
}

func roundTrip(t *testing.T, enc *encoder, in []store.Entry) {
	t.Helper()
	z := enc.p.z
	var rows []*store.Entry
	for i := range in {
		rows = append(rows, &in[i])
	}
	for _, hurry := range []bool{false, true} {
		enc.hurry = hurry
		block, _ := enc.encode(rows)
		filter := newFilter(&store.Query{})
		var c cursor
		if err := c.decode(newDecoder(z), block, &filter, want{identity: true}); err != nil {
			t.Fatal(hurry, err)
		}
		for i := range in {
			if g, w := &c.rows[i], &in[i]; g.Event != w.Event || g.Identity != w.Identity ||
				!bytes.Equal(g.Raw, w.Raw) || (g.Raw == nil) != (w.Raw == nil) {
				t.Fatalf("row %d, in a hurry %v:\n got %+v\nwant %+v", i, hurry, *g, *w)
			}
		}
	}
}

func TestLinesComeBack(t *testing.T) {
	z, err := newCodec(1, false, 0)
	if err != nil {
		t.Fatal(err)
	}
	var in []store.Entry
	for round := range 20 {
		for _, l := range trickyLines() {
			line := append([]byte{}, l...)
			if round%2 == 1 {
				line = append(append([]byte("<4>Nov 21 12:00:00 gw kernel: [ 5646.244765] "), line...),
					" ID=1 LEN=2"...)
			}
			in = append(in, trickyEntry(len(in), line))
		}
	}
	in[5].Raw = nil
	enc := newEncoder(z)
	roundTrip(t, enc, in)
	for i := range in[:100] { // alone, as the smallest of blocks
		roundTrip(t, enc, in[i:i+1])
	}
}

// TestEventsComeBack: blocks of any events, one after the other by one encoder, small and as large as they get, with
// as many addresses as there can be and with few.
func TestEventsComeBack(t *testing.T) {
	z, err := newCodec(1, false, 0)
	if err != nil {
		t.Fatal(err)
	}
	enc := newEncoder(z)
	for seed, n := range []int{blockEvents, 1, 2, 30, 3000, 100, blockEvents, 500} {
		rnd := rand.New(rand.NewPCG(uint64(seed), 5))
		few := 1 << rnd.IntN(9)
		if n == blockEvents {
			few = math.MaxInt32
		}
		addr := func() netip.Addr {
			x := uint32(rnd.IntN(few))
			b := [16]byte{10: 0xff, 11: 0xff}
			binary.BigEndian.PutUint32(b[12:], x)
			switch rnd.IntN(8) {
			case 0:
				return netip.Addr{}
			case 1:
				return netip.AddrFrom16(b) // an IPv4 address in IPv6 is another
			case 2:
				return netip.AddrFrom16([16]byte{0xfe, 0x80, 15: byte(x)}).WithZone([]string{"", "eth0"}[x%2])
			}
			return netip.AddrFrom4([4]byte(b[12:]))
		}
		port := func() uint16 { return uint16(rnd.IntN(few)) }
		name := func() parse.Name { return parse.MakeName(strings.Repeat("n", rnd.IntN(min(few, 30)))) }
		wide := func() uint64 { return rnd.Uint64() >> rnd.IntN(64) }
		in := make([]store.Entry, n)
		at := noon().UnixNano()
		for i := range in {
			e := &in[i]
			at += int64(wide() >> 40)
			*e = store.Entry{Event: parse.Event{Time: at, Recv: int64(wide()), Bytes: wide(), Router: name(),
				Detail: name(), Src: addr(), Dst: addr(), NATSrc: addr(), NATDst: addr(),
				Packets: uint32(wide()), Count: uint32(wide()), Spread: uint32(wide()), SPort: port(), DPort: port(),
				NATSPort: port(), NATDPort: port(),
				Kind: parse.Kind(rnd.IntN(20)), Proto: uint8(wide()), State: parse.State(rnd.IntN(5)),
				Flags: uint8(wide())}, Identity: rnd.Uint64()}
			if rnd.IntN(3) > 0 {
				e.NATSrc, e.NATDst = e.Src, e.Dst
			}
			if rnd.IntN(5) > 0 {
				e.Raw = fmt.Appendf(nil, "line %d of %d", rnd.IntN(few), n)
			}
		}
		roundTrip(t, enc, in)
	}
}

// FuzzLines stores any three lines, several times, between each other and alone.
func FuzzLines(f *testing.F) {
	z, err := newCodec(1, false, 0)
	if err != nil {
		f.Fatal(err)
	}
	lines := trickyLines()
	for i := range len(lines) - 2 {
		f.Add([]byte(lines[i]), []byte(lines[i+1]), []byte(lines[i+2]))
	}
	f.Fuzz(func(t *testing.T, a, b, c []byte) {
		var in []store.Entry
		for i := range 30 {
			in = append(in, trickyEntry(i, append([]byte{}, [][]byte{a, b, c}[i*i%7%3]...)))
		}
		roundTrip(t, newEncoder(z), in)
	})
}
