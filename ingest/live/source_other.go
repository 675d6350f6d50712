//go:build !linux

package live

import "uncloak/ingest/wire"

// Source takes frames from interfaces; there are none here.
type Source struct{}

// Counts are those of the kernel for one interface.
type Counts struct{ Packets, Dropped uint64 }

// Open returns ErrNotLinux.
func Open(Options) (*Source, error) { return nil, ErrNotLinux }

// Interfaces returns nothing.
func (*Source) Interfaces() []wire.Interface { return nil }

// Counts returns nothing.
func (*Source) Counts() []Counts { return nil }

// Down returns nothing.
func (*Source) Down() []string { return nil }

// Read returns ErrNotLinux.
func (*Source) Read(func(*wire.Frame)) (bool, error) { return false, ErrNotLinux }

// Drain does nothing.
func (*Source) Drain(func(*wire.Frame)) error { return nil }

// Close does nothing.
func (*Source) Close() {}
