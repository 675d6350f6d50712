package main

import (
	"strings"
	"testing"
)

// TestTopNeedsATerminal: into a pipe or a file one line goes to stderr, and nothing else.
func TestTopNeedsATerminal(t *testing.T) {
	r := uncloak(t, "", "top", "--data", t.TempDir())
	if r.code != 2 || r.out != "" || strings.Count(r.errOut, "\n") != 1 || !strings.Contains(r.errOut,
		"uncloak report, or uncloak query --follow") {
		t.Errorf("%+v", r)
	}
}
