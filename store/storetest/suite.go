// Package storetest is the one suite that every store backend passes. It compares a backend with a plain model of the
// contract; it knows nothing of how a backend stores.
package storetest

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"uncloak/detect"
	"uncloak/parse"
	"uncloak/store"
)

// Run runs the suite. open opens the store in dir, an existing directory, also again after the store was closed; it
// fails the test when it cannot.
func Run(t *testing.T, open func(t *testing.T, dir string) store.Store) {
	for name, f := range map[string]func(*testing.T, func(*testing.T, string) store.Store){
		"random operations":     testRandom,
		"order and ties":        testOrder,
		"dedupe multiset":       testDedupe,
		"dedupe over midnight":  testMidnight,
		"dedupe across a cut":   testSource,
		"batch ids":             testBatchID,
		"health":                testHealth,
		"summaries":             testSummaries,
		"break":                 testBreak,
		"cancel":                testCancel,
		"append within a loop":  testAppendInLoop,
		"readers and a writer":  testConcurrent,
		"empty store and batch": testEmpty,
		"who":                   testWho,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f(t, open)
		})
	}
}

type opener = func(*testing.T, string) store.Store

func testRandom(t *testing.T, open opener) {
	for seed := range uint64(3) {
		r := rand.New(rand.NewPCG(seed, 1))
		dir, m := t.TempDir(), newModel()
		s := open(t, dir)
		for step := range 80 {
			switch op := r.IntN(10); {
			case op < 4:
				b := randomBatch(r, m)
				got := mustAppend(t, s, b)
				if want := m.append(b); got.Added != want || got.Added+got.Duplicates != len(b.Entries) {
					t.Fatalf("seed %d step %d: appended %+v, want %d of %d", seed, step, got, want, len(b.Entries))
				} else if n := unknown(m.entries[len(m.entries)-want:]); got.Unknown != n {
					t.Fatalf("seed %d step %d: %d of those added are unknown, want %d", seed, step, got.Unknown, n)
				}
			case op < 8:
				q := randomQuery(r)
				compare(t, fmt.Sprintf("seed %d step %d %+v", seed, step, q), collect(t, s, q), m.events(q), q.NoRaw)
			case op < 9:
				compareFirst(t, fmt.Sprintf("seed %d step %d", seed, step), s, m, r)
				compareDays(t, s, m)
				compareHealth(t, s, m, store.Window{})
			default:
				mustClose(t, s)
				s = open(t, dir)
			}
		}
		compare(t, "in the end", collect(t, s, store.Query{}), m.events(store.Query{}), false)
		if n := s.Damaged(); n != 0 {
			t.Errorf("%d damaged blocks", n)
		}
		mustClose(t, s)
	}
}

// randomBatch returns new events, some of them late, and some that are stored already. Identities that recur are far
// apart in time or at the same time, so that which of them are duplicates does not depend on the order of comparison.
func randomBatch(r *rand.Rand, m *model) store.Batch {
	b := store.Batch{Dedupe: r.IntN(2) == 0}
	start := origin().Add(time.Duration(r.IntN(3*3600)) * time.Second)
	for range r.IntN(300) {
		at := start.Add(time.Duration(r.IntN(600_000)) * time.Millisecond)
		if r.IntN(2) == 0 {
			at = at.Truncate(time.Second)
		}
		b.Entries = append(b.Entries, randomEntry(r, r.Uint64(), at))
		if r.IntN(20) == 0 {
			b.Entries = append(b.Entries, b.Entries[len(b.Entries)-1])
		}
		if len(m.entries) > 0 && r.IntN(4) == 0 {
			b.Entries = append(b.Entries, m.entries[r.IntN(len(m.entries))])
		}
	}
	switch r.IntN(6) {
	case 0, 1:
		b.ID = fmt.Sprint("batch ", len(m.sent))
	case 2:
		if len(m.sent) > 0 {
			return m.sent[r.IntN(len(m.sent))]
		}
	}
	for range r.IntN(3) {
		b.Health = append(b.Health, store.Health{Date: detect.DateOf(origin()) + detect.Date(r.IntN(3)),
			Sender: fmt.Sprint("sender ", r.IntN(3)), Received: r.Uint64N(100), Unparsed: r.Uint64N(10),
			Dropped: r.Uint64N(10)})
	}
	return b
}

