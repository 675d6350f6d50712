package ingest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"uncloak/parse"
	"uncloak/store"
)

// GivenUpDir is the directory within the data directory with the lines of batches that the store refused for good.
const GivenUpDir = "given-up"

// givenUpMost bounds the bytes of all files of given-up lines; those of further batches are lost.
const givenUpMost = 256 << 20

// giveUp writes the lines of a batch into a new file of dir that Import reads, and returns its path once all of it is
// on the disk. A line that names no time or no host gets the time of receipt and the router in front.
func giveUp(dir string, entries []store.Entry, now time.Time) (path string, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("give up lines: %w", err)
	}
	have, err := givenUp(dir)
	if err != nil {
		return "", err
	}
	for i := range entries {
		have += int64(len(entries[i].Raw)) + 64
	}
	if have > givenUpMost {
		return "", fmt.Errorf("give up lines: %s has no room for more than %d MB", dir, givenUpMost>>20)
	}
	path = filepath.Join(dir, now.UTC().Format("20060102T150405.000000000Z")+".log")
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", fmt.Errorf("give up lines: %w", err)
	}
	w := bufio.NewWriter(f)
	p, rec := parse.NewParser(), parse.Record{}
	for i := range entries {
		writeGivenUp(w, &entries[i], p, &rec)
	}
	if err := errors.Join(w.Flush(), f.Sync(), f.Close()); err != nil {
		return "", errors.Join(fmt.Errorf("give up lines: %w", err), os.Remove(path))
	}
	return path, nil
}

func writeGivenUp(w *bufio.Writer, e *store.Entry, p *parse.Parser, rec *parse.Record) {
	line := bytes.TrimRight(e.Raw, "\r\n\x00")
	p.Line(line, rec)
	if rec.Stamp == (parse.Stamp{}) || len(rec.Host) == 0 {
		at := e.Recv
		if at == 0 {
			at = e.Time
		}
		host := e.Router.String()
		if host == "" || strings.ContainsAny(host, " \t\r\n") {
			host = "-"
		}
		w.WriteString(time.Unix(0, at).UTC().Format(time.RFC3339Nano)) // errors stay in w, until Flush
		w.WriteByte(' ')
		w.WriteString(host)
		w.WriteByte(' ')
	}
	for _, c := range line {
		if c == '\n' || c == '\r' || c == 0 { // as syslogd writes them
			fmt.Fprintf(w, "#%03o", c)
			continue
		}
		w.WriteByte(c)
	}
	w.WriteByte('\n')
}

// givenUp returns the bytes of the files in dir; 0 where there is no such directory.
func givenUp(dir string) (n int64, err error) {
	files, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("look for given-up lines: %w", err)
	}
	for _, f := range files {
		if info, err := f.Info(); err == nil {
			n += info.Size()
		}
	}
	return n, nil
}
