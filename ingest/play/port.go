package play

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/net/ipv4"
)

const (
	sendTries  = 3       // of a datagram that is held up by ICMP errors of those before it
	answersMax = 1 << 16 // ICMP errors taken at once
)

// port is the socket of one sender.
type port struct {
	conn    net.Conn
	under   net.Conn         // of TLS: the TCP connection
	many    *ipv4.PacketConn // sendmmsg; nil: no UDP
	msgs    []ipv4.Message
	stamper *stamper    // nil: lines go as they are
	over    atomic.Bool // time is over: what is not written counts as left, not as an error

	stream bool
	octet  bool
	out    []byte // frames to be written
	frames []frame
	lines  int           // of a stream, written
	broken bool          // the connection failed, and the reason is counted
	gone   chan struct{} // closed when the receiver has ended its side
	why    error         // the receiver's error at its end; nil for an orderly one

	dead bool     // of dispatch: the stream is broken
	pend [][]byte // of dispatch: not given to write yet
}

// frame is one line in out.
type frame struct{ end, size int }

func (r *run) dial(ctx context.Context, i int) (*port, error) {
	d := net.Dialer{Timeout: r.patience()}
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
		return nil, fmt.Errorf("connect to %w", sendError(r.Network, r.Address, err))
	}
	p := &port{conn: conn, under: conn, octet: r.Octet, stream: r.Network != "udp" && r.Network != "unix"}
	if r.Restamp {
		p.stamper = &stamper{loc: r.Location}
	}
	switch r.Network {
	case "udp":
		p.many, p.msgs = ipv4.NewPacketConn(conn.(net.PacketConn)), make([]ipv4.Message, batch)
		for i := range p.msgs {
			p.msgs[i].Buffers = make([][]byte, 1)
		}
		control(conn, askForErrors)
	case "tls":
		hello, cancel := context.WithTimeout(ctx, r.patience())
		defer cancel()
		t := tls.Client(conn, r.Secure)
		if err := t.HandshakeContext(hello); err != nil {
			conn.Close()
			return nil, fmt.Errorf("TLS handshake with %s: %w%s", r.Address, err, tlsAdvice(err))
		}
		p.conn = t
	}
	if p.stream {
		p.gone = make(chan struct{})
		go p.listen()
	}
	return p, nil
}

// sendError makes one sentence of a system error, with advice.
func sendError(network, address string, err error) error {
	advice := ""
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		advice = ": nothing listens there"
	case errors.Is(err, syscall.ENOENT) && strings.HasPrefix(network, "unix"):
		advice = ": there is no such socket"
	case errors.Is(err, syscall.EPROTOTYPE):
		advice = ": it is the other kind of socket: unix is for datagrams, unix-stream for streams"
	case errors.Is(err, syscall.ENOTCONN):
		advice = ": the receiver has gone"
	case errors.Is(err, syscall.EMSGSIZE):
		advice = " for a datagram"
	}
	var op *net.OpError
	if errors.As(err, &op) && op.Err != nil {
		err = op.Err
	}
	var call *os.SyscallError
	if errors.As(err, &call) {
		err = call.Err
	}
	return fmt.Errorf("%s %s: %w%s", network, address, err, advice)
}

// tlsAdvice returns advice for the commonest errors of TLS, or "".
func tlsAdvice(err error) string {
	if errors.Is(err, io.EOF) {
		return ": the receiver closed the connection, perhaps it speaks no TLS there"
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return ": the receiver does not answer, perhaps it speaks no TLS there"
	}
	text := err.Error()
	for of, advice := range map[string]string{
		"signed by unknown authority": ": --ca FILE names the receiver's authority",
		"certificate is valid for":    ": --name says which name the receiver's certificate has",
		"doesn't contain any IP SANs": ": --name says which name the receiver's certificate has",
		"certificate required":        ": the receiver wants a certificate of its clients: --cert and --key",
		"does not look like a TLS":    ": the receiver does not speak TLS there",
	} {
		if strings.Contains(text, of) {
			return advice
		}
	}
	return ""
}

