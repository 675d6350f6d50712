//go:build e2e

package main

import (
	"os/exec"
	"path/filepath"
	"testing"
)

// TestRealPromtool: Prometheus's own checker takes the rules of docs/prometheus.
func TestRealPromtool(t *testing.T) {
	rules := filepath.Join("..", "..", "docs", "prometheus", "rules.yml")
	if out, err := exec.Command(program(t, "promtool"), "check", "rules", rules).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
