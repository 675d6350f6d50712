package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"uncloak/detect"
)

// AckName is the file in the data directory that holds what was acknowledged.
const AckName = "acks.json"

// Bounds of that file.
const (
	maxAcks    = 1000
	maxNote    = 500 // bytes
	maxAckKeys = 256 // sizes that one of them remembers
	maxAckFile = 4 << 20
)

// Ack is one finding or incident of which its owner has said that it is known.
type Ack struct {
	ID    string             `json:"id"`
	Note  string             `json:"note,omitempty"`
	Until *time.Time         `json:"until,omitempty"`
	At    time.Time          `json:"at"`              // when it was said
	Title string             `json:"title,omitempty"` // of the finding, then
	Sizes map[string]float64 `json:"sizes,omitempty"` // key → size a day, then: it ends when one has doubled
}

// AckFile keeps acks in a data directory, the latest last. It is read each time that it is asked, so that what another
// process wrote holds at once. It is safe for concurrent use within a process; the lock of the store keeps other
// writers away.
type AckFile struct {
	path string
	mu   sync.Mutex
}

// NewAckFile is the file of the data directory dir. Nothing is opened.
func NewAckFile(dir string) *AckFile { return &AckFile{path: filepath.Join(dir, AckName)} }

// List is all acks. A file that is missing has none; one that cannot be read is an error.
func (f *AckFile) List() ([]Ack, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.read()
}

func (f *AckFile) read() ([]Ack, error) {
	file, err := os.Open(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return []Ack{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read acks: %w", err)
	}
	defer file.Close()
	b, err := io.ReadAll(io.LimitReader(file, maxAckFile+1))
	if err != nil {
		return nil, fmt.Errorf("read acks: %w", err)
	}
	acks := []Ack{}
	if len(b) > maxAckFile {
		return nil, fmt.Errorf("read acks: %s is larger than %d MiB: remove it", f.path, maxAckFile>>20)
	}
	if err := json.Unmarshal(b, &acks); err != nil {
		return nil, fmt.Errorf("read acks: %s is damaged, mend or remove it: %w", f.path, err)
	}
	return acks[:min(len(acks), maxAcks)], nil
}

// Put adds an ack, in the place of one with the same ID.
func (f *AckFile) Put(a Ack) error {
	switch {
	case strings.TrimSpace(a.ID) == "" || len(a.ID) > maxNote || !utf8.ValidString(a.ID):
		return badf("an ack needs the id of a finding")
	case len(a.Note) > maxNote || !utf8.ValidString(a.Note):
		return badf("the note is longer than %d bytes", maxNote)
	case len(a.Sizes) > maxAckKeys:
		return badf("%q is an incident of more than %d findings: acknowledge these one by one", a.ID, maxAckKeys)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	acks, err := f.read()
	if err != nil {
		return err
	}
	acks = slices.DeleteFunc(acks, func(b Ack) bool { return b.ID == a.ID })
	if len(acks) >= maxAcks {
		return badf("there are %d acks already: remove some (uncloak ack --list)", len(acks))
	}
	return f.write(append(acks, a))
}

// Remove takes an ack back; ok is false where there was none with that ID.
func (f *AckFile) Remove(id string) (ok bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	acks, err := f.read()
	if err != nil {
		return false, err
	}
	n := len(acks)
	if acks = slices.DeleteFunc(acks, func(a Ack) bool { return a.ID == id }); len(acks) == n {
		return false, nil
	}
	return true, f.write(acks)
}

// write replaces the file in one step: after a crash it is the old one or the new one.
func (f *AckFile) write(acks []Ack) error {
	b, err := json.MarshalIndent(acks, "", "  ")
	if err != nil {
		return fmt.Errorf("write acks: %w", err)
	}
	tmp, err := os.CreateTemp(filepath.Dir(f.path), ".acks-*") // mode 0600
	if err != nil {
		return fmt.Errorf("write acks: %w", err)
	}
	defer os.Remove(tmp.Name()) // gone after the rename
	_, err = tmp.Write(append(b, '\n'))
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return fmt.Errorf("write acks: %w", err)
	}
	if err := os.Rename(tmp.Name(), f.path); err != nil {
		return fmt.Errorf("write acks: %w", err)
	}
	return syncDir(filepath.Dir(f.path))
}

// syncDir makes a rename last.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("write acks: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("write acks: %w", err)
	}
	return nil
}

// rule is the ack in the words of the detectors.
func (a *Ack) rule() detect.Rule {
	r := detect.Rule{By: "ack", ID: a.ID, Note: a.Note, Sizes: a.Sizes}
	if a.Until != nil {
		r.Until = *a.Until
	}
	return r
}
