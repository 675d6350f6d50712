package parse

import "uncloak/parse/scan"

// object reads a line that is one object of JSON: an entry of the journal, a message in a collector's envelope, or what
// a dialect may know. It does not change what is in front of b.
func object(b []byte, rec *Record) {
	for range maxEnvelopes {
		switch {
		case scan.Index(b, "__REALTIME_TIMESTAMP") >= 0 && journal(b, rec):
			return
		case isAdGuard(b) || isULOGDPacket(b) || !envelope(b, rec):
			if rec.Body == nil {
				rec.Body = b
			}
			return
		}
		if rec.object = b; len(rec.Body) == 0 || rec.Body[0] != '{' {
			return
		}
		b = rec.Body
	}
}

// journal reads one object of `journalctl -o json`. Of the many fields only the message and what says who wrote it
// and when are kept. For a kernel message the monotonic stamp of its source is the kernel's own uptime stamp.
func journal(line []byte, rec *Record) bool {
	j := scan.JSONReader{B: line[1:], Scratch: rec.mem.scratch}
	var f journalFields
	for {
		key, ok := j.Key()
		if !ok {
			break
		}
		value, ok := j.Value()
		if !ok {
			break
		}
		f.set(key, value)
	}
	rec.mem.scratch = j.Scratch
	if !j.Ended || f.message == nil && f.realtime == nil {
		return false
	}
	f.fill(rec)
	return true
}

// maxScratch bounds the memory for unescaped text that a Parser keeps from line to line.
const maxScratch = 1 << 20

// journalFields are the fields that matter, unescaped.
type journalFields struct {
	realtime, monotonic, message, host, app, comm, pid, syslogPID, priority, transport []byte
}

func (f *journalFields) set(key, value []byte) {
	switch string(key) {
	case "MESSAGE":
		f.message = value
	case "__REALTIME_TIMESTAMP":
		f.realtime = value
	case "_SOURCE_MONOTONIC_TIMESTAMP":
		f.monotonic = value
	case "_HOSTNAME":
		f.host = value
	case "SYSLOG_IDENTIFIER":
		f.app = value
	case "_COMM":
		f.comm = value
	case "_PID":
		f.pid = value
	case "SYSLOG_PID":
		f.syslogPID = value
	case "PRIORITY":
		f.priority = value
	case "_TRANSPORT":
		f.transport = value
	}
}

func (f *journalFields) fill(rec *Record) {
	rec.Word, rec.Body, rec.Host, rec.App = "syslog", f.message, f.host, f.app
	if rec.App == nil {
		rec.App = f.comm
	}
	if rec.PID = f.syslogPID; rec.PID == nil {
		rec.PID = f.pid
	}
	if n, ok := scan.Number(f.priority); ok && n < 8 {
		rec.Pri = int(n)
	}
	if us, ok := scan.Number(f.realtime); ok && us < 1<<62/1000 {
		rec.Stamp.HasUnix, rec.Stamp.Unix = true, int64(us)*1000
	}
	if us, ok := scan.Number(f.monotonic); ok && us < unixFrom*1_000_000 && string(f.transport) == "kernel" {
		rec.Stamp.HasUptime, rec.Stamp.Uptime = true, int64(us)*1000
	}
}
