// Package schema holds the JSON Schemas (draft 2020-12) of what the commands write as JSON. A test makes them from the
// types that are written, with their comments, and holds real output against them.
package schema

import (
	"embed"
	"io/fs"
	"strings"
)

//go:embed *.json
var files embed.FS

// Names lists the schemas: each has the name of its command.
func Names() (names []string) {
	entries, _ := fs.ReadDir(files, ".") // of the program itself
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".json"))
	}
	return names
}

// Get returns one of them; nil where there is none of that name.
func Get(name string) []byte {
	b, _ := files.ReadFile(name + ".json")
	return b
}
