package ingest

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// numbered gives the words of both sequences numbers; words that only a has get -1.
func numbered(a, b [][]byte) (na, nb []int32, n int) {
	ids := map[string]int32{}
	for _, w := range b {
		id, ok := ids[string(w)]
		if !ok {
			id = int32(len(ids))
			ids[string(w)] = id
		}
		nb = append(nb, id)
	}
	for _, w := range a {
		id, ok := ids[string(w)]
		if !ok {
			id = -1
		}
		na = append(na, id)
	}
	return na, nb, len(ids)
}

func TestPatience(t *testing.T) {
	for _, tc := range []struct{ name, a, b, want string }{ // want: place in b, ? where it is not sure, - for none
		{"equal", "a b c", "a b c", "0 1 2"},
		{"nothing in common", "a b", "c d", "- -"},
		{"empty", "", "a", ""},
		{"a line only in the dump", "a x b", "a b", "0 - 1"},
		{"a line only in the store", "a b", "a x b", "0 2"},
		{"exchanged", "a c b d", "a b c d", "0 - 1 3"},
		{"repeats between neighbours", "a f f f b", "a f f f b", "0 1 2 3 4"},
		{"fewer stored: which is not known", "a f f f b", "a f f b", "0 1? 2? - 3"},
		{"more stored", "a f f b", "a f f f b", "0 1? 2? 4"},
		{"the dump begins later: the nearest count", "f f a", "f f f f a", "2? 3? 4"},
		{"the dump ends sooner: the nearest count", "a f f", "a f f f f", "0 1? 2?"},
		{"no pair: the end", "f f", "f f f f", "2? 3?"},
		{"unique once the neighbours are known", "f a f b f", "f a f b f", "0 1 2 3 4"},
		{"kinds of repeats", "a f g f g b", "a f g f g b", "0 1 2 3 4 5"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a, b, n := numbered(bytes.Fields([]byte(tc.a)), bytes.Fields([]byte(tc.b)))
			var got []string
			for _, p := range patience(a, b, n) {
				switch {
				case p.at < 0:
					got = append(got, "-")
				case p.sure:
					got = append(got, fmt.Sprint(p.at))
				default:
					got = append(got, fmt.Sprint(p.at, "?"))
				}
			}
			if s := strings.ReplaceAll(strings.Join(got, " "), " ?", "?"); s != tc.want {
				t.Errorf("%s, want %s", s, tc.want)
			}
		})
	}
}

// checkPatience holds for any two sequences.
func checkPatience(t *testing.T, a, b []int32, n int) {
	t.Helper()
	before := int32(-1)
	for i, p := range patience(a, b, n) {
		switch {
		case p.at < 0:
		case p.at <= before || int(p.at) >= len(b):
			t.Fatalf("%d goes to %d, the one before to %d", i, p.at, before)
		case b[p.at] != a[i]:
			t.Fatalf("%d and %d are not the same", i, p.at)
		default:
			before = p.at
		}
	}
	for i, p := range patience(b, b, n) {
		if int(p.at) != i {
			t.Fatalf("with itself: %d goes to %d", i, p.at)
		}
	}
}

func FuzzPatience(f *testing.F) {
	f.Add([]byte("a x f f b"), []byte("f f a f f b"))
	f.Add([]byte("a c b d"), []byte("a b c d"))
	f.Add([]byte(""), []byte("\x00"))
	f.Fuzz(func(t *testing.T, x, y []byte) {
		words := func(s []byte) [][]byte { return bytes.Split(s, []byte(" ")) }
		a, b, n := numbered(words(x), words(y))
		checkPatience(t, a, b, n)
		letters := func(s []byte) [][]byte { return bytes.Split(s, nil) }
		a, b, n = numbered(letters(x), letters(y))
		checkPatience(t, a, b, n)
	})
}

// Sequences at the bounds of an import: a dump with thousands of equal lines, and one that is the other way round.
func TestPatienceIsFast(t *testing.T) {
	const n = maxAligned
	rnd := rand.New(rand.NewPCG(1, 2))
	equal, few, up, down := make([]int32, n), make([]int32, n), make([]int32, n), make([]int32, n)
	for i := range n {
		few[i], up[i], down[i] = int32(rnd.IntN(20)), int32(i), int32(n-i-1)
	}
	for _, x := range [][]int32{equal, few, up, down} {
		for _, y := range [][]int32{equal, few, up, down} {
			checkPatience(t, x, y, n)
		}
	}
}

func BenchmarkPatience(b *testing.B) {
	const n = maxAligned
	rnd := rand.New(rand.NewPCG(1, 2))
	stored := make([]int32, n)
	var dump []int32
	for i := range n {
		if stored[i] = int32(i); rnd.IntN(4) == 0 {
			stored[i] = 0
		}
		if rnd.IntN(3) > 0 {
			dump = append(dump, stored[i])
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		patience(dump, stored, n)
	}
}
