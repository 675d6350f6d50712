package play

import (
	"encoding/binary"
	"syscall"

	"golang.org/x/sys/unix"
)

// askForErrors lets a UDP socket keep the ICMP errors about what it sent.
func askForErrors(fd int) { // of the two families one is right
	_ = unix.SetsockoptInt(fd, unix.SOL_IP, unix.IP_RECVERR, 1)
	_ = unix.SetsockoptInt(fd, unix.SOL_IPV6, unix.IPV6_RECVERR, 1)
}

// nextError takes the next message of a socket's error queue: 0 is one that did not come by ICMP; ok is false where
// there is none.
func nextError(fd int, oob []byte) (e syscall.Errno, ok bool) {
	_, used, _, _, err := unix.Recvmsg(fd, nil, oob, unix.MSG_ERRQUEUE|unix.MSG_DONTWAIT)
	if err != nil {
		return 0, false
	}
	return icmpError(oob[:used]), true
}

// icmpError returns the error in a message of a socket's error queue if it came by ICMP, else 0.
func icmpError(oob []byte) syscall.Errno {
	all, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return 0
	}
	for _, m := range all {
		fromIP := m.Header.Level == unix.SOL_IP && m.Header.Type == unix.IP_RECVERR ||
			m.Header.Level == unix.SOL_IPV6 && m.Header.Type == unix.IPV6_RECVERR
		if fromIP && len(m.Data) > 4 && (m.Data[4] == unix.SO_EE_ORIGIN_ICMP || m.Data[4] == unix.SO_EE_ORIGIN_ICMP6) {
			return syscall.Errno(binary.NativeEndian.Uint32(m.Data))
		}
	}
	return 0
}

// unsent returns the bytes of a stream that the receiver's system has not acknowledged.
func unsent(fd int) int {
	n, _ := unix.IoctlGetInt(fd, unix.SIOCOUTQ)
	return n
}
