// Package docs holds the documents that the program shows parts of.
package docs

import (
	_ "embed"
	"strings"
)

//go:embed receiving.md
var receiving string

// Setup returns what receiving.md says under the heading of a system: how to let it send its log to 192.168.1.5. It is
// "" where there is no such heading.
func Setup(system string) string {
	_, text, ok := strings.Cut(receiving, "\n### "+system+"\n")
	if !ok {
		return ""
	}
	text, _, _ = strings.Cut(text, "\n##")
	return strings.TrimSpace(text) + "\n"
}