func testOrder(t *testing.T, open opener) {
	s := open(t, t.TempDir())
	defer mustClose(t, s)
	var want []uint64
	// 100 batches that all cover the same minute, with many equal times: late data of many senders
	r := rand.New(rand.NewPCG(7, 7))
	m := newModel()
	for batch := range uint64(100) {
		var b store.Batch
		for i := range uint64(200) {
			e := store.Entry{Identity: batch<<32 | i}
			e.Time = origin().Add(time.Duration(r.IntN(60)) * time.Second).UnixNano()
			b.Entries = append(b.Entries, e)
		}
		m.append(b)
		mustAppend(t, s, b)
	}
	for _, e := range m.events(store.Query{}) {
		want = append(want, e.Identity)
	}
	var got []uint64
	for _, e := range collect(t, s, store.Query{}) {
		got = append(got, e.Identity)
	}
	if !slices.Equal(got, want) {
		t.Errorf("events of overlapping batches are out of order")
	}
}

func at(seconds int, identity uint64, spreadMS uint32) store.Entry {
	e := store.Entry{Identity: identity}
	e.Time = origin().Add(time.Duration(seconds) * time.Second).UnixNano()
	e.Spread = spreadMS
	return e
}

func testDedupe(t *testing.T, open opener) {
	tests := map[string]struct {
		stored, batch []store.Entry
		added         int
	}{
		"again":                   {[]store.Entry{at(0, 1, 0)}, []store.Entry{at(0, 1, 0)}, 0},
		"other line":              {[]store.Entry{at(0, 1, 0)}, []store.Entry{at(0, 2, 0)}, 1},
		"two seconds on":          {[]store.Entry{at(0, 1, 0)}, []store.Entry{at(2, 1, 0)}, 0},
		"two seconds before":      {[]store.Entry{at(5, 1, 0)}, []store.Entry{at(3, 1, 0)}, 0},
		"three seconds on":        {[]store.Entry{at(0, 1, 0)}, []store.Entry{at(3, 1, 0)}, 1},
		"three with spread":       {[]store.Entry{at(0, 1, 0)}, []store.Entry{at(3, 1, 1000)}, 0},
		"four with both spreads":  {[]store.Entry{at(0, 1, 1000)}, []store.Entry{at(4, 1, 1000)}, 0},
		"five with stored spread": {[]store.Entry{at(0, 1, 3000)}, []store.Entry{at(5, 1, 0)}, 0},
		"three of which one stored": {[]store.Entry{at(0, 1, 0)}, []store.Entry{at(0, 1, 0), at(0, 1, 0), at(0, 1, 0)},
			2},
		"one of which three stored": {[]store.Entry{at(0, 1, 0), at(0, 1, 0), at(0, 1, 0)}, []store.Entry{at(0, 1, 0)},
			0},
		"twice in the batch, new": {nil, []store.Entry{at(0, 1, 0), at(0, 1, 0)}, 2},
		"stored one in between": {[]store.Entry{at(1, 1, 0)}, []store.Entry{at(0, 1, 0), at(1, 2, 0), at(2, 1, 0)},
			2},
		"spread of many days stored": {[]store.Entry{at(0, 1, 90_000_000)}, []store.Entry{at(86_400, 1, 0)}, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := open(t, t.TempDir())
			defer mustClose(t, s)
			mustAppend(t, s, store.Batch{Entries: tt.stored})
			got := mustAppend(t, s, store.Batch{Entries: tt.batch, Dedupe: true})
			if got.Added != tt.added || got.Duplicates != len(tt.batch)-tt.added {
				t.Errorf("appended %+v, want %d added", got, tt.added)
			}
			if n := len(collect(t, s, store.Query{})); n != len(tt.stored)+tt.added {
				t.Errorf("store has %d events, want %d", n, len(tt.stored)+tt.added)
			}
		})
	}
}

func testMidnight(t *testing.T, open opener) {
	s := open(t, t.TempDir())
	defer mustClose(t, s)
	mustAppend(t, s, store.Batch{Entries: []store.Entry{at(3599, 1, 0), at(3600, 2, 0)}})
	got := mustAppend(t, s, store.Batch{Dedupe: true, Entries: []store.Entry{at(3600, 1, 0), at(3599, 2, 0)}})
	if got.Added != 0 {
		t.Errorf("added %d lines that are stored on the other side of midnight", got.Added)
	}
}

