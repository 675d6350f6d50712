package ingest

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"uncloak/store"
)

// Stats counts what a Server did since it was made. All fields only grow.
type Stats struct {
	Received    uint64 // lines and datagrams, those that were dropped included
	Bytes       uint64
	Stored      uint64 // lines that the store has
	Unparsed    uint64 // of those stored
	Dropped     uint64 // by the Server, as the queue was full
	Kernel      uint64 // by the kernel, as the socket buffer was full; datagram sockets
	Oversize    uint64
	Malformed   uint64
	Repaired    uint64
	Lost        uint64 // given up because the store refused them
	Aside       uint64 // of those, lines that are in a file of Config.GivenUp
	StoreErrors uint64
	Refused     uint64 // connections beyond the limits
	Handshakes  uint64 // TLS connections that failed: not TLS, no certificate that is accepted, too slow
	AcceptFails uint64 // by the kernel: no more file descriptors, for instance
	ListenDrops uint64 // connections that the kernel dropped before they were accepted: too many at once, or half open
	NotAllowed  uint64 // lines and connections of senders that are not allowed
	Limited     uint64 // lines beyond their sender's rate
	Suppressed  uint64 // lines that the senders say they left out
	Missing     uint64 // lines that the senders' sequence numbers show to be lost on the way
	LeftLines   uint64 // of those dropped, lines that a stop had no time for
	LeftConns   uint64 // connections that a stop closed with data unread
	LeftBytes   uint64 // of that data
}

// counters is a Stats that can be waited for.
type counters struct {
	mu      sync.Mutex
	s       Stats
	by      map[[2]string]*store.Health // by sender and router
	refused error                       // by the store, until it takes a batch again
	changed chan struct{}               // closed and replaced at each change
}

func newCounters() *counters {
	return &counters{by: make(map[[2]string]*store.Health), changed: make(chan struct{})}
}

func (c *counters) add(f func(*Stats)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f(&c.s)
	close(c.changed)
	c.changed = make(chan struct{})
}

// stored accounts for a batch that the store has.
func (c *counters) stored(b store.Batch) {
	c.add(func(s *Stats) {
		s.Stored += uint64(len(b.Entries))
		c.refused = nil
		for i := range b.Health {
			h := &b.Health[i]
			s.Received += h.Received
			s.Bytes += h.Bytes
			s.Unparsed += h.Unparsed
			s.Dropped += h.Dropped
			s.Kernel += h.Kernel
			s.Oversize += h.Oversize
			s.Malformed += h.Malformed
			s.Repaired += h.Repaired
			s.NotAllowed += h.NotAllowed
			s.Limited += h.Limited
			s.Suppressed += h.Suppressed
			s.Missing += h.Missing
			c.account(h)
		}
	})
}

// maxAccounts bounds the accounts that are kept since the start; further senders are "others" there. (Those of a day,
// in the store, have their own bound.)
const maxAccounts = 512

// account adds to the accounts since the start.
func (c *counters) account(h *store.Health) {
	who := [2]string{h.Sender, h.Router}
	sum := c.by[who]
	if sum == nil && len(c.by) >= maxAccounts {
		who = [2]string{others.name, ""}
		sum = c.by[who]
	}
	if sum == nil {
		sum = &store.Health{Sender: who[0], Router: who[1]}
		c.by[who] = sum
	}
	sum.SkewMS = h.SkewMS
	sum.Add(h)
}

// accounts are copies of the accounts since the start, in order of sender and router.
func (c *counters) accounts() []store.Health {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make([]store.Health, 0, len(c.by))
	for _, h := range c.by {
		out = append(out, *h)
	}
	slices.SortFunc(out, func(a, b store.Health) int {
		return cmp.Or(cmp.Compare(a.Sender, b.Sender), cmp.Compare(a.Router, b.Router))
	})
	return out
}

func (c *counters) now() (Stats, <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.s, c.changed
}

// wait returns once f holds, or with ctx's error.
func (c *counters) wait(ctx context.Context, f func(Stats) bool) error {
	for {
		s, changed := c.now()
		if f(s) {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
