package ingest

import (
	"context"
	"net/netip"
	"sync"

	"golang.org/x/sync/semaphore"
)

// source identifies the sender of a line: an address, or the name of a local socket or a feed.
type source struct {
	addr netip.Addr
	name string
}

func (s source) String() string {
	if s.name != "" {
		return s.name
	}
	return s.addr.String()
}

// line is one received line, in memory of its own.
type line struct {
	from     source
	raw      []byte
	recv     int64 // ns
	cut      bool  // longer than the limit
	datagram bool  // its sender does not wait: without room it is dropped
	fed      *fed  // nil: received by a socket
	slab     *slab // at the last line of a read: the memory of all its lines; nil: left to the collector
}

// readAgain reports whether the line, if it is not stored, is read again at the next start.
func (l *line) readAgain() bool { return l.fed != nil && l.fed.by.stored != nil }

// cost returns the room that a line takes in the queue: one for a line of the usual length, such as netfilter's.
func (l *line) cost() int64 { return 1 + int64(len(l.raw))/usualLine }

// queue is between the sockets and the parser: bounded in lines (and with them in bytes), so that a sender faster than
// the store costs memory up to a bound and then lines, which are counted by sender. Many goroutines put; one takes.
type queue struct {
	datagrams *room // of lines that are dropped where there is no room
	streams   *room // of lines that wait for room: of streams and feeds
	lines     chan []line
	stop      context.Context // ends when nothing more is to be put
	end       context.Context // ends when nothing more is to be read, not even to be counted
	late      context.Context // ends when what waits is not to be stored any more

	gate  *gate
	large *semaphore.Weighted // large buffers of streams

	mu       sync.Mutex
	losses   map[source]loss // since they were last taken
	maxNamed int
	left     leftover
}

// leftover counts what a stop has not taken in.
type leftover struct{ lines, conns, bytes uint64 }

// loss counts what was sent and never became a line, by reason.
type loss struct{ dropped, kernel, empty, limited, notAllowed, refused uint64 }

func (l *loss) add(o loss) {
	l.dropped += o.dropped
	l.kernel += o.kernel
	l.empty += o.empty
	l.limited += o.limited
	l.notAllowed += o.notAllowed
	l.refused += o.refused
}

// room is a part of the queue's size.
type room struct {
	*semaphore.Weighted
	size int64
}

func newRoom(size int) *room { return &room{semaphore.NewWeighted(int64(size)), int64(size)} }

// cost returns the units that lines take. A line longer than the room takes all of it.
func (r *room) cost(lines []line) (sum int64) {
	for i := range lines {
		sum += min(lines[i].cost(), r.size)
	}
	return sum
}

// newQueue returns a queue whose lines all share one room.
func newQueue(size, senders, large int) *queue {
	all := newRoom(size)
	return &queue{datagrams: all, streams: all, lines: make(chan []line, size),
		stop: context.Background(), end: context.Background(),
		late: context.Background(), gate: newGate(senders), large: semaphore.NewWeighted(int64(large)),
		losses: make(map[source]loss), maxNamed: senders}
}

// split gives datagrams and streams rooms of their own. Streams, which wait for room and lose nothing, get a quarter:
// in one room a stream that is faster than the store would leave no place to datagrams, which do not wait.
func (q *queue) split() {
	size := int(q.datagrams.size)
	if quarter := size / 4; quarter > 0 {
		q.datagrams, q.streams = newRoom(size-quarter), newRoom(quarter)
	}
}

// roomOf returns the room of lines that were received together.
func (q *queue) roomOf(lines []line) *room {
	if len(lines) > 0 && lines[0].datagram {
		return q.datagrams
	}
	return q.streams
}

// admit takes room for as many of the lines as fit, in order, and counts the others as dropped. What it returns must be
// passed to give.
func (q *queue) admit(lines []line) []line {
	r := q.roomOf(lines)
	if r.TryAcquire(r.cost(lines)) {
		return lines
	}
	kept := lines[:0]
	for i := range lines {
		if r.TryAcquire(r.cost(lines[i : i+1])) {
			kept = append(kept, lines[i])
		} else {
			q.drop(lines[i : i+1])
		}
	}
	return kept
}

// give puts lines that were admitted. It does not block, as each line holds at least one unit of room and the channel
// has a place for each.
func (q *queue) give(lines []line) {
	if len(lines) > 0 {
		q.lines <- lines
	}
}

// put waits for room, which comes as long as the pipeline runs. It returns the lines that had no room when the queue
// was stopped.
func (q *queue) put(lines []line) (rest []line) {
	r := q.roomOf(lines)
	if r.TryAcquire(r.cost(lines)) {
		q.lines <- lines
		return nil
	}
	for i := range lines {
		if r.Acquire(q.stop, r.cost(lines[i:i+1])) != nil {
			return lines[i:]
		}
		q.lines <- lines[i : i+1 : i+1]
	}
	return nil
}

// drop counts lines that were received and found no room.
func (q *queue) drop(lines []line) {
	for i := range lines {
		q.lose(lines[i].from, loss{dropped: 1})
	}
	if len(lines) > 0 && q.stop.Err() != nil {
		q.leave(leftover{lines: uint64(len(lines))})
	}
}

// leave counts what a stop has not taken in.
func (q *queue) leave(l leftover) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.left.lines += l.lines
	q.left.conns += l.conns
	q.left.bytes += l.bytes
}

// done gives back the room of lines that were taken out.
func (q *queue) done(lines []line) {
	r := q.roomOf(lines)
	r.Release(r.cost(lines))
}

func (q *queue) lose(from source, l loss) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if _, ok := q.losses[from]; !ok && len(q.losses) >= q.maxNamed {
		from = others
	}
	have := q.losses[from]
	have.add(l)
	q.losses[from] = have
}

// takeLosses returns the losses since the last call.
func (q *queue) takeLosses() map[source]loss {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.losses) == 0 {
		return nil
	}
	l := q.losses
	q.losses = make(map[source]loss)
	return l
}
