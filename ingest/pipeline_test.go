package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"uncloak/store"
)

// refuser refuses a number of batches.
type refuser struct {
	err  error
	left int
}

func (r *refuser) Append(context.Context, store.Batch) (store.Appended, error) {
	if r.left--; r.left >= 0 {
		return store.Appended{}, fmt.Errorf("append: %w", r.err)
	}
	return store.Appended{}, nil
}

// TestWhatIsWaitedFor: a disk that is full, or a data directory that was moved away, may be as before in an hour. Any
// other error is given up after some tries.
func TestWhatIsWaitedFor(t *testing.T) {
	broken := errors.New("broken")
	for err, want := range map[error]error{store.ErrFull: nil, store.ErrGone: nil, broken: broken} {
		synctest.Test(t, func(t *testing.T) {
			cfg := Config{Log: slog.New(slog.DiscardHandler)}
			w := writer{cfg: &cfg, to: &refuser{err, 3600}, stats: newCounters(), beats: new(atomic.Uint64),
				storing: new(atomic.Bool)}
			if _, got := w.store(t.Context(), store.Batch{Entries: make([]store.Entry, 1)}); !errors.Is(got, want) {
				t.Errorf("%v: the batch is given up with %v, want %v", err, got, want)
			}
		})
	}
}
