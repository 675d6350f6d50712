package ingest

import (
	"bytes"
	"cmp"
	"maps"
	"net/netip"
	"slices"

	"github.com/gopacket/gopacket/layers"
)

// tcpStreams puts the bytes that went to a syslog port by TCP in order again and cuts messages out of them. All of it
// is bounded: connections, and what waits for a segment that is missing.
type tcpStreams struct {
	c    *capture
	open map[tcpKey]*tcpStream
	seen uint64
	held int // bytes that wait, of all streams
}

const (
	tcpStreamsMax = 1024
	tcpHeldMax    = 1 << 20   // bytes of one stream that wait
	tcpHeldAll    = 64 << 20  // bytes of all
	tcpParts      = 1024      // segments of one stream that wait
	tcpMessageMax = 256 << 10 // bytes of one message
	tcpFar        = 1 << 24   // further away is another connection, whose beginning was not seen
)

type tcpKey struct{ src, dst netip.AddrPort }

type tcpStream struct {
	from  netip.Addr
	next  uint32
	split *splitter
	buf   []byte // not cut yet
	lost  bool   // the bytes at hand are of a message whose beginning is missing
	wait  []tcpPart
	held  int
	seen  uint64
}

// tcpPart is a segment. missing says how many of its bytes the capture did not keep.
type tcpPart struct {
	seq     uint32
	data    []byte
	missing int
	last    bool
}

// segment takes a TCP segment.
func (c *capture) segment(s *layers.TCP, ip carried) {
	from, to, head := uint16(s.SrcPort), uint16(s.DstPort), int(s.DataOffset)*4
	answer := c.wanted(from) && !c.wanted(to)
	if !answer && !c.wanted(to) || head < 20 || head > len(s.Contents) && ip.missing == 0 {
		c.stats.Other += ip.packets
		return
	}
	if answer {
		return
	}
	t := &c.streams
	k := tcpKey{netip.AddrPortFrom(ip.src, from), netip.AddrPortFrom(ip.dst, to)}
	p := tcpPart{seq: s.Seq, data: s.Payload, missing: max(0, ip.missing-max(0, head-len(s.Contents))), last: s.FIN}
	switch {
	case s.SYN:
		t.close(k, false)
		t.begin(k, p.seq+1, false)
		p.seq++
	case s.RST:
		t.close(k, true)
		return
	}
	if len(p.data) > 0 || p.missing > 0 || p.last {
		t.take(k, p)
	}
}

func (t *tcpStreams) begin(k tcpKey, next uint32, lost bool) *tcpStream {
	if t.open == nil {
		t.open = make(map[tcpKey]*tcpStream)
	}
	if len(t.open) >= tcpStreamsMax {
		t.forget()
	}
	s := &tcpStream{from: k.src.Addr(), next: next, split: newStreamSplitter(tcpMessageMax), lost: lost, seen: t.seen}
	t.open[k] = s
	return s
}

func (t *tcpStreams) take(k tcpKey, p tcpPart) {
	s := t.open[k]
	if s == nil {
		s = t.begin(k, p.seq, true)
	}
	t.seen++
	s.seen = t.seen
	ahead := int32(p.seq - s.next)
	if ahead > tcpFar || ahead < -tcpFar {
		t.close(k, false)
		s, ahead = t.begin(k, p.seq, true), 0
	}
	if ahead > 0 {
		p.data = bytes.Clone(p.data)
		s.hold(p)
		t.held += len(p.data)
	} else if t.deliver(s, p) {
		t.close(k, true)
		return
	}
	for len(s.wait) > 0 {
		gap := int32(s.wait[0].seq-s.next) > 0
		if gap && s.held <= tcpHeldMax && len(s.wait) <= tcpParts && t.held <= tcpHeldAll {
			return
		}
		if gap {
			t.skip(s, s.wait[0].seq)
		}
		if t.deliver(s, t.pop(s)) {
			t.close(k, true)
			return
		}
	}
}

