package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"uncloak/report/api"
)

const (
	// followBack bounds how late an event may be stored, by its own time, to be shown by query --follow.
	followBack = 2 * time.Minute
	// followMost bounds the different lines of that time that are remembered as shown.
	followMost = 1 << 20
)

// follow prints events as they are stored, until it is stopped. Each time it asks for those of the last followBack, by
// the events' own times, and prints the lines that were not there the last time.
func (a *app) follow(cmd *cobra.Command, v url.Values) (err error) {
	if err := a.setup(cmd); err != nil {
		return err
	}
	ctx := cmd.Context()
	a.setZone(v)
	var begin time.Time
	if from := v.Get("from"); from != "" {
		if begin, err = api.ParseTime(from, a.cfg.location, a.now()); err != nil {
			return usagef("--from: %w", err)
		}
	}
	s, err := a.open(ctx, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if s.pid == 0 {
		return errors.New("nothing receives into this data directory: --follow needs a running serve or capture")
	}
	a.tellOverridden(ctx, s)
	f := follower{a: a, s: s, v: v, shown: map[string]int{}}
	at := a.now().Add(-followBack)
	if !begin.IsZero() && begin.Before(at) {
		err = f.ask(ctx, begin, at, func(r io.Reader) error { _, err := io.Copy(a.stdout, r); return err })
	}
	for silent := begin.IsZero(); err == nil; silent = false {
		if begin.After(at) {
			at = begin
		}
		err = f.step(ctx, at, silent)
		if err == nil {
			select {
			case <-ctx.Done():
			case <-time.After(a.followEvery):
			}
		}
		if ctx.Err() != nil {
			return nil
		}
		at = a.now().Add(-followBack)
	}
	return err
}

// follower is a running query --follow.
type follower struct {
	a     *app
	s     *session
	v     url.Values
	shown map[string]int // how often each line of the last answer was there
}

// ask asks for the events between two times, and calls read with the answer; a zero to is no bound.
func (f *follower) ask(ctx context.Context, from, to time.Time, read func(io.Reader) error) error {
	f.v.Set("from", from.Format(time.RFC3339Nano))
	f.v.Del("to")
	if !to.IsZero() {
		f.v.Set("to", to.Format(time.RFC3339Nano))
	}
	resp, err := f.s.call(ctx, http.MethodGet, "/v1/events", f.v)
	if err != nil {
		return f.s.explain(err)
	}
	defer resp.Body.Close()
	return f.s.explain(read(resp.Body))
}

// step asks once, and prints the lines that the last answer did not have, unless silent is set: then only the head of a
// table is printed.
func (f *follower) step(ctx context.Context, from time.Time, silent bool) error {
	next := map[string]int{}
	err := f.ask(ctx, from, time.Time{}, func(r io.Reader) error {
		in, out := bufio.NewReaderSize(r, 1<<16), bufio.NewWriter(f.a.stdout)
		for n := 0; ; n++ {
			line, err := in.ReadString('\n')
			if line != "" && len(next) < followMost {
				next[line]++
				if next[line] > f.shown[line] && (!silent || n == 0 && f.v.Get("format") == "csv") {
					out.WriteString(line) // Flush tells of errors
				}
			}
			if err != nil {
				if errors.Is(err, io.EOF) {
					err = nil
				}
				return errors.Join(err, out.Flush())
			}
		}
	})
	if f.shown = next; err == nil && len(next) >= followMost {
		return fmt.Errorf("%d different lines in %v are more than can be followed: narrow the query", followMost,
			followBack)
	}
	return err
}
