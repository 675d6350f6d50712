package parse

import "testing"

// Between the lines of a crash only the kernel's own stamps tell that they are the kernel's: an uptime, and what dmesg -T and
// dmesg --time-format=iso write.
func TestDumpUnderAnyStampOfDmesg(t *testing.T) {
	for _, body := range []string{" <TASK>", " ? ___pte_offset_map+0x17/0x100", "writeback 0", "RBP: ffffb1e5c0a3bd98 R08: 0000000000000000"} {
		for stamp, want := range map[string]Kind{"[ 5632.359712] ": System, "[Sat Nov 21 20:28:57 2026] ": System, "2026-11-21T20:28:57,123456+00:00 ": System,
			"[2026-11-21 20:28:57] ": Unknown, "Nov 21 20:28:57 gw app: ": Unknown} {
			if rec := parseLine(stamp + body); rec.Kind != want {
				t.Errorf("%q is %v", stamp+body, rec.Kind)
			}
		}
	}
}
