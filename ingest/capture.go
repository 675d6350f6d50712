package ingest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/gopacket/gopacket/layers"
)

const sendersMax = 10_000 // told apart in one capture

// CaptureStats counts the packets of a capture by what became of them. A packet that gave no message is in one of the
// counts, unless it belongs to a syslog connection and carries no text.
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

// String returns the counts in words: "12 packets, 4 not syslog, 1 cut short".
func (s CaptureStats) String() string {
	b := fmt.Appendf(nil, "%d packets, %d not syslog", s.Packets, s.Other)
	for _, c := range []struct {
		n    uint64
		what string
	}{{s.Link, "of an unknown kind of link"}, {s.Short, "cut short"}, {s.Fragments, "fragments without the rest"},
		{s.Gaps, "gaps in TCP streams"}} {
		if c.n > 0 {
			b = fmt.Appendf(b, ", %d %s", c.n, c.what)
		}
	}
	if s.Truncated {
		b = append(b, ", cut off within a packet"...)
	}
	return string(b)
}

// capture finds the syslog messages in a capture file.
type capture struct {
	file    *captureFile
	ports   []uint16
	stats   CaptureStats
	senders map[netip.Addr]int
	frags   fragments
	streams tcpStreams
	at      time.Time // when the current packet was captured
	out     []Message
	cut     *bool // set by the decompressor: the compressed data is cut short
	err     error

	mu   sync.Mutex
	told CaptureStats // copy of stats after the last packet, for other goroutines
}

func newCapture(ports []uint16) *capture {
	c := &capture{ports: ports, senders: make(map[netip.Addr]int)}
	c.frags.lost, c.streams.c = c.lostFragments, c
	return c
}

func (c *capture) next() ([]Message, error) {
	c.out = nil
	for len(c.out) < messageBatch && c.err == nil {
		if len(c.out) > 0 && !c.file.ready() {
			break
		}
		link, data, ci, err := c.file.next()
		if err != nil {
			c.end(err)
			break
		}
		c.stats.Packets++
		c.at = ci.Timestamp
		c.take(link, data)
		c.tell()
	}
	if len(c.out) > 0 {
		return c.out, nil
	}
	return nil, c.err
}

// end passes on the messages that still wait for other packets, and sets the error that next returns.
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

// give adds a message to the output. The text is copied.
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

func (c *capture) datagram(u *layers.UDP, p carried) {
	n := int(u.Length)
	switch {
	// for another port, damaged, or empty
	case !c.wanted(uint16(u.DstPort)), n > 0 && n <= 8, n == 0 && len(u.Payload) == 0:
		c.stats.Other += p.packets
	case n > 8+len(u.Payload), n == 0 && p.missing > 0: // 0: larger than the field can say
		c.stats.Short++
	default:
		c.give(u.Payload, p.src)
	}
}

func (c *capture) wanted(port uint16) bool { return slices.Contains(c.ports, port) }

// lostFragments counts the packets of a datagram that is not complete. Those for another port, or without the first
// fragment, which names the port, count as not syslog.
func (c *capture) lostFragments(port uint16, packets uint64) {
	if port > 0 && c.wanted(port) {
		c.stats.Fragments += packets
		return
	}
	c.stats.Other += packets
}
