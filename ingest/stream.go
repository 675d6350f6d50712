package ingest

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/time/rate"
)

// After a failed accept the loop waits, from acceptMin on and twice as long each time, so that a process out of file
// descriptors does not spin.
const (
	acceptMin   = 5 * time.Millisecond
	acceptMax   = time.Second
	streamFirst = 4 << 10  // bytes of a new stream's buffer, which grows while reads fill it: most streams are idle
	streamRead  = 64 << 10 // bytes read at once from a stream, at most
	// lines put into the queue at once, at most: a stream that waits there holds no more of them
	streamLines = packetBatch
	drainBytes  = 8 << 20 // bytes taken from one stream at a stop, at most; Linux holds up to 6 MiB (tcp_rmem)
	// bytes that a TLS client may send in its handshake, at most: crypto/tls would keep 256 KiB
	helloBytes = 64 << 10
)

// streamSocket is one listening socket, TCP or unix; with TLS where secure is set.
type streamSocket struct {
	cfg    *Config
	local  string
	ln     net.Listener
	secure func() *tls.Config // nil: no TLS
	seldom *rate.Sometimes    // limits the log lines about clients that cannot connect

	dropped atomic.Uint64 // connections that the kernel had dropped when it was last asked
}

// drops returns the number of connections that the kernel dropped before they were accepted.
func (l *streamSocket) drops() uint64 {
	if sc, ok := l.ln.(syscall.Conn); ok {
		if raw, err := sc.SyscallConn(); err == nil {
			_ = raw.Control(func(fd uintptr) { // a closed one says nothing more
				if n, ok := kernelDrops(int(fd)); ok {
					l.dropped.Store(uint64(n))
				}
			})
		}
	}
	return l.dropped.Load()
}

func (s *Server) listenStream(network, address string) error {
	over, local := network, ""
	switch network {
	case "unix":
		local = unixName
		freePath(network, address)
	case "tls":
		over = "tcp"
	}
	var how net.ListenConfig
	how.SetMultipathTCP(false) // no log comes that way, and its sockets neither shut windows nor tell of drops
	ln, err := how.Listen(context.Background(), over, address)
	if err != nil {
		return err
	}
	l := s.newStreamSocket(network == "tls")
	l.ln, l.local = ln, local
	if local != "" {
		return s.cfg.setMode(address)
	}
	return nil
}

// connLimits counts open connections, in all and by sender, and the memory that they may grow to. While the
// configuration names routers, other senders cannot take the last eighth of all places: a router finds a place beside
// any number of others.
type connLimits struct {
	mu       sync.Mutex
	all      int
	bytes    int
	by       map[source]int
	maxAll   int
	allName  string // of the limit maxAll
	maxBy    int
	maxBytes int
}

// spareFiles is the number of file descriptors that connections leave to the store, to followed files and to the rest
// of the process; of a limit below its double they leave half.
const spareFiles = 256

// connsOf returns how many of the wanted connections a limit of file descriptors allows.
func connsOf(limit uint64, want int) int {
	return int(min(uint64(want), limit-min(limit/2, spareFiles)))
}

// newConnLimits returns the limits of the configuration, lowered to what a limit of file descriptors allows.
func newConnLimits(cfg *Config, files uint64) *connLimits {
	c := &connLimits{by: make(map[source]int), maxAll: connsOf(files, cfg.MaxConns), allName: "limits.connections",
		maxBy: cfg.MaxConnsPerSender, maxBytes: cfg.ConnBytes}
	if c.maxAll < cfg.MaxConns {
		c.allName = "the limit of file descriptors (LimitNOFILE, ulimit -n)"
	}
	return c
}

// take takes a place for a connection that needs so many bytes, or returns the name of the limit that forbids it. With
// spare it leaves an eighth of the places free.
func (c *connLimits) take(from source, bytes int, spare bool) (limit string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	maxAll, maxBytes := c.maxAll, c.maxBytes
	if spare {
		maxAll, maxBytes = maxAll-maxAll/8, maxBytes-maxBytes/8
	}
	switch {
	case c.by[from] >= c.maxBy:
		return "limits.per_sender"
	case c.all >= maxAll:
		return c.allName
	case c.bytes+bytes > maxBytes:
		return "memory"
	}
	c.all++
	c.bytes += bytes
	c.by[from]++
	return ""
}

