package report

import (
	"embed"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"uncloak/detect"
)

// Entry explains one message of a router or a kernel. Its texts were written for uncloak; each fact is in one of the
// Sources.
type Entry struct {
	ID     string `json:"id"`     // short and stable: "conntrack-full"
	Title  string `json:"title"`  // what it means in a few words
	Sample string `json:"sample"` // one real message
	// parts of a message by which it is known; * stands for any text. Case does not matter
	Patterns []string `json:"patterns"`
	Says     string   `json:"says"`   // what the message means
	When     string   `json:"when"`   // when exactly it is printed
	Causes   []Cause  `json:"causes"` // the likely ones first
	Checks   []string `json:"checks"` // commands, and what to look at
	Remedies []string `json:"remedies"`
	Findings []string `json:"findings,omitempty"` // kinds of finding that this message supports
	Sources  []string `json:"sources"`            // source file and function, RFC, manual
}

// Cause holds one possible cause of a message and how often it is the true one: "likely", "possible" or "rare".
type Cause struct {
	Rank string `json:"rank"`
	Text string `json:"text"`
}

// UnmarshalYAML reads "likely: text".
func (c *Cause) UnmarshalYAML(node *yaml.Node) error {
	var m map[string]string
	if err := node.Decode(&m); err != nil {
		return err
	}
	if len(m) != 1 {
		return fmt.Errorf("line %d: a cause is one rank and its text", node.Line)
	}
	for c.Rank, c.Text = range m {
		switch c.Rank {
		case "likely", "possible", "rare":
		default:
			return fmt.Errorf("line %d: rank %q", node.Line, c.Rank)
		}
	}
	return nil
}

//go:embed messages/*.yaml
var messageFiles embed.FS

// encyclopaedia reads the entries at first use. The files are part of the program and a test reads them, so that an
// error cannot occur at run time.
var encyclopaedia = sync.OnceValues(func() ([]*Entry, error) {
	files, err := messageFiles.ReadDir("messages")
	if err != nil {
		return nil, err
	}
	var all []*Entry
	for _, f := range files {
		text, err := messageFiles.ReadFile("messages/" + f.Name())
		if err != nil {
			return nil, err
		}
		var entries []*Entry
		if err := yaml.Unmarshal(text, &entries); err != nil {
			return nil, fmt.Errorf("messages/%s: %w", f.Name(), err)
		}
		all = append(all, entries...)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].ID < all[j].ID })
	return all, nil
})

// Entries lists all entries of the encyclopaedia by ID. They are shared: do not change them.
func Entries() []*Entry {
	all, err := encyclopaedia()
	if err != nil {
		return nil
	}
	return all
}

// ErrNoEntry says that no entry has that ID.
var ErrNoEntry = errors.New("no entry")

// Lookup returns the entry with that ID, or ErrNoEntry.
func Lookup(id string) (*Entry, error) {
	for _, e := range Entries() {
		if e.ID == id {
			return e, nil
		}
	}
	return nil, fmt.Errorf("%w with the ID %q", ErrNoEntry, id)
}

// maxMessage bounds how much of a message is looked at; no known message is longer.
const maxMessage = 4096

// Explain finds the entries that a message fits, the entry with the longest pattern first; nil where no entry fits. A
// message may have its stamp, host and tag in front.
func Explain(message string) []*Entry {
	message = strings.ToLower(message[:min(len(message), maxMessage)])
	type hit struct {
		entry *Entry
		score int
	}
	var hits []hit
	for _, e := range Entries() {
		best := 0
		for _, p := range e.Patterns {
			best = max(best, matches(message, strings.ToLower(p)))
		}
		if best > 0 {
			hits = append(hits, hit{e, best})
		}
	}
	sort.SliceStable(hits, func(i, j int) bool { return hits[i].score > hits[j].score })
	var found []*Entry
	for _, h := range hits {
		found = append(found, h.entry)
	}
	return found
}

// matches says how many bytes of the pattern stand in the message, in order, or 0 where one of its parts is missing.
// The parts between stars are searched from left to right, so that the work is linear in the message for each part.
func matches(message, pattern string) (score int) {
	for part := range strings.SplitSeq(pattern, "*") {
		i := strings.Index(message, part)
		if i < 0 {
			return 0
		}
		message = message[i+len(part):]
		score += len(part)
	}
	return score
}

// ForFinding lists the entries that support a kind of finding, by ID.
func ForFinding(kind string) []*Entry {
	var found []*Entry
	for _, e := range Entries() {
		for _, f := range e.Findings {
			if f == kind {
				found = append(found, e)
			}
		}
	}
	return found
}

// explainCommand writes the `uncloak explain` command for the message behind a finding: the entry that its lines fit,
// else the usual one for its kind; "" where no entry fits. For a burst that is the entry about the full table, because
// its lines are ordinary sessions.
func explainCommand(f *detect.Finding) string {
	const command = "uncloak explain "
	about, usual := ForFinding(f.Kind), wordsOf(f.Kind).entry
	if f.Kind != detect.PeriodicBurst && f.Kind != detect.BurstKind {
		for _, line := range f.Evidence.Lines {
			for _, e := range Explain(line) {
				if slices.Contains(about, e) {
					return command + e.ID
				}
			}
		}
	}
	if usual == "" {
		return ""
	}
	return command + usual
}
