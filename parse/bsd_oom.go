package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// bsdOutOfMemory reads that FreeBSD's kernel killed a process for want of memory (vm_pageout.c); since 12 the jail's
// number stands in front of the user's:
//
//	pid 42386 (unbound), jid 0, uid 59, was killed: out of swap space
//	pid 42386 (unbound), uid 59, was killed: out of swap space
//	pid 1562 (suricata), jid 0, uid 0, was killed: failed to reclaim memory
func bsdOutOfMemory(b []byte, rec *Record) bool {
	b, ok := bytes.CutPrefix(b, []byte("pid "))
	if !ok {
		return false
	}
	pid, rest, ok := scan.Leading(b)
	end := scan.Index(rest, "), ")
	if !ok || pid >= 1<<32 || !scan.Has(rest, " (") || end < 3 {
		return false
	}
	switch string(scan.TrimBody(scan.After(rest[end:], ", was killed: "))) {
	case "out of swap space", "failed to reclaim memory", "a thread waited too long to allocate a page":
	default:
		return false
	}
	rec.detail, rec.Count, rec.Dialect = rest[2:end], uint32(pid), "kernel"
	return mark(rec, OOMKill, "oom-kill")
}