func (c *connLimits) give(from source, bytes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all--
	c.bytes -= bytes
	if c.by[from]--; c.by[from] == 0 {
		delete(c.by, from)
	}
}

// accept serves connections until ctx ends, also those that the kernel holds by then, and returns when the last of them
// is drained.
func (l *streamSocket) accept(ctx context.Context, q *queue, limits *connLimits, stats *counters) error {
	end := func() { l.ln.Close() }
	d, patient := l.ln.(interface{ SetDeadline(time.Time) error })
	if patient {
		end = func() { d.SetDeadline(time.Unix(1, 0)) }
	}
	stop := context.AfterFunc(ctx, end)
	defer stop()
	var open sync.WaitGroup
	defer open.Wait()
	serve := func(conn net.Conn) {
		from := l.source(conn.RemoteAddr())
		if !q.gate.allows(from) {
			q.lose(from, loss{notAllowed: 1})
			conn.Close()
			return
		}
		cost := l.cfg.connCost(l.secure != nil)
		if limit := limits.take(from, cost, q.gate.others(from)); limit != "" {
			stats.add(func(s *Stats) { s.Refused++ })
			q.lose(from, loss{refused: 1})
			l.seldom.Do(func() {
				l.cfg.Log.Warn("connection refused: too many", "client", from.String(), "raise",
					limit)
			})
			conn.Close()
			return
		}
		open.Go(func() {
			defer limits.give(from, cost)
			defer conn.Close()
			d := &drainConn{Conn: conn, patience: min(l.cfg.Handshake, l.cfg.Drain)}
			l.serve(ctx, d, from, q, stats)
			if n := d.unread(); n > 0 && ctx.Err() != nil {
				q.leave(leftover{conns: 1, bytes: uint64(n)})
			}
		})
	}
	for wait := acceptMin; ; {
		conn, err := l.ln.Accept()
		switch {
		case err == nil:
			wait = acceptMin
			serve(conn)
		case ctx.Err() != nil:
			if patient {
				l.rest(serve)
				l.ln.Close()
			}
			return nil
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("%s: %w", l.ln.Addr(), err)
		default:
			stats.add(func(s *Stats) { s.AcceptFails++ })
			l.cfg.Log.Warn("cannot accept connections", "listener", l.ln.Addr(), "err", err)
			sleep(ctx, wait)
			wait = min(2*wait, acceptMax)
		}
	}
}

// rest serves the connections that wait in the kernel: their senders believe that what they wrote has arrived.
func (l *streamSocket) rest(serve func(net.Conn)) {
	sc, ok := l.ln.(syscall.Conn)
	if !ok {
		return
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) { // a closed socket holds none
		for range l.cfg.MaxConns {
			c, err := connHeld(int(fd))
			if err != nil {
				return
			}
			if c != nil {
				serve(c)
			}
		}
	})
}

