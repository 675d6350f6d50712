package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// syslogDialect describes what log daemons (syslogd, rsyslog, journald) write about the log itself: repeated and lost
// lines.
func syslogDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "syslog",
			Devices: "syslogd, rsyslog, systemd-journald",
			Sample:  "Jun  3 07:46:22 router1 last message repeated 9 times",
			Reads: "Repeated lines (a message in brackets is read as itself and counted so often) and lines " +
				"that the daemon threw away, with their number.",
			Enable: "Nothing to switch on. For exact counts switch it off: $RepeatedMsgReduction off, " +
				"RateLimitBurst=0.",
			Source: "rsyslog runtime/ratelimit.c; journald.conf(5)",
		},
		known: "a log daemon's note about repeated or lost lines",
		tags: []string{"systemd-journald", "systemd-journal", "journald", "journal", "rsyslogd", "rsyslogd-2177",
			"imuxsock", "imjournal", "syslog-ng"},
		read: lost,
	}
}

// lost reads what log daemons write about messages that they dropped: Count is their number, Detail the program that
// sent too many.
func lost(b []byte, rec *Record) bool {
	var n uint64
	var who []byte
	ok := false
	switch {
	case bytes.HasPrefix(b, []byte("Suppressed ")): // journald: "Suppressed 3322 messages from unit foo.service"
		var r []byte
		if n, r, ok = scan.Leading(b[len("Suppressed "):]); ok {
			who, _ = scan.Word(scan.After(r, "from "))
			if string(who) == "unit" {
				who, _ = scan.Word(scan.After(r, "unit "))
			}
		}
	case bytes.Contains(b, []byte(" messages lost due to rate-limiting")):
		// imjournal: "imjournal: 2345 messages lost due to rate-limiting"
		i := bytes.Index(b, []byte(" messages lost"))
		n, ok = scan.Number(scan.LastWord(b[:i]))
		who = rec.App
	case bytes.Contains(b, []byte(" begins to drop messages from pid ")): // how many, a later line says
		rec.plain(nil)
		rec.Dialect = "syslog"
		return true
	case bytes.Contains(b, []byte(" lost ")) && bytes.Contains(b, []byte("rate-limiting")):
		// imuxsock: "imuxsock lost 120 messages from pid 345 due to rate-limiting"
		n, _, ok = scan.Leading(scan.After(b, " lost "))
		who, _ = scan.Word(scan.After(b, " from pid "))
	case bytes.HasPrefix(b, []byte("Missed ")) && bytes.HasSuffix(b, []byte(" kernel messages")):
		// journald: "Missed 12 kernel messages"
		n, _, ok = scan.Leading(b[len("Missed "):])
		who = []byte("kernel")
	}
	if !ok {
		return false
	}
	rec.Count, rec.detail, rec.Dialect = scan.Saturate(n), who, "syslog"
	return mark(rec, Suppressed, "suppressed")
}
