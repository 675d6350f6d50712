package ingest

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"math"
	"net"
	"net/netip"
	"slices"
	"time"

	"uncloak/detect"
	"uncloak/parse"
	"uncloak/store"
)

// Appender is the part of a store.Store that takes events in. Append is called by one goroutine; it must not keep the
// batch's slices after it returned.
type Appender interface {
	Append(ctx context.Context, b store.Batch) (store.Appended, error)
}

// Router holds what the configuration says about a sender.
type Router struct {
	Name     string         // the name its events go by; "": the host name in its lines
	Location *time.Location // zone of stamps that name none; nil: Config.Location
	Rate     Rate           // instead of Config.Rate
	Dialect  *parse.Dialect // that it writes; nil: chosen line by line
}

// Lines holds a source of lines that another part of the program makes.
type Lines struct {
	Name   string // of its account
	Reader io.Reader
}

// Config says where a Server listens and how much it holds. DefaultConfig fills in everything but addresses.
type Config struct {
	UDP        []string // host:port to receive datagrams at
	TCP        []string // host:port to accept streams at; newline and octet-counted frames, told apart frame by frame
	Unixgram   []string // paths of unix datagram sockets (like /dev/log)
	UnixStream []string // paths of unix stream sockets
	TLS        []string // host:port to accept TLS at (RFC 5425)

	SocketMode fs.FileMode // of the unix sockets; 0: as the umask has it

	Sockets []Socket // opened by another program; Listen takes them over

	Follow    []string  // files to read as they grow
	Kmsg      string    // "/dev/kmsg", to read the kernel's messages
	Journal   string    // JournalHere, or a directory with files of systemd's journal, to read as they grow
	Stdin     io.Reader // read to its end
	Lines     []Lines   // further sources, read to their ends
	Positions string    // file that keeps the read positions of Follow, Kmsg and Journal
	GivenUp   string    // directory for the lines of batches that the store refuses for good; "": they are lost

	Settings // may be changed later by Server.Set

	ReadBuffer int // bytes of socket buffer for each datagram socket; the kernel may grant less
	// Queue bounds the lines that wait to be parsed. Each 272 bytes of a line beyond the first count as one more.
	Queue             int
	MaxLine           int           // bytes kept of a line; the rest is cut, and counted as oversize
	MaxConns          int           // stream connections at once
	MaxConnsPerSender int           // stream connections at once from one address
	Idle              time.Duration // silence after which a stream is closed
	Handshake         time.Duration // time that a TLS client has for its handshake
	Drain             time.Duration // time after a stop to read what the kernel holds; storing it has twice as long
	Senders           int           // senders with a clock and an account of their own; the rest of a day share one
	BatchEvery        time.Duration // a batch is stored after this time …
	BatchEvents       int           // … or once it has this many events
	BatchBytes        int           // … or this many bytes of lines
	// LargeBuffers bounds the streams that have a buffer of 76 KiB at once; others have room for the longest line.
	LargeBuffers int
	ConnBytes    int           // memory that all connections together may grow to; further ones are refused
	FollowEvery  time.Duration // time between two looks at followed files

	Log *slog.Logger     // nil: slog.Default()
	Now func() time.Time // nil: time.Now
}

// Settings is the part of a Config that may change while a Server serves.
type Settings struct {
	Routers  map[netip.Addr]Router // by sender address
	Location *time.Location        // zone of stamps that name none; nil: UTC
	Here     *time.Location        // … of this machine's programs, which write to unix sockets; nil: Location
	Secure   *tls.Config           // for TLS: see TLSFiles
	Allow    []netip.Prefix        // networks that may send, beside Routers; nil: all
	Rate     Rate                  // of each sender
}

// DefaultConfig listens nowhere. The 32 MiB of socket buffer hold a burst of about 80,000 datagrams: those of 0.4 s at
// 200,000 a second, in which a busy machine may not run the reader (docs/adr/0002-receiver.md).
func DefaultConfig() Config {
	return Config{
		ReadBuffer: 32 << 20, Queue: 1 << 16, MaxLine: 8 << 10, MaxConns: 1024, MaxConnsPerSender: 64,
		Idle:      10 * time.Minute,
		Handshake: 10 * time.Second, Drain: 2 * time.Second, Senders: 4096, BatchEvery: time.Second, BatchEvents: 16384,
		BatchBytes: 8 << 20, LargeBuffers: 64, ConnBytes: 128 << 20,
		Settings:    Settings{Allow: PrivateNetworks()},
		FollowEvery: 250 * time.Millisecond,
	}
}

// Memory bounds of a Config.
const (
	// MinMemory is the least that Bound keeps to: the store's encoder and decoder, the tables of names and of zstd, and
	// a window of events take 70 MB under a flood, whatever the bound (measured with testdata/flood).
	MinMemory  = 128 << 20
	minSenders = 256
	usualLine  = 272             // bytes of a line that counts as one
	lineCost   = usualLine + 160 // bytes that it takes in the queue
	lineHead   = 96              // of these, beside the bytes of the line
)

// Bound sizes the queue, the batches and the connections for a process that may take so many bytes of memory, whatever
// is sent and however many senders there are. Lines under way have half of it: 3/16 the queue, 3/32 the batches (one
// being filled, one waiting, one being stored), 3/16 connections with their longest lines, 1/32 large buffers. The
// other half is for the store, the detectors and garbage that is not yet collected: give the same number to
// debug.SetMemoryLimit.
func (c *Config) Bound(bytes int) {
	c.Queue = bytes * 3 / 16 / lineCost
	c.BatchBytes = bytes / 32
	c.BatchEvents = min(DefaultConfig().BatchEvents, max(bytes/64/entryBytes, 1024))
	c.LargeBuffers = bytes / 32 / (2 * (streamRead + streamFirst + c.MaxLine))
	c.ConnBytes = bytes * 3 / 16
	c.Senders = min(DefaultConfig().Senders, max(int(int64(bytes)*int64(DefaultConfig().Senders)/detect.FullMemory),
		minSenders))
}

// connCost returns the memory that a connection takes at most, without a large buffer: its buffer, as much again in
// lines that wait for room, and a stack; with TLS a record and what crypto/tls holds beside it (measured:
// docs/adr/0002-receiver.md).
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
		{"read buffer", c.ReadBuffer, 4 << 10, 1 << 30}, {"queue", c.Queue, 1, 1 << 24},
		{"line limit", c.MaxLine, 480, 1 << 20},
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
