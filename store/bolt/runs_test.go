package bolt

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	"uncloak/parse"
	"uncloak/store"
)

func TestTimeRuns(t *testing.T) {
	every := func(from, n, step int) (out []int64) {
		for i := range n {
			out = append(out, int64(from+i*step)*1e9)
		}
		return out
	}
	tests := map[string]struct {
		times []int64
		want  []int
	}{
		"nothing":              {nil, nil},
		"one":                  {every(0, 1, 1), []int{1}},
		"no gap":               {every(0, 16384, 5), []int{16384}},
		"few, far apart":       {every(0, 20, 3600), []int{20}},
		"one an hour ago":      {slices.Concat(every(-3600, 1, 1), every(0, 8000, 1)), []int{1, 8000}},
		"one of the next hour": {slices.Concat(every(0, 8000, 1), every(12000, 1, 1)), []int{8000, 1}},
		"some on both sides": {slices.Concat(every(-9000, 3, 700), every(0, 8000, 1), every(12000, 2, 900)),
			[]int{3, 8000, 2}},
		"a clock that is off":         {slices.Concat(every(-7200, 900, 1), every(0, 8000, 1)), []int{900, 8000}},
		"a stray beside a small one":  {slices.Concat(every(-7200, 1, 1), every(0, 14, 1)), []int{15}},
		"a minute of silence":         {slices.Concat(every(0, 8000, 1), every(8060, 8000, 1)), []int{8000, 8000}},
		"an evening and a morning":    {slices.Concat(every(0, 3000, 1), every(36000, 3000, 1)), []int{3000, 3000}},
		"a minute between each event": {every(0, 1440, 60), []int{1440}},
	}
	for name, tt := range tests {
		got := timeRuns(len(tt.times), func(i int) int64 { return tt.times[i] })
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: runs of %v, want %v", name, got, tt.want)
		}
	}
}

// strayBatches are hours of 100 events a second, in which each batch of two minutes has a line from hours ago.
func strayBatches() (out [][]store.Entry, all []store.Entry) {
	next := uint64(0)
	for start := noon(); start.Before(noon().Add(time.Hour)); start = start.Add(2 * time.Minute) {
		b := entries(start, next, 12000)
		for i := range b {
			b[i].Time = start.Add(time.Duration(i) * 10 * time.Millisecond).UnixNano()
		}
		next += uint64(len(b))
		b[700].Time -= int64(3*time.Hour) + int64(next)*1e6
		b[9000].Time -= int64(time.Hour) + int64(next)*1e6
		slices.SortStableFunc(b, func(x, y store.Entry) int { return cmp.Compare(x.Time, y.Time) })
		out, all = append(out, b), append(all, b...)
	}
	slices.SortStableFunc(all, func(x, y store.Entry) int { return cmp.Compare(x.Time, y.Time) })
	return out, all
}

// TestStrays: lines with stamps of hours ago keep neither a day nor a block of it in memory, and cost no more than one
// further reading of a block, also where an older program has written the day.
func TestStrays(t *testing.T) {
	batches, all := strayBatches()
	for name, old := range map[string]bool{"sealed": false, "written by an older program": true} {
		t.Run(name, func(t *testing.T) {
			db := mustOpen(t, t.TempDir(), Options{NoSync: true})
			defer mustClose(t, db)
			for _, b := range batches {
				if old {
					appendWhole(t, db, b)
				} else {
					mustAppend(t, db, store.Batch{Entries: b})
				}
			}
			r := reader{db: db, identity: true, ctx: t.Context(), filter: newFilter(&store.Query{}),
				dec: newDecoder(db.z)}
			n, most, large := 0, 0, 0
			r.yield = func(e store.Entry, err error) bool {
				if err != nil || e.Identity != all[n].Identity || e.Time != all[n].Time ||
					string(e.Raw) != string(all[n].Raw) {
					t.Errorf("event %d is %x at %d, %v; want %x at %d", n, e.Identity, e.Time, err, all[n].Identity,
						all[n].Time)
					return false
				}
				n++
				if n%100 == 0 {
					most, large = max(most, r.resident()), max(large, r.loads)
				}
				return true
			}
			if _, err := r.day(dateOf(all[0].Time)); err != nil || n != len(all) {
				t.Fatalf("%d events of %d, %v", n, len(all), err)
			}
			if limit := 3 * blockEvents; most > limit {
				t.Errorf("%d events are held at once, want at most %d", most, limit)
			}
			if limit := 2*blocksOf(t, db) + 2; large > limit {
				t.Errorf("%d times a block is decoded, want at most %d", large, limit)
			}
		})
	}
}

