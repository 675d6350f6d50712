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

// Formats describes all dialects.
func Formats() []Format {
	var all []Format
	for _, d := range dialects() {
		all = append(all, d.Format)
	}
	return all
}
