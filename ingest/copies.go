package ingest

import (
	"time"

	"uncloak/parse"
	"uncloak/store"
)

// Bounds of what is remembered of packets: a router passes one on within copyWithin, and as many as copiesMax may be on
// their way.
const (
	copyWithin = 20 * time.Millisecond
	copiesMax  = 1 << 15
)

// copies finds the packets that tcpdump -i any shows again, on another interface of the router. They are kept as lines
// that say nothing of their own: one packet is no two sessions.
type copies struct {
	seen  map[uint64]seenPacket
	chunk int // number of the current chunk
}

type seenPacket struct {
	at, link uint64
	chunk, i int
}

// mark goes through the entries of a chunk, in the order of the file, when they have their times. Of a packet that
// leaves translated, the first copy is the session, and the second tells the translation. Of an answer it is the last.
func (c *copies) mark(es []store.Entry, facts []fact) {
	c.chunk++
	for i := range es {
		p := &facts[i].copy
		if p.Link == 0 {
			continue
		}
		if c.seen == nil || len(c.seen) > copiesMax {
			c.seen = make(map[uint64]seenPacket)
		}
		e, now := &es[i], seenPacket{uint64(es[i].Time), p.Link, c.chunk, i}
		if first, ok := c.known(p.To, now); ok {
			if first.chunk == c.chunk && es[first.i].Src != e.Src {
				es[first.i].NATSrc, es[first.i].NATSPort = e.Src, e.SPort
			}
			aside(e)
			continue
		}
		if first, ok := c.known(p.From, now); ok {
			if outer := &es[min(first.i, i)]; first.chunk == c.chunk && outer.Dst != e.Dst {
				e.NATDst, e.NATDPort = outer.Dst, outer.DPort
				aside(outer)
			} else {
				aside(e)
			}
			c.seen[p.From], c.seen[p.To] = now, now
			continue
		}
		c.seen[p.To], c.seen[p.From] = now, now
	}
}

// known returns the packet that has been seen under a key, where now is a copy of it.
func (c *copies) known(key uint64, now seenPacket) (seenPacket, bool) {
	first, ok := c.seen[key]
	return first, ok && first.link != now.link && now.at-first.at <= uint64(copyWithin)
}

// aside makes an event that only says that the line was there.
func aside(e *store.Entry) {
	e.Kind, e.Packets, e.Bytes = parse.System, 0, 0
}
