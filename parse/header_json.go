package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// Bounds of what is followed: an object in an object ({"log":{"syslog":{"priority":4}}}), and a message that is such an
// object itself ({"log":"{\"message\":…}"}).
const (
	maxNested    = 4
	maxEnvelopes = 3
)

// envelope reads a message that a collector of logs has put into a JSON object, with what it knows of the message in
// other fields: syslog-ng's $(format-json), rsyslog's %jsonmesg%, Docker's json-file, Fluent Bit and Fluentd, Vector,
// GELF, Loki (logcli -o jsonl), VictoriaLogs, exports of Elasticsearch, Splunk and Google, Wazuh's archives.json. Their
// fields are told apart by name; of two that mean the same the better one counts (jsonFields.put). A header inside the
// message comes before all of them. It is false for an object without a message, which a dialect may know.
func envelope(line []byte, rec *Record) bool {
	j := scan.JSONReader{B: line[1:], Scratch: rec.mem.scratch}
	var f jsonFields
	f.walk(&j, "", 0)
	rec.mem.scratch = j.Scratch
	if f.wrong || !j.Ended || len(f.message) == 0 {
		return false
	}
	f.fill(rec)
	return true
}

// jsonFields are the fields of an envelope that matter, each with a rank: of two the higher counts.
type jsonFields struct {
	message, host, app, pid                       []byte
	messageRank, hostRank, appRank, pidRank, when uint8

	stamp         Stamp
	pri, severity int8 // one more than the number; 0: not given
	facility      int8 // likewise
	wrong         bool // the object breaks the grammar of JSON
}

// walk reads the object at the front of j. parent is the name of the field that holds it.
func (f *jsonFields) walk(j *scan.JSONReader, parent string, depth int) {
	for {
		key, ok := j.Key()
		if !ok {
			return
		}
		switch {
		case len(j.B) > 0 && j.B[0] == '{' && depth < maxNested && holdsFields(key) != "":
			j.B = j.B[1:]
			f.walk(j, holdsFields(key), depth+1)
			if f.wrong = f.wrong || !j.Ended; f.wrong {
				return
			}
			j.Ended, j.B = false, j.B[1:]
		case len(j.B) > 1 && (j.B[0] == '{' || j.B[0] == '[' && j.B[1] != '"' && !scan.EqualLower(key, "message")):
			if j.B = skipNested(j.B); j.B == nil {
				f.wrong = true
				return
			}
		default:
			value, ok := j.Value()
			if !ok {
				f.wrong = true
				return
			}
			f.set(parent, key, value)
		}
	}
}

// holdsFields is the kind of the fields in the object of that name, "" where they do not matter.
func holdsFields(name []byte) string {
	switch string(name) {
	case "host", "agent", "process", "predecoder", "syslog", "event":
		switch name[0] { // a string without an allocation
		case 'h':
			return "host"
		case 'a':
			return "agent"
		case 'e':
			return "event"
		case 's':
			return "syslog"
		}
		if name[2] == 'o' {
			return "process"
		}
		return "syslog" // Wazuh's predecoder has read the header
	case "log", "_source", "result", "record", "jsonPayload":
		return "top"
	case "labels", "stream", "fields", "metadata", "attributes", "resource":
		return "label"
	}
	return ""
}

// set takes one value. The names are those that the programs use by default.
func (f *jsonFields) set(parent string, key, value []byte) {
	if len(value) == 0 {
		return
	}
	switch parent {
	case "host":
		if k := string(key); k == "name" || k == "hostname" {
			f.putHost(4, value)
		}
	case "agent":
		if string(key) == "name" {
			f.putHost(1, value)
		}
	case "process":
		switch string(key) {
		case "name":
			f.putApp(5, value)
		case "pid":
			f.put(&f.pid, &f.pidRank, 5, value)
		}
	case "event":
		if string(key) == "original" {
			f.put(&f.message, &f.messageRank, 3, value)
		}
	default:
		if f.setWho(key, value) || f.setWhen(key, value) || parent == "label" {
			return
		}
		f.setText(key, value)
	}
}

// setText takes the message and its priority.
func (f *jsonFields) setText(key, value []byte) {
	rank := uint8(0)
	switch string(key) {
	case "MESSAGE", "message", "_msg", "Message", "@message", "_raw", "full_log":
		rank = 6
	case "msg", "MSG", "log", "line", "short_message", "textPayload", "event.original":
		rank = 5
	case "full_message", "rawmsg", "rawmsg-after-pri", "body", "raw":
		rank = 3
	case "text":
		rank = 1
	case "pri", "PRI", "syslog_pri", "priority", "PRIORITY", "severity", "level", "SEVERITY", "LEVEL",
		"syslogseverity", "syslogseverity-text", "severity_label", "log.level", "LEVEL_NUM", "log.syslog.priority":
		f.setPri(key, value)
	case "facility", "FACILITY", "_facility", "syslogfacility", "syslogfacility-text", "facility_label":
		f.facility = facilityNumber(value) + 1
	}
	if rank > 0 {
		f.put(&f.message, &f.messageRank, rank, value)
	}
}

