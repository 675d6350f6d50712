package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// dumped reports whether a line belongs to what the kernel dumps between the messages of a crash or an OOM kill: frames
// of the stack, registers, code, counters of a memory cgroup, the table of processes (lib/dump_stack.c,
// arch/x86/kernel/dumpstack.c, mm/memcontrol.c, mm/oom_kill.c). Any program may write the like, so only a line with the
// kernel's uptime or tag in its header counts.
func dumped(b []byte, rec *Record) bool {
	if !rec.Stamp.HasUptime && !rec.dmesg && string(rec.App) != "kernel" {
		return false
	}
	if scan.Within(b, "): drop_caches: ") { // "bash (85): drop_caches: 1", fs/drop_caches.c
		return scan.AllDigits(scan.LastWord(b))
	}
	switch b[0] {
	case '<':
		return isStackMark(b)
	case '[':
		return isProcessRow(b)
	case '?':
		b = scan.TrimLeft(b[1:])
	case 'C':
		if scan.Has(b, "Code: ") {
			return true
		}
	case 'k', 's':
		if scan.Has(b, "kmem: usage ") || scan.Has(b, "swap: usage ") {
			return true
		}
	}
	w, rest := scan.Word(b)
	if isRegister(w) && isRegisters(rest) {
		return true
	}
	if i := bytes.Index(w, []byte("+0x")); i > 0 { // mem_cgroup_out_of_memory+0xc0/0x110
		return bytes.Contains(w[i:], []byte("/0x"))
	}
	return scan.AllDigits(scan.TrimLeft(rest)) && isCounter(w)
}

// isStackMark reports whether b is one of the lines around the frames of a task or of an interrupt.
func isStackMark(b []byte) bool {
	switch string(b) {
	case "<TASK>", "</TASK>", "<IRQ>", "</IRQ>":
		return true
	}
	return false
}

// isProcessRow reports whether b is a row of the table of processes, "[   6302]     0  6302 …", or its heading.
func isProcessRow(b []byte) bool {
	in, rest := scan.CutByte(b[1:], ']')
	in = scan.TrimLeft(bytes.TrimRight(in, " "))
	return (string(in) == "pid" || scan.AllDigits(in)) && len(rest) > 16 && rest[0] == ' '
}

// isRegister reports whether w may be a register's name with a colon: "RAX:", "CR2:", "FS:".
func isRegister(w []byte) bool {
	n := len(w)
	return n >= 3 && n <= 6 && w[n-1] == ':' && bytes.IndexByte([]byte("RECDFG"), w[0]) >= 0
}

// isRegisters reports whether what stands behind a register's name is its value.
func isRegisters(b []byte) bool {
	w, _ := scan.Word(b)
	w = bytes.TrimPrefix(w, []byte("002b:"))
	if len(w) < 4 {
		return false
	}
	for _, c := range w {
		if scan.HexDigit(c) > 15 && c != ':' {
			return false
		}
	}
	return true
}

// isCounter reports whether w may be a counter's name: small letters, digits and underscores.
func isCounter(w []byte) bool {
	for _, c := range w {
		if c-'a' >= 26 && c != '_' && !scan.IsDigit(c) {
			return false
		}
	}
	return len(w) > 2
}
