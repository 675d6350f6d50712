package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// unwrapped takes off what is in front of a whole line: the mark of a sequence of JSON texts (RFC 7464, journalctl -o
// json-seq), the "data: " of an event stream (journalctl -o json-sse), and the colours of a terminal.
func unwrapped(b []byte, rec *Record) []byte {
	switch {
	case b[0] == 0x1e:
		b = scan.TrimLeft(b[1:])
	case b[0] == 'd' && scan.Has(b, "data: {"):
		b = b[len("data: "):]
	case b[0] == 0x1b:
		b = rec.colourless(b)
	}
	return b
}

// colourless gives b without the colours and the "erase to the end" that dmesg, journalctl, grep and Docker print for a
// terminal: ESC [, numbers and semicolons, m or K (ECMA-48, SGR and EL). b itself where there are none.
func (rec *Record) colourless(b []byte) []byte {
	if bytes.IndexByte(b, 0x1b) < 0 {
		return b
	}
	start := len(rec.mem.scratch)
	for i := 0; i < len(b); i++ {
		if b[i] == 0x1b && i+1 < len(b) && b[i+1] == '[' {
			end := i + 2
			for end < len(b) && (scan.IsDigit(b[end]) || b[end] == ';') {
				end++
			}
			if end < len(b) && (b[end] == 'm' || b[end] == 'K') {
				i = end
				continue
			}
		}
		rec.mem.scratch = append(rec.mem.scratch, b[i])
	}
	return rec.mem.scratch[start:len(rec.mem.scratch):len(rec.mem.scratch)]
}

// wrapped reads a line that a tool has put something in front of: the stamp of multilog or svlogd, the sender and the
// level of socklog, the file and the number of grep, the container of Docker or Kubernetes.
func wrapped(b []byte, rec *Record) bool {
	if len(b) <= 8 || rec.layers >= maxLayers {
		return false
	}
	first := b[:scan.Blank(b[:min(len(b), 256)])]
	return tai(b, rec) || listed(b, rec) || len(first) > 6 && first[len(first)-1] == ':' && socklog(b, rec) ||
		found(b, first, rec) || container(b, first, rec) || kiwi(b, rec)
}

// maxLayers bounds the number of such things that are taken off a line, one behind another.
const maxLayers = 6

// wrappedLine reads the line behind what was taken off, which is in rec: what the line says of itself comes first.
func wrappedLine(b []byte, rec *Record) bool {
	b = scan.TrimLeft(b)
	in := Record{Pri: -1, times: rec.times, mem: rec.mem, container: rec.container, layers: rec.layers + 1}
	switch {
	case len(b) == 0:
	case b[0] == '{':
		object(b, &in)
	default:
		outer(b, &in)
	}
	in.passedOn(rec)
	*rec = in
	return true
}

// tai reads the TAI64N stamp of multilog, svlogd -t and s6-log: an @ and 24 hexadecimal digits, of which 16 are seconds
// and 8 nanoseconds. 2^62+10 is 1970, as daemontools and runit have it: they know nothing of leap seconds.
func tai(b []byte, rec *Record) bool {
	if len(b) < 26 || b[0] != '@' || b[25] != ' ' {
		return false
	}
	var v [2]uint64
	for i, c := range b[1:25] {
		d := scan.HexDigit(c)
		if d > 15 {
			return false
		}
		v[i/16] = v[i/16]<<4 | uint64(d)
	}
	const epoch = 1<<62 + 10
	if v[0] < epoch || v[0]-epoch > 9_000_000_000 || v[1] > 999_999_999 {
		return false
	}
	rec.Stamp = Stamp{HasUnix: true, Unix: int64(v[0]-epoch)*1e9 + int64(v[1])}
	return wrappedLine(b[26:], rec)
}