// loopback returns an address of its own for sender i where the receiver is on 127/8: any address of that may be a
// source.
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

// listen waits for the receiver to end its side, which is the only way in which a receiver can refuse lines.
func (p *port) listen() {
	defer close(p.gone)
	_, p.why = io.Copy(io.Discard, p.conn)
}

// write sends lines, and reports whether the sender can go on.
func (r *run) write(p *port, lines [][]byte) bool {
	if p.stamper != nil {
		lines = p.stamper.all(lines, time.Now())
	}
	if p.stream {
		return r.frames(p, lines)
	}
	var n, size, failed int
	var err error
	if p.many != nil {
		n, size, failed, err = p.datagrams(lines)
	} else {
		n, size, failed, err = p.oneByOne(lines)
	}
	r.sent.Add(int64(n))
	r.bytes.Add(uint64(max(0, size)))
	if failed > 0 {
		r.failed(failed, sendError(r.Network, r.Address, err))
	}
	return true // a datagram that is not taken is lost, the next one may be taken
}

// frames appends lines to the stream's buffer, and writes that when it is full.
func (r *run) frames(p *port, lines [][]byte) bool {
	for _, l := range lines {
		if p.octet {
			p.out = append(strconv.AppendInt(p.out, int64(len(l)), 10), ' ')
			p.out = append(p.out, l...)
		} else {
			text := bytes.TrimRight(l, "\r\n\x00") // a datagram may have its own end
			if bytes.IndexByte(text, '\n') >= 0 {
				r.broken.Add(1)
			}
			if p.out = append(p.out, l...); len(l) == 0 || l[len(l)-1] != '\n' {
				p.out = append(p.out, '\n')
			}
		}
		p.frames = append(p.frames, frame{len(p.out), len(l)})
		if len(p.out) >= streamWrite && !r.flush(p) {
			return false
		}
	}
	return true
}

// flush writes a stream's buffer. Only lines that the system took count as sent.
func (r *run) flush(p *port) bool {
	if len(p.frames) == 0 {
		return true
	}
	n, err := p.conn.Write(p.out)
	whole, size := 0, 0
	for _, f := range p.frames {
		if f.end > n {
			break
		}
		whole++
		size += f.size
	}
	rest := len(p.frames) - whole
	p.out, p.frames = p.out[:0], p.frames[:0]
	p.lines += whole
	r.sent.Add(int64(whole))
	r.bytes.Add(uint64(size))
	if err == nil {
		return true
	}
	if p.over.Load() && errors.Is(err, os.ErrDeadlineExceeded) {
		return false
	}
	select {
	case <-p.gone: // it says why
		if p.why != nil {
			err = p.why
		}
	case <-time.After(grace / 4):
	}
	p.broken = true
	r.failed(rest, broke(err))
	r.refused(p)
	return false
}

func broke(err error) error {
	switch {
	case refusal(err):
		return fmt.Errorf("the receiver refused the connection: %w%s", err, tlsAdvice(err))
	case errors.Is(err, syscall.EPIPE), errors.Is(err, syscall.ECONNRESET):
		return errors.New("the receiver closed the connection, perhaps without reading all")
	}
	return err
}

// refusal reports whether the error is an alert of TLS: the receiver has read no line then.
func refusal(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "remote error"
}

// refused takes back the count of lines that went to a receiver which then refused the connection.
func (r *run) refused(p *port) {
	select {
	case <-p.gone:
		if refusal(p.why) && p.lines > 0 {
			r.sent.Add(int64(-p.lines))
			r.failed(p.lines, broke(p.why))
			p.lines = 0
		}
	default:
	}
}

// oneByOne sends unix datagrams.
func (p *port) oneByOne(lines [][]byte) (n, size, failed int, err error) {
	for _, l := range lines {
		_, e := p.conn.Write(l)
		switch {
		case e == nil:
			n++
			size += len(l)
		case p.over.Load() && errors.Is(e, os.ErrDeadlineExceeded):
			return n, size, failed, err
		default:
			failed++
			err = e
		}
	}
	return n, size, failed, err
}