func testSource(t *testing.T, open opener) {
	for _, size := range []int{2, 13, 20, 50, 100} {
		s := open(t, t.TempDir())
		var lines []store.Entry
		for i := range 100 {
			lines = append(lines, at(i/10, uint64(i/7), 0)) // seven equal lines in a row
		}
		for run, want := range []int{100, 0, 0, 0} {
			added := 0
			for b := range slices.Chunk(lines, size) {
				added += mustAppend(t, s, store.Batch{Entries: b, Dedupe: true,
					Source: fmt.Sprint("file, run ", run)}).Added
			}
			if added != want {
				t.Errorf("batches of %d, run %d: added %d, want %d", size, run, added, want)
			}
		}
		same := slices.Repeat([]store.Entry{at(500, 99, 0)}, 60) // a flood of one line within a second
		for run, want := range []int{60, 0} {
			added := 0
			for b := range slices.Chunk(same, size) {
				added += mustAppend(t, s, store.Batch{Entries: b, Dedupe: true,
					Source: fmt.Sprint("flood, run ", run)}).Added
			}
			if added != want {
				t.Errorf("flood in batches of %d, run %d: added %d, want %d", size, run, added, want)
			}
		}
		mustClose(t, s)
	}
}

func testBatchID(t *testing.T, open opener) {
	dir := t.TempDir()
	s := open(t, dir)
	b := store.Batch{ID: "one", Entries: []store.Entry{at(0, 1, 0), at(7200, 2, 0)},
		Health: []store.Health{{Date: detect.DateOf(origin()), Sender: "a", Received: 2}}}
	long := store.Batch{ID: string(bytes.Repeat([]byte("x"), 100_000)), Entries: []store.Entry{at(0, 3, 0)}}
	mustAppend(t, s, b)
	mustAppend(t, s, long)
	for range 2 {
		for _, b := range []store.Batch{b, long} {
			if got := mustAppend(t, s, b); got.Added != 0 || got.Duplicates != len(b.Entries) || len(got.Days) != 0 {
				t.Errorf("batch was stored again: %+v", got)
			}
		}
		mustClose(t, s)
		s = open(t, dir)
	}
	if n := len(collect(t, s, store.Query{})); n != 3 {
		t.Errorf("%d events, want 3", n)
	}
	if h, err := s.Health(t.Context(), store.Window{}); err != nil || len(h) != 1 || h[0].Received != 2 {
		t.Errorf("health %+v, %v", h, err)
	}
	if got := mustAppend(t, s, store.Batch{Entries: b.Entries}); got.Added != 2 {
		t.Errorf("a batch without an ID was compared: %+v", got)
	}
	mustClose(t, s)
}

func testHealth(t *testing.T, open opener) {
	s := open(t, t.TempDir())
	defer mustClose(t, s)
	d := detect.DateOf(origin())
	m := newModel()
	full := store.Health{Date: d, Sender: "192.0.2.1", Router: "gw", Received: 1, Bytes: 2, Unparsed: 3, Dropped: 4,
		Kernel:   5,
		Oversize: 6, Malformed: 7, Duplicates: 8, SkewMS: -9, Repaired: 10,
		NotAllowed: 11, Limited: 12, Refused: 13, Suppressed: 14, Missing: 15, Repeated: 16, Blank: 17}
	for _, h := range []store.Health{full, full, {Date: d + 1, Sender: "192.0.2.1", Router: "gw", Received: 100},
		{Date: d, Sender: "192.0.2.1", Router: "ap", Received: 2}, {Date: d + 2, Sender: "file.log", Received: 1},
		{Date: d + 2, Received: 1}} {
		b := store.Batch{Health: []store.Health{h}}
		m.append(b)
		mustAppend(t, s, b)
	}
	for _, w := range []store.Window{{}, {From: d.Start(), To: d.End()}, {From: d.End().Add(time.Hour)},
		{To: d.Start()}} {
		compareHealth(t, s, m, w)
	}
	hs, err := s.Health(t.Context(), store.Window{To: d.End()})
	if err != nil || len(hs) != 2 || hs[0].Router != "ap" || hs[1].Router != "gw" || hs[1].SkewMS != -9 {
		t.Errorf("health of the first day: %+v, %v", hs, err)
	}
	if days, err := s.Days(t.Context()); err != nil || len(days) != 0 {
		t.Errorf("days without events are listed: %+v, %v", days, err)
	}
}

