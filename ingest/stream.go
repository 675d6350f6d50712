package ingest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// After a failed accept the loop waits, from acceptMin on and twice as long each time, so that a process out of file
// descriptors does not spin.
const (
	acceptMin  = 5 * time.Millisecond
	acceptMax  = time.Second
	streamRead = 64 << 10 // bytes read at once from a stream
	drainBytes = 4 << 20  // bytes taken from one stream at a stop, at most
)

// streamSocket is one listening socket, TCP or unix.
type streamSocket struct {
	cfg   *Config
	local string
	ln    net.Listener
}

func (s *Server) listenStream(network, address string) error {
	l := &streamSocket{cfg: &s.cfg}
	if network == "unix" {
		l.local = "unix"
		freePath(network, address)
	}
	ln, err := net.Listen(network, address)
	if err != nil {
		return err
	}
	l.ln = ln
	s.streams = append(s.streams, l)
	return nil
}

// connLimits counts open connections, in all and by sender.
type connLimits struct {
	mu     sync.Mutex
	all    int
	by     map[source]int
	maxAll int
	maxBy  int
}

func newConnLimits(all, by int) *connLimits {
	return &connLimits{by: make(map[source]int), maxAll: all, maxBy: by}
}

func (c *connLimits) take(from source) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.all >= c.maxAll || c.by[from] >= c.maxBy {
		return false
	}
	c.all++
	c.by[from]++
	return true
}

func (c *connLimits) give(from source) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all--
	if c.by[from]--; c.by[from] == 0 {
		delete(c.by, from)
	}
}

// accept serves connections until ctx ends, and returns when the last of them is drained.
func (l *streamSocket) accept(ctx context.Context, q *queue, limits *connLimits, stats *counters) error {
	stop := context.AfterFunc(ctx, func() { l.ln.Close() })
	defer stop()
	var open sync.WaitGroup
	defer open.Wait()
	wait := acceptMin
	for {
		conn, err := l.ln.Accept()
		switch {
		case ctx.Err() != nil:
			if err == nil {
				conn.Close()
			}
			return nil
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("%s: %w", l.ln.Addr(), err)
		case err != nil:
			stats.add(func(s *Stats) { s.AcceptFails++ })
			l.cfg.Log.Warn("cannot accept connections", "listener", l.ln.Addr(), "err", err)
			sleep(ctx, wait)
			wait = min(2*wait, acceptMax)
			continue
		}
		wait = acceptMin
		from := l.source(conn.RemoteAddr())
		if !limits.take(from) {
			stats.add(func(s *Stats) { s.Refused++ })
			conn.Close()
			continue
		}
		open.Go(func() {
			defer limits.give(from)
			defer conn.Close()
			(&stream{cfg: l.cfg, conn: conn, from: from, queue: q, cut: newSplitter(l.cfg.MaxLine)}).receive(ctx)
		})
	}
}

func (l *streamSocket) source(a net.Addr) source {
	if t, ok := a.(*net.TCPAddr); ok {
		if ip, ok := netip.AddrFromSlice(t.IP); ok {
			return source{addr: ip.Unmap()}
		}
	}
	return source{name: l.local}
}

// stream is one connection. A full queue holds it back: it reads no further, and TCP tells the sender.
type stream struct {
	cfg   *Config
	conn  net.Conn
	from  source
	queue *queue
	cut   *splitter
	buf   []byte
	n     int // bytes in buf that are not yet cut into lines
}

// receive reads until the sender closes, is silent for too long, or ctx ends; then also what the kernel still holds.
// What the stream ends with is a line, newline or not.
func (s *stream) receive(ctx context.Context) {
	stop := context.AfterFunc(ctx, func() { s.conn.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	s.buf = make([]byte, s.cfg.MaxLine+16+streamRead)
	for {
		if err := s.deadline(ctx); err != nil {
			break
		}
		n, err := s.conn.Read(s.buf[s.n:])
		s.took(n, false)
		if err != nil {
			break
		}
	}
	if ctx.Err() != nil {
		s.drain()
	}
	s.took(0, true)
}

// deadline gives the next read its time. A stop may come between the check and the call: it is looked at again.
func (s *stream) deadline(ctx context.Context) error {
	if err := s.conn.SetReadDeadline(time.Now().Add(s.cfg.Idle)); err != nil {
		return err
	}
	return ctx.Err()
}

// drain takes what the kernel holds without waiting for more.
func (s *stream) drain() {
	sc, ok := s.conn.(syscall.Conn)
	if !ok {
		return
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) { // a closed connection has nothing to drain
		for total := 0; total < drainBytes; {
			n, _, err := unix.Recvfrom(int(fd), s.buf[s.n:], unix.MSG_DONTWAIT)
			if errors.Is(err, unix.EINTR) {
				continue
			}
			if err != nil || n <= 0 {
				return
			}
			total += n
			s.took(n, false)
		}
	})
}

// took cuts the lines out of the buffer, which n more bytes came into, and puts them into the queue.
func (s *stream) took(n int, end bool) {
	s.n += n
	recv := s.cfg.Now().UnixNano()
	data := s.buf[:s.n]
	var lines []line
	var own []byte
	for {
		before := s.cut.oversize
		adv, tok, _ := s.cut.split(data, end)
		data = data[adv:]
		if tok == nil {
			break
		}
		if own == nil {
			own = make([]byte, 0, len(data)+len(tok)) // enough for all tokens to come
		}
		own = append(own, tok...)
		lines = append(lines, line{from: s.from, raw: own[len(own)-len(tok):], recv: recv, cut: s.cut.oversize > before})
	}
	s.n = copy(s.buf, data)
	if len(lines) > 0 {
		s.queue.put(lines)
	}
}
