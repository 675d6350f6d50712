package ingest

import (
	"bytes"
	"errors"
	"io"

	"github.com/therootcompany/xz"
)

// cutReader returns io.EOF and sets cut where compressed data is cut short.
type cutReader struct {
	r   io.Reader
	cut *bool
}

func (c *cutReader) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, xz.ErrBuf) {
		*c.cut, err = true, io.EOF
	}
	return n, err
}

// wholeLines leaves out the last line of data that was cut short, as it is not complete. It holds back at most heldMax
// bytes: beyond that a line is passed on in pieces.
type wholeLines struct {
	r    io.Reader
	cut  *bool
	held []byte // read, and not yet known to belong to a whole line
	out  []byte // to be returned by Read
	err  error
}

const heldMax = 1 << 20

func (w *wholeLines) Read(b []byte) (int, error) {
	for len(w.out) == 0 {
		if w.err != nil {
			return 0, w.err
		}
		w.more()
	}
	n := copy(b, w.out)
	w.out = w.out[n:]
	return n, nil
}

// more reads on until a line ends, heldMax is exceeded or the data ends. out must be empty.
func (w *wholeLines) more() {
	const step = 64 << 10
	if cap(w.held)-len(w.held) < step {
		w.held = append(make([]byte, 0, 2*len(w.held)+2*step), w.held...)
	}
	n, err := w.r.Read(w.held[len(w.held) : len(w.held)+step])
	all := w.held[:len(w.held)+n]
	end := len(w.held) + bytes.LastIndexByte(all[len(w.held):], '\n') + 1
	switch {
	case err != nil && !*w.cut || err == nil && len(all) > heldMax:
		end = len(all)
	case end == len(w.held): // what is held has no line end
		end = 0
	}
	w.err = err
	w.out = append(w.out[:0], all[:end]...)
	w.held = w.held[:copy(w.held[:cap(w.held)], all[end:])]
}