// socklog reads "192.0.2.1: kern.warn: line" and "kern.warn: line", as socklog writes what came by network and by its
// socket.
func socklog(b []byte, rec *Record) bool {
	w, rest := scan.Word(b)
	n := len(w) - 1
	if n < 6 || w[n] != ':' {
		return false
	}
	var from []byte
	if !isFacility(w[:n]) { // the sender's address, or no line of socklog
		from = w[:n]
		w, rest = scan.Word(rest)
		n = len(w) - 1
	}
	if n < 6 || w[n] != ':' || !isFacility(w[:n]) || from != nil && !scan.Addr(from).IsValid() {
		return false
	}
	dot := bytes.IndexByte(w, '.')
	rec.Pri, rec.Word = int(facilityNumber(w[:dot]))*8+int(severityNumber(w[dot+1:n])), "syslog"
	if a := scan.Addr(from); a.IsValid() && !a.IsLoopback() {
		rec.Host = from
	}
	if !wrappedLine(rest, rec) {
		return false
	}
	rec.Word = "syslog"
	return true
}

// found reads a line behind the file and the number that grep -H and -n, zgrep, ripgrep and tail -v print in front of
// it ("/var/log/messages:17:Nov 21 …"; a dash in place of the colon where the line is context). What follows must begin
// with a stamp, a priority or an object: else it is no line of a log, and the word no file.
func found(b, word []byte, rec *Record) bool {
	if b[0] == '(' && scan.Has(b, "(standard input):") {
		b, word = b[len("(standard input)"):], []byte(":")
	}
	for i := nameEnd(word, 0); i < len(word); i = nameEnd(word, i+1) {
		switch c := word[i]; {
		case c == '<' || c == '=' || c == ',' && scan.IsDigit(word[0]): // the row of a table
			return false
		case (c == ':' || c == '-' && i > 0) && i+9 < len(b) && lineAhead(b[i+1:]):
			return bytes.IndexByte(word[:i], '"') < 0 && wrappedLine(b[i+1:], rec)
		}
	}
	return false
}

// nameEnd finds the next byte of b that the name of a file may end in front of, or does not hold; len(b) where there is
// none.
func nameEnd(b []byte, from int) int {
	for ; from < len(b); from++ {
		switch b[from] {
		case ':', '-', ',', '<', '=':
			return from
		}
	}
	return from
}

// lineAhead reports whether b begins as lines of logs begin: with a priority, a stamp or an object.
func lineAhead(b []byte) bool {
	if len(b) < 9 {
		return false
	}
	switch c := b[0]; {
	case c == ' ':
		return false
	case c == '{':
		return b[1] == '"'
	case c == '<':
		var rec Record
		_, ok := priority(b, &rec)
		return ok
	case c == '[':
		var s Stamp
		_, ok := s.bracketed(b)
		return ok
	}
	return stampAhead(b)
}

// stampAhead reports whether b begins with a stamp that has a date: of RFC 3164, ISO or journalctl -o short-full.
func stampAhead(b []byte) bool {
	return len(b) >= 15 && (b[3] == ' ' || b[4] == '-' || b[4] == '/') && stampShaped(b) && isStamp(b)
}

// isStamp reads what looks like the beginning of such a stamp.
func isStamp(b []byte) bool {
	var s Stamp
	if scan.IsDigit(b[0]) {
		_, ok := s.stampISO(b)
		return ok
	}
	_, ok := s.stamp3164(b)
	if !ok && scan.IsDigit(b[4]) {
		_, ok = s.stampAny(b)
	}
	return ok
}

// stampShaped reports whether b, which has 15 bytes, looks like the beginning of such a stamp.
func stampShaped(b []byte) bool {
	if scan.IsDigit(b[0]) {
		return b[4] == '-' || b[4] == '/'
	}
	return scan.IsUpper(b[0]) && b[3] == ' ' && (month(b) != 0 || scan.IsDigit(b[4]))
}