// setPri takes a priority as a number, or a severity as a number or a word.
func (f *jsonFields) setPri(key, value []byte) {
	n, ok := scan.Number(value)
	switch {
	case !ok:
		f.severity = severityNumber(value) + 1
	case n < 8:
		f.severity = int8(n) + 1
	case n < 128 && (key[len(key)-1] == 'i' || key[len(key)-1] == 'I' || scan.Has(key, "log.syslog.p")):
		f.pri = int8(n) + 1
	}
}

// setWho takes host, program and process number; false where the field is none of them.
func (f *jsonFields) setWho(key, value []byte) bool {
	switch string(key) {
	case "HOST", "_HOSTNAME", "_hostname", "log.syslog.hostname", "syslog_hostname":
		f.putHost(7, value)
	case "host", "hostname", "HOSTNAME", "Hostname", "sysloghost", "logsource":
		f.putHost(6, value)
	case "host.name", "host.hostname", "nodename":
		f.putHost(4, value)
	case "source", "HOST_FROM", "fromhost", "computer":
		f.putHost(3, value)
	case "fromhost-ip", "source_ip", "gl2_remote_ip", "SOURCEIP":
		f.putHost(2, value)
	case "PROGRAM", "programname", "SYSLOG_IDENTIFIER", "syslog_identifier", "log.syslog.appname", "program_name",
		"syslog_program", "syslog_appname":
		f.putApp(7, value)
	case "program", "app-name", "appname", "app_name", "APP-NAME", "ident", "application_name", "_application_name",
		"appName", "_app", "app":
		f.putApp(6, value)
	case "process.name", "_COMM", "_comm":
		f.putApp(4, value)
	case "syslogtag":
		f.putApp(3, value)
	case "PID", "pid", "procid", "ProcID", "proc_id", "SYSLOG_PID", "process_id", "_process_id", "process.pid",
		"syslog_pid":
		f.put(&f.pid, &f.pidRank, 6, value)
	case "_PID", "_pid":
		f.put(&f.pid, &f.pidRank, 5, value)
	default:
		return false
	}
	return true
}

// setWhen takes a time; false where the field is none. What the sender said comes before what a relay noted, and a time
// with year and zone before one without.
func (f *jsonFields) setWhen(key, value []byte) bool {
	rank := uint8(0)
	switch string(key) {
	case "timereported", "ISODATE", "S_ISODATE", "__REALTIME_TIMESTAMP", "_SOURCE_REALTIME_TIMESTAMP", "S_UNIXTIME":
		rank = 7
	case "@timestamp", "timestamp", "_time", "time", "DATE", "UNIXTIME", "Timestamp", "S_DATE", "FULLDATE",
		"syslog_timestamp":
		rank = 6
	case "ts", "date", "datetime", "eventTime", "timeUnixNano", "TIMESTAMP":
		rank = 5
	case "timegenerated", "R_ISODATE", "R_UNIXTIME", "R_DATE", "received_at", "ingest_time", "observedTimeUnixNano":
		rank = 2
	default:
		return false
	}
	var s Stamp
	if !s.ofField(value) && (string(key) != "time" || !s.upFor(value)) {
		return true
	}
	switch {
	case s.HasUnix || s.Year != 0 && s.HasZone:
		rank += 32
	case s.Year != 0:
		rank += 16
	}
	if rank > f.when {
		f.stamp, f.when = s, rank
	}
	return true
}

func (f *jsonFields) put(field *[]byte, have *uint8, rank uint8, value []byte) {
	if rank > *have && !isNil(value) {
		*field, *have = value, rank
	}
}

// putHost takes a host, where it can be one: paths and sentences are found under these names, too.
func (f *jsonFields) putHost(rank uint8, value []byte) {
	if isHost(value) && value[0] != '/' {
		f.put(&f.host, &f.hostRank, rank, value)
	}
}

// putApp takes a program's name, as such or as a tag with its process number and colon.
func (f *jsonFields) putApp(rank uint8, value []byte) {
	value = bytes.TrimSuffix(value, []byte(":"))
	if n := len(value); n > 2 && value[n-1] == ']' {
		if open := bytes.IndexByte(value, '['); open > 0 {
			f.put(&f.pid, &f.pidRank, rank, value[open+1:n-1])
			value = value[:open]
		}
	}
	if len(value) > 0 && len(value) <= 255 && bytes.IndexByte(value, ' ') < 0 {
		f.put(&f.app, &f.appRank, rank, value)
	}
}

