package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// decoded reads the front of `dmesg --decode`: "kern  :warn  : [ 5632.359712] …".
func decoded(b []byte, rec *Record) bool {
	i := bytes.IndexByte(b[:min(len(b), 12)], ':')
	if i < 3 || !facility(bytes.TrimRight(b[:i], " ")) {
		return false
	}
	r := b[i+1:]
	j := bytes.IndexByte(r[:min(len(r), 9)], ':')
	if j < 3 || !level(bytes.TrimRight(r[:j], " ")) {
		return false
	}
	r = scan.TrimLeft(r[j+1:])
	rec.Word, rec.Body = "other", r
	if rest, ok := rec.Stamp.bracketed(r); ok {
		rec.Body = callerID(rest)
	}
	return true
}

// journalNote reads the lines that journalctl prints between entries: "-- Boot 3f… --", "-- Logs begin at … --".
func journalNote(b []byte, rec *Record) bool {
	if len(b) < 8 || b[0] != '-' || b[1] != '-' || b[2] != ' ' {
		return false
	}
	for _, note := range [...]string{"Boot ", "Logs begin at ", "Journal begins at ", "Reboot --", "No entries --",
		"Subject: "} {
		if bytes.HasPrefix(b[3:], []byte(note)) {
			rec.Body, rec.Dialect, rec.Word, rec.Kind = b, "journal", "other", System
			return true
		}
	}
	return false
}
