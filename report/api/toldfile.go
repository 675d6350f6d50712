package api

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"uncloak/detect"
)

// ToldName is the file in the data directory that holds what serve has announced: one JSON object a line.
const ToldName = "announced.ndjson"

// Bounds of the file of announcements.
const (
	maxTold     = 10_000
	maxToldText = 500       // bytes of each text of an announcement
	maxToldLine = 8 << 10   // bytes; a longer line is damaged
	maxToldFile = 128 << 20 // bytes that are read at most
	toldSlack   = 100       // entries beyond maxTold before the file is written anew
	toldAge     = 28 * 24 * time.Hour
)

// ToldFile keeps the announcements of serve in a data directory, the latest last, at most maxTold and 28 days. The file
// is read at each call. A ToldFile is safe for concurrent use within a process; the lock of the store keeps other
// writers away.
type ToldFile struct {
	path string
	mu   sync.Mutex
}

// NewToldFile returns the announcements of the data directory dir. It opens nothing.
func NewToldFile(dir string) *ToldFile { return &ToldFile{path: filepath.Join(dir, ToldName)} }

// List returns the announcements of the 28 days before now in the order of the file, at most maxTold, and how many of
// the file's lines are damaged. A missing file counts as empty.
func (f *ToldFile) List(now time.Time) (told []detect.Told, damaged int, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	told, damaged, _, err = f.read(now)
	return told, damaged, err
}

// read also returns how many lines, damaged or too old or too many, a new file would not have.
func (f *ToldFile) read(now time.Time) (told []detect.Told, damaged, rest int, err error) {
	file, err := os.Open(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, 0, nil
	}
	if err != nil {
		return nil, 0, 0, fmt.Errorf("read announcements: %w", err)
	}
	defer file.Close()
	in := bufio.NewReaderSize(io.LimitReader(file, maxToldFile), maxToldLine)
	for {
		line, more, err := in.ReadLine()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, 0, 0, fmt.Errorf("read announcements: %w", err)
		}
		var t detect.Told
		good := !more && json.Unmarshal(line, &t) == nil && t.ID != "" && !t.At.IsZero()
		for more && err == nil {
			_, more, err = in.ReadLine()
		}
		if !good {
			damaged++
			continue
		}
		if now.Sub(t.At) > toldAge {
			rest++
			continue
		}
		if told = append(told, t); len(told) > maxTold+toldSlack {
			told, rest = append(told[:0], told[toldSlack:]...), rest+toldSlack
		}
	}
	if n := len(told) - maxTold; n > 0 {
		told, rest = told[n:], rest+n
	}
	return told, damaged, rest, nil
}

// Add appends announcements and waits until they are on the disk. A line that was cut short by a crash is ended first,
// so that it damages no other. Where more than a few lines are too old or too many the file is written anew without
// them; damaged lines go then, too.
func (f *ToldFile) Add(told []detect.Told, now time.Time) error {
	if len(told) == 0 {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	have, _, rest, err := f.read(now)
	if err != nil {
		return err
	}
	var b []byte
	told = told[max(len(told)-maxTold, 0):]
	anew := rest > toldSlack || len(have)+rest+len(told) > maxTold+toldSlack
	if anew {
		told = append(have, told...)
		told = told[max(len(told)-maxTold, 0):]
	}
	for i := range told {
		line, err := json.Marshal(shortened(told[i]))
		if err != nil {
			return fmt.Errorf("write announcements: %w", err)
		}
		b = append(append(b, line...), '\n')
	}
	if anew {
		return replaceFile(f.path, b, "announcements")
	}
	file, err := os.OpenFile(f.path, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("write announcements: %w", err)
	}
	if cutShort(file) {
		b = append([]byte("\n"), b...)
	}
	_, err = file.Write(b)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("write announcements: %w", err)
	}
	return nil
}

// cutShort reports whether the last line of the file has no end.
func cutShort(file *os.File) bool {
	last := make([]byte, 1)
	info, err := file.Stat()
	if err != nil || info.Size() == 0 {
		return false
	}
	_, err = file.ReadAt(last, info.Size()-1)
	return err != nil || last[0] != '\n'
}

// shortened bounds the texts of an announcement.
func shortened(t detect.Told) detect.Told {
	for _, s := range []*string{&t.ID, &t.Key, &t.Kind, &t.Router, &t.Host, &t.Title} {
		if len(*s) > maxToldText {
			*s = strings.ToValidUTF8((*s)[:maxToldText], "")
		}
	}
	return t
}
