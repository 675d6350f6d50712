package bolt

import (
	"context"
	"testing"
	"time"

	"uncloak/store"
)

// Where memory is scarce the store has one encoder, looks back less far, and stores the same.
func TestScarceMemory(t *testing.T) {
	for _, memory := range []int64{0, 64 << 20, smallMemory} {
		db, err := Open(t.TempDir(), Options{Memory: memory})
		if err != nil {
			t.Fatal(err)
		}
		if small := memory == 64<<20; db.opt.small() != small || small && len(db.enc) != 1 {
			t.Errorf("memory %d: small %v, %d encoders", memory, db.opt.small(), len(db.enc))
		}
		rows := entries(time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC), 1, 20_000)
		if _, err := db.Append(context.Background(), store.Batch{Entries: rows}); err != nil {
			t.Fatal(err)
		}
		i := 0
		for e, err := range db.Events(context.Background(), store.Query{}) {
			if err != nil || string(e.Raw) != string(rows[i].Raw) {
				t.Fatalf("memory %d, event %d: %q, want %q (%v)", memory, i, e.Raw, rows[i].Raw, err)
			}
			i++
		}
		if i != len(rows) {
			t.Errorf("memory %d: %d events of %d", memory, i, len(rows))
		}
		if _, err := db.Compact(context.Background(), dateOf(rows[0].Time), false); err != nil {
			t.Errorf("memory %d: %v", memory, err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
}
