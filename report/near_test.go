package report

import (
	"slices"
	"strings"
	"testing"
)

func TestNear(t *testing.T) {
	words := []string{"conntrack-full", "neighbour-full", "oom-kill", "window-shrink", "syn-flood"}
	for _, c := range []struct {
		name, word string
		want       []string
	}{
		{"the word itself", "oom-kill", []string{"oom-kill"}},
		{"a letter missing", "contrack-full", []string{"conntrack-full"}},
		{"no dash", "windowshrink", []string{"window-shrink"}},
		{"a part", "oom", []string{"oom-kill"}},
		{"other case", "SYN_FLOOD", []string{"syn-flood"}},
		{"two letters swapped", "oom-klil", []string{"oom-kill"}},
		{"nothing like it", "zebra", []string{}},
		{"empty", "", []string{}},
		{"bytes that are no text", "\xff\xfe", []string{}},
		{"a whole book", strings.Repeat("x", 1<<20), []string{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Near(c.word, words, 2); !slices.Equal(got, c.want) {
				t.Errorf("near %.20q: %q, want %q", c.word, got, c.want)
			}
		})
	}
}

func TestNearShortWords(t *testing.T) {
	words := []string{"day", "lan", "to", "tls", "json", "text", "format"}
	for word, want := range map[string]string{"dya": "day", "dy": "day", "dayy": "day", "lam": "lan", "jsn": "json",
		"tesxt": "text", "q": "", "xyz": "", "fromat": "format"} {
		if got := strings.Join(Near(word, words, 1), " "); got != want {
			t.Errorf("near %q: %q, want %q", word, got, want)
		}
	}
}
