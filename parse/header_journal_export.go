package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// journalDialect describes `journalctl -o export`, which prints each entry of systemd's journal as one field a line.
func journalDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "journal",
			Devices: "systemd",
			Sample:  "__REALTIME_TIMESTAMP=1795292901195360",
			Reads: "Fields of journalctl -o export, one a line, and the notes between the lines (-- Boot …). " +
				"Whole objects of -o json are read as the message in them.",
			Enable: "journalctl -o json -f | uncloak import -.",
			Source: "systemd.journal-fields(7); Journal Export Formats",
		},
		known: "a field of journalctl -o export, or a note between the lines",
		read:  noMessage,
	}
}

// isExport reports whether a line is one field of `journalctl -o export`: a name of capitals and underscores, "=", a
// value. Names without an underscore in front are only those that the journal itself has.
func isExport(b []byte) bool {
	if len(b) < 3 || b[0] != '_' && !scan.IsUpper(b[0]) {
		return false
	}
	i := 0
	for i < len(b) && i < 64 && (scan.IsUpper(b[i]) || scan.IsDigit(b[i]) || b[i] == '_') {
		i++
	}
	if i < 3 || i == len(b) || b[i] != '=' {
		return false
	}
	switch name := string(b[:i]); {
	case b[0] == '_':
		return true
	case name == "MESSAGE", name == "PRIORITY", name == "MESSAGE_ID", name == "INVOCATION_ID", name == "UNIT":
		return true
	default:
		return bytes.HasPrefix(b, []byte("SYSLOG_")) || bytes.HasPrefix(b, []byte("CODE_"))
	}
}

// exportField reads one such field. A line knows nothing of its neighbours, so a message comes without its stamp, and
// the other fields are kept only for what they say alone.
func exportField(b []byte, rec *Record) {
	i := bytes.IndexByte(b, '=')
	name, value := b[:i], b[i+1:]
	if string(name) == "MESSAGE" {
		rec.Word = "syslog"
		bareTag(value, rec)
		return
	}
	var f journalFields
	f.set(name, value)
	f.fill(rec)
	rec.Body, rec.Dialect, rec.Word, rec.Kind = b, "journal", "other", System
}

// noMessage understands no message: a field of the journal's export is read with the header.
func noMessage([]byte, *Record) bool { return false }
