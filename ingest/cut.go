package ingest

import (
	"bytes"
	"errors"
	"io"

	"github.com/therootcompany/xz"
)

// cutReader ends where compressed data ends before its end, and says so in cut.
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

// wholeLines leaves out the last line of data that was cut, which has no end. It holds back no more than a line of
// heldMax: what is longer is no line.
type wholeLines struct {
	r    io.Reader
	cut  *bool
	held []byte // read, and not yet known to be of a whole line
	out  []byte // to be given
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

// more reads on until there is a line end, too much, or no more. out must have been given.
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
