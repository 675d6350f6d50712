package report

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"uncloak/detect"
)

func TestEntriesAreWhole(t *testing.T) {
	all, err := encyclopaedia()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 80 {
		t.Errorf("%d entries, want 80 at least", len(all))
	}
	seen := map[string]bool{}
	for _, e := range all {
		if seen[e.ID] {
			t.Errorf("%s is there twice", e.ID)
		}
		seen[e.ID] = true
		for part, text := range map[string]string{"id": e.ID, "title": e.Title, "sample": e.Sample, "says": e.Says,
			"when": e.When} {
			checkWords(t, e.ID+": "+part, text)
		}
		lists := map[string][]string{"patterns": e.Patterns, "checks": e.Checks, "remedies": e.Remedies,
			"sources": e.Sources}
		for part, list := range lists {
			if len(list) == 0 {
				t.Errorf("%s has no %s", e.ID, part)
			}
			for _, text := range list {
				checkWords(t, e.ID+": "+part, text)
			}
		}
		if len(e.Causes) == 0 {
			t.Errorf("%s has no causes", e.ID)
		}
		rank := map[string]int{"likely": 1, "possible": 2, "rare": 3}
		for i, c := range e.Causes {
			checkWords(t, e.ID+": cause", c.Text)
			if i > 0 && rank[c.Rank] < rank[e.Causes[i-1].Rank] {
				t.Errorf("%s: %q stands behind a less likely cause", e.ID, c.Text)
			}
		}
	}
}

// checkWords catches what YAML makes of a text that should have been quoted.
func checkWords(t *testing.T, what, text string) {
	t.Helper()
	if strings.TrimSpace(text) != text || text == "" || strings.ContainsAny(text, "\n\t\x1b") ||
		!utf8.ValidString(text) || strings.HasSuffix(text, ",") && !strings.HasSuffix(what, "sample") {
		t.Errorf("%s: %q", what, text)
	}
}

func TestSamplesFindTheirEntry(t *testing.T) {
	for _, e := range Entries() {
		for _, message := range []string{e.Sample, "<4>Nov 21 20:28:21 gw kernel: [ 5632.359712] " + e.Sample,
			strings.ToUpper(e.Sample)} {
			found := Explain(message)
			if len(found) == 0 {
				t.Errorf("%s: nothing fits %s", e.ID, message)
			} else if found[0] != e && e.ID != "buffalo-table-full" {
				t.Errorf("%s comes first, want %s, for %s", found[0].ID, e.ID, message)
			}
		}
	}
}

func TestExplain(t *testing.T) {
	for message, id := range map[string]string{
		"[5.5] TCP: Peer 192.0.2.1:16428/33121 unexpectedly shrunk window 1:2 " +
			"(repaired)": "treason-uncloaked",
		"ip_conntrack: table full, dropping packet.":                                  "conntrack-full",
		"nf_conntrack: nf_conntrack: table full in netns 4026532177, dropping packet": "conntrack-full",
		"possible SYN flooding on port 80. Sending cookies.":                          "syn-flood",
		"Out of Memory: Killed process 870 (httpd).":                                  "oom-kill",
		"Memory cgroup out of memory: Killed process 1667 (x) total-vm:843576kB":      "oom-kill",
		"Neighbour table " +
			"overflow.": "neighbour-overflow",
		"NET: 347 messages suppressed.": "callbacks-suppressed",
		"%ASA-6-302016: Teardown UDP connection 5 for outside:192.0.2.1/53 to inside:10.1.1.5/50211": "asa-302014",
		"%FTD-3-202010: PAT pool exhausted for p":                                                    "asa-202010",
		"Jun  3 12:08:33 abcd nothing of the kind":                                                   "",
		"": "",
	} {
		got := ""
		if found := Explain(message); len(found) > 0 {
			got = found[0].ID
		}
		if got != id {
			t.Errorf("%q: %q, want %q", message, got, id)
		}
	}
}

