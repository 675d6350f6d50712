package detect

import (
	"math/rand/v2"
	"testing"

	"uncloak/parse"
)

// A flat does what a map does, whatever its hash is.
func TestFlatIsAMap(t *testing.T) {
	for _, c := range []struct {
		name string
		hash func(k int) uint64
	}{
		{"mixed", func(k int) uint64 { return mix(uint64(k)) }},
		{"all in one place", func(k int) uint64 { return 15 }},
		{"in runs that meet", func(k int) uint64 { return uint64(k % 5 * 7) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, 2))
			var f flat[int, int]
			want := map[int]int{}
			for i := range 40000 {
				k := rng.IntN(60)
				switch rng.IntN(5) {
				case 0, 1:
					*f.put(c.hash(k), k) = i
					want[k] = i
				case 2, 3:
					f.drop(c.hash(k), k)
					delete(want, k)
				default:
					v := f.find(c.hash(k), k)
					if x, ok := want[k]; ok != (v != nil) || ok && *v != x {
						t.Fatalf("step %d: %d is %v, want %v", i, k, v, x)
					}
				}
				if f.n != len(want) {
					t.Fatalf("step %d: %d, want %d", i, f.n, len(want))
				}
				if i%10007 == 0 {
					f.reset()
					clear(want)
				}
			}
		})
	}
}

func TestFlatGetsSmallerAgain(t *testing.T) {
	var f flat[int, int]
	for i := range 1 << 16 {
		f.put(mix(uint64(i)), i)
	}
	for range 8 {
		f.reset()
	}
	if len(f.slots) > flatLeast || f.n != 0 {
		t.Errorf("%d places for %d", len(f.slots), f.n)
	}
}

// Both directions of a session hash alike, and are different sessions.
func TestSpotOfBothDirections(t *testing.T) {
	tb := newTable(NewDay(DateOf(t0)), nil, 10)
	for i := range 1000 {
		k := Key{Src: lan(i), Dst: wan(i * 7), SPort: uint16(40000 + i), DPort: uint16(i), Proto: parse.UDP}
		a, b := tb.spot(k), tb.spot(Key{k.Dst, k.Src, k.DPort, k.SPort, k.Proto})
		if a.hash != b.hash || a.key == b.key || a.key.back() != b.key || b.key.back() != a.key {
			t.Fatalf("%v: %+v and %+v", k, a, b)
		}
	}
}

// Entries are used again: a table that never holds more than a few makes no more.
func TestEntriesAreUsedAgain(t *testing.T) {
	s := newStream()
	for i := range 20000 {
		e := s.session(t0, lan(1), wan(i), parse.TCP, 443)
		s.events[len(s.events)-1].Time += int64(i) * 1e9
		e.Kind = parse.SessionEnd
		s.add(t0, e)
		s.events[len(s.events)-1].Time += int64(i)*1e9 + 5e8
	}
	tr := NewTracker(DefaultConfig(), nil, DateOf(t0))
	for i := range s.events {
		tr.Observe(&s.events[i])
	}
	if tr.table.made > 1024 {
		t.Errorf("%d entries made for one at a time", tr.table.made)
	}
}
