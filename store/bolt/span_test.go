package bolt

import (
	"net/netip"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"uncloak/detect"
	"uncloak/parse"
	"uncloak/store"
)

// TestSpoiledSpan takes away, and changes each bit of, what a day says of its longest block, and of whether it has
// allocations of ports: a window within a block still finds its events.
func TestSpoiledSpan(t *testing.T) {
	dir, date := t.TempDir(), detect.DateOf(noon())
	db := mustOpen(t, dir, Options{NoSync: true})
	all := entries(noon(), 0, 3000)
	given := &all[7].Event // a block of ports for a machine
	given.Kind, given.Src = parse.System, netip.MustParseAddr("100.64.0.7")
	given.NATSrc = netip.MustParseAddr("192.0.2.1")
	mustAppend(t, db, store.Batch{Entries: all})
	mustClose(t, db)
	last := time.Unix(0, all[len(all)-1].Time)
	for _, key := range []string{"span", "gives"} {
		var whole []byte
		edit(t, dir, date, func(tx *bbolt.Tx) error {
			whole = append(whole, tx.Bucket([]byte("meta")).Get([]byte(key))...)
			return nil
		})
		if want := map[string]int{"span": 16, "gives": 2}[key]; len(whole) != want {
			t.Fatalf("%s has %d bytes, want %d", key, len(whole), want)
		}
		for bit := range len(whole)*8 + 1 {
			edit(t, dir, date, func(tx *bbolt.Tx) (err error) {
				spoiled := append([]byte(nil), whole...)
				if bit < len(whole)*8 {
					spoiled[bit/8] ^= 1 << (bit % 8)
					err = tx.Bucket([]byte("meta")).Put([]byte(key), spoiled)
				} else {
					err = tx.Bucket([]byte("meta")).Delete([]byte(key))
				}
				if !mayGive(tx) {
					t.Errorf("%s with bit %d changed: the day gives no ports", key, bit)
				}
				return err
			})
			db := mustOpen(t, dir, Options{NoSync: true})
			n := 0
			for _, err := range db.Events(t.Context(), store.Query{Window: store.Window{From: last, To: last.Add(1)}}) {
				if err != nil {
					t.Fatal(err)
				}
				n++
			}
			if n == 0 {
				t.Errorf("%s with bit %d changed: the last event is not found", key, bit)
			}
			mustClose(t, db)
		}
		edit(t, dir, date, func(tx *bbolt.Tx) error {
			return tx.Bucket([]byte("meta")).Put([]byte(key), whole)
		})
	}
}

// TestMovedBlock changes each bit of the first time in the key of a day's only block: a window within the block finds
// its events, or is said to lack some.
func TestMovedBlock(t *testing.T) {
	dir, date := t.TempDir(), detect.DateOf(noon())
	db := mustOpen(t, dir, Options{NoSync: true})
	all := entries(noon(), 0, 3000)
	mustAppend(t, db, store.Batch{Entries: all})
	mustClose(t, db)
	last := time.Unix(0, all[len(all)-1].Time)
	move := func(bit int) {
		edit(t, dir, date, func(tx *bbolt.Tx) error {
			blocks := tx.Bucket([]byte("blocks"))
			k, v := blocks.Cursor().First()
			key, block := append([]byte(nil), k...), append([]byte(nil), v...)
			if err := blocks.Delete(key); err != nil {
				return err
			}
			key[bit/8] ^= 1 << (bit % 8)
			return blocks.Put(key, block)
		})
	}
	for bit := range 64 {
		move(bit)
		db := mustOpen(t, dir, Options{NoSync: true})
		n, w := 0, store.Window{From: last, To: last.Add(1)}
		for _, err := range db.Events(t.Context(), store.Query{Window: w}) {
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
		if n == 0 && len(db.Lacking(w)) == 0 {
			t.Errorf("with bit %d of the key changed, the last event is not found, without a word", bit)
		}
		mustClose(t, db)
		move(bit)
	}
}
