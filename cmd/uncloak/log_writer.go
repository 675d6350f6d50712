package main

import (
	"io"
	"sync/atomic"
	"time"
)

// outletLines is how many lines of our own log wait for whoever reads it.
const outletLines = 1024

// outlet writes a daemon's log where somebody may not read it: to a pipe into a pager, or to a journal that is waiting for us to
// take its lines. A line that has no place is counted; nobody who logs waits.
type outlet struct {
	lines chan []byte
	lost  atomic.Uint64
	done  chan struct{}
}

// newOutlet writes to w until it is closed. tell says how many lines were lost, once w takes lines again.
func newOutlet(w io.Writer, tell func(lost uint64)) *outlet {
	o := &outlet{lines: make(chan []byte, outletLines), done: make(chan struct{})}
	go func() {
		defer close(o.done)
		for b := range o.lines {
			if b == nil {
				return
			}
			_, _ = w.Write(b) // whom should we tell?
			if n := o.lost.Swap(0); n > 0 {
				tell(n)
			}
		}
	}()
	return o
}

func (o *outlet) Write(b []byte) (int, error) {
	select {
	case o.lines <- append([]byte(nil), b...):
	default:
		o.lost.Add(1)
	}
	return len(b), nil
}

// close writes what waits, but does not wait for long. What is written later is lost.
func (o *outlet) close() {
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
