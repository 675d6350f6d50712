package bolt

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/cespare/xxhash/v2"
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
		key := healthKey(&h)
		var have store.Health
		if v := b.Get(key); v != nil {
			if err := readAccount(key, v, &have); err != nil { // begins anew rather than to refuse the batch
				have = store.Health{}
			}
		}
		have = sum(have, h)
		have.Date = h.Date
		v, err := json.Marshal(have)
		if err != nil {
			return fmt.Errorf("encode health: %w", err)
		}
		if err := b.Put(key, withSum(key, v)); err != nil {
			return err
		}
	}
	return nil
}

// sumForm is the last field of an account: a checksum of its key and of all that stands before.
const sumForm = `,"Sum":"%016x"}`

const sumLen = len(`,"Sum":"0123456789abcdef"}`)

// withSum adds a checksum to an account in JSON. Programs that do not know it read the account all the same.
func withSum(key, v []byte) []byte {
	v = v[:len(v)-1]
	return fmt.Appendf(v, sumForm, sumOf(key, v))
}

func sumOf(key, v []byte) uint64 {
	h := xxhash.New()
	h.Write(key) // never fails
	h.Write(v)
	return h.Sum64()
}

// readAccount reads an account and compares its checksum, where it has one.
func readAccount(key, v []byte, h *store.Health) error {
	if n := len(v) - sumLen; n > 0 && bytes.HasPrefix(v[n:], []byte(`,"Sum":"`)) &&
		!bytes.Equal(v[n:], fmt.Appendf(nil, sumForm, sumOf(key, v[:n]))) {
		return fmt.Errorf("%w: checksum of the account of %q", errDamaged, key)
	}
	if err := json.Unmarshal(v, h); err != nil {
		return fmt.Errorf("%w: account of %q", errDamaged, key)
	}
	return nil
}

// healthKey is the sender, and the router behind it.
func healthKey(h *store.Health) []byte {
	if h.Router == "" {
		if h.Sender == "" {
			return longKey("")
		}
		return batchKey(h.Sender)
	}
	return batchKey(h.Sender + "\x00" + h.Router)
}

// sum adds b, the later one, to a. The clock's skew is the later one's.
func sum(a, b store.Health) store.Health {
	a.Date, a.Sender, a.Router, a.SkewMS = b.Date, b.Sender, b.Router, b.SkewMS
	a.Add(&b)
	return a
}

// Health sums the accounting by sender and router over the days that touch w, in that order. Date is the last of
// these days that knows them; SkewMS is of that day.
func (db *DB) Health(ctx context.Context, w store.Window) ([]store.Health, error) {
	if err := db.enter(); err != nil {
		return nil, err
	}
	defer db.leave()
	total := map[[2]string]store.Health{}
	for _, date := range db.dates(w) {
		err := db.read(ctx, date, func(tx *bbolt.Tx) error {
			return tx.Bucket([]byte("health")).ForEach(func(k, v []byte) error {
				var h store.Health
				if err := readAccount(k, v, &h); err != nil {
					return err
				}
				who := [2]string{h.Sender, h.Router}
				total[who] = sum(total[who], h)
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
	slices.SortFunc(out, func(a, b store.Health) int {
		return cmp.Or(cmp.Compare(a.Sender, b.Sender), cmp.Compare(a.Router, b.Router))
	})
	return out, nil
}