// fill puts the fields into rec, and reads the header that the message may have itself.
func (f *jsonFields) fill(rec *Record) {
	rec.Word, rec.Host, rec.App, rec.PID = "syslog", f.host, f.app, f.pid
	rec.Body = scan.TrimLeft(scan.TrimBody(f.message))
	if f.when > 0 {
		rec.Stamp = f.stamp
	}
	switch {
	// dmesg -J writes facility OR level: only of the kernel, whose number is 0, that is the level
	case f.stamp.HasUptime:
		if f.severity > 0 {
			rec.Pri = int(f.severity - 1)
		}
	case f.pri > 0:
		rec.Pri = int(f.pri) - 1
	case f.severity > 0 && f.facility > 0:
		rec.Pri = int(f.facility-1)*8 + int(f.severity-1)
	case f.severity > 0:
		rec.Pri = int(f.severity - 1)
	}
	innerHeader(rec)
}

// innerHeader reads the headers in front of rec.Body, whose own header is known. What stands there without a program's
// name in front is read as a line, else only what begins like one.
func innerHeader(rec *Record) {
	b := rec.Body
	if len(b) < 2 || rec.layers > maxLayers {
		return
	}
	if rec.App == nil && !(b[0] == '[' && (b[1] == ' ' || scan.IsDigit(b[1]))) { // an uptime is read with the body
		in := Record{Pri: -1, times: rec.times, mem: rec.mem, layers: rec.layers + 1, object: rec.object}
		outer(b, &in)
		if in.Word == "malformed" {
			in.Body = b
		}
		in.Word, in.Body = "syslog", scan.TrimLeft(in.Body)
		in.passedOn(rec)
		*rec = in
	}
	for range maxRelays {
		if !relayed(rec) {
			return
		}
	}
}

// ofField reads a time as fields of JSON have it: a text in any form of stamp, or seconds, ms, µs or ns since 1970.
func (s *Stamp) ofField(b []byte) bool {
	if n, rest, ok := scan.Leading(b); ok && (len(rest) == 0 || rest[0] == '.' && n < 9_000_000_000) {
		nanos, unit := int32(0), uint64(0)
		switch digits := len(b) - len(rest); {
		case n >= unixFrom && n < 9_000_000_000:
			unit = 1e9
		case digits == 13:
			unit = 1e6
		case digits == 16:
			unit = 1e3
		case digits == 19:
			unit = 1
		default:
			return false
		}
		if len(rest) > 1 {
			if nanos, rest = scan.Fraction(rest[1:]); len(rest) > 0 {
				return false
			}
		}
		s.HasUnix, s.Unix = true, int64(n*unit)+int64(nanos)
		return true
	}
	if len(b) > 20 && b[4] == '-' && b[10] == ' ' && b[len(b)-4] == ' ' && b[len(b)-1] == 'C' {
		b = b[:len(b)-4] // "2026-11-28 12:00:02.000 UTC"
		s.HasZone = true
	}
	zoned := s.HasZone
	rest, ok := s.stampAny(b)
	s.HasZone = s.HasZone || zoned
	return ok && len(rest) == 0
}

// upFor reads seconds since boot with their six digits, as dmesg -J has them.
func (s *Stamp) upFor(b []byte) bool {
	sec, rest, ok := scan.Leading(b)
	if !ok || sec >= unixFrom || len(rest) != 7 || rest[0] != '.' {
		return false
	}
	nanos, rest := scan.Fraction(rest[1:])
	if len(rest) > 0 {
		return false
	}
	s.HasUptime, s.Uptime = true, int64(sec)*1e9+int64(nanos)
	return true
}

// severityNumber is the number of a level's word, or -1.
func severityNumber(word []byte) int8 {
	for i, names := range [...][3]string{{"emerg", "emergency", "panic"}, {"alert"}, {"crit", "critical", "fatal"},
		{"err", "error"}, {"warning", "warn"}, {"notice"}, {"info", "informational", "information"},
		{"debug", "trace"}} {
		for _, name := range names {
			if name != "" && scan.EqualLower(word, name) {
				return int8(i)
			}
		}
	}
	return -1
}

// facilityNumber is the number of a facility that is given as a number or a word, or -1.
func facilityNumber(word []byte) int8 {
	if n, ok := scan.Number(word); ok {
		if n < 24 {
			return int8(n)
		}
		return -1
	}
	for i, name := range [...]string{"kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron",
		"authpriv", "ftp",
		"ntp", "security", "console", "solaris-cron", "local0", "local1", "local2", "local3", "local4", "local5",
		"local6", "local7"} {
		if scan.EqualLower(word, name) {
			return int8(i)
		}
	}
	return -1
}