func testSummaries(t *testing.T, open opener) {
	dir := t.TempDir()
	s := open(t, dir)
	d := detect.DateOf(origin())
	if got, err := s.Day(t.Context(), d); got != nil || err != nil {
		t.Errorf("summary of a day that nobody stored: %v, %v", got, err)
	}
	for n := range uint64(3) {
		day := detect.NewDay(d)
		day.Events = n
		day.Dropped["peers"] = 7
		if err := s.PutDays(t.Context(), day); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		got, err := s.Day(t.Context(), d)
		if err != nil || got == nil || got.Date != d || got.Events != 2 || got.Dropped["peers"] != 7 {
			t.Fatalf("summary %+v, %v", got, err)
		}
		mustClose(t, s)
		s = open(t, dir)
	}
	if got, err := s.Day(t.Context(), d+1); got != nil || err != nil {
		t.Errorf("summary of the next day: %v, %v", got, err)
	}
	mustClose(t, s)
}

func many(n int) store.Batch {
	var b store.Batch
	for i := range n {
		e := at(i/4, uint64(i), 0)
		e.Raw = fmt.Appendf(nil, "line %d", i)
		b.Entries = append(b.Entries, e)
	}
	return b
}

func testBreak(t *testing.T, open opener) {
	s := open(t, t.TempDir())
	mustAppend(t, s, many(30_000)) // into the second day
	for _, stop := range []int{1, 2, 4095, 4096, 4097, 14_400, 14_401, 29_999} {
		n := 0
		for _, err := range s.Events(t.Context(), store.Query{}) {
			if err != nil {
				t.Fatal(err)
			}
			if n++; n == stop {
				break
			}
		}
		if n != stop {
			t.Errorf("%d events, want %d", n, stop)
		}
	}
	mustClose(t, s) // would wait for ever for a reader that was not released
}

func testCancel(t *testing.T, open opener) {
	s := open(t, t.TempDir())
	defer mustClose(t, s)
	mustAppend(t, s, many(30_000))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n, last := 0, error(nil)
	for _, err := range s.Events(ctx, store.Query{}) {
		if last = err; err == nil {
			n++
		}
		cancel()
	}
	if !errors.Is(last, context.Canceled) || n == 30_000 {
		t.Errorf("%d events, then %v", n, last)
	}
	if _, err := s.Append(ctx, many(1)); !errors.Is(err, context.Canceled) {
		t.Errorf("append: %v", err)
	}
	if got := len(collect(t, s, store.Query{})); got != 30_000 {
		t.Errorf("%d events, want 30000", got)
	}
}

// testAppendInLoop appends while a reader is in the middle of its loop: a slow reader must hold up no writer.
func testAppendInLoop(t *testing.T, open opener) {
	s := open(t, t.TempDir())
	defer mustClose(t, s)
	mustAppend(t, s, many(1000))
	n := 0
	for _, err := range s.Events(t.Context(), store.Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n%100 == 0 {
			mustAppend(t, s, many(8_000)) // enlarges the file
		}
	}
	if n != 1000 {
		t.Errorf("%d events, want the 1000 that were there in the beginning", n)
	}
}

func testConcurrent(t *testing.T, open opener) {
	s := open(t, t.TempDir())
	defer mustClose(t, s)
	const batches, size = 40, 500
	var wg sync.WaitGroup
	written := make(chan struct{})
	for range 3 {
		wg.Go(func() {
			for last := 0; ; {
				var done bool
				select {
				case <-written:
					done = true
				default:
				}
				n, prev := 0, int64(0)
				for e, err := range s.Events(t.Context(), store.Query{NoRaw: last/size%2 == 0}) {
					if err != nil {
						t.Error(err)
						return
					}
					if e.Time < prev {
						t.Error("events are out of order")
						return
					}
					prev = e.Time
					n++
				}
				if n < last || n%size != 0 {
					t.Errorf("%d events after %d: not whole batches", n, last)
					return
				}
				if last = n; done {
					break
				}
			}
		})
	}
	for i := range batches {
		var b store.Batch
		for j := range size {
			b.Entries = append(b.Entries, at(j, uint64(i*size+j), 0))
		}
		mustAppend(t, s, b)
	}
	close(written)
	wg.Wait()
	if n := len(collect(t, s, store.Query{})); n != batches*size {
		t.Errorf("%d events, want %d", n, batches*size)
	}
}

