package ingest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// What a Server asks of Linux itself. On other systems there is none: see system_other.go.

const (
	receives  = true
	atOnce    = unix.MSG_DONTWAIT // a read that does not wait
	shortened = unix.MSG_TRUNC    // a datagram was longer than the buffer
)

// dropsSpace returns the bytes that the count of a socket's drops takes beside a datagram.
func dropsSpace() int { return unix.CmsgSpace(4) }

// growBuffer asks for a socket's receive buffer, past the system's limit where that is permitted, and for the count of
// what overflows it. It returns the buffer that is granted, the kernel's own overhead included.
func growBuffer(fd int, conn packetConn, want int) (granted int) {
	granted, _ = unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF)
	if granted/2 < want && unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, want) != nil {
		_ = conn.SetReadBuffer(want) // what is granted is read back below
	}
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RXQ_OVFL, 1) // not for unix sockets, which do not lose
	granted, _ = unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF)
	return granted
}

// dropsIn reads the count of drops beside a datagram (SO_RXQ_OVFL).
func dropsIn(oob []byte) (total uint32, ok bool) {
	msgs, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return 0, false
	}
	for _, m := range msgs {
		if m.Header.Level == unix.SOL_SOCKET && m.Header.Type == unix.SO_RXQ_OVFL && len(m.Data) >= 4 {
			total, ok = binary.NativeEndian.Uint32(m.Data), true
		}
	}
	return total, ok
}

// kernelDrops returns the number of datagrams, or connections, that the kernel dropped at a socket.
func kernelDrops(fd int) (n uint32, ok bool) {
	// SO_MEMINFO is nine numbers, the last of them drops. x/sys has no type for it; in a TCPInfo the ninth is Lost.
	m, err := unix.GetsockoptTCPInfo(fd, unix.SOL_SOCKET, unix.SO_MEMINFO)
	if err != nil {
		return 0, false
	}
	return m.Lost, true
}

// datagramHeld reads a datagram that the kernel holds, without waiting. Of a unix socket from is the zero address.
func datagramHeld(fd int, b []byte) (n, flags int, from netip.Addr, err error) {
	n, _, flags, sa, err := unix.Recvmsg(fd, b, nil, unix.MSG_DONTWAIT)
	switch a := sa.(type) {
	case *unix.SockaddrInet4:
		from = netip.AddrFrom4(a.Addr)
	case *unix.SockaddrInet6:
		from = netip.AddrFrom16(a.Addr).Unmap()
	}
	return n, flags, from, err
}

// bytesHeld reads what the kernel holds of a stream, without waiting.
func bytesHeld(fd int, b []byte) (n int, err error) {
	for {
		if n, _, err = unix.Recvfrom(fd, b, unix.MSG_DONTWAIT); !errors.Is(err, unix.EINTR) {
			return n, err
		}
	}
}

// connHeld accepts a connection that the kernel holds, without waiting. c is nil for one that is broken.
func connHeld(fd int) (c net.Conn, err error) {
	n, _, err := unix.Accept4(fd, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(n), "connection")
	defer f.Close()
	if c, err = net.FileConn(f); err != nil {
		return nil, nil
	}
	return c, nil
}

// shutWindow keeps the sender of a TCP connection from sending more than is on its way.
func shutWindow(fd int) { _ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_WINDOW_CLAMP, 1) }

// unreadOf returns the number of bytes of a stream that the kernel holds.
func unreadOf(fd int) int {
	n, _ := unix.IoctlGetInt(fd, unix.TIOCINQ) // of a closed connection none
	return n
}

// isStreamSocket reports whether a socket is for streams.
func isStreamSocket(fd int) (bool, error) {
	kind, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE)
	return kind == unix.SOCK_STREAM, err
}

// fileLimit returns the limit of file descriptors of the process. The Go runtime has raised it as far as it may.
func fileLimit() uint64 {
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) != nil {
		return math.MaxInt
	}
	return limit.Cur
}

// fileID returns device and inode, which identify a file whatever its name.
func fileID(info fs.FileInfo) string {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return "0"
	}
	return fmt.Sprintf("%d:%d", st.Dev, st.Ino)
}

// bootTime returns the time at which the kernel's clock of uptimes, which stands still while the machine sleeps, would
// have been zero.
func bootTime() time.Time {
	var ts unix.Timespec
	now := time.Now()
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts) != nil {
		return now
	}
	return now.Add(-time.Duration(ts.Nano()))
}
