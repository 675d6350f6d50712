package bolt

import (
	"bytes"
	"fmt"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"uncloak/detect"
	"uncloak/parse"
	"uncloak/store"
)

// TestQueryLeavesBlocksAlone: of a query that only one block can answer, no other is read. All others are damaged
// behind their heads, and damage that is met is counted.
func TestQueryLeavesBlocksAlone(t *testing.T) {
	dir := t.TempDir()
	db := mustOpen(t, dir, Options{NoSync: true})
	for n := range 6 {
		es := entries(noon().Add(time.Duration(n)*time.Hour), uint64(n)*10_000, 1000)
		for i := range es {
			es[i].Kind = []parse.Kind{parse.SessionNew, parse.SessionNew, parse.SessionNew, parse.OOMKill,
				parse.SessionNew, parse.SessionNew}[n]
			es[i].Router = parse.MakeName(fmt.Sprint("gw", n))
			es[i].Src, es[i].Dst = netip.AddrFrom4([4]byte{192, 168, byte(n), byte(i % 30)}),
				netip.AddrFrom4([4]byte{198, 51, byte(n), byte(i % 100)})
			es[i].NATSrc, es[i].NATSPort = netip.MustParseAddr("203.0.113.7"), uint16(1000*n+i+1)
		}
		mustAppend(t, db, store.Batch{Entries: es})
		db.mustForgetTail(t)
	}
	mustClose(t, db)
	edit(t, dir, detect.DateOf(noon()), func(tx *bbolt.Tx) error {
		b := tx.Bucket([]byte("blocks"))
		c := b.Cursor()
		n := 0
		for k, v := c.First(); k != nil; k, v = c.Next() {
			if n++; n != 4 {
				h, _, err := parseHeader(v)
				if err != nil {
					return err
				}
				v = bytes.Clone(v)
				clear(v[h.filtersEnd():])
				if err := b.Put(bytes.Clone(k), v); err != nil {
					return err
				}
			}
		}
		return nil
	})
	host := netip.MustParsePrefix("192.168.3.7/32")
	hour := store.Window{From: noon().Add(3 * time.Hour), To: noon().Add(4 * time.Hour)}
	for name, tt := range map[string]struct {
		q    store.Query
		want int
	}{
		"time":           {store.Query{Window: hour}, 1000},
		"kind":           {store.Query{Kinds: []parse.Kind{parse.OOMKill}}, 1000},
		"host":           {store.Query{Host: host}, 34},
		"peer":           {store.Query{Peer: netip.MustParsePrefix("198.51.3.7/32")}, 10},
		"host and text":  {store.Query{Host: host, Text: "line 30007"}, 1},
		"limit":          {store.Query{Window: store.Window{From: hour.From}, Limit: 7}, 7},
		"router":         {store.Query{Router: "gw3"}, 1000},
		"no such router": {store.Query{Router: "gw9"}, 0},
		"nobody":         {store.Query{Host: netip.MustParsePrefix("10.9.9.9/32")}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			db := mustOpen(t, dir, Options{NoSync: true})
			defer mustClose(t, db)
			if n := count(t, db, tt.q); n != tt.want || db.Damaged() != 0 {
				t.Errorf("%d events, want %d; %d damaged blocks were read", n, tt.want, db.Damaged())
			}
		})
	}
	db = mustOpen(t, dir, Options{NoSync: true})
	defer mustClose(t, db)
	hs, err := db.Who(t.Context(), store.Who{End: netip.MustParseAddrPort("203.0.113.7:3777"),
		At: noon().Add(3 * time.Hour)})
	if err != nil || len(hs) != 1 || db.Damaged() != 0 {
		t.Errorf("who: %v, %v, %d damaged blocks were read", hs, err, db.Damaged())
	}
	if n := count(t, db, store.Query{}); n != 1000 || db.Damaged() != 5 {
		t.Errorf("all: %d events, %d damaged", n, db.Damaged())
	}
}

// TestQueryMemory: what a query holds does not grow with what it yields.
func TestQueryMemory(t *testing.T) {
	db := mustOpen(t, t.TempDir(), Options{NoSync: true})
	defer mustClose(t, db)
	const batches, size = 40, 16384
	for n := range batches {
		es := entries(noon().Add(time.Duration(n)*20*time.Second), uint64(n)*size, size)
		for i := range es {
			es[i].Raw = fmt.Appendf(nil,
				"a line of some length, as a firewall writes them, with the number %d and so on", es[i].Identity)
		}
		mustAppend(t, db, store.Batch{Entries: es})
	}
	held := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	count(t, db, store.Query{Limit: 5 * size}) // what is kept for the next one
	before, most, n := held(), uint64(0), 0
	for _, err := range db.Events(t.Context(), store.Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n%(5*size) == 7 {
			most = max(most, held())
		}
	}
	const bound = 48 << 20 // the lines alone are 54 MB, the events 130
	if n != batches*size || most > before+bound {
		t.Errorf("%d events; %d MB before, %d MB at most", n, before>>20, most>>20)
	}
}
