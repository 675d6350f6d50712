package ingest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// Datagrams are read up to 64 in one system call. What the kernel holds at a stop is bounded by the socket buffer; as
// senders may go on while it is read, so is the number that is taken.
const (
	packetBatch = 64
	drainMax    = 1 << 17
)

// packetSocket is one datagram socket, UDP or unix.
type packetSocket struct {
	cfg    *Config
	name   string // "udp [::]:514", the account of what its kernel buffer lost
	local  string // the sender's name where datagrams have no address (unix sockets)
	conn   packetConn
	kernel uint32   // drops that the kernel has reported so far
	some   []line   // lines of one read, before the queue has room for them
	got    [][]line // lines of several reads that are not in the queue yet
	zip    unzipper
	buffer int // bytes of socket buffer that the kernel grants, its own overhead included
}

type packetConn interface {
	net.PacketConn
	SetReadBuffer(bytes int) error
	syscall.Conn
}

func (s *Server) listenPacket(network, address string) error {
	p := &packetSocket{cfg: &s.cfg, name: network + " " + address}
	switch network {
	case "udp":
		a, err := net.ResolveUDPAddr(network, address)
		if err != nil {
			return fmt.Errorf("listen at udp %s: %w", address, err)
		}
		c, err := net.ListenUDP(network, a)
		if err != nil {
			return err
		}
		p.conn = c
	default:
		p.local = unixName
		freePath(network, address)
		c, err := net.ListenUnixgram(network, &net.UnixAddr{Name: address, Net: network})
		if err != nil {
			return err
		}
		p.conn = c
	}
	s.packets = append(s.packets, p)
	if p.local != "" {
		if err := s.cfg.setMode(address); err != nil {
			return err
		}
	}
	return p.prepare()
}

// prepare asks for the socket buffer, past the system's limit where that is permitted, and for the count of what
// overflows it. A larger buffer, as systemd may have given it, stays.
func (p *packetSocket) prepare() error {
	raw, err := p.conn.SyscallConn()
	if err != nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	err = raw.Control(func(fd uintptr) {
		p.buffer = growBuffer(int(fd), p.conn, p.cfg.ReadBuffer)
		p.kernel, _ = kernelDrops(int(fd)) // an inherited socket has drops from before a restart, which were counted
	})
	got := p.buffer / 2 // Linux doubles the number for its own use
	if got < p.cfg.ReadBuffer {
		p.cfg.Log.Warn("receive buffer is smaller than asked for, bursts may be lost: "+
			"raise the system's limit, or give uncloak CAP_NET_ADMIN",
			"socket", p.name, "bytes", got, "asked", p.cfg.ReadBuffer, "do",
			fmt.Sprintf("sysctl -w net.core.rmem_max=%d", p.cfg.ReadBuffer))
	} else {
		p.cfg.Log.Info("receive buffer", "socket", p.name, "bytes", got)
	}
	return err
}

// batchReader reads several datagrams in one system call (recvmmsg), of either address family.
type batchReader interface {
	ReadBatch(ms []ipv4.Message, flags int) (int, error)
}

func batches(c packetConn) batchReader {
	switch a := c.LocalAddr().(type) {
	case *net.UDPAddr:
		if a.IP.To4() == nil {
			return ipv6.NewPacketConn(c)
		}
		return ipv4.NewPacketConn(c)
	default:
		return oneByOne{c}
	}
}

// oneByOne reads unix datagrams, for which x/net does not offer recvmmsg.
type oneByOne struct{ c packetConn }

func (r oneByOne) ReadBatch(ms []ipv4.Message, _ int) (int, error) {
	n, _, err := r.c.ReadFrom(ms[0].Buffers[0])
	if err != nil {
		return 0, err
	}
	ms[0].N, ms[0].NN, ms[0].Flags, ms[0].Addr = n, 0, 0, nil
	return 1, nil
}

// receive puts datagrams into the queue until ctx ends, and then those that the kernel still holds.
func (p *packetSocket) receive(ctx context.Context, q *queue) error {
	conn, patient := p.conn, false
	end := func() { conn.SetReadDeadline(time.Unix(1, 0)) }
	if u, ok := p.conn.(*net.UDPConn); ok && p.buffer >= 2*gatherBuffer {
		if g, err := newGatherer(u); err == nil {
			defer g.Close()
			conn, end, patient = g, g.end, true
		}
	}
	stop := context.AfterFunc(ctx, end)
	defer stop()
	from, ms := batches(conn), newMessages(p.cfg.MaxLine)
	var last time.Time // time of the last read that left the socket empty
	for {
		empty, err := p.take(from, ms, q, patient)
		switch {
		case err == nil:
			if patient && empty {
				if time.Since(last) < 2*gather {
					time.Sleep(gather)
				}
				last = time.Now()
			}
		case ctx.Err() != nil:
			return p.drain(conn, q)
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("%s: %w", p.name, err)
		default: // an interface that goes down, or memory short: neither is forever
			p.cfg.Log.Warn("cannot receive", "socket", p.name, "err", err)
			sleep(ctx, time.Second)
		}
	}
}

