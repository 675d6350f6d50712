package ingest

import (
	"bytes"
	"compress/flate"
	"errors"
	"io"
	"net"
)

// zipHeader is the length of what stands in front of the compressed data: "z" and the two bytes of zlib's header.
const zipHeader = 3

// isZipped reports whether b is a message that rsyslog's omfwd has compressed (ziplevel, compression.mode="single"): a
// "z" and a stream of zlib (RFC 1950). No text begins so: the second and third byte are a number that 31 divides.
func isZipped(b []byte) bool { return len(b) > 8 && b[0] == 'z' && isZlib(b[1:]) }

// isZlib reports whether b begins as a stream of zlib with a window of 32 KiB does, which is "x" and one of four bytes.
func isZlib(b []byte) bool {
	return len(b) > 1 && b[0] == 0x78 && b[1]&0x20 == 0 && (uint(b[0])<<8|uint(b[1]))%31 == 0
}

// unzipper undoes the compression of single messages. It keeps its memory from one to the next.
type unzipper struct {
	in  bytes.Reader
	r   io.ReadCloser
	out []byte
}

// message returns what b was before it was compressed, at most limit bytes of it, and whether there was more; ok is
// false where b is damaged. The result is valid until the next call. The checksum at the end is not looked at: what
// ends a frame may have taken a part of it.
func (u *unzipper) message(b []byte, limit int) (plain []byte, more, ok bool) {
	u.in.Reset(b[zipHeader:])
	if u.r == nil {
		u.r = flate.NewReader(&u.in)
	} else if err := u.r.(flate.Resetter).Reset(&u.in, nil); err != nil {
		return nil, false, false
	}
	if cap(u.out) <= limit {
		u.out = make([]byte, limit+1)
	}
	n, err := io.ReadFull(u.r, u.out[:limit+1])
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) || n == 0 {
		return nil, false, false
	}
	return u.out[:min(n, limit)], n > limit, true
}

// zlibConn is a connection whose whole stream is compressed (omfwd with compression.mode="stream:always"). The sender
// flushes behind each batch of messages.
type zlibConn struct {
	net.Conn
	r io.Reader
}

// newZlibConn returns a connection that goes on behind head, the bytes that were read of it.
func newZlibConn(c net.Conn, head []byte) *zlibConn {
	return &zlibConn{c, flate.NewReader(io.MultiReader(bytes.NewReader(bytes.Clone(head[2:])), c))}
}

func (z *zlibConn) Read(b []byte) (int, error) { return z.r.Read(b) }
