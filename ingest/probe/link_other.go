//go:build !linux

package probe

import "net/netip"

// Open returns ErrUnsupported on this system.
func Open(netip.Addr) (Link, func() error, error) { return nil, nil, ErrUnsupported }
