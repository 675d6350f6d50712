package detect

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestKindTable fails for what was forgotten with a new kind: its detector, its severity, its place in an incident, or
// its section in docs/detection.md. Package report has the same test for its words.
func TestKindTable(t *testing.T) {
	docs, err := os.ReadFile("../docs/detection.md")
	if err != nil {
		t.Fatal(err)
	}
	table := kindTable()
	names, places := map[string]bool{}, map[int]bool{}
	for _, k := range table {
		if k.name == "" || names[k.name] {
			t.Errorf("%q is there twice, or has no name", k.name)
		}
		if places[k.incident] || k.incident < 0 || k.incident >= len(table) {
			t.Errorf("%s: its place in an incident, %d, is another one's or none", k.name, k.incident)
		}
		names[k.name], places[k.incident] = true, true
		if k.find == nil {
			t.Errorf("%s has no detector", k.name)
		}
		severities := []Severity{Info, Warning, Critical}
		if !slices.Contains(severities, k.least) || !slices.Contains(severities, k.most) ||
			k.most.Rank() < k.least.Rank() {
			t.Errorf("%s: severity from %q to %q", k.name, k.least, k.most)
		}
		if !strings.Contains(string(docs), "\n## "+k.name+"\n") {
			t.Errorf("docs/detection.md has no section %q", "## "+k.name)
		}
	}
}

// checkKinds fails for findings that are of no kind in the table, or of another severity than it says.
func checkKinds(t testing.TB, fs []Finding) {
	t.Helper()
	if wrong := notInTable(fs); wrong != "" {
		t.Error(wrong)
	}
}

func notInTable(fs []Finding) string {
	kinds := kindsByName()
	for i := range fs {
		f := &fs[i]
		k, ok := kinds[f.Kind]
		if !ok || f.Severity.Rank() < k.least.Rank() || f.Severity.Rank() > k.most.Rank() {
			return fmt.Sprintf("%s is of kind %q and severity %q: the table of kinds does not say so", f.ID, f.Kind,
				f.Severity)
		}
	}
	return ""
}
