package ingest

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"net/netip"
	"sync"
	"time"
)

// packetMax bounds one packet or block of a capture file: libpcap's own limit is 256 KiB, that for USB 128 MiB.
const (
	packetMax     = 16 << 20
	interfacesMax = 4096
	sendersMax    = 10_000 // told apart in one capture
)

// CaptureStats says what the packets of a capture were. Whatever is not sent as a message is in one of its counts, except
// for packets of a syslog connection that carry no text.
type CaptureStats struct {
	Packets   uint64
	Messages  uint64
	Other     uint64 // packets to other ports, of other protocols, or damaged
	Link      uint64 // packets of links of a kind that is not known
	Short     uint64 // messages of which the capture kept only the beginning
	Fragments uint64 // packets of datagrams of which other fragments are missing
	Gaps      uint64 // places where a TCP stream has bytes missing: the message there is not given
	Truncated bool   // the file ends within a packet
}

// String says it in words: "12 packets, 4 not syslog, 1 cut short".
func (s CaptureStats) String() string {
	b := fmt.Appendf(nil, "%d packets, %d not syslog", s.Packets, s.Other)
	for _, c := range []struct {
		n    uint64
		what string
	}{{s.Link, "of an unknown kind of link"}, {s.Short, "cut short"}, {s.Fragments, "fragments without the rest"}, {s.Gaps, "gaps in TCP streams"}} {
		if c.n > 0 {
			b = fmt.Appendf(b, ", %d %s", c.n, c.what)
		}
	}
	if s.Truncated {
		b = append(b, ", cut off within a packet"...)
	}
	return string(b)
}

// isCapture knows a capture file by its first four bytes: pcap with micro- or nanoseconds or as patched by Kuznetzov, in
// either byte order, and pcapng.
func isCapture(head []byte) bool {
	if len(head) < 4 {
		return false
	}
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		switch order.Uint32(head) {
		case magicMicro, magicNano, magicPatched:
			return true
		}
	}
	return bytes.HasPrefix(head, []byte("\x0a\x0d\x0d\x0a"))
}

const (
	magicMicro   = 0xa1b2c3d4
	magicNano    = 0xa1b23c4d
	magicPatched = 0xa1b2cd34
	sectionBlock = 0x0a0d0d0a
	sectionOrder = 0x1a2b3c4d
)

// captureFile reads the packets of a pcap or pcapng file.
type captureFile struct {
	r     *bufio.Reader
	order binary.ByteOrder
	ng    bool
	head  int    // bytes before a packet, of pcap
	nano  bool   // pcap: its times
	link  uint32 // pcap
	on    []captureInterface
	buf   []byte
}

// captureInterface is where packets of a pcapng file were seen.
type captureInterface struct {
	link   uint32
	snap   uint32
	unit   uint64 // of time: so many are a second
	offset int64  // seconds
}

// captured is one packet. Its data holds until the next one is read.
type captured struct {
	link uint32
	at   time.Time
	data []byte
}

var errTruncated = errors.New("the capture ends within a packet")

func openCaptureFile(r *bufio.Reader) (*captureFile, error) {
	f := &captureFile{r: r, order: binary.LittleEndian}
	head, err := r.Peek(4)
	if err != nil {
		return nil, fmt.Errorf("read capture: %w", err)
	}
	if f.ng = binary.LittleEndian.Uint32(head) == sectionBlock; f.ng {
		return f, nil
	}
	b := make([]byte, 24)
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, errors.New("the capture ends within its header")
	}
	if b[0] == 0xa1 {
		f.order = binary.BigEndian
	}
	f.head = 16
	switch f.order.Uint32(b) {
	case magicNano:
		f.nano = true
	case magicPatched:
		f.head = 24
	}
	f.link = f.order.Uint32(b[20:]) & 0xffff // above are flags
	return f, nil
}

// ready says whether a packet can be read without waiting, as far as that is known.
func (f *captureFile) ready() bool {
	b, _ := f.r.Peek(f.r.Buffered())
	switch {
	case f.ng:
		return len(b) >= 8 && uint64(len(b)) >= uint64(f.order.Uint32(b[4:]))
	default:
		return len(b) >= f.head && uint64(len(b)) >= uint64(f.head)+uint64(f.order.Uint32(b[8:]))
	}
}

// next gives a packet, or io.EOF, or errTruncated.
func (f *captureFile) next() (captured, error) {
	if !f.ng {
		return f.packet()
	}
	for {
		kind, body, err := f.block()
		if err != nil {
			return captured{}, err
		}
		p, ok, err := f.read(kind, body)
		if ok || err != nil {
			return p, err
		}
	}
}

