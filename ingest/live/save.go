package live

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"uncloak/ingest/wire"
)

// Saver writes frames to a pcapng file. A file that is full is renamed, lan.pcapng to lan.1.pcapng, that to
// lan.2.pcapng and so on, and the oldest is deleted.
type Saver struct {
	path  string
	size  int64 // bytes of a file, at most
	files int   // files that are kept
	on    []wire.Interface

	f       *os.File
	to      *pcapgo.NgWriter
	written int64
}

// NewSaver makes the file path, for its owner alone. What is there under that name is renamed as a full file is.
func NewSaver(path string, size int64, files int, on []wire.Interface) (*Saver, error) {
	s := &Saver{path: path, size: size, files: files, on: on}
	if fi, err := os.Lstat(path); err == nil {
		if !fi.Mode().IsRegular() {
			return nil, fmt.Errorf("%s is no file", path)
		}
		if err := s.shift(); err != nil {
			return nil, err
		}
	}
	return s, s.open()
}

// old is the name of the n-th file before the one that is written.
func (s *Saver) old(n int) string {
	if n == 0 {
		return s.path
	}
	end := filepath.Ext(s.path)
	return fmt.Sprintf("%s.%d%s", strings.TrimSuffix(s.path, end), n, end)
}

// shift makes room for a new file.
func (s *Saver) shift() error {
	if err := os.Remove(s.old(s.files - 1)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for n := s.files - 2; n >= 0; n-- {
		if err := os.Rename(s.old(n), s.old(n+1)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func (s *Saver) open() (err error) {
	if s.f, err = os.OpenFile(s.path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600); err != nil {
		return err
	}
	s.written = 0
	describe := func(i wire.Interface) pcapgo.NgInterface {
		return pcapgo.NgInterface{Name: i.Name, LinkType: layers.LinkType(i.Link)}
	}
	about := pcapgo.DefaultNgWriterOptions
	about.SectionInfo.Application = "uncloak"
	if s.to, err = pcapgo.NewNgWriterInterface(s.f, describe(s.on[0]), about); err != nil {
		return err
	}
	for _, i := range s.on[1:] {
		if _, err := s.to.AddInterface(describe(i)); err != nil {
			return err
		}
	}
	return nil
}

// Save writes a frame. Frames of no link are left out.
func (s *Saver) Save(f *wire.Frame) error {
	const block = 36 // bytes of a packet's block beside its data, at most
	if f.Link == wire.NoLink {
		return nil
	}
	n := int64(block + len(f.Data))
	if s.written > 0 && s.written+n > s.size {
		if err := errors.Join(s.end(), s.shift()); err != nil {
			return err
		}
		if err := s.open(); err != nil {
			return err
		}
	}
	s.written += n
	return s.to.WritePacket(gopacket.CaptureInfo{Timestamp: time.Unix(0, f.Time), CaptureLength: len(f.Data),
		Length: max(f.Length, len(f.Data)), InterfaceIndex: f.Interface}, f.Data)
}

// end closes the file.
func (s *Saver) end() error {
	if s.f == nil {
		return nil
	}
	err := errors.Join(s.to.Flush(), s.f.Close())
	s.f = nil
	return err
}

// Close writes the counts of the kernel behind the frames, and closes the file.
func (s *Saver) Close(counts []Counts) error {
	if s.f == nil {
		return nil
	}
	for i, c := range counts {
		if err := s.to.WriteInterfaceStats(i, pcapgo.NgInterfaceStatistics{LastUpdate: time.Now(),
			PacketsReceived: c.Packets + c.Dropped, PacketsDropped: c.Dropped}); err != nil {
			return errors.Join(err, s.end())
		}
	}
	return s.end()
}
