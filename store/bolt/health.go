package bolt

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"

	"go.etcd.io/bbolt"

	"uncloak/store"
)

// longKey stands for a string that is too long for a key. It cannot be mistaken for a short one: NUL comes first.
func longKey(s string) []byte {
	sum := sha256.Sum256([]byte(s))
	return append([]byte{0}, sum[:]...)
}

func addHealth(tx *bbolt.Tx, add []store.Health) error {
	b := tx.Bucket([]byte("health"))
	for _, h := range add {
		key := batchKey(h.Sender)
		if len(key) == 0 {
			key = longKey("")
		}
		var have store.Health
		if v := b.Get(key); v != nil {
			if err := json.Unmarshal(v, &have); err != nil { // begins anew rather than to refuse the batch
				have = store.Health{}
			}
		}
		have = sum(have, h)
		have.Date = h.Date
		v, err := json.Marshal(have)
		if err != nil {
			return fmt.Errorf("encode health: %w", err)
		}
		if err := b.Put(key, v); err != nil {
			return err
		}
	}
	return nil
}

// sum adds b, the later one, to a. Names and the clock's skew are the later one's.
func sum(a, b store.Health) store.Health {
	a.Date, a.Sender, a.SkewMS = b.Date, b.Sender, b.SkewMS
	if b.Router != "" {
		a.Router = b.Router
	}
	a.Received += b.Received
	a.Bytes += b.Bytes
	a.Unparsed += b.Unparsed
	a.Dropped += b.Dropped
	a.Kernel += b.Kernel
	a.Oversize += b.Oversize
	a.Malformed += b.Malformed
	a.Duplicates += b.Duplicates
	a.Repaired += b.Repaired
	return a
}

// Health sums the accounting by sender over the days that touch w, in order of sender. Date is the last of these days
// that knows the sender; Router and SkewMS are of that day.
func (db *DB) Health(ctx context.Context, w store.Window) ([]store.Health, error) {
	if err := db.enter(); err != nil {
		return nil, err
	}
	defer db.leave()
	total := map[string]store.Health{}
	for _, date := range db.dates(w) {
		err := db.read(ctx, date, func(tx *bbolt.Tx) error {
			return tx.Bucket([]byte("health")).ForEach(func(k, v []byte) error {
				var h store.Health
				if err := json.Unmarshal(v, &h); err != nil {
					return fmt.Errorf("%w: health of %q", errDamaged, k)
				}
				total[h.Sender] = sum(total[h.Sender], h)
				return nil
			})
		})
		if err != nil {
			return nil, err
		}
	}
	out := make([]store.Health, 0, len(total))
	for _, h := range total {
		out = append(out, h)
	}
	slices.SortFunc(out, func(a, b store.Health) int { return cmp.Compare(a.Sender, b.Sender) })
	return out, nil
}