// container reads a line behind the name of the container that wrote it: "dnsmasq-1  | line" of docker compose logs,
// "dnsmasq.1.x7w@node1    | line" of docker service logs, "[pod/dns-7c9/dnsmasq] line" of kubectl logs --prefix, and
// what Fluent Bit prints.
func container(b, w []byte, rec *Record) bool {
	if b[0] == '[' {
		if scan.Has(b, "[pod/") {
			name, rest := scan.CutByte(b[len("[pod/"):], ']')
			rec.container = name[bytes.LastIndexByte(name, '/')+1:]
			return len(rest) > 0 && wrappedLine(rest, rec)
		}
		return fluentBit(b, rec)
	}
	if !scan.IsLetter(b[0]) {
		return false
	}
	rest := scan.TrimLeft(b[len(w):])
	if len(w) < 2 || len(w) > 128 || len(rest) < 3 || rest[0] != '|' || rest[1] != ' ' {
		return false
	}
	for _, c := range w {
		if !scan.IsLetter(c) && !scan.IsDigit(c) && c != '-' && c != '_' && c != '.' && c != '@' {
			return false
		}
	}
	rec.container = w
	if i := bytes.IndexAny(w, "._-@"); i > 1 {
		rec.container = w[:i] // service-number, service.number.id@node
		if w[i] == '-' || w[i] == '_' {
			if j := bytes.LastIndexAny(w, "-_"); scan.IsDigit(w[len(w)-1]) && j > 0 {
				rec.container = w[:j]
			}
		}
	}
	return wrappedLine(rest[2:], rec)
}

// fluentBit reads a record as the standard output of Fluent Bit prints it: "[0] tag: [1795292901.000000000,
// {"log"=>"…"}]", or with the time in a list of its own.
func fluentBit(b []byte, rec *Record) bool {
	_, rest, ok := scan.Leading(b[1:])
	if !ok || !scan.Has(rest, "] ") || b[len(b)-1] != ']' {
		return false
	}
	i := scan.Index(rest, ": [")
	j := scan.Index(rest, `, {"`)
	if i < 0 || j < i {
		return false
	}
	when := bytes.TrimLeft(rest[i+2:j], "[")
	if k := bytes.IndexByte(when, ','); k > 0 {
		when = when[:k]
	}
	if !rec.Stamp.ofField(when) {
		return false
	}
	return wrappedLine(rest[j+2:len(rest)-1], rec)
}

// wrappedISO reads what some programs put behind a stamp of ISO where a host would be: the stream of a container (CRI,
// Kubernetes), the labels of Loki (logcli), the tag and the record of Fluentd.
func wrappedISO(b []byte, rec *Record) bool {
	if len(b) < 4 {
		return false
	}
	switch {
	case b[0] == '\t':
		_, b = scan.CutByte(b[1:], '\t')
		return len(b) > 0 && b[0] == '{' && wrappedLine(b, rec)
	case b[1] == '{':
		labels, rest := scan.CutByte(b[2:], '}')
		if len(rest) == 0 {
			return false
		}
		rec.Host = label(labels, "host", "hostname", "instance", "nodename")
		rec.App = label(labels, "app", "appname", "program", "syslog_identifier", "ident")
		rec.Body = scan.TrimLeft(rest)
	case scan.Has(b, " stdout ") || scan.Has(b, " stderr "):
		if b = b[len(" stdout "):]; len(b) < 3 || b[0] != 'F' && b[0] != 'P' || b[1] != ' ' && b[1] != ':' {
			return false
		}
		_, b = scan.Word(b) // F for a whole line, P for a part; more tags may follow behind colons
		rec.Body = scan.TrimLeft(b)
	default:
		return false
	}
	rec.Word = "syslog"
	if len(rec.Body) > 0 && rec.Body[0] == '{' {
		return wrappedLine(rec.Body, rec)
	}
	innerHeader(rec)
	return true
}