func TestLookup(t *testing.T) {
	if e, err := Lookup("treason-uncloaked"); err != nil || e.ID != "treason-uncloaked" {
		t.Error(e, err)
	}
	if _, err := Lookup("nothing"); !errors.Is(err, ErrNoEntry) {
		t.Error(err)
	}
	for _, kind := range []string{"table-full", "oom", "window-shrink", "syn-flood", "loss"} {
		if len(ForFinding(kind)) == 0 {
			t.Errorf("no entry for %s", kind)
		}
	}
}

func TestHugeMessage(t *testing.T) {
	for _, s := range []string{"*", "limiting ", "in=", "x", "ata"} {
		Explain(strings.Repeat(s, 1<<20))
	}
}

func TestEntryText(t *testing.T) {
	e, err := Lookup("treason-uncloaked")
	if err != nil {
		t.Fatal(err)
	}
	text := e.Text(80)
	for _, want := range []string{"The peer shrank its window", "(treason-uncloaked)", "Says ", "Printed ",
		"Causes    - likely: ", "Check ", "Do ", "Sources ", "tcp_retransmit_timer"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	for _, e := range Entries() {
		for i, line := range strings.Split(e.Text(80), "\n") {
			if i > 1 && utf8.RuneCountInString(line) > 80 && strings.Count(strings.TrimSpace(line), " ") > 1 {
				t.Errorf("%s: %d columns: %s", e.ID, len(line), line)
			}
			if strings.TrimRight(line, " ") != line {
				t.Errorf("%s: blanks at the end of %q", e.ID, line)
			}
		}
	}
}

func FuzzExplain(f *testing.F) {
	for _, e := range Entries() {
		f.Add(e.Sample)
	}
	f.Fuzz(func(t *testing.T, message string) {
		seen := map[*Entry]bool{}
		for _, e := range Explain(message) {
			if e == nil || seen[e] {
				t.Error("an entry is missing or there twice")
			}
			seen[e] = true
		}
	})
}

func TestExplainCommand(t *testing.T) {
	for name, c := range map[string]struct {
		finding detect.Finding
		want    string
	}{
		"by its kind": {detect.Finding{Kind: detect.TableFullKind}, "uncloak explain conntrack-full"},
		"by its lines": {detect.Finding{Kind: detect.TableFullKind,
			Evidence: detect.Evidence{Lines: []string{"x", "Nov 17 gw kernel: Neighbour table overflow."}}},
			"uncloak explain neighbour-overflow"},
		"lines of a burst": {detect.Finding{Kind: detect.PeriodicBurst,
			Evidence: detect.Evidence{Lines: []string{"[NEW] IN=br0 OUT=eth0 SRC=10.0.0.1"}}},
			"uncloak explain conntrack-full"},
		"another's message": {detect.Finding{Kind: detect.OOM,
			Evidence: detect.Evidence{Lines: []string{"nf_conntrack: table full, dropping packet"}}},
			"uncloak explain oom-kill"},
		"nothing is usual": {detect.Finding{Kind: detect.ScanKind}, ""},
		"a vendor's message": {detect.Finding{Kind: detect.ScanKind,
			Evidence: detect.Evidence{Lines: []string{"%ASA-4-106023: Deny tcp src outside:192.0.2.1/2143"}}},
			"uncloak explain asa-106023"},
		"no entries": {detect.Finding{Kind: detect.GrowthKind}, ""},
		"no program known": {detect.Finding{Kind: detect.PTRStorm, Evidence: detect.Evidence{Lines: []string{"[NEW] " +
			"IN=br0 OUT=eth0 SRC=10.0.0.1"}}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := explainCommand(&c.finding); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	for _, kind := range []string{detect.PeriodicBurst, detect.BurstKind, detect.TableFullKind, detect.OOM,
		detect.ShrinkKind} {
		if id := wordsOf(kind).entry; !slices.ContainsFunc(ForFinding(kind), func(e *Entry) bool {
			return e.ID == id
		}) {
			t.Errorf("the usual entry of %s, %q, is not about it", kind, id)
		}
	}
}
