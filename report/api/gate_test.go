package api

import (
	"context"
	"iter"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"uncloak/detect"
	"uncloak/store"
)

// crowd is a source of days that counts the requests which read it at once. Each waits for a second one.
type crowd struct {
	fake
	now, most atomic.Int32
	pair      chan struct{}
}

func (c *crowd) Load(ctx context.Context, _ store.Window) ([]*detect.Day, error) {
	n := c.now.Add(1)
	defer c.now.Add(-1)
	for m := c.most.Load(); n > m && !c.most.CompareAndSwap(m, n); m = c.most.Load() {
	}
	select { // one of two sends, the other one receives
	case c.pair <- struct{}{}:
	case <-c.pair:
	case <-ctx.Done():
	}
	return nil, ctx.Err()
}

// Events gives none. Unlike fake's it may run in several goroutines at once.
func (c *crowd) Events(context.Context, store.Query) iter.Seq2[store.Entry, error] {
	return func(func(store.Entry, error) bool) {}
}

func TestReportsWaitForEachOther(t *testing.T) {
	c := &crowd{pair: make(chan struct{})}
	h := NewHandler(Config{Store: c, Days: c, Reports: 2, Now: func() time.Time { return time.Unix(1795262400, 0) },
		Log: slog.New(slog.DiscardHandler), Settings: func() Settings {
			return Settings{Detect: detect.DefaultConfig()}
		}})
	client, wait := InProcess(h)
	defer wait()
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			r, err := Request(t.Context(), http.MethodGet, "/v1/report", nil, nil)
			if err == nil {
				var resp *http.Response
				if resp, err = Do(client, r); err == nil {
					err = resp.Body.Close()
				}
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := c.most.Load(); n != 2 {
		t.Errorf("%d reports were made at once, want 2", n)
	}
}

// TestAskerWhoLeavesTheQueue: a request that is given up while it waits takes no place.
func TestAskerWhoLeavesTheQueue(t *testing.T) {
	g := newGate(1)
	if err := g.Acquire(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "/", nil)
	if err != nil {
		t.Fatal(err)
	}
	called := false
	f := g.of(func(http.ResponseWriter, *http.Request) error { called = true; return nil })
	if err := f(nil, r); err == nil || called {
		t.Errorf("called %t, error %v", called, err)
	}
	g.Release(1)
	if err := f(nil, r.WithContext(t.Context())); err != nil || !called {
		t.Errorf("called %t, error %v", called, err)
	}
}
