package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"time"
)

const (
	frameMax      = 16 << 20 // bytes of a frame: libpcap's own limit is 256 KiB, that for USB 128 MiB
	blockMax      = frameMax + 1<<16
	interfacesMax = 4096
	readAhead     = 1 << 18
)

// Errors that end a capture before its end. What was read before is good.
var (
	ErrCut     = errors.New("the capture ends within a packet")
	ErrDamaged = errors.New("the capture is damaged")
)

// Frame is one frame of a capture. Data is valid until the next frame is read.
type Frame struct {
	Time      int64 // ns since 1970 UTC; may be negative
	HasTime   bool  // false for the simple packet blocks of pcapng, which have none
	Link      int   // LINKTYPE_ number, as https://www.tcpdump.org/linktypes.html lists them
	Interface int   // index among all interfaces of the file
	Length    int   // bytes on the wire
	Data      []byte
}

// Interface is one interface of a pcapng file; a pcap file has one without a name.
type Interface struct {
	Name     string
	Link     int
	Received uint64 // frames that its statistics tell of, 0 where there are none
	Dropped  uint64 // frames that the kernel or the interface dropped, as the last statistics say

	snap   int
	ticks  uint64 // in a second; 0: shift counts
	shift  uint8  // ticks are 2^-shift s
	offset int64  // s
}

// Reader reads the frames of a pcap file (in either byte order, with micro- or nanoseconds, or with the longer packet
// heads of Kuznetzov's patch) or of a pcapng file (https://ietf-opsawg-wg.github.io/draft-ietf-opsawg-pcap/).
type Reader struct {
	in    io.Reader
	buf   []byte
	from  int // of what is not yet used in buf
	err   error
	order binary.ByteOrder
	ng    bool
	head  int   // bytes of a packet's head in a pcap file
	unit  int64 // ns of the fraction in a pcap file
	known []Interface
	first int // index of the section's first interface
}

// IsCapture reports whether a file is a capture that a Reader reads, by its first four bytes.
func IsCapture(head []byte) bool {
	if len(head) < 4 {
		return false
	}
	switch string(head[:4]) {
	case "\xd4\xc3\xb2\xa1", "\xa1\xb2\xc3\xd4", "\x4d\x3c\xb2\xa1", "\xa1\xb2\x3c\x4d", "\x34\xcd\xb2\xa1",
		"\xa1\xb2\xcd\x34", sectionMagic:
		return true
	}
	return false
}

const sectionMagic = "\x0a\x0d\x0d\x0a"

// NewReader reads the head of a capture. The error says what the file is not, or how its head is damaged.
func NewReader(in io.Reader) (*Reader, error) {
	r := &Reader{in: in, buf: make([]byte, 0, readAhead)}
	b, err := r.peek(24)
	if !IsCapture(b) {
		return nil, errors.New("no capture: neither pcap nor pcapng")
	}
	if string(b[:4]) == sectionMagic {
		r.ng = true
		return r, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%w: its head is cut short", ErrDamaged)
	}
	r.order, r.head, r.unit = binary.ByteOrder(binary.LittleEndian), 16, 1000
	if b[0] == 0xa1 {
		r.order = binary.BigEndian
	}
	switch r.order.Uint32(b) {
	case 0xa1b23c4d:
		r.unit = 1
	case 0xa1b2cd34:
		r.head = 24
	}
	link := r.order.Uint32(b[20:])
	r.known = []Interface{{Link: int(link & 0x03ffffff), snap: int(r.order.Uint32(b[16:]))}}
	r.from += 24
	return r, nil
}

// Interfaces lists the interfaces that the capture has told of so far.
func (r *Reader) Interfaces() []Interface { return r.known }

// ready reports whether a whole frame, or the end, is in the buffer, so that Next would not wait.
func (r *Reader) ready() bool {
	b := r.buf[r.from:]
	switch {
	case r.err != nil:
		return true
	case r.ng:
		return len(b) >= 8 && r.order != nil && uint64(len(b)) >= uint64(r.order.Uint32(b[4:]))
	}
	return len(b) >= r.head && uint64(len(b)) >= uint64(r.head)+uint64(r.order.Uint32(b[8:]))
}

// peek returns the next n bytes without using them, or what there is and the reason why it is less.
func (r *Reader) peek(n int) ([]byte, error) {
	for len(r.buf)-r.from < n {
		if r.err != nil {
			return r.buf[r.from:], r.err
		}
		if r.from > 0 {
			r.buf = r.buf[:copy(r.buf, r.buf[r.from:])]
			r.from = 0
		}
		if n > cap(r.buf) {
			r.buf = append(make([]byte, 0, n+readAhead), r.buf...)
		}
		var got int
		got, r.err = r.in.Read(r.buf[len(r.buf):cap(r.buf)])
		r.buf = r.buf[:len(r.buf)+got]
	}
	return r.buf[r.from : r.from+n], nil
}

