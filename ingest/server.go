package ingest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"uncloak/store"
)

// Server receives log lines from sockets. The way of a line: socket → owned bytes, sender and receive time → bounded
// queue → parse → sender's clock → batch → store.
type Server struct {
	cfg   Config
	store Appender
	stats *counters
	beats atomic.Uint64

	storing atomic.Bool
	set     atomic.Pointer[Settings]
	gate    *gate

	mu        sync.Mutex
	listening bool
	packets   []*packetSocket
	streams   []*streamSocket
	feeds     []*feed
	book      *book
}

// ErrUnsupported says that this system lacks what a Server needs.
var ErrUnsupported = errors.New("receiving works on Linux only; import, report and query work on this system, too")

// New makes a Server that stores into st. It opens nothing yet. It fails on systems other than Linux.
func New(cfg Config, st Appender) (*Server, error) {
	if !receives {
		return nil, ErrUnsupported
	}
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("receiver: %w", err)
	}
	cfg.fill()
	s := &Server{cfg: cfg, store: st, stats: newCounters(), gate: newGate(cfg.Senders)}
	s.set.Store(&s.cfg.Settings)
	s.gate.set(cfg.Allow, cfg.Rate, cfg.Routers)
	return s, nil
}

// Set changes the settings, from the next line and the next TLS handshake on. Open connections stay as they are. What x
// points to must not be changed any more. Any goroutine may call Set, at any time.
func (s *Server) Set(x Settings) {
	if x.Secure == nil {
		x.Secure = s.set.Load().Secure
	}
	x.fill()
	s.set.Store(&x)
	s.gate.set(x.Allow, x.Rate, x.Routers)
}

// Stats returns the counts since the start.
func (s *Server) Stats() Stats {
	st, _ := s.stats.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.streams {
		st.ListenDrops += l.drops()
	}
	return st
}

// Accounts returns the sums since the start by sender and router; those of further senders than 512 are added up in
// one.
func (s *Server) Accounts() []store.Health { return s.stats.accounts() }

// Refusing returns the error with which the store refuses events at the moment, such as a full disk; nil: it takes
// them.
func (s *Server) Refusing() error {
	s.stats.mu.Lock()
	defer s.stats.mu.Unlock()
	return s.stats.refused
}

// Wait returns once f holds of the Stats, or with ctx's error. Stats change when a batch was stored.
func (s *Server) Wait(ctx context.Context, f func(Stats) bool) error { return s.stats.wait(ctx, f) }

// Listen opens the sockets, so that a port in use or a missing permission is known before anything starts. Serve does
// it where the caller has not. After an error nothing is open.
func (s *Server) Listen() (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listening {
		return nil
	}
	defer func() {
		if err != nil {
			s.closeAll()
		}
	}()
	for _, a := range s.cfg.UDP {
		if err := s.listenPacket("udp", a); err != nil {
			return err
		}
	}
	for _, a := range s.cfg.Unixgram {
		if err := s.listenPacket("unixgram", a); err != nil {
			return err
		}
	}
	for _, a := range s.cfg.TCP {
		if err := s.listenStream("tcp", a); err != nil {
			return err
		}
	}
	for _, a := range s.cfg.UnixStream {
		if err := s.listenStream("unix", a); err != nil {
			return err
		}
	}
	for _, a := range s.cfg.TLS {
		if err := s.listenStream("tls", a); err != nil {
			return err
		}
	}
	for _, sock := range s.cfg.Sockets {
		if err := s.inherit(sock); err != nil {
			return err
		}
	}
	if err := s.openFeeds(); err != nil {
		return err
	}
	s.listening = true
	return nil
}

// Addrs returns the addresses that the Server listens at, in the order of the configuration: UDP, Unixgram, TCP,
// UnixStream, TLS.
func (s *Server) Addrs() (as []net.Addr) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.packets {
		as = append(as, p.conn.LocalAddr())
	}
	for _, l := range s.streams {
		as = append(as, l.ln.Addr())
	}
	return as
}

// Beats returns a number that grows as long as the Server works, also while no lines come, the disk is full or the
// store is busy: making old days anew after a large import may take it minutes. A watchdog compares it with the last
// one.
func (s *Server) Beats() uint64 {
	if s.storing.Load() {
		return s.beats.Add(1)
	}
	return s.beats.Load()
}

