package ingest

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"net/netip"
	"slices"
	"time"

	"uncloak/parse"
	"uncloak/store"
)

// Appender is the part of a store.Store that takes events in. Append is called by one goroutine; it must not keep the
// batch's slices after it returned.
type Appender interface {
	Append(ctx context.Context, b store.Batch) (store.Appended, error)
}

// Router is what the configuration knows about a sender.
type Router struct {
	Name     string         // the name its events go by; "": the host name in its lines
	Location *time.Location // zone of stamps that name none; nil: Config.Location
	Rate     Rate           // instead of Config.Rate
	Dialect  *parse.Dialect // that it writes; nil: found by looking
}

// Config says where a Server listens and how much it holds. DefaultConfig fills in everything but addresses.
type Config struct {
	UDP        []string // host:port to receive datagrams at
	TCP        []string // host:port to accept streams at; newline and octet-counted frames, told apart frame by frame
	Unixgram   []string // paths of unix datagram sockets (like /dev/log)
	UnixStream []string // paths of unix stream sockets
	TLS        []string // host:port to accept TLS at (RFC 5425)

	Sockets []Socket // that somebody else opened; Listen takes them over

	Follow    []string  // files to read as they grow
	Kmsg      string    // "/dev/kmsg", to read what the kernel says
	Journal   string    // JournalHere, or a directory with files of systemd's journal, to read as they grow
	Stdin     io.Reader // read to its end
	Positions string    // file in which it is kept how far Follow, Kmsg and Journal were read

	Settings // what Server.Set may change later

	ReadBuffer        int           // bytes of socket buffer for each datagram socket; the kernel may grant less
	Queue             int           // lines that wait to be parsed; each 272 bytes of a line beyond the first count as one more
	MaxLine           int           // bytes kept of a line; the rest is cut, and counted as oversize
	MaxConns          int           // stream connections at once
	MaxConnsPerSender int           // stream connections at once from one address
	Idle              time.Duration // a stream that is silent for so long is closed
	Handshake         time.Duration // a TLS client that has not said who it is by then is closed
	Drain             time.Duration // after a stop, what the kernel holds is taken in for so long at most, and stored for twice as long
	Senders           int           // senders with a clock and an account of their own; the rest of a day share one
	BatchEvery        time.Duration // a batch is stored after so long …
	BatchEvents       int           // … or once it has so many events
	BatchBytes        int           // … or so many bytes of lines
	LargeBuffers      int           // streams that may have a buffer of 76 KiB at once; the others have one for the longest line
	ConnBytes         int           // memory that connections may come to take together; further ones are refused
	FollowEvery       time.Duration // followed files are looked at so often

	Log *slog.Logger     // nil: slog.Default()
	Now func() time.Time // nil: time.Now
}

// Settings is the part of a Config that may change while a Server serves.
type Settings struct {
	Routers  map[netip.Addr]Router // by sender address
	Location *time.Location        // zone of stamps that name none; nil: UTC
	Here     *time.Location        // … of this machine's programs, which write to unix sockets; nil: Location
	Secure   *tls.Config           // for TLS: see TLSFiles
	Allow    []netip.Prefix        // who may send, beside Routers; nil: everybody
	Rate     Rate                  // of each sender
}

// DefaultConfig listens nowhere. The 32 MiB of socket buffer hold a burst of about 80,000
// datagrams: what comes within 0.4 s at 200,000 a second, while a busy machine lets us wait (docs/adr/0002).
func DefaultConfig() Config {
	return Config{
		ReadBuffer: 32 << 20, Queue: 1 << 16, MaxLine: 8 << 10, MaxConns: 1024, MaxConnsPerSender: 64, Idle: 10 * time.Minute,
		Handshake: 10 * time.Second, Drain: 2 * time.Second, Senders: 4096, BatchEvery: time.Second, BatchEvents: 16384,
		BatchBytes: 8 << 20, LargeBuffers: 64, ConnBytes: 128 << 20,
		Settings:    Settings{Allow: PrivateNetworks()},
		FollowEvery: 250 * time.Millisecond,
	}
}

// Memory bounds of a Config.
const (
	MinMemory = 8 << 20
	usualLine = 272             // bytes of a line that counts as one
	lineCost  = usualLine + 160 // bytes that it takes in the queue
	lineHead  = 96              // of them beside its bytes
)

// Bound sizes the queue, the batches and the connections for a process that is to take so many bytes, whatever is sent and by
// however many. Lines under way have half of it: 3/16 the queue, 3/32 the batches (one being filled, one waiting, one being
// stored), 3/16 connections with their longest lines, 1/32 large buffers. The other half is for what the store and the detectors
// need, and for what the garbage collector has not yet collected: give it the same number (debug.SetMemoryLimit).
func (c *Config) Bound(bytes int) {
	c.Queue = bytes * 3 / 16 / lineCost
	c.BatchBytes = bytes / 32
	c.LargeBuffers = bytes / 32 / (2 * (streamRead + streamFirst + c.MaxLine))
	c.ConnBytes = bytes * 3 / 16
}

// connCost is what a connection comes to take at most, but for a large buffer: its buffer, as much again in lines that wait for a
// place, and a stack; with TLS a record and what crypto/tls holds beside it (measured: docs/adr/0002).
func (c *Config) connCost(secure bool) int {
	cost := 2*(c.MaxLine+16+streamFirst) + streamLines*lineHead + 8<<10
	if secure {
		cost += 48 << 10
	}
	return cost
}

// Validate reports the first value that cannot work.
func (c Config) Validate() error {
	for _, v := range []struct {
		name     string
		n        int
		min, max int
	}{
		{"read buffer", c.ReadBuffer, 4 << 10, 1 << 30}, {"queue", c.Queue, 1, 1 << 24}, {"line limit", c.MaxLine, 480, 1 << 20},
		{"connections", c.MaxConns, 1, 1 << 20}, {"connections per sender", c.MaxConnsPerSender, 1, 1 << 20},
		{"senders", c.Senders, 1, 1 << 20}, {"events per batch", c.BatchEvents, 1, 1 << 20},
		{"bytes per batch", c.BatchBytes, 1, 1 << 30}, {"large buffers", c.LargeBuffers, 0, 1 << 20},
		{"memory of connections", c.ConnBytes, 1, math.MaxInt},
	} {
		if v.n < v.min || v.n > v.max {
			return fmt.Errorf("%s: %d is not between %d and %d", v.name, v.n, v.min, v.max)
		}
	}
	if c.Idle <= 0 || c.BatchEvery <= 0 || c.Handshake <= 0 || c.Drain <= 0 || c.FollowEvery <= 0 {
		return errors.New("idle, handshake, drain, batch and follow time must be positive")
	}
	if c.Secure == nil && (len(c.TLS) > 0 || slices.ContainsFunc(c.Sockets, func(s Socket) bool { return s.TLS })) {
		return errors.New("TLS needs a certificate")
	}
	for _, a := range slices.Concat(c.UDP, c.TCP, c.TLS) {
		if _, _, err := net.SplitHostPort(a); err != nil {
			return fmt.Errorf("listen address %q: want host:port: %w", a, err)
		}
	}
	return nil
}

func (c *Config) fill() {
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	c.Settings.fill()
}

func (s *Settings) fill() {
	if s.Location == nil {
		s.Location = time.UTC
	}
}
