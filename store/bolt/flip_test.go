package bolt

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"uncloak/detect"
	"uncloak/parse"
	"uncloak/store"
)

// answers are the questions whose answers may not be wrong without a word, each asked of a store that was just opened.
func answers() []struct {
	name string
	ask  func(ctx context.Context, db *DB) (any, error)
} {
	w := store.Window{From: noon().Add(-time.Hour), To: noon().Add(time.Hour)}
	events := func(q store.Query) func(context.Context, *DB) (any, error) {
		return func(ctx context.Context, db *DB) (any, error) {
			var out []string
			for e, err := range db.Events(ctx, q) {
				if err != nil {
					return out, err
				}
				out = append(out, fmt.Sprintf("%+v %s", e.Event, e.Raw))
			}
			return out, nil
		}
	}
	return []struct {
		name string
		ask  func(ctx context.Context, db *DB) (any, error)
	}{
		{"all events", events(store.Query{})},
		{"events of a window", events(store.Query{Window: w})},
		{"events of a host", events(store.Query{Host: netip.MustParsePrefix("192.168.1.3/32")})},
		{"events of a kind and router", events(store.Query{Router: "gw", Kinds: []parse.Kind{parse.SessionNew},
			Limit: 40})},
		{"first events", func(ctx context.Context, db *DB) (any, error) {
			return db.First(ctx, []store.Query{{Router: "gw", Limit: 3}, {Window: w, Port: 443, Limit: 50}})
		}},
		{"who", func(ctx context.Context, db *DB) (any, error) {
			return db.Who(ctx, store.Who{End: netip.MustParseAddrPort("203.0.113.7:40005"),
				At: noon().Add(5 * time.Second)})
		}},
		{"accounts", func(ctx context.Context, db *DB) (any, error) { return db.Health(ctx, w) }},
		{"days", func(ctx context.Context, db *DB) (any, error) {
			days, err := db.Days(ctx)
			for i := range days {
				days[i].Bytes = 0
			}
			return days, err
		}},
	}
}

// flipFile stores a day of a few blocks with everything that a day file can have, and returns its bytes.
func flipFile(t *testing.T) []byte {
	db := mustOpen(t, t.TempDir(), Options{NoSync: true})
	for batch := range 3 {
		es := entries(noon().Add(time.Duration(batch)*time.Second), uint64(batch*1000), 60)
		for i := range es {
			e := &es[i]
			e.Kind, e.Router, e.Proto = parse.SessionNew, parse.MakeName([]string{"gw", "attic"}[i%2]), parse.TCP
			e.Src, e.Dst = netip.AddrFrom4([4]byte{192, 168, 1, byte(i % 5)}),
				netip.AddrFrom4([4]byte{198, 51, 100, byte(i)})
			e.SPort, e.DPort = uint16(40000+i), 443
			e.NATSrc, e.NATSPort = netip.MustParseAddr("203.0.113.7"), uint16(40000+i)
		}
		mustAppend(t, db, store.Batch{ID: fmt.Sprint("batch ", batch), Entries: es, Health: []store.Health{
			{Date: detect.DateOf(noon()), Sender: "192.168.1.1", Router: "gw", Received: 60, Missing: uint64(batch)}}})
	}
	if err := db.PutDays(t.Context(), detect.NewDay(detect.DateOf(noon()))); err != nil {
		t.Fatal(err)
	}
	mustClose(t, db)
	b, err := os.ReadFile(db.dayPath(detect.DateOf(noon())))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A byte of a day file is changed: each answer is as before, or the store says that something is missing. Some bytes
// are tried, with one question each; make damage tries all, and those of pages that are in use with all questions.
func TestFlippedBytesAreNeverSilent(t *testing.T) {
	// Go keeps what a sync.Pool held for two collections more, and the next one waits until the heap is twice that: the
	// pools of one store after the other would let it grow without end.
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(256 << 20))
	whole, all := flipFile(t), answers()
	var want []any
	for _, q := range all {
		got, said, err := askFlipped(t, whole, q.ask)
		if err != nil || said {
			t.Fatalf("%s: %v, %v", q.name, said, err)
		}
		want = append(want, got)
	}
	used := usedPages(t, whole)
	type place struct{ at, bit int }
	places := make(chan place)
	var tried, told, wrong atomic.Int64
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for p := range places {
				b := slices.Clone(whole)
				b[p.at] ^= 1 << p.bit
				for i, q := range all {
					if !(flipAll && used[p.at/os.Getpagesize()]) && i != (p.at+p.bit)%len(all) {
						continue
					}
					tried.Add(1)
					got, said, err := askFlipped(t, b, q.ask)
					switch {
					case said || err != nil:
						told.Add(1)
					case !reflect.DeepEqual(got, want[i]) && wrong.Add(1) <= 20:
						t.Errorf("bit %d of byte %d of %d: %s: a wrong answer without a word:\n%.300v\nwant\n%.300v",
							p.bit, p.at, len(whole), q.name, got, want[i])
					}
				}
			}
		})
	}
	r := rand.New(rand.NewPCG(5, 6))
	for at := range whole {
		if bit := r.IntN(8); flipAll || r.IntN(len(whole)/600) == 0 {
			places <- place{at, bit}
		}
	}
	close(places)
	workers.Wait()
	t.Logf("%d questions of %d bytes, %d of them with something missing, and said so; %d wrong without a word",
		tried.Load(), len(whole), told.Load(), wrong.Load())
}

