package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"uncloak/detect"
)

// AckName is the file in the data directory that holds the acknowledgements.
const AckName = "acks.json"

// Bounds of the file of acknowledgements.
const (
	maxAcks    = 1000
	maxNote    = 500 // bytes
	maxAckKeys = 256 // sizes that one ack keeps
	maxAckFile = 4 << 20
)

// Ack marks one finding or incident as known: the owner of the network has acknowledged it.
type Ack struct {
	ID    string     `json:"id"`
	Note  string     `json:"note,omitempty"`
	Until *time.Time `json:"until,omitempty"`
	At    time.Time  `json:"at"`              // when it was acknowledged
	Title string     `json:"title,omitempty"` // title of the finding at that time
	// key → size a day at that time; the ack ends when one has doubled
	Sizes map[string]float64 `json:"sizes,omitempty"`
}

// AckFile keeps acks in a data directory, the latest last. The file is read at each call, so that a change by another
// process holds at once. An AckFile is safe for concurrent use within a process; the lock of the store keeps other
// writers away.
type AckFile struct {
	path string
	mu   sync.Mutex
}

// NewAckFile returns the acks of the data directory dir. It opens nothing.
func NewAckFile(dir string) *AckFile { return &AckFile{path: filepath.Join(dir, AckName)} }

// List returns all acks. A missing file counts as empty; a file that cannot be read is an error.
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

// Put adds an ack, or replaces the one with the same ID.
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

// Remove deletes an ack; ok is false where no ack has that ID.
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

func (f *AckFile) write(acks []Ack) error {
	b, err := json.MarshalIndent(acks, "", "  ")
	if err != nil {
		return fmt.Errorf("write acks: %w", err)
	}
	return replaceFile(f.path, append(b, '\n'), "acks")
}

// replaceFile writes a file of the data directory in one step: after a crash it has either the old content or the new.
// what names its content in errors.
func replaceFile(path string, content []byte, what string) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+what+"-*") // mode 0600
	if err != nil {
		return fmt.Errorf("write %s: %w", what, err)
	}
	defer os.Remove(tmp.Name()) // fails after the rename, as it should
	_, err = tmp.Write(content)
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return fmt.Errorf("write %s: %w", what, err)
	}
	if err := os.Rename(tmp.Name(), path); err != nil {
		return fmt.Errorf("write %s: %w", what, err)
	}
	return syncDir(filepath.Dir(path), what)
}

// syncDir makes a rename last.
func syncDir(dir, what string) error {
	if runtime.GOOS == "windows" { // as in store/bolt: NTFS keeps its names in a journal, and syncs no directory
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("write %s: %w", what, err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("write %s: %w", what, err)
	}
	return nil
}

// rule turns an ack into a rule of the detectors.
func (a *Ack) rule() detect.Rule {
	r := detect.Rule{By: "ack", ID: a.ID, Note: a.Note, Sizes: a.Sizes}
	if a.Until != nil {
		r.Until = *a.Until
	}
	return r
}
