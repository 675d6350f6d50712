package parse

// Format describes one dialect for docs/formats.md and `uncloak parse --explain`.
type Format struct {
	Name    string // as in Record.Dialect
	Devices string // who writes it
	Sample  string // one real line
	Reads   string // what is read from it
	Enable  string // how to switch it on
	Source  string // the document that says what the fields mean
}

// Formats lists all dialects, each once: where two families describe one, the first counts.
func Formats() []Format {
	families := [][]Format{formatsA(), formatsB(), formatsC(), formatsD(), formatsE()}
	var all []Format
	seen := map[string]bool{}
	for _, family := range families {
		for _, f := range family {
			if !seen[f.Name] {
				seen[f.Name] = true
				all = append(all, f)
			}
		}
	}
	return all
}
