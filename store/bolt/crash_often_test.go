//go:build crash

package bolt

import (
	"fmt"
	"testing"
)

// TestCrashOften kills a writer at 200 random points, one whose disk fails at 200 more, and the same of one that
// imports many days at a time, at 200 each: make crash.
func TestCrashOften(t *testing.T) {
	for _, fault := range []string{"", "disk", "import", "import disk"} {
		for part := range 8 { // each in a new directory
			t.Run(fmt.Sprintf("fault %q part %d", fault, part), func(t *testing.T) { crash(t, 25, fault) })
		}
	}
}