// Listening returns in words where lines come from: "udp [::]:514", "tls 127.0.0.1:6514".
func (s *Server) Listening() (words []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.packets {
		a := p.conn.LocalAddr()
		words = append(words, a.Network()+" "+a.String())
	}
	for _, l := range s.streams {
		network := l.ln.Addr().Network()
		if l.secure != nil {
			network = "tls"
		}
		words = append(words, network+" "+l.ln.Addr().String())
	}
	for _, f := range s.feeds {
		words = append(words, f.name)
	}
	return words
}

// Serve receives until ctx ends, then closes the sockets, takes in what the kernel still holds for them, stores
// everything and returns. So that neither busy senders nor a slow disk can hold it up, it takes in for
// Config.Drain at most, then counts what there is beyond (for half as long), and stores for twice as long; what is left
// then is counted as dropped, by sender, and logged. Its error is that of a socket that cannot be used, or of events
// that could not be stored. A Server serves once.
func (s *Server) Serve(ctx context.Context) error {
	if err := s.Listen(); err != nil {
		return err
	}
	defer s.closeAll()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var ends []func()
	defer func() {
		for _, end := range ends {
			end()
		}
	}()
	after := func(d time.Duration) context.Context { // ends so long after ctx
		c, end := context.WithCancel(context.WithoutCancel(ctx))
		over := context.AfterFunc(ctx, func() { sleep(c, d); end() })
		ends = append(ends, func() { over(); end() })
		return c
	}
	q := newQueue(s.cfg.Queue, s.cfg.Senders, s.cfg.LargeBuffers)
	if len(s.packets) > 0 && len(s.streams)+len(s.feeds) > 0 {
		q.split()
	}
	q.stop, q.end, q.late, q.gate = after(s.cfg.Drain), after(s.cfg.Drain*3/2), after(s.cfg.Drain*2), s.gate
	p := newParser(&s.cfg, q)
	p.set, p.beats = &s.set, &s.beats
	w := &writer{cfg: &s.cfg, to: s.store, stats: s.stats, book: s.book, beats: &s.beats, storing: &s.storing}

	var tail errgroup.Group // goes on until the queue is empty
	tail.Go(func() error { p.run(); return nil })
	tail.Go(func() error { return w.run(ctx, p.out, p.free) })

	receivers, rctx := errgroup.WithContext(ctx)
	for _, sock := range s.packets {
		receivers.Go(func() error { return sock.receive(rctx, q) })
	}
	limits := newConnLimits(&s.cfg, fileLimit())
	if len(s.streams) > 0 && limits.maxAll < s.cfg.MaxConns {
		s.cfg.Log.Warn("fewer connections than configured are accepted, as the process may open few files",
			"connections", limits.maxAll, "configured", s.cfg.MaxConns, "raise", limits.allName)
	}
	for _, sock := range s.streams {
		receivers.Go(func() error { return sock.accept(rctx, q, limits, s.stats) })
	}
	for _, f := range s.feeds {
		receivers.Go(func() error { return s.serveFeed(rctx, f, q, cancel) })
	}
	receivers.Go(func() error { // keeps a server without sockets serving, and stops one that lost a socket
		<-rctx.Done()
		cancel()
		return nil
	})
	err := receivers.Wait()
	close(q.lines)
	err = errors.Join(err, tail.Wait())
	if l := q.left; l != (leftover{}) {
		s.stats.add(func(x *Stats) { x.LeftLines, x.LeftConns, x.LeftBytes = l.lines, l.conns, l.bytes })
		s.cfg.Log.Warn("more was sent than a stop takes in: senders believe that it has arrived", "lines dropped",
			l.lines,
			"connections with unread data", l.conns, "bytes unread", l.bytes)
	}
	return err
}

func (s *Server) closeAll() {
	for _, p := range s.packets {
		p.conn.Close()
	}
	for _, l := range s.streams {
		l.ln.Close()
	}
	if s.listening {
		for _, path := range s.cfg.Unixgram {
			os.Remove(path)
		}
	}
}

// setMode gives the socket file the mode of the configuration.
func (c *Config) setMode(path string) error {
	if c.SocketMode == 0 {
		return nil
	}
	return os.Chmod(path, c.SocketMode)
}

// freePath removes a socket file that no process listens at any more.
func freePath(network, path string) {
	fi, err := os.Lstat(path)
	if err != nil || fi.Mode()&os.ModeSocket == 0 {
		return
	}
	c, err := net.DialTimeout(network, path, time.Second)
	if err == nil {
		c.Close()
		return
	}
	os.Remove(path)
}
