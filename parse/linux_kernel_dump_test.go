package parse

import "testing"

// Between the lines of a crash only the kernel's own stamps tell that they are the kernel's: an uptime, and what
// dmesg -T and dmesg --time-format=iso write.
func TestDumpUnderAnyStampOfDmesg(t *testing.T) {
	stamps := map[string]Kind{
		"[ 5632.359712] ":                   System,
		"[Sat Nov 21 20:28:57 2026] ":       System,
		"2026-11-21T20:28:57,123456+00:00 ": System,
		"[2026-11-21 20:28:57] ":            Unknown,
		"Nov 21 20:28:57 gw app: ":          Unknown,
	}
	for _, body := range []string{" <TASK>", " ? ___pte_offset_map+0x17/0x100", "writeback 0",
		"RBP: ffffb1e5c0a3bd98 R08: 0000000000000000"} {
		for stamp, want := range stamps {
			if rec := parseLine(stamp + body); rec.Kind != want {
				t.Errorf("%q is %v", stamp+body, rec.Kind)
			}
		}
	}
}

// Lines of lib/dump_stack.c, mm/memcontrol.c, mm/oom_kill.c and fs/drop_caches.c.
func TestDump(t *testing.T) {
	checkAll(t, []says{
		{"frame", "[ 5700.000001]  mem_cgroup_out_of_memory+0xc0/0x110", `{"kind":"other","event":"system","dialect":"kernel","uptime":5700.000001}`},
		{"registers", "[ 5700.000003] RAX: 0000000000000000 RBX: 00007fe2d5609ef0 RCX: 0000000000021010", `{"event":"system","dialect":"kernel"}`},
		{"stack pointer", "[ 5700.000004] RSP: 002b:00007ffdf0a2ea08 EFLAGS: 00010206", `{"event":"system","dialect":"kernel"}`},
		{"code", "[ 5700.000004] Code: 48 8b 05 e9 2f 0d 00", `{"event":"system","dialect":"kernel"}`},
		{"counter", "[ 5700.000005] workingset_refault_anon 0", `{"event":"system","dialect":"kernel"}`},
		{"row of the table of processes", "[ 5700.000006] [   6302]     0  6302    14679    13851    12192     1659         0   155648        0             0 memhog",
			`{"event":"system","dialect":"kernel"}`},
		{"heading of the table of processes", "[ 5700.000006] [  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem pgtables_bytes swapents oom_score_adj name",
			`{"event":"system","dialect":"kernel"}`},
		{"usage of a group", "[ 5700.000007] swap: usage 0kB, limit 9007199254740988kB, failcnt 0", `{"event":"system","dialect":"kernel"}`},
		{"caches dropped", "[ 5700.000008] bash (85): drop_caches: 1", `{"event":"system","dialect":"kernel"}`},
		{"tag of the kernel", "Nov 21 20:28:57 gw kernel: pgscan_kswapd 17", `{"event":"system","dialect":"kernel"}`},
		{"a program's counter", "Nov 21 20:28:57 gw app[1]: retries 5", `{"event":"unknown","dialect":null}`},
		{"a sentence with a number", "[ 5700.000009] something new happened 5", `{"kind":"other","event":"system","dialect":"kernel","detail":"chatter"}`},
	})
}
