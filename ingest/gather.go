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

// Datagrams that come one close to the other are left to gather for a moment: a wake-up for each costs more than all else that is
// done for it. It is done only where the socket's buffer holds what comes meanwhile, at any rate that a machine can take.
const (
	gather       = 4 * time.Millisecond
	gatherBuffer = 4 << 20 // bytes: some 3,000 datagrams
	gatherReads  = 16      // what so many reads have brought goes on at once, at most
)

// gatherer is a UDP socket that Go's poller does not watch, as that is woken by each datagram, also while nobody waits for it: who
// reads it waits in poll(2) himself. It reads in one goroutine, and has the place of its net.UDPConn under x/net.
type gatherer struct {
	*net.UDPConn // closed: it knows the address
	wait         waiting
}

// waiting is a descriptor that is waited for in poll(2).
type waiting struct {
	fd    int
	wake  int // becomes readable when waiting is to end
	ended atomic.Bool
}

// newGatherer takes a socket over.
func newGatherer(c *net.UDPConn) (*gatherer, error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return nil, err
	}
	g := &gatherer{UDPConn: c}
	ctlErr := raw.Control(func(fd uintptr) { // c.File would be in the poller, too
		g.wait.fd, err = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0)
	})
	if err = errors.Join(ctlErr, err); err != nil {
		return nil, err
	}
	if g.wait.wake, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		return nil, errors.Join(err, unix.Close(g.wait.fd))
	}
	c.Close() // and so out of the poller; the socket lives on
	return g, nil
}

// end makes the reader return os.ErrDeadlineExceeded, now and from now on. Once ended says so, the reader may close the descriptors,
// whose numbers are then those of other files: they are not touched any more.
func (g *gatherer) end() {
	_, _ = unix.Write(g.wait.wake, []byte{1, 0, 0, 0, 0, 0, 0, 0}) // as eventfd(2) has it
	g.wait.ended.Store(true)
}

func (g *gatherer) Close() error { return errors.Join(unix.Close(g.wait.fd), unix.Close(g.wait.wake)) }

// SyscallConn is what x/net reads by.
func (g *gatherer) SyscallConn() (syscall.RawConn, error) { return &g.wait, nil }

// Read calls f until it has got something.
func (w *waiting) Read(f func(fd uintptr) (done bool)) error {
	for {
		if w.ended.Load() { // first: those who go on sending do not keep us
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
