package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// dumped knows the lines between the messages of a crash or an OOM kill: frames of the stack, registers, code, counters of
// a memory cgroup, the table of processes (lib/dump_stack.c, arch/x86/kernel/dumpstack.c, mm/memcontrol.c, mm/oom_kill.c).
// They are like words of anybody, so only a line that the kernel itself has signed counts.
func dumped(b []byte, rec *Record) bool {
	if !rec.Stamp.HasUptime && !rec.dmesg && string(rec.App) != "kernel" {
		return false
	}
	if i := bytes.LastIndex(b, []byte("): drop_caches: ")); i > 0 { // "bash (85): drop_caches: 1", fs/drop_caches.c
		return scan.AllDigits(b[i+len("): drop_caches: "):])
	}
	switch b[0] {
	case '<':
		return string(b) == "<TASK>" || string(b) == "</TASK>" || string(b) == "<IRQ>" || string(b) == "</IRQ>"
	case '[': // "[   6302]     0  6302 …" and its heading
		in, rest := scan.CutByte(b[1:], ']')
		in = scan.TrimLeft(bytes.TrimRight(in, " "))
		return (string(in) == "pid" || scan.AllDigits(in)) && len(rest) > 16 && rest[0] == ' '
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
	if n := len(w); n >= 3 && n <= 6 && w[n-1] == ':' && (w[0] == 'R' || w[0] == 'E' || w[0] == 'C' || w[0] == 'D' || w[0] == 'F' || w[0] == 'G') && isRegisters(rest) {
		return true
	}
	if i := bytes.Index(w, []byte("+0x")); i > 0 { // mem_cgroup_out_of_memory+0xc0/0x110
		return bytes.Contains(w[i:], []byte("/0x"))
	}
	return scan.AllDigits(scan.TrimLeft(rest)) && isCounter(w)
}

// isRegisters says whether what stands behind a register's name is its value.
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

// isCounter says whether w may be a counter's name: small letters, digits and underscores.
func isCounter(w []byte) bool {
	for _, c := range w {
		if c-'a' >= 26 && c != '_' && !scan.IsDigit(c) {
			return false
		}
	}
	return len(w) > 2
}