func testEmpty(t *testing.T, open opener) {
	s := open(t, t.TempDir())
	defer mustClose(t, s)
	if got := mustAppend(t, s, store.Batch{ID: "nothing", Dedupe: true}); got.Added != 0 || got.Duplicates != 0 ||
		got.Days != nil {
		t.Errorf("appended %+v", got)
	}
	if got := collect(t, s, store.Query{Text: "x", Kinds: []parse.Kind{parse.OOMKill}}); len(got) != 0 {
		t.Errorf("events of an empty store: %v", got)
	}
	compareDays(t, s, newModel())
	compareHealth(t, s, newModel(), store.Window{})
}

func unknown(es []store.Entry) (n int) {
	for i := range es {
		if es[i].Kind == parse.Unknown {
			n++
		}
	}
	return n
}

func mustAppend(t *testing.T, s store.Store, b store.Batch) store.Appended {
	t.Helper()
	got, err := s.Append(t.Context(), b)
	if err != nil {
		t.Fatalf("append: %v", err)
	}
	return got
}

func mustClose(t *testing.T, s store.Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatalf("close: %v", err)
	}
}

func collect(t *testing.T, s store.Store, q store.Query) (out []store.Entry) {
	t.Helper()
	q.Identity = !q.NoRaw
	for e, err := range s.Events(t.Context(), q) {
		if err != nil {
			t.Fatalf("events: %v", err)
		}
		e.Raw = bytes.Clone(e.Raw)
		out = append(out, e)
	}
	return out
}

func compare(t *testing.T, what string, got, want []store.Entry, noRaw bool) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d events, want %d", what, len(got), len(want))
	}
	for i := range got {
		g, w := &got[i], &want[i]
		if g.Event != w.Event || !noRaw && (g.Identity != w.Identity || !bytes.Equal(g.Raw, w.Raw)) {
			t.Fatalf("%s: event %d:\n got %+v\nwant %+v", what, i, *g, *w)
		}
	}
}

// compareFirst asks many questions at once and each alone.
func compareFirst(t *testing.T, what string, s store.Store, m *model, r *rand.Rand) {
	t.Helper()
	qs := make([]store.Query, r.IntN(40))
	for i := range qs {
		qs[i] = randomQuery(r)
		qs[i].Limit = 1 + r.IntN(5)
	}
	got, err := s.First(t.Context(), qs)
	if err != nil || len(got) != len(qs) {
		t.Fatalf("%s: %d answers to %d questions, %v", what, len(got), len(qs), err)
	}
	for i, q := range qs {
		want := m.events(q)
		for j := range want {
			want[j].Identity = 0
		}
		compare(t, fmt.Sprintf("%s %+v", what, q), got[i], want, false)
	}
	if _, err := s.First(t.Context(), []store.Query{{}}); err == nil {
		t.Error("a question without a limit is answered")
	}
}

func compareDays(t *testing.T, s store.Store, m *model) {
	t.Helper()
	got, err := s.Days(t.Context())
	if err != nil {
		t.Fatalf("days: %v", err)
	}
	for i := range got {
		if got[i].Bytes <= 0 {
			t.Errorf("day %v takes %d bytes", got[i].Date, got[i].Bytes)
		}
		got[i].Bytes = 0
	}
	if want := m.daysOf(); !slices.Equal(got, want) {
		t.Fatalf("days:\n got %+v\nwant %+v", got, want)
	}
}

func compareHealth(t *testing.T, s store.Store, m *model, w store.Window) {
	t.Helper()
	got, err := s.Health(t.Context(), w)
	if err != nil {
		t.Fatalf("health: %v", err)
	}
	want := m.healthOf(w)
	if len(got) != len(want) || !slices.IsSortedFunc(got, func(a, b store.Health) int {
		return cmp.Or(cmp.Compare(a.Sender, b.Sender), cmp.Compare(a.Router, b.Router))
	}) {
		t.Fatalf("health of %d senders, want %d, in order: %+v", len(got), len(want), got)
	}
	for _, h := range got {
		who := [2]string{h.Sender, h.Router}
		h.Date, h.Sender, h.Router, h.SkewMS = 0, "", "", 0
		if h != want[who] {
			t.Errorf("health of %q: %+v, want %+v", who, h, want[who])
		}
	}
}
