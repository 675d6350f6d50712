//go:build !linux

package ingest

import "net"

// Reads of sockets as on Linux: see gather_linux.go.
const (
	gather       = 0
	gatherBuffer = 4 << 20
	gatherReads  = 16
)

// gatherer has no use on this system.
type gatherer struct{ *net.UDPConn }

func newGatherer(*net.UDPConn) (*gatherer, error) { return nil, ErrUnsupported }

func (*gatherer) end() {}
