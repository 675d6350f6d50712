package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// kmsg reads the prefix of a /dev/kmsg record, "prio,seq,µs,flags[,…];" (Documentation/ABI/testing/dev-kmsg).
func kmsg(b []byte, rec *Record) (rest []byte, ok bool) {
	if len(b) < 8 || !scan.IsDigit(b[0]) {
		return b, false
	}
	i := bytes.IndexByte(b[:min(len(b), 96)], ';')
	if i < 0 {
		return b, false
	}
	prio, r, ok1 := scan.Leading(b[:i])
	if !ok1 || prio > 1<<20 || len(r) == 0 || r[0] != ',' {
		return b, false
	}
	_, r, ok2 := scan.Leading(r[1:])
	if !ok2 || len(r) == 0 || r[0] != ',' {
		return b, false
	}
	us, r, ok3 := scan.Leading(r[1:])
	if !ok3 || len(r) < 2 || r[0] != ',' || us > unixFrom*1_000_000 {
		return b, false
	}
	if prio <= 191 {
		rec.Pri = int(prio)
	}
	rec.Stamp.HasUptime, rec.Stamp.Uptime = true, int64(us)*1000
	return b[i+1:], true
}

// isContinuation reports whether line is one of the " KEY=value" lines that may follow a kmsg record: one blank and a
// key in capitals.
func isContinuation(b []byte) bool {
	if len(b) < 4 || b[0] != ' ' || !scan.IsUpper(b[1]) {
		return false
	}
	i := 1
	for i < len(b) && (scan.IsUpper(b[i]) || b[i] == '_') {
		i++
	}
	key := string(b[1:i])
	return i < len(b) && b[i] == '=' && key != "IN" && key != "OUT" && key != "SRC"
}
