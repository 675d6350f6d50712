package detect

// flat is a hash map for the tables that each session looks into: open addressing with linear probing and backward
// shift, keys and values side by side, the hash made once by the caller. It costs a third of a Go map (pprof,
// BenchmarkObserve), which hashes anew at each step and is made anew at each turn. Pointers into it hold until the next
// put, drop or reset. The zero value is empty.
type flat[K comparable, V any] struct {
	slots []flatSlot[K, V] // a power of two, at most three quarters full
	n     int
}

type flatSlot[K comparable, V any] struct {
	hash uint64 // with the highest bit set; 0 = free
	key  K
	v    V
}

const (
	flatUsed  = 1 << 63
	flatLeast = 16
)

// find gives the value of k, or nil.
func (f *flat[K, V]) find(hash uint64, k K) *V {
	if f.n == 0 {
		return nil
	}
	hash |= flatUsed
	mask := uint64(len(f.slots) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		s := &f.slots[i]
		switch {
		case s.hash == hash && s.key == k:
			return &s.v
		case s.hash == 0:
			return nil
		}
	}
}

// put gives the value of k, a zero one if it was not there.
func (f *flat[K, V]) put(hash uint64, k K) *V {
	if v := f.find(hash, k); v != nil {
		return v
	}
	if 4*(f.n+1) > 3*len(f.slots) {
		old := f.slots
		f.slots = make([]flatSlot[K, V], max(flatLeast, 2*len(old)))
		for i := range old {
			if old[i].hash != 0 {
				*f.free(old[i].hash) = old[i]
			}
		}
	}
	s := f.free(hash | flatUsed)
	s.hash, s.key = hash|flatUsed, k
	f.n++
	return &s.v
}

// free gives the free place for the hash.
func (f *flat[K, V]) free(hash uint64) *flatSlot[K, V] {
	mask := uint64(len(f.slots) - 1)
	i := hash & mask
	for f.slots[i].hash != 0 {
		i = (i + 1) & mask
	}
	return &f.slots[i]
}

// drop takes k out. The entries behind it move up, so that no gap breaks a run (Knuth, TAOCP 3, 6.4, algorithm R).
func (f *flat[K, V]) drop(hash uint64, k K) {
	if f.n == 0 {
		return
	}
	hash |= flatUsed
	mask := uint64(len(f.slots) - 1)
	i := hash & mask
	for f.slots[i].hash != hash || f.slots[i].key != k {
		if f.slots[i].hash == 0 {
			return
		}
		i = (i + 1) & mask
	}
	for j := (i + 1) & mask; f.slots[j].hash != 0; j = (j + 1) & mask {
		if (j-f.slots[j].hash)&mask >= (j-i)&mask { // its home is not behind the gap
			f.slots[i] = f.slots[j]
			i = j
		}
	}
	f.slots[i] = flatSlot[K, V]{}
	f.n--
}

// reset empties the map. A map that was hardly used gets smaller, else each turn would cost as much as the largest
// burst of the day.
func (f *flat[K, V]) reset() {
	if len(f.slots) > flatLeast && 8*f.n < len(f.slots) {
		f.slots = make([]flatSlot[K, V], len(f.slots)/4)
	} else if f.n > 0 {
		clear(f.slots)
	}
	f.n = 0
}
