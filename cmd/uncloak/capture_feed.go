package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"uncloak/report/api"
)

const (
	capturePiece = 3 << 20         // bytes of lines in one request: they are held in memory
	captureAgain = 2 * time.Second // between two attempts to store the same lines
)

// captureFeed stores lines, of a capture or of probes, as they come: into the running serve, or into the
// store, which is open only while lines are stored, so that serve can be started and stopped at any time.
type captureFeed struct {
	a       *app
	values  url.Values
	trouble string // what is logged where lines cannot be stored
	in      chan []byte
	done    chan struct{}
	busy    atomic.Bool // lines are being stored
	daemon  atomic.Bool // the last lines went to serve
	failed  atomic.Bool // err is set
	sum     api.ImportResult
	err     error
}

func newCaptureFeed(a *app, on, router string) *captureFeed {
	return newLineFeed(a, "capture "+on, router, "the capture cannot be stored at the moment; packets wait, and those "+
		"beyond --buffer are dropped and counted")
}

// newLineFeed makes a feed of lines of that name; trouble is logged when they cannot be stored.
func newLineFeed(a *app, name, router, trouble string) *captureFeed {
	return &captureFeed{a: a, in: make(chan []byte), done: make(chan struct{}), trouble: trouble,
		values: api.ImportOptions{Name: name, Format: "log", Router: router, Live: true}.Values()}
}

// every returns how often lines are stored: each second by serve, as it does with what it receives.
func (f *captureFeed) every() time.Duration {
	if f.daemon.Load() {
		return time.Second
	}
	return 5 * time.Second
}

// run stores lines until end is called. After ctx has ended an attempt that fails is the last one.
func (f *captureFeed) run(ctx context.Context) {
	defer close(f.done)
	within, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(captureEnding, cancel) })()
	for lines := range f.in {
		f.busy.Store(true)
		for len(lines) > 0 && f.err == nil {
			n := len(lines)
			if n > capturePiece {
				n = bytes.LastIndexByte(lines[:capturePiece], '\n') + 1
			}
			f.err = f.store(ctx, within, lines[:n])
			lines = lines[n:]
		}
		f.failed.Store(f.err != nil)
		f.busy.Store(false)
	}
	if f.err == nil && f.sum.Events > 0 {
		f.err = f.rebuild(within)
	}
}

// end stores the last lines, and returns why lines were not stored.
func (f *captureFeed) end(lines []byte) error {
	f.in <- lines
	close(f.in)
	<-f.done
	return f.err
}

// store stores lines. Where that fails it tries again until ctx ends, within the time that the other context gives.
func (f *captureFeed) store(ctx, within context.Context, lines []byte) error {
	for again := false; ; again = true {
		err := f.upload(within, lines, again)
		var refused *api.StatusError
		if err == nil || ctx.Err() != nil || errors.As(err, &refused) && refused.Status == http.StatusBadRequest {
			return err
		}
		if !again {
			f.a.log.Error(f.trouble, "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(captureAgain):
		}
	}
}

// upload stores lines once. Of lines that may be stored already (again) those that are there are left out.
func (f *captureFeed) upload(ctx context.Context, lines []byte, again bool) error {
	s, err := f.a.open(ctx, false)
	if err != nil {
		return err
	}
	v := f.values
	if again {
		v = maps.Clone(v)
		v.Del("live")
	}
	res, err := api.Upload(ctx, s.Client, bytes.NewReader(lines), v)
	f.daemon.Store(s.pid != 0)
	if err = errors.Join(err, s.close()); err != nil {
		return err
	}
	f.sum.Events += res.Events
	if res.Last.After(f.sum.Last) {
		f.sum.Last = res.Last
	}
	return nil
}

// rebuild makes the summaries of the days that have changed.
func (f *captureFeed) rebuild(ctx context.Context) error {
	s, err := f.a.open(ctx, true)
	if err != nil {
		return err
	}
	if err = errors.Join(api.Rebuild(ctx, s.Client), s.close()); err != nil {
		return fmt.Errorf("sum up the day: %w", err)
	}
	return nil
}