// label is the value of the first of names among the labels of Loki, name="value", name="value"; nil: there is none.
func label(b []byte, names ...string) []byte {
	for _, name := range names {
		for rest := b; len(rest) > 0; {
			rest = scan.TrimLeft(rest)
			if i := len(name); len(rest) > i+2 && rest[i] == '=' && rest[i+1] == '"' && string(rest[:i]) == name {
				if v := scan.Until(rest[i+2:], `"`); len(v) > 0 {
					return v
				}
			}
			_, rest = scan.CutByte(rest, ',')
		}
	}
	return nil
}

// kiwi reads the files of Kiwi Syslog Server: date, time, level, host and message, parted by tabs or commas, the date
// as 2026-11-21, 11-21-2026 or 21-11-2026; a blank or the separator stands in front of the time.
func kiwi(b []byte, rec *Record) bool {
	if len(b) < 40 || !scan.IsDigit(b[0]) || b[19] != '\t' && b[19] != ',' || b[10] != ' ' && b[10] != b[19] {
		return false
	}
	var s Stamp
	date := [19]byte(b)
	if date[10] = ' '; date[2] == '-' {
		copy(date[:], b[6:10])
		first, second := b[:2], b[3:5]
		if first[0] > '1' || first[0] == '1' && first[1] > '2' {
			first, second = second, first
		}
		date[4], date[7] = '-', '-'
		copy(date[5:], first)
		copy(date[8:], second)
	}
	if rest, ok := s.stampISO(date[:]); !ok || len(rest) > 0 {
		return false
	}
	second, rest := scan.CutByte(b[20:], b[19])
	if len(rest) == 0 {
		return false
	}
	host, text := scan.CutByte(rest, b[19])
	dot := bytes.IndexByte(second, '.')
	if dot < 3 || len(text) == 0 || !isHost(host) {
		return false
	}
	facility, severity := facilityNumber(second[:dot]), severityNumber(second[dot+1:])
	if facility < 0 {
		facility = kiwiFacility(second[:dot])
	}
	if facility < 0 || severity < 0 {
		return false
	}
	rec.Stamp, rec.Pri, rec.Host, rec.Word, rec.Body = s, int(facility)*8+int(severity), host, "syslog",
		scan.TrimLeft(text)
	innerHeader(rec)
	return true
}

// kiwiFacility is the number of a facility as Kiwi spells those that others abbreviate, or -1.
func kiwiFacility(b []byte) int8 {
	switch {
	case scan.EqualLower(b, "kernel"):
		return 0
	case scan.EqualLower(b, "system"):
		return 3
	case scan.EqualLower(b, "system0"), scan.EqualLower(b, "security"):
		return 4
	}
	return -1
}

// chained takes the chain of relays off a host that syslog-ng has written with chain-hostnames(yes): source@host/relay.
func chained(h []byte) []byte {
	from := 0
	for i, c := range h {
		if c > '@' { // a letter, as most are
			continue
		}
		switch {
		case c == '@':
			from = i + 1
		case c == '/' && i > from:
			return h[from:i]
		}
	}
	return h[from:]
}

// wrappedMessage reads a message that nothing understands as it stands: an object of JSON behind a header (with the
// "@cee:" of Lumberjack, or without), one behind host and tag of journalctl -o short-monotonic, or one of a program
// that only the name of its container tells.
func (p *Parser) wrappedMessage(rec *Record) bool {
	if len(rec.Body) == 0 {
		return false
	}
	b := bytes.TrimPrefix(rec.Body, []byte("@cee:"))
	if b = scan.TrimLeft(b); len(b) > 8 && b[0] == '{' && rec.object == nil {
		in := &p.inside
		*in = Record{Pri: -1, times: rec.times, mem: rec.mem}
		object(b, in)
		if in.Body = scan.TrimLeft(scan.TrimBody(in.Body)); len(in.Body) > 0 &&
			(p.dialect(in.Body, in) || p.dialect(b, in)) {
			in.passedOn(rec)
			*rec = *in
			return true
		}
		return false
	}
	if rec.App != nil {
		return p.untagged(b, rec)
	}
	if rec.container != nil {
		rec.App = rec.container
		if p.dialect(rec.Body, rec) {
			return true
		}
		rec.App = nil
		return false
	}
	if !rec.Stamp.HasUptime || rec.Host != nil {
		return false
	}
	body := rec.Body
	host, rest := scan.Word(body)
	rest = scan.TrimLeft(rest)
	if w, rest2 := scan.Word(rest); !isHost(host) || !tag(rest, w, rest2, rec) {
		return false
	}
	if rec.Host = host; p.dialect(rec.Body, rec) {
		return true
	}
	rec.Body, rec.Host, rec.App, rec.PID, rec.tagged = body, nil, nil, nil, nil
	return false
}

