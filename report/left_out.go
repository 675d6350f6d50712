package report

import (
	"cmp"
	"maps"
	"slices"

	"uncloak/detect"
)

// leftOutShown bounds the sorts of details that are named.
const leftOutShown = 3

// leftOut adds up what the bounds of the summaries left out, by what; nil for nothing.
func leftOut(days []*detect.Day) (out map[string]uint64) {
	for _, d := range days {
		for what, n := range d.Dropped {
			if out == nil {
				out = map[string]uint64{}
			}
			out[what] += n
		}
	}
	return out
}

// leftOutWords says what the summaries left out, the most frequent sorts by name; "" for nothing.
func (l Language) leftOutWords(by map[string]uint64) string {
	if len(by) == 0 {
		return ""
	}
	sorts := slices.SortedFunc(maps.Keys(by), func(a, b string) int {
		return cmp.Or(cmp.Compare(by[b], by[a]), cmp.Compare(a, b))
	})
	var words []string
	for _, what := range sorts[:min(leftOutShown, len(sorts))] {
		words = append(words, num(by[what])+" "+what)
	}
	if more := len(sorts) - leftOutShown; more > 0 {
		words = append(words, count(l, more, "sort more", "sorts more"))
	}
	return l.Say("; the summaries take no more room, and have counted, but not told apart: %s", l.list(words))
}
