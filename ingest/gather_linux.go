package ingest

import (
	"errors"
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Datagrams that come one close to the other are left to gather for a moment: a wake-up for each costs more than all
// else that is done for it. It is done only where the socket's buffer holds what comes meanwhile, at any rate that a
// machine can take.
const (
	gather       = 4 * time.Millisecond
	gatherBuffer = 4 << 20 // bytes: some 3,000 datagrams
	gatherReads  = 16      // reads whose lines go on to the parser at once, at most
)

// gatherer is a UDP socket that Go's poller does not watch: each datagram would wake the poller, even while no reader
// waits. Its one reader waits in poll(2) instead. It takes the place of the net.UDPConn below x/net.
type gatherer struct {
	*net.UDPConn // closed: kept for its address
	wait         waiting
}

// waiting is a connection whose Read waits in poll(2), not in Go's poller.
type waiting struct {
	fd    int
	wake  int // becomes readable when waiting is to stop
	ended atomic.Bool
}

// newGatherer moves a socket out of Go's poller. It closes c if it succeeds.
func newGatherer(c *net.UDPConn) (*gatherer, error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return nil, err
	}
	g := &gatherer{UDPConn: c}
	ctlErr := raw.Control(func(fd uintptr) { // c.File would add the copy to the poller
		g.wait.fd, err = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0)
	})
	if err = errors.Join(ctlErr, err); err != nil {
		return nil, err
	}
	if g.wait.wake, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		return nil, errors.Join(err, unix.Close(g.wait.fd))
	}
	c.Close() // and with it the poller's watch; the socket stays open through the copy
	return g, nil
}

// end makes the reader return os.ErrDeadlineExceeded, now and from now on. It sets ended last: the reader may close the
// descriptors then, and their numbers may be given to other files, so that they must not be used after that.
func (g *gatherer) end() {
	_, _ = unix.Write(g.wait.wake, []byte{1, 0, 0, 0, 0, 0, 0, 0}) // as eventfd(2) has it
	g.wait.ended.Store(true)
}

func (g *gatherer) Close() error { return errors.Join(unix.Close(g.wait.fd), unix.Close(g.wait.wake)) }

// SyscallConn returns the connection that x/net reads from.
func (g *gatherer) SyscallConn() (syscall.RawConn, error) { return &g.wait, nil }

// Read calls f until it is done, and waits in between.
func (w *waiting) Read(f func(fd uintptr) (done bool)) error {
	for {
		if w.ended.Load() { // before f: a sender that goes on must not delay a stop
			return os.ErrDeadlineExceeded
		}
		if f(uintptr(w.fd)) {
			return nil
		}
		fds := []unix.PollFd{{Fd: int32(w.fd), Events: unix.POLLIN}, {Fd: int32(w.wake), Events: unix.POLLIN}}
		if _, err := unix.Poll(fds, -1); err != nil && !errors.Is(err, unix.EINTR) {
			return os.NewSyscallError("poll", err)
		}
	}
}

func (w *waiting) Control(f func(fd uintptr)) error { f(uintptr(w.fd)); return nil }

func (w *waiting) Write(func(fd uintptr) (done bool)) error { return errors.ErrUnsupported }
