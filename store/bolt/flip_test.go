package bolt

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"slices"
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
// are tried; make damage tries all.
func TestFlippedBytesAreNeverSilent(t *testing.T) {
	whole, all := flipFile(t), answers()
	r := rand.New(rand.NewPCG(5, 6))
	var want []any
	for _, q := range all {
		got, said, err := askFlipped(t, whole, q.ask)
		if err != nil || said {
			t.Fatalf("%s: %v, %v", q.name, said, err)
		}
		want = append(want, got)
	}
	tried, told := 0, 0
	for at, step := 0, 0; at < len(whole); at += step {
		step = 1
		if !flipAll {
			step = 1 + r.IntN(2*len(whole)/600)
		}
		b := slices.Clone(whole)
		b[at] ^= 1 << r.IntN(8)
		for i, q := range all {
			if !flipAll && r.IntN(len(all)) != 0 && i != at%len(all) {
				continue
			}
			tried++
			got, said, err := askFlipped(t, b, q.ask)
			switch {
			case said || err != nil:
				told++
			case !reflect.DeepEqual(got, want[i]):
				t.Errorf("byte %d of %d: %s: a wrong answer without a word:\n%.300v\nwant\n%.300v", at, len(whole),
					q.name, got, want[i])
			}
		}
	}
	t.Logf("%d questions, %d of them with something missing, and said so", tried, told)
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
	db, err := Open(dir, Options{NoSync: true, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, false, err
	}
	defer mustClose(t, db)
	got, err = ask(t.Context(), db)
	return got, len(db.Lacking(store.Window{})) > 0, err
}