// appendWhole stores a batch as one block, whatever time it covers.
func appendWhole(t *testing.T, db *DB, b []store.Entry) {
	t.Helper()
	var rows []*store.Entry
	for i := range b {
		rows = append(rows, &b[i])
	}
	p := &part{date: dateOf(rows[0].Time), rows: rows, blocks: []newBlock{makeBlock(db.enc[0], rows, 1)},
		stat: stat{events: uint64(len(rows)), first: rows[0].Time, last: rows[len(rows)-1].Time}}
	if stored, err := db.commit(p, "", false); err != nil || !stored {
		t.Fatal(err)
	}
}

// TestLimit: a query with a limit decodes the blocks that it needs, and the lines that it gives.
func TestLimit(t *testing.T) {
	db := mustOpen(t, t.TempDir(), Options{NoSync: true})
	defer mustClose(t, db)
	batches, all := strayBatches()
	for _, b := range batches {
		mustAppend(t, db, store.Batch{Entries: b})
	}
	r := reader{db: db, limit: 3, ctx: t.Context(), dec: newDecoder(db.z),
		filter: newFilter(&store.Query{Window: store.Window{From: noon().Add(30 * time.Minute)}})}
	var got []string
	r.yield = func(e store.Entry, err error) bool {
		if len(got) == 0 {
			lines := 0
			for _, c := range r.heap {
				for i := range c.rows {
					if c.rows[i].Raw != nil {
						lines++
					}
				}
			}
			if r.loads > 2 || lines > 2*r.limit {
				t.Errorf("%d blocks are decoded and %d lines made for a limit of %d", r.loads, lines, r.limit)
			}
		}
		got = append(got, string(e.Raw))
		return err == nil
	}
	if _, err := r.day(dateOf(all[0].Time)); err != nil {
		t.Fatal(err)
	}
	from := slices.IndexFunc(all, func(e store.Entry) bool { return e.Time >= noon().Add(30*time.Minute).UnixNano() })
	var want []string
	for i := range 3 {
		want = append(want, string(all[from+i].Raw))
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestKindsFit: the bits 62 and 63 of the kinds of a header have another meaning.
func TestKindsFit(t *testing.T) {
	if n := len(parse.KindNames()); n > 62 {
		t.Errorf("%d kinds of events", n)
	}
}

// TestManyQuestions: of a day whose blocks cover hours because an older program has written them, only the first
// question about a moment reads them all.
func TestManyQuestions(t *testing.T) {
	db := mustOpen(t, t.TempDir(), Options{NoSync: true})
	defer mustClose(t, db)
	batches, all := strayBatches()
	for _, b := range batches {
		appendWhole(t, db, b)
	}
	loads := func(from time.Time) (n, events int) {
		w := store.Window{From: from, To: from.Add(time.Minute)}
		r := reader{db: db, ctx: t.Context(), filter: newFilter(&store.Query{Window: w}), dec: newDecoder(db.z)}
		r.yield = func(store.Entry, error) bool { n, events = r.loads, events+1; return true }
		if _, err := r.day(dateOf(all[0].Time)); err != nil {
			t.Fatal(err)
		}
		return n, events
	}
	loads(noon().Add(10 * time.Minute)) // the rows of one block are wanted, and moved
	loads(noon().Add(-time.Hour))
	for _, at := range []time.Duration{0, 20 * time.Minute, 40 * time.Minute} {
		from := noon().Add(at)
		want := 0
		for i := range all {
			if t := all[i].Time; t >= from.UnixNano() && t < from.Add(time.Minute).UnixNano() {
				want++
			}
		}
		if n, events := loads(from); events != want || n > 3 {
			t.Errorf("%v: %d events of %d, %d blocks are decoded", at, events, want, n)
		}
	}
}