func (s *tcpStream) hold(p tcpPart) {
	i, _ := slices.BinarySearchFunc(s.wait, p, func(a, b tcpPart) int { return cmp.Compare(int32(a.seq-b.seq), 0) })
	s.wait = slices.Insert(s.wait, i, p)
	s.held += len(p.data)
}

func (t *tcpStreams) pop(s *tcpStream) tcpPart {
	p := s.wait[0]
	s.wait = s.wait[1:]
	s.held -= len(p.data)
	t.held -= len(p.data)
	return p
}

// deliver takes the new part of a segment that begins at or before next. It reports whether the stream ends with it.
func (t *tcpStreams) deliver(s *tcpStream, p tcpPart) bool {
	old := int(s.next - p.seq)
	if old >= len(p.data)+p.missing {
		return p.last && old == len(p.data)+p.missing
	}
	s.next = p.seq + uint32(len(p.data)+p.missing)
	s.buf = append(s.buf, p.data[min(old, len(p.data)):]...)
	t.cut(s, false)
	if p.missing > 0 {
		t.c.stats.Short++
		s.lose()
	}
	return p.last
}

// skip goes on behind a segment that is not in the capture.
func (t *tcpStreams) skip(s *tcpStream, to uint32) {
	t.c.stats.Gaps++
	s.next = to
	s.lose()
}

func (s *tcpStream) lose() {
	s.buf, s.lost = s.buf[:0], true
	s.split.skip, s.split.skipLine = 0, false
}

// cut passes on the messages in buf that are whole.
func (t *tcpStreams) cut(s *tcpStream, atEnd bool) {
	rest := s.buf
	if s.lost {
		if rest = begins(rest); rest == nil {
			s.buf = s.buf[:0]
			return
		}
		s.lost = false
	}
	for len(rest) > 0 {
		over := s.split.oversize
		n, line, _ := s.split.split(rest, atEnd)
		rest = rest[n:]
		switch {
		case s.split.oversize > over:
			t.c.stats.Short++
		case line != nil:
			t.c.give(line, s.from)
		}
		if n == 0 {
			break
		}
	}
	s.buf = append(s.buf[:0], rest...)
}

// begins returns the part of b, bytes from somewhere in a stream, that starts with a message: all of it, if it begins
// as a message does, or what follows the next end of a line; nil if there is none.
func begins(b []byte) []byte {
	if len(b) > 0 && b[0] == '<' {
		return b
	}
	if _, head, known := counted(b, true); known && head > 0 {
		return b
	}
	i := bytes.IndexAny(b, "\n\x00")
	if i < 0 {
		return nil
	}
	return b[i+1:]
}

// close ends a stream; segments that wait are taken in spite of the gaps before them. A last message without an end is
// whole where the connection ended there, and cut short where only the capture did.
func (t *tcpStreams) close(k tcpKey, ended bool) {
	s := t.open[k]
	if s == nil {
		return
	}
	delete(t.open, k)
	for len(s.wait) > 0 {
		if int32(s.wait[0].seq-s.next) > 0 {
			t.skip(s, s.wait[0].seq)
		}
		t.deliver(s, t.pop(s))
	}
	switch {
	case ended:
		t.cut(s, true)
	case len(s.buf) > 0:
		t.c.stats.Short++
	}
}

func (t *tcpStreams) forget() {
	middle := medianSeen(t.open, func(s *tcpStream) uint64 { return s.seen })
	var old []tcpKey
	for k, s := range t.open {
		if s.seen <= middle {
			old = append(old, k)
		}
	}
	t.closeAll(old)
}

func (t *tcpStreams) end() { t.closeAll(slices.Collect(maps.Keys(t.open))) }

// closeAll ends streams in the order in which they were used last: what comes out must not change from run to run.
func (t *tcpStreams) closeAll(keys []tcpKey) {
	slices.SortFunc(keys, func(a, b tcpKey) int { return cmp.Compare(t.open[a].seen, t.open[b].seen) })
	for _, k := range keys {
		t.close(k, false)
	}
}