// usedPages tells the pages of a file that its tree has, and the metas.
func usedPages(t *testing.T, file []byte) map[int]bool {
	t.Helper()
	p, err := newPages(file)
	if err != nil {
		t.Fatal(err)
	}
	w := walk{pages: p, bad: func(err error) { t.Error(err) }}
	if err := w.all(); err != nil {
		t.Fatal(err)
	}
	used := map[int]bool{0: true, 1: true}
	for id := range p.high {
		used[int(id)] = used[int(id)] || p.seen[id/64]&(1<<(id%64)) != 0
	}
	return used
}

// Each bit of what a page says of itself and of its elements is changed, of each page that is in use: the walk notices
// it. A page that says of itself that it has fewer elements lost their keys without a word, and where that was the
// first page of the file and the bucket "meta" was among them, the file was taken for a new one.
func TestFlippedHeadsAreNoticed(t *testing.T) {
	whole := flipFile(t)
	used := usedPages(t, whole)
	p, err := newPages(whole)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "day.db")
	tried := 0
	for id := range int(p.high) {
		head := id * int(p.size)
		count := int(binary.NativeEndian.Uint16(whole[head+10:]))
		if !used[id] || id < 2 || pageHead+count*elementLen > int(p.size) {
			continue
		}
		for at := head; at < head+pageHead+count*elementLen; at++ {
			if at >= head+pageHead+(count-1)*elementLen+8 && id != int(p.root) {
				break // the lengths of the last element: its value has a checksum, or is within the root's page
			}
			for bit := range 8 {
				b := slices.Clone(whole)
				b[at] ^= 1 << bit
				if err := os.WriteFile(name, b, 0o600); err != nil {
					t.Fatal(err)
				}
				tried++
				if err := checkPages(name); !errors.Is(err, errDamaged) {
					t.Errorf("bit %d of byte %d of page %d: %v", bit, at-head, id, err)
				}
			}
		}
	}
	if tried < 900 {
		t.Errorf("%d bits were tried", tried)
	}
}

// askFlipped asks a store whose one day file has this content. said reports whether the store says that something is
// missing.
func askFlipped(t *testing.T, content []byte, ask func(context.Context, *DB) (any, error)) (got any, said bool,
	err error) {
	t.Helper()
	dir, err := os.MkdirTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := os.Mkdir(filepath.Join(dir, "days"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "days", detect.DateOf(noon()).String()+".db"), content,
		0o600); err != nil {
		t.Fatal(err)
	}
	db, err := Open(dir, Options{NoSync: true, Memory: 1}) // little memory: few encoders to make
	if err != nil {
		return nil, false, err
	}
	defer mustClose(t, db)
	got, err = ask(t.Context(), db)
	return got, len(db.Lacking(store.Window{})) > 0, err
}
