package report

import (
	_ "embed" // the catalogue
	"sync"

	"go.yaml.in/yaml/v3"
)

//go:embed language_ja.yaml
var japaneseFile []byte

// japanese reads the catalogue at first use: Japanese phrases by the English ones. The file is part of the program and
// a test reads it, so that an error cannot occur at run time.
var japanese = sync.OnceValue(func() map[string]string {
	out := map[string]string{}
	if err := yaml.Unmarshal(japaneseFile, &out); err != nil {
		return nil
	}
	return out
})

// japaneseDays has the days of the week by their English abbreviations.
var japaneseDays = map[string]string{"Mon": "月", "Tue": "火", "Wed": "水", "Thu": "木", "Fri": "金", "Sat": "土",
	"Sun": "日"}
