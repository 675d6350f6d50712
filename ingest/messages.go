package ingest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"uncloak/ingest/wire"
)

// Message is one syslog message that was recorded, in a log or in a packet capture.
type Message struct {
	Text []byte    // of a datagram all bytes; of a stream or a file without what ended it
	At   time.Time // when the capture saw it; zero in a log, where its stamp may say
	From int       // number of the sender in a capture, from 1; 0: not known
}

// Messages reads recorded messages one batch after the other. It waits for more only while it has none to give, so that
// what another program writes at this moment can be passed on at once.
type Messages struct {
	in    *bufio.Reader
	cut   bool
	given bool
	log   bool
	pcap  *capture
}

const (
	messageBatch = 64
	messageMax   = 16 << 20 // bytes of one line of a log
)

// NewMessages reads a log, or a packet capture (pcap, pcapng), compressed or not; all is told by the first bytes. Of a
// capture the messages are what went to one of the ports by UDP or TCP.
func NewMessages(r io.Reader, ports ...uint16) (*Messages, error) {
	m := &Messages{}
	d, err := decoded(r, &m.cut, nil)
	if err != nil {
		return nil, err
	}
	m.in = bufio.NewReaderSize(d, 256<<10)
	head, _ := m.in.Peek(4) // a shorter file has no magic
	// The library refuses the form of pcap that Kuznetzov patched: it must not be sent as a log.
	if m.log = !wire.IsCapture(head); m.log {
		return m, nil
	}
	m.pcap = newCapture(ports)
	if m.pcap.file, err = openCaptureFile(m.in); err != nil {
		return nil, err
	}
	m.pcap.cut = &m.cut
	return m, nil
}

// Capture returns the counts of a capture's packets so far; ok is false for a log. It may be called while Next runs.
func (m *Messages) Capture() (s CaptureStats, ok bool) {
	if m.log {
		return s, false
	}
	m.pcap.mu.Lock()
	defer m.pcap.mu.Unlock()
	return m.pcap.told, true
}

// Next returns at least one message, or an error: io.EOF after the last message. The memory of messages is not used
// again.
func (m *Messages) Next() ([]Message, error) {
	next := m.lines
	if !m.log {
		next = m.pcap.next
	}
	out, err := next()
	if len(out) > 0 {
		m.given = true
		return out, nil
	}
	if errors.Is(err, io.EOF) {
		switch {
		case m.log && m.cut:
			return nil, errors.New("the compressed data is cut short")
		case !m.given && m.log:
			return nil, errors.New("there are no lines")
		case !m.given:
			return nil, fmt.Errorf("no whole message to port %s is in the capture: %v", portList(m.pcap.ports),
				m.pcap.stats)
		}
	}
	return nil, err
}

func portList(ports []uint16) string {
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(ports), "[]"), " ", " or ")
}

// All returns all messages. More than limit bytes of text are an error.
func (m *Messages) All(limit int) (all []Message, err error) {
	size := 0
	for {
		some, err := m.Next()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		for _, one := range some {
			size += len(one.Text)
		}
		if size > limit {
			return nil, fmt.Errorf("more than %d MB of text", limit>>20)
		}
		all = append(all, some...)
	}
}

// lines returns the lines that can be read without waiting, but at least one, and no empty ones.
func (m *Messages) lines() (out []Message, err error) {
	buf := make([]byte, 0, 16<<10)
	// one that grows leaves the lines before it in the old memory
	for len(out) < messageBatch && len(buf) < 12<<10 && err == nil {
		if len(out) > 0 {
			if held, _ := m.in.Peek(m.in.Buffered()); bytes.IndexByte(held, '\n') < 0 {
				break
			}
		}
		from := len(buf)
		buf, err = m.line(buf)
		if l := trimLine(buf[from:]); len(l) > 0 {
			out = append(out, Message{Text: l[:len(l):len(l)]})
		}
	}
	return out, err
}

// line appends one line to buf.
func (m *Messages) line(buf []byte) ([]byte, error) {
	from := len(buf)
	for {
		piece, err := m.in.ReadSlice('\n')
		buf = append(buf, piece...)
		if len(buf)-from > messageMax {
			return buf[:from], fmt.Errorf("a line of more than %d MB", messageMax>>20)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return buf, err
		}
	}
}
