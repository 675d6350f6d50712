package ingest

import (
	"context"
	"sync"

	"uncloak/store"
)

// Stats is what a Server did since it was made. All fields only grow.
type Stats struct {
	Received    uint64 // lines and datagrams, those that were dropped included
	Bytes       uint64
	Stored      uint64 // lines that the store has
	Unparsed    uint64 // of those stored
	Dropped     uint64 // by us, as the queue was full
	Kernel      uint64 // by the kernel, as the socket buffer was full; datagram sockets
	Oversize    uint64
	Malformed   uint64
	Repaired    uint64
	Lost        uint64 // given up because the store refused them
	StoreErrors uint64
	Refused     uint64 // connections beyond the limits
	Handshakes  uint64 // TLS connections that came to nothing: not TLS, no certificate that we accept, too slow
	AcceptFails uint64 // by the kernel: no more file descriptors, for instance
}

// counters is a Stats that can be waited for.
type counters struct {
	mu      sync.Mutex
	s       Stats
	changed chan struct{} // closed and replaced at each change
}

func newCounters() *counters { return &counters{changed: make(chan struct{})} }

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
		for _, h := range b.Health {
			s.Received += h.Received
			s.Bytes += h.Bytes
			s.Unparsed += h.Unparsed
			s.Dropped += h.Dropped
			s.Kernel += h.Kernel
			s.Oversize += h.Oversize
			s.Malformed += h.Malformed
			s.Repaired += h.Repaired
		}
	})
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
