package ingest

import (
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"golang.org/x/time/rate"
)

// Socket is a listening socket that another program has opened and handed over, as systemd does (systemd.socket(5)):
// datagrams or streams, of the internet or unix.
type Socket struct {
	File *os.File
	TLS  bool // the streams speak TLS
}

// inherit takes over a socket that another program has opened. At a stop its file is not removed: the program that
// opened it still has it.
func (s *Server) inherit(sock Socket) error {
	defer sock.File.Close() // package net has made a copy
	stream, err := isStreamSocket(int(sock.File.Fd()))
	if err != nil {
		return fmt.Errorf("socket %s: %w", sock.File.Name(), err)
	}
	if stream {
		ln, err := net.FileListener(sock.File)
		if err != nil {
			return fmt.Errorf("socket %s: %w", sock.File.Name(), err)
		}
		l := s.newStreamSocket(sock.TLS)
		l.ln = ln
		if ln.Addr().Network() == "unix" {
			l.local = unixName
		}
		return nil
	}
	c, err := net.FilePacketConn(sock.File)
	if err != nil {
		return fmt.Errorf("socket %s: %w", sock.File.Name(), err)
	}
	conn, ok := c.(packetConn)
	if !ok || sock.TLS {
		c.Close()
		return fmt.Errorf("socket %s: %w", sock.File.Name(), errors.New("neither datagrams nor streams that we know"))
	}
	p := &packetSocket{cfg: &s.cfg, conn: conn, name: conn.LocalAddr().Network() + " " + conn.LocalAddr().String()}
	if conn.LocalAddr().Network() != "udp" {
		p.local = unixName
	}
	s.packets = append(s.packets, p)
	return p.prepare()
}

// newStreamSocket adds a stream socket to the server. The caller sets its listener.
func (s *Server) newStreamSocket(tls bool) *streamSocket {
	l := &streamSocket{cfg: &s.cfg, seldom: &rate.Sometimes{First: 10, Interval: time.Minute}}
	if tls {
		l.secure = s.secure
	}
	s.streams = append(s.streams, l)
	return l
}
