package ingest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"uncloak/detect"
	"uncloak/parse"
	"uncloak/store"
	"uncloak/store/bolt"
)

// choosy is a store that refuses each batch with an event whose line has the word poison. In the place of the Append
// of the number dies, its caller ends: before the batch is stored, or behind that.
type choosy struct {
	*bolt.DB
	asked, dies int
	behind      bool
}

func (c *choosy) Append(ctx context.Context, b store.Batch) (store.Appended, error) {
	c.asked++
	if c.asked == c.dies && !c.behind {
		runtime.Goexit()
	}
	if slices.ContainsFunc(b.Entries, func(e store.Entry) bool { return bytes.Contains(e.Raw, []byte("poison")) }) {
		return store.Appended{}, errors.New("poison is refused")
	}
	done, err := c.DB.Append(ctx, b)
	if c.asked == c.dies {
		runtime.Goexit()
	}
	return done, err
}

// twoDays is a batch of 100 events around midnight, of which these are refused.
func twoDays(poison ...int) store.Batch {
	midnight := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	b := store.Batch{ID: "live 1", Health: []store.Health{
		{Date: detect.DateOf(midnight.Add(-time.Hour)), Sender: "192.0.2.1", Received: 30},
		{Date: detect.DateOf(midnight), Sender: "192.0.2.1", Received: 70},
		{Date: detect.DateOf(midnight.Add(25 * time.Hour)), Sender: "192.0.2.1", Received: 5}}}
	for i := range 100 {
		e := store.Entry{Raw: fmt.Appendf(nil, "line %d", i)}
		if slices.Contains(poison, i) {
			e.Raw = append(e.Raw, " with poison"...)
		}
		e.Time, e.Router = midnight.Add(time.Duration(i-30)*time.Second).UnixNano(), parse.MakeName("gw")
		e.Recv = e.Time
		b.Entries = append(b.Entries, e)
	}
	return b
}

// Of a batch with events that the store refuses, these alone go into the side file, and all others are stored once:
// also where the process ends between two parts, at any of them, and the batch comes again.
func TestOnlyTheEventsAtFaultAreGivenUp(t *testing.T) {
	for _, poison := range [][]int{{0}, {99}, {29, 30}, {3, 50, 51, 77}} {
		parts := splitOnce(t, poison, 0, false)
		if parts < 3 || parts > 60 {
			t.Errorf("%v: %d parts", poison, parts)
		}
		for dies := 1; dies <= parts; dies++ {
			splitOnce(t, poison, storeTries+dies, dies%2 == 0)
		}
	}
}

// splitOnce gives a batch to a store that refuses these events, and checks what becomes of it. It returns the number of
// parts that were tried.
func splitOnce(t *testing.T, poison []int, dies int, behind bool) (parts int) {
	t.Helper()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		cfg := testConfig()
		cfg.GivenUp = filepath.Join(dir, GivenUpDir)
		give := func(to *choosy) (kept bool, got Stats, err error) {
			db, openErr := bolt.Open(filepath.Join(dir, "data"), bolt.Options{NoSync: true, Memory: 1})
			if openErr != nil {
				t.Fatal(openErr)
			}
			to.DB = db
			w := &writer{cfg: &cfg, to: to, stats: newCounters(), beats: new(atomic.Uint64), storing: new(atomic.Bool)}
			done := make(chan struct{})
			go func() {
				defer close(done)
				kept, err = w.store(context.Background(), twoDays(poison...))
			}()
			<-done
			got, _ = w.stats.now()
			if err := db.Close(); err != nil {
				t.Error(err)
			}
			return kept, got, err
		}
		if dies > 0 {
			give(&choosy{dies: dies, behind: behind})
		}
		to := &choosy{}
		kept, got, err := give(to)
		n := uint64(len(poison))
		if !kept || err == nil || got.Stored != 100-n || got.Lost != n || got.Aside != n {
			t.Errorf("%v: kept %v, %v, %+v", poison, kept, err, got)
		}
		parts = to.asked - storeTries
	})
	db, err := bolt.Open(filepath.Join(dir, "data"), bolt.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }() // only read
	seen := map[string]int{}
	for e, err := range db.Events(t.Context(), store.Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		seen[string(e.Raw)]++
	}
	for i := range 100 {
		if want := 1; !slices.Contains(poison, i) && seen[fmt.Sprint("line ", i)] != want {
			t.Errorf("%v, end at %d: line %d is stored %d times", poison, dies, i, seen[fmt.Sprint("line ", i)])
		}
	}
	if len(seen) != 100-len(poison) {
		t.Errorf("%v: %d lines are stored", poison, len(seen))
	}
	health, err := db.Health(t.Context(), store.Window{})
	if err != nil || len(health) != 1 || health[0].Received != 105 {
		t.Errorf("%v, end at %d: accounts %+v, %v", poison, dies, health, err)
	}
	files, _ := filepath.Glob(filepath.Join(dir, GivenUpDir, "*.log"))
	if len(files) == 0 {
		t.Fatal("no file of given-up lines")
	}
	text, err := os.ReadFile(files[len(files)-1])
	bad, lines := bytes.Count(text, []byte("poison")), bytes.Count(text, []byte("\n"))
	if err != nil || bad != len(poison) || lines != len(poison) {
		t.Errorf("%v: %v, given up: %q", poison, err, text)
	}
	return parts
}

// A store that refuses everything is asked a bounded number of times.
func TestSplittingIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := testConfig()
		broken := errors.New("broken")
		st := &scarce{errs: slices.Repeat([]error{broken}, 10000)}
		w := &writer{cfg: &cfg, to: st, stats: newCounters(), beats: new(atomic.Uint64), storing: new(atomic.Bool)}
		b := store.Batch{Entries: make([]store.Entry, 16384)}
		rest := w.split(t.Context(), b)
		if asked := 10000 - len(st.errs); len(rest.Entries) != len(b.Entries) || asked > splitHopeless {
			t.Errorf("%d left after %d parts", len(rest.Entries), asked)
		}
		// every second event is at fault
		bad := &half{}
		w.to = bad
		rest = w.split(t.Context(), b)
		if bad.asked != splitMost || bad.stored+len(rest.Entries) != len(b.Entries) || bad.stored == 0 {
			t.Errorf("%d parts, %d stored, %d left", bad.asked, bad.stored, len(rest.Entries))
		}
	})
}

// half takes batches of one event, every second time.
type half struct{ asked, stored int }

func (h *half) Append(_ context.Context, b store.Batch) (store.Appended, error) {
	h.asked++
	if len(b.Entries) > 1 || h.asked%2 == 0 {
		return store.Appended{}, errors.New("refused")
	}
	h.stored++
	return store.Appended{Added: 1}, nil
}
