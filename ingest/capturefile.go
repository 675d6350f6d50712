package ingest

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

const (
	packetMax     = 16 << 20 // bytes of a packet or block: libpcap's own limit is 256 KiB, that for USB 128 MiB
	interfacesMax = 4096
)

var errTruncated = errors.New("the capture ends within a packet")

const sectionMagic = "\x0a\x0d\x0d\x0a"

// captureFile reads the packets of a pcap or pcapng file.
type captureFile struct {
	in     *bufio.Reader
	pcap   *pcapgo.Reader
	ng     *pcapgo.NgReader
	blocks *blocks // of pcapng
}

// openCaptureFile reads the head of a capture. The rest stays in the buffer, which pcapgo.Reader adopts as its own.
func openCaptureFile(in *bufio.Reader) (f *captureFile, err error) {
	f = &captureFile{in: in}
	if head, _ := in.Peek(4); string(head) == sectionMagic {
		f.blocks = &blocks{in: in}
		f.ng, err = pcapgo.NewNgReader(f.blocks, pcapgo.NgReaderOptions{WantMixedLinkType: true})
	} else if f.pcap, err = pcapgo.NewReader(in); err == nil {
		f.pcap.SetSnaplen(min(f.pcap.Snaplen(), packetMax))
	}
	if err != nil {
		return nil, fmt.Errorf("read capture: %w", err)
	}
	return f, nil
}

// ready reports whether a whole packet is in the buffer, so that reading it does not wait. Of the two byte orders it
// takes the one that makes a length smaller: the wrong one makes it larger.
func (f *captureFile) ready() bool {
	b, _ := f.in.Peek(f.in.Buffered())
	smaller := func(at int) int { return int(min(binary.LittleEndian.Uint32(b[at:]), binary.BigEndian.Uint32(b[at:]))) }
	if f.ng != nil {
		return len(b) >= 8 && isPacket(uint32(smaller(0))) && len(b) >= smaller(4)
	}
	return len(b) >= 16 && len(b) >= 16+smaller(8)
}

// next returns the next packet, io.EOF, or errTruncated. The data is valid until the next call.
func (f *captureFile) next() (link layers.LinkType, data []byte, ci gopacket.CaptureInfo, err error) {
	if f.pcap != nil {
		link = f.pcap.LinkType()
		data, ci, err = f.pcap.ZeroCopyReadPacketData()
	} else {
		f.blocks.packet = false
		data, ci, err = f.ng.ZeroCopyReadPacketData()
		if err == nil {
			link = ci.AncillaryData[0].(layers.LinkType)
		}
	}
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF) && ci.CaptureLength > 0: // pcapgo, behind a head
		err = errTruncated
	case err != nil && !errors.Is(err, io.EOF):
		err = fmt.Errorf("the capture is damaged: %w", err)
	}
	return link, data, ci, err
}

// blocks is the reader between a pcapng file and the library, which bounds neither the length of blocks nor the names
// of addresses that it keeps: blocks refuses what is too large and leaves names out.
type blocks struct {
	in         *bufio.Reader
	order      binary.ByteOrder
	left       int // bytes of the current block
	interfaces int
	packet     bool // the block of the packet that next asked for has begun
}

func isPacket(kind uint32) bool { return kind == 2 || kind == 3 || kind == 6 } // obsolete, simple, enhanced

func (b *blocks) Read(p []byte) (int, error) {
	for b.left == 0 {
		if err := b.begin(); err != nil {
			return 0, err
		}
	}
	n, err := b.in.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

func (b *blocks) begin() error {
	const description, names = 1, 4
	if b.packet {
		return errors.New("a packet longer than its block")
	}
	h, err := b.in.Peek(12)
	if len(h) < 12 && !errors.Is(err, io.EOF) || len(h) == 0 {
		return err
	}
	if b.left = len(h); len(h) < 8 { // too short for a block: the library ignores it
		return nil
	}
	if bytes.HasPrefix(h, []byte(sectionMagic)) {
		b.order, b.interfaces = binary.LittleEndian, 0
		if bytes.HasPrefix(h[8:], []byte("\x1a\x2b\x3c\x4d")) {
			b.order = binary.BigEndian
		}
	}
	kind, n := b.order.Uint32(h), b.order.Uint32(h[4:])
	if b.packet = isPacket(kind); kind == description {
		b.interfaces++
	}
	switch {
	case n < 12 || n > packetMax:
		return fmt.Errorf("a block of %d bytes", n)
	case b.interfaces > interfacesMax:
		return fmt.Errorf("more than %d interfaces", interfacesMax)
	case kind == names:
		b.left = 0
		_, err = b.in.Discard(int(n))
		return err
	}
	b.left = int(n)
	return nil
}
