// Package play sends log lines at a receiver: at a rate, as fast as it takes them, or at the pace at which they were recorded,
// from one sender or from many. It is for tests of a set-up and for measuring; it never stores or interprets a line beyond the
// stamp in its header.
package play

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/ipv4"
)

// Config says where the lines go, and how fast.
type Config struct {
	Network  string        // udp, tcp, tls, unix (datagrams) or unix-stream
	Address  string        // host:port, or a path
	Senders  int           // sockets; each sends every Senders-th line. On 127/8 each has an address of its own
	Rate     float64       // lines a second, of all senders together; 0: as fast as they are taken
	Count    int           // lines in all, from the beginning again where there are fewer; 0: each once
	For      time.Duration // stop after so long; 0: when all are sent
	Recorded bool          // at the pace of the stamps, with one sender after the other, instead of Rate
	Speed    float64       // so many times as fast as recorded; 0: 1
	Octet    bool          // streams: octet-counted frames (RFC 6587) instead of newlines
	Restamp  bool          // the header's stamp becomes the time of sending
	Location *time.Location
	Secure   *tls.Config // for tls
}

// Limits of a Config.
const (
	MaxSenders = 10_000
	batch      = 64                     // datagrams in one system call
	longest    = 200 * time.Millisecond // between two batches of one sender
)

// Validate reports the first value that cannot work.
func (c Config) Validate() error {
	switch c.Network {
	case "udp", "tcp", "tls":
		if _, _, err := net.SplitHostPort(c.Address); err != nil {
			return fmt.Errorf("address %q: want host:port: %w", c.Address, err)
		}
	case "unix", "unix-stream":
		if c.Address == "" {
			return errors.New("no path of a socket")
		}
	default:
		return fmt.Errorf("network %q is none of udp, tcp, tls, unix, unix-stream", c.Network)
	}
	switch {
	case c.Senders < 1 || c.Senders > MaxSenders:
		return fmt.Errorf("%d senders: it is a number from 1 to %d", c.Senders, MaxSenders)
	case !(c.Rate >= 0 && c.Rate <= 1e9):
		return fmt.Errorf("rate %v: it is a number of lines a second", c.Rate)
	case !(c.Speed >= 0 && c.Speed <= 1e6):
		return fmt.Errorf("speed %v: it is a factor, such as 10", c.Speed)
	case c.Recorded && c.Rate > 0:
		return errors.New("either a rate or the recorded pace")
	case c.Count < 0 || c.For < 0:
		return errors.New("neither the number of lines nor the time may be negative")
	}
	return nil
}

// Summary is what was sent.
type Summary struct {
	Lines  uint64        `json:"lines"`
	Bytes  uint64        `json:"bytes"`
	Errors uint64        `json:"errors"` // lines that the system did not take
	Took   time.Duration `json:"-"`
	Err    error         `json:"-"` // the first of them
}

// Rate is lines a second.
func (s *Summary) Rate() float64 { return float64(s.Lines) / max(s.Took.Seconds(), 1e-9) }

// Run sends lines until all are sent, the time is over, or ctx ends. Its error is that of a connection that cannot be made.
func Run(ctx context.Context, c Config, lines [][]byte) (Summary, error) {
	if err := c.Validate(); err != nil {
		return Summary{}, err
	}
	if len(lines) == 0 {
		return Summary{}, errors.New("there are no lines to send")
	}
	total := len(lines)
	if c.Count > 0 {
		total = c.Count
	}
	r := &run{Config: c, lines: lines, total: total}
	for i := range min(c.Senders, total) {
		p, err := r.dial(ctx, i)
		if err != nil {
			r.closeAll()
			return Summary{}, err
		}
		r.ports = append(r.ports, p)
	}
	defer r.closeAll()
	if c.For > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.For)
		defer cancel()
	}
	began := time.Now()
	if c.Recorded {
		r.replay(ctx, began)
	} else {
		var all sync.WaitGroup
		for i, p := range r.ports {
			all.Go(func() { r.load(ctx, p, i, began) })
		}
		all.Wait()
	}
	r.closeAll()
	return Summary{Lines: r.sent.Load(), Bytes: r.bytes.Load(), Errors: r.errs.Load(), Took: time.Since(began), Err: r.first}, nil
}

type run struct {
	Config
	lines             [][]byte
	total             int
	ports             []*port
	sent, bytes, errs atomic.Uint64
	once              sync.Once
	first             error
}

func (r *run) closeAll() {
	for _, p := range r.ports {
		p.conn.Close()
	}
}

func (r *run) failed(n int, err error) {
	r.errs.Add(uint64(n))
	r.once.Do(func() { r.first = err })
}

// port is one sender.
type port struct {
	conn    net.Conn
	many    *ipv4.PacketConn // sendmmsg; nil: no UDP
	out     *bufio.Writer    // streams
	octet   bool
	msgs    []ipv4.Message
	stamper *stamper // nil: lines go as they are
}

