package bolt

import (
	"bytes"
	"testing"

	"uncloak/store"
)

// TestBlocksDoNotDependOnProcessors: the same lines make the same blocks on every machine.
func TestBlocksDoNotDependOnProcessors(t *testing.T) {
	db, err := Open(t.TempDir(), Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, n := range []int{100, blockEvents, blockEvents + 5000} {
		rows := entries(noon(), 1, n)
		var ptrs []*store.Entry
		for i := range rows {
			ptrs = append(ptrs, &rows[i])
		}
		var want []newBlock
		for _, processors := range []int{1, 2, 4} {
			db.enc = nil
			for range processors {
				db.enc = append(db.enc, newEncoder(db.z))
			}
			got := db.seal(ptrs, false)
			if want == nil {
				want = got
			}
			if len(got) != len(want) {
				t.Fatalf("%d rows on %d processors: %d blocks, want %d", n, processors, len(got), len(want))
			}
			for i := range got {
				if !bytes.Equal(got[i].data, want[i].data) {
					t.Errorf("%d rows on %d processors: block %d differs", n, processors, i)
				}
			}
		}
	}
}
