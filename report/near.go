package report

import (
	"cmp"
	"slices"
	"strings"
)

// nearEnough is the least likeness of a word that may be meant: with half of the pairs of letters in common a word with
// one wrong letter in eight is found, and one that only has the same ending is not.
const nearEnough = 0.5

// Near returns the words that look most like word, at most n, the likeliest first. Likeness is measured by the pairs of
// letters in common (Dice's coefficient), so that a swapped part of a name costs little; in a short word one slip of
// the fingers leaves hardly a pair, so that such a slip alone is enough.
func Near(word string, words []string, n int) []string {
	type hit struct {
		word string
		like float64
	}
	var hits []hit
	for _, w := range words {
		if like := likeness(word, w); like >= nearEnough {
			hits = append(hits, hit{w, like})
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int {
		return cmp.Or(
			cmp.Compare(b.like, a.like),
			cmp.Compare(a.word, b.word),
		)
	})
	out := make([]string, 0, n)
	for _, h := range hits[:min(n, len(hits))] {
		out = append(out, h.word)
	}
	return out
}

func likeness(a, b string) float64 {
	if plain := letters(a); len(plain) >= 3 && strings.Contains(letters(b), plain) {
		return 1
	}
	if oneSlip(strings.ToLower(a), strings.ToLower(b)) {
		return 0.9
	}
	p, q := pairs(a), pairs(b)
	common := 0
	for k, n := range p {
		common += min(n, q[k])
	}
	return 2 * float64(common) / float64(max(total(p)+total(q), 1))
}

// oneSlip reports whether one letter of b is missing, doubled, wrong or changed places with its neighbour in a: an edit
// distance of 1 after Damerau. Words of one or two letters are like too many others.
func oneSlip(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(a) < 2 || len(b) < 3 || len(b)-len(a) > 1 {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(a) < len(b) {
		return a[i:] == b[i+1:]
	}
	if i == len(a) || a[i+1:] == b[i+1:] {
		return true
	}
	return a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
}

// letters returns s in lower case without blanks and punctuation.
func letters(s string) string {
	return strings.NewReplacer("-", "", "_", "", " ", "", ".", "").Replace(strings.ToLower(s[:min(len(s), maxMessage)]))
}

// pairs counts the pairs of neighbouring bytes, the ends of the word included.
func pairs(s string) map[[2]byte]int {
	s = " " + strings.ToLower(strings.TrimSpace(s[:min(len(s), maxMessage)])) + " "
	out := map[[2]byte]int{}
	for i := range len(s) - 1 {
		out[[2]byte{s[i], s[i+1]}]++
	}
	return out
}

func total(m map[[2]byte]int) (n int) {
	for _, k := range m {
		n += k
	}
	return n
}