func (f *captureFile) packet() (captured, error) {
	h, err := f.take(f.head)
	if err != nil {
		return captured{}, err
	}
	sec, frac, n := f.order.Uint32(h), int64(f.order.Uint32(h[4:])), f.order.Uint32(h[8:])
	if n > packetMax {
		return captured{}, fmt.Errorf("the capture is damaged: a packet of %d bytes", n)
	}
	if !f.nano {
		frac *= 1000
	}
	b, err := f.take(int(n))
	if err != nil {
		return captured{}, errTruncated
	}
	return captured{link: f.link, at: time.Unix(int64(sec), frac), data: b}, nil
}

// take reads n bytes, which hold until the next are taken.
func (f *captureFile) take(n int) ([]byte, error) {
	if cap(f.buf) < n {
		f.buf = make([]byte, n)
	}
	f.buf = f.buf[:n]
	_, err := io.ReadFull(f.r, f.buf)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = errTruncated
	}
	return f.buf, err
}

// block reads one block of a pcapng file. The first bytes of a section say its byte order.
func (f *captureFile) block() (kind uint32, body []byte, err error) {
	h, err := f.take(8)
	if err != nil {
		return 0, nil, err
	}
	kind = f.order.Uint32(h)
	if kind == sectionBlock {
		magic, err := f.r.Peek(4)
		switch {
		case err != nil:
			return 0, nil, errTruncated
		case binary.LittleEndian.Uint32(magic) == sectionOrder:
			f.order = binary.LittleEndian
		case binary.BigEndian.Uint32(magic) == sectionOrder:
			f.order = binary.BigEndian
		default:
			return 0, nil, errors.New("the capture is damaged: a section of unknown byte order")
		}
		f.on = f.on[:0]
	}
	n := f.order.Uint32(h[4:])
	if n < 12 || n > packetMax {
		return 0, nil, fmt.Errorf("the capture is damaged: a block of %d bytes", n)
	}
	body, err = f.take(int(n) - 8)
	if err != nil {
		return 0, nil, errTruncated
	}
	return kind, body[:len(body)-4], nil // the length once more
}

// read understands a block; ok is false for one that is no packet.
func (f *captureFile) read(kind uint32, b []byte) (p captured, ok bool, err error) {
	const description, oldPacket, simple, enhanced = 1, 2, 3, 6
	var on uint32
	var n int
	switch {
	case kind == description && len(b) >= 8:
		if len(f.on) == interfacesMax {
			return p, false, fmt.Errorf("the capture is damaged: more than %d interfaces", interfacesMax)
		}
		f.on = append(f.on, f.describe(b))
		return p, false, nil
	case kind == simple && len(b) >= 4:
		n = int(min(f.order.Uint32(b), packetMax))
		if len(f.on) > 0 && f.on[0].snap > 0 {
			n = min(n, int(f.on[0].snap))
		}
		b = b[4:]
	case kind == oldPacket && len(b) >= 20:
		on, n = uint32(f.order.Uint16(b)), int(min(f.order.Uint32(b[12:]), packetMax))
	case kind == enhanced && len(b) >= 20:
		on, n = f.order.Uint32(b), int(min(f.order.Uint32(b[12:]), packetMax))
	default:
		return p, false, nil
	}
	if uint64(on) >= uint64(len(f.on)) {
		return p, false, errors.New("the capture is damaged: a packet of an interface that is not described")
	}
	i := f.on[on]
	if kind != simple {
		p.at = i.time(uint64(f.order.Uint32(b[4:]))<<32 | uint64(f.order.Uint32(b[8:])))
		b = b[20:]
	}
	p.link, p.data = i.link, b[:min(n, len(b))]
	return p, true, nil
}

// describe reads the options that say what the packets' times mean.
func (f *captureFile) describe(b []byte) captureInterface {
	const end, resolution, offset = 0, 9, 14
	i := captureInterface{link: uint32(f.order.Uint16(b)), snap: f.order.Uint32(b[4:]), unit: 1e6}
	for b = b[8:]; len(b) >= 4; {
		code, n := f.order.Uint16(b), int(f.order.Uint16(b[2:]))
		b = b[4:]
		if code == end || n > len(b) {
			break
		}
		switch v := b[:n]; {
		case code == resolution && n == 1:
			i.unit = units(v[0])
		case code == offset && n == 8:
			i.offset = int64(f.order.Uint64(v))
		}
		b = b[min((n+3)&^3, len(b)):]
	}
	return i
}

