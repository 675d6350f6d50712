//go:build !linux

package ingest

import (
	"io/fs"
	"math"
	"net"
	"net/netip"
	"time"
)

// A Server does not receive on this system: what it needs to lose no line at a stop, and to count what the kernel
// drops, is Linux'. New says so, and nothing below is reached.

const (
	receives  = false
	atOnce    = 0
	shortened = 0
)

func dropsSpace() int { return 0 }

func growBuffer(int, packetConn, int) int { return 0 }

func dropsIn([]byte) (uint32, bool) { return 0, false }

func kernelDrops(int) (uint32, bool) { return 0, false }

func datagramHeld(int, []byte) (int, int, netip.Addr, error) {
	return 0, 0, netip.Addr{}, ErrUnsupported
}

func bytesHeld(int, []byte) (int, error) { return 0, ErrUnsupported }

func connHeld(int) (net.Conn, error) { return nil, ErrUnsupported }

func shutWindow(int) {}

func unreadOf(int) int { return 0 }

func isStreamSocket(int) (bool, error) { return false, ErrUnsupported }

func fileLimit() uint64 { return math.MaxInt }

func fileID(info fs.FileInfo) string { return info.Name() }

func bootTime() time.Time { return time.Now() }
