package bolt

import (
	"context"
	"math"
	"testing"

	"uncloak/store"
)

// TestClaimsAreBounded: they are forgotten when no further line can be near them, and when there are too many.
func TestClaimsAreBounded(t *testing.T) {
	db, err := Open(t.TempDir(), Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ctx, at := context.Background(), noon()
	for range 5 {
		b := store.Batch{Entries: entries(at, 1, 100), Dedupe: true, Source: "file 1"}
		if got, err := db.Append(ctx, b); err != nil || got.Added != 100 {
			t.Fatal(got, err)
		}
		at = at.AddDate(0, 0, 1)
	}
	if n := len(db.dup.claimed); n > 2 {
		t.Errorf("%d blocks of five days have claims, want those of the last two batches", n)
	}
	for i := range uint64(maxClaimed) {
		db.dup.claimed[blockID{1 << 40, i}] = &claims{last: math.MaxInt64}
	}
	b := store.Batch{Entries: entries(at, 1, 1), Dedupe: true, Source: "file 1"}
	if _, err := db.Append(ctx, b); err != nil {
		t.Fatal(err)
	}
	if n := len(db.dup.claimed); n > 1 {
		t.Errorf("%d blocks have claims after there were too many", n)
	}
	b.Source = "file 2"
	if got, err := db.Append(ctx, b); err != nil || got.Added != 0 || got.Duplicates != 1 {
		t.Error("the same line of another source:", got, err)
	}
}
