package main

import (
	"net"

	"golang.org/x/sys/unix"
)

// askBuffer asks the kernel for a receive buffer, and returns what it grants, its own overhead included.
func askBuffer(fd int, conn *net.UDPConn, asked int) int {
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, asked) != nil {
		_ = conn.SetReadBuffer(asked) // the size that the kernel grants is read back
	}
	granted, _ := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF)
	return granted
}
