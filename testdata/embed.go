// Package testdata holds the small real captures and golden reports that several packages share. The demo carries the
// capture within the binary. The package has no code beyond the embedding.
package testdata

import (
	"embed"
	"fmt"
	"io"

	"github.com/therootcompany/xz"
)

//go:embed nat-burst/*.xz
var files embed.FS

// NatBurst opens one run of a real Linux NAT router under a BitTorrent-like burst: raw syslog datagrams, one a line,
// with `\n` for a newline inside. See nat-burst/README.md.
func NatBurst() (io.Reader, error) { return open("nat-burst/router.syslog.xz") }

// NatBurstDmesg opens what `dmesg` printed on the same router in the same run, its first 2000 lines.
func NatBurstDmesg() (io.Reader, error) { return open("nat-burst/dmesg.txt.xz") }

func open(name string) (io.Reader, error) {
	f, err := files.Open(name)
	if err != nil {
		return nil, fmt.Errorf("open capture: %w", err)
	}
	r, err := xz.NewReader(f, 8<<20) // the size of the dictionary that it was packed with
	if err != nil {
		return nil, fmt.Errorf("unpack capture: %w", err)
	}
	return r, nil
}