func (r *run) dial(ctx context.Context, i int) (*port, error) {
	var d net.Dialer
	network := map[string]string{"unix": "unixgram", "unix-stream": "unix", "tls": "tcp"}[r.Network]
	if network == "" {
		network = r.Network
	}
	if own := loopback(r.Address, i); r.Senders > 1 && own.IsValid() {
		d.LocalAddr = &net.TCPAddr{IP: own.AsSlice()}
		if network == "udp" {
			d.LocalAddr = &net.UDPAddr{IP: own.AsSlice()}
		}
	}
	conn, err := d.DialContext(ctx, network, r.Address)
	if err != nil {
		return nil, err
	}
	p := &port{conn: conn, octet: r.Octet}
	if r.Restamp {
		p.stamper = &stamper{loc: r.Location}
	}
	switch r.Network {
	case "udp":
		p.many, p.msgs = ipv4.NewPacketConn(conn.(net.PacketConn)), make([]ipv4.Message, batch)
		for i := range p.msgs {
			p.msgs[i].Buffers = make([][]byte, 1)
		}
	case "tls":
		t := tls.Client(conn, r.Secure)
		if err := t.HandshakeContext(ctx); err != nil {
			conn.Close()
			return nil, fmt.Errorf("handshake: %w", err)
		}
		p.conn = t
	}
	if r.Network != "udp" && r.Network != "unix" {
		p.out = bufio.NewWriterSize(p.conn, 64<<10)
	}
	return p, nil
}

// loopback is an own address for sender i, where the receiver is on 127/8: any address of it may be a source.
func loopback(address string, i int) netip.Addr {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return netip.Addr{}
	}
	if host == "localhost" {
		host = "127.0.0.1"
	}
	a, err := netip.ParseAddr(strings.TrimSpace(host))
	if err != nil || !a.Is4() || !a.IsLoopback() {
		return netip.Addr{}
	}
	return netip.AddrFrom4([4]byte{127, 1, byte(i / 250), byte(1 + i%250)})
}

// load sends every len(ports)-th line from the i-th on.
func (r *run) load(ctx context.Context, p *port, i int, began time.Time) {
	each := len(r.ports)
	pace := r.Rate / float64(each)
	done, mine := 0, (r.total-i+each-1)/each
	out := make([][]byte, 0, batch)
	for done < mine && ctx.Err() == nil {
		n := min(batch, mine-done)
		if pace > 0 {
			step := time.Duration(min(float64(batch)/pace, longest.Seconds()) * 1e9)
			due := int(pace*(time.Since(began)+step/2).Seconds()) - done
			if due < 1 {
				pause(ctx, max(step, time.Millisecond))
				continue
			}
			n = min(n, due)
		}
		out = out[:0]
		for range n {
			out = append(out, r.lines[(i+done*each)%len(r.lines)])
			done++
		}
		if !r.write(p, out) {
			return
		}
	}
	r.flush(p)
}

// write sends lines, and says whether the sender can go on.
func (r *run) write(p *port, lines [][]byte) bool {
	size := 0
	if p.stamper != nil {
		lines = p.stamper.all(lines, time.Now())
	}
	for _, l := range lines {
		size += len(l)
	}
	n, err := p.write(lines)
	r.sent.Add(uint64(n))
	r.bytes.Add(uint64(size))
	if err == nil {
		return true
	}
	r.failed(len(lines)-n, err)
	return p.out == nil // a datagram that nobody takes is lost; a broken stream ends
}

func (r *run) flush(p *port) {
	if p.out != nil {
		if err := p.out.Flush(); err != nil {
			r.failed(0, err)
		}
	}
}

func (p *port) write(lines [][]byte) (n int, err error) {
	switch {
	case p.many != nil:
		return p.datagrams(lines)
	case p.out == nil:
		for _, l := range lines {
			if _, e := p.conn.Write(l); e != nil {
				err = e
				continue
			}
			n++
		}
		return n, err
	}
	for _, l := range lines {
		if p.octet {
			p.out.Write(strconv.AppendInt(p.out.AvailableBuffer(), int64(len(l)), 10))
			p.out.WriteByte(' ')
		}
		_, err = p.out.Write(l)
		if !p.octet && err == nil {
			err = p.out.WriteByte('\n')
		}
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// datagrams sends up to batch of them in one call. An error is that of a datagram before: nobody listened. It is counted,
// and the rest goes on.
func (p *port) datagrams(lines [][]byte) (n int, err error) {
	for i := range lines {
		p.msgs[i].Buffers[0] = lines[i]
	}
	for left := p.msgs[:len(lines)]; len(left) > 0; {
		k, e := p.many.WriteBatch(left, 0)
		if e != nil {
			err, k = e, 1
		} else {
			n += k
		}
		left = left[k:]
	}
	return n, err
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
