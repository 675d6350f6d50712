package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// oom reads what the kernel prints when memory runs out. Kernels have worded it in many ways:
//
//	2.4, 2.6.0    Out of Memory: Killed process 870 (httpd).
//	2.6, 3, 4     Out of memory: Kill process 6576 (java) score 651 or sacrifice child
//	              Killed process 6576 (java) total-vm:33914892kB, anon-rss:20629004kB, …
//	5.3 and later Out of memory: Killed process 2092 (node) total-vm:2546008kB, …
//	cgroups       Memory cgroup out of memory: Killed process …
//	2.2, 2.4      VM: killing process httpd
//	Android       send sigkill to 1234 (com.foo), adj 15, size 3000
//	              lowmemorykiller: Killing 'com.foo' (1234), adj 906, …
//
// "Kill process" announces the chosen process, "Killed process" is printed once for each process that is really killed,
// in every age; the pids may differ, because older kernels sacrifice a child of the chosen one. "Killed process" has
// Kind OOMKill, and so has the structured line of 4.19 and later ("oom-kill:constraint=…,task=httpd,pid=870,uid=0"), of
// which some logs have nothing else: two of one pid within a minute are one kill. The announcement and the reaper's
// line have Kind System and their own Word. Detail is the process, Count its pid, Aside the control group whose limit
// was hit: its path, or SomeGroup where the line does not name it.
func oom(b []byte, rec *Record) bool {
	switch {
	case bytes.HasPrefix(b, []byte("oom-kill:")):
		return oomConstraint(b, rec)
	case bytes.HasPrefix(b, []byte("oom_reaper: reaped process ")):
		process(scan.After(b, "process "), rec)
		return mark(rec, System, "oom-reaped")
	case bytes.HasPrefix(b, []byte("oom_reaper: unable to reap pid:")):
		process(scan.After(b, "pid:"), rec)
		return mark(rec, System, "oom-reaped")
	case bytes.HasPrefix(b, []byte("Task in ")) && bytes.Contains(b, []byte(" killed as a result of limit of ")),
		bytes.HasPrefix(b, []byte("Tasks in ")) && bytes.Contains(b, []byte("memory.oom.group set")):
		rec.aside = scan.After(b, " limit of ")
		return mark(rec, System, "oom-cgroup")
	case bytes.HasPrefix(b, []byte("oom-killer: gfp_mask=")): // 2.6.9 does not say who
		return mark(rec, OOMInvoked, "oom-invoked")
	case bytes.HasPrefix(b, []byte("VM: killing process ")):
		rec.detail = b[len("VM: killing process "):]
		return mark(rec, OOMKill, "oom-kill")
	case b[0] == 'l' || b[0] == 's':
		return lowMemory(b, rec)
	}
	r := b
	if i := outOfMemory(b); i > 0 {
		r = scan.TrimLeft(b[i:])
	}
	switch {
	case bytes.HasPrefix(r, []byte("Killed process ")):
		if b[0] == 'M' {
			rec.aside = rec.keep(SomeGroup)
		}
		process(r[len("Killed process "):], rec)
		return mark(rec, OOMKill, "oom-kill")
	case len(r) < len(b) && len(r) > 13 && scan.EqualLower(r[:13], "kill process "):
		process(r[13:], rec)
		return mark(rec, System, "oom-kill")
	}
	return false
}

// SomeGroup is the Aside of a kill for the limit of a control group that the line does not name.
const SomeGroup = "(not named)"

// oomConstraint reads the line in which the kernel sums up a kill (mm/oom_kill.c dump_oom_summary).
func oomConstraint(b []byte, rec *Record) bool {
	rec.detail = scan.Until(scan.After(b, ",task="), ",")
	rec.Count = scan.Number32(scan.Until(scan.After(b, ",pid="), ", "))
	if group := scan.Until(scan.After(b, ",oom_memcg="), ","); len(group) > 0 {
		rec.aside = group
	} else if scan.Has(b, "oom-kill:constraint=CONSTRAINT_MEMCG,") {
		rec.aside = rec.keep(SomeGroup)
	}
	if rec.Count == 0 {
		return mark(rec, System, "oom-constraint") // cut off: nothing would tell that it is the same kill
	}
	return mark(rec, OOMKill, "oom-constraint")
}

// outOfMemory is the length of "Out of memory:" or "Memory cgroup out of memory:" in front, with what stands in
// parentheses, or 0.
func outOfMemory(b []byte) int {
	i := bytes.IndexByte(b, ':')
	if i > 10 && i < 80 && scan.ContainsLower(b[:i], "out of memory") {
		return i + 1
	}
	return 0
}

// process reads "870 (httpd)", also with a comma and a UID as some kernels print it ("870, UID 48, (httpd)").
func process(b []byte, rec *Record) {
	pid, rest, ok := scan.Leading(b)
	if ok && pid < 1<<32 {
		rec.Count = uint32(pid)
	}
	open := bytes.IndexByte(rest, '(')
	if open < 0 || open > 24 {
		return
	}
	name := rest[open+1:]
	// A process may have parentheses in its name: its end is the last one before the figures.
	end := bytes.Index(name, []byte(") total-vm:"))
	if end < 0 {
		end = bytes.Index(name, []byte(") "))
	}
	if end < 0 {
		end = bytes.LastIndexByte(name, ')')
	}
	if end >= 0 {
		rec.detail = name[:end]
	}
}

// invoked reads "memhog invoked oom-killer: gfp_mask=…, order=0, oom_score_adj=0".
func invoked(b []byte, rec *Record) bool {
	i := scan.Index(b, " invoked oom-killer:")
	if i < 1 {
		return false
	}
	rec.detail = b[:i]
	return mark(rec, OOMInvoked, "oom-invoked")
}

// lowMemory reads what Android's low memory killer prints (drivers/staging/android/lowmemorykiller.c, lmkd).
func lowMemory(b []byte, rec *Record) bool {
	r := bytes.TrimPrefix(b, []byte("lowmemorykiller: "))
	if s, ok := bytes.CutPrefix(r, []byte("send sigkill to ")); ok {
		process(s, rec)
		return mark(rec, OOMKill, "oom-kill")
	}
	s, ok := bytes.CutPrefix(r, []byte("Killing '"))
	if !ok {
		s, ok = bytes.CutPrefix(r, []byte("Kill '"))
	}
	end := bytes.Index(s, []byte("' ("))
	if !ok || end < 0 {
		return false
	}
	rec.detail = s[:end]
	if pid, _, ok := scan.Leading(s[end+3:]); ok && pid < 1<<32 {
		rec.Count = uint32(pid)
	}
	return mark(rec, OOMKill, "oom-kill")
}