// take waits for datagrams and puts them into the queue. With goOn it reads until the socket is empty, so that the
// parser wakes up once for all of them.
func (p *packetSocket) take(from batchReader, ms []ipv4.Message, q *queue, goOn bool) (empty bool, err error) {
	defer func() {
		for _, lines := range p.got {
			q.give(lines)
		}
		clear(p.got)
		p.got = p.got[:0]
	}()
	for flags := 0; ; flags = atOnce {
		n, err := from.ReadBatch(ms, flags)
		if err != nil {
			if flags != 0 && errors.Is(err, syscall.EAGAIN) {
				return true, nil
			}
			return false, err
		}
		p.got = append(p.got, p.lines(ms[:n], q))
		if n < len(ms) || !goOn || len(p.got) == gatherReads {
			return n < len(ms), nil
		}
	}
}

func newMessages(maxLine int) []ipv4.Message {
	ms := make([]ipv4.Message, packetBatch)
	for i := range ms {
		ms[i].Buffers = [][]byte{make([]byte, maxLine+2)} // room for a newline behind a line of exactly that length
		ms[i].OOB = make([]byte, dropsSpace())
	}
	return ms
}

// lines copies the datagrams that the queue has room for out of the receive buffers, into one piece of memory. What is
// dropped is not copied: among many dropped lines a few kept ones would hold the memory of all.
func (p *packetSocket) lines(ms []ipv4.Message, q *queue) []line {
	recv := p.cfg.Now().UnixNano()
	p.some = p.some[:0]
	for i := range ms {
		m := &ms[i]
		if l, ok := p.line(m.Buffers[0][:m.N], m.Flags, p.source(m.Addr), recv, q); ok {
			p.some = append(p.some, l)
		}
	}
	kept := q.admit(p.some)
	lines := append(newLines(len(kept)), kept...)
	total := 0
	for i := range lines {
		total += len(lines[i].raw)
	}
	sl, buf := newSlab(total)
	for i := range lines {
		buf = append(buf, lines[i].raw...)
		lines[i].raw = buf[len(buf)-len(lines[i].raw):]
	}
	if len(lines) > 0 {
		lines[len(lines)-1].slab = sl
	}
	if len(ms) > 0 {
		p.overflow(ms[len(ms)-1].OOB[:ms[len(ms)-1].NN], q)
	}
	return lines
}

// line returns a datagram as a line, in the memory that it was read into. It returns false for a datagram that is not
// taken: its sender is not allowed or beyond its rate, or it has no content.
func (p *packetSocket) line(b []byte, flags int, from source, recv int64, q *queue) (line, bool) {
	if !q.gate.allows(from) {
		q.lose(from, loss{notAllowed: 1})
		return line{}, false
	}
	cut := flags&shortened != 0
	if isZipped(b) {
		if plain, more, ok := p.zip.message(b, p.cfg.MaxLine); ok {
			b, cut = b[:copy(b[:cap(b)], plain)], cut || more
		}
	}
	b = trimLine(b)
	l := line{from: from, recv: recv, datagram: true, cut: cut || len(b) > p.cfg.MaxLine}
	l.raw = b[:min(len(b), p.cfg.MaxLine)]
	switch {
	case len(b) == 0:
		q.lose(from, loss{empty: 1})
		return l, false
	case !q.gate.take(from, recv):
		q.lose(from, loss{limited: 1})
		return l, false
	}
	return l, true
}

func (p *packetSocket) source(a net.Addr) source {
	if u, ok := a.(*net.UDPAddr); ok {
		if ip, ok := netip.AddrFromSlice(u.IP); ok {
			return source{addr: ip.Unmap()}
		}
	}
	return source{name: p.local}
}

// overflow accounts for datagrams that the kernel reports as dropped (SO_RXQ_OVFL: a count since the socket was opened,
// sent with every datagram once it is not zero).
func (p *packetSocket) overflow(oob []byte, q *queue) {
	if total, ok := dropsIn(oob); ok {
		p.lost(total, q)
	}
}

// lost accounts for new drops of the kernel; total is its count since the socket was opened.
func (p *packetSocket) lost(total uint32, q *queue) {
	if lost := total - p.kernel; lost > 0 { // the count wraps, and so does this
		q.lose(source{name: p.name}, loss{kernel: uint64(lost)})
	}
	p.kernel = total
}

// drain reads what the kernel holds, without waiting for more. Unlike receive it waits for room in the queue. Datagrams
// that come after the end of the time for that are counted as dropped, as are those that the kernel dropped and no
// datagram has reported.
func (p *packetSocket) drain(conn packetConn, q *queue) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	buf := make([]byte, p.cfg.MaxLine+2)
	err = raw.Control(func(fd uintptr) {
		defer func() {
			if n, ok := kernelDrops(int(fd)); ok {
				p.lost(n, q)
			}
		}()
		for i := 0; i < drainMax && q.end.Err() == nil; i++ {
			n, flags, from, err := datagramHeld(int(fd), buf)
			if errors.Is(err, syscall.EINTR) {
				continue
			}
			if err != nil {
				return
			}
			if l, ok := p.line(buf[:n], flags, p.sourceOf(from), p.cfg.Now().UnixNano(), q); ok {
				l.raw = append([]byte(nil), l.raw...)
				q.drop(q.put([]line{l}))
			}
		}
	})
	if err != nil && !errors.Is(err, os.ErrClosed) {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	return nil
}

func (p *packetSocket) sourceOf(a netip.Addr) source {
	if a.IsValid() {
		return source{addr: a}
	}
	return source{name: p.local}
}