// datagrams sends lines, up to batch of them in one call. An ICMP error, such as that of a closed port, is about an
// earlier datagram, which was counted as sent; it ends the call, and the rest is tried again.
func (p *port) datagrams(lines [][]byte) (n, size, failed int, err error) {
	for i := range lines {
		p.msgs[i].Buffers[0] = lines[i]
	}
	tries := 0
	for left := p.msgs[:len(lines)]; len(left) > 0; {
		k, e := p.many.WriteBatch(left, 0)
		if p.over.Load() && errors.Is(e, os.ErrDeadlineExceeded) {
			break
		}
		k = max(0, k)
		for _, m := range left[:k] {
			size += len(m.Buffers[0])
		}
		n += k
		if k < len(left) || e != nil {
			back, why := p.sentBack()
			n, failed = n-back, failed+back
			switch {
			case back > 0 && tries < sendTries:
				tries++
				err = why
			case e != nil:
				failed, err, k = failed+1, e, 1
			}
		}
		if left = left[k:]; k > 0 {
			tries = 0
		}
	}
	return n, size, failed, err
}

// sentBack returns the number of ICMP errors since the last call, and one of the errors.
func (p *port) sentBack() (n int, err error) {
	oob := make([]byte, 512)
	control(p.conn, func(fd int) {
		for n < answersMax {
			answer, ok := nextError(fd, oob)
			if !ok {
				return
			}
			if answer != 0 {
				n++
				err = answer
			}
		}
	})
	return n, err
}

// finish waits until the receivers' systems have what was sent, and returns how long that took from the beginning. It
// waits no longer than patience for a receiver that reads nothing more, and hardly at all once ctx has ended.
func (r *run) finish(ctx context.Context) time.Duration {
	var all sync.WaitGroup
	var last atomic.Int64
	for _, p := range r.ports {
		all.Go(func() {
			at := r.finishPort(ctx, p)
			for old := last.Load(); int64(at) > old && !last.CompareAndSwap(old, int64(at)); old = last.Load() {
			}
		})
	}
	all.Wait()
	return time.Duration(last.Load())
}

func (r *run) finishPort(ctx context.Context, p *port) time.Duration {
	if p.many != nil {
		if n, err := p.sentBack(); n > 0 {
			r.sent.Add(int64(-n))
			r.failed(n, sendError(r.Network, r.Address, err))
		}
	}
	if !p.stream || p.broken {
		return 0
	}
	p.conn.SetWriteDeadline(time.Now().Add(grace))
	if c, ok := p.conn.(interface{ CloseWrite() error }); ok {
		_ = c.CloseWrite() // a connection that is broken is known to be
	}
	left, moved := waiting(p.under), time.Now()
	for step := time.Millisecond; left > 0 && !p.ended(step); step = min(2*step, 20*time.Millisecond) {
		if now := waiting(p.under); now < left {
			left, moved = now, time.Now()
		}
		if time.Since(moved) > r.patience() || ctx.Err() != nil && time.Since(moved) > grace/4 {
			break
		}
	}
	took := time.Since(r.began)
	if left > 0 {
		left = waiting(p.under)
	}
	limit := grace // time for the receiver's last alert
	if left > 0 {
		limit = 0
	}
	switch {
	case !p.ended(limit) || p.why == nil || p.lines == 0:
		r.unread.Add(uint64(left))
	case refusal(p.why):
		r.refused(p)
	default:
		r.failed(0, broke(p.why))
	}
	return took
}

// ended waits up to d for the receiver to end its side, and reports whether it did.
func (p *port) ended(d time.Duration) bool {
	select {
	case <-p.gone:
		return true
	default:
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-p.gone:
		return true
	case <-t.C:
		return false
	}
}

// waiting returns the number of bytes of a stream that the receiver's system has not acknowledged.
func waiting(c net.Conn) (n int) {
	control(c, func(fd int) { n = unsent(fd) })
	return n
}

func control(c net.Conn, f func(fd int)) {
	if s, ok := c.(syscall.Conn); ok {
		if raw, err := s.SyscallConn(); err == nil {
			_ = raw.Control(func(fd uintptr) { f(int(fd)) })
		}
	}
}