// Next reads the next frame into f. It returns io.EOF at the end, ErrCut where the file ends within a frame, an error
// that wraps ErrDamaged where the rest cannot be read, and else what reading the file failed with.
func (r *Reader) Next(f *Frame) error {
	if r.ng {
		return r.nextBlock(f)
	}
	b, err := r.peek(r.head)
	if err != nil {
		return r.ended(len(b), err)
	}
	kept, length := r.order.Uint32(b[8:]), r.order.Uint32(b[12:])
	if kept > frameMax {
		return fmt.Errorf("%w: a frame of %d bytes", ErrDamaged, kept)
	}
	f.Time = int64(r.order.Uint32(b))*1e9 + int64(r.order.Uint32(b[4:]))*r.unit
	b, err = r.peek(r.head + int(kept))
	if err != nil {
		return r.ended(len(b), err)
	}
	f.HasTime, f.Link, f.Interface = true, r.known[0].Link, 0
	f.Length, f.Data = int(min(length, math.MaxInt32)), b[r.head:]
	r.from += len(b)
	return nil
}

// ended is the error where only n bytes of what was needed are there.
func (r *Reader) ended(n int, err error) error {
	switch {
	case !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("read the capture: %w", err)
	case n > 0:
		return ErrCut
	}
	return io.EOF
}

// Types of pcapng blocks.
const (
	interfaceBlock  = 1
	oldPacketBlock  = 2
	simpleBlock     = 3
	statisticsBlock = 5
	packetBlock     = 6
	customBlock     = 0xbad
	customNoCopy    = 0x40000bad // not to be copied by programs that do not know it
)

// NoLink is the Link of a frame that no link carried: of a custom block, which tshark counts as a frame, too.
const NoLink = -1

// nextBlock reads blocks up to the next one with a packet in it.
func (r *Reader) nextBlock(f *Frame) error {
	for {
		b, err := r.peek(14)
		if len(b) < 12 || len(b) < 14 && (r.order == nil || string(b[:4]) == sectionMagic) {
			return r.ended(len(b), err)
		}
		if string(b[:4]) == sectionMagic {
			if err := r.section(b); err != nil {
				return err
			}
		}
		kind, length := r.order.Uint32(b), r.order.Uint32(b[4:])
		if length < 12 || length > blockMax {
			return fmt.Errorf("%w: a block of %d bytes", ErrDamaged, length)
		}
		switch kind {
		case interfaceBlock, oldPacketBlock, simpleBlock, statisticsBlock, packetBlock, customBlock, customNoCopy:
		default:
			if err := r.skip(int(length+3) &^ 3); err != nil {
				return err
			}
			continue
		}
		if b, err = r.peek(int(length+3) &^ 3); err != nil {
			return r.ended(len(b), err)
		}
		r.from += len(b)
		got, err := r.block(kind, b[8:length-4], f)
		if got || err != nil {
			return err
		}
	}
}

// section begins a section: its byte order, and a numbering of interfaces of its own.
func (r *Reader) section(b []byte) error {
	switch binary.LittleEndian.Uint32(b[8:]) {
	case 0x1a2b3c4d:
		r.order = binary.LittleEndian
	case 0x4d3c2b1a:
		r.order = binary.BigEndian
	default:
		return fmt.Errorf("%w: a section without a byte order", ErrDamaged)
	}
	if major := r.order.Uint16(b[12:]); major != 1 {
		return fmt.Errorf("%w: a section of version %d", ErrDamaged, major)
	}
	r.first = len(r.known)
	return nil
}

// skip leaves out a block without holding it.
func (r *Reader) skip(n int) error {
	for n > 0 {
		b, err := r.peek(min(n, readAhead))
		if err != nil {
			return r.ended(len(b), err)
		}
		r.from += len(b)
		n -= len(b)
	}
	return nil
}

