package ingest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// ReadLines are the lines of a log, compressed or not, without what ends them; more than limit bytes of text are an error.
func ReadLines(r io.Reader, limit int) (lines [][]byte, err error) {
	cut := false
	d, err := decoded(r, &cut)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(d, int64(limit)+1))
	if err != nil {
		return nil, fmt.Errorf("read: %w", err)
	}
	if cut {
		return nil, errors.New("the compressed data is cut short")
	}
	if len(text) > limit {
		return nil, fmt.Errorf("more than %d MB of text", limit>>20)
	}
	from := 0
	for from < len(text) {
		end := bytes.IndexByte(text[from:], '\n')
		if end < 0 {
			end = len(text) - from
		}
		if l := trimLine(text[from : from+end]); len(l) > 0 {
			lines = append(lines, l)
		}
		from += end + 1
	}
	if len(lines) == 0 {
		return nil, errors.New("there are no lines")
	}
	return lines, nil
}
