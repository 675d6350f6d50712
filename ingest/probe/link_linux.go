package probe

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync/atomic"
	"time"

	"golang.org/x/net/icmp"
	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
	"golang.org/x/sys/unix"
)

// socket is a ping socket (icmp(7), IPPROTO_ICMP): an ordinary user may open it where net.ipv4.ping_group_range lets
// one, and it gets its own answers alone. What routers say of a probe comes by its error queue (ip(7), IP_RECVERR).
type socket struct {
	fd, wake int
	target   netip.Addr
	six      bool
	ended    atomic.Bool
}

// Open opens a Link to target. Without the right to do so it returns ErrRights.
func Open(target netip.Addr) (Link, func() error, error) {
	s := &socket{target: target.Unmap(), wake: -1}
	s.six = s.target.Is6()
	family, proto := unix.AF_INET, unix.IPPROTO_ICMP
	if s.six {
		family, proto = unix.AF_INET6, unix.IPPROTO_ICMPV6
	}
	var err error
	s.fd, err = unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, proto)
	if errors.Is(err, unix.EACCES) || errors.Is(err, unix.EPERM) {
		return nil, nil, ErrRights
	}
	if err != nil {
		return nil, nil, os.NewSyscallError("socket", err)
	}
	if err = s.prepare(); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("probe %v: %w", target, err), unix.Close(s.fd))
	}
	return s, s.close, nil
}

func (s *socket) prepare() (err error) {
	var to unix.Sockaddr
	if s.six {
		err = unix.SetsockoptInt(s.fd, unix.SOL_IPV6, unix.IPV6_RECVERR, 1)
		to = &unix.SockaddrInet6{Addr: s.target.As16(), ZoneId: zoneOf(s.target)}
	} else {
		err = unix.SetsockoptInt(s.fd, unix.SOL_IP, unix.IP_RECVERR, 1)
		to = &unix.SockaddrInet4{Addr: s.target.As4()}
	}
	if err != nil {
		return os.NewSyscallError("setsockopt", err)
	}
	if err = unix.Connect(s.fd, to); err != nil {
		return os.NewSyscallError("connect", err)
	}
	s.wake, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	return os.NewSyscallError("eventfd", err)
}

func zoneOf(a netip.Addr) uint32 {
	if i, err := net.InterfaceByName(a.Zone()); err == nil {
		return uint32(i.Index)
	}
	return 0
}

// close makes Receive fail, which closes the descriptors.
func (s *socket) close() error {
	if s.ended.Swap(true) {
		return nil
	}
	_, err := unix.Write(s.wake, []byte{1, 0, 0, 0, 0, 0, 0, 0}) // as eventfd(2) has it
	return err
}

func (s *socket) Send(hop int, seq uint16) error {
	if s.ended.Load() {
		return net.ErrClosed
	}
	level, name, kind := unix.SOL_IP, unix.IP_TTL, icmp.Type(ipv4.ICMPTypeEcho)
	if s.six {
		level, name, kind = unix.SOL_IPV6, unix.IPV6_UNICAST_HOPS, ipv6.ICMPTypeEchoRequest
	}
	if err := unix.SetsockoptInt(s.fd, level, name, hop); err != nil {
		return os.NewSyscallError("setsockopt", err)
	}
	m := icmp.Message{Type: kind, Body: &icmp.Echo{Seq: int(seq), Data: make([]byte, Size-8)}}
	b, err := m.Marshal(nil) // the kernel fills in its number and the checksum
	if err != nil {
		return err
	}
	for range 4 { // what a router said of an earlier probe is reported here, and this one not sent
		if _, err = unix.Write(s.fd, b); err == nil || !isReported(err) {
			break
		}
	}
	return os.NewSyscallError("write", err)
}

func isReported(err error) bool {
	return errors.Is(err, unix.EHOSTUNREACH) || errors.Is(err, unix.ECONNREFUSED) || errors.Is(err, unix.EPROTO) ||
		errors.Is(err, unix.EACCES) || errors.Is(err, unix.ENETUNREACH)
}

func (s *socket) Receive() (Reply, error) {
	b, oob := make([]byte, 1500), make([]byte, 512)
	for {
		fds := []unix.PollFd{{Fd: int32(s.fd), Events: unix.POLLIN}, {Fd: int32(s.wake), Events: unix.POLLIN}}
		if _, err := unix.Poll(fds, -1); err != nil && !errors.Is(err, unix.EINTR) {
			return Reply{}, os.NewSyscallError("poll", err)
		}
		if s.ended.Load() {
			_, _ = unix.Close(s.fd), unix.Close(s.wake)
			return Reply{}, net.ErrClosed
		}
		if n, used, _, _, err := unix.Recvmsg(s.fd, b, oob, unix.MSG_ERRQUEUE|unix.MSG_DONTWAIT); err == nil {
			if r, ok := s.reported(b[:n], oob[:used]); ok {
				return r, nil
			}
			continue
		}
		n, _, _, _, err := unix.Recvmsg(s.fd, b, nil, unix.MSG_DONTWAIT) // an error is one of the queue's
		if err == nil && n >= 8 && (b[0] == byte(ipv4.ICMPTypeEchoReply) || b[0] == byte(ipv6.ICMPTypeEchoReply)) {
			return Reply{Seq: binary.BigEndian.Uint16(b[6:]), From: s.target, At: time.Now(), End: true}, nil
		}
	}
}

// reported reads what a router said of a probe (struct sock_extended_err, and the router's address behind it). Only
// that its time was exceeded tells of a hop.
func (s *socket) reported(probe, oob []byte) (r Reply, ok bool) {
	all, err := unix.ParseSocketControlMessage(oob)
	if err != nil || len(probe) < 8 {
		return r, false
	}
	for _, m := range all {
		d := m.Data
		four := m.Header.Level == unix.SOL_IP && m.Header.Type == unix.IP_RECVERR
		six := m.Header.Level == unix.SOL_IPV6 && m.Header.Type == unix.IPV6_RECVERR
		if !four && !six || len(d) < 16 {
			continue
		}
		origin, kind, from := d[4], d[5], d[16:]
		switch {
		case four && origin == unix.SO_EE_ORIGIN_ICMP && kind == byte(ipv4.ICMPTypeTimeExceeded) && len(from) >= 8:
			r.From = netip.AddrFrom4([4]byte(from[4:8]))
		case six && origin == unix.SO_EE_ORIGIN_ICMP6 && kind == byte(ipv6.ICMPTypeTimeExceeded) && len(from) >= 24:
			r.From = netip.AddrFrom16([16]byte(from[8:24])).Unmap()
		default:
			continue
		}
		r.Seq, r.At = binary.BigEndian.Uint16(probe[6:]), time.Now()
		return r, true
	}
	return r, false
}