// listed takes the number and the stamp off a packet of tcpdump -# and of tshark's list: digits in front of a date and
// a clock, a clock, or seconds. What follows is the packet.
func listed(b []byte, rec *Record) bool {
	if !scan.IsDigit(b[0]) || behindNumber(b) != ' ' {
		return false
	}
	_, rest, ok := scan.Leading(b)
	if !ok || len(rest) < 24 {
		return false
	}
	var s Stamp
	rest = scan.TrimLeft(rest)
	if _, behind, ok := scan.Leading(rest); !ok || len(rest) < 24 || len(behind) == 0 || behind[0] != ':' &&
		behind[0] != '.' && (behind[0] != rest[4] || rest[4] != '-' && rest[4] != '/') {
		return false // no stamp begins so
	}
	packet, ok := s.stampISO(rest)
	if !ok {
		packet, ok = s.clock(rest)
	}
	if !ok {
		if w, r := scan.Word(rest); bytes.IndexByte(w, '.') > 0 {
			if _, ok = scan.WholeMillionths(w); ok || s.ofField(w) {
				packet, ok = r, true
			}
		}
	}
	packet = scan.TrimLeft(packet)
	if !ok || len(packet) < 8 || !isTcpdumpWord(packet) && arrowed(packet) == nil {
		return false
	}
	rec.Stamp, rec.Body = s, packet
	return true
}

// arrowed gives the bytes after the arrow behind the address at the front of a row of tshark's packet list, or nil.
func arrowed(b []byte) []byte {
	_, rest := scan.Word(b)
	rest = scan.TrimLeft(rest)
	for _, arrow := range [...]string{"\u2192 ", "-> "} {
		if scan.Has(rest, arrow) {
			return scan.TrimLeft(rest[len(arrow):])
		}
	}
	return nil
}

// untagged reads a line of a file that a relay has sent on under a tag of its own, where the file's lines begin with
// seconds since 1970 in brackets (unbound, NSD): as if there was no tag.
func (p *Parser) untagged(b []byte, rec *Record) bool {
	if n, rest, ok := scan.Leading(b[1:]); b[0] != '[' || !ok || n < unixFrom || len(rest) < 2 || rest[0] != ']' {
		return false
	}
	in := &p.inside
	*in = Record{Pri: -1, times: rec.times, mem: rec.mem, Body: b}
	if !p.dialect(b, in) {
		return false
	}
	in.passedOn(rec)
	*rec = *in
	return true
}

// ownTime takes the time with a date that a program writes in front of its own message (Kea, BIND), where the header in
// front of that has another one and no process number: a relay's, which has read the program's file.
func ownTime(rec *Record) {
	b := rec.Body
	if b[4] != '-' && b[2] != '-' || rec.RelayStamp != (Stamp{}) || !rec.Stamp.HasClock {
		return
	}
	var s Stamp
	if _, ok := s.stampISO(b); !ok {
		if s, _ = bindStamp(b, s); !s.HasClock {
			return
		}
	}
	rec.RelayStamp, rec.Stamp = rec.Stamp, s
}
