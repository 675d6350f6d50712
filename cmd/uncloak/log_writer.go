package main

import (
	"io"
	"sync/atomic"
	"time"
)

// logWriterLines limits the log lines that wait to be written.
const logWriterLines = 1024

// logWriter writes a daemon's log to a reader that may be slow or stuck: a pipe into a pager, or a journal that itself
// waits until this process reads its lines. A caller of Write never waits; lines that exceed the queue are dropped and
// counted.
type logWriter struct {
	lines chan []byte
	lost  atomic.Uint64
	done  chan struct{}
}

// newLogWriter starts writing to w, until close. It calls tell with the number of lost lines once w takes lines again.
func newLogWriter(w io.Writer, tell func(lost uint64)) *logWriter {
	o := &logWriter{lines: make(chan []byte, logWriterLines), done: make(chan struct{})}
	go func() {
		defer close(o.done)
		for b := range o.lines {
			if b == nil {
				return
			}
			_, _ = w.Write(b) // the log itself fails: there is no place to report it
			if n := o.lost.Swap(0); n > 0 {
				tell(n)
			}
		}
	}()
	return o
}

func (o *logWriter) Write(b []byte) (int, error) {
	select {
	case o.lines <- append([]byte(nil), b...):
	default:
		o.lost.Add(1)
	}
	return len(b), nil
}

// close writes the waiting lines for at most a second. Lines that are logged later are lost.
func (o *logWriter) close() {
	late := time.After(time.Second)
	select {
	case o.lines <- nil:
	case <-late:
		return
	}
	select {
	case <-o.done:
	case <-late:
	}
}