// serve reads one connection to its end.
func (l *streamSocket) serve(ctx context.Context, conn *drainConn, from source, q *queue, stats *counters) {
	s := &stream{cfg: l.cfg, raw: conn, conn: conn, from: from, queue: q, cut: newStreamSplitter(l.cfg.MaxLine)}
	if l.secure != nil {
		c := tls.Server(conn, l.secure())
		conn.limit = helloBytes
		err := l.handshake(q.stop, c)
		conn.limit = 0
		if err != nil {
			if ctx.Err() == nil {
				stats.add(func(s *Stats) { s.Handshakes++ })
				l.seldom.Do(func() { l.cfg.Log.Warn("no TLS with this client", "client", from.String(), "err", err) })
			}
			return
		}
		s.conn = c
		// RFC 5425, 4.4: a close_notify is answered by one; the client may have gone
		defer func() { _ = c.CloseWrite() }()
	} else {
		s.fresh = true
	}
	s.receive(ctx)
	if s.hello {
		stats.add(func(s *Stats) { s.Handshakes++ })
		l.seldom.Do(func() {
			l.cfg.Log.Warn("no TLS at this port", "client", from.String(), "do",
				"let it send to the TLS port, or without TLS")
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

// drainConn is a connection that, once drained, gives only what the kernel already holds, and then an error. It lies
// below TLS, so that both kinds of stream end alike.
type drainConn struct {
	net.Conn
	drained bool
	limit   int // bytes that may still be read; 0: any number

	patience time.Duration // time that a write of TLS waits for the peer
}

// Write is called by TLS alone, for its part of the handshake and for answers to clients that ask for new keys. It does
// not wait long for a client that asks and never reads, so that this cannot hold up a stop.
func (c *drainConn) Write(b []byte) (int, error) {
	if err := c.Conn.SetWriteDeadline(time.Now().Add(c.patience)); err != nil {
		return 0, err
	}
	return c.Conn.Write(b)
}

// errTooMuch ends a handshake in which a TLS client sends more than helloBytes.
var errTooMuch = errors.New("it sent more than a handshake takes")

// control calls f with the descriptor.
func (c *drainConn) control(f func(fd int)) error {
	sc, ok := c.Conn.(syscall.Conn)
	if !ok {
		return net.ErrClosed
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return err
	}
	return raw.Control(func(fd uintptr) { f(int(fd)) })
}

// drain makes the connection give only what the kernel holds, and take no more than is on its way: the window stays
// shut, so that the sender keeps the rest and knows it.
func (c *drainConn) drain() {
	c.drained = true
	// of unix sockets: none
	_ = c.control(shutWindow)
}

// unread returns the number of bytes that the kernel holds.
func (c *drainConn) unread() (n int) {
	_ = c.control(func(fd int) { n = unreadOf(fd) })
	return n
}

func (c *drainConn) Read(b []byte) (int, error) {
	if c.limit > 0 {
		n, err := c.Conn.Read(b)
		if c.limit -= n; c.limit <= 0 {
			c.limit = 1
			return n, errTooMuch
		}
		return n, err
	}
	if !c.drained {
		return c.Conn.Read(b)
	}
	var n int
	var err error
	ctlErr := c.control(func(fd int) { n, err = bytesHeld(fd, b) })
	if err = errors.Join(err, ctlErr); err == nil && n <= 0 {
		err = io.EOF
	}
	return max(n, 0), err
}

// stream is one connection. A full queue holds it back: it reads no further, and TCP tells the sender.
type stream struct {
	cfg   *Config
	raw   *drainConn
	conn  net.Conn // raw, or TLS over it
	from  source
	queue *queue
	cut   *splitter
	by    *feed // nil: of a socket
	buf   []byte
	n     int // bytes in buf that are not yet cut into lines
	zip   unzipper
	fresh bool // nothing was read yet of a stream that is plain
	hello bool // it began with a TLS handshake, and is not a log
}

// receive reads until the sender closes, is silent for too long, or ctx ends; then also what the kernel still holds.
// What the stream ends with is a line, newline or not.
func (s *stream) receive(ctx context.Context) {
	stop := context.AfterFunc(ctx, func() { s.raw.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	s.buf = make([]byte, streamFirst)
	defer func() {
		if len(s.buf) > s.cfg.MaxLine+16+streamFirst {
			s.queue.large.Release(1)
		}
	}()
	for {
		if err := s.deadline(ctx); err != nil {
			break
		}
		if _, err := s.read(); err != nil {
			break
		}
	}
	if ctx.Err() != nil {
		s.drain()
	}
	s.took(0, true)
}

// read takes one read's worth, and makes room for more where that filled the buffer.
func (s *stream) read() (n int, err error) {
	offered := len(s.buf) - s.n
	n, err = s.conn.Read(s.buf[s.n:])
	if s.fresh && n > 0 {
		if s.fresh, s.hello = false, isHello(s.buf[:n]); s.hello {
			return n, errHello
		}
		if isZlib(s.buf[:n]) {
			s.conn = newZlibConn(s.conn, s.buf[:n])
			return s.read()
		}
	}
	s.took(n, false)
	s.fit(n, n == offered)
	return n, err
}

var errHello = errors.New("TLS at a plain port")

// isHello reports whether a stream begins as TLS does: a handshake record, and in it a client's hello.
func isHello(b []byte) bool {
	return len(b) > 5 && b[0] == 0x16 && b[1] == 3 && b[5] == 1
}

// fit chooses the size of the buffer by the last read: small while little comes, so that many connections cost little;
// enough for the longest line; or large, for a sender in a hurry, as long as the queue has buffers of that size to
// give.
func (s *stream) fit(n int, full bool) {
	line := s.cfg.MaxLine + 16 + streamFirst
	full = full || 2*s.n > len(s.buf)
	switch size := len(s.buf); {
	case size < line && full:
		s.resize(line)
	case size == line && full && s.queue.large.TryAcquire(1):
		s.resize(line + streamRead)
	case size > line && n < streamFirst:
		s.queue.large.Release(1)
		s.resize(line)
	case size == line && n < streamFirst/2 && s.n == 0:
		s.resize(streamFirst)
	}
}

func (s *stream) resize(size int) {
	b := make([]byte, size)
	copy(b, s.buf[:s.n])
	s.buf = b
}

// deadline sets the time limit of the next read. A stop may come between this and the read: ctx is looked at
// afterwards.
func (s *stream) deadline(ctx context.Context) error {
	if err := s.raw.SetReadDeadline(time.Now().Add(s.cfg.Idle)); err != nil {
		return err
	}
	return ctx.Err()
}

// drain takes what the kernel holds without waiting for more, and counts what comes after the time for that is over.
func (s *stream) drain() {
	s.raw.drain()
	for total := 0; total < drainBytes && s.queue.end.Err() == nil; {
		n, err := s.read()
		total += n
		if err != nil {
			return
		}
	}
}

// took cuts lines out of the buffer, into which n more bytes were read, and puts them into the queue.
func (s *stream) took(n int, end bool) {
	s.n += n
	recv := s.cfg.Now().UnixNano()
	data := s.buf[:s.n]
	for {
		lines, rest := s.lines(data, recv, end)
		data = rest
		if len(lines) == 0 {
			break
		}
		s.queue.gate.wait(s.queue.stop, s.from, len(lines))
		s.queue.drop(s.queue.put(lines))
	}
	s.n = copy(s.buf, data)
}

// lines cuts the next lines off data, into one piece of memory of their own. It cuts few at a time, as a stream holds
// its lines while they wait for room, and there may be many streams, and lines of one byte.
func (s *stream) lines(data []byte, recv int64, end bool) (lines []line, rest []byte) {
	var toks [streamLines][]byte
	var cut [streamLines]bool
	n, size := 0, 0
	for n < streamLines {
		before := s.cut.oversize
		adv, tok, _ := s.cut.split(data, end)
		data = data[adv:]
		if tok == nil {
			break
		}
		toks[n], cut[n] = tok, s.cut.oversize > before
		if isZipped(tok) {
			if plain, more, ok := s.zip.message(tok, s.cfg.MaxLine); ok {
				tok = bytes.Clone(plain)
				toks[n], cut[n] = tok, cut[n] || more
			}
		}
		n++
		size += len(tok)
	}
	if n == 0 {
		return nil, data
	}
	sl, own := newSlab(size)
	lines = newLines(n)
	for i, tok := range toks[:n] {
		own = append(own, tok...)
		lines = append(lines, line{from: s.from, raw: own[len(own)-len(tok):], recv: recv, cut: cut[i]})
	}
	lines[n-1].slab = sl
	if s.by != nil {
		of := make([]fed, n)
		for i := range of {
			of[i].by, lines[i].fed = s.by, &of[i]
		}
	}
	return lines, data
}