// units are those of time in a second: a power of ten, or of two where the top bit is set. 0 is one that is too fine.
func units(resolution byte) (n uint64) {
	exp := resolution & 0x7f
	switch {
	case resolution&0x80 != 0 && exp < 64:
		return 1 << exp
	case resolution&0x80 != 0 || exp > 19:
		return 0
	}
	n = 1
	for range exp {
		n *= 10
	}
	return n
}

func (i captureInterface) time(t uint64) time.Time {
	if i.unit == 0 {
		return time.Time{}
	}
	hi, lo := bits.Mul64(t%i.unit, 1e9)
	ns, _ := bits.Div64(hi, lo, i.unit)
	return time.Unix(int64(t/i.unit)+i.offset, int64(ns))
}

// capture finds the syslog messages in a capture file.
type capture struct {
	file    *captureFile
	ports   []uint16
	stats   CaptureStats
	senders map[netip.Addr]int
	frags   fragments
	streams tcpStreams
	at      time.Time // of the packet at hand
	out     []Message
	cut     *bool // the compressed data ended too early
	err     error

	mu   sync.Mutex
	told CaptureStats // those after the last packet, for who asks meanwhile
}

func newCapture(r *bufio.Reader, ports []uint16) (*capture, error) {
	f, err := openCaptureFile(r)
	if err != nil {
		return nil, err
	}
	c := &capture{file: f, ports: ports, senders: make(map[netip.Addr]int)}
	c.frags.lost, c.streams.c = c.lostFragments, c
	return c, nil
}

func (c *capture) next() ([]Message, error) {
	c.out = nil
	for len(c.out) < messageBatch && c.err == nil {
		if len(c.out) > 0 && !c.file.ready() {
			break
		}
		p, err := c.file.next()
		if err != nil {
			c.end(err)
			break
		}
		c.stats.Packets++
		c.take(p)
		c.tell()
	}
	if len(c.out) > 0 {
		return c.out, nil
	}
	return nil, c.err
}

// end gives what can still be given.
func (c *capture) end(err error) {
	if c.err = err; errors.Is(err, errTruncated) {
		c.stats.Truncated, c.err = true, io.EOF
	}
	c.stats.Truncated = c.stats.Truncated || *c.cut
	c.frags.end()
	c.streams.end()
	c.tell()
}

func (c *capture) tell() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.told = c.stats
}

// give takes a message, whose memory is not ours.
func (c *capture) give(text []byte, from netip.Addr) {
	c.stats.Messages++
	c.out = append(c.out, Message{Text: bytes.Clone(text), At: c.at, From: c.sender(from)})
}

func (c *capture) sender(a netip.Addr) int {
	n, known := c.senders[a]
	if !known && len(c.senders) < sendersMax {
		n = len(c.senders) + 1
		c.senders[a] = n
	}
	return n
}

func (c *capture) take(p captured) {
	c.at = p.at
	b, kind := network(p.link, p.data)
	if kind == linkUnknown {
		c.stats.Link++
		return
	}
	ip, ok := parseIP(b)
	if !ok {
		c.stats.Other++
		return
	}
	packets := uint64(1)
	if ip.fragment {
		if ip, packets = c.frags.add(ip, p.at); packets == 0 {
			return
		}
	}
	c.transport(ip, packets)
}

// transport looks into a whole IP packet, which came in so many packets.
func (c *capture) transport(ip ipPacket, packets uint64) {
	switch ip.proto {
	case protoUDP:
		c.datagram(ip, packets)
	case protoTCP:
		c.segment(ip, packets)
	default:
		c.stats.Other += packets
	}
}

func (c *capture) datagram(ip ipPacket, packets uint64) {
	b := ip.data
	if len(b) < 8 || !c.wanted(binary.BigEndian.Uint16(b[2:])) {
		c.stats.Other += packets
		return
	}
	n := int(binary.BigEndian.Uint16(b[4:]))
	switch {
	case n == 8 || n > 0 && n < 8: // empty, or damaged
		c.stats.Other += packets
	case n > len(b) || n == 0 && ip.missing > 0:
		c.stats.Short++
	case n == 0: // larger than the field can say
		c.give(b[8:], ip.src)
	default:
		c.give(b[8:n], ip.src)
	}
}

func (c *capture) wanted(port uint16) bool {
	for _, p := range c.ports {
		if p == port {
			return true
		}
	}
	return false
}

// lostFragments counts those of a datagram that is not whole. What was for another port, or has no beginning that says
// where it went, is not syslog.
func (c *capture) lostFragments(first []byte, proto byte, packets uint64) {
	if (proto == protoUDP || proto == protoTCP) && len(first) >= 4 && c.wanted(binary.BigEndian.Uint16(first[2:])) {
		c.stats.Fragments += packets
		return
	}
	c.stats.Other += packets
}