// block reads one block's body. It reports whether that gave a frame.
func (r *Reader) block(kind uint32, b []byte, f *Frame) (bool, error) {
	switch kind {
	case interfaceBlock:
		return false, r.describe(b)
	case statisticsBlock:
		r.statistics(b)
		return false, nil
	case customBlock, customNoCopy:
		if len(b) < 4 {
			return false, nil
		}
		*f = Frame{Link: NoLink, Length: len(b) - 4, Data: b[4:]}
		return true, nil
	case simpleBlock:
		if r.first >= len(r.known) || len(b) < 4 {
			return false, fmt.Errorf("%w: a packet of no interface", ErrDamaged)
		}
		length := int(r.order.Uint32(b))
		kept := min(uint64(r.order.Uint32(b)), uint64(len(b)-4))
		if snap := r.known[r.first].snap; snap > 0 {
			kept = min(kept, uint64(snap))
		}
		f.Time, f.HasTime, f.Interface, f.Length, f.Data = 0, false, r.first, length, b[4:4+kept]
		f.Link = r.known[r.first].Link
		return true, nil
	}
	if len(b) < 20 {
		return false, fmt.Errorf("%w: a packet block of %d bytes", ErrDamaged, len(b))
	}
	i := uint64(r.order.Uint32(b))
	if kind == oldPacketBlock {
		i = uint64(r.order.Uint16(b))
	}
	kept := r.order.Uint32(b[12:])
	switch {
	case i >= uint64(len(r.known)-r.first):
		return false, fmt.Errorf("%w: a packet of an interface that is not described", ErrDamaged)
	case uint64(kept) > uint64(len(b)-20):
		return false, fmt.Errorf("%w: a packet longer than its block", ErrDamaged)
	}
	on := &r.known[r.first+int(i)]
	ticks := uint64(r.order.Uint32(b[4:]))<<32 | uint64(r.order.Uint32(b[8:]))
	f.Time, f.HasTime, f.Link, f.Interface = on.time(ticks), true, on.Link, r.first+int(i)
	f.Length, f.Data = int(min(r.order.Uint32(b[16:]), math.MaxInt32)), b[20:20+kept]
	return true, nil
}

// time converts a stamp of the interface to ns since 1970.
func (i *Interface) time(stamp uint64) int64 {
	var sec, ns uint64
	switch {
	case i.ticks > 0:
		sec = stamp / i.ticks
		ns = scaled(stamp%i.ticks, i.ticks)
	case i.shift < 64:
		sec = stamp >> i.shift
		if i.shift > 0 {
			rest := stamp << (64 - i.shift) // the fraction, as a 64-bit one
			ns = scaledBits(rest)
		}
	}
	return (int64(sec)+i.offset)*int64(time.Second) + int64(ns)
}

// scaled returns n/of in ns, rounded down.
func scaled(n, of uint64) uint64 {
	if of <= 1e9 {
		return n * 1e9 / of
	}
	v := new(big.Int).Mul(new(big.Int).SetUint64(n), big.NewInt(1e9))
	return v.Div(v, new(big.Int).SetUint64(of)).Uint64()
}

// scaledBits returns a fraction of a second, given in units of 2^-64 s, in ns, rounded down.
func scaledBits(f uint64) uint64 {
	hi, lo := f>>32, f&(1<<32-1)
	return (hi*1e9 + lo*1e9>>32) >> 32
}

// Options of pcapng blocks.
const (
	optionName       = 2
	optionResolution = 9
	optionOffset     = 14
	optionReceived   = 4
	optionDropped    = 5
	optionOSDropped  = 7
)

// options calls do for each option of a block, up to the first that is cut short.
func (r *Reader) options(b []byte, do func(code uint16, value []byte)) {
	for len(b) >= 4 {
		code, n := r.order.Uint16(b), int(r.order.Uint16(b[2:]))
		if code == 0 || n > len(b)-4 {
			return
		}
		do(code, b[4:4+n])
		b = b[min(len(b), 4+(n+3)&^3):]
	}
}

// describe adds an interface.
func (r *Reader) describe(b []byte) error {
	if len(b) < 8 {
		return fmt.Errorf("%w: an interface block of %d bytes", ErrDamaged, len(b))
	}
	if len(r.known) >= interfacesMax {
		return fmt.Errorf("%w: more than %d interfaces", ErrDamaged, interfacesMax)
	}
	i := Interface{Link: int(r.order.Uint16(b)), snap: int(r.order.Uint32(b[4:])), ticks: 1e6}
	r.options(b[8:], func(code uint16, v []byte) {
		switch {
		case code == optionName:
			i.Name = string(v[:min(len(v), 64)])
		case code == optionOffset && len(v) == 8:
			i.offset = int64(r.order.Uint64(v))
		case code == optionResolution && len(v) == 1 && v[0]&0x80 != 0:
			i.ticks, i.shift = 0, v[0]&0x7f
		case code == optionResolution && len(v) == 1 && v[0] <= 19:
			i.ticks = 1
			for range v[0] {
				i.ticks *= 10
			}
		}
	})
	r.known = append(r.known, i)
	return nil
}

// statistics takes the counts of received and dropped frames of an interface.
func (r *Reader) statistics(b []byte) {
	if len(b) < 12 || uint64(r.order.Uint32(b)) >= uint64(len(r.known)-r.first) {
		return
	}
	i := &r.known[r.first+int(r.order.Uint32(b))]
	var dropped uint64
	r.options(b[12:], func(code uint16, v []byte) {
		if len(v) != 8 {
			return
		}
		switch code {
		case optionReceived:
			i.Received = r.order.Uint64(v)
		case optionDropped, optionOSDropped:
			dropped += r.order.Uint64(v)
		}
	})
	i.Dropped = max(i.Dropped, dropped)
}
